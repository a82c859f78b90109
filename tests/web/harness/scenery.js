// Pictures of a coast that is nowhere: sky, a sun or a moon, hills, and the sea. The same number gives the same picture.

/** A picture as `jpeg.js` takes it. @typedef {import("./jpeg.js").Picture} Picture */
/** @typedef {[number, number, number]} Colour */

/** What hours look like: the sky above and at the horizon, the far and the near hills, the disc. @type {[Colour, Colour, Colour, Colour, Colour][]} */
const HOURS = [
  [[38, 84, 140], [248, 196, 148], [122, 112, 142], [38, 42, 66], [255, 236, 190]],
  [[92, 158, 214], [222, 238, 246], [134, 168, 178], [44, 92, 82], [255, 255, 240]],
  [[24, 30, 68], [232, 122, 92], [96, 62, 98], [24, 20, 42], [255, 206, 150]],
  [[10, 16, 38], [64, 86, 128], [38, 52, 84], [10, 16, 30], [236, 240, 250]],
  [[112, 146, 158], [236, 228, 212], [152, 158, 150], [72, 78, 66], [250, 246, 236]],
  [[58, 118, 138], [250, 214, 178], [96, 140, 136], [22, 62, 66], [255, 244, 214]],
  [[122, 96, 150], [252, 186, 178], [150, 112, 142], [62, 42, 78], [255, 230, 220]],
  [[66, 132, 196], [190, 222, 236], [110, 154, 112], [34, 78, 46], [255, 252, 228]],
];
/** Width to height: as cameras and telephones hold them. */
const SHAPES = [3 / 2, 3 / 2, 4 / 3, 2 / 3, 3 / 4, 16 / 9, 1, 2.4];

/**
 * Paints a picture.
 * @param {number} seed
 * @param {number} side the length of its longer side, in pixels
 * @returns {Picture}
 */
export function scenery(seed, side = 480) {
  const random = numbers(seed);
  const shape = SHAPES[Math.floor(random() * SHAPES.length)] ?? 1.5;
  const width = Math.round(shape >= 1 ? side : side * shape);
  const height = Math.round(shape >= 1 ? side / shape : side);
  const [zenith, horizon, far, near, disc] = /** @type {typeof HOURS[0]} */ (HOURS[Math.floor(random() * HOURS.length)]);
  const sea = height * (0.55 + 0.25 * random());
  const [sunX, sunY, sunSize] = [width * (0.15 + 0.7 * random()), sea * (0.25 + 0.6 * random()), Math.min(width, height) * (0.03 + 0.05 * random())];
  const hills = Array.from({ length: 4 }, (_, index) => ridge(random, width, sea, height * (0.3 - 0.06 * index)));
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inSea = y > sea;
      // The sea shows what is above it, drawn out and broken by waves.
      const wave = inSea ? Math.sin(y * y * 0.013 + x * 0.05 + seed) * (y - sea) * 0.06 : 0;
      const seen = inSea ? Math.max(0, sea - (y - sea) * 1.3 + wave) : y;
      let colour = mix(zenith, horizon, Math.pow(seen / sea, 1.4));
      const away = Math.hypot((x - sunX + wave) / (inSea ? 1.6 : 1), seen - sunY);
      colour = mix(colour, disc, away < sunSize ? 1 : 0.75 * Math.exp(-(away - sunSize) / (sunSize * 3.2)));
      hills.forEach((line, index) => {
        if (!inSea && y > (line[x] ?? sea)) colour = mix(far, near, index / 3);
        else if (inSea && seen > (line[x] ?? sea)) colour = mix(colour, mix(far, near, index / 3), 0.5);
      });
      if (inSea) colour = mix(colour, near, 0.25 + 0.3 * ((y - sea) / (height - sea)));
      const at = 3 * (y * width + x);
      for (let part = 0; part < 3; part++) rgb[at + part] = (colour[part] ?? 0) + 5 * (random() - 0.5);
    }
  }
  return { width, height, rgb };
}

/** A line of hills: for each column, how high the land stands. @param {() => number} random @param {number} width @param {number} sea @param {number} rise */
function ridge(random, width, sea, rise) {
  const waves = Array.from({ length: 5 }, (_, octave) => [(2 ** octave * Math.PI * (0.8 + random())) / width, random() * 7, 0.55 ** octave]);
  return Float64Array.from({ length: width }, (_, x) => {
    const height = waves.reduce((sum, [pace = 0, start = 0, share = 0]) => sum + share * Math.sin(x * pace + start), 0);
    return sea - Math.max(0, rise * (0.25 + 0.45 * height));
  });
}

/** @param {Colour} a @param {Colour} b @param {number} share of b @returns {Colour} */
function mix(a, b, share) {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** Numbers below one that only look random (mulberry32). @param {number} seed */
export function numbers(seed) {
  let state = (seed * 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
