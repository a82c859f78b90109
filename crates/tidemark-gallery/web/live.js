/**
 * News, as they happen: the gallery's server-sent events.
 */

import { PREFIX } from "./api.js";

/** Events come in swarms: they are answered together, but not later than this after the first, in milliseconds. */
const CALM = 400;
const LATEST = 2000;

/**
 * Follows the news for as long as the page lives.
 * @param {object} heard
 * @param {(came: number, left: number) => void} heard.changed There are other pictures.
 * @param {(isWorking: boolean) => void} heard.working Folders are being read, or no longer.
 */
export function follow({ changed, working }) {
  let came = 0;
  let left = 0;
  let first = 0;
  let timer = 0;
  let isOld = false;
  const settle = () => {
    const [all, gone] = [came, left];
    came = left = first = timer = 0;
    changed(all, gone);
  };
  const soon = () => {
    first ||= Date.now();
    clearTimeout(timer);
    timer = window.setTimeout(settle, Math.max(0, Math.min(CALM, first + LATEST - Date.now())));
  };
  const events = new EventSource(`${PREFIX}/events`);
  events.addEventListener("changed", (event) => {
    const news = JSON.parse(event.data);
    came += news.came;
    left += news.left;
    soon();
  });
  events.addEventListener("working", (event) => working(event.data === "true"));
  // Nobody is signed in here any more: whoever asks for something is told so.
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) soon();
  });
  // What happened while nobody listened is looked at.
  events.addEventListener("open", () => {
    if (isOld) soon();
    isOld = true;
  });
}
