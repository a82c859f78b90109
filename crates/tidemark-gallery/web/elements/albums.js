/**
 * Albums, which are the folders that have pictures in them.
 */

import { PREFIX, get, thumbnail } from "../api.js";
import { el, icon, plate } from "../dom.js";
import { many } from "../timeline/dates.js";

/** @typedef {{ id: number, name: string, path: string, count: number, latest: number, cover: [number, string] | null }} Album */

/**
 * Puts all albums into a place.
 * @param {HTMLElement} place
 */
export async function showAlbums(place) {
  const { albums } = /** @type {{ albums: Album[] }} */ (await get("albums"));
  const list = el("ul", { class: "albums" });
  for (const { id, name, path, count, cover } of albums) {
    const picture = cover === null ? plate("broken") : el("img", { alt: "", loading: "lazy", decoding: "async", src: thumbnail({ id: cover[0], rev: cover[1] }, "grid") });
    picture.addEventListener("error", () => picture.replaceWith(plate("broken")));
    const where = path.slice(0, path.lastIndexOf("/")).slice(1).replaceAll("/", " › ");
    const card = el("a", { href: `${PREFIX}/albums/${id}` }, el("span", { class: "cover" }, picture), el("strong", {}, name), el("span", { class: "faint" }, where === "" ? many(count) : `${many(count)} · ${where}`));
    list.append(el("li", {}, card));
  }
  place.replaceChildren(albums.length > 0 ? list : nothing());
}

/** What is said where no picture is. */
export function nothing() {
  return el(
    "div",
    { class: "nothing" },
    icon("broken"),
    el("h2", {}, "No pictures yet"),
    el("p", {}, "Put photos or films into any of your folders: they appear here by themselves."),
  );
}
