// What a file was: to be looked at, compared, saved, and made the present version again. What changes meanwhile is shown.

import { ANSWER_MAX } from '../api/client.js';
import { attempt, button, hint, named, style } from '../components/parts.js';
import { follow } from '../files/live.js';
import { fill, h } from '../lib/dom.js';
import { count, size, when } from '../lib/format.js';
import { moment } from '../lib/moments.js';
import { kindOf } from '../viewer/kinds.js';
import { earlier } from './earlier.js';

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
  const closed = new AbortController(), { signal } = closed;
  const dialog = ctx.dialog(`Versions of ${named(path)}`, body, { size: 'wide', onclose: () => closed.abort() });
  let shown = FIRST;
  /** The last look, which alone is shown. */
  let look = 0;

  const load = async () => {
    const mine = ++look;
    try {
      const here = await ctx.api.revisions(path);
      const before = here[0]?.is_deleted ? [] : earlier(here, await ctx.api.versions(entry));
      // Of a path with so long a history it is not told where what is older was.
      if (mine === look && !signal.aborted) here.length < ANSWER_MAX ? draw(here, before) : draw([...here, ...before], []);
    } catch (error) {
      if (mine === look) fill(body, h('p', { class: 'problem', role: 'alert' }, /** @type {Error} */ (error).message), button('Try again', load));
    }
  };
  const watch = async () => {
    const cursor = await ctx.api.latestCursor(path).catch(() => '');
    await load();
    if (cursor) follow(ctx.api, path, cursor, { onchange: load, onreset: watch, onreach() {} }, signal);
  };

  /** @param {Entry[]} here @param {Entry[]} before Under earlier names. */
  const draw = (here, before) => {
    const all = [...here, ...before];
    const there = all.filter((one) => !one.is_deleted && !one.is_dir);
    const current = here[0]?.is_deleted ? undefined : there[0];
    // Whoever is at a button stays there.
    const key = body.contains(document.activeElement) && /** @type {HTMLElement} */ (document.activeElement).dataset.key;
    const lines = all.slice(0, shown).map((one) => line(one, there, current, before.includes(one)));
    const text = there.length < 2 ? 'Whenever this file is changed, what it was before is kept here.'
      : `${count(there.length, 'version')}. Restoring one loses none: it becomes the newest.`;
    const more = () => {
      shown = all.length;
      draw(here, before);
    };
    fill(body, h('p', { class: 'hint', role: 'status' }, text,
      before.length > 0 && ` The ${before.length > 1 ? `${before.length} oldest are` : 'oldest is'} from before the file was renamed or moved here.`),
    h('ul', { class: 'list' }, ...lines), all.length > shown && button(`Show ${count(all.length - shown, 'more', 'more')}`, more));
    if (key) [...body.querySelectorAll('button')].find(({ dataset }) => dataset.key === key)?.focus();
  };
  /** @param {Entry} one @param {Entry[]} there @param {Entry | undefined} current @param {boolean} isBefore */
  const line = (one, there, current, isBefore) => {
    const rev = String(one.rev), date = when(one.modified), isNow = one === current;
    const act = (/** @type {string} */ text, /** @type {() => Promise<any>} */ run) => {
      const made = button(text, () => attempt(ctx, run), 'link', `${text}: the version of ${date}`);
      made.dataset.key = text + rev;
      return made;
    };
    const canCompare = !isNow && current && kindOf(entry) === 'text' && one.bytes + current.bytes < COMPARED_MAX;
    return h('li', null,
      h('div', null, moment(one.modified), isNow && hint('Current', 'now'), hint(one.is_deleted ? 'Deleted, or moved away' : size(one.bytes) + (isBefore ? ' · under an earlier name' : ''))),
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
  await watch();
}
