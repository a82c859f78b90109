// Follows what others change: one long poll after the other, and what each of them told.

import { ApiError, isAbort, sleep } from '../api/client.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {import('../api/client.js').Client} Client */

/** After a failure, in seconds: each wait is twice as long as the one before, up to the last. */
const PAUSE = 1;
const PAUSE_MAX = 60;

/**
 * @typedef {object} Told
 * @property {(told: [string, Entry | null][]) => void} onchange
 * @property {() => void} onreset The cursor is worth nothing: all has to be read again, and followed from there.
 * @property {(isReached: boolean) => void} onreach Whether the server answers.
 */

/**
 * Follows a folder until the signal ends it.
 * @param {Client} api
 * @param {string} path
 * @param {string} cursor
 * @param {Told} told
 * @param {AbortSignal} signal
 */
export async function follow(api, path, cursor, told, signal) {
  let pause = PAUSE;
  let isNew = true;
  while (!signal.aborted) {
    try {
      // The first look does not wait: something may have come since the cursor was made.
      if (!isNew) {
        const { changes, backoff } = await api.longpoll(cursor, signal);
        told.onreach(true);
        if (backoff) await sleep(backoff * 1000, signal);
        if (!changes) continue;
      }
      const page = await api.delta(cursor, path, signal);
      told.onreach(true);
      if (page.reset) return told.onreset();
      cursor = page.cursor;
      isNew = page.has_more;
      pause = PAUSE;
      if (page.entries.length) told.onchange(page.entries);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      // Tokens end and cursors may be another life's: reading the folder anew mends that, or tells what is wrong.
      if (error instanceof ApiError && error.status === 400) return told.onreset();
      told.onreach(false);
      isNew = true;
      await untilLater(pause, signal);
      pause = Math.min(pause * 2, PAUSE_MAX);
    }
  }
}

/**
 * Waits, but no longer than until the machine is on a network again.
 * @param {number} seconds @param {AbortSignal} signal
 */
async function untilLater(seconds, signal) {
  const early = new AbortController();
  const wake = () => early.abort();
  addEventListener('online', wake, { once: true });
  // Machines that lost the same server do not come back at the same instant.
  const ms = seconds * 1000 * (0.75 + Math.random() / 2);
  await sleep(ms, AbortSignal.any([early.signal, signal])).catch(() => {});
  removeEventListener('online', wake);
}
