"use strict";
// What a test needs to know of pictures.

const assert = require("node:assert/strict");

// Width and height of a PNG, as its first chunk says.
function pngSize(bytes) {
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

module.exports = { pngSize };
