// The parts of the page that come when they are wanted: most visits need none of them.

/** @typedef {import('./context.js').Entry} Entry */

export class Parts {
  /** @type {import('../uploads/uploads.js').Uploads | null} */
  #uploads = null;

  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
  }

  /** Uploads go on where the page was left. */
  async start() {
    this.#uploads = new (await import('../uploads/uploads.js')).Uploads(this.app);
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
    return this.#open(() => import('../viewer/viewer.js'), files, files.indexOf(entry));
  }

  /** @param {Entry} entry */
  share(entry) {
    return this.#open(() => import('../share/share.js'), entry);
  }

  /** @param {Entry} entry */
  versions(entry) {
    return this.#open(() => import('../versions/versions.js'), entry);
  }

  deleted() {
    return this.#open(() => import('../deleted/deleted.js'));
  }

  /**
   * @template {any[]} T
   * @param {() => Promise<{open: (app: import('./app.js').App, ...of: T) => unknown}>} load
   * @param {T} of
   */
  #open(load, ...of) {
    return this.app.attempt(async () => (await load()).open(this.app, ...of));
  }
}
