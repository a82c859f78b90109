// Keeps the list of an app's requests fresh while somebody looks at it.

const EVERY = 2000;
const KEPT = 200;

const bar = /** @type {HTMLElement} */ (document.getElementById("fresh"));
const list = /** @type {HTMLElement} */ (document.getElementById("requests"));
const none = /** @type {HTMLElement} */ (document.getElementById("none"));
const button = made("button", "", "Pause");
const state = made("span", "hint", "Live");
let newest = Number(bar.dataset.newest);
let isPaused = false;

button.setAttribute("type", "button");
state.setAttribute("role", "status");
bar.append(button, state);
button.addEventListener("click", () => {
  isPaused = !isPaused;
  button.textContent = isPaused ? "Go on" : "Pause";
  state.textContent = isPaused ? "Paused" : "Live";
});
setInterval(refresh, EVERY);

async function refresh() {
  if (isPaused || document.hidden) return;
  try {
    const answer = await fetch(`${bar.dataset.from}?after=${newest}`, { redirect: "error" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.json());
    if (!isPaused) say("Live");
  } catch {
    if (!isPaused) say("The server cannot be reached");
  }
}

/** Said only when it changes: whoever hears the page hears each word that is set. @param {string} text */
function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

/** @typedef {{number: number, at: string, machine_time: string, asked: string, status: number, is_bad: boolean,
 *   facts: string, refusal: string | null}} Row */

/** @param {Row[]} rows the latest first */
function show(rows) {
  const fresh = rows.filter((row) => row.number > newest);
  if (fresh.length === 0) return;
  newest = fresh[0].number;
  none.hidden = true;
  list.prepend(...fresh.map(item));
  while (list.children.length > KEPT) list.lastElementChild?.remove();
}

/** @param {Row} row */
function item(row) {
  const item = made("li", "", "");
  const asked = made("p", "", "");
  asked.append(made("span", row.is_bad ? "status bad" : "status", String(row.status)), " ", made("bdi", "url", row.asked));
  item.append(asked);
  if (row.refusal) item.append(made("p", "bad", row.refusal));
  const when = made("time", "", row.at);
  when.setAttribute("datetime", row.machine_time);
  const facts = made("p", "hint", "");
  facts.append(when, ` · ${row.facts}`);
  item.append(facts);
  return item;
}

/**
 * @param {string} name
 * @param {string} className
 * @param {string} text
 */
function made(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
