// Passing things on: a link is made, opened by somebody without an account, limited and taken back.

import assert from "node:assert/strict";
import { FilesPage } from "../harness/files-page.js";
import { journey } from "../harness/journey.js";
import { coast, photographs } from "../harness/sample.js";
import { HEIGHTS, WIDTHS } from "../pages.js";

/** What a page and its console say of a link that leads nowhere. */
const NOTHING = /GET \S+\/[ls]\/\w+: 404|Failed to load resource.*404.*\/[ls]\//;
/** And of one that wants a password first. */
const LOCKED = /GET \S+\/s\/\w+: 401|Failed to load resource.*401.*\/s\//;

journey("shares a folder, which opens in a private window, and takes it back", async ({ server, window, signedIn }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.putAll(coast({ pictures: 4, side: 160 }));
  const ada = await signedIn(account);
  const files = new FilesPage(ada);
  await files.open("/Photos");
  await files.act("Brittany", "Share a link");
  await files.dialog.getByRole("button", { name: "Get the link" }).click();
  const field = files.dialog.getByRole("textbox", { name: "The link" });
  await field.waitFor();
  const link = await field.inputValue();
  await ada.look("shared");

  const guest = await window("a guest", { width: 360, height: 740, scheme: "dark" });
  await guest.open(link);
  await guest.page.getByRole("heading", { name: "Brittany" }).waitFor();
  await guest.look("the folder");
  await guest.page.getByRole("link", { name: "IMG_10000.jpg", exact: true }).click();
  await guest.page.getByRole("img", { name: "IMG_10000.jpg" }).waitFor();
  await guest.look("a picture");

  // With a password, the guest is asked; who is told it gets in.
  await files.dialog.getByText("Who can open it, and how long").click();
  await files.dialog.getByLabel("Password").fill("low tide at noon");
  await files.dialog.getByRole("button", { name: "Save" }).click();
  await files.dialog.getByText("Saved.").waitFor();
  await ada.look("with a password");
  guest.guard.expect(LOCKED);
  await guest.open(link);
  await guest.page.getByRole("heading", { name: "This link has a password" }).waitFor();
  await guest.look("asked for the password");
  await guest.page.getByLabel("Password").fill("low tide at noon");
  await guest.page.getByRole("button", { name: "Open" }).click();
  await guest.page.getByRole("heading", { name: "Brittany" }).waitFor();

  await ada.open("/links");
  await ada.look("links");
  await ada.page.getByRole("link", { name: "Revoke the link to /Photos/Brittany" }).click();
  await ada.look("revoke?");
  await ada.page.getByRole("button", { name: "Revoke" }).click();
  await ada.page.getByText("You have shared nothing.").waitFor();
  guest.guard.expect(NOTHING);
  await guest.open(link);
  await guest.page.getByRole("heading", { name: "Nothing here" }).waitFor();
  await guest.look("nothing here");
  assert.deepEqual((await device.names("/Photos/Brittany")).length, 4, "the files stay");
});

journey("is shown the link that there is, with its end, and revokes it", async ({ server, window, signedIn }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.putAll([["/Tides.md", "# Tides\n"], ["/Ebb.md", "# Ebb\n"]]);
  const url = await device.share("/Tides.md");
  const ada = await signedIn(account);
  const files = new FilesPage(ada);
  await files.open();
  // Looking makes none.
  await files.act("Ebb.md", "Share a link");
  await files.dialog.getByRole("button", { name: "Get the link" }).waitFor();
  await ada.page.keyboard.press("Escape");

  await files.act("Tides.md", "Share a link");
  const field = files.dialog.getByRole("textbox", { name: "The link" });
  await field.waitFor();
  const key = (/** @type {string} */ address) => new URL(address).pathname.split("/")[2];
  assert.equal(key(await field.inputValue()), key(url));
  await files.dialog.getByText("Everybody who has the link, without an end").waitFor();
  await files.dialog.getByText("Who can open it, and how long").click();
  // What a password needs is told beforehand, and the browser keeps to it.
  const word = files.dialog.getByLabel("Password (8 characters or more)");
  await word.pressSequentially("short");
  await files.dialog.getByRole("button", { name: "Save" }).click();
  assert.ok(await word.evaluate((/** @type {HTMLInputElement} */ field) => field.validity.tooShort));
  await ada.look("too short");
  // Nobody is held up by it where there is no password to be.
  await files.dialog.getByLabel("For").selectOption({ label: "You alone" });
  await files.dialog.getByRole("button", { name: "Save" }).click();
  await files.dialog.getByText("Saved.").waitFor();
  await files.dialog.getByLabel("For").selectOption({ label: "Everybody who has the link" });
  await files.dialog.getByLabel("Last day (UTC)").fill("2098-05-01");
  await files.dialog.getByRole("button", { name: "Save" }).click();
  await files.dialog.getByText("Everybody who has the link, until 1 May 2098 (UTC)").waitFor();
  await ada.look("until a day");
  await ada.page.keyboard.press("Escape");
  await ada.open("/links");
  await ada.page.getByText("1 May 2098").first().waitFor();
  assert.equal(await ada.page.getByRole("link", { name: /^Revoke the link to / }).count(), 1);
  await ada.look("one link");

  await files.open();
  await files.act("Tides.md", "Share a link");
  await files.dialog.getByText("until 1 May 2098 (UTC)").waitFor();
  await files.dialog.getByRole("button", { name: "Revoke" }).click();
  await ada.page.getByRole("dialog", { name: "Revoke the link?" }).getByRole("button", { name: "Revoke" }).click();
  await files.notices.getByText("is revoked").waitFor();
  const guest = await window("a guest");
  guest.guard.expect(NOTHING);
  await guest.open(`/s/${key(url)}`);
  await guest.page.getByRole("heading", { name: "Nothing here" }).waitFor();
  await guest.look("nothing here");
});

journey("limits a link to a day, with the keyboard alone", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.put("/Tides.md", "# Tides\n");
  await device.share("/Tides.md");
  const ada = await signedIn(account, { width: 768, height: 1024, still: true });
  await ada.open("/links");
  await ada.page.getByText("Last day of the link to /Tides.md").first().focus();
  await ada.page.keyboard.press("Enter");
  await ada.page.getByLabel("Last day (UTC) of the link to /Tides.md").fill("2098-05-01");
  await ada.page.getByRole("button", { name: "Save the last day of the link to /Tides.md" }).press("Enter");
  await ada.page.getByText("its last day is 1 May 2098").waitFor();
  await ada.look("limited");
});

journey("looks through an album that was sent, on a telephone and on a large screen", async ({ server, window }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.putAll(photographs(14, { side: 640, folder: () => "/Photos/Brittany" }));
  await device.putAll(photographs(2, { side: 320, from: 40, folder: () => "/Photos/Brittany/Harbours" }));
  await device.put("/Photos/Brittany/Where we went.md", "# Brittany\n");
  // One that is none.
  await device.put("/Photos/Brittany/IMG_09990.jpg", "no picture\n");
  const link = await device.share("/Photos/Brittany");
  await Promise.all(
    WIDTHS.map(async (width) => {
      const guest = await window(`guest ${width}`, { width, height: HEIGHTS[width], still: true });
      const { page } = guest;
      guest.guard.expect(/thumb=1: 415|Failed to load resource.*415.*thumb=1|IMG_09990.jpg/);
      await guest.open(link);
      const tiles = page.getByRole("list", { name: "Pictures" });
      const first = tiles.getByRole("link", { name: "IMG_09987.jpg", exact: true });
      await first.waitFor();
      const columns = await tiles.evaluate((list) => getComputedStyle(list).gridTemplateColumns.split(" ").length);
      assert.equal(columns, { 360: 2, 768: 4, 1440: 5 }[width]);
      await page.waitForFunction(() => [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight).every((image) => image.complete));
      // They are sharp where a point of the page is two of the screen.
      const [wide, high] = await first.getByRole("img").evaluate((/** @type {HTMLImageElement} */ image) => [image.naturalWidth, image.naturalHeight]);
      const { width: side = 0 } = (await first.boundingBox()) ?? {};
      assert.ok(Math.min(wide ?? 0, high ?? 0) >= 1.4 * side, `${wide} x ${high} for ${side}`);
      await guest.look("an album", { screens: true });
      await first.focus();
      await page.keyboard.press("Tab");
      assert.equal(await tiles.getByText("IMG_09988.jpg").evaluate((name) => getComputedStyle(/** @type {Element} */ (name.closest("span"))).opacity), "1");
      await guest.look("a name");

      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "IMG_09988.jpg" }).waitFor();
      await page.waitForFunction(() => [...document.images].every((image) => image.complete));
      await guest.look("a picture of an album", { screens: true });
      await page.getByRole("link", { name: "Previous: IMG_09987.jpg" }).click();
      await page.getByRole("heading", { name: "IMG_09987.jpg" }).waitFor();
      assert.equal(await page.getByRole("link", { name: /^Previous/ }).count(), 0);
      await page.getByRole("link", { name: "Next: IMG_09988.jpg" }).click();
      await page.getByRole("link", { name: "Back to the album" }).click();
      await page.getByRole("link", { name: "Harbours" }).click();
      await page.getByText("2 pictures").waitFor();
    }),
  );
});

journey("copies the addresses of links, with the keyboard", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.putAll([["/Tides.md", "# Tides\n"], ["/Photos of the summer in Brittany/Ebb.md", "# Ebb\n"]]);
  for (const path of ["/Tides.md", "/Photos of the summer in Brittany"]) await device.share(path);
  for (const width of WIDTHS) {
    const ada = await signedIn(account, { width, height: HEIGHTS[width], still: true });
    await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await ada.open("/links");
    const copy = ada.page.getByRole("button", { name: "Copy the link to /Tides.md" });
    await copy.focus();
    await ada.page.keyboard.press("Enter");
    await ada.page.getByRole("status").getByText("Copied").waitFor();
    await ada.look("copied", { screens: true });
    const url = await ada.page.getByRole("link", { name: /^http.* the link to \/Tides.md/ }).textContent();
    assert.match(url ?? "", /^http:\S+\/l\/\w+$/);
    assert.equal(await ada.page.evaluate(() => navigator.clipboard.readText()), url);
    // As from another machine without TLS, where pages have no clipboard.
    await ada.page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    const other = "/Photos of the summer in Brittany";
    await ada.page.getByRole("button", { name: `Copy the link to ${other}` }).click();
    await ada.page.getByRole("status").getByText("Copied").waitFor();
    await ada.open("/links");
    const its = await ada.page.getByRole("link", { name: new RegExp(`^http.* the link to ${other}`) }).textContent();
    assert.equal(await ada.page.evaluate(() => navigator.clipboard.readText()), its);
  }
});
