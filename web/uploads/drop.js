// What somebody chose or dropped: files with the places that they are to have, and the folders around them.

/**
 * Something to upload: a file, or (without one) a folder.
 * @typedef {{file?: File, path: string}} Item
 */

/** What systems litter folders with, and the server takes nothing of. */
const LITTER = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*|Icon\r)$/i;

/** @param {string} path @returns {boolean} */
export const isLitter = (path) => LITTER.test(path.slice(path.lastIndexOf('/') + 1));

/**
 * All that was dropped, at any depth, with folders that have nothing in them. What a drop holds must be asked for at once, so the
 * walk begins before this returns.
 * @param {DataTransfer} data
 * @param {string} folder Where it goes.
 * @returns {Promise<Item[]>}
 */
export async function dropped(data, folder) {
  const entries = [...data.items].map((item) => item.kind === 'file' && (item.webkitGetAsEntry?.() ?? item.getAsFile()));
  /** @type {Item[]} */
  const items = [];
  for (const entry of entries) {
    if (entry instanceof File) items.push({ file: entry, path: `${folder}/${entry.name}` });
    else if (entry) await walk(entry, folder, items);
  }
  return items.filter(({ path }) => !isLitter(path));
}

/** @param {FileSystemEntry} entry @param {string} folder @param {Item[]} items */
async function walk(entry, folder, items) {
  const path = `${folder}/${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise((resolve) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, () => resolve(null)));
    if (file) items.push({ file, path });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  let isEmpty = true;
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise((/** @type {(some: FileSystemEntry[]) => void} */ resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) break;
    isEmpty = false;
    for (const child of some) await walk(child, path, items);
  }
  if (isEmpty) items.push({ path });
}

/**
 * Asks for files, or for a folder with all that is in it.
 * @param {'files' | 'folder'} kind
 * @param {string} folder Where they go.
 * @returns {Promise<Item[]>} None if the question is put away.
 */
export function chosen(kind, folder) {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple: true, webkitdirectory: kind === 'folder', hidden: true });
    const end = () => {
      input.remove();
      const items = [...input.files ?? []].map((file) => ({ file, path: `${folder}/${file.webkitRelativePath || file.name}` }));
      resolve(items.filter(({ path }) => !isLitter(path)));
    };
    input.onchange = input.oncancel = end;
    document.body.append(input);
    input.click();
  });
}
