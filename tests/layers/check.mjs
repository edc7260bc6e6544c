#!/usr/bin/env node
// Checks every #include under lib/ and tools/ against the layer rule of ARCHITECTURE.md.
//
//   check.mjs [ROOT]      prints "file:line: why" for each forbidden include; exit 1 if there is one
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, posix, relative, sep} from 'node:path';
import {fileURLToPath} from 'node:url';

// Each layer and those that it may include directly; what they may include follows.
const kBelow = {
  base: [],
  model: ['base'],
  codec: ['model'],
  engine: ['model'],
  cli: ['model'],
  io: ['codec', 'engine', 'web'],
  app: ['io', 'engine'],
  // What is loaded when it is used: the other way to what a lower layer promises.
  modules: ['codec'],
  tools: ['app', 'cli'],
  web: [],
};

// Headers from outside: where each may be included. The first row that matches counts.
const kAnywhere = () => true;
const inLayers = (...layers) => ({layer}) => layers.includes(layer);
const inSourcesOf = (wanted) => ({layer, file}) => layer === wanted && file.endsWith('.cpp');
const kOutside = [
  [/^asio([./]|$)/, inLayers('io', 'app'), 'asio belongs to lib/io and lib/app'],
  [/^CLI\//, inLayers('cli'), 'CLI11 belongs to lib/cli'],
  [/^toml\+\+\//, inSourcesOf('cli'), 'toml++ belongs to lib/cli/*.cpp'],
  [/^simdjson\.h$/, inSourcesOf('codec'), 'simdjson belongs to lib/codec/*.cpp'],
  [
    /^(libwebsockets\.h|libwebsockets\/.*|mosquitto.*\.h|curl\/.*|uv\.h|sqlite3\.h|openssl\/.*)$/,
    inSourcesOf('io'),
    'it belongs to lib/io/*.cpp',
  ],
  [/^doctest(\/|\.h$)/, () => false, 'doctest belongs to tests/'],
  // What does input and output, waits, or starts threads, in the pure layers.
  [
    /^(fstream|iostream|filesystem|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|coroutine)$/,
    inLayers('base', 'io', 'app', 'tools'),
    'this layer does no I/O, does not wait and has no threads',
  ],
  [/^[a-z_0-9]+$/, kAnywhere],
  [
    /^([a-z_0-9]+|(sys|net|netinet|arpa|mach|linux)\/[a-z_0-9]+)\.h$/,
    inLayers('base', 'io', 'app', 'modules', 'tools'),
    'headers of the system belong to lib/base, lib/io, lib/app, lib/modules and tools',
  ],
];

function reachable(layer, seen = new Set([layer])) {
  for (const below of kBelow[layer]) {
    if (!seen.has(below)) {
      seen.add(below);
      reachable(below, seen);
    }
  }
  return seen;
}

function* sources(directory) {
  let entries;
  try {
    entries = readdirSync(directory, {withFileTypes: true});
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      yield* sources(path);
    } else if (/\.(c|cc|cpp|cxx|h|hh|hpp|ipp|inl)$/.test(entry.name)) {
      yield path;
    }
  }
}

// The layer that a file is in, by its path below the root: "lib/io/x.cpp" -> "io".
function layerOf(file) {
  const parts = file.split('/');
  if (parts[0] === 'tools') return 'tools';
  return parts[0] === 'lib' && parts.length > 2 ? parts[1] : undefined;
}

// Block comments are blanked, line ends kept; what a #if 0 hides is still checked.
function withoutBlockComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
}

// Why the include is forbidden, or undefined.
function fault(from, spelled) {
  const name = spelled.slice(1, -1);
  const quoted = spelled.startsWith('"');
  if (quoted) {
    let target;
    if (!name.includes('/')) {
      // Beside the file, or a header that the build generates for the page.
      target = name === 'web_assets.hpp' ? 'web' : from.layer;
    } else if (name.startsWith('.')) {
      target = layerOf(posix.normalize(posix.join(posix.dirname(from.file), name)));
    } else {
      target = name.split('/')[0];
    }
    if (target === undefined || !(target in kBelow)) return 'it is in no layer';
    if (reachable(from.layer).has(target)) return undefined;
    return `${from.layer} may not include ${target}`;
  }
  if (name.split('/')[0] in kBelow) return 'include the project\'s own headers with quotes';
  for (const [pattern, allowed, why] of kOutside) {
    if (pattern.test(name)) return allowed(from) ? undefined : why;
  }
  return 'an unknown library: it needs a rule in tests/layers/check.mjs';
}

export function check(root) {
  const faults = [];
  let includes = 0;
  for (const top of ['lib', 'tools']) {
    for (const path of sources(join(root, top))) {
      const file = relative(root, path).split(sep).join('/');
      const layer = layerOf(file);
      if (layer === undefined || !(layer in kBelow)) {
        faults.push({file, line: 1, why: 'it is in no layer'});
        continue;
      }
      const lines = withoutBlockComments(readFileSync(path, 'utf8')).split('\n');
      lines.forEach((text, index) => {
        const match = /^\s*#\s*(?:include|include_next|import)\b\s*(.*)$/.exec(text);
        if (!match) return;
        ++includes;
        const spelled = /^("[^"]+"|<[^>]+>)/.exec(match[1])?.[1];
        const why = spelled ? fault({layer, file}, spelled) : 'only "…" and <…> can be checked';
        if (why) faults.push({file, line: index + 1, why: spelled ? `${spelled}: ${why}` : why});
      });
    }
  }
  return {faults, includes};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const {faults, includes} = check(root);
  for (const {file, line, why} of faults) console.log(`${file}:${line}: ${why}`);
  if (includes === 0) {
    console.log(`${root}: no #include found under lib/ and tools/`);
    process.exit(1);
  }
  process.exit(faults.length > 0 ? 1 : 0);
}
