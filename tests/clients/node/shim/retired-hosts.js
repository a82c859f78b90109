"use strict";
// Sends requests for the hosts of the retired service to the server under test, as plain HTTP.
//
// Load it before a program (`node --require .../retired-hosts.js app.js`): dbox has no option for the server, and
// its hosts are built in. Nothing of the clients is edited, and programs know nothing of this.
//
//   TIDEMARK_URL     the server under test
//   TIDEMARK_RECORD  the file in which every request of a client is noted, for the table of compatibility
//   TIDEMARK_TEST    the test that runs at present

const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");

const RETIRED_HOSTS = new Set([
  "api.dropbox.com",
  "api-content.dropbox.com",
  "api-notify.dropbox.com",
  "www.dropbox.com",
]);

const plainRequest = http.request;
const secureRequest = https.request;

// Notes what a client asked for and what it was answered; its path alone, for what follows it may hold tokens.
function note(method, path, status) {
  const { TIDEMARK_RECORD: file, TIDEMARK_TEST: test } = process.env;
  if (!file || !test) return;
  fs.appendFileSync(file, JSON.stringify({ test, method, path: path.split("?")[0], status }) + "\n");
}

http.request = function request(...args) {
  const outgoing = plainRequest.apply(this, args);
  outgoing.once("response", (answer) => note(outgoing.method, outgoing.path, answer.statusCode));
  return outgoing;
};

https.request = function request(options, ...rest) {
  const host = options.hostname || options.host;
  if (!RETIRED_HOSTS.has(host)) return secureRequest.call(this, options, ...rest);
  const server = new URL(process.env.TIDEMARK_URL);
  // An agent belongs to its protocol, and so does the default port that the options carry.
  const redirected = {
    ...options,
    protocol: "http:",
    hostname: server.hostname,
    host: server.hostname,
    port: server.port,
    defaultPort: 80,
    agent: undefined,
    _defaultAgent: undefined,
    // As the server would see it: programs of the time spoke to the service by its name.
    headers: { ...options.headers, host },
  };
  delete redirected.uri;
  return http.request(redirected, ...rest);
};

module.exports = { RETIRED_HOSTS, note };
