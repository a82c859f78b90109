"use strict";
// A browser without scripts: pages, redirects, cookies, and the forms a person fills in.

const { RETIRED_HOSTS, note } = require("../shim/retired-hosts");

// As clients call the server in the addresses of its pages.
const HOSTS = new Set([...RETIRED_HOSTS, "account.box.com", "app.box.com"]);
const REDIRECTS_MAX = 10;
const ANSWER_MILLIS_MAX = 30_000;
const OAUTH_PAGE = /^\/([01]\/oauth2?|api\/oauth2)\//;

// One person's browser. It stops at a redirect to an address that it was not told to visit, and shows it.
class Browser {
  // `visits`: the origins of programs that run beside the server, such as a web app under test.
  constructor(...visits) {
    this.origins = new Set([process.env.TIDEMARK_URL, ...visits].map((url) => new URL(url).origin));
    this.cookies = new Cookies();
  }

  // Fetches a page; with `form` (URLSearchParams) by POST, with `headers` beside the browser's own.
  async open(url, { form, headers } = {}) {
    for (let hop = 0; hop < REDIRECTS_MAX; hop++) {
      url = asReached(url);
      const answer = await this.#fetch(url, form, headers);
      const location = answer.headers.get("location");
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === null) {
        return new Page(url, answer, Buffer.from(await answer.arrayBuffer()));
      }
      await answer.arrayBuffer();
      const target = new URL(location, url);
      if (!this.origins.has(asReached(target).origin)) return new Page(target, answer, Buffer.alloc(0));
      if (![307, 308].includes(answer.status)) form = undefined;
      url = target;
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects, the last to ${url}`);
  }

  // Fills in a form and presses the control with that label, or its first.
  async submit(page, form, label, filled = {}) {
    const control = form.control(label);
    const values = new URLSearchParams();
    for (const field of form.fields) values.append(field.name, filled[field.type] ?? filled[field.name] ?? field.value ?? "");
    if (control.name) values.append(control.name, control.value ?? "");
    const action = new URL(control.formaction || form.action || page.url, page.url);
    if (form.method !== "get") return this.open(action, { form: values });
    action.search = values;
    return this.open(action);
  }

  // From an authorize URL, through sign-in and consent, to where the answer stands.
  async authorize(url, person, label = "Allow") {
    let page = await this.open(url);
    const signIn = page.formWith("password");
    if (signIn) page = await this.submit(page, signIn, null, { email: person.email, password: person.password });
    const consent = page.formLabelled(label);
    if (!consent) throw new Error(`no control called ${label} on the page:\n${page.text}`);
    return this.submit(page, consent, label);
  }

  async #fetch(url, form, headers) {
    const answer = await fetch(url, {
      method: form ? "POST" : "GET",
      body: form,
      redirect: "manual",
      headers: { ...headers, ...this.cookies.header(url), ...(form ? { origin: url.origin } : {}) },
      signal: AbortSignal.timeout(ANSWER_MILLIS_MAX),
    });
    this.cookies.keep(url, answer);
    // The clients make the URLs of these pages, and cannot do without them.
    if (OAUTH_PAGE.test(url.pathname)) note(form ? "POST" : "GET", url.pathname, answer.status);
    return answer;
  }
}

// Cookies by host, as browsers keep them: whatever the port.
class Cookies {
  #jars = new Map();

  header(url) {
    const jar = this.#jars.get(url.hostname);
    if (!jar || jar.size === 0) return {};
    return { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  keep(url, answer) {
    const jar = this.#jars.get(url.hostname) ?? new Map();
    this.#jars.set(url.hostname, jar);
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (attributes.some(ended)) jar.delete(name);
      else jar.set(name, value);
    }
  }
}

function ended(attribute) {
  const [name, value] = attribute.split("=");
  if (name.toLowerCase() === "max-age") return Number(value) <= 0;
  return name.toLowerCase() === "expires" && Date.parse(value) <= Date.now();
}

// An answer: where it stands, its status, its text, and its forms.
class Page {
  constructor(url, answer, body) {
    this.url = url;
    this.status = answer.status;
    this.headers = answer.headers;
    this.body = body;
    this.text = body.toString("utf8");
    this.forms = readForms(this.text);
  }

  get query() {
    return Object.fromEntries(this.url.searchParams);
  }

  formWith(type) {
    return this.forms.find((form) => form.fields.some((field) => field.type === type));
  }

  formLabelled(label) {
    return this.forms.find((form) => form.control(label));
  }

  // The text of the element with this id.
  textOf(id) {
    const found = this.text.match(new RegExp(`<[^>]*\\sid="${id}"[^>]*>([^<]*)<`));
    return found && decode(found[1]).trim();
  }
}

class Form {
  constructor(attributes) {
    this.action = attributes.action;
    this.method = (attributes.method ?? "get").toLowerCase();
    this.fields = [];
    this.controls = [];
  }

  // The control with this label; without a label, the first.
  control(label) {
    return this.controls.find((control) => label === null || control.label === label);
  }
}

function readForms(html) {
  const forms = [];
  for (const tag of html.matchAll(/<(form|input|button)\b([^>]*)>([^<]*)/gi)) {
    const attributes = readAttributes(tag[2]);
    const form = forms.at(-1);
    const kind = tag[1].toLowerCase();
    if (kind === "form") forms.push(new Form(attributes));
    else if (!form) continue;
    else if (kind === "button") form.controls.push({ ...attributes, label: decode(tag[3]).trim() });
    else if (attributes.type === "submit") form.controls.push({ ...attributes, label: attributes.value });
    else if (attributes.name) form.fields.push(attributes);
  }
  return forms;
}

function readAttributes(text) {
  const found = text.matchAll(/([-a-z]+)(?:\s*=\s*"([^"]*)")?/gi);
  return Object.fromEntries([...found].map(([, name, value]) => [name.toLowerCase(), decode(value ?? "")]));
}

function decode(text) {
  const named = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name) return named[name] ?? whole;
    return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal));
  });
}

// The address at which a page is found, whatever its client calls the server.
function asReached(url) {
  const reached = new URL(url);
  if (!HOSTS.has(reached.hostname)) return reached;
  return new URL(reached.pathname + reached.search, process.env.TIDEMARK_URL);
}

module.exports = { Browser };
