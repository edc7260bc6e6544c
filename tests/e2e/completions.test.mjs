// The completions, driven in real shells: what TAB offers, and what it makes of the line.
import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {before} from 'node:test';
import {publish} from './lib/curl.mjs';
import {defer, kBin, kRoot, run, serve, test} from './lib/harness.mjs';

let hub;
let files;  // a directory to complete in
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
  for (const channel of ['/news', '/new/deep', '/other', '/caf%C3%A9', '/it%27s', '/$dollar;x', '/at@home']) {
    await publish(hub.at(channel), 'x').catch(() => {});
  }
  files = mkdtempSync(join(tmpdir(), 'rtwire-completions.'));
  defer(() => rmSync(files, {recursive: true}));
  writeFileSync(join(files, 'alpha.txt'), '');
  writeFileSync(join(files, 'alpine.txt'), '');
  writeFileSync(join(files, 'with space'), '');
  writeFileSync(join(files, 'named.toml'),
                '[endpoints]\nlab = "mqtt://127.0.0.1:1"\nhome = "ws://127.0.0.1:1"\n' +
                    'feed = "http://127.0.0.1:1"\n' +
                    `hub = "http://localhost:${hub.port}"\nlive = "ws://localhost:${hub.port}/"\n` +
                    `deep = "http://localhost:${hub.port}/new"\n` +
                    `closed = "http://u:secret@localhost:${hub.port}"\n` +
                    '[profiles.away]\n[profiles.work]\n');
  mkdirSync(join(files, 'beta'));
});

// --- each shell: [{word, about}] for a line with the cursor at its end ----------------------------
// A configuration file with names, and the programs, which are asked for them.
function named() {
  return {RT_CONFIG: join(files, 'named.toml'), PATH: `${kBin}${delimiter}${process.env.PATH}`};
}

// bash cuts words at ":", "=" and "@", too, unless they are quoted.
function bashWords(line) {
  const words = line.match(/['"][^'"]*['"]?|[:=@]+|[^\s:=@'"]+/g) ?? [];
  if (/\s$/.test(line)) words.push('');
  return words;
}

const kBashScript = `
  [[ $1 == old ]] && enable -n compopt 2>/dev/null
  source "$2/completions/bash/$3" || exit
  COMP_LINE=$4 COMP_POINT=\${#4}
  shift 4
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  "_\${COMP_WORDS[0]}" 2>&1
  printf '%s\\n' "\${COMPREPLY[@]}"`;

async function inBash(line, {age = 'new'} = {}) {
  const words = bashWords(line);
  const args = ['--norc', '--noprofile', '-c', kBashScript, 'bash', age, kRoot, words[0], line,
                ...words];
  const {code, lines, stderr} = await run('bash', args, {cwd: files, env: named()});
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return lines.filter(Boolean).map((word) => ({word, about: ''}));
}

async function inFish(line) {
  const program = line.split(' ')[0];
  const script = 'source $argv[1]; complete -C $argv[2]';
  const {code, lines, stderr} = await run(
      'fish', ['--no-config', '-c', script, `${kRoot}/completions/fish/${program}.fish`, line],
      {cwd: files, env: {...named(), HOME: files, XDG_DATA_HOME: files}});
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return lines.map((text) => {
    const [word, about = ''] = text.split('\t');
    return {word, about};
  });
}

// zsh completes only on a terminal, so it gets one; compadd, through which everything passes,
// tells what is offered.
const kZshChild = `
  PS1= ; unsetopt zle_bracketed_paste ; setopt no_beep
  fpath=($ROOT/completions/zsh $fpath)
  autoload -Uz compinit && compinit -u -D
  zstyle ':completion:*' verbose yes
  compadd() {
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then
      builtin compadd "$@"
      return
    fi
    typeset -a hits about
    local at=$@[(i)-d]
    if (( at < $# )); then
      local given=$@[at+1]
      if [[ $given == \\(* ]]; then eval "about=$given"; else about=("\${(@P)given}"); fi
    fi
    builtin compadd -A hits -D about "$@"
    local i
    for (( i = 1; i <= $#hits; i++ )); do print -r -- "HIT<$IPREFIX$hits[i]>\${about[i]-}"; done
    builtin compadd "$@"
  }
  finish() { print ; print -r -- "D""ONE" ; exit }
  comppostfuncs=(finish)
  bindkey '^I' complete-word
  print READ''Y
`;
const kZshScript = `
  zmodload zsh/zpty
  export ROOT=$1 COLUMNS=500
  zpty child zsh -f -i
  zpty -w child "stty -echo; source $2"
  zpty -r -m child out '*READY*' || exit 1
  zpty -w -n child $3$'\\t'
  zpty -r -m child out '*DONE*'
  print -r -- $out
  zpty -d child`;

async function inZsh(line) {
  const child = join(files, '.child.zsh');
  writeFileSync(child, kZshChild);
  const {stdout, stderr} = await run('zsh', ['-f', '-c', kZshScript, 'zsh', kRoot, child, line],
                                     {cwd: files, env: {...named(), TERM: 'dumb'}});
  assert.equal(stderr, '');
  assert.match(stdout, /DONE/, stdout);
  return [...stdout.matchAll(/HIT<([^>\r\n]*)>([^\r\n]*)/g)].map(
      ([, word, about]) => ({word, about}));
}

const kShells = {
  bash: inBash,
  'bash without compopt': (line) => inBash(line, {age: 'old'}),
  fish: inFish,
  zsh: inZsh,
};

// Words without what bash puts behind them, and with what it leaves before them: readline keeps
// what stands before the last ":", "=" or "@".
async function offered(shell, line) {
  const found = await kShells[shell](line);
  const typed = /\S*$/.exec(line)[0];
  const kept = shell.startsWith('bash') ? /^(.*[:=]|.*(?=@))?/.exec(typed)[0] : '';
  return found.map(({word}) => kept + word.replace(/ $/, ''));
}

const port = () => hub.port;
// line, what is among the offers, what is not
const kOffers = [
  ['rtws ', ['sub', 'pub', 'pipe', 'serve', 'ws://', 'wss://'], ['relay', 'http://', '--json']],
  ['rtpoll ', ['sub', 'pub', 'pipe', 'serve'], ['http://', 'relay']],
  ['rtmqtt p', ['pub', 'pipe'], ['sub', 'serve']],
  ['rtrelay ', ['serve', 'ws://', 'mqtt://', 'sse+http://', 'exec:', 'file:', 'serve+mqtt://'],
   ['relay', 'sub']],
  ['rtrelay se', ['serve', 'serve+http://'], ['ws://']],
  ['rtrelay exec:date mq', ['mqtt://', 'mqtts://'], ['serve', 'ws://']],
  ['rtrelay --from ws', ['ws://', 'wss://'], ['mqtt://']],
  ['rtws sub --', ['--count', '--json', '--help', '--generate'], ['--history', '--data', '--echo']],
  ['rtws serve --h', ['--history', '--history-age', '--heartbeat', '--help'], ['--hub', '--header']],
  ['rtws --quiet pub --d', ['--data', '--delimiter'], []],
  ['rtws --output sub pub --d', ['--data'], []],
  ['rtws -o sub pub --d', ['--data'], []],
  ['rtws -vo sub pub --d', ['--data'], []],
  ['rtws ws://h/x --li', ['--linger'], []],
  ['rtws sub --li', [], ['--linger']],
  ['rtrelay serve --m', ['--mqtt', '--memory', '--max-channels'], ['--map']],
  ['rtrelay - - --m', ['--map', '--memory'], ['--mqtt']],
  ['rtmqtt sub --qos ', ['0', '1', '2'], ['3', 'mqtt://']],
  ['rtmqtt sub --protocol ', ['3.1.1', '5'], ['4']],
  ['rtmqtt sub --protocol 3', ['3.1.1'], ['5']],
  ['rtpoll --generate ', ['man', 'bash', 'zsh', 'fish'], ['sub']],
  ['rtmqtt sub mq', ['mqtt://', 'mqtts://'], ['http://']],
  ['rtmqtt sub mqtt://h/a mq', ['mqtt://', 'mqtts://'], []],
  ['rtsse pub :1/x ', [], ['http://', 'sub', '--json']],
  ['rtsse sub --count ', [], ['http://', 'sub', '--json']],
  ['rtws sub :PORT/', [':PORT/news', ':PORT/new/deep', ':PORT/other', ':PORT/caf%C3%A9'], []],
  ['rtws sub :PORT/ne', [':PORT/news', ':PORT/new/deep'], [':PORT/other']],
  ['rtws :PORT/ne', [':PORT/news'], [':PORT/other']],
  ['rtsse sub localhost:PORT/ot', ['localhost:PORT/other'], []],
  ['rtpoll pub http://127.0.0.1:PORT/ot', ['http://127.0.0.1:PORT/other'], []],
  ['rtws pipe --json ws://localhost:PORT/ot', ['ws://localhost:PORT/other'], []],
  ['rtrelay sse+http://localhost:PORT/ot', ['sse+http://localhost:PORT/other'], []],
  ['rtrelay --from poll+http://localhost:PORT/ot', ['poll+http://localhost:PORT/other'], []],
  ['rtws sub :1/ne', [], [':1/news']],
  ['rtws sub @', ['@home'], ['ws://', '@none', '@lab', 'sse+@feed']],
  ['rtws @h', ['@home'], ['@lab']],
  ['rtmqtt sub ', ['@lab', 'mqtt://'], ['@home', '@feed']],
  ['rtpoll sub @', ['@feed'], ['@lab']],
  ['rtrelay sse+@', ['sse+@feed'], ['@feed', 'sse+@lab', 'poll+@feed']],
  ['rtrelay - serve+', ['serve+ws://', 'serve+sse://', 'serve+poll://', 'serve+mqtt://'], []],
  ['rtrelay compare ', ['poll-cursor', 'long-poll', 'sse', 'ws-hub', 'mqtt2'], ['ws://', 'serve']],
  ['rtrelay compare --wide sse mq', ['mqtt0', 'mqtt1', 'mqtt2'], ['sse', 'mqtt://']],
  ['rtrelay compare --at ws', ['ws://', 'wss://'], ['ws-hub']],
  ['rtws sub --profile ', ['away', 'work'], ['home', '@home']],
  ['rtrelay serve 0 --bus ', ['mqtt://', 'mqtts://', '@lab'], ['@home', 'ws://']],
  ['rtws sub --exec bas', ['bash'], ['basic']],
  ['rtws sub -', ['-n', '-v', '--count'], ['-d']],
  ['rtrelay @lab/x @', ['@lab', '@home'], []],
  ['rtpoll pub --data @l', [], ['@lab']],
  ['rtpoll sub @hub/ne', ['@hub/news', '@hub/new/deep'], ['@hub/other', '@hub']],
  ['rtws @live/ne', ['@live/news'], ['@live/other']],
  ['rtsse sub @deep/', ['@deep/deep'], ['@deep/new/deep', '@deep/news']],
  ['rtrelay sse+@hub/ot', ['sse+@hub/other'], ['@hub/other']],
  ['rtrelay --from poll+@hub/ot', ['poll+@hub/other'], []],
  ['rtpoll sub @closed/', [], ['@closed/news']],
  ['rtpoll sub @nobody/', [], ['@nobody/news']],
  ['rtpoll sub @hub?', [], ['@hub', '@hub?Named\\ endpoint', '@hub?Named endpoint']],
  ['rtrelay ht', [], ['http://', 'https://']],
  ['rtrelay --from ht', [], ['http://', 'https://']],
  ['rtrelay --both - ht', [], ['http://', 'https://']],
  ['rtrelay - ht', ['http://', 'https://'], []],
  ['rtrelay --from - ht', ['http://', 'https://'], []],
  ['rtrelay @', ['@home', '@lab'], ['@hub', '@feed']],
  ['rtrelay @hub/ot', [], ['@hub/other']],
  ['rtrelay - @', ['@home', '@lab', '@hub'], []],
  ['rtrelay - @hub/ot', ['@hub/other'], []],
  ['rtrelay http://localhost:PORT/ot', [], ['http://localhost:PORT/other']],
  ['rtrelay - http://localhost:PORT/ot', ['http://localhost:PORT/other'], []],
  ['rtpoll pub --data @al', ['@alpha.txt', '@alpine.txt'], ['@beta']],
];

for (const shell of Object.keys(kShells)) {
  test(`${shell}: what is offered`, async () => {
    for (const [line, some, none] of kOffers) {
      const typed = line.replaceAll('PORT', port());
      const words = await offered(shell, typed);
      const shown = `"${typed}" in ${shell}: ${words.join(' ')}`;
      for (const word of some) {
        assert.ok(words.includes(word.replaceAll('PORT', port())), `no ${word}: ${shown}`);
      }
      for (const word of none) assert.ok(!words.includes(word.replaceAll('PORT', port())), shown);
    }
  });
}

test('fish offers files where a file is due, and nowhere else', async () => {
  for (const [line, words] of [
    ['rtws sub --output alpha', ['alpha.txt']],
    ['rtws sub --output=alpha', ['--output=alpha.txt']],
    ['rtws sub -o be', ['beta/']],
    ['rtrelay file:alpha', ['file:alpha.txt']],
    ['rtws sub alpha', []],
    ['rtws sub --count alpha', []],
  ]) {
    assert.deepEqual((await inFish(line)).map(({word}) => word), words, line);
  }
});

test('fish and zsh say what an option and a verb are', async () => {
  for (const shell of [inFish, inZsh]) {
    const options = await shell('rtws serve --hist');
    const history = options.find(({word}) => word === '--history');
    assert.match(history?.about ?? '', /Messages that each channel keeps/);
    const verbs = await shell('rtws ');
    assert.match(verbs.find(({word}) => word === 'serve').about, /Be the server/);
  }
});

test('zsh offers an option once, and none that it excludes', async () => {
  const words = (await inZsh('rtws sub --json --')).map(({word}) => word);
  assert.ok(words.includes('--subprotocol'));
  for (const word of ['--json', '--raw', '--null']) assert.ok(!words.includes(word), word);
  const again = (await inZsh('rtws sub --subprotocol a --')).map(({word}) => word);
  assert.ok(again.includes('--subprotocol'));
});

// --- what becomes of the line, on a terminal ------------------------------------------------------
const kLineScript = `
  zmodload zsh/zpty
  zpty child \${(z)1}
  zpty -w child "$2"
  zpty -r -m child out '*READY*' || exit 1
  zpty -w -n child $3$'\\r'
  zpty -r -m child out '*DONE*'
  print -r -- $out
  zpty -d child`;

// Types `keys` and Enter, with a function in the program's place: its arguments.
async function typed(shell, keys) {
  const program = keys.split(' ')[0];
  const told = `${program}() { printf 'ARG<%s>\\n' "$@"; echo DON""E; }; echo READ""Y`;
  const [command, setup] = shell === 'bash' ?
      ['bash --norc --noprofile -i', `PS1=; source ${kRoot}/completions/bash/${program}; ${told}`] :
      ['zsh -f -i', `PS1=; fpath=(${kRoot}/completions/zsh $fpath); autoload -Uz compinit; ` +
                        `compinit -u -D; ${told}`];
  const {stdout, stderr} = await run('zsh', ['-f', '-c', kLineScript, 'zsh', command, setup, keys],
                                     {cwd: files, env: {...named(), TERM: 'dumb', HOME: files}});
  assert.equal(stderr, '');
  return [...stdout.matchAll(/ARG<([^>]*)>/g)].map((match) => match[1]);
}

// zsh writes "--name=VALUE" where bash writes "--name VALUE".
function apart(args) {
  return args.flatMap((text) => (/^--[a-z-]+=/.test(text) ? text.split(/=(.*)/s, 2) : [text]));
}

// What is typed, TAB as "|", and what the program gets.
const kLines = [
  ['rtws su|:PORT/news|', ['sub', ':PORT/news']],
  ['rtws sub :PORT/new/|', ['sub', ':PORT/new/deep']],
  ['rtws sub :PORT/at@h|', ['sub', ':PORT/at@home']],
  ['rtws sub http://localhost:PORT/oth|-v', ['sub', 'http://localhost:PORT/other', '-v']],
  ["rtws sub 'ws://localhost:PORT/oth|", ['sub', 'ws://localhost:PORT/other']],
  ['rtws pub --dat|@alph| x', ['pub', '--data', '@alpha.txt', 'x']],
  ['rtws sub --outp|alph| --js|', ['sub', '--output', 'alpha.txt', '--json']],
  ['rtws sub --output=alph| x', ['sub', '--output', 'alpha.txt', 'x']],
  ['rtws sub --output wi| x', ['sub', '--output', 'with space', 'x']],
  ['rtmqtt sub --protocol=3| x', ['sub', '--protocol', '3.1.1', 'x']],
  ['rtrelay file:alph| serve+h|:80', ['file:alpha.txt', 'serve+http://:80']],
  ['rtrelay --from poll+http://localhost:PORT/oth|-',
   ['--from', 'poll+http://localhost:PORT/other', '-']],
  ['rtws sub @live/oth|-v', ['sub', '@live/other', '-v']],
  ['rtrelay --from=poll+@hub/oth|-', ['--from', 'poll+@hub/other', '-']],
];
for (const shell of ['bash', 'zsh']) {
  test(`${shell}: TAB writes what the program is to get`, async () => {
    for (const [keys, expected] of kLines) {
      const line = keys.replaceAll('PORT', port()).replaceAll('|', '\t');
      assert.deepEqual(apart(await typed(shell, line)),
                       expected.map((text) => text.replaceAll('PORT', port())), keys);
    }
  });
}

// --- what a server may do -------------------------------------------------------------------------
async function hostile(answer) {
  const server = http.createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

test('names that a shell could run are not offered', async () => {
  const names = ['/$(touch${IFS}pwned)', '/`touch pwned`', '/a;touch pwned', "/a'b", '/a b',
                 '/a\\nb', '/*', '/fine'];
  const body = names.map((name) => `{"channel":"${name}","messages":1}`).join(',\n');
  const bad = await hostile((request, response) => response.end(`[\n${body}\n]\n`));
  for (const shell of Object.keys(kShells)) {
    const words = await offered(shell, `rtws sub :${bad}/`);
    assert.deepEqual(words.filter((word) => word.startsWith(`:${bad}`)), [`:${bad}/fine`], shell);
  }
});

test('a server that does not answer holds nobody up', async () => {
  let asked = 0;
  const silent = await hostile(() => { ++asked; });
  for (const shell of Object.keys(kShells)) {
    assert.deepEqual((await offered(shell, `rtws sub :${silent}/`))
                         .filter((word) => word.startsWith(`:${silent}`)), []);
  }
  assert.ok(asked >= Object.keys(kShells).length);
});

test('nobody is asked before the URL has a path, nor when it has a password', async () => {
  let asked = 0;
  const server = await hostile((request, response) => {
    ++asked;
    response.end();
  });
  for (const shell of Object.keys(kShells)) {
    for (const url of [`:${server}`, `http://127.0.0.1:${server}`,
                       `http://u:secret@127.0.0.1:${server}/`, `mqtt://127.0.0.1:${server}/`]) {
      await kShells[shell](`rtws sub ${url}`);
    }
  }
  assert.equal(asked, 0);
});
