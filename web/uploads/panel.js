// How the uploads stand: a panel at the bottom of the page, which can be folded, and says aloud only what matters.

import { ICONS } from '../components/icons.js';
import { button, mark, style, tool } from '../components/parts.js';
import { h } from '../lib/dom.js';
import { count as counted } from '../lib/format.js';
import { parentOf } from '../lib/paths.js';
import { Rate, pace } from './rate.js';
import { Row } from './row.js';

/** @typedef {import('./queue.js').Upload} Upload */
/** @typedef {import('../files/context.js').Context} Context */

/** How many are shown one by one. */
const ROWS_MAX = 50;
/** How often it is drawn, in milliseconds. */
const PACE = 200;
/** Which states are shown first: what needs somebody, then what moves. */
const FIRST = ['lost', 'failed', 'asking', 'sending', 'paused', 'waiting'];

/** The panel. It draws when the queue has changed, and not more often than somebody can see. */
export class Panel {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #rate = new Rate();
  #timer = 0;
  /** Where things came in since the panel was put away. @type {Set<string>} */
  #places = new Set();
  #isFolded = false;

  /**
   * @param {Context} ctx
   * @param {import('./queue.js').Queue} queue
   */
  constructor(ctx, queue) {
    this.ctx = ctx;
    this.queue = queue;
    this.title = h('h2', { id: 'uploads', tabIndex: -1 });
    this.facts = h('p', { class: 'hint' });
    this.said = h('p', { class: 'unseen', role: 'status' });
    this.bar = h('progress', { max: 1, ariaLabel: 'All uploads' });
    this.list = h('ul', null);
    this.rest = h('p', { class: 'hint' });
    this.all = button('', () => this.#all(), 'link');
    this.fold = tool('', '', () => this.#fold(!this.#isFolded));
    this.away = tool('', '', () => this.#putAway());
    this.body = h('div', { class: 'up-body' }, this.list, this.rest);
    this.element = h('section', { class: 'uploads', 'aria-labelledby': 'uploads', hidden: true },
      h('header', null, h('div', { class: 'up-title' }, this.title, this.facts), this.all, this.fold, this.away), this.bar, this.body);
    // What is said aloud stands outside: a region that was hidden is not heard when it changes.
    document.body.append(this.element, this.said);
    style();
  }

  /** Something begins. @param {Upload[]} uploads @param {string} [how] */
  begin(uploads, how = 'Uploading') {
    this.element.hidden = false;
    this.#rate.reset();
    this.#fold(false);
    for (const { path } of uploads) if (this.#places.size < 500) this.#places.add(path);
    this.#say(`${how} ${counted(uploads.length, 'item')}.`);
  }

  changed() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#draw();
    }, PACE);
  }

  /** @param {boolean} isFolded */
  #fold(isFolded) {
    this.#isFolded = isFolded;
    mark(this.fold, isFolded ? 'Show the list of uploads' : 'Fold the list of uploads', isFolded ? ICONS.up : ICONS.down);
    this.fold.ariaExpanded = String(!isFolded);
    this.changed();
  }

  /** @param {string} text */
  #say(text) {
    if (text !== this.said.textContent) this.said.textContent = text;
  }

  /** What the button for all does at present. */
  #all() {
    const { moving } = this.queue.sums;
    if (moving) this.queue.pause();
    else if (this.queue.open.size) this.queue.resume();
    else this.#show();
  }

  /** Goes to what came in; of folders that came with all that is in them, to the outermost. */
  #show() {
    const folders = [...this.#places].map(parentOf).sort((one, other) => one.length - other.length);
    const top = folders[0] ?? '';
    const names = [...this.#places].map((path) => path.slice(top.length + 1).split('/')[0]);
    this.#putAway();
    this.ctx.go(top).then(() => this.ctx.select([...new Set(names)].map((name) => `${top}/${name}`)));
  }

  async #putAway() {
    const { all } = this.queue;
    const question = { title: 'Stop all uploads?', text: `${counted(all.length, 'item')} will not be uploaded.`, yes: 'Stop them', danger: true };
    if (all.length && !await this.ctx.confirm(question)) return;
    this.queue.cancel();
    this.queue.isPaused = false;
    this.#places.clear();
    this.element.hidden = true;
  }

  #draw() {
    const { bytes, sent, count, done, moving, stuck, failed } = this.queue.sums;
    const open = this.queue.all, now = performance.now(), isOver = !open.length;
    if (moving) this.#rate.see(now, sent);
    else this.#rate.reset();
    if (isOver && !done) this.element.hidden = true;
    const problems = stuck ? `${counted(stuck, 'item needs', 'items need')} you` : '';
    const title = isOver ? `${counted(done, 'item')} uploaded` : moving ? `Uploading ${counted(count, 'item')}` : problems || 'Uploads are paused';
    const share = bytes ? sent / bytes : 0;
    this.title.textContent = title;
    this.facts.textContent = isOver ? '' : [
      `${done} of ${count} done`,
      bytes && `${Math.floor(share * 100)} %`,
      pace(this.#rate.perSecond, bytes - sent),
      moving && problems,
      !navigator.onLine && 'no network',
    ].filter(Boolean).join(' · ');
    this.bar.value = share;
    this.bar.hidden = this.fold.hidden = isOver;
    this.body.hidden = isOver || this.#isFolded;
    this.all.textContent = moving ? 'Pause all' : isOver ? 'Show' : 'Resume';
    this.all.hidden = !moving && !isOver && stuck === open.length && !failed;
    mark(this.away, isOver ? 'Put this away' : 'Stop all uploads', ICONS.close);
    if (!moving && !this.element.hidden) this.#say(`${title}.`);
    if (!this.#isFolded) this.#drawRows(open, now);
  }

  /** @param {Upload[]} open @param {number} now */
  #drawRows(open, now) {
    const first = FIRST.flatMap((state) => open.filter((upload) => upload.state === state)).slice(0, ROWS_MAX);
    const focused = document.activeElement;
    const hadFocus = this.list.contains(focused);
    const shown = new Set(first.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (shown.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    first.forEach((upload, at) => {
      const row = this.#rows.get(upload.id) ?? new Row(upload, this.queue);
      this.#rows.set(upload.id, row);
      row.draw(now);
      const there = this.list.children[at];
      // Moving an element takes the focus from it: one that has it stays where it is.
      if (there !== row.element && !row.element.contains(focused)) this.list.insertBefore(row.element, there ?? null);
    });
    if (hadFocus && !this.list.contains(document.activeElement)) this.title.focus();
    const more = open.length - first.length;
    this.rest.textContent = more ? `and ${counted(more, 'more', 'more')}` : '';
  }
}
