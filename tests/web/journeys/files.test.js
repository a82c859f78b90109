// Working with files: what everybody does every day, and takes back.

import assert from "node:assert/strict";
import { eventually } from "../harness/eventually.js";
import { FilesPage } from "../harness/files-page.js";
import { journey } from "../harness/journey.js";
import { coast, crowd } from "../harness/sample.js";
import { settings } from "../harness/settings.js";

const ADA = "Ada King";

/** Somebody with a few files, at the page of files. @param {import("../harness/journey.js").World} world @param {import("../harness/window.js").Look} [look] */
async function atHome({ server, signedIn }, look) {
  const account = await server.account(ADA);
  const device = await server.device(account);
  await device.putAll(coast({ pictures: 4, side: 160 }));
  const window = await signedIn(account, look);
  const files = new FilesPage(window);
  await files.open();
  return { account, device, window, files, page: window.page };
}

journey("finds an empty account inviting", async ({ server, signedIn }) => {
  const window = await signedIn(await server.account(ADA));
  await window.open("/files");
  await window.page.getByRole("heading", { name: "This is where your files will be" }).waitFor();
  await window.look("empty");
});

journey("makes a folder, renames it, and takes the name back", async (world) => {
  const { files, window, page, device } = await atHome(world);
  await window.look("files");
  await files.tool("New folder");
  await window.look("new folder");
  await files.answer("Letters", "Create");
  await files.sees("Letters");
  await files.hasSelected("Letters");
  await page.keyboard.press("F2");
  await files.answer("Post", "Rename");
  await files.sees("Post");
  await files.misses("Letters");
  await window.look("renamed");
  await files.notice("Renamed", "Undo");
  await files.sees("Letters");
  await device.has("/Letters");
  await device.has("/Post", false);
});

journey("goes back from a file to its folder, and finds the file by its address", async (world) => {
  const { files, window, page } = await atHome(world);
  const at = (/** @type {string} */ place) => page.waitForURL((url) => url.pathname === place);
  await files.enter("Logbook");
  await at("/files/Logbook");
  await page.goBack();
  await at("/files");
  await files.sees("Tides.md");
  await page.getByRole("searchbox").fill("tid");
  await files.sees("Tides.md");
  // Whoever presses often sees it once.
  for (let press = 0; press < 3; press += 1) await files.row("Tides.md").dispatchEvent("dblclick");
  await at("/files/Tides.md");
  assert.equal(await page.getByRole("dialog").count(), 1);
  await window.look("a file and its address");
  await page.goBack();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await at("/files");
  assert.equal(await page.getByRole("searchbox").inputValue(), "tid", "the search is still there");
  await files.enter("Tides.md");
  await at("/files/Tides.md");
  await page.keyboard.press("Escape");
  await at("/files");
  await page.goForward();
  await page.getByRole("dialog").waitFor();
  await at("/files/Tides.md");
  await page.reload();
  await page.getByRole("dialog").getByText("Tides.md", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Facts" }).click();
  await page.getByRole("button", { name: "All files" }).last().click();
  await at("/files");
  await files.hasSelected("Tides.md");
});

journey("moves a file into a folder, and takes it back", async (world) => {
  const { files, window, device } = await atHome(world);
  await files.act("Tides.md", "Move…");
  await files.dialog.getByRole("button", { name: "Logbook" }).click();
  await window.look("where to");
  await files.dialog.getByRole("button", { name: "Move here" }).click();
  await files.misses("Tides.md");
  await files.notice("moved to", "Undo");
  await files.sees("Tides.md");
  await device.has("/Tides.md");
  // By hand: a line is dragged onto a folder.
  await files.row("Tides.md").dragTo(files.row("Logbook"));
  await files.misses("Tides.md");
  await files.enter("Logbook");
  await files.sees("Tides.md");
  await device.has("/Logbook/Tides.md");
  await window.look("moved");
});

journey("deletes a file and a folder, and undoes it", async (world) => {
  const { files, window, page, device } = await atHome(world);
  await files.row("Logbook").click();
  await files.row("Tides.md").click({ modifiers: ["Control"] });
  await files.hasSelected("Logbook", "Tides.md");
  await window.look("two selected");
  await page.keyboard.press("Delete");
  await files.misses("Logbook");
  await files.misses("Tides.md");
  await device.has("/Logbook", false);
  await files.notice("2 items deleted", "Undo");
  await files.sees("Logbook");
  await files.sees("Tides.md");
  await device.finds("/Logbook", "2026-05-02.md", "2026-05-03.md");

  // Later, when the notice has gone, there are the deleted items.
  await files.row("Foghorn.wav").click();
  await page.keyboard.press("Delete");
  await files.misses("Foghorn.wav");
  await page.keyboard.press("Escape");
  await files.tool("More", "Deleted items");
  await window.look("deleted items");
  await files.dialog.getByRole("button", { name: "Restore: Foghorn.wav" }).click();
  await page.keyboard.press("Escape");
  await files.sees("Foghorn.wav");
});

journey("takes back with a key what was just done", async (world) => {
  const { files, window, page, device } = await atHome(world);
  await files.row("Tides.md").click();
  await page.keyboard.press("Delete");
  await files.misses("Tides.md");
  await page.keyboard.press("F2");
  await files.answer("Boats.pdf", "Rename");
  await files.sees("Boats.pdf");
  await files.notices.getByText("Renamed").waitFor();
  // The last first, and each once.
  await files.grid.focus();
  await page.keyboard.press("Control+z");
  await files.sees("Boat survey.pdf");
  await device.has("/Tides.md", false);
  await page.keyboard.press("Control+z");
  await files.sees("Tides.md");
  await files.row("Tides.md").click();
  await page.keyboard.press("Control+x");
  await files.enter("Logbook");
  await page.keyboard.press("Control+v");
  await files.sees("Tides.md");
  await page.keyboard.press("Control+z");
  await files.misses("Tides.md");
  await device.has("/Tides.md");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).getByText("Ctrl Z").waitFor();
  await window.look("the keys");
});

journey("tells some from all, and dates as they grow older", async (world) => {
  const { server, signedIn } = world;
  const account = await server.account(ADA);
  const device = await server.device(account);
  await device.putAll([["/One.txt", "1"], ["/Two.txt", "2"]]);
  const window = await signedIn(account);
  await window.page.clock.install();
  const files = new FilesPage(window);
  await files.open();
  const all = files.grid.getByRole("checkbox", { name: "Select all" });
  const isChecked = (/** @type {string} */ state) => eventually(async () => assert.equal(await all.getAttribute("aria-checked"), state));
  await isChecked("false");
  await files.row("One.txt").click();
  await isChecked("mixed");
  await window.look("some");
  await all.click();
  await files.hasSelected("One.txt", "Two.txt");
  await isChecked("true");
  await all.click();
  await files.hasSelected();
  await isChecked("false");

  await files.row("One.txt").getByRole("gridcell", { name: "Just now" }).waitFor();
  await window.page.clock.fastForward(120_000);
  await files.row("One.txt").getByRole("gridcell", { name: /^(Today|Yesterday), / }).waitFor();
});

journey("compares two versions, and restores the older one", async (world) => {
  const { files, window, device } = await atHome(world);
  await device.put("/Reading list.txt", "The Sea Around Us\nThe Old Man and the Sea\nMoominpappa at Sea\n");
  await files.act("Reading list.txt", "Versions");
  await files.dialog.getByText("2 versions").waitFor();
  await window.look("versions");
  await files.dialog.getByRole("button", { name: /^Compare/ }).click();
  await files.dialog.getByText("1 line added, 1 line removed").waitFor();
  await window.look("compared");
  await files.dialog.getByRole("button", { name: "Close" }).click();
  await files.dialog.getByRole("button", { name: /^Restore/ }).click();
  await files.notices.getByText("is again what it was").waitFor();
  assert.match(await device.text("/Reading list.txt"), /To the Lighthouse/);
});

journey("finds the versions that a file had under an earlier name, and those that come meanwhile", async (world) => {
  const { files, window, page, device } = await atHome(world);
  await device.put("/Tides.md", "# Tides\n\nHigher than before.\n");
  await device.move("/Tides.md", "/Logbook/Ebb.md");
  await device.put("/Logbook/Ebb.md", "# Ebb\n");
  await files.enter("Logbook");
  await files.act("Ebb.md", "Versions");
  await files.dialog.getByText(/oldest (is|are) from before the file was renamed or moved here/).waitFor();
  await window.look("renamed");
  const compare = files.dialog.getByRole("button", { name: /^Compare/ });
  // How many there are: what it was when it was renamed counts once more, unless that was in the same second.
  const count = (await compare.count()) + 1;
  assert.ok([3, 4].includes(count));
  await compare.last().click();
  await page.getByText(/lines? removed/).waitFor();
  await files.dialog.getByLabel("From").selectOption({ index: 0 });
  await page.getByText("These two versions are the same.").waitFor();
  await window.look("the same");
  await files.dialog.getByRole("button", { name: "Close" }).click();
  // Another device goes on with it.
  await compare.last().focus();
  await device.put("/Logbook/Ebb.md", "# Ebb and flow\n");
  await files.dialog.getByText(`${count + 1} versions`).waitFor();
  assert.ok(await compare.last().evaluate((button) => button === document.activeElement), "the keyboard stays where it was");
  await files.dialog.getByRole("button", { name: /^View/ }).last().click();
  await files.dialog.getByText("it leaves a mark").waitFor();
  await page.keyboard.press("Escape");
  await files.dialog.getByRole("button", { name: /^Restore/ }).last().click();
  await files.notices.getByText("is again what it was").waitFor();
  assert.match(await device.text("/Logbook/Ebb.md"), /it leaves a mark/);
});

journey("looks at a version without a byte in it that a file had under an earlier name", async (world) => {
  const { files, window, page, device } = await atHome(world);
  await device.put("/Blank.md", "");
  await device.put("/Blank.md", "# No longer blank\n");
  await device.move("/Blank.md", "/Filled.md");
  // The server has no first byte to begin at, and says so.
  window.guard.expect(/\/content\?version=\d+: 416|status of 416/);
  await files.sees("Filled.md");
  await files.act("Filled.md", "Versions");
  const view = files.dialog.getByRole("button", { name: /^View/ });
  await files.dialog.getByText("0 B · under an earlier name").waitFor();
  await view.last().click();
  await page.getByText("This file is empty.").waitFor();
  await window.look("an empty version");
  await page.keyboard.press("Escape");
  await files.dialog.getByRole("button", { name: /^Compare/ }).last().click();
  await page.getByText("1 line added, 0 lines removed").waitFor();
});

journey("sees at once what another device changes, and loses neither selection nor place", async (world) => {
  const { files, window, page, device } = await atHome(world, { height: 420 });
  await files.row("Tides.md").click();
  const scrolled = await files.grid.evaluate((grid) => (grid.scrollTop = 60));
  await device.put("/Arrived.txt", "from elsewhere\n");
  await files.sees("Arrived.txt");
  await device.move("/Arrived.txt", "/Arrived and renamed.txt");
  await files.sees("Arrived and renamed.txt");
  await files.misses("Arrived.txt");
  await device.remove("/Arrived and renamed.txt");
  await files.misses("Arrived and renamed.txt");
  await files.hasSelected("Tides.md");
  assert.equal(await files.grid.evaluate((grid) => grid.scrollTop), scrolled);
  await window.look("afterwards");
  // A folder that somebody deletes while it is open says so, and shows the way on.
  await page.keyboard.press("Escape");
  await files.enter("Logbook");
  await files.sees("2026-05-02.md");
  await device.remove("/Logbook");
  await page.getByRole("heading", { name: "This folder is not here any more" }).waitFor();
  await window.look("gone");
});

journey("looks at a picture, a document, a text and a sound", async (world) => {
  const { files, window, page } = await atHome(world);
  await files.enter("Photos");
  await files.enter("Cover.jpg");
  await files.dialog.getByRole("img", { name: "Cover.jpg" }).waitFor();
  await window.look("a picture");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Backspace");
  await files.enter("Tides.md");
  await files.dialog.getByText("it leaves a mark").waitFor();
  await window.look("a text");
  await page.keyboard.press("Escape");
  await files.enter("Boat survey.pdf");
  await files.dialog.locator("iframe, object, embed").waitFor();
  await window.look("a document");
  await page.keyboard.press("Escape");
  await files.enter("Foghorn.wav");
  const sound = files.dialog.locator("audio");
  await sound.waitFor();
  await page.waitForFunction(() => (document.querySelector("audio")?.readyState ?? 0) > 0);
  await window.look("a sound");
});

journey("finds a file by its name, and works without a mouse", async (world) => {
  const { files, window, page } = await atHome(world, { still: true });
  await page.keyboard.press("/");
  await page.keyboard.type("tid");
  await files.misses("Logbook");
  await files.hasJust("Tides.md");
  await window.look("found here");
  await page.keyboard.press("Escape");
  await files.sees("Logbook");
  await page.keyboard.press("/");
  await page.keyboard.type("ch");
  await files.hasJust("Charts");
  // Above all there is, all there is is looked through.
  await page.keyboard.type("ausey");
  await files.sees("Chausey.pdf");
  await page.keyboard.press("Escape");
  await files.enter("Logbook");
  await files.sees("2026-05-03.md");
  await page.keyboard.press("/");
  await page.keyboard.type("chausey");
  await page.getByRole("heading", { name: "Nothing here is called “chausey”" }).waitFor();
  await page.getByRole("button", { name: "Search everywhere" }).click();
  await files.sees("Chausey.pdf");
  await window.look("found elsewhere");
  await page.getByRole("searchbox").press("Escape");
  await page.goBack();
  await files.sees("Logbook");
  await files.grid.focus();
  await page.keyboard.press("Home");
  await files.hasSelected("Charts");
  await page.keyboard.press("Enter");
  await files.sees("Chausey.pdf");
  await page.keyboard.press("Backspace");
  await files.hasSelected("Charts");
  // The search is at hand whatever is selected.
  await page.keyboard.press("/");
  await page.keyboard.type("reading");
  await files.hasJust("Reading list.txt");
  await page.keyboard.press("Escape");
  await files.sees("Charts");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await window.look("the keys");
});

journey("goes through a folder with 50,000 files in it", async ({ server, signedIn }) => {
  const account = await server.account(ADA);
  const device = await server.device(account);
  const count = settings.slow ? 3_000 : 50_000;
  await device.putAll(crowd("/Crowd", count), 16);
  const window = await signedIn(account);
  const files = new FilesPage(window);
  await files.open("/Crowd");
  await files.hasRows(count);
  await files.sees("note 00001.txt");
  await window.look("the first");
  // Only the lines in sight exist, wherever one is.
  for (const share of [0.3, 0.6, 0.9]) {
    await files.grid.evaluate((grid, at) => grid.scrollTo({ top: at * grid.scrollHeight }), share);
    await eventually(async () => assert.ok(Math.abs(Number((await files.names())[0]?.match(/\d+/)?.[0]) - share * count) < 100));
    assert.ok((await files.names()).length < 100);
  }
  await files.grid.focus();
  await window.page.keyboard.press("End");
  await files.sees(`note ${String(count).padStart(5, "0")}.txt`);
  await device.put("/Crowd/a latecomer.txt", "here\n");
  await files.hasRows(count + 1);
  await window.page.keyboard.press("Home");
  await files.sees("a latecomer.txt");
  await window.look("a latecomer");
}, { millisMax: 120_000 });
