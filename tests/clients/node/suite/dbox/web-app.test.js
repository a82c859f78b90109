"use strict";
// A web app as one wrote it with Express, run as a process of its own: three steps to sign in, listings that are kept
// by their hash, pictures that are kept by their revision.

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { randomBytes } = require("node:crypto");
const path = require("node:path");
const readline = require("node:readline");
const { APPS, newPerson } = require("../world");
const { Browser } = require("../browser");
const { ask: askOf, newClient, test } = require("./world");

const NODE = path.join(__dirname, "../..");
const START_MILLIS_MAX = 20_000;

// The app as a process, until the test ends: its address, and what it has printed since it was last asked.
async function start(run) {
  const args = ["--no-deprecation", "--require", path.join(NODE, "shim/retired-hosts.js"), path.join(NODE, "programs/darkroom.js")];
  const program = spawn(process.execPath, [...args, APPS.web.key, APPS.web.secret], { stdio: ["ignore", "pipe", "inherit"] });
  run.after(() => program.kill());
  const lines = [];
  const url = await new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("the app told no address")), START_MILLIS_MAX);
    readline.createInterface({ input: program.stdout }).on("line", (line) => {
      const told = line.match(/^darkroom is at (.+)$/);
      if (!told) return lines.push(line);
      clearTimeout(limit);
      resolve(told[1]);
    });
    program.once("exit", (code) => reject(new Error(`the app ended with ${code}`)));
  });
  return { url, said: () => lines.splice(0) };
}

// A browser in which somebody has signed in at the app, and the page where that ended.
async function signIn(app, person, label = "Allow") {
  const browser = new Browser(app.url);
  const page = await browser.authorize(`${app.url}/folder/`, person, label);
  return { browser, page };
}

test("signing in, folders, pictures", async ({ person }, run) => {
  const photo = randomBytes(40_000);
  const owner = await newClient(person, APPS.full, { root: "dropbox" });
  await askOf(owner, "put", "/Photos/Venice 2012/grand canal é.jpg", photo);
  await askOf(owner, "put", "/readme.txt", "text");
  const app = await start(run);

  const { browser, page } = await signIn(app, person);
  assert.equal(page.url.href, `${app.url}/folder/`);
  assert.deepEqual(list(page).map(({ path }) => path), ["/Photos", "/readme.txt"]);
  const folder = `${app.url}/folder/Photos/Venice%202012`;
  const [picture] = list(await browser.open(folder));
  assert.equal(picture.path, "/Photos/Venice 2012/grand canal é.jpg");
  assert.deepEqual(app.said(), ["metadata /: 200", "metadata /Photos/Venice 2012: 200"]);

  // The folder again: the service says that nothing changed, and the app tells what it kept.
  assert.deepEqual(list(await browser.open(folder)), [picture]);
  assert.deepEqual(app.said(), ["metadata /Photos/Venice 2012: 304"]);

  // The picture: whole the first time, and from then on with its tag, which needs no question to the service.
  const address = `${app.url}/picture${encodeURI(picture.path)}?rev=${picture.rev}`;
  const first = await browser.open(address);
  assert.equal(first.status, 200);
  assert.ok(photo.equals(first.body));
  assert.equal(first.headers.get("content-type"), "image/jpeg");
  assert.equal(first.headers.get("etag"), `"${picture.rev}"`);
  app.said();
  const second = await browser.open(address, { headers: { "if-none-match": `"${picture.rev}"` } });
  assert.deepEqual([second.status, second.body.length], [304, 0]);
  assert.deepEqual(app.said(), []);

  // A new version of it: the folder's hash is another, and so is the tag.
  await askOf(owner, "put", picture.path, "developed");
  const [developed] = list(await browser.open(folder));
  assert.notEqual(developed.rev, picture.rev);
  const newer = `${app.url}/picture${encodeURI(picture.path)}?rev=${developed.rev}`;
  const third = await browser.open(newer, { headers: { "if-none-match": `"${picture.rev}"` } });
  assert.deepEqual([third.status, third.text], [200, "developed"]);
  assert.equal((await browser.open(`${app.url}/folder/nothing`)).status, 404);
});

test("a person who says no", async ({ person }, run) => {
  const app = await start(run);
  const { browser, page } = await signIn(app, person, "Deny");
  assert.deepEqual([page.status, page.text], [403, "not without your permission"]);
  // Whoever did not sign in is sent to do so.
  const again = await browser.open(`${app.url}/folder/`);
  assert.ok(again.formLabelled("Allow"));
});

test("two people see their own", async ({ person }, run) => {
  const other = await newPerson();
  const app = await start(run);
  await askOf(await newClient(person, APPS.full, { root: "dropbox" }), "put", "/mine.txt", "m");
  const first = await signIn(app, person);
  const second = await signIn(app, other);
  assert.deepEqual(list(first.page).map(({ path }) => path), ["/mine.txt"]);
  assert.deepEqual(list(second.page), []);
});

function list(page) {
  assert.equal(page.status, 200, page.text);
  return JSON.parse(page.text);
}
