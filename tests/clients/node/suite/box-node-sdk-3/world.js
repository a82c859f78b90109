"use strict";
// Box's first Node SDK has options for each of its servers. Its agent speaks TLS alone unless it is told another.

const assert = require("node:assert/strict");
const http = require("node:http");
const BoxSDK = require("box-node-sdk-3");
const { APPS, testsOf } = require("../world");
require("../../shim/retired-hosts");

function newSdk(url, app = APPS.full, options = {}) {
  return new BoxSDK({
    clientID: app.key,
    clientSecret: app.secret,
    apiRootURL: url,
    uploadAPIRootURL: url + "/api",
    authorizeRootURL: url + "/api",
    request: { agentClass: http.Agent },
    ...options,
  });
}

const test = testsOf("box-node-sdk-3", async (person) => {
  const token = await person.token();
  const sdk = newSdk(process.env.TIDEMARK_URL);
  return { person, token, sdk, client: sdk.getBasicClient(token) };
});

// How the SDK changes things, each by the id of what it is done to.
function handsOf(client) {
  return {
    createFolder: async (parent, name) => (await client.folders.create(parent, name)).id,
    upload: async (parent, name, content) => (await client.files.uploadFile(parent, name, content)).entries[0].id,
    newVersion: (file, _name, content) => client.files.uploadNewFileVersion(file, content),
    rename: (file, name) => client.files.update(file, { name }),
    move: (file, parent) => client.files.move(file, parent),
    trash: (file) => client.files.delete(file),
    share: (file) => client.files.update(file, { shared_link: {} }),
    unshare: (file) => client.files.update(file, { shared_link: null }),
  };
}

// A predicate for `assert.rejects`: an answer with this status, and this code in its body.
function refused(status, code) {
  return (error) => {
    assert.deepEqual([error.statusCode, error.response?.body?.code], [status, code], String(error));
    return true;
  };
}

module.exports = { test, newSdk, handsOf, refused };
