// Files on their way by hand: out of the page as archives, into it from other windows, and played while they come.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { wav } from "../harness/documents.js";
import { eventually } from "../harness/eventually.js";
import { FilesPage } from "../harness/files-page.js";
import { journey } from "../harness/journey.js";
import { coast } from "../harness/sample.js";
import { unzip } from "../harness/zip.js";

/** Somebody at the page of files. @param {import("../harness/journey.js").World} world */
async function atHome({ server, signedIn }) {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  const window = await signedIn(account);
  const files = new FilesPage(window);
  await files.open();
  return { device, window, files, page: window.page };
}

/** The archive that comes of doing this. @param {import("playwright-core").Page} page @param {() => Promise<void>} act */
async function archiveOf(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  assert.match(download.suggestedFilename(), /\.zip$/);
  return unzip(fs.readFileSync(await download.path()));
}

journey("downloads a folder, and a selection, as archives", async (world) => {
  const { device, window, files, page } = await atHome(world);
  const sample = coast({ pictures: 2, side: 160 });
  await device.putAll(sample);
  await device.folder("/Logbook/Empty");
  await files.sees("Logbook");
  const bytes = new Map(sample.map(([name, content]) => [name, content]));

  const folder = await archiveOf(page, () => files.act("Logbook", "Download as a zip"));
  assert.deepEqual([...folder.keys()].sort(), ["Logbook/", "Logbook/2026-05-02.md", "Logbook/2026-05-03.md", "Logbook/Empty/"]);
  assert.deepEqual(folder.get("Logbook/2026-05-02.md"), bytes.get("/Logbook/2026-05-02.md"));

  await files.row("Photos").click();
  await files.row("Tides.md").click({ modifiers: ["Control"] });
  await files.row("Boat survey.pdf").click({ modifiers: ["Control"] });
  const some = await archiveOf(page, () => files.tool("Download"));
  const names = [...some.keys()].filter((name) => !name.endsWith("/")).sort();
  const expected = [...bytes.keys()].filter((name) => /^\/(Photos\/|Tides|Boat)/.test(name)).map((name) => name.slice(1)).sort();
  assert.deepEqual(names, expected);
  for (const name of names) assert.deepEqual(some.get(name), bytes.get(`/${name}`), name);
  await window.look("saved");
});

journey("takes in files and folders that are dropped from outside", async (world) => {
  const { device, window, files, page } = await atHome(world);
  await device.folder("/Letters");
  await files.sees("Letters");
  const voyage = path.join(world.folder, "Voyage");
  fs.mkdirSync(path.join(voyage, "Ports", "Nowhere"), { recursive: true });
  fs.writeFileSync(path.join(voyage, "Route.txt"), "north");
  fs.writeFileSync(path.join(voyage, "Ports", "First.txt"), "All well.");
  fs.writeFileSync(path.join(voyage, ".DS_Store"), "litter");
  const note = path.join(world.folder, "Note.txt");
  fs.writeFileSync(note, "dropped");

  const devtools = await window.context.newCDPSession(page);
  const drag = async (/** @type {"dragEnter" | "dragOver" | "drop"} */ type, /** @type {string[]} */ paths, /** @type {import("playwright-core").Locator} */ on) => {
    const box = await on.boundingBox();
    assert.ok(box);
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    await devtools.send("Input.dispatchDragEvent", { type, x: box.x + box.width / 2, y: box.y + box.height / 2, data });
  };
  const below = files.grid;
  await drag("dragEnter", [voyage, note], below);
  await drag("dragOver", [voyage, note], below);
  await page.getByText("Drop to upload to “All files”").waitFor();
  await window.look("about to drop");
  await drag("drop", [voyage, note], below);
  await files.sees("Voyage");
  await files.sees("Note.txt");
  await device.finds("/Voyage", "Ports", "Route.txt");
  await device.finds("/Voyage/Ports", "First.txt", "Nowhere");
  assert.equal(await device.text("/Voyage/Ports/First.txt"), "All well.");
  assert.equal(await device.text("/Note.txt"), "dropped");

  // On the line of a folder, it goes into that.
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"])) await drag(type, [note], files.row("Letters"));
  await device.has("/Letters/Note.txt");
  await window.look("dropped");
});

journey("plays a film, and goes on elsewhere in a long sound, without fetching all of it", async (world) => {
  const { device, window, files, page } = await atHome(world);
  await device.put("/Swell.webm", await film(window));
  await device.put("/Foghorn.wav", wav(3_000, 110));
  await files.sees("Foghorn.wav");
  /** Which bytes came in parts, by the name of the file. @type {{name: string, from: number}[]} */
  const parts = [];
  page.on("response", (response) => {
    const [, from] = response.headers()["content-range"]?.match(/^bytes (\d+)-/) ?? [];
    if (response.status() === 206) parts.push({ name: new URL(response.url()).pathname, from: Number(from) });
  });

  await files.enter("Swell.webm");
  const video = files.dialog.locator("video");
  await video.waitFor();
  await video.evaluate(async (/** @type {HTMLVideoElement} */ element) => {
    element.muted = true;
    await element.play();
    if (element.currentTime === 0) await new Promise((resolve) => element.addEventListener("timeupdate", resolve, { once: true }));
  });
  assert.ok(await video.evaluate((/** @type {HTMLVideoElement} */ element) => element.videoWidth === 64 && !element.error));
  assert.ok(parts.some(({ name }) => name.endsWith("/Swell.webm")), "the film came in parts");
  await window.look("a film");
  await page.keyboard.press("Escape");

  await files.enter("Foghorn.wav");
  const audio = files.dialog.locator("audio");
  await audio.waitFor();
  await eventually(async () => assert.ok(await audio.evaluate((/** @type {HTMLAudioElement} */ element) => element.duration > 2_900)));
  const at = await audio.evaluate(async (/** @type {HTMLAudioElement} */ element) => {
    element.currentTime = 2_900;
    await new Promise((resolve) => element.addEventListener("seeked", resolve, { once: true }));
    return element.currentTime;
  });
  assert.equal(at, 2_900);
  await eventually(async () => assert.ok(parts.some(({ name, from }) => name.endsWith("/Foghorn.wav") && from > 20_000_000), JSON.stringify(parts)));
  await window.look("near the end");
});

/** A film of a moving square, as the browser itself records it. @param {import("../harness/window.js").Window} window */
async function film({ context }) {
  const studio = await context.newPage();
  const recorded = await studio.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
    const brush = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm;codecs=vp8" });
    /** @type {Blob[]} */
    const pieces = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const ended = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    for (let step = 0; step < 40; step++) {
      brush?.clearRect(0, 0, 64, 48);
      brush?.fillRect(step, 10, 16, 16);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    recorder.stop();
    await ended;
    return [...new Uint8Array(await new Blob(pieces).arrayBuffer())];
  });
  await studio.close();
  assert.ok(recorded.length > 500);
  return Buffer.from(recorded);
}
