"use strict";
// Shared links, search, who one is; and permission, from the pages to its end.

const assert = require("node:assert/strict");
const { readAll } = require("../box/contents");
const { Browser } = require("../browser");
const { CALLBACK, newPerson } = require("../world");
const { test, refused } = require("./world");

const namesOf = (page) => page.entries.map(({ name }) => name).sort();

test("a link with a password and an end", async ({ client, sdk }) => {
  const file = (await client.files.uploadFile("0", "file.txt", "tide")).entries[0];
  const end = new Date(Math.floor(Date.now() / 1000) * 1000 + 2 * 24 * 3_600_000);
  const wanted = { access: "open", password: "correct horse", unshared_at: end.toISOString() };
  const { shared_link: link } = await client.files.update(file.id, { shared_link: wanted });
  assert.deepEqual([link.is_password_enabled, Date.parse(link.unshared_at)], [true, end.getTime()]);
  const other = sdk.getBasicClient(await (await newPerson()).token());
  await assert.rejects(other.sharedItems.get(link.url, "wrong horse"), refused(403, "incorrect_shared_item_password"));
  const found = await other.sharedItems.get(link.url, "correct horse");
  assert.equal(found.name, "file.txt");
  other.setSharedContext(link.url, "correct horse");
  assert.equal((await other.files.get(found.id)).size, 4);
  other.revokeSharedContext();
  await assert.rejects(other.files.get(found.id), refused(404, "not_found"));
});

test("a link of a folder, until it is removed", async ({ client, sdk }) => {
  const folder = await client.folders.create("0", "Folder");
  await client.files.uploadFile(folder.id, "inside.txt", "x");
  const { shared_link: link } = await client.folders.update(folder.id, { shared_link: {} });
  const other = sdk.getBasicClient(await (await newPerson()).token());
  const { id } = await other.sharedItems.get(link.url);
  other.setSharedContext(link.url);
  const items = await other.folders.getItems(id);
  assert.deepEqual(namesOf(items), ["inside.txt"]);
  assert.equal((await readAll(await other.files.getReadStream(items.entries[0].id))).toString(), "x");
  assert.equal((await client.folders.update(folder.id, { shared_link: null })).shared_link, null);
  await assert.rejects(other.folders.getItems(id), refused(404, "not_found"));
});

test("search", async ({ client }) => {
  const folder = await client.folders.create("0", "Tides");
  await client.files.uploadFile(folder.id, "tide table.pdf", "x");
  await client.files.uploadFile("0", "tide.txt", "x");
  const found = async (options) => namesOf(await client.search.query("tide", options));
  assert.deepEqual(await found(), ["Tides", "tide table.pdf", "tide.txt"]);
  assert.deepEqual(await found({ type: "folder" }), ["Tides"]);
  assert.deepEqual(await found({ file_extensions: "pdf" }), ["tide table.pdf"]);
  assert.deepEqual(await found({ ancestor_folder_ids: folder.id }), ["tide table.pdf"]);
});

test("who one is", async ({ client, person }) => {
  const me = await client.users.get(client.CURRENT_USER_ID);
  assert.deepEqual([me.type, me.name, me.login], ["user", person.name, person.email]);
  assert.equal((await client.users.get(me.id)).login, person.email);
  // Only administrators are told who else there is.
  await assert.rejects(client.enterprise.getUsers(), refused(403, "access_denied_insufficient_permissions"));
  assert.ok((await readAll(await client.users.getAvatar(me.id))).length > 0);
  assert.deepEqual((await client.collections.getAll()).entries, []);
});

async function signIn(sdk, person) {
  const url = sdk.getAuthorizeURL({ response_type: "code", redirect_uri: CALLBACK, state: "tide" });
  const page = await new Browser().authorize(url, person);
  assert.equal(page.query.state, "tide");
  return sdk.getTokensAuthorizationCodeGrant(page.query.code);
}

test("a code becomes a pair of tokens that is refreshed when it is old", async ({ sdk, person }) => {
  const tokens = await signIn(sdk, person);
  assert.ok(tokens.accessTokenTTLMS >= 3_000_000, String(tokens.accessTokenTTLMS));
  let kept = { ...tokens, accessToken: "long dead", acquiredAtMS: Date.now() - 2 * tokens.accessTokenTTLMS };
  const store = {
    read: (done) => done(null, kept),
    write: (pair, done) => done(null, (kept = pair)),
    clear: (done) => done(null, (kept = null)),
  };
  const client = sdk.getPersistentClient(kept, store);
  assert.equal((await client.users.get("me")).login, person.email);
  assert.notEqual(kept.refreshToken, tokens.refreshToken);
  // The new access token was used: the old refresh token has served.
  await assert.rejects(sdk.getTokensRefreshGrant(tokens.refreshToken), (error) => {
    assert.deepEqual([error.statusCode, error.authExpired], [400, true]);
    return true;
  });
});

test("a pair of tokens is revoked", async ({ sdk, person }) => {
  const tokens = await signIn(sdk, person);
  const client = sdk.getPersistentClient(tokens);
  assert.equal((await client.users.get("me")).login, person.email);
  await client.revokeTokens();
  await assert.rejects(sdk.getBasicClient(tokens.accessToken).users.get("me"), (error) => {
    assert.deepEqual([error.statusCode, error.authExpired], [401, true]);
    return true;
  });
  await assert.rejects(sdk.getTokensRefreshGrant(tokens.refreshToken), (error) => error.authExpired);
});
