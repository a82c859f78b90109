// Every page at every size, in light and in dark: nothing is wider than the window, and nobody is kept out.

import assert from "node:assert/strict";
import { addWebhook, makeToken, registerApp } from "../harness/console.js";
import { Device } from "../harness/device.js";
import { eventually } from "../harness/eventually.js";
import { journey } from "../harness/journey.js";
import { Listener } from "../harness/listener.js";
import { coast, photographs } from "../harness/sample.js";
import { HEIGHTS, PAGES, PAGES_OF_GALLERY, WIDTHS } from "../pages.js";

/** @typedef {import("../harness/window.js").Window} Window */

/**
 * An app that has asked for something, in vain too, with a webhook that was told of it, in vain too.
 * @param {string} server @param {Window} window @param {Listener} listener
 */
async function busyApp(server, window, listener) {
  const app = await registerApp(window, "Tide table");
  const webhook = await addWebhook(window, app, `${listener.url}/tide-table/of/a/server/whose/name/is/long`);
  const device = new Device(server, await makeToken(window, app));
  for (const status of [200, 503]) {
    listener.status = status;
    const before = listener.told.length;
    await device.put(`/Answered with ${status}.txt`, "High tide at six.\n");
    await eventually(async () => assert.ok(listener.told.length > before));
  }
  await assert.rejects(device.get("/Nothing here.txt"), /404/);
  return { app, webhook };
}

journey("every page stands at every size, in light and in dark", async ({ server, window }) => {
  const listener = await new Listener().start();
  try {
    const account = await server.account("Ada King", { admin: true });
    const device = await server.device(account);
    await device.putAll(coast({ pictures: 6, side: 160 }));
    for (const path of ["/Tides.md", "/Photos"]) await device.share(path);
    const maker = await window("maker");
    await maker.enter(account);
    const scene = { ...(await busyApp(server.url, maker, listener)), link: await device.share("/Photos") };
    await Promise.all(
      WIDTHS.map(async (width) => {
        const size = { width, height: HEIGHTS[width], still: true };
        const nobody = await window(`nobody ${width}`, size);
        const member = await window(`member ${width}`, size);
        await member.enter(account);
        member.guard.expect(/\/nowhere: 404|Failed to load resource.*\/nowhere/);
        for (const { name, path, who, ready } of PAGES) {
          const address = typeof path === "string" ? path : path(scene);
          const person = who === "nobody" ? nobody : member;
          await person.open(address);
          await ready?.(person.page);
          await person.look(name, { screens: true });
        }
      }),
    );
  } finally {
    listener.stop();
  }
}, { serve: ["--gallery", "--egress-allow", "127.0.0.1"], millisMax: 120_000 });

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
