// The page's MQTT client in Node: against a Mosquitto broker behind a WebSocket, and against
// servers that answer what the test says.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {connect} from 'node:net';
import {before} from 'node:test';
import {connectAsync} from 'mqtt';
import {WebSocket, WebSocketServer} from 'ws';
import {defer, test, Watched, within} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {hex, importPage} from './lib/page.mjs';

let client;
before(async () => {
  [client] = await importPage('mqtt.js');
});

// A WebSocket server that hands each connection to `behind(webSocket)`.
async function webSocketServer(behind, {protocol = 'mqtt'} = {}) {
  const server = new WebSocketServer({port: 0, host: '127.0.0.1', handleProtocols: () => protocol});
  await once(server, 'listening');
  server.on('connection', behind);
  defer(() => {
    for (const socket of server.clients) socket.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${server.address().port}/`;
}

// Bytes to and from `port`, cut into pieces of `size`.
const tunnel = (port, size = Infinity) => (webSocket) => {
  const socket = connect({port, host: '127.0.0.1'});
  webSocket.on('message', (data) => socket.write(data));
  webSocket.on('close', () => socket.destroy());
  socket.on('data', (data) => {
    for (let at = 0; at < data.length; at += size)
      webSocket.send(data.subarray(at, Math.min(data.length, at + size)));
  });
  socket.on('close', () => webSocket.close());
  socket.on('error', () => {});
};

class Follower extends Watched {
  messages = [];
  granted = null;
  end = null;
  traffic = [0, 0];

  constructor(url, wish = {}) {
    super();
    const on = (act) => (...values) => {
      act(...values);
      this.changed();
    };
    this.client = new client.MqttClient(
        {
          url,
          topic: 'größe/t',
          qos: 1,
          clientId: 'page',
          cleanStart: true,
          sessionExpiry: 60,
          ...wish
        },
        {
          subscribed: on((granted) => {
            this.granted = granted;
          }),
          message:
              on((packet) => this.messages.push(
                     [Buffer.from(packet.payload).toString(), packet.qos, packet.retain])),
          traffic: on((received, sent) => {
            this.traffic[0] += received;
            this.traffic[1] += sent;
          }),
          ended: on((end) => {
            assert.equal(this.end, null);
            this.end = end;
          }),
        },
        WebSocket);
    defer(() => this.client.close());
  }

  live() {
    return this.until(() => {
      if (this.end) throw new Error(`ended: ${JSON.stringify(this.end)}`);
      return this.granted ?? undefined;
    }, 'the subscription');
  }

  got(n) {
    return this.until(() => this.messages.length >= n && this.messages, `${n} messages`);
  }
  ended() {
    return this.until(() => this.end ?? undefined, 'the end');
  }
}

async function publisher(broker) {
  const peer = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {protocolVersion: 5});
  defer(() => peer.endAsync(true));
  return peer;
}

for (const size of [Infinity, 1]) {
  test(`against Mosquitto, ${size === 1 ? 'a byte a frame' : 'frames as they come'}`, async () => {
    const broker = await startMosquitto();
    const url = await webSocketServer(tunnel(broker.port, size));
    const peer = await publisher(broker);
    await peer.publishAsync('größe/t', 'kept', {qos: 1, retain: true});

    const follower = new Follower(url);
    assert.deepEqual(await follower.live(), {first: true, sessionPresent: false, qos: 1});
    await follower.got(1);
    await peer.publishAsync('größe/t', 'at zero', {qos: 0});
    for (let i = 0; i < 50; i++) await peer.publishAsync('größe/t', `${i}`, {qos: 1});
    await peer.publishAsync('größe/t', 'l'.repeat(20000), {qos: 1});
    await follower.got(53);
    assert.deepEqual(
        follower.messages.slice(0, 3), [['kept', 1, true], ['at zero', 0, false], ['0', 1, false]]);
    assert.deepEqual(
        follower.messages.slice(2, 52).map(([text]) => text),
        Array.from({length: 50}, (_, i) => `${i}`));
    assert.equal(follower.messages[52][0].length, 20000);

    // What it publishes reaches others, is acknowledged, and does not come back.
    const heard = new Promise((resolve) => {
      peer.on(
          'message',
          (topic, payload, packet) => !packet.retain &&
              resolve([topic, payload.toString(), packet.properties?.contentType]));
    });
    await peer.subscribeAsync('größe/t', {qos: 1});
    assert.deepEqual(
        await follower.client.publish(new TextEncoder().encode('{"ü":1}'), 'application/json'),
        {qos: 1});
    assert.deepEqual(
        await within(heard, 'the publication'), ['größe/t', '{"ü":1}', 'application/json']);
    await peer.publishAsync('größe/t', 'last', {qos: 1});
    await follower.got(54);
    assert.equal(follower.messages[53][0], 'last');
    assert.ok(follower.traffic[0] > 20000 && follower.traffic[1] > 54 * 4);
  });
}

test(
    'a session that went on brings what was published meanwhile, and nothing when forgotten',
    async () => {
      const broker = await startMosquitto();
      const url = await webSocketServer(tunnel(broker.port));
      const peer = await publisher(broker);
      const first = new Follower(url);
      await first.live();
      first.client.close();
      await peer.publishAsync('größe/t', 'meanwhile', {qos: 1});

      const second = new Follower(url, {cleanStart: false});
      assert.deepEqual(await second.live(), {first: true, sessionPresent: true, qos: 1});
      assert.deepEqual(await second.got(1), [['meanwhile', 1, false]]);
      assert.equal(first.messages.length, 0);
      second.client.close(true);

      const third = new Follower(url, {cleanStart: false});
      assert.deepEqual(await third.live(), {first: true, sessionPresent: false, qos: 1});
    });

test('another QoS is taken on the same connection', async () => {
  const broker = await startMosquitto();
  const url = await webSocketServer(tunnel(broker.port));
  const peer = await publisher(broker);
  const follower = new Follower(url);
  await follower.live();
  follower.client.setQos(0);
  await follower.until(() => follower.granted.qos === 0, 'the other QoS');
  assert.equal(follower.granted.first, false);
  await peer.publishAsync('größe/t', 'one', {qos: 1});
  assert.deepEqual(await follower.got(1), [['one', 0, false]]);
  assert.deepEqual(await follower.client.publish(new Uint8Array(), ''), {qos: 0});
});

test('a broker that dies ends the client, and with it what was not acknowledged', async () => {
  const broker = await startMosquitto();
  const url = await webSocketServer(tunnel(broker.port));
  const follower = new Follower(url);
  await follower.live();
  broker.kill('SIGSTOP');
  const waiting = assert.rejects(
      follower.client.publish(new Uint8Array([1]), ''), /before it was acknowledged/);
  broker.kill('SIGKILL');
  assert.deepEqual({...await follower.ended(), text: ''}, {agreed: true, final: false, text: ''});
  await waiting;
  await assert.rejects(follower.client.publish(new Uint8Array([1]), ''), /not connected/);
});

// Says each answer when the client has sent the packet that it belongs to.
const scripted = (...answers) => (webSocket) => {
  let step = 0;
  webSocket.on('message', () => {
    const answer = answers[step++];
    if (answer !== undefined) webSocket.send(answer);
  });
};
const accepted = hex('20 03 00 00 00');

const refusals = {
  'credentials are wanted':
      [[hex('20 03 00 86 00')], {agreed: true, final: true}, /user name and password/],
  'not authorised': [[hex('20 03 00 87 00')], {agreed: true, final: true}, /does not allow/],
  '3.1.1 only': [[hex('20 03 00 84 00')], {agreed: true, final: true}, /does not speak MQTT 5/],
  'busy': [[hex('20 03 00 89 00')], {agreed: true, final: false}, /busy/],
  'the subscription is refused':
      [[accepted, hex('90 04 0002 00 87')], {agreed: true, final: true}, /does not allow/],
  'an own reason': [[hex('20 08 00 80 05 1f 0002 6869')], {agreed: true, final: false}, /^hi$/],
  'taken over': [[accepted, hex('e0 01 8e')], {agreed: true, final: true}, /taken over/],
  'a text frame': [['hello'], {agreed: true, final: false}, /text frame/],
  'a publication before the connack':
      [[hex('30 04 0001 61 00')], {agreed: true, final: false}, /before the connack/],
  'two connacks':
      [[hex('20 03 00 00 00 20 03 00 00 00')], {agreed: true, final: false}, /second connack/],
  'a session that was not wanted':
      [[hex('20 03 01 00 00')], {agreed: true, final: false}, /begin anew/],
  'a topic that was not subscribed to':
      [[hex('20 03 00 00 00 30 04 0001 61 00')], {agreed: true, final: false}, /not subscribed to/],
  'a suback of another subscription':
      [[accepted, hex('90 04 0009 00 01')], {agreed: true, final: false}, /not asked for/],
  'two grants for one':
      [[accepted, hex('90 05 0002 00 01 01')], {agreed: true, final: false}, /not asked for/],
  'no MQTT at all': [
    [Buffer.from('HTTP/1.1 200 OK\r\n\r\n')], {agreed: true, final: false}, /broke the protocol/
  ],
};

for (const [name, [answers, expected, pattern]] of Object.entries(refusals)) {
  test(`ends and says why: ${name}`, async () => {
    const follower = new Follower(await webSocketServer(scripted(...answers)));
    const {text, ...end} = await follower.ended();
    assert.deepEqual(end, expected);
    assert.match(text, pattern);
    assert.deepEqual([follower.messages, follower.granted], [[], null]);
  });
}

test('a server that refuses the handshake or does not choose mqtt has no MQTT side', async () => {
  const plain = await webSocketServer(() => {}, {protocol: false});
  const {agreed, final} = await new Follower(plain).ended();
  assert.deepEqual({agreed, final}, {agreed: false, final: false});
  const nobody = new WebSocketServer({port: 0, host: '127.0.0.1', verifyClient: () => false});
  await once(nobody, 'listening');
  defer(() => nobody.close());
  assert.equal(
      (await new Follower(`ws://127.0.0.1:${nobody.address().port}/`).ended()).agreed, false);
});

test('the broker\'s limits are kept', async () => {
  const limits = hex('20 0d 00 00 0a 21 0001 27 00000028 24 01');
  const follower = new Follower(await webSocketServer(scripted(limits, hex('90 04 0002 00 01'))));
  await follower.live();
  await assert.rejects(
      follower.client.publish(new Uint8Array(100), ''), /longer than the broker takes/);
  const first = follower.client.publish(new Uint8Array(1), '');
  await assert.rejects(follower.client.publish(new Uint8Array(1), ''), /acknowledgement/);
  follower.client.close();
  await assert.rejects(first, /it was closed/);
});
