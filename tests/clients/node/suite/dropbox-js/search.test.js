"use strict";
// Searching for files by their names.

const assert = require("node:assert/strict");
const { test, status } = require("./world");

test("by words inside of names, at any depth", async ({ ask }) => {
  for (const path of ["/Notes/Tide table 2012.txt", "/Notes/Deep/tidé.md", "/tides/other.txt"]) await ask("writeFile", path, "x");
  const paths = async (...values) => (await ask("findByName", ...values)).map(({ path }) => path).sort();
  assert.deepEqual(await paths("/", "tide"), ["/Notes/Deep/tidé.md", "/Notes/Tide table 2012.txt", "/tides"]);
  assert.deepEqual(await paths("/Notes", "TABLE tide"), ["/Notes/Tide table 2012.txt"]);
  assert.deepEqual(await paths("/Notes", "tidé"), ["/Notes/Deep/tidé.md", "/Notes/Tide table 2012.txt"]);
  assert.deepEqual(await paths("/Notes", "nothing"), []);
  assert.equal((await ask("search", "/", "tide", { limit: 1 })).length, 1);
});

test("removed files when asked for", async ({ ask }) => {
  await ask("writeFile", "/tide.txt", "x");
  await ask("remove", "/tide.txt");
  assert.deepEqual(await ask("findByName", "/", "tide"), []);
  const [removed] = await ask("findByName", "/", "tide", { removed: true });
  assert.deepEqual([removed.path, removed.isRemoved], ["/tide.txt", true]);
});

test("queries that ask for nothing", async ({ ask }) => {
  await assert.rejects(ask("findByName", "/", ""), status(400));
  await assert.rejects(ask("findByName", "/", "ab"), status(400));
});
