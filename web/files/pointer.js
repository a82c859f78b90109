// The mouse and the finger: what a press on each part of a line does.

/** @typedef {import('./app.js').App} App */

/** @param {App} app */
export function startPointer(app) {
  const { list, selection } = app;
  /** What the last press was made with. */
  let isTouch = false;
  list.element.onpointerdown = (event) => {
    isTouch = event.pointerType === 'touch';
  };

  list.element.onclick = (event) => {
    const found = list.rowAt(event);
    if (!found) return;
    const { row, index, entry } = found;
    const target = /** @type {Node} */ (event.target);
    // The keyboard goes on from here, and comes back here from what opens.
    list.element.focus({ preventScroll: true });
    if (row.more.contains(target)) {
      event.preventDefault();
      if (!selection.has(entry)) selection.only(entry);
      app.mark();
      return app.menuAt(row.more);
    }
    if (event.shiftKey) selection.range(list.entries, index);
    else if (event.ctrlKey || event.metaKey || row.pickbox.contains(target)) selection.toggle(entry);
    else if (row.name.contains(target) || isTouch) {
      event.preventDefault();
      selection.at(entry);
      return app.openEntry(entry);
    } else selection.only(entry);
    event.preventDefault();
    app.mark();
  };

  list.element.ondblclick = (event) => {
    const found = list.rowAt(event);
    const target = /** @type {Node} */ (event.target);
    if (found && !found.row.pickbox.contains(target) && !found.row.more.contains(target)) app.openEntry(found.entry);
  };

  list.element.oncontextmenu = (event) => {
    const found = list.rowAt(event);
    if (!found) return;
    event.preventDefault();
    if (!selection.has(found.entry)) selection.only(found.entry);
    app.mark();
    app.menuAt({ x: event.clientX, y: event.clientY });
  };
}
