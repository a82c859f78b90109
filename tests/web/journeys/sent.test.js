// Scripts and styles are made smaller before they are sent: what a browser gets means what was written.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { journey } from "../harness/journey.js";
import { packagesIn, settings } from "../harness/settings.js";

/** @type {typeof import("acorn")} */
const { parse } = packagesIn(settings.packages)("acorn");
const ROOT = path.resolve(import.meta.dirname, "../../..");
/** The pages that name a version of each folder. */
const FOLDERS = [
  { folder: "web", page: "/files" },
  { folder: "crates/tidemark-gallery/web", page: "/gallery/" },
];

/** What a script says, without where in its text it says so. @param {string} script */
function meaning(script) {
  const tree = parse(script, { ecmaVersion: "latest", sourceType: "module" });
  const skipped = (/** @type {string} */ key) => key === "start" || key === "end" || key === "raw";
  const isSaid = (/** @type {any} */ node) => node?.type !== "EmptyStatement";
  return JSON.stringify(tree, (key, value) => {
    if (skipped(key)) return undefined;
    if (value instanceof RegExp || typeof value === "bigint") return String(value);
    return Array.isArray(value) ? value.filter(isSaid) : value;
  });
}

/** What of two texts first differs. @param {string} a @param {string} b */
function difference(a, b) {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `${a.slice(Math.max(0, at - 100), at + 100)}\n${b.slice(Math.max(0, at - 100), at + 100)}`;
}

journey(
  "every script and style that is sent means what was written",
  async ({ server, signedIn }) => {
    const { page, context } = await signedIn(await server.account("Ada King"));
    for (const { folder, page: named } of FOLDERS) {
      const html = await (await context.request.get(named)).text();
      const base = /"([^"]*\/assets\/[0-9a-f]{16}\/)/.exec(html)?.[1];
      assert.ok(base, `${named} names no version`);
      const paths = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" });
      const code = paths.filter((file) => /\.(js|css)$/.test(file));
      assert.ok(code.length > 1, `${folder} has no scripts`);
      const fetched = async (/** @type {string} */ file) => {
        const answer = await context.request.get(base + file);
        assert.equal(answer.status(), 200, file);
        return answer.text();
      };
      for (const file of code) {
        const written = fs.readFileSync(path.join(ROOT, folder, file), "utf8");
        const sent = await fetched(file);
        assert.ok(sent.length < written.length, `${file} is not smaller`);
        const [is, was] = file.endsWith(".js")
          ? [meaning(sent), meaning(written)]
          : await page.evaluate(
              (styles) =>
                styles.map((style) => {
                  const sheet = new CSSStyleSheet();
                  sheet.replaceSync(style);
                  // The text of a custom property is kept as it came.
                  return [...sheet.cssRules].map((rule) => rule.cssText.replace(/ ?([/,]) ?/g, "$1")).join("\n");
                }),
              [sent, written],
            );
        assert.ok(is && is === was, `${file}:\n${difference(is ?? "", was ?? "")}`);
      }
    }
  },
  { serve: ["--gallery"] },
);
