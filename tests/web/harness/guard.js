// What a page must not do while a journey goes through it: complain, break its own policy, ask in vain, be hard to use.

import { readFileSync } from "node:fs";
import { packagesIn, settings } from "./settings.js";

/** @typedef {import("playwright-core").Page} Page */

/** What axe-core finds. @typedef {{id: string, impact: string, help: string, nodes: {target: string[], failureSummary: string}[]}} Finding */

/** Findings that are failures; what is less is for whoever looks into the log. */
const SERIOUS = ["serious", "critical"];
/** axe-core is run beside the page's scripts and not among them, so that neither its policy nor they are touched. */
const WORLD = "accessibility";

/** Watches the pages of one browser window, and keeps what is wrong with them. */
export class Guard {
  /** @type {string[]} */
  complaints = [];
  /** Everything that the console said, for whoever looks into a failure. @type {string[]} */
  console = [];
  /** Paths of pages that were there, and those that were looked at. */
  #visited = new Set();
  #looked = new Set();
  /** @type {RegExp[]} */
  #expected = [];

  /** @param {string} origin whose pages must be looked at */
  constructor(origin) {
    this.origins = [origin];
  }

  /** Something that the journey brings about on purpose: what matches is no complaint. @param {RegExp} pattern */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  /** @param {import("playwright-core").BrowserContext} context */
  async watch(context) {
    await context.exposeBinding("tellViolation", ({ page }, text) => this.#complain(page, `policy: ${text}`));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const blocked = `${event.effectiveDirective} forbids ${event.blockedURI} (${event.sourceFile}:${event.lineNumber}) ${event.sample}`;
        /** @type {any} */ (globalThis).tellViolation(blocked);
      });
    });
    context.on("page", (page) => this.#follow(page));
  }

  /** @param {Page} page */
  #follow(page) {
    page.on("console", (message) => {
      const text = `${message.type()}: ${message.text()} (${message.location().url})`;
      this.console.push(text);
      if (["error", "warning"].includes(message.type())) this.#complain(page, `console ${text}`);
    });
    page.on("pageerror", (error) => this.#complain(page, `uncaught: ${error.stack || error.message || error.name}`));
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // A page that is left, a poll that is no longer wanted, a download: all of them end so.
      if (why !== "net::ERR_ABORTED") this.#complain(page, `request: ${request.method()} ${request.url()}: ${why}`);
    });
    page.on("response", (response) => {
      const request = `${response.request().method()} ${response.url()}`;
      if (response.status() >= 400) this.#complain(page, `request: ${request}: ${response.status()}`);
    });
    page.on("framenavigated", (frame) => {
      if (frame === page.mainFrame() && this.origins.includes(new URL(frame.url()).origin)) this.#visited.add(pageOf(frame.url()));
    });
  }

  /** @param {Page} page @param {string} text */
  #complain(page, text) {
    if (!this.#expected.some((pattern) => pattern.test(text))) this.complaints.push(`${page.url()}: ${text}`);
  }

  /**
   * Looks at a page as it stands now: accessible, and no wider than the window.
   * @param {Page} page
   */
  async look(page) {
    this.#looked.add(pageOf(page.url()));
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    if ((width[0] ?? 0) > (width[1] ?? 0)) this.#complain(page, `is ${width[0]} px wide in a window of ${width[1]} px`);
    for (const { id, impact, help, nodes } of await findings(page)) {
      const where = nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`).join("\n");
      const text = `accessibility, ${impact}: ${id}: ${help}\n${where}`;
      if (SERIOUS.includes(impact)) this.#complain(page, text);
      else this.console.push(text);
    }
  }

  /** What is wrong in the end: with the pages, and with a journey that looked away. */
  verdict() {
    const unseen = [...this.#visited].filter((page) => !this.#looked.has(page));
    return [...new Set(this.complaints), ...unseen.map((page) => `the journey went through ${page} and never looked at it`)];
  }
}

/** Which page an address is, whatever it shows: all folders are one page, and so are all links. @param {string} address */
function pageOf(address) {
  const [first = "", second = ""] = new URL(address).pathname.slice(1).split("/");
  return ["files", "s", "sh"].includes(first) ? `/${first}` : `/${first}${second && `/${second}`}`;
}

let axe = "";

/** @param {Page} page @returns {Promise<Finding[]>} */
async function findings(page) {
  axe ||= readFileSync(packagesIn(settings.packages).resolve("axe-core/axe.min.js"), "utf8");
  const devtools = await page.context().newCDPSession(page);
  try {
    const { frameTree } = await devtools.send("Page.getFrameTree");
    const made = await devtools.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: WORLD });
    const there = { contextId: made.executionContextId, awaitPromise: true, returnByValue: true };
    await devtools.send("Runtime.evaluate", { ...there, expression: `${axe}; 0` });
    const run = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)";
    const { result, exceptionDetails } = await devtools.send("Runtime.evaluate", { ...there, expression: run });
    if (exceptionDetails) throw new Error(`axe-core: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  } finally {
    await devtools.detach();
  }
}
