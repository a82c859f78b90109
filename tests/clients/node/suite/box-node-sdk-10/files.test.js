"use strict";
// Folders and files: made, listed, renamed, moved, copied, read and refused.

const assert = require("node:assert/strict");
const { readAll, sha1 } = require("../box/contents");
const { test, refused, streamOf, upload } = require("./world");

const namesOf = (page) => page.entries.map(({ name }) => name);
const read = async (client, id, options) => readAll(await client.downloads.downloadFile(id, options));
const create = (client, name, parent = "0") => client.folders.createFolder({ name, parent: { id: parent } });

test("folders are made, renamed, moved and deleted", async ({ client: { folders }, client }) => {
  const outer = await create(client, "Outer");
  const inner = await create(client, "Inner", outer.id);
  assert.deepEqual([inner.name, inner.parent.id, inner.itemStatus], ["Inner", outer.id, "active"]);
  assert.deepEqual(inner.pathCollection.entries.map(({ id }) => id), ["0", outer.id]);
  const requestBody = { name: "Renamed", description: "of the sea", parent: { id: "0" } };
  const moved = await folders.updateFolderById(inner.id, { requestBody });
  assert.deepEqual([moved.name, moved.description, moved.parent.id], ["Renamed", "of the sea", "0"]);
  await upload(client, "file.txt", "x", inner.id);
  assert.deepEqual(namesOf((await folders.getFolderById(inner.id)).itemCollection), ["file.txt"]);
  await assert.rejects(folders.deleteFolderById(inner.id), refused(400));
  await folders.deleteFolderById(inner.id, { queryParams: { recursive: true } });
  await assert.rejects(folders.getFolderById(inner.id), refused(404, "trashed"));
  const root = await folders.getFolderById("0");
  assert.deepEqual([root.name, root.parent], ["All Files", undefined]);
});

test("a folder is copied with what is in it", async ({ client: { folders }, client }) => {
  const folder = await create(client, "Folder");
  await upload(client, "file.txt", "x", folder.id);
  const copy = await folders.copyFolder(folder.id, { parent: { id: "0" }, name: "Copy" });
  assert.deepEqual(namesOf(await folders.getFolderItems(copy.id)), ["file.txt"]);
});

test("folders that cannot be", async ({ client: { folders }, client }) => {
  const outer = await create(client, "Outer");
  const inner = await create(client, "Inner", outer.id);
  await assert.rejects(create(client, "OUTER"), refused(409, "item_name_in_use"));
  const into = { requestBody: { parent: { id: inner.id } } };
  await assert.rejects(folders.updateFolderById(outer.id, into), refused(400, "cyclical_folder_structure"));
  await assert.rejects(create(client, "Folder", "99999999"), refused(404, "not_found"));
});

test("lists by offset and by marker", async ({ client: { folders }, client }) => {
  const names = [0, 1, 2, 3, 4, 5, 6].map((number) => `${number}.txt`);
  for (const name of names) await upload(client, name);
  await create(client, "zoo");
  const page = await folders.getFolderItems("0", { queryParams: { limit: 3, offset: 6 } });
  assert.deepEqual([page.totalCount, page.limit, page.offset, namesOf(page)], [8, 3, 6, names.slice(5)]);
  const seen = [];
  let marker;
  do {
    const part = await folders.getFolderItems("0", { queryParams: { usemarker: true, limit: 3, ...(marker && { marker }) } });
    seen.push(...namesOf(part));
    marker = part.nextMarker;
  } while (marker);
  assert.deepEqual(seen, [...names, "zoo"]);
  const queryParams = { fields: ["name", "size", "created_at", "permissions", "shared_link", "tags", "lock"] };
  const file = (await folders.getFolderItems("0", { queryParams })).entries[1];
  assert.deepEqual([file.name, file.size], ["0.txt", 4]);
});

test("a file is uploaded, and read whole and in part", async ({ client }) => {
  const content = Buffer.from(Array.from({ length: 256_000 }, (_, index) => index % 251));
  const file = await upload(client, "file.bin", content);
  assert.deepEqual([file.name, file.size, file.sha1], ["file.bin", content.length, sha1(content)]);
  assert.ok((await read(client, file.id)).equals(content));
  const part = await read(client, file.id, { headers: { range: "bytes=100-299" } });
  assert.ok(part.equals(content.subarray(100, 300)));
});

test("a download address needs no other credential", async ({ client }) => {
  const url = await client.downloads.getDownloadFileUrl((await upload(client, "file.txt")).id);
  assert.ok(url.startsWith(process.env.TIDEMARK_URL), url);
  assert.equal(await (await fetch(url)).text(), "tide");
});

test("files are renamed, moved, copied and deleted", async ({ client: { files }, client }) => {
  const folder = await create(client, "Folder");
  const file = await upload(client, "file.txt");
  const requestBody = { name: "new.txt", description: "of the sea" };
  assert.equal((await files.updateFileById(file.id, { requestBody })).description, "of the sea");
  const moved = await files.updateFileById(file.id, { requestBody: { parent: { id: folder.id } } });
  assert.deepEqual([moved.name, moved.parent.id], ["new.txt", folder.id]);
  const copy = await files.copyFile(file.id, { parent: { id: "0" }, name: "copy.txt" });
  assert.deepEqual([copy.name, copy.sha1], ["copy.txt", file.sha1]);
  await assert.rejects(files.copyFile(file.id, { parent: { id: "0" }, name: "copy.txt" }), refused(409, "item_name_in_use"));
  await files.deleteFileById(file.id);
  await assert.rejects(files.getFileById(file.id), refused(404, "trashed"));
  await assert.rejects(files.getFileById("99999999"), refused(404, "not_found"));
});

test("etags", async ({ client: { files }, client }) => {
  const file = await upload(client, "file.txt");
  const ifMatch = (etag) => ({ headers: { ifMatch: etag } });
  const renamed = await files.updateFileById(file.id, { requestBody: { name: "new.txt" }, ...ifMatch(file.etag) });
  const again = files.updateFileById(file.id, { requestBody: { name: "newer.txt" }, ...ifMatch(file.etag) });
  await assert.rejects(again, refused(412, "precondition_failed"));
  await assert.rejects(files.deleteFileById(file.id, ifMatch(file.etag)), refused(412));
  await files.deleteFileById(file.id, ifMatch(renamed.etag));
});

test("a check before an upload", async ({ client: { uploads } }) => {
  const attributes = { name: "file.txt", parent: { id: "0" }, size: 4 };
  const file = (await uploads.uploadWithPreflightCheck({ attributes, file: streamOf("tide") })).entries[0];
  await assert.rejects(uploads.preflightFileUploadCheck(attributes), (error) => {
    assert.equal(error.responseInfo.contextInfo.conflicts.id, file.id);
    return refused(409, "item_name_in_use")(error);
  });
});

test("versions", async ({ client: { fileVersions, files, uploads }, client }) => {
  const file = await upload(client, "file.txt", "one");
  const put = (content, name, ifMatch) =>
    uploads.uploadFileVersion(file.id, { attributes: { name }, file: streamOf(content) }, { headers: { ifMatch } });
  const second = (await put("two", "file.txt", file.etag)).entries[0];
  assert.deepEqual([second.id, second.sha1], [file.id, sha1("two")]);
  await assert.rejects(put("three", "file.txt", file.etag), refused(412, "precondition_failed"));
  await put("three", "renamed.txt", second.etag);
  assert.equal((await files.getFileById(file.id)).name, "renamed.txt");
  const { entries, totalCount } = await fileVersions.getFileVersions(file.id);
  assert.deepEqual([totalCount, entries.map((version) => version.sha1)], [2, [sha1("two"), sha1("one")]]);
  assert.equal((await fileVersions.getFileVersionById(file.id, entries[1].id)).sha1, sha1("one"));
  assert.equal((await read(client, file.id, { queryParams: { version: entries[1].id } })).toString(), "one");
  const requestBody = { id: entries[1].id, type: "file_version" };
  assert.equal((await fileVersions.promoteFileVersion(file.id, { requestBody })).sha1, sha1("one"));
  assert.equal((await read(client, file.id)).toString(), "one");
  await fileVersions.deleteFileVersionById(file.id, entries[0].id);
  const back = await fileVersions.updateFileVersionById(file.id, entries[0].id, { requestBody: { trashedAt: null } });
  assert.equal(back.sha1, sha1("two"));
});

test("the trash", async ({ client: { files, folders, trashedFiles, trashedFolders, trashedItems }, client }) => {
  const folder = await create(client, "Folder");
  await upload(client, "inside.txt", "x", folder.id);
  const file = await upload(client, "file.txt");
  await folders.deleteFolderById(folder.id, { queryParams: { recursive: true } });
  await files.deleteFileById(file.id);
  assert.deepEqual(namesOf(await trashedItems.getTrashedItems()).sort(), ["Folder", "file.txt"]);
  assert.equal((await trashedFiles.getTrashedFileById(file.id)).itemStatus, "trashed");
  assert.equal((await trashedFolders.getTrashedFolderById(folder.id)).pathCollection.entries[0].id, "1");
  assert.equal((await trashedFolders.restoreFolderFromTrash(folder.id)).name, "Folder");
  assert.deepEqual(namesOf(await folders.getFolderItems(folder.id)), ["inside.txt"]);
  await upload(client, "file.txt", "new");
  await assert.rejects(trashedFiles.restoreFileFromTrash(file.id), refused(409, "item_name_in_use"));
  const restored = await trashedFiles.restoreFileFromTrash(file.id, { requestBody: { name: "old.txt" } });
  assert.equal(restored.name, "old.txt");
  await files.deleteFileById(file.id);
  await trashedFiles.deleteTrashedFileById(file.id);
  await folders.deleteFolderById(folder.id, { queryParams: { recursive: true } });
  await trashedFolders.deleteTrashedFolderById(folder.id);
  assert.deepEqual((await trashedItems.getTrashedItems()).entries, []);
  await assert.rejects(trashedFiles.getTrashedFileById(file.id), refused(404, "not_found"));
});

test("the same file in v1", async ({ client, token }) => {
  await upload(client, "file.txt", "tide");
  const headers = { authorization: `Bearer ${token}` };
  const url = process.env.TIDEMARK_URL;
  assert.equal(await (await fetch(`${url}/1/files/auto/file.txt`, { headers })).text(), "tide");
  await fetch(`${url}/1/files_put/auto/other.txt`, { method: "PUT", body: "ebb", headers });
  const other = (await client.folders.getFolderItems("0")).entries.find(({ name }) => name === "other.txt");
  assert.equal((await read(client, other.id)).toString(), "ebb");
});
