// What was deleted: to be brought back, or taken away for good. The list is the trash of the Box dialect, which knows things by their
// numbers and where they were.

import { SIGNS } from '../components/icons.js';
import { attempt, button, hint, style } from '../components/parts.js';
import { kindOf } from '../files/kinds.js';
import { h, icon } from '../lib/dom.js';
import { count, plain, size } from '../lib/format.js';
import { moment } from '../lib/moments.js';
import { parentOf, stemOf } from '../lib/paths.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {{type: 'file' | 'folder', id: string, name: string, size: number, trashed_at: string, parent: {id: string, name: string} | null}} Item */

const PAGE = 200;
const ROOT = '0';

/** @param {{name: string, path_collection: {entries: {id: string, name: string}[]}}} item @returns {string} */
const pathOf = ({ name, path_collection: { entries } }) => [...entries.filter(({ id }) => id !== ROOT), { name }].map((one) => `/${one.name}`).join('');

/** The deleted items of the account. @param {Context} ctx */
export async function open(ctx) {
  await style();
  const list = h('ul', { class: 'list' });
  const told = h('p', { class: 'hint', role: 'status', tabIndex: -1 }, 'Loading…');
  const more = button('Show more', () => load());
  const dialog = ctx.dialog('Deleted items', h('div', { class: 'body deleted' }, told, list, more), { size: 'wide' });
  /** Where folders are, by id: what was deleted together lay together. @type {Map<string, Promise<string>>} */
  const places = new Map([[ROOT, Promise.resolve('')]]);
  let seen = 0, total = 0;

  const tell = () => {
    told.textContent = total ? `${count(total, 'item')}, kept until you delete them for good.` : 'Nothing is deleted. What you delete comes here first, and can be brought back.';
    list.hidden = !total;
    more.hidden = seen >= total;
  };
  const load = () => attempt(ctx, async () => {
    const query = { fields: 'name,size,trashed_at,parent', sort: 'date', direction: 'DESC', offset: seen, limit: PAGE };
    const page = await ctx.api.json('/2.0/folders/trash/items', { query });
    total = page.total_count;
    seen += page.entries.length;
    list.append(...page.entries.map(line));
    tell();
  });
  const placeOf = (/** @type {string} */ id) => {
    const known = places.get(id) ?? ctx.api.json(`/2.0/folders/${id}?fields=name,path_collection`).then(pathOf);
    places.set(id, known);
    return known;
  };

  /** @param {Item} item */
  function line({ type, id, name, size: bytes, trashed_at: date, parent }) {
    const shown = plain(name), isFolder = type === 'folder', address = `/2.0/${type}s/${id}`;
    const where = h('bdi', null, parent?.id === ROOT ? 'All files' : plain(parent?.name ?? ''));
    if (parent && parent.id !== ROOT) placeOf(parent.id).then((path) => { where.textContent = plain(path.slice(1).replaceAll('/', ' / ')); }, () => where.append(' (deleted, too)'));
    const act = (/** @type {string} */ text, /** @type {() => Promise<any>} */ run, className = '') => button(text, run, `link ${className}`, `${text}: ${shown}`);
    const row = h('li', null, icon(SIGNS[kindOf({ path: `/${name}`, is_dir: isFolder }).sign]),
      h('div', null, h('bdi', { class: 'name' }, shown), h('span', { class: 'hint' }, 'in ', where, ` · ${size(bytes)} · `, moment(date))),
      h('div', { class: 'acts-row' }, act('Restore', () => end(restore)), act('Delete for good', () => purge(), 'danger')));

    const restore = async () => {
      const stem = stemOf(name, isFolder);
      // Both are for the case that its name, or its folder, is not to be had.
      const json = { name: `${stem} (restored)${name.slice(stem.length)}`, parent: { id: ROOT } };
      const back = await ctx.api.json(`${address}?fields=name,path_collection`, { json });
      const path = pathOf(back);
      const run = () => {
        dialog.close();
        ctx.go(parentOf(path)).then(() => ctx.select([path]));
      };
      ctx.toast(`${plain(back.name)} is back.`, { action: 'Show it', run });
    };
    const purge = async () => {
      const text = `${shown}${isFolder ? ' and all that is in it' : ''} will be gone, with all versions. This cannot be undone.`;
      const yes = 'Delete for good';
      if (await ctx.confirm({ title: 'Delete for good?', text, yes, danger: true })) end(() => ctx.api.json(`${address}/trash`, { method: 'DELETE' }));
    };
    const end = async (/** @type {() => Promise<any>} */ run) => {
      row.inert = true;
      row.inert = await attempt(ctx, run);
      if (!row.inert) return;
      const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector('button');
      row.remove();
      total--;
      seen--;
      tell();
      (next ?? told).focus();
    };
    return row;
  }
  more.hidden = true;
  await load();
}
