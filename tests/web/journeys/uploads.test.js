// Bringing files in: whole folders, large files over whatever interrupts them, and names that are taken.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { eventually } from "../harness/eventually.js";
import { FilesPage } from "../harness/files-page.js";
import { journey } from "../harness/journey.js";
import { numbers } from "../harness/scenery.js";
import { PASSWORD } from "../harness/server.js";

const MEBI = 2 ** 20;
const LARGE = 200 * MEBI;
/** So slow that there is time to press Pause, in bytes per second. */
const SLOW = 40 * MEBI;

/** @param {import("../harness/journey.js").World} world @param {import("../harness/window.js").Look} [look] */
async function atHome({ server, signedIn }, look) {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  const window = await signedIn(account, look);
  const files = new FilesPage(window);
  await files.open();
  const uploads = window.page.getByRole("region").filter({ has: window.page.getByRole("heading", { name: /upload/i }) });
  return { device, window, files, page: window.page, uploads };
}

/** Chooses files, or a folder, in the browser's own dialog. @param {FilesPage} files @param {string} kind @param {string | string[]} paths */
async function choose(files, kind, paths) {
  const chooser = files.page.waitForEvent("filechooser");
  await files.tool("Upload", kind);
  await (await chooser).setFiles(paths);
}

/** Writes a file that repeats nothing, and returns its digest. @param {string} file @param {number} size */
function writeLarge(file, size) {
  const digest = createHash("sha256");
  const random = numbers(size);
  const block = Buffer.alloc(MEBI, "tide");
  const out = fs.openSync(file, "w");
  for (let written = 0; written < size; written += block.length) {
    for (let at = 0; at < block.length; at += 4096) block.writeDoubleLE(random(), at);
    digest.update(block);
    fs.writeSync(out, block);
  }
  fs.closeSync(out);
  return digest.digest("hex");
}

journey("uploads a folder with folders in it", async (world) => {
  const { device, window, files, uploads } = await atHome(world);
  const source = path.join(world.folder, "Voyage");
  fs.mkdirSync(path.join(source, "Letters"), { recursive: true });
  for (const [name, text] of [["Route.txt", "north"], ["Crew.txt", "two"], ["Letters/First.txt", "All well."]]) {
    fs.writeFileSync(path.join(source, name ?? ""), text ?? "");
  }
  await choose(files, "A folder", source);
  await uploads.getByRole("heading", { name: "3 items uploaded" }).waitFor();
  await files.sees("Voyage");
  await window.look("uploaded");
  await device.finds("/Voyage", "Crew.txt", "Letters", "Route.txt");
  assert.equal(await device.text("/Voyage/Letters/First.txt"), "All well.");
});

journey("uploads 200 MB, with a pause and a reload in between", async (world) => {
  const { device, window, files, page, uploads } = await atHome(world);
  const source = path.join(world.folder, "Film.bin");
  const digest = writeLarge(source, LARGE);
  const pieces = countPieces(page);
  const devtools = await window.context.newCDPSession(page);
  await devtools.send("Network.enable");
  const pace = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: SLOW };
  await devtools.send("Network.emulateNetworkConditions", pace);

  // The server may have kept some of a piece that was cut off. It says so when the piece is sent again, and the page goes on from there.
  window.guard.expect(/\/chunked_upload\?upload_id=\S+: 400|status of 400.*\/chunked_upload/);
  await choose(files, "Files", source);
  const all = uploads.getByRole("progressbar", { name: "All uploads" });
  await page.waitForFunction((bar) => bar instanceof HTMLProgressElement && bar.value > 0.15, await all.elementHandle());
  await window.look("on its way");
  await uploads.getByRole("button", { name: "Pause all" }).click();
  await uploads.getByRole("heading", { name: "Uploads are paused" }).waitFor();
  await window.look("paused");
  await page.reload();
  await files.isRead();
  await uploads.getByText(/^Paused · [1-9].* of /).waitFor();
  const before = pieces();
  assert.ok(before.sent < LARGE, "it was stopped on its way");
  await window.look("after the reload");
  await uploads.getByRole("button", { name: "Resume", exact: true }).click();
  await uploads.getByRole("heading", { name: "1 item uploaded" }).waitFor({ timeout: 90_000 });
  await files.sees("Film.bin");
  await window.look("uploaded");
  // What the server had was not sent again, but for the piece that was on its way.
  assert.ok(pieces().begun < LARGE + 16 * MEBI, `${pieces().begun} bytes were begun`);
  const there = await device.get("/Film.bin");
  assert.equal(createHash("sha256").update(there).digest("hex"), digest);
});

/** How much the page has begun to send in pieces, by the offsets of its requests. @param {import("playwright-core").Page} page */
function countPieces(page) {
  /** @type {number[]} */
  const offsets = [];
  page.on("request", (request) => {
    const offset = new URL(request.url()).searchParams.get("offset");
    if (request.url().includes("/chunked_upload") && offset) offsets.push(Number(offset));
  });
  return () => {
    let begun = 0;
    offsets.forEach((offset, index) => (begun += Math.max(0, (offsets[index + 1] ?? LARGE) - offset) || 8 * MEBI));
    return { begun, sent: Math.max(0, ...offsets) };
  };
}

journey("asks before it replaces, and keeps what was there as a version", async (world) => {
  const { device, window, files } = await atHome(world, { width: 360, height: 740 });
  await device.put("/Notes.txt", "from before\n");
  await files.sees("Notes.txt");
  const source = path.join(world.folder, "Notes.txt");
  fs.writeFileSync(source, "from now\n");
  await choose(files, "Files", source);
  await files.dialog.getByText("already").waitFor();
  await window.look("replace?");
  await files.dialog.getByRole("button", { name: "Replace" }).click();
  await files.page.getByRole("heading", { name: "1 item uploaded" }).waitFor();
  assert.equal(await device.text("/Notes.txt"), "from now\n");
  await choose(files, "Files", source);
  await files.dialog.getByRole("button", { name: "Keep both" }).click();
  await device.has("/Notes (1).txt");
});

/** What the browser keeps of uploads. @param {import("playwright-core").Page} page @returns {Promise<number>} */
const kept = (page) => page.evaluate(async () => {
  if (!(await indexedDB.databases()).some(({ name }) => name === "tidemark-uploads")) return 0;
  const base = await new Promise((/** @type {(base: IDBDatabase) => void} */ resolve) => {
    const request = indexedDB.open("tidemark-uploads");
    request.onsuccess = () => resolve(request.result);
  });
  let sum = 0;
  for (const name of base.objectStoreNames) {
    sum += await new Promise((resolve) => {
      const request = base.transaction(name).objectStore(name).count();
      request.onsuccess = () => resolve(request.result);
    });
  }
  base.close();
  return sum;
});

/** Begins an upload, and pauses it on its way. @param {Awaited<ReturnType<typeof atHome>>} home @param {string} folder */
async function beginAndPause({ window, files, page, uploads }, folder) {
  const source = path.join(folder, "Film.bin");
  writeLarge(source, 40 * MEBI);
  const devtools = await window.context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 4 * MEBI });
  await choose(files, "Files", source);
  await uploads.getByRole("button", { name: "Pause all" }).click();
  await uploads.getByRole("heading", { name: "Uploads are paused" }).waitFor();
  await eventually(async () => assert.ok((await kept(page)) >= 2));
  await devtools.detach();
}

journey("leaves nothing of an upload in the browser after signing out", async (world) => {
  const home = await atHome(world);
  const { window, page, files, uploads } = home;
  await beginAndPause(home, world.folder);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  const question = page.getByRole("dialog", { name: "Sign out now?" });
  await question.getByText("1 item will not be uploaded.").waitFor();
  await window.look("sign out?");
  await question.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).or(page.getByRole("button", { name: "Sign in" })).first().waitFor();
  await window.look("signed out");
  assert.equal(await kept(page), 0);

  // From a page without that script, too; and who signs in next goes on with nothing.
  await window.enter({ name: "Ada King", email: "ada.king@example.org", password: PASSWORD });
  await files.open();
  await beginAndPause(home, world.folder);
  await window.open("/account");
  assert.ok((await kept(page)) >= 2);
  await window.look("account");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Sign in" }).or(page.getByRole("button", { name: "Sign in" })).first().waitFor();
  await eventually(async () => assert.equal(await kept(page), 0));
  assert.equal(await uploads.count(), 0);
});

journey("signs out with an upload in another tab, which is asked about and ends with it", async (world) => {
  const home = await atHome(world);
  const { window, page } = home;
  await beginAndPause(home, world.folder);
  await window.look("paused");
  const other = await window.context.newPage();
  await other.goto("/files");
  const pages = () => page.evaluate(async () => (await navigator.locks.query()).held?.filter(({ name }) => /^tidemark-uploads-\w{24}$/.test(name ?? "")).length);
  await eventually(async () => assert.equal(await pages(), 2));
  await other.getByRole("button", { name: "Sign out", exact: true }).click();
  const question = other.getByRole("dialog", { name: "Sign out now?" });
  await question.getByText("1 item will not be uploaded, 1 of them in other tabs.").waitFor();
  // Nothing has ended yet.
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "hidden" });
  assert.ok((await kept(page)) >= 2);
  await other.getByRole("button", { name: "Sign out", exact: true }).click();
  await question.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("link", { name: "Sign in" }).or(other.getByRole("button", { name: "Sign in" })).first().waitFor();
  assert.equal(await kept(page), 0);
  await page.getByRole("heading", { name: "Uploads are paused" }).waitFor({ state: "hidden" });
  await other.close();
  await window.open("/");
  await window.look("signed out");
});

journey("goes on with an upload in one tab alone, and in nobody else's name", async (world) => {
  const home = await atHome(world);
  const { window, page } = home;
  await beginAndPause(home, world.folder);
  await window.open("/account");
  const tabs = await Promise.all([1, 2, 3].map(() => window.context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto("/files")));
  const shown = () => Promise.all(tabs.map((tab) => tab.getByRole("heading", { name: "Uploads are paused" }).count()));
  await eventually(async () => assert.equal((await shown()).filter(Boolean).length, 1));
  // Each has had its turn when this page has it after them.
  const pages = () => page.evaluate(async () => (await navigator.locks.query()).held?.filter(({ name }) => /^tidemark-uploads-\w{24}$/.test(name ?? "")).length);
  await eventually(async () => assert.equal(await pages(), tabs.length));
  await page.evaluate(() => navigator.locks.request("tidemark-uploads-all", () => {}));
  assert.equal((await shown()).filter(Boolean).length, 1, "one of them has it");
  await window.look("account");
  for (const tab of tabs) await tab.close();

  // Whoever comes without the other having signed out by the button.
  const eve = await world.server.account("Eve Moor");
  await window.context.clearCookies();
  await window.enter(eve);
  await window.open("/files");
  await eventually(async () => assert.equal(await kept(page), 0));
  await window.look("somebody else");
  assert.equal(await page.getByRole("heading", { name: /upload/i }).count(), 0);
});
