// A past version, to be saved by the browser.

import { nameOf, stemOf } from '../lib/paths.js';
import { h } from '../lib/dom.js';

/**
 * @param {import('../files/context.js').Context} ctx
 * @param {string} path
 * @param {string} rev
 */
export async function save(ctx, path, rev) {
  const name = nameOf(path), stem = stemOf(name);
  const href = URL.createObjectURL(await (await ctx.api.file(path, { rev })).blob());
  h('a', { href, download: `${stem} (version ${rev.replace(/.*=/, '')})${name.slice(stem.length)}` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
