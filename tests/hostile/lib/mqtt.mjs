// MQTT 5 by hand over TCP: a client that sends what it is told to, and may be deaf.
import {defer} from '../../e2e/lib/harness.mjs';
import {descendants} from './figures.mjs';
import {startHub} from './hub.mjs';
import {open, opened} from './raw_http.mjs';

export function variable(value) {
  const out = [];
  do {
    const rest = value >>> 7;
    out.push((value & 127) | (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return Buffer.from(out);
}
export function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
export function packet(first, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([first]), variable(body.length), body]);
}
export function connectPacket({clientId = '', clean = true, sessionExpiry = 0, keepAlive = 0} = {}) {
  const properties = Buffer.from([0x11, sessionExpiry >>> 24, (sessionExpiry >> 16) & 255,
                                  (sessionExpiry >> 8) & 255, sessionExpiry & 255]);
  return packet(0x10, text('MQTT'), Buffer.from([5, clean ? 2 : 0, keepAlive >> 8, keepAlive & 255]),
                variable(properties.length), properties, text(clientId));
}
// `user` is a list of [name, value]; `properties` further bytes of properties.
export function publishPacket(topic, payload, {qos = 0, retain = false, id = 1, user = [],
                                               properties = Buffer.alloc(0)} = {}) {
  const all = Buffer.concat([properties, ...user.map(([name, value]) =>
      Buffer.concat([Buffer.from([0x26]), text(name), text(value)]))]);
  return packet(0x30 | (qos << 1) | (retain ? 1 : 0), text(topic),
                qos > 0 ? Buffer.from([id >> 8, id & 255]) : Buffer.alloc(0),
                variable(all.length), all, Buffer.from(payload));
}
export function subscribePacket(filter, qos = 0, id = 1) {
  return packet(0x82, Buffer.from([id >> 8, id & 255, 0]), text(filter), Buffer.from([qos]));
}

// Connected. `deaf`: reads nothing once it is subscribed.
export async function mqttClient(port, {deaf = false, ...options} = {}) {
  const socket = open(port);
  defer(() => socket.destroy());
  await opened(socket);
  const client = {socket, closed: false, received: 0, bytes: Buffer.alloc(0), pings: 0};
  const waiting = [];
  socket.on('data', (data) => {
    client.received += data.length;
    if (client.bytes.length < (1 << 20)) client.bytes = Buffer.concat([client.bytes, data]);
    for (const wake of waiting.splice(0)) wake();
  });
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    client.closed = true;
    for (const wake of waiting.splice(0)) wake();
  });
  const more = () => new Promise((resolve) => waiting.push(resolve));
  const until = async (done) => {
    while (!done() && !client.closed) await more();
  };
  let id = 1;
  client.publish = (topic, payload, with_ = {}) =>
    socket.write(publishPacket(topic, payload, {...with_, id: (id = (id % 60_000) + 1)}));
  client.subscribe = async (filter, qos) => {
    const had = client.received;
    socket.write(subscribePacket(filter, qos));
    await until(() => client.received > had);
    if (deaf) socket.pause();
  };
  // Until the broker has read all that was sent: it answers a ping behind it, or has closed.
  client.settle = async () => {
    await new Promise((resolve) => socket.write(Buffer.alloc(0), () => resolve()));
    const pinged = () => client.bytes.subarray(-2).equals(Buffer.from([0xd0, 0]));
    socket.write(Buffer.from([0xc0, 0]));
    await until(pinged);
  };
  client.end = () => socket.destroy();
  socket.write(connectPacket(options));
  await until(() => client.received > 0);
  return client;
}

// A hub with a broker beside it.
export async function startMosquittoHub(args = [], options = {}) {
  const hub = await startHub(['--mqtt', '0', ...args], {listeners: 2, ...options});
  hub.mqttPort = Number(new URL(hub.urls.find((url) => url.startsWith('mqtt:'))).port);
  hub.brokerPid = () => descendants(hub.pid).find(({name}) => /mosquitto/.test(name))?.pid;
  return hub;
}
