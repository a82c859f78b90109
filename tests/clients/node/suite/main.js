"use strict";
// Runs the suite against a binary: `node suite/main.js --binary target/release/tidemark`.
//
//   --record FOLDER  notes what each client called, and what came of each test, in FOLDER/CLIENT.jsonl
//   -k WORD          only tests whose id has this word; may be given several times
//
// The last line is `N passed, N failed`. A test that takes longer than its limit counts as failed.

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { run } = require("node:test");
const { Server, addApp } = require("./server");
const { uncalled } = require("./surface");

// One folder of tests for each client.
const CLIENTS = ["dbox", "dropbox-js", "box-node-sdk-3", "box-node-sdk-10"];
const CALLBACK = "http://localhost:53682/callback";
// Tests wait for the server more than they work.
const FILES_AT_ONCE = 3;

function options() {
  const { values } = parseArgs({
    options: {
      binary: { type: "string" },
      record: { type: "string" },
      word: { type: "string", short: "k", multiple: true, default: [] },
    },
  });
  if (!values.binary) throw new Error("--binary: which tidemark?");
  return values;
}

function testFiles() {
  return CLIENTS.flatMap((client) => {
    const folder = path.join(__dirname, client);
    return fs.readdirSync(folder).filter((name) => name.endsWith(".test.js")).sort().map((name) => path.join(folder, name));
  });
}

async function runTests(files) {
  const results = [];
  for await (const { type, data } of run({ files, concurrency: FILES_AT_ONCE })) {
    if (type === "test:stderr" || type === "test:stdout") process.stdout.write(data.message);
    if (type !== "test:pass" && type !== "test:fail") continue;
    // A file is told as a test of its own when it failed outside of its tests, or had none for these words.
    const isFile = files.includes(data.name);
    if (isFile && type === "test:pass") continue;
    const result = { id: data.name, passed: type === "test:pass", error: data.details.error };
    results.push(result);
    console.log(`${result.id.padEnd(76)} ${result.passed ? "ok" : "FAILED"} (${(data.details.duration_ms / 1000).toFixed(2)} s)`);
  }
  return results;
}

// Each method of a client that no test has called, as a test that failed.
function gaps() {
  return uncalled().map((method) => {
    console.log(`${method.padEnd(76)} FAILED (no test calls it)`);
    return { id: method, passed: false, error: "no test calls it" };
  });
}

function keep(folder, results) {
  for (const { id, passed } of results) {
    const client = CLIENTS.find((name) => id.startsWith(name + "/"));
    if (client) fs.appendFileSync(path.join(folder, `${client}.jsonl`), JSON.stringify({ test: id, passed }) + "\n");
  }
}

async function main() {
  const { binary, record, word } = options();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tidemark-node-"));
  const server = new Server(path.resolve(binary), folder);
  let results = [];
  try {
    const url = await server.start();
    const add = (...rest) => addApp(server.binary, server.data, ...rest);
    Object.assign(process.env, {
      TIDEMARK_URL: url,
      TIDEMARK_BINARY: server.binary,
      TIDEMARK_DATA: server.data,
      TIDEMARK_CALLBACK: CALLBACK,
      TIDEMARK_APPS: JSON.stringify({
        full: await add("Full", "full", [CALLBACK]),
        folder: await add("Notebook", "app-folder"),
        // Its address is known when it has started, and so it has registered none.
        web: await add("Darkroom", "full"),
      }),
      TIDEMARK_WORDS: JSON.stringify(word),
      TIDEMARK_SURFACE: path.join(folder, "surface"),
    });
    if (record) process.env.TIDEMARK_RECORDS = path.resolve(record);
    results = await runTests(testFiles());
    if (word.length === 0) results.push(...gaps());
    if (record) keep(record, results);
    const failures = results.filter(({ passed }) => !passed);
    for (const { id, error } of failures) console.log(`\n---- ${id}\n`, error?.cause ?? error);
    if (failures.length > 0) {
      const words = fs.readFileSync(server.log, "utf8").trimEnd().split("\n").slice(-40);
      console.log(["\n---- the server's last words", ...words].join("\n"));
    }
    if (!(await server.stop())) throw new Error("the server did not end well when it was asked to");
  } finally {
    server.process?.kill("SIGKILL");
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const passed = results.filter((result) => result.passed).length;
  console.log(`\n${passed} passed, ${results.length - passed} failed`);
  process.exitCode = passed > 0 && passed === results.length ? 0 : 1;
}

main().catch((error) => {
  console.log(error);
  console.log("\n0 passed, 1 failed");
  process.exitCode = 1;
});
