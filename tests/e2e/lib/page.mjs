// The page's own modules, brought into Node.
import {copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {defer, kRoot} from './harness.mjs';

// Imports modules of web/ by name. They are copied, because only a package.json beside them tells
// Node that they are modules, and the page needs none.
export async function importPage(...names) {
  const directory = mkdtempSync(join(tmpdir(), 'rt-page-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  const web = join(kRoot, 'web');
  for (const name of readdirSync(web)) {
    if (name.endsWith('.js')) copyFileSync(join(web, name), join(directory, name));
  }
  return Promise.all(names.map((name) => import(pathToFileURL(join(directory, name)))));
}

// Bytes as two hexadecimal digits each; spaces may stand between them.
export const hex = (text) =>
    Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
