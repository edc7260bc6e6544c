// Sockets and news that a service manager passes on: sd_listen_fds(3) and sd_notify(3).
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {defer, kBin, kNotLinux, run, serve, start, test} from './lib/harness.mjs';
import {raw} from './lib/net.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const kHubs = ['rtpoll', 'rtsse', 'rtws', 'rtrelay'];

// A program that starts with these sockets from descriptor 3 on; `ports` are theirs.
async function activate(sockets, program, args, {wait = false, ...options} = {}) {
  const started = start(
      'perl',
      [join(here, 'lib', 'activate.pl'), ...(wait ? ['--wait'] : []), ...sockets, '--',
       join(kBin, program), ...args],
      options);
  const wanted = sockets.filter((socket) => /^(tcp|tcp6|any|idle|udp)$/.test(socket)).length;
  await started.waitFor(() => started.lines().length >= wanted, 'the sockets');
  started.ports = started.lines().slice(0, wanted).map((line) => Number(line.split(' ')[1]));
  return started;
}

async function refused(sockets, args, env = {}, program = 'rtrelay') {
  const ended = await activate(sockets, program, args, {env});
  const {code, signal} = await ended.waitExit();
  assert.deepEqual({code, signal}, {code: 2, signal: null}, ended.detail());
  const lines = ended.stderr.trimEnd().split('\n');
  assert.equal(lines.length, 1, ended.stderr);
  return lines[0];
}

function directory() {
  const path = mkdtempSync(join(tmpdir(), 'rtwire-activation-'));
  defer(() => rmSync(path, {recursive: true}));
  return path;
}

const kGet = 'GET /-/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

for (const program of kHubs) {
  test(`${program} serve fd:3: who connects before it is up is served`, async () => {
    const hub = await activate(['tcp'], program, ['serve', 'fd:3'], {wait: true});
    const early = await raw(hub.ports[0], kGet);
    assert.equal(hub.stderr, '');
    hub.write('go\n');
    const answer = await early.response();
    assert.equal(answer.status, 200);
    const scheme = program === 'rtws' ? 'ws' : 'http';
    await hub.waitForLine(new RegExp(`^listening ${scheme}://127\\.0\\.0\\.1:${hub.ports[0]}/$`),
                          'stderr');
  });
}

test('serve fd:3/CHANNEL: messages come through the passed socket', async () => {
  const hub = await activate(['tcp'], 'rtws', ['serve', 'fd:3/chat']);
  const url = `http://127.0.0.1:${hub.ports[0]}/chat`;
  await hub.waitForLine(new RegExp(`^listening ws://127\\.0\\.0\\.1:${hub.ports[0]}/chat$`),
                        'stderr');
  const published = await run('rtsse', ['pub', url, 'hello']);
  assert.equal(published.code, 0, published.stderr);
  await hub.waitFor(() => hub.lines().includes('hello'), 'the message on stdout');
  const read = await run('rtpoll', ['sub', '--last', 1, '-n', 1, url]);
  assert.equal(read.stdout, 'hello\n');
});

test('serve fd:NAME takes all sockets of that name, IPv6 too', async () => {
  const hub = await activate(['tcp', 'tcp', 'tcp6'], 'rtrelay', ['serve', 'fd:web'],
                             {env: {LISTEN_FDNAMES: 'web:other:web'}});
  const [first, other, third] = hub.ports;
  await hub.waitForLine(new RegExp(`^listening http://\\[::1\\]:${third}/$`), 'stderr');
  assert.match(hub.stderr, new RegExp(`^listening http://127\\.0\\.0\\.1:${first}/$`, 'm'));
  assert.match(hub.stderr, /^rtrelay: fd:4 \(other\) was passed to this program, too, and is not/m);
  assert.doesNotMatch(hub.stderr, new RegExp(`listening .*:${other}/`));
  assert.equal((await run('curl', ['-fsS', `http://127.0.0.1:${first}/-/health`])).code, 0);
  assert.equal((await run('curl', ['-fsS', `http://[::1]:${third}/-/health`])).code, 0);
});

test('a passed socket that others can reach makes a hub for others', async () => {
  const to = (host) => `GET /-/health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  const status = async (port, host) => (await (await raw(port, to(host))).response()).status;
  const own = await activate(['tcp'], 'rtrelay', ['serve', 'fd:3']);
  assert.equal(await status(own.ports[0], hostname()), 421);
  const open = await activate(['any'], 'rtrelay', ['serve', 'fd:3']);
  assert.equal(await status(open.ports[0], hostname()), 200);
  assert.equal(await status(open.ports[0], 'example.org'), 421);
  await open.waitForLine(/^listening http:\/\/0\.0\.0\.0:\d+\/$/, 'stderr');
});

test('a passed socket that is not asked for is told', async () => {
  const hub = await activate(['tcp'], 'rtrelay', ['serve', '0']);
  await hub.waitForLine(/^listening /, 'stderr');
  assert.match(hub.stderr, /^rtrelay: fd:3 was passed to this program, too, and is not used/);
});

test('the variables and the sockets are not for its children', async () => {
  const own = directory();
  const seen = join(own, 'seen');
  // What the hub runs as its broker writes down what it has got.
  writeFileSync(join(own, 'mosquitto'), `#!/bin/sh
{ env; for fd in 3 4 5 6 7 8 9; do [ -e /dev/fd/$fd ] && echo "open=$fd"; done; } > '${seen}'
`, {mode: 0o755});
  const manager = await listenForNews(join(own, 'notify'));
  const hub = await activate(['tcp'], 'rtrelay', ['serve', 'fd:3', '--mqtt', '0'], {
    env: {
      NOTIFY_SOCKET: manager.socket,
      LISTEN_FDNAMES: 'http',
      PATH: `${own}:${process.env.PATH}`,
    },
  });
  const {code} = await hub.waitExit();
  assert.equal(code, 1, hub.detail());
  const got = readFileSync(seen, 'utf8');
  assert.match(got, /^PATH=/m);
  assert.doesNotMatch(got, /^(LISTEN_|NOTIFY_SOCKET)/m);
  assert.doesNotMatch(got, /^open=/m);
  assert.deepEqual(manager.lines(), ['bound'], 'it was never ready');
});

// --- what cannot be ----------------------------------------------------------------------------
test('what was passed is no socket that listens: 2, and why', async () => {
  const path = join(directory(), 'unix');
  const rows = [
    ['closed', 'fd:3 is not open'],
    ['file', 'fd:3 is not a socket'],
    ['udp', 'fd:3 is not a TCP socket'],
    [`unix=${path}`, 'fd:3 is not a TCP socket'],
    ['idle', 'fd:3 does not listen'],
  ];
  for (const [kind, why] of rows) {
    assert.equal(await refused([kind], ['serve', 'fd:3']), `rtrelay: ${why}`);
  }
  assert.equal(await refused(['tcp', 'idle'], ['serve', 'fd:a'], {LISTEN_FDNAMES: 'a:a'}),
               'rtrelay: fd:4 does not listen');
});

test('nothing was passed, or to another process: 2, and why', async () => {
  const none = 'rtrelay: no socket was passed to this program: ';
  const rows = [
    [{LISTEN_PID: '1'}, /LISTEN_PID is 1, and this is process \d+ \(a shell in between needs exec\)$/],
    [{LISTEN_PID: 'x'}, /LISTEN_PID is x, and this is process \d+/],
    [{LISTEN_PID: 'none'}, /LISTEN_PID is not set \(systemd sets it, by a \.socket unit\)$/],
    [{LISTEN_FDS: 'none'}, /LISTEN_FDS is not set/],
    [{LISTEN_FDS: '0'}, /LISTEN_FDS is "0"$/],
    [{LISTEN_FDS: '-1'}, /LISTEN_FDS is "-1"$/],
    [{LISTEN_FDS: '99999999999'}, /LISTEN_FDS is "99999999999"$/],
    [{LISTEN_FDS: '1\u001b[31m'}, /LISTEN_FDS is "1\\x1B\[31m"$/],
  ];
  for (const [env, why] of rows) {
    const line = await refused(['tcp'], ['serve', 'fd:3'], env);
    assert.ok(line.startsWith(none), line);
    assert.match(line, why);
  }
  const {code, stderr} = await run('rtsse', ['serve', 'fd:3']);
  assert.equal(code, 2);
  assert.match(stderr, /^rtsse: no socket was passed to this program: LISTEN_PID is not set/);
});

test('a number or a name that was not passed: 2, and those that were', async () => {
  assert.equal(await refused(['tcp', 'tcp'], ['serve', 'fd:5']),
               'rtrelay: fd:5 was not passed to this program: use fd:3, fd:4');
  assert.equal(
      await refused(['tcp', 'tcp'], ['serve', 'fd:web'], {LISTEN_FDNAMES: 'http:https'}),
      'rtrelay: fd:web was not passed to this program: use fd:http, fd:https');
});

test('a broker and a relay open their own ports: 2', async () => {
  const rows = [
    ['rtmqtt', ['serve', 'fd:3'], /a broker opens its own port: write \[HOST:\]PORT/],
    ['rtrelay', ['serve', '0', '--mqtt', 'fd:3'], /--mqtt fd:3: a broker opens its own port/],
    ['rtrelay', ['-', 'serve+http://fd:3'], /a relay opens its own ports/],
  ];
  for (const [program, args, why] of rows) {
    const {code, stderr} = await run(program, args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, why);
  }
});

// --- news for the manager ----------------------------------------------------------------------
async function listenForNews(socket) {
  const manager = start('perl', [join(here, 'lib', 'notify.pl'), socket], {stdin: null});
  await manager.waitForLine(/^bound$/);
  manager.socket = socket;
  return manager;
}

test('NOTIFY_SOCKET is told READY=1 when it listens and STOPPING=1 at the end', async () => {
  const manager = await listenForNews(join(directory(), 'notify'));
  const env = {NOTIFY_SOCKET: manager.socket};
  const hub = await serve('rtrelay', ['serve', '0'], {env});
  const ready = ['bound', `READY=1 STATUS=listening ${hub.url}`];
  assert.deepEqual(await manager.waitForLines(2), ready);
  hub.kill();
  assert.deepEqual(await hub.waitExit(), {code: 0, signal: null});
  assert.deepEqual(await manager.waitForLines(3), [...ready, 'STOPPING=1']);
});

test('NOTIFY_SOCKET: a broker and a relay tell it, too', async () => {
  const manager = await listenForNews(join(directory(), 'notify'));
  const env = {NOTIFY_SOCKET: manager.socket};
  const broker = await serve('rtmqtt', ['serve', '0'], {env});
  assert.deepEqual(await manager.waitForLines(2),
                   ['bound', `READY=1 STATUS=listening ${broker.url}`]);
  const relay = await serve('rtrelay', [`${broker.url}/a`, 'serve+http://:0/a'], {env});
  await manager.waitForLines(3);
  relay.kill();
  await relay.waitExit();
  assert.deepEqual((await manager.waitForLines(4)).slice(2),
                   ['READY=1 STATUS=relaying', 'STOPPING=1']);
});

// Abstract sockets are Linux's.
test('NOTIFY_SOCKET that is abstract', async () => {
  const manager = await listenForNews(`@rtwire-test-${process.pid}`);
  const hub = await serve('rtws', ['serve', '0'], {env: {NOTIFY_SOCKET: manager.socket}});
  assert.deepEqual(await manager.waitForLines(2),
                   ['bound', `READY=1 STATUS=listening ${hub.url}`]);
}, {notHere: kNotLinux});

test('NOTIFY_SOCKET that nobody has or that is none is told, and no more', async () => {
  for (const [socket, why] of [
    [join(directory(), 'nobody'), /cannot tell the service manager: No such file or directory/],
    ['vsock:2:1', /NOTIFY_SOCKET is no path that can be used: vsock:2:1/],
    [`/${'x'.repeat(200)}`, /NOTIFY_SOCKET is no path that can be used: \/xxx/],
  ]) {
    const hub = await serve('rtrelay', ['serve', '0'], {env: {NOTIFY_SOCKET: socket}});
    await hub.waitFor(() => why.test(hub.stderr), 'the warning');
    hub.kill();
    assert.equal((await hub.waitExit()).code, 0);
  }
});
