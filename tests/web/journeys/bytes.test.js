// What a browser fetches of script and style for a page, with all that it loads later: little enough that nobody waits for it.

import assert from "node:assert/strict";
import { journey } from "../harness/journey.js";

const BYTES_MAX = 150_000;
const PAGES = ["/", "/files", "/links", "/account", "/activity", "/apps", "/admin"];
/** What a page starts with, and what a module asks for by name, at once or when it is needed. */
const STARTS = /<(?:script|link)[^>]*\s(?:src|href)="([^"]+\.(?:js|css))"/g;
const IMPORTS = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\n]+\.js)["']/g;
/** A style that a module asks for later; it names only the file. */
const STYLES = /["'](?:\.\.\/styles\/)?([\w-]+\.css)["']/g;

journey("all scripts and styles are small, and every one that is named is there", async ({ server, signedIn }) => {
  const admin = await signedIn(await server.account("Grace Hopper", { admin: true }));
  const { request } = admin.context;
  /** @type {Map<string, string>} */
  const texts = new Map();
  const fetched = async (/** @type {string} */ address) => {
    const known = texts.get(address);
    if (known !== undefined) return known;
    const answer = await request.get(address);
    assert.equal(answer.status(), 200, `${address}: ${answer.status()}`);
    const text = await answer.text();
    texts.set(address, text);
    return text;
  };
  for (const page of PAGES) {
    /** @type {Map<string, number>} */
    const sizes = new Map();
    const follow = async (/** @type {string} */ address) => {
      if (sizes.has(address)) return;
      const text = await fetched(address);
      sizes.set(address, Buffer.byteLength(text));
      if (!address.endsWith(".js")) return;
      for (const [, name = ""] of text.matchAll(IMPORTS)) await follow(new URL(name, address).href);
      for (const [, name] of text.matchAll(STYLES)) await follow(new URL(`../styles/${name}`, address).href);
    };
    const answer = await request.get(page);
    assert.ok(answer.ok(), `${page}: ${answer.status()}`);
    for (const [, name = ""] of (await answer.text()).matchAll(STARTS)) await follow(new URL(name, server.url).href);
    assert.ok(sizes.size >= 1, `${page} names no style`);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    console.log(`${page}: ${bytes} bytes of script and style in ${sizes.size} files`);
    const largest = [...sizes].sort(([, a], [, b]) => b - a).map(([address, size]) => `${size} ${new URL(address).pathname}`);
    assert.ok(bytes < BYTES_MAX, `${page}: ${bytes} bytes; the limit is ${BYTES_MAX}\n${largest.slice(0, 20).join("\n")}`);
  }
});
