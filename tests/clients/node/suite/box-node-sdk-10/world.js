"use strict";
// Box's generated Node SDK has options for each of its servers.

const assert = require("node:assert/strict");
const { Readable } = require("node:stream");
const { BoxClient, BoxDeveloperTokenAuth } = require("box-node-sdk-10");
const { testsOf } = require("../world");
require("../../shim/retired-hosts");

function urlsOf(url) {
  return { baseUrl: url, uploadUrl: url + "/api", oauth2Url: url + "/api/oauth2" };
}

function newClient(auth, url = process.env.TIDEMARK_URL) {
  return new BoxClient({ auth }).withCustomBaseUrls(urlsOf(url));
}

const clientOf = (token, url) => newClient(new BoxDeveloperTokenAuth({ token }), url);

const test = testsOf("box-node-sdk-10", async (person) => {
  const token = await person.token();
  return { person, token, client: clientOf(token) };
});

// How the SDK changes things, each by the id of what it is done to.
function handsOf(client) {
  const update = (file, requestBody) => client.files.updateFileById(file, { requestBody });
  const link = { fields: "shared_link" };
  return {
    createFolder: async (parent, name) => (await client.folders.createFolder({ name, parent: { id: parent } })).id,
    upload: async (parent, name, content) => (await upload(client, name, content, parent)).id,
    newVersion: (file, name, content) =>
      client.uploads.uploadFileVersion(file, { attributes: { name }, file: streamOf(content) }),
    rename: (file, name) => update(file, { name }),
    move: (file, parent) => update(file, { parent: { id: parent } }),
    trash: (file) => client.files.deleteFileById(file),
    share: (file) => client.sharedLinksFiles.addShareLinkToFile(file, { sharedLink: {} }, link),
    unshare: (file) => client.sharedLinksFiles.removeSharedLinkFromFile(file, { sharedLink: null }, link),
  };
}

function streamOf(content) {
  return Readable.from([Buffer.from(content)]);
}

async function upload(client, name, content = "tide", parent = "0", attributes = {}) {
  const files = await client.uploads.uploadFile({
    attributes: { name, parent: { id: parent }, ...attributes },
    file: streamOf(content),
  });
  assert.equal(files.totalCount, 1);
  return files.entries[0];
}

// A predicate for `assert.rejects`: the SDK's own error, with this status and code. (Of a call that is answered with
// nothing, or with bytes, the SDK does not read the refusal either: it has no code.)
function refused(status, code) {
  return ({ responseInfo }) => {
    assert.deepEqual([responseInfo?.statusCode, responseInfo?.body?.code], [status, code]);
    return true;
  };
}

module.exports = { test, clientOf, newClient, handsOf, streamOf, upload, refused };
