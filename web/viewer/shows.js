// What the viewer shows of each kind of file but pictures. Whatever comes from a file stays text, or a document in a frame that is no page
// of this server.

import { button, hint, named } from '../components/parts.js';
import { SIGNS } from '../components/icons.js';
import { h, icon } from '../lib/dom.js';
import { size } from '../lib/format.js';
import { textOf } from './kinds.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */
/** @typedef {Entry & {at?: string}} Shown `at` is a past version's rev. */
/** @typedef {(ctx: Context, entry: Shown, signal: AbortSignal) => Promise<HTMLElement>} Show */

/** How much of a text is shown, and how large a PDF may be, in bytes. */
const TEXT_MAX = 2 ** 20;
const PDF_MAX = 100 * 2 ** 20;

/**
 * The address of some bytes, as long as they are looked at.
 * @param {Blob} bytes @param {AbortSignal} signal
 */
export function addressFor(bytes, signal) {
  const url = URL.createObjectURL(bytes);
  signal.addEventListener('abort', () => URL.revokeObjectURL(url));
  return url;
}

/** The bytes of a past version have no direct address. @type {(...of: Parameters<Show>) => Promise<string>} */
export async function addressOf(ctx, { path, at }, signal) {
  return at ? addressFor(await (await ctx.api.file(path, { rev: at, signal })).blob(), signal) : ctx.api.media(path);
}

/** The beginning of a text. @type {Show} */
export async function text(ctx, entry, signal) {
  const { path, at, bytes } = entry;
  const range = bytes > TEXT_MAX ? `bytes=0-${TEXT_MAX - 1}` : undefined;
  const found = textOf(new Uint8Array(await (await ctx.api.file(path, { rev: at, range, signal })).arrayBuffer()));
  if (found === null) return other(ctx, entry);
  const lines = h('pre', { tabIndex: 0, role: 'region', ariaLabel: `Text of ${named(path)}`, class: 'v-text wrap' }, found || 'This file is empty.');
  const wrap = h('input', { type: 'checkbox', checked: true, onchange: () => lines.classList.toggle('wrap') });
  return h('div', { class: 'v-paper' }, h('label', { class: 'tick' }, wrap, 'Wrap long lines', range && hint(`The first ${size(TEXT_MAX)} of ${size(bytes)}`)), lines);
}

/** @type {Show} */
export async function pdf(ctx, entry, signal) {
  const { path, at, bytes } = entry;
  if (bytes > PDF_MAX || !navigator.pdfViewerEnabled) return other(ctx, entry, 'This browser does not show this document inside pages.');
  const blob = await (await ctx.api.file(path, { rev: at, signal })).blob();
  // Only what is one: a page that calls itself a PDF is not opened.
  if (await blob.slice(0, 5).text() !== '%PDF-') return other(ctx, entry, 'This is no PDF document.');
  return h('iframe', { class: 'v-frame', src: addressFor(new Blob([blob], { type: 'application/pdf' }), signal), title: named(path) });
}

/** @param {'audio' | 'video'} tag @returns {Show} */
const player = (tag) => async (ctx, entry, signal) => {
  const element = h(tag, { controls: true, preload: 'metadata', ariaLabel: named(entry.path), src: await addressOf(ctx, entry, signal) });
  const stage = h('div', { class: `v-media ${tag}` }, tag === 'audio' && icon(SIGNS.sound), element);
  element.onerror = () => element.src && stage.replaceWith(other(ctx, entry, 'This browser cannot play this file.'));
  // It goes on loading, and sounding, unless it is told.
  signal.addEventListener('abort', () => {
    element.pause();
    element.removeAttribute('src');
    element.load();
  });
  return stage;
};

export const audio = player('audio');
export const video = player('video');

/**
 * What cannot be shown can be saved.
 * @param {Context} ctx @param {Shown} entry @param {string} [why] @returns {HTMLElement}
 */
export const other = (ctx, entry, why = 'There is no preview for this kind of file.') => h('div', { class: 'v-other' }, icon(SIGNS.file),
  h('p', null, h('bdi', null, named(entry.path))), h('p', { class: 'hint' }, `${size(entry.bytes)} · ${entry.mime_type ?? 'file'}`), h('p', null, why),
  !entry.at && button('Download', () => ctx.download(entry), 'main'));
