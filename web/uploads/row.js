// One upload in the panel.

import { ICONS } from '../components/icons.js';
import { fill, h, icon } from '../lib/dom.js';
import { plain, size as sizeText } from '../lib/format.js';
import { nameOf, parentOf } from '../lib/paths.js';
import { Rate, timeLeft } from './rate.js';

/** @typedef {import('./queue.js').Upload} Upload */

const PAUSE = 'M9 6v12M15 6v12';
const GO_ON = 'M8 5l11 7-11 7z';
const AGAIN = 'M19 12a7 7 0 1 1-2-4.9M19 3v5h-5';

/** A line of the list; its buttons stay the same elements, so that whoever presses one by keyboard is not lost. */
export class Row {
  #rate = new Rate();
  #act = '';

  /**
   * @param {Upload} upload
   * @param {import('./queue.js').Queue} queue
   */
  constructor(upload, queue) {
    this.upload = upload;
    this.queue = queue;
    const name = plain(nameOf(upload.path));
    this.facts = h('span', { class: 'hint' });
    this.bar = h('progress', { max: 1, 'aria-label': name });
    this.act = h('button', { type: 'button', class: 'plain', onclick: () => this.#press() });
    const cancel = h('button', { type: 'button', class: 'plain', 'aria-label': `Cancel ${name}`, title: 'Cancel', onclick: () => queue.cancel([upload]) },
      icon(ICONS.close));
    this.element = h('li', null, h('div', { class: 'up-name' }, h('bdi', { title: upload.path }, name), this.facts, this.bar), this.act, cancel);
  }

  /** @param {number} now In milliseconds. */
  draw(now) {
    const { state, sent, size, problem, isFolder, path } = this.upload;
    const isMoving = state === 'sending';
    if (isMoving) this.#rate.see(now, sent);
    else this.#rate.reset();
    const rate = this.#rate.perSecond;
    const where = parentOf(path) ? ` · in ${nameOf(parentOf(path))}` : '';
    const isBad = state === 'failed' || state === 'lost';
    const told = problem || (isMoving && size > 0
      ? [`${sizeText(sent)} of ${sizeText(size)}`, rate > 0 && `${sizeText(rate)}/s`, rate > 0 && timeLeft((size - sent) / rate)].filter(Boolean).join(' · ')
      : `${state === 'paused' ? `Paused${sent ? ` at ${sizeText(sent)}` : ''} · ` : ''}${isFolder ? 'Folder' : sizeText(size)}${where}`);
    if (this.facts.textContent !== told) this.facts.textContent = told;
    this.facts.className = isBad ? 'up-bad' : 'hint';
    this.bar.hidden = !(isMoving || (state === 'paused' && sent));
    this.bar.value = size ? sent / size : 0;
    this.#offer(isBad && state === 'lost' ? 'Choose the file again' : state === 'failed' ? 'Try again' : state === 'paused' ? 'Resume'
      : state === 'asking' ? '' : 'Pause');
  }

  /** @param {string} act */
  #offer(act) {
    if (act === this.#act) return;
    this.#act = act;
    this.act.hidden = !act;
    this.act.title = act;
    this.act.setAttribute('aria-label', `${act}: ${nameOf(this.upload.path)}`);
    fill(this.act, icon(act === 'Pause' ? PAUSE : act === 'Resume' ? GO_ON : act === 'Try again' ? AGAIN : ICONS.open));
  }

  #press() {
    const { upload, queue } = this;
    if (upload.state === 'lost') {
      const input = h('input', { type: 'file', onchange: () => input.files?.[0] && queue.found(upload, input.files[0]) });
      input.click();
    } else if (upload.state === 'paused' || upload.state === 'failed') queue.resume([upload]);
    else queue.pause([upload]);
  }
}
