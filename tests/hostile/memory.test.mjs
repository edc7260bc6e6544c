// Memory: whatever strangers send, ask for and do not take, a hub stays within --memory, a constant
// and a figure for each connection, goes on serving, and gives back what they had.
import {kLong, kMiB, sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {many, stream, socketOf, stuck, unfinishedBody, unfinishedHead} from './lib/attackers.mjs';
import {assertGood, assertMemory, assertRecovers, before, goodClient, metrics, pause, serve, start, startHub, test, until,
        within} from './lib/hub.mjs';
import {ask, get, post, postEnvelopes, request} from './lib/raw_http.mjs';
import {closeCode, frame, handshake, kBinary, kClose, kContinue, frames, upgrade} from './lib/raw_ws.mjs';
import {startMosquittoHub, mqttClient} from './lib/mqtt.mjs';
import {resident} from './lib/figures.mjs';

const kLarge = 12 * kMiB;

// --- what readers pin ------------------------------------------------------------------------
// A reader that takes nothing, then a large message that it is in the middle of; again and again.
async function pinning(path, opening, {rounds = sized(14, 60), args = []} = {}) {
  const hub = await startHub(['--history', '1', ...args]);
  const was = await before(hub);
  const body = Buffer.alloc(kLarge, 'p');
  const readers = [];
  for (let i = 0; i < rounds; ++i) {
    readers.push(await stuck(hub.port, opening(path)));
    // It is subscribed when this has been answered.
    assert.equal((await get(hub.port, '/-/health')).status, 200);
    assert.equal((await post(hub.port, path, body)).status, 201, 'publications go on');
  }
  assertMemory(hub, {connections: rounds});
  for (const reader of readers) reader.destroy();
  await post(hub.port, path, 'small');
  await assertRecovers(hub, was);
}

test('event streams that never read pin a message each', () => pinning('/pin', (p) => stream(p)));
test('event streams of envelopes that never read',
     () => pinning('/pin', (p) => stream(p, {Accept: 'text/event-stream;profile="rt.v1"'})));
test('WebSockets that never read', () => pinning('/pin', (p) => socketOf(p)));
test('WebSockets of rt.v1 that never read', () => pinning('/pin', (p) => socketOf(p, 'rt.v1')));

test('readers of one message in each of the four encodings', async () => {
  const hub = await startHub(['--history', '1']);
  const was = await before(hub);
  const openings = [stream('/four'), stream('/four', {Accept: 'text/event-stream;profile="rt.v1"'}),
                    socketOf('/four'), socketOf('/four', 'rt.v1')];
  const readers = [];
  for (let i = 0; i < sized(4, 16); ++i) {
    for (const opening of openings) readers.push(await stuck(hub.port, opening));
    await get(hub.port, '/-/health');
    await post(hub.port, '/four', Buffer.alloc(kLarge, '4'));
  }
  assertMemory(hub, {connections: readers.length});
  for (const reader of readers) reader.destroy();
  await post(hub.port, '/four', 'small');
  await assertRecovers(hub, was);
});

test('whoever is cut for not reading is told of a gap when it comes back', async () => {
  const hub = await startHub(['--history', '1']);
  const readers = [];
  let first;
  for (let i = 0; i < 14; ++i) {
    readers.push(await stuck(hub.port, stream('/cut')));
    await get(hub.port, '/-/health');
    const answer = await post(hub.port, '/cut', Buffer.alloc(kLarge, 'c'));
    first ??= JSON.parse(answer.text).id;
  }
  assertMemory(hub, {connections: readers.length});
  const window = await get(hub.port, `/cut?since=${first}&limit=1`);
  assert.match(window.head, /^RT-Gap: true$/im);
});

test('a reader that does read is not the one that is cut', async () => {
  const hub = await startHub(['--history', '1']);
  const good = await upgrade(hub.port, '/mix');
  for (let i = 0; i < sized(12, 40); ++i) {
    await stuck(hub.port, stream('/mix'));
    await get(hub.port, '/-/health');
    await post(hub.port, '/mix', Buffer.alloc(kLarge, 'm'));
  }
  await post(hub.port, '/mix', 'last');
  await until(() => good.last.subarray(-4).equals(Buffer.from('last')) || good.over, 15_000);
  assert.equal(good.over, false, 'the reader that reads was closed');
  assert.equal(good.last.subarray(-4).toString(), 'last');
  assert.ok(good.received > sized(12, 40) * kLarge, 'all of them have come');
  assertMemory(hub, {connections: 50, more: 16 * kMiB});
});

test('many small messages behind one that nobody takes', async () => {
  const hub = await startHub(['--history', '10']);
  const was = await before(hub);
  const readers = [];
  for (let i = 0; i < sized(10, 40); ++i) {
    readers.push(await stuck(hub.port, stream(`/s${i}`)));
    await get(hub.port, '/-/health');
    await post(hub.port, `/s${i}`, Buffer.alloc(kLarge, 's'));
    for (let k = 0; k < 12; ++k) await post(hub.port, `/s${i}`, 'small');
  }
  assertMemory(hub, {connections: readers.length});
  for (const reader of readers) reader.destroy();
  await assertRecovers(hub, was);
});

// --- what grows when it is encoded -----------------------------------------------------------
// Each byte becomes seven of an event stream, or six of JSON.
for (const [what, byte, opening] of [
  ['line ends on an event stream', '\n', stream('/grow')],
  ['controls in envelopes of a WebSocket', '\x01', socketOf('/grow', 'rt.v1')],
  ['controls in a window', '\x01', Buffer.from('GET /grow?since= HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['controls in a long poll', '\x01', Buffer.from('GET /grow?since=&wait=30 HTTP/1.1\r\nHost: localhost\r\n\r\n')],
]) {
  test(`messages that grow by their encoding: ${what}`, async () => {
    const hub = await startHub(['--history', '2']);
    const good = await goodClient(hub);
    const was = await before(hub);
    const readers = [];
    for (let i = 0; i < sized(3, 12); ++i) {
      readers.push(await stuck(hub.port, opening));
      await get(hub.port, '/-/health');
      assert.equal((await post(hub.port, '/grow', Buffer.alloc(kLarge, byte))).status, 201);
      readers.push(await stuck(hub.port, opening));
    }
    await pause(300);
    await assertGood(good);
    assertMemory(hub, {connections: readers.length, more: 16 * kMiB});
    for (const reader of readers) reader.destroy();
    await post(hub.port, '/grow', 'small');
    await post(hub.port, '/grow', 'small');
    await assertRecovers(hub, was);
  });
}

// --- heads, bodies, fragments ----------------------------------------------------------------
test('thousands of heads that never end', async () => {
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  const good = await goodClient(hub);
  const was = await before(hub);
  const count = sized(5000, 8000);
  const sockets = await many(count, () => stuck(hub.port, unfinishedHead('/h', 30_000)), {atOnce: 200});
  await assertGood(good);
  assertMemory(hub, {connections: count});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

test('heads that never end, a byte at a time at their end', async () => {
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  const good = await goodClient(hub);
  const count = sized(4500, 8000);
  const sockets = await many(count, () => stuck(hub.port, unfinishedHead('/h', 31_000)), {atOnce: 200});
  for (let i = 0; i < 10; ++i) {
    for (const socket of sockets) socket.write('a');
    await pause(20);
  }
  await assertGood(good);
  assertMemory(hub, {connections: count});
});

test('upgrades that never end: the same heads', async () => {
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  const good = await goodClient(hub);
  const count = sized(4500, 8000);
  const head = Buffer.from(handshake('/h').slice(0, -2) + `X: ${'a'.repeat(29_000)}\r\n`);
  await many(count, () => stuck(hub.port, head), {atOnce: 200});
  await assertGood(good);
  assertMemory(hub, {connections: count});
});

test('small requests behind a long poll that waits', async () => {
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  const good = await goodClient(hub);
  const was = await before(hub);
  const count = sized(1600, 4000);
  const bytes = Buffer.concat([Buffer.from('GET /w?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n'),
                               Buffer.from('GET /w HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1500))]);
  const sockets = await many(count, () => stuck(hub.port, bytes), {atOnce: 100});
  await assertGood(good);
  assertMemory(hub, {connections: count});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

test('bodies that never end leave room for honest ones', async () => {
  const hub = await startHub(['--max-message', '8MiB']);
  const good = await goodClient(hub);
  const was = await before(hub);
  const count = sized(14, 60);
  const sockets = await many(count, () => stuck(hub.port, unfinishedBody('/b', 8 * kMiB, 7 * kMiB)), {atOnce: 4});
  assert.equal((await post(hub.port, '/b', Buffer.alloc(6 * kMiB, 'h'))).status, 201,
               'an honest body of 6 MiB');
  await assertGood(good);
  assertMemory(hub, {connections: count});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

test('chunked bodies that never end', async () => {
  const hub = await startHub(['--max-message', '8MiB']);
  const good = await goodClient(hub);
  const was = await before(hub);
  const head = 'POST /b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n700000\r\n';
  const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(0x6f0000, 'c')]);
  const sockets = await many(sized(14, 60), () => stuck(hub.port, bytes), {atOnce: 4});
  assert.equal((await post(hub.port, '/b', Buffer.alloc(6 * kMiB, 'h'))).status, 201);
  await assertGood(good);
  assertMemory(hub, {connections: 60});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

async function fragments(subprotocol, {count = sized(16, 32), size = 15 * kMiB} = {}) {
  const hub = await startHub();
  const good = await goodClient(hub);
  const was = await before(hub);
  const half = frame(Buffer.alloc(size, 'f'), {opcode: kBinary, final: false});
  const sockets = await many(count, async () => {
    const socket = await upgrade(hub.port, '/f', {subprotocol});
    await new Promise((resolve) => socket.write(half, () => resolve()));
    return socket;
  }, {atOnce: 4});
  const honest = await upgrade(hub.port, '/honest', {});
  const heard = await upgrade(hub.port, '/honest', {});
  honest.write(frame(Buffer.alloc(8 * kMiB, 'h'), {opcode: kBinary}));
  await until(() => heard.received >= 8 * kMiB || honest.over, 10_000);
  const close = frames(honest.bytes).find(({opcode}) => opcode === kClose);
  assert.equal(close?.payload.readUInt16BE(0), undefined, 'the honest one was closed');
  assert.ok(heard.received >= 8 * kMiB, 'the honest message of 8 MiB has come');
  await assertGood(good);
  assertMemory(hub, {connections: count});
  for (const socket of [...sockets, honest, heard]) socket.destroy();
  await assertRecovers(hub, was);
}
test('WebSocket messages that never end leave room for honest ones', () => fragments(undefined));
test('messages of rt.v1 that never end', () => fragments('rt.v1', {count: sized(8, 24), size: 30 * kMiB}));

test('WebSocket messages in tiny fragments', async () => {
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  const good = await goodClient(hub);
  const was = await before(hub);
  const one = Buffer.concat([frame('x', {final: false}),
                             ...Array.from({length: 50_000}, () => frame('x', {opcode: kContinue, final: false}))]);
  const sockets = await many(sized(30, 100), async () => {
    const socket = await upgrade(hub.port, '/t');
    socket.write(one);
    return socket;
  }, {atOnce: 10});
  await pause(1000);
  await assertGood(good);
  assertMemory(hub, {connections: 100});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

// The manual tells how long; the run by hand waits for it.
if (kLong) {
  test('a WebSocket message that never ends gets a time, as a body does', async () => {
    const hub = await startHub();
    const socket = await upgrade(hub.port, '/slow');
    socket.write(frame('half of it', {final: false}));
    const end = Date.now() + 150_000;
    while (!socket.over && Date.now() < end) await pause(100);
    assert.ok(socket.over, 'it may take for ever');
  });
}

// --- answers that nobody takes ---------------------------------------------------------------
test('answers of a large message that nobody takes', async () => {
  const hub = await startHub();
  await post(hub.port, '/large', Buffer.alloc(kLarge, 'l'));
  const good = await goodClient(hub);
  const was = await before(hub);
  const ask = Buffer.from('GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(4));
  const sockets = await many(sized(16, 60), () => stuck(hub.port, ask), {atOnce: 4});
  await pause(300);
  await assertGood(good);
  assertMemory(hub, {connections: 60});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

test('hundreds of long polls that are answered and do not read', async () => {
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  const good = await goodClient(hub);
  const was = await before(hub);
  const count = sized(100, 400);
  const ask = Buffer.from('GET /lp?since=&wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(10));
  const sockets = await many(count, () => stuck(hub.port, ask));
  for (let i = 0; i < 10; ++i) await post(hub.port, '/lp', Buffer.alloc(900_000, 'l'));
  await assertGood(good);
  assertMemory(hub, {connections: count});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

test('pings that are not answered to: pongs do not pile up', async () => {
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  const good = await goodClient(hub);
  const was = await before(hub);
  const pings = Buffer.concat(Array.from({length: 20_000}, () => frame('p'.repeat(125), {opcode: 9})));
  const sockets = await many(sized(20, 60), async () => {
    const socket = await upgrade(hub.port, '/p', {reads: false});
    for (let i = 0; i < 3; ++i) socket.write(pings);
    return socket;
  }, {atOnce: 10});
  await pause(1500);
  await assertGood(good);
  assertMemory(hub, {connections: 60});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});

test('echoes that are not taken', async () => {
  const hub = await serve('rtws', ['serve', '0', '--echo', '--memory', '32MiB', '--max-message', '4MiB']);
  const start = resident(hub.child.pid);
  const message = frame(Buffer.alloc(3 * kMiB, 'e'), {opcode: kBinary});
  const sockets = await many(sized(12, 40), async () => {
    const socket = await upgrade(hub.port, '/', {reads: false});
    for (let i = 0; i < 6; ++i) socket.write(message);
    return socket;
  }, {atOnce: 6});
  await pause(1000);
  const most = resident(hub.child.pid);
  assert.ok(most <= start + (32 + 48) * kMiB, `${(most / kMiB).toFixed(0)} MiB for echoes that nobody takes`);
  for (const socket of sockets) socket.destroy();
});

// --- what waits for the hub's own output -----------------------------------------------------
// Published for some time to a server whose stdout nobody reads.
async function unread(memory, publishing) {
  const hub = await serve('rtpoll', ['serve', '0', '--memory', memory]);
  hub.child.stdout.pause();
  const start = resident(hub.child.pid);
  let most = start;
  const stop = Date.now() + sized(2500, 30_000);
  const looking = async () => {
    while (Date.now() < stop) {
      most = Math.max(most, resident(hub.child.pid));
      await pause(20);
    }
  };
  await Promise.all([looking(), publishing(hub, stop)]);
  assert.equal((await get(hub.port, '/-/health', {}, {ms: 5000})).status, 200);
  const bound = Number.parseInt(memory, 10) * 2 * kMiB + start + 16 * kMiB;
  assert.ok(most <= bound, `${(most / kMiB).toFixed(0)} MiB of ${(bound / kMiB).toFixed(0)} while nobody reads its stdout`);
  const waits = (await metrics(hub.port)).output_bytes;
  assert.ok(waits > 0 && waits <= Number.parseInt(memory, 10) * kMiB / 2, `${waits} bytes wait for stdout`);
}
test('publications to a stdout that nobody reads', () => unread('8MiB', async (hub, stop) => {
  const body = Buffer.alloc(200_000, 'o');
  while (Date.now() < stop) {
    const some = await many(60, () => stuck(hub.port, request('POST', '/', {fields: {'Content-Type': 'text/plain'}, body})));
    await pause(50);
    for (const socket of some) socket.destroy();
  }
}));
test('batches to it', () => unread('8MiB', async (hub, stop) => {
  const batch = `${JSON.stringify({v: 1, data: 'o'.repeat(40)})}\n`.repeat(20_000);
  while (Date.now() < stop) {
    const some = await many(12, () => stuck(hub.port, request('POST', '/', {fields: {'Content-Type': 'application/x-ndjson'}, body: batch})));
    await pause(200);
    for (const socket of some) socket.destroy();
  }
}));
test('WebSockets to it, each with its first message', () => unread('8MiB', async (hub, stop) => {
  const message = frame(Buffer.alloc(400_000, 'o'), {opcode: kBinary});
  while (Date.now() < stop) {
    const some = await many(40, async () => {
      const socket = await upgrade(hub.port, '/');
      socket.write(message);
      return socket;
    });
    await pause(50);
    for (const socket of some) socket.destroy();
  }
}));

test('long batches with a bad line at their end leave nothing behind', async () => {
  const hub = await startHub();
  const was = await before(hub);
  const body = `${'{"data":"a"}\n'.repeat(99_999)}{"data":}\n`;
  const answers = await Promise.all(Array.from({length: 8}, () =>
      ask(hub.port, request('POST', '/bad', {fields: {'Content-Type': 'application/x-ndjson'}, body}), {ms: 20_000})));
  for (const {status} of answers) assert.equal(status, 400);
  assert.ok(hub.most() <= was.memory + 32 * kMiB, `${(hub.most() / kMiB).toFixed(0)} MiB for 8 batches of 1.3 MB`);
  await assertRecovers(hub, was);
});

// --- names and bounds ------------------------------------------------------------------------
test('--memory below --max-message is said, or holds', async () => {
  for (const memory of ['8MiB', '1MiB']) {
    const server = start('rtrelay', ['serve', '0', '--memory', memory], {stdin: null});
    const ready = server.waitForLine(/^listening (\S+)$/, 'stderr').catch(() => undefined);
    const match = await within(Promise.race([ready, server.exit.then(() => undefined)]), 'a start or an end');
    if (!match) {
      assert.equal((await server.exit).code, 2);
      assert.match(server.stderr, /--memory/);
      continue;
    }
    const {port} = new URL(match[1]);
    const answer = await post(port, '/m', Buffer.alloc(12 * kMiB, 'm'));
    assert.equal(answer.status, 413, `a message of 12 MiB with --memory ${memory}: ${answer.status}`);
    const most = resident(server.child.pid);
    assert.ok(most <= (Number.parseInt(memory, 10) + 32) * kMiB, `${most / kMiB} MiB with --memory ${memory}`);
  }
});

test('the same of each program that serves, by WebSocket and by batch', async () => {
  for (const program of ['rtpoll', 'rtsse', 'rtws']) {
    const server = start(program, ['serve', '0/s', '--memory', '4MiB'], {stdin: null});
    const match = await Promise.race([server.waitForLine(/^listening (\S+)$/, 'stderr').catch(() => undefined),
                                      server.exit.then(() => undefined)]);
    if (!match) {
      assert.equal((await server.exit).code, 2);
      continue;
    }
    const port = Number(new URL(match[1].replace(/^ws/, 'http')).port);
    assert.equal((await post(port, '/m', Buffer.alloc(10 * kMiB, 'm'))).status, 413, `${program}: a POST of 10 MiB`);
    const socket = await upgrade(port, '/m');
    socket.write(frame(Buffer.alloc(10 * kMiB, 'w'), {opcode: kBinary}));
    await until(() => socket.over || socket.received > 0, 5000);
    assert.equal(closeCode(socket), 1009, `${program}: a WebSocket message of 10 MiB`);
  }
});

test('a batch of envelopes as long as two messages, with little --memory', async () => {
  const hub = await startHub(['--max-message', '8MiB'], {memory: '8MiB'});
  const line = JSON.stringify({v: 1, data: 'e'.repeat(4 * kMiB)});
  await postEnvelopes(hub.port, '/batch', [line, line, line]);
  assertMemory(hub);
});

// Each bound has its figure: what is used of it, by owner.
const kFigures = [/memory_bytes/, /pinned_bytes/, /held_bytes/, /held_given_up/, /readers_cut/, /connections/, /output_bytes/,
                  /channels/, /log_lines_dropped/];
test('/-/metrics has a figure for each bound', async () => {
  const hub = await startHub();
  const names = Object.keys(await metrics(hub.port));
  const missing = kFigures.filter((figure) => !names.some((name) => figure.test(name)));
  assert.deepEqual(missing, [], `${names.join(' ')}`);
});

// --- the broker ------------------------------------------------------------------------------
test('retained messages without end stay within the broker\'s share of --memory', async () => {
  const hub = await startMosquittoHub(['--max-message', '2MiB'], {memory: '32MiB'});
  const client = await mqttClient(hub.mqttPort);
  const payload = Buffer.alloc(kMiB, 'r');
  for (let i = 0; i < sized(110, 400); ++i) client.publish(`retained/${i}`, payload, {retain: true});
  await client.settle();
  const most = resident(hub.brokerPid());
  assert.ok(most <= (32 + 48) * kMiB, `the broker has ${(most / kMiB).toFixed(0)} MiB with --memory 32MiB`);
  assert.equal((await get(hub.port, '/-/health')).status, 200);
});

test('messages for sessions that are away stay within it', async () => {
  const hub = await startMosquittoHub(['--max-message', '2MiB'], {memory: '32MiB'});
  const away = await mqttClient(hub.mqttPort, {clientId: 'away', clean: false, sessionExpiry: 3600});
  await away.subscribe('away', 1);
  away.end();
  const client = await mqttClient(hub.mqttPort);
  const payload = Buffer.alloc(kMiB, 'q');
  for (let i = 0; i < sized(110, 400); ++i) client.publish('away', payload, {qos: 1});
  await client.settle();
  const most = resident(hub.brokerPid());
  assert.ok(most <= (32 + 48) * kMiB, `the broker has ${(most / kMiB).toFixed(0)} MiB with --memory 32MiB`);
});

test('a subscriber of the broker that reads nothing', async () => {
  const hub = await startMosquittoHub(['--max-message', '2MiB'], {memory: '32MiB'});
  const deaf = await mqttClient(hub.mqttPort, {deaf: true});
  await deaf.subscribe('deaf', 0);
  const client = await mqttClient(hub.mqttPort);
  const payload = Buffer.alloc(kMiB, 'd');
  for (let i = 0; i < sized(110, 400); ++i) client.publish('deaf', payload, {qos: 1});
  await client.settle();
  const most = resident(hub.brokerPid());
  assert.ok(most <= (32 + 48) * kMiB, `the broker has ${(most / kMiB).toFixed(0)} MiB with --memory 32MiB`);
});
