// Every page that people come to, for pictures of all of them and for looking at each at every size.

/**
 * A page.
 * @typedef {object} Page
 * @property {string} name for pictures
 * @property {string | ((scene: Scene) => string)} path
 * @property {"nobody" | "member" | "admin" | "newcomer"} who is in front of it; a newcomer has no files yet
 * @property {(page: import("playwright-core").Page) => Promise<unknown>} [ready] waits until it stands
 */

/**
 * What stands on the server that has no address of its own before it is made.
 * @typedef {object} Scene
 * @property {string} app the key of an app of the member's
 * @property {string} webhook the path of a webhook's page
 * @property {string} link the address of a folder that the member has shared
 */

/** Of a page that comes alive: nothing more is fetched, but for what waits for changes. @param {import("playwright-core").Page} page */
const files = (page) => page.locator('[role="grid"][aria-busy="false"]').waitFor({ state: "attached" });

/** Of the gallery: nothing moves any more, and every picture in sight is there. @param {import("playwright-core").Page} page */
async function pictures(page) {
  await page.getByText("Reading your folders…").waitFor({ state: "hidden" });
  await page.waitForFunction(() => {
    const images = [...document.querySelectorAll("main img")].filter((image) => image.getBoundingClientRect().top < innerHeight);
    return images.length > 0 && images.every((image) => image instanceof HTMLImageElement && image.complete && image.naturalWidth > 0);
  });
  // Rows take their shape when nothing comes any more: see `learn` in the grid.
  await page.waitForTimeout(SETTLED);
}

/** Of one picture, large. @param {import("playwright-core").Page} page */
async function picture(page) {
  await pictures(page);
  await page.getByRole("main").getByRole("link", { name: /\.jpg/ }).nth(3).click();
  await page.locator(".frame.there").waitFor();
}

/** How long the gallery's rows take, in milliseconds. */
const SETTLED = 600;

/** @type {Page[]} */
export const PAGES = [
  { name: "welcome", path: "/", who: "nobody" },
  { name: "sign in", path: "/login", who: "nobody" },
  { name: "files", path: "/files", who: "member", ready: files },
  { name: "photos", path: "/files/Photos/Brittany", who: "member", ready: files },
  { name: "links", path: "/links", who: "member" },
  { name: "account", path: "/account", who: "member" },
  { name: "activity", path: "/activity", who: "member" },
  {
    name: "activity opened",
    path: "/activity",
    who: "member",
    async ready(page) {
      for (const summary of await page.locator("summary").all()) await summary.click();
    },
  },
  { name: "apps", path: "/apps", who: "member" },
  { name: "an app", path: ({ app }) => `/apps/${app}`, who: "member" },
  {
    name: "a token",
    path: ({ app }) => `/apps/${app}`,
    who: "member",
    async ready(page) {
      await page.getByRole("button", { name: "Make a token" }).click();
      await page.getByRole("heading", { name: "Your token" }).waitFor();
    },
  },
  { name: "requests", path: ({ app }) => `/apps/${app}/requests`, who: "member" },
  { name: "a webhook", path: ({ webhook }) => webhook, who: "member" },
  { name: "revoke a link", path: "/links/revoke?link=1", who: "member" },
  { name: "nothing here", path: "/nowhere", who: "member" },
  { name: "a shared folder", path: ({ link }) => link, who: "nobody" },
  { name: "accounts", path: "/admin", who: "admin" },
  { name: "new account", path: "/admin/accounts/new", who: "admin" },
  { name: "an account", path: "/admin/accounts/1", who: "admin" },
  { name: "server", path: "/admin/server", who: "admin" },
  { name: "help", path: "/help", who: "member" },
];

/** Those of the gallery, on a server that has it: none has to be made before it has an address. @type {(Page & {path: string})[]} */
export const PAGES_OF_GALLERY = [
  { name: "gallery sign in", path: "/gallery/", who: "nobody" },
  { name: "gallery problem", path: "/gallery/callback", who: "nobody" },
  { name: "gallery photos", path: "/gallery/", who: "member", ready: pictures },
  { name: "gallery albums", path: "/gallery/albums", who: "member", ready: pictures },
  {
    name: "gallery an album",
    path: "/gallery/albums",
    who: "member",
    async ready(page) {
      await page.getByRole("link", { name: /^Brittany/ }).click();
      await page.getByRole("heading", { name: "Brittany" }).waitFor();
      await pictures(page);
    },
  },
  { name: "gallery a picture", path: "/gallery/", who: "member", ready: picture },
  {
    name: "gallery details",
    path: "/gallery/",
    who: "member",
    async ready(page) {
      await picture(page);
      await page.getByRole("button", { name: "Details" }).click();
      await page.getByText("Folder", { exact: true }).waitFor();
    },
  },
  {
    name: "gallery share",
    path: "/gallery/",
    who: "member",
    async ready(page) {
      await picture(page);
      await page.getByRole("button", { name: "Share picture" }).click();
      await page.getByRole("button", { name: "Copy link" }).and(page.locator(":enabled")).waitFor();
    },
  },
  { name: "gallery account", path: "/gallery/", who: "member", ready: async (page) => {
    await pictures(page);
    await page.getByRole("button", { name: /^Account of/ }).click();
  } },
  { name: "gallery empty", path: "/gallery/", who: "newcomer", ready: (page) => page.getByText("No pictures yet").waitFor() },
];

export const WIDTHS = /** @type {const} */ ([360, 768, 1440]);
export const HEIGHTS = { 360: 740, 768: 1024, 1440: 900 };
