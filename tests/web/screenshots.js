// Makes the pictures in the README: `node screenshots.js --binary … --packages … --out …`, or `cargo xtask screenshots`.
//
//   --pictures FOLDER  where they go
//
// What is in them is the same each time but for names that are random (keys, links) and the day on which they are made.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { coast } from "./harness/sample.js";
import { Server } from "./harness/server.js";
import { settings } from "./harness/settings.js";
import { Window, launch } from "./harness/window.js";

/**
 * A picture.
 * @typedef {object} Shot
 * @property {string} name of the file
 * @property {"light" | "dark"} scheme
 * @property {(scene: Scene) => Promise<void>} show brings the page to where it is taken
 */
/** @typedef {{server: Server, window: Window}} Scene */

const SIZE = { width: 1280, height: 800, still: true };

/** @type {Shot[]} */
const SHOTS = [
  {
    name: "files",
    scheme: "light",
    async show({ window }) {
      await window.open("/files/Photos/Brittany");
      await window.page.waitForLoadState("networkidle");
    },
  },
  {
    name: "links",
    scheme: "dark",
    async show({ window }) {
      await window.open("/links");
    },
  },
];

function options() {
  const { values } = parseArgs({
    options: {
      binary: { type: "string" },
      packages: { type: "string" },
      chromium: { type: "string", default: "chromium" },
      out: { type: "string" },
      pictures: { type: "string" },
    },
  });
  const { binary, packages, out, pictures } = values;
  if (!binary || !packages || !out || !pictures) throw new Error("--binary, --packages, --out and --pictures are needed");
  const told = { binary: path.resolve(binary), packages: path.resolve(packages), out: path.resolve(out), chromium: values.chromium };
  return { pictures: path.resolve(pictures), told: { ...told, words: [], slow: false } };
}

async function main() {
  const { pictures, told } = options();
  Object.assign(settings, told);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tidemark-screenshots-"));
  const server = new Server(folder);
  const browser = await launch();
  try {
    await server.start();
    const account = await server.account("Ada King", { admin: true });
    const device = await server.device(account);
    await device.putAll(coast({ pictures: 40, side: 960 }), 1);
    await device.share("/Photos/Brittany");
    for (const { name, scheme, show } of SHOTS) {
      const window = await Window.open(browser, server.url, name, { ...SIZE, scheme });
      await window.enter(account);
      await show({ server, window });
      fs.mkdirSync(pictures, { recursive: true });
      await window.page.screenshot({ path: path.join(pictures, `${name}.png`) });
      if (window.guard.complaints.length > 0) throw new Error(window.guard.complaints.join("\n"));
      await window.close();
      console.log(`${name}.png`);
    }
  } finally {
    await browser.close();
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

await main();
