// What can be done with files: each of these asks what it must, does it, shows it, and tells how it can be undone.

import { ApiError, sleep, textOf } from '../api/client.js';
import { ask } from '../components/dialog.js';
import { named } from '../components/parts.js';
import { h } from '../lib/dom.js';
import { count, plain } from '../lib/format.js';
import { TAKEN, isWithin, join, keyOf, nameOf, parentOf, problemOf, stemOf } from '../lib/paths.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {import('./app.js').App} App */

/** So many at once: the server takes more, and other people's requests in between. */
const AT_ONCE = 4;

/** @param {Entry[]} entries @returns {string} What they are called together. */
export const nameAll = (entries) =>
  entries.length === 1 ? `“${named(entries[0].path)}”` : count(entries.length, 'item');

/**
 * Does something to each, a few at once, and tells what did not work.
 * @template T, R
 * @param {T[]} items
 * @param {(item: T) => Promise<R>} act
 * @returns {Promise<{done: [T, R][], failed: [T, unknown][]}>}
 */
export async function each(items, act) {
  const queue = items.slice();
  const done = /** @type {[T, R][]} */ ([]);
  const failed = /** @type {[T, unknown][]} */ ([]);
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        done.push([item, await act(item)]);
      } catch (error) {
        failed.push([item, error]);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, failed };
}

/**
 * Tells what did not work, with a way to try those again.
 * @param {App} app
 * @param {string} what Such as "deleted".
 * @param {[Entry, unknown][]} failed
 * @param {(entries: Entry[]) => void} again
 */
export function tellFailed(app, what, failed, again) {
  if (!failed.length) return;
  const entries = failed.map(([entry]) => entry);
  const run = () => again(entries);
  app.toast(`${nameAll(entries)} could not be ${what}. ${textOf(failed[0][1])}`, { kind: 'problem', action: 'Try again', run });
}

/** @param {App} app */
export function newFolder(app) {
  const folder = app.path;
  ask({
    title: 'New folder',
    label: 'Name',
    yes: 'Create',
    check: (name) => problemOf(name) || (app.has(join(folder, name)) ? TAKEN : ''),
    run: async (name) => {
      const entry = await told(app.api.createFolder(join(folder, name)));
      app.patch([[entry.path, entry]]);
      app.select([entry.path]);
    },
  });
}

/** @param {App} app @param {Entry} entry */
export function rename(app, entry) {
  const name = nameOf(entry.path);
  ask({
    title: entry.is_dir ? 'Rename folder' : 'Rename file',
    label: 'Name',
    value: name,
    end: stemOf(name, entry.is_dir).length,
    yes: 'Rename',
    check: (text) => {
      const isTaken = keyOf(text) !== keyOf(name) && app.has(join(parentOf(entry.path), text));
      return problemOf(text) || (isTaken ? TAKEN : '');
    },
    run: async (text) => {
      if (text === name) return;
      const to = join(parentOf(entry.path), text);
      const moved = await told(app.api.move(entry.path, to));
      app.patch([[entry.path, null], [moved.path, moved]]);
      app.select([moved.path]);
      const undo = () => app.attempt(async () => {
        const back = await app.api.move(moved.path, entry.path);
        app.patch([[moved.path, null], [back.path, back]]);
        app.select([back.path]);
      });
      app.toast(`Renamed to “${plain(text)}”.`, { action: 'Undo', run: undo });
    },
  });
}

/**
 * What went wrong, in a way that a form can show.
 * @template T @param {Promise<T>} promise @returns {Promise<T>}
 */
const told = (promise) =>
  promise.catch((error) => {
    throw error instanceof ApiError ? error : new Error(textOf(error));
  });

/** @param {App} app @param {Entry[]} entries */
export async function remove(app, entries) {
  if (!entries.length) return;
  // They go at once; what cannot be deleted comes back.
  app.patch(entries.map(({ path }) => [path, null]));
  const { done, failed } = await each(entries, ({ path }) => app.api.remove(path));
  // What somebody else had deleted before is as gone.
  const refused = failed.filter(([, error]) => !(error instanceof ApiError && error.status === 404));
  app.patch(refused.map(([entry]) => [entry.path, entry]));
  const gone = done.map(([entry]) => entry);
  if (gone.length) {
    const undo = () => app.attempt(() => bringBack(app, gone));
    app.toast(`${nameAll(gone)} deleted.`, { action: 'Undo', run: undo });
  }
  tellFailed(app, 'deleted', refused, (again) => remove(app, again));
}

/** @param {App} app @param {Entry[]} entries As they were before they were deleted. */
async function bringBack(app, entries) {
  const folders = entries.filter((entry) => entry.is_dir);
  const { done, failed } = await each(entries.filter((entry) => !entry.is_dir), ({ path, rev }) => app.api.restore(path, rev ?? ''));
  if (folders.length) {
    const { entries: trash } = await app.api.json('/2.0/folders/trash/items', {
      query: { limit: 1000, sort: 'date', direction: 'DESC', fields: 'id,type,name,trashed_at,path_collection' },
    });
    const back = await each(folders, async (folder) => {
      const id = newest(trash, folder.path);
      if (!id) throw new ApiError(404, 'It is not among the deleted items any more.');
      await app.api.json(`/2.0/folders/${id}`, { json: {} });
      return app.api.entry(folder.path);
    });
    done.push(...back.done);
    failed.push(...back.failed);
  }
  app.patch(done.map(([, entry]) => [entry.path, entry]));
  app.select(done.map(([entry]) => entry.path));
  tellFailed(app, 'brought back', failed, (again) => app.attempt(() => bringBack(app, again)));
}

/**
 * Of the folders in the trash, the one that had this path last.
 * @param {{id: string, type: string, name: string, trashed_at?: string, path_collection?: {entries: {id: string, name: string}[]}}[]} trash
 * @param {string} path
 * @returns {string | undefined}
 */
function newest(trash, path) {
  const same = trash.filter(({ type, name }) => type === 'folder' && keyOf(name) === keyOf(nameOf(path)));
  const at = ({ trashed_at = '' }) => Date.parse(trashed_at) || 0;
  return same.sort((a, b) => at(b) - at(a) || Number(b.id) - Number(a.id))[0]?.id;
}

/**
 * Has the browser save one file as it is, and anything else as a zip.
 * @param {App} app @param {Entry[]} entries @param {string} [as]
 */
export async function download(app, entries, as) {
  const [only] = entries;
  if (entries.length === 1 && !only.is_dir) {
    const link = h('a', { href: await app.api.media(only.path), download: as ?? nameOf(only.path) });
    document.body.append(link);
    link.click();
    return link.remove();
  }
  // What lies in a folder that is chosen itself comes with it.
  const tops = entries.filter(({ path }) => !entries.some((other) => other.path !== path && other.is_dir && isWithin(path, other.path)));
  const field = (/** @type {string} */ name, /** @type {string} */ value) => h('input', { type: 'hidden', name, value });
  const paths = tops.map(({ path }) => path).join('\n');
  const form = h('form', { method: 'post', action: '/download', hidden: true }, field('form_token', app.formToken), field('paths', paths));
  document.body.append(form);
  form.submit();
  app.toast(`${nameAll(tops)} will be saved as a zip.`);
  // The form is read when it is sent, which may be a moment later.
  await sleep(1000);
  form.remove();
}
