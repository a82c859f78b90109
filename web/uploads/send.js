// How one upload gets to the server: whole if it is small, else piece by piece, so that little is lost when something breaks.

import { encode } from '../lib/paths.js';
import { Hitch } from './queue.js';

/** @typedef {import('./queue.js').Upload} Upload */

const MIB = 2 ** 20;
/** Files up to this size go in one request. */
const WHOLE_MAX = 4 * MIB;
/** How long one request may take: longer, and the line is taken for dead. */
const PATIENCE = 300_000;

/**
 * What a request came to.
 * @typedef {{status: number, body: any, after: number}} Answer
 */

/** Sends uploads with the token of this page. */
export class Sender {
  /**
   * @param {Pick<import('../api/client.js').Client, 'bearer'>} api
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
    if (upload.isFolder) return this.#folder(upload, signal);
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
    this.#begin(upload);
    const uri = `/1/commit_chunked_upload/auto${encode(upload.path)}?${query(upload)}&upload_id=${upload.uploadId}`;
    const answer = await this.#ask('POST', uri, null, signal);
    if (answer.status === 400 && answer.body?.error?.upload_id && !(await this.#isThere(upload, signal))) {
      Object.assign(upload, { uploadId: undefined, offset: 0, sent: 0 });
      throw new Hitch('again', 'The upload begins anew.', 1);
    } else if (answer.status !== 400) await this.#judge(upload, answer, signal);
    else if (!answer.body?.error?.upload_id) throw refusal(answer);
  }

  /** @param {Upload} upload @param {File} file @param {AbortSignal} signal @param {() => void} changed */
  async #whole(upload, file, signal, changed) {
    this.#begin(upload);
    const answer = await this.#ask('PUT', `/1/files_put/auto${encode(upload.path)}?${query(upload)}`, file, signal, (sent) => {
      upload.sent = Math.min(sent, upload.size);
      changed();
    });
    await this.#judge(upload, answer, signal);
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

  /** @param {Upload} upload @param {AbortSignal} signal */
  async #folder(upload, signal) {
    const form = new URLSearchParams({ root: 'auto', path: upload.path });
    const answer = await this.#ask('POST', '/1/fileops/create_folder', form, signal);
    if (answer.status === 200) return;
    const found = await this.#metadata(upload.path, signal);
    if (!found?.is_dir) throw refusal(answer);
  }

  /** What follows may store it, even if nobody hears of it. @param {Upload} upload */
  #begin(upload) {
    upload.begun = true;
    this.note(upload);
  }

  /** @param {Upload} upload @param {Answer} answer @param {AbortSignal} signal */
  async #judge(upload, answer, signal) {
    if (answer.status === 200) return;
    if (answer.status !== 409) throw refusal(answer);
    if (await this.#isThere(upload, signal)) return;
    throw new Hitch('taken', 'Something has this name already.');
  }

  /**
   * Whether it came to its place by an earlier try, the answer to which was lost.
   * @param {Upload} upload @param {AbortSignal} signal
   */
  async #isThere(upload, signal) {
    const found = upload.begun ? await this.#metadata(upload.path, signal) : null;
    const time = Math.floor(upload.time / 1000) * 1000;
    return found?.bytes === upload.size && Date.parse(found.client_mtime) === time;
  }

  /** @param {string} path @param {AbortSignal} signal @returns {Promise<any>} Nothing if nothing is there. */
  async #metadata(path, signal) {
    const answer = await this.#ask('GET', `/1/metadata/auto${encode(path)}?list=false`, null, signal);
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw refusal(answer);
    return answer.body.is_deleted ? null : answer.body;
  }

  /**
   * @param {string} method
   * @param {string} uri
   * @param {Blob | URLSearchParams | null} body
   * @param {AbortSignal} signal
   * @param {(sent: number) => void} [progress]
   * @returns {Promise<Answer>} What the server said, if it said anything.
   */
  async #ask(method, uri, body, signal, progress) {
    if (body instanceof Blob && body.size) {
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
      if (body instanceof Blob) request.setRequestHeader('Content-Type', 'application/octet-stream');
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
  if (status === 429 || status === 503) return new Hitch('again', 'The server is busy. Trying again…', after);
  if (status === 408 || status >= 500 && status !== 507) return new Hitch('again', 'The server has a problem. Trying again…', after);
  if (status === 507) return new Hitch('refused', 'There is no room left in your account, or on the server.');
  const error = body?.error;
  const text = typeof error === 'string' ? error : Object.values(error ?? {})[0];
  return new Hitch('refused', text ? String(text) : `The server refused it (${status}).`);
}
