// A journey: somebody gets something done in a browser, on a real server.
//
//     journey("signs in and out", async ({ server, window }) => { ... });
//
// Each has a server and a data folder of its own, so that none finds what another left. Its windows are watched
// (guard.js), and what a page did wrong fails the journey in the end, however well it went otherwise.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { Server } from "./server.js";
import { isAskedFor, settings } from "./settings.js";
import { Window, launch } from "./window.js";

const MILLIS_MAX = 60_000;
/** How much of what pages did wrong is told when something else has failed. */
const COMPLAINTS_MAX = 10;

/**
 * What a journey finds.
 * @typedef {object} World
 * @property {Server} server
 * @property {(name: string, look?: import("./window.js").Look) => Promise<Window>} window a new window of somebody's
 * @property {(account: import("./server.js").Account, look?: import("./window.js").Look) => Promise<Window>} signedIn one
 *   in which its person has signed in already
 * @property {<T extends import("./server.js").Service>(service: T) => T} beside a program beside the server, which is stopped with it
 * @property {string} folder for files of the journey's own; removed in the end
 */

/** One browser for all journeys of a file. @type {Promise<import("playwright-core").Browser> | undefined} */
let browser;
after(async () => (await browser)?.close());

/**
 * @param {string} name what somebody gets done
 * @param {(world: World) => Promise<void>} body
 * @param {object} [options]
 * @param {string[]} [options.serve] further flags of the server
 * @param {number} [options.millisMax] how long it may take
 */
export function journey(name, body, { serve = [], millisMax = MILLIS_MAX } = {}) {
  const id = `${path.basename(process.argv[1] ?? "", ".test.js")}: ${name}`;
  if (!isAskedFor(id)) return;
  test(id, { timeout: millisMax * (settings.slow ? 3 : 1) + 5_000 }, async (run) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tidemark-web-"));
    const server = new Server(folder, serve);
    /** @type {Window[]} */
    const windows = [];
    /** @type {import("./server.js").Service[]} */
    const services = [server];
    const open = async (/** @type {string} */ who, /** @type {import("./window.js").Look} */ look = {}) => {
      browser ??= launch();
      const window = await Window.open(await browser, server.url, `${id} ${who}`, look);
      windows.push(window);
      return window;
    };
    /** @type {World} */
    const world = {
      server,
      folder,
      beside: (service) => {
        services.unshift(service);
        return service;
      },
      window: open,
      signedIn: async (/** @type {import("./server.js").Account} */ account, /** @type {any} */ look) => {
        const window = await open(account.name, look);
        await window.enter(account);
        return window;
      },
    };
    try {
      await server.start();
      await inTime(body(world), millisMax * (settings.slow ? 3 : 1));
      const complaints = windows.flatMap((window) => window.guard.verdict());
      assert.deepEqual(complaints, [], `what its pages did wrong:\n${complaints.join("\n")}`);
      await Promise.all(windows.map((window) => window.close()));
      for (const service of services) assert.ok(await service.stop(), `a program did not end well when it was asked to`);
    } catch (error) {
      const kept = (await Promise.all(windows.map((window) => window.keepAll()))).flat();
      const wrong = windows.flatMap((window) => window.guard.complaints);
      run.diagnostic([`---- what was kept of ${id}`, ...kept, ...wrong.slice(0, COMPLAINTS_MAX), "---- the server's last words", server.lastWords()].join("\n"));
      throw error;
    } finally {
      await Promise.allSettled(windows.map((window) => window.close()));
      await Promise.all(services.map((service) => service.kill()));
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** @template T @param {Promise<T>} work @param {number} millis @returns {Promise<T>} */
async function inTime(work, millis) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the journey takes longer than ${millis / 1000} s`)), millis);
  });
  try {
    return /** @type {T} */ (await Promise.race([work, late]));
  } finally {
    clearTimeout(timer);
  }
}
