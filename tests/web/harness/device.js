// Another device of a person's: what a program does with their files through the Core API, behind the page's back.

import assert from "node:assert/strict";
import { eventually } from "./eventually.js";

const ANSWER_MILLIS_MAX = 60_000;

/** The bytes of a file. @typedef {string | Buffer} Content */
/** What the API says of a file or folder, as far as journeys look. @typedef {{path: string, is_dir: boolean, bytes: number, rev: string}} Entry */

/** A program with a token. */
export class Device {
  /**
   * @param {string} url the server
   * @param {string} token
   */
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  /**
   * Puts a file.
   * @param {string} path @param {Content} content
   * @param {Date} [changed] when the device had it changed
   * @returns {Promise<Entry>}
   */
  async put(path, content, changed) {
    const time = changed ? `?client_mtime=${encodeURIComponent(changed.toUTCString())}` : "";
    return (await this.#call("PUT", `/1/files_put/auto${spelled(path)}${time}`, content)).json();
  }

  /** The bytes of a file. @param {string} path */
  async get(path) {
    return Buffer.from(await (await this.#call("GET", `/1/files/auto${spelled(path)}`)).arrayBuffer());
  }

  /** The text of a file. @param {string} path */
  async text(path) {
    return (await this.get(path)).toString("utf8");
  }

  /** Makes a folder. @param {string} path */
  async folder(path) {
    await this.#act("create_folder", { path });
  }

  /** Moves or renames. @param {string} from_path @param {string} to_path */
  async move(from_path, to_path) {
    await this.#act("move", { from_path, to_path });
  }

  /** Deletes. @param {string} path */
  async remove(path) {
    await this.#act("delete", { path });
  }

  /** The names in a folder, in order. @param {string} path */
  async names(path) {
    const answer = await this.#call("GET", `/1/metadata/auto${spelled(path)}`);
    /** @type {{contents: Entry[]}} */
    const { contents } = await answer.json();
    return contents.map((entry) => entry.path.slice(entry.path.lastIndexOf("/") + 1)).sort();
  }

  /** Waits until a folder has just these. @param {string} path @param {string[]} names */
  async finds(path, ...names) {
    await eventually(async () => assert.deepEqual(await this.names(path), names.sort()));
  }

  /** Waits until this is there, or until it is not. @param {string} path */
  async has(path, isThere = true) {
    const at = path.lastIndexOf("/");
    await eventually(async () => assert.equal((await this.names(path.slice(0, at) || "/")).includes(path.slice(at + 1)), isThere, path));
  }

  /** Makes a link; its address. @param {string} path @returns {Promise<string>} */
  async share(path) {
    return (await (await this.#call("POST", `/1/shares/auto${spelled(path)}?short_url=false`)).json()).url;
  }

  /** What a program with this token is told about its account. */
  async account() {
    return (await this.#call("GET", "/1/account/info")).json();
  }

  /**
   * Puts many files, several at a time.
   * @param {Iterable<[path: string, content: Content, changed?: Date]>} files
   */
  async putAll(files, atOnce = 8) {
    const left = files[Symbol.iterator]();
    const work = async () => {
      for (let next = left.next(); !next.done; next = left.next()) await this.put(...next.value);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  /** @param {string} name @param {Record<string, string>} fields */
  #act(name, fields) {
    return this.#call("POST", `/1/fileops/${name}`, new URLSearchParams({ root: "auto", ...fields }));
  }

  /** @param {string} method @param {string} path @param {Content | URLSearchParams} [body] */
  async #call(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      body: /** @type {BodyInit} */ (body),
      headers: { authorization: `Bearer ${this.token}` },
      signal: AbortSignal.timeout(ANSWER_MILLIS_MAX),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

/** @param {string} path */
function spelled(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}
