// Shows which upload goes on when: three at once, pausing, failing, asking, and what is told of it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Hitch, Queue, backoff } from '../../../web/uploads/queue.js';
import { Rate, pace } from '../../../web/uploads/rate.js';
import { isLitter } from '../../../web/uploads/drop.js';
import { refusal } from '../../../web/uploads/send.js';

const upload = (id, more = {}) => ({ id, path: `/${id}`, size: 10, sent: 0, offset: 0, tries: 0, state: 'waiting', how: 'add', ...more });
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A queue whose sends end when a test says so. */
function world(more = {}) {
  const seen = { running: new Map(), asked: [], forgotten: [], timers: [] };
  const queue = new Queue({
    send: (one, signal) => new Promise((resolve, reject) => {
      seen.running.set(one.id, { resolve, reject });
      signal.addEventListener('abort', () => reject(new Hitch('again', '')));
    }).finally(() => seen.running.delete(one.id)),
    note: () => {},
    forget: (all) => seen.forgotten.push(...all.map(({ id }) => id)),
    ask: (all) => seen.asked.push(...all.map(({ id }) => id)),
    changed: () => {},
    isOnline: () => true,
    later: (run, after) => seen.timers.push({ run, after }),
    ...more,
  });
  return { queue, seen };
}

test('three are sent at once, in their order', async () => {
  const { queue, seen } = world();
  queue.add(['a', 'b', 'c', 'd'].map((id) => upload(id)));
  assert.deepEqual([...seen.running.keys()], ['a', 'b', 'c']);
  seen.running.get('b').resolve();
  await tick();
  assert.deepEqual([...seen.running.keys()], ['a', 'c', 'd']);
  assert.deepEqual(queue.sums, { bytes: 40, sent: 10, count: 4, done: 1, moving: 3, stuck: 0, failed: 0 });
  assert.deepEqual(seen.forgotten, ['b']);
});

test('what is paused stops, and goes on where it was', async () => {
  const { queue, seen } = world();
  const one = upload('a', { offset: 4, sent: 7 });
  queue.add([one]);
  queue.pause();
  await tick();
  assert.deepEqual([one.state, one.sent, seen.running.size], ['paused', 4, 0]);
  queue.resume();
  await tick();
  assert.deepEqual([one.state, seen.running.size], ['sending', 1]);
});

test('a pause and a resume at once send it once', async () => {
  const { queue, seen } = world();
  const one = upload('a');
  queue.add([one]);
  queue.pause();
  queue.resume();
  await tick();
  assert.equal(one.state, 'sending');
  seen.running.get('a').resolve();
  await tick();
  assert.equal(queue.sums.done, 1);
});

test('a hitch holds all for a while, and too many fail', async () => {
  const { queue, seen } = world();
  const one = upload('a');
  queue.add([one]);
  for (let turn = 0; turn < 8; turn++) {
    seen.running.get('a').reject(new Hitch('again', 'no line'));
    await tick();
    assert.equal(one.state, 'waiting');
    assert.equal(seen.running.size, 0, 'nobody tries meanwhile');
    seen.timers.pop().run();
  }
  seen.running.get('a').reject(new Hitch('again', 'no line'));
  await tick();
  assert.deepEqual([one.state, one.problem], ['failed', 'no line']);
  queue.resume([one]);
  assert.equal(one.state, 'sending');
});

test('a name that is taken is asked about', async () => {
  const { queue, seen } = world();
  const one = upload('a');
  queue.add([one]);
  seen.running.get('a').reject(new Hitch('taken', 'taken'));
  await tick();
  assert.deepEqual([one.state, seen.asked], ['asking', ['a']]);
  queue.answer(one, 'replace', '1f');
  assert.deepEqual([one.state, one.how, one.rev], ['sending', 'replace', '1f']);
});

test('lost bytes are chosen again; other bytes begin anew', async () => {
  const { queue, seen } = world();
  const one = upload('a', { time: 5, offset: 4, uploadId: 'u' });
  queue.add([one]);
  seen.running.get('a').reject(new Hitch('lost', 'gone'));
  await tick();
  assert.equal(one.state, 'lost');
  queue.found(one, { size: 10, lastModified: 5 });
  assert.deepEqual([one.state, one.offset, one.uploadId], ['sending', 4, 'u']);
  seen.running.get('a').reject(new Hitch('lost', 'gone'));
  await tick();
  queue.found(one, { size: 11, lastModified: 5 });
  assert.deepEqual([one.size, one.offset, one.uploadId], [11, 0, undefined]);
});

test('what is cancelled is forgotten, and counts no more', async () => {
  const { queue, seen } = world();
  const all = ['a', 'b'].map((id) => upload(id));
  queue.add(all);
  queue.cancel([all[0]]);
  await tick();
  assert.deepEqual([queue.sums.count, seen.forgotten, [...seen.running.keys()]], [1, ['a'], ['b']]);
});

test('only what cannot go on after a reload is fragile', () => {
  const { queue } = world();
  const one = upload('a');
  queue.add([one]);
  assert.equal(queue.isFragile, true);
  one.kept = true;
  assert.equal(queue.isFragile, false);
});

test('waits grow, up to a minute', () => {
  assert.deepEqual([1, 2, 3, 20].map((tries) => backoff(tries, 0.5)), [1000, 2000, 4000, 60000]);
});

test('rates and times', () => {
  const rate = new Rate();
  rate.see(0, 0);
  assert.equal(rate.perSecond, 0);
  rate.see(1000, 500);
  rate.see(2000, 1000);
  assert.equal(rate.perSecond, 500);
  rate.see(20000, 1000);
  rate.see(26000, 1000);
  assert.equal(rate.perSecond, 0);
  rate.see(27000, 10);
  assert.equal(rate.perSecond, 0, 'it began anew');
  assert.deepEqual([pace(0, 5), pace(2048, 20480)], ['', '2.0 KB/s · 10 seconds left']);
});

test('litter and refusals', () => {
  assert.deepEqual(['/a/.DS_Store', '/a/thumbs.db', '/a/b.txt', '/.DS_Store/a'].map(isLitter), [true, true, false, false]);
  assert.deepEqual([429, 503, 500, 507, 403].map((status) => refusal({ status, body: null, after: 0 }).kind), ['again', 'again', 'again', 'refused', 'refused']);
  assert.equal(refusal({ status: 403, body: { error: { path: 'bad name' } }, after: 0 }).message, 'bad name');
});
