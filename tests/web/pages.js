// Every page that people come to, for pictures of all of them and for looking at each at every size.

/**
 * A page.
 * @typedef {object} Page
 * @property {string} name for pictures
 * @property {string} path
 * @property {"nobody" | "member" | "admin"} who is in front of it
 * @property {(page: import("playwright-core").Page) => Promise<unknown>} [ready] waits until it stands
 */

/** @type {Page[]} */
export const PAGES = [
  { name: "welcome", path: "/", who: "nobody" },
  { name: "sign in", path: "/login", who: "nobody" },
  { name: "help", path: "/help", who: "member" },
  { name: "links", path: "/links", who: "member" },
];

export const WIDTHS = /** @type {const} */ ([360, 768, 1440]);
export const HEIGHTS = { 360: 740, 768: 1024, 1440: 900 };
