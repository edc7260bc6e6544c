// A small MQTT 5 client over WebSocket: one topic, QoS 0 or 1, one connection.

import { MqttFault, PacketDecoder, write } from './mqtt_packets.js';

const kLongestPacket = 32 * 1024 * 1024;
// In seconds.
export const kKeepAlive = 30;
const kPatience = 10000;

const kReasons = {
  0x84: 'the broker does not speak MQTT 5',
  0x86: 'the broker wants a user name and password, and this page has none',
  0x87: 'the broker does not allow it',
  0x88: 'the broker is not available',
  0x89: 'the broker is busy',
  0x8b: 'the broker is shutting down',
  0x8d: 'the broker heard nothing for too long',
  0x8e: 'the session was taken over by another connection',
  0x90: 'the broker does not take this topic',
  0x95: 'the message is longer than the broker takes',
  0x97: 'the broker’s quota is used up',
  0x99: 'the payload is not what it was said to be',
};

// These will not change by asking again.
const kFinal = new Set([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x90]);

export function reasonText(code, properties) {
  // 3.1.1 counts its refusals from 1: a broker of that age answers so.
  if (code > 0 && code < 6) return kReasons[0x84];
  return kReasons[code] ?? (properties?.reason || `the broker gave reason 0x${code.toString(16)}`);
}

const isFinal = (code) => kFinal.has(code) || (code > 0 && code < 6);

export class MqttClient {
  #on;
  #socket;
  #decoder = new PacketDecoder(kLongestPacket);
  #stage = 'opening';
  #wish;
  #nextId = 1;
  #subscribing = 0;
  #sessionPresent = false;
  #unacknowledged = new Map();
  #limits = { receiveMaximum: 65535, maximumQos: 1, maximumPacketSize: Infinity };
  #keepAlive = kKeepAlive;
  #timers = {};

  // `wish` is { url, topic, qos, clientId, cleanStart, sessionExpiry }. `on` is told:
  //   subscribed({ first, sessionPresent, qos }) the broker has granted it, at first or at another QoS
  //   message(packet)          a publication: { topic, payload, qos, retain, dup, properties }
  //   traffic(received, sent)  bytes of a packet that came, or of one that went
  //   ended({ agreed, final, text }) once: whether it was agreed to be MQTT at all, and whether
  //                            another attempt would end the same way
  constructor(wish, on, WebSocket = globalThis.WebSocket) {
    this.#wish = wish;
    this.#on = on;
    const socket = new WebSocket(wish.url, ['mqtt']);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#wait('answer', kPatience, 'the broker did not answer');
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onerror = () => {};
    socket.onclose = () => this.#end({ text: 'the connection was lost' });
  }

  get live() {
    return this.#stage === 'live';
  }

  get qos() {
    return this.#wish.qos;
  }

  // Resolves when the broker has it: acknowledged at QoS 1, handed over at QoS 0.
  // Rejects when it is refused or the connection ends first.
  async publish(payload, contentType = '') {
    if (!this.live) throw new Error('MQTT is not connected');
    const qos = Math.min(this.#wish.qos, this.#limits.maximumQos);
    if (this.#unacknowledged.size >= this.#limits.receiveMaximum) throw new Error('too many messages wait for the broker’s acknowledgement');
    const packetId = qos ? this.#freeId() : 0;
    const packet = write.publish({ topic: this.#wish.topic, payload, qos, packetId, contentType });
    if (packet.length > this.#limits.maximumPacketSize) throw new Error(kReasons[0x95]);
    this.#send(packet);
    if (!qos) return { qos };
    return new Promise((resolve, reject) => this.#unacknowledged.set(packetId, { resolve: () => resolve({ qos }), reject }));
  }

  // Subscribes anew at another QoS.
  setQos(qos) {
    if (qos === this.#wish.qos) return;
    this.#wish.qos = qos;
    if (this.live) this.#subscribe();
  }

  // Ends it without a word to `on`. `forget`: the broker keeps nothing for a later one.
  close(forget = false) {
    if (this.#stage === 'ended') return;
    const agreed = this.#stage !== 'opening';
    this.#over('it was closed');
    if (agreed) this.#socket.send(write.disconnect(forget));
    this.#socket.close(1000);
  }

  #opened() {
    if (this.#stage !== 'opening') return;
    if (this.#socket.protocol !== 'mqtt') {
      this.#end({ text: 'the server does not tunnel MQTT' });
      return;
    }
    this.#stage = 'connecting';
    const { clientId, cleanStart, sessionExpiry } = this.#wish;
    this.#send(write.connect({ clientId, cleanStart, keepAlive: kKeepAlive, sessionExpiry, maximumPacketSize: kLongestPacket }));
  }

  #received(data) {
    if (this.#stage === 'ended') return;
    try {
      if (typeof data === 'string') throw new MqttFault('MQTT came in a text frame');
      this.#decoder.receive(new Uint8Array(data));
      for (let packet; this.#stage !== 'ended' && (packet = this.#decoder.next());) {
        this.#on.traffic(packet.bytes, 0);
        this.#take(packet);
      }
    } catch (error) {
      if (!(error instanceof MqttFault)) throw error;
      if (this.#stage !== 'ended') this.#socket.send(new Uint8Array([0xe0, 1, 0x82]));
      this.#end({ text: `the broker broke the protocol: ${error.message}` });
    }
  }

  #take(packet) {
    const early = this.#stage === 'connecting';
    if (early !== (packet.type === 'connack') && !(early && packet.type === 'disconnect')) {
      throw new MqttFault(early ? `a ${packet.type} before the connack` : 'a second connack');
    }
    switch (packet.type) {
      case 'connack': return this.#connected(packet);
      case 'suback': return this.#granted(packet);
      case 'publish': return this.#publication(packet);
      case 'puback': return this.#acknowledged(packet);
      case 'pingresp': return this.#clear('answer');
      default: return this.#end({ final: isFinal(packet.code) || packet.code === 0x8e, text: packet.code ? reasonText(packet.code, packet.properties) : 'the broker ended the connection' });
    }
  }

  #connected({ code, sessionPresent, properties }) {
    if (code) return this.#end({ final: isFinal(code), text: reasonText(code, properties) });
    if (sessionPresent && this.#wish.cleanStart) throw new MqttFault('a session goes on that was to begin anew');
    for (const name of Object.keys(this.#limits)) this.#limits[name] = properties[name] ?? this.#limits[name];
    this.#keepAlive = properties.keepAlive ?? kKeepAlive;
    this.#sessionPresent = sessionPresent;
    this.#stage = 'subscribing';
    this.#subscribe();
  }

  #subscribe() {
    this.#subscribing = this.#freeId();
    this.#send(write.subscribe(this.#subscribing, this.#wish.topic, this.#wish.qos));
    this.#wait('answer', kPatience, 'the broker did not answer');
  }

  #granted({ packetId, codes, properties }) {
    if (packetId !== this.#subscribing || codes.length !== 1) throw new MqttFault('a suback that was not asked for');
    this.#subscribing = 0;
    this.#clear('answer');
    const [code] = codes;
    if (code >= 0x80) return this.#end({ final: isFinal(code), text: reasonText(code, properties) });
    if (code > this.#wish.qos) throw new MqttFault('more is granted than was asked for');
    const first = this.#stage !== 'live';
    this.#stage = 'live';
    this.#on.subscribed({ first, sessionPresent: this.#sessionPresent, qos: code });
  }

  #publication(packet) {
    if (packet.topic !== this.#wish.topic) throw new MqttFault('a topic that was not subscribed to');
    this.#on.message(packet);
    if (packet.qos && this.#stage !== 'ended') this.#send(write.puback(packet.packetId));
  }

  #acknowledged({ packetId, code, properties }) {
    const waiting = this.#unacknowledged.get(packetId);
    // One of an earlier connection, whose session goes on.
    if (!waiting) return;
    this.#unacknowledged.delete(packetId);
    if (code >= 0x80) waiting.reject(new Error(reasonText(code, properties)));
    else waiting.resolve();
  }

  #freeId() {
    do {
      this.#nextId = (this.#nextId % 65535) + 1;
    } while (this.#unacknowledged.has(this.#nextId) || this.#nextId === this.#subscribing);
    return this.#nextId;
  }

  #send(packet) {
    this.#socket.send(packet);
    this.#on.traffic(0, packet.length);
    clearTimeout(this.#timers.ping);
    if (this.#keepAlive) this.#timers.ping = setTimeout(() => this.#ping(), this.#keepAlive * 1000);
  }

  #ping() {
    if (this.#stage !== 'live') return;
    this.#send(write.pingreq());
    this.#wait('answer', kPatience, 'the broker fell silent');
  }

  #wait(name, ms, text) {
    this.#clear(name);
    this.#timers[name] = setTimeout(() => this.#end({ text }), ms);
  }

  #clear(name) {
    clearTimeout(this.#timers[name]);
  }

  #over(text) {
    this.#stage = 'ended';
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    for (const { reject } of this.#unacknowledged.values()) reject(new Error(`${text} before it was acknowledged`));
    this.#unacknowledged.clear();
  }

  #end({ final = false, text }) {
    if (this.#stage === 'ended') return;
    const agreed = this.#stage !== 'opening';
    this.#over(text);
    this.#socket.close(1000);
    this.#on.ended({ agreed, final, text });
  }
}
