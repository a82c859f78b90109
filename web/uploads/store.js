// What outlives a reload of the page: the uploads that are not done, and the bytes that they are of. In two places, so that noting
// how far one is does not write its bytes again.

/** Files larger than this are not copied into the browser's store; after a reload one is asked for them again. */
const COPY_MAX = 2 ** 31;

/** @typedef {import('./queue.js').Upload} Upload */

import { isOver } from './queue.js';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const told = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** The store of one browser. Where there is none (or no room), uploads end with the page. */
export class Store {
  /** @param {IDBDatabase | null} base */
  constructor(base) {
    this.base = base;
  }

  /** @returns {Promise<Store>} */
  static async open() {
    try {
      const request = indexedDB.open('tidemark-uploads', 1);
      request.onupgradeneeded = () => ['uploads', 'files'].map((name) => request.result.createObjectStore(name));
      return new Store(await told(request));
    } catch {
      return new Store(null);
    }
  }

  /**
   * @param {string[]} names
   * @param {(...stores: IDBObjectStore[]) => void} act
   * @returns {Promise<boolean>} Whether it is written.
   */
  write(names, act) {
    return new Promise((resolve) => {
      if (!this.base) return resolve(false);
      /** @type {IDBTransaction | undefined} */
      let change;
      try {
        // (Signing out elsewhere may have closed it.)
        change = this.base.transaction(names, 'readwrite');
        change.oncomplete = () => resolve(true);
        change.onabort = () => resolve(false);
        act(...names.map((name) => /** @type {IDBTransaction} */ (change).objectStore(name)));
      } catch {
        change?.abort();
        resolve(false);
      }
    });
  }

  /**
   * Keeps uploads with their bytes; each says afterwards whether it is `kept`.
   * @param {Upload[]} uploads
   */
  async keep(uploads) {
    for (let from = 0; from < uploads.length; from += 100) {
      const some = uploads.slice(from, from + 100);
      await this.note(some);
      // A large one by itself: if there is no room for it, the others are kept all the same.
      const lots = [some.filter(({ size }) => size < 1e7), ...some.filter(({ size }) => size >= 1e7 && size <= COPY_MAX).map((one) => [one])];
      for (const lot of lots) {
        const open = lot.filter((upload) => !isOver(upload));
        const isKept = await this.write(['files'], (files) => open.forEach(({ id, file }) => file && files.put(file, id)));
        for (const upload of lot) upload.kept = isKept;
        const over = open.filter(isOver);
        if (over.length) await this.forget(over);
      }
    }
  }

  /** Notes how far they are. @param {Upload[]} uploads */
  note(uploads) {
    return this.write(['uploads'], (store) => {
      for (const { file, stop, ...upload } of uploads) if (!isOver(upload)) store.put(upload, upload.id);
    });
  }

  /** @param {Upload[]} uploads */
  forget(uploads) {
    return this.write(['uploads', 'files'], (store, files) => {
      for (const { id } of uploads) [store, files].map((place) => place.delete(id));
    });
  }

  /** @returns {Promise<number>} How many are noted, whichever page's they are. */
  async count() {
    const noted = this.base?.transaction('uploads').objectStore('uploads').count();
    return noted ? told(noted) : 0;
  }

  /** Forgets everything, of everybody. */
  clear() {
    return this.write(['uploads', 'files'], (store, files) => [store, files].map((place) => place.clear()));
  }

  /**
   * Takes over what another page of this account has left behind, and forgets what was another account's: nobody goes on with
   * uploads of somebody who used this browser before.
   * @param {string} account Whose.
   * @param {string} owner Who takes it over.
   * @param {(owner: string) => boolean} isLive Whether the page that began one is still there.
   * @returns {Promise<Upload[]>} Those that are not done, in the order in which they came.
   */
  async adopt(account, owner, isLive) {
    /** @type {Upload[]} */
    const found = [];
    await this.write(['uploads', 'files'], (store, files) => {
      store.openCursor().onsuccess = ({ target }) => {
        const cursor = /** @type {IDBRequest<IDBCursorWithValue | null>} */ (target).result;
        if (!cursor) return;
        const upload = cursor.value;
        if (upload.account !== account) {
          cursor.delete();
          files.delete(upload.id);
        } else if (!isLive(upload.owner)) {
          cursor.update({ ...upload, owner });
          found.push({ ...upload, owner });
        }
        cursor.continue();
      };
    });
    for (const upload of found) {
      const files = this.base?.transaction('files').objectStore('files');
      upload.file = files ? (await told(files.get(upload.id)).catch(() => null)) ?? null : null;
      upload.kept = Boolean(upload.file) || upload.isFolder;
    }
    return found.sort((one, other) => one.order - other.order);
  }
}
