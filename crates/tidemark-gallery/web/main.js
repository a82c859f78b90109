/**
 * The page: which of its views is shown, and what they are told of news. Addresses are those of views; a picture that is shown
 * large is behind a `#`.
 */

import { PREFIX, files, get, source } from "./api.js";
import { announce, el, icon } from "./dom.js";
import { nothing, showAlbums } from "./elements/albums.js";
import { PhotoGrid } from "./elements/grid.js";
import { LightBox } from "./elements/lightbox.js";
import { share } from "./elements/share.js";
import { follow } from "./live.js";
import { many, monthName } from "./timeline/dates.js";

/**
 * What is shown at present.
 * @typedef {object} View
 * @property {() => Promise<void>} refresh
 * @property {() => void} [located] The address behind `#` is another.
 */

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const progress = /** @type {HTMLElement} */ (document.getElementById("progress"));
/** @type {View | null} */
let view = null;
/** Whether the large picture was opened from here, so that going back closes it. */
let isOurs = false;

/** The number behind `#picture-`. */
const wanted = () => Number(/^#picture-(\d+)$/.exec(location.hash)?.[1] ?? 0);

/**
 * Pictures by month: all, or those of an album.
 * @param {number | null} album
 * @returns {Promise<View>}
 */
async function photos(album) {
  const grid = new PhotoGrid(source(album));
  const box = new LightBox(grid.timeline);
  const title = el("h1", {}, "Photos");
  const jump = el("select", { id: "jump", "aria-label": "Go to month", change: () => grid.goTo(Number(jump.value)) });
  const slides = el("button", { type: "button", id: "play", click: play }, icon("play"), el("span", {}, "Slideshow"));
  const tools = el("div", { class: "tools" }, jump, slides);
  const head = el("div", { class: "head" }, el("div", {}, title), tools);
  const hint = el("div");
  if (album !== null) {
    const { name, path } = await get(`albums/${album}`);
    document.title = `${name} · Gallery`;
    title.textContent = name;
    title.before(el("a", { class: "back", href: `${PREFIX}/albums` }, "Albums"));
    const there = files(path);
    title.after(el("p", { class: "faint" }, there ? el("a", { class: "quiet", href: there, title: "All files of this folder" }, path) : path));
    tools.append(el("button", { type: "button", id: "share-album", click: () => share(`albums/${album}/share`, name) }, icon("share"), el("span", {}, "Share album")));
  } else {
    document.title = "Gallery";
    title.classList.add("unseen");
  }
  content.replaceChildren(head, hint, grid, box);

  async function play() {
    const section = grid.timeline.between(scrollY, scrollY + 1)[0] ?? grid.timeline.sections[0];
    if (section === undefined) return;
    await grid.timeline.load(section);
    const first = grid.timeline.sections.find((other) => other.month === section.month)?.pictures?.[0];
    if (first === undefined) return;
    box.open(first);
    box.play();
  }

  grid.addEventListener("change", () => {
    const { sections, isKnown, working } = grid.timeline;
    const isEmpty = sections.length === 0;
    tools.hidden = isEmpty;
    if (isKnown) hint.replaceChildren(...(isEmpty && !working ? [nothing()] : []));
    if (jump.options.length !== sections.length || jump.options[0]?.value !== String(sections[0]?.month)) {
      jump.replaceChildren(...sections.map(({ month }) => el("option", { value: month }, monthName(month))));
    }
  });
  grid.moved = (month) => {
    if (jump.value !== String(month) && document.activeElement !== jump) jump.value = String(month);
  };
  box.shown = (id) => {
    if (id === null) {
      const last = wanted();
      if (isOurs) history.back();
      else history.replaceState(null, "", location.pathname);
      isOurs = false;
      grid.show(last);
    } else if (wanted() === 0) {
      history.pushState(null, "", `#picture-${id}`);
      isOurs = true;
    } else history.replaceState(null, "", `#picture-${id}`);
  };

  /** Finds a picture that the address names, wherever it is. */
  async function located() {
    const id = wanted();
    if (id === 0) return box.hide();
    if (box.current === id) return;
    let found = grid.timeline.find(id);
    if (found === null) {
      const told = await get(`pictures/${id}`).catch(() => null);
      if (told !== null) {
        const taken = new Date(told.taken * 1000);
        const month = taken.getUTCFullYear() * 100 + taken.getUTCMonth() + 1;
        const section = grid.timeline.sections.find((other) => other.month === month);
        if (section !== undefined) await grid.timeline.load(section);
        found = grid.timeline.find(id);
      }
    }
    if (found !== null) box.open(found.picture);
    else history.replaceState(null, "", location.pathname);
  }

  grid.addEventListener("click", (event) => {
    const tile = /** @type {HTMLElement} */ (event.target).closest("a");
    if (tile === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const found = grid.timeline.find(Number(tile.dataset.id));
    if (found !== null) box.open(found.picture);
  });
  const shown = { refresh: () => grid.timeline.refresh(), located };
  await shown.refresh();
  await located();
  return shown;
}

/** @returns {Promise<View>} */
async function albums() {
  document.title = "Albums · Gallery";
  const place = el("div");
  content.replaceChildren(el("div", { class: "head" }, el("h1", {}, "Albums")), place);
  const refresh = () => showAlbums(place);
  await refresh();
  return { refresh };
}

/** Shows the view of the address. */
async function begin() {
  const [, area, album] = location.pathname.slice(PREFIX.length).split("/");
  document.getElementById(area === "albums" ? "to-albums" : "to-photos")?.setAttribute("aria-current", "page");
  try {
    view = area !== "albums" ? await photos(null) : album === undefined ? await albums() : await photos(Number(album));
  } catch (error) {
    content.replaceChildren(el("p", { class: "notice", role: "alert" }, `This cannot be shown: ${/** @type {Error} */ (error).message}.`));
  }
}

addEventListener("popstate", () => {
  isOurs &&= wanted() !== 0;
  view?.located?.();
});

/** A sign that there are new pictures further up. */
const fresh = el("button", { type: "button", class: "fresh", hidden: true, click: () => scrollTo({ top: 0 }) });
document.body.append(fresh);
addEventListener("scroll", () => { if (scrollY < 200) fresh.hidden = true; }, { passive: true });

follow({
  changed(came, left) {
    view?.refresh().catch(() => {});
    if (came > 0) {
      announce(many(came, "new picture"));
      fresh.textContent = many(came, "new picture");
      fresh.hidden = scrollY < 200;
    } else if (left > 0) announce(`${many(left)} gone`);
  },
  working(isWorking) {
    const wasWorking = !progress.hidden;
    progress.hidden = !isWorking;
    if (wasWorking && !isWorking) view?.refresh().catch(() => {});
  },
});
begin();
