"use strict";
// Following an account: each change told once and in order, whatever is between; and no haste when nothing happens.
//
// A client says how it changes files (`hands`) and how it follows events (`open`); what must come of it is said here.
// Each of these tests has a server of its own, which it kills.

const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const { ownServer } = require("../world");

// As the server is started: see `server.js`.
const HOLD_MILLIS = 2_000;
// What a stream may ask for in one hold: where to wait, waiting itself, and what there is; twice, for slow machines.
const REQUESTS_PER_HOLD_MAX = 6;
const ROUND = 12;
const TOLD_MILLIS_MAX = 60_000;

// Changes through both dialects, in rounds of twelve; each is told in a way that is known beforehand.
class Script {
  constructor(url, token, hands) {
    Object.assign(this, { url, token, hands, told: [], count: 0 });
  }

  async rounds(count) {
    for (let round = 0; round < count; round++) {
      this.count += 1;
      await this.#inV1(this.count);
      await this.#inBox(this.count);
    }
  }

  async #inV1(number) {
    const folder = `/Round ${number}`;
    const [first, second, third] = ["a", "b", "c"].map((letter) => `${folder}/${letter} ${number}`);
    await this.#fileop("create_folder", { path: folder });
    this.#tell("ITEM_CREATE", folder);
    for (const content of ["1", "two"]) {
      await this.put(first, content);
      this.#tell("ITEM_UPLOAD", first);
    }
    await this.#fileop("move", { from_path: first, to_path: second });
    this.#tell("ITEM_RENAME", second);
    await this.#fileop("copy", { from_path: second, to_path: third });
    this.#tell("ITEM_COPY", third);
    await this.#fileop("delete", { path: third });
    this.#tell("ITEM_TRASH", third);
  }

  async #inBox(number) {
    const { hands } = this;
    const folder = await hands.createFolder("0", `Box ${number}`);
    this.#tell("ITEM_CREATE", `Box ${number}`);
    const file = await hands.upload(folder, `d ${number}`, "1");
    this.#tell("ITEM_UPLOAD", `d ${number}`);
    await hands.rename(file, `e ${number}`);
    this.#tell("ITEM_RENAME", `e ${number}`);
    await hands.newVersion(file, `e ${number}`, "two");
    this.#tell("ITEM_UPLOAD", `e ${number}`);
    await hands.move(file, "0");
    this.#tell("ITEM_MOVE", `e ${number}`);
    await hands.trash(file);
    this.#tell("ITEM_TRASH", `e ${number}`);
  }

  put(path, content) {
    return this.#ask(`/1/files_put/auto${encodeURI(path)}`, { method: "PUT", body: content });
  }

  #fileop(verb, form) {
    return this.#ask(`/1/fileops/${verb}`, { method: "POST", body: new URLSearchParams({ root: "auto", ...form }) });
  }

  async #ask(path, options) {
    const answer = await fetch(this.url + path, { ...options, headers: { authorization: `Bearer ${this.token}` } });
    assert.equal(answer.status, 200, await answer.text());
  }

  #tell(kind, path) {
    this.told.push([kind, path.split("/").at(-1)]);
  }
}

// What a program that follows an account is told. The stream recovers by itself; a program only listens.
class Follower {
  constructor(stream, read) {
    Object.assign(this, { stream, told: [], complaints: [] });
    const known = new Set();
    stream.on("data", (event) => {
      const [id, kind, name] = read(event);
      if (!known.has(id)) this.told.push([kind, name]);
      known.add(id);
    });
    stream.on("error", (error) => this.complaints.push(error.message));
  }

  // Waits until it was told so much.
  async wait(count) {
    const deadline = Date.now() + TOLD_MILLIS_MAX;
    while (this.told.length < count && Date.now() < deadline) await sleep(20);
    return this.told;
  }
}

class World {
  // A server of the test's own, with what `connect` makes of its address and somebody's token.
  static async begin(run, connect) {
    const world = new World();
    world.followers = [];
    // A stream that outlives its server goes on looking for it, and keeps the process.
    const own = await ownServer(run, () => world.followers.forEach(({ stream }) => stream.destroy()));
    return Object.assign(world, own, { client: connect(own.server.url, own.token) });
  }

  script() {
    return new Script(this.server.url, this.token, this.client.hands);
  }

  async follow(position, type) {
    const follower = new Follower(await this.client.open(position, type), this.client.read);
    this.followers.push(follower);
    return follower;
  }

  // Waits for a poll that ends with nothing to tell, and the next.
  async untilItWaitedAgain() {
    const mark = this.server.mark();
    const polls = () => this.server.requests(mark).filter(({ path }) => path === "/subscribe").length;
    const deadline = Date.now() + 5 * HOLD_MILLIS + 10_000;
    while (polls() < 2) {
      assert.ok(Date.now() < deadline, "it no longer waits");
      await sleep(100);
    }
  }

  // While nothing happens, it asks a few times only.
  async assertCalm(holds = 3) {
    const mark = this.server.mark();
    await sleep(holds * HOLD_MILLIS);
    const asked = this.server.requests(mark);
    assert.ok(asked.length < (holds + 1) * REQUESTS_PER_HOLD_MAX, JSON.stringify(asked.slice(-30)));
    assert.ok(asked.length > 0, "it no longer asks");
  }
}

// The tests of a client. `connect(url, token)` gives `hands`, `position()`, `open(position, type)` and `read(event)`;
// `hasTypes` says whether its stream can be told which events to leave out.
function streamTests(test, connect, { hasTypes }) {
  test("each of 300 changes is told once and in order, over polls that end and a server that is killed", async (_, run) => {
    const world = await World.begin(run, connect);
    const script = world.script();
    const follower = await world.follow(await world.client.position());
    await script.rounds(8);
    assert.deepEqual(await follower.wait(script.told.length), script.told);
    await world.untilItWaitedAgain();
    await script.rounds(4);
    await world.server.kill();
    await world.server.start();
    await script.rounds(13);
    assert.equal(script.told.length, 25 * ROUND);
    assert.deepEqual(await follower.wait(script.told.length), script.told);
    await world.assertCalm();
    await script.put("/the last.txt", "x");
    assert.deepEqual((await follower.wait(script.told.length + 1)).at(-1), ["ITEM_UPLOAD", "the last.txt"]);
    assert.equal(follower.told.length, script.told.length + 1);
  });

  test("links are told, and no haste comes of them", async (_, run) => {
    const world = await World.begin(run, connect);
    const file = await world.client.hands.upload("0", "shared.txt", "1");
    const follower = await world.follow(await world.client.position());
    await world.client.hands.share(file);
    await world.client.hands.unshare(file);
    const expected = [["ITEM_SHARED_CREATE", "shared.txt"], ["ITEM_SHARED_UNSHARE", "shared.txt"]];
    assert.deepEqual(await follower.wait(2), expected);
    await world.assertCalm(1);
  });

  test("position 0 is the first event there was", async (_, run) => {
    const world = await World.begin(run, connect);
    const script = world.script();
    await script.rounds(1);
    const follower = await world.follow("0");
    assert.deepEqual(await follower.wait(ROUND), script.told);
  });

  if (!hasTypes) return;
  test("hidden events cause no haste", async (_, run) => {
    const world = await World.begin(run, connect);
    const script = world.script();
    const file = await world.client.hands.upload("0", "shared.txt", "1");
    const follower = await world.follow(await world.client.position(), "changes");
    await script.put("/before.txt", "x");
    await follower.wait(1);
    await world.client.hands.share(file);
    await world.assertCalm();
    await script.put("/after.txt", "x");
    assert.deepEqual(await follower.wait(2), [["ITEM_UPLOAD", "before.txt"], ["ITEM_UPLOAD", "after.txt"]]);
    await world.assertCalm(1);
  });
}

module.exports = { streamTests };
