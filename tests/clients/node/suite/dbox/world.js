"use strict";
// node-dbox 0.6.4 speaks OAuth 1 only, and has its hosts built in.

require("../../shim/retired-hosts");
const assert = require("node:assert/strict");
const dbox = require("dbox");
const { APPS, testsOf, replied } = require("../world");
const { Browser } = require("../browser");
const { watch } = require("../surface");

// A program with the credentials of an app; its root is the app's folder unless it says otherwise.
function newProgram(app = APPS.folder, options = {}) {
  const program = watch(dbox.app({ app_key: app.key, app_secret: app.secret, ...options }), "dbox.app");
  const makeClient = program.client;
  program.client = (...values) => watch(makeClient(...values), "dbox.client");
  return program;
}

// Lets a program ask a person for permission, through the pages: what the token endpoint answers.
async function link(program, person, label = "Allow") {
  const [status, request] = await replied((done) => program.requesttoken(done));
  assert.equal(status, 200);
  await new Browser().authorize(request.authorize_url, person, label);
  return replied((done) => program.accesstoken(request, done));
}

// A client of a program that this person has allowed.
async function newClient(person, app, options) {
  const program = newProgram(app, options);
  const [status, access] = await link(program, person);
  assert.equal(status, 200);
  return program.client(access);
}

// Calls a method of a client: the values that it calls back with, the status first.
function call(client, method, ...values) {
  return replied((done) => client[method](...values, done));
}

// What a method answers when it is granted.
async function ask(client, method, ...values) {
  const [status, ...answers] = await call(client, method, ...values);
  assert.equal(status, 200, `${method}: ${JSON.stringify(answers)}`);
  return answers[0];
}

const test = testsOf("dbox", async (person) => {
  const client = await newClient(person, APPS.folder);
  return {
    person,
    client,
    call: (method, ...values) => call(client, method, ...values),
    ask: (method, ...values) => ask(client, method, ...values),
  };
});

module.exports = { newProgram, newClient, link, call, ask, test };
