// The search field: what is typed filters the open folder at once, and searches below it or everywhere.

import { isAbort, sleep, textOf } from '../api/client.js';
import { h, icon } from '../lib/dom.js';
import { ICONS } from '../components/icons.js';
import { named } from '../components/parts.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {'here' | 'below' | 'all'} Reach */

/** The server searches for no less. */
const LETTERS_MIN = 3;
/** How long somebody pauses who has typed a word, in milliseconds. */
const PAUSE = 180;

export class Search {
  query = '';
  /** @type {Reach} */
  reach = 'all';
  /** What the server has found; null before it has told, and while only the folder is filtered. @type {Entry[] | null} */
  found = null;
  isSearching = false;
  problem = '';
  /** @type {AbortController | null} */
  #running = null;

  /**
   * @param {import('../api/client.js').Client} api
   * @param {() => string} path The open folder.
   * @param {() => void} onchange
   */
  constructor(api, path, onchange) {
    this.api = api;
    this.path = path;
    this.onchange = onchange;
    this.input = h('input', {
      type: 'search',
      placeholder: 'Search',
      ariaLabel: 'Search files',
      autocomplete: 'off',
      spellcheck: false,
      oninput: () => this.#look(PAUSE),
    });
    this.element = h('search', { class: 'search' }, icon(ICONS.search), this.input);
    this.reaches = h('fieldset', { class: 'reaches', hidden: true }, h('legend', { class: 'unseen' }, 'Where to search'));
  }

  /** The folder that results are told from; null while they are those of the open folder. @returns {string | null} */
  get place() {
    if (!this.isDeep) return null;
    return this.reach === 'below' ? this.path() : '';
  }

  /** Whether the server is asked. */
  get isDeep() {
    return this.reach !== 'here' && this.query.length >= LETTERS_MIN;
  }

  /** Another folder is open, or nothing is looked for any more. */
  reset() {
    this.input.value = '';
    // Above all there is, all there is is meant.
    this.reach = this.path() ? 'here' : 'all';
    this.#look(0);
  }

  /** @param {Reach} reach */
  widen(reach) {
    this.reach = reach;
    this.#look(0);
  }

  /** Something has changed that may be found. */
  again() {
    if (this.isDeep) this.#look(1000);
  }

  /** @param {number} pause */
  async #look(pause) {
    this.#running?.abort();
    this.query = this.input.value.trim();
    this.problem = '';
    this.#showReaches();
    this.isSearching = this.isDeep;
    if (!this.isDeep) {
      this.found = null;
      return this.onchange();
    }
    const { signal } = (this.#running = new AbortController());
    this.onchange();
    try {
      await sleep(pause, signal);
      this.found = await this.api.search(this.place ?? '', this.query, signal);
    } catch (error) {
      if (isAbort(error)) return;
      this.problem = textOf(error);
      this.found = [];
    }
    this.isSearching = false;
    this.onchange();
  }

  #showReaches() {
    const path = this.path();
    this.reaches.hidden = !this.query;
    /** @type {[Reach, string][]} */
    const all = [['here', path ? `In ${named(path)}` : 'In this folder']];
    if (path) all.push(['below', 'And in folders inside']);
    all.push(['all', 'Everywhere']);
    const key = `${path} ${this.reach}`;
    if (this.reaches.dataset.key === key) return;
    this.reaches.dataset.key = key;
    this.reaches.replaceChildren(
      this.reaches.children[0],
      ...all.map(([reach, text]) => {
        const choice = h('input', { type: 'radio', name: 'reach', checked: reach === this.reach, onchange: () => this.widen(reach) });
        return h('label', null, choice, h('span', null, text));
      }),
    );
    if (document.activeElement === document.body && this.query) {
      const now = this.reaches.querySelector(':checked');
      if (now instanceof HTMLElement) now.focus();
    }
  }
}
