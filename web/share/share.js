// A link to a file or folder: made, shown, given rules, and ended.

import { style } from '../components/style.js';
import { fill, h } from '../lib/dom.js';
import { plain } from '../lib/format.js';
import { nameOf } from '../lib/paths.js';
import { endOf, lastDayOf } from './days.js';

/** @typedef {import('../files/context.js').Context} Context */
/** @typedef {import('../files/context.js').Entry} Entry */

/**
 * What the server tells of a link (the Box dialect's `shared_link`), and of what it stands for.
 * @typedef {object} Link
 * @property {string} url
 * @property {'open' | 'company' | 'collaborators'} access
 * @property {string | null} unshared_at
 * @property {boolean} is_password_enabled
 * @property {{can_download: boolean}} permissions
 * @property {number} download_count
 * @property {number} preview_count
 */

const AUDIENCES = /** @type {const} */ ([['open', 'Everybody who has the link'], ['company', 'People with an account here'], ['collaborators', 'You alone']]);

/** Sharing a file or folder. @param {Context} ctx @param {Entry} entry */
export async function open(ctx, entry) {
  await style('panels.css');
  const name = plain(nameOf(entry.path));
  const body = h('div', { class: 'body share' });
  const dialog = ctx.dialog(`Share ${name}`, body, { size: 'small' });
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const attempt = async (/** @type {() => Promise<void>} */ act) => {
    problem.hidden = true;
    body.querySelectorAll('button').forEach((button) => { button.disabled = true; });
    try {
      await act();
    } catch (/** @type {any} */ error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    body.querySelectorAll('button').forEach((button) => { button.disabled = false; });
  };

  const make = h('button', { type: 'button', class: 'main', onclick: () => attempt(async () => {
    const { url } = await ctx.api.at('shares', entry.path, { form: {} });
    // The other dialect knows the link's rules, and what it stands for.
    const item = await ctx.api.json('/2.0/shared_items?fields=shared_link', { headers: { BoxApi: `shared_link=${encodeURIComponent(url)}` } });
    show(url, `/2.0/${item.type}s/${item.id}`, item.shared_link);
  }) }, 'Get the link');
  fill(body, h('p', null, `Whoever has the link can look at this ${entry.is_dir ? 'folder' : 'file'}, without an account. It follows when you move it, and you can limit or end it at any time.`),
    problem, h('div', { class: 'buttons' }, all(), make));
  make.focus();

  /** @param {string} url @param {string} place @param {Link} link @param {string} [done] */
  function show(url, place, link, done = '') {
    // Under the name by which this page reached the server.
    const address = new URL(new URL(url).pathname, location.href).href;
    const field = h('input', { id: 'share-url', readOnly: true, value: address, onfocus: () => field.select() });
    const said = h('p', { class: done ? 'done' : '', role: 'status' }, done);
    const copy = h('button', { type: 'button', class: 'main', onclick: async () => {
      field.focus();
      // Without TLS there is no clipboard, but for what is selected.
      const isCopied = navigator.clipboard ? await navigator.clipboard.writeText(address).then(() => true, () => false) : document.execCommand('copy');
      copy.textContent = isCopied ? 'Copied' : 'Press Ctrl+C';
      said.textContent = isCopied ? 'The link is copied.' : '';
      said.className = isCopied ? 'unseen' : '';
      copy.focus();
    } }, 'Copy');

    const audience = h('select', { id: 'share-for' }, ...AUDIENCES.map(([value, text]) => h('option', { value, selected: value === link.access }, text)));
    const day = h('input', { id: 'share-day', type: 'date', min: new Date().toISOString().slice(0, 10), max: '2099-12-31', value: lastDayOf(link.unshared_at) });
    const password = h('input', { id: 'share-password', autocomplete: 'off', spellcheck: false, placeholder: link.is_password_enabled ? 'Unchanged' : 'None' });
    const open = h('input', { type: 'checkbox', checked: !link.is_password_enabled });
    const saving = h('input', { type: 'checkbox', checked: link.permissions.can_download });
    const noPassword = link.is_password_enabled && h('label', { class: 'tick' }, open, ' Take the password away');
    const passwords = h('div', null, h('label', { for: 'share-password' }, 'Password'), password, noPassword);
    audience.onchange = () => { passwords.hidden = audience.value !== 'open'; };
    audience.onchange(/** @type {any} */ (null));

    const save = () => attempt(async () => {
      const rules = { access: audience.value, unshared_at: endOf(day.value), permissions: { can_download: saving.checked } };
      const word = audience.value !== 'open' ? {} : password.value ? { password: password.value } : link.is_password_enabled && open.checked ? { password: null } : {};
      const told = await ctx.api.json(`${place}?fields=shared_link`, { method: 'PUT', json: { shared_link: { ...rules, ...word } } });
      show(url, place, told.shared_link, 'Saved.');
    });
    const end = async () => {
      const text = `Nobody can open this link to ${name} any more. A link that you make later has another address.`;
      if (!await ctx.confirm({ title: 'End the link?', text, yes: 'End it', danger: true })) return;
      await attempt(async () => {
        await ctx.api.json(place, { method: 'PUT', json: { shared_link: null } });
        ctx.toast(`The link to ${name} is ended.`);
        dialog.close();
      });
    };
    const uses = link.download_count + link.preview_count;
    fill(body, h('label', { for: 'share-url' }, 'Link'), h('div', { class: 'share-url' }, field, copy), said,
      h('p', { class: 'hint' }, h('a', { href: address, target: '_blank', rel: 'noopener' }, 'Open it'), ` · ${uses ? `looked at ${link.preview_count}, saved ${link.download_count} times` : 'not used yet'}`),
      h('details', { open: Boolean(done) }, h('summary', null, 'Who can open it, and how long'),
        h('form', { onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), save()) },
          h('label', { for: 'share-for' }, 'For'), audience,
          h('label', { for: 'share-day' }, 'Last day ', h('span', { class: 'hint' }, '(UTC; empty: no end)')), day, passwords,
          h('label', { class: 'tick' }, saving, ' May be downloaded, not only looked at'),
          h('button', { type: 'submit' }, 'Save'))),
      problem, h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'danger', onclick: end }, 'End the link'), all(), h('button', { type: 'button', onclick: () => dialog.close() }, 'Done')));
    (done ? field : copy).focus();
  }

  function all() {
    return h('a', { href: '/links' }, 'All links');
  }
}
