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
      await untilSeen(signal);
      // The first look does not wait: something may have come since the cursor was made.
      if (!isNew) {
        const answer = await whileSeen((seen) => api.longpoll(cursor, seen), signal);
        isNew = !answer;
        if (!answer) continue;
        const { changes, backoff } = answer;
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
 * Until somebody looks at the page. A tab that nobody sees does not wait at the server: browsers open six connections to one, and
 * six such tabs would leave none to the seventh.
 * @param {AbortSignal} signal @returns {Promise<void>}
 */
async function untilSeen(signal) {
  while (document.hidden) {
    signal.throwIfAborted();
    await new Promise((resolve) => {
      for (const [target, type] of /** @type {[EventTarget, string][]} */ ([[document, 'visibilitychange'], [signal, 'abort']])) {
        target.addEventListener(type, resolve, { once: true });
      }
    });
  }
}

/**
 * Does something until nobody looks at the page any more: then there is no answer.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} act @param {AbortSignal} signal
 * @returns {Promise<T | null>}
 */
async function whileSeen(act, signal) {
  const hidden = new AbortController();
  const look = () => document.hidden && hidden.abort();
  document.addEventListener('visibilitychange', look);
  try {
    return await act(AbortSignal.any([signal, hidden.signal]));
  } catch (error) {
    if (hidden.signal.aborted && !signal.aborted) return null;
    throw error;
  } finally {
    document.removeEventListener('visibilitychange', look);
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
