// Lines that are typed on a terminal: edited, remembered, and never garbled by what arrives.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {before} from 'node:test';
import {publish} from './lib/curl.mjs';
import {eventually, kBin, serve, test} from './lib/harness.mjs';
import {WsPeer} from './lib/peers.mjs';
import {quoted} from './lib/terminal.mjs';
import {control, kKeys, newHome, Typist} from './lib/typist.mjs';

let hub;
before(async () => { hub = await serve('rtrelay', ['serve', '0']); });

const {enter, up, down, left, home: toHome, end: toEnd, delete: del, backspace, escape} = kKeys;
const kHistory = '.local/state/rtwire/rtws_history';
const said = (peer, client = 0) => peer.clients[client].messages.map((message) => message.text);

async function typing(options = {}, verb = 'pipe', ...more) {
  const peer = await WsPeer.start();
  const typist = await Typist.typesInto(['rtws', verb, ...more, peer.at('/')], options);
  const [client] = await peer.waitForClients(1);
  return {peer, typist, client};
}
async function sent(peer, ...lines) {
  await peer.waitForMessages(lines.length);
  assert.deepEqual(said(peer), lines);
}

// --- keys ------------------------------------------------------------------------------------
// What is typed, and the line that comes of it.
const kEmacs = [
  ['arrows', `hello wrld${left.repeat(3)}o`, 'hello world'],
  ['backspace and delete', `abcc${backspace}d${toHome}x${left}${del}`, 'abcd'],
  ['to the ends', `world${control('A')}hello ${control('E')}!${toHome}>${toEnd}<`, '>hello world!<'],
  ['the rest of the line', `keep and lose${control('A')}${'\x1b[C'.repeat(4)}${control('K')}`, 'keep'],
  ['the whole line', `all of it${control('U')}another`, 'another'],
  ['a word', `one two${control('W')}three`, 'one three'],
  ['UTF-8', `äöü漢字🙂${left.repeat(2)}${backspace}é`, 'äöüé字🙂'],
  ['a tab', 'a\tb', 'a\tb'],
  ['Alt and a letter', `one two\x1bb\x1bdthree`, 'one three'],
];
test('Emacs\' keys', async () => {
  const {peer, typist} = await typing();
  const lines = [];
  for (const [, keys, line] of kEmacs) {
    typist.type(keys, enter);
    lines.push(line);
    await sent(peer, ...lines);
  }
  await typist.sees(/^> one three$/m);
  typist.type(control('D'));
  await typist.shell.waitExit();
});

test('vi\'s keys, as ~/.editrc says; and "edit off"', async () => {
  const home = newHome();
  writeFileSync(join(home, '.editrc'), 'rtws:bind -v\n');
  const {peer, typist} = await typing({home});
  typist.type('hello wurld', escape, 'hhhro', 'A!', enter);
  await sent(peer, 'hello world!');
  // A key that waits for another one holds nothing up.
  typist.type('next', escape, 'r');
  peer.clients[0].send('meanwhile');
  await typist.seesLast('> hello world!', 'meanwhile', '> next');
  typist.type('T', enter);
  await sent(peer, 'hello world!', 'nexT');

  writeFileSync(join(home, '.editrc'), 'edit off\n');
  const plain = await typing({home, ready: /tells more/});
  plain.typist.type('a', backspace, 'plain', enter);
  await sent(plain.peer, 'plain');
  assert.deepEqual(plain.typist.modes(), {lines: true, echo: true});
});

// --- what arrives ----------------------------------------------------------------------------
test('what arrives stands above the half-typed line, and the cursor stays in it', async () => {
  const {typist, client} = await typing();
  typist.type('half typed', left, left);
  await typist.seesBefore('> half typ');
  client.send('first');
  await typist.seesLast('first', '> half typed');
  await typist.seesBefore('> half typ');
  // Several at once, long ones, and the program's own words.
  for (let n = 0; n < 50; ++n) client.send(`number ${n} ${'x'.repeat(n * 3)}`);
  await typist.seesLast(`number 48 ${'x'.repeat(144)}`, `number 49 ${'x'.repeat(147)}`, '> half typed');
  await typist.seesBefore('> half typ');
  const numbers = typist.lines().filter((line) => line.startsWith('number'));
  assert.equal(numbers.length, 50);
  typist.type('\x15/ping', enter);
  await typist.sees(/the server answered after \d+ ms\n> $/);
});

test('a half-typed line over several rows, with what is wide and what cannot be seen', async () => {
  const {typist, client} = await typing({columns: 20});
  const texts = ['a line that is longer than the terminal is wide', '漢字漢字漢字漢字漢字漢字漢字漢字漢字',
                 'tabs\tand\tmore', `${'x'.repeat(18)}`, `${'x'.repeat(38)}`, `12345678901234567 漢字`];
  for (const [n, text] of texts.entries()) {
    typist.type(control('U'), text);
    const shown = (line) => `> ${text}`.replaceAll(/\s+/g, '') === line.replaceAll(/\s+/g, '');
    const wholeLast = (count) => () => {
      const lines = typist.rows();
      for (let from = lines.length - 1; from >= 0; --from)
        if (shown(lines.slice(from).join(''))) return count === undefined || lines[from - 1] === count;
      return false;
    };
    await typist.sees(wholeLast(), `the text ${n}`);
    for (const where of ['', control('A'), '\x1b[C'.repeat(9), control('E')]) {
      typist.type(where);
      // Known to be done when it is shown again.
      const mark = `mark ${n}${where.length}`;
      client.send(mark);
      await typist.sees(wholeLast(mark), `${mark} above the text ${n}`);
    }
  }
  assert.equal(typist.rows().filter((row) => row.startsWith('mark')).length, texts.length * 4);
});

for (const answers of [true, false]) {
  test(`a window that becomes narrower and wider, of a terminal that ${answers ? 'says' : 'does not say'} where its cursor is`, async () => {
    const {peer, typist, client} = await typing({columns: 60, rows: 20, answers});
    // Where a row ends with a blank, the cursor does not always tell: then more may be left of it.
    const words = 'a half-typed line with many words in it that goes on for more than one row of the terminal';
    const text = answers ? words.replaceAll(' ', '-') : words;
    typist.type(text);
    const whole = () => {
      const lines = typist.rows();
      const from = lines.findLastIndex((line) => /^> a.half/.test(line));
      return lines.slice(from).join('').replaceAll(' ', '') === `>${text}`.replaceAll(' ', '');
    };
    await typist.sees(whole, 'the line');
    for (const columns of [40, 30, 50, 25, 80, 33]) {
      await typist.resize(columns);
      // Drawn anew, too: a message that comes before that finds it as the terminal had it.
      if (answers) await typist.seesBefore(`> ${text}`.slice(-((text.length + 2) % columns)));
      client.send(`as wide as ${columns}`);
      await typist.sees(new RegExp(`as wide as ${columns}`));
      await typist.sees(whole, `the line in ${columns} columns`);
      if (answers) assert.equal(typist.rows().filter((line) => /^> a.half/.test(line)).length, 1, `${columns}: ${typist.rows().join('|')}`);
    }
    // Nothing that had arrived was wiped out.
    assert.equal(typist.lines().filter((line) => line.startsWith('as wide as')).length, 6);
    typist.type('!', enter);
    await sent(peer, `${text}!`);
  });
}

test('in a search, too', async () => {
  const {peer, typist, client} = await typing();
  typist.type('needle in the hay', enter, 'something else', enter, control('R'), 'need');
  await typist.seesLast('> needle in the hay', 'bck:need');
  client.send('meanwhile');
  await typist.seesLast('meanwhile', '> needle in the hay', 'bck:need');
  typist.type(enter);
  await sent(peer, 'needle in the hay', 'something else', 'needle in the hay');
});

test('messages go to a file, the line stays on the terminal', async () => {
  const peer = await WsPeer.start();
  const home = newHome();
  const file = join(home, 'out');
  const typist = await Typist.at(`exec ${quoted(`${kBin}/rtws`)} pipe ${peer.at('/')} >${quoted(file)}`, {home});
  await typist.sees(/^> $/m);
  const [client] = await peer.waitForClients(1);
  typist.type('ab', left, 'x');
  client.send('into the file');
  await eventually(() => readFileSync(file, 'utf8') === 'into the file\n', 'the message');
  await typist.seesLast('> axb');
  typist.type(enter);
  await sent(peer, 'axb');
});

// --- history ---------------------------------------------------------------------------------
test('history: in memory, and in a file of one\'s own', async () => {
  const home = newHome();
  const first = await typing({home});
  const typed = ['one', 'two', ' with a blank before it', 'three', 'three', '{"op":"auth","api_key":"s3cret"}'];
  for (const line of typed) first.typist.type(line, enter);
  await sent(first.peer, ...typed);
  // The blank kept one out; the secret is remembered here.
  first.typist.type(up, up, up, enter, down, enter);
  await sent(first.peer, ...typed, 'two', '');
  first.typist.type(control('D'));
  await first.typist.shell.waitExit();
  const file = join(home, kHistory);
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\nthree\ntwo\n');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(home, '.local/state/rtwire')).mode & 0o777, 0o700);

  const second = await typing({home});
  second.typist.type(up, up, enter);
  await sent(second.peer, 'three');
});

test('history: where it is kept, and where not', async () => {
  const rows = [
    ['elsewhere', ({home}) => ({XDG_STATE_HOME: join(home, 'state')}), 'state/rtwire/rtws_history'],
    ['not in a relative place', () => ({XDG_STATE_HOME: 'state'}), kHistory],
    ['a file of one\'s choice', ({home}) => ({RT_TYPED_HISTORY: join(home, 'mine')}), 'mine'],
    ['none', () => ({RT_TYPED_HISTORY: ''}), undefined],
    ['no home', () => ({HOME: ''}), undefined],
  ];
  for (const [name, env, place] of rows) {
    const home = newHome();
    const {peer, typist} = await typing({home, env: env({home})});
    typist.type('kept?', enter, up, '!', enter);
    await sent(peer, 'kept?', 'kept?!');
    const places = [kHistory, 'state/rtwire/rtws_history', 'mine'].filter((path) => existsSync(join(home, path)));
    assert.deepEqual(places, place === undefined ? [] : [place], name);
    if (place) assert.equal(readFileSync(join(home, place), 'utf8'), 'kept?\nkept?!\n');
  }
});

test('history: a long file is cut, a directory in its place does no harm', async () => {
  const home = newHome();
  mkdirSync(join(home, '.local/state/rtwire'), {recursive: true});
  const lines = Array.from({length: 2500}, (_, n) => `old ${n}`);
  writeFileSync(join(home, kHistory), `${lines.join('\n')}\n`);
  const {peer, typist} = await typing({home});
  typist.type(up, enter, 'new', enter);
  await sent(peer, 'old 2499', 'new');
  assert.deepEqual(readFileSync(join(home, kHistory), 'utf8').trimEnd().split('\n'), [...lines.slice(1500), 'new']);

  const odd = newHome();
  mkdirSync(join(odd, kHistory), {recursive: true});
  const other = await typing({home: odd});
  other.typist.type('typed', enter, up, enter);
  await sent(other.peer, 'typed', 'typed');
});

// --- ends ------------------------------------------------------------------------------------
const kEnds = [
  ['Ctrl-C', ({typist}) => typist.type(control('C')), 130],
  ['Ctrl-\\', ({typist}) => typist.type(control('\\')), 131],
  ['SIGTERM', ({pid}) => process.kill(pid, 'SIGTERM'), 143],
  ['SIGHUP', ({pid}) => process.kill(pid, 'SIGHUP'), 129],
  ['the server\'s close', ({client}) => client.close(1000), 0],
  ['the server\'s death, without reconnection', ({client}) => client.terminate(), 8],
  ['Ctrl-D', ({typist}) => typist.type(control('U'), control('D')), 0],
  ['/close', ({typist}) => typist.type(control('U'), '/close', enter), 0],
];
test('the terminal is as it was, whatever the end', async () => {
  for (const [name, act, code] of kEnds) {
    const peer = await WsPeer.start();
    const script = `trap : INT QUIT; sh -c 'echo PID=$$; exec ${kBin}/rtws pipe --no-reconnect ${peer.at('/')}'; echo CODE=$?; read x`;
    const shown = await Typist.at(script);
    await shown.sees(/^> $/m);
    assert.deepEqual(shown.modes(), {lines: false, echo: false});
    shown.type('half');
    await shown.seesLast('> half');
    const [client] = await peer.waitForClients(1);
    act({typist: shown, client, pid: Number(/PID=(\d+)/.exec(shown.text())[1])});
    await shown.sees(/CODE=\d+/, `the end by ${name}`);
    assert.equal(Number(/CODE=(\d+)/.exec(shown.text())[1]), code, name);
    assert.deepEqual(shown.modes(), {lines: true, echo: true}, name);
    // The half line is to be seen, the prompt alone is not.
    assert.doesNotMatch(shown.text(), /^> $/m, name);
    if (!/Ctrl-D|close$/.test(name) || /server/.test(name)) assert.match(shown.text(), /^> half/m, name);
  }
});

test('Ctrl-Z and fg, and what arrives in the background', async () => {
  const peer = await WsPeer.start();
  const typist = await Typist.at('PS1="$ " ENV= exec sh -i', {rows: 20});
  await typist.sees(/^\$ ?$/m);
  typist.type(`${kBin}/rtws pipe ${peer.at('/')}\n`);
  await typist.sees(/^> $/m);
  const [client] = await peer.waitForClients(1);
  typist.type('half', left);
  await typist.seesBefore('> hal');
  typist.type(control('Z'));
  await typist.sees(/Stopped/);
  await typist.sees(/\n\$ ?$/);
  assert.deepEqual(typist.modes(), {lines: true, echo: true});
  assert.doesNotMatch(typist.text(), /> half/);
  typist.type('bg\n');
  await typist.sees(/bg\n(.*\n)+\$ ?$/);
  client.send('in the background');
  await typist.sees(/in the background/);
  assert.deepEqual(typist.modes(), {lines: true, echo: true});
  typist.type('fg\n');
  await typist.sees(() => typist.lines().at(-1) === '> half');
  await typist.seesBefore('> hal');
  typist.type('x', enter);
  await sent(peer, 'halxf');
  typist.type(control('C'));
  await typist.sees(/\n\$ ?$/);
  assert.deepEqual(typist.modes(), {lines: true, echo: true});
});

// --- much, early, and elsewhere --------------------------------------------------------------
test('many lines that are pasted, before and after there is a connection', async () => {
  const lines = Array.from({length: 2000}, (_, n) => `pasted ${n} äöü`);
  const waiting = await WsPeer.start();
  const {port} = waiting;
  await waiting.stop();
  const typist = await Typist.at(`exec ${kBin}/rtws pipe --retry --retry-max-delay 200ms ws://127.0.0.1:${port}/`);
  await typist.sees(/trying again/);
  typist.type('early', enter, 'half of ');
  const peer = await WsPeer.start(() => {}, {port});
  await typist.sees(/> half of/);
  typist.type('one', enter, `${lines.join('\n')}\n`);
  await peer.waitForMessages(2002);
  assert.deepEqual(said(peer), ['early', 'half of one', ...lines]);
  const long = 'x'.repeat(20_000);
  typist.type(long, enter);
  await peer.waitForMessages(2003);
  assert.equal(said(peer).at(-1), long);
});

test('every program that reads lines has it; what is not lines, or dumb, has it not', async () => {
  const url = hub.at('/typing/all');
  const rows = [
    [['rtws', 'pub', hub.at('/typing/all', 'ws')], true],
    [['rtsse', 'pub', url], true],
    [['rtsse', 'pipe', url], true],
    [['rtpoll', 'pub', '--json-values', url], true],
    [['rtrelay', '-', url], true],
    [['rtsse', 'serve', '0/typed'], true],
    [['rtws', 'pub', '--null', hub.at('/typing/all', 'ws')], false],
    [['rtws', 'pub', '--delimiter', ';', hub.at('/typing/all', 'ws')], false],
    [['rtws', 'pub', hub.at('/typing/all', 'ws')], false, {TERM: 'dumb'}],
    [['rtws', 'pub', hub.at('/typing/all', 'ws')], false, {TERM: ''}],
    [['rtws', 'pub', hub.at('/typing/all', 'ws')], false, {TERM: 'unknown-to-everybody'}],
    [['rtws', 'sub', hub.at('/typing/all', 'ws')], false],
  ];
  for (const [words, edited, env] of rows) {
    const typist = await Typist.typesInto(words, {ready: /Ctrl-D|connected|listening/, env});
    if (edited) await typist.sees(/^> $/m);
    assert.deepEqual(typist.modes(), {lines: !edited, echo: !edited}, words.join(' '));
    if (!edited) assert.doesNotMatch(typist.text(), /^> /m);
    if (!edited) assert.doesNotMatch(typist.shell.stdout, /\x1b/);
    typist.type(control('C'));
    await typist.shell.waitExit();
  }
});

test('a hub\'s subscribers hear what is typed, and it hears them', async () => {
  const typist = await Typist.typesInto(['rtws', 'pipe', hub.at('/typing/room', 'ws')]);
  typist.type('hello', enter, 'half');
  await typist.seesLast('> hello', '> half');
  await publish(hub.at('/typing/room'), 'from somebody');
  await typist.seesLast('> hello', 'from somebody', '> half');
});
