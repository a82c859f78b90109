"use strict";
// Folders: stat, listings and their hash; moving, copying and removing what is in them.

const assert = require("node:assert/strict");
const { test, status } = require("./world");

test("stat of a file, a folder and the root", async ({ ask }) => {
  await ask("writeFile", "/Photos/Venice/canal.jpg", "not really");
  const file = await ask("stat", "/Photos/Venice/canal.jpg");
  assert.deepEqual([file.name, file.isFile, file.mimeType, file.hasThumbnail], ["canal.jpg", true, "image/jpeg", true]);
  assert.ok(file.modifiedAt instanceof Date && file.clientModifiedAt instanceof Date);
  assert.match(file.versionTag, /^[0-9a-f]{9,}$/);
  const folder = await ask("stat", "Photos");
  assert.deepEqual([folder.path, folder.isFolder, folder.contentHash], ["/Photos", true, null]);
  const root = await ask("metadata", "/");
  assert.deepEqual([root.path, root.isFolder], ["", true]);
});

test("listings, and their hash", async ({ ask, call }) => {
  await ask("writeFile", "/Folder/b.txt", "b");
  await ask("writeFile", "/Folder/a é.txt", "a");
  await ask("mkdir", "/Folder/sub");
  const [names, stat, entries] = await call("readdir", "/Folder");
  assert.deepEqual(names.toSorted(), ["a é.txt", "b.txt", "sub"]);
  assert.deepEqual(entries.map(({ isFolder }) => isFolder).toSorted(), [false, false, true]);
  assert.match(stat.contentHash, /^[0-9a-f]{32}$/);
  await assert.rejects(ask("readdir", "/Folder", { contentHash: stat.contentHash }), status(304));
  await ask("writeFile", "/Folder/c.txt", "c");
  const [again] = await call("readdir", "/Folder", { contentHash: stat.contentHash });
  assert.equal(again.length, 4);
  await assert.rejects(ask("readdir", "/Folder", { limit: 3 }), status(406));
});

test("what was removed stays to be told of", async ({ ask, call }) => {
  await ask("writeFile", "/Folder/a.txt", "a");
  const removed = await ask("remove", "/Folder/a.txt");
  assert.deepEqual([removed.path, removed.isRemoved, removed.size], ["/Folder/a.txt", true, 0]);
  assert.equal((await ask("stat", "/Folder/a.txt")).isRemoved, true);
  assert.deepEqual((await call("readdir", "/Folder"))[0], []);
  assert.deepEqual((await call("readdir", "/Folder", { removed: true }))[0], ["a.txt"]);
  await assert.rejects(ask("remove", "/Folder/a.txt"), status(404));
  await assert.rejects(ask("stat", "/never"), status(404));
});

test("folders are made once", async ({ ask }) => {
  const made = await ask("mkdir", "/A/B");
  assert.deepEqual([made.path, made.isFolder], ["/A/B", true]);
  await assert.rejects(ask("mkdir", "/a/b"), status(403));
});

test("moving and copying", async ({ ask, call }) => {
  await ask("writeFile", "/From/deep/a.txt", "a");
  const moved = await ask("move", "/From", "/To");
  assert.deepEqual([moved.path, moved.isFolder], ["/To", true]);
  assert.equal(await ask("readFile", "/To/deep/a.txt"), "a");
  assert.equal((await ask("stat", "/From")).isRemoved, true);
  const copied = await ask("copy", "/To/deep/a.txt", "/copy.txt");
  assert.deepEqual([copied.path, copied.size], ["/copy.txt", 1]);
  await ask("copy", "To", "Elsewhere/To");
  assert.deepEqual((await call("readdir", "/Elsewhere/To"))[0], ["deep"]);
  await assert.rejects(ask("move", "/copy.txt", "/To/deep/a.txt"), status(403));
  await assert.rejects(ask("copy", "/nothing", "/x"), status(404));
  await ask("unlink", "/Elsewhere");
  await ask("delete", "/copy.txt");
  assert.deepEqual((await call("readdir", "/"))[0], ["To"]);
});
