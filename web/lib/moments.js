// Dates that grow older while they are looked at: "Just now" is not true for long.

import { h } from './dom.js';
import { fullDate, when } from './format.js';

/** How often they are looked after, in milliseconds. */
const PACE = 15_000;

/**
 * @param {string | undefined} date
 * @param {HTMLTimeElement} [element] That is to tell it; else a new one.
 * @returns {HTMLTimeElement}
 */
export function moment(date, element = h('time')) {
  const at = Date.parse(date ?? '');
  element.dateTime = at ? new Date(at).toISOString() : '';
  element.title = fullDate(date);
  element.textContent = when(date);
  return element;
}

/** From now on, all of the page's are as old as they are. */
export function startAging() {
  const age = () => {
    for (const element of document.querySelectorAll('time')) {
      const text = when(element.dateTime);
      if (text !== element.textContent) element.textContent = text;
    }
  };
  setInterval(age, PACE);
  // A page that nobody sees has a slow clock.
  document.addEventListener('visibilitychange', age);
}
