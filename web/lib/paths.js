// Paths as the API has them: they begin with a slash, and the root is ''.

/** @param {string} path @returns {string} The last name in it; of the root ''. */
export const nameOf = (path) => path.slice(path.lastIndexOf('/') + 1);

/** @param {string} path @returns {string} The folder that it is in; '' is the root. */
export const parentOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** @param {string} folder @param {string} name @returns {string} */
export const join = (folder, name) => `${folder}/${name}`;

/**
 * For addresses: each name escaped, the slashes kept.
 * @param {string} path @returns {string}
 */
export const encode = (path) => path.split('/').map(encodeURIComponent).join('/');

/**
 * What folders and files are compared by: case does not count.
 * @param {string} path @returns {string}
 */
export const keyOf = (path) => path.toLowerCase();

/** @param {string} path @param {string} folder @returns {boolean} Whether it is that folder, or somewhere in it. */
export const isWithin = (path, folder) => `${keyOf(path)}/`.startsWith(`${keyOf(folder)}/`);

/** @param {string} name @returns {string} The letters behind its last dot, in lower case; '' if there are none. */
export function extensionOf(name) {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** @param {string} name @param {boolean} [isFolder] Folders have no extension. @returns {string} All before the dot of its extension. */
export const stemOf = (name, isFolder) => (!isFolder && extensionOf(name) ? name.slice(0, name.lastIndexOf('.')) : name);

/** What is said of a name that is not to be had. */
export const TAKEN = 'Something has this name already.';

/**
 * Why this cannot be a name, or '' if it can.
 * @param {string} name
 * @returns {string}
 */
export function problemOf(name) {
  if (!name.trim()) return 'A name needs at least one letter.';
  if (/[/\\]/.test(name)) return 'A name cannot have slashes in it.';
  if (name === '.' || name === '..') return 'Dots alone are no name.';
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'A name cannot have control characters in it.';
  if (new TextEncoder().encode(name).length > 255) return 'This name is too long.';
  return '';
}

/** @param {string} pathname Of the page's address. @returns {string} The folder that it names. */
export function fromAddress(pathname) {
  const names = pathname.replace(/^\/files/, '').split('/').filter(Boolean);
  try {
    return names.map((name) => `/${decodeURIComponent(name)}`).join('');
  } catch {
    return '';
  }
}

/** @param {string} path @returns {string} The address of a folder's page. */
export const toAddress = (path) => `/files${encode(path)}`;
