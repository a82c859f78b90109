/**
 * Why.
 */
export const b = /** @type {any} */ (1), d = 2; // one
export const text = `a  ${b + `c , ${d}`}`;
