// A file over the whole window, and the one before and after it.

import { isAbort, textOf as problemOf } from '../api/client.js';
import { ICONS } from '../components/icons.js';
import { attempt, button, hint, named, style, tool } from '../components/parts.js';
import { kindOf as wordOf } from '../files/kinds.js';
import { fill, h } from '../lib/dom.js';
import { fullDate, plain, size } from '../lib/format.js';
import { parentOf, toAddress } from '../lib/paths.js';
import { kindOf } from './kinds.js';
import { picture } from './picture.js';
import { audio, other, pdf, text, video } from './shows.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('./shows.js').Shown} Shown */

const ZOOM = `${ICONS.search}M10.5 8v5M8 10.5h5`;

/** @type {Record<import('./kinds.js').Kind, import('./shows.js').Show>} */
const SHOWS = { picture, pdf, text, audio, video, other: async (ctx, entry) => other(ctx, entry) };

/**
 * Shows a file. Folders among the entries are passed over.
 * @param {Context} ctx
 * @param {Shown[]} entries Those that it stands among.
 * @param {number} index Which of them.
 */
export async function open(ctx, entries, index) {
  await style();
  // Somebody who presses faster than it comes sees it once.
  if (ctx.isViewing) return;
  const files = entries.filter((entry) => !entry.is_dir);
  new Viewer(ctx, files, Math.max(0, files.indexOf(entries[index])));
}

class Viewer {
  #stop = new AbortController();

  /** @param {Context} ctx @param {Shown[]} files @param {number} at */
  constructor(ctx, files, at) {
    this.ctx = ctx;
    this.files = files;
    this.at = at;
    this.name = h('bdi', null);
    this.place = hint('');
    this.said = h('p', { class: 'unseen', role: 'status' });
    this.stage = h('div', { class: 'v-stage' });
    this.aside = h('aside', { class: 'v-facts', ariaLabel: 'Facts', hidden: true });
    this.zoom = tool('Zoom (Z)', ZOOM, () => this.stage.firstElementChild?.dispatchEvent(new Event('zoom')));
    this.info = tool('Facts (I)', ICONS.facts, () => this.#facts(Boolean(this.aside.hidden)));
    this.before = tool('Previous (←)', ICONS.back, () => this.#go(-1), 'v-side before');
    this.after = tool('Next (→)', 'M9 5l7 7-7 7', () => this.#go(1), 'v-side after');
    const close = tool('Close (Esc)', ICONS.close, () => this.dialog.close());
    const bar = h('div', { class: 'v-bar' }, h('p', null, this.name, this.place), this.zoom, this.info, tool('Download (D)', ICONS.download, () => this.#save()), close);
    const content = h('div', { class: 'viewer' }, bar, h('div', { class: 'v-middle' }, this.stage, this.before, this.after, this.aside), this.said);
    // A file has an address while it is shown, and the browser's Back closes it.
    ctx.isViewing = true;
    history.pushState(null, '');
    this.dialog = ctx.dialog('Preview', content, { size: 'full', onclose: () => this.#closed() });
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

  #closed() {
    this.#stop.abort();
    if (this.ctx.isViewing) history.back();
  }

  async #show() {
    this.#stop.abort();
    const { signal } = (this.#stop = new AbortController());
    const { file, ctx, at, files } = this;
    const kind = kindOf(file), place = files.length > 1 && `${at + 1} of ${files.length}`;
    this.name.textContent = named(file.path);
    this.place.textContent = [place, file.at && 'an older version', size(file.bytes)].filter(Boolean).join(' · ');
    this.said.textContent = `${named(file.path)} ${place || ''}`;
    if (!file.at) history.replaceState(null, '', toAddress(file.path));
    this.zoom.hidden = kind !== 'picture';
    this.before.hidden = !at;
    this.after.hidden = at >= files.length - 1;
    this.#facts(!this.aside.hidden);
    // What is there at once makes nothing flicker.
    const timer = setTimeout(() => fill(this.stage, hint('Loading…')), 150);
    const shown = await SHOWS[kind](ctx, file, signal).catch((error) => {
      if (isAbort(error) && signal.aborted) return null;
      // Browsers say of a picture only that they cannot show it; what is wrong with the server has a sentence of its own.
      const why = error instanceof DOMException ? 'This picture cannot be shown.' : error.name === 'Error' ? error.message : problemOf(error);
      return h('div', null, other(ctx, file, why), h('p', { class: 'v-other' }, button('Try again', () => this.#show())));
    });
    clearTimeout(timer);
    if (shown && !signal.aborted) fill(this.stage, shown);
  }

  /** @param {number} by */
  #go(by) {
    if (!this.files[this.at + by]) return;
    this.at += by;
    this.#show();
    // A button that has gone takes the focus with it.
    const focused = document.activeElement;
    if (!focused?.checkVisibility() || focused === document.body) (by < 0 ? this.after : this.before).focus();
  }

  #save() {
    const { ctx, file } = this;
    if (!file.at) return void ctx.download(file);
    attempt(ctx, async () => (await import('../versions/save.js')).save(ctx, file.path, String(file.at)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target, key, ctrlKey, metaKey, altKey } = event;
    // A player seeks with the arrows, and what is large is moved with them.
    const isTheirs = target instanceof HTMLMediaElement || (this.stage.querySelector('.large') && this.stage.contains(/** @type {Node} */ (target)));
    const run = { ArrowLeft: !isTheirs && (() => this.#go(-1)), ArrowRight: !isTheirs && (() => this.#go(1)), i: () => this.info.click(), d: () => this.#save(), z: () => this.zoom.click() }[key];
    if (!run || ctrlKey || metaKey || altKey) return;
    run();
    event.preventDefault();
  }

  #swipes() {
    /** @type {number[] | null} */
    let from = null;
    this.stage.onpointerdown = ({ pointerType, isPrimary, clientX, clientY }) => {
      from = pointerType === 'touch' && isPrimary && !this.stage.querySelector('.large') ? [clientX, clientY] : null;
    };
    this.stage.onpointerup = ({ clientX, clientY, isPrimary }) => {
      if (!from || !isPrimary) return;
      const [x, y] = [clientX - from[0], clientY - from[1]];
      from = null;
      if (Math.abs(x) > 50 && Math.abs(x) > 2 * Math.abs(y)) this.#go(x > 0 ? -1 : 1);
    };
    this.stage.onpointercancel = () => { from = null; };
  }

  /** @param {boolean} isShown */
  #facts(isShown) {
    this.aside.hidden = !isShown;
    this.info.ariaExpanded = String(isShown);
    if (!isShown) return;
    const { file, ctx } = this;
    const folder = parentOf(file.path);
    const list = h('dl', null);
    const fact = (/** @type {string} */ name, /** @type {Node | string | undefined} */ value) => value && list.append(h('dt', null, name), h('dd', null, value));
    fact('Name', h('bdi', null, named(file.path)));
    fact('Kind', `${wordOf(file).label}, ${file.mime_type}`);
    fact('Size', size(file.bytes));
    fact('Changed', fullDate(file.client_mtime));
    fact('Uploaded', fullDate(file.modified));
    fact('In', button(plain(folder) || 'All files', () => {
      addEventListener('popstate', () => ctx.go(folder).then(() => ctx.select([file.path])), { once: true });
      this.dialog.close();
    }, 'link'));
    fill(this.aside, h('h2', null, 'Facts'), list);
    if (file.at || !/^(image|video)/.test(file.mime_type ?? '')) return;
    ctx.api.entry(file.path, this.#stop.signal, { include_media_info: true }).then((told) => {
      const { time_taken: taken, lat_long: place, duration } = told.photo_info ?? told.video_info ?? {};
      fact('Taken', fullDate(taken));
      fact('At', place?.join(', '));
      fact('Lasts', duration && `${Math.round(duration / 1000)} seconds`);
    }, () => {});
  }
}
