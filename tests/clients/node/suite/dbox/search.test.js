"use strict";
// Searching for files by their names.

const assert = require("node:assert/strict");
const { test } = require("./world");

test("by words inside of names", async ({ ask, call }) => {
  await ask("put", "/Notes/Tide table.txt", "x");
  await ask("put", "/Notes/other.txt", "x");
  assert.deepEqual((await ask("search", "/", "table")).map(({ path }) => path), ["/Notes/Tide table.txt"]);
  assert.deepEqual((await ask("search", "/Notes", ".txt", { file_limit: 1 })).length, 1);
  assert.equal((await call("search", "/", ""))[0], 400);
});
