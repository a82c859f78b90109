// The small pictures of a list: a few are fetched at once, those first that were looked at last, and none that was scrolled away.

import { isAbort } from '../api/client.js';

/** @typedef {import('./context.js').Entry} Entry */

const AT_ONCE = 3;
const KEPT = 300;

export class Thumbnails {
  /** By rev; the oldest first. @type {Map<string, string | null>} */
  #kept = new Map();
  /** @type {Map<string, {entry: Entry, show: (url: string) => void}>} */
  #wanted = new Map();
  #running = 0;

  /** @param {import('../api/client.js').Client} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * The address of a picture if it is there already; else it is told when it is.
   * @param {Entry} entry
   * @param {(url: string) => void} show
   * @returns {string | null}
   */
  want(entry, show) {
    const rev = entry.rev ?? '';
    const kept = this.#kept.get(rev);
    if (kept !== undefined) return kept;
    this.#wanted.set(rev, { entry, show });
    this.#next();
    return null;
  }

  /** @param {Entry} entry Nobody looks at it any more. */
  leave(entry) {
    this.#wanted.delete(entry.rev ?? '');
  }

  async #next() {
    if (this.#running >= AT_ONCE) return;
    // Those that came into sight last are in sight now.
    const rev = [...this.#wanted.keys()].pop();
    if (rev === undefined) return;
    const { entry, show } = /** @type {{entry: Entry, show: (url: string) => void}} */ (this.#wanted.get(rev));
    this.#wanted.delete(rev);
    this.#running++;
    try {
      const url = URL.createObjectURL(await this.api.thumbnail(entry.path, 'm'));
      this.#keep(rev, url);
      show(url);
    } catch (error) {
      // What cannot be made into a picture keeps its sign.
      if (!isAbort(error)) this.#keep(rev, null);
    }
    this.#running--;
    this.#next();
  }

  /** @param {string} rev @param {string | null} url */
  #keep(rev, url) {
    this.#kept.set(rev, url);
    const [oldest, old] = this.#kept.entries().next().value ?? [];
    if (this.#kept.size <= KEPT || oldest === undefined) return;
    this.#kept.delete(oldest);
    if (old) URL.revokeObjectURL(old);
  }
}
