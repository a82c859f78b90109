// A file over the whole window, and the one before and after it.

import { ICONS } from '../components/icons.js';
import { style } from '../components/style.js';
import { kindOf as wordOf } from '../files/kinds.js';
import { fill, h, icon } from '../lib/dom.js';
import { fullDate, plain, size } from '../lib/format.js';
import { nameOf, parentOf } from '../lib/paths.js';
import { isAbort, textOf as problemOf } from '../api/client.js';
import { kindOf } from './kinds.js';
import { picture } from './picture.js';
import { audio, other, pdf, text, video } from './shows.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('./shows.js').Shown} Shown */

const INFO = 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17M12 11v6M12 7.5v.1';
const ZOOM = 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.5 15.5L20 20M10.5 8v5M8 10.5h5';
const NEXT = 'M9 5l7 7-7 7';

/** @type {Record<import('./kinds.js').Kind, (ctx: Context, entry: Shown, signal: AbortSignal) => Promise<HTMLElement>>} */
const SHOWS = { picture, pdf, text, audio, video, other: async (ctx, entry) => other(ctx, entry) };

/**
 * Shows a file. Folders among the entries are passed over.
 * @param {Context} ctx
 * @param {Shown[]} entries Those that it stands among.
 * @param {number} index Which of them.
 */
export async function open(ctx, entries, index) {
  await style('panels.css');
  const files = entries.filter(({ is_dir: isFolder }) => !isFolder);
  new Viewer(ctx, files, Math.max(0, files.indexOf(entries[index])));
}

class Viewer {
  #stop = new AbortController();

  /** @param {Context} ctx @param {Shown[]} files @param {number} at */
  constructor(ctx, files, at) {
    Object.assign(this, { ctx, files, at });
    this.ctx = ctx;
    this.files = files;
    this.at = at;
    this.name = h('bdi', null);
    this.facts = h('span', { class: 'hint' });
    this.said = h('p', { class: 'unseen', role: 'status' });
    this.stage = h('div', { class: 'v-stage' });
    this.aside = h('aside', { class: 'v-facts', 'aria-label': 'Facts', hidden: true });
    this.zoom = tool('Zoom (Z)', ZOOM, () => this.stage.firstElementChild?.dispatchEvent(new Event('zoom')));
    this.info = tool('Facts (I)', INFO, () => this.#toggleFacts());
    this.info.setAttribute('aria-expanded', 'false');
    const download = tool('Download (D)', ICONS.download, () => this.#download());
    const close = tool('Close (Esc)', ICONS.close, () => this.dialog.close());
    this.before = tool('Previous (←)', ICONS.back, () => this.#go(-1), 'v-side before');
    this.after = tool('Next (→)', NEXT, () => this.#go(1), 'v-side after');
    const content = h('div', { class: 'viewer' },
      h('div', { class: 'v-bar' }, h('p', { class: 'v-title' }, this.name, this.facts), this.zoom, this.info, download, close),
      h('div', { class: 'v-middle' }, this.stage, this.before, this.after, this.aside), this.said);
    this.dialog = ctx.dialog('Preview', content, { size: 'full', onclose: () => this.#stop.abort() });
    // The bar that nobody sees needs no second button to close with.
    this.dialog.element.querySelector(':scope > header button')?.remove();
    this.dialog.element.addEventListener('keydown', (event) => this.#key(event));
    this.#swipes();
    close.focus();
    this.#show();
  }

  get file() {
    return this.files[this.at];
  }

  async #show() {
    this.#stop.abort();
    const stop = this.#stop = new AbortController();
    const { file } = this;
    const [name, place] = [plain(nameOf(file.path)), this.files.length > 1 ? `${this.at + 1} of ${this.files.length}` : ''];
    this.name.textContent = name;
    this.facts.textContent = [place, file.at && 'an older version', size(file.bytes)].filter(Boolean).join(' · ');
    this.said.textContent = `${name} ${place}`;
    const kind = kindOf(file);
    this.zoom.hidden = kind !== 'picture';
    this.before.hidden = this.at === 0;
    this.after.hidden = this.at >= this.files.length - 1;
    if (!this.aside.hidden) this.#drawFacts();
    const wait = h('p', { class: 'v-wait hint' }, 'Loading…');
    // What is there at once makes nothing flicker.
    const timer = setTimeout(() => fill(this.stage, wait), 150);
    try {
      const shown = await SHOWS[kind](this.ctx, file, stop.signal);
      if (!stop.signal.aborted) fill(this.stage, shown);
    } catch (error) {
      if (stop.signal.aborted || isAbort(error)) return;
      // Browsers say of a picture only that they cannot show it.
      const why = error instanceof DOMException ? 'This picture cannot be shown.' : error instanceof Error && error.name === 'Error' ? error.message : problemOf(error);
      const again = h('button', { type: 'button', onclick: () => this.#show() }, 'Try again');
      const shown = other(this.ctx, file, why);
      shown.append(again);
      fill(this.stage, shown);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {number} by */
  #go(by) {
    const to = this.at + by;
    if (to < 0 || to >= this.files.length) return;
    this.at = to;
    const focused = document.activeElement;
    this.#show();
    // A button that has gone takes the focus with it.
    if (focused instanceof HTMLElement && focused.hidden) (by < 0 ? this.after : this.before).focus();
    else if (!this.dialog.element.contains(document.activeElement)) this.info.focus();
  }

  #download() {
    const { ctx, file } = this;
    if (!file.at) return ctx.download(file);
    return import('../versions/save.js').then(({ save }) => save(ctx, file.path, String(file.at)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A player seeks with these, and a field writes.
    const isTheirs = target instanceof HTMLMediaElement || target instanceof HTMLInputElement;
    const isLarge = this.stage.querySelector('.large') !== null && this.stage.contains(/** @type {Node} */ (target));
    if (key === 'ArrowLeft' && !isTheirs && !isLarge) this.#go(-1);
    else if (key === 'ArrowRight' && !isTheirs && !isLarge) this.#go(1);
    else if (key === 'i') this.info.click();
    else if (key === 'd') this.#download();
    else if (key === 'z' && !this.zoom.hidden) this.zoom.click();
    else return;
    event.preventDefault();
  }

  #swipes() {
    /** @type {{x: number, y: number, id: number} | null} */
    let from = null;
    this.stage.addEventListener('pointerdown', ({ pointerType, isPrimary, clientX: x, clientY: y, pointerId: id }) => {
      from = pointerType === 'touch' && isPrimary && !this.stage.querySelector('.large') ? { x, y, id } : null;
    });
    this.stage.addEventListener('pointerup', ({ clientX, clientY, pointerId }) => {
      if (!from || pointerId !== from.id) return;
      const [x, y] = [clientX - from.x, clientY - from.y];
      from = null;
      if (Math.abs(x) > 50 && Math.abs(x) > 2 * Math.abs(y)) this.#go(x > 0 ? -1 : 1);
    });
    this.stage.addEventListener('pointercancel', () => { from = null; });
  }

  #toggleFacts() {
    this.aside.hidden = !this.aside.hidden;
    this.info.setAttribute('aria-expanded', String(!this.aside.hidden));
    if (!this.aside.hidden) this.#drawFacts();
  }

  #drawFacts() {
    const { file, ctx } = this;
    const folder = parentOf(file.path);
    const list = h('dl', null);
    const fact = (/** @type {string} */ name, /** @type {Node | string | undefined} */ value) => value && list.append(h('dt', null, name), h('dd', null, value));
    fact('Name', h('bdi', null, plain(nameOf(file.path))));
    fact('Kind', [wordOf(file).label, file.mime_type].filter(Boolean).join(', '));
    fact('Size', size(file.bytes));
    fact('Changed', fullDate(file.client_mtime));
    fact('Uploaded', fullDate(file.modified));
    fact('In', h('button', { type: 'button', class: 'link', onclick: () => {
      this.dialog.close();
      ctx.go(folder).then(() => ctx.select([file.path]));
    } }, h('bdi', null, plain(folder) || 'Files')));
    fill(this.aside, h('h2', null, 'Facts'), list);
    if (file.at || !/image|video/.test(file.mime_type ?? '')) return;
    ctx.api.at('metadata', file.path, { query: { list: false, include_media_info: true }, signal: this.#stop.signal }).then((told) => {
      const noted = told.photo_info ?? told.video_info;
      if (!noted || typeof noted !== 'object') return;
      fact('Taken', fullDate(noted.time_taken));
      fact('At', noted.lat_long && noted.lat_long.map((/** @type {number} */ degrees) => degrees.toFixed(4)).join(', '));
      fact('Lasts', noted.duration && `${Math.round(noted.duration / 1000)} s`);
    }, () => {});
  }
}

/** @param {string} label @param {string} sign @param {() => void} run @param {string} [className] */
const tool = (label, sign, run, className = '') => h('button', { type: 'button', class: `plain ${className}`, title: label, 'aria-label': label.replace(/ \(.*/, ''), onclick: run },
  icon(sign));
