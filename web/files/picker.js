// A dialog to pick a folder in: one folder's folders at a time, the way up above them.

import { isAbort, textOf } from '../api/client.js';
import { ask, openDialog } from '../components/dialog.js';
import { SIGNS } from '../components/icons.js';
import { button, named } from '../components/parts.js';
import { fill, h, icon } from '../lib/dom.js';
import { join, problemOf } from '../lib/paths.js';
import { Crumbs, titleOf } from './crumbs.js';
import { Folder } from './folder.js';
import { sorted } from './sort.js';

/**
 * @typedef {object} Pick
 * @property {string} title
 * @property {string} yes
 * @property {string} at The folder that it begins in.
 * @property {(folder: string) => string} refuse Why this one will not do, or ''.
 * @property {(folder: string) => void} run
 */

/** A folder of more folders is shown up to here: nobody reads further. */
const SHOWN_MAX = 1000;

/** @param {import('./app.js').App} app @param {Pick} pick */
export function pickFolder(app, { title, yes, at, refuse, run }) {
  let path = at;
  let running = new AbortController();
  const crumbs = new Crumbs((to) => open(to, true));
  const list = h('ul', { class: 'picks' });
  const note = h('p', { class: 'hint', role: 'status' });
  const go = button(yes, () => {
    dialog.close();
    run(path);
  }, 'main');
  const create = button('New folder', make);
  const buttons = h('div', { class: 'buttons' }, create, h('span', { class: 'gap' }), go);
  const dialog = openDialog(title, h('div', { class: 'body picker' }, crumbs.element, list, note, buttons), {
    onclose: () => running.abort(),
  });

  /** @param {string} to @param {boolean} isFocused */
  async function open(to, isFocused) {
    path = to;
    running.abort();
    const { signal } = (running = new AbortController());
    crumbs.show(to);
    if (isFocused) dialog.element.querySelector('h1')?.focus();
    fill(list);
    const refused = refuse(to);
    go.disabled = Boolean(refused);
    note.textContent = 'Reading…';
    const folder = new Folder(app.api, to);
    const show = () => {
      const folders = sorted([...folder.children.values()].filter((entry) => entry.is_dir), { by: 'name', descending: false });
      fill(list, ...folders.slice(0, SHOWN_MAX).map((entry) => line(entry.path)));
      const empty = folders.length ? '' : `No folders in “${titleOf(to)}”.`;
      note.textContent = [refused, folder.isWhole ? empty : 'Reading…'].filter(Boolean).join(' ');
    };
    try {
      await folder.load(show, signal);
    } catch (error) {
      if (!isAbort(error)) note.textContent = textOf(error);
    }
  }

  /** @param {string} to */
  function line(to) {
    // What cannot hold them has no way in, either: what is moved does not go into itself.
    const isShut = refuse(to) === refuse(join(to, 'x')) && refuse(to) !== '';
    const way = h('button', { class: 'plain', disabled: isShut, onclick: () => open(to, true) }, icon(SIGNS.folder, 'icon sign-folder'), named(to));
    return h('li', null, way);
  }

  function make() {
    const within = path;
    ask({
      title: 'New folder',
      label: `Name, in “${titleOf(within)}”`,
      yes: 'Create',
      check: problemOf,
      run: async (name) => {
        const entry = await app.api.createFolder(join(within, name));
        app.patch([[entry.path, entry]]);
        open(entry.path, true);
      },
    });
  }

  open(at, true);
}
