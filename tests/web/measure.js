// Measures pages in a browser for the benchmarks, which start it: `node measure.js --packages target/web --chromium chromium`.
//
// Every line that it reads is a question, a JSON object: `ask` says which, the rest is what that one takes. It answers each with a line:
// what was measured, or `{"error": …}`. Times are in seconds. It ends when nothing more can be read.

import path from "node:path";
import readline from "node:readline";
import { parseArgs } from "node:util";
import { Guard } from "./harness/guard.js";
import { settings } from "./harness/settings.js";
import { Window, launch } from "./harness/window.js";
import { Arrival } from "./measure/arrival.js";
import { blank, listing } from "./measure/listing.js";
import { idle, scrolling } from "./measure/scrolling.js";
import { weigh } from "./measure/weight.js";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */

const VIEWPORT = { width: 1440, height: 900 };

/** What pages are opened with. */
class Desk {
  /** Cookies of who has signed in. @type {Awaited<ReturnType<BrowserContext["storageState"]>> | undefined} */
  #state;
  /** A page that waits for something to come. @type {Arrival | undefined} */
  #arrival;

  /** @param {import("playwright-core").Browser} browser */
  constructor(browser) {
    this.browser = browser;
  }

  /** A window that has kept nothing of any page, and in which somebody may have signed in. @param {string} [origin] */
  open(origin) {
    const state = this.#state && { storageState: this.#state };
    return this.browser.newContext({ viewport: VIEWPORT, ...(origin && { baseURL: origin }), ...state });
  }

  /** Signs somebody in, for every window from now on. @param {{origin: string, email: string, password: string}} who */
  async enter({ origin, email, password }) {
    const context = await this.open(origin);
    const window = new Window(context, await context.newPage(), new Guard(origin), "measure", { scheme: "light", width: VIEWPORT.width });
    await window.enter({ name: "", email, password });
    this.#state = await context.storageState();
    await context.close();
  }

  /**
   * Something with a page of its own, in a window of its own.
   * @template T
   * @param {string | undefined} origin @param {(page: import("playwright-core").Page) => Promise<T>} act
   */
  async at(origin, act) {
    const context = await this.open(origin);
    try {
      return await act(await context.newPage());
    } finally {
      await context.close();
    }
  }

  /** Opens a folder, to see what comes into it. @param {{origin: string, path: string, count: number}} where */
  async watch({ origin, path, count }) {
    await this.leave();
    const context = await this.open(origin);
    this.#arrival = await Arrival.open(await context.newPage(), path, count);
  }

  get arrival() {
    if (!this.#arrival) throw new Error("no folder is open");
    return this.#arrival;
  }

  async leave() {
    await this.#arrival?.page.context().close();
    this.#arrival = undefined;
  }
}

/**
 * The questions.
 * @param {Desk} desk
 * @returns {Record<string, (asked: any) => Promise<object | void>>}
 */
function answers(desk) {
  return {
    enter: (asked) => desk.enter(asked),
    listing: ({ origin, path, count }) => desk.at(origin, (page) => listing(page, path, count)),
    blank: () => desk.at(undefined, blank),
    scrolling: ({ origin, path, count, step, frames }) => desk.at(origin, (page) => scrolling(page, path, count, step, frames)),
    idle: ({ frames }) => desk.at(undefined, (page) => idle(page, frames)),
    watch: (asked) => desk.watch(asked),
    expect: ({ name }) => desk.arrival.expect(name),
    seen: () => desk.arrival.seen(),
    leave: () => desk.leave(),
    weigh: ({ origin, paths, cookie }) =>
      desk.at(origin, async (page) => {
        if (cookie) await page.context().addCookies([{ ...cookie, url: origin }]);
        return weigh(page, paths);
      }),
  };
}

async function main() {
  const { values } = parseArgs({ options: { packages: { type: "string" }, chromium: { type: "string", default: "chromium" } } });
  if (!values.packages) throw new Error("--packages is needed");
  Object.assign(settings, { packages: path.resolve(values.packages), chromium: values.chromium });
  const browser = await launch();
  const known = answers(new Desk(browser));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { ask, ...asked } = JSON.parse(line);
    /** @type {object | void} */
    let answer;
    try {
      answer = await known[ask]?.(asked);
      if (!(ask in known)) throw new Error(`nobody knows how to measure ${ask}`);
    } catch (error) {
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
    console.log(JSON.stringify(answer ?? {}));
  }
  await browser.close();
}

await main();
