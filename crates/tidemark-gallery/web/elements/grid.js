/**
 * `<photo-grid>`: the pictures of a timeline, of which only those are on the page that can be seen, or could be soon.
 */

import { thumbnail } from "../api.js";
import { el, icon, plate } from "../dom.js";
import { dayName, many, monthName } from "../timeline/dates.js";
import { between, neighbour } from "../timeline/layout.js";
import { HEADER, Timeline } from "../timeline/timeline.js";

/** @typedef {import("../timeline/timeline.js").Section} Section */
/** @typedef {import("../timeline/timeline.js").Picture} Picture */

/** How far beyond what is seen pictures are put on the page, in screens. */
const AHEAD = 1;
/** How much of the screen the bar at the top covers, in pixels. */
const BAR = 56;
/** Faster than this, in pixels per millisecond, nothing is fetched that would be gone before it is there. */
const QUICK = 4;
/** How long nothing must move until it is. */
const CALM = 120;

export class PhotoGrid extends HTMLElement {
  /** @type {Timeline} */
  timeline;
  /** @type {Map<number, { element: HTMLElement, title: HTMLElement, tiles: Map<number, HTMLAnchorElement> }>} By month. */
  #sections = new Map();
  /** @type {Map<number, number>} Shapes that were seen, and of which the timeline does not know yet. */
  #seen = new Map();
  /** The picture that the keyboard is at. */
  #current = 0;
  #frame = 0;
  #calm = 0;
  #learning = 0;
  #last = { top: 0, time: 0 };
  #isQuick = false;
  /** @type {ReturnType<Timeline["anchor"]>} */
  #anchor = null;
  /** Told where the page is, for whoever shows it elsewhere. @type {(month: number) => void} */
  moved = () => {};

  /** @param {import("../timeline/timeline.js").Source} source */
  constructor(source) {
    super();
    this.timeline = new Timeline(source, () => this.#changed());
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("focusin", (event) => {
      const id = Number(/** @type {HTMLElement} */ (event.target).dataset.id);
      if (id > 0) this.#rove(id);
    });
    this.resizing = new ResizeObserver(() => this.#resize());
    this.scrolled = () => this.#scroll();
  }

  connectedCallback() {
    this.resizing.observe(this);
    addEventListener("scroll", this.scrolled, { passive: true });
    this.#resize();
  }

  disconnectedCallback() {
    this.resizing.disconnect();
    removeEventListener("scroll", this.scrolled);
    clearTimeout(this.#calm);
    clearTimeout(this.#learning);
  }

  /**
   * Goes to a month.
   * @param {number} month
   */
  goTo(month) {
    const section = this.timeline.sections.find((other) => other.month === month);
    if (section !== undefined) scrollTo({ top: this.#offset() + section.top - BAR });
  }

  /**
   * Brings a picture into sight, and the keyboard to it.
   * @param {number} id
   */
  show(id) {
    const found = this.timeline.find(id);
    if (found === null || found.section.layout === null) return;
    const { section, index } = found;
    const top = this.#offset() + section.top + HEADER + (section.layout?.y[index] ?? 0);
    const bottom = top + (section.layout?.h[index] ?? 0);
    if (top < scrollY + BAR) scrollTo({ top: top - BAR - 8 });
    else if (bottom > scrollY + innerHeight) scrollTo({ top: bottom - innerHeight + 8 });
    this.#rove(id);
    this.#draw();
    this.#sections.get(section.month)?.tiles.get(id)?.focus({ preventScroll: true });
  }

  #resize() {
    const anchor = this.#anchor;
    this.timeline.resize(this.clientWidth);
    this.#keep(anchor);
    this.#draw();
  }

  #changed() {
    this.#keep(this.#anchor);
    this.#draw();
    this.dispatchEvent(new Event("change"));
  }

  /**
   * What was at the top stays there, unless that is the very top.
   * @param {ReturnType<Timeline["anchor"]>} anchor
   */
  #keep(anchor) {
    this.style.height = `${this.timeline.height}px`;
    if (anchor === null || scrollY <= this.#offset()) return;
    const top = this.timeline.heightOf(anchor) + this.#offset() - BAR;
    if (Math.abs(top - scrollY) > 1) scrollTo({ top, behavior: "instant" });
  }

  #scroll() {
    const now = performance.now();
    const speed = Math.abs(scrollY - this.#last.top) / Math.max(1, now - this.#last.time);
    this.#last = { top: scrollY, time: now };
    this.#isQuick = speed > QUICK;
    clearTimeout(this.#calm);
    this.#calm = window.setTimeout(() => {
      this.#isQuick = false;
      this.#draw();
    }, CALM);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Puts on the page what can be seen, and takes away what cannot. */
  #draw() {
    if (!this.isConnected) return;
    const offset = this.#offset();
    const top = scrollY - offset;
    this.#anchor = this.timeline.anchor(Math.max(0, top + BAR));
    if (this.#anchor !== null) this.moved(this.#anchor.month);
    const [first, end] = [top - AHEAD * innerHeight, top + (1 + AHEAD) * innerHeight];
    const sections = this.timeline.between(first, end);
    const months = new Set(sections.map((section) => section.month));
    for (const [month, { element }] of this.#sections) {
      if (months.has(month)) continue;
      take(element);
      this.#sections.delete(month);
    }
    /** @type {Element | null} */
    let before = null;
    for (const section of sections) {
      const drawn = this.#section(section);
      // In the order of the pictures, as those find them who do not see where they are.
      if (before === null ? this.firstElementChild !== drawn.element : before.nextElementSibling !== drawn.element) {
        if (before === null) this.prepend(drawn.element);
        else before.after(drawn.element);
      }
      before = drawn.element;
      drawn.element.style.transform = `translateY(${section.top}px)`;
      drawn.element.style.height = `${section.height}px`;
      if (!this.#isQuick) this.timeline.load(section).catch(() => {});
      this.#tiles(section, drawn.tiles, drawn.element, first - section.top - HEADER, end - section.top - HEADER);
    }
  }

  /** @param {Section} section */
  #section(section) {
    const known = this.#sections.get(section.month);
    const text = many(section.count);
    if (known !== undefined) {
      const count = /** @type {HTMLElement} */ (known.title.lastElementChild);
      if (count.textContent !== text) count.textContent = text;
      return known;
    }
    const id = `month-${section.month}`;
    const title = el("h2", { id }, monthName(section.month), " ", el("span", { class: "count" }, text));
    const element = el("section", { class: "month", "aria-labelledby": id }, title);
    const drawn = { element, title, tiles: new Map() };
    this.#sections.set(section.month, drawn);
    return drawn;
  }

  /**
   * @param {Section} section
   * @param {Map<number, HTMLAnchorElement>} tiles
   * @param {HTMLElement} element
   * @param {number} top
   * @param {number} bottom
   */
  #tiles(section, tiles, element, top, bottom) {
    const { pictures, layout } = section;
    if (pictures === null || layout === null) return;
    const [first, end] = between(layout, top, bottom);
    const wanted = new Set(pictures.slice(first, end).map((picture) => picture.id));
    for (const [id, tile] of tiles) {
      if (wanted.has(id) || tile === document.activeElement) continue;
      take(tile);
      tiles.delete(id);
    }
    let before = /** @type {Element} */ (element.firstElementChild);
    for (let index = first; index < end; index += 1) {
      const picture = /** @type {Picture} */ (pictures[index]);
      let tile = tiles.get(picture.id);
      if (tile?.dataset.rev !== picture.rev) {
        tile?.remove();
        tile = this.#tile(picture);
        tiles.set(picture.id, tile);
      }
      if (before.nextElementSibling !== tile) before.after(tile);
      before = tile;
      const { style } = tile;
      style.width = `${layout.w[index]}px`;
      style.height = `${layout.h[index]}px`;
      style.transform = `translate(${layout.x[index]}px, ${HEADER + (layout.y[index] ?? 0)}px)`;
      if (this.#current === 0) this.#current = picture.id;
      tile.tabIndex = picture.id === this.#current ? 0 : -1;
      const image = tile.querySelector("img");
      if (image !== null && !this.#isQuick && !image.hasAttribute("src")) image.src = thumbnail(picture, "grid");
    }
  }

  /** @param {Picture} picture */
  #tile(picture) {
    const name = `${picture.film ? "Film " : ""}${picture.name}, ${dayName(picture.taken)}`;
    const tile = el("a", { class: "tile", href: `#picture-${picture.id}`, "aria-label": name, "data-id": picture.id, "data-rev": picture.rev });
    const none = plate(picture.film ? "film" : "broken", picture.name);
    if (picture.thumbnail === "none") tile.append(none);
    else {
      const image = el("img", { alt: "", decoding: "async", draggable: "false" });
      image.addEventListener("load", () => {
        tile.classList.add("there");
        this.#learn(picture.id, image.naturalWidth / image.naturalHeight);
      });
      let failed = 0;
      // Perhaps the server is only busy.
      const again = () => image.isConnected && (image.src = thumbnail(picture, "grid"));
      image.addEventListener("error", () => {
        if (++failed < 3) return setTimeout(again, 4000);
        picture.thumbnail = "none";
        image.replaceWith(none);
      });
      tile.append(image);
    }
    if (picture.film) tile.append(el("span", { class: "is-film" }, icon("film")));
    return tile;
  }

  /**
   * Rows become right when nothing moves: together, not one after another under somebody's eyes.
   * @param {number} id
   * @param {number} ratio
   */
  #learn(id, ratio) {
    if (!(ratio > 0)) return;
    this.#seen.set(id, ratio);
    clearTimeout(this.#learning);
    this.#learning = window.setTimeout(() => {
      const seen = this.#seen;
      this.#seen = new Map();
      this.timeline.learn(seen);
    }, 250);
  }

  /** @param {number} id */
  #rove(id) {
    for (const { tiles } of this.#sections.values()) {
      const before = tiles.get(this.#current);
      if (before !== undefined) before.tabIndex = -1;
    }
    this.#current = id;
    for (const { tiles } of this.#sections.values()) {
      const tile = tiles.get(id);
      if (tile !== undefined) tile.tabIndex = 0;
    }
  }

  /** @param {KeyboardEvent} event */
  async #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const id = Number(/** @type {HTMLElement} */ (event.target).dataset?.id);
    const found = id > 0 ? this.timeline.find(id) : null;
    if (found === null) return;
    const { section, index } = found;
    /** @type {number | undefined} */
    let next;
    switch (event.key) {
      case "ArrowRight":
      case "ArrowLeft":
        event.preventDefault();
        next = (await this.timeline.beside(id, event.key === "ArrowRight" ? 1 : -1))?.id;
        break;
      case "ArrowDown":
      case "ArrowUp": {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        const at = section.layout === null ? index : neighbour(section.layout, index, step);
        if (at !== index) next = section.pictures?.[at]?.id;
        else {
          const edge = (step > 0 ? section.pictures?.[section.pictures.length - 1] : section.pictures?.[0])?.id;
          next = edge === undefined ? undefined : (await this.timeline.beside(edge, step))?.id;
        }
        break;
      }
      case "Home":
      case "End":
        event.preventDefault();
        next = (event.key === "Home" ? section.pictures?.[0] : section.pictures?.[section.pictures.length - 1])?.id;
        break;
      default:
        return;
    }
    if (next !== undefined) this.show(next);
  }

  /** How far down the page the pictures begin. */
  #offset() {
    return this.getBoundingClientRect().top + scrollY;
  }
}

/**
 * Takes something off the page, and whatever is still being fetched for it.
 * @param {HTMLElement} element
 */
function take(element) {
  for (const image of element.querySelectorAll("img")) image.removeAttribute("src");
  element.remove();
}

customElements.define("photo-grid", PhotoGrid);
