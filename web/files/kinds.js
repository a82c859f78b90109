// What a file is, in a word, and its sign.

import { extensionOf, nameOf } from '../lib/paths.js';

/** @typedef {import('./context.js').Entry} Entry */
/** @typedef {{label: string, sign: keyof typeof import('../components/icons.js').SIGNS}} Kind */

/** @type {Kind} */
const FOLDER = { label: 'Folder', sign: 'folder' };
/** @type {Kind} */
const FILE = { label: 'File', sign: 'file' };

/** @type {[string, Kind][]} */
const TABLE = [
  ['jpg jpeg png gif bmp webp tif tiff heic heif svg avif', { label: 'Picture', sign: 'picture' }],
  ['mp4 m4v mov avi mkv webm mpg mpeg wmv 3gp', { label: 'Film', sign: 'film' }],
  ['mp3 m4a aac flac ogg opus wav wma', { label: 'Sound', sign: 'sound' }],
  ['pdf', { label: 'PDF', sign: 'text' }],
  ['doc docx odt rtf pages', { label: 'Document', sign: 'text' }],
  ['txt md markdown log tex', { label: 'Text', sign: 'text' }],
  ['xls xlsx xlsm ods csv tsv numbers', { label: 'Spreadsheet', sign: 'sheet' }],
  ['ppt pptx odp key', { label: 'Slides', sign: 'picture' }],
  ['zip gz tgz xz bz2 zst 7z rar tar', { label: 'Archive', sign: 'archive' }],
  ['js ts py rs c h cpp java go rb sh css html xml json yaml yml toml sql swift kt', { label: 'Code', sign: 'code' }],
];

const BY_EXTENSION = new Map(TABLE.flatMap(([all, kind]) => all.split(' ').map((one) => /** @type {const} */ ([one, kind]))));

/**
 * @param {Pick<Entry, 'path' | 'is_dir'>} entry
 * @returns {Kind}
 */
export const kindOf = (entry) => (entry.is_dir ? FOLDER : (BY_EXTENSION.get(extensionOf(nameOf(entry.path))) ?? FILE));
