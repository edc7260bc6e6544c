// --progress, --stats and --stats-json: on a terminal, without one, and whatever the end is.
import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {publishAll} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {
  defer, eventually, kBin, kNotLinux, run, serve, skipHere, start, test,
} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {freePort, Proxy} from './lib/net.mjs';
import {HttpPeer} from './lib/peers.mjs';
import {onTerminal, quoted, screen} from './lib/terminal.mjs';

let hub;
let directory;
let names = 0;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
  directory = mkdtempSync(join(tmpdir(), 'rt-progress-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
});

const fresh = (name = 'file') => join(directory, `${name}-${++names}`);
const channel = () => `/progress/${++names}`;
const totals = (file) => JSON.parse(readFileSync(file, 'utf8'));

function fileOf(lines) {
  const file = fresh('input');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}
const numbers = (count) => Array.from({length: count}, (_, i) => String(i + 1));

// An HTTP server that takes so many messages and keeps the next one waiting until release().
async function hesitantPeer(taken) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  const peer = await HttpPeer.start(async (request, response) => {
    if (peer.requests.length > taken) await released;
    response.writeHead(204).end();
  });
  peer.release = release;
  return peer;
}

const program = (name, ...args) => [`${kBin}/${name}`, ...args].map(quoted).join(' ');

// Resolves when a program that shows its line has done so: as long as it takes one to.
async function aLine() {
  const peer = await hesitantPeer(0);
  const shown = onTerminal(
      `${program('rtpoll', 'pub', peer.at('/x'))} < ${quoted(fileOf(['abcd']))}; echo END`);
  await shown.waitFor(() => shown.stdout.includes('0 messages'), 'the line of another');
  peer.release();
  await shown.waitExit();
}

// --- on a terminal -------------------------------------------------------------------------------
test('a file that is published on a terminal shows how far it is, and its last line stays', async () => {
  const peer = await hesitantPeer(5);
  const file = fileOf(Array(10).fill('abcd'));
  const shown = onTerminal(`${program('rtpoll', 'pub', peer.at('/x'))} < ${quoted(file)}; echo END=$?`);
  await shown.waitFor(() => /5 messages, [\d.]+\/s, 20 B, 0:0\d, lag 5, reconnects 0, 50%/
                                .test(shown.stdout), 'the live line');
  peer.release();
  await shown.waitFor(() => shown.stdout.includes('END='), 'the end');
  await shown.waitExit();
  const lines = screen(shown.stdout);
  assert.match(lines[0], /^10 messages, [\d.]+\/s, 40 B, 0:0\d, lag 0, reconnects 0, 100%$/);
  assert.equal(lines[1], 'END=0');
  assert.equal(peer.requests.length, 10);
});

test('the time left is known once something has gone', async () => {
  const file = fileOf(Array(100).fill('abcd'));
  let taken = 0;
  const peer = await HttpPeer.start(async (request, response) => {
    if (++taken > 5) await new Promise((resolve) => setTimeout(resolve, 20));
    response.writeHead(204).end();
  });
  const shown = onTerminal(`${program('rtpoll', 'pub', peer.at('/x'))} < ${quoted(file)}; echo END=$?`);
  await shown.waitFor(() => /\d+%, 0:0\d left/.test(shown.stdout), 'the time left');
  await shown.waitFor(() => shown.stdout.includes('END=0'), 'the end');
  await shown.waitExit();
});

test('the line is as narrow as the terminal', async () => {
  const peer = await hesitantPeer(5);
  const file = fileOf(Array(10).fill('abcd'));
  const shown = onTerminal(
      `${program('rtpoll', 'pub', peer.at('/x'))} < ${quoted(file)}; echo END=$?`, {columns: 25});
  await shown.waitFor(() => /5 messages, 50%\r/.test(shown.stdout), 'the live line');
  peer.release();
  await shown.waitFor(() => shown.stdout.includes('END=0'), 'the end');
  await shown.waitExit();
  for (const line of screen(shown.stdout)) assert.ok(line.length < 25, line);
});

test('a terminal of one column gets no line that it would have to break', async () => {
  const peer = await hesitantPeer(10);
  const file = fileOf(Array(10).fill('abcd'));
  const shown = onTerminal(
      `${program('rtpoll', 'pub', '--progress', peer.at('/x'))} < ${quoted(file)}; echo END=$?`,
      {columns: 1});
  await shown.waitFor(() => shown.stdout.includes('END=0'), 'the end');
  await shown.waitExit();
  assert.doesNotMatch(shown.stdout, /messages/);
});

test('who does not want the line, or is no pub of a file, does not get it', async () => {
  const file = fileOf(Array(3).fill('abcd'));
  const rows = [
    [['pub', '-q'], `< ${quoted(file)}`],
    [['pub', '--no-progress'], `< ${quoted(file)}`],
    [['pub'], `< ${quoted(file)} 2>/dev/null`],
    [['pub'], `< ${quoted(file)} 2>&1 | cat`],
    [['pub'], 'x'],
    [['pub', '-d', `@${file}`], ''],
  ];
  const began = await Promise.all(rows.map(async ([args, redirected]) => {
    const peer = await hesitantPeer(0);
    const shown = onTerminal(
        `${program('rtpoll', ...args, peer.at('/x'))} ${redirected}; echo END`);
    await peer.until(() => peer.requests.length > 0, args.join(' '), {detail: () => shown.detail()});
    return {args, peer, shown};
  }));
  await aLine();
  for (const {args, peer, shown} of began) {
    peer.release();
    await shown.waitFor(() => shown.stdout.includes('END'), 'the end');
    await shown.waitExit();
    assert.equal(screen(shown.stdout).join('|'), 'END|', args.join(' '));
  }
});

test('-d of a long file shows it, too', async () => {
  const file = fresh('long');
  writeFileSync(file, 'x'.repeat((1 << 20) + 1));
  const peer = await hesitantPeer(0);
  const shown = onTerminal(`${program('rtpoll', 'pub', '-d', `@${file}`, peer.at('/x'))}; echo END`);
  await shown.waitFor(() => /0 messages, 0\/s, 0 B, .*0%/.test(shown.stdout), 'the live line');
  peer.release();
  await shown.waitFor(() => shown.stdout.includes('END'), 'the end');
  await shown.waitExit();
  assert.match(screen(shown.stdout)[0], /^1 messages, .*1\.0 MiB, .*100%$/);
});

test('the line makes way for errors, and for messages', async () => {
  const proxy = await Proxy.start(hub.port);
  const path = channel();
  const shown = onTerminal(
      `echo PID=$$; exec ${program('rtsse', 'sub', '--progress', '--retry-max-delay', '10ms', '--last', '9',
                                   proxy.at(path))}`);
  await shown.waitFor(() => shown.stdout.includes('0 messages'), 'the live line');
  await publishAll(hub.at(path), ['one', 'two']);
  await shown.waitFor(() => shown.stdout.includes('2 messages'), 'the messages');
  proxy.cut();
  await shown.waitFor(() => /reconnects [1-9]/.test(shown.stdout), 'a reconnection');
  process.kill(Number(/PID=(\d+)/.exec(shown.stdout)[1]), 'SIGINT');
  await shown.waitExit();
  const lines = screen(shown.stdout);
  assert.match(lines[1], /^rtsse: .*: connected$/);
  assert.equal(lines[2], 'one');
  assert.equal(lines[3], 'two');
  assert.match(lines[4], /^rtsse: .*; trying again in/);
  assert.match(lines.at(-2), /^2 messages, .*6 B, .*lag 0, reconnects [1-9]/);
  assert.equal(lines.at(-1), '');
});

test('a job in the background is not stopped by its line', async () => {
  const peer = await hesitantPeer(0);
  const file = fileOf(['abcd']);
  const go = fresh('go');
  const shown = onTerminal(
      'stty tostop; set -m; ' +
      `${program('rtpoll', 'pub', '--progress', peer.at('/x'))} < ${quoted(file)} & p=$!; ` +
      `while ! test -e ${quoted(go)}; do sleep 0.02; done; ` +
      `echo ${'STATE'}=$(ps -o stat= -p $p); wait $p; echo END=$?`);
  await peer.until(() => peer.requests.length > 0, 'the message', {detail: () => shown.detail()});
  await aLine();
  writeFileSync(go, '');
  await shown.waitFor(() => /STATE=\S/.test(shown.stdout), 'its state');
  assert.doesNotMatch(shown.stdout, /STATE=T/);
  peer.release();
  await shown.waitFor(() => shown.stdout.includes('END=0'), 'the end');
  await shown.waitExit();
  assert.doesNotMatch(shown.stdout, /messages/);
});

test('a relay\'s line, by either name', async () => {
  for (const name of ['--status', '--progress']) {
    const go = fresh('go');
    const shown = onTerminal(
        `(echo x; while ! test -e ${quoted(go)}; do sleep 0.02; done) | ` +
        `${program('rtrelay', name, '-', hub.at(channel()))}; echo END=$?`);
    await shown.waitFor(() => /1 messages, .*lag 0/.test(shown.stdout), 'the status line');
    writeFileSync(go, '');
    await shown.waitFor(() => shown.stdout.includes('END=0'), 'the end');
    await shown.waitExit();
    assert.deepEqual(screen(shown.stdout), ['END=0', '']);  // it is erased
  }
});

// --- without a terminal --------------------------------------------------------------------------
test('without a terminal: a line a second when asked, and nothing else', async () => {
  const path = channel();
  const pub = start('rtws', ['pub', '--progress', hub.at(path, 'ws')]);
  pub.write('1\n22\n');
  await pub.waitForLine(/^2 messages, [\d.]+\/s, 3 B, 0:0\d, lag 0, reconnects 0$/, 'stderr');
  assert.doesNotMatch(pub.stderr, /[\r\x1b]/);
  pub.endStdin();
  assert.equal((await pub.waitExit()).code, 0);

  const sub = start('rtpoll', ['sub', '--progress', '--since=', '--long=1', hub.at(path)]);
  await sub.waitForLine(/^2 messages, [\d.]+\/s, 3 B, 0:0\d, lag 0, reconnects 0$/, 'stderr');
  assert.deepEqual(sub.lines(), ['1', '22']);

  const pipe = start('rtws', ['pipe', '--progress', hub.at(path, 'ws')]);
  pipe.write('x\n');
  await pipe.waitForLine(/^sent 1 messages, .*, 1 B, received 0 messages, .*, lag 0, reconnects 0$/, 'stderr');

  const silent = await run('rtws', ['pub', hub.at(path, 'ws')], {input: 'x\n'});
  assert.equal(silent.stderr, '');
});

// --- totals --------------------------------------------------------------------------------------
const kClients = [
  ['rtpoll', 'http', []],
  ['rtsse', 'http', []],
  ['rtws', 'ws', []],
  ['rtws', 'ws', ['--hub']],
];

test('totals are what went and came', async () => {
  const lines = numbers(3000);
  const bytes = lines.join('').length;
  for (const [name, scheme, more] of kClients) {
    const path = channel();
    const sent = fresh('json');
    const from = new Date().toISOString();
    const pub = await run(name, ['pub', ...more, '--stats', '--stats-json', sent, hub.at(path, scheme)],
                          {input: `${lines.join('\n')}\n`});
    assert.equal(pub.code, 0, pub.stderr);
    assert.match(pub.stderr, new RegExp(`^${name} pub ${scheme}://127\\.0\\.0\\.1:${hub.port}${path}: ` +
                                        '\\d+\\.\\d{3} s, exit 0\n  sent  3000 messages  10\\.6 KiB  '));
    assert.match(pub.stderr, /\n {2}reconnects 0, unfinished 0, refused 0\n$/);
    const json = totals(sent);
    assert.deepEqual(Object.keys(json), [
      'program', 'version', 'verb', 'endpoint', 'start_time', 'end_time', 'duration_seconds',
      'exit_code', 'signal', 'error', 'sent', 'received', 'latency_seconds', 'clocks_differ_seconds',
      'round_trip_seconds', 'unfinished', 'reconnects', 'gaps', 'lost', 'refused', 'failed', 'uncertain',
    ]);
    assert.deepEqual(Object.keys(json.sent), [
      'messages', 'bytes', 'messages_per_second', 'bytes_per_second', 'first_seconds',
    ]);
    assert.equal(json.program, name);
    assert.equal(json.verb, 'pub');
    assert.equal(json.sent.messages, 3000);
    assert.equal(json.sent.bytes, bytes);
    assert.equal(json.received, null);
    assert.ok(json.sent.first_seconds <= json.duration_seconds);
    assert.ok(Math.abs(json.sent.messages_per_second * json.duration_seconds - 3000) < 1);
    assert.match(json.start_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.ok(json.start_time.slice(0, 23) >= from.slice(0, 23) && json.end_time >= json.start_time);

    const got = fresh('json');
    const sub = await run(name, ['sub', '--last', '500', '-n', '400', '--stats-json', got,
                                 ...(scheme === 'ws' ? ['--hub'] : []), hub.at(path, scheme)]);
    assert.equal(sub.code, 0, sub.stderr);
    assert.equal(sub.stderr, '');
    assert.equal(totals(got).received.messages, 400);
    assert.equal(totals(got).received.bytes, 1600);
    assert.equal(totals(got).sent, null);
  }
});

test('an endpoint without its secrets', async () => {
  const file = fresh('json');
  const {stderr} = await run('rtpoll', [
    'pub', `http://me:SECRET@127.0.0.1:${hub.port}${channel()}?token=SECRET`, 'x',
    '--stats', '--stats-json', file,
  ]);
  assert.match(stderr, /exit 0/);
  assert.doesNotMatch(stderr + readFileSync(file, 'utf8'), /SECRET/);
});

test('both ways have totals in a pipe', async () => {
  const path = channel();
  const file = fresh('json');
  const pipe = start('rtws', ['pipe', '--stats-json', file, hub.at(path, 'ws')]);
  pipe.write('one\ntwo\n');
  await eventually(async () => (await run('rtpoll', ['sub', '-n', '2', '--since=', '--timeout', '1', hub.at(path)])).code === 0, 'both');
  await publishAll(hub.at(path), ['abc']);
  await pipe.waitForLines(1);
  pipe.endStdin();
  assert.equal((await pipe.waitExit()).code, 0);
  const json = totals(file);
  assert.deepEqual([json.sent.messages, json.sent.bytes], [2, 6]);
  assert.deepEqual([json.received.messages, json.received.bytes], [1, 3]);
});

test('what is sent again after a reconnection counts once', async () => {
  const proxy = await Proxy.start(hub.port);
  const path = channel();
  const file = fresh('json');
  const pub = start('rtws', ['pub', '--hub', '--progress', '--retry-max-delay', '10ms', '--stats-json', file,
                             proxy.at(path, 'ws')]);
  pub.write('1\n2\n3\n');
  await pub.waitForLine(/^3 messages, .* lag 0,/, 'stderr');
  proxy.cut();
  pub.write('4\n5\n');
  await pub.waitForLine(/^5 messages, .* lag 0, reconnects [1-9]/, 'stderr');
  pub.endStdin();
  assert.equal((await pub.waitExit()).code, 0);
  const json = totals(file);
  assert.equal(json.sent.messages, 5);
  assert.ok(json.reconnects >= 1);
  assert.equal(json.unfinished, 0);
});

test('a hub that comes back', async () => {
  const port = await freePort();
  const first = await serve('rtrelay', ['serve', port]);
  const file = fresh('json');
  const sub = start('rtsse', ['sub', '--retry-max-delay', '20ms', '--stats-json', file, first.at('/a')]);
  await eventually(async () => {
    await publishAll(first.at('/a'), ['x']);
    return sub.lines().length > 0;
  }, 'the subscription');
  first.kill();
  await first.waitExit();
  const second = await serve('rtrelay', ['serve', port]);
  await eventually(async () => {
    await publishAll(second.at('/a'), ['y']);
    return sub.lines().includes('y');
  }, 'the second hub\'s message');
  sub.kill('SIGTERM');
  const {code, signal} = await sub.waitExit();
  const json = totals(file);
  assert.equal(json.received.messages, sub.lines().length);
  assert.equal(json.received.bytes, sub.lines().length);
  assert.ok(json.reconnects >= 1);
  assert.ok(json.gaps >= 1, 'another hub\'s ids are a gap');
  // Lost messages are told before the signal.
  assert.deepEqual([code, signal, json.exit_code, json.signal], [9, null, 9, null]);
});

eachPeer('what was lost is numbered where it can be', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('{"v":1,"id":"a-1","data":"one"}');
    socket.send('{"v":1,"gap":{"from":"a-1","missed":40}}');
    socket.send('{"v":1,"id":"a-42","data":"two"}');
  }, {subprotocols: ['rt.v1']});
  const file = fresh('json');
  const {code, stderr} = await run('rtws', ['sub', '--hub', '-n', '2', '--stats', '--stats-json', file,
                                            peer.at('/x')]);
  assert.equal(code, 9, stderr);
  const json = totals(file);
  assert.deepEqual([json.gaps, json.lost, json.received.messages, json.received.bytes], [1, 40, 2, 6]);
  assert.equal(json.exit_code, 9);
  assert.match(json.error, /messages were lost/);
  assert.match(stderr, /\n {2}reconnects 0, gaps 1, lost 40, unfinished 0\n/);
});

test('what was not acknowledged is unfinished, at Ctrl-C', async () => {
  const peer = await hesitantPeer(3);
  const file = fresh('json');
  const pub = start('rtpoll', ['pub', '--stats', '--stats-json', file, peer.at('/x')]);
  pub.write('1\n22\n333\n4444\n55555\n');
  await peer.waitForRequests(4);
  pub.kill('SIGINT');
  const {signal} = await pub.waitExit();
  assert.equal(signal, 'SIGINT');
  const json = totals(file);
  assert.deepEqual([json.sent.messages, json.sent.bytes, json.unfinished], [3, 6, 2]);
  assert.deepEqual([json.exit_code, json.signal, json.error], [130, 'SIGINT', null]);
  assert.match(pub.stderr, / s, SIGINT\n {2}sent  3 messages/);
});

// What is sent before the client sees the cut goes nowhere: one of these opens the next connection.
const sendUntilNext = (pub, peer) => eventually(() => {
  pub.write('2\n');
  return peer.clients[1]?.messages.length > 0;
}, 'the next connection');

eachPeer('a connection that acknowledges nothing leaves doubt', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    if (peer.clients.length === 1) socket.on('message', () => socket.terminate());
  });
  const file = fresh('json');
  const pub = start('rtws', ['pub', '--retry-max-delay', '10ms', '--stats-json', file, peer.at('/')]);
  pub.write('1\n');
  await peer.until(() => peer.clients[0]?.closed, 'the cut');
  await sendUntilNext(pub, peer);
  pub.endStdin();
  assert.equal((await pub.waitExit()).code, 9);
  assert.equal(totals(file).uncertain, true);
  assert.equal(totals(file).exit_code, 9);
  assert.match(totals(file).error, /^ws:.*: a connection was lost, .*, perhaps \(a hub acknowledges: --hub\)$/);
  assert.doesNotMatch(pub.stderr, /messages were lost/);
});

eachPeer('Ctrl-C after a connection that acknowledges nothing: the doubt is the last word', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    if (peer.clients.length === 1) socket.on('message', () => socket.terminate());
  });
  const pub = start('rtws', ['pub', '--retry-max-delay', '10ms', peer.at('/')]);
  pub.write('1\n');
  await sendUntilNext(pub, peer);
  pub.kill('SIGINT');
  assert.equal((await pub.waitExit()).code, 9);
  assert.match(pub.stderr, /, perhaps \(a hub acknowledges: --hub\)\n$/);
  assert.doesNotMatch(pub.stderr, /messages were lost/);
});

test('what the broker refuses is not sent', async () => {
  const acl = 'topic read #\ntopic write open/#\n';
  // With max_queued_messages 0 Mosquitto 2.0.11 hangs up at what it refuses.
  const broker = await startMosquitto(
      {more: ['acl_file DIR/acl', 'max_queued_messages 1000'], files: {acl}});
  const file = fresh('json');
  const good = await run('rtmqtt', ['pub', '--qos', '1', '--stats-json', file, broker.at('open/x')], {input: '1\n2\n'});
  assert.equal(good.code, 0, good.stderr);
  assert.equal(totals(file).sent.messages, 2);
  const bad = await run('rtmqtt', ['pub', '--qos', '1', '--stats-json', file, broker.at('shut/x')], {input: '1\n2\n'});
  assert.equal(bad.code, 5, bad.stderr);
  const json = totals(file);
  assert.deepEqual([json.sent.messages, json.sent.bytes, json.refused, json.unfinished], [0, 0, 2, 0]);
  assert.deepEqual([json.exit_code, json.error.length > 0], [5, true]);
});

test('a failed connection has totals, too', async () => {
  const file = fresh('json');
  const {code, stderr} = await run('rtws', ['sub', '--stats', '--stats-json', file,
                                            `ws://127.0.0.1:${await freePort()}/x`]);
  assert.equal(code, 3);
  const json = totals(file);
  assert.deepEqual([json.exit_code, json.received.messages, json.received.first_seconds], [3, 0, null]);
  assert.match(json.error, /refused/);
  assert.match(stderr, /exit 3\n.*\n.*\nrtws: ws:/);  // the error stands last
});

test('what stdout did not take is not received', async (t) => {
  if (kNotLinux) return skipHere(t, kNotLinux);
  const path = channel();
  await publishAll(hub.at(path), ['a', 'b']);
  const file = fresh('json');
  const full = onTerminal(`${program('rtsse', 'sub', '--last', '2', '-n', '2', '--stats-json', file,
                                     hub.at(path))} > /dev/full; echo END=$?`);
  await full.waitFor(() => full.stdout.includes('END=1'), 'the end');
  await full.waitExit();
  assert.deepEqual([totals(file).received.messages, totals(file).unfinished], [0, 2]);
  assert.match(totals(file).error, /No space left/);
});

// --- a relay's totals ----------------------------------------------------------------------------
test('a relay has totals of each direction', async () => {
  const [from, to, json] = [channel(), channel(), fresh('json')];
  await publishAll(hub.at(from), ['a', 'bb', 'ccc']);
  const one = await run('rtrelay', [hub.at(from, 'sse+http'), hub.at(to, 'ws'), '--hub', '--last', '3', '-n', '3',
                                    '--stats', '--stats-json', json]);
  assert.equal(one.code, 0, one.stderr);
  const {routes, ...rest} = totals(json);
  assert.equal(routes.length, 1);
  assert.deepEqual([routes[0].messages, routes[0].bytes, routes[0].dropped, routes[0].unfinished],
                   [3, 6, 0, 0]);
  assert.deepEqual([routes[0].from.length, routes[0].to.length], [1, 1]);
  assert.ok(routes[0].to[0].endsWith(to));
  assert.deepEqual([rest.program, rest.verb, rest.endpoint, rest.exit_code],
                   ['rtrelay', 'relay', null, 0]);
  assert.match(one.stderr, /^rtrelay: [\d.]+ s, exit 0\n {2}\S+ > \S+ {2}3 messages {2}6 B/);

  const both = start('rtrelay', ['--both', '-', hub.at(to, 'ws'), '--hub', '--stats-json', json]);
  both.write('x\n');
  await eventually(async () => {
    await publishAll(hub.at(to), ['back']);
    return both.lines().includes('back');
  }, 'the way back');
  both.endStdin();
  assert.equal((await both.waitExit()).code, 0, both.detail());
  const ways = totals(json).routes;
  assert.deepEqual([ways[0].messages, ways[0].bytes], [1, 1]);
  assert.equal(ways[1].messages, both.lines().length);
  assert.deepEqual(ways[0].from, ways[1].to);

  const failed = await run('rtrelay', ['-', `ws://127.0.0.1:${await freePort()}/x`, '--stats-json', json], {input: ''});
  assert.equal(failed.code, 3);
  assert.equal(totals(json).exit_code, 3);
  assert.equal(totals(json).routes[0].messages, 0);
});

test('a relay that serves ends well at a signal', async () => {
  const json = fresh('json');
  const relay = await serve('rtrelay', ['serve+http://:0/x', hub.at(channel(), 'ws'), '--hub', '--stats-json', json]);
  await publishAll(relay.at('/x'), ['a']);
  await eventually(async () => {
    relay.kill('SIGTERM');
    return (await relay.waitExit()).code === 0;
  }, 'its end');
  assert.deepEqual([totals(json).exit_code, totals(json).signal], [0, 'SIGTERM']);
  assert.equal(totals(json).routes[0].messages, 1);
});

// --- the file ------------------------------------------------------------------------------------
test('a file that cannot be written is found out before anything connects', async () => {
  const peer = await HttpPeer.start((request, response) => response.writeHead(204).end());
  const rows = [
    [join(directory, 'none', 'x'), /--stats-json: .*none\/x: cannot write: No such file/],
    [directory, /--stats-json: .*: cannot write: Is a directory/],
    ['/dev/fd/77', /--stats-json: \/dev\/fd\/77: cannot write: Bad file descriptor/],
    ['-', /--stats-json -?.*stdout is for messages: name a file, or \/dev\/stderr/],
  ];
  for (const [file, text] of rows) {
    for (const args of [['rtpoll', 'pub', peer.at('/x')], ['rtrelay', '-', peer.at('/x')]]) {
      const [name, ...rest] = args;
      const {code, stderr} = await run(name, [...rest, '--stats-json', file], {input: 'x\n'});
      assert.equal(code, 2, stderr);
      assert.match(stderr, text);
    }
  }
  assert.equal(peer.requests.length, 0);
});

test('a file that cannot be written at the end is a failure, unless there is another', async (t) => {
  if (kNotLinux) return skipHere(t, kNotLinux);
  const good = await run('rtpoll', ['pub', hub.at(channel()), 'x', '--stats-json', '/dev/full']);
  assert.equal(good.code, 1);
  assert.match(good.stderr, /^rtpoll: --stats-json: \/dev\/full: cannot write: No space left on device\n$/);
  const bad = await run('rtpoll', ['pub', `http://127.0.0.1:${await freePort()}/`, 'x',
                                   '--stats-json', '/dev/full']);
  assert.equal(bad.code, 3);
  assert.match(bad.stderr, /No space left/);
});

test('the file is replaced as a whole, and what is no file is written to', async () => {
  const file = fresh('json');
  writeFileSync(file, 'x'.repeat(10_000));
  const url = hub.at(channel());
  assert.equal((await run('rtpoll', ['pub', url, 'x', '--stats-json', file])).code, 0);
  assert.equal(totals(file).sent.messages, 1);
  assert.deepEqual(readdirSync(directory).filter((name) => name.startsWith(`${file.split('/').pop()}.`)), []);

  const out = await run('rtpoll', ['pub', url, 'x', '--stats-json', '/dev/stdout']);
  assert.equal(JSON.parse(out.stdout).sent.messages, 1);
  const err = await run('rtpoll', ['pub', url, 'x', '--stats-json', '/dev/stderr']);
  assert.equal(JSON.parse(err.stderr).sent.messages, 1);
  const piped = await run('sh', ['-c', `${program('rtpoll', 'pub', '--stats-json', '/dev/fd/3', url, 'x')} 3>&1`]);
  assert.equal(JSON.parse(piped.stdout).sent.messages, 1);
  assert.equal((await run('rtpoll', ['pub', url, 'x', '--stats-json', '/dev/null'])).code, 0);
  assert.ok(existsSync('/dev/null'));
});
