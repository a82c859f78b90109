// Dialogs: the browser's own, which keep the focus and give it back, close with Esc, and hide what is behind from everybody.

import { h } from '../lib/dom.js';
import { ICONS } from './icons.js';
import { button, tool } from './parts.js';

/** @typedef {import('../files/context.js').DialogOptions} DialogOptions */
/** @typedef {import('../files/context.js').Question} Question */

let count = 0;

/**
 * Shows something until it is closed.
 * @param {string} title
 * @param {Node} content
 * @param {DialogOptions} [options]
 * @returns {{close: () => void, element: HTMLDialogElement}}
 */
export function openDialog(title, content, { size = 'small', onclose } = {}) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const id = `dialog-${++count}`;
  const close = () => element.close();
  const bar = h(
    'header',
    null,
    h('h2', { id }, title),
    tool('Close', ICONS.close, close),
  );
  const element = h('dialog', { class: `dialog ${size}`, 'aria-labelledby': id }, bar, content);
  // What is full of itself has its own ways to close it; its name is still heard.
  if (size === 'full') bar.className = 'unseen';
  element.onclose = () => {
    element.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
    onclose?.();
  };
  // A press on what is around the dialog: the dialog itself has no room that is not its content's.
  element.onpointerdown = (event) => {
    if (event.target === element) close();
  };
  // Keys are the dialog's, and not those of the page behind it.
  element.onkeydown = (event) => event.stopPropagation();
  document.body.append(element);
  element.showModal();
  return { close, element };
}

/**
 * Asks, and tells whether the answer was yes.
 * @param {Question} question
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, yes, danger }) {
  return new Promise((resolve) => {
    let isYes = false;
    const answer = (/** @type {boolean} */ value) => () => {
      isYes = value;
      dialog.close();
    };
    const content = h(
      'div',
      { class: 'body' },
      h('p', null, text),
      h(
        'div',
        { class: 'buttons' },
        h('button', { onclick: answer(false), autofocus: danger }, 'Cancel'),
        button(yes, answer(true), danger ? 'main dangerous' : 'main'),
      ),
    );
    const dialog = openDialog(title, content, { onclose: () => resolve(isYes) });
  });
}

/**
 * Asks for a line of text.
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.label
 * @param {string} [question.value] What stands there at first, selected up to `end`.
 * @param {number} [question.end]
 * @param {string} question.yes
 * @param {(text: string) => string} question.check Why this will not do, or ''.
 * @param {(text: string) => Promise<void>} question.run What is done with it; if that fails, the dialog stays and tells why.
 */
export function ask({ title, label, value = '', end = value.length, yes, check, run }) {
  const id = `field-${count}`;
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const input = h('input', { id, value, autocomplete: 'off', spellcheck: false, 'aria-describedby': `${id}-problem` });
  problem.id = `${id}-problem`;
  const go = h('button', { type: 'submit', class: 'main' }, yes);
  /** @param {string} text */
  const tell = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
    input.ariaInvalid = String(Boolean(text));
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = input.value.trim();
    tell(check(text));
    if (!problem.hidden) return input.focus();
    go.disabled = true;
    try {
      await run(text);
      dialog.close();
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error));
      input.focus();
    }
    go.disabled = false;
  };
  const content = h(
    'form',
    { class: 'body', onsubmit: submit, noValidate: true },
    h('label', { for: id }, label),
    input,
    problem,
    h('div', { class: 'buttons' }, button('Cancel', () => dialog.close()), go),
  );
  const dialog = openDialog(title, content);
  input.focus();
  input.setSelectionRange(0, end);
}
