/**
 * What the gallery is asked.
 */

/** Below which path the gallery is. */
export const PREFIX = document.body.dataset.prefix ?? "";

/** Where all of somebody's files are, if that is known. */
const FILES = document.body.dataset.files;

/**
 * The address at which the files of a folder are, pictures or not; nothing if that is not known.
 * @param {string} path
 */
export function files(path) {
  return FILES && FILES + path.split("/").map(encodeURIComponent).join("/");
}

/**
 * The address of a picture's small picture.
 * @param {{ id: number, rev: string }} picture
 * @param {"grid" | "screen"} size
 */
export const thumbnail = ({ id, rev }, size) => `${PREFIX}/thumbnails/${id}/${encodeURIComponent(rev)}/${size}`;

/**
 * The address of a picture itself.
 * @param {{ id: number, rev: string }} picture
 */
export const whole = ({ id, rev }) => `${PREFIX}/pictures/${id}?${encodeURIComponent(rev)}`;

/** @param {number} id */
export const original = (id) => `${PREFIX}/pictures/${id}/original`;

/**
 * Asks for something.
 * @param {string} path Below `/api`.
 * @returns {Promise<any>} What the endpoint answers.
 */
export const get = (path) => ask(path, { headers: { accept: "application/json" } });

/**
 * Has something done.
 * @param {string} path Below `/api`.
 * @returns {Promise<any>}
 */
export const post = (path) => ask(path, { method: "POST", headers: { "x-form-token": document.body.dataset.formToken ?? "" } });

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function ask(path, options) {
  const answer = await fetch(`${PREFIX}/api/${path}`, options);
  // The page for those who are not signed in is at the same address.
  if (answer.status === 401) location.reload();
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error ?? "the gallery cannot be asked");
  return said;
}

/**
 * Where a timeline's pictures come from: all, or one album's.
 * @param {number | null} album
 * @returns {import("./timeline/timeline.js").Source}
 */
export function source(album) {
  const query = album === null ? "" : `?album=${album}`;
  return {
    months: () => get(`timeline${query}`),
    month: async (month) => (await get(`timeline/${month}${query}`)).pictures,
  };
}
