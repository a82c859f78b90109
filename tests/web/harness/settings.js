// What main.js tells the files that it runs, each of which is a process of its own.

import { createRequire } from "node:module";
import path from "node:path";

/**
 * @typedef {object} Settings
 * @property {string} binary the server's program
 * @property {string} packages the folder with `node_modules`
 * @property {string} chromium the browser's program
 * @property {string} python an interpreter that has the old SDK
 * @property {string} out where pictures and what is left of a failure are kept
 * @property {string[]} words only journeys whose id has one of these; all if there is none
 * @property {boolean} slow whether the machine or the build is slow, so that limits are wider
 */

const VARIABLE = "TIDEMARK_WEB";

/** @type {Settings} */
export const settings = JSON.parse(process.env[VARIABLE] ?? "{}");

/**
 * The environment in which a file finds these settings.
 * @param {Settings} told
 */
export function environment(told) {
  return { [VARIABLE]: JSON.stringify(told) };
}

/**
 * A package that is installed, and not in the tree: modules of the language find theirs beside themselves alone, so the old way of
 * loading is asked.
 * @param {string} folder the folder with `node_modules`
 */
export function packagesIn(folder) {
  return createRequire(path.join(path.resolve(folder), "tests.js"));
}

/** Whether a test with this id is asked for. @param {string} id */
export function isAskedFor(id) {
  return settings.words.length === 0 || settings.words.some((word) => id.includes(word));
}
