// Nobody's cost is more than linear in what they send: each kind of input at n and at ten times n.
// What is compared is the program's time on the processor, so the machine's load does not count.
import {kMiB, sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {startMosquitto} from '../e2e/lib/mosquitto.mjs';
import {defer, assertGood, goodClient, pause, run, serve, start, startHub, test, until} from './lib/hub.mjs';
import {processorTime} from './lib/figures.mjs';
import {mqttClient, packet, publishPacket, startMosquittoHub, text, connectPacket} from './lib/mqtt.mjs';
import {ask, get, pipeline, post, postEnvelopes, request} from './lib/raw_http.mjs';
import {frame, kBinary, kContinue, kPing, upgrade} from './lib/raw_ws.mjs';

// Ten times as much may take so many times as long, above what is too short to be measured.
const kTimes = 25;
const kFloorMs = 40;

// `send(hub, n)` resolves when the hub has dealt with it.
async function assertLinear(hub, n, send, what) {
  await send(hub, Math.max(1, n >> 3));  // warm
  const took = async (count) => {
    const begin = processorTime(hub.pid);
    await send(hub, count);
    return processorTime(hub.pid) - begin;
  };
  // How the kernel puts small pieces together is chance: what is more than linear is so each time.
  for (let left = 3; ; --left) {
    const small = await took(n);
    const large = await took(10 * n);
    const most = kTimes * Math.max(small, kFloorMs / kTimes);
    if (large <= most) return;
    assert.ok(left > 1, `${what ?? 'ten times as much'}: ${large.toFixed(0)} ms, ${small.toFixed(1)} ms for a tenth`);
  }
}
const settled = (hub) => get(hub.port, '/-/health', {}, {ms: 30_000});

// --- properties ------------------------------------------------------------------------------
const propertiesObject = (n) => JSON.stringify(
    {v: 1, data: 'x', properties: Object.fromEntries(Array.from({length: n}, (_, i) => [`k${i}`, 'v']))});
const propertiesPairs = (n) => JSON.stringify(
    {v: 1, data: 'x', properties: Array.from({length: n}, () => ['k', 'v'])});

// With a broker to pass them on to, each is one more of a list of libmosquitto's.
for (const [side, make] of [
  ['--mqtt', () => startMosquittoHub()],
  ['--bus', async () => {
    const broker = await startMosquitto();
    return startHub(['--bus', `mqtt://127.0.0.1:${broker.port}`]);
  }],
  ['no broker', () => startHub()],
]) {
  test(`properties of one envelope, ${side}`, async () => {
    const hub = await make();
    for (const form of [propertiesObject, propertiesPairs])
      await assertLinear(hub, 1500, async (_, n) => {
        await postEnvelopes(hub.port, '/p', [form(n)]);
        await pause(100);  // the bus takes it in a later turn
        await settled(hub);
      });
  });
}

test('800 KB of properties in one envelope: refused, and nobody waits', async () => {
  const hub = await startMosquittoHub();
  const good = await goodClient(hub);
  const answer = await postEnvelopes(hub.port, '/p', [propertiesPairs(20_000)]);
  assert.equal(answer.status, 400, `20,000 properties: ${answer.status} ${answer.text.slice(0, 100)}`);
  assert.match(answer.text, /propert/);
  const long = JSON.stringify({v: 1, data: 'x', properties: [['k', 'v'.repeat(kMiB)]]});
  assert.equal((await postEnvelopes(hub.port, '/p', [long])).status, 400, 'one of 1 MiB');
  const socket = await upgrade(hub.port, '/p', {subprotocol: 'rt.v1'});
  socket.write(frame(propertiesPairs(20_000)));
  assert.ok(await until(() => socket.over || socket.received > 0), 'rt.v1: no answer');
  assert.equal((await get(hub.port, '/p')).status, 404, 'by rt.v1 they came in');
  await assertGood(good);
});

test('20,000 properties by MQTT pass no bound of the hub', async () => {
  const hub = await startMosquittoHub();
  const good = await goodClient(hub);
  const client = await mqttClient(hub.mqttPort);
  const user = Array.from({length: 20_000}, (_, i) => [`k${i}`, 'v']);
  client.publish('by/mqtt', 'x', {user, qos: 1});
  await client.settle();
  await pause(300);
  const window = await get(hub.port, '/by/mqtt?since=');
  const [message] = window.text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const count = Object.keys(message?.properties ?? {}).length;
  assert.ok(count <= 2000, `${count} properties are in the hub's log`);
  await assertGood(good);
});

test('rtmqtt pub -J of 20,000 properties: told, and at once', async () => {
  const broker = await startMosquitto();
  const begin = Date.now();
  const pub = start('rtmqtt', ['pub', '-J', broker.at('t')]);
  pub.write(`${propertiesPairs(40_000)}\n`);
  pub.endStdin();
  const {code} = await pub.waitExit({ms: 30_000});
  assert.ok([2, 9].includes(code), `exit ${code}: ${pub.stderr.slice(0, 200)}`);
  assert.ok(Date.now() - begin < 1500, `${Date.now() - begin} ms`);
  assert.match(pub.stderr, /propert/);
});

test('a relay from a hub into a broker: 20,000 properties', async () => {
  const broker = await startMosquitto();
  const relay = start('rtrelay', ['-J', '-', broker.at('t')]);
  relay.write(`${JSON.stringify({v: 1, data: 'before'})}\n${propertiesPairs(40_000)}\n${JSON.stringify({v: 1, data: 'after'})}\n`);
  const begin = processorTime(relay.child.pid);
  relay.endStdin();
  await pause(1000);
  const took = relay.ended ? 0 : processorTime(relay.child.pid) - begin;
  assert.ok(took < 500, `${took.toFixed(0)} ms on the processor`);
});

// --- HTTP ------------------------------------------------------------------------------------
const linearHub = async (n, send, args = []) => assertLinear(await startHub(args), n, send);

test('header fields of one request', () => linearHub(10_000, async (hub, n) => {
  const fields = Array.from({length: n}, (_, i) => `X-${i}: v\r\n`).join('');
  await ask(hub.port, `GET /x HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`);
}));
test('requests of 90 fields', () => linearHub(60, async (hub, n) => {
  const fields = Object.fromEntries(Array.from({length: 90}, (_, i) => [`X-${i}`, 'v'.repeat(300)]));
  await pipeline(hub.port, Array.from({length: n}, () => request('GET', '/x', {fields})));
}));
test('list fields: Accept, If-None-Match, Prefer, Connection', () => linearHub(300, async (hub, n) => {
  await post(hub.port, '/x', 'x');
  const list = (item) => Array.from({length: Math.min(n, 3000)}, () => item).join(',');
  for (const [name, item] of [['Accept', 'a/b;q=0.1'], ['If-None-Match', '"e"'], ['Prefer', 'w=1'], ['Connection', 'abc'], ['RT-Via', 'r']])
    await ask(hub.port, request(name === 'RT-Via' ? 'POST' : 'GET', '/x', {fields: {[name]: list(item), ...(name === 'RT-Via' ? {'Content-Length': 0} : {})}}));
}));
test('query parameters', () => linearHub(800, (hub, n) =>
  ask(hub.port, request('GET', `/x?${'a&'.repeat(Math.min(n, 4000))}since=`))));
test('a head that comes in pieces of one byte', () => linearHub(2500, async (hub, n) => {
  const bytes = Buffer.from(`GET /x HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(Math.min(n, 30_000))}\r\n\r\n`);
  await trickle(hub.port, bytes, 1);
}));
test('chunks of one byte', () => linearHub(20_000, (hub, n) =>
  ask(hub.port, Buffer.from(`POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(n)}0\r\n\r\n`))));
test('a body that comes in small pieces', () => linearHub(100_000, async (hub, n) => {
  await trickle(hub.port, request('POST', '/c', {fields: {'Content-Type': 'text/plain'}, body: Buffer.alloc(n, 'b')}), 1000);
}));
test('pipelined requests', () => linearHub(3000, (hub, n) =>
  pipeline(hub.port, Array.from({length: n}, () => request('GET', '/-/health')))));
test('requests behind a long poll', () => linearHub(100, async (hub, n) => {
  await ask(hub.port, Buffer.concat([request('GET', '/lp?wait=0.2'), ...Array.from({length: n}, () => request('GET', '/x'))]));
}));

async function trickle(port, bytes, step) {
  const {open, opened, Answers} = await import('./lib/raw_http.mjs');
  const socket = open(port);
  await opened(socket);
  const answers = new Answers();
  let done = false;
  socket.on('data', (data) => {
    answers.add(data);
    done = answers.next() !== undefined;
  });
  socket.on('close', () => (done = true));
  for (let at = 0; at < bytes.length && !done; at += step) {
    socket.write(bytes.subarray(at, at + step));
    if (at % (step * 16) === 0) await new Promise(setImmediate);
  }
  await until(() => done, 20_000);
  socket.destroy();
}

// --- envelopes -------------------------------------------------------------------------------
test('lines of one batch', () => linearHub(5000, (hub, n) =>
  postEnvelopes(hub.port, '/b', Array.from({length: n}, (_, i) => `{"v":1,"data":"${i}"}`), {ms: 40_000})));
test('empty lines of one batch', () => linearHub(300_000, (hub, n) =>
  ask(hub.port, request('POST', '/b', {fields: {'Content-Type': 'application/x-ndjson'}, body: '\n'.repeat(n)}), {ms: 40_000})));
test('keys of one envelope', () => linearHub(15_000, (hub, n) =>
  postEnvelopes(hub.port, '/b', [JSON.stringify({v: 1, data: 'x', ...Object.fromEntries(Array.from({length: n}, (_, i) => [`u${i}`, i]))})])));
test('the same key, again and again', () => linearHub(30_000, (hub, n) =>
  postEnvelopes(hub.port, '/b', [`{"v":1,${'"data":"x",'.repeat(n)}"data":"y"}`])));
test('relays of one envelope', () => linearHub(15_000, (hub, n) =>
  postEnvelopes(hub.port, '/b', [JSON.stringify({v: 1, data: 'x', via: Array.from({length: n}, () => 'r')})])));
test('depth of one envelope', () => linearHub(20_000, (hub, n) =>
  postEnvelopes(hub.port, '/b', [`{"v":1,"data":"x","u":${'['.repeat(n)}${']'.repeat(n)}}`])));
test('escapes of one envelope', () => linearHub(100_000, (hub, n) =>
  postEnvelopes(hub.port, '/b', [`{"v":1,"data":"${'\\u0000'.repeat(n)}"}`])));
test('payloads that SSE has to cut in lines', () => linearHub(100_000, async (hub, n) => {
  await post(hub.port, `/l${n}`, '\n'.repeat(n));
  await ask(hub.port, request('GET', `/l${n}?last=1`, {fields: {Accept: 'text/event-stream'}}), {ms: 300});
}));

// --- channels and names ----------------------------------------------------------------------
let round = 0;
test('new channels', () => linearHub(2000, (hub, n) => {
  ++round;
  return pipeline(hub.port, Array.from({length: n}, (_, i) => request('POST', `/n${round}-${i}`, {fields: {'Content-Type': 'text/plain'}, body: 'x'})));
}));
test('new channels when there may be no more', () => linearHub(2000, (hub, n) => {
  ++round;
  return pipeline(hub.port, Array.from({length: n}, (_, i) => request('POST', `/n${round}-${i}`, {fields: {'Content-Type': 'text/plain'}, body: 'x'})));
}, ['--max-channels', '500']));
test('names: length', () => linearHub(700, (hub, n) => ask(hub.port, request('GET', `/${'%41'.repeat(Math.min(n, 2600))}`))));
test('names: levels', () => linearHub(700, (hub, n) => ask(hub.port, request('GET', `/${'a/'.repeat(Math.min(n, 4000))}a`))));
test('a page of one, whatever the number of channels', async () => {
  const hub = await startHub();
  const publishing = (from, n) => pipeline(hub.port, Array.from({length: n}, (_, i) =>
      request('POST', `/q${from + i}`, {fields: {'Content-Type': 'text/plain'}, body: 'x'})));
  const pages = async () => {
    const begin = processorTime(hub.pid);
    await pipeline(hub.port, Array.from({length: 40}, () => request('GET', '/-/channels?limit=1')));
    return processorTime(hub.pid) - begin;
  };
  await publishing(0, 2000);
  await pages();
  const few = await pages();
  await publishing(2000, 38_000);
  const lots = await pages();
  assert.ok(lots <= 6 * Math.max(few, 5), `${lots.toFixed(0)} ms for 40 pages of one among 40,000, ${few.toFixed(1)} among 2,000`);
});
test('readers that come and go', () => linearHub(300, async (hub, n) => {
  const asks = Array.from({length: n}, () => ask(hub.port, request('GET', '/r', {fields: {Accept: 'text/event-stream'}}), {ms: 30}));
  for (let i = 0; i < asks.length; i += 500) await Promise.all(asks.slice(i, i + 500));
}));

// --- WebSockets ------------------------------------------------------------------------------
async function sends(hub, bytes, {subprotocol, path = '/ws'} = {}) {
  const socket = await upgrade(hub.port, path, {subprotocol});
  await new Promise((resolve) => {
    socket.once('close', resolve);
    socket.write(bytes, () => resolve());
  });
  // What lies behind it is answered when it has been read.
  const had = socket.received;
  socket.write(frame('p', {opcode: kPing}));
  await until(() => socket.over || socket.received > had, 20_000);
  socket.destroy();
}
test('fragments of one message', () => linearHub(10_000, (hub, n) =>
  sends(hub, Buffer.concat([frame('x', {final: false}), ...Array.from({length: n}, () => frame('x', {opcode: kContinue, final: false})), frame('x', {opcode: kContinue})]))));
test('empty fragments of one message', () => linearHub(20_000, (hub, n) =>
  sends(hub, Buffer.concat([frame('x', {final: false}), ...Array.from({length: n}, () => frame('', {opcode: kContinue, final: false})), frame('', {opcode: kContinue})]))));
test('fragments with pings between them', () => linearHub(5000, (hub, n) =>
  sends(hub, Buffer.concat([frame('x', {final: false}), ...Array.from({length: n}, () => Buffer.concat([frame('', {opcode: kPing}), frame('x', {opcode: kContinue, final: false})])), frame('x', {opcode: kContinue})]))));
test('pings', () => linearHub(10_000, (hub, n) =>
  sends(hub, Buffer.concat(Array.from({length: n}, () => frame('p', {opcode: kPing}))))));
test('messages', () => linearHub(5000, (hub, n) => sends(hub, Buffer.concat(Array.from({length: n}, () => frame('m'))))));
test('messages of rt.v1', () => linearHub(3000, (hub, n) =>
  sends(hub, Buffer.concat(Array.from({length: n}, () => frame('{"v":1,"data":"m"}'))), {subprotocol: 'rt.v1'})));
test('a message, its length', () => linearHub(kMiB, (hub, n) => sends(hub, frame(Buffer.alloc(n, 'l'), {opcode: kBinary}))));

// --- MQTT over WebSocket ---------------------------------------------------------------------
test('subscriptions, MQTT over WebSocket', async () => {
  const hub = await startMosquittoHub();
  await assertLinear(hub, 1500, (_, n) => {
    const filters = Array.from({length: n}, (_x, i) => packet(0x82, Buffer.from([0, 1, 0]), text(`f/${i}/+`), Buffer.from([0])));
    return sends(hub, frame(Buffer.concat([connectPacket(), ...filters]), {opcode: kBinary}), {subprotocol: 'mqtt'});
  });
});
test('packets in frames of one byte, MQTT over WebSocket', async () => {
  const hub = await startMosquittoHub();
  await assertLinear(hub, 2000, (_, n) => {
    const bytes = Buffer.concat([connectPacket(), publishPacket('t', 'x'.repeat(n))]);
    return sends(hub, Buffer.concat(Array.from(bytes, (byte) => frame(Buffer.of(byte), {opcode: kBinary}))), {subprotocol: 'mqtt'});
  });
});
test('publications by MQTT', async () => {
  const hub = await startMosquittoHub();
  await assertLinear(hub, 1500, async (_, n) => {
    const client = await mqttClient(hub.mqttPort);
    for (let i = 0; i < n; ++i) client.publish(`m/${n}/${i}`, 'x');
    await client.settle();
    await until(async () => (await get(hub.port, `/m/${n}/${n - 1}`)).status === 200);
    client.end();
  });
});
