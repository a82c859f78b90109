"use strict";
// Signing in through the real pages, by an authorisation driver as web apps had one; and signing out.

const assert = require("node:assert/strict");
const { APPS, CALLBACK } = require("../world");
const { Browser } = require("../browser");
const { Dropbox, test, newClient, call, status } = require("./world");

// Drives the code flow: somebody's browser visits the page, and the app learns where it was sent.
class Driver {
  constructor(person, label = "Allow") {
    Object.assign(this, { person, label, visits: [] });
  }

  authType() {
    return "code";
  }

  url() {
    return CALLBACK;
  }

  doAuthorize(url, state, _client, callback) {
    new Browser().authorize(url, this.person, this.label).then((page) => {
      this.visits.push(page.url);
      assert.equal(page.query.state, state);
      callback(page.query);
    });
  }
}

test("a code becomes a token", async ({ person }) => {
  const driver = new Driver(person);
  const client = newClient();
  const steps = [];
  client.onAuthStepChange.addListener(({ authStep }) => steps.push(authStep));
  client.authDriver(driver);
  await call(client, "authenticate");
  assert.equal(client.isAuthenticated(), true);
  assert.ok(driver.visits[0].href.startsWith(CALLBACK + "?"));
  assert.deepEqual(steps, [Dropbox.Client.PARAM_SET, Dropbox.Client.AUTHORIZED, Dropbox.Client.DONE]);
  const [account] = await call(client, "getAccountInfo");
  assert.deepEqual([account.email, account.uid], [person.email, client.dropboxUid()]);
  const same = newClient(APPS.full, client.credentials());
  assert.equal((await call(same, "getAccountInfo"))[0].uid, account.uid);
  assert.equal(same.appHash(), client.appHash());
  same.reset();
  assert.equal(same.isAuthenticated(), false);
  same.setCredentials(client.credentials());
  assert.equal((await call(same, "getAccountInfo"))[0].uid, account.uid);
});

test("a person who says no", async ({ person }) => {
  const client = newClient();
  client.authDriver(new Driver(person, "Deny"));
  await assert.rejects(call(client, "authenticate"), (error) => {
    assert.ok(error instanceof Dropbox.AuthError);
    assert.equal(error.code, Dropbox.AuthError.ACCESS_DENIED);
    return true;
  });
  assert.equal(client.authStep, Dropbox.Client.ERROR);
});

test("a code that is worth nothing", async () => {
  const client = newClient(APPS.full, { oauthCode: "worthless" });
  client.authDriver(new Driver(null));
  await assert.rejects(call(client, "authenticate"), (error) => {
    assert.ok(error instanceof Dropbox.AuthError, String(error));
    assert.equal(error.code, Dropbox.AuthError.INVALID_GRANT);
    assert.match(error.description, /code.*exist.*expired/i);
    return true;
  });
});

test("signing out ends the token", async ({ client, token }) => {
  const other = newClient(APPS.full, { token });
  await call(client, "signOut", { mustInvalidate: true });
  assert.equal(client.isAuthenticated(), false);
  await assert.rejects(call(other, "getAccountInfo"), status(401));
  assert.equal(other.authStep, Dropbox.Client.ERROR);
});

test("signing off twice is no error", async ({ client, token }) => {
  const other = newClient(APPS.full, { token });
  await call(client, "signOff");
  await call(other, "signOut", { mustInvalidate: true });
});

test("an app with a folder sees nothing else", async ({ person, ask }) => {
  await ask("writeFile", "/outside.txt", "x");
  const client = newClient(APPS.folder, { token: await person.token(APPS.folder) });
  const [stat] = await call(client, "writeFile", "/own.txt", "x");
  assert.equal(stat.inAppFolder, true);
  assert.deepEqual((await call(client, "readdir", "/"))[0], ["own.txt"]);
});
