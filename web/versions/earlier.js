// What a file was before it came to its place. A path has a history of its own, which tells nothing of that.

/** @typedef {import('../files/context.js').Entry} Entry */

/** @param {Entry} entry In whole seconds, as one of the dialects has it. */
const timeOf = ({ modified }) => Math.floor(Date.parse(modified ?? '') / 1000);

/**
 * Those of a file's past versions that are none of its path's.
 * @param {Entry[]} here What was at the path, the newest first, departures included.
 * @param {Entry[]} past All past versions of what is there now, the newest first.
 * @returns {Entry[]}
 */
export function earlier(here, past) {
  const gone = here.findIndex((one) => one.is_deleted);
  const came = here[gone < 0 ? here.length - 1 : gone - 1];
  const known = new Set(here.map((one) => `${timeOf(one)} ${one.bytes}`));
  return came ? past.filter((one) => timeOf(one) <= timeOf(came) && !known.has(`${timeOf(one)} ${one.bytes}`)) : [];
}
