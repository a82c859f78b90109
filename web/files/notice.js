// What stands in place of a list: nothing yet, nothing found, nothing there, something wrong; each with a way on.

import { ICONS, SIGNS } from '../components/icons.js';
import { button } from '../components/parts.js';
import { fill, h, icon } from '../lib/dom.js';

/** @typedef {{text: string, run: () => void, main?: boolean}} Way */

/**
 * @param {HTMLElement} place
 * @param {string} sign
 * @param {string} title
 * @param {string} text
 * @param {Way[]} ways
 */
function show(place, sign, title, text, ways) {
  // What is said already is not said again.
  const key = [title, text, ...ways.map((way) => way.text)].join('|');
  place.hidden = false;
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  const buttons = ways.map(({ text, run, main }) => button(text, run, main && 'main'));
  fill(place, icon(sign, 'icon large'), h('h2', null, title), h('p', null, text), h('div', { class: 'buttons' }, ...buttons));
}

/** @param {HTMLElement} place */
export function hideNotice(place) {
  place.hidden = true;
  place.replaceChildren();
  delete place.dataset.key;
}

/** @param {HTMLElement} place @param {boolean} isRoot @param {() => void} upload @param {() => void} create */
export const showEmpty = (place, isRoot, upload, create) =>
  show(place, ICONS.upload, isRoot ? 'This is where your files will be' : 'This folder is empty',
    'Drop files or whole folders here, or choose them.',
    [{ text: 'Upload files', run: upload, main: true }, { text: 'New folder', run: create }]);

/** @param {HTMLElement} place @param {string} query @param {string} where Such as "here". @param {Way[]} ways */
export const showNotFound = (place, query, where, ways) =>
  show(place, ICONS.search, `Nothing${where && ` ${where}`} is called “${query}”`, ways.length > 1 || !where
    ? 'Parts of names are enough, in any order. Case and accents do not count.' : 'Type three letters or more to search everywhere.', ways);

/** @param {HTMLElement} place @param {Way[]} ways */
export const showGone = (place, ways) =>
  show(place, SIGNS.folder, 'This folder is not here any more', 'It was deleted, moved or renamed, or it never was.', ways);

/** @param {HTMLElement} place @param {string} text @param {Way[]} ways */
export const showProblem = (place, text, ways) => show(place, ICONS.help, 'This did not work', text, ways);
