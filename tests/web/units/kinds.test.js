// Shows how files are looked at, and which bytes are taken for a text.
import test from 'node:test';
import assert from 'node:assert/strict';
import { kindOf, textOf } from '../../../web/viewer/kinds.js';
import { endOf, lastDayOf } from '../../../web/share/days.js';
import { rowsOf, splitLine } from '../../../web/versions/rows.js';
import { diff } from '../../../web/versions/diff.js';

test('kinds', () => {
  const told = (name, mime, hasThumbnail) => kindOf({ path: `/a/${name}`, mime_type: mime, thumb_exists: hasThumbnail });
  assert.equal(told('a.tif', 'image/tiff', true), 'picture');
  assert.equal(told('a.svg', 'image/svg+xml'), 'picture');
  assert.equal(told('A.PDF', 'application/pdf'), 'pdf');
  assert.equal(told('a.mp3', 'audio/mpeg'), 'audio');
  assert.equal(told('a.mp4', 'video/mp4'), 'video');
  for (const [name, mime] of [['a.txt', 'text/plain'], ['a.rs', 'text/x-rust'], ['Makefile', 'application/octet-stream'], ['a.json', 'application/json'],
    ['a.atom', 'application/atom+xml'], ['a.ts', 'text/plain']]) assert.equal(told(name, mime), 'text', name);
  for (const [name, mime] of [['a.zip', 'application/zip'], ['a.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['a.tar', 'application/x-tar'], ['a.heic', 'image/heic'], ['a.woff2', 'font/woff2']]) assert.equal(told(name, mime), 'other', name);
});

test('texts', () => {
  const of = (...bytes) => textOf(Uint8Array.from(bytes));
  assert.equal(of(), '');
  assert.equal(of(0xc3, 0xa9, 0xc3), 'é', 'a letter may be cut');
  assert.equal(of(0xe9, 0x20), 'é ');
  assert.equal(of(0xff, 0xfe, 0x61, 0x00), 'a');
  assert.equal(of(0x61, 0x00), null);
  assert.equal(of(1, 2, 3, 4), null);
});

test('the last day of a link is over at midnight', () => {
  assert.equal(endOf('2024-02-28'), '2024-02-29T00:00:00Z');
  assert.equal(lastDayOf('2024-02-29T00:00:00Z'), '2024-02-28');
  assert.equal(endOf(''), null);
  assert.equal(lastDayOf(null), '');
});

test('what changed stands beside what it was, and what did not is folded', () => {
  const older = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  const newer = [...older];
  newer[15] = 'line fifteen';
  newer.push('end');
  const rows = rowsOf(diff(older, newer), older, newer);
  assert.equal(rows[0].folded?.length, 12);
  assert.deepEqual([rows[4].old, rows[4].now, rows[4].a, rows[4].b], ['line 15', 'line fifteen', 15, 15]);
  assert.equal(rows.at(-1).now, 'end');
  assert.deepEqual(splitLine('line 15', 'line fifteen'), [['line ', '15', ''], ['line ', 'fifteen', '']]);
  assert.deepEqual(splitLine('abc', 'xyz'), [null, null]);
});
