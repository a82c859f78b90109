// How smoothly a folder scrolls: what each frame took, and how many came too late to be shown.

/** @typedef {import("playwright-core").Page} Page */

/**
 * What frames took, in seconds.
 * @typedef {object} Frames
 * @property {number[]} every from each to the next
 * @property {number[]} work what the page did for each: scripts, styles, layout and drawing
 */

/** Frames before it counts: what happens once has happened by then. */
const WARM_UP = 30;

/**
 * Scrolls through a folder, the same way in each frame, back and forth.
 * @param {Page} page
 * @param {string} path the address
 * @param {number} count how many lines it has
 * @param {number} step how far in a frame, in CSS pixels
 * @param {number} frames how many are measured
 * @returns {Promise<Frames>}
 */
export async function scrolling(page, path, count, step, frames) {
  await page.goto(path);
  await page.locator(`[role="grid"][aria-busy="false"][aria-rowcount="${count + 1}"]`).waitFor({ state: "attached" });
  return run(page, step, frames);
}

/**
 * The same in a page that has nothing in it but a box that moves.
 * @param {Page} page @param {number} frames
 */
export async function idle(page, frames) {
  await page.setContent('<!doctype html><div style="position:absolute;width:40px;height:40px;background:#888"></div>');
  return run(page, 0, frames);
}

/**
 * @param {Page} page
 * @param {number} step 0 moves the box
 * @param {number} frames
 * @returns {Promise<Frames>}
 */
function run(page, step, frames) {
  return page.evaluate(
    ({ step, frames, warmUp }) =>
      new Promise((/** @type {(frames: Frames) => void} */ resolve) => {
        const box = /** @type {HTMLElement} */ (document.querySelector(step ? '[role="grid"]' : "div"));
        const { port1, port2 } = new MessageChannel();
        /** Which moment each frame is for, when the page began with it, and when it was done. @type {number[]} */
        const frame = [];
        /** @type {number[]} */
        const begun = [];
        /** @type {number[]} */
        const done = [];
        port1.onmessage = () => {
          done.push(performance.now());
          if (begun.length <= frames + warmUp) {
            requestAnimationFrame(turn);
            return;
          }
          const every = frame.slice(warmUp + 1).map((at, index) => (at - (frame[index + warmUp] ?? 0)) / 1000);
          const work = begun.slice(warmUp + 1).map((at, index) => ((done[index + warmUp + 1] ?? 0) - at) / 1000);
          resolve({ every, work });
        };
        let way = step;
        const turn = (/** @type {number} */ at) => {
          frame.push(at);
          begun.push(performance.now());
          if (step) {
            box.scrollTop += way;
            if (box.scrollTop <= 0 || box.scrollTop + box.clientHeight >= box.scrollHeight - 1) way = -way;
          } else box.style.transform = `translateX(${begun.length % 600}px)`;
          port2.postMessage(0);
        };
        requestAnimationFrame(turn);
      }),
    { step, frames, warmUp: WARM_UP },
  );
}
