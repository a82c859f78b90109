// What the viewer shows of each kind of file but pictures. Whatever comes from a file stays text, or a document in a frame that is no page
// of this server.

import { h, icon } from '../lib/dom.js';
import { SIGNS } from '../components/icons.js';
import { plain, size as sizeText } from '../lib/format.js';
import { nameOf } from '../lib/paths.js';
import { textOf } from './kinds.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */
/** @typedef {Entry & {at?: string}} Shown `at` is a past version's rev. */

/** How much of a text is shown, and how large a PDF may be, in bytes. */
const TEXT_MAX = 2 ** 20;
const PDF_MAX = 100 * 2 ** 20;

/**
 * The beginning of a text.
 * @param {Context} ctx @param {Shown} entry @param {AbortSignal} signal @returns {Promise<HTMLElement>}
 */
export async function text(ctx, entry, signal) {
  const range = entry.bytes > TEXT_MAX ? `bytes=0-${TEXT_MAX - 1}` : undefined;
  const response = await ctx.api.file(entry.path, { rev: entry.at, range, signal });
  const found = textOf(new Uint8Array(await response.arrayBuffer()));
  if (found === null) return other(ctx, entry, 'This is no text.');
  const lines = h('pre', { tabIndex: 0, role: 'region', 'aria-label': `Text of ${nameOf(entry.path)}`, class: 'v-text wrap' }, found || 'This file is empty.');
  const wrap = h('input', { type: 'checkbox', checked: true, onchange: () => lines.classList.toggle('wrap', wrap.checked) });
  return h('div', { class: 'v-paper' },
    h('p', { class: 'v-options' }, h('label', null, wrap, ' Wrap long lines'), range && h('span', { class: 'hint' }, `The first ${sizeText(TEXT_MAX)} of ${sizeText(entry.bytes)}`)), lines);
}

/** @param {Context} ctx @param {Shown} entry @param {AbortSignal} signal @returns {Promise<HTMLElement>} */
export async function pdf(ctx, entry, signal) {
  if (entry.bytes > PDF_MAX) return other(ctx, entry, 'This document is too large to be shown here.');
  if (!navigator.pdfViewerEnabled) return other(ctx, entry, 'This browser does not show PDF documents inside pages.');
  const bytes = await (await ctx.api.file(entry.path, { rev: entry.at, signal })).blob();
  // Only what is one: a page that calls itself a PDF is not opened.
  if (await bytes.slice(0, 5).text() !== '%PDF-') return other(ctx, entry, 'This is no PDF document.');
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/pdf' }));
  signal.addEventListener('abort', () => URL.revokeObjectURL(url), { once: true });
  return h('iframe', { class: 'v-frame', src: url, title: nameOf(entry.path) });
}

/** @param {'audio' | 'video'} tag */
const player = (tag) => async (/** @type {Context} */ ctx, /** @type {Shown} */ entry, /** @type {AbortSignal} */ signal) => {
  let url = '';
  if (entry.at) {
    url = URL.createObjectURL(await (await ctx.api.file(entry.path, { rev: entry.at, signal })).blob());
    signal.addEventListener('abort', () => URL.revokeObjectURL(url), { once: true });
  } else url = await ctx.api.media(entry.path);
  const element = h(tag, { controls: true, preload: 'metadata', 'aria-label': nameOf(entry.path), src: url });
  const stage = h('div', { class: `v-media ${tag}` }, tag === 'audio' && icon(SIGNS.sound), element);
  element.addEventListener('error', () => stage.replaceWith(other(ctx, entry, 'This browser cannot play this file.')));
  // It goes on loading, and sounding, unless it is told.
  signal.addEventListener('abort', () => {
    element.pause();
    element.removeAttribute('src');
    element.load();
  }, { once: true });
  return stage;
};

export const audio = player('audio');
export const video = player('video');

/**
 * What cannot be shown can be saved.
 * @param {Context} ctx @param {Shown} entry @param {string} [why] @returns {HTMLElement}
 */
export function other(ctx, entry, why = 'There is no preview for this kind of file.') {
  return h('div', { class: 'v-other' }, icon(SIGNS.file), h('p', null, h('strong', null, h('bdi', null, plain(nameOf(entry.path))))),
    h('p', { class: 'hint' }, `${sizeText(entry.bytes)} · ${entry.mime_type ?? 'file'}`), h('p', null, why),
    !entry.at && h('button', { type: 'button', class: 'main', onclick: () => ctx.download(entry) }, 'Download'));
}
