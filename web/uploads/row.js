// One upload in the panel.

import { ICONS } from '../components/icons.js';
import { hint, mark, named, tool } from '../components/parts.js';
import { h } from '../lib/dom.js';
import { size as sizeText } from '../lib/format.js';
import { nameOf, parentOf } from '../lib/paths.js';
import { Rate, pace } from './rate.js';

/** @typedef {import('./queue.js').Upload} Upload */

const PAUSE = 'M9 6v12M15 6v12';
const GO_ON = 'M8 5l11 7-11 7z';
const AGAIN = 'M19 12a7 7 0 1 1-2-4.9M19 3v5h-5';

/** What can be done in which state. @type {Partial<Record<import('./queue.js').State, [string, string]>>} */
const ACTS = { waiting: ['Pause', PAUSE], sending: ['Pause', PAUSE], paused: ['Resume', GO_ON], failed: ['Try again', AGAIN], lost: ['Choose the file again', ICONS.open] };

/** A line of the list; its buttons stay the same elements, so that whoever presses one by keyboard is not lost. */
export class Row {
  #rate = new Rate();

  /**
   * @param {Upload} upload
   * @param {import('./queue.js').Queue} queue
   */
  constructor(upload, queue) {
    const name = named(upload.path);
    this.upload = upload;
    this.queue = queue;
    this.facts = hint('');
    this.bar = h('progress', { max: 1, ariaLabel: name });
    this.act = tool('', '', () => this.#press());
    this.element = h('li', null, h('div', { class: 'up-name' }, h('bdi', { title: upload.path }, name), this.facts, this.bar), this.act,
      tool(`Cancel: ${name}`, ICONS.close, () => queue.cancel([upload])));
  }

  /** @param {number} now In milliseconds. */
  draw(now) {
    const { state, sent, size, problem, isFolder, path } = this.upload;
    const told = [problem];
    if (state === 'sending') this.#rate.see(now, sent);
    else this.#rate.reset();
    if (!problem) {
      const rate = this.#rate.perSecond, isPart = sent > 0 || state === 'sending';
      told.push(state === 'paused' ? 'Paused' : '', isFolder ? 'Folder' : isPart ? `${sizeText(sent)} of ${sizeText(size)}` : sizeText(size));
      told.push(pace(rate, size - sent) || (parentOf(path) && `in ${nameOf(parentOf(path))}`));
    }
    this.facts.textContent = told.filter(Boolean).join(' · ');
    this.facts.className = state === 'failed' || state === 'lost' ? 'up-bad' : 'hint';
    this.bar.hidden = !sent && state !== 'sending';
    this.bar.value = size ? sent / size : 0;
    const [act, sign] = ACTS[state] ?? [];
    this.act.hidden = !act;
    if (act) mark(this.act, `${act}: ${named(path)}`, String(sign));
  }

  #press() {
    const { upload, queue } = this;
    if (upload.state === 'lost') {
      const input = h('input', { type: 'file', onchange: () => input.files?.[0] && queue.found(upload, input.files[0]) });
      input.click();
    } else if (ACTS[upload.state]?.[1] === PAUSE) queue.pause([upload]);
    else queue.resume([upload]);
  }
}
