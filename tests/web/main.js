// Runs the tests of the web pages: `node main.js --binary target/release/tidemark --packages target/web --out target/xtask/web`.
//
//   --chromium FILE  the browser
//   --python FILE    an interpreter with the SDK that the tutorial needs
//   --slow           the binary or the machine is slow: wider limits, and fewer files at once
//   -k WORD          only tests whose id has this word; may be given several times
//
// The last line is `N passed, N failed`. Types first, since a mistake there explains others; then units, then journeys.

import { execFile } from "node:child_process";
import { setMaxListeners } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { run } from "node:test";
import { parseArgs } from "node:util";
import { environment, packagesIn } from "./harness/settings.js";

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
/** What is checked for types: the pages as a browser sees them, and these tests. */
const PROJECTS = { pages: "tsconfig.pages.json", tests: "tsconfig.json" };
/** Whatever hangs, the run does not. */
const RUN_MILLIS_MAX = 8 * 60_000;
const AT_ONCE_MAX = 3;

/** One test, and what came of it. @typedef {{id: string, passed: boolean, millis: number, report?: string}} Result */

function options() {
  const { values } = parseArgs({
    options: {
      binary: { type: "string" },
      packages: { type: "string" },
      chromium: { type: "string", default: "chromium" },
      python: { type: "string", default: "python3" },
      out: { type: "string" },
      slow: { type: "boolean", default: false },
      word: { type: "string", short: "k", multiple: true, default: [] },
    },
  });
  const { binary, packages, out } = values;
  if (!binary || !packages || !out) throw new Error("--binary, --packages and --out are needed");
  return {
    binary: path.resolve(binary),
    packages: path.resolve(packages),
    out: path.resolve(out),
    chromium: values.chromium,
    python: values.python,
    slow: values.slow,
    words: values.word,
  };
}

/** @param {Result} result */
function tell(result) {
  console.log(`${result.id.padEnd(76)} ${result.passed ? "ok" : "FAILED"} (${(result.millis / 1000).toFixed(1)} s)`);
  return result;
}

/**
 * The types of a project, as its comments say them.
 * @param {string} id @param {string} project @param {string} packages
 * @returns {Promise<Result>}
 */
function types(id, project, packages) {
  const began = Date.now();
  const folder = path.dirname(packagesIn(packages).resolve("typescript/package.json"));
  return new Promise((resolve) => {
    const words = [path.join(folder, "bin/tsc"), "--project", path.join(HERE, project), "--pretty", "false"];
    execFile(process.execPath, words, { maxBuffer: 1 << 26 }, (error, output, complaints) => {
      resolve({ id, passed: !error, millis: Date.now() - began, report: output + complaints });
    });
  });
}

/** @param {string} folder */
function testFiles(folder) {
  const below = path.join(HERE, folder);
  const names = fs.readdirSync(below).filter((name) => name.endsWith(".test.js"));
  return names.sort().map((name) => path.join(below, name));
}

/**
 * @param {string[]} files
 * @param {number} concurrency how many of them at once
 * @param {AbortSignal} signal
 */
async function runTests(files, concurrency, signal) {
  /** @type {Result[]} */
  const results = [];
  /** What a file printed beside its tests: what was kept of a failure, say. @type {string[]} */
  const notes = [];
  for await (const { type, data } of run({ files, concurrency, signal })) {
    if (type === "test:stderr" || type === "test:stdout") process.stdout.write(data.message);
    if (type === "test:diagnostic" && data.message.startsWith("----")) notes.push(data.message);
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.skip !== undefined) {
      console.log(`${data.name.padEnd(76)} skipped: ${data.skip}`);
      continue;
    }
    const details = /** @type {{duration_ms: number, type?: string, error?: Error}} */ (data.details);
    // A file is told as a test of its own when it failed outside of its tests, or had none for these words.
    const isFile = files.includes(data.name);
    if ((isFile || details.type === "suite") && type === "test:pass") continue;
    // A journey has its whole id as its name; a unit has its file's besides.
    const [, unit] = path.basename(data.file ?? "").match(/^(.*)\.test\.js$/) ?? [];
    const id = isFile || !unit || data.name.startsWith(`${unit}: `) ? data.name : `${unit}: ${data.name}`;
    const cause = details.error?.cause ?? details.error;
    const said = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? "");
    const report = said.replace(/\u001b\[\d+m/g, "");
    results.push(tell({ id, passed: type === "test:pass", millis: details.duration_ms, report }));
  }
  return { results, notes };
}

async function main() {
  const told = options();
  const signal = AbortSignal.timeout(RUN_MILLIS_MAX);
  setMaxListeners(0, signal);
  for (const folder of ["journeys", "failures", "screens"]) fs.rmSync(path.join(told.out, folder), { recursive: true, force: true });
  fs.mkdirSync(told.out, { recursive: true });
  Object.assign(process.env, environment(told));
  const isAskedFor = (/** @type {string} */ id) => told.words.length === 0 || told.words.some((word) => id.includes(word));

  /** @type {Result[]} */
  const results = [];
  for (const [name, project] of Object.entries(PROJECTS)) {
    const id = `types: ${name}`;
    if (isAskedFor(id)) results.push(tell(await types(id, project, told.packages)));
  }
  // A unit is known by its file, a journey by its name, too: the files choose among theirs.
  const units = testFiles("units").filter((file) => isAskedFor(`units: ${path.basename(file)}`));
  const atOnce = told.slow ? 1 : Math.min(os.availableParallelism(), AT_ONCE_MAX);
  const inUnits = await runTests(units, atOnce, signal);
  const inJourneys = await runTests(testFiles("journeys"), atOnce, signal);
  results.push(...inUnits.results, ...inJourneys.results);

  const failures = results.filter(({ passed }) => !passed);
  for (const { id, report } of failures) console.log(`\n---- ${id}\n${report}`);
  for (const note of inJourneys.notes) console.log(`\n${note}`);
  const passed = results.length - failures.length;
  console.log(`\n${passed} passed, ${failures.length} failed`);
  process.exitCode = passed > 0 && failures.length === 0 ? 0 : 1;
}

main().catch((error) => {
  console.log(error);
  console.log("\n0 passed, 1 failed");
  process.exitCode = 1;
});
