// What a browser fetches of script and style for a page, with all that it loads later: little enough that nobody waits for it.

import assert from "node:assert/strict";
import { journey } from "../harness/journey.js";
import { scriptsAndStyles } from "../harness/modules.js";

const BYTES_MAX = 150_000;
const PAGES = ["/", "/files", "/links", "/account", "/activity", "/apps", "/admin"];

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
    const answer = await request.get(page);
    assert.ok(answer.ok(), `${page}: ${answer.status()}`);
    const found = await scriptsAndStyles(await answer.text(), server.url, fetched);
    const sizes = new Map([...found].map(([address, text]) => [address, Buffer.byteLength(text)]));
    assert.ok(sizes.size >= 1, `${page} names no style`);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    console.log(`${page}: ${bytes} bytes of script and style in ${sizes.size} files`);
    const largest = [...sizes].sort(([, a], [, b]) => b - a).map(([address, size]) => `${size} ${new URL(address).pathname}`);
    assert.ok(bytes < BYTES_MAX, `${page}: ${bytes} bytes; the limit is ${BYTES_MAX}\n${largest.slice(0, 20).join("\n")}`);
  }
});
