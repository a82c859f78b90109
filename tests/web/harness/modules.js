// What a page needs of script and style, at once and later.

/** What a page starts with, and what a module asks for by name, at once or when it is needed. */
const STARTS = /<(?:script|link)[^>]*\s(?:src|href)="([^"]+\.(?:js|css))"/g;
const IMPORTS = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\n]+\.js)["']/g;
/** A style that a module asks for later; it names only the file. */
const STYLES = /["'](?:\.\.\/styles\/)?([\w-]+\.css)["']/g;

/**
 * The addresses of all scripts and styles of a page, with their texts as they are served.
 * @param {string} html the page
 * @param {string} origin where it is
 * @param {(address: string) => Promise<string>} fetched the text at an address
 * @returns {Promise<Map<string, string>>}
 */
export async function scriptsAndStyles(html, origin, fetched) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  const follow = async (/** @type {string} */ address) => {
    if (texts.has(address)) return;
    const text = await fetched(address);
    texts.set(address, text);
    if (!address.endsWith(".js")) return;
    for (const [, name = ""] of text.matchAll(IMPORTS)) await follow(new URL(name, address).href);
    for (const [, name] of text.matchAll(STYLES)) await follow(new URL(`../styles/${name}`, address).href);
  };
  for (const [, name = ""] of html.matchAll(STARTS)) await follow(new URL(name, origin).href);
  return texts;
}
