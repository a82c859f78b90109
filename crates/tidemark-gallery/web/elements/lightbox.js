/**
 * `<light-box>`: one picture, large; the way to the next; and all of them, one after another, by themselves.
 */

import { files, get, original, thumbnail, whole } from "../api.js";
import { announce, button, el, icon, plate } from "../dom.js";
import { dayName, minuteName, size } from "../timeline/dates.js";
import { share } from "./share.js";

/** @typedef {import("../timeline/timeline.js").Picture} Picture */
/** @typedef {import("../timeline/timeline.js").Timeline} Timeline */

/** What every browser shows as it is. Of others their small picture must do. */
const SHOWN = /\.(jpe?g|jfif|png|gif|webp|avif|bmp)$/i;
/** How long a picture is looked at before the file itself is fetched, and in a slideshow, in milliseconds. */
const DWELL = 350;
const SLIDE = 5000;
/** How far a finger must go, in pixels. */
const SWIPE = 50;

export class LightBox extends HTMLElement {
  /** @type {Picture | null} */
  #picture = null;
  #dialog;
  #stage = el("div", { class: "stage" });
  #title = el("p", { class: "title" });
  #details = el("aside", { class: "details", "aria-label": "Details", hidden: true });
  #play = button("play", "Start slideshow", () => this.#slide(!this.#isPlaying), { id: "slideshow" });
  #info = button("info", "Details", () => this.#tell(), { id: "details", "aria-expanded": "false" });
  #save = el("a", { class: "round", id: "download", download: true, "aria-label": "Download original", title: "Download original" }, icon("save"));
  #isPlaying = false;
  #timer = 0;
  #dwell = 0;
  #idle = 0;
  /** Where a finger was put. @type {{ x: number, y: number } | null} */
  #grip = null;
  /** Told when another picture is shown, and when none is any more. @type {(id: number | null) => void} */
  shown = () => {};

  /** @param {Timeline} timeline */
  constructor(timeline) {
    super();
    this.timeline = timeline;
    const bar = el(
      "header",
      {},
      button("close", "Close", () => this.close(), { id: "close" }),
      this.#title,
      this.#play,
      button("screen", "Full screen", () => this.#fill()),
      this.#info,
      button("share", "Share picture", () => this.#share(), { id: "share" }),
      this.#save,
    );
    this.#dialog = el(
      "dialog",
      { class: "lightbox", tabindex: -1, "aria-label": "Picture", keydown: (event) => this.#key(event), pointermove: () => this.#stir() },
      bar,
      this.#stage,
      button("left", "Previous picture", () => this.step(-1), { id: "previous" }),
      button("right", "Next picture", () => this.step(1), { id: "next" }),
      this.#details,
    );
    // Escape.
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    this.#stage.addEventListener("pointerdown", (event) => this.#down(event));
    this.#stage.addEventListener("pointermove", (event) => this.#move(event));
    this.#stage.addEventListener("pointerup", (event) => this.#up(event));
    this.#stage.addEventListener("pointercancel", () => this.#let());
    this.append(this.#dialog);
  }

  /**
   * Shows a picture.
   * @param {Picture} picture
   */
  open(picture) {
    if (!this.#dialog.open) {
      this.#dialog.showModal();
      // No button: the keys are for the picture.
      this.#dialog.focus();
      document.documentElement.classList.add("covered");
    }
    if (this.#picture?.id === picture.id && this.#picture.rev === picture.rev) return;
    this.#picture = picture;
    const day = dayName(picture.taken);
    this.#title.replaceChildren(el("strong", {}, picture.name), el("span", {}, day));
    this.#save.href = original(picture.id);
    announce(`${picture.name}, ${day}`);
    this.#put(picture);
    if (!this.#details.hidden) this.#fillDetails();
    for (const step of /** @type {const} */ ([1, -1])) {
      this.timeline.beside(picture.id, step).then((next) => {
        if (this.#picture !== picture) return;
        const way = /** @type {HTMLButtonElement} */ (this.#dialog.querySelector(step > 0 ? "#next" : "#previous"));
        way.hidden = next === null;
        if (next !== null && next.thumbnail !== "none") new Image().src = thumbnail(next, "screen");
      }, () => {});
    }
    this.#stir();
    this.shown(picture.id);
  }

  /** Shows none any more. */
  close() {
    this.hide();
    this.shown(null);
  }

  /** The same, without telling. */
  hide() {
    if (!this.#dialog.open) return;
    this.#slide(false);
    clearTimeout(this.#dwell);
    clearTimeout(this.#idle);
    if (document.fullscreenElement !== null) document.exitFullscreen().catch(() => {});
    this.#dialog.close();
    this.#stage.replaceChildren();
    this.#picture = null;
    document.documentElement.classList.remove("covered");
  }

  /** The number of the picture that is shown. */
  get current() {
    return this.#picture?.id ?? null;
  }

  /**
   * Goes on to the next, or back. Tells whether there was one.
   * @param {1 | -1} by
   */
  async step(by) {
    const from = this.#picture;
    if (from === null) return false;
    const next = await this.timeline.beside(from.id, by).catch(() => null);
    if (next === null || this.#picture !== from) return false;
    this.open(next);
    return true;
  }

  /** @param {Picture} picture */
  #put(picture) {
    const before = [...this.#stage.children];
    clearTimeout(this.#dwell);
    const frame = el("div", { class: "frame" });
    this.#stage.append(frame);
    const gone = () => before.forEach((other) => other.remove());
    if (picture.film) {
      frame.append(el("video", { src: whole(picture), controls: true, autoplay: true, playsinline: true, "aria-label": picture.name, ended: () => this.#isPlaying && this.#advance() }));
      gone();
      return;
    }
    const alone = picture.thumbnail === "none";
    const image = el("img", { alt: picture.name, draggable: "false", src: alone ? whole(picture) : thumbnail(picture, "screen") });
    // What is in the grid is here already: nobody looks at nothing.
    if (!alone) frame.style.backgroundImage = `url("${thumbnail(picture, "grid")}")`;
    image.addEventListener("load", () => {
      frame.classList.add("there");
      frame.style.backgroundImage = "";
      setTimeout(gone, this.#isPlaying ? 700 : 0);
    }, { once: true });
    image.addEventListener("error", () => {
      frame.classList.add("there");
      frame.style.backgroundImage = "";
      frame.replaceChildren(plate("broken", "This picture cannot be shown. You can download it."));
      gone();
    });
    frame.append(image);
    if (alone || !SHOWN.test(picture.name)) return;
    this.#dwell = window.setTimeout(() => {
      const sharp = new Image();
      sharp.src = whole(picture);
      sharp.decode().then(() => {
        if (this.#picture === picture) image.src = sharp.src;
      }, () => {});
    }, DWELL);
  }

  /** @param {boolean} isPlaying */
  #slide(isPlaying) {
    this.#isPlaying = isPlaying;
    clearTimeout(this.#timer);
    this.#dialog.classList.toggle("playing", isPlaying);
    const name = isPlaying ? "Pause slideshow" : "Start slideshow";
    this.#play.setAttribute("aria-label", name);
    this.#play.title = name;
    this.#play.replaceChildren(icon(isPlaying ? "pause" : "play"));
    if (isPlaying) this.#timer = window.setTimeout(() => this.#advance(), SLIDE);
  }

  async #advance() {
    clearTimeout(this.#timer);
    const film = this.#stage.querySelector("video");
    const goesOn = film !== null && !film.ended && !film.paused;
    if (!goesOn && !(await this.step(1))) return this.#slide(false);
    if (this.#isPlaying) this.#timer = window.setTimeout(() => this.#advance(), SLIDE);
  }

  /** Begins to show them all by themselves. */
  play() {
    this.#slide(true);
  }

  #fill() {
    if (document.fullscreenElement !== null) document.exitFullscreen().catch(() => {});
    else this.#dialog.requestFullscreen?.().catch(() => {});
  }

  #share() {
    if (this.#picture !== null) share(`pictures/${this.#picture.id}/share`, this.#picture.name);
  }

  #tell() {
    this.#details.hidden = !this.#details.hidden;
    this.#info.setAttribute("aria-expanded", String(!this.#details.hidden));
    if (!this.#details.hidden) this.#fillDetails();
  }

  async #fillDetails() {
    const picture = this.#picture;
    if (picture === null) return;
    const told = await get(`pictures/${picture.id}`).catch(() => null);
    if (this.#picture !== picture) return;
    const list = el("dl");
    const facts = told === null ? [["Details", "They cannot be had at present."]] : [["Name", told.name], ["Taken", minuteName(told.taken)], ["Place", told.place], ["Length", told.duration && `${Math.round(told.duration / 1000)} s`], ["Size", size(told.bytes)], ["Folder", where(told.path)]];
    for (const [name, fact] of facts) if (fact) list.append(el("dt", {}, name), el("dd", {}, fact));
    this.#details.replaceChildren(el("h2", {}, "Details"), list);
  }

  /** The buttons go away while nothing moves in a slideshow. */
  #stir() {
    this.#dialog.classList.remove("still");
    clearTimeout(this.#idle);
    this.#idle = window.setTimeout(() => this.#dialog.classList.toggle("still", this.#isPlaying), 2500);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isElsewhere = event.target instanceof HTMLVideoElement || (event.target instanceof HTMLElement && event.target.closest("dialog") !== this.#dialog);
    if (isElsewhere) return;
    this.#stir();
    if (event.key === "ArrowRight") this.step(1);
    else if (event.key === "ArrowLeft") this.step(-1);
    else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) this.#slide(!this.#isPlaying);
    else if (event.key === "i") this.#tell();
    else if (event.key === "f") this.#fill();
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.isPrimary && event.pointerType !== "mouse") this.#grip = { x: event.clientX, y: event.clientY };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#grip !== null && event.isPrimary) this.#stage.style.transform = `translateX(${event.clientX - this.#grip.x}px)`;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const grip = this.#grip;
    this.#let();
    if (grip === null) return;
    const [x, y] = [event.clientX - grip.x, event.clientY - grip.y];
    if (Math.abs(x) > SWIPE && Math.abs(x) > Math.abs(y)) this.step(x < 0 ? 1 : -1);
    else if (y > 2 * SWIPE && y > Math.abs(x)) this.close();
  }

  #let() {
    this.#grip = null;
    this.#stage.style.transform = "";
  }
}

/**
 * The folder of a picture, and the way to it.
 * @param {string} path
 */
function where(path) {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const there = files(folder);
  return there ? el("a", { href: there }, folder || "/") : folder || "/";
}

customElements.define("light-box", LightBox);
