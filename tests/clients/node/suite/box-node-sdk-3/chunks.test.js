"use strict";
// Files in parts, several at a time.

const assert = require("node:assert/strict");
const { BIG_SIZE, big, readAll, sha1 } = require("../box/contents");
const { test, refused } = require("./world");

test("the SDK's own uploader, for a file and its new version", async ({ client: { files } }) => {
  const fileAttributes = { content_modified_at: "2011-12-13T14:15:16Z" };
  const uploader = await files.getChunkedUploader("0", BIG_SIZE, "big.bin", big(), { fileAttributes });
  const file = (await uploader.start()).entries[0];
  assert.deepEqual([file.name, file.size, file.sha1], ["big.bin", BIG_SIZE, sha1(big())]);
  assert.equal(Date.parse(file.content_modified_at), Date.parse("2011-12-13T14:15:16Z"));
  const again = await files.getNewVersionChunkedUploader(file.id, BIG_SIZE, big(2));
  assert.equal((await again.start()).entries[0].id, file.id);
  assert.equal(sha1(await readAll(await files.getReadStream(file.id))), sha1(big(2)));
});

test("parts by hand", async ({ client: { files } }) => {
  const content = big();
  const session = await files.createUploadSession("0", BIG_SIZE, "big.bin");
  const { id, part_size: size } = session;
  for (let offset = size * (session.total_parts - 1); offset >= 0; offset -= size) {
    const { part } = await files.uploadPart(id, content.subarray(offset, offset + size), offset, BIG_SIZE);
    assert.equal(part.offset, offset);
  }
  assert.equal((await files.getUploadSession(id)).num_parts_processed, session.total_parts);
  assert.equal((await files.getUploadSessionParts(id)).entries.length, session.total_parts);
  const file = (await files.commitUploadSession(id, sha1(content, "base64"))).entries[0];
  assert.equal(file.sha1, sha1(content));
});

test("refusals", async ({ client: { files } }) => {
  await assert.rejects(files.createUploadSession("0", 1000, "small.bin"), refused(400, "file_size_too_small"));
  await files.uploadFile("0", "big.bin", "x");
  await assert.rejects(files.createUploadSession("0", BIG_SIZE, "big.bin"), refused(409, "item_name_in_use"));
  const session = await files.createUploadSession("0", BIG_SIZE, "other.bin");
  await assert.rejects(files.uploadPart(session.id, Buffer.from("x"), 1, BIG_SIZE), (error) => error.statusCode === 416);
  await files.abortUploadSession(session.id);
  await assert.rejects(files.getUploadSession(session.id), (error) => [404, 410].includes(error.statusCode));
});
