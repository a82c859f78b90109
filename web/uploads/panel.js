// How the uploads stand: a panel at the bottom of the page, which can be folded, and says aloud only what matters.

import { ICONS } from '../components/icons.js';
import { style } from '../components/style.js';
import { fill, h, icon } from '../lib/dom.js';
import { count as counted, size as sizeText } from '../lib/format.js';
import { nameOf, parentOf } from '../lib/paths.js';
import { Rate, timeLeft } from './rate.js';
import { Row } from './row.js';

/** @typedef {import('./queue.js').Upload} Upload */
/** @typedef {import('../files/context.js').Context} Context */

/** How many are shown one by one. */
const ROWS_MAX = 50;
/** How often it is drawn, in milliseconds. */
const PACE = 200;
/** Which states are shown first: what needs somebody, then what moves. */
const FIRST = { lost: 0, failed: 0, asking: 1, sending: 2, paused: 3, waiting: 4, done: 5, gone: 5 };

/** @param {number} count @param {string} [more] */
const things = (count, more = '') => counted(count, `${more}item`);

/** The panel. It draws when the queue has changed, and not more often than somebody can see. */
export class Panel {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #rate = new Rate();
  #timer = 0;
  #told = '';
  /** What came in since the panel was put away, and where. @type {Set<string>} */
  #places = new Set();
  #isOpen = true;

  /**
   * @param {Context} ctx
   * @param {import('./queue.js').Queue} queue
   */
  constructor(ctx, queue) {
    this.ctx = ctx;
    this.queue = queue;
    this.title = h('h2', { id: 'uploads-title', tabIndex: -1 });
    this.facts = h('p', { class: 'hint' });
    this.said = h('p', { class: 'unseen', role: 'status' });
    this.bar = h('progress', { max: 1, 'aria-label': 'All uploads' });
    this.list = h('ul');
    this.rest = h('p', { class: 'hint', hidden: true });
    this.all = h('button', { type: 'button', class: 'link', onclick: () => this.#all() });
    this.fold = h('button', { type: 'button', class: 'plain', 'aria-controls': 'uploads-list', onclick: () => this.#fold(!this.#isOpen) });
    this.away = h('button', { type: 'button', class: 'plain', onclick: () => this.#putAway() }, icon(ICONS.close));
    this.body = h('div', { class: 'up-body', id: 'uploads-list', tabIndex: -1 }, this.list, this.rest);
    this.element = h('section', { class: 'uploads', 'aria-labelledby': 'uploads-title', hidden: true },
      h('header', null, h('div', { class: 'up-title' }, this.title, this.facts), this.all, this.fold, this.away), this.bar, this.body);
    // What is said aloud stands outside: a region that was hidden is not heard when it changes.
    document.body.append(this.element, this.said);
    style('panels.css');
    this.#fold(true);
  }

  /** Something begins. @param {Upload[]} uploads @param {boolean} [isAgain] It goes on, after a reload. */
  begin(uploads, isAgain = false) {
    this.element.hidden = false;
    this.#fold(true);
    this.#rate.reset();
    for (const { path } of uploads) if (this.#places.size < 500) this.#places.add(path);
    this.#say(isAgain ? `Going on with ${things(uploads.length)} that were not uploaded yet.` : `Uploading ${things(uploads.length)}.`);
  }

  changed() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#draw();
    }, PACE);
  }

  /** @param {boolean} isOpen */
  #fold(isOpen) {
    this.#isOpen = isOpen;
    this.body.hidden = !isOpen;
    fill(this.fold, icon(isOpen ? ICONS.down : ICONS.up));
    this.fold.setAttribute('aria-expanded', String(isOpen));
    this.fold.setAttribute('aria-label', this.fold.title = isOpen ? 'Fold the list of uploads' : 'Show the list of uploads');
  }

  /** @param {string} text */
  #say(text) {
    if (text !== this.#told) this.said.textContent = this.#told = text;
  }

  /** What the button for all does at present. */
  #all() {
    const { moving, stuck, paused, done } = this.queue.sums;
    if (moving) this.queue.pause();
    else if (paused || stuck) this.queue.resume();
    else if (done) this.#show();
  }

  /** Goes to what came in. */
  #show() {
    const paths = [...this.#places];
    // Of folders that came with all that is in them, the outermost.
    const top = paths.map(parentOf).reduce((one, other) => (other.length < one.length ? other : one), parentOf(paths[0] ?? ''));
    const names = new Set(paths.filter((path) => path.startsWith(`${top}/`)).map((path) => path.slice(top.length + 1).split('/')[0]));
    this.#putAway();
    this.ctx.go(top).then(() => this.ctx.select([...names].map((name) => `${top}/${name}`)));
  }

  async #putAway() {
    const { all } = this.queue;
    const yes = 'Stop them';
    const text = `${things(all.length)} will not be uploaded.`;
    if (all.length && !await this.ctx.confirm({ title: 'Stop all uploads?', text, yes, danger: true })) return;
    this.queue.cancel(this.queue.all);
    this.queue.isPaused = false;
    this.#places.clear();
    this.element.hidden = true;
    this.#say('');
  }

  #draw() {
    const { queue } = this;
    const { bytes, sent, count, done, moving, stuck, paused } = queue.sums;
    const open = queue.all;
    const now = performance.now();
    if (moving) this.#rate.see(now, sent);
    else this.#rate.reset();
    const rate = this.#rate.perSecond;
    const isOver = !open.length;
    if (isOver && !done) this.element.hidden = true;
    const problems = stuck ? `${things(stuck)} ${stuck === 1 ? 'needs' : 'need'} you` : '';
    const title = isOver ? `${things(done)} uploaded` : moving ? `Uploading ${things(count)}` : stuck ? problems : 'Uploads are paused';
    this.title.textContent = title;
    const share = bytes ? sent / bytes : isOver ? 1 : 0;
    this.facts.textContent = [
      !isOver && `${done.toLocaleString()} of ${count.toLocaleString()} done`,
      !isOver && bytes > 0 && `${Math.floor(share * 100)} %`,
      moving > 0 && rate > 0 && `${sizeText(rate)}/s`,
      moving > 0 && rate > 0 && timeLeft((bytes - sent) / rate),
      moving > 0 && problems,
      !navigator.onLine && 'no network',
    ].filter(Boolean).join(' · ');
    this.facts.hidden = !this.facts.textContent;
    this.bar.value = share;
    this.bar.hidden = isOver;
    this.all.textContent = moving ? 'Pause all' : paused || stuck ? 'Resume' : 'Show';
    this.all.hidden = !moving && !paused && !open.some(({ state }) => state === 'failed') && !isOver;
    this.away.setAttribute('aria-label', this.away.title = isOver ? 'Put this away' : 'Stop all uploads');
    if (isOver) this.#say(done ? `${things(done)} uploaded.` : '');
    else if (!moving) this.#say(`${title}.`);
    if (this.#isOpen) this.#drawRows(open, now);
    this.body.hidden = !this.#isOpen || isOver;
    this.fold.hidden = isOver;
  }

  /** @param {Upload[]} open @param {number} now */
  #drawRows(open, now) {
    const first = [...open].sort((one, other) => FIRST[one.state] - FIRST[other.state]).slice(0, ROWS_MAX);
    const focused = document.activeElement;
    const hadFocus = this.list.contains(focused);
    const shown = new Set(first.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (shown.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    first.forEach((upload, at) => {
      let row = this.#rows.get(upload.id);
      if (!row) this.#rows.set(upload.id, row = new Row(upload, this.queue));
      row.draw(now);
      const there = this.list.children[at];
      // Moving an element takes the focus from it: one that has it stays where it is.
      if (there !== row.element && !(row.element.isConnected && row.element.contains(focused))) this.list.insertBefore(row.element, there ?? null);
    });
    if (hadFocus && !this.list.contains(document.activeElement)) this.title.focus();
    this.rest.hidden = open.length <= ROWS_MAX;
    this.rest.textContent = `and ${things(open.length - first.length, 'more ')}`;
  }
}
