// JPEG pictures, written by the book (ITU-T T.81, baseline, the tables of its annex K, no subsampling), with what a camera notes (Exif).
//
// Decoders of ours must take them for photographs, so they are whole ones; and thousands of them are needed, so one that was
// encoded can be dated again and again without encoding it (`dated`).

/** A picture: three bytes to a pixel, row by row. @typedef {{width: number, height: number, rgb: Uint8ClampedArray}} Picture */
/** Degrees. @typedef {{latitude: number, longitude: number}} Place */

const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
  57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
const QUANTA_OF_LIGHT = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22,
  37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const QUANTA_OF_COLOUR = [17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 99, 47, 66, 99, 99];

/** How many codes there are of each length, and what they stand for. @typedef {{counts: number[], values: number[]}} Codes */
/** @type {Codes} */
const DC = { counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] };
/** @type {Codes} */
const AC = {
  counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
  values: [
    ...Buffer.from(
      "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748" +
        "494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3" +
        "c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
      "hex",
    ),
  ],
};

/** Half of the cosine transform's basis, by [frequency][place]. */
const BASIS = Array.from({ length: 8 }, (_, u) =>
  Float64Array.from({ length: 8 }, (_, x) => (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16)),
);

/**
 * Encodes a picture; without a date.
 * @param {Picture} picture
 * @param {number} quality from 1 to 100
 */
export function jpeg({ width, height, rgb }, quality = 80) {
  const scale = quality < 50 ? 50 / quality : 2 - quality / 50;
  const quanta = [QUANTA_OF_LIGHT, coloured()].map((table) => table.map((step) => clamp(Math.round(step * scale), 1, 255)));
  const out = new Bits();
  out.bytes(0xff, 0xd8);
  quanta.forEach((table, id) => out.segment(0xdb, [id, ...ZIGZAG.map((at) => table[at] ?? 1)]));
  const part = (/** @type {number} */ id) => [id + 1, 0x11, Math.min(id, 1)];
  out.segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, 3, ...part(0), ...part(1), ...part(2)]);
  out.segment(0xc4, [0x00, ...DC.counts, ...DC.values]);
  out.segment(0xc4, [0x10, ...AC.counts, ...AC.values]);
  out.segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
  const [dc, ac] = [codes(DC), codes(AC)];
  const before = [0, 0, 0];
  const block = new Float64Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let part = 0; part < 3; part++) {
        sample(block, { width, height, rgb }, left, top, part);
        transform(block);
        const table = quanta[Math.min(part, 1)] ?? [];
        const steps = ZIGZAG.map((at) => Math.round((block[at] ?? 0) / (table[at] ?? 1)));
        writeBlock(out, steps, before[part] ?? 0, dc, ac);
        before[part] = steps[0] ?? 0;
      }
    }
  }
  out.flush();
  out.bytes(0xff, 0xd9);
  return Buffer.from(out.written);
}

/**
 * A picture that was taken then, perhaps there: the same bytes with a camera's notes in front.
 * @param {Buffer} encoded what `jpeg` made
 * @param {Date} taken as the camera's clock said, in UTC
 * @param {Place} [place]
 */
export function dated(encoded, taken, place) {
  const notes = exif(taken, place);
  const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, (notes.length + 2) >> 8, (notes.length + 2) & 255]);
  return Buffer.concat([head, notes, encoded.subarray(2)]);
}

/** @param {Date} taken @param {Place} [place] */
function exif(taken, place) {
  const when = taken.toISOString().slice(0, 19).replaceAll("-", ":").replace("T", " ") + "\0";
  const entry = (/** @type {number[]} */ ...[tag = 0, kind = 0, count = 0, value = 0]) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(kind, 2);
    bytes.writeUInt32LE(count, 4);
    bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  const folder = (/** @type {Buffer[]} */ ...entries) =>
    Buffer.concat([Buffer.from([entries.length, 0]), ...entries, Buffer.alloc(4)]);
  const [ASCII, LONG, RATIONAL] = [2, 4, 5];
  // The notes lie behind one another: header, first folder, the camera's, its date, the place's, its numbers.
  const first = 8;
  const camera = first + 2 + 12 * (place ? 2 : 1) + 4;
  const date = camera + 2 + 12 + 4;
  const where = date + when.length;
  const numbers = where + 2 + 12 * 4 + 4;
  const parts = [
    Buffer.from("Exif\0\0II\x2a\0\x08\0\0\0", "latin1"),
    folder(entry(0x8769, LONG, 1, camera), ...(place ? [entry(0x8825, LONG, 1, where)] : [])),
    folder(entry(0x9003, ASCII, when.length, date)),
    Buffer.from(when, "latin1"),
  ];
  if (place) {
    const side = (/** @type {number} */ degrees, /** @type {string} */ sides) => (sides[degrees < 0 ? 1 : 0] ?? "").charCodeAt(0);
    parts.push(
      folder(
        entry(1, ASCII, 2, side(place.latitude, "NS")),
        entry(2, RATIONAL, 3, numbers),
        entry(3, ASCII, 2, side(place.longitude, "EW")),
        entry(4, RATIONAL, 3, numbers + 24),
      ),
      sexagesimal(place.latitude),
      sexagesimal(place.longitude),
    );
  }
  return Buffer.concat(parts);
}

/** Degrees, minutes and seconds as three fractions. @param {number} degrees */
function sexagesimal(degrees) {
  const seconds = Math.round(Math.abs(degrees) * 360_000);
  const fractions = [Math.floor(seconds / 360_000), 1, Math.floor(seconds / 6_000) % 60, 1, seconds % 6_000, 100];
  const bytes = Buffer.alloc(24);
  fractions.forEach((number, index) => bytes.writeUInt32LE(number, index * 4));
  return bytes;
}

function coloured() {
  const table = new Array(64).fill(99);
  QUANTA_OF_COLOUR.forEach((step, at) => (table[(at >> 2) * 8 + (at & 3)] = step));
  return table;
}

/** Fills a block with one part of the colour (light, blue, red); what lies beyond the picture repeats its edge.
 * @param {Float64Array} block @param {Picture} picture @param {number} left @param {number} top @param {number} part */
function sample(block, { width, height, rgb }, left, top, part) {
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const at = 3 * (Math.min(top + y, height - 1) * width + Math.min(left + x, width - 1));
      const [r, g, b] = [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
      if (part === 0) block[y * 8 + x] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
      else if (part === 1) block[y * 8 + x] = -0.1687 * r - 0.3313 * g + 0.5 * b;
      else block[y * 8 + x] = 0.5 * r - 0.4187 * g - 0.0813 * b;
    }
  }
}

const LINE = new Float64Array(8);

/** The cosine transform: of the rows, then of the columns. @param {Float64Array} block */
function transform(block) {
  for (const [line, step] of /** @type {const} */ ([[8, 1], [1, 8]])) {
    for (let n = 0; n < 8; n++) {
      for (let u = 0; u < 8; u++) {
        let sum = 0;
        const basis = /** @type {Float64Array} */ (BASIS[u]);
        for (let x = 0; x < 8; x++) sum += /** @type {number} */ (block[n * line + x * step]) * /** @type {number} */ (basis[x]);
        LINE[u] = sum;
      }
      for (let u = 0; u < 8; u++) block[n * line + u * step] = LINE[u] ?? 0;
    }
  }
}

/** @param {Bits} out @param {number[]} steps @param {number} before @param {number[][]} dc @param {number[][]} ac */
function writeBlock(out, steps, before, dc, ac) {
  writeNumber(out, (steps[0] ?? 0) - before, 0, dc);
  let zeros = 0;
  let last = 63;
  while (last > 0 && steps[last] === 0) last--;
  for (let at = 1; at <= last; at++) {
    const step = steps[at] ?? 0;
    if (step === 0) {
      zeros++;
      continue;
    }
    for (; zeros > 15; zeros -= 16) out.code(ac[0xf0]);
    writeNumber(out, step, zeros, ac);
    zeros = 0;
  }
  if (last < 63) out.code(ac[0]);
}

/** @param {Bits} out @param {number} number @param {number} zeros before it @param {number[][]} table */
function writeNumber(out, number, zeros, table) {
  const size = 32 - Math.clz32(Math.abs(number));
  out.code(table[(zeros << 4) | size]);
  if (size > 0) out.bits(number < 0 ? number + (1 << size) - 1 : number, size);
}

/** The code of each value, with its length. @param {Codes} described */
function codes({ counts, values }) {
  /** @type {number[][]} */
  const table = [];
  let [code, at] = [0, 0];
  counts.forEach((count, index) => {
    for (let n = 0; n < count; n++) table[values[at++] ?? 0] = [code++, index + 1];
    code <<= 1;
  });
  return table;
}

/** Bytes, and bits in between, each 0xff among which is followed by a zero. */
class Bits {
  /** @type {number[]} */
  written = [];
  #held = 0;
  #count = 0;

  /** @param {number[]} bytes */
  bytes(...bytes) {
    this.written.push(...bytes);
  }

  /** @param {number} marker @param {number[]} content */
  segment(marker, content) {
    this.bytes(0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255, ...content);
  }

  /** @param {number[] | undefined} code */
  code(code) {
    if (code) this.bits(code[0] ?? 0, code[1] ?? 0);
  }

  /** @param {number} value @param {number} count */
  bits(value, count) {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.#held = (this.#held << 1) | ((value >> bit) & 1);
      if (++this.#count < 8) continue;
      this.written.push(this.#held);
      if (this.#held === 0xff) this.written.push(0);
      this.#held = this.#count = 0;
    }
  }

  flush() {
    while (this.#count > 0) this.bits(1, 1);
  }
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
