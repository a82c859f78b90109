// Styles of parts that are loaded when they are wanted.

/** @type {Map<string, Promise<void>>} */
const loaded = new Map();

/**
 * A style sheet of `web/styles/`, once.
 * @param {string} name
 * @returns {Promise<void>} When it is there; also if it never comes.
 */
export function style(name) {
  let ready = loaded.get(name);
  if (!ready) {
    ready = new Promise((resolve) => {
      const link = document.createElement('link');
      Object.assign(link, { rel: 'stylesheet', href: new URL(`../styles/${name}`, import.meta.url).href });
      link.onload = link.onerror = () => resolve();
      document.head.append(link);
    });
    loaded.set(name, ready);
  }
  return ready;
}
