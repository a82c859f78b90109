// What happened lately: a folder that was filled is one line, which opens without a script and leads to each of its files.

import assert from "node:assert/strict";
import { journey } from "../harness/journey.js";
import { photographs } from "../harness/sample.js";

const PHOTOS = 60;

journey("sees a folder of photographs in one line, and goes to one of them", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  // One after another, so that each has its place in the story.
  await device.putAll(photographs(PHOTOS, { side: 64, different: 3, folder: () => "/Photos/Brittany" }), 1);
  for (const name of ["Logbook", "Charts", "Harbour dues and everything else that has to do with money"]) await device.folder(`/${name}`);
  for (const height of [612, 598, 604]) await device.put("/Logbook/Tides.md", `${height} cm\n`);
  await device.move("/Photos/Brittany/IMG_10000.jpg", "/Photos/Brittany/Skerries.jpg");
  for (const index of [1, 2]) await device.remove(`/Photos/Brittany/IMG_0999${index}.jpg`);

  const ada = await signedIn(account, { width: 360, height: 740, still: true });
  const { page } = ada;
  await ada.open("/activity");
  const lines = page.locator("main > ul > li");
  const told = (await lines.locator("> div").allTextContents()).map((text) => text.replace(/\s+/g, " ").trim());
  for (const [index, start] of [
    "You deleted 2 files from /Photos/Brittany",
    "You renamed “IMG_10000.jpg” to /Photos/Brittany/Skerries.jpg",
    "You changed /Logbook/Tides.md twice",
    "You added /Logbook/Tides.md",
    "You created 3 folders in All files",
    `You added ${PHOTOS} files to /Photos/Brittany`,
    "You created the folder /Photos/Brittany",
    "You created the folder /Photos",
  ].entries()) {
    assert.ok(told[index]?.startsWith(start), `${start}: ${told[index]}`);
  }
  assert.equal(told.length, 8);
  await ada.look("closed");

  const photo = page.getByRole("link", { name: "IMG_09980.jpg" });
  assert.ok(!(await photo.isVisible()), "a group is closed");
  const summary = page.getByText(`The ${PHOTOS} files`);
  await summary.focus();
  await page.keyboard.press("Enter");
  await photo.waitFor();
  assert.equal(await lines.filter({ has: summary }).getByRole("listitem").count(), PHOTOS, "all are there");
  await summary.scrollIntoViewIfNeeded();
  await ada.look("opened");
  await page.getByText("The 2 files").click();
  await ada.look("what was deleted");

  await photo.click();
  await page.getByRole("dialog", { name: "Preview" }).getByText("IMG_09980.jpg").first().waitFor();
  assert.equal(new URL(page.url()).pathname, "/files/Photos/Brittany/IMG_09980.jpg");
  await ada.look("one of them");
});
