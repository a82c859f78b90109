// Looking at photographs: signing in to the gallery, going through thousands of them, and seeing a new one arrive.

import assert from "node:assert/strict";
import fs from "node:fs";
import { eventually } from "../harness/eventually.js";
import { journey } from "../harness/journey.js";
import { photographs } from "../harness/sample.js";
import { Gallery } from "../harness/server.js";
import { settings } from "../harness/settings.js";

/** A build without optimisation takes too long for all of them. */
const PHOTOS = settings.slow ? 500 : 5000;
const ALBUM = 200;
/** How far one turns the wheel at a time, in pixels, and how often. */
const [TURN, TURNS] = [2_500, 30];
/** However many there are, no more than so many are on the page. */
const TILES_MAX = 600;

journey("signs in, goes through thousands of photographs, and sees a new one arrive", async ({ server, beside, window, folder }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  const albumOf = (/** @type {number} */ index) => `/Photos/Voyage ${String(1 + Math.floor(index / ALBUM)).padStart(2, "0")}`;
  await device.putAll(photographs(PHOTOS, { side: 240, different: 40, folder: albumOf }));
  const gallery = beside(new Gallery(folder, server));
  await gallery.start();
  const ada = await window("Ada");
  ada.guard.origins.push(new URL(gallery.url).origin);
  const { page } = ada;
  await ada.open(gallery.url);
  await ada.look("front");
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("E-mail").fill(account.email);
  await ada.look("sign in at the server");
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: /^Allow / }).waitFor();
  await ada.look("consent");
  await page.getByRole("button", { name: "Allow" }).click();

  const months = page.getByRole("combobox", { name: "Go to month" });
  const photos = page.getByRole("main").getByRole("link", { name: /^IMG_/ });
  await photos.first().waitFor();
  await page.getByText("Reading your folders…").waitFor({ state: "hidden", timeout: 40_000 });
  await ada.look("photos");

  // However fast one goes, there are pictures, and never all of them.
  for (let turn = 0; turn < TURNS; turn++) {
    await page.mouse.wheel(0, TURN);
    await photos.first().waitFor({ state: "attached" });
    const count = await photos.count();
    assert.ok(count < TILES_MAX, `${count} pictures are on the page`);
  }
  await ada.look("further down");
  const last = await months.locator("option").last().getAttribute("value");
  await months.selectOption(last);
  // Only what is in sight is on the page, and rows shift as long as shapes become known.
  const first = page.getByRole("link", { name: new RegExp(`^IMG_${String(10_001 - PHOTOS).padStart(5, "0")}`) });
  await eventually(async () => {
    await page.mouse.wheel(0, TURN);
    assert.ok(await first.isVisible(), "the first ever taken is not in sight");
  });
  await ada.look("the first ever taken");

  await page.evaluate(() => scrollTo({ top: 0 }));
  await page.getByRole("link", { name: /^IMG_10000/ }).click();
  const picture = page.getByRole("dialog", { name: "Picture" });
  await picture.getByText("IMG_10000.jpg").waitFor();
  await ada.look("large");
  await page.keyboard.press("ArrowRight");
  await picture.getByText("IMG_09999.jpg").waitFor();
  await picture.getByRole("button", { name: "Next picture" }).click();
  await picture.getByText("IMG_09998.jpg").waitFor();
  await picture.getByRole("button", { name: "Details" }).click();
  await ada.look("details");
  await page.keyboard.press("Escape");
  await picture.waitFor({ state: "hidden" });

  const [[, fresh, taken] = []] = photographs(1, { side: 240, from: 77, until: Date.UTC(2026, 8, 1, 12) });
  await device.put("/Photos/IMG_NEW.jpg", fresh ?? "", taken);
  await page.getByRole("link", { name: /^IMG_NEW/ }).waitFor();
  await ada.look("a new one");
  await page.getByRole("link", { name: "Albums" }).click();
  await page.getByRole("link", { name: /Voyage 01/ }).waitFor();
  await ada.look("albums");
  await page.getByRole("link", { name: /Voyage 01/ }).click();
  await page.getByRole("heading", { name: "Voyage 01" }).waitFor();
  await eventually(async () => assert.ok((await photos.count()) > 0));
  await ada.look("an album");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
}, { millisMax: 120_000 });

journey("asks by OAuth 1, when it has a secret to sign with", async ({ server, beside, window, folder }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.putAll(photographs(8, { side: 240, folder: () => "/Photos/Brittany" }));
  const app = await server.app("Photo wall");
  const gallery = await beside(new Gallery(folder, server, app)).start();
  await server.admin(["app", "redirect", "add", app.key, `${gallery.url}/callback`]);
  const ada = await window("Ada");
  ada.guard.origins.push(new URL(gallery.url).origin);
  const { page } = ada;
  await ada.open(`${gallery.url}/albums`);
  await ada.look("front");
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.waitForURL(`${server.url}/login**`);
  await ada.look("sign in at the server");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Allow Photo wall" }).waitFor();
  assert.match(page.url(), /\/1\/oauth\/authorize\?.*oauth_token=/);
  await ada.look("consent");

  // Whoever thinks better of it is told so, and can begin again.
  ada.guard.expect(/status of 403|not_approved=true.*: 403/);
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByRole("heading", { name: "Not allowed" }).waitFor();
  await ada.look("not allowed");
  await page.getByRole("link", { name: "To the gallery" }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("main").getByRole("link", { name: /^IMG_10000/ }).waitFor();
  await ada.look("photos");

  // The session is one of ours: it has nothing of the server's in it, and no script can read it.
  const cookies = (await ada.context.cookies(gallery.url)).filter(({ name }) => name.startsWith("tidemark-gallery"));
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]), [["tidemark-gallery", true, "Lax"]]);
  assert.match(cookies[0]?.value ?? "", /^[\w-]{43}\.[\w-]{43}$/);
});

journey("is among the server's own addresses, with a way there and back", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.putAll(photographs(8, { side: 240, folder: () => "/Photos/Brittany" }));
  const ada = await signedIn(account);
  const { page } = ada;
  await ada.open("/files");
  await page.getByRole("navigation", { name: "Parts of Tidemark" }).getByRole("link", { name: "Gallery" }).click();
  await ada.look("front");
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Allow Tidemark Gallery" }).waitFor();
  await ada.look("consent");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(`${server.url}/gallery/`);
  await page.getByRole("main").getByRole("link", { name: /^IMG_10000/ }).click();
  const picture = page.getByRole("dialog", { name: "Picture" });
  await picture.getByRole("button", { name: "Details" }).click();
  await picture.getByText("/Photos/Brittany").waitFor();
  await ada.look("a picture");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Albums" }).click();
  await page.getByRole("link", { name: /Brittany/ }).click();
  await page.getByRole("heading", { name: "Brittany" }).waitFor();
  await ada.look("an album");
  await page.getByRole("link", { name: "Files" }).click();
  await page.waitForURL(`${server.url}/files**`);
  await page.getByRole("grid").getByText("Photos", { exact: true }).waitFor();
  await ada.look("files");

  // It is one place to people: who leaves it has left both.
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  await ada.look("signed out");
  await ada.open("/gallery/");
  await page.getByRole("heading", { name: "Your pictures" }).waitFor();
}, { serve: ["--gallery"] });

journey("shares an album, lets a slideshow run, and saves a picture as it is", async ({ server, signedIn, window }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  const pictures = photographs(4, { side: 240, folder: () => "/Photos/Brittany" });
  await device.putAll(pictures);
  const ada = await signedIn(account);
  const { page } = ada;
  await ada.open("/gallery/albums");
  await ada.look("front");
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Allow" }).waitFor();
  await ada.look("consent");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("link", { name: /^Brittany/ }).click();
  await page.getByRole("button", { name: "Share album" }).click();
  const sheet = page.getByRole("dialog", { name: "Share Brittany" });
  await sheet.getByRole("button", { name: "Copy link" }).and(page.locator(":enabled")).waitFor();
  const link = await sheet.getByLabel("Link").inputValue();
  await ada.look("share an album");
  await sheet.getByRole("button", { name: "Done" }).click();
  const friend = await window("friend");
  await friend.open(link);
  await friend.page.getByText("IMG_10000.jpg").waitFor();
  await friend.look("what was shared");

  await page.getByRole("button", { name: "Slideshow" }).click();
  const picture = page.getByRole("dialog", { name: "Picture" });
  await picture.getByText("IMG_10000.jpg").waitFor();
  await picture.getByText("IMG_09999.jpg").waitFor();
  // The buttons go while nothing moves, and come back.
  await page.mouse.move(300, 300);
  await page.keyboard.press("Space");
  await picture.getByRole("button", { name: "Start slideshow" }).waitFor();
  await ada.look("a slideshow that waits");

  const saving = page.waitForEvent("download");
  await picture.getByRole("link", { name: "Download original" }).click();
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), "IMG_09999.jpg");
  assert.deepEqual(fs.readFileSync(await saved.path()), pictures[1]?.[1]);

  // A known picture is looked at again without its bytes.
  const again = await page.evaluate(async () => {
    const address = /** @type {HTMLAnchorElement} */ (document.getElementById("download")).href.replace("/original", "");
    const tag = (await fetch(address)).headers.get("etag") ?? "";
    return (await fetch(address, { headers: { "if-none-match": tag }, cache: "no-store" })).status;
  });
  assert.equal(again, 304);
}, { serve: ["--gallery"] });
