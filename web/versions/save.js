// A past version, to be saved by the browser.

import { extensionOf, nameOf } from '../lib/paths.js';
import { h } from '../lib/dom.js';

/**
 * @param {import('../files/context.js').Context} ctx
 * @param {string} path
 * @param {string} rev
 */
export async function save(ctx, path, rev) {
  const name = nameOf(path), dot = extensionOf(name) ? name.lastIndexOf('.') : name.length;
  const href = URL.createObjectURL(await (await ctx.api.file(path, { rev })).blob());
  h('a', { href, download: `${name.slice(0, dot)} (version ${rev.replace(/.*=/, '')})${name.slice(dot)}` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
