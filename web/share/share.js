// A link to a file or folder: made, shown, given rules, and ended.

import { button, named, style } from '../components/parts.js';
import { fill, h } from '../lib/dom.js';
import { endOf, lastDayOf } from './days.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */

/**
 * What the server tells of a link (the Box dialect's `shared_link`).
 * @typedef {object} Link
 * @property {'open' | 'company' | 'collaborators'} access
 * @property {string | null} unshared_at
 * @property {boolean} is_password_enabled
 * @property {{can_download: boolean}} permissions
 * @property {number} download_count
 * @property {number} preview_count
 */

const AUDIENCES = { open: 'Everybody who has the link', company: 'People with an account here', collaborators: 'You alone' };

/** Sharing a file or folder. @param {Context} ctx @param {Entry} entry */
export async function open(ctx, entry) {
  await style();
  const name = named(entry.path);
  const body = h('div', { class: 'body share' });
  const dialog = ctx.dialog(`Share ${name}`, body);
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const all = () => h('a', { href: '/links' }, 'All links');
  const attempt = async (/** @type {() => Promise<void>} */ act) => {
    const before = /** @type {HTMLElement} */ (document.activeElement);
    problem.hidden = body.inert = true;
    await act().catch(({ message }) => {
      problem.textContent = message;
      problem.hidden = false;
    });
    body.inert = false;
    if (before.isConnected) before.focus();
  };

  const make = button('Get the link', () => attempt(async () => {
    const { url } = await ctx.api.at('shares', entry.path, { form: {} });
    // The other dialect knows the link's rules, and what it stands for.
    const item = await ctx.api.json('/2.0/shared_items?fields=shared_link', { headers: { BoxApi: `shared_link=${encodeURIComponent(url)}` } });
    // (By the name under which this page reached the server.)
    show(new URL(new URL(url).pathname, location.href).href, `/2.0/${item.type}s/${item.id}?fields=shared_link`, item.shared_link);
  }), 'main');
  fill(body, h('p', null, `Whoever has the link can look at this ${entry.is_dir ? 'folder' : 'file'}, without an account. It keeps working when you move it. You can limit or end it at any time.`),
    problem, h('div', { class: 'buttons' }, all(), make));
  make.focus();

  /** @param {string} url @param {string} place @param {Link} link @param {string} [done] */
  function show(url, place, link, done = '') {
    const hasWord = link.is_password_enabled;
    const field = h('input', { readOnly: true, value: url, 'aria-label': 'The link', onfocus: () => field.select() });
    const said = h('p', { role: 'status' }, done);
    const copy = button('Copy', async () => {
      field.select();
      // Without TLS there is no clipboard, but for what is selected.
      const isCopied = await navigator.clipboard?.writeText(url).then(() => true, () => false) ?? document.execCommand('copy');
      said.textContent = isCopied ? 'The link is copied.' : 'Press Ctrl+C.';
    }, 'main');
    const access = h('select', null, ...Object.entries(AUDIENCES).map(([value, text]) => h('option', { value, selected: value === link.access }, text)));
    const day = h('input', { type: 'date', min: new Date().toISOString().slice(0, 10), max: '2099-12-31', value: lastDayOf(link.unshared_at) });
    const word = h('input', { autocomplete: 'off', placeholder: hasWord ? 'Unchanged' : 'None' });
    const without = h('input', { type: 'checkbox' });
    const saving = h('input', { type: 'checkbox', checked: link.permissions.can_download });
    const words = h('div', null, h('label', null, 'Password', word), hasWord && h('label', { class: 'tick' }, without, 'Take the password away'));
    access.onchange = () => { words.hidden = access.value !== 'open'; };
    words.hidden = link.access !== 'open';

    const change = (/** @type {any} */ rules) => ctx.api.json(place, { method: 'PUT', json: { shared_link: rules } });
    const save = () => attempt(async () => {
      const password = words.hidden || !(word.value || without.checked) ? {} : { password: word.value || null };
      const told = await change({ access: access.value, unshared_at: endOf(day.value), permissions: { can_download: saving.checked }, ...password });
      show(url, place, told.shared_link, 'Saved.');
    });
    const end = async () => {
      const text = `Nobody can open this link to ${name} any more. A link that you make later has another address.`;
      if (!await ctx.confirm({ title: 'End the link?', text, yes: 'End it', danger: true })) return;
      await attempt(async () => {
        await change(null);
        ctx.toast(`The link to ${name} is ended.`);
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
    fill(body, h('div', { class: 'share-url' }, field, copy), said,
      h('p', { class: 'hint' }, h('a', { href: url, target: '_blank', rel: 'noopener' }, 'Open it'), ` · looked at ${link.preview_count}×, saved ${link.download_count}×`),
      h('details', { open: Boolean(done) }, h('summary', null, 'Who can open it, and how long'), rules),
      problem, h('div', { class: 'buttons' }, button('End the link', end, 'danger'), all(), over));
    (done ? field : copy).focus();
  }
}
