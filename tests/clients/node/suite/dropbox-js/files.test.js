"use strict";
// Files: written and read in every way that dropbox-js has, in pieces, and by their history.

const assert = require("node:assert/strict");
const { randomBytes } = require("node:crypto");
const { test, status } = require("./world");

const MIB = 1024 * 1024;

test("account info", async ({ ask, person, client }) => {
  const account = await ask("getAccountInfo");
  assert.equal(account.name, person.name);
  assert.equal(account.email, person.email);
  assert.match(account.countryCode, /^[A-Z]{2}$/);
  assert.match(account.uid, /^\d+$/);
  assert.equal(account.usedQuota, 0);
  assert.ok(account.quota > 0);
  assert.equal((await ask("getUserInfo", { httpCache: true })).uid, account.uid);
  assert.equal(client.isAuthenticated(), true);
});

test("a string is written as text and read back", async ({ ask, call }) => {
  const stat = await ask("writeFile", "/Notes/tide.txt", "Ebbe und Flut: é ✓\n");
  assert.equal(stat.path, "/Notes/tide.txt");
  assert.equal(stat.name, "tide.txt");
  assert.equal(stat.size, Buffer.byteLength("Ebbe und Flut: é ✓\n"));
  assert.equal(stat.mimeType, "text/plain");
  assert.equal(stat.isFile, true);
  assert.equal(stat.inAppFolder, false);
  const [text, read] = await call("readFile", "Notes/tide.txt");
  assert.equal(text, "Ebbe und Flut: é ✓\n");
  assert.deepEqual(read.json(), stat.json());
});

test("a buffer is written and read byte by byte", async ({ ask, call }) => {
  const content = randomBytes(300_000);
  const stat = await ask("writeFile", "/data.bin", content);
  assert.equal(stat.size, content.length);
  const [buffer, read] = await call("readFile", "/data.bin", { buffer: true });
  assert.ok(content.equals(buffer));
  assert.equal(read.versionTag, stat.versionTag);
  assert.ok(content.equals(Buffer.from(await ask("readFile", "/data.bin", { arrayBuffer: true }))));
  // A string with a byte to a character: what programs had before browsers knew buffers.
  assert.ok(content.equals(Buffer.from(await ask("readFile", "/data.bin", { binary: true }), "latin1")));
});

test("an empty file", async ({ ask }) => {
  assert.equal((await ask("writeFile", "/empty", "")).size, 0);
  assert.equal((await ask("readFile", "/empty", { buffer: true })).length, 0);
});

test("ranges by start and length", async ({ ask, call }) => {
  const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
  await ask("writeFile", "/data.bin", content);
  for (const [options, first, last] of [
    [{ start: 0, length: 1 }, 0, 0],
    [{ start: 10, length: 20 }, 10, 29],
    [{ start: 990 }, 990, 999],
    [{ length: 7 }, 993, 999],
    [{ start: 998, length: 50 }, 998, 999],
  ]) {
    const [part, stat, range] = await call("readFile", "/data.bin", { buffer: true, ...options });
    assert.ok(content.subarray(first, last + 1).equals(part), JSON.stringify(options));
    assert.deepEqual([range.start, range.end, range.size], [first, last, 1000]);
    assert.equal(stat.size, 1000);
  }
  await assert.rejects(ask("readFile", "/data.bin", { start: 2000, length: 5 }), status(416));
});

test("writing over, beside, and onto an older version", async ({ ask }) => {
  const first = await ask("writeFile", "/a.txt", "one");
  const second = await ask("writeFile", "/a.txt", "two");
  assert.equal(second.path, "/a.txt");
  const beside = await ask("writeFile", "/a.txt", "three", { noOverwrite: true });
  assert.equal(beside.path, "/a (1).txt");
  const conflicted = await ask("writeFile", "/a.txt", "four", { lastVersionTag: first.versionTag });
  assert.notEqual(conflicted.path, "/a.txt");
  assert.equal(await ask("readFile", "/a.txt"), "two");
  const third = await ask("writeFile", "/a.txt", "five", { lastVersionTag: second.versionTag });
  assert.equal(third.path, "/a.txt");
  assert.equal(await ask("readFile", "/a.txt", { versionTag: first.versionTag }), "one");
});

test("an upload in steps", async ({ ask }) => {
  const content = randomBytes(9 * MIB + 17);
  let cursor = null;
  for (let offset = 0; offset < content.length; offset += 4 * MIB) {
    cursor = await ask("resumableUploadStep", content.subarray(offset, offset + 4 * MIB), cursor);
    assert.equal(cursor.offset, Math.min(offset + 4 * MIB, content.length));
    assert.ok(cursor.expiresAt > new Date());
  }
  const stat = await ask("resumableUploadFinish", "/Large/data.bin", cursor);
  assert.equal(stat.size, content.length);
  assert.ok(content.equals(await ask("readFile", "/Large/data.bin", { buffer: true })));
  const again = await ask("resumableUploadStep", Buffer.from("beside"), null);
  assert.equal((await ask("resumableUploadFinish", "/Large/data.bin", again, { noOverwrite: true })).path, "/Large/data (1).bin");
});

test("a misplaced step is told where to go on", async ({ ask }) => {
  const first = await ask("resumableUploadStep", Buffer.from("0123456789"), null);
  const corrected = await ask("resumableUploadStep", Buffer.from("x"), { tag: first.tag, offset: 3 });
  assert.deepEqual([corrected.tag, corrected.offset], [first.tag, 10]);
  const whole = await ask("resumableUploadStep", Buffer.from("ab"), corrected);
  await ask("resumableUploadFinish", "/a.txt", whole);
  assert.equal(await ask("readFile", "/a.txt"), "0123456789ab");
  await assert.rejects(ask("resumableUploadStep", Buffer.from("x"), { tag: "unknown", offset: 5 }), status(404));
  await assert.rejects(ask("resumableUploadFinish", "/b.txt", { tag: "unknown" }), status(400));
});

test("history, and reverting to what it tells", async ({ ask }) => {
  const first = await ask("writeFile", "/a.txt", "one");
  await ask("writeFile", "/a.txt", "three");
  await ask("remove", "/a.txt");
  const history = await ask("history", "/a.txt");
  assert.deepEqual(history.map(({ size, isRemoved }) => [size, isRemoved]), [[0, true], [5, false], [3, false]]);
  assert.equal((await ask("revisions", "/a.txt", { limit: 1 })).length, 1);
  const reverted = await ask("revertFile", "/a.txt", first.versionTag);
  assert.notEqual(reverted.versionTag, first.versionTag);
  assert.equal(await ask("readFile", "/a.txt"), "one");
  await ask("restore", "/a.txt", history[1].versionTag);
  assert.equal(await ask("readFile", "/a.txt"), "three");
  await assert.rejects(ask("history", "/nothing"), status(404));
  await assert.rejects(ask("history", "/a.txt", { limit: 0 }), status(400));
});

test("what is not there", async ({ ask }) => {
  await ask("mkdir", "/folder");
  for (const path of ["/nothing.txt", "/folder"]) await assert.rejects(ask("readFile", path), status(404));
  await assert.rejects(ask("writeFile", "/desktop.ini", "x"), status(400));
});
