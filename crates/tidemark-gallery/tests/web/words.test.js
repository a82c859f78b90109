// Times and sizes, as people read them.

import assert from "node:assert/strict";
import test from "node:test";
import { dayName, many, minuteName, monthName, size } from "../../web/timeline/dates.js";

test("times are those of the camera's clock", () => {
  assert.equal(monthName(202405), "May 2024");
  assert.equal(monthName(101), "January 1");
  assert.equal(dayName(1_391_591_223), "5 February 2014");
  assert.match(minuteName(1_391_591_223), /Wed.*5 February 2014.*09:07/);
  assert.equal(dayName(-1), "31 December 1969");
});

test("numbers have their words", () => {
  assert.equal(size(1), "1 byte");
  assert.equal(size(999), "999 bytes");
  assert.equal(size(1500), "1.5 kB");
  assert.equal(size(25_300_000), "25 MB");
  assert.equal(many(1), "1 picture");
  assert.equal(many(12_345, "new picture"), "12,345 new pictures");
});
