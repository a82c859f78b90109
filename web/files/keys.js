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

/** Does what a key does, if it does something. @param {(() => unknown) | false | null | undefined} act @returns {boolean} */
const run = (act) => (act ? act() !== false : false);

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
    const menu = () => app.menuAt(list.elementAt(at)?.querySelector('.more') ?? list.element);
    const pick = (/** @type {import('./context.js').Entry} */ entry) => {
      selection.toggle(entry);
      app.mark();
    };
    return run({
      ArrowDown: () => walk(at + 1, event),
      ArrowUp: () => walk(at < 0 ? list.entries.length : at - 1, event),
      Home: () => walk(0, event),
      End: () => walk(list.entries.length - 1, event),
      PageDown: () => walk(at + list.lines, event),
      PageUp: () => walk(at - list.lines, event),
      Enter: () => active && app.openEntry(active),
      ' ': active && (() => pick(active)),
      ContextMenu: menu,
      F10: event.shiftKey && menu,
      Delete: () => remove(app, app.acted()),
      F2: () => active && rename(app, active),
    }[event.key]);
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  function withControl(event) {
    return run({
      a: () => app.selectAll(),
      x: () => keep('move'),
      // Text that is marked is copied as text.
      c: !String(getSelection()) && (() => keep('copy')),
      v: kept && paste,
      z: !event.shiftKey && undo,
    }[event.key.toLowerCase()]);
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  function onPage(event) {
    return run({
      '/': () => {
        // The tools for what is selected stand in its place.
        app.selectNone();
        app.search.input.focus();
        app.search.input.select();
      },
      n: () => newFolder(app),
      u: () => app.parts.choose('files'),
      '?': showHelp,
      Backspace: () => app.path && app.go(parentOf(app.path), { from: keyOf(app.path) }),
      Escape: () => {
        if (app.search.query) app.search.reset();
        else selection.clear();
        app.mark();
      },
    }[event.key]);
  }

  // Whoever comes here by the keyboard sees where they are.
  list.element.onfocus = () => {
    if (list.activeIndex >= 0 || !list.entries.length || !list.element.matches(':focus-visible')) return;
    selection.at(list.entries[0]);
    list.draw();
  };

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
