// How one upload gets to the server: whole if it is small, else piece by piece, so that little is lost when something breaks.

import { TAKEN, encode } from '../lib/paths.js';
import { Hitch } from './queue.js';

/** @typedef {import('./queue.js').Upload} Upload */

const MIB = 2 ** 20;
/** Files up to this size go in one request. */
const WHOLE_MAX = 4 * MIB;
/** How long one request may take: longer, and the line is taken for dead. */
const PATIENCE = 300_000;

/**
 * What a request came to.
 * @typedef {{status: number, body?: any, after?: number}} Answer
 */

/** Sends uploads with the token of this page. */
export class Sender {
  /**
   * @param {import('../api/client.js').Client} api
   * @param {(upload: Upload) => void} note Keeps how far it is.
   */
  constructor(api, note) {
    this.api = api;
    this.note = note;
  }

  /**
   * Sends what is left of one.
   * @param {Upload} upload
   * @param {AbortSignal} signal
   * @param {() => void} changed
   */
  async send(upload, signal, changed) {
    if (upload.isFolder) {
      await this.api.createFolder(upload.path).catch(async (error) => {
        const found = await this.api.entry(upload.path).catch(() => null);
        if (!found?.is_dir) throw refusal(error);
      });
      return;
    }
    const { file } = upload;
    if (!file) throw new Hitch('lost', 'Choose the file again to go on.');
    // Keeping both must not make three when an answer is lost, so that it goes by an upload that is committed once.
    if (upload.size <= WHOLE_MAX && upload.how !== 'both') return this.#whole(upload, file, signal, changed);
    let piece = 4 * MIB;
    while (upload.offset < upload.size || !upload.uploadId) {
      const began = Date.now();
      await this.#piece(upload, file.slice(upload.offset, upload.offset + piece), signal, changed);
      piece = Date.now() - began < 1000 ? 8 * MIB : 4 * MIB;
    }
    const begun = this.#begin(upload);
    const answer = await this.#ask('POST', `/1/commit_chunked_upload/auto${encode(upload.path)}?${query(upload)}&upload_id=${upload.uploadId}`, null, signal);
    const isUnknown = answer.body?.error?.upload_id;
    // What was committed before is unknown, too; where it went, nobody can tell of what got a name of its own.
    if (answer.status === 200 || (begun && isUnknown && upload.how === 'both') || await this.#isThere(upload, begun)) return;
    if (!isUnknown) throw refusal(answer);
    Object.assign(upload, { uploadId: undefined, offset: 0, sent: 0 });
    throw new Hitch('again', 'The upload begins anew.', 1);
  }

  /** @param {Upload} upload @param {File} file @param {AbortSignal} signal @param {() => void} changed */
  async #whole(upload, file, signal, changed) {
    const begun = this.#begin(upload);
    const answer = await this.#ask('PUT', `/1/files_put/auto${encode(upload.path)}?${query(upload)}`, file, signal, (sent) => {
      upload.sent = Math.min(sent, upload.size);
      changed();
    });
    if (answer.status !== 200 && !(answer.status === 409 && await this.#isThere(upload, begun))) throw refusal(answer);
  }

  /** @param {Upload} upload @param {Blob} piece @param {AbortSignal} signal @param {() => void} changed */
  async #piece(upload, piece, signal, changed) {
    const id = upload.uploadId ? `upload_id=${upload.uploadId}&` : '';
    const answer = await this.#ask('PUT', `/1/chunked_upload?${id}offset=${upload.offset}`, piece, signal, (sent) => {
      upload.sent = Math.min(upload.offset + sent, upload.size);
      changed();
    });
    const { status, body } = answer;
    const isKnown = typeof body?.upload_id === 'string' && Number.isSafeInteger(body?.offset) && body.offset <= upload.size;
    if (isKnown && (status === 200 || status === 400)) {
      // The server knows best how much it has: an answer may have been lost.
      Object.assign(upload, { uploadId: body.upload_id, offset: body.offset, sent: body.offset, tries: 0 });
      this.note(upload);
    } else if (upload.uploadId && (status === 404 || body?.error?.upload_id)) {
      Object.assign(upload, { uploadId: undefined, offset: 0, sent: 0 });
    } else {
      throw refusal(answer);
    }
    changed();
  }

  /** What follows may store it, even if nobody hears of it. @param {Upload} upload @returns {boolean} Whether an earlier try may have. */
  #begin(upload) {
    const { begun = false } = upload;
    upload.begun = true;
    this.note(upload);
    return begun;
  }

  /**
   * Whether it came to its place by an earlier try, the answer to which was lost.
   * @param {Upload} upload @param {boolean} isLikely
   */
  async #isThere(upload, isLikely) {
    const found = isLikely && await this.api.entry(upload.path).catch(() => null);
    return found && !found.is_deleted && found.bytes === upload.size && Date.parse(found.client_mtime ?? '') === Math.floor(upload.time / 1000) * 1000;
  }

  /**
   * @param {string} method
   * @param {string} uri
   * @param {Blob | null} body
   * @param {AbortSignal} signal
   * @param {(sent: number) => void} [progress]
   * @returns {Promise<Answer>} What the server said, if it said anything.
   */
  async #ask(method, uri, body, signal, progress) {
    if (body?.size) {
      // A file that has changed, or is gone, looks like a broken line otherwise.
      await body.slice(0, 1).arrayBuffer().catch(() => {
        throw new Hitch('lost', 'The file on this device has changed or is gone. Choose it again.');
      });
    }
    const token = await this.api.bearer().catch(({ message }) => {
      throw new Hitch('again', message);
    });
    const answer = await new Promise((/** @type {(answer: Answer) => void} */ resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, uri);
      request.timeout = PATIENCE;
      request.setRequestHeader('Authorization', `Bearer ${token}`);
      if (body) request.setRequestHeader('Content-Type', 'application/octet-stream');
      const lost = () => reject(new Hitch('again', navigator.onLine ? 'The connection broke. Trying again…' : 'Waiting for the network…'));
      request.onload = () => resolve({ status: request.status, body: parsed(request.responseText), after: Number(request.getResponseHeader('Retry-After')) * 1000 });
      request.onerror = request.ontimeout = lost;
      request.onabort = () => reject(new Hitch('again', ''));
      if (progress) request.upload.onprogress = ({ loaded }) => progress(loaded);
      if (signal.aborted) return lost();
      signal.addEventListener('abort', () => request.abort(), { once: true });
      request.send(body);
    });
    if (answer.status === 401) {
      // The next try asks for another; where there is none, the page asks to sign in.
      this.api.bearer(token).catch(() => {});
      throw new Hitch('again', 'You have to sign in again.');
    }
    return answer;
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Upload} upload */
function query({ how, rev, time }) {
  /** @type {Record<string, string>} */
  const on = how === 'replace' && rev ? { parent_rev: rev } : { overwrite: 'false', autorename: String(how === 'both') };
  return new URLSearchParams({ ...on, client_mtime: new Date(time).toUTCString() });
}

/** What an answer that is no success means for an upload. @param {Answer} answer @returns {Hitch} */
export function refusal({ status, body, after }) {
  if (status === 409) return new Hitch('taken', TAKEN);
  if (status === 429 || status === 503) return new Hitch('again', 'The server is busy. Trying again…', after);
  if (!status || status === 408 || (status >= 500 && status !== 507)) return new Hitch('again', 'The server has a problem. Trying again…', after);
  if (status === 507) return new Hitch('refused', 'There is no room left in your account, or on the server.');
  const error = body?.error;
  const text = typeof error === 'string' ? error : Object.values(error ?? {})[0];
  return new Hitch('refused', text ? String(text) : `The server refused it (${status}).`);
}
