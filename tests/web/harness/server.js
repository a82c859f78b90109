// The programs under test, as processes on data folders of their own: the server with its admin commands, and the gallery.

import { execFile, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Device } from "./device.js";
import { settings } from "./settings.js";

const START_MILLIS_MAX = 20_000;
const STOP_MILLIS_MAX = 30_000;
const ADMIN_MILLIS_MAX = 30_000;

/**
 * Somebody with an account.
 * @typedef {object} Account
 * @property {string} name
 * @property {string} email
 * @property {string} password
 */

/** A registered program. @typedef {{name: string, key: string, secret: string}} App */

export const PASSWORD = "correct horse battery";

/** A program that serves, on a free port of the loopback; it keeps that port when it is started again. */
export class Service {
  #port = 0;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  /** @type {Promise<number | null>} */
  #ended = Promise.resolve(0);

  /**
   * @param {string} log where it says what it does
   * @param {string[]} words what it is started with, but for its address
   */
  constructor(log, words) {
    this.log = log;
    this.words = words;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts it, and waits until it serves. */
  async start() {
    const log = fs.openSync(this.log, "a");
    const before = fs.statSync(this.log).size;
    const words = [...this.words, "--listen", `127.0.0.1:${this.#port}`];
    const started = spawn(settings.binary, words, { env: quiet(), stdio: ["ignore", log, log] });
    this.#process = started;
    fs.closeSync(log);
    this.#ended = new Promise((resolve) => {
      started.once("exit", resolve);
      started.once("error", () => resolve(null));
    });
    const told = await this.says(/ (?:serves on|is at) http:\/\/127\.0\.0\.1:(\d+)[\/\s]/, before);
    this.#port = Number(told[1]);
    return this;
  }

  /** Asks it to end; whether it did so by itself and in time. */
  async stop() {
    if (!this.#process) return true;
    this.#process.kill("SIGTERM");
    const limit = setTimeout(() => this.#process?.kill("SIGKILL"), STOP_MILLIS_MAX);
    const code = await this.#ended;
    clearTimeout(limit);
    this.#process = undefined;
    return code === 0;
  }

  /** Ends it at once, whatever it is at. */
  async kill() {
    this.#process?.kill("SIGKILL");
    await this.#ended;
    this.#process = undefined;
  }

  /** The end of its log, without what went as it should. */
  lastWords(lines = 20) {
    const said = fs.readFileSync(this.log, "utf8").trimEnd().split("\n");
    return said.filter((line) => !/ access: answered .* status=[23]\d\d /.test(line)).slice(-lines).join("\n");
  }

  /**
   * The first match in what it has said since then; waits for it.
   * @param {RegExp} pattern
   */
  async says(pattern, since = 0) {
    const deadline = Date.now() + START_MILLIS_MAX;
    for (;;) {
      const said = fs.readFileSync(this.log).subarray(since).toString();
      const found = said.match(pattern);
      if (found) return found;
      if (Date.now() > deadline || this.#process?.exitCode !== null) throw new Error(`nothing like ${pattern} was said: ${said}`);
      await sleep(20);
    }
  }
}

/** The server, its admin commands, and who is on it. */
export class Server extends Service {
  /** @type {App | undefined} */
  #another;

  /**
   * @param {string} folder where it keeps its data and its log
   * @param {string[]} more flags for `serve`
   */
  constructor(folder, more = []) {
    const data = path.join(folder, "data");
    super(path.join(folder, "server.log"), ["serve", "--data", data, ...more]);
    this.data = data;
  }

  /** The link that makes the first account; printed as long as there is none. */
  async setUpLink() {
    return (await this.says(/(http:\S+\/setup\?token=\S+)\s/))[1] ?? "";
  }

  /**
   * Makes an account.
   * @param {string} name the person's, such as `Ada King`
   * @param {{admin?: boolean, quota?: string}} [options]
   * @returns {Promise<Account>}
   */
  async account(name, { admin = false, quota } = {}) {
    const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.org`;
    const words = ["user", "add", email, "--password-stdin", "--name", name];
    if (admin) words.push("--admin");
    if (quota) words.push("--quota", quota);
    await this.admin(words, PASSWORD + "\n");
    return { name, email, password: PASSWORD };
  }

  /**
   * Registers an app by the admin command.
   * @param {string} name
   * @param {"full" | "app-folder"} access
   * @param {string[]} redirectUris
   * @returns {Promise<App>}
   */
  async app(name, access = "full", redirectUris = []) {
    const more = redirectUris.flatMap((uri) => ["--redirect-uri", uri]);
    const made = JSON.parse(await this.admin(["app", "add", name, "--access", access, ...more]));
    return { name, key: made.app_key, secret: made.app_secret };
  }

  /**
   * Another device of somebody's: a program that reaches all of their files by the API.
   * @param {Account} account
   */
  async device(account) {
    this.#another ??= await this.app("Another device");
    const token = await this.admin(["token", "create", "--app", this.#another.key, "--user", account.email]);
    return new Device(this.url, token);
  }

  /**
   * Runs a command on the data folder, beside the running server; what it printed.
   * @param {string[]} words
   * @returns {Promise<string>}
   */
  admin(words, input = "") {
    return new Promise((resolve, reject) => {
      const options = { timeout: ADMIN_MILLIS_MAX, env: quiet() };
      const command = execFile(settings.binary, [...words, "--data", this.data], options, (error, output, complaints) => {
        if (error) reject(new Error(`${words.join(" ")}: ${error.message}\n${complaints}`));
        else resolve(output.trim());
      });
      // A command that reads nothing may have ended before; how it ended is told above.
      command.stdin?.on("error", () => {});
      command.stdin?.end(input);
    });
  }
}

/** The photo gallery, a program that is a client of the server like any other. */
export class Gallery extends Service {
  /**
   * @param {string} folder where it keeps its data and its log
   * @param {Server} server
   * @param {App} [app] as which it asks, by OAuth 1: otherwise as the server's own app, by OAuth 2
   */
  constructor(folder, server, app) {
    const words = ["gallery", "--server", server.url, "--data", path.join(folder, "gallery")];
    if (app) {
      const secret = path.join(folder, "app-secret");
      fs.writeFileSync(secret, app.secret, { mode: 0o600 });
      words.push("--app-key", app.key, "--app-secret-file", secret, "--oauth1");
    }
    super(path.join(folder, "gallery.log"), words);
  }
}

/** The environment without what somebody has set for a server of their own. */
function quiet() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TIDEMARK_")));
}
