"use strict";
// Files in parts, one after another.

const assert = require("node:assert/strict");
const { BIG_SIZE, big, readAll, sha1 } = require("../box/contents");
const { test, refused, streamOf, upload } = require("./world");

const digest = (content) => `sha=${sha1(content, "base64")}`;

test("the SDK's own helper", async ({ client }) => {
  const file = await client.chunkedUploads.uploadBigFile(streamOf(big()), "big.bin", BIG_SIZE, "0");
  assert.deepEqual([file.name, file.size, file.sha1], ["big.bin", BIG_SIZE, sha1(big())]);
  assert.equal(sha1(await readAll(await client.downloads.downloadFile(file.id))), sha1(big()));
});

test("a new version by hand", async ({ client: { chunkedUploads: uploads }, client }) => {
  const content = big();
  const file = await upload(client, "big.bin", "small");
  const session = await uploads.createFileUploadSessionForExistingFile(file.id, { fileSize: BIG_SIZE });
  const parts = [];
  for (let offset = 0; offset < BIG_SIZE; offset += session.partSize) {
    const piece = content.subarray(offset, offset + session.partSize);
    const contentRange = `bytes ${offset}-${offset + piece.length - 1}/${BIG_SIZE}`;
    const headers = { digest: digest(piece), contentRange };
    parts.push((await uploads.uploadFilePart(session.id, streamOf(piece), headers)).part);
  }
  assert.equal((await uploads.getFileUploadSessionById(session.id)).numPartsProcessed, session.totalParts);
  const commit = (ifMatch) => uploads.createFileUploadSessionCommit(session.id, { parts }, { digest: digest(content), ifMatch });
  await assert.rejects(commit("999999"), refused(412, "precondition_failed"));
  const done = (await commit(file.etag)).entries[0];
  assert.deepEqual([done.id, done.sha1], [file.id, sha1(content)]);
});

test("refusals", async ({ client: { chunkedUploads: uploads } }) => {
  const begin = (fileName, fileSize) => uploads.createFileUploadSession({ folderId: "0", fileName, fileSize });
  await assert.rejects(begin("small.bin", 1000), refused(400, "file_size_too_small"));
  const session = await begin("big.bin", BIG_SIZE);
  const part = { partId: "01234567", offset: 0, size: session.partSize };
  const early = uploads.createFileUploadSessionCommit(session.id, { parts: [part] }, { digest: digest("") });
  await assert.rejects(early, refused(400, "parts_mismatch"));
  await uploads.deleteFileUploadSessionById(session.id);
  await assert.rejects(uploads.getFileUploadSessionById(session.id), (error) => [404, 410].includes(error.responseInfo.statusCode));
});
