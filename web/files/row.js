// One line of the list. Lines are used again for other entries while somebody scrolls.

import { ICONS, SIGNS } from '../components/icons.js';
import { named } from '../components/parts.js';
import { fill, h, icon } from '../lib/dom.js';
import { plain, size } from '../lib/format.js';
import { moment } from '../lib/moments.js';
import { parentOf, toAddress } from '../lib/paths.js';
import { kindOf } from './kinds.js';

/** @typedef {import('./context.js').Entry} Entry */

let count = 0;

/** @param {string} className @param {...Node} children */
const cell = (className, ...children) => h('div', { role: 'gridcell', class: className }, ...children);

export class Row {
  /** @type {Entry | null} */
  entry = null;
  /** What it was shown as: most lines stay as they are. */
  #state = '';
  /** @type {string | null} */
  #place = null;
  /** Which sign is drawn; '' is a picture of the file itself. */
  #sign = '';

  /** @param {import('./thumbs.js').Thumbnails} thumbnails */
  constructor(thumbnails) {
    this.thumbnails = thumbnails;
    this.pickbox = cell('pickbox', h('span', { class: 'box' }, icon(ICONS.check)));
    this.sign = h('span', { class: 'sign' });
    // A link, so that a folder can be opened in a tab of its own. The keyboard opens it by Enter on the line.
    this.name = h('a', { tabIndex: -1, draggable: false });
    this.facts = h('span', { class: 'facts' });
    // Where there is no room for columns, the facts below the name have it.
    this.times = [h('time'), h('time')];
    this.date = cell('date', this.times[0]);
    this.size = cell('size');
    this.kind = cell('kind');
    this.more = h('button', { class: 'plain more', tabIndex: -1, ariaHasPopup: 'menu' }, icon(ICONS.more));
    const title = h('div', { class: 'title' }, this.name, this.facts);
    this.element = h(
      'div',
      { role: 'row', class: 'row', id: `row-${++count}`, draggable: true },
      this.pickbox,
      cell('name', this.sign, title),
      this.date,
      this.size,
      this.kind,
      cell('acts', this.more),
    );
  }

  /**
   * @param {Entry} entry
   * @param {{index: number, height: number, isSelected: boolean, isActive: boolean, place: string | null}} state `place` is
   *   the folder that a search began at: the way from there is told.
   */
  show(entry, { index, height, isSelected, isActive, place }) {
    const { element } = this;
    const state = `${index} ${height} ${isSelected} ${isActive} ${place}`;
    if (this.entry === entry && this.#state === state) return;
    if (this.entry !== entry || place !== this.#place) this.#fill(entry, place);
    this.#state = state;
    this.#place = place;
    element.style.transform = `translateY(${index * height}px)`;
    // The first line is that of the headings.
    element.ariaRowIndex = String(index + 2);
    element.ariaSelected = String(isSelected);
    element.classList.toggle('active', isActive);
  }

  /** @param {Entry} entry @param {string | null} place */
  #fill(entry, place) {
    if (this.entry) this.thumbnails.leave(this.entry);
    this.entry = entry;
    const name = named(entry.path);
    const bytes = entry.is_dir ? '' : size(entry.bytes);
    const way = place === null ? '' : plain(parentOf(entry.path).slice(place.length + 1) || (place ? 'this folder' : 'All files'));
    this.name.textContent = name;
    this.name.title = name;
    if (entry.is_dir) this.name.href = toAddress(entry.path);
    else this.name.removeAttribute('href');
    const [date, below] = this.times;
    const { dateTime, title, textContent } = moment(entry.modified, date);
    Object.assign(below, { dateTime, title, textContent });
    fill(this.facts, place === null && bytes && `${bytes} · `, place === null ? this.times[1] : way);
    this.facts.classList.toggle('way', place !== null);
    this.size.textContent = bytes || '–';
    const { label, sign } = kindOf(entry);
    this.kind.textContent = label;
    this.more.ariaLabel = `Actions for ${name}`;
    this.element.classList.toggle('is-folder', entry.is_dir);
    this.element.classList.remove('fresh');
    if (this.#sign !== sign) {
      this.#sign = sign;
      this.sign.className = `sign sign-${sign}`;
      this.sign.replaceChildren(icon(SIGNS[sign]));
    }
    if (entry.thumb_exists) this.#picture(entry);
  }

  /** @param {Entry} entry */
  #picture(entry) {
    const show = (/** @type {string} */ url) => {
      if (this.entry !== entry) return;
      this.#sign = '';
      this.sign.replaceChildren(h('img', { src: url, alt: '', draggable: false }));
    };
    const url = this.thumbnails.want(entry, show);
    if (url) show(url);
  }

  /** Glows for a moment: somebody changed it. */
  glow() {
    this.element.classList.remove('fresh');
    // The browser has to see it gone before it begins again.
    void this.element.offsetWidth;
    this.element.classList.add('fresh');
  }

  /** Nobody looks at it any more. */
  leave() {
    if (this.entry) this.thumbnails.leave(this.entry);
    this.entry = null;
    this.element.remove();
  }
}
