"use strict";
// Changes: pulled by cursor, waited for in a long poll that carries no credential.

const assert = require("node:assert/strict");
const { test, status, newClient, ask: askOf } = require("./world");

// Longer than any wake-up takes, much shorter than a quiet poll.
const PROMPT_MILLIS_MAX = 2_000;

test("pulled from the start, and from a cursor", async ({ ask }) => {
  await ask("writeFile", "/Folder/A.txt", "a");
  const start = await ask("pullChanges");
  assert.deepEqual([start.blankSlate, start.shouldPullAgain, start.shouldBackOff], [true, false, true]);
  assert.deepEqual(start.changes.map(({ path }) => path), ["/folder", "/folder/a.txt"]);
  assert.equal(start.changes[1].stat.path, "/Folder/A.txt");
  await ask("writeFile", "/b.txt", "b");
  await ask("remove", "/Folder");
  const next = await ask("pullChanges", start);
  assert.equal(next.blankSlate, false);
  const told = next.changes.map(({ path, wasRemoved }) => [path, wasRemoved]);
  assert.ok(told.some(([path, removed]) => path === "/b.txt" && !removed));
  assert.ok(told.some(([path, removed]) => path === "/folder" && removed));
  const last = await ask("delta", next.cursor());
  assert.deepEqual(last.changes, []);
  await assert.rejects(ask("pullChanges", "nonsense"), status(400));
});

test("a long poll wakes at the change", async ({ ask, client }) => {
  const start = await ask("pullChanges");
  // A client without a token: the cursor is all that is needed.
  const waiting = askOf(newClient(), "pollForChanges", start, { timeout: 60 });
  await polling(client);
  const changed = Date.now();
  await ask("writeFile", "/a.txt", "a");
  const result = await waiting;
  assert.deepEqual([result.hasChanges, result.retryAfter], [true, 0]);
  assert.ok(Date.now() - changed < PROMPT_MILLIS_MAX);
  assert.equal((await ask("pullChanges", start)).changes.length, 1);
});

test("a long poll from an old cursor answers at once", async ({ ask }) => {
  const start = await ask("pullChanges");
  await ask("writeFile", "/a.txt", "a");
  const began = Date.now();
  assert.equal((await ask("pollForChanges", start.cursor(), {})).hasChanges, true);
  assert.ok(Date.now() - began < PROMPT_MILLIS_MAX);
  await assert.rejects(ask("pollForChanges", "nonsense", {}), status(400));
});

test("a long poll in which nothing happens", async ({ ask }) => {
  const start = await ask("pullChanges");
  const began = Date.now();
  const result = await ask("pollForChanges", start, { timeout: 1 });
  assert.deepEqual([result.hasChanges, result.retryAfter], [false, 0]);
  const millis = Date.now() - began;
  assert.ok(millis >= 900 && millis < 1_000 + PROMPT_MILLIS_MAX, String(millis));
});

// By the time that a request sent after it is answered, the poll most likely waits. Should it not, the test shows
// less, but fails no less.
async function polling(client) {
  await askOf(client, "getAccountInfo");
}
