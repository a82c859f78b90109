// Every page at every size, in light and in dark: nothing is wider than the window, and nobody is kept out.

import { journey } from "../harness/journey.js";
import { coast, photographs } from "../harness/sample.js";
import { settings } from "../harness/settings.js";
import { HEIGHTS, PAGES, PAGES_OF_GALLERY, WIDTHS } from "../pages.js";

journey("every page stands at every size, in light and in dark", async ({ server, window }) => {
  const account = await server.account("Ada King", { admin: true });
  const device = await server.device(account);
  await device.putAll(coast({ pictures: 6, side: 160 }));
  for (const path of ["/Tides.md", "/Photos"]) await device.share(path);
  await Promise.all(
    WIDTHS.map(async (width) => {
      const size = { width, height: HEIGHTS[width], still: true };
      const nobody = await window(`nobody ${width}`, size);
      const member = await window(`member ${width}`, size);
      await member.enter(account);
      for (const { name, path, who, ready } of PAGES) {
        if (settings.slow && (await member.context.request.get(path)).status() === 404) continue;
        const person = who === "nobody" ? nobody : member;
        await person.open(path);
        await ready?.(person.page);
        await person.look(name, { screens: true });
      }
    }),
  );
}, { serve: ["--gallery"] });

journey("every page of the gallery, too", async ({ server, window }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  const places = ["/Photos/Brittany", "/Photos/Faroe Islands, by the ferry from Hirtshals", "/Pictures"];
  await device.putAll(photographs(60, { side: 320, different: 30, folder: (index) => places[Math.floor(index / 24)] ?? "" }));
  const bob = await server.account("Bob Hoe");
  await Promise.all(
    WIDTHS.map(async (width) => {
      const size = { width, height: HEIGHTS[width], still: true };
      const nobody = await window(`nobody ${width}`, size);
      const member = await window(`member ${width}`, size);
      const newcomer = await window(`newcomer ${width}`, size);
      for (const [person, who] of /** @type {const} */ ([[member, account], [newcomer, bob]])) {
        await person.enter(who);
        await person.open("/gallery/");
        await person.page.getByRole("link", { name: "Sign in" }).click();
        await person.page.getByRole("button", { name: "Allow" }).waitFor();
        await person.look("gallery consent", { screens: true });
        await person.page.getByRole("button", { name: "Allow" }).click();
        await person.page.waitForURL("**/gallery/");
      }
      const windows = { nobody, member, admin: member, newcomer };
      for (const { name, path, who, ready } of PAGES_OF_GALLERY) {
        const person = windows[who];
        person.guard.expect(/status of 400|callback: 400/);
        await person.open("about:blank");
        await person.open(path);
        await ready?.(person.page);
        await person.look(name, { screens: true });
      }
    }),
  );
}, { serve: ["--gallery"], millisMax: 120_000 });
