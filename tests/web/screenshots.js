// Makes the pictures in the README: `node screenshots.js --binary … --packages … --out …`, or `cargo xtask screenshots`.
//
//   --pictures FOLDER  where they go
//   --only NAME        only this one; may be given several times
//
// What is in them is the same each time but for names that are random (keys, links) and the day on which they are made.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { coast, photographs } from "./harness/sample.js";
import { Gallery, Server } from "./harness/server.js";
import { settings } from "./harness/settings.js";
import { Window, launch } from "./harness/window.js";

/**
 * A picture.
 * @typedef {object} Shot
 * @property {string} name of the file
 * @property {"light" | "dark"} scheme
 * @property {(scene: Scene) => Promise<void>} show brings the page to where it is taken
 */

/**
 * What it is taken of.
 * @typedef {object} Scene
 * @property {string} gallery where the gallery is
 * @property {Window} window in which Ada has signed in
 */

const SIZE = { width: 1280, height: 800, still: true };
const PHOTOS = 40;

/** @type {Shot[]} */
const SHOTS = [
  {
    name: "files",
    scheme: "light",
    async show({ window: { page } }) {
      await page.goto("/files");
      await page.waitForFunction(() => document.querySelectorAll('[role="grid"] img').length >= 4);
      await page.getByText("Tides.md", { exact: true }).waitFor();
    },
  },
  {
    name: "gallery",
    scheme: "dark",
    async show({ gallery, window: { page } }) {
      await page.goto(gallery);
      await page.getByRole("link", { name: "Sign in" }).click();
      await page.getByRole("button", { name: "Allow" }).click();
      await page.getByRole("link", { name: /^IMG_/ }).first().waitFor();
      await page.getByText("Reading your folders…").waitFor({ state: "hidden" });
      // What is in sight is there, in rows that no longer move.
      await page.waitForFunction(() => {
        const images = [...document.querySelectorAll("main img")].filter((image) => image.getBoundingClientRect().top < innerHeight);
        return images.length > 0 && images.every((image) => image instanceof HTMLImageElement && image.complete && image.naturalWidth > 0);
      });
      await page.waitForTimeout(2_000);
    },
  },
  {
    name: "console",
    scheme: "light",
    async show({ window: { page } }) {
      await page.goto("/apps");
      await page.getByLabel("Name").fill("Tide table");
      await page.getByRole("button", { name: "Register" }).click();
      await page.getByRole("button", { name: "Make a token" }).click();
      await page.getByRole("heading", { name: "Your token" }).waitFor();
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
      only: { type: "string", multiple: true, default: SHOTS.map(({ name }) => name) },
    },
  });
  const { binary, packages, out, pictures, only } = values;
  if (!binary || !packages || !out || !pictures) throw new Error("--binary, --packages, --out and --pictures are needed");
  const told = { binary: path.resolve(binary), packages: path.resolve(packages), out: path.resolve(out), chromium: values.chromium };
  return { only, pictures: path.resolve(pictures), told: { ...told, python: "", words: [], slow: false } };
}

async function main() {
  const { only, pictures, told } = options();
  Object.assign(settings, told);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tidemark-screenshots-"));
  const server = new Server(folder);
  const browser = await launch();
  /** @type {Gallery | undefined} */
  let gallery;
  try {
    await server.start();
    if (only.includes("gallery")) gallery = await new Gallery(folder, server).start();
    const account = await server.account("Ada King");
    const device = await server.device(account);
    const top = ["Harbour", "Low water", "Saint-Malo", "Skerries"];
    const named = photographs(top.length, { side: 480, from: 60 });
    named.forEach((file, index) => (file[0] = `/${top[index]}.jpg`));
    // One after another, so that each has its time.
    await device.putAll([...coast({ pictures: 0 }), ...named, ...photographs(PHOTOS, { side: 640, folder: () => "/Photos/Brittany" })], 1);
    for (const { name, scheme, show } of SHOTS.filter((shot) => only.includes(shot.name))) {
      const window = await Window.open(browser, server.url, name, { ...SIZE, scheme });
      await window.enter(account);
      await show({ gallery: gallery?.url ?? "", window });
      fs.mkdirSync(pictures, { recursive: true });
      await window.page.screenshot({ path: path.join(pictures, `${name}.png`) });
      if (window.guard.complaints.length > 0) throw new Error(window.guard.complaints.join("\n"));
      await window.close();
      console.log(`${name}.png`);
    }
  } finally {
    await browser.close();
    await gallery?.stop();
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

await main();
