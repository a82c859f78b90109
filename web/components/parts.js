// What the panels have in common: buttons, names, lengths of waiting, and styles that are loaded when they are wanted.

import { h, icon } from '../lib/dom.js';
import { plain } from '../lib/format.js';
import { nameOf } from '../lib/paths.js';

/**
 * A button with a text.
 * @param {string} text
 * @param {() => void} onclick
 * @param {string | false} [className]
 * @param {string} [label] What is heard of it, if that is more.
 */
export const button = (text, onclick, className, label) => h('button', { class: className, ariaLabel: label, onclick }, text);

/**
 * A button with a sign. What stands in brackets in its label (the key that does the same) is seen and not heard.
 * @param {string} label
 * @param {string} sign
 * @param {() => void} onclick
 * @param {string} [className]
 */
export function tool(label, sign, onclick, className = '') {
  const element = button('', onclick, `plain ${className}`);
  mark(element, label, sign);
  return element;
}

/**
 * Gives such a button another sign and label.
 * @param {HTMLElement} element
 * @param {string} label
 * @param {string} sign
 */
export function mark(element, label, sign) {
  if (element.title === label) return;
  element.title = label;
  element.ariaLabel = label.replace(/ \(.*/, '');
  element.replaceChildren(icon(sign));
}

/** @param {string} path @returns {string} The name at its end, as it may stand on a page. */
export const named = (path) => plain(nameOf(path));

/** @param {string} text @param {string} [className] */
export const hint = (text, className = 'hint') => h('span', { class: className }, text);

/**
 * Does something, and tells what went wrong.
 * @param {import('../files/context.js').Context} ctx
 * @param {() => Promise<any>} act
 * @returns {Promise<boolean>} Whether it is done.
 */
export async function attempt(ctx, act) {
  try {
    await act();
    return true;
  } catch (error) {
    ctx.toast(/** @type {Error} */ (error).message, { kind: 'problem' });
    return false;
  }
}

/** @type {Promise<unknown> | undefined} */
let styled;

/** @returns {Promise<unknown>} When the style of the panels is there, or will not come. */
export function style() {
  return styled ??= new Promise((resolve) => {
    const href = new URL('../styles/panels.css', import.meta.url).href;
    document.head.append(h('link', { rel: 'stylesheet', href, onload: resolve, onerror: resolve }));
  });
}
