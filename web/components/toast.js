// Short notices at the bottom of the window: what was done, with a way to undo it, and what went wrong.

import { h } from '../lib/dom.js';
import { ICONS } from './icons.js';
import { tool } from './parts.js';

/** @typedef {import('../files/context.js').ToastOptions} ToastOptions */

/** How long one stays, in milliseconds; with something to press, longer. */
const LASTS = 5000;
const LASTS_WITH_ACTION = 12000;
const COUNT_MAX = 3;

const UNDO = 'Control+Z';

/** @type {HTMLElement | undefined} */
let region;

/** Takes back what was done last, while that is offered. @returns {boolean} Whether it is. */
export function undo() {
  const offers = /** @type {NodeListOf<HTMLElement> | undefined} */ (region?.querySelectorAll(`[aria-keyshortcuts="${UNDO}"]`));
  const last = offers && [...offers].at(-1);
  last?.click();
  return Boolean(last);
}

/** The region is there, and empty, before anything is told in it: else nobody hears the first one. */
export function prepareToasts() {
  region ??= h('div', { class: 'toasts', role: 'status', ariaLive: 'polite', ariaLabel: 'Notices' });
  if (!region.isConnected) document.body.append(region);
}

/**
 * @param {string} text
 * @param {ToastOptions} [options]
 */
export function toast(text, { action, run, kind = 'info' } = {}) {
  prepareToasts();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const dismiss = () => {
    clearTimeout(timer);
    element.remove();
  };
  const act = () => {
    dismiss();
    run?.();
  };
  const element = h(
    'div',
    { class: `toast ${kind}` },
    h('p', null, text),
    action && h('button', { class: 'link', 'aria-keyshortcuts': action === 'Undo' && UNDO, onclick: act }, action),
    tool('Dismiss', ICONS.close, dismiss),
  );
  // Whoever is about to press it is not raced.
  const start = () => {
    clearTimeout(timer);
    if (kind !== 'problem') timer = setTimeout(dismiss, action ? LASTS_WITH_ACTION : LASTS);
  };
  for (const type of ['pointerenter', 'focusin']) element.addEventListener(type, () => clearTimeout(timer));
  for (const type of ['pointerleave', 'focusout']) element.addEventListener(type, start);
  region?.append(element);
  while (region && region.children.length > COUNT_MAX) region.firstElementChild?.remove();
  // An open dialog lies above all else: what is told in the meantime must lie above it, too.
  if (region) {
    region.popover = 'manual';
    if (region.matches(':popover-open')) region.hidePopover();
    region.showPopover();
  }
  start();
}
