// Which sources clang-tidy looks at together.
import {readdirSync} from 'node:fs';
import {join} from 'node:path';

// The group of a source, by its path below the root; undefined when there is none.
export function groupOf(path) {
  // Each program has a main of its own.
  if (/^tools\/rt[^/]*\.cpp$/.test(path)) return path;
  return /^(lib\/[a-z]+|tools)\/.*\.cpp$/.exec(path)?.[1];
}

// All sources below `root`, by their paths from there.
export function sourcesBelow(root) {
  const under = (directory) =>
      readdirSync(join(root, directory), {withFileTypes: true}).flatMap((entry) => {
        const path = `${directory}/${entry.name}`;
        if (entry.isDirectory()) return under(path);
        return /\.(c|cc|cpp|cxx)$/.test(entry.name) ? [path] : [];
      });
  return ['lib', 'tools'].flatMap(under).sort();
}

// `sources`: paths; `commands`: of the build, path to command line. Gives [{name, files, command}].
// A source that would not be looked at is an error: it falls into no group, or the build does not
// have it. lib/modules, which only a release of g++ has, is looked at as codec is compiled.
export function groups(sources, commands) {
  const lost = [];
  const found = new Map();
  const commandOf = (path) => commands.get(path) ??
      (groupOf(path) === 'lib/modules' ?
           [...commands].find(([other]) => groupOf(other) === 'lib/codec')?.[1] :
           undefined);
  for (const path of sources) {
    const name = groupOf(path);
    const command = commandOf(path);
    if (name === undefined) lost.push(`${path}: it is in no group`);
    else if (command === undefined) lost.push(`${path}: the build does not have it`);
    else if (found.has(name)) found.get(name).files.push(path);
    else found.set(name, {name, files: [path], command});
  }
  if (lost.length > 0) throw new Error(`clang-tidy would pass over\n${lost.join('\n')}`);
  if (found.size === 0) throw new Error('there are no sources');
  return [...found.values()];
}
