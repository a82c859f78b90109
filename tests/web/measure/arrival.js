// When what somebody else puts into a folder is on the screen of who has it open.

/** @typedef {import("playwright-core").Page} Page */

const MILLIS_MAX = 20_000;

/** A folder that is open. */
export class Arrival {
  /**
   * @param {Page} page
   * @param {number} origin when the page's clock began, on the machine's own that only goes forward, in seconds
   */
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
  }

  /**
   * @param {Page} page
   * @param {string} path the address of the folder
   * @param {number} count how many lines it has
   */
  static async open(page, path, count) {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "timeTicks" });
    await page.goto(path);
    await page.locator(`[role="grid"][aria-busy="false"][aria-rowcount="${count + 1}"]`).waitFor({ state: "attached" });
    const { metrics } = await session.send("Performance.getMetrics");
    const origin = metrics.find(({ name }) => name === "NavigationStart")?.value;
    if (!origin) throw new Error("the browser does not tell when the page began");
    await session.detach();
    return new Arrival(page, origin);
  }

  /** Looks out for a line from now on. @param {string} name what stands in it */
  async expect(name) {
    await this.page.evaluate((name) => {
      const world = /** @type {any} */ (globalThis);
      world.arrived = new Promise((resolve) => {
        const grid = /** @type {Element} */ (document.querySelector('[role="grid"]'));
        const isThere = () => {
          const row = [...grid.querySelectorAll('.rows [role="row"]')].find((row) => row.textContent?.includes(name));
          const box = row?.getBoundingClientRect();
          return box !== undefined && box.bottom > 0 && box.top < innerHeight;
        };
        const observer = new MutationObserver(() => {
          if (!isThere()) return;
          observer.disconnect();
          // The task behind a frame runs when that frame has been drawn.
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve(performance.now());
            port2.postMessage(0);
          });
        });
        observer.observe(grid, { subtree: true, childList: true, characterData: true });
      });
    }, name);
  }

  /** When it was on the screen, in seconds of the machine's clock. */
  async seen() {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came for ${MILLIS_MAX / 1000} s`)), MILLIS_MAX);
    });
    const seen = this.page.evaluate(() => /** @type {any} */ (globalThis).arrived);
    try {
      return { at: this.origin + Number(await Promise.race([seen, late])) / 1000 };
    } finally {
      clearTimeout(timer);
    }
  }
}
