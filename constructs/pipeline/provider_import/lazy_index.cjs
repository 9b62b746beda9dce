// A `node --require` hook. The provider's package ships two indexes of its 1,500 resources:
// lib/index.js loads all of them, lib/lazy-index.js each at its first use. This resolves the one
// to the other, which saves more than a second at each synth and changes nothing else.
'use strict';
const fs = require('fs');
const Module = require('module');

const INDEX = /([\\/]@cdktf[\\/]provider-[^\\/]+[\\/]lib[\\/])index\.js$/;
const resolve = Module._resolveFilename;
const warned = new Set();

Module._resolveFilename = function resolveLazily(...request) {
  const index = resolve.apply(this, request);
  const lazy = index.replace(INDEX, '$1lazy-index.js');
  if (lazy === index || fs.existsSync(lazy)) return lazy;
  if (!warned.has(index)) {
    warned.add(index);
    process.stderr.write('warning: the provider has no lazy index; the synth is slower\n');
  }
  return index;
};
