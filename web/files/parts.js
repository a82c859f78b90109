// The parts of the page that come when they are wanted: most visits need none of them.

/** @typedef {import('./context.js').Entry} Entry */

export class Parts {
  /** @type {ReturnType<typeof import('../uploads/uploads.js').start> | null} */
  #uploads = null;

  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
  }

  /** Uploads go on where the page was left. */
  async start() {
    this.#uploads = (await import('../uploads/uploads.js')).start(this.app);
  }

  /** @param {'files' | 'folder'} kind */
  choose(kind) {
    this.#uploads?.choose(kind);
  }

  /** @param {DataTransfer} data @param {string} folder */
  drop(data, folder) {
    this.#uploads?.drop(data, folder);
  }

  /** Shows a file, and those around it to go on to. @param {Entry} entry */
  view(entry) {
    const files = this.app.entries().filter((each) => !each.is_dir);
    return this.app.attempt(async () => (await import('../viewer/viewer.js')).open(this.app, files, files.indexOf(entry)));
  }

  /** @param {Entry} entry */
  share(entry) {
    return this.app.attempt(async () => (await import('../share/share.js')).open(this.app, entry));
  }

  /** @param {Entry} entry */
  versions(entry) {
    return this.app.attempt(async () => (await import('../versions/versions.js')).open(this.app, entry));
  }

  deleted() {
    return this.app.attempt(async () => (await import('../deleted/deleted.js')).open(this.app));
  }
}
