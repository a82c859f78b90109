// Two versions of a text: side by side where there is room, else one below the other.

import { button, hint, named } from '../components/parts.js';
import { fill, h } from '../lib/dom.js';
import { count, size, when } from '../lib/format.js';
import { textOf } from '../viewer/kinds.js';
import { diff, linesOf } from './diff.js';
import { rowsOf, splitLine } from './rows.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */
/** @typedef {import('./rows.js').Row} Row */

/** More lines than this are no help to anybody, and slow. */
const ROWS_MAX = 3000;

/**
 * @param {Context} ctx
 * @param {string} path
 * @param {Entry[]} versions Of which two are compared, the newest first.
 * @param {string} older The rev of one,
 * @param {string} newer and of the other.
 */
export async function open(ctx, path, versions, older, newer) {
  /** @type {Map<string, Promise<string[]>>} */
  const texts = new Map();
  const lines = (/** @type {string} */ rev) => {
    const known = texts.get(rev) ?? ctx.api.file(path, { rev }).then(async (answer) => linesOf(textOf(new Uint8Array(await answer.arrayBuffer())) ?? 'This version is no text.'));
    texts.set(rev, known);
    return known;
  };
  const choice = (/** @type {string} */ rev) => h('select', { onchange: () => draw() },
    ...versions.map((one, at) => h('option', { value: one.rev, selected: one.rev === rev }, `${when(one.modified)}${at ? '' : ' (current)'} · ${size(one.bytes)}`)));
  const from = choice(older), to = choice(newer);
  const result = h('div', { class: 'c-result', tabIndex: 0, role: 'region', ariaLabel: 'Differences' });
  const told = h('p', { class: 'hint', role: 'status' });
  const narrow = matchMedia('(max-width: 52rem)');
  narrow.onchange = () => draw();
  ctx.dialog(`Compare versions of ${named(path)}`, h('div', { class: 'body' },
    h('div', { class: 'c-choice' }, h('label', null, 'From', from), h('label', null, 'To', to)), told, result), { size: 'wide', onclose: () => { narrow.onchange = null; } });
  const sameness = () => {
    const [one, other] = [from, to].map(({ selectedIndex }) => versions[selectedIndex].bytes);
    return one === other ? 'These two versions are the same.' : 'Their lines are the same; only what ends them differs.';
  };
  const draw = async () => {
    const asked = from.value + to.value;
    try {
      const [a, b] = await Promise.all([lines(from.value), lines(to.value)]);
      if (asked !== from.value + to.value) return;
      const runs = diff(a, b);
      result.hidden = runs.every(({ kind }) => kind === 'same');
      const sum = (/** @type {string} */ kind) => runs.reduce((all, run) => all + (run.kind === kind ? run.count : 0), 0);
      told.textContent = result.hidden ? sameness() : `${count(sum('new'), 'line')} added, ${count(sum('old'), 'line')} removed`;
      fill(result, ...table(rowsOf(runs, a, b), narrow.matches));
    } catch (error) {
      told.textContent = /** @type {Error} */ (error).message;
    }
  };
  await draw();
}

/** @param {Row[]} rows @param {boolean} isNarrow */
function table(rows, isNarrow) {
  const body = h('tbody', null);
  const put = (/** @type {Row[]} */ some, /** @type {Element | null} */ before) => {
    for (const row of some) for (const line of row.folded ? [fold(row.folded)] : lines(row, isNarrow)) body.insertBefore(line, before);
  };
  const fold = (/** @type {Row[]} */ folded) => {
    const line = h('tr', { class: 'fold' }, h('td', { colSpan: isNarrow ? 4 : 6 }, button(`Show ${count(folded.length, 'equal line')}`, () => {
      put(folded, line);
      line.remove();
    }, 'link')));
    return line;
  };
  put(rows.slice(0, ROWS_MAX), null);
  const widths = (isNarrow ? 'c-num c-num c-sign text' : 'c-num c-sign text c-num c-sign text').split(' ');
  return [h('table', { class: isNarrow ? 'narrow' : '' }, h('colgroup', null, ...widths.map((name) => h('col', { class: name }))), body),
    rows.length > ROWS_MAX && h('p', { class: 'hint' }, `${count(rows.length - ROWS_MAX, 'more line')} are not shown.`)];
}

/** One side of a line, or both if they are equal. @typedef {'old' | 'new' | ''} Side */

const number = (/** @type {number | undefined} */ at) => h('td', { class: 'c-num' }, at === undefined ? '' : at + 1);

/** The sign, for those who see no colours, and a word for those who hear it. @param {Side} side */
const sign = (side) => h('td', { class: `c-sign ${side}` }, side && h('span', { ariaHidden: 'true' }, side === 'old' ? '−' : '+'),
  side && hint(side === 'old' ? 'removed' : 'added', 'unseen'));

/** @param {string | undefined} text @param {Side} side @param {string[] | null} [parts] */
const words = (text, side, parts) => h('td', { class: text === undefined ? 'none' : `c-text ${side}` },
  ...(parts ? [parts[0], parts[1] && h(side === 'old' ? 'del' : 'ins', null, parts[1]), parts[2]] : [text]));

/** @param {Row} row @param {boolean} isNarrow */
function lines({ a, b, old, now }, isNarrow) {
  if (old === now) return [h('tr', null, number(a), ...(isNarrow ? [] : [sign(''), words(old, '')]), number(b), sign(''), words(now, ''))];
  const [before, after] = splitLine(old, now);
  const left = [sign(old === undefined ? '' : 'old'), words(old, 'old', before)], right = [sign(now === undefined ? '' : 'new'), words(now, 'new', after)];
  if (!isNarrow) return [h('tr', null, number(a), ...left, number(b), ...right)];
  return [old !== undefined && h('tr', null, number(a), number(undefined), ...left), now !== undefined && h('tr', null, number(undefined), number(b), ...right)].filter((line) => line !== false);
}
