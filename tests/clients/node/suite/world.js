"use strict";
// What a test finds around itself: the server of this run, its apps, and a person with an empty account.
//
// Every test has an account of its own, so that tests need no order and no clean-up. The environment is main.js's.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { randomUUID } = require("node:crypto");
const { test } = require("node:test");
const { Server, addApp, admin } = require("./server");

const TEST_MILLIS_MAX = 120_000;

const { TIDEMARK_BINARY, TIDEMARK_DATA } = process.env;
const APPS = JSON.parse(process.env.TIDEMARK_APPS);
const WORDS = JSON.parse(process.env.TIDEMARK_WORDS);

// The function with which the tests of one client are written: `test(name, async (context) => ...)`. What `setUp`
// makes of a person is what the tests of that client get.
function testsOf(client, setUp) {
  if (process.env.TIDEMARK_RECORDS) process.env.TIDEMARK_RECORD = path.join(process.env.TIDEMARK_RECORDS, `${client}.jsonl`);
  const file = path.basename(process.argv[1], ".test.js");
  return (name, body) => {
    const id = `${client}/${file}: ${name}`;
    if (WORDS.length > 0 && !WORDS.some((word) => id.includes(word))) return;
    test(id, { timeout: TEST_MILLIS_MAX }, async (run) => {
      delete process.env.TIDEMARK_TEST;
      const context = await setUp(await newPerson(), run);
      process.env.TIDEMARK_TEST = id;
      await body(context, run);
    });
  };
}

class Person {
  constructor(name, email, password, data) {
    Object.assign(this, { name, email, password, data });
  }

  // A token that an app may have without this person's being asked.
  token(app = APPS.full) {
    return admin(TIDEMARK_BINARY, this.data, ["token", "create", "--app", app.key, "--user", this.email]);
  }
}

async function newPerson(data = TIDEMARK_DATA) {
  const person = new Person("Ada King", `ada-${randomUUID()}@example.org`, "correct horse battery", data);
  const words = ["user", "add", person.email, "--password-stdin", "--name", person.name];
  await admin(TIDEMARK_BINARY, data, words, person.password + "\n");
  return person;
}

// A server of a test's own, which it may kill, and the token of a person there. What `leave` does comes before its end.
async function ownServer(run, leave) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tidemark-own-"));
  const server = new Server(TIDEMARK_BINARY, folder);
  run.after(async () => {
    leave();
    const endedWell = await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
    assert.ok(endedWell, "the server did not end well when it was asked to");
  });
  await server.start();
  const app = await addApp(TIDEMARK_BINARY, server.data, "Full", "full");
  return { server, token: await (await newPerson(server.data)).token(app) };
}

// What a client called back with, as an array: dbox tells a status first, not an error.
function replied(start) {
  return new Promise((resolve) => start((...values) => resolve(values)));
}

module.exports = { APPS, CALLBACK: process.env.TIDEMARK_CALLBACK, testsOf, newPerson, ownServer, replied };
