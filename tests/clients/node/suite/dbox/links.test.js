"use strict";
// Links to pages and to bytes, and references for copying.

const assert = require("node:assert/strict");
const { APPS, newPerson } = require("../world");
const { Browser } = require("../browser");
const { ask: askOf, newClient, test } = require("./world");

test("a link to a page, and one to the bytes", async ({ ask, call }) => {
  await ask("put", "/a b.txt", "Ebb and flow");
  // dbox calls the server by its old name, and so the links do, too: a browser of ours finds it.
  const browser = new Browser();
  const page = await browser.open((await ask("shares", "/a b.txt")).url);
  assert.deepEqual([page.status, page.headers.get("content-type").split(";")[0]], [200, "text/html"]);
  const long = await ask("shares", "/a b.txt", { short_url: false });
  assert.match(long.url, /^http:\/\/api\.dropbox\.com\/s\//);
  const media = await ask("media", "/a b.txt");
  assert.match(media.expires, /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000$/);
  assert.equal((await browser.open(media.url)).text, "Ebb and flow");
  assert.equal((await call("media", "/nothing"))[0], 404);
  assert.equal((await call("shares", "/nothing"))[0], 404);
});

test("a copy reference passes a file on to somebody else", async ({ ask, call }) => {
  await ask("put", "/gift.txt", "for you");
  const reference = await ask("cpref", "/gift.txt");
  const other = await newClient(await newPerson(), APPS.folder);
  assert.equal((await askOf(other, "cp", reference, "/got.txt")).path, "/got.txt");
  assert.equal((await call("cp", { copy_ref: "unknown" }, "/x.txt"))[0], 404);
});
