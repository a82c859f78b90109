"use strict";
// dropbox-js 0.10.3 has options for every server, so that nothing needs to be redirected.

const Dropbox = require("dropbox");
const { APPS, testsOf } = require("../world");
const { watch } = require("../surface");
require("../../shim/retired-hosts");

const server = process.env.TIDEMARK_URL;
const SERVERS = { server, authServer: server, fileServer: server, notifyServer: server, downloadServer: server, maxApiServer: 0 };

watch(Dropbox.Client.prototype, "Dropbox.Client");

// A client of an app; with `token`, one that is signed in.
function newClient(app = APPS.full, credentials = {}) {
  return new Dropbox.Client({ ...SERVERS, key: app.key, secret: app.secret, ...credentials });
}

// Calls a method of a client; the values it answers after the error, or the error thrown.
function call(client, method, ...values) {
  return new Promise((resolve, reject) => {
    client[method](...values, (error, ...answers) => (error ? reject(error) : resolve(answers)));
  });
}

// The first value that a method answers.
async function ask(client, method, ...values) {
  return (await call(client, method, ...values))[0];
}

const test = testsOf("dropbox-js", async (person) => {
  const token = await person.token();
  const client = newClient(APPS.full, { token });
  return {
    person,
    token,
    client,
    call: (method, ...values) => call(client, method, ...values),
    ask: (method, ...values) => ask(client, method, ...values),
  };
});

// A predicate for `assert.rejects`: an ApiError with this status, and a JSON error for its body unless it has none.
function status(expected) {
  return (error) => {
    if (!(error instanceof Dropbox.ApiError)) throw error;
    if (error.status !== expected) throw new Error(`${error.status} instead of ${expected}: ${error}`);
    if (expected !== 304 && !error.response?.error) throw new Error(`no error text in ${error.responseText}`);
    return true;
  };
}

module.exports = { Dropbox, newClient, call, ask, test, status };
