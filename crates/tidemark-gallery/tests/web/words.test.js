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
  const sizes = [
    [0, "0 B"], [999, "999 B"], [1000, "1.0 KB"], [1536, "1.5 KB"], [99_999, "99.9 KB"], [100_000, "100 KB"],
    [1_000_000, "1.0 MB"], [300_000_000, "300 MB"], [999_999_999, "999 MB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(size(bytes), text);
  assert.equal(many(1), "1 picture");
  assert.equal(many(12_345, "new picture"), "12,345 new pictures");
});
