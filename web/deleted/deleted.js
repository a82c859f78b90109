// What was deleted: to be brought back, or taken away for good. The list is the trash of the Box dialect, which knows things by their
// numbers and where they were.

import { style } from '../components/style.js';
import { SIGNS } from '../components/icons.js';
import { kindOf } from '../files/kinds.js';
import { fill, h, icon } from '../lib/dom.js';
import { count, fullDate, plain, size, when } from '../lib/format.js';
import { extensionOf } from '../lib/paths.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {{type: 'file' | 'folder', id: string, name: string, size: number, trashed_at: string, parent: {id: string, name: string} | null}} Item */

const PAGE = 200;
const ROOT = '0';

/** The deleted items of the account. @param {Context} ctx */
export async function open(ctx) {
  await style('panels.css');
  const list = h('ul', { class: 'list', 'aria-label': 'Deleted items' });
  const told = h('p', { class: 'hint', role: 'status', tabIndex: -1 }, 'Loading…');
  const more = h('button', { type: 'button', hidden: true, onclick: () => load() }, 'Show more');
  const dialog = ctx.dialog('Deleted items', h('div', { class: 'body deleted' }, told, list, more), { size: 'wide' });
  /** Where folders are, by id: what was deleted together lay together. @type {Map<string, Promise<string>>} */
  const places = new Map([[ROOT, Promise.resolve('')]]);
  let [seen, total] = [0, 0];

  const load = async () => {
    more.disabled = true;
    try {
      const query = { fields: 'name,size,trashed_at,parent', sort: 'date', direction: 'DESC', offset: seen, limit: PAGE };
      const page = await ctx.api.json('/2.0/folders/trash/items', { query });
      total = page.total_count;
      seen += page.entries.length;
      list.append(...page.entries.map(line));
      more.hidden = seen >= total;
      tell();
    } catch (/** @type {any} */ error) {
      told.textContent = error.message;
      more.hidden = false;
      more.textContent = 'Try again';
    }
    more.disabled = false;
  };

  const tell = () => {
    told.textContent = total ? `${count(total, 'deleted item')}, kept until you delete them for good.` : '';
    if (!total) fill(list);
    list.hidden = !total;
    if (!total) fill(told, h('strong', null, 'Nothing is deleted.'), ' What you delete comes here first, and can be brought back.');
  };

  /** @param {string} id @returns {Promise<string>} The path of a folder. */
  const placeOf = (id) => {
    const known = places.get(id) ?? ctx.api.json(`/2.0/folders/${id}?fields=name,path_collection`).then((folder) => pathOf(folder));
    places.set(id, known);
    return known;
  };

  /** @param {Item} item */
  function line(item) {
    const name = plain(item.name), isFolder = item.type === 'folder';
    const where = h('bdi', null, item.parent && item.parent.id !== ROOT ? plain(item.parent.name) : 'Files');
    if (item.parent) placeOf(item.parent.id).then((path) => { where.textContent = plain(path.slice(1).replaceAll('/', ' / ')) || 'Files'; }, () => where.append(' (deleted, too)'));
    const act = (/** @type {string} */ text, /** @type {() => void} */ run, className = 'link') => h('button', { type: 'button', class: className, 'aria-label': `${text}: ${name}`, onclick: run }, text);
    const row = h('li', null, icon(SIGNS[kindOf({ path: `/${item.name}`, is_dir: isFolder }).sign], 'icon sign'),
      h('div', null, h('bdi', { class: 'name' }, name), h('span', { class: 'hint' }, 'in ', where, ` · ${isFolder ? 'folder, ' : ''}${size(item.size)} · `,
        h('time', { title: fullDate(item.trashed_at) }, when(item.trashed_at)))),
      h('div', { class: 'acts-row' }, act('Restore', restore), act('Delete for good', purge, 'link danger')));
    const address = `/2.0/${item.type}s/${item.id}`;

    async function restore() {
      const extension = extensionOf(item.name);
      const stem = extension && !isFolder ? item.name.slice(0, -extension.length - 1) : item.name;
      // Both are for the case that its name, or its folder, is not to be had.
      const refuge = { name: `${stem} (restored)${item.name.slice(stem.length)}`, parent: { id: ROOT } };
      await attempt(async () => {
        const back = await ctx.api.json(`${address}?fields=name,path_collection`, { json: refuge });
        const path = pathOf(back);
        const run = () => {
          dialog.close();
          ctx.go(path.slice(0, path.lastIndexOf('/'))).then(() => ctx.select([path]));
        };
        ctx.toast(`${plain(back.name)} is back.`, { action: 'Show it', run });
        ctx.refresh();
      });
    }

    async function purge() {
      const text = `${name} ${isFolder ? 'and all that is in it' : ''} will be gone, with all its versions. This cannot be undone.`.replace('  ', ' ');
      if (await ctx.confirm({ title: 'Delete for good?', text, yes: 'Delete for good', danger: true })) {
        await attempt(() => ctx.api.json(`${address}/trash`, { method: 'DELETE' }));
      }
    }

    /** @param {() => Promise<any>} run */
    async function attempt(run) {
      row.querySelectorAll('button').forEach((button) => { button.disabled = true; });
      try {
        await run();
        const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector('button');
        row.remove();
        total--;
        seen--;
        tell();
        (next ?? told).focus();
      } catch (/** @type {any} */ error) {
        ctx.toast(error.message, { kind: 'problem' });
        row.querySelectorAll('button').forEach((button) => { button.disabled = false; });
      }
    }
    return row;
  }
  await load();
}

/** @param {{name: string, path_collection: {entries: {id: string, name: string}[]}}} item @returns {string} */
const pathOf = ({ name, path_collection: around }) => [...around.entries.filter(({ id }) => id !== ROOT).map((folder) => folder.name), name].map((part) => `/${part}`).join('');
