"use strict";
// Folders and files: made, listed, renamed, moved, copied, read and refused.

const assert = require("node:assert/strict");
const { readAll, sha1 } = require("../box/contents");
const { test, newSdk, refused } = require("./world");

const upload = async (client, name, content = "tide", parent = "0", options = undefined) =>
  (await client.files.uploadFile(parent, name, content, options)).entries[0];
const read = async (client, id, options) => readAll(await client.files.getReadStream(id, options));
const namesOf = (page) => page.entries.map(({ name }) => name);

test("folders are made, renamed, moved and deleted", async ({ client: { folders }, client }) => {
  const outer = await folders.create("0", "Outer");
  const inner = await folders.create(outer.id, "Inner");
  assert.deepEqual([inner.type, inner.name, inner.parent.id], ["folder", "Inner", outer.id]);
  const renamed = await folders.update(inner.id, { name: "Renamed", description: "of the sea" });
  assert.deepEqual([renamed.name, renamed.description], ["Renamed", "of the sea"]);
  assert.equal((await folders.move(inner.id, "0")).parent.id, "0");
  assert.deepEqual((await folders.get("0")).item_collection.entries.map(({ name }) => name), ["Outer", "Renamed"]);
  await upload(client, "file.txt", "x", inner.id);
  await assert.rejects(folders.delete(inner.id), refused(400, "folder_not_empty"));
  await folders.delete(inner.id, { recursive: true });
  await assert.rejects(folders.get(inner.id), refused(404, "trashed"));
  await folders.delete(outer.id);
});

test("a folder is copied with what is in it", async ({ client: { folders }, client }) => {
  const folder = await folders.create("0", "Folder");
  await upload(client, "file.txt", "x", folder.id);
  const copy = await folders.copy(folder.id, "0", { name: "Copy" });
  assert.deepEqual(namesOf(await folders.getItems(copy.id)), ["file.txt"]);
});

test("folders that cannot be", async ({ client: { folders } }) => {
  const outer = await folders.create("0", "Outer");
  const inner = await folders.create(outer.id, "Inner");
  await assert.rejects(folders.create("0", "OUTER"), refused(409, "item_name_in_use"));
  await assert.rejects(folders.move(outer.id, inner.id), refused(400, "cyclical_folder_structure"));
  await assert.rejects(folders.create("99999999", "Folder"), refused(404, "not_found"));
  await assert.rejects(folders.create("0", "a\\b"), refused(400, "item_name_invalid"));
});

test("lists by offset and by marker", async ({ client, token }) => {
  const names = [0, 1, 2, 3, 4, 5, 6].map((number) => `${number}.txt`);
  for (const name of names) await upload(client, name);
  await client.folders.create("0", "zoo");
  const page = await client.folders.getItems("0", { limit: 3, offset: 6 });
  assert.deepEqual([page.total_count, page.limit, page.offset, namesOf(page)], [8, 3, 6, names.slice(5)]);
  const iterating = newSdk(process.env.TIDEMARK_URL, undefined, { iterators: true }).getBasicClient(token);
  const all = async (options) => {
    const seen = [];
    for await (const item of asyncItems(await iterating.folders.getItems("0", options))) seen.push(item.name);
    return seen;
  };
  assert.deepEqual(await all({ limit: 3 }), ["zoo", ...names]);
  assert.deepEqual(await all({ limit: 3, usemarker: true }), [...names, "zoo"]);
});

// The SDK's iterators are older than the language's.
async function* asyncItems(iterator) {
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return;
    yield value;
  }
}

test("a file is uploaded, and read whole and in part", async ({ client }) => {
  const content = Buffer.from(Array.from({ length: 256_000 }, (_, index) => index % 251));
  const file = await upload(client, "file.bin", content, "0", { content_modified_at: "2011-12-13T14:15:16Z" });
  assert.deepEqual([file.name, file.size, file.sha1], ["file.bin", content.length, sha1(content)]);
  assert.equal(Date.parse(file.content_modified_at), Date.parse("2011-12-13T14:15:16Z"));
  assert.ok((await read(client, file.id)).equals(content));
  assert.ok((await read(client, file.id, { byteRange: [100, 299] })).equals(content.subarray(100, 300)));
});

test("a download address needs no other credential", async ({ client }) => {
  const url = await client.files.getDownloadURL((await upload(client, "file.txt")).id);
  assert.ok(url.startsWith(process.env.TIDEMARK_URL), url);
  assert.equal(await (await fetch(url)).text(), "tide");
});

test("files are renamed, moved, copied and deleted", async ({ client: { files, folders }, client }) => {
  const folder = await folders.create("0", "Folder");
  const file = await upload(client, "file.txt");
  assert.equal((await files.update(file.id, { name: "new.txt" })).name, "new.txt");
  assert.equal((await files.move(file.id, folder.id)).parent.id, folder.id);
  const copy = await files.copy(file.id, "0", { name: "copy.txt" });
  assert.deepEqual([copy.name, copy.sha1], ["copy.txt", file.sha1]);
  await assert.rejects(files.copy(file.id, "0", { name: "copy.txt" }), refused(409, "item_name_in_use"));
  await files.delete(file.id);
  await assert.rejects(files.get(file.id), refused(404, "trashed"));
  await assert.rejects(files.get("99999999"), refused(404, "not_found"));
});

test("etags", async ({ client: { files }, client }) => {
  const file = await upload(client, "file.txt");
  const renamed = await files.update(file.id, { name: "new.txt", etag: file.etag });
  await assert.rejects(files.update(file.id, { name: "newer.txt", etag: file.etag }), refused(412, "precondition_failed"));
  await assert.rejects(files.delete(file.id, { etag: file.etag }), refused(412, "precondition_failed"));
  await files.delete(file.id, { etag: renamed.etag });
});

test("a check before an upload", async ({ client: { files }, client }) => {
  await files.preflightUploadFile("0", { name: "file.txt", size: 4 });
  const file = await upload(client, "file.txt");
  await files.preflightUploadNewFileVersion(file.id, { size: 10 });
  await assert.rejects(files.preflightUploadFile("0", { name: "file.txt" }), (error) => {
    assert.equal(error.response.body.context_info.conflicts.id, file.id);
    return refused(409, "item_name_in_use")(error);
  });
});

test("versions", async ({ client: { files }, client }) => {
  const file = await upload(client, "file.txt", "one");
  const second = (await files.uploadNewFileVersion(file.id, "two")).entries[0];
  assert.deepEqual([second.id, second.sha1], [file.id, sha1("two")]);
  await files.uploadNewFileVersion(file.id, "three", { name: "renamed.txt" });
  assert.equal((await files.get(file.id)).name, "renamed.txt");
  const versions = (await files.getVersions(file.id)).entries;
  assert.deepEqual(versions.map((version) => version.sha1), [sha1("two"), sha1("one")]);
  assert.equal((await read(client, file.id, { version: versions[1].id })).toString(), "one");
  await files.promoteVersion(file.id, versions[1].id);
  assert.equal((await read(client, file.id)).toString(), "one");
  await files.deleteVersion(file.id, versions[0].id);
});

test("the trash", async ({ client: { files, folders, trash }, client }) => {
  const folder = await folders.create("0", "Folder");
  await upload(client, "inside.txt", "x", folder.id);
  const file = await upload(client, "file.txt");
  await folders.delete(folder.id, { recursive: true });
  await files.delete(file.id);
  assert.deepEqual(namesOf(await trash.get()).sort(), ["Folder", "file.txt"]);
  assert.equal((await files.getTrashedFile(file.id)).item_status, "trashed");
  assert.equal((await folders.getTrashedFolder(folder.id)).item_status, "trashed");
  assert.equal((await folders.restoreFromTrash(folder.id)).name, "Folder");
  assert.deepEqual(namesOf(await folders.getItems(folder.id)), ["inside.txt"]);
  await upload(client, "file.txt", "new");
  await assert.rejects(files.restoreFromTrash(file.id), refused(409, "item_name_in_use"));
  assert.equal((await files.restoreFromTrash(file.id, { name: "old.txt" })).name, "old.txt");
  await files.delete(file.id);
  await files.deletePermanently(file.id);
  await folders.delete(folder.id, { recursive: true });
  await folders.deletePermanently(folder.id);
  assert.deepEqual((await trash.get()).entries, []);
  await assert.rejects(files.getTrashedFile(file.id), refused(404, "not_found"));
});

test("the same file in v1", async ({ client, token }) => {
  await upload(client, "file.txt", "tide");
  const headers = { authorization: `Bearer ${token}` };
  const url = process.env.TIDEMARK_URL;
  assert.equal(await (await fetch(`${url}/1/files/auto/file.txt`, { headers })).text(), "tide");
  await fetch(`${url}/1/files_put/auto/other.txt`, { method: "PUT", body: "ebb", headers });
  const other = (await client.folders.getItems("0")).entries.find(({ name }) => name === "other.txt");
  assert.equal((await read(client, other.id)).toString(), "ebb");
});
