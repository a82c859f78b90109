// What this browser remembers of how its user likes the list. A browser may refuse to remember.

/** @typedef {import('./sort.js').Order} Order */

const KEY = 'tidemark-order';

/** @returns {Order} */
export function readOrder() {
  try {
    const order = JSON.parse(localStorage.getItem(KEY) ?? '');
    if (['name', 'modified', 'bytes', 'kind'].includes(order.by)) return { by: order.by, descending: order.descending === true };
  } catch {
    // There is none.
  }
  return { by: 'name', descending: false };
}

/** @param {Order} order */
export function writeOrder(order) {
  try {
    localStorage.setItem(KEY, JSON.stringify(order));
  } catch {
    // It is so until the page is closed.
  }
}
