"use strict";
// OAuth 1 in three steps: a request token, the person's decision, an access token.

const assert = require("node:assert/strict");
const { APPS, replied } = require("../world");
const { Browser } = require("../browser");
const { call, link, newClient, newProgram, test } = require("./world");

test("a request token becomes an access token", async ({ person }) => {
  const program = newProgram();
  const [status, access] = await link(program, person);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(access).sort(), ["oauth_token", "oauth_token_secret", "uid"]);
  for (const value of Object.values(access)) assert.match(value, /^[A-Za-z0-9]+$/);
  const [granted, account] = await call(program.client(access), "account");
  assert.equal(granted, 200);
  assert.equal(account.email, person.email);
  assert.equal(account.display_name, person.name);
  assert.equal(String(account.uid), access.uid);
});

test("a request token that nobody decided about", async () => {
  const program = newProgram();
  const [, request] = await replied((done) => program.requesttoken(done));
  const [status] = await replied((done) => program.accesstoken(request, done));
  assert.equal(status, 401);
});

test("a person who says no", async ({ person }) => {
  const [status] = await link(newProgram(), person, "Deny");
  assert.equal(status, 401);
});

test("a request token works once", async ({ person }) => {
  const program = newProgram();
  const [, request] = await replied((done) => program.requesttoken(done));
  await new Browser().authorize(request.authorize_url, person);
  const first = await replied((done) => program.accesstoken(request, done));
  assert.equal(first[0], 200);
  const [again] = await replied((done) => program.accesstoken(request, done));
  assert.equal(again, 401);
});

test("wrong secrets", async ({ person }) => {
  const [unknownApp] = await replied((done) => newProgram({ key: "nokey", secret: "x" }).requesttoken(done));
  assert.ok([401, 403].includes(unknownApp), String(unknownApp));
  const [wrongSecret] = await replied((done) => newProgram({ ...APPS.folder, secret: "wrong" }).requesttoken(done));
  assert.ok([401, 403].includes(wrongSecret), String(wrongSecret));
  const program = newProgram();
  const [, access] = await link(program, person);
  const [status] = await call(program.client({ ...access, oauth_token_secret: "wrong" }), "account");
  assert.ok([401, 403].includes(status), String(status));
  const [unknown] = await call(program.client({ ...access, oauth_token: "unknown" }), "account");
  assert.equal(unknown, 401);
});

test("the browser is sent back to the program", async ({ person }) => {
  const program = newProgram();
  const callback = "http://localhost:9/back?from=darkroom";
  for (const [label, expected] of [
    ["Allow", { from: "darkroom", uid: /^\d+$/ }],
    ["Deny", { from: "darkroom", not_approved: /^true$/ }],
  ]) {
    const [, request] = await replied((done) => program.requesttoken(done));
    // As it stands, without any escaping: so did the programs of the time.
    const page = await new Browser().authorize(`${request.authorize_url}&oauth_callback=${callback}`, person, label);
    assert.equal(page.url.origin + page.url.pathname, "http://localhost:9/back");
    assert.equal(page.query.oauth_token, request.oauth_token);
    for (const [name, value] of Object.entries(expected)) assert.match(page.query[name], new RegExp(value));
    assert.equal("uid" in page.query && "not_approved" in page.query, false);
  }
});

test("an app with a folder, and one that sees everything", async ({ person, ask }) => {
  await ask("put", "/own.txt", "own");
  const full = await newClient(person, APPS.full, { root: "dropbox" });
  const [, listing] = await call(full, "metadata", "/Apps/Notebook");
  assert.deepEqual(listing.contents.map(({ path }) => path), ["/Apps/Notebook/own.txt"]);
  assert.equal((await ask("metadata", "/")).contents[0].path, "/own.txt");
});
