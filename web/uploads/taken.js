// Which names exist already where uploads go, and what somebody wants to happen with them.

import { h } from '../lib/dom.js';
import { plain } from '../lib/format.js';
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
  for (const upload of uploads) {
    const group = groups.get(by(upload));
    if (group) group.push(upload);
    else groups.set(by(upload), [upload]);
  }
  return groups;
}

const HOWS = /** @type {const} */ ([['replace', 'Replace'], ['both', 'Keep both'], ['skip', 'Skip']]);

/** @typedef {'replace' | 'both' | 'skip'} Choice */

/**
 * Asks what is to happen with uploads whose names exist. Put away, the question is answered with "skip".
 * @param {Context} ctx
 * @param {Upload[]} uploads
 * @returns {Promise<(upload: Upload) => Choice>}
 */
export function askAbout(ctx, uploads) {
  return new Promise((resolve) => {
    const one = uploads.length === 1 ? plain(nameOf(uploads[0].path)) : '';
    /** @type {(upload: Upload) => Choice} */
    let choice = () => 'skip';
    const end = (/** @type {typeof choice} */ chosen) => {
      choice = chosen;
      dialog.close();
    };
    const selects = new Map(uploads.slice(0, 200).map((upload) => [upload, h('select', { 'aria-label': nameOf(upload.path) },
      ...HOWS.map(([value, text]) => h('option', { value }, text)))]));
    const each = h('details', { class: 'up-each' }, h('summary', null, 'Decide for each'),
      h('ul', { class: 'list' }, ...[...selects].map(([upload, select]) => h('li', null, h('div', null, h('bdi', null, plain(nameOf(upload.path))),
        h('span', { class: 'hint' }, parentOf(upload.path) || 'Files')), select))),
      uploads.length > selects.size && h('p', { class: 'hint' }, `${uploads.length - selects.size} more are skipped.`),
      h('button', { type: 'button', onclick: () => end((upload) => /** @type {Choice} */ (selects.get(upload)?.value ?? 'skip')) }, 'Go on'));
    const content = h('div', { class: 'body' },
      h('p', null, one ? h('span', null, 'There is ', h('bdi', null, h('strong', null, one)), ' already. ') : `${uploads.length} of these names exist already. `,
        'What is replaced stays among the versions of its file.'),
      h('div', { class: 'up-choices' }, ...HOWS.map(([value, text], at) => h('button', { type: 'button', class: at ? '' : 'main', onclick: () => end(() => value) },
        one ? text : `${text} all`.replace('Keep both all', 'Keep both of all')))),
      !one && each);
    const dialog = ctx.dialog(one ? 'Replace this file?' : 'Replace these files?', content, { size: 'small', onclose: () => resolve(choice) });
  });
}
