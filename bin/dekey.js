#!/usr/bin/env node
// Runs the bundle from code that the build compiled ahead, where that fits the Node at hand: starting up is most of a small scan.
// A Node of another version says so by itself, and compiles anew.
'use strict';
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');

const file = path.join(__dirname, '..', 'dist', 'main.cjs');

function compiledAhead() {
  try {
    return readFileSync(`${file}.cache`);
  } catch {
    return undefined;
  }
}

// The build wraps the bundle in a function, as Node does with modules.
const script = new Script(readFileSync(file, 'utf8'), { filename: file, cachedData: compiledAhead() });
script.runInThisContext()({}, createRequire(file), { exports: {} }, file, path.dirname(file));
