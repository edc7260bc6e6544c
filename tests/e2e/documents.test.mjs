// The documents: links lead somewhere, and the programs accept every command line in them.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {before} from 'node:test';
import {defer, kRoot, run, test} from './lib/harness.mjs';
import {makeCertificates} from './lib/tls.mjs';

const kPrograms = ['rtpoll', 'rtsse', 'rtws', 'rtmqtt', 'rtrelay'];
const kDocuments = [
  'README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'bench/README.md',
  ...readdirSync(join(kRoot, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const text = (name) => readFileSync(join(kRoot, name), 'utf8');

// --- links -------------------------------------------------------------------------------------
// A heading's anchor as GitHub makes it.
function anchors(markdown) {
  const seen = new Map();
  const out = new Set();
  for (const [, heading] of withoutCode(markdown).matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replace(/[^\p{L}\p{N}\- _]/gu, '').replaceAll(' ', '-');
    const n = seen.get(slug) ?? 0;
    seen.set(slug, n + 1);
    out.add(n ? `${slug}-${n}` : slug);
  }
  return out;
}

function withoutCode(markdown) {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '`code`');
}

function links(markdown) {
  const plain = withoutCode(markdown);
  return [
    ...[...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link),
    ...[...plain.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, link]) => link),
  ].filter((link) => !/^[a-z]+:/i.test(link));
}

for (const name of kDocuments) {
  test(`${name}: every link leads somewhere`, () => {
    for (const link of links(text(name))) {
      const [path, anchor] = link.split('#');
      const target = path === '' ? name : relative(kRoot, join(kRoot, dirname(name), path));
      assert.ok(existsSync(join(kRoot, target)), `${link}: there is no ${target}`);
      if (anchor !== undefined) assert.ok(anchors(text(target)).has(anchor), `${link}: no such heading`);
    }
  });
}

test('links and anchors are found', () => {
  assert.deepEqual(links('[a](b.md#c) `[x](y)` <img src="p.png"> [w](https://x)\n```\n[q](r)\n```\n'), ['b.md#c', 'p.png']);
  assert.deepEqual([...anchors('# Passwords, tokens, TLS\n## `rtws` pub\n## A [b](c)\n## A b\n')],
                   ['passwords-tokens-tls', 'code-pub', 'a-b', 'a-b-1'].map((one) => one.replace('code', 'code')));
});

test('the README is short, and every guide is reached from it', () => {
  const readme = text('README.md');
  assert.ok(readme.split('\n').length <= 401);
  for (const name of kDocuments.filter((one) => one.startsWith('docs/'))) assert.ok(readme.includes(`(${name}`), name);
});

// --- command lines -----------------------------------------------------------------------------
// The blocks of a document that hold commands.
function blocks(markdown) {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, body]) => body);
}

// A shell's text as lists of words; what separates commands ends one. Variables and substitutions
// are not known here: they stand for a word.
function commands(source) {
  const out = [];
  let words = [];
  let word = null;
  let skip = false;
  const end = () => {
    if (word !== null && !skip) words.push(word);
    if (word !== null) skip = false;
    word = null;
  };
  const finish = () => {
    end();
    if (words.length) out.push(words);
    words = [];
    skip = false;
  };
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === '\\') {
      const next = source[++i];
      if (next !== '\n') word = (word ?? '') + next;
    } else if (c === "'") {
      const close = source.indexOf("'", i + 1);
      assert.ok(close > 0, `a quote is open: ${source}`);
      word = (word ?? '') + source.slice(i + 1, close);
      i = close;
    } else if (c === '"') {
      word ??= '';
      for (i++; source[i] !== '"'; i++) {
        assert.ok(i < source.length, `a quote is open: ${source}`);
        if (source[i] === '\\') i++;
        word += source[i];
      }
    } else if (c === '$' && source[i + 1] === '(') {
      let depth = 0;
      for (i++; i < source.length; i++) {
        if (source[i] === '(') depth++;
        if (source[i] === ')' && --depth === 0) break;
      }
      word = (word ?? '') + 'x';
    } else if (c === '#' && word === null) {
      while (i + 1 < source.length && source[i + 1] !== '\n') i++;
    } else if (c === ' ' || c === '\t') end();
    else if (c === '>' || c === '<') {
      if (word !== null && /^\d$/.test(word)) word = null;
      end();
      while (source[i + 1] === '>' || source[i + 1] === '&') i++;
      while (source[i + 1] === ' ') i++;
      skip = true;
    } else if ('\n|;&()'.includes(c)) finish();
    else word = (word ?? '') + c;
  }
  finish();
  return out;
}

// Those of ours among them: [program, ...words] after variables, sudo and the shell's own words.
function ours(source) {
  return commands(source).map((words) => {
    let at = 0;
    while (/^([A-Za-z_]\w*=|(sudo|do|then|while|if|until|else)$)/.test(words[at] ?? '')) at++;
    const env = Object.fromEntries(words.slice(0, at).filter((one) => /^\w+=/.test(one)).map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
    const program = (words[at] ?? '').replace(/^build\/release\/bin\//, '');
    return {program, words: words.slice(at + 1), env};
  }).filter(({program}) => kPrograms.includes(program));
}

test('command lines are found in a shell\'s text', () => {
  const found = ours(`while sleep 1; do echo $RANDOM; done | rtws pub :1/a   # comment
RT_BEARER=x rtpoll sub -n 1 'a b' "c \\"d" > out.txt || echo "no $?"
next=$(curl -s x | sed 's/a/b/')
rtsse sub \\
  :1/b 2>/dev/null
rtmqtt sub mqtt://localhost/lab/# &`);
  assert.deepEqual(found, [
    {program: 'rtws', words: ['pub', ':1/a'], env: {}},
    {program: 'rtpoll', words: ['sub', '-n', '1', 'a b', 'c "d'], env: {RT_BEARER: 'x'}},
    {program: 'rtsse', words: ['sub', ':1/b'], env: {}},
    {program: 'rtmqtt', words: ['sub', 'mqtt://localhost/lab/#'], env: {}},
  ]);
});

const kRecording = '{"v":1,"at":0,"recording":"rtws sub","version":"0.1.0","url":"ws://127.0.0.1:8080/random"}\n' +
    '{"v":1,"at":0.1,"connection":"opened"}\n{"v":1,"at":0.2,"from":"server","proto":"ws","data":"1"}\n';

// Files that the documents take for granted.
let here;
before(() => {
  here = mkdtempSync(join(tmpdir(), 'documents-'));
  defer(() => rmSync(here, {recursive: true, force: true}));
  mkdirSync(join(here, 'home'));
  const files = {
    'config.toml': /```toml\n(\[endpoints\][\s\S]*?)```/.exec(text('docs/configuration.md'))[1],
    'ROUTES.toml': /```toml\n(\[routes[\s\S]*?)```/.exec(text('docs/rtrelay.md'))[1],
    'ask.json': '{}',
    'reading.json': '{"temperature":21.5}\n',
    'key': 'k\n',
    'token': 't\n',
    'thing.psk': 'c0ffee\n',
    'home/.hub-password': 'secret\n',
    'home/.hub-token': 'secret\n',
    'feed.ndjson': kRecording,
    'news.ndjson': kRecording,
  };
  const {client, clientKey} = makeCertificates();
  Object.assign(files, {'thing.pem': readFileSync(client), 'thing.key': readFileSync(clientKey)});
  for (const [name, content] of Object.entries(files)) writeFileSync(join(here, name), content);
});

test('the documents have commands of all programs', () => {
  const found = kDocuments.flatMap((name) => blocks(text(name)).flatMap(ours));
  for (const program of kPrograms) assert.ok(found.filter((one) => one.program === program).length >= 8, program);
});

test('every block of the guides says what it holds', () => {
  for (const name of kDocuments.filter((one) => one.startsWith('docs/') || one === 'README.md')) {
    const fences = text(name).split('\n').filter((line) => line.startsWith('```'));
    fences.forEach((fence, i) => assert.equal(fence === '```', i % 2 === 1, `${name}: ${fence}, fence ${i}`));
  }
});

for (const name of kDocuments) {
  test(`${name}: the programs accept its command lines`, async () => {
    for (const {program, words, env} of blocks(text(name)).flatMap(ours)) {
      const shown = [program, ...words].join(' ');
      const home = words.map((word) => word.replace(/^~\//, join(here, 'home') + '/'));
      const tried = /^(--version|--help|-h)$/.test(words.at(-1)) ? home : [...home, '--dry-run'];
      // It would be asked for.
      const password = words.includes('-u') && !words.includes('--password-file') ? {RT_PASSWORD: 'x'} : {};
      const {code, stderr} = await run(
          program, tried, {cwd: here, env: {RT_CONFIG: join(here, 'config.toml'), ...password, ...env}});
      assert.equal(code, 0, `${shown}\n${stderr}`);
    }
  });
}
