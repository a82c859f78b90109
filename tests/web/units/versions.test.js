// Shows which versions of a file are none of its path's: those that it had under earlier names.
import test from 'node:test';
import assert from 'node:assert/strict';
import { earlier } from '../../../web/versions/earlier.js';

const at = (minute, bytes, more = {}) => ({ modified: new Date(Date.UTC(2026, 5, 1, 12, minute)).toUTCString(), bytes, ...more });
const past = (minute, bytes) => ({ modified: new Date(Date.UTC(2026, 5, 1, 12, minute)).toISOString(), bytes });

test('a file that was always here has none', () => {
  assert.deepEqual(earlier([at(3, 30), at(2, 20), at(1, 10)], [past(2, 20), past(1, 10)]), []);
  assert.deepEqual(earlier([], []), []);
});

test('what it was before it was renamed is found', () => {
  // Made at 1, changed at 2, renamed at 5, changed at 6.
  const found = earlier([at(6, 30), at(5, 20)], [past(2, 20), past(1, 10)]);
  assert.deepEqual(found, [past(2, 20), past(1, 10)]);
});

test('what was at the path before it came is no version of it, and what came back is told once', () => {
  // Another file lay here until 3.
  const here = [at(5, 20), at(3, 0, { is_deleted: true }), at(2, 7)];
  assert.deepEqual(earlier(here, [past(1, 10)]), [past(1, 10)]);
  // Renamed away at 3 and back at 5: the versions from before are the path's own.
  const back = [at(5, 20), at(3, 0, { is_deleted: true }), at(2, 20), at(1, 10)];
  assert.deepEqual(earlier(back, [past(4, 15), past(2, 20), past(1, 10)]), [past(4, 15)]);
});
