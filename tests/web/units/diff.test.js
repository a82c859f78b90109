// Shows that a comparison tells exactly how one text became the other, and stays bounded.
import test from 'node:test';
import assert from 'node:assert/strict';
import { diff, linesOf, within } from '../../../web/versions/diff.js';

/** Builds the newer text from the older one and the runs; checks that every run says what is there. */
function replay(older, newer, runs) {
  let a = 0, b = 0;
  const made = [];
  for (const run of runs) {
    assert.ok(run.count > 0);
    if (run.kind !== 'new') assert.equal(run.a, a);
    if (run.kind !== 'old') assert.equal(run.b, b);
    for (let i = 0; i < run.count; i++) {
      if (run.kind === 'same') assert.equal(older[a + i], newer[b + i]);
      if (run.kind !== 'old') made.push(newer[b + i]);
    }
    if (run.kind !== 'new') a += run.count;
    if (run.kind !== 'old') b += run.count;
  }
  assert.equal(a, older.length);
  assert.deepEqual(made, newer);
}

const told = (older, newer) => diff([...older], [...newer]).map((run) => `${run.kind} ${run.count}`).join(', ');

test('small texts', () => {
  assert.equal(told('', ''), '');
  assert.equal(told('abc', 'abc'), 'same 3');
  assert.equal(told('', 'ab'), 'new 2');
  assert.equal(told('ab', ''), 'old 2');
  assert.equal(told('abc', 'axc'), 'same 1, old 1, new 1, same 1');
  assert.equal(told('abcabba', 'cbabac').replace(/same \d/g, '').match(/\d/g).reduce((sum, n) => sum + +n, 0), 5);
});

test('random texts are told exactly', () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  for (let round = 0; round < 400; round++) {
    const letters = 2 + random(12);
    const older = Array.from({ length: random(40) }, () => String(random(letters)));
    const newer = older.filter(() => random(5)).flatMap((line) => (random(5) ? [line] : [line, String(random(letters))]));
    replay(older, newer, diff(older, newer));
    const other = Array.from({ length: random(40) }, () => String(random(letters)));
    replay(older, other, diff(older, other));
  }
});

test('texts that have nothing in common are replaced, soon', () => {
  const older = Array.from({ length: 20000 }, (_, i) => (i % 7 ? `a${i % 50}` : 'x'));
  const newer = Array.from({ length: 20000 }, (_, i) => (i % 5 ? `b${i % 50}` : 'x'));
  replay(older, newer, diff(older, newer));
});

test('lines end however they end', () => {
  assert.deepEqual(linesOf('a\r\nb\rc\n\nd\n'), ['a', 'b', 'c', '', 'd']);
  assert.deepEqual(linesOf(''), []);
  assert.deepEqual(linesOf('\n'), ['']);
});

test('where two lines differ', () => {
  assert.deepEqual(within('let a = 1;', 'let b = 1;'), { start: 4, oldEnd: 5, newEnd: 5 });
  assert.deepEqual(within('aa', 'aaa'), { start: 2, oldEnd: 2, newEnd: 3 });
  assert.deepEqual(within('', 'x'), { start: 0, oldEnd: 0, newEnd: 1 });
});
