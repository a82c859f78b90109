"use strict";
// Contents of files, and what is known of them.

const { createCipheriv, createHash } = require("node:crypto");

// Three parts, the last of them small: the smallest upload in parts that Box took, and a bit.
const BIG_SIZE = 20 * 1024 * 1024 + 5;

// The bytes of a big file, the same each time.
function big(seed = 1) {
  return createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(BIG_SIZE));
}

function sha1(content, encoding = "hex") {
  return createHash("sha1").update(content).digest(encoding);
}

// All bytes of a stream.
async function readAll(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

module.exports = { BIG_SIZE, big, sha1, readAll };
