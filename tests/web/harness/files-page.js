// The page of files, as somebody uses it: what they press, and what they see. By roles and names alone.

import assert from "node:assert/strict";
import { eventually } from "./eventually.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Locator} Locator */

/** The page of files in a window. */
export class FilesPage {
  /** @param {import("./window.js").Window} window */
  constructor(window) {
    this.window = window;
    this.page = window.page;
    this.grid = this.page.getByRole("grid");
    this.notices = this.page.getByRole("status", { name: "Notices" });
    this.dialog = this.page.getByRole("dialog").last();
  }

  /** Opens a folder by its address, and waits until it is read. */
  async open(path = "") {
    await this.window.open(`/files${path.split("/").map(encodeURIComponent).join("/")}`);
    await this.isRead();
  }

  /** Waits until what is in the folder is there. */
  async isRead() {
    await this.page.locator('[role="grid"][aria-busy="false"]').waitFor({ state: "attached" });
  }

  /** The line of a file or folder. @param {string} name */
  row(name) {
    return this.grid.getByRole("row").filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Waits until this is in the list. @param {string} name */
  async sees(name) {
    await this.row(name).waitFor();
  }

  /** Waits until this is in the list no more. @param {string} name */
  async misses(name) {
    await this.row(name).waitFor({ state: "detached" });
  }

  /** Opens what is in the list. @param {string} name */
  async enter(name) {
    await this.row(name).dblclick();
  }

  /** Does something with one of the list, from its menu. @param {string} name @param {string} act */
  async act(name, act) {
    const row = this.row(name);
    await row.hover();
    await row.getByRole("button", { name: `Actions for ${name}` }).click();
    await this.page.getByRole("menu", { name: "Actions" }).getByRole("menuitem", { name: act }).click();
  }

  /** Presses a button of the tools above the list, and then perhaps an item of its menu. @param {string} name @param {string} [item] */
  async tool(name, item) {
    await this.page.getByRole("group", { name: "Tools" }).getByRole("button", { name, exact: true }).click();
    if (item) await this.page.getByRole("menu").getByRole("menuitem", { name: item, exact: true }).click();
  }

  /** Answers a dialog that asks for a line of text. @param {string} text @param {string} button */
  async answer(text, button) {
    await this.dialog.getByRole("textbox").fill(text);
    await this.dialog.getByRole("button", { name: button }).click();
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
  }

  /** Waits for a notice, and presses its button. @param {string | RegExp} text @param {string} button */
  async notice(text, button) {
    const notice = this.notices.locator(":scope > *").filter({ hasText: text });
    await notice.getByRole("button", { name: button }).click();
  }

  /** Names in the list that are in sight, from the top. */
  async names() {
    const all = await this.grid.getByRole("button", { name: /^Actions for / }).evaluateAll((buttons) =>
      buttons.map((button) => ({ y: button.getBoundingClientRect().y, name: button.ariaLabel ?? "" })),
    );
    return all.sort((a, b) => a.y - b.y).map(({ name }) => name.slice("Actions for ".length));
  }

  /** Waits until the list has just these, in this order. @param {string[]} names */
  async hasJust(...names) {
    await eventually(async () => assert.deepEqual(await this.names(), names));
  }

  /** Waits until the list has so many lines, most of which nobody sees. @param {number} count */
  async hasRows(count) {
    await eventually(async () => assert.equal(await this.grid.getAttribute("aria-rowcount"), String(count + 1)));
  }

  /** Waits until just these are selected. @param {string[]} names */
  async hasSelected(...names) {
    await eventually(async () => {
      const rows = this.grid.getByRole("row", { selected: true }).getByRole("button");
      const labels = await rows.evaluateAll((buttons) => buttons.map((button) => button.ariaLabel?.slice("Actions for ".length)));
      assert.deepEqual(labels.sort(), names.sort());
    });
  }
}
