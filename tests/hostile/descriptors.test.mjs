// Descriptors: a peer that is gone is seen to be gone, and who comes when there are none left gets
// an answer.
import {kMiB, sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {many, stream, stuck, unfinishedHead} from './lib/attackers.mjs';
import {assertGood, assertMemory, assertRecovers, before, defer, goodClient, pause, serve, start, startHub, test, until} from './lib/hub.mjs';
import {descriptors, resident} from './lib/figures.mjs';
import {get, open, opened, request} from './lib/raw_http.mjs';
import {frame, handshake, upgrade} from './lib/raw_ws.mjs';

// Sends these bytes and goes, `count` times: after that the hub is as it was.
async function comeAndGo(bytes, {count = sized(300, 1100), leave = 'end', args = []} = {}) {
  const hub = await startHub(args);
  const good = await goodClient(hub);
  const was = await before(hub);
  await many(count, async () => {
    const socket = open(hub.port);
    await opened(socket);
    socket.on('data', () => {});
    // What the hub does not read stays in the system's buffers, and so does the end behind it.
    socket.write(bytes);
    await pause(30);
    if (leave === 'reset') socket.resetAndDestroy();
    else if (leave === 'end') socket.end(() => socket.destroy());
    else socket.destroy();
  }, {atOnce: 100});
  await assertGood(good);
  await assertRecovers(hub, was);
}
const junk = Buffer.alloc(140_000, 'j');
const withJunk = (bytes) => Buffer.concat([Buffer.from(bytes), junk]);

test('long polls with junk behind them, closed at once', () => comeAndGo(withJunk(request('GET', '/x?wait=300'))));
test('the same, closed by a reset', () => comeAndGo(withJunk(request('GET', '/x?wait=300')), {leave: 'reset'}));
test('long polls with good requests behind them',
     () => comeAndGo(Buffer.concat([request('GET', '/x?wait=300'), ...Array.from({length: 4000}, () => request('GET', '/-/health'))])));
test('event streams with junk behind them', () => comeAndGo(withJunk(stream('/x'))));
test('unfinished heads', () => comeAndGo(unfinishedHead('/x', 20_000)));
test('WebSockets with unfinished messages',
     () => comeAndGo(Buffer.concat([Buffer.from(handshake('/x')), frame(junk, {final: false})])));

test('held publications whose publisher has gone', async () => {
  // Nobody takes what is published: its answers wait.
  const server = await serve('rtsse', ['serve', '0/out', '--memory', '32MiB'], {stdout: 'pipe'});
  server.child.stdout.pause();
  const pid = server.child.pid;
  const was = {memory: resident(pid), descriptors: descriptors(pid)};
  const sockets = await many(sized(60, 200), () => stuck(server.port, Buffer.concat([
    request('POST', '/out', {fields: {'Content-Type': 'text/plain'}, body: Buffer.alloc(300_000, 'h')}), junk])), {atOnce: 20});
  await pause(300);
  for (const socket of sockets) socket.destroy();
  assert.ok(await until(() => descriptors(pid) <= was.descriptors + 8, sized(10_000, 60_000)),
            `${descriptors(pid)} descriptors, ${was.descriptors} before`);
});

test('who sends much behind a request that is held is dropped', async () => {
  const hub = await startHub();
  const socket = open(hub.port);
  await opened(socket);
  let over = false;
  socket.on('data', () => {});
  socket.on('close', () => (over = true));
  socket.on('end', () => (over = true));
  socket.write(Buffer.concat([request('GET', '/x?wait=300'), Buffer.alloc(2 * kMiB, 'j')]));
  defer(() => socket.destroy());
  assert.ok(await until(() => over, 8000), 'it is still held');
});

// --- none left -------------------------------------------------------------------------------
// A hub whose system gives it this many.
async function fewDescriptors(limit, args = []) {
  const command = `ulimit -n ${limit}; exec "$0" "$@"`;
  const {kBin} = await import('../e2e/lib/harness.mjs');
  const server = start('sh', ['-c', command, `${kBin}/rtrelay`, 'serve', '0', ...args], {stdin: null});
  const found = await server.waitForLine(/^listening http:\S+:(\d+)\/$/, 'stderr');
  server.port = Number(found[1]);
  server.pid = server.child.pid;
  return server;
}
async function exhausted(opening, args = []) {
  const hub = await fewDescriptors(64, args);
  const holders = await many(120, () => stuck(hub.port, opening), {atOnce: 30});
  await pause(100);
  for (let i = 0; i < 5; ++i) {
    const answer = await get(hub.port, '/-/health', {}, {ms: 3000});
    assert.equal(answer.status, 503, `a newcomer gets: ${answer.status} ${answer.text}`);
    assert.match(answer.head, /^Retry-After: \d+$/im);
  }
  for (const socket of holders) socket.destroy();
  assert.ok(await until(async () => (await get(hub.port, '/-/health', {}, {ms: 1000})).status === 200, 5000),
            'it serves again when they have gone');
}
test('out of descriptors, by long polls', () => exhausted(request('GET', '/x?wait=300')));
test('out of descriptors, by event streams', () => exhausted(stream('/x')));
test('out of descriptors, by WebSockets', () => exhausted(Buffer.from(handshake('/x'))));
test('out of descriptors, by connections that say nothing', () => exhausted(Buffer.alloc(0)));
test('out of descriptors, with a broker to talk to', () => exhausted(stream('/x'), ['--mqtt', '0']));

test('--max-connections: the next one is told', async () => {
  const hub = await startHub(['--max-connections', '50']);
  await many(50, () => stuck(hub.port, stream('/x')));
  await pause(100);
  assert.equal((await get(hub.port, '/-/health', {}, {ms: 3000})).status, 503);
});

test('thousands that come and say nothing', async () => {
  const hub = await startHub();
  const good = await goodClient(hub);
  const was = await before(hub);
  const count = sized(3000, 8000);
  const sockets = await many(count, () => stuck(hub.port, Buffer.alloc(0)), {atOnce: 200});
  await assertGood(good);
  assertMemory(hub, {connections: count});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
});
