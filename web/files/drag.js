// Dragging: lines of the list onto folders, and files from outside onto the page.

import { h } from '../lib/dom.js';
import { nameAll } from './actions.js';
import { titleOf } from './crumbs.js';
import { refusal, relocate } from './relocate.js';

/** @typedef {import('./app.js').App} App */
/** @typedef {import('./context.js').Entry} Entry */

/** What lines are called while they are dragged: no other page and program takes them for something. */
const TYPE = 'application/x-tidemark-entries';
/** @param {App} app @param {HTMLElement} host Where things are dropped. */
export function startDragging(app, host) {
  /** @type {Entry[]} */
  let dragged = [];
  /** @type {Element | null} */
  let target = null;

  /** @param {Element | null} element */
  function mark(element) {
    if (element === target) return;
    target?.classList.remove('drop');
    target = element;
    element?.classList.add('drop');
  }

  /** @param {DragEvent} event @returns {{element: Element, path: string}} The folder below the pointer; else the open one. */
  function folderAt(event) {
    const crumb = /** @type {Element} */ (event.target).closest?.('a[data-path]');
    if (crumb instanceof HTMLElement) return { element: crumb, path: crumb.dataset.path ?? '' };
    const found = app.list.rowAt(event);
    if (found?.entry.is_dir) return { element: found.row.element, path: found.entry.path };
    return { element: app.list.element, path: app.path };
  }

  /** @param {DragEvent} event @returns {boolean} */
  const isOurs = (event) => Boolean(event.dataTransfer?.types.includes(TYPE));
  /** @param {DragEvent} event @returns {boolean} */
  const hasFiles = (event) => Boolean(event.dataTransfer?.types.includes('Files'));

  host.ondragstart = (event) => {
    const found = app.list.rowAt(event);
    if (!found || !event.dataTransfer) return;
    if (!app.selection.has(found.entry)) {
      app.selection.only(found.entry);
      app.mark();
    }
    dragged = app.selected();
    event.dataTransfer.setData(TYPE, String(dragged.length));
    event.dataTransfer.effectAllowed = 'copyMove';
    const ghost = h('div', { class: 'ghost' }, nameAll(dragged));
    document.body.append(ghost);
    event.dataTransfer.setDragImage(ghost, -12, -12);
    setTimeout(() => ghost.remove());
  };

  host.ondragover = (event) => {
    if (!event.dataTransfer || (!isOurs(event) && !hasFiles(event))) return;
    const { element, path } = folderAt(event);
    const how = event.ctrlKey || event.altKey ? 'copy' : 'move';
    if (isOurs(event) && (refusal(dragged, path, how) || (element === app.list.element && how === 'move'))) return mark(null);
    event.preventDefault();
    event.dataTransfer.dropEffect = hasFiles(event) ? 'copy' : how;
    mark(element);
    if (hasFiles(event)) app.hint.textContent = `Drop to upload to “${titleOf(path)}”`;
    host.classList.toggle('dropping', hasFiles(event));
  };

  const end = () => {
    mark(null);
    host.classList.remove('dropping');
  };
  host.ondragleave = (event) => {
    if (!host.contains(/** @type {Node | null} */ (event.relatedTarget))) end();
  };
  addEventListener('dragend', end);
  // A file that misses its place would otherwise be opened in place of the page.
  for (const type of ['dragover', 'drop']) addEventListener(type, (event) => event.preventDefault());

  host.ondrop = (event) => {
    const { path } = folderAt(event);
    const how = event.ctrlKey || event.altKey ? 'copy' : 'move';
    end();
    if (isOurs(event)) relocate(app, dragged, path, how);
    else if (hasFiles(event) && event.dataTransfer) app.parts.drop(event.dataTransfer, path);
  };
}
