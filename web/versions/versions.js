// What a file was: to be looked at, compared, saved, and made the present version again.

import { style } from '../components/style.js';
import { fill, h } from '../lib/dom.js';
import { count, fullDate, plain, size, when } from '../lib/format.js';
import { nameOf } from '../lib/paths.js';
import { kindOf } from '../viewer/kinds.js';
import { save } from './save.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */

/** How many are shown before somebody asks for the others. */
const FIRST = 50;
/** Texts that are larger are not compared, in bytes. */
const COMPARED_MAX = 2 * 2 ** 20;

/** The versions of a file. @param {Context} ctx @param {Entry} entry */
export async function open(ctx, entry) {
  await style('panels.css');
  const body = h('div', { class: 'body versions' }, h('p', { class: 'hint', role: 'status' }, 'Loading…'));
  const dialog = ctx.dialog(`Versions of ${plain(nameOf(entry.path))}`, body, { size: 'wide' });
  const load = async () => {
    try {
      draw(await ctx.api.revisions(entry.path));
    } catch (/** @type {any} */ error) {
      fill(body, h('p', { class: 'problem', role: 'alert' }, error.message), h('p', null, h('button', { type: 'button', onclick: load }, 'Try again')));
    }
  };
  /** @param {Entry[]} all @param {number} [shown] */
  const draw = (all, shown = FIRST) => {
    const there = all.filter((one) => !one.is_deleted && !one.is_dir);
    const current = all[0]?.is_deleted ? undefined : there[0];
    const isText = kindOf(entry) === 'text';
    const list = h('ul', { class: 'list' }, ...all.slice(0, shown).map((one) => line(one)));
    const more = all.length > shown && h('button', { type: 'button', onclick: () => draw(all, all.length) }, `Show ${count(all.length - shown, 'more version')}`);
    fill(body, h('p', { class: 'hint' }, there.length < 2 ? 'This file was never changed. Each time it is, what it was before is kept here.'
      : `${count(there.length, 'version')}. Restoring one loses none: it becomes the newest.`), list, more);

    /** @param {Entry} one */
    function line(one) {
      const rev = String(one.rev), at = { ...one, path: entry.path, at: rev };
      const date = when(one.modified);
      const act = (/** @type {string} */ text, /** @type {() => void} */ run) => h('button', { type: 'button', class: 'link', 'aria-label': `${text}: the version of ${date}`, onclick: run }, text);
      const isNow = one === current;
      const canCompare = isText && current && !isNow && Math.max(one.bytes, current.bytes) <= COMPARED_MAX;
      return h('li', null,
        h('div', null, h('time', { title: fullDate(one.modified) }, date), isNow && h('span', { class: 'now' }, 'Current'),
          h('span', { class: 'hint' }, one.is_deleted ? 'Deleted, or moved away' : size(one.bytes))),
        !one.is_deleted && h('div', { class: 'acts-row' },
          act('View', () => import('../viewer/viewer.js').then((viewer) => viewer.open(ctx, [at], 0))),
          canCompare && act('Compare', () => import('./compare.js').then((compare) => compare.open(ctx, entry, there, rev, String(current.rev)))),
          act('Download', () => (isNow ? ctx.download(entry) : save(ctx, entry.path, rev))),
          !isNow && act('Restore', () => restore(rev, date))));
    }
  };
  /** @param {string} rev @param {string} date */
  const restore = async (rev, date) => {
    try {
      await ctx.api.restore(entry.path, rev);
      ctx.toast(`${plain(nameOf(entry.path))} is again as it was: ${date}.`);
      dialog.close();
      ctx.refresh();
    } catch (/** @type {any} */ error) {
      ctx.toast(error.message, { kind: 'problem' });
    }
  };
  await load();
}
