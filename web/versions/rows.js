// The lines of a comparison, as they stand beside one another.

import { within } from './diff.js';

/**
 * A line: with its number and text before and now, where it was or is; or equal lines that are folded.
 * @typedef {object} Row
 * @property {number} [a]
 * @property {number} [b]
 * @property {string} [old]
 * @property {string} [now]
 * @property {Row[]} [folded]
 */

/** How many equal lines stand around what changed. */
const CONTEXT = 3;

/**
 * @param {import('./diff.js').Run[]} runs
 * @param {string[]} older
 * @param {string[]} newer
 * @returns {Row[]}
 */
export function rowsOf(runs, older, newer) {
  /** @type {Row[]} */
  const rows = [];
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i], next = runs[i + 1];
    if (run.kind === 'same') {
      const same = Array.from({ length: run.count }, (_, at) => ({ a: run.a + at, b: run.b + at, old: older[run.a + at], now: newer[run.b + at] }));
      const [head, tail] = [i ? CONTEXT : 0, i < runs.length - 1 ? CONTEXT : 0];
      if (same.length > head + tail + 2) rows.push(...same.slice(0, head), { folded: same.slice(head, same.length - tail) }, ...same.slice(same.length - tail));
      else rows.push(...same);
      continue;
    }
    // What went and what came in its place stand beside one another.
    const isPair = next && next.kind !== 'same' && next.kind !== run.kind;
    const old = run.kind === 'old' ? run : isPair ? next : undefined;
    const now = run.kind === 'new' ? run : isPair ? next : undefined;
    for (let at = 0; at < Math.max(old?.count ?? 0, now?.count ?? 0); at++) {
      const isOld = old && at < old.count, isNow = now && at < now.count;
      rows.push({ ...isOld && { a: old.a + at, old: older[old.a + at] }, ...isNow && { b: now.b + at, now: newer[now.b + at] } });
    }
    if (isPair) i++;
  }
  return rows;
}

/**
 * What differs within two lines, if they have enough in common to be the same one.
 * @param {string | undefined} old
 * @param {string | undefined} now
 * @returns {[[string, string, string] | null, [string, string, string] | null]} Before, what differs, and behind it, of each.
 */
export function splitLine(old, now) {
  if (old === undefined || now === undefined) return [null, null];
  const { start, oldEnd, newEnd } = within(old, now);
  if (start + old.length - oldEnd < Math.min(old.length, now.length) / 3) return [null, null];
  return [[old.slice(0, start), old.slice(start, oldEnd), old.slice(oldEnd)], [now.slice(0, start), now.slice(start, newEnd), now.slice(newEnd)]];
}
