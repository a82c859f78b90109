"use strict";
// A server process on a data folder of its own, and its admin commands.

const { execFile, spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");

const START_MILLIS_MAX = 20_000;
const STOP_MILLIS_MAX = 30_000;
const ADMIN_MILLIS_MAX = 60_000;

// What of an access log's line says what was asked, and what came of it.
const ACCESS = / access: .*method=(\S+) path="([^"]*)" .*status=(\d+) /g;
// Quiet polls end soon, so that a test can wait for it.
const SETTINGS = { TIDEMARK_V1_POLL_TIMEOUT_MIN: "1", TIDEMARK_V1_POLL_JITTER_MAX: "0", TIDEMARK_BOX_REALTIME_HOLD: "2" };

// A server on a free port of the loopback; it keeps that port when it is started again.
class Server {
  constructor(binary, folder) {
    this.binary = binary;
    this.data = path.join(folder, "data");
    this.log = path.join(folder, "server.log");
    this.port = 0;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async start() {
    const log = fs.openSync(this.log, "a");
    const before = this.mark();
    const settings = ["serve", "--data", this.data, "--listen", `127.0.0.1:${this.port}`];
    const env = { ...process.env, ...SETTINGS };
    this.process = spawn(this.binary, settings, { env, stdio: ["ignore", log, log] });
    fs.closeSync(log);
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.once("error", () => {});
    const deadline = Date.now() + START_MILLIS_MAX;
    while (Date.now() < deadline) {
      const told = this.logged(before).match(/http:\/\/127\.0\.0\.1:(\d+)/);
      if (told) {
        this.port = Number(told[1]);
        return this.url;
      }
      if (this.process.exitCode !== null) break;
      await sleep(20);
    }
    throw new Error("the server told no URL; its output: " + this.logged(before));
  }

  // Asks it to end; whether it did so by itself and in time.
  async stop() {
    this.process.kill("SIGTERM");
    const limit = setTimeout(() => this.process.kill("SIGKILL"), STOP_MILLIS_MAX);
    const code = await this.ended;
    clearTimeout(limit);
    return code === 0;
  }

  // Ends it at once, whatever it is at.
  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  // Where its log stands.
  mark() {
    return fs.statSync(this.log).size;
  }

  logged(mark) {
    return fs.readFileSync(this.log).subarray(mark).toString();
  }

  // What it has answered since then. A poll stands there when it begins to wait.
  requests(mark) {
    return [...this.logged(mark).matchAll(ACCESS)].map(([, method, path, status]) => ({ method, path, status: Number(status) }));
  }
}

// Runs an admin command beside the running server; what it printed.
function admin(binary, data, args, input = "") {
  return new Promise((resolve, reject) => {
    const options = { timeout: ADMIN_MILLIS_MAX };
    const command = execFile(binary, [...args, "--data", data], options, (error, output, complaints) => {
      if (error) reject(new Error(`${args.join(" ")}: ${error.message}\n${complaints}`));
      else resolve(output.trim());
    });
    // A command that reads nothing may have ended before; how it ended is told above.
    command.stdin.on("error", () => {});
    command.stdin.end(input);
  });
}

async function addApp(binary, data, name, access, redirectUris = []) {
  const options = redirectUris.flatMap((uri) => ["--redirect-uri", uri]);
  const app = JSON.parse(await admin(binary, data, ["app", "add", name, "--access", access, ...options]));
  return { name, key: app.app_key, secret: app.app_secret };
}

module.exports = { Server, admin, addApp };
