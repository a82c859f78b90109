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
 * A number of bytes, in words.
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const number = bytes / 1000 ** power;
  return `${number.toFixed(number < 10 ? 1 : 0)} ${units[power - 1]}`;
}

/**
 * "1 picture", "2 pictures".
 * @param {number} count
 * @param {string} [what]
 */
export function many(count, what = "picture") {
  return `${count.toLocaleString("en-GB")} ${what}${count === 1 ? "" : "s"}`;
}
