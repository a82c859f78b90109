// A menu at a button or at the pointer: arrow keys, the first letters of an item, Esc, and the focus goes back.

import { h, icon } from '../lib/dom.js';

/**
 * One line of a menu; `null` in a list of them is a line between groups.
 * @typedef {object} MenuItem
 * @property {string} text
 * @property {() => void} run
 * @property {string} [icon] What `lib/dom.js` draws.
 * @property {string} [keys] The shortcut that does the same.
 * @property {boolean} [danger]
 * @property {boolean} [checked] For one of several choices.
 */

/** @type {(() => void) | null} */
let closeOpen = null;

/**
 * @param {{x: number, y: number} | Element} at Where: a point of the window, or below something.
 * @param {string} label What it is called.
 * @param {(MenuItem | null)[]} items
 */
export function openMenu(at, label, items) {
  closeOpen?.();
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const lines = items.map((item) => (item ? line(item) : h('hr', { role: 'separator' })));
  const menu = h('div', { class: 'menu', role: 'menu', ariaLabel: label, popover: 'manual' }, ...lines);
  const buttons = /** @type {HTMLButtonElement[]} */ (lines.filter((each) => each instanceof HTMLButtonElement));
  const opener = at instanceof Element ? at : null;

  /** @param {MenuItem} item */
  function line(item) {
    const isChoice = item.checked != null;
    const run = () => {
      close(true);
      item.run();
    };
    return h(
      'button',
      {
        role: isChoice ? 'menuitemradio' : 'menuitem',
        ariaChecked: isChoice && String(item.checked),
        tabIndex: -1,
        class: item.danger && 'danger',
        onclick: run,
      },
      icon(item.icon ?? ''),
      h('span', null, item.text),
      item.keys && h('kbd', { ariaHidden: 'true' }, item.keys),
    );
  }

  /** @param {boolean} isBack Whether the focus goes back to where it was. */
  function close(isBack) {
    if (closeOpen !== end) return;
    closeOpen = null;
    removeEventListener('pointerdown', outside, true);
    removeEventListener('scroll', end, true);
    removeEventListener('resize', end);
    if (opener) opener.ariaExpanded = 'false';
    menu.remove();
    if (isBack && before?.isConnected) before.focus({ preventScroll: true });
  }
  const end = () => close(true);
  /** @param {Event} event */
  const outside = (event) => {
    if (!menu.contains(/** @type {Node} */ (event.target))) close(false);
  };

  menu.onkeydown = (event) => {
    event.stopPropagation();
    const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const last = buttons.length - 1;
    const to = { ArrowDown: now < last ? now + 1 : 0, ArrowUp: now > 0 ? now - 1 : last, Home: 0, End: last }[event.key];
    if (to != null) buttons[to].focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close(true);
    else if (event.key.length === 1 && event.key !== ' ') {
      const order = [...buttons.slice(now + 1), ...buttons.slice(0, now + 1)];
      order.find((each) => each.innerText.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
      return;
    } else return;
    event.preventDefault();
  };
  menu.oncontextmenu = (event) => event.preventDefault();

  // What is outside of an open dialog cannot be reached.
  (before?.closest('dialog') ?? document.querySelector('main') ?? document.body).append(menu);
  menu.showPopover();
  closeOpen = end;
  place(menu, at);
  if (opener) opener.ariaExpanded = 'true';
  (buttons.find((each) => each.ariaChecked === 'true') ?? buttons[0])?.focus();
  addEventListener('pointerdown', outside, true);
  addEventListener('scroll', end, true);
  addEventListener('resize', end);
}

/** @param {HTMLElement} menu @param {{x: number, y: number} | Element} at */
function place(menu, at) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const box = at instanceof Element ? at.getBoundingClientRect() : null;
  let { x, y } = box ? { x: box.left, y: box.bottom + 4 } : /** @type {{x: number, y: number}} */ (at);
  if (box && x + width > innerWidth - 8) x = box.right - width;
  if (y + height > innerHeight - 8) y = box ? box.top - height - 4 : y - height;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
}
