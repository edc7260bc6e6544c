// The hub's MQTT side: a broker beside it (--mqtt) or elsewhere (--bus), with mosquitto_pub,
// mosquitto_sub and npm's mqtt as the foreign peers; and MQTT over WebSocket at the hub's own port.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {before} from 'node:test';
import {connect, connectAsync} from 'mqtt';
import {curl, publish} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, eventually, kNotLinux, run, serve, start, test, Watched, within} from './lib/harness.mjs';
import {Meddler} from './lib/meddler.mjs';
import {mosquittoDirectory, passwordLine, startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';
import {wsClient} from './lib/peers.mjs';
import {hasRabbit, startRabbit} from './lib/rabbitmq.mjs';
import {sse} from './lib/sse.mjs';

// A hub with a broker beside it: `mqttPort` is the broker's.
async function hubWithBroker(args = []) {
  const made = await serve('rtrelay', ['serve', '0', '--mqtt', '0', ...args], {listeners: 2});
  const mqtt = made.urls.find((url) => url.startsWith('mqtt://'));
  const http = made.urls.find((url) => url.startsWith('http://'));
  made.mqttPort = Number(new URL(mqtt).port);
  made.port = Number(new URL(http).port);
  return made;
}

const hubOnBus = (broker, args = []) =>
  serve('rtrelay', ['serve', '0', '--bus', `mqtt://127.0.0.1:${broker.port}`, ...args]);

let hub;
before(async () => {
  hub = await hubWithBroker();
});

// npm's mqtt, with what has come.
class MqttPeer extends Watched {
  messages = [];
  static async open(url, options = {}) {
    const peer = new MqttPeer();
    peer.client = await within(connectAsync(url, {protocolVersion: 5, reconnectPeriod: 0, ...options}),
                               `MQTT at ${url}`);
    peer.client.on('error', () => {});
    peer.client.on('message', (topic, payload, packet) => {
      peer.messages.push({topic, payload: payload.toString(), bytes: payload, packet});
      peer.changed();
    });
    defer(() => peer.client.endAsync(true));
    return peer;
  }
  async subscribe(filter, options = {qos: 1}) {
    await this.client.subscribeAsync(filter, options);
    return this;
  }
  waitForMessages(count) {
    return this.until(() => this.messages.length >= count && this.messages, `${count} messages`,
                      {detail: () => JSON.stringify(this.messages.map(({topic, payload}) => [topic, payload]))});
  }
  payloads() { return this.messages.map(({payload}) => payload); }
}

const mqttAt = (port, options) => MqttPeer.open(`mqtt://127.0.0.1:${port}`, options);

function mosquittoPub(port, topic, payload, args = []) {
  return run('mosquitto_pub', ['-h', '127.0.0.1', '-p', port, '-t', topic, '-s', ...args], {input: payload});
}

async function metric(server, name) {
  const {text} = await curl(server.at('/-/metrics'));
  return Number(new RegExp(`^rtwire_${name} (\\d+)$`, 'm').exec(text)[1]);
}

const window = async (server, path) =>
  (await curl(server.at(`${path}?since=`))).text.split('\n').filter(Boolean).map((line) => JSON.parse(line));

// --- both ways -------------------------------------------------------------------------------
for (const qos of [0, 1, 2]) {
  eachPeer(`a publication at QoS ${qos} reaches SSE, WebSocket and polling`, async ({wsClient}) => {
    const path = `/in/qos${qos}`;
    const stream = await sse(hub.port, path);
    const socket = await wsClient(hub.at(path, 'ws'));
    const sent = await mosquittoPub(hub.mqttPort, `in/qos${qos}`, 'grün', ['-q', qos]);
    assert.equal(sent.code, 0, sent.stderr);
    await stream.waitForEvents(1);
    const [message] = await socket.waitForMessages(1);
    assert.equal(message.text, 'grün');
    assert.deepEqual(stream.data(), ['grün']);
    assert.equal((await curl(hub.at(path))).text, 'grün');
  });
}

eachPeer('what clients publish reaches MQTT once, and nobody twice', async ({wsClient}) => {
  const outside = start('mosquitto_sub', ['-h', '127.0.0.1', '-p', hub.mqttPort, '-t', 'both/#', '-t', 'both/ready',
                                          '-q', 2, '-F', '%t %p'], {stdin: null});
  await eventually(async () => {
    await mosquittoPub(hub.mqttPort, 'both/ready', 'ready');
    return outside.lines().length > 0;
  }, 'the subscription');
  const stream = await sse(hub.port, '/both/a');
  const socket = await wsClient(hub.at('/both/a', 'ws'));
  await publish(hub.at('/both/a'), 'posted');
  socket.send('by WebSocket');
  const peer = await mqttAt(hub.mqttPort);
  await peer.client.publishAsync('both/a', 'by MQTT', {qos: 1});
  await stream.waitForEvents(3);
  // What comes behind shows that nothing more was on its way.
  await publish(hub.at('/both/end'), 'end');
  await outside.waitForLine(/^both\/end end$/);
  assert.deepEqual(stream.data().sort(), ['by MQTT', 'by WebSocket', 'posted']);
  const lines = outside.lines().filter((line) => line.startsWith('both/a'));
  assert.deepEqual(lines.sort(), ['both/a by MQTT', 'both/a by WebSocket', 'both/a posted']);
});

test('names with anything in them are the same thing on both sides', async () => {
  const peer = await (await mqttAt(hub.mqttPort)).subscribe('names/#');
  for (const [path, topic] of [['/names/gr%C3%BCn', 'names/grün'], ['/names/a%20b%25', 'names/a b%'],
                               ['/names//x/', 'names//x/'], ['/names/%3F%22', 'names/?"']]) {
    const stream = await sse(hub.port, path);
    await publish(hub.at(path), 'out');
    await peer.until(() => peer.messages.some((message) => message.topic === topic), topic);
    await peer.client.publishAsync(topic, 'in', {qos: 1});
    await stream.waitForEvents(2);
    assert.deepEqual(stream.data(), ['out', 'in']);
  }
});

test('what a message is crosses whole, both ways', async () => {
  const peer = await (await mqttAt(hub.mqttPort)).subscribe('whole/#');
  const sent = await curl(hub.at('/whole/out'), ['-H', 'Content-Type: application/json', '-H', 'RT-Event: named',
                                                 '-H', 'RT-Origin-Id: 7', '-H', 'RT-Via: first', '--data-binary', '{}']);
  assert.equal(sent.status, 201);
  const [out] = await peer.waitForMessages(1);
  const {properties} = out.packet;
  assert.equal(properties.contentType, 'application/json');
  assert.equal(properties.userProperties['rt-event'], 'named');
  assert.equal(properties.userProperties['rt-origin-id'], '7');
  assert.equal(properties.userProperties['rt-via'][0], 'first');
  assert.match(properties.userProperties['rt-via'][1], /^hub-[0-9a-v]{12}$/);

  await peer.client.publishAsync('whole/in', Buffer.of(0, 255, 10), {
    qos: 1,
    properties: {contentType: 'image/x', userProperties: {'rt-event': 'e', colour: 'grün'}},
  });
  const envelope = await eventually(async () => (await window(hub, '/whole/in'))[0], 'the message');
  assert.equal(envelope.data_base64, 'AP8K');
  assert.equal(envelope.content_type, 'image/x');
  assert.equal(envelope.event, 'e');
  assert.match(JSON.stringify(envelope.properties), /"colour".*"grün"/);

  // Over an event stream of envelopes, too, for those who ask.
  const stream = await sse(hub.port, '/whole/in?since=', {Accept: 'text/event-stream;profile="rt.v1"'});
  const [event] = await stream.waitForEvents(1);
  assert.equal(event.event, 'rt.envelope');
  assert.deepEqual(JSON.parse(event.data), envelope);
});

test('PUT is retained on the broker, POST is not', async () => {
  await publish(hub.at('/kept/put'), 'put', {method: 'PUT'});
  await publish(hub.at('/kept/post'), 'post');
  await eventually(async () => (await metric(hub, 'mqtt_sent_total')) >= 2, 'both to leave');
  const peer = await mqttAt(hub.mqttPort);
  await eventually(async () => {
    await peer.subscribe('kept/#');
    return peer.messages.length > 0;
  }, 'the retained one');
  await peer.client.publishAsync('kept/last', 'last', {qos: 1});
  await peer.until(() => peer.payloads().includes('last'), 'the last one');
  assert.deepEqual([...new Set(peer.payloads())], ['put', 'last']);
  assert.equal(peer.messages[0].packet.retain, true);
});

test('a hub of two hubs on one broker passes each message on once', async () => {
  const broker = await startMosquitto();
  const [one, two] = [await hubOnBus(broker), await hubOnBus(broker)];
  const streams = [await sse(one.port, '/a'), await sse(two.port, '/a')];
  const peer = await (await mqttAt(broker.port)).subscribe('#');
  await publish(one.at('/a'), 'from one');
  await streams[1].waitForEvents(1);
  await publish(two.at('/a'), 'from two');
  await streams[0].waitForEvents(2);
  await peer.client.publishAsync('a', 'from MQTT', {qos: 1});
  for (const stream of streams) {
    await stream.waitForEvents(3);
    assert.deepEqual(stream.data(), ['from one', 'from two', 'from MQTT']);
  }
  await peer.waitForMessages(3);
  assert.deepEqual(peer.payloads(), ['from one', 'from two', 'from MQTT']);
});

test('a CHANNEL of its own: its stdin goes to MQTT, what MQTT brings to stdout', async () => {
  const broker = await startMosquitto();
  const own = await serve('rtrelay', ['serve', '0/lab', '--bus', `mqtt://127.0.0.1:${broker.port}`], {stdin: 'pipe'});
  const peer = await (await mqttAt(broker.port)).subscribe('#');
  own.write('from stdin\n');
  await peer.waitForMessages(1);
  assert.deepEqual([peer.messages[0].topic, peer.messages[0].payload], ['lab', 'from stdin']);
  await peer.client.publishAsync('elsewhere', 'not printed', {qos: 1});
  await peer.client.publishAsync('lab', 'from MQTT', {qos: 1});
  assert.deepEqual(await own.waitForLines(1), ['from MQTT']);
});

test('100,000 messages at QoS 0 arrive, in order', async () => {
  const count = 100_000;
  const fast = await hubWithBroker();
  const stream = await sse(fast.port, '/fast');
  const input = Array.from({length: count}, (_, i) => `message ${i}\n`).join('');
  const sent = await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', fast.mqttPort, '-t', 'fast', '-l'], {input});
  assert.equal(sent.code, 0, sent.stderr);
  await stream.waitForEvents(count);
  assert.deepEqual(stream.data(), input.trimEnd().split('\n'));
});

// --- MQTT over WebSocket ---------------------------------------------------------------------
for (const version of [4, 5]) {
  test(`MQTT ${version === 4 ? '3.1.1' : 5} over WebSocket at the hub's own port`, async () => {
    const topic = `browser/v${version}`;
    const peer = await MqttPeer.open(hub.at('/any/path', 'ws'), {protocolVersion: version});
    await peer.subscribe(`${topic}/#`);
    const stream = await sse(hub.port, `/${topic}/up`);
    const large = 'x'.repeat(1_000_000);
    await peer.client.publishAsync(`${topic}/up`, 'small', {qos: 1});
    await peer.client.publishAsync(`${topic}/up`, large, {qos: 2});
    await stream.waitForEvents(2);
    assert.equal(stream.events[1].data, large);
    await publish(hub.at(`/${topic}/down`), 'down');
    await publish(hub.at(`/${topic}/down`), large);
    await peer.waitForMessages(4);
    assert.deepEqual(peer.messages.filter((message) => message.topic === `${topic}/down`).map((message) => message.payload),
                     ['down', large]);
  });
}

eachPeer('who may speak MQTT over WebSocket', async ({wsClient, wsRefusal}) => {
  const own = `http://127.0.0.1:${hub.port}`;
  const cases = [
    [{origin: 'http://evil.example'}, 403],
    [{origin: 'null'}, 403],
    [{headers: {Host: 'evil.example'}}, 421],
  ];
  for (const [options, status] of cases) {
    const refusal = await wsRefusal(hub.at('/mqtt', 'ws'), {protocols: ['mqtt'], ...options});
    assert.equal(refusal, status, JSON.stringify(options));
  }
  const allowed = await wsClient(hub.at('/mqtt', 'ws'), {protocols: ['mqtt'], origin: own});
  assert.equal(allowed.socket.protocol, 'mqtt');
  allowed.send('text');
  assert.equal((await allowed.waitClosed()).code, 1003);
});

test('without an MQTT side the subprotocol is not chosen', async () => {
  const plain = await serve('rtrelay', ['serve', '0']);
  // A client must give up when it is not (RFC 6455, section 4.1).
  await assert.rejects(wsClient(plain.at('/mqtt', 'ws'), {protocols: ['mqtt']}), /subprotocol/);
});

test('a subscriber that reads nothing holds neither the hub nor its memory', async () => {
  const peer = await MqttPeer.open(hub.at('/mqtt', 'ws'));
  await peer.subscribe('flood', {qos: 0});
  peer.client.stream.pause?.();
  const stream = await sse(hub.port, '/flood');
  const input = Array.from({length: 3000}, (_, i) => `${i} ${'x'.repeat(2000)}\n`).join('');
  await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', hub.mqttPort, '-t', 'flood', '-l', '-q', 1], {input});
  await stream.waitForEvents(3000);
  assert.equal(stream.events[2999].data.split(' ')[0], '2999');
});

// --- retained at subscribe time ----------------------------------------------------------------
test('what the broker had retained fills only channels that are empty', async () => {
  const directory = mosquittoDirectory();
  const port = await freePort();
  const first = await startMosquitto({port, directory, more: ['max_queued_messages 0']});
  for (const topic of ['full', 'empty']) await mosquittoPub(port, topic, 'old', ['-r', '-q', 1]);
  first.kill();
  await first.waitExit();

  // Another broker at the same place, whose memory is not that of the one that the hub knows.
  const other = await startMosquitto({port});
  const own = await hubOnBus(other);
  other.kill();
  await own.waitForLine(/trying again/, 'stderr');
  // The hub serves while the broker is away.
  await publish(own.at('/full'), 'newer');
  assert.equal(await metric(own, 'mqtt_connected'), 0);
  await other.waitExit();
  const again = await startMosquitto({port, directory, more: ['max_queued_messages 0']});
  const peer = await (await mqttAt(again.port)).subscribe('full');
  await peer.until(() => peer.payloads().includes('newer'), 'what was published meanwhile');
  await eventually(async () => (await curl(own.at('/empty'))).status === 200, 'the retained message');
  assert.deepEqual((await window(own, '/empty')).map((message) => message.data), ['old']);
  await peer.client.publishAsync('full', 'live', {qos: 1});
  await eventually(async () => (await window(own, '/full')).length >= 2, 'the live message');
  assert.deepEqual((await window(own, '/full')).map((message) => message.data), ['newer', 'live']);
  assert.equal(await metric(own, 'mqtt_connected'), 1);
});

// --- a broker that comes and goes ----------------------------------------------------------------
test('what a broker has not acknowledged at the end is told, as a relay does', async () => {
  const told = (own) => own.stderr.match(/: ended before .*/g) ?? [];
  const end = async (own, code = 9) => {
    own.kill();
    assert.equal((await own.waitExit()).code, code);
    return told(own);
  };
  const publishTen = async (own) => {
    for (let i = 0; i < 10; i++) await publish(own.at('/a'), String(i));
  };
  const broker = await startMosquitto();
  const well = await hubOnBus(broker);
  await publishTen(well);
  assert.deepEqual(await end(well, 0), []);

  const meddler = await Meddler.start(broker.port);
  const stalled = await hubOnBus(meddler);
  meddler.stall();
  await publishTen(stalled);
  const lines = await end(stalled);
  assert.deepEqual(lines, [': ended before 10 messages could be passed on to it']);

  const away = await hubOnBus(broker);
  broker.kill();
  await away.waitForLine(/trying again/, 'stderr');
  await publish(away.at('/a'), 'after');
  assert.deepEqual(await end(away), [': ended before 1 message could be passed on to it']);
  assert.match(away.stderr, new RegExp(`rtrelay: mqtt://127.0.0.1:${broker.port}[^ ]*: ended before`));
});

test('a broker that is restarted loses nothing at QoS 1, in either direction', async () => {
  const directory = mosquittoDirectory();
  const port = await freePort();
  let broker = await startMosquitto({port, directory, more: ['max_queued_messages 0']});
  const own = await hubOnBus(broker);
  const stream = await sse(own.port, '/in');
  const peer = await MqttPeer.open(`mqtt://127.0.0.1:${port}`, {
    clean: false, clientId: 'steady', reconnectPeriod: 100, properties: {sessionExpiryInterval: 3600},
  });
  await peer.subscribe('out');

  const half = 300;
  const sending = [];
  const send = async (from, to) => {
    for (let i = from; i < to; i++) {
      sending.push(peer.client.publishAsync('in', String(i), {qos: 1}));
      await publish(own.at('/out'), String(i));
    }
  };
  await send(0, half);
  broker.kill();
  await broker.waitExit();
  await own.waitForLine(/trying again/, 'stderr');
  await send(half, 2 * half);
  broker = await startMosquitto({port, directory, more: ['max_queued_messages 0']});
  await send(2 * half, 3 * half);
  await within(Promise.all(sending), 'every acknowledgement', {detail: () => own.detail()});

  const expected = Array.from({length: 3 * half}, (_, i) => String(i));
  const unique = (values) => [...new Set(values)];
  const missing = (values) => () => {
    const came = new Set(values());
    return `missing: ${expected.filter((value) => !came.has(value)).join(' ')}\n${own.detail()}`;
  };
  await stream.until(() => new Set(stream.data()).size >= expected.length, 'all that MQTT brought',
                     {detail: missing(() => stream.data())});
  await peer.until(() => new Set(peer.payloads()).size >= expected.length, 'all that the hub published',
                   {detail: missing(() => peer.payloads())});
  assert.deepEqual(unique(stream.data()).sort((a, b) => a - b), expected);
  assert.deepEqual(unique(peer.payloads()).sort((a, b) => a - b), expected);
  assert.ok(await metric(own, 'mqtt_reconnects_total') >= 1);
  assert.equal(await metric(own, 'mqtt_lost_total'), 0);
});

async function brokerBeside(own) {
  const children = (await run('ps', ['-eo', 'pid,ppid,args'])).lines.map((line) => line.trim().split(/\s+/));
  const below = (parent) => children.filter(([, ppid]) => Number(ppid) === parent)
      .flatMap((child) => [child, ...below(Number(child[0]))]);
  const broker = below(own.child.pid).find(([, , program]) => /(^|\/)mosquitto$/.test(program));
  return broker && Number(broker[0]);
}

test('the broker beside the hub is killed five times: history, streams and WebSockets go on, MQTT comes back', async () => {
  const own = await hubWithBroker();
  const stream = await sse(own.port, '/all');
  const socket = await wsClient(own.at('/all', 'ws'));
  const before = await mqttAt(own.mqttPort);
  await before.client.publishAsync('all', 'by MQTT, before', {qos: 1});
  await stream.waitForEvents(1);
  const expected = ['by MQTT, before'];
  for (let time = 1; time <= 5; ++time) {
    const broker = await eventually(() => brokerBeside(own), 'a broker');
    process.kill(broker, 'SIGKILL');
    // Nobody waits for it.
    await publish(own.at('/all'), `by POST ${time}`);
    socket.send(`by WebSocket ${time}`);
    expected.push(`by POST ${time}`, `by WebSocket ${time}`);
    await stream.waitForEvents(expected.length);

    await eventually(async () => ![undefined, broker].includes(await brokerBeside(own)), 'another broker');
    await eventually(async () => (await metric(own, 'mqtt_connected')) === 1, 'the connection to the broker');
    const through = await MqttPeer.open(own.at('/mqtt', 'ws'));
    await through.subscribe('out');
    await publish(own.at('/out'), `out ${time}`);
    await through.until(() => through.payloads().includes(`out ${time}`), 'what the hub publishes');
    const direct = await mqttAt(own.mqttPort);
    await direct.client.publishAsync('all', `by MQTT ${time}`, {qos: 1});
    expected.push(`by MQTT ${time}`);
    await stream.waitForEvents(expected.length);
  }
  assert.deepEqual(stream.data().sort(), expected.sort());
  // A WebSocket does not hear itself.
  const heard = expected.filter((text) => !text.startsWith('by WebSocket'));
  assert.deepEqual((await socket.waitForMessages(heard.length)).map(({text}) => text).sort(), heard);
  assert.deepEqual((await window(own, '/all')).map(({data}) => data).sort(), expected);
  const told = own.stderr.split('\n').filter((line) => /has ended: killed by SIGKILL;.*starting it again in/.test(line));
  assert.equal(told.length, 5, own.stderr);
  assert.equal(own.stderr.trimEnd().split('\n').length, 2 + 5, own.stderr);
  own.kill('SIGTERM');
  assert.equal((await own.waitExit()).code, 0);
});

test('what is published while the broker beside the hub is away reaches the next one', async () => {
  const own = await hubWithBroker();
  process.kill(await brokerBeside(own), 'SIGKILL');
  const lines = Array.from({length: 50}, (_, i) => String(i));
  await own.waitForLine(/starting it again/, 'stderr');
  for (const line of lines) await publish(own.at(`/kept/${line}`), line, {method: 'PUT'});
  await eventually(() => brokerBeside(own), 'the next broker');
  await eventually(async () => (await metric(own, 'mqtt_connected')) === 1, 'the connection to it');
  const peer = await mqttAt(own.mqttPort);
  await peer.subscribe('kept/#');
  await peer.until(() => new Set(peer.payloads()).size >= lines.length, 'all of it',
                   {detail: () => own.detail()});
});

test('SIGTERM ends the hub while its broker is away, and while it stands still', async () => {
  const away = await hubWithBroker();
  process.kill(await brokerBeside(away), 'SIGKILL');
  await away.waitForLine(/starting it again/, 'stderr');
  away.kill('SIGTERM');
  assert.equal((await away.waitExit()).code, 0);
  assert.equal(await brokerBeside(away), undefined);

  const still = await hubWithBroker();
  const broker = await brokerBeside(still);
  process.kill(broker, 'SIGSTOP');
  await publish(still.at('/a'), 'nobody takes it');
  still.kill('SIGTERM');
  assert.equal((await still.waitExit({ms: 8000})).code, 9);
  assert.match(still.stderr, /: ended before 1 message could be passed on to it$/m);
  await eventually(async () => (await run('ps', ['-o', 'stat=', '-p', broker])).lines.every((line) => /^Z/.test(line)),
                   'the end of the broker');
});

// --- what one side cannot name -------------------------------------------------------------------
test('topics that are no channels are skipped, counted and told once', async () => {
  const own = await hubWithBroker();
  const peer = await mqttAt(own.mqttPort);
  const bad = ['a/../b', '.', '-/x', '-'];
  for (const topic of [...bad, ...bad]) await peer.client.publishAsync(topic, 'bad', {qos: 1});
  await peer.client.publishAsync('fine', 'good', {qos: 1});
  await eventually(async () => (await curl(own.at('/fine'))).status === 200, 'the good one');
  assert.equal(await metric(own, 'mqtt_skipped_total'), 8);
  assert.equal(await metric(own, 'channels'), 1);
  for (const topic of bad) {
    assert.equal(own.stderr.split(`skipped from MQTT: ${topic}:`).length, 2, own.stderr);
  }
});

test('channels that are no topics, and what MQTT cannot carry, are skipped and told once', async () => {
  const own = await hubWithBroker();
  const peer = await (await mqttAt(own.mqttPort)).subscribe('#');
  for (let i = 0; i < 2; i++) {
    await publish(own.at('/'), 'the default channel');
    await publish(own.at('/control%01'), 'bad');
    await publish(own.at('/non%EF%BF%BEcharacter'), 'bad');
    await curl(own.at('/event'), ['-H', 'Content-Type: application/x-ndjson', '--data-binary',
                                  '{"data":"bad","properties":{"k":"\\u0001"}}\n']);
  }
  await publish(own.at('/fine'), 'good');
  await peer.waitForMessages(1);
  assert.deepEqual(peer.payloads(), ['good']);
  assert.equal(await metric(own, 'mqtt_skipped_total'), 8);
  for (const name of ['/', '/control%01', '/non%EF%BF%BEcharacter', '/event']) {
    assert.equal(own.stderr.split(`not sent to MQTT: ${name}:`).length, 2, own.stderr);
  }
});

test('a message that is too long for the broker does not stop the others', async () => {
  const broker = await startMosquitto({more: ['max_packet_size 2000']});
  const own = await hubOnBus(broker);
  const peer = await (await mqttAt(broker.port)).subscribe('#');
  await publish(own.at('/a'), 'x'.repeat(5000));
  await publish(own.at('/a'), 'short');
  await peer.waitForMessages(1);
  assert.deepEqual(peer.payloads(), ['short']);
  assert.equal(await metric(own, 'mqtt_skipped_total'), 1);
});

// --- errors --------------------------------------------------------------------------------------
test('what cannot be done is said, and how it ends', async () => {
  const port = await freePort();
  const cases = [
    [['--bus', `mqtt://127.0.0.1:${port}`], 3, /refused/],
    [['--bus', `mqtt://127.0.0.1:${port}`, '--no-relay'], 2, /--no-relay/],
    [['--bus', `mqtt://127.0.0.1:${port}`, '--mqtt', '0'], 2, /./],
  ];
  for (const [args, code, text] of cases) {
    const ended = await run('rtrelay', ['serve', '0', ...args]);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, text);
    assert.doesNotMatch(ended.stderr, /^listening/m);
  }
});

test('the bus may want a password', async () => {
  const broker = await startMosquitto({anonymous: false, more: ['password_file DIR/passwords'],
                                       files: {passwords: passwordLine('ann', 'secret')}});
  const url = `mqtt://ann@127.0.0.1:${broker.port}`;
  const wrong = await run('rtrelay', ['serve', '0', '--bus', url], {env: {RT_PASSWORD: 'wrong'}});
  assert.equal(wrong.code, 5, wrong.stderr);
  assert.doesNotMatch(wrong.stderr, /wrong$/m);
  const own = await serve('rtrelay', ['serve', '0', '--bus', url], {env: {RT_PASSWORD: 'secret'}});
  const peer = await (await mqttAt(broker.port, {username: 'ann', password: 'secret'})).subscribe('#');
  await publish(own.at('/a'), 'let in');
  await peer.waitForMessages(1);
  // Who comes through the tunnel is nobody until he says who he is.
  await assert.rejects(MqttPeer.open(own.at('/mqtt', 'ws')));
  const through = await MqttPeer.open(own.at('/mqtt', 'ws'), {username: 'ann', password: 'secret'});
  await through.client.publishAsync('a', 'through', {qos: 1});
  await peer.waitForMessages(2);
  assert.deepEqual(peer.payloads(), ['let in', 'through']);
});

test('what was published is with the broker when the hub has ended', async () => {
  const broker = await startMosquitto({more: ['max_queued_messages 0']});
  const peer = await (await mqttAt(broker.port)).subscribe('#');
  const own = await hubOnBus(broker);
  const body = Array.from({length: 5000}, (_, i) => `{"data":"${i}"}\n`).join('');
  await curl(own.at('/last'), ['-H', 'Content-Type: application/x-ndjson', '--data-binary', '@-'], {input: body});
  own.kill();
  assert.equal((await own.waitExit()).code, 0);
  await peer.waitForMessages(5000);
  assert.deepEqual(peer.payloads(), Array.from({length: 5000}, (_, i) => String(i)));
  // No session is left behind, for which the broker would go on collecting.
  const [, clientId] = /as (rtwire-hub-\w+)/.exec(broker.stderr);
  const heir = connect(`mqtt://127.0.0.1:${broker.port}`, {protocolVersion: 5, clientId, clean: false, reconnectPeriod: 0});
  defer(() => heir.endAsync(true));
  const [{sessionPresent}] = await within(once(heir, 'connect'), 'a connection');
  assert.equal(sessionPresent, false);
});

if (hasRabbit) {
  test('a broker without MQTT 5 is no bus', async () => {
    const broker = await startRabbit();
    const ended = await run('rtrelay', ['serve', '0', '--bus', `mqtt://127.0.0.1:${broker.port}`]);
    assert.equal(ended.code, 6, ended.stderr);
    assert.match(ended.stderr, /MQTT 5/);
  });
}

// --- its memory --------------------------------------------------------------------------------
const kLong = 'q'.repeat(1_000_000);
// How long a short message takes from the hub to a client of the broker, which may begin anew.
async function shortOne(own, name) {
  const begin = Date.now();
  let seen;
  await eventually(async () => {
    if (!seen?.client.connected)
      seen = await mqttAt(own.mqttPort).then((peer) => peer.subscribe('short/#')).catch(() => undefined);
    await publish(own.at(`/short/${name}`), name);
    return seen?.payloads().includes(name);
  }, `${name} to pass`);
  return Date.now() - begin;
}
const kShort = Math.max(3000, Number(process.env.RT_DEADLINE_MS ?? 0) / 10);

test('PUT of more than the broker can retain: all pass, what is too much is not retained', async () => {
  const own = await hubWithBroker(['--memory', '32MiB', '--max-message', '2MiB']);
  const reader = await (await mqttAt(own.mqttPort)).subscribe('long/#');
  // Each is awaited, or the hub's window would be the bound.
  for (let i = 0; i < 30; ++i) {
    await publish(own.at(`/long/${i}`), kLong, {method: 'PUT'});
    await reader.waitForMessages(i + 1);
  }
  const took = await shortOne(own, 'after');
  assert.ok(took < kShort, `${took} ms for a short one`);
  const kept = await metric(own, 'mqtt_not_retained_total');
  assert.ok(kept > 15 && kept < 30, `${kept} of 30 not retained`);
  for (const name of ['mqtt_lost_total', 'mqtt_skipped_total', 'mqtt_reconnects_total', 'mqtt_broker_restarts_total'])
    assert.equal(await metric(own, name), 0, name);
  assert.match(own.stderr, /no memory left for more that is retained/);
  // What takes the place of another is retained; what came first still is.
  await publish(own.at('/long/0'), 'short now', {method: 'PUT'});
  await reader.waitForMessages(31);
  const late = await (await mqttAt(own.mqttPort)).subscribe('long/#');
  await late.until(() => late.messages.length >= 30 - kept, 'the retained ones');
  assert.ok(late.payloads().includes('short now'));
});

// Strangers fill the broker until not one long message more is taken. What was on its way to the hub when the first
// one was thrown out is room again a little later. If the hub has been thrown out as well, another broker begins.
async function fillUp(own) {
  for (let round = 0, taken = 1; taken > 0; ++round) {
    const stranger = await mqttAt(own.mqttPort, {protocolVersion: 4}).catch(() => undefined);
    taken = 0;
    for (let i = 0; stranger && i < 40; ++i)
      stranger.client.publishAsync(`fill/${round}/${i}`, kLong, {retain: true, qos: 1}).then(() => ++taken, () => {});
    await eventually(() => !stranger?.client.connected, 'it to be thrown out');
  }
}

test('a broker that strangers have filled begins anew at once, retains nothing for a while, and then again', async () => {
  const own = await hubWithBroker(['--memory', '32MiB', '--max-message', '2MiB']);
  await fillUp(own);
  // The hub's own long message cannot pass either.
  for (let i = 0; i < 3; ++i) await publish(own.at(`/own/${i}`), kLong, {method: 'PUT'});
  const took = await shortOne(own, 'after');
  assert.ok(took < kShort, `${took} ms for a short one`);
  await eventually(async () => (await metric(own, 'mqtt_broker_restarts_total')) >= 1, 'another broker');
  assert.match(own.stderr, /its memory was full.*for 10.0 s nothing is retained; starting it again/);
  assert.doesNotMatch(own.stderr, /longer than/);
  for (const name of ['mqtt_lost_total', 'mqtt_skipped_total']) assert.equal(await metric(own, name), 0, name);
  // Who wants it to retain is thrown out, all others are not.
  const again = await mqttAt(own.mqttPort);
  again.client.publishAsync('k', 'v', {retain: true, qos: 1}).catch(() => {});
  await eventually(() => !again.client.connected, 'it to be thrown out');
  await eventually(async () => {
    await publish(own.at('/kept'), 'kept', {method: 'PUT'});
    // It may be just begun anew.
    const late = await mqttAt(own.mqttPort).then((one) => one.subscribe('kept')).catch(() => undefined);
    if (!late) return false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return late.messages.some(({packet}) => packet.retain);
  }, 'it to retain again');
  assert.match(own.stderr, /begins anew, to retain again/);
});

// Mosquitto 2.0.11's own account of its memory grows with every property that comes by.
test('what has only passed through the broker does not fill it', async () => {
  const own = await hubWithBroker(['--memory', '5MiB']);
  const lines = Array.from({length: 1000}, () => '{"v":1,"data":"x"}\n').join('');
  for (let sent = 1000; sent <= 40_000; sent += 1000) {
    const answer = await curl(own.at('/passing'), ['-H', 'Content-Type: application/x-ndjson', '--data-binary', '@-'], {input: lines});
    assert.equal(answer.status, 201, answer.text);
    await eventually(async () => (await metric(own, 'mqtt_sent_total')) >= sent, `${sent} to be sent`);
  }
  assert.equal(await metric(own, 'mqtt_broker_restarts_total'), 0);
  assert.equal(await metric(own, 'mqtt_reconnects_total'), 0);
}, {notHere: kNotLinux});
