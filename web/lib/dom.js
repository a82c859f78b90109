// Elements from script. Text never becomes markup: the policy of the page forbids it, and this needs none.

/**
 * An element with properties and children. `class`, `for`, `role`, `aria-*` and `data-*` are attributes; `on…` are listeners; all
 * else is set as a property. A button submits nothing unless it says so. A false, null or undefined value is left out; such children are, too.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any> | null} [props]
 * @param {...(Node | string | number | false | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  if (element instanceof HTMLButtonElement) element.type = 'button';
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value == null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes('-')) /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  add(element, children);
  return element;
}

/**
 * Adds children, leaving out what is false or nothing.
 * @param {Element} parent
 * @param {(Node | string | number | false | null | undefined)[]} children
 */
export function add(parent, children) {
  for (const child of children) {
    if (child !== false && child != null) parent.append(typeof child === 'number' ? String(child) : child);
  }
}

/**
 * Puts these in the place of whatever was inside.
 * @param {Element} parent
 * @param {...(Node | string | false | null | undefined)} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  add(parent, children);
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * A picture of 24 by 24, drawn in lines of the text's colour; nobody hears of it.
 * @param {string} path What `d` of a path says.
 * @param {string} [className]
 * @returns {SVGSVGElement}
 */
export function icon(path, className = 'icon') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}
