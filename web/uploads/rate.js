// How fast it goes, and how long it will take.

import { duration, size } from '../lib/format.js';

/** Looked at over so many milliseconds: long enough to be calm, short enough to be true. */
const WINDOW = 6000;

/** Of a number of bytes that grows. */
export class Rate {
  /** @type {[number, number][]} */
  #seen = [];

  /**
   * @param {number} at In milliseconds.
   * @param {number} bytes How many there are by now. If there are fewer than before, it begins anew.
   */
  see(at, bytes) {
    if (bytes < (this.#seen.at(-1)?.[1] ?? 0)) this.#seen = [];
    this.#seen.push([at, bytes]);
    while (this.#seen.length > 2 && this.#seen[1][0] <= at - WINDOW) this.#seen.shift();
  }

  /** Forgets what was seen: after a pause. */
  reset() {
    this.#seen = [];
  }

  /** @returns {number} Bytes in a second; 0 until something is known. */
  get perSecond() {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || !last || last[0] - first[0] < 500) return 0;
    return ((last[1] - first[1]) * 1000) / (last[0] - first[0]);
  }
}

/**
 * How it goes, and how long it will take, for people.
 * @param {number} perSecond In bytes.
 * @param {number} left In bytes.
 * @returns {string} Empty if nothing can be said.
 */
export const pace = (perSecond, left) => (perSecond ? `${size(Math.round(perSecond))}/s · ${duration(left / perSecond)} left` : '');
