// What changed between two texts, line by line: by the shortest script (Myers, O(ND)), with a limit on D. Beyond it what is left counts as
// replaced, which is true, if not the shortest.

/**
 * A run of lines: the same in both, only in the older, or only in the newer. `a` and `b` are where it begins, counted from 0.
 * @typedef {{kind: 'same' | 'old' | 'new', a: number, b: number, count: number}} Run
 */

/** How many differences are looked for; the memory for it grows with the square. */
const DEPTH_MAX = 1500;

/**
 * The lines of a text, without what ends them. A text that ends with a line's end has no empty line behind it.
 * @param {string} text
 * @returns {string[]}
 */
export function linesOf(text) {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * How the second list of lines came of the first: runs that cover both from beginning to end.
 * @param {string[]} older
 * @param {string[]} newer
 * @returns {Run[]}
 */
export function diff(older, newer) {
  /** @type {Map<string, number>} */
  const known = new Map();
  const numbered = (/** @type {string[]} */ lines) => Int32Array.from(lines, (line) => {
    const number = known.get(line) ?? known.size;
    known.set(line, number);
    return number;
  });
  const a = numbered(older), b = numbered(newer);
  const { start, oldEnd: n, newEnd: m } = within(a, b);
  // From the end to the beginning, as they are found.
  /** @type {Run[]} */
  const runs = [];
  const tell = (/** @type {Run['kind']} */ kind, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ count) => {
    const last = runs.at(-1);
    if (last?.kind === kind) Object.assign(last, { a: x, b: y, count: last.count + count });
    else if (count) runs.push({ kind, a: x, b: y, count });
  };
  tell('same', n, m, a.length - n);
  const trace = search(a.subarray(start, n), b.subarray(start, m));
  let x = n - start, y = m - start;
  if (!trace) {
    tell('new', n, start, y);
    tell('old', start, start, x);
    [x, y] = [0, 0];
  }
  for (let d = (trace?.length ?? 0) - 1; d > 0; d--) {
    const [fromX, isDown] = before(/** @type {Int32Array[]} */ (trace)[d], d + 1, x - y, d);
    const fromY = fromX - (x - y) - (isDown ? 1 : -1);
    const same = x - fromX - (isDown ? 0 : 1);
    tell('same', start + x - same, start + y - same, same);
    tell(isDown ? 'new' : 'old', start + fromX, start + fromY, 1);
    [x, y] = [fromX, fromY];
  }
  tell('same', 0, 0, start + x);
  return runs.reverse();
}

/**
 * Where the furthest path on a diagonal came from: how far that was, and whether by a line more.
 * @param {Int32Array} reach How far each diagonal came. @param {number} middle Where the diagonal 0 is in it. @param {number} k @param {number} d
 * @returns {[number, boolean]}
 */
function before(reach, middle, k, d) {
  const isDown = k === -d || (k !== d && reach[middle + k - 1] < reach[middle + k + 1]);
  return [reach[middle + k + (isDown ? 1 : -1)], isDown];
}

/**
 * How far each diagonal came, before each number of differences; nothing if there are too many.
 * @param {Int32Array} a @param {Int32Array} b
 */
function search(a, b) {
  /** @type {Int32Array[]} */
  const trace = [];
  const limit = Math.min(a.length + b.length, DEPTH_MAX), middle = limit + 1;
  const reach = new Int32Array(2 * limit + 3);
  for (let d = 0; d <= limit; d++) {
    // Only what this round can have touched is kept.
    trace.push(reach.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const [from, isDown] = before(reach, middle, k, d);
      let x = from + (isDown ? 0 : 1);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach[middle + k] = x;
      if (x >= a.length && x - k >= b.length) return trace;
    }
  }
  return null;
}

/**
 * What both of two texts, or two lists of lines, begin and end with: where they differ, from and to, in the one and in the other.
 * @template {string | Int32Array} T
 * @param {T} older
 * @param {T} newer
 * @returns {{start: number, oldEnd: number, newEnd: number}}
 */
export function within(older, newer) {
  const short = Math.min(older.length, newer.length);
  let start = 0, tail = 0;
  while (start < short && older[start] === newer[start]) start++;
  while (tail < short - start && older.at(-1 - tail) === newer.at(-1 - tail)) tail++;
  return { start, oldEnd: older.length - tail, newEnd: newer.length - tail };
}
