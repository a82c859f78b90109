"use strict";
// Events: the stream by long polling, and pages of what was.

const assert = require("node:assert/strict");
const { streamTests } = require("../box/stream");
const { test, newSdk, handsOf, refused } = require("./world");

function connect(url, token) {
  const client = newSdk(url).getBasicClient(token);
  return {
    hands: handsOf(client),
    // It takes a string for a position, and whatever else for options.
    position: async () => String(await client.events.getCurrentStreamPosition()),
    open: (position) => client.events.getEventStream(position),
    read: (event) => [event.event_id, event.event_type, event.source.name],
  };
}

streamTests(test, connect, { hasTypes: false });

test("a stream that is told no position begins now", async ({ client }) => {
  await client.folders.create("0", "Before");
  const stream = await client.events.getEventStream();
  const first = new Promise((resolve) => stream.once("data", resolve));
  await client.folders.create("0", "After");
  const event = await first;
  stream.destroy();
  assert.deepEqual([event.event_type, event.source.name], ["ITEM_CREATE", "After"]);
});

test("pages of a limit", async ({ client }) => {
  for (let number = 0; number < 7; number++) await client.files.uploadFile("0", `${number}.txt`, "x");
  const [names, sizes] = [[], []];
  let position = 0;
  while (sizes.at(-1) !== 0) {
    const page = await client.events.get({ stream_position: position, limit: 3 });
    assert.equal(page.chunk_size, page.entries.length);
    sizes.push(page.entries.length);
    names.push(...page.entries.map((event) => event.source.name));
    position = page.next_stream_position;
  }
  assert.deepEqual(sizes, [3, 3, 1, 0]);
  assert.deepEqual(names, [0, 1, 2, 3, 4, 5, 6].map((number) => `${number}.txt`));
  assert.equal(position, await client.events.getCurrentStreamPosition());
});

test("where to wait", async ({ client }) => {
  const info = await client.events.getLongPollInfo();
  assert.equal(info.type, "realtime_server");
  assert.ok(info.url.startsWith(process.env.TIDEMARK_URL), info.url);
  assert.equal(typeof info.max_retries, "string");
  assert.equal(typeof info.retry_timeout, "number");
});

test("enterprise streams are refused", async ({ client }) => {
  await assert.rejects(client.events.get({ stream_type: "admin_logs" }), refused(403, "insufficient_scope"));
});
