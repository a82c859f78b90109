/**
 * Rows of pictures of one height, as wide as there is room: pure arithmetic.
 */

/**
 * Where pictures go, by their index. Everything is in pixels, from the left top corner of their section.
 * @typedef {object} Layout
 * @property {Float32Array} x
 * @property {Float32Array} y
 * @property {Float32Array} w
 * @property {Float32Array} h
 * @property {number[]} rows The index of the first picture of each row.
 * @property {number} height Of all of it.
 */

/** A picture wider or narrower than this is cut: a panorama would make its row a line. */
const RATIO_MIN = 0.4;
const RATIO_MAX = 3.2;
/** How much higher than others the last row of a month may be. */
const STRETCH = 1.5;
/** What is taken for the shape of a picture that nobody has seen: that of most. */
export const RATIO_USUAL = 4 / 3;

/**
 * How high rows should be where there is so much room.
 * @param {number} width
 */
export function rowHeight(width) {
  return Math.max(96, Math.min(240, 70 + width / 7));
}

/**
 * Lays out pictures of these shapes (width by height).
 * @param {ArrayLike<number>} ratios
 * @param {number} width
 * @param {number} target How high a row should be.
 * @param {number} gap Between pictures.
 * @returns {Layout}
 */
export function layOut(ratios, width, target, gap) {
  const count = ratios.length;
  const layout = {
    x: new Float32Array(count),
    y: new Float32Array(count),
    w: new Float32Array(count),
    h: new Float32Array(count),
    rows: /** @type {number[]} */ ([]),
    height: 0,
  };
  let first = 0;
  let top = 0;
  while (first < count) {
    let end = first;
    let sum = 0;
    let height = Infinity;
    while (end < count && height > target) {
      const wider = sum + clamp(/** @type {number} */ (ratios[end]));
      const lower = (width - gap * (end - first)) / wider;
      // The picture that makes the row too low goes into it only if the row would be further from right without.
      if (end > first && lower < target && target - lower > height - target) break;
      sum = wider;
      height = lower;
      end += 1;
    }
    // The last row is stretched to the whole width if not much is missing.
    if (end === count && height > target * STRETCH) height = target;
    let left = 0;
    for (let index = first; index < end; index += 1) {
      const wide = clamp(/** @type {number} */ (ratios[index])) * height;
      layout.x[index] = left;
      layout.y[index] = top;
      layout.w[index] = Math.min(wide, width - left);
      layout.h[index] = height;
      left += wide + gap;
    }
    layout.rows.push(first);
    top += height + gap;
    first = end;
  }
  layout.height = Math.max(0, top - gap);
  return layout;
}

/**
 * About how high so many pictures will be that nobody knows yet.
 * @param {number} count
 * @param {number} width
 * @param {number} target
 * @param {number} gap
 */
export function estimate(count, width, target, gap) {
  const perRow = Math.max(1, Math.round(width / (target * RATIO_USUAL + gap)));
  return Math.ceil(count / perRow) * (target + gap) - gap;
}

/**
 * The pictures of a layout that lie between two heights: the index of the first, and the one behind the last.
 * @param {Layout} layout
 * @param {number} top
 * @param {number} bottom
 * @returns {[number, number]}
 */
export function between(layout, top, bottom) {
  const { rows, y, h } = layout;
  const first = search(rows.length, (row) => edge(y, h, rows[row]) > top);
  const end = search(rows.length, (row) => /** @type {number} */ (y[rows[row] ?? 0]) >= bottom);
  return [rows[first] ?? y.length, end < rows.length ? /** @type {number} */ (rows[end]) : y.length];
}

/**
 * The picture above or below another, nearest to its middle; itself where there is none.
 * @param {Layout} layout
 * @param {number} index
 * @param {1 | -1} direction
 */
export function neighbour(layout, index, direction) {
  const { rows, x, w } = layout;
  const own = search(rows.length, (row) => /** @type {number} */ (rows[row]) > index) - 1;
  const row = own + direction;
  if (row < 0 || row >= rows.length) return index;
  const middle = /** @type {number} */ (x[index]) + /** @type {number} */ (w[index]) / 2;
  let best = /** @type {number} */ (rows[row]);
  for (let at = best; at < (rows[row + 1] ?? x.length); at += 1) {
    if (/** @type {number} */ (x[at]) <= middle) best = at;
  }
  return best;
}

/**
 * The first number below `count` of which something is true, as it is of all that follow.
 * @param {number} count
 * @param {(at: number) => boolean} isTrue
 */
export function search(count, isTrue) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** @type {(y: Float32Array, h: Float32Array, at: number | undefined) => number} */
function edge(y, h, at = 0) {
  return /** @type {number} */ (y[at]) + /** @type {number} */ (h[at]);
}

/** @param {number} ratio */
function clamp(ratio) {
  return Number.isFinite(ratio) ? Math.max(RATIO_MIN, Math.min(RATIO_MAX, ratio)) : RATIO_USUAL;
}
