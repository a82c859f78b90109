// Shows which versions of a file are none of its path's: those that it had under earlier names; and that all are asked for.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ANSWER_MAX, Client } from '../../../web/api/client.js';
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

test('more versions than one answer has are all asked for', async () => {
  const total = 2 * ANSWER_MAX + 5;
  const client = new Client('');
  /** @type {number[]} */
  const asked = [];
  client.place = async () => '/2.0/files/7';
  client.json = async (url, { query: { offset, limit } }) => {
    assert.equal(url, '/2.0/files/7/versions');
    asked.push(offset);
    const length = Math.min(limit, total - offset);
    return { total_count: total, entries: Array.from({ length }, (_, at) => ({ id: String(offset + at), size: 1, modified_at: '2026-06-01T12:00:00Z' })) };
  };
  const found = await client.versions({ path: '/Log.txt' });
  assert.deepEqual(asked, [0, ANSWER_MAX, 2 * ANSWER_MAX]);
  assert.equal(new Set(found.map(({ rev }) => rev)).size, total);
  // Some may be deleted while they are asked for: then there is an end, too.
  client.json = async () => ({ total_count: total, entries: [] });
  assert.deepEqual(await client.versions({ path: '/Log.txt' }), []);
});
