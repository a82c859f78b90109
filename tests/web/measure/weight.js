// How many bytes of script and style pages have, as they are sent, before compression.

import { scriptsAndStyles } from "../harness/modules.js";

/**
 * Opens pages one after the other, in a browser that has kept nothing.
 * @param {import("playwright-core").Page} page
 * @param {string[]} paths their addresses
 * @returns {Promise<{fetched: number, all: number}>} what the browser fetched for the heaviest of them by itself, and with all that the
 *   page's scripts would fetch later
 */
export async function weigh(page, paths) {
  let [fetched, all] = [0, 0];
  for (const path of paths) {
    /** @type {Map<string, Promise<number>>} */
    const sizes = new Map();
    const note = (/** @type {import("playwright-core").Response} */ response) => {
      const { pathname } = new URL(response.url());
      if (/\.(js|css)$/.test(pathname) && response.ok()) sizes.set(response.url(), response.body().then((body) => body.length));
    };
    page.on("response", note);
    const answer = await page.goto(path, { waitUntil: "load" });
    if (!answer?.ok()) throw new Error(`${path}: ${answer?.status()}`);
    // Modules that a page asks for when it has begun.
    await page.waitForTimeout(500);
    page.off("response", note);
    const bytes = (await Promise.all(sizes.values())).reduce((sum, size) => sum + size, 0);
    const text = async (/** @type {string} */ address) => {
      const answer = await page.context().request.get(address);
      if (!answer.ok()) throw new Error(`${address}: ${answer.status()}`);
      return answer.text();
    };
    const followed = await scriptsAndStyles(await answer.text(), answer.url(), text);
    const whole = [...followed.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes === 0 || whole < bytes) throw new Error(`${path}: ${bytes} bytes were fetched, and ${whole} are named`);
    [fetched, all] = [Math.max(fetched, bytes), Math.max(all, whole)];
  }
  return { fetched, all };
}
