// What is selected in a list, and where the keyboard is: by keys of paths, so that both stay when the list changes around them.

import { keyOf } from '../lib/paths.js';

/** @typedef {import('./context.js').Entry} Entry */

export class Selection {
  /** @type {Set<string>} */
  keys = new Set();
  /** Where the keyboard is. @type {string | null} */
  active = null;
  /** Where a range begins. @type {string | null} */
  #anchor = null;

  get size() {
    return this.keys.size;
  }

  /** @param {Entry} entry */
  has(entry) {
    return this.keys.has(keyOf(entry.path));
  }

  clear() {
    this.keys.clear();
  }

  /** @param {Entry} entry This one alone. */
  only(entry) {
    this.keys = new Set([keyOf(entry.path)]);
    this.at(entry);
  }

  /** @param {Entry} entry The keyboard is here, and ranges begin here. */
  at(entry) {
    this.active = this.#anchor = keyOf(entry.path);
  }

  /** @param {Entry} entry Moves the keyboard and nothing else. */
  walk(entry) {
    this.active = keyOf(entry.path);
  }

  /** @param {Entry} entry */
  toggle(entry) {
    const key = keyOf(entry.path);
    if (!this.keys.delete(key)) this.keys.add(key);
    this.at(entry);
  }

  /**
   * From where the range begins up to here, in place of what was selected.
   * @param {Entry[]} entries In the order of the list.
   * @param {number} to
   */
  range(entries, to) {
    const from = entries.findIndex((entry) => keyOf(entry.path) === this.#anchor);
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    this.keys = new Set(entries.slice(first, last + 1).map((entry) => keyOf(entry.path)));
    this.active = keyOf(entries[to].path);
    if (from < 0) this.#anchor = this.active;
  }

  /** @param {Entry[]} entries */
  all(entries) {
    this.keys = new Set(entries.map((entry) => keyOf(entry.path)));
  }

  /**
   * Forgets what is not in the list any more. If the keyboard was there, it goes on at the same line.
   * @param {Entry[]} entries As they stand now.
   * @param {number} line Where the keyboard was.
   */
  keepOnly(entries, line) {
    const there = new Set(entries.map((entry) => keyOf(entry.path)));
    for (const key of this.keys) if (!there.has(key)) this.keys.delete(key);
    if (this.active !== null && !there.has(this.active)) {
      const next = entries[Math.min(Math.max(line, 0), entries.length - 1)];
      this.active = this.#anchor = next ? keyOf(next.path) : null;
    }
  }

  /** @param {Entry[]} entries @returns {Entry[]} The selected ones, in the order of the list. */
  of(entries) {
    return this.keys.size ? entries.filter((entry) => this.has(entry)) : [];
  }
}
