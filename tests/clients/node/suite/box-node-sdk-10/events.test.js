"use strict";
// Events: the stream by long polling, and pages of what was.

const assert = require("node:assert/strict");
const { streamTests } = require("../box/stream");
const { test, clientOf, handsOf, refused, upload } = require("./world");

function connect(url, token) {
  const client = clientOf(token, url);
  return {
    hands: handsOf(client),
    position: async () => String((await client.events.getEvents({ streamPosition: "now" })).nextStreamPosition),
    open: (streamPosition, streamType) => client.events.getEventStream({ streamPosition, ...(streamType && { streamType }) }),
    read: (event) => [event.eventId, event.eventType, event.source.name],
  };
}

streamTests(test, connect, { hasTypes: true });

test("a stream that is told no position begins now", async ({ client }) => {
  await upload(client, "before.txt");
  const stream = client.events.getEventStream();
  // A stream that is destroyed tells later of the poll that it broke off itself.
  stream.on("error", () => {});
  const first = new Promise((resolve) => stream.once("data", resolve));
  // The stream asks for its first position when it is read, and says nothing when it has it.
  await client.events.getEventsWithLongPolling();
  await upload(client, "after.txt");
  const event = await first;
  stream.destroy();
  assert.deepEqual([event.eventType, event.source.name], ["ITEM_UPLOAD", "after.txt"]);
});

test("pages of a limit", async ({ client }) => {
  for (let number = 0; number < 7; number++) await upload(client, `${number}.txt`);
  const [names, sizes] = [[], []];
  let position = "0";
  while (sizes.at(-1) !== 0) {
    const page = await client.events.getEvents({ streamPosition: position, limit: 3 });
    assert.equal(page.chunkSize, page.entries.length);
    sizes.push(page.entries.length);
    names.push(...page.entries.map((event) => event.source.name));
    position = String(page.nextStreamPosition);
  }
  assert.deepEqual(sizes, [3, 3, 1, 0]);
  assert.deepEqual(names, [0, 1, 2, 3, 4, 5, 6].map((number) => `${number}.txt`));
});

test("an event", async ({ client, person }) => {
  const folder = await client.folders.createFolder({ name: "Folder", parent: { id: "0" } });
  const file = await upload(client, "file.txt", "tide", folder.id);
  const [created, uploaded] = (await client.events.getEvents({ streamPosition: "0" })).entries;
  assert.deepEqual([created.eventType, created.source.type, created.source.id], ["ITEM_CREATE", "folder", folder.id]);
  assert.deepEqual([uploaded.eventType, uploaded.source.type, uploaded.source.id], ["ITEM_UPLOAD", "file", file.id]);
  assert.deepEqual([uploaded.createdBy.login, uploaded.source.parent.id], [person.email, folder.id]);
  assert.equal(uploaded.source.sha1, file.sha1);
});

test("where to wait", async ({ client }) => {
  const { entries } = await client.events.getEventsWithLongPolling();
  assert.equal(entries[0].type, "realtime_server");
  assert.ok(entries[0].url.startsWith(process.env.TIDEMARK_URL), entries[0].url);
});

test("enterprise streams are refused", async ({ client }) => {
  await assert.rejects(client.events.getEvents({ streamType: "admin_logs" }), refused(403, "insufficient_scope"));
});
