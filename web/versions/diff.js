// What changed between two texts, line by line.
//
// First by the lines that each text has once ("patience"): they tie both together as a person would. Between them by the shortest
// script (Myers, O(ND)), with a limit on D: beyond it the rest of a piece counts as replaced, which is true, if not the shortest.

/**
 * A run of lines: the same in both, only in the older, or only in the newer. `a` and `b` are where it begins, counted from 0.
 * @typedef {{kind: 'same' | 'old' | 'new', a: number, b: number, count: number}} Run
 */

/** How many differences are looked for in one piece; the memory for it grows with the square. */
const DEPTH_MAX = 800;

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
  const [a, b] = [numbered(older), numbered(newer)];
  /** @type {Run[]} */
  const runs = [];
  const tell = (/** @type {Run['kind']} */ kind, /** @type {number} */ at, /** @type {number} */ bt, /** @type {number} */ count) => {
    const last = runs.at(-1);
    if (!count) return;
    if (last?.kind === kind) last.count += count;
    else runs.push({ kind, a: at, b: bt, count });
  };
  piece(a, b, 0, a.length, 0, b.length, tell);
  return runs;
}

/** @typedef {(kind: Run['kind'], a: number, b: number, count: number) => void} Tell */

/** @type {(a: Int32Array, b: Int32Array, a0: number, a1: number, b0: number, b1: number, tell: Tell) => void} */
function piece(a, b, a0, a1, b0, b1, tell) {
  const from = [a0, b0];
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) { a0++; b0++; }
  tell('same', from[0], from[1], a0 - from[0]);
  let tail = 0;
  while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) { a1--; b1--; tail++; }
  const ties = a0 < a1 && b0 < b1 ? anchors(a, b, a0, a1, b0, b1) : [];
  for (const [at, bt] of ties) {
    // What an earlier tie took along already.
    if (at < a0 || bt < b0) continue;
    piece(a, b, a0, at, b0, bt, tell);
    tell('same', at, bt, 1);
    [a0, b0] = [at + 1, bt + 1];
  }
  if (ties.length) piece(a, b, a0, a1, b0, b1, tell);
  else shortest(a, b, a0, a1, b0, b1, tell);
  tell('same', a1, b1, tail);
}

/**
 * Lines that stand once on each side, in the longest order that both have.
 * @type {(a: Int32Array, b: Int32Array, a0: number, a1: number, b0: number, b1: number) => [number, number][]}
 */
function anchors(a, b, a0, a1, b0, b1) {
  /** @type {Map<number, [number, number, number, number]>} */
  const seen = new Map();
  for (let i = a0; i < a1; i++) {
    const of = seen.get(a[i]);
    if (of) of[0]++;
    else seen.set(a[i], [1, 0, i, 0]);
  }
  for (let i = b0; i < b1; i++) {
    const of = seen.get(b[i]);
    if (of) { of[1]++; of[3] = i; }
  }
  /** @type {{at: number, bt: number, before: any}[]} */
  const piles = [];
  for (const [olds, news, at, bt] of seen.values()) {
    if (olds !== 1 || news !== 1) continue;
    let [low, high] = [0, piles.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (piles[middle].bt < bt) low = middle + 1;
      else high = middle;
    }
    piles[low] = { at, bt, before: piles[low - 1] };
  }
  /** @type {[number, number][]} */
  const ties = [];
  for (let tie = piles.at(-1); tie; tie = tie.before) ties.push([tie.at, tie.bt]);
  return ties.reverse();
}

/** @type {(a: Int32Array, b: Int32Array, a0: number, a1: number, b0: number, b1: number, tell: Tell) => void} */
function shortest(a, b, a0, a1, b0, b1, tell) {
  const [n, m] = [a1 - a0, b1 - b0];
  const limit = Math.min(n + m, DEPTH_MAX);
  /** How far each diagonal came, after each number of differences. @type {Int32Array[]} */
  const trace = [];
  let reach = new Int32Array(2 * limit + 3);
  const middle = limit + 1;
  for (let d = 0; n && m && d <= limit; d++) {
    // Only what this round can have touched is kept.
    trace.push(reach.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1] < reach[middle + k + 1]);
      let x = down ? reach[middle + k + 1] : reach[middle + k - 1] + 1;
      while (x < n && x - k < m && a[a0 + x] === b[b0 + x - k]) x++;
      reach[middle + k] = x;
      if (x >= n && x - k >= m) return walk(trace, d, n, m, a0, b0, tell);
    }
  }
  tell('old', a0, b0, n);
  tell('new', a1, b0, m);
}

/** @type {(trace: Int32Array[], d: number, x: number, y: number, a0: number, b0: number, tell: Tell) => void} */
function walk(trace, d, x, y, a0, b0, tell) {
  /** @type {[Run['kind'], number, number, number][]} */
  const steps = [];
  for (; d > 0; d--) {
    const reach = trace[d], at = d + 1, k = x - y;
    const down = k === -d || (k !== d && reach[at + k - 1] < reach[at + k + 1]);
    const fromX = down ? reach[at + k + 1] : reach[at + k - 1];
    const fromY = fromX - (down ? k + 1 : k - 1);
    const [midX, midY] = down ? [fromX, fromY + 1] : [fromX + 1, fromY];
    if (x > midX) steps.push(['same', midX, midY, x - midX]);
    steps.push(down ? ['new', fromX, fromY, 1] : ['old', fromX, fromY, 1]);
    [x, y] = [fromX, fromY];
  }
  if (x) steps.push(['same', 0, 0, x]);
  for (const [kind, at, bt, count] of steps.reverse()) tell(kind, a0 + at, b0 + bt, count);
}

/**
 * What both of two similar lines begin and end with: where they differ, from and to, in the one and in the other.
 * @param {string} older
 * @param {string} newer
 * @returns {{start: number, oldEnd: number, newEnd: number}}
 */
export function within(older, newer) {
  const short = Math.min(older.length, newer.length);
  let start = 0, tail = 0;
  while (start < short && older[start] === newer[start]) start++;
  while (tail < short - start && older.at(-1 - tail) === newer.at(-1 - tail)) tail++;
  return { start, oldEnd: older.length - tail, newEnd: newer.length - tail };
}
