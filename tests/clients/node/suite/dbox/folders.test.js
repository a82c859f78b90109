"use strict";
// Folders: listings and their hash, whole trees, moving, copying, removing; and changes.

const assert = require("node:assert/strict");
const { APPS } = require("../world");
const { ask: askOf, newClient, test } = require("./world");

test("a listing, and 304 with its hash", async ({ ask, call }) => {
  await ask("put", "/Photos/a.jpg", "a");
  await ask("mkdir", "/Photos/Venice");
  const listing = await ask("metadata", "/Photos", { hash: null });
  assert.deepEqual(listing.contents.map(({ path }) => path), ["/Photos/a.jpg", "/Photos/Venice"]);
  assert.deepEqual(await call("metadata", "/Photos", { hash: listing.hash }), [304, {}]);
  await ask("put", "/Photos/b.jpg", "b");
  const changed = await ask("metadata", "/Photos", { hash: listing.hash });
  assert.equal(changed.contents.length, 3);
  assert.equal((await ask("metadata", "Photos", { list: false })).contents, undefined);
  assert.equal((await call("metadata", "/Photos", { file_limit: 2 }))[0], 406);
});

test("a tree is read folder by folder", async ({ ask }) => {
  for (const path of ["/Photos/a.jpg", "/Photos/Venice 2012/b.jpg", "/Photos/Venice 2012/Lido/c.jpg"]) await ask("put", path, "x");
  const paths = await ask("readdir", "/");
  assert.deepEqual(paths.toSorted(), [
    "/Photos",
    "/Photos/Venice 2012",
    "/Photos/Venice 2012/Lido",
    "/Photos/Venice 2012/Lido/c.jpg",
    "/Photos/Venice 2012/b.jpg",
    "/Photos/a.jpg",
  ]);
  const details = await ask("readdir", "/Photos", { recursive: false, details: true });
  assert.deepEqual(details.map(({ path, is_dir }) => [path, is_dir]), [["/Photos/a.jpg", false], ["/Photos/Venice 2012", true]]);
});

test("making, moving, copying and removing", async ({ ask, call }) => {
  assert.equal((await ask("mkdir", "/A")).is_dir, true);
  assert.equal((await call("mkdir", "/A"))[0], 403);
  await ask("put", "/A/a b.txt", "text");
  assert.equal((await ask("mv", "/A", "/B")).path, "/B");
  assert.equal((await ask("cp", "/B/a b.txt", "c é.txt")).path, "/c é.txt");
  assert.equal((await call("cp", "/B/a b.txt", "/c é.txt"))[0], 403);
  assert.equal((await ask("rm", "/B")).is_deleted, true);
  assert.equal((await call("rm", "/B"))[0], 404);
  assert.equal((await ask("metadata", "/B")).is_deleted, true);
  assert.deepEqual(await ask("readdir", "/"), ["/c é.txt"]);
});

test("changes from the start, and from a cursor", async ({ ask, call }) => {
  await ask("put", "/Folder/A.txt", "a");
  const start = await ask("delta");
  assert.equal(start.reset, true);
  assert.deepEqual(start.entries.map(([path]) => path), ["/folder", "/folder/a.txt"]);
  await ask("put", "/b.txt", "b");
  await ask("rm", "/Folder");
  const next = await ask("delta", { cursor: start.cursor });
  assert.equal(next.reset, false);
  const told = next.entries.map(([path, entry]) => [path, entry !== null]);
  assert.deepEqual(told.find(([path]) => path === "/b.txt"), ["/b.txt", true]);
  assert.deepEqual(told.find(([path]) => path === "/folder"), ["/folder", false]);
  const last = await ask("delta", { cursor: next.cursor });
  assert.deepEqual(last.entries, []);
  // Without `entries` in the answer, dbox gives back the ones it has: none.
  assert.equal((await call("delta", { cursor: "nonsense" }))[0], 400);
});

// With `scope`, dbox works inside one folder as if that were all there is.
test("a program with a scope", async ({ person, ask }) => {
  await ask("put", "/Mine/a.txt", "a");
  await ask("put", "/other.txt", "o");
  const scoped = await newClient(person, APPS.folder, { scope: "Mine" });
  assert.deepEqual(await askOf(scoped, "readdir", "/"), ["/a.txt"]);
  assert.equal((await askOf(scoped, "mv", "/a.txt", "/b.txt")).path, "/b.txt");
  // dbox means to leave out the folder itself, but looks for its spelling where `delta` has lower case.
  const { entries } = await askOf(scoped, "delta");
  assert.deepEqual(entries.map(([path]) => path), ["", "/b.txt"]);
});
