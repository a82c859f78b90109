// Two versions of a text: side by side where there is room, else one below the other.

import { fill, h } from '../lib/dom.js';
import { count, plain, size, when } from '../lib/format.js';
import { nameOf } from '../lib/paths.js';
import { textOf } from '../viewer/kinds.js';
import { diff, linesOf } from './diff.js';
import { rowsOf, splitLine } from './rows.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */
/** @typedef {import('./rows.js').Row} Row */

/** More lines than this are no help to anybody, and slow. */
const ROWS_MAX = 3000;
const NARROW = '(max-width: 52rem)';

/**
 * @param {Context} ctx
 * @param {Entry} entry
 * @param {Entry[]} versions Of which two are compared, the newest first.
 * @param {string} older The rev of one,
 * @param {string} newer and of the other.
 */
export async function open(ctx, entry, versions, older, newer) {
  const texts = /** @type {Map<string, Promise<string[] | null>>} */ (new Map());
  const lines = (/** @type {string} */ rev) => {
    const known = texts.get(rev) ?? ctx.api.file(entry.path, { rev }).then(async (answer) => {
      const text = textOf(new Uint8Array(await answer.arrayBuffer()));
      return text === null ? null : linesOf(text);
    });
    texts.set(rev, known);
    return known;
  };
  const choice = (/** @type {string} */ label, /** @type {string} */ value) => {
    const select = h('select', { onchange: () => draw() }, ...versions.map((one, at) => h('option', { value: one.rev, selected: one.rev === value },
      `${when(one.modified)}${at ? '' : ' (current)'} · ${size(one.bytes)}`)));
    return { select, label: h('label', null, label, select) };
  };
  const [from, to] = [choice('From', older), choice('To', newer)];
  const result = h('div', { class: 'c-result', tabIndex: 0, role: 'region', 'aria-label': 'Differences' });
  const told = h('p', { class: 'hint', role: 'status' });
  const narrow = matchMedia(NARROW);
  const redraw = () => draw();
  narrow.addEventListener('change', redraw);
  ctx.dialog(`Compare versions of ${plain(nameOf(entry.path))}`, h('div', { class: 'body compare' }, h('div', { class: 'c-choice' }, from.label, to.label), told, result),
    { size: 'wide', className: 'comparing', onclose: () => narrow.removeEventListener('change', redraw) });
  let turn = 0;
  const draw = async () => {
    const now = ++turn;
    try {
      const [a, b] = await Promise.all([lines(from.select.value), lines(to.select.value)]);
      if (now !== turn) return;
      if (!a || !b) return void (told.textContent = 'One of these is no text.', fill(result));
      const runs = diff(a, b);
      const sum = (/** @type {string} */ kind) => runs.reduce((all, run) => all + (run.kind === kind ? run.count : 0), 0);
      const [gone, come] = [sum('old'), sum('new')];
      told.textContent = gone || come ? `${count(come, 'line')} added, ${count(gone, 'line')} removed` : 'Both are the same.';
      fill(result, table(rowsOf(runs, a, b), narrow.matches));
    } catch (/** @type {any} */ error) {
      if (now === turn) told.textContent = error.message;
    }
  };
  await draw();
}

/** @param {Row[]} rows @param {boolean} isNarrow @returns {HTMLElement} */
function table(rows, isNarrow) {
  const body = h('tbody', null);
  const put = (/** @type {Row[]} */ some, /** @type {Element | null} */ before = null) => {
    for (const row of some) {
      for (const line of row.folded ? [fold(row.folded)] : isNarrow ? below(row) : [beside(row)]) body.insertBefore(line, before);
    }
  };
  const fold = (/** @type {Row[]} */ folded) => {
    const line = h('tr', { class: 'fold' }, h('td', { colSpan: isNarrow ? 4 : 6 }, h('button', { type: 'button', class: 'link', onclick: () => {
      put(folded, line);
      line.remove();
    } }, `Show ${count(folded.length, 'equal line')}`)));
    return line;
  };
  put(rows.slice(0, ROWS_MAX));
  const heads = isNarrow ? ['Line before', 'Line now', 'Change', 'Text'] : ['Line before', 'Change', 'Text before', 'Line now', 'Change', 'Text now'];
  const columns = (isNarrow ? ['c-num', 'c-num', 'c-sign', ''] : ['c-num', 'c-sign', '', 'c-num', 'c-sign', '']).map((name) => h('col', { class: name }));
  return h('div', null, h('table', { class: isNarrow ? 'narrow' : '' }, h('colgroup', null, ...columns),
    h('thead', { class: 'unseen' }, h('tr', null, ...heads.map((head) => h('th', { scope: 'col' }, head)))), body),
    rows.length > ROWS_MAX && h('p', { class: 'hint' }, `${count(rows.length - ROWS_MAX, 'more line')} are not shown.`));
}

const number = (/** @type {number | undefined} */ at) => h('td', { class: 'c-num' }, at === undefined ? '' : at + 1);

/** The sign, for those who see no colours, and the word for those who hear it. @param {'old' | 'new' | ''} kind */
const sign = (kind) => h('td', { class: `c-sign ${kind}` }, kind && h('span', { 'aria-hidden': 'true' }, kind === 'old' ? '−' : '+'),
  kind && h('span', { class: 'unseen' }, kind === 'old' ? 'removed' : 'added'));

/** @param {string | undefined} text @param {'old' | 'new' | ''} kind @param {[string, string, string] | null} parts */
const code = (text, kind, parts) => h('td', { class: `c-text ${kind}` }, ...(parts ? [parts[0], parts[1] && h(kind === 'old' ? 'del' : 'ins', null, parts[1]), parts[2]] : [text ?? '']));

/** @param {Row} row */
function beside({ a, b, old, now }) {
  if (a !== undefined && b !== undefined && old === now) return h('tr', null, number(a), sign(''), code(old, '', null), number(b), sign(''), code(now, '', null));
  const [before, after] = splitLine(old, now);
  const isOld = a !== undefined, isNew = b !== undefined;
  return h('tr', null, number(a), sign(isOld ? 'old' : ''), isOld ? code(old, 'old', before) : h('td', { class: 'none' }),
    number(b), sign(isNew ? 'new' : ''), isNew ? code(now, 'new', after) : h('td', { class: 'none' }));
}

/** @param {Row} row */
function below({ a, b, old, now }) {
  if (a !== undefined && b !== undefined && old === now) return [h('tr', null, number(a), number(b), sign(''), code(old, '', null))];
  const [before, after] = splitLine(old, now);
  return [
    ...(a === undefined ? [] : [h('tr', null, number(a), number(undefined), sign('old'), code(old, 'old', before))]),
    ...(b === undefined ? [] : [h('tr', null, number(undefined), number(b), sign('new'), code(now, 'new', after))]),
  ];
}
