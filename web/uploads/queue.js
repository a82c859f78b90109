// Which upload goes on when. It knows neither network nor page: how one is sent is given to it, and who looks is told of changes.

/**
 * One file on its way, or a folder to be made.
 * @typedef {object} Upload
 * @property {string} id
 * @property {string} account Whose it is.
 * @property {string} owner The page that sends it.
 * @property {number} order
 * @property {string} path Where it goes.
 * @property {number} size In bytes.
 * @property {number} time When the file was changed last, in milliseconds.
 * @property {boolean} isFolder
 * @property {File | null} file Its bytes; null for a folder, and if they are not at hand any more.
 * @property {State} state
 * @property {How} how
 * @property {string} [rev] Of what is to be replaced.
 * @property {string} [uploadId] What the server calls it.
 * @property {number} offset How many bytes the server has.
 * @property {number} sent How many have left.
 * @property {number} tries How often it failed in a row.
 * @property {string} [problem] What went wrong, for people.
 * @property {boolean} [begun] Whether a request was sent that may have stored it.
 * @property {boolean} [kept] Whether its bytes outlive a reload of the page.
 * @property {AbortController} [stop]
 */

/**
 * `asking`: a name exists, and somebody is asked what to do. `lost`: its bytes must be chosen again. `failed`: until somebody says
 * "again". `gone`: cancelled.
 * @typedef {'waiting' | 'sending' | 'paused' | 'asking' | 'lost' | 'failed' | 'done' | 'gone'} State
 */

/**
 * What happens where a name exists: nothing is replaced, a new version is made, or it gets a name of its own.
 * @typedef {'add' | 'replace' | 'both'} How
 */

/** Why one could not be sent. */
export class Hitch extends Error {
  /**
   * @param {'again' | 'refused' | 'taken' | 'lost'} kind `again`: it may work later.
   * @param {string} text For people.
   * @param {number} [after] How long the server wants all to wait, in milliseconds.
   */
  constructor(kind, text, after = 0) {
    super(text);
    this.kind = kind;
    this.after = after;
  }
}

/** How many are sent at once. */
const AT_ONCE = 3;
/** How often one is tried before somebody has to say "again". */
const TRIES_MAX = 8;

/** @param {Pick<Upload, 'state'>} upload @returns {boolean} Whether nothing more will happen to it. */
export const isOver = ({ state }) => state === 'done' || state === 'gone';

/**
 * How long to wait before the next try: twice as long each time, and not all at the same instant.
 * @param {number} tries
 * @param {number} chance From 0 to 1.
 * @returns {number} Milliseconds.
 */
export const backoff = (tries, chance) => Math.min(60_000, 1000 * 2 ** Math.max(0, tries - 1)) * (0.75 + chance / 2);

/**
 * What the queue needs of the world.
 * @typedef {object} World
 * @property {(upload: Upload, signal: AbortSignal, changed: () => void) => Promise<void>} send Throws a Hitch, or whatever.
 * @property {(uploads: Upload[]) => void} note Keeps how far they are.
 * @property {(uploads: Upload[]) => void} forget
 * @property {(uploads: Upload[]) => void} ask Their names exist: `answer` is to be called for each.
 * @property {() => void} changed
 * @property {() => boolean} isOnline
 * @property {(run: () => void, after: number) => void} later
 */

/** All uploads of a page. */
export class Queue {
  /** Those that are not over, by id, in their order. @type {Map<string, Upload>} */
  open = new Map();
  /** What is over since the queue was empty last. */
  past = { count: 0, bytes: 0 };
  isPaused = false;
  #sending = 0;
  #isHeld = false;

  /** @param {World} world */
  constructor(world) {
    this.world = world;
  }

  /** @param {Upload[]} uploads */
  add(uploads) {
    if (!this.open.size) this.past = { count: 0, bytes: 0 };
    for (const upload of uploads) this.open.set(upload.id, upload);
    this.#changed();
  }

  /** @returns {Upload[]} */
  get all() {
    return [...this.open.values()];
  }

  /** How it stands, over all: in bytes, and in numbers of uploads. */
  get sums() {
    const sums = { bytes: this.past.bytes, sent: this.past.bytes, count: this.past.count, done: this.past.count, moving: 0, stuck: 0, failed: 0 };
    for (const { size, sent, state } of this.open.values()) {
      sums.bytes += size;
      sums.sent += sent;
      sums.count++;
      if (state === 'waiting' || state === 'sending') sums.moving++;
      else if (state !== 'paused') sums.stuck++;
      if (state === 'failed') sums.failed++;
    }
    return sums;
  }

  /** Whether something would be lost if the page went away now. */
  get isFragile() {
    return this.all.some(({ kept, state }) => !kept && state !== 'failed' && state !== 'lost');
  }

  /** @param {Upload[]} [uploads] All, if none are named. */
  pause(uploads) {
    if (!uploads) this.isPaused = true;
    for (const upload of uploads ?? this.all) {
      if (upload.state !== 'waiting' && upload.state !== 'sending') continue;
      upload.state = 'paused';
      upload.stop?.abort();
    }
    this.world.note(uploads ?? this.all);
    this.#changed();
  }

  /** Goes on with what is paused or has failed. @param {Upload[]} [uploads] All, if none are named. */
  resume(uploads) {
    // Whoever asks for it does not wait for the next try.
    this.isPaused = this.#isHeld = false;
    for (const upload of uploads ?? this.all) {
      if (upload.state !== 'paused' && upload.state !== 'failed') continue;
      Object.assign(upload, { state: 'waiting', tries: 0, problem: '' });
    }
    this.world.note(uploads ?? this.all);
    this.#changed();
  }

  /** Ends them for good. @param {Upload[]} uploads */
  cancel(uploads = this.all) {
    for (const upload of uploads) {
      if (isOver(upload)) continue;
      upload.state = 'gone';
      upload.stop?.abort();
      this.open.delete(upload.id);
    }
    this.world.forget(uploads);
    this.#changed();
  }

  /**
   * What is to happen where a name exists.
   * @param {Upload} upload
   * @param {How | 'skip'} how
   * @param {string} [rev] Of what is there.
   */
  answer(upload, how, rev) {
    if (how === 'skip') return this.cancel([upload]);
    Object.assign(upload, { how, rev, state: this.isPaused ? 'paused' : 'waiting' });
    this.world.note([upload]);
    this.#changed();
  }

  /** Its bytes are at hand again. @param {Upload} upload @param {File} file */
  found(upload, file) {
    const isSame = file.size === upload.size && file.lastModified === upload.time;
    if (!isSame) Object.assign(upload, { size: file.size, time: file.lastModified, offset: 0, uploadId: undefined });
    Object.assign(upload, { file, sent: upload.offset, state: 'waiting', tries: 0, problem: '' });
    this.world.note([upload]);
    this.#changed();
  }

  /** Looks again whether something can go on: when the network is back. */
  wake() {
    this.#isHeld = false;
    this.#changed();
  }

  #changed() {
    while (this.#sending < AT_ONCE && !this.#isHeld && this.world.isOnline()) {
      const next = this.#next();
      if (!next) break;
      this.#run(next);
    }
    this.world.changed();
  }

  #next() {
    for (const upload of this.open.values()) if (upload.state === 'waiting' && !upload.stop) return upload;
    return undefined;
  }

  /** @param {Upload} upload */
  async #run(upload) {
    const stop = upload.stop = new AbortController();
    Object.assign(upload, { state: 'sending', problem: '' });
    this.#sending++;
    try {
      await this.world.send(upload, stop.signal, () => this.world.changed());
      // Somebody may have paused it when it was as good as done.
      if (upload.state !== 'gone') this.settle(upload);
    } catch (error) {
      this.#failed(upload, error instanceof Hitch ? error : new Hitch('refused', String(error)), stop.signal.aborted);
    }
    upload.stop = undefined;
    this.#sending--;
    this.#changed();
  }

  /** It is there. @param {Upload} upload */
  settle(upload) {
    upload.state = 'done';
    this.open.delete(upload.id);
    this.past.count++;
    this.past.bytes += upload.size;
    this.world.forget([upload]);
  }

  /** @param {Upload} upload @param {Hitch} hitch @param {boolean} isStopped */
  #failed(upload, hitch, isStopped) {
    upload.sent = upload.offset;
    if (isStopped || isOver(upload)) return;
    upload.problem = hitch.message;
    if (hitch.kind === 'taken') {
      upload.state = 'asking';
      this.world.ask([upload]);
    } else if (hitch.kind === 'lost') {
      Object.assign(upload, { state: 'lost', file: null, kept: true });
    } else if (hitch.kind === 'refused' || ++upload.tries > TRIES_MAX) {
      upload.state = 'failed';
    } else {
      upload.state = 'waiting';
      // Whatever is wrong is wrong for all: nobody tries until it is over.
      this.#isHeld = true;
      const after = hitch.after || backoff(upload.tries, Math.random());
      // While there is no network, time does not count.
      if (!this.world.isOnline()) upload.tries--;
      this.world.later(() => this.wake(), after);
    }
    this.world.note([upload]);
  }
}
