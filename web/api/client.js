// The server's public API, as this page calls it: who calls, what went wrong, and when to try once more.

import { encode } from '../lib/paths.js';

/** @typedef {import('../files/context.js').Entry} Entry */

/** How often a request is sent again that the server had no time for, and how long each wait is at most, in seconds. */
const TRIES_MAX = 4;
const WAIT_MAX = 20;
/** So many are told at once, at most, of versions and of what is found. */
export const ANSWER_MAX = 1000;
/** For so long it is, in milliseconds. */
const PAGE_IS_NEW = 5000;
/** What stands in the address of a version between its file and its number. */
const VERSION = '/content?version=';

/**
 * What the server refused, or why it could not be reached. `message` is a sentence for people.
 */
export class ApiError extends Error {
  /**
   * @param {number} status Of HTTP; 0 if there was no answer.
   * @param {string} message
   * @param {any} [body] The answer's JSON, if it was some.
   */
  constructor(status, message, body) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }
}

/** What is said where the server's own text would help nobody. */
const TEXTS = /** @type {Record<number, string>} */ ({
  0: 'The server cannot be reached. Check the connection, and try again.',
  401: 'You are signed out.',
  404: 'There is nothing here any more.',
  429: 'The server asks for a pause. Try again in a moment.',
  503: 'The server is busy. Try again in a moment.',
  507: 'There is no room left in this account.',
});

/**
 * What one request is.
 * @typedef {object} Options
 * @property {string} [method]
 * @property {Record<string, any>} [query] What is null or undefined is left out.
 * @property {Record<string, any>} [form] Sent as a form.
 * @property {any} [json] Sent as JSON.
 * @property {BodyInit} [body] Sent as it is.
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

export class Client {
  /** @type {Promise<string> | null} */
  #token = null;

  /** @param {string} formToken The page's, which proves that a page of this server asks. */
  constructor(formToken) {
    this.formToken = formToken;
  }

  /**
   * The token for `Authorization: Bearer`; it ends with the session.
   * @param {string} [stale] One that does not work any more.
   * @returns {Promise<string>}
   */
  async bearer(stale) {
    if (stale && (await this.#token?.catch(() => stale)) === stale) this.#token = null;
    this.#token ??= this.#newToken();
    return this.#token.catch((error) => {
      this.#token = null;
      throw error;
    });
  }

  async #newToken() {
    const response = await reach('/session/token', {
      method: 'POST',
      body: new URLSearchParams({ form_token: this.formToken }),
    });
    if (response.ok) return (await response.json()).access_token;
    // The session is over: the same address asks to sign in, and leads back here. A page that just came would come again and again.
    const isOver = response.status === 401 || response.status === 403;
    if (isOver && performance.now() > PAGE_IS_NEW) location.reload();
    throw new ApiError(isOver ? 401 : response.status, TEXTS[response.status] ?? TEXTS[401]);
  }

  /**
   * The answer, if it is a good one; a 304 is one, too.
   * @param {string} url
   * @param {Options} [options]
   * @returns {Promise<Response>}
   * @throws {ApiError}
   */
  async fetch(url, options = {}) {
    const { query, form, json, signal } = options;
    const init = /** @type {RequestInit} */ ({ method: options.method ?? (form || json ? 'POST' : 'GET'), signal });
    const headers = new Headers(options.headers);
    init.body = options.body ?? (form && params(form)) ?? (json && JSON.stringify(json));
    if (json) headers.set('content-type', 'application/json');
    const address = query ? `${url}?${params(query)}` : url;
    for (let tries = 1, isRenewed = false; ; tries++) {
      const token = await this.bearer();
      headers.set('authorization', `Bearer ${token}`);
      const response = await reach(address, { ...init, headers });
      if (response.ok || response.status === 304) return response;
      // What is empty has no first byte to begin at.
      if (response.status === 416 && response.headers.get('content-range') === 'bytes */0') return new Response();
      if (response.status === 401 && !isRenewed) {
        isRenewed = true;
        await this.bearer(token);
        continue;
      }
      const isBusy = response.status === 429 || (response.status === 503 && init.method === 'GET');
      const seconds = Number(response.headers.get('retry-after')) || 2 ** tries / 2;
      if (!isBusy || tries >= TRIES_MAX || seconds > WAIT_MAX) throw await failure(response);
      await sleep(seconds * 1000, signal);
    }
  }

  /**
   * The answer's JSON; of an empty one null.
   * @param {string} url
   * @param {Options} [options]
   * @returns {Promise<any>}
   */
  async json(url, options) {
    const response = await this.fetch(url, options);
    return response.status === 204 || response.status === 304 ? null : response.json();
  }

  /** @param {string} endpoint @param {string} path @param {Options} [options] */
  at(endpoint, path, options) {
    return this.json(addressOf(endpoint, path), options);
  }

  /** @returns {Promise<Record<string, any>>} */
  account() {
    return this.json('/1/account/info');
  }

  /**
   * One entry; of a folder, without what is in it.
   * @param {string} path
   * @param {AbortSignal} [signal]
   * @param {Record<string, boolean>} [more] What else is asked of it.
   * @returns {Promise<Entry & Record<string, any>>}
   */
  entry(path, signal, more) {
    return this.at('metadata', path, { query: { list: false, ...more }, signal });
  }

  /**
   * Some of the children of a folder, in the order of names as the server compares them.
   * @param {string} path
   * @param {{after: string, limit: number, signal?: AbortSignal}} page Behind which name they begin, '' at the first.
   * @returns {Promise<Entry>}
   */
  async list(path, { after, limit, signal }) {
    const query = `${params({ file_limit: limit })}&list_after=${encodeURIComponent(after)}`;
    return this.json(`${addressOf('metadata', path)}?${query}`, { signal });
  }

  /**
   * What has these words in its name, below a folder.
   * @param {string} path @param {string} query @param {AbortSignal} [signal]
   * @returns {Promise<Entry[]>}
   */
  search(path, query, signal) {
    return this.at('search', path, { query: { query, file_limit: ANSWER_MAX }, signal });
  }

  /** @param {string} path @returns {Promise<Entry>} */
  createFolder(path) {
    return this.#act('create_folder', { path });
  }

  /** @param {string} path @returns {Promise<Entry>} */
  remove(path) {
    return this.#act('delete', { path });
  }

  /** @param {string} from @param {string} to @returns {Promise<Entry>} */
  move(from, to) {
    // With this, a name may be given other letters: `a` to `A`.
    return this.#act('move', { from_path: from, to_path: to, include_identity: true });
  }

  /** @param {string} from @param {string} to @returns {Promise<Entry>} */
  copy(from, to) {
    return this.#act('copy', { from_path: from, to_path: to });
  }

  /** @param {string} act @param {Record<string, any>} form */
  #act(act, form) {
    return this.json(`/1/fileops/${act}`, { form: { root: 'auto', ...form } });
  }

  /** @param {string} path @param {string} rev Or the address of a version. @returns {Promise<any>} */
  restore(path, rev) {
    const [place, id] = rev.split(VERSION);
    return id ? this.json(`${place}/versions/current`, { json: { id } }) : this.at('restore', path, { form: { rev } });
  }

  /**
   * Where the other dialect has an entry: it tells the rules of its link, and the versions that a file had under earlier names.
   * @param {string} path
   * @returns {Promise<string>}
   */
  async place(path) {
    const { is_dir: isFolder, box_id: id } = await this.entry(path, undefined, { include_identity: true });
    return `/2.0/${isFolder ? 'folders' : 'files'}/${id}`;
  }

  /** What was at a path, the newest first, as many as one answer has. @param {string} path @returns {Promise<Entry[]>} */
  revisions(path) {
    return this.at('revisions', path, { query: { rev_limit: ANSWER_MAX } });
  }

  /**
   * All past versions of a file, the newest first, whatever it was called: `rev` is an address.
   * @param {Entry} entry
   * @returns {Promise<Entry[]>}
   */
  async versions({ path, mime_type }) {
    const place = await this.place(path);
    /** @type {any[]} */
    const all = [];
    for (let isMore = true; isMore;) {
      const query = { offset: all.length, limit: ANSWER_MAX, fields: 'size,modified_at' };
      const { entries, total_count: total } = await this.json(`${place}/versions`, { query });
      all.push(...entries);
      isMore = entries.length && all.length < total;
    }
    return all.map((/** @type {any} */ { id, size, modified_at }) => (
      { path, mime_type, is_dir: false, thumb_exists: false, bytes: size, modified: modified_at, rev: place + VERSION + id }));
  }

  /**
   * A direct address of a file's bytes on this server, good for four hours; it takes ranges.
   * @param {string} path
   * @returns {Promise<string>}
   */
  async media(path) {
    const { url } = await this.at('media', path, { form: {} });
    // Under whatever name this page reached the server.
    return new URL(url).pathname;
  }

  /**
   * A small picture.
   * @param {string} path
   * @param {'xs' | 's' | 'm' | 'l' | 'xl'} size
   * @param {AbortSignal} [signal]
   * @returns {Promise<Blob>}
   */
  async thumbnail(path, size, signal) {
    const query = { size, format: /\.png$/i.test(path) ? 'png' : 'jpeg' };
    return (await this.fetch(addressOf('thumbnails', path), { query, signal })).blob();
  }

  /**
   * A file's bytes.
   * @param {string} path
   * @param {{rev?: string, range?: string, signal?: AbortSignal}} [options] `rev` may be the address of a version; `range` is as the
   *   header has it, `bytes=0-99`.
   * @returns {Promise<Response>}
   */
  file(path, { rev, range, signal } = {}) {
    // Who asks there for no range is led to another address, which may be on another host.
    if (rev?.includes(VERSION)) return this.fetch(rev, { headers: { range: range ?? 'bytes=0-' }, signal });
    return this.fetch(addressOf('files', path), { query: { rev }, headers: range ? { range } : {}, signal });
  }

  /** @param {string} prefix @returns {Promise<string>} The cursor of now, which looks at this folder. */
  async latestCursor(prefix) {
    return (await this.json('/1/delta/latest_cursor', { form: { path_prefix: prefix || null } })).cursor;
  }

  /**
   * @param {string} cursor @param {string} prefix @param {AbortSignal} [signal]
   * @returns {Promise<{reset: boolean, cursor: string, has_more: boolean, entries: [string, Entry | null][]}>}
   */
  delta(cursor, prefix, signal) {
    return this.json('/1/delta', { form: { cursor, path_prefix: prefix || null }, signal });
  }

  /**
   * Waits until there is something new, for a minute at most.
   * @param {string} cursor @param {AbortSignal} signal
   * @returns {Promise<{changes: boolean, backoff?: number}>} `backoff` is in seconds.
   */
  async longpoll(cursor, signal) {
    const response = await reach(`/1/longpoll_delta?${params({ cursor, timeout: 60 })}`, { signal });
    if (!response.ok) throw await failure(response);
    return response.json();
  }
}

/** @param {string} endpoint @param {string} path @returns {string} Where an endpoint takes a path. */
export const addressOf = (endpoint, path) => `/1/${endpoint}/auto${encode(path)}`;

/** @param {Record<string, any>} values @returns {URLSearchParams} */
function params(values) {
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value != null));
}

/**
 * Any answer. That there is none is told like all that goes wrong; that nobody waits any more stays an `AbortError`.
 * @param {string} url @param {RequestInit} init
 */
async function reach(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, TEXTS[0]);
  }
}

/** @param {Response} response @returns {Promise<ApiError>} */
async function failure(response) {
  const body = await response.json().catch(() => null);
  // The dialects tell it under different names; some tell it of each field.
  const told = body?.user_error ?? body?.message ?? body?.error;
  const text = typeof told === 'string' ? told : told && Object.values(told).join(' ');
  const fallback = TEXTS[response.status] ?? `The server answered ${response.status}.`;
  return new ApiError(response.status, response.status < 429 && text ? text : fallback, body);
}

/**
 * @param {number} ms @param {AbortSignal} [signal] Ends it with an `AbortError`.
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.aborted ? stop() : signal?.addEventListener('abort', stop, { once: true });
  });
}

/** @param {unknown} error @returns {string} What people are told of it. */
export function textOf(error) {
  return error instanceof ApiError ? error.message : 'Something went wrong on this page. Reload it, and try again.';
}

/** @param {unknown} error @returns {boolean} Whether it only says that nobody waits any more. */
export const isAbort = (error) => error instanceof DOMException && error.name === 'AbortError';
