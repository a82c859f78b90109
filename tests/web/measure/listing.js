// How long it takes until a folder can be seen: its first lines, and all of it.

/** @typedef {import("playwright-core").Page} Page */

const MILLIS_MAX = 60_000;

/**
 * A folder, from the navigation on, in a browser that has kept nothing.
 * @param {Page} page
 * @param {string} path the address
 * @param {number} count how many lines it has
 * @returns {Promise<{first: number, whole: number}>} until the frame with the first lines, and the one with all
 */
export function listing(page, path, count) {
  return shown(page, path, '[role="grid"] .rows [role="row"]', `[role="grid"][aria-busy="false"][aria-rowcount="${count + 1}"]`);
}

/**
 * A page with a word in it, from nowhere: what no page is faster than.
 * @param {Page} page
 */
export function blank(page) {
  return shown(page, "data:text/html,<!doctype html><title>x</title><p>here", "p", "p");
}

/**
 * Goes somewhere, and tells when there was something, and when there was all.
 * @param {Page} page @param {string} path
 * @param {string} some what there is then, as a selector
 * @param {string} all
 */
async function shown(page, path, some, all) {
  await page.addInitScript(
    ({ some, all }) => {
      /** @type {Record<string, number>} */
      const seen = ((/** @type {any} */ (globalThis)).seen = {});
      const note = (/** @type {string} */ what, /** @type {string} */ selector) => {
        if (what in seen || !document.querySelector(selector)) return;
        seen[what] = 0;
        // The task behind a frame runs when that frame has been drawn.
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => (seen[what] = performance.now());
          port2.postMessage(0);
        });
      };
      const look = () => {
        note("first", some);
        if ("first" in seen) note("whole", all);
      };
      const attributeFilter = ["aria-busy", "aria-rowcount"];
      new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter });
    },
    { some, all },
  );
  await page.goto(path, { waitUntil: "commit" });
  const read = () => {
    const seen = /** @type {any} */ (globalThis).seen;
    return seen?.first && seen.whole ? { first: seen.first / 1000, whole: seen.whole / 1000 } : null;
  };
  const done = await page.waitForFunction(read, null, { timeout: MILLIS_MAX, polling: 20 });
  return /** @type {{first: number, whole: number}} */ (await done.jsonValue());
}
