// A link to a file or folder: made, shown, given rules, and ended.

import { button, hint, named, style } from '../components/parts.js';
import { fill, h } from '../lib/dom.js';
import { endOf, lastDayOf, spelled } from './days.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */

/**
 * What the server tells of a link (the Box dialect's `shared_link`).
 * @typedef {object} Link
 * @property {string} url
 * @property {'open' | 'company' | 'collaborators'} access
 * @property {string | null} unshared_at
 * @property {boolean} is_password_enabled
 * @property {{can_download: boolean}} permissions
 * @property {number} download_count
 * @property {number} preview_count
 */

const AUDIENCES = { open: 'Everybody who has the link', company: 'People with an account here', collaborators: 'You alone' };
/** What is told of a rule that the server does not take, by what it calls the rule. @type {Record<string, string>} */
const REFUSED = {
  password: 'A password needs 8 to 1,000 characters.',
  unshared_at: 'This day is over. Choose today or a later day.',
};

/** Sharing a file or folder. @param {Context} ctx @param {Entry} entry */
export async function open(ctx, entry) {
  await style();
  const name = named(entry.path);
  const body = h('div', { class: 'body share' }, hint('Loading…'));
  const dialog = ctx.dialog(`Share ${name}`, body);
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const all = () => h('a', { href: '/links' }, 'All links');
  /** Where the keyboard begins. @type {HTMLElement | undefined} */
  let first;
  const attempt = async (/** @type {() => Promise<void>} */ act) => {
    const before = /** @type {HTMLElement} */ (document.activeElement);
    problem.hidden = body.inert = true;
    await act().catch(({ message, body: told }) => {
      problem.textContent = REFUSED[told?.context_info?.errors?.[0]?.name] ?? message;
      problem.hidden = false;
    });
    body.inert = false;
    (body.contains(before) ? before : first)?.focus();
  };
  /** Where the dialect that knows the rules of links has the entry. */
  let place = '';
  const change = (/** @type {any} */ rules) => ctx.api.json(`${place}?fields=shared_link`, { method: 'PUT', json: { shared_link: rules } });

  const look = () => attempt(async () => {
    place ||= await ctx.api.place(entry.path);
    const { shared_link: link } = await ctx.api.json(`${place}?fields=shared_link`);
    if (link) return show(link);
    const make = first = button('Get the link', () => attempt(async () => show((await change({})).shared_link)), 'main');
    fill(body, h('p', null, `Whoever has the link can look at this ${entry.is_dir ? 'folder' : 'file'}, without an account. It keeps working when you move it. You can limit or end it at any time.`),
      problem, h('div', { class: 'buttons' }, all(), make));
  });

  /** @param {Link} link @param {string} [done] */
  function show(link, done = '') {
    // By the name under which this page reached the server.
    const url = new URL(new URL(link.url).pathname, location.href).href;
    const hasWord = link.is_password_enabled;
    const field = h('input', { readOnly: true, value: url, ariaLabel: 'The link', onfocus: () => field.select() });
    const said = h('p', { role: 'status' }, done);
    const copy = button('Copy', async () => {
      field.select();
      // Without TLS there is no clipboard, but for what is selected.
      const isCopied = await navigator.clipboard?.writeText(url).then(() => true, () => false) ?? document.execCommand('copy');
      said.textContent = isCopied ? 'The link is copied.' : 'Press Ctrl+C.';
    }, 'main');
    const access = h('select', null, ...Object.entries(AUDIENCES).map(([value, text]) => h('option', { value, selected: value === link.access }, text)));
    const day = h('input', { type: 'date', min: new Date().toISOString().slice(0, 10), max: '2099-12-31', value: lastDayOf(link.unshared_at) });
    const word = h('input', { autocomplete: 'off', minLength: 8, placeholder: hasWord ? 'Unchanged' : 'None' });
    const without = h('input', { type: 'checkbox' });
    const saving = h('input', { type: 'checkbox', checked: link.permissions.can_download });
    const words = h('div', null, h('label', null, 'Password ', hint('(8 characters or more)'), word), hasWord && h('label', { class: 'tick' }, without, 'Take the password away'));
    access.onchange = () => { word.disabled = words.hidden = access.value !== 'open'; };
    words.hidden = link.access !== 'open';

    const save = () => attempt(async () => {
      const password = words.hidden || !(word.value || without.checked) ? {} : { password: word.value || null };
      const told = await change({ access: access.value, unshared_at: endOf(day.value), permissions: { can_download: saving.checked }, ...password });
      show(told.shared_link, 'Saved.');
    });
    const end = async () => {
      const text = `Nobody can open this link to ${name} any more. A link that you make later has another address.`;
      if (!await ctx.confirm({ title: 'Revoke the link?', text, yes: 'Revoke', danger: true })) return;
      await attempt(async () => {
        await change(null);
        ctx.toast(`The link to ${name} is revoked.`);
        dialog.close();
      });
    };
    const rules = h('form', null, h('label', null, 'For', access), h('label', null, 'Last day (UTC)', day), words,
      h('label', { class: 'tick' }, saving, 'May be downloaded, not only looked at'), h('button', { type: 'submit' }, 'Save'));
    const over = button('Done', dialog.close);
    // Nobody should take for protected what is not saved.
    rules.oninput = () => { over.hidden = true; };
    rules.onsubmit = (event) => {
      event.preventDefault();
      save();
    };
    const last = lastDayOf(link.unshared_at);
    const limits = [AUDIENCES[link.access] + (hasWord ? ' and its password' : ''), last ? `until ${spelled(last)} (UTC)` : 'without an end'];
    fill(body, h('div', { class: 'share-url' }, field, copy), said, h('p', null, limits.join(', ')),
      h('p', { class: 'hint' }, h('a', { href: url, target: '_blank', rel: 'noopener' }, 'Open it'), ` · looked at ${link.preview_count}×, saved ${link.download_count}×`),
      h('details', { open: Boolean(done) }, h('summary', null, 'Who can open it, and how long'), rules),
      problem, h('div', { class: 'buttons' }, button('Revoke', end, 'danger'), all(), over));
    first = done ? field : copy;
  }
  await look();
  if (!first) fill(body, problem, button('Try again', look));
}
