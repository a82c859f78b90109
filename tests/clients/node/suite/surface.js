"use strict";
// What of a client the tests have called: a method that none of them calls is a gap in the suite.
//
// The methods are found by looking at the client, so that none can be forgotten. Each file of tests is a process of
// its own; what they see comes together in the file that TIDEMARK_SURFACE names.

const fs = require("node:fs");

const noted = new Set();

// Watches every public method of an object from here on.
function watch(object, label) {
  for (const name of Object.keys(object)) {
    const method = object[name];
    if (typeof method !== "function" || name.startsWith("_")) continue;
    note(`has ${label}.${name}`);
    object[name] = function watched(...values) {
      note(`called ${label}.${name}`);
      return method.apply(this, values);
    };
  }
  return object;
}

function note(line) {
  if (noted.has(line)) return;
  noted.add(line);
  fs.appendFileSync(process.env.TIDEMARK_SURFACE, line + "\n");
}

// The methods that no process has called.
function uncalled() {
  const lines = fs.readFileSync(process.env.TIDEMARK_SURFACE, "utf8").trim().split("\n");
  const after = (word) => lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
  const called = new Set(after("called "));
  return [...new Set(after("has "))].filter((method) => !called.has(method)).sort();
}

module.exports = { watch, uncalled };
