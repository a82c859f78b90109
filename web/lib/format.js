// Sizes, dates and counts as people read them.

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/**
 * A size, as the command line and the server's other pages write it: a KB is 1,000 bytes, and nothing is rounded up.
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  let tenths = bytes * 10;
  let unit = 0;
  for (; tenths >= 10_000; unit++) tenths = Math.floor(tenths / 1000);
  // One decimal where it says something.
  const digits = unit && tenths < 1000 ? (tenths / 10).toFixed(1) : Math.floor(tenths / 10);
  return `${digits} ${UNITS[unit]}`;
}

const NUMBER = new Intl.NumberFormat('en');
const TIME = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const WHOLE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });

/**
 * `1 file`, `2,000 files`.
 * @param {number} number
 * @param {string} one
 * @param {string} [many]
 * @returns {string}
 */
export const count = (number, one, many = `${one}s`) => `${NUMBER.format(number)} ${number === 1 ? one : many}`;

/**
 * A date, as exactly as it matters: today by the clock, this year by the day.
 * @param {string | number | Date | undefined} date
 * @param {Date} [now]
 * @returns {string} '' if there is none.
 */
export function when(date, now = new Date()) {
  if (!date) return '';
  const then = new Date(date);
  if (Number.isNaN(then.getTime())) return '';
  const seconds = (now.getTime() - then.getTime()) / 1000;
  if (seconds >= -60 && seconds < 60) return 'Just now';
  if (then.toDateString() === now.toDateString()) return `Today, ${TIME.format(then)}`;
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (then.toDateString() === yesterday.toDateString()) return `Yesterday, ${TIME.format(then)}`;
  return (then.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(then);
}

/** @param {string | number | Date | undefined} date @returns {string} The whole of it. */
export const fullDate = (date) => (date ? WHOLE.format(new Date(date)) : '');

/**
 * How long something takes, roughly.
 * @param {number} seconds
 * @returns {string}
 */
export function duration(seconds) {
  if (seconds < 60) return count(Math.max(1, Math.round(seconds)), 'second');
  if (seconds < 3570) return count(Math.round(seconds / 60), 'minute');
  return count(Math.round(seconds / 360) / 10, 'hour');
}

/**
 * Whether a sign in a name turns the text around it: with such, a program can be made to look like a picture.
 * @param {string} name
 * @returns {string} The name, as it may stand on a page.
 */
export const plain = (name) => name.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
