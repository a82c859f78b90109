/**
 * The timeline: months of pictures, of which only those are here that somebody looks at. It knows no page.
 */

import { RATIO_USUAL, estimate, layOut, rowHeight, search } from "./layout.js";

/**
 * A picture or film.
 * @typedef {object} Picture
 * @property {number} id
 * @property {string} rev
 * @property {string} name
 * @property {number} taken In seconds since 1970.
 * @property {boolean} film
 * @property {number} ratio Its width by its height.
 * @property {"unseen" | "seen" | "none"} thumbnail Whether there is a small picture of it: nobody knows, yes, no.
 */

/**
 * What the gallery tells of a picture: its number, version, name, time, whether it is a film, width and height of its thumbnail.
 * @typedef {[number, string, string, number, 0 | 1, number, number]} Row
 */

/** @typedef {{ month: number, count: number, stamp: number }} Month */

/**
 * A month, and where it is on the page.
 * @typedef {object} Section
 * @property {number} month Such as 202405.
 * @property {number} count
 * @property {number} stamp
 * @property {number} top
 * @property {number} height
 * @property {Picture[] | null} pictures
 * @property {import("./layout.js").Layout | null} layout
 * @property {boolean} stale Whether there are others by now.
 * @property {Promise<void> | null} loading
 */

/**
 * Where the pictures come from.
 * @typedef {object} Source
 * @property {() => Promise<{ months: Month[], working: boolean }>} months
 * @property {(month: number) => Promise<Row[]>} month
 */

/** The height of a month's name, and the room after a month. */
export const HEADER = 52;
const SPACE = 20;
const GAP = 4;
/** So many pictures are kept; beyond that, months that are far from what is looked at are given up. */
const KEPT_MAX = 60_000;

export class Timeline {
  /** @type {Section[]} The last month first. */
  sections = [];
  working = false;
  height = 0;
  total = 0;
  /** Whether anything is known at all. */
  isKnown = false;
  #width = 0;

  /**
   * @param {Source} source
   * @param {() => void} changed Told when anything is elsewhere than it was.
   */
  constructor(source, changed) {
    this.source = source;
    this.changed = changed;
  }

  /** Asks which months there are. What is still true of what is known stays. */
  async refresh() {
    const { months, working } = await this.source.months();
    const known = new Map(this.sections.map((section) => [section.month, section]));
    this.sections = months.map(({ month, count, stamp }) => {
      const before = known.get(month);
      const isSame = before !== undefined && before.count === count && before.stamp === stamp;
      return {
        month,
        count,
        stamp,
        top: 0,
        height: 0,
        pictures: before?.pictures ?? null,
        layout: null,
        stale: !isSame || before.stale,
        loading: isSame ? before.loading : null,
      };
    });
    this.working = working;
    this.isKnown = true;
    this.total = months.reduce((sum, month) => sum + month.count, 0);
    this.#place();
    this.changed();
  }

  /**
   * There is so much room now.
   * @param {number} width
   */
  resize(width) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    for (const section of this.sections) section.layout = null;
    this.#place();
  }

  /**
   * The sections between two heights.
   * @param {number} top
   * @param {number} bottom
   */
  between(top, bottom) {
    const { sections } = this;
    const first = search(sections.length, (at) => this.#bottom(at) > top);
    const end = search(sections.length, (at) => /** @type {Section} */ (sections[at]).top >= bottom);
    return sections.slice(first, end);
  }

  /**
   * Gets the pictures of a month, if they are not here or others by now.
   * @param {Section} section
   * @returns {Promise<void>}
   */
  load(section) {
    if (section.pictures !== null && !section.stale) return Promise.resolve();
    section.loading ??= this.#fetch(section);
    return section.loading;
  }

  /** @param {Section} section */
  async #fetch(section) {
    try {
      const pictures = (await this.source.month(section.month)).map(read);
      // It may have been asked for again meanwhile.
      const current = this.sections.find((other) => other.month === section.month);
      if (current === undefined) return;
      current.pictures = pictures;
      current.stale = current.stamp !== section.stamp || current.count !== section.count;
      current.layout = null;
      current.loading = null;
      this.#giveUp(current);
      this.#place();
      this.changed();
    } finally {
      section.loading = null;
    }
  }

  /**
   * Of these pictures the shapes were seen.
   * @param {Map<number, number>} ratios By number.
   */
  learn(ratios) {
    let isNew = false;
    for (const section of this.sections) {
      for (const picture of section.pictures ?? []) {
        const ratio = ratios.get(picture.id);
        if (ratio === undefined) continue;
        picture.thumbnail = "seen";
        if (Math.abs(picture.ratio / ratio - 1) < 0.02) continue;
        picture.ratio = ratio;
        section.layout = null;
        isNew = true;
      }
    }
    if (!isNew) return;
    this.#place();
    this.changed();
  }

  /**
   * Where a picture is that is here.
   * @param {number} id
   * @returns {{ section: Section, index: number, picture: Picture } | null}
   */
  find(id) {
    for (const section of this.sections) {
      const index = section.pictures?.findIndex((picture) => picture.id === id) ?? -1;
      const picture = section.pictures?.[index];
      if (picture !== undefined) return { section, index, picture };
    }
    return null;
  }

  /**
   * The picture so many places behind another, or before it; its month is fetched if need be.
   * @param {number} id
   * @param {1 | -1} step
   * @returns {Promise<Picture | null>} None at the end.
   */
  async beside(id, step) {
    const found = this.find(id);
    if (found === null) return null;
    const near = found.section.pictures?.[found.index + step];
    if (near !== undefined) return near;
    for (let at = this.sections.indexOf(found.section) + step; ; at += step) {
      const section = this.sections[at];
      if (section === undefined) return null;
      await this.load(section);
      const pictures = this.sections.find((other) => other.month === section.month)?.pictures ?? [];
      const picture = step > 0 ? pictures[0] : pictures[pictures.length - 1];
      if (picture !== undefined) return picture;
    }
  }

  /** What is at a height, so that it can be found again when things have moved: a picture in a month, or a part of the month.
   * @param {number} top
   */
  anchor(top) {
    const section = this.between(top, top + 1)[0] ?? null;
    if (section === null) return null;
    const { layout, pictures } = section;
    const inside = top - section.top - HEADER;
    if (layout === null || pictures === null || inside <= 0) return { month: section.month, id: 0, rest: top - section.top };
    const row = search(layout.rows.length, (at) => /** @type {number} */ (layout.y[layout.rows[at] ?? 0]) > inside) - 1;
    const index = layout.rows[Math.max(0, row)] ?? 0;
    return { month: section.month, id: pictures[index]?.id ?? 0, rest: inside - (layout.y[index] ?? 0) };
  }

  /**
   * At which height that is now.
   * @param {{ month: number, id: number, rest: number }} anchor
   */
  heightOf({ month, id, rest }) {
    const section = this.sections.find((other) => other.month <= month) ?? this.sections[this.sections.length - 1];
    if (section === undefined) return 0;
    const index = id === 0 ? -1 : (section.pictures?.findIndex((picture) => picture.id === id) ?? -1);
    const y = section.layout?.y[index];
    return y === undefined ? section.top + Math.min(rest, section.height) : section.top + HEADER + y + rest;
  }

  /** Places every section below the one before. */
  #place() {
    const width = this.#width;
    if (width === 0) return;
    const target = rowHeight(width);
    let top = 0;
    for (const section of this.sections) {
      if (section.pictures !== null) {
        section.layout ??= layOut(section.pictures.map((picture) => picture.ratio), width, target, GAP);
      }
      const inside = section.layout?.height ?? estimate(section.count, width, target, GAP);
      section.top = top;
      section.height = HEADER + inside + SPACE;
      top += section.height;
    }
    this.height = top;
  }

  /** @param {Section} near */
  #giveUp(near) {
    let kept = this.sections.reduce((sum, section) => sum + (section.pictures?.length ?? 0), 0);
    const middle = this.sections.indexOf(near);
    const far = this.sections.map((section, at) => ({ section, distance: Math.abs(at - middle) }));
    far.sort((a, b) => b.distance - a.distance);
    for (const { section, distance } of far) {
      if (kept <= KEPT_MAX || distance < 3) return;
      kept -= section.pictures?.length ?? 0;
      section.pictures = null;
      section.layout = null;
    }
  }

  /** @param {number} at */
  #bottom(at) {
    const section = /** @type {Section} */ (this.sections[at]);
    return section.top + section.height;
  }
}

/**
 * @param {Row} row
 * @returns {Picture}
 */
function read([id, rev, name, taken, film, width, height]) {
  const thumbnail = width > 0 ? "seen" : width === 0 ? "none" : "unseen";
  return { id, rev, name, taken, film: film === 1, ratio: width > 0 && height > 0 ? width / height : RATIO_USUAL, thumbnail };
}
