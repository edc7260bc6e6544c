// Fairness: who asks for much waits for it alone. Small and new requests are served whatever the
// large and slow ones hold, and nobody can take all of what there is for all.
import {kMiB, sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {many, stream, socketOf, stuck} from './lib/attackers.mjs';
import {assertGood, assertMemory, assertRecovers, before, goodClient, pause, serve, startHub, test, until} from './lib/hub.mjs';
import {ask, get, open, opened, pipeline, post, postEnvelopes, request} from './lib/raw_http.mjs';
import {deflated, frame, handshake, kBinary, kPing, upgrade} from './lib/raw_ws.mjs';

// A channel of about 15 MB.
async function largeChannel(hub, path, {count = 15, size = kMiB} = {}) {
  for (let i = 0; i < count; ++i) assert.equal((await post(hub.port, path, Buffer.alloc(size, 'w'))).status, 201);
}

// --- windows that nobody reads ---------------------------------------------------------------
async function windows(path, count = sized(45, 100), fields = {}) {
  const hub = await startHub([], {memory: '64MiB'});
  await largeChannel(hub, '/w');
  const good = await goodClient(hub);
  const was = await before(hub);
  const sockets = await many(count, () => stuck(hub.port, request('GET', path, {fields})), {atOnce: 15});
  await pause(700);
  assert.equal((await get(hub.port, '/-/health', {}, {ms: 3000})).status, 200, 'health');
  assert.equal((await post(hub.port, '/other', 'x')).status, 201, 'a publication');
  assert.ok([200, 204, 404].includes((await get(hub.port, '/-/channels')).status), 'a small list');
  await assertGood(good);
  assertMemory(hub, {connections: count, more: 16 * kMiB});
  for (const socket of sockets) socket.destroy();
  await assertRecovers(hub, was);
}
test('windows of 15 MB that nobody reads: ?since=', () => windows('/w?since='));
test('as arrays: ?last=', () => windows('/w?last=1000', 45, {Accept: 'application/json'}));
test('as event streams: ?since=', () => windows('/w?since=', 45, {Accept: 'text/event-stream'}));
test('pipelined, several on each connection', async () => {
  const hub = await startHub([], {memory: '64MiB'});
  await largeChannel(hub, '/w');
  const good = await goodClient(hub);
  await many(20, () => stuck(hub.port, Buffer.concat(Array.from({length: 8}, () => request('GET', '/w?since=')))), {atOnce: 10});
  await pause(700);
  await assertGood(good);
  assertMemory(hub, {connections: 20, more: 16 * kMiB});
});

test('slow readers of windows: nearly all good requests succeed', async () => {
  const hub = await startHub([], {memory: '64MiB'});
  await largeChannel(hub, '/w');
  const good = await goodClient(hub);
  const stop = Date.now() + sized(2500, 20_000);
  const slow = async () => {
    while (Date.now() < stop) {
      const socket = await stuck(hub.port, request('GET', '/w?since='));
      for (let i = 0; i < 5 && Date.now() < stop; ++i) {
        socket.read(4096);
        await pause(60);
      }
      socket.destroy();
    }
  };
  await Promise.all(Array.from({length: 45}, slow));
  await assertGood(good);
});

test('a window is whole for whoever does read it, while others do not', async () => {
  const hub = await startHub([], {memory: '64MiB'});
  await largeChannel(hub, '/w');
  await many(sized(12, 60), () => stuck(hub.port, request('GET', '/w?since=')), {atOnce: 12});
  const kept = JSON.parse((await get(hub.port, '/-/channels')).text).find(({channel}) => channel === '/w').messages;
  let lines = 0;
  for (let cursor = ''; ;) {
    const answer = await get(hub.port, `/w?since=${cursor}`, {}, {ms: 20_000});
    assert.equal(answer.status, 200, answer.text.slice(0, 200));
    const got = answer.text.split('\n').filter(Boolean);
    if (got.length === 0) break;
    lines += got.length;
    cursor = /^RT-Next: (\S+)/im.exec(answer.head)[1];
  }
  assert.equal(lines, kept);
});

test('a channel keeps what its bound says: a message counts as long as it is', async () => {
  const hub = await startHub(['--history-bytes', '16MiB']);
  await largeChannel(hub, '/w');
  const [{messages}] = JSON.parse((await get(hub.port, '/-/channels')).text);
  assert.ok(messages >= 14, `${messages} of 15 messages of 1 MiB are kept in 16 MiB`);
});

// --- channels --------------------------------------------------------------------------------
async function publishTo(hub, count, {name = (i) => `/c${i}`, connections = 4} = {}) {
  const all = Array.from({length: count}, (_, i) =>
      request('POST', name(i), {fields: {'Content-Type': 'text/plain'}, body: 'x'}));
  const part = Math.ceil(count / connections);
  await Promise.all(Array.from({length: connections}, (_, k) => pipeline(hub.port, all.slice(k * part, (k + 1) * part))));
}

// That a new channel can be read in each way, and published to.
async function assertNewChannels(hub, tag) {
  const streaming = await ask(hub.port, request('GET', `/${tag}-sse?`, {fields: {Accept: 'text/event-stream'}}), {ms: 700});
  // A stream's answer has no end: no whole answer is the good one here.
  assert.ok(streaming.status === 0 && !/without an answer/.test(streaming.text), `event stream: ${streaming.status}`);
  const socket = await upgrade(hub.port, `/${tag}-ws`);
  assert.equal(socket.status, 101, 'WebSocket');
  socket.destroy();
  assert.equal((await get(hub.port, `/${tag}-poll?wait=0.1`)).status, 204, 'long poll');
  assert.equal((await post(hub.port, `/${tag}-pub`, 'new')).status, 201, 'publication');
}

test('publications to as many channels as there may be: new ones can be read', async () => {
  const hub = await startHub(['--max-channels', '1000']);
  await publishTo(hub, 1200);
  await assertNewChannels(hub, 'new');
});

test('the same by the memory that names take', async () => {
  const hub = await startHub(['--max-message', '64KiB'], {memory: '1MiB'});
  await publishTo(hub, 400, {name: (i) => `/${'n'.repeat(6000)}${i}`});
  await assertNewChannels(hub, 'new');
});

test('at the default bound of channels', async () => {
  const hub = await startHub([], {memory: '256MiB'});
  const good = await goodClient(hub);
  await publishTo(hub, 100_500);
  await assertNewChannels(hub, 'new');
  await assertGood(good, {failures: 3});
});

test('readers of as many channels as there may be: new ones can be published to', async () => {
  const hub = await startHub(['--max-channels', '200']);
  await many(260, (i) => stuck(hub.port, stream(`/r${i}`)), {atOnce: 50});
  await get(hub.port, '/-/health');
  assert.equal((await post(hub.port, '/fresh', 'x')).status, 201);
});

test('long polls of as many channels as there may be', async () => {
  const hub = await startHub(['--max-channels', '200']);
  await many(260, (i) => stuck(hub.port, request('GET', `/r${i}?wait=60`)), {atOnce: 50});
  await get(hub.port, '/-/health');
  assert.equal((await post(hub.port, '/fresh', 'x')).status, 201);
});

test('a channel that is in use is not the one that goes', async () => {
  const hub = await startHub(['--max-channels', '100']);
  await post(hub.port, '/kept', 'kept');
  const reader = await upgrade(hub.port, '/kept');
  await publishTo(hub, 500, {connections: 1});
  assert.equal((await get(hub.port, '/kept')).text, 'kept');
  assert.equal(reader.over, false);
});

// --- the list of channels --------------------------------------------------------------------
test('a page of the list is bounded in bytes, and the next one is named', async () => {
  const hub = await startHub([], {memory: '64MiB'});
  await publishTo(hub, 2500, {name: (i) => `/${'n'.repeat(7900)}${String(i).padStart(5, '0')}`});
  const was = hub.most();
  const seen = [];
  let path = '/-/channels?limit=10000';
  for (let pages = 0; path !== undefined && pages < 2500; ++pages) {
    const answer = await get(hub.port, path);
    assert.equal(answer.status, 200);
    assert.ok(answer.body.length <= 2 * kMiB, `${answer.body.length} bytes in one page`);
    for (const {channel} of JSON.parse(answer.text)) seen.push(channel);
    const next = /^Link: <([^>]*)>; rel="next"/im.exec(answer.head)?.[1];
    const at = next && new URL(next, `http://hub${path}`);
    path = at && at.pathname + at.search;
  }
  assert.equal(new Set(seen).size, 2500, 'each channel once');
  assert.equal(seen.length, 2500);
  assert.deepEqual(seen, [...seen].sort(), 'in the order of their names');
  assert.ok(hub.most() <= was + 16 * kMiB, `${((hub.most() - was) / kMiB).toFixed(0)} MiB more for a list`);
});

test('clients that ask for a page of many channels hold up nobody', async () => {
  const hub = await startHub([], {memory: '256MiB'});
  await publishTo(hub, sized(50_000, 95_000));
  const good = await goodClient(hub);
  const stop = Date.now() + sized(2500, 20_000);
  const asking = async (path) => {
    while (Date.now() < stop) await get(hub.port, path);
  };
  await Promise.all(Array.from({length: 20}, (_, i) => asking(`/-/channels?limit=1&after=/c${i * 4000}`)));
  await assertGood(good);
});

test('clients that ask for the largest page', async () => {
  const hub = await startHub([], {memory: '256MiB'});
  await publishTo(hub, sized(50_000, 95_000));
  const good = await goodClient(hub);
  const stop = Date.now() + sized(2500, 20_000);
  const asking = async () => {
    while (Date.now() < stop) await get(hub.port, '/-/channels?limit=10000');
  };
  await Promise.all(Array.from({length: 6}, asking));
  await assertGood(good);
});

test('clients that ask for figures', async () => {
  const hub = await startHub([], {memory: '256MiB'});
  await publishTo(hub, 20_000);
  await many(sized(500, 3000), (i) => stuck(hub.port, stream(`/c${i}`)));
  const good = await goodClient(hub);
  const stop = Date.now() + sized(1500, 20_000);
  const asking = async () => {
    while (Date.now() < stop) await get(hub.port, '/-/metrics');
  };
  await Promise.all(Array.from({length: 20}, asking));
  await assertGood(good);
});

// --- one who sends without a pause -----------------------------------------------------------
test('publishers that never pause', async () => {
  const hub = await startHub();
  const good = await goodClient(hub);
  const batch = Array.from({length: 20_000}, (_, i) => JSON.stringify({v: 1, data: `m${i}`}));
  const stop = Date.now() + sized(2000, 20_000);
  const publishing = async (k) => {
    while (Date.now() < stop) await postEnvelopes(hub.port, `/busy${k}`, batch);
  };
  await Promise.all([0, 1].map(publishing));
  await assertGood(good);
});

test('batches of as many messages as there may be', async () => {
  const hub = await startHub();
  const good = await goodClient(hub);
  const batch = Array.from({length: 100_000}, (_, i) => JSON.stringify({v: 1, data: `m${i} ${'x'.repeat(150)}`}));
  for (let i = 0; i < sized(4, 40); ++i) assert.equal((await postEnvelopes(hub.port, '/busy', batch, {ms: 30_000})).status, 201);
  await assertGood(good);
});

test('messages that take long to read: base64, escapes, deep JSON', async () => {
  const hub = await startHub();
  const good = await goodClient(hub);
  const lines = [JSON.stringify({v: 1, data_base64: Buffer.alloc(11 * kMiB, 'b').toString('base64')}),
                 `{"v":1,"data":"${'\\u0041'.repeat(2_000_000)}"}`,
                 `{"v":1,"data":"x","u":[${'[[[[1]]]],'.repeat(1_000_000)}1]}`];
  for (let i = 0; i < sized(2, 20); ++i)
    for (const line of lines) await postEnvelopes(hub.port, '/busy', [line], {ms: 30_000});
  await assertGood(good);
});

test('a WebSocket that sends without a pause', async () => {
  const hub = await startHub();
  const good = await goodClient(hub);
  const bytes = Buffer.concat(Array.from({length: 10_000}, () => frame('x')));
  const stop = Date.now() + sized(2000, 20_000);
  await many(4, async () => {
    const socket = await upgrade(hub.port, '/busy', {reads: false});
    while (Date.now() < stop) {
      if (!socket.write(bytes)) await Promise.race([new Promise((r) => socket.once('drain', r)), pause(200)]);
    }
    socket.destroy();
  });
  await assertGood(good);
});

test('thousands of readers of one busy channel', async () => {
  const hub = await startHub();
  const count = sized(2000, 8000);
  const readers = await many(count, async () => {
    const socket = open(hub.port);
    await opened(socket);
    socket.on('data', () => {});
    socket.write(stream('/crowd'));
    return socket;
  }, {atOnce: 200});
  const good = await goodClient(hub);
  for (let i = 0; i < sized(20, 200); ++i) {
    await post(hub.port, '/crowd', `m${i}`);
    await pause(50);
  }
  await assertGood(good);
  for (const socket of readers) socket.destroy();
});

// --- many that send what costs more than its bytes ---------------------------------------------
async function floods(hub, count, offer, bytes, {channels = 20, mayBePushedOut = false} = {}) {
  const good = await goodClient(hub, {mayBePushedOut});
  await many(count, async (i) => {
    const socket = await stuck(hub.port, Buffer.concat([Buffer.from(handshake(`/f${i % channels}`, offer)), bytes]));
    socket.on('error', () => {});
    return socket;
  });
  await pause(sized(1500, 10_000));
  await assertGood(good);
}
test('200 sockets with 30,000 empty messages each', async () => {
  await floods(await startHub(), 200, {}, Buffer.concat(Array(30_000).fill(frame(''))));
});
test('many that read what all of them write', async () => {
  await floods(await startHub(), sized(100, 1000), {}, Buffer.concat(Array(30_000).fill(frame(''))), {channels: 1});
});
for (const [count, size] of [[5, 1_000_000], [200, 100_000]])
  test(`${count} sockets with compressed messages of a thousand times their bytes`, async () => {
    const hub = await startHub(['--compress', '--max-message', '1MiB']);
    const bomb = frame(deflated(Buffer.alloc(size)), {opcode: kBinary});
    bomb[0] |= 0x40;
    await floods(hub, count, {extensions: 'permessage-deflate'}, Buffer.concat(Array(500).fill(bomb)),
                 {channels: count, mayBePushedOut: true});
  });
test('commands whose lines are very short: pings are answered', async () => {
  const server = await serve('rtws', ['serve', '--exec', 'cat', '0']);
  const {port} = new URL(server.url);
  const lines = Buffer.concat(Array(500).fill(frame('x\n'.repeat(500), {opcode: kBinary})));
  await many(20, async () => {
    const socket = await upgrade(port, '/');
    const send = () => socket.destroyed || socket.write(lines, send);
    socket.on('error', () => {});
    send();
  });
  const good = await upgrade(port, '/');
  const trips = [];
  for (let i = 0; i < 30; ++i) {
    const since = performance.now();
    const pong = new Promise((resolve) => good.once('data', resolve));
    good.write(frame('', {opcode: kPing}));
    await pong;
    trips.push(performance.now() - since);
  }
  const median = trips.sort((a, b) => a - b)[15];
  assert.ok(median < 100, `a pong after ${median.toFixed(0)} ms`);
});
