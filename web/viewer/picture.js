// A picture: fitted to the window, or as large as it is, to be moved about.

import { h } from '../lib/dom.js';
import { isShownByBrowsers } from './kinds.js';

/** Larger files than this are shown as the server's smaller picture only, in bytes. */
const ORIGINAL_MAX = 40 * 2 ** 20;

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */

/**
 * @param {Context} ctx
 * @param {Entry & {at?: string}} entry `at` is a past version's rev.
 * @param {AbortSignal} signal
 * @returns {Promise<HTMLElement>} With a picture in it, or an error.
 */
export async function picture(ctx, entry, signal) {
  const image = h('img', { alt: '', draggable: false });
  const stage = h('div', { class: 'v-picture', tabIndex: -1 }, image);
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  const isOwn = isShownByBrowsers(entry.path) && entry.bytes <= ORIGINAL_MAX;
  image.alt = name;
  const show = async (/** @type {string} */ url) => {
    const next = new Image();
    next.src = url;
    await next.decode();
    if (!signal.aborted) image.src = url;
  };
  const blob = (/** @type {Blob} */ bytes) => {
    const url = URL.createObjectURL(bytes);
    signal.addEventListener('abort', () => URL.revokeObjectURL(url), { once: true });
    return url;
  };
  const original = async () => show(entry.at ? blob(await (await ctx.api.file(entry.path, { rev: entry.at, signal })).blob()) : await ctx.api.media(entry.path));
  if (entry.thumb_exists && !entry.at) {
    // The small one first: it is there sooner. The original takes its place when it is whole.
    const small = ctx.api.thumbnail(entry.path, 'xl', signal).then((bytes) => show(blob(bytes)));
    const large = isOwn ? small.catch(() => {}).then(original) : small;
    await small.catch((error) => (isOwn ? large : Promise.reject(error)));
    large.catch(() => {});
  } else if (isOwn) await original();
  else throw new Error('This picture cannot be shown here.');
  zooming(stage, image);
  return stage;
}

/**
 * A press shows it as large as it is; then it can be moved.
 * @param {HTMLElement} stage
 * @param {HTMLImageElement} image
 */
function zooming(stage, image) {
  /** @type {{x: number, y: number, left: number, top: number, hasMoved: boolean} | null} */
  let hold = null;
  const isLarge = () => stage.classList.contains('large');
  const toggle = (/** @type {number} */ x = 0.5, /** @type {number} */ y = 0.5) => {
    stage.classList.toggle('large');
    stage.scrollTo(x * stage.scrollWidth - stage.clientWidth / 2, y * stage.scrollHeight - stage.clientHeight / 2);
  };
  stage.addEventListener('zoom', () => toggle());
  stage.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    hold = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop, hasMoved: false };
  });
  stage.addEventListener('pointermove', (event) => {
    if (!hold || event.pointerType === 'touch') return;
    const [x, y] = [event.clientX - hold.x, event.clientY - hold.y];
    hold.hasMoved ||= Math.hypot(x, y) > 5;
    if (hold.hasMoved && isLarge()) stage.scrollTo(hold.left - x, hold.top - y);
  });
  stage.addEventListener('pointerup', (event) => {
    const box = image.getBoundingClientRect();
    const isPress = hold && !hold.hasMoved && Math.hypot(event.clientX - hold.x, event.clientY - hold.y) < 6;
    hold = null;
    if (isPress && event.target === image) toggle((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
  stage.addEventListener('pointercancel', () => { hold = null; });
}
