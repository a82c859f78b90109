// The last day of a link, as people choose it, and the instant at which it is over, in UTC.

/** @param {string} day Such as `2014-02-28`, or ''. @returns {string | null} The instant, as the server reads it; nothing without a day. */
export function endOf(day) {
  if (!day) return null;
  const end = new Date(`${day}T00:00:00Z`);
  end.setUTCDate(end.getUTCDate() + 1);
  return end.toISOString().replace('.000', '');
}

/** @param {string | null | undefined} end @returns {string} The day before, for a date field; '' if there is no end. */
export const lastDayOf = (end) => (end ? new Date(Date.parse(end) - 1).toISOString().slice(0, 10) : '');

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** @param {string} day @returns {string} Such as `28 February 2014`. */
export const spelled = (day) => DAY.format(new Date(day));
