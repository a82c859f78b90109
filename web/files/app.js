// The page of files: what is open, what is shown of it, and who is told of what.

import { ApiError, Client, isAbort, textOf } from '../api/client.js';
import { confirm, openDialog } from '../components/dialog.js';
import { openMenu } from '../components/menu.js';
import { prepareToasts, toast } from '../components/toast.js';
import { h } from '../lib/dom.js';
import { count } from '../lib/format.js';
import { fromAddress, isWithin, keyOf, parentOf, toAddress } from '../lib/paths.js';
import { download, newFolder } from './actions.js';
import { Crumbs, ROOT, titleOf } from './crumbs.js';
import { startDragging } from './drag.js';
import { Folder, NoFolder } from './folder.js';
import { startKeys } from './keys.js';
import { List } from './list.js';
import { follow } from './live.js';
import { hideNotice, showEmpty, showGone, showNotFound, showProblem } from './notice.js';
import { startPointer } from './pointer.js';
import { Search } from './search.js';
import { Selection } from './selection.js';
import { readOrder, writeOrder } from './settings.js';
import { filtered, sorted } from './sort.js';
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
  /** @type {unknown} What keeps the folder from being shown. */
  #problem = null;
  /** To be selected as soon as they are there. @type {Set<string>} */
  #wished = new Set();
  /** Ends what is done for the folder that is open. */
  #open = new AbortController();
  /** Where each folder was scrolled to. @type {Map<string, number>} */
  #scrolls = new Map();
  /** @type {{choose(kind: 'files' | 'folder'): void, drop(data: DataTransfer, path: string): void} | null} */
  #uploads = null;

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
      onall: () => (this.selection.size ? this.selectNone() : this.selectAll()),
    });
    this.toolbar = new Toolbar(this);
    this.notice = h('div', { class: 'notice', hidden: true });
    this.status = h('p', { class: 'status', role: 'status' });
    this.hint = h('p', { class: 'hint drop-hint', 'aria-hidden': 'true' });
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
    addEventListener('popstate', () => this.#show(fromAddress(location.pathname), { isBack: true }));
  }

  async start() {
    this.list.mark(this.order);
    const opened = this.#show(fromAddress(location.pathname), { isFirst: true });
    this.attempt(async () => {
      this.account = await this.api.account();
      const { start } = await import('../uploads/uploads.js');
      this.#uploads = start(this);
    });
    await opened;
  }

  /**
   * @param {string} path
   * @param {{from?: string}} [options] The key of the child that one comes from: the keyboard goes on there.
   */
  async go(path, { from } = {}) {
    if (keyOf(path) === keyOf(this.path) && !this.#problem && !this.search.query) return;
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
    this.#problem = null;
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
      this.#problem = error;
      this.update();
    }
  }

  /** @param {Folder} folder @param {AbortSignal} signal */
  #follow(folder, signal) {
    const told = {
      onchange: (/** @type {[string, Entry | null][]} */ entries) => {
        if (folder.isGoneBy(entries)) this.#problem = new ApiError(404, '');
        const fresh = folder.patch(entries);
        this.search.again();
        if (fresh.size || this.#problem) this.update(fresh);
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

  isReached = true;

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
    }
  }

  /** @param {string[]} paths */
  select(paths) {
    this.#wished = new Set(paths.map(keyOf));
    this.update();
  }

  selectAll() {
    this.selection.all(this.list.entries);
    this.update();
  }

  selectNone() {
    this.selection.clear();
    this.update();
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
    const entries = this.#problem ? [] : sorted(found, this.order);
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
    list.element.setAttribute('aria-label', `Files in ${titleOf(this.path)}`);
    list.element.setAttribute('aria-busy', String(!folder.isWhole));
    this.toolbar.update(this.selected());
    this.#tell(entries);
  }

  /** @param {Entry[]} entries */
  #tell(entries) {
    const { folder, search, notice, path } = this;
    const isReading = !folder.isWhole || search.isSearching;
    const words = [count(entries.length, search.query ? 'match' : 'item', search.query ? 'matches' : 'items')];
    if (isReading) words.push(entries.length ? 'reading on…' : 'reading…');
    if (!this.isReached) words.push('no connection: what others change is shown when it is back');
    this.status.textContent = this.#problem || !(entries.length || isReading || search.query) ? '' : words.join(' · ');
    const up = { text: path ? `Open “${titleOf(parentOf(path))}”` : 'Try again', run: () => this.go(parentOf(path)), main: true };
    const again = { text: 'Try again', run: () => this.refresh(), main: true };
    if (this.#problem) {
      const isGone = this.#problem instanceof NoFolder || (this.#problem instanceof ApiError && this.#problem.status === 404);
      const bin = { text: 'Deleted items', run: () => this.deleted() };
      if (isGone) showGone(notice, [up, bin]);
      else showProblem(notice, textOf(this.#problem), [again, ...(path ? [{ text: ROOT, run: () => this.go('') }] : [])]);
    } else if (entries.length || isReading) hideNotice(notice);
    else if (search.problem) showProblem(notice, search.problem, [{ ...again, run: () => search.widen(search.reach) }]);
    else if (search.query) {
      const all = { text: 'Search everywhere', run: () => search.widen('all'), main: true };
      const end = { text: 'End the search', run: () => search.reset() };
      showNotFound(notice, search.query, search.reach === 'all' || search.query.length < 3 ? [end] : [all, end]);
    } else showEmpty(notice, !path, () => this.choose('files'), () => newFolder(this));
  }

  /** @param {Entry} entry */
  openEntry(entry) {
    if (entry.is_dir) return this.go(entry.path);
    const files = this.list.entries.filter((each) => !each.is_dir);
    return this.attempt(async () => (await import('../viewer/viewer.js')).open(this, files, files.indexOf(entry)));
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

  /** @param {Entry} entry */
  share(entry) {
    return this.attempt(async () => (await import('../share/share.js')).open(this, entry));
  }

  /** @param {Entry} entry */
  versions(entry) {
    return this.attempt(async () => (await import('../versions/versions.js')).open(this, entry));
  }

  deleted() {
    return this.attempt(async () => (await import('../deleted/deleted.js')).open(this));
  }

  /** @param {'files' | 'folder'} kind */
  choose(kind) {
    this.#uploads?.choose(kind);
  }

  /** @param {DataTransfer} data @param {string} path */
  drop(data, path) {
    this.#uploads?.drop(data, path);
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
