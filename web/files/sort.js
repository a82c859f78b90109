// The order of a list, and what of it is shown.

import { nameOf } from '../lib/paths.js';
import { kindOf } from './kinds.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {'name' | 'modified' | 'bytes' | 'kind'} Column */
/** @typedef {{by: Column, descending: boolean}} Order */

/**
 * Without case and accents.
 * @param {string} text
 * @returns {string}
 */
export function fold(text) {
  const low = text.toLowerCase();
  return /^[\x00-\x7f]*$/.test(low) ? low : low.normalize('NFKD').replace(/\p{M}/gu, '');
}

// Case and accents do not count, and 2 comes before 10. (Keys that are made once and compared as they are would save little time.)
const NAMES = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** @type {WeakMap<Entry, number>} */
const TIMES = new WeakMap();

/** @param {Entry} entry @returns {number} */
function timeOf(entry) {
  let time = TIMES.get(entry);
  if (time === undefined) TIMES.set(entry, (time = Date.parse(entry.modified ?? '') || 0));
  return time;
}

/** @param {Entry} a @param {Entry} b @returns {number} */
const byName = (a, b) => NAMES.compare(nameOf(a.path), nameOf(b.path)) || (a.path < b.path ? -1 : 1);

/** @type {Record<Column, (a: Entry, b: Entry) => number>} */
const BY = {
  name: byName,
  modified: (a, b) => timeOf(a) - timeOf(b),
  bytes: (a, b) => a.bytes - b.bytes,
  kind: (a, b) => NAMES.compare(kindOf(a).label, kindOf(b).label),
};

/**
 * A new list in this order: folders first, and equals by name, whichever way the rest goes.
 * @param {Entry[]} entries
 * @param {Order} order
 * @returns {Entry[]}
 */
export function sorted(entries, { by, descending }) {
  const compare = BY[by];
  const sign = descending ? -1 : 1;
  return entries.slice().sort((a, b) => {
    if (a.is_dir !== b.is_dir) return a.is_dir ? -1 : 1;
    return sign * compare(a, b) || byName(a, b);
  });
}

/**
 * Those whose names have every one of these words in them.
 * @param {Entry[]} entries
 * @param {string} query
 * @returns {Entry[]}
 */
export function filtered(entries, query) {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (!words.length) return entries;
  return entries.filter((entry) => {
    const name = fold(nameOf(entry.path));
    return words.every((word) => name.includes(word));
  });
}
