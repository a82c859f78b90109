// The keyboard: what each key does in the list and on the page, and the dialog that tells so.

import { openDialog } from '../components/dialog.js';
import { undo } from '../components/toast.js';
import { h } from '../lib/dom.js';
import { keyOf, parentOf } from '../lib/paths.js';
import { newFolder, remove, rename } from './actions.js';
import { relocate } from './relocate.js';

/** @typedef {import('./app.js').App} App */

/** @type {[string, string][]} */
const HELP = [
  ['↑ ↓ Home End', 'Go through the list; with Shift, select on the way'],
  ['Enter', 'Open'],
  ['Backspace', 'To the folder above'],
  ['Space', 'Select, or not'],
  ['Ctrl A', 'Select all'],
  ['Esc', 'Select nothing; end the search'],
  ['F2', 'Rename'],
  ['Delete', 'Delete'],
  ['Ctrl X, Ctrl C, Ctrl V', 'Cut, copy, paste'],
  ['Ctrl Z', 'Undo the last act, while that is offered'],
  ['Shift F10', 'Everything that can be done with it'],
  ['/', 'Search'],
  ['N', 'New folder'],
  ['U', 'Upload files'],
  ['?', 'This list'],
];

export function showHelp() {
  const lines = HELP.flatMap(([keys, text]) => [h('dt', null, h('kbd', null, keys)), h('dd', null, text)]);
  openDialog('Keyboard', h('div', { class: 'body', tabIndex: 0 }, h('dl', { class: 'keys' }, ...lines)));
}

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof HTMLElement && target.matches('input:not([type=radio]), textarea, select, [contenteditable]');

/** @param {App} app */
export function startKeys(app) {
  /** What was cut or copied. @type {{entries: import('./context.js').Entry[], how: 'move' | 'copy'} | null} */
  let kept = null;
  const { list, selection } = app;

  /** @param {'move' | 'copy'} how */
  const keep = (how) => {
    const entries = app.acted();
    if (!entries.length) return;
    kept = { entries, how };
    app.toast(how === 'move' ? 'Cut. Paste where it should go.' : 'Copied. Paste where a copy should be.');
  };
  const paste = () => {
    if (!kept) return;
    relocate(app, kept.entries, app.path, kept.how);
    if (kept.how === 'move') kept = null;
  };

  /** @param {number} to @param {KeyboardEvent} event */
  const walk = (to, event) => {
    const { entries } = list;
    if (!entries.length) return;
    const index = Math.max(0, Math.min(to, entries.length - 1));
    if (event.shiftKey) selection.range(entries, index);
    else if (event.ctrlKey || event.metaKey) selection.walk(entries[index]);
    else selection.only(entries[index]);
    list.reveal(index);
    app.mark();
  };

  /** @param {KeyboardEvent} event @returns {boolean} Whether it was for the list. */
  function inList(event) {
    const at = list.activeIndex;
    const active = at >= 0 ? list.entries[at] : null;
    switch (event.key) {
      case 'ArrowDown': walk(at + 1, event); break;
      case 'ArrowUp': walk(at < 0 ? list.entries.length : at - 1, event); break;
      case 'Home': walk(0, event); break;
      case 'End': walk(list.entries.length - 1, event); break;
      case 'PageDown': walk(at + list.lines, event); break;
      case 'PageUp': walk(at - list.lines, event); break;
      case 'Enter': if (active) app.openEntry(active); break;
      case ' ':
        if (!active) return false;
        selection.toggle(active);
        app.mark();
        break;
      case 'ContextMenu': case 'F10':
        if (event.key === 'F10' && !event.shiftKey) return false;
        app.menuAt(list.elementAt(at)?.querySelector('.more') ?? list.element);
        break;
      case 'Delete': remove(app, app.acted()); break;
      case 'F2': if (active) rename(app, active); break;
      default: return false;
    }
    return true;
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  function withControl(event) {
    switch (event.key.toLowerCase()) {
      case 'a': app.selectAll(); break;
      case 'x': keep('move'); break;
      case 'c':
        // Text that is marked is copied as text.
        if (String(getSelection())) return false;
        keep('copy');
        break;
      case 'v': if (!kept) return false; paste(); break;
      case 'z': return !event.shiftKey && undo();
      default: return false;
    }
    return true;
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  function onPage(event) {
    switch (event.key) {
      case '/':
        // The tools for what is selected stand in its place.
        app.selectNone();
        app.search.input.focus();
        app.search.input.select();
        break;
      case 'n': newFolder(app); break;
      case 'u': app.parts.choose('files'); break;
      case '?': showHelp(); break;
      case 'Backspace': if (app.path) app.go(parentOf(app.path), { from: keyOf(app.path) }); break;
      case 'Escape':
        if (app.search.query) app.search.reset();
        else selection.clear();
        app.mark();
        break;
      default: return false;
    }
    return true;
  }

  // Whoever comes here by the keyboard sees where they are.
  list.element.addEventListener('focus', () => {
    if (list.activeIndex >= 0 || !list.entries.length || !list.element.matches(':focus-visible')) return;
    selection.at(list.entries[0]);
    list.draw();
  });

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector('dialog[open]')) return;
    const { target } = event;
    if (target === app.search.input) {
      if (event.key === 'Escape') app.search.reset();
      else if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
      else if (event.key === 'Enter' && !app.search.isDeep && !list.entries.length) app.search.widen('all');
      event.preventDefault();
      list.element.focus();
      if (list.activeIndex < 0 && event.key !== 'Escape') walk(0, event);
      return;
    }
    if (isTyping(target)) return;
    const isFree = target === document.body || target === list.element;
    const hasControl = event.ctrlKey || event.metaKey;
    let isDone = isFree && inList(event);
    if (!isDone && hasControl) isDone = withControl(event);
    else if (!isDone) isDone = onPage(event);
    if (isDone) event.preventDefault();
  });
}
