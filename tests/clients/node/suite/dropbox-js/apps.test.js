"use strict";
// What a program's pages ask about it before anybody has signed in.

const assert = require("node:assert/strict");
const { APPS, CALLBACK } = require("../world");
const { ask: askOf, newClient, test, status } = require("./world");

test("what an app is called and may see", async () => {
  const full = await askOf(newClient(), "appInfo");
  assert.deepEqual([full.name, full.key, full.canUseFullDropbox, full.hasAppFolder], ["Full", APPS.full.key, true, false]);
  const icon = await fetch(full.icon(64));
  assert.equal(icon.status, 200);
  assert.match(icon.headers.get("content-type"), /^image\//);
  const folder = await askOf(newClient(), "appInfo", APPS.folder.key);
  assert.deepEqual([folder.name, folder.canUseFullDropbox, folder.hasAppFolder], ["Notebook", false, true]);
  await assert.rejects(askOf(newClient(), "appInfo", "unknown"), status(400));
});

test("whether somebody made it, and where it may send people", async ({ ask }) => {
  const account = await ask("getAccountInfo");
  assert.equal(await ask("isAppDeveloper", account), false);
  assert.equal(await ask("isAppDeveloper", account.uid, APPS.folder), false);
  assert.equal(await ask("hasOauthRedirectUri", CALLBACK), true);
  assert.equal(await ask("hasOauthRedirectUri", "http://localhost:53682/other"), false);
  assert.equal(await ask("hasOauthRedirectUri", CALLBACK, APPS.folder), false);
});
