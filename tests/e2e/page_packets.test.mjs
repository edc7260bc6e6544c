// The packets of the page's MQTT client: against tables and against npm's mqtt-packet.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import foreign from 'mqtt-packet';
import {test} from './lib/harness.mjs';
import {hex, importPage} from './lib/page.mjs';

let packets;
before(async () => {
  [packets] = await importPage('mqtt_packets.js');
});

const kLimit = 1 << 20;
const five = {protocolVersion: 5};
const generate = (packet) => new Uint8Array(foreign.generate(packet, five));

function decode(pieces, limit = kLimit) {
  const decoder = new packets.PacketDecoder(limit);
  const found = [];
  for (const piece of pieces) {
    decoder.receive(piece);
    for (let packet; (packet = decoder.next());) {
      found.push({
        ...packet,
        ...(packet.payload && {payload: Buffer.from(packet.payload).toString('latin1')})
      });
    }
  }
  return found;
}

const topics =
    ['a', '/', 'sensors/temp', 'größe/°C', '中文/😀', ' spaces and % ', 'x'.repeat(65535)];

test('what a broker sends is read whole, cut at every byte, and byte by byte', () => {
  const sent = [
    {
      cmd: 'connack',
      reasonCode: 0,
      sessionPresent: true,
      properties: {
        receiveMaximum: 7,
        maximumPacketSize: 900,
        maximumQoS: 1,
        serverKeepAlive: 12,
        assignedClientIdentifier: 'ä',
        userProperties: {a: 'b'},
        wildcardSubscriptionAvailable: true
      }
    },
    {cmd: 'suback', messageId: 513, granted: [1], properties: {reasonString: 'fine'}},
    {cmd: 'publish', topic: 'größe/°C', payload: 'one', qos: 0, retain: true, dup: false},
    {
      cmd: 'publish',
      topic: 'sensors/temp',
      payload: '',
      qos: 1,
      messageId: 65535,
      retain: false,
      dup: true,
      properties: {
        payloadFormatIndicator: true,
        contentType: 'text/plain',
        messageExpiryInterval: 4000000000,
        responseTopic: 'r',
        correlationData: Buffer.from([0, 255]),
        subscriptionIdentifier: 200,
        userProperties: {'rt-event': 'e', 'rt-origin-id': 'x-1'}
      }
    },
    {cmd: 'publish', topic: 'long', payload: 'p'.repeat(300), qos: 0, retain: false, dup: false},
    {cmd: 'puback', messageId: 1, reasonCode: 0},
    {cmd: 'puback', messageId: 2, reasonCode: 0x97, properties: {reasonString: 'enough'}},
    {cmd: 'pingresp'},
    {cmd: 'disconnect', reasonCode: 0x8b, properties: {serverReference: 'elsewhere'}},
  ];
  const all = Buffer.concat(sent.map(generate));
  const whole = decode([all]);
  assert.deepEqual(whole.map(({type}) => type), sent.map(({cmd}) => cmd));
  assert.equal(whole.reduce((total, {bytes}) => total + bytes, 0), all.length);
  const [connack, suback, kept, full, long, puback, refused, , disconnect] = whole;
  assert.deepEqual(
      [
        connack.sessionPresent, connack.code, connack.properties.receiveMaximum,
        connack.properties.maximumPacketSize, connack.properties.maximumQos,
        connack.properties.keepAlive, connack.properties.clientId, connack.properties.user
      ],
      [true, 0, 7, 900, 1, 12, 'ä', [['a', 'b']]]);
  assert.deepEqual([suback.packetId, suback.codes, suback.properties.reason], [513, [1], 'fine']);
  assert.deepEqual(
      [kept.topic, kept.payload, kept.qos, kept.retain, kept.packetId],
      ['größe/°C', 'one', 0, true, 0]);
  assert.deepEqual(
      [full.topic, full.payload, full.qos, full.dup, full.packetId],
      ['sensors/temp', '', 1, true, 65535]);
  assert.deepEqual(
      [
        full.properties.contentType, full.properties.messageExpiry, full.properties.subscription,
        full.properties.user
      ],
      ['text/plain', 4000000000, 200, [['rt-event', 'e'], ['rt-origin-id', 'x-1']]]);
  assert.equal(long.payload.length, 300);
  assert.deepEqual(
      [puback.packetId, puback.code, refused.code, refused.properties.reason],
      [1, 0, 0x97, 'enough']);
  assert.deepEqual([disconnect.code, disconnect.properties.serverReference], [0x8b, 'elsewhere']);

  for (let at = 0; at <= all.length; at++) {
    assert.deepEqual(decode([all.subarray(0, at), all.subarray(at)]), whole, `cut at ${at}`);
  }
  assert.deepEqual(decode(Array.from(all, (byte) => Uint8Array.of(byte))), whole);
});

test('topics in any script, and remaining lengths of one to four bytes', () => {
  for (const topic of topics) {
    assert.equal(decode([generate({cmd: 'publish', topic, payload: 'x', qos: 0})])[0].topic, topic);
  }
  // The remaining length is 5 more than the payload here: topic "ab" and no property.
  for (const remaining of [5, 127, 128, 16383, 16384, 2097151, 2097152]) {
    const bytes =
        generate({cmd: 'publish', topic: 'ab', payload: 'p'.repeat(remaining - 5), qos: 0});
    for (const step of [bytes.length, 1000]) {
      const pieces = [];
      for (let at = 0; at < bytes.length; at += step) pieces.push(bytes.subarray(at, at + step));
      const [packet, none] = decode(pieces, 3 << 20);
      assert.deepEqual(
          [packet.payload.length, packet.bytes, none], [remaining - 5, bytes.length, undefined]);
    }
  }
});

const wrong = {
  'a type that a broker does not send': ['10 00', /type 1,/],
  'type 0': ['00 00', /type 0,/],
  'AUTH, which was not agreed': ['f0 00', /type 15,/],
  'PUBREC, which QoS 1 has not': ['50 02 0001', /type 5,/],
  'a length of five bytes': ['30 ffffffff7f', /past four bytes/],
  'a length with a byte too many': ['d0 8000', /more bytes than it needs/],
  'more than was agreed': ['30 ffff7f', /longer than the 1048576 bytes/],
  'flags of a pingresp': ['d1 00', /reserved flags/],
  'a body of a pingresp': ['d0 01 00', /longer than what it says/],
  'flags of a connack': ['20 03 02 00 00', /reserved flags/],
  'a refusal with a session': ['20 03 01 87 00', /claims a session/],
  'a connack that is cut short': ['20 01 00', /middle of a field/],
  'a connack without properties': ['20 02 00 00', /middle of a field/],
  'a receive maximum of zero': ['20 06 00 00 03 21 0000', /a limit is zero/],
  'a packet size of zero': ['20 08 00 00 05 27 00000000', /a limit is zero/],
  'a maximum QoS of two': ['20 05 00 00 02 24 02', /maximum QoS/],
  'a property that nobody knows': ['20 05 00 00 02 7f 00', /cannot have/],
  'a property of another packet': ['20 05 00 00 02 01 00', /cannot have/],
  'a property twice': ['20 09 00 00 06 21 0001 21 0002', /twice/],
  'properties that are cut short': ['20 05 00 00 02 21 00', /middle of a field/],
  'properties longer than their packet': ['20 03 00 00 09', /middle of a field/],
  'QoS 2': ['34 06 0001 61 0001 00', /not granted/],
  'QoS 3': ['36 06 0001 61 0001 00', /QoS 3/],
  'a duplicate at QoS 0': ['38 04 0001 61 00', /sent again/],
  'no topic': ['30 03 0000 00', /no topic/],
  'a wildcard in a topic': ['30 04 0001 23 00', /wildcard/],
  'NUL in a topic': ['30 04 0001 00 00', /NUL/],
  'a topic in no UTF-8': ['30 04 0001 ff 00', /not UTF-8/],
  'a surrogate in a topic': ['30 06 0003 eda080 00', /not UTF-8/],
  'an overlong slash in a topic': ['30 05 0002 c0af 00', /not UTF-8/],
  'a topic that is cut short': ['30 03 0005 61', /middle of a field/],
  'packet identifier zero': ['32 06 0001 61 0000 00', /identifier is zero/],
  'a payload format of two': ['30 06 0001 61 02 01 02', /payload format/],
  'a topic alias, which was not agreed': ['30 07 0001 61 03 23 0001', /cannot have/],
  'a suback that grants nothing': ['90 03 0001 00', /grants nothing/],
  'a puback of packet zero': ['40 02 0000', /identifier is zero/],
  'a puback that is too long': ['40 05 0001 00 00 00', /longer than what it says/],
};

test('what no broker may send is refused, however it is cut', () => {
  for (const [name, [text, pattern]] of Object.entries(wrong)) {
    const bytes = hex(text);
    for (let at = 0; at <= bytes.length; at++) {
      assert.throws(
          () => decode([bytes.subarray(0, at), bytes.subarray(at)]),
          (error) => error instanceof packets.MqttFault && pattern.test(error.message),
          `${name}, cut at ${at}`);
    }
  }
});

test('a packet of any bytes is read or refused, never anything else', () => {
  let state = 12345;
  const random = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const types = [0x20, 0x30, 0x32, 0x40, 0x90, 0xd0, 0xe0];
  for (let i = 0; i < 20000; i++) {
    const body = Uint8Array.from({length: random(24)}, () => (random(2) ? random(4) : random(256)));
    try {
      decode([Uint8Array.of(types[random(types.length)], body.length), body]);
    } catch (error) {
      assert.ok(
          error instanceof packets.MqttFault, `${Buffer.from(body).toString('hex')}: ${error}`);
    }
  }
});

function parseForeign(bytes) {
  const found = [];
  const parser = foreign.parser(five);
  parser.on('packet', (packet) => found.push(packet));
  parser.on('error', (error) => {
    throw error;
  });
  parser.parse(Buffer.from(bytes));
  assert.equal(found.length, 1);
  return found[0];
}

test('what the client writes is what another implementation reads', () => {
  const {write} = packets;
  const connect = parseForeign(write.connect({
    clientId: 'größe',
    cleanStart: false,
    keepAlive: 30,
    sessionExpiry: 3000000000,
    maximumPacketSize: 33554432
  }));
  assert.deepEqual(
      [
        connect.cmd, connect.protocolVersion, connect.clientId, connect.clean, connect.keepalive,
        connect.properties.sessionExpiryInterval, connect.properties.maximumPacketSize
      ],
      ['connect', 5, 'größe', false, 30, 3000000000, 33554432]);
  for (const topic of topics) {
    const subscribe = parseForeign(write.subscribe(65535, topic, 1));
    assert.deepEqual(
        [subscribe.messageId, subscribe.subscriptions],
        [65535, [{topic, qos: 1, nl: true, rap: false, rh: 1}]]);
    for (const [qos, size] of [[0, 0], [1, 200], [1, 70000]]) {
      const publish = parseForeign(write.publish({
        topic,
        payload: new Uint8Array(size).fill(65),
        qos,
        packetId: 258,
        contentType: size ? 'a/b' : ''
      }));
      assert.deepEqual(
          [
            publish.topic, publish.qos, publish.messageId, publish.payload.toString(),
            publish.properties.payloadFormatIndicator, publish.properties.contentType
          ],
          [topic, qos, qos ? 258 : undefined, 'A'.repeat(size), true, size ? 'a/b' : undefined]);
    }
  }
  assert.throws(() => write.subscribe(1, 'ö'.repeat(32768), 0), RangeError);
  assert.deepEqual(
      [parseForeign(write.puback(700)).messageId, parseForeign(write.pingreq()).cmd],
      [700, 'pingreq']);
  assert.deepEqual(
      [
        parseForeign(write.disconnect(false)).reasonCode ?? 0,
        parseForeign(write.disconnect(true)).properties
      ],
      [0, {sessionExpiryInterval: 0}]);
});
