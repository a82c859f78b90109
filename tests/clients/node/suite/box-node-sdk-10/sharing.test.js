"use strict";
// Shared links, search, thumbnails, who one is; and permission, from the pages to its end.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { BoxOAuth, OAuthConfig } = require("box-node-sdk-10");
const { dateTimeFromString } = require("box-node-sdk-10/internal/utils");
const { readAll } = require("../box/contents");
const { Browser } = require("../browser");
const { APPS, CALLBACK, newPerson } = require("../world");
const { test, clientOf, newClient, refused, upload } = require("./world");

const PICTURE = path.join(__dirname, "../../../files/chess.png");
const LINK = { fields: "shared_link" };
const namesOf = (page) => page.entries.map(({ name }) => name).sort();
const someoneElse = async () => clientOf(await (await newPerson()).token());

test("a link with a password and an end", async ({ client }) => {
  const file = await upload(client, "file.txt", "tide");
  const end = new Date(Math.floor(Date.now() / 1000) * 1000 + 2 * 24 * 3_600_000);
  const sharedLink = { access: "open", password: "correct horse", unsharedAt: dateTimeFromString(end.toISOString()) };
  const { sharedLink: link } = await client.sharedLinksFiles.addShareLinkToFile(file.id, { sharedLink }, LINK);
  assert.deepEqual([link.isPasswordEnabled, link.unsharedAt.value.getTime()], [true, end.getTime()]);
  const other = await someoneElse();
  const find = (password) =>
    other.sharedLinksFiles.findFileForSharedLink({}, { boxapi: `shared_link=${link.url}&shared_link_password=${password}` });
  await assert.rejects(find("wrong horse"), refused(403, "incorrect_shared_item_password"));
  const found = await find("correct horse");
  assert.equal(found.name, "file.txt");
  const headers = { boxapi: `shared_link=${link.url}&shared_link_password=correct horse` };
  assert.equal((await readAll(await other.downloads.downloadFile(found.id, { headers }))).toString(), "tide");
});

test("a link of a folder, until it is removed", async ({ client }) => {
  const folder = await client.folders.createFolder({ name: "Folder", parent: { id: "0" } });
  await upload(client, "inside.txt", "x", folder.id);
  const links = client.sharedLinksFolders;
  const { sharedLink: link } = await links.addShareLinkToFolder(folder.id, { sharedLink: {} }, LINK);
  assert.deepEqual([link.access, link.isPasswordEnabled, link.permissions.canDownload], ["open", false, true]);
  const other = await someoneElse();
  const headers = { boxapi: `shared_link=${link.url}` };
  const { id } = await other.sharedLinksFolders.findFolderForSharedLink({}, headers);
  assert.deepEqual(namesOf(await other.folders.getFolderItems(id, { headers })), ["inside.txt"]);
  assert.equal((await links.removeSharedLinkFromFolder(folder.id, { sharedLink: null }, LINK)).sharedLink, undefined);
  await assert.rejects(other.folders.getFolderItems(id, { headers }), refused(404, "not_found"));
});

test("search", async ({ client }) => {
  const folder = await client.folders.createFolder({ name: "Tides", parent: { id: "0" } });
  await upload(client, "tide table.pdf", "x", folder.id);
  await upload(client, "tide.txt", "x");
  const found = async (params) => namesOf(await client.search.searchForContent({ query: "tide", ...params }));
  assert.deepEqual(await found(), ["Tides", "tide table.pdf", "tide.txt"]);
  assert.deepEqual(await found({ type: "folder" }), ["Tides"]);
  assert.deepEqual(await found({ fileExtensions: ["pdf"] }), ["tide table.pdf"]);
  assert.deepEqual(await found({ ancestorFolderIds: [folder.id] }), ["tide table.pdf"]);
});

test("thumbnails", async ({ client }) => {
  const file = await upload(client, "chess.png", fs.readFileSync(PICTURE));
  const queryParams = { minWidth: 64, minHeight: 64 };
  const small = await readAll(await client.files.getFileThumbnailById(file.id, "png", { queryParams }));
  assert.equal(small.subarray(1, 4).toString(), "PNG");
  const other = await readAll(await client.files.getFileThumbnailById(file.id, "jpg"));
  assert.equal(other.readUInt16BE(), 0xffd8);
});

test("who one is", async ({ client, person }) => {
  const me = await client.users.getUserMe();
  assert.deepEqual([me.name, me.login, me.status], [person.name, person.email, "active"]);
  assert.equal((await client.users.getUserById(me.id)).login, person.email);
  // Only administrators are told who else there is.
  await assert.rejects(client.users.getUsers(), refused(403, "access_denied_insufficient_permissions"));
  assert.ok((await readAll(await client.avatars.getUserAvatar(me.id))).length > 0);
  assert.deepEqual((await client.collections.getCollections()).entries, []);
});

// How calls for tokens alone find the server.
const session = newClient(null).networkSession;

function newAuth(token) {
  const tokenStorage = {
    get: async () => token,
    store: async (pair) => void (token = pair),
    clear: async () => void (token = undefined),
  };
  const { key: clientId, secret: clientSecret } = APPS.full;
  return new BoxOAuth({ config: new OAuthConfig({ clientId, clientSecret, tokenStorage }) });
}

async function signIn(person) {
  const auth = newAuth();
  // The SDK has one host for this page, whatever it was told of others; the browser knows it.
  const page = await new Browser().authorize(auth.getAuthorizeUrl({ redirectUri: CALLBACK, state: "tide" }), person);
  assert.equal(page.query.state, "tide");
  return { auth, token: await auth.getTokensAuthorizationCodeGrant(page.query.code, session) };
}

test("a 401 makes the SDK refresh and ask once more", async ({ person }) => {
  const { token } = await signIn(person);
  assert.ok(token.expiresIn > 3000, String(token.expiresIn));
  const auth = newAuth({ accessToken: "long dead", refreshToken: token.refreshToken });
  assert.equal((await newClient(auth).users.getUserMe()).login, person.email);
  // The new access token was used: the old refresh token has served.
  const again = newAuth({ accessToken: "long dead", refreshToken: token.refreshToken }).refreshToken(session);
  await assert.rejects(again, (error) => {
    assert.deepEqual([error.responseInfo.statusCode, error.responseInfo.body.error], [400, "invalid_grant"]);
    return true;
  });
});

test("a pair of tokens is revoked", async ({ person }) => {
  const { auth, token } = await signIn(person);
  assert.equal((await newClient(auth).users.getUserMe()).login, person.email);
  await auth.revokeToken(session);
  await assert.rejects(newClient(newAuth(token)).users.getUserMe());
});
