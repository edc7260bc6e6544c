// No source of lib and tools is passed over by clang-tidy without a word.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {groupOf, groups, sourcesBelow} from './groups.mjs';

const commandsOf = (paths) => new Map(paths.map((path) => [path, `clang++ -c ${path}`]));

test('each source has its group', () => {
  const rows = [
    ['tools/rtws.cpp', 'tools/rtws.cpp'],
    ['tools/wiring.cpp', 'tools'],
    ['tools/deep/er/wiring.cpp', 'tools'],
    ['lib/base/text.cpp', 'lib/base'],
    ['lib/io/net/stream.cpp', 'lib/io'],
    ['lib/io/server/http/front.cpp', 'lib/io'],
    ['lib/text.cpp', undefined],
    ['lib/base/text.cc', undefined],
    ['lib/Base/text.cpp', undefined],
    ['tests/unit/main.cpp', undefined],
  ];
  for (const [path, name] of rows) assert.equal(groupOf(path), name, path);
});

test('the sources of a group stay together', () => {
  const paths = ['lib/codec/a.cpp', 'lib/io/net/a.cpp', 'lib/io/stdio/b.cpp', 'tools/rtws.cpp'];
  assert.deepEqual(
      groups(paths, commandsOf(paths)).map(({name, files}) => [name, files]),
      [['lib/codec', paths.slice(0, 1)], ['lib/io', paths.slice(1, 3)],
       ['tools/rtws.cpp', paths.slice(3)]]);
});

test('what the build alone has, such as tests, is not looked at', () => {
  const found = groups(['lib/base/a.cpp'], commandsOf(['lib/base/a.cpp', 'tests/unit/main.cpp']));
  assert.deepEqual(found.flatMap(({files}) => files), ['lib/base/a.cpp']);
});

test('modules are looked at as codec is compiled', () => {
  const found =
      groups(['lib/codec/a.cpp', 'lib/modules/m.cpp'], commandsOf(['lib/io/x.cpp', 'lib/codec/a.cpp']));
  assert.equal(found[1].command, 'clang++ -c lib/codec/a.cpp');
});

test('a source that would be passed over is an error', () => {
  const known = ['lib/base/a.cpp'];
  const rows = [
    ['lib/lost.cpp', /lib\/lost\.cpp: it is in no group/],
    ['lib/base/lost.cc', /lib\/base\/lost\.cc: it is in no group/],
    ['lib/base/lost.cpp', /lib\/base\/lost\.cpp: the build does not have it/],
    ['lib/modules/m.cpp', /lib\/modules\/m\.cpp: the build does not have it/],
  ];
  for (const [path, message] of rows)
    assert.throws(() => groups([...known, path], commandsOf([...known, 'lib/lost.cpp'])), message);
  assert.throws(() => groups([], commandsOf(known)), /no sources/);
});

test('every source of the tree has a group', () => {
  const sources = sourcesBelow(fileURLToPath(new URL('../..', import.meta.url)));
  assert.ok(sources.some((path) => /^lib\/io\/[a-z]+\/[^/]+$/.test(path)));
  assert.equal(groups(sources, commandsOf(sources)).flatMap(({files}) => files).length,
               sources.length);
});
