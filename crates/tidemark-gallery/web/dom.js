/**
 * Making elements: texts are texts, and never markup.
 */

/**
 * An element with these attributes (a function is a listener, `true` an attribute without a value) and in it these children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | ((event: any) => void)>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** @type {Record<string, string>} */
const ICONS = {
  close: "M6 6l12 12M18 6L6 18",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  info: "M12 11v6M12 7.5v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  share: "M12 15V4M8 7.5L12 4l4 3.5M6 11H5v9h14v-9h-1",
  save: "M12 4v11M8 11.5l4 4 4-4M5 20h14",
  play: "M8 5.5v13l10-6.5z",
  pause: "M9 5.5v13M15 5.5v13",
  screen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  film: "M9 7.5v9l7-4.5z",
  broken: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4",
};

/**
 * A drawing, for the eyes only.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", ICONS[name] ?? "");
  svg.append(path);
  return svg;
}

/**
 * What stands in the place of a picture that there is none of.
 * @param {string} drawing
 * @param {string} [text]
 */
export const plate = (drawing, text = "") => el("span", { class: "nameplate" }, icon(drawing), text);

/**
 * A button with a drawing, and a name for those who do not see it.
 * @param {string} drawing
 * @param {string} name
 * @param {(event: MouseEvent) => void} pressed
 * @param {Record<string, string | boolean>} [more]
 */
export function button(drawing, name, pressed, more = {}) {
  return el("button", { type: "button", class: "round", "aria-label": name, title: name, click: pressed, ...more }, icon(drawing));
}

/**
 * Tells those who hear the page.
 * @param {string} text
 */
export function announce(text) {
  const status = document.getElementById("status");
  if (status !== null) status.textContent = text;
}
