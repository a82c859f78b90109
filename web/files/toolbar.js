// What can be done: above the list for the folder, or for what is selected; and the menus of the same.

import { openMenu } from '../components/menu.js';
import { ICONS } from '../components/icons.js';
import { fill, h, icon } from '../lib/dom.js';
import { count, size } from '../lib/format.js';
import { download, newFolder, remove, rename } from './actions.js';
import { showHelp } from './keys.js';
import { COLUMNS } from './list.js';
import { relocateByDialog } from './relocate.js';

/** @typedef {import('./app.js').App} App */
/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {import('../components/menu.js').MenuItem} MenuItem */

/**
 * Everything that can be done with these.
 * @param {App} app @param {Entry[]} entries
 * @returns {(MenuItem | null)[]}
 */
export function actsOn(app, entries) {
  const [only] = entries;
  const isOne = entries.length === 1;
  /** @type {(MenuItem | null | false)[]} */
  const items = [
    isOne && { text: 'Open', icon: only.is_dir ? ICONS.open : ICONS.view, keys: '↵', run: () => app.openEntry(only) },
    app.search.isDeep && isOne && { text: 'Show in its folder', icon: ICONS.open, run: () => app.showInFolder(only) },
    { text: isOne && !only.is_dir ? 'Download' : 'Download as a zip', icon: ICONS.download, run: () => app.attempt(() => download(app, entries)) },
    isOne && { text: 'Share a link', icon: ICONS.link, run: () => app.parts.share(only) },
    null,
    isOne && { text: 'Rename', icon: ICONS.rename, keys: 'F2', run: () => rename(app, only) },
    { text: 'Move…', icon: ICONS.move, run: () => relocateByDialog(app, entries, 'move') },
    { text: 'Copy…', icon: ICONS.copy, run: () => relocateByDialog(app, entries, 'copy') },
    isOne && !only.is_dir && { text: 'Versions', icon: ICONS.history, run: () => app.parts.versions(only) },
    null,
    { text: 'Delete', icon: ICONS.trash, keys: 'Del', danger: true, run: () => remove(app, entries) },
  ];
  return /** @type {(MenuItem | null)[]} */ (items.filter((item) => item !== false));
}

/** @param {string} text @param {string} sign @param {() => void} run @param {string} [className] */
function button(text, sign, run, className = '') {
  return h('button', { class: `tool ${className}`, title: text, onclick: run }, icon(sign), h('span', null, text));
}

export class Toolbar {
  #isSelecting = false;

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    const upload = button('Upload', ICONS.upload, () => this.#uploadMenu(upload), 'main');
    const more = button('More', ICONS.more, () => this.#moreMenu(more), 'quiet');
    this.plain = [upload, button('New folder', ICONS.folderAdd, () => newFolder(app)), app.search.element, more];
    this.note = h('span', { class: 'count' });
    const acted = (/** @type {(entries: Entry[]) => void} */ act) => () => act(app.selected());
    this.one = [
      button('Rename', ICONS.rename, acted(([entry]) => rename(app, entry)), 'one'),
      button('Share', ICONS.link, acted(([entry]) => app.parts.share(entry)), 'one'),
    ];
    const last = button('More', ICONS.more, () => openMenu(last, 'Actions', actsOn(app, app.selected())), 'quiet');
    for (const each of [upload, more, last]) each.ariaHasPopup = 'menu';
    this.selecting = [
      button('Select nothing', ICONS.close, () => app.selectNone(), 'quiet'),
      this.note,
      button('Download', ICONS.download, acted((entries) => app.attempt(() => download(app, entries)))),
      button('Move', ICONS.move, acted((entries) => relocateByDialog(app, entries, 'move'))),
      ...this.one,
      button('Delete', ICONS.trash, acted((entries) => remove(app, entries)), 'danger'),
      last,
    ];
    this.element = h('div', { class: 'tools', role: 'group', ariaLabel: 'Tools' }, ...this.plain);
  }

  /** @param {Entry[]} selected */
  update(selected) {
    const isSelecting = selected.length > 0;
    if (isSelecting !== this.#isSelecting) {
      const isLost = this.element.contains(document.activeElement);
      fill(this.element, ...(isSelecting ? this.selecting : this.plain));
      this.element.classList.toggle('selecting', isSelecting);
      this.#isSelecting = isSelecting;
      // A button that was pressed is not there any more.
      if (isLost) this.app.list.element.focus({ preventScroll: true });
    }
    const bytes = selected.reduce((sum, entry) => sum + entry.bytes, 0);
    const text = selected.every((entry) => entry.is_dir) ? '' : `, ${size(bytes)}`;
    fill(this.note, count(selected.length, 'selected', 'selected'), h('span', null, text));
    for (const each of this.one) each.hidden = selected.length !== 1;
  }

  /** @param {Element} at */
  #uploadMenu(at) {
    openMenu(at, 'Upload', [
      { text: 'Files', icon: ICONS.upload, keys: 'U', run: () => this.app.parts.choose('files') },
      { text: 'A folder', icon: ICONS.folderAdd, run: () => this.app.parts.choose('folder') },
    ]);
  }

  /** @param {Element} at */
  #moreMenu(at) {
    const { app } = this;
    const sorts = COLUMNS.map(([by, text]) => {
      const isNow = app.order.by === by;
      const sign = isNow ? (app.order.descending ? ICONS.down : ICONS.up) : '';
      return { text: `Sort by ${text.toLowerCase()}`, icon: sign, checked: isNow, run: () => app.sort(by) };
    });
    openMenu(at, 'More', [
      ...sorts,
      null,
      { text: 'Select all', icon: ICONS.check, keys: 'Ctrl A', run: () => app.selectAll() },
      { text: 'Deleted items', icon: ICONS.trash, run: () => app.parts.deleted() },
      { text: 'Keyboard', icon: ICONS.help, keys: '?', run: showHelp },
    ]);
  }
}
