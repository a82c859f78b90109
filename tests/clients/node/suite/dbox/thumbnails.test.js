"use strict";
// Thumbnails of pictures.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { pngSize } = require("../pictures");
const { test } = require("./world");

test("a thumbnail comes with the file's metadata", async ({ ask, call }) => {
  const entry = await ask("put", "/venice.jpg", fs.readFileSync(path.join(__dirname, "../../../files/venice.jpg")));
  assert.equal(entry.thumb_exists, true);
  const [status, bytes, metadata] = await call("thumbnails", "/venice.jpg", { size: "medium", format: "PNG" });
  assert.deepEqual([status, pngSize(bytes)], [200, [64, 48]]);
  assert.deepEqual(metadata, entry);
  assert.equal((await call("thumbnails", "/venice.jpg"))[1].subarray(0, 2).toString("hex"), "ffd8");
  assert.equal((await call("thumbnails", "/nothing.jpg"))[0], 404);
});
