// What is in an account: files as somebody might have them, thousands of photographs, and folders that are too full.

import { pdf, wav } from "./documents.js";
import { dated, jpeg } from "./jpeg.js";
import { scenery } from "./scenery.js";

/** A file to put; of a photograph, when it was taken, too. @typedef {[path: string, content: Buffer, changed?: Date]} File */

const DAY = 86_400_000;
/** Where pictures were taken: up a coast. @type {import("./jpeg.js").Place[]} */
const PLACES = [
  { latitude: 48.649, longitude: -2.025 },
  { latitude: 50.119, longitude: -5.537 },
  { latitude: 58.209, longitude: -6.387 },
  { latitude: 62.010, longitude: -6.774 },
];

const TIDES = `# Tides

Where the sea stood last, it leaves a mark.

- spring tides follow the full moon and the new
- neap tides follow the quarters

| Port       | High  | Low   |
| ---------- | ----- | ----- |
| Saint-Malo | 06:12 | 12:40 |
| Newlyn     | 05:03 | 11:21 |
`;

/**
 * The files of somebody who likes the coast.
 * @returns {File[]}
 */
export function coast({ pictures = 24, side = 480 } = {}) {
  const words = (/** @type {string} */ text) => Buffer.from(text, "utf8");
  /** @type {[path: string, content: Buffer][]} */
  const documents = [
    ["/Reading list.txt", words("The Sea Around Us\nTo the Lighthouse\nMoominpappa at Sea\n")],
    ["/Tides.md", words(TIDES)],
    ["/Harbour dues 2026.csv", words("month,berth,euro\nMay,14,120.50\nJune,14,120.50\nJuly,9,144.00\n")],
    ["/Boat survey.pdf", pdf("Boat survey", ["Hull: sound.", "Rigging: renew the forestay.", "Engine: starts at the second try."])],
    ["/Foghorn.wav", wav(2, 110)],
    ["/Logbook/2026-05-02.md", words("# 2 May\n\nWind south-west 4. Left at six with the tide.\n")],
    ["/Logbook/2026-05-03.md", words("# 3 May\n\nFog. Stayed, and read.\n")],
    ["/Charts/Chausey.pdf", pdf("Chausey", ["Not to be used for navigation."])],
  ];
  const day = Date.UTC(2026, 4, 3, 19, 12);
  return [
    ...documents.map(([path, content], index) => /** @type {File} */ ([path, content, new Date(day - index * 5.3 * DAY)])),
    ...photographs(1, { side, from: 3 }).map(([, ...rest]) => /** @type {File} */ (["/Photos/Cover.jpg", ...rest])),
    ...photographs(pictures, { side, folder: () => "/Photos/Brittany", from: 10 }),
  ];
}

/**
 * Photographs, over years, in folders. Only so many differ to the eye; all of them differ in their bytes.
 * @param {number} count
 * @param {object} options
 * @param {number} [options.side] of the longer side, in pixels
 * @param {number} [options.different] how many are painted; the others are those, at other times
 * @param {number} [options.from] the first one's seed
 * @param {(index: number) => string} [options.folder] where each lies
 * @param {number} [options.until] when the last was taken, in milliseconds of Unix time
 * @returns {File[]}
 */
export function photographs(
  count,
  { side = 320, different = count, from = 0, folder = () => "/Photos", until = Date.UTC(2026, 5, 21, 18, 30) } = {},
) {
  const painted = Array.from({ length: Math.min(different, count) }, (_, index) => jpeg(scenery(from + index, side)));
  return Array.from({ length: count }, (_, index) => {
    const taken = new Date(until - Math.round(index * 0.61 * DAY));
    const picture = dated(painted[index % painted.length] ?? Buffer.alloc(0), taken, PLACES[(index >> 5) % PLACES.length]);
    return [`${folder(index)}/IMG_${String(10_000 - index).padStart(5, "0")}.jpg`, picture, taken];
  });
}

/** Small files with names in order. @param {string} folder @param {number} count @returns {Generator<[string, string]>} */
export function* crowd(folder, count) {
  for (let index = 1; index <= count; index++) yield [`${folder}/note ${String(index).padStart(5, "0")}.txt`, `${index}\n`];
}
