// A past version, to be saved by the browser.

import { extensionOf, nameOf } from '../lib/paths.js';
import { h } from '../lib/dom.js';

/** @typedef {import('../files/context.js').Context} Context */

/**
 * @param {string} path @param {string} rev
 * @returns {string} What the file is called that it is saved as: `notes (version 1f).txt`.
 */
export function savedName(path, rev) {
  const name = nameOf(path), extension = extensionOf(name);
  const stem = extension ? name.slice(0, -extension.length - 1) : name;
  return `${stem} (version ${rev.slice(0, 12)})${extension ? `.${name.slice(-extension.length)}` : ''}`;
}

/**
 * @param {Context} ctx
 * @param {string} path
 * @param {string} rev
 */
export async function save(ctx, path, rev) {
  try {
    const bytes = await (await ctx.api.file(path, { rev })).blob();
    const url = URL.createObjectURL(bytes);
    h('a', { href: url, download: savedName(path, rev) }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (/** @type {any} */ error) {
    ctx.toast(error.message, { kind: 'problem' });
  }
}
