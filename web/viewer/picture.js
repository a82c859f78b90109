// A picture: fitted to the window, or as large as it is, to be moved about.

import { named } from '../components/parts.js';
import { h } from '../lib/dom.js';
import { isShownByBrowsers } from './kinds.js';
import { addressFor, addressOf } from './shows.js';

/** Larger files than this are shown as the server's smaller picture only, in bytes. */
const ORIGINAL_MAX = 40 * 2 ** 20;

/** @type {import('./shows.js').Show} */
export async function picture(ctx, entry, signal) {
  const { path, bytes } = entry;
  const image = h('img', { alt: named(path), draggable: false });
  const stage = h('div', { class: 'v-picture' }, image);
  const isOwn = isShownByBrowsers(path) && bytes <= ORIGINAL_MAX;
  const show = async (/** @type {string} */ url) => {
    const next = new Image();
    next.src = url;
    await next.decode();
    if (!signal.aborted) image.src = url;
  };
  const original = async () => show(await addressOf(ctx, entry, signal));
  if (entry.thumb_exists && !entry.at) {
    // The small one first: it is there sooner. The original takes its place when it is whole.
    const small = ctx.api.thumbnail(path, 'xl', signal).then((blob) => show(addressFor(blob, signal)));
    const large = isOwn ? small.then(original, original) : small;
    await small.catch(() => large);
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
  /** @type {{x: number, y: number, left: number, top: number} | null} */
  let hold = null;
  let way = 0;
  const toggle = (/** @type {number} */ x = 0.5, /** @type {number} */ y = 0.5) => {
    stage.classList.toggle('large');
    stage.scrollTo(x * stage.scrollWidth - stage.clientWidth / 2, y * stage.scrollHeight - stage.clientHeight / 2);
  };
  stage.addEventListener('zoom', () => toggle());
  stage.onpointerdown = ({ button, clientX: x, clientY: y }) => {
    hold = button ? null : { x, y, left: stage.scrollLeft, top: stage.scrollTop };
    way = 0;
  };
  stage.onpointermove = ({ clientX, clientY, pointerType }) => {
    if (!hold) return;
    const [x, y] = [clientX - hold.x, clientY - hold.y];
    way = Math.max(way, Math.hypot(x, y));
    // Fingers scroll by themselves.
    if (pointerType !== 'touch') stage.scrollTo(hold.left - x, hold.top - y);
  };
  stage.onpointerup = ({ clientX, clientY, target }) => {
    const { left, top, width, height } = image.getBoundingClientRect();
    if (hold && way < 6 && target === image) toggle((clientX - left) / width, (clientY - top) / height);
    hold = null;
  };
  stage.onpointercancel = () => { hold = null; };
}
