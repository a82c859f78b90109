// The page of files: what is open, what is shown of it, and who is told of what.

import { ApiError, Client, isAbort, textOf } from '../api/client.js';
import { confirm, openDialog } from '../components/dialog.js';
import { openMenu } from '../components/menu.js';
import { prepareToasts, toast } from '../components/toast.js';
import { h } from '../lib/dom.js';
import { fromAddress, keyOf, parentOf, toAddress } from '../lib/paths.js';
import { download } from './actions.js';
import { Crumbs, titleOf } from './crumbs.js';
import { startDragging } from './drag.js';
import { Folder, NoFolder } from './folder.js';
import { startKeys } from './keys.js';
import { List } from './list.js';
import { follow } from './live.js';
import { Parts } from './parts.js';
import { startPointer } from './pointer.js';
import { Search } from './search.js';
import { Selection } from './selection.js';
import { readOrder, writeOrder } from './settings.js';
import { filtered, sorted } from './sort.js';
import { tell } from './tell.js';
import { Thumbnails } from './thumbs.js';
import { Toolbar, actsOn } from './toolbar.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {import('./context.js').Context} Context */

/** @implements {Context} */
export class App {
  /** @type {Record<string, any>} */
  account = {};
  path = '';
  toast = toast;
  confirm = confirm;
  dialog = openDialog;
  order = readOrder();
  selection = new Selection();
  /** Whether the server answers. */
  isReached = true;
  /** Whether a file is shown over the folder. */
  isViewing = false;
  /** @type {unknown} What keeps the folder from being shown. */
  problem = null;
  /** To be selected as soon as they are there. @type {Set<string>} */
  #wished = new Set();
  /** Ends what is done for the folder that is open. */
  #open = new AbortController();
  /** Where each folder was scrolled to. @type {Map<string, number>} */
  #scrolls = new Map();

  /** @param {HTMLElement} host @param {string} formToken */
  constructor(host, formToken) {
    this.formToken = formToken;
    this.api = new Client(formToken);
    this.folder = new Folder(this.api, '');
    this.search = new Search(this.api, () => this.path, () => this.update());
    this.crumbs = new Crumbs((path) => this.go(path));
    this.list = new List({
      selection: this.selection,
      thumbnails: new Thumbnails(this.api),
      onsort: (by) => this.sort(by),
      onall: () => (this.selection.size < this.list.entries.length ? this.selectAll() : this.selectNone()),
    });
    this.parts = new Parts(this);
    this.toolbar = new Toolbar(this);
    this.notice = h('div', { class: 'notice', hidden: true });
    this.status = h('p', { class: 'status', role: 'status' });
    this.hint = h('p', { class: 'hint drop-hint', ariaHidden: 'true' });
    host.replaceChildren(
      h('div', { class: 'top' }, this.crumbs.element, this.toolbar.element),
      this.search.reaches,
      h('div', { class: 'middle' }, this.list.element, this.notice, this.hint),
      this.status,
    );
    prepareToasts();
    startKeys(this);
    startPointer(this);
    startDragging(this, host);
    addEventListener('popstate', () => {
      const wasViewing = this.isViewing;
      this.isViewing = false;
      for (const open of document.querySelectorAll(wasViewing ? '.full' : 'dialog')) /** @type {HTMLDialogElement} */ (open).close();
      if (!wasViewing) this.#show(fromAddress(location.pathname), { isBack: true });
    });
  }

  async start() {
    this.list.mark(this.order);
    const opened = this.#show(fromAddress(location.pathname), { isFirst: true });
    this.attempt(async () => {
      this.account = await this.api.account();
      await this.parts.start();
    });
    await opened;
  }

  /**
   * @param {string} path
   * @param {{from?: string}} [options] The key of the child that one comes from: the keyboard goes on there.
   */
  async go(path, { from } = {}) {
    if (keyOf(path) === keyOf(this.path) && !this.problem && !this.search.query) return;
    this.#scrolls.set(keyOf(this.path), this.list.element.scrollTop);
    history.pushState(null, '', toAddress(path));
    await this.#show(path, { from });
  }

  /** @param {string} path @param {{from?: string, isBack?: boolean, isFirst?: boolean}} options */
  async #show(path, { from, isBack, isFirst }) {
    const isInList = [document.body, this.list.element].includes(/** @type {HTMLElement} */ (document.activeElement));
    this.path = path;
    this.folder = new Folder(this.api, path);
    this.selection.clear();
    this.selection.active = from ?? null;
    this.crumbs.show(path);
    document.title = `${titleOf(path)} · Tidemark`;
    this.list.element.scrollTop = 0;
    this.search.reset();
    if (from) this.#wished.add(from);
    await this.refresh();
    const scroll = isBack && this.#scrolls.get(keyOf(path));
    if (scroll) this.list.element.scrollTop = scroll;
    if (isFirst) return;
    if (isInList || !document.activeElement?.isConnected) this.list.element.focus({ preventScroll: true });
  }

  async refresh() {
    this.#open.abort();
    const { signal } = (this.#open = new AbortController());
    const { folder } = this;
    this.problem = null;
    this.update();
    try {
      await folder.load(() => this.update(), signal);
      this.#follow(folder, signal);
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      // The address of a file opens its folder, and the file.
      if (error instanceof NoFolder && !error.entry.is_deleted) {
        const { path } = error.entry;
        history.replaceState(null, '', toAddress(parentOf(path)));
        await this.#show(parentOf(path), { from: keyOf(path) });
        const found = this.folder.children.get(keyOf(path));
        return found && this.openEntry(found);
      }
      this.problem = error;
      this.update();
    }
  }

  /** @param {Folder} folder @param {AbortSignal} signal */
  #follow(folder, signal) {
    const told = {
      onchange: (/** @type {[string, Entry | null][]} */ entries) => {
        if (folder.isGoneBy(entries)) this.problem = new ApiError(404, '');
        const fresh = folder.patch(entries);
        this.search.again();
        if (fresh.size || this.problem) this.update(fresh);
      },
      onreset: () => this.refresh(),
      onreach: (/** @type {boolean} */ isReached) => {
        if (this.isReached === isReached) return;
        this.isReached = isReached;
        this.update();
      },
    };
    follow(this.api, folder.path, folder.cursor ?? '', told, signal);
  }

  /** @returns {Entry[]} */
  entries() {
    return this.list.entries;
  }

  /** @returns {Entry[]} */
  selected() {
    return this.selection.of(this.list.entries);
  }

  /** What an act is for: what is selected, or else where the keyboard is. @returns {Entry[]} */
  acted() {
    const selected = this.selected();
    const active = this.list.entries[this.list.activeIndex];
    return selected.length || !active ? selected : [active];
  }

  /** @param {string} path @returns {boolean} Whether something is known to be there. */
  has(path) {
    return this.folder.children.has(keyOf(path));
  }

  /**
   * Shows what an act of our own has changed, before it is told.
   * @param {[string, Entry | null][]} told
   */
  patch(told) {
    if (this.folder.patch(told).size) this.update();
    if (this.search.found) {
      const gone = new Set(told.filter(([, entry]) => !entry).map(([path]) => keyOf(path)));
      this.search.found = this.search.found.filter(({ path }) => !gone.has(keyOf(path)));
      this.update();
      this.search.again();
    }
  }

  /** @param {string[]} paths */
  select(paths) {
    this.#wished = new Set(paths.map(keyOf));
    this.update();
  }

  selectAll() {
    this.selection.all(this.list.entries);
    this.mark();
  }

  selectNone() {
    this.selection.clear();
    this.mark();
    this.list.element.focus({ preventScroll: true });
  }

  /** @param {import('./sort.js').Column} by */
  sort(by) {
    const isSame = this.order.by === by;
    // Of dates and sizes the last and largest are looked for.
    const descending = isSame ? !this.order.descending : by === 'modified' || by === 'bytes';
    this.order = { by, descending };
    writeOrder(this.order);
    this.list.mark(this.order);
    this.list.element.scrollTop = 0;
    this.update();
  }

  /** Shows everything as it is now. @param {Set<string>} [fresh] The keys of what somebody else has changed. */
  update(fresh) {
    const { list, folder, search, selection } = this;
    const found = search.isDeep ? (search.found ?? []) : filtered([...folder.children.values()], search.query);
    const entries = this.problem ? [] : sorted(found, this.order);
    const line = list.activeIndex;
    list.place = search.place;
    if (folder.isWhole && !search.isSearching) selection.keepOnly(entries, line);
    const wished = this.#wished.size ? entries.filter(({ path }) => this.#wished.has(keyOf(path))) : [];
    if (wished.length) {
      selection.all(wished);
      selection.at(wished[0]);
      for (const { path } of wished) this.#wished.delete(keyOf(path));
    }
    list.set(entries, fresh);
    if (wished.length) list.reveal(list.activeIndex);
    list.element.hidden = entries.length === 0;
    list.element.ariaLabel = `Files in ${titleOf(this.path)}`;
    list.element.ariaBusy = String(!folder.isWhole);
    this.toolbar.update(this.selected());
    tell(this, entries);
  }

  /** Shows what is selected as it is now; the rest has not changed. */
  mark() {
    this.list.draw();
    this.toolbar.update(this.selected());
  }

  /** @param {Entry} entry */
  openEntry(entry) {
    if (entry.is_dir) return this.go(entry.path);
    return this.parts.view(entry);
  }

  /** @param {Entry} entry */
  async showInFolder(entry) {
    await this.go(parentOf(entry.path));
    this.select([entry.path]);
  }

  /** @param {Entry} entry @param {string} [as] */
  download(entry, as) {
    return this.attempt(() => download(this, [entry], as));
  }

  /** @param {Element | {x: number, y: number}} at */
  menuAt(at) {
    const entries = this.acted();
    if (entries.length) openMenu(at, 'Actions', actsOn(this, entries));
  }

  /**
   * Does something, and tells if it does not work.
   * @param {() => Promise<any>} act
   */
  async attempt(act) {
    try {
      await act();
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof ApiError)) console.error(error);
      this.toast(textOf(error), { kind: 'problem', action: 'Try again', run: () => this.attempt(act) });
    }
  }
}
