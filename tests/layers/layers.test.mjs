// The layer rule holds in the tree, and the check can fail: each fixture is a small tree whose
// forbidden includes bear the comment "refused: WHY", and which has allowed ones beside them.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function run(root) {
  const {status, stdout} =
      spawnSync(process.execPath, [join(here, 'check.mjs'), root], {encoding: 'utf8'});
  return {status, lines: stdout.split('\n').filter(Boolean)};
}

// "file:line: …WHY" for every marked line of a fixture.
function marked(root, directory = '') {
  return readdirSync(join(root, directory), {withFileTypes: true}).flatMap((entry) => {
    const file = directory ? `${directory}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return marked(root, file);
    return readFileSync(join(root, file), 'utf8').split('\n').flatMap((text, index) => {
      const why = /\/\/ refused: (.*)$/.exec(text)?.[1];
      return why ? [{at: `${file}:${index + 1}: `, why}] : [];
    });
  });
}

test('the tree keeps the layer rule', () => {
  assert.deepEqual(run(join(here, '..', '..')), {status: 0, lines: []});
});

const fixtures = readdirSync(join(here, 'fixtures'));
assert.ok(fixtures.length > 0);
for (const fixture of fixtures) {
  test(`fixture ${fixture}`, () => {
    const root = join(here, 'fixtures', fixture);
    const expected = marked(root);
    const {status, lines} = run(root);
    assert.equal(status, expected.length > 0 ? 1 : 0);
    assert.equal(lines.length, expected.length, lines.join('\n'));
    for (const {at, why} of expected) {
      assert.ok(lines.some((line) => line.startsWith(at) && line.includes(why)),
                `no line "${at}… ${why}" in\n${lines.join('\n')}`);
    }
  });
}

test('a tree without sources is an error, not a success', () => {
  const root = mkdtempSync(join(tmpdir(), 'rtwire-layers-'));
  try {
    assert.equal(run(root).status, 1);
  } finally {
    rmSync(root, {recursive: true});
  }
});
