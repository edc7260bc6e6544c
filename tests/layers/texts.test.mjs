// Nothing in lib/ and tools/ looks into the text of an error: texts are for people, and what code
// acts on is in base/error.hpp.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

// On one line: error.text().find(...), error.text() == "...", or a view of it to look into.
const kText = String.raw`(?:error\(\)|[eE]rror_?)(?:\.|->)text\(\)`;
const kLooksInto = [
  new RegExp(String.raw`${kText}\s*(?:\.(?:r?find|starts_with|ends_with|substr|compare|back)|[=!]=|\[)`),
  new RegExp(String.raw`string(?:_view)?\s*&?\s+\w+\s*[=({]\s*[\w.>-]*${kText}\s*[;)}]`),
];
const looksInto = (line) => kLooksInto.some((pattern) => pattern.test(line));

test('the check sees what it looks for', () => {
  for (const line of [
    `if (error.text().ends_with(')')) return error;`,
    `  if (parsed.error().text().find("unknown %p:") != npos)`,
    `return error_->text() == "closed";`,
    `const std::string_view text = error.text();`,
    `const std::string& text = error.text();`,
    `const std::string text(result.error().text());`,
  ])
    assert.ok(looksInto(line), line);
  for (const line of [
    `Log::warn(error.text() + " (nothing more is read)");`,
    `totals.error = result.error().text();`,
    `if (!read) return fail(read.error().text());`,
    `const std::string line = name + ": " + error.text();`,
  ])
    assert.ok(!looksInto(line), line);
});

test('no error is known by its text', () => {
  const found = [];
  let files = 0;
  for (const top of ['lib', 'tools']) {
    for (const name of readdirSync(join(root, top), {recursive: true})) {
      if (!/\.[ch]pp$/.test(name)) continue;
      ++files;
      const path = join(top, name);
      readFileSync(join(root, path), 'utf8').split('\n').forEach((line, index) => {
        if (looksInto(line)) found.push(`${path}:${index + 1}: ${line.trim()}`);
      });
    }
  }
  assert.ok(files > 300, `only ${files} files`);
  assert.deepEqual(found, []);
});
