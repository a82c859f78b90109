"use strict";
// Thumbnails of pictures.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { pngSize } = require("../pictures");
const { test, status } = require("./world");

const FILES = path.join(__dirname, "../../../files");

test("a thumbnail fits its box", async ({ ask, call }) => {
  const stat = await ask("writeFile", "/venice.jpg", fs.readFileSync(path.join(FILES, "venice.jpg")));
  assert.equal(stat.hasThumbnail, true);
  for (const [size, expected] of [["xs", [32, 24]], ["m", [128, 96]], ["large", [128, 96]], ["xl", [400, 300]]]) {
    const [bytes, read] = await call("readThumbnail", "/venice.jpg", { png: true, size, buffer: true });
    assert.deepEqual(pngSize(bytes), expected, size);
    assert.deepEqual(read.json(), stat.json());
  }
  const small = await ask("readThumbnail", "/venice.jpg", { buffer: true });
  assert.equal(small.subarray(0, 2).toString("hex"), "ffd8");
});

test("a thumbnail's address needs no header", async ({ ask, client }) => {
  await ask("writeFile", "/chess.png", fs.readFileSync(path.join(FILES, "chess.png")));
  const answer = await fetch(client.thumbnailUrl("/chess.png", { format: "png", size: "s" }));
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "image/png"]);
  assert.deepEqual(pngSize(Buffer.from(await answer.arrayBuffer())), [64, 21]);
});

test("what has no thumbnail", async ({ ask }) => {
  await ask("writeFile", "/text.txt", "text");
  await ask("writeFile", "/broken.jpg", "no picture");
  await assert.rejects(ask("readThumbnail", "/text.txt", { buffer: true }), refused(404));
  await assert.rejects(ask("readThumbnail", "/broken.jpg", { buffer: true }), refused(415));
  await assert.rejects(ask("readThumbnail", "/nothing.jpg"), status(404));
});

// With a response type, dropbox-js keeps the bytes of a refusal, and their text is lost on the way.
function refused(expected) {
  return ({ status }) => status === expected;
}
