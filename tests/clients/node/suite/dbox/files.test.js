"use strict";
// Files: put, got whole and as a stream, by revision, and restored.

const assert = require("node:assert/strict");
const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const { test } = require("./world");

test("text is put and got", async ({ ask, call }) => {
  const entry = await ask("put", "/Notes/tide one.txt", "Ebb and flow\n");
  assert.deepEqual([entry.path, entry.bytes, entry.root], ["/Notes/tide one.txt", 13, "app_folder"]);
  const [status, bytes, metadata] = await call("get", "/Notes/tide one.txt");
  assert.deepEqual([status, bytes.toString()], [200, "Ebb and flow\n"]);
  assert.deepEqual(metadata, entry);
  assert.equal(metadata.mime_type, "text/plain");
});

test("bytes are put and got", async ({ ask, call }) => {
  const content = randomBytes(5_000_000);
  assert.equal((await ask("put", "é+%.bin", content)).path, "/é+%.bin");
  assert.ok(content.equals((await call("get", "/é+%.bin"))[1]));
});

test("an empty file has no body at all", async ({ ask, call }) => {
  assert.equal((await ask("put", "/empty.txt", "")).bytes, 0);
  // dbox calls back without bytes, for `request` has none to give it.
  const [status, bytes, metadata] = await call("get", "/empty.txt");
  assert.deepEqual([status, bytes, metadata.bytes], [200, undefined, 0]);
});

test("putting again takes the place of the file, unless told otherwise", async ({ ask }) => {
  const first = await ask("put", "/a.txt", "one");
  assert.equal((await ask("put", "/a.txt", "two")).path, "/a.txt");
  assert.equal((await ask("put", "/a.txt", "three", { overwrite: false })).path, "/a (1).txt");
  assert.notEqual((await ask("put", "/a.txt", "four", { parent_rev: first.rev })).path, "/a.txt");
});

test("an older revision", async ({ ask, call }) => {
  const first = await ask("put", "/a.txt", "one");
  await ask("put", "/a.txt", "two");
  assert.equal((await call("get", "/a.txt", { rev: first.rev }))[1].toString(), "one");
  const revisions = await ask("revisions", "/a.txt");
  assert.deepEqual(revisions.map(({ bytes }) => bytes), [3, 3]);
  assert.equal((await ask("revisions", "/a.txt", { rev_limit: 1 })).length, 1);
  const restored = await ask("restore", "/a.txt", first.rev);
  assert.notEqual(restored.rev, first.rev);
  assert.equal((await call("get", "/a.txt"))[1].toString(), "one");
  assert.equal((await call("restore", "/b.txt", first.rev))[0] >= 400, true);
});

test("a stream", async ({ ask, client }) => {
  const content = randomBytes(2_000_000);
  await ask("put", "/data.bin", content);
  const stream = client.stream("/data.bin");
  const parts = [];
  let status;
  stream.on("response", (answer) => (status = answer.statusCode));
  stream.on("data", (part) => parts.push(part));
  await once(stream, "end");
  assert.equal(status, 200);
  assert.ok(content.equals(Buffer.concat(parts)));
});

test("what is not there", async ({ ask, call }) => {
  assert.equal((await call("get", "/nothing.txt"))[0], 404);
  assert.equal((await call("metadata", "/nothing.txt"))[0], 404);
  await ask("mkdir", "/folder");
  assert.equal((await call("get", "/folder"))[0], 404);
  assert.equal((await call("put", "/Thumbs.db", "x"))[0], 400);
});
