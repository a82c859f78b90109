// What a file was: to be looked at, compared, saved, and made the present version again.

import { attempt, button, hint, named, style } from '../components/parts.js';
import { fill, h } from '../lib/dom.js';
import { count, fullDate, size, when } from '../lib/format.js';
import { kindOf } from '../viewer/kinds.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */

/** How many are shown before somebody asks for the others. */
const FIRST = 50;
/** Texts that are larger are not compared, in bytes. */
const COMPARED_MAX = 2 * 2 ** 20;

/** The versions of a file. @param {Context} ctx @param {Entry} entry */
export async function open(ctx, entry) {
  await style();
  const { path } = entry;
  const body = h('div', { class: 'body versions' }, hint('Loading…'));
  const dialog = ctx.dialog(`Versions of ${named(path)}`, body, { size: 'wide' });
  const load = () => ctx.api.revisions(path).then((all) => draw(all, FIRST), ({ message }) => {
    fill(body, h('p', { class: 'problem', role: 'alert' }, message), button('Try again', load));
  });
  /** @param {Entry[]} all @param {number} shown */
  const draw = (all, shown) => {
    const there = all.filter((one) => !one.is_deleted && !one.is_dir);
    const current = all[0]?.is_deleted ? undefined : there[0];
    const lines = all.slice(0, shown).map((one) => line(one, there, current));
    fill(body, h('p', { class: 'hint' }, there.length < 2 ? 'Whenever this file is changed, what it was before is kept here.'
      : `${count(there.length, 'version')}. Restoring one loses none: it becomes the newest.`), h('ul', { class: 'list' }, ...lines),
    all.length > shown && button(`Show ${count(all.length - shown, 'more', 'more')}`, () => draw(all, all.length)));
  };
  /** @param {Entry} one @param {Entry[]} there @param {Entry} [current] */
  const line = (one, there, current) => {
    const rev = String(one.rev), date = when(one.modified), isNow = one === current;
    const act = (/** @type {string} */ text, /** @type {() => Promise<any>} */ run) => button(text, () => attempt(ctx, run), 'link', `${text}: the version of ${date}`);
    const canCompare = !isNow && current && kindOf(entry) === 'text' && one.bytes + current.bytes < COMPARED_MAX;
    return h('li', null,
      h('div', null, h('time', { title: fullDate(one.modified) }, date), isNow && hint('Current', 'now'), hint(one.is_deleted ? 'Deleted, or moved away' : size(one.bytes))),
      !one.is_deleted && h('div', { class: 'acts-row' },
        act('View', async () => (await import('../viewer/viewer.js')).open(ctx, [{ ...one, path, at: rev }], 0)),
        canCompare && act('Compare', async () => (await import('./compare.js')).open(ctx, path, there, rev, String(current.rev))),
        act('Download', async () => (isNow ? ctx.download(entry) : (await import('./save.js')).save(ctx, path, rev))),
        !isNow && act('Restore', async () => {
          await ctx.api.restore(path, rev);
          ctx.toast(`${named(path)} is again what it was: ${date}.`);
          dialog.close();
        })));
  };
  await load();
}
