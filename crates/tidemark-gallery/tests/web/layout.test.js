// Rows of pictures: as wide as there is room, none cut off, found again by their height.

import assert from "node:assert/strict";
import test from "node:test";
import { between, estimate, layOut, neighbour, rowHeight } from "../../web/timeline/layout.js";

/** The same numbers in every run. */
function noise(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test("every row but the last is as wide as there is room, and about as high as wanted", () => {
  const random = noise(1);
  for (const width of [320, 344, 736, 1400, 2500]) {
    const ratios = Array.from({ length: 300 }, () => 0.5 + random() * 1.7);
    const target = rowHeight(width);
    const layout = layOut(ratios, width, target, 4);
    const { rows, x, y, w, h } = layout;
    rows.forEach((first, row) => {
      const end = rows[row + 1] ?? ratios.length;
      const right = x[end - 1] + w[end - 1];
      assert.ok(right <= width + 0.5, `${width}: row ${row} ends at ${right}`);
      if (end < ratios.length) {
        assert.ok(right > width - 0.5, `${width}: row ${row} ends at ${right}`);
        assert.ok(h[first] > target * 0.5 && h[first] < target * 2.2, `${width}: row ${row} is ${h[first]} high`);
      }
      for (let at = first; at < end; at += 1) {
        assert.equal(y[at], y[first]);
        assert.ok(w[at] > 0);
        if (at > first) assert.ok(x[at] >= x[at - 1] + w[at - 1] + 3.5, "pictures do not lie on one another");
      }
    });
    assert.ok(Math.abs(layout.height - (y[y.length - 1] + h[h.length - 1])) < 0.5);
  }
});

test("a few pictures are not blown up, and strange shapes break nothing", () => {
  const one = layOut([1], 1000, 200, 4);
  assert.deepEqual([one.w[0], one.h[0], one.height], [200, 200, 200]);
  for (const ratios of [[NaN, Infinity, 0, -1, 1e9], [1e9], [1e-9]]) {
    const { w, h, height } = layOut(ratios, 300, 150, 4);
    assert.ok([...w, ...h, height].every((number) => Number.isFinite(number) && number > 0 && number <= 400));
  }
  assert.deepEqual(layOut([], 300, 150, 4).rows, []);
  assert.equal(layOut([], 300, 150, 4).height, 0);
});

test("what is not known yet is estimated near what it will be", () => {
  for (const width of [320, 736, 1400]) {
    const target = rowHeight(width);
    const real = layOut(Array(500).fill(4 / 3), width, target, 4).height;
    const guess = estimate(500, width, target, 4);
    assert.ok(guess > real * 0.6 && guess < real * 1.6, `${width}: ${guess} for ${real}`);
  }
});

test("what lies between two heights is found", () => {
  const random = noise(2);
  const layout = layOut(Array.from({ length: 200 }, () => 0.6 + random()), 600, 150, 4);
  for (const [top, bottom] of [[0, 1], [100, 800], [-50, 1e9], [layout.height - 1, 1e9]]) {
    const [first, end] = between(layout, top, bottom);
    for (let at = 0; at < 200; at += 1) {
      const isSeen = layout.y[at] + layout.h[at] > top && layout.y[at] < bottom;
      assert.equal(at >= first && at < end, isSeen, `${at} between ${top} and ${bottom}`);
    }
  }
  assert.deepEqual(between(layout, layout.height + 10, 1e9), [200, 200]);
  assert.deepEqual(between(layOut([], 600, 150, 4), 0, 100), [0, 0]);
});

test("arrow keys go to the nearest picture of the next row", () => {
  const layout = layOut(Array(20).fill(1), 604, 150, 4);
  const perRow = layout.rows[1];
  assert.equal(neighbour(layout, 0, 1), perRow);
  assert.equal(neighbour(layout, 1, 1), perRow + 1);
  assert.equal(neighbour(layout, perRow + 1, -1), 1);
  assert.equal(neighbour(layout, 2, -1), 2, "there is nothing above");
  assert.equal(neighbour(layout, 19, 1), 19, "nor below");
});
