// Uploads of this page: what was chosen or dropped goes into a queue, the queue outlives a reload, and a panel tells how it stands.

import { count } from '../lib/format.js';
import { TAKEN, nameOf } from '../lib/paths.js';
import { chosen, dropped } from './drop.js';
import { Panel } from './panel.js';
import { Queue } from './queue.js';
import { Sender } from './send.js';
import { Store } from './store.js';
import { askAbout, taken } from './taken.js';

/** @typedef {import('./queue.js').Upload} Upload */
/** @typedef {import('./drop.js').Item} Item */
/** @typedef {import('../files/context.js').Context} Context */

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Starts what uploads, and goes on with what an earlier page has left.
 * @param {Context} ctx
 */
export function start(ctx) {
  return new Uploads(ctx);
}

/** What the page of files calls. */
export class Uploads {
  #owner = random();
  #order = Date.now() * 1000;
  /** @type {Upload[]} */
  #asking = [];
  #isAsking = false;
  #others = new BroadcastChannel('tidemark-uploads');

  /** @param {Context} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    this.account = String(ctx.account.uid);
    const store = this.store = Store.open();
    const note = async (/** @type {Upload[]} */ uploads) => (await store).note(uploads);
    const sender = new Sender(ctx.api, (upload) => note([upload]));
    this.queue = new Queue({
      send: (upload, signal, changed) => sender.send(upload, signal, changed),
      note,
      forget: async (uploads) => (await store).forget(uploads),
      ask: (uploads) => this.#ask(uploads),
      changed: () => this.panel?.changed(),
      isOnline: () => navigator.onLine,
      later: (run, after) => setTimeout(run, after),
    });
    this.panel = new Panel(ctx, this.queue);
    addEventListener('online', () => this.queue.wake());
    addEventListener('beforeunload', (event) => this.queue.isFragile && event.preventDefault());
    const leave = /** @type {HTMLFormElement | null} */ (document.querySelector('form[action="/logout"]'));
    leave?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#leave(leave);
    });
    // Pages in other tabs are told: what they would note later would stay behind.
    this.#others.onmessage = () => this.queue.cancel(this.queue.all);
    this.#goOn();
  }

  /** Signs out, with nothing left in the browser for who sits down at it next. @param {HTMLFormElement} form */
  async #leave(form) {
    const open = this.queue.all;
    const question = { title: 'Sign out now?', text: `${count(open.length, 'item')} will not be uploaded.`, yes: 'Sign out', danger: true };
    if (open.length && !await this.ctx.confirm(question)) return;
    this.queue.cancel(open);
    this.#others.postMessage('');
    await (await this.store).clear();
    form.submit();
  }

  /**
   * Files with the places that they are to have, and folders (without a file).
   * @param {Item[]} items
   */
  async add(items) {
    if (!items.length) return;
    const uploads = items.map(({ file, path }) => this.#upload(path, file ?? null));
    this.panel.begin(uploads);
    this.queue.add(uploads);
    (await this.store).keep(uploads).then(() => this.panel.changed());
    const there = await taken(this.ctx.api, uploads);
    for (const upload of uploads) {
      if (upload.isFolder && upload.state === 'asking' && there.get(upload)?.is_dir) this.queue.settle(upload);
      // Somebody may have cancelled it meanwhile.
      if (upload.state === 'asking' && !there.has(upload)) upload.state = this.queue.isPaused ? 'paused' : 'waiting';
      upload.problem = '';
    }
    this.queue.wake();
    const asking = [...there.keys()].filter(({ state }) => state === 'asking');
    if (asking.length) this.#ask(asking, there);
  }

  /** Asks for files, or a folder, for the folder that is open. @param {'files' | 'folder'} kind */
  async choose(kind) {
    await this.add(await chosen(kind, this.ctx.path));
  }

  /** What was dropped on a folder. @param {DataTransfer} data @param {string} folder */
  async drop(data, folder) {
    await this.add(await dropped(data, folder));
  }

  /** @param {string} path @param {File | null} file @returns {Upload} */
  #upload(path, file) {
    const [size, time] = [file?.size ?? 0, file?.lastModified ?? 0];
    return {
      id: random(), account: this.account, owner: this.#owner, order: this.#order++, path, file, size, time, isFolder: !file,
      state: 'asking', problem: 'Looking at what is there…', how: 'add', offset: 0, sent: 0, tries: 0, kept: false,
    };
  }

  /** One question for all that wait for one. @param {Upload[]} uploads @param {Map<Upload, import('../files/context.js').Entry>} [there] */
  async #ask(uploads, there = new Map()) {
    for (const upload of uploads) upload.problem = TAKEN;
    this.#asking.push(...uploads);
    // Those that come while somebody is being asked are the next question.
    while (this.#asking.length && !this.#isAsking) {
      this.#isAsking = true;
      const now = this.#asking.splice(0);
      const choice = await askAbout(this.ctx, now);
      for (const upload of now) await this.#answer(upload, choice, there.get(upload));
      this.#isAsking = false;
    }
  }

  /** @param {Upload} upload @param {import('./taken.js').Choice} how @param {import('../files/context.js').Entry} [known] */
  async #answer(upload, how, known) {
    const entry = how === 'replace' ? known ?? await this.ctx.api.entry(upload.path).catch(() => undefined) : undefined;
    upload.problem = '';
    // A folder is replaced by nothing; and what has gone meanwhile need not be replaced.
    if (how === 'replace' && entry?.is_dir) how = 'both';
    this.queue.answer(upload, how === 'replace' && !entry?.rev ? 'both' : how, entry?.rev);
  }

  /** Takes over what pages have left that are not there any more. */
  async #goOn() {
    const store = await this.store;
    const left = await amongPages(this.#owner, (isLive) => store.adopt(this.account, this.#owner, isLive));
    if (!left.length) return;
    for (const upload of left) {
      const isLost = !upload.file && !upload.isFolder;
      const state = isLost ? 'lost' : upload.state === 'paused' || upload.state === 'failed' ? upload.state : 'waiting';
      const problem = isLost ? `Choose ${nameOf(upload.path)} again to go on.` : state === 'failed' ? upload.problem : '';
      Object.assign(upload, { state, problem, sent: upload.offset, tries: 0, kept: true });
    }
    this.panel.begin(left, 'Going on with');
    this.queue.add(left);
  }
}

/**
 * Says from now on that this page is there, and does something with knowing which others are: one page at a time, so that of two
 * that come at once the second knows of the first.
 * @template T
 * @param {string} owner This page.
 * @param {(isLive: (owner: string) => boolean) => Promise<T>} act
 * @returns {Promise<T>}
 */
async function amongPages(owner, act) {
  const name = (/** @type {string} */ of) => `tidemark-uploads-${of}`;
  const { locks } = navigator;
  if (locks) {
    await new Promise((held) => {
      locks.request(name(owner), () => new Promise(() => held(undefined)));
    });
    return locks.request(name('all'), async () => {
      const { held } = await locks.query();
      return act((of) => Boolean(held?.some((lock) => lock.name === name(of))));
    });
  }
  // Without TLS there are no locks: each page says every few seconds that it is there, first of all before it looks.
  const beat = () => localStorage.setItem(name(owner), String(Date.now()));
  beat();
  setInterval(beat, 4000);
  addEventListener('pagehide', () => localStorage.removeItem(name(owner)));
  return act((of) => Date.now() - Number(localStorage.getItem(name(of))) < 15_000);
}
