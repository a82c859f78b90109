// A browser, and its windows: each a person's own, with cookies of its own.

import fs from "node:fs";
import path from "node:path";
import { Guard } from "./guard.js";
import { packagesIn, settings } from "./settings.js";

/**
 * How a window is.
 * @typedef {object} Look
 * @property {"light" | "dark"} [scheme]
 * @property {number} [width] in CSS pixels
 * @property {number} [height]
 * @property {boolean} [still] whether its person wants no motion
 */

/** How long an act may take until what it needs is there. */
const ACT_MILLIS_MAX = 15_000;
const SCHEMES = /** @type {const} */ (["light", "dark"]);

/** Starts the browser. */
export function launch() {
  /** @type {typeof import("playwright-core")} */
  const { chromium } = packagesIn(settings.packages)("playwright-core");
  return chromium.launch({ executablePath: settings.chromium, args: ["--disable-gpu", "--force-color-profile=srgb"] });
}

/** A window with one page in front. */
export class Window {
  #shots = 0;

  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {import("playwright-core").Page} page
   * @param {Guard} guard
   * @param {string} id whose window it is, for the names of what is kept
   * @param {{scheme: "light" | "dark", width: number}} look
   */
  constructor(context, page, guard, id, { scheme, width }) {
    this.context = context;
    this.page = page;
    this.guard = guard;
    this.id = id;
    this.scheme = scheme;
    this.width = width;
  }

  /**
   * @param {import("playwright-core").Browser} browser
   * @param {string} origin the server
   * @param {string} id
   * @param {Look} look
   */
  static async open(browser, origin, id, { scheme = "light", width = 1440, height = 900, still = false } = {}) {
    const context = await browser.newContext({
      baseURL: origin,
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: still ? "reduce" : "no-preference",
      locale: "en-GB",
      timezoneId: "UTC",
    });
    context.setDefaultTimeout(ACT_MILLIS_MAX * (settings.slow ? 3 : 1));
    const guard = new Guard(origin);
    await guard.watch(context);
    return new Window(context, await context.newPage(), guard, id, { scheme, width });
  }

  /** Goes to a page. @param {string} target */
  async open(target) {
    await this.page.goto(target);
  }

  /** Signs in where a sign-in form stands. @param {import("./server.js").Account} account */
  async signIn({ email, password }) {
    const { page } = this;
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
  }

  /**
   * Lets somebody in without typing: journeys that are about something else need not wait for it. The form and the cookies are those of
   * the page.
   * @param {import("./server.js").Account} account
   */
  async enter({ email, password }) {
    const { request } = this.context;
    const page = await (await request.get("/login")).text();
    const token = page.match(/name="form_token" value="([^"]+)"/)?.[1] ?? "";
    const form = { form_token: token, continue: "/", email, password };
    const answer = await request.post("/login", { form, headers: { origin: this.guard.origins[0] ?? "" }, maxRedirects: 0 });
    if (answer.status() !== 303) throw new Error(`${email} is not let in: ${answer.status()}`);
  }

  /**
   * Looks at the page as it stands: in light and in dark it must be accessible and fit the window. Of each, or of the window's own
   * scheme, a picture is kept.
   * @param {string} name for the picture
   * @param {{screens?: boolean}} [options] whether it is one of the pictures of all pages
   */
  async look(name, { screens = false } = {}) {
    for (const scheme of SCHEMES) {
      await this.page.emulateMedia({ colorScheme: scheme });
      await this.guard.look(this.page);
      if (screens) await this.keep(path.join("screens", fileName(`${name}-${this.width}-${scheme}`)));
    }
    await this.page.emulateMedia({ colorScheme: this.scheme });
    const number = String(++this.#shots).padStart(2, "0");
    if (!screens) await this.keep(path.join("journeys", fileName(this.id), fileName(`${number}-${name}`)));
  }

  /** Keeps a picture of the page. @param {string} name below the folder for all that is kept */
  async keep(name) {
    const file = path.join(settings.out, `${name}.png`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
  }

  /**
   * Keeps what there is to know about a failure: picture, document and console of every page.
   * @returns {Promise<string[]>} the files
   */
  async keepAll() {
    const folder = path.join(settings.out, "failures", fileName(this.id));
    fs.mkdirSync(folder, { recursive: true });
    const kept = [path.join(folder, "console.txt")];
    fs.writeFileSync(kept[0] ?? "", [...this.guard.console, ...this.guard.complaints].join("\n") + "\n");
    for (const [index, page] of this.context.pages().entries()) {
      const base = path.join(folder, `page-${index + 1}`);
      // A page that hangs or is gone has nothing to show; the others have.
      const saved = await Promise.allSettled([
        page.screenshot({ path: `${base}.png`, timeout: 5_000 }),
        page.content().then((text) => fs.writeFileSync(`${base}.html`, `<!-- ${page.url()} -->\n${text}`)),
      ]);
      if (saved.some(({ status }) => status === "fulfilled")) kept.push(`${base}.png`, `${base}.html`);
    }
    return kept;
  }

  async close() {
    await this.context.close();
  }
}

/** @param {string} text */
export function fileName(text) {
  return text.toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/^-|-$/g, "");
}
