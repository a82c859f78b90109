// How a file can be looked at, by what its name promises.

import { extensionOf, nameOf } from '../lib/paths.js';

/** @typedef {'picture' | 'pdf' | 'text' | 'audio' | 'video' | 'other'} Kind */

/** Pictures that browsers show themselves; the server makes small ones of some others. */
const PICTURES = /^(apng|avif|bmp|gif|ico|jfif|jpe?g|png|svg|webp)$/;
const TEXTS = new RegExp(`^(${[
  'adoc|asm|awk|bash|bat|bib|c|cc|cfg|clj|cmake|cmd|conf|cpp|cs|css|csv|cue|cxx|d|dart|desktop|diff|dockerfile|el|elm|env|erl|ex|exs|fish|fs|gitignore',
  'go|gpx|gradle|graphql|groovy|h|haskell|hh|hpp|hrl|hs|htm|html|ics|ini|ino|java|jl|js|json|json5|jsonl|jsx|kml|kt|kts|less|lisp|lock|log|lua|m3u8?|m4',
  'mak|make|md|mdown|markdown|mjs|mk|ml|mli|nfo|nim|nix|org|patch|php|pl|plist|pm|po|ps1|properties|proto|py|r|rb|rkt|rs|rst|s|sass|scala|scm|scss|sh|sql',
  'srt|sv|svelte|swift|tcl|tex|text|toml|ts|tsv|tsx|txt|v|vb|vcf|vhd|vim|vtt|vue|xhtml|xml|xsl|yaml|yml|zig|zsh',
].join('|')})$`);
/** Names without an extension that are texts all the same. */
const TEXT_NAMES = /^(authors|changelog|copying|dockerfile|gemfile|install|licen[cs]e|makefile|notice|rakefile|readme|todo|\.[a-z]+(rc|ignore|config|profile|attributes))$/i;
const SOUNDS = /^(aac|flac|m4a|mp3|oga|ogg|opus|wav|weba)$/;
const FILMS = /^(m4v|mkv|mov|mp4|mpe?g|ogv|webm)$/;

/**
 * @param {{path: string, mime_type?: string, thumb_exists?: boolean}} entry
 * @returns {Kind}
 */
export function kindOf({ path, mime_type: mime = '', thumb_exists: hasThumbnail }) {
  const extension = extensionOf(nameOf(path));
  if (PICTURES.test(extension) || hasThumbnail) return 'picture';
  if (extension === 'pdf') return 'pdf';
  if (SOUNDS.test(extension)) return 'audio';
  if (FILMS.test(extension)) return 'video';
  if (TEXTS.test(extension) || TEXT_NAMES.test(nameOf(path)) || mime.startsWith('text/')) return 'text';
  return 'other';
}

/** @param {string} path @returns {boolean} Whether browsers show such a picture themselves. */
export const isShownByBrowsers = (path) => PICTURES.test(extensionOf(nameOf(path)));

/**
 * The text that bytes are, if they are one.
 * @param {Uint8Array<ArrayBuffer>} bytes From the beginning; they may end within a letter.
 * @returns {string | null}
 */
export function textOf(bytes) {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return new TextDecoder(first === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
  }
  // No text holds a NUL.
  if (bytes.subarray(0, 8192).includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
