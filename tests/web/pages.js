// Every page that people come to, for pictures of all of them and for looking at each at every size.

/**
 * A page.
 * @typedef {object} Page
 * @property {string} name for pictures
 * @property {string} path
 * @property {"nobody" | "member" | "admin"} who is in front of it
 * @property {(page: import("playwright-core").Page) => Promise<unknown>} [ready] waits until it stands
 */

/** Of a page that comes alive: nothing more is fetched, but for what waits for changes. @param {import("playwright-core").Page} page */
const files = (page) => page.locator('[role="grid"][aria-busy="false"]').waitFor({ state: "attached" });

/** @type {Page[]} */
export const PAGES = [
  { name: "welcome", path: "/", who: "nobody" },
  { name: "sign in", path: "/login", who: "nobody" },
  { name: "files", path: "/files", who: "member", ready: files },
  { name: "photos", path: "/files/Photos/Brittany", who: "member", ready: files },
  { name: "links", path: "/links", who: "member" },
  { name: "account", path: "/account", who: "member" },
  { name: "activity", path: "/activity", who: "member" },
  { name: "apps", path: "/apps", who: "member" },
  { name: "accounts", path: "/admin", who: "admin" },
  { name: "new account", path: "/admin/accounts/new", who: "admin" },
  { name: "an account", path: "/admin/accounts/1", who: "admin" },
  { name: "server", path: "/admin/server", who: "admin" },
  { name: "help", path: "/help", who: "member" },
];

export const WIDTHS = /** @type {const} */ ([360, 768, 1440]);
export const HEIGHTS = { 360: 740, 768: 1024, 1440: 900 };
