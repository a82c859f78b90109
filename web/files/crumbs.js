// The way from the root to the open folder. Where it does not fit, its beginning is behind a menu.

import { openMenu } from '../components/menu.js';
import { fill, h } from '../lib/dom.js';
import { parentOf, toAddress } from '../lib/paths.js';
import { ICONS } from '../components/icons.js';
import { named } from '../components/parts.js';

/** What the root is called. */
export const ROOT = 'All files';

/** @param {string} path @returns {string} What a folder is called. */
export const titleOf = (path) => named(path) || ROOT;

export class Crumbs {
  #path = '';

  /** @param {(path: string) => void} go */
  constructor(go) {
    this.go = go;
    this.list = h('ol');
    this.element = h('nav', { class: 'way', ariaLabel: 'Folders above' }, this.list);
    new ResizeObserver(() => this.#fit()).observe(this.element);
  }

  /** @param {string} path */
  show(path) {
    this.#path = path;
    this.#fit();
  }

  #fit() {
    /** @type {string[]} */
    const paths = [''];
    for (let path = this.#path; path; path = parentOf(path)) paths.splice(1, 0, path);
    // As many of the last ones as there is room for; the open one always.
    for (let hidden = 0; hidden < paths.length; hidden++) {
      const more = hidden > 0 && h('li', null, this.#menu(paths.slice(0, hidden)));
      fill(this.list, more, ...paths.slice(hidden).map((path) => this.#crumb(path)));
      if (this.element.scrollWidth <= this.element.clientWidth + 1) break;
    }
  }

  /** @param {string} path */
  #crumb(path) {
    if (path === this.#path) return h('li', null, h('h1', { tabIndex: -1 }, titleOf(path)));
    const follow = (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.go(path);
    };
    return h('li', null, h('a', { href: toAddress(path), 'data-path': path, class: 'target', onclick: follow }, titleOf(path)));
  }

  /** @param {string[]} paths */
  #menu(paths) {
    const items = paths.map((path) => ({ text: titleOf(path), icon: ICONS.open, run: () => this.go(path) }));
    const label = 'Folders further above';
    const button = h('button', { class: 'plain', ariaHasPopup: 'menu', ariaLabel: label, onclick: () => openMenu(button, label, items) }, '…');
    return button;
  }
}
