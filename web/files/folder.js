// What is known of the folder that is open: its children come page by page, and changes patch them.

import { keyOf, nameOf, parentOf } from '../lib/paths.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {import('../api/client.js').Client} Client */

/** The first page is small, because somebody waits for it; the others are as large as listings ordinarily get. */
const FIRST_PAGE = 200;
const PAGE = 10_000;

export class Folder {
  /** By the key of their path. @type {Map<string, Entry>} */
  children = new Map();
  /** Whether all pages have come. */
  isWhole = false;
  /** Whatever changed up to here is in `children` once it is whole; what came later may be. @type {string | null} */
  cursor = null;

  /** @param {Client} api @param {string} path */
  constructor(api, path) {
    this.api = api;
    this.path = path;
  }

  /**
   * Reads it, whole.
   * @param {() => void} onpage After each page.
   * @param {AbortSignal} signal
   */
  async load(onpage, signal) {
    // The cursor comes first: whatever changes from now on is told by it.
    const cursor = this.api.latestCursor(this.path);
    // Whoever fails later is not heard any more if the first has failed.
    cursor.catch(() => {});
    /** @type {Map<string, Entry>} */
    const found = new Map();
    this.cursor = null;
    for (let after = '', limit = FIRST_PAGE; ; limit = PAGE) {
      const listing = await this.api.list(this.path, { after, limit, signal });
      if (listing.is_deleted || !listing.is_dir) throw new NoFolder(listing);
      const contents = listing.contents ?? [];
      for (const entry of contents) found.set(keyOf(entry.path), entry);
      this.cursor ??= await cursor;
      // While it is read again, what is shown stays until all is there.
      if (!this.isWhole) this.children = found;
      if (!listing.has_more || !contents.length) break;
      if (!this.isWhole) onpage();
      after = nameOf(contents[contents.length - 1].path);
    }
    this.children = found;
    this.isWhole = true;
    onpage();
  }

  /**
   * Takes in what a delta told.
   * @param {[string, Entry | null][]} told Paths in lower case, and what is there now.
   * @returns {Set<string>} The keys of the children that are new or other than before, or gone.
   */
  patch(told) {
    const here = keyOf(this.path);
    /** @type {Set<string>} */
    const changed = new Set();
    for (const [path, entry] of told) {
      const key = keyOf(entry?.path ?? path);
      if (parentOf(key) !== here || key === here) continue;
      const before = this.children.get(key);
      if (entry && !entry.is_deleted) {
        if (before && before.rev === entry.rev && before.path === entry.path) continue;
        this.children.set(key, entry);
      } else if (!this.children.delete(key)) continue;
      changed.add(key);
    }
    return changed;
  }

  /** @param {[string, Entry | null][]} told @returns {boolean} Whether the folder itself, or one around it, is gone by this. */
  isGoneBy(told) {
    const here = keyOf(this.path);
    // What is put back at the same place later on the same page is there.
    let isGone = false;
    for (const [path, entry] of told) {
      const key = keyOf(path);
      if (here && (key === here || here.startsWith(`${key}/`))) isGone = !entry?.is_dir;
    }
    return isGone;
  }
}

/** The path is a file's, or a folder's that was deleted. */
export class NoFolder extends Error {
  /** @param {Entry} entry */
  constructor(entry) {
    super(entry.is_deleted ? 'deleted' : 'a file');
    this.entry = entry;
  }
}
