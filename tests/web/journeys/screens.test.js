// Every page at every size, in light and in dark: nothing is wider than the window, and nobody is kept out.

import { journey } from "../harness/journey.js";
import { coast } from "../harness/sample.js";
import { settings } from "../harness/settings.js";
import { HEIGHTS, PAGES, WIDTHS } from "../pages.js";

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
});
