// The plain parts of the page of files: paths, words for people, order, selection, and how deltas patch a folder.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyName, refusal } from '../../../web/files/relocate.js';
import { Folder } from '../../../web/files/folder.js';
import { kindOf } from '../../../web/files/kinds.js';
import { Selection } from '../../../web/files/selection.js';
import { filtered, sorted } from '../../../web/files/sort.js';
import { count, duration, plain, size, when } from '../../../web/lib/format.js';
import { extensionOf, fromAddress, isWithin, nameOf, parentOf, problemOf, toAddress } from '../../../web/lib/paths.js';

/** @param {string} path @param {Record<string, any>} [more] */
const file = (path, more) => ({ path, is_dir: false, bytes: 1, rev: '1', thumb_exists: false, ...more });
/** @param {string} path @param {Record<string, any>} [more] */
const folder = (path, more) => file(path, { is_dir: true, bytes: 0, ...more });
/** @param {{path: string}[]} entries */
const names = (entries) => entries.map(({ path }) => nameOf(path)).join(' ');
/** @param {string} path */
const folderAt = (path) => new Folder(/** @type {any} */ (null), path);

test('paths are taken apart and put into addresses', () => {
  assert.equal(nameOf('/a/b.txt'), 'b.txt');
  assert.equal(parentOf('/a/b.txt'), '/a');
  assert.equal(parentOf('/a'), '');
  assert.equal(parentOf(''), '');
  assert.equal(extensionOf('.profile'), '');
  assert.equal(extensionOf('A.TAR.GZ'), 'gz');
  assert.ok(isWithin('/A/b', '/a'));
  assert.ok(isWithin('/a', '/a'));
  assert.ok(!isWithin('/ab', '/a'));
  assert.ok(isWithin('/a', ''));
  for (const path of ['', '/a b/ü%20#?', '/100%']) assert.equal(fromAddress(toAddress(path)), path);
  assert.equal(fromAddress('/files/%ff'), '', 'a broken escape is nowhere');
  assert.equal(fromAddress('/files//a//b/'), '/a/b');
});

test('what cannot be a name is told so', () => {
  for (const good of ['a', 'a.b', '…', ' a', 'con']) assert.equal(problemOf(good), '', good);
  for (const bad of ['', ' ', '.', '..', 'a/b', 'a\\b', 'a\n', 'é'.repeat(128)]) assert.notEqual(problemOf(bad), '', bad);
});

test('sizes, counts and times are as people read them', () => {
  // The same table as on the command line and in the server's pages.
  const sizes = [
    [0, '0 B'], [999, '999 B'], [1000, '1.0 KB'], [1536, '1.5 KB'], [99_999, '99.9 KB'], [100_000, '100 KB'],
    [1_000_000, '1.0 MB'], [300_000_000, '300 MB'], [999_999_999, '999 MB'], [2_000_000_000_000_000, '2.0 PB'],
  ];
  for (const [bytes, text] of sizes) assert.equal(size(bytes), text);
  assert.equal(count(1, 'item'), '1 item');
  assert.equal(count(2000, 'item'), '2,000 items');
  assert.equal(duration(0.2), '1 second');
  assert.equal(duration(3569), '59 minutes');
  assert.equal(duration(3600), '1 hour');
  const now = new Date(2026, 5, 15, 12, 0);
  assert.equal(when(new Date(2026, 5, 15, 11, 59, 30), now), 'Just now');
  assert.equal(when(new Date(2026, 5, 15, 9, 5), now), 'Today, 09:05');
  assert.equal(when(new Date(2026, 5, 14, 9, 5), now), 'Yesterday, 09:05');
  assert.equal(when(new Date(2026, 0, 2), now), '2 Jan');
  assert.equal(when(new Date(2025, 0, 2), now), '2 Jan 2025');
  assert.equal(when('nonsense', now), '');
  assert.equal(when(undefined, now), '');
  assert.equal(plain('a\u202egnp.exe'), 'a\ufffdgnp.exe', 'a name cannot be turned around');
});

test('numbers in names count as numbers, and folders come first', () => {
  const all = [file('/b'), file('/a 10'), file('/A 2'), folder('/z'), file('/é'), file('/f')];
  assert.equal(names(sorted(all, { by: 'name', descending: false })), 'z A 2 a 10 b é f');
  assert.equal(names(sorted(all, { by: 'name', descending: true })), 'z f é b a 10 A 2');
});

test('equals are by name, whichever way the rest goes', () => {
  const all = [file('/b', { bytes: 5 }), file('/a', { bytes: 5 }), file('/c', { bytes: 9 })];
  assert.equal(names(sorted(all, { by: 'bytes', descending: true })), 'c a b');
  assert.equal(names(sorted(all, { by: 'bytes', descending: false })), 'a b c');
  const dated = [file('/a', { modified: 'Sun, 22 Nov 2026 17:01:22 +0000' }), file('/b', { modified: 'Sat, 21 Nov 2026 18:01:22 +0000' })];
  assert.equal(names(sorted(dated, { by: 'modified', descending: false })), 'b a');
});

test('a filter wants every word, in any order, whatever its case and accents', () => {
  const all = [file('/Téxt one.txt'), file('/text two.txt'), file('/one.md')];
  assert.equal(filtered(all, ' ONE tex').length, 1);
  assert.equal(filtered(all, 'text').length, 2);
  assert.equal(filtered(all, '  ').length, 3);
});

test('kinds follow the extension', () => {
  assert.equal(kindOf(file('/a.JPG')).label, 'Picture');
  assert.equal(kindOf(file('/jpg')).label, 'File');
  assert.equal(kindOf(folder('/a.jpg')).label, 'Folder');
});

test('a delta patches the children, and only those', () => {
  const open = folderAt('/Notes');
  open.children.set('/notes/a', file('/Notes/a'));
  const told = open.patch([
    ['/notes/a', file('/Notes/a')],
    ['/notes/b', file('/Notes/B')],
    ['/notes/sub/c', file('/Notes/Sub/c')],
    ['/notes/never', null],
    ['/notes', folder('/Notes')],
    ['/other', file('/other')],
  ]);
  assert.deepEqual([...told], ['/notes/b'], 'what is as before has not changed');
  assert.deepEqual([...open.patch([['/notes/a', null]])], ['/notes/a']);
  assert.deepEqual([...open.children.keys()], ['/notes/b']);
  assert.deepEqual([...open.patch([['/notes/b', file('/Notes/b', { rev: '2' })]])], ['/notes/b'], 'another spelling is the same file');
  assert.equal(open.children.size, 1);
});

test('a folder is gone with those around it, unless it is back on the same page', () => {
  const open = folderAt('/A/B');
  assert.ok(open.isGoneBy([['/a/b', null]]));
  assert.ok(open.isGoneBy([['/a', null]]));
  assert.ok(!open.isGoneBy([['/a', null], ['/a', folder('/A')], ['/a/b', folder('/A/B')]]));
  assert.ok(open.isGoneBy([['/a/b', file('/A/B')]]), 'a file in its place');
  assert.ok(!open.isGoneBy([['/a/bc', null], ['/a/b/c', null]]));
  assert.ok(!folderAt('').isGoneBy([['/a', null]]));
});

test('a selection stays with its entries when the list changes around them', () => {
  const [a, b, c, d] = ['/a', '/b', '/c', '/d'].map((path) => file(path));
  const selection = new Selection();
  selection.only(b);
  selection.range([a, b, c, d], 3);
  assert.equal(names(selection.of([a, b, c, d])), 'b c d');
  selection.range([a, b, c, d], 0);
  assert.equal(names(selection.of([a, b, c, d])), 'a b', 'a range goes on from where it began');
  selection.toggle(c);
  selection.keepOnly([a, b, d], 2);
  assert.equal(names(selection.of([a, b, d])), 'a b');
  assert.equal(selection.active, '/d', 'the keyboard goes on at the same line');
  selection.keepOnly([], 0);
  assert.equal(selection.active, null);
});

test('nothing is moved into itself, nor to where it is', () => {
  assert.notEqual(refusal([folder('/a')], '/A/b', 'move'), '');
  assert.notEqual(refusal([folder('/a')], '/a', 'copy'), '');
  assert.notEqual(refusal([file('/a/x')], '/a', 'move'), '');
  assert.equal(refusal([file('/a/x')], '/a', 'copy'), '');
  assert.equal(refusal([folder('/a')], '/ab', 'move'), '');
  assert.equal(copyName('a.tar.gz', false, 1), 'a.tar (copy).gz');
  assert.equal(copyName('v1.2', true, 2), 'v1.2 (copy 2)');
});
