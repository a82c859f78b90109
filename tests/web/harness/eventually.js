// What holds in a moment: pages show what people do before the server has it, and the server has it before pages show it.

import { setTimeout as sleep } from "node:timers/promises";
import { settings } from "./settings.js";

const MILLIS_MAX = 10_000;
const PAUSE_MILLIS = 50;

/**
 * Waits until this no longer fails; if it always does, with its last failure.
 * @template T @param {() => Promise<T>} holds @returns {Promise<T>}
 */
export async function eventually(holds) {
  const deadline = Date.now() + MILLIS_MAX * (settings.slow ? 3 : 1);
  for (;;) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(PAUSE_MILLIS);
    }
  }
}
