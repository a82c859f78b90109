// The guard itself: what it watches for is planted in a page, and must be found.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { isAskedFor } from "../harness/settings.js";
import { Window, launch } from "../harness/window.js";

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src data:";
const STYLE = ".faint { color: #eee; background: #fff } .wide { width: 500vw }";
/** @type {Record<string, string>} */
const FAULTS = {
  "/good": "",
  "/uncaught": '<script src="/throws.js"></script>',
  "/console": '<script src="/complains.js"></script>',
  "/missing": '<script src="/fetches.js"></script>',
  "/inline": "<script>alert(1)</script>",
  "/contrast": '<p class="faint">Nobody can read this.</p>',
  "/unnamed": "<button></button>",
  "/wide": '<p class="wide">This is wider than any window.</p>',
};
/** @type {Record<string, string>} */
const SCRIPTS = {
  "/throws.js": "throw new Error('planted');",
  "/complains.js": "console.warn('planted');",
  "/fetches.js": "fetch('/nothing');",
};
/** What of the complaint about a page must be there. @type {Record<string, RegExp>} */
const FOUND = {
  "/uncaught": /uncaught: Error: planted/,
  "/console": /console warning: planted/,
  "/missing": /request: GET \S+\/nothing: 404/,
  "/inline": /policy: script-src-elem forbids inline/,
  "/contrast": /accessibility, serious: color-contrast/,
  "/unnamed": /accessibility, critical: button-name/,
  "/wide": /px wide in a window/,
};

const server = http.createServer(({ url = "" }, answer) => {
  const fault = FAULTS[url];
  const script = SCRIPTS[url];
  answer.setHeader("content-security-policy", POLICY);
  if (fault !== undefined) {
    answer.setHeader("content-type", "text/html");
    answer.end(`<!doctype html><html lang="en"><title>Faults</title><link rel="stylesheet" href="/style.css">
      <link rel="icon" href="data:,"><main><h1>Faults</h1>${fault}</main></html>`);
  } else if (script !== undefined || url === "/style.css") {
    answer.setHeader("content-type", script === undefined ? "text/css" : "text/javascript");
    answer.end(script ?? STYLE);
  } else {
    answer.statusCode = 404;
    answer.end();
  }
});

/** @type {import("playwright-core").Browser} */
let browser;
let origin = "";

const ID = "guard: finds what is wrong with a page";

if (isAskedFor(ID)) {
  before(async () => {
    browser = await launch();
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  });
  after(async () => {
    await browser.close();
    server.close();
  });
  test(ID, { timeout: 60_000 }, async () => {
    for (const page of Object.keys(FAULTS)) {
      const window = await Window.open(browser, origin, `guard ${page}`, {});
      await window.open(page);
      await window.page.waitForLoadState("networkidle");
      await window.look("looked at");
      const complaints = window.guard.verdict();
      await window.close();
      const wanted = FOUND[page];
      if (wanted) assert.match(complaints.join("\n"), wanted, page);
      else assert.deepEqual(complaints, [], page);
    }
  });
  test("guard: finds a page that was not looked at, and lets pass what was expected", { timeout: 60_000 }, async () => {
    const window = await Window.open(browser, origin, "guard not looked at", {});
    window.guard.expect(/planted/);
    await window.open("/uncaught");
    assert.deepEqual(window.guard.verdict(), ["the journey went through /uncaught and never looked at it"]);
    await window.close();
  });
}
