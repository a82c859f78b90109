"use strict";
// Links: to pages, to the bytes, and references for copying.

const assert = require("node:assert/strict");
const http = require("node:http");
const { APPS, newPerson } = require("../world");
const { Dropbox, ask: askOf, newClient, test, status } = require("./world");

const HOUR_MILLIS = 3_600_000;

test("a short link and a long one lead to a page", async ({ ask }) => {
  await ask("writeFile", "/Notes/tide é.txt", "Ebb and flow");
  const short = await ask("makeUrl", "/Notes/tide é.txt");
  assert.deepEqual([short.isPreview, short.isDirect], [true, false]);
  assert.ok(short.expiresAt > new Date(Date.now() + 24 * HOUR_MILLIS));
  const long = await ask("makeUrl", "/Notes/tide é.txt", { long: true });
  assert.ok(long.url.startsWith(`${process.env.TIDEMARK_URL}/s/`), long.url);
  assert.notEqual(short.url, long.url);
  for (const { url } of [short, long]) {
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type"), /^text\/html/);
    assert.match(await page.text(), /tide é\.txt/);
  }
  assert.equal((await ask("makeUrl", "/Notes/tide é.txt")).url, short.url);
  assert.ok((await ask("makeUrl", "/Notes")).isPreview);
});

test("a direct link gives the bytes, without credentials", async ({ ask }) => {
  await ask("writeFile", "/a b.txt", "Ebb and flow");
  const link = await ask("makeUrl", "/a b.txt", { download: true });
  assert.equal(link.isDirect, true);
  const hours = (link.expiresAt - Date.now()) / HOUR_MILLIS;
  assert.ok(hours > 3 && hours <= 4.1, String(hours));
  assert.equal(await (await fetch(link.url)).text(), "Ebb and flow");
  const part = await fetch(link.url, { headers: { range: "bytes=4-6" } });
  assert.deepEqual([part.status, await part.text()], [206, "and"]);
});

// The hack: a page's link with another host in front of it, which serves the bytes. Here that is a name for the server.
test("a page's link at the download host gives the bytes", async ({ token }) => {
  const { host, hostname, port } = new URL(process.env.TIDEMARK_URL);
  const downloadServer = `http://dl.${host}`;
  const client = newClient(APPS.full, { token, downloadServer });
  await askOf(client, "writeFile", "/a.txt", "Ebb and flow");
  const link = await askOf(client, "makeUrl", "/a.txt", { downloadHack: true });
  assert.equal(link.isDirect, true);
  assert.ok(link.url.startsWith(`${downloadServer}/s/`), link.url);
  const path = link.url.slice(downloadServer.length);
  const bytes = await new Promise((resolve, reject) => {
    const asked = http.get({ hostname, port, path, headers: { host: `dl.${host}` } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part)).on("end", () => resolve(Buffer.concat(parts)));
    });
    asked.on("error", reject);
  });
  assert.equal(bytes.toString(), "Ebb and flow");
});

test("what can have no link", async ({ ask }) => {
  await ask("mkdir", "/folder");
  await assert.rejects(ask("makeUrl", "/"), status(400));
  await assert.rejects(ask("makeUrl", "/nothing"), status(404));
  await assert.rejects(ask("makeUrl", "/folder", { download: true }), status(404));
});

test("a copy reference passes a file on to somebody else", async ({ ask }) => {
  await ask("writeFile", "/gift.txt", "for you");
  const reference = await ask("makeCopyReference", "/gift.txt");
  assert.ok(reference instanceof Dropbox.File.CopyReference);
  assert.ok(reference.expiresAt > new Date());
  const other = newClient(APPS.full, { token: await (await newPerson()).token() });
  const copied = await askOf(other, "copy", reference, "/got.txt");
  assert.deepEqual([copied.path, copied.size], ["/got.txt", 7]);
  assert.equal(await askOf(other, "readFile", "/got.txt"), "for you");
  // A program may have kept the text of it alone.
  const kept = Dropbox.File.CopyReference.parse(reference.tag);
  assert.equal((await ask("copy", kept, "/again.txt")).path, "/again.txt");
  await assert.rejects(ask("copy", Dropbox.File.CopyReference.parse("unknown"), "/x.txt"), status(404));
  await assert.rejects(ask("copyRef", "/nothing"), status(404));
});
