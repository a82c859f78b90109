/**
 * Times as people read them. They are those of the camera's clock, wherever it was, so they are told as they are.
 */

const UTC = { timeZone: "UTC" };
const MONTH = new Intl.DateTimeFormat("en-GB", { ...UTC, month: "long", year: "numeric" });
const DAY = new Intl.DateTimeFormat("en-GB", { ...UTC, day: "numeric", month: "long", year: "numeric" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { ...UTC, weekday: "short", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });

/**
 * 202405 as "May 2024".
 * @param {number} month
 */
export function monthName(month) {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(month / 100), (month % 100) - 1, 1);
  return MONTH.format(date);
}

/** @param {number} taken In seconds since 1970. */
export function dayName(taken) {
  return DAY.format(taken * 1000);
}

/** @param {number} taken In seconds since 1970. */
export function minuteName(taken) {
  return MINUTE.format(taken * 1000);
}

/**
 * A number of bytes, as the server's pages and the command line write it: a KB is 1,000 bytes, and nothing is rounded up.
 * @param {number} bytes
 */
export function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let tenths = bytes * 10;
  let unit = 0;
  for (; tenths >= 10_000; unit++) tenths = Math.floor(tenths / 1000);
  // One decimal where it says something.
  const digits = unit && tenths < 1000 ? (tenths / 10).toFixed(1) : Math.floor(tenths / 10);
  return `${digits} ${units[unit]}`;
}

/**
 * "1 picture", "2 pictures".
 * @param {number} count
 * @param {string} [what]
 */
export function many(count, what = "picture") {
  return `${count.toLocaleString("en-GB")} ${what}${count === 1 ? "" : "s"}`;
}
