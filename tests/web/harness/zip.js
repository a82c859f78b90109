// What is in a zip, as any program that opens one finds it: by the list at its end.

import assert from "node:assert/strict";
import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const LISTED = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;
/** What stands for a number that is found elsewhere, in archives that are larger than those of tests. */
const ELSEWHERE = 0xffffffff;

/**
 * The files of an archive with their bytes, and its folders (whose names end with a slash) without any.
 * @param {Buffer} zip
 * @returns {Map<string, Buffer>}
 */
export function unzip(zip) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  assert.ok(end >= 0 && zip.readUInt32LE(end) === END, "this is no zip");
  const found = new Map();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    assert.equal(zip.readUInt32LE(at), LISTED);
    const [method, packed, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
    const [name, extra, remark] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    const begin = zip.readUInt32LE(at + 42);
    assert.ok(![packed, size, begin].includes(ELSEWHERE), "numbers of 64 bits are not read here");
    const path = zip.toString("utf8", at + 46, at + 46 + (name ?? 0));
    const from = begin + 30 + zip.readUInt16LE(begin + 26) + zip.readUInt16LE(begin + 28);
    const bytes = zip.subarray(from, from + packed);
    assert.ok(method === STORED || method === DEFLATED, `${path}: method ${method}`);
    found.set(path, method === STORED ? bytes : inflateRawSync(bytes));
    assert.equal(found.get(path).length, size, path);
    at += 46 + (name ?? 0) + (extra ?? 0) + (remark ?? 0);
  }
  return found;
}
