#!/usr/bin/env node
// Checks every #include under lib/ and tools/ against the rule of layers and rooms of
// ARCHITECTURE.md.
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
  modules: ['codec', 'io'],
  tools: ['app', 'cli'],
  web: [],
};

// The rooms of a layer, folders in its folder, and those that each may include directly; what they
// may include follows. The other layers have none.
const kRooms = {
  io: {
    loop: [],
    trace: [],
    net: ['loop', 'trace'],
    stdio: ['loop', 'trace'],
    // What a child reads and writes is framed as standard input and output are.
    process: ['stdio'],
    http: ['net', 'process'],
    websocket: ['net', 'process'],
    mqtt: ['net', 'process'],
    server: ['net', 'process'],
    store: ['net', 'process'],
    hub: ['server', 'store'],
  },
  cli: {
    options: [],
    config: ['options'],
    help: ['options', 'mosquitto'],
    dry_run: ['help'],
    command: ['config', 'dry_run'],
    mosquitto: ['options'],
  },
  app: {compare: []},
};
// Of these the rest of the files lies in no room, and every room may include it.
const kPartlyInRooms = ['app'];

// Headers from outside: where each may be included. The first row that matches counts.
const kAnywhere = () => true;
const inLayers = (...layers) => ({layer}) => layers.includes(layer);
const inSourcesOf = (wanted) => ({layer, file}) => layer === wanted && file.endsWith('.cpp');
const kOutside = [
  [/^asio([./]|$)/, inLayers('io', 'app'), 'asio belongs to lib/io and lib/app'],
  [/^CLI\//, inLayers('cli'), 'CLI11 belongs to lib/cli'],
  [/^toml\+\+\//, inSourcesOf('cli'), 'toml++ belongs to lib/cli/**/*.cpp'],
  [/^histedit\.h$/, ({file}) => file === 'lib/modules/libedit_editor.cpp',
   'libedit belongs to lib/modules/libedit_editor.cpp'],
  [/^zlib\.h$/, ({file}) => file === 'lib/codec/ws_deflate.cpp', 'zlib belongs to lib/codec/ws_deflate.cpp'],
  [/^simdjson\.h$/, inSourcesOf('codec'), 'simdjson belongs to lib/codec/*.cpp'],
  [
    new RegExp(
        '^((sqlite3|mosquitto\\w*|mqtt_protocol)\\.h|' +
        '(curl|hiredis|nghttp2|openssl)/.*)$'),
    inSourcesOf('io'),
    'it belongs to lib/io/**/*.cpp',
  ],
  [/^(libwebsockets\.h|libwebsockets\/.*|uv\.h)$/, () => false, 'it belongs to tests/'],
  [/^doctest(\/|\.h$)/, () => false, 'doctest belongs to tests/'],
  // What does input and output, waits, or starts threads, in the pure layers.
  [
    /^(fstream|iostream|filesystem|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|coroutine)$/,
    inLayers('base', 'io', 'app', 'modules', 'tools'),
    'this layer does no I/O, does not wait and has no threads',
  ],
  [/^[a-z_0-9]+$/, kAnywhere],
  [
    /^([a-z_0-9]+|(sys|net|netinet|arpa|mach|mach-o|linux)\/[a-z_0-9]+)\.h$/,
    inLayers('base', 'io', 'app', 'modules', 'tools'),
    'headers of the system belong to lib/base, lib/io, lib/app, lib/modules and tools',
  ],
];

function reachable(below, from, seen = new Set([from])) {
  for (const next of below[from]) {
    if (!seen.has(next)) {
      seen.add(next);
      reachable(below, next, seen);
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

// Where a file is, by its path below the root: "lib/io/net/x.cpp" -> {layer: 'io', room: 'net'},
// "lib/base/x.cpp" -> {layer: 'base'}.
function placeOf(file) {
  const parts = file.split('/');
  if (parts[0] === 'tools') return {layer: 'tools', room: parts.length > 2 ? parts[1] : undefined};
  if (parts[0] !== 'lib' || parts.length < 3) return {};
  return {layer: parts[1], room: parts.length > 3 ? parts[2] : undefined};
}

// Why there is no such place, or undefined.
function placeFault({layer, room}) {
  if (layer === undefined || !(layer in kBelow)) return 'it is in no layer';
  const rooms = kRooms[layer] ?? {};
  if (room !== undefined && !(room in rooms)) return `${layer} has no room ${room}`;
  if (room === undefined && layer in kRooms && !kPartlyInRooms.includes(layer)) return `it is in no room of ${layer}`;
  return undefined;
}

// Block comments are blanked, line ends kept; what a #if 0 hides is still checked. A line comment or
// a string may have what looks like the beginning of one.
function withoutBlockComments(text) {
  return text.replace(/\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|\/\*[\s\S]*?\*\//g, (part) =>
      part.startsWith('/*') ? part.replace(/[^\n]/g, ' ') : part);
}

// Why the include is forbidden, or undefined.
function fault(from, spelled) {
  const name = spelled.slice(1, -1);
  const quoted = spelled.startsWith('"');
  if (quoted) {
    let target;
    if (!name.includes('/')) {
      // Beside the file, or a header that the build generates for the page.
      target = name === 'web_assets.hpp' ? {layer: 'web'} : from;
    } else if (name.startsWith('.')) {
      target = placeOf(posix.normalize(posix.join(posix.dirname(from.file), name)));
    } else {
      target = placeOf(`lib/${name}`);
    }
    const nowhere = placeFault(target);
    if (nowhere) return nowhere;
    if (!reachable(kBelow, from.layer).has(target.layer))
      return `${from.layer} may not include ${target.layer}`;
    if (target.layer !== from.layer || from.room === undefined) return undefined;
    if (target.room === undefined) return undefined;
    if (reachable(kRooms[from.layer], from.room).has(target.room)) return undefined;
    return `${from.layer}/${from.room} may not include ${target.layer}/${target.room}`;
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
      const place = placeOf(file);
      const nowhere = placeFault(place);
      if (nowhere) {
        faults.push({file, line: 1, why: nowhere});
        continue;
      }
      const lines = withoutBlockComments(readFileSync(path, 'utf8')).split('\n');
      lines.forEach((text, index) => {
        const match = /^\s*#\s*(?:include|include_next|import)\b\s*(.*)$/.exec(text);
        if (!match) return;
        ++includes;
        const spelled = /^("[^"]+"|<[^>]+>)/.exec(match[1])?.[1];
        const why = spelled ? fault({...place, file}, spelled) : 'only "…" and <…> can be checked';
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
