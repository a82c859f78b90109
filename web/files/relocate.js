// Moving and copying: into a folder that was picked, dropped on, or pasted into.

import { ApiError } from '../api/client.js';
import { plain } from '../lib/format.js';
import { isWithin, join, keyOf, nameOf, parentOf, stemOf } from '../lib/paths.js';
import { each, nameAll, tellFailed } from './actions.js';
import { titleOf } from './crumbs.js';
import { pickFolder } from './picker.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {import('./app.js').App} App */
/** @typedef {'move' | 'copy'} How */

const WORDS = {
  move: { title: 'Move', past: 'moved', yes: 'Move here' },
  copy: { title: 'Copy', past: 'copied', yes: 'Copy here' },
};

/** How many names are tried for a copy beside its original. */
const NAMES_MAX = 100;

/** @param {App} app @param {Entry[]} entries @param {How} how */
export function relocateByDialog(app, entries, how) {
  if (!entries.length) return;
  const { title, yes } = WORDS[how];
  pickFolder(app, {
    title: `${title} ${nameAll(entries)} to…`,
    yes,
    at: parentOf(entries[0].path),
    refuse: (folder) => refusal(entries, folder, how),
    run: (folder) => relocate(app, entries, folder, how),
  });
}

/**
 * Why these cannot go there, or ''.
 * @param {Entry[]} entries @param {string} folder @param {How} how
 */
export function refusal(entries, folder, how) {
  if (entries.some((entry) => entry.is_dir && isWithin(folder, entry.path))) return 'A folder cannot go into itself.';
  if (how === 'move' && entries.every((entry) => keyOf(parentOf(entry.path)) === keyOf(folder))) return 'They are here already.';
  return '';
}

/**
 * Names for a copy that stands beside its original.
 * @param {string} name @param {boolean} isFolder @param {number} number From 1 on.
 * @returns {string}
 */
export function copyName(name, isFolder, number) {
  const stem = stemOf(name, isFolder);
  return `${stem} (copy${number > 1 ? ` ${number}` : ''})${name.slice(stem.length)}`;
}

/**
 * @param {App} app @param {Entry[]} entries @param {string} folder @param {How} how
 */
export async function relocate(app, entries, folder, how) {
  const refused = refusal(entries, folder, how);
  if (refused) return app.toast(refused, { kind: 'problem' });
  const { past } = WORDS[how];
  const going = entries.filter((entry) => how === 'copy' || keyOf(parentOf(entry.path)) !== keyOf(folder));
  if (how === 'move') app.patch(going.map(({ path }) => [path, null]));
  const { done, failed } = await each(going, (entry) => relocateOne(app, entry, folder, how));
  app.patch(done.map(([, entry]) => [entry.path, entry]));
  if (how === 'move') app.patch(failed.map(([entry]) => [entry.path, entry]));
  if (keyOf(folder) === keyOf(app.path)) app.select(done.map(([, entry]) => entry.path));
  if (done.length) {
    const undo = () => app.attempt(() => takeBack(app, done, how));
    app.toast(`${nameAll(done.map(([entry]) => entry))} ${past} to “${titleOf(folder)}”.`, { action: 'Undo', run: undo });
  }
  tellFailed(app, past, failed, (again) => relocate(app, again, folder, how));
}

/**
 * A copy that finds its name taken gets another; what is moved does not: two of a name are for people to decide.
 * @param {App} app @param {Entry} entry @param {string} folder @param {How} how
 * @returns {Promise<Entry>}
 */
async function relocateOne(app, entry, folder, how) {
  const name = nameOf(entry.path);
  if (how === 'move') {
    return app.api.move(entry.path, join(folder, name)).catch((error) => {
      throw error.status === 403 ? new ApiError(403, `“${plain(name)}” is in “${titleOf(folder)}” already.`) : error;
    });
  }
  const isBeside = keyOf(parentOf(entry.path)) === keyOf(folder);
  for (let number = isBeside ? 1 : 0; ; number++) {
    const to = join(folder, number ? copyName(name, entry.is_dir, number) : name);
    try {
      return await app.api.copy(entry.path, to);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403 || number >= NAMES_MAX) throw error;
    }
  }
}

/** @param {App} app @param {[Entry, Entry][]} done From what to what. @param {How} how */
async function takeBack(app, done, how) {
  const { done: back, failed } = await each(done, ([from, to]) =>
    how === 'move' ? app.api.move(to.path, from.path) : app.api.remove(to.path));
  const ok = back.map(([[, to]]) => /** @type {[string, null]} */ ([to.path, null]));
  app.patch(ok);
  if (how === 'move') app.patch(back.map(([, entry]) => [entry.path, entry]));
  const lost = failed.map(([[, to], error]) => /** @type {[Entry, unknown]} */ ([to, error]));
  tellFailed(app, 'taken back', lost, () => app.attempt(() => takeBack(app, failed.map(([pair]) => pair), how)));
}
