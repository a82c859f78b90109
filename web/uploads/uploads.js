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

/** What tabs tell one another when somebody signs out; each answers with the name of its page. */
const END = 'end';
/** How long somebody who signs out waits for those answers, in milliseconds. */
const ANSWER_MS = 1000;

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What uploads, and goes on with what an earlier page has left. */
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
    if (leave) leave.onsubmit = (event) => {
      event.preventDefault();
      this.#leave(leave);
    };
    // Whoever signs out in another tab waits for what this one still has to write.
    this.#others.onmessage = async ({ data }) => {
      if (data !== END) return;
      await this.#end();
      this.#others.postMessage(this.#owner);
    };
    this.#goOn();
  }

  /** Signs out, with nothing left in the browser for who sits down at it next. @param {HTMLFormElement} form */
  async #leave(form) {
    // What other tabs upload, or have left, ends with it.
    const here = this.queue.open.size, all = Math.max(here, await (await this.store).count().catch(() => 0));
    const text = `${count(all, 'item')} will not be uploaded${all > here ? `, ${all - here} of them in other tabs` : ''}.`;
    if (all && !await this.ctx.confirm({ title: 'Sign out now?', text, yes: 'Sign out', danger: true })) return;
    await this.#endOthers();
    await this.#end();
    form.submit();
  }

  /** Ends all uploads of this page, and when nothing of them is still being written, forgets what is noted of any. */
  async #end() {
    this.queue.cancel();
    await (await this.store).clear();
  }

  /** The same in other tabs. Those that do not answer soon have nothing under way: browsers have put them to sleep. */
  async #endOthers() {
    const others = new Set(await pages());
    others.delete(this.#owner);
    if (!others.size) return;
    await new Promise((resolve) => {
      this.#others.addEventListener('message', ({ data }) => others.delete(data) && !others.size && resolve(undefined));
      this.#others.postMessage(END);
      setTimeout(resolve, ANSWER_MS);
    });
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

const PREFIX = 'tidemark-uploads-';
/** What one page at a time has. */
const TURN = `${PREFIX}all`;
/** How often a page says that it is there where there are no locks, and after what time without that it is not, in milliseconds. */
const BEAT_MS = 4000;
const BEAT_LAST_MS = 15_000;

/** @returns {Promise<string[]>} The pages that are there, each by the name it gave itself. */
async function pages() {
  const { held } = await navigator.locks?.query() ?? {};
  const names = held?.map(({ name }) => String(name)) ?? Object.keys(localStorage).filter((name) => Date.now() - Number(localStorage.getItem(name)) < BEAT_LAST_MS);
  return names.filter((name) => name.startsWith(PREFIX) && name !== TURN).map((name) => name.slice(PREFIX.length));
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
  const name = PREFIX + owner, { locks } = navigator;
  const look = async () => {
    const there = await pages();
    return act((of) => there.includes(of));
  };
  if (locks) {
    await new Promise((held) => {
      locks.request(name, () => new Promise(() => held(undefined)));
    });
    return locks.request(TURN, look);
  }
  // Without TLS there are no locks: each page says every few seconds that it is there, first of all before it looks.
  const beat = () => localStorage.setItem(name, String(Date.now()));
  beat();
  setInterval(beat, BEAT_MS);
  addEventListener('pagehide', () => localStorage.removeItem(name));
  return look();
}
