// The list: a grid of which only the lines in sight exist, so that 50,000 are no more than 50.

import { h, icon } from '../lib/dom.js';
import { keyOf } from '../lib/paths.js';
import { ICONS } from '../components/icons.js';
import { Row } from './row.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {import('./sort.js').Column} Column */
/** @typedef {import('./sort.js').Order} Order */

/** Lines beyond both ends of what is in sight, for who scrolls quickly. */
const AROUND = 10;

/** @type {[Column, string][]} */
export const COLUMNS = [
  ['name', 'Name'],
  ['modified', 'Date'],
  ['bytes', 'Size'],
  ['kind', 'Kind'],
];

export class List {
  /** @type {Entry[]} */
  entries = [];
  /** The folder that a search began at, while its results are shown. @type {string | null} */
  place = null;
  /** By their index. @type {Map<number, Row>} */
  #rows = new Map();
  /** @type {Row[]} */
  #spare = [];
  #height = 0;
  #isDue = false;
  #activeIndex = -1;

  /**
   * @param {object} parts
   * @param {import('./selection.js').Selection} parts.selection
   * @param {import('./thumbs.js').Thumbnails} parts.thumbnails
   * @param {(by: Column) => void} parts.onsort
   * @param {() => void} parts.onall
   */
  constructor({ selection, thumbnails, onsort, onall }) {
    this.selection = selection;
    this.thumbnails = thumbnails;
    this.all = h('button', { class: 'plain all', role: 'checkbox', ariaLabel: 'Select all', onclick: onall });
    this.all.append(h('span', { class: 'box' }, icon(ICONS.check)));
    this.heads = COLUMNS.map(([by, text]) => {
      const button = h('button', { class: 'plain', onclick: () => onsort(by) }, text, icon(ICONS.down));
      return h('div', { role: 'columnheader', class: by === 'modified' ? 'date' : by === 'bytes' ? 'size' : by }, button);
    });
    const head = h(
      'div',
      { role: 'row', class: 'head', 'aria-rowindex': 1 },
      h('div', { role: 'columnheader', class: 'pickbox' }, this.all),
      ...this.heads,
      h('div', { role: 'columnheader', class: 'acts' }, h('span', { class: 'unseen' }, 'Actions')),
    );
    this.body = h('div', { role: 'rowgroup', class: 'rows' });
    this.element = h(
      'div',
      { role: 'grid', class: 'grid', tabIndex: 0, ariaMultiSelectable: 'true', ariaLabel: 'Files' },
      h('div', { role: 'rowgroup', class: 'heads' }, head),
      this.body,
    );
    this.element.onscroll = () => this.#later();
    new ResizeObserver(() => {
      this.#height = 0;
      this.body.style.height = `${this.entries.length * this.#measure()}px`;
      this.#later();
    }).observe(this.element);
  }

  /**
   * Shows these. What was at the top of the window stays there.
   * @param {Entry[]} entries
   * @param {Set<string>} [fresh] The keys of those that somebody else has changed.
   */
  set(entries, fresh) {
    const height = this.#measure();
    const { scrollTop } = this.element;
    const first = Math.floor(scrollTop / height);
    const anchor = scrollTop > 0 ? this.entries[first] : undefined;
    this.entries = entries;
    this.element.ariaRowCount = String(entries.length + 1);
    this.body.style.height = `${entries.length * height}px`;
    if (anchor) {
      const now = this.indexOf(keyOf(anchor.path), first);
      if (now >= 0 && now !== first) this.element.scrollTop = scrollTop + (now - first) * height;
    }
    this.draw();
    if (fresh) for (const row of this.#rows.values()) if (row.entry && fresh.has(keyOf(row.entry.path))) row.glow();
  }

  /** @param {Order} order */
  mark({ by, descending }) {
    COLUMNS.forEach(([column], index) => {
      this.heads[index].ariaSort = column === by ? (descending ? 'descending' : 'ascending') : 'none';
    });
  }

  /** Where the keyboard is; -1 is nowhere. */
  get activeIndex() {
    const key = this.selection.active;
    if (key === null) return -1;
    return (this.#activeIndex = this.indexOf(key, this.#activeIndex));
  }

  /** How many lines are in sight. */
  get lines() {
    return Math.max(1, Math.floor((this.element.clientHeight - this.#headHeight()) / this.#measure()) - 1);
  }

  /** @param {string} key @param {number} [near] Where it was last. @returns {number} */
  indexOf(key, near = -1) {
    const is = (/** @type {number} */ index) => this.entries[index] && keyOf(this.entries[index].path) === key;
    return is(near) ? near : this.entries.findIndex((_, index) => is(index));
  }

  /** Scrolls just as far as needed. @param {number} index */
  reveal(index) {
    const height = this.#measure();
    const room = this.element.clientHeight - this.#headHeight();
    const top = index * height;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + height > this.element.scrollTop + room) this.element.scrollTop = top + height - room;
    this.draw();
  }

  /** @param {Event} event @returns {{row: Row, index: number, entry: Entry} | null} The line in which something happened. */
  rowAt(event) {
    const element = /** @type {Element} */ (event.target).closest?.('.row');
    for (const [index, row] of this.#rows) if (row.element === element && row.entry) return { row, index, entry: row.entry };
    return null;
  }

  /** @param {number} index @returns {HTMLElement | undefined} */
  elementAt(index) {
    return this.#rows.get(index)?.element;
  }

  #measure() {
    // Styles say how high a line is, by what is used to point at it.
    this.#height ||= parseFloat(getComputedStyle(this.element).getPropertyValue('--row')) || 48;
    return this.#height;
  }

  #headHeight() {
    return this.body.offsetTop;
  }

  #later() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.draw();
    });
  }

  /** Puts the lines in sight in their places, as entries and selection are now. */
  draw() {
    const { entries, selection, place } = this;
    const height = this.#measure();
    const first = Math.max(0, Math.floor(this.element.scrollTop / height) - AROUND);
    const count = Math.ceil(this.element.clientHeight / height) + 2 * AROUND;
    const end = Math.min(entries.length, first + count);
    /** @type {Row[]} */
    let left = [];
    for (const [index, row] of this.#rows) {
      if (index >= first && index < end) continue;
      this.#rows.delete(index);
      left.push(row);
    }
    const dismiss = () => {
      for (const row of left) row.leave();
      this.#spare.push(...left);
      left = [];
    };
    // After a jump nothing is in sight that was: the lines stay where they stand, and show something else.
    if (this.#rows.size) dismiss();
    /** @type {Element | null} */
    let before = null;
    let active = '';
    for (let index = first; index < end; index++) {
      const row = this.#rows.get(index) ?? left.shift() ?? this.#spare.pop() ?? new Row(this.thumbnails);
      this.#rows.set(index, row);
      const key = keyOf(entries[index].path);
      const isActive = key === selection.active;
      row.show(entries[index], { index, height, isSelected: selection.keys.has(key), isActive, place });
      // In the order of the list, for who hears it.
      const next = /** @type {Element | null} */ (before ? before.nextElementSibling : this.body.firstElementChild);
      if (next !== row.element) this.body.insertBefore(row.element, next);
      before = row.element;
      if (isActive) active = row.element.id;
    }
    dismiss();
    this.#spare.length = Math.min(this.#spare.length, 2 * AROUND);
    if (active) this.element.setAttribute('aria-activedescendant', active);
    else this.element.removeAttribute('aria-activedescendant');
    const some = selection.size > 0;
    this.all.ariaChecked = some && selection.size >= entries.length ? 'true' : some ? 'mixed' : 'false';
    this.element.classList.toggle('selecting', some);
  }
}
