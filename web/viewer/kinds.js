// How a file can be looked at, by what its name promises.

import { extensionOf, nameOf } from '../lib/paths.js';

/** @typedef {'picture' | 'pdf' | 'text' | 'audio' | 'video' | 'other'} Kind */

/** Pictures that browsers show themselves; the server makes small ones of some others. */
const PICTURE = /^(apng|avif|bmp|gif|ico|jpe?g|png|svg|webp)$/;
const AUDIO = /^(aac|flac|m4a|mp3|og[ga]|opus|wav)$/;
const VIDEO = /^(m4v|mkv|mov|mp4|mpe?g|ogv|webm)$/;
/** Types of `application/` and others that are no text. All else may be one: its bytes tell. */
const OTHER = /^(font|image|audio|video|model)\/|zip|gzip|compressed|rar|tar$|x-(7z|bzip|xz|iso|msdownload|apple-disk)|msword|office|opendocument|vnd\.|java-archive/;

/**
 * @param {{path: string, mime_type?: string, thumb_exists?: boolean}} entry
 * @returns {Kind}
 */
export function kindOf({ path, mime_type: mime = '', thumb_exists: hasThumbnail }) {
  const extension = extensionOf(nameOf(path));
  if (hasThumbnail || PICTURE.test(extension)) return 'picture';
  if (extension === 'pdf') return 'pdf';
  if (AUDIO.test(extension)) return 'audio';
  if (VIDEO.test(extension)) return 'video';
  // (`.ts` is a film to some tables.)
  return OTHER.test(mime) && !/\+xml|^text/.test(mime) ? 'other' : 'text';
}

/** @param {string} path @returns {boolean} Whether browsers show such a picture themselves. */
export const isShownByBrowsers = (path) => PICTURE.test(extensionOf(nameOf(path)));

/**
 * The text that bytes are, if they are one.
 * @param {Uint8Array<ArrayBuffer>} bytes From the beginning; they may end within a letter.
 * @returns {string | null}
 */
export function textOf(bytes) {
  const mark = bytes[0] * 256 + bytes[1];
  if (mark === 0xfffe || mark === 0xfeff) return new TextDecoder(mark === 0xfffe ? 'utf-16le' : 'utf-16be').decode(bytes);
  // No text holds a NUL, and none of any length so many signs of control.
  const first = bytes.subarray(0, 4096);
  if (first.includes(0) || first.filter((byte) => byte < 9 || (byte > 13 && byte < 27)).length * 20 > first.length) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
