// Which names exist already where uploads go, and what somebody wants to happen with them.

import { button, hint, named } from '../components/parts.js';
import { h } from '../lib/dom.js';
import { keyOf, nameOf, parentOf } from '../lib/paths.js';

/** @typedef {import('./queue.js').Upload} Upload */
/** @typedef {import('../files/context.js').Entry} Entry */
/** @typedef {import('../files/context.js').Context} Context */

/** In a folder that gets more than these, all names are looked at in one go. */
const FEW = 6;

/**
 * What stands where uploads are to go. What cannot be found out is left to the server, which replaces nothing unasked.
 * @param {Pick<Context['api'], 'list'>} api
 * @param {Upload[]} uploads
 * @returns {Promise<Map<Upload, Entry>>}
 */
export async function taken(api, uploads) {
  /** @type {Map<Upload, Entry>} */
  const found = new Map();
  /** @type {Map<string, Promise<boolean>>} */
  const known = new Map([['', Promise.resolve(true)]]);
  /** Folders that are not there are not asked for what is in them. @param {string} folder @returns {Promise<boolean>} */
  const isThere = (folder) => {
    const answer = known.get(folder) ?? isThere(parentOf(folder)).then(async (isIn) => isIn && Boolean((await lookup(api, folder))?.is_dir));
    known.set(folder, answer);
    return answer;
  };
  for (const [folder, group] of grouped(uploads, ({ path }) => parentOf(path))) {
    try {
      if (!await isThere(folder)) continue;
      if (group.length > FEW) await among(api, folder, group, found);
      else {
        for (const upload of group) {
          const entry = await lookup(api, upload.path);
          if (entry) found.set(upload, entry);
        }
      }
    } catch {
      // As said above.
    }
  }
  return found;
}

/**
 * What is at a path in a folder that is there: found by listing the few names before it, since asking for what is not there is an error.
 * @param {Pick<Context['api'], 'list'>} api @param {string} path
 */
async function lookup(api, path) {
  const key = keyOf(nameOf(path));
  const page = await api.list(parentOf(path), { after: [...key].slice(0, -1).join(''), limit: 50 });
  return page.contents?.find((entry) => keyOf(nameOf(entry.path)) === key);
}

/** @param {Pick<Context['api'], 'list'>} api @param {string} folder @param {Upload[]} group @param {Map<Upload, Entry>} found */
async function among(api, folder, group, found) {
  const byName = grouped(group, ({ path }) => keyOf(nameOf(path)));
  for (let after = '', isMore = true; isMore;) {
    const page = await api.list(folder, { after, limit: 10_000 });
    for (const entry of page.contents ?? []) {
      for (const upload of byName.get(keyOf(nameOf(entry.path))) ?? []) found.set(upload, entry);
    }
    after = nameOf(page.contents?.at(-1)?.path ?? '');
    isMore = Boolean(page.has_more && after);
  }
}

/** @param {Upload[]} uploads @param {(upload: Upload) => string} by */
function grouped(uploads, by) {
  /** @type {Map<string, Upload[]>} */
  const groups = new Map();
  for (const upload of uploads) groups.get(by(upload))?.push(upload) ?? groups.set(by(upload), [upload]);
  return groups;
}

/** @typedef {'replace' | 'both' | 'skip'} Choice */

/** @type {[Choice, string][]} */
const CHOICES = [['replace', 'Replace'], ['both', 'Keep both'], ['skip', 'Skip']];

/**
 * Asks what is to happen with uploads whose names exist. Put away, the question is answered with "skip".
 * @param {Context} ctx
 * @param {Upload[]} uploads
 * @returns {Promise<Choice>}
 */
export function askAbout(ctx, uploads) {
  return new Promise((resolve) => {
    const [one, ...more] = uploads.slice(0, 100).map(({ path }) => h('li', null, h('div', null, h('bdi', null, named(path)), hint(parentOf(path) || 'All files'))));
    /** @type {Choice} */
    let choice = 'skip';
    const answer = (/** @type {Choice} */ chosen) => () => {
      choice = chosen;
      dialog.close();
    };
    const content = h('div', { class: 'body' }, h('p', null, 'What is replaced stays among the versions of its file.'),
      h('ul', { class: 'list up-taken', tabIndex: more.length > 3 ? 0 : -1 }, one, ...more), h('div', { class: 'buttons' },
        ...CHOICES.map(([value, text]) => button(more.length ? `${text}: all` : text, answer(value), value === 'replace' ? 'main' : ''))));
    const dialog = ctx.dialog(more.length ? `${uploads.length} of these are there already` : 'This is there already', content, { onclose: () => resolve(choice) });
  });
}
