// The timeline: months come when somebody looks, what is true stays, and what was at the top of the page is found again.

import assert from "node:assert/strict";
import test from "node:test";
import { HEADER, Timeline } from "../../web/timeline/timeline.js";

/** A gallery with these months, as `{ 202405: 3 }`; its pictures are numbered. */
function gallery(counts) {
  const asked = [];
  const pictures = new Map();
  let next = 1;
  const add = (month, count) => {
    const rows = pictures.get(month) ?? [];
    for (let at = 0; at < count; at += 1) rows.unshift([next++, "r", `${next}.jpg`, 0, 0, 640, 480]);
    pictures.set(month, rows);
  };
  for (const [month, count] of Object.entries(counts)) add(Number(month), count);
  const source = {
    months: async () => ({
      months: [...pictures].sort(([a], [b]) => b - a).map(([month, rows]) => ({ month, count: rows.length, stamp: Math.max(...rows.map(([id]) => id)) })),
      working: false,
    }),
    month: async (month) => {
      asked.push(month);
      return pictures.get(month);
    },
  };
  return { source, asked, add };
}

async function opened(counts, width = 800) {
  const world = gallery(counts);
  const timeline = new Timeline(world.source, () => {});
  timeline.resize(width);
  await timeline.refresh();
  return { timeline, ...world };
}

test("months stand below one another, and are fetched once", async () => {
  const { timeline, asked } = await opened({ 202405: 30, 202404: 500, 201912: 1 });
  assert.deepEqual(timeline.sections.map(({ month }) => month), [202405, 202404, 201912]);
  assert.equal(timeline.total, 531);
  const [first, second] = timeline.sections;
  assert.equal(second.top, first.top + first.height);
  await Promise.all([timeline.load(first), timeline.load(first)]);
  await timeline.load(first);
  assert.deepEqual(asked, [202405]);
  assert.equal(first.layout.x.length, 30);
  assert.equal(timeline.sections[1].top, first.height, "what is below moved");
  assert.deepEqual(timeline.between(0, 10).map(({ month }) => month), [202405]);
  assert.equal(timeline.between(-100, 1e9).length, 3);
});

test("news are fetched for the months that have any, and the others stay", async () => {
  const { timeline, asked, add } = await opened({ 202405: 3, 202404: 3 });
  for (const section of timeline.sections) await timeline.load(section);
  const before = timeline.sections[1].pictures;
  add(202405, 2);
  await timeline.refresh();
  assert.equal(timeline.sections[0].count, 5);
  assert.equal(timeline.sections[0].pictures.length, 3, "the old ones are shown until the new are there");
  assert.equal(timeline.sections[1].pictures, before);
  for (const section of timeline.sections) await timeline.load(section);
  assert.equal(timeline.sections[0].pictures.length, 5);
  assert.deepEqual(asked, [202405, 202404, 202405]);
});

test("the way leads from month to month, and ends", async () => {
  const { timeline } = await opened({ 202405: 2, 202404: 2 });
  await timeline.load(timeline.sections[0]);
  const ids = [];
  let picture = timeline.sections[0].pictures[0];
  while (picture !== null) {
    ids.push(picture.id);
    picture = await timeline.beside(picture.id, 1);
  }
  assert.equal(new Set(ids).size, 4);
  const back = [];
  picture = timeline.find(ids[3]).picture;
  while (picture !== null) {
    back.unshift(picture.id);
    picture = await timeline.beside(picture.id, -1);
  }
  assert.deepEqual(back, ids);
  assert.equal(await timeline.beside(999, 1), null);
});

test("what was at the top is found again when something above changes", async () => {
  const { timeline, add } = await opened({ 202405: 50, 202404: 200 });
  for (const section of timeline.sections) await timeline.load(section);
  const section = timeline.sections[1];
  const row = section.layout.rows[5];
  const height = section.top + HEADER + section.layout.y[row] + 7;
  const anchor = timeline.anchor(height);
  assert.equal(anchor.id, section.pictures[row].id);
  assert.ok(Math.abs(timeline.heightOf(anchor) - height) < 0.01);
  add(202405, 90);
  await timeline.refresh();
  await timeline.load(timeline.sections[0]);
  const moved = timeline.heightOf(anchor);
  assert.ok(moved > height + 100);
  assert.equal(timeline.anchor(moved).id, anchor.id);
  timeline.resize(400);
  assert.equal(timeline.anchor(timeline.heightOf(anchor) + 1).id > 0, true);
});

test("shapes that are seen make rows right, once", async () => {
  const { timeline } = await opened({ 202405: 4 });
  let changes = 0;
  timeline.changed = () => (changes += 1);
  await timeline.load(timeline.sections[0]);
  const [first] = timeline.sections[0].pictures;
  const before = timeline.sections[0].layout.w[0];
  changes = 0;
  timeline.learn(new Map([[first.id, 0.75]]));
  assert.ok(timeline.sections[0].layout.w[0] < before);
  timeline.learn(new Map([[first.id, 0.751]]));
  timeline.learn(new Map([[12345, 2]]));
  assert.equal(changes, 1);
});

test("hundreds of thousands of pictures: only what is looked at is kept", async () => {
  const counts = {};
  for (let year = 2000; year < 2025; year += 1) for (let month = 1; month <= 12; month += 1) counts[year * 100 + month] = 1500;
  const { timeline } = await opened(counts, 1200);
  assert.equal(timeline.total, 450_000);
  for (const section of [...timeline.sections]) await timeline.load(section);
  const kept = timeline.sections.reduce((sum, section) => sum + (section.pictures?.length ?? 0), 0);
  assert.ok(kept <= 60_000, `${kept} are kept`);
  assert.ok(timeline.sections.at(-1).pictures !== null);
});

test("no picture is no trouble", async () => {
  const { timeline } = await opened({});
  assert.equal(timeline.height, 0);
  assert.equal(timeline.anchor(0), null);
  assert.equal(timeline.heightOf({ month: 202405, id: 1, rest: 5 }), 0);
  assert.deepEqual(timeline.between(0, 100), []);
});
