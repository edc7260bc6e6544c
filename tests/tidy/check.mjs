// Runs clang-tidy over all sources of lib and tools:
//   node tests/tidy/check.mjs BUILD_DIRECTORY [CLANG_TIDY]
// BUILD_DIRECTORY has the compile_commands.json of a build with clang. Ends with 1 when something
// was found.
//
// Most of clang-tidy's time goes into the headers of Asio and of the standard library, anew for
// every file. So the files of a layer are looked at together, in one that includes them; where
// names of two of them collide, which the compiler tells, in two groups or more.
import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {availableParallelism, cpus} from 'node:os';
import {join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {groups, sourcesBelow} from './groups.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [build, tidy = 'clang-tidy'] = process.argv.slice(2);
if (build === undefined) {
  console.error('usage: check.mjs BUILD_DIRECTORY [CLANG_TIDY]');
  process.exit(2);
}
const scratch = resolve(build, 'tidy');

const run = (program, args, cwd) =>
    new Promise((done) => execFile(
                    program, args, {cwd, maxBuffer: 1 << 28},
                    (error, stdout, stderr) => done({status: error?.code ?? 0, stdout, stderr})));

// The words of a command line as CMake writes them.
function words(line) {
  const quoted = /(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+/g;
  return line.match(quoted).map(
      (word) => word.replace(/\\(.)|"/g, (whole, escaped) => escaped ?? ''));
}

// What a source is compiled with, as [compiler, flags].
function compilation({command, file}) {
  const all = words(command);
  const compiler = all.findIndex((word) => /(^|\/)clang\+\+[^/]*$/.test(word));
  if (compiler < 0) throw new Error(`${build} is not a build with clang`);
  const flags = [];
  for (let i = compiler + 1; i < all.length; ++i) {
    // Also what is precompiled (-Xclang), which one source of a group may stand aside from.
    if (['-o', '-MF', '-MT', '-MQ', '-Xclang'].includes(all[i])) ++i;
    // As an error, a warning of the compiler itself would be a finding: the build reports these.
    else if (!['-c', '-MD', '-Werror', '-Winvalid-pch', file].includes(all[i])) flags.push(all[i]);
  }
  return {compiler: all[compiler], flags};
}

// Those of the build whose sources are ours, by their paths below the root.
function commands() {
  const all = JSON.parse(readFileSync(join(build, 'compile_commands.json')));
  return new Map(all.map((entry) => {
    const file = resolve(entry.directory, entry.file);
    return [relative(root, file), {...entry, file}];
  }));
}

let count = 0;  // of groups of more than one file
const findings = new Set();

// Those that collide with one before them apart from the others.
function split(files, errors) {
  const colliding = new Set(
      [...errors.matchAll(/^(\S+):\d+:\d+: (?:fatal )?error: /gm)].map((match) => match[1]));
  const parts = [files.filter((file) => !colliding.has(file)),
                 files.filter((file) => colliding.has(file))];
  if (parts.every((part) => part.length > 0)) return parts;
  const half = Math.ceil(files.length / 2);
  return [files.slice(0, half), files.slice(half)];
}

// Gives the groups to be looked at in its place, if the compiler cannot take it whole.
async function look(group) {
  const {files, compiler, flags} = group;
  let source = files[0];
  if (files.length > 1) {
    source = join(scratch, `${++count}.cpp`);
    writeFileSync(source, files.map((file) => `#include "${file}"\n`).join(''));
    const quick =
        await run(compiler, [...flags, '-w', '-ferror-limit=0', '-fsyntax-only', source], build);
    if (quick.status !== 0) return split(files, quick.stderr).map((part) => ({...group, files: part}));
  }
  const {status, stdout, stderr} = await run(
      tidy, ['--quiet', '--header-filter=/(lib|tools)/', source, '--', ...flags], build);
  // A finding is its line and what follows up to the next.
  const parts = stdout.split(/^(?=\S+:\d+:\d+: (?:error|warning): )/m);
  if (status !== 0 && stdout.trim() === '') parts.push(`${source}: ${stderr}`);
  for (const finding of parts.map((part) => part.trimEnd())) {
    // Headers are seen by several groups.
    if (finding === '' || findings.has(finding)) continue;
    findings.add(finding);
    console.log(finding);
  }
  return [];
}

// At most one run for each core.
let free = availableParallelism?.() ?? cpus().length;
const queue = [];
async function limited(work) {
  if (free === 0) await new Promise((go) => queue.push(go));
  else --free;
  try {
    return await work();
  } finally {
    if (queue.length > 0) queue.shift()();
    else ++free;
  }
}

async function look_through(group) {
  const parts = await limited(() => look(group));
  await Promise.all(parts.map(look_through));
}

rmSync(scratch, {recursive: true, force: true});
mkdirSync(scratch, {recursive: true});
const all = groups(sourcesBelow(root), commands()).map(({files, command}) => ({
  files: files.map((file) => join(root, file)),
  ...compilation(command),
}));
const files = all.reduce((sum, group) => sum + group.files.length, 0);
await Promise.all(all.sort((a, b) => b.files.length - a.files.length).map(look_through));
console.log(`clang-tidy: ${files} files in ${count} groups, ${findings.size} findings`);
process.exit(findings.size === 0 ? 0 : 1);
