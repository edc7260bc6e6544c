// MQTT 5's packets, bytes to values and back, as far as a client needs them
// that subscribes at QoS 0 or 1. No socket, no clock.

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

// What a broker sent that no broker may send.
export class MqttFault extends Error {}

const kTypes = { 2: 'connack', 3: 'publish', 4: 'puback', 9: 'suback', 13: 'pingresp', 14: 'disconnect' };

// Section 2.2.2.2: [name, how it is written, the packets that a client may get it in].
const kProperties = {
  0x01: ['payloadFormat', 'byte', ['publish']],
  0x02: ['messageExpiry', 'four', ['publish']],
  0x03: ['contentType', 'text', ['publish']],
  0x08: ['responseTopic', 'text', ['publish']],
  0x09: ['correlation', 'binary', ['publish']],
  0x0b: ['subscription', 'variable', ['publish']],
  0x11: ['sessionExpiry', 'four', ['connack']],
  0x12: ['clientId', 'text', ['connack']],
  0x13: ['keepAlive', 'two', ['connack']],
  0x15: ['authMethod', 'text', ['connack']],
  0x16: ['authData', 'binary', ['connack']],
  0x1a: ['responseInformation', 'text', ['connack']],
  0x1c: ['serverReference', 'text', ['connack', 'disconnect']],
  0x1f: ['reason', 'text', ['connack', 'puback', 'suback', 'disconnect']],
  0x21: ['receiveMaximum', 'two', ['connack']],
  0x22: ['topicAliasMaximum', 'two', ['connack']],
  0x24: ['maximumQos', 'byte', ['connack']],
  0x25: ['retainAvailable', 'byte', ['connack']],
  0x26: ['user', 'pair', ['connack', 'publish', 'puback', 'suback', 'disconnect']],
  0x27: ['maximumPacketSize', 'four', ['connack']],
  0x28: ['wildcardAvailable', 'byte', ['connack']],
  0x29: ['subscriptionIdAvailable', 'byte', ['connack']],
  0x2a: ['sharedAvailable', 'byte', ['connack']],
};

// A number of one to four bytes, seven bits each: [value, bytes taken], or null
// while it is cut.
function variable(bytes, at, end) {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return null;
    const byte = bytes[at + i];
    value += (byte & 0x7f) * 128 ** i;
    if (byte & 0x80) continue;
    if (i > 0 && byte === 0) throw new MqttFault('a length has more bytes than it needs');
    return [value, i + 1];
  }
  throw new MqttFault('a length goes past four bytes');
}

// Reads one packet's bytes from the front and never past their end.
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get left() {
    return this.bytes.length - this.at;
  }

  take(n) {
    if (n > this.left) throw new MqttFault('a packet ends in the middle of a field');
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  byte() {
    return this.take(1)[0];
  }

  two() {
    const [high, low] = this.take(2);
    return high * 256 + low;
  }

  four() {
    return this.two() * 65536 + this.two();
  }

  variable() {
    const found = variable(this.bytes, this.at, this.bytes.length);
    if (!found) throw new MqttFault('a packet ends in the middle of a field');
    this.at += found[1];
    return found[0];
  }

  binary() {
    return this.take(this.two()).slice();
  }

  text() {
    let text;
    try {
      text = utf8.decode(this.take(this.two()));
    } catch (error) {
      throw error instanceof MqttFault ? error : new MqttFault('a string is not UTF-8');
    }
    if (text.includes('\0')) throw new MqttFault('a string holds NUL');
    return text;
  }

  pair() {
    return [this.text(), this.text()];
  }

  packetId() {
    const id = this.two();
    if (id === 0) throw new MqttFault('a packet identifier is zero');
    return id;
  }

  properties(type) {
    const inner = new Reader(this.take(this.variable()));
    const found = { user: [] };
    while (inner.left) {
      const [name, kind, types] = kProperties[inner.variable()] ?? [];
      if (!types?.includes(type)) throw new MqttFault(`a ${type} has a property that it cannot have`);
      const value = inner[kind]();
      if (name === 'user') found.user.push(value);
      else if (name in found && name !== 'subscription') throw new MqttFault(`a ${type} has a property twice`);
      else found[name] = value;
    }
    return found;
  }
}

const readers = {
  connack(reader) {
    const flags = reader.byte();
    if (flags > 1) throw new MqttFault('a connack has reserved flags');
    const code = reader.byte();
    if (code !== 0 && flags) throw new MqttFault('a refusal claims a session');
    const properties = reader.properties('connack');
    if (properties.receiveMaximum === 0 || properties.maximumPacketSize === 0) throw new MqttFault('a limit is zero');
    if (properties.maximumQos > 1) throw new MqttFault('the maximum QoS is neither 0 nor 1');
    return { sessionPresent: flags === 1, code, properties };
  },

  publish(reader, flags) {
    const qos = (flags >> 1) & 3;
    if (qos > 1) throw new MqttFault(qos === 3 ? 'a publish has QoS 3' : 'a publish has a QoS that was not granted');
    const dup = (flags & 8) !== 0;
    if (dup && qos === 0) throw new MqttFault('a publish at QoS 0 is marked as sent again');
    const topic = reader.text();
    if (topic === '') throw new MqttFault('a publish has no topic');
    if (/[+#]/.test(topic)) throw new MqttFault('a topic holds a wildcard');
    const packetId = qos ? reader.packetId() : 0;
    const properties = reader.properties('publish');
    if (properties.payloadFormat > 1) throw new MqttFault('the payload format is neither 0 nor 1');
    return { topic, qos, dup, retain: (flags & 1) !== 0, packetId, properties, payload: reader.take(reader.left) };
  },

  puback(reader) {
    const packetId = reader.packetId();
    const code = reader.left ? reader.byte() : 0;
    return { packetId, code, properties: reader.left ? reader.properties('puback') : { user: [] } };
  },

  suback(reader) {
    const packetId = reader.packetId();
    const properties = reader.properties('suback');
    const codes = [...reader.take(reader.left)];
    if (!codes.length) throw new MqttFault('a suback grants nothing');
    return { packetId, codes, properties };
  },

  pingresp() {
    return {};
  },

  disconnect(reader) {
    const code = reader.left ? reader.byte() : 0;
    return { code, properties: reader.left ? reader.properties('disconnect') : { user: [] } };
  },
};

function typeOf(first) {
  const type = kTypes[first >> 4];
  if (!type) throw new MqttFault(`a packet of type ${first >> 4}, which a broker does not send here`);
  if (first & 15 && type !== 'publish') throw new MqttFault(`a ${type} has reserved flags`);
  return type;
}

function readPacket(type, flags, body) {
  const reader = new Reader(body);
  const packet = readers[type](reader, flags);
  if (reader.left) throw new MqttFault(`a ${type} is longer than what it says`);
  return { type, ...packet };
}

const kIdle = 65536;

// Packets out of bytes that come cut anywhere. It keeps at most one packet that
// is not whole, of at most `limit` bytes, besides what was last received.
export class PacketDecoder {
  #kept = new Uint8Array(1024);
  #from = 0;
  #to = 0;

  constructor(limit) {
    this.limit = limit;
  }

  receive(bytes) {
    const held = this.#to - this.#from;
    // What one large packet needed is not kept for the small ones behind it.
    if (!held && this.#kept.length > kIdle) this.#kept = new Uint8Array(1024);
    if (this.#to + bytes.length > this.#kept.length) {
      const next = held + bytes.length > this.#kept.length ? new Uint8Array(Math.max(held + bytes.length, Math.min(2 * this.#kept.length, this.limit))) : this.#kept;
      next.set(this.#kept.subarray(this.#from, this.#to));
      this.#kept = next;
      this.#from = 0;
      this.#to = held;
    }
    this.#kept.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  // The next packet with `bytes`, its length on the wire, or null. Its payload is
  // a view that stands until the next receive(). Throws MqttFault.
  next() {
    const start = this.#from;
    if (start === this.#to) {
      this.#from = this.#to = 0;
      return null;
    }
    const type = typeOf(this.#kept[start]);
    const length = variable(this.#kept, start + 1, this.#to);
    if (!length) return null;
    const head = 1 + length[1];
    if (head + length[0] > this.limit) throw new MqttFault(`a packet is longer than the ${this.limit} bytes that were agreed`);
    const end = start + head + length[0];
    if (end > this.#to) return null;
    const packet = readPacket(type, this.#kept[start] & 15, this.#kept.subarray(start + head, end));
    this.#from = end;
    return { ...packet, bytes: end - start };
  }
}

// --- writing ---------------------------------------------------------------

const two = (n) => [n >> 8, n & 255];
const four = (n) => [Math.floor(n / 16777216) & 255, (n >> 16) & 255, (n >> 8) & 255, n & 255];

function length(n) {
  const out = [];
  do {
    const rest = Math.floor(n / 128);
    out.push((n % 128) | (rest ? 0x80 : 0));
    n = rest;
  } while (n);
  return out;
}

function text(string) {
  const bytes = encoder.encode(string);
  if (bytes.length > 65535) throw new RangeError('MQTT takes strings of at most 65,535 bytes');
  return [...two(bytes.length), ...bytes];
}

function packet(first, ...parts) {
  const size = parts.reduce((total, part) => total + part.length, 0);
  const head = [first, ...length(size)];
  const out = new Uint8Array(head.length + size);
  out.set(head);
  let at = head.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const withLength = (properties) => [...length(properties.length), ...properties];

export const write = {
  connect({ clientId, cleanStart, keepAlive, sessionExpiry, maximumPacketSize }) {
    const properties = [0x11, ...four(sessionExpiry), 0x27, ...four(maximumPacketSize)];
    return packet(0x10, text('MQTT'), [5, cleanStart ? 2 : 0], two(keepAlive), withLength(properties), text(clientId));
  },

  // No Local: what this client publishes does not come back. Retain Handling 1:
  // what is retained comes only with a subscription that is new.
  subscribe(packetId, filter, qos) {
    return packet(0x82, two(packetId), [0], text(filter), [qos | 0x04 | 0x10]);
  },

  publish({ topic, payload, qos, packetId, contentType }) {
    const properties = [0x01, 1, ...(contentType ? [0x03, ...text(contentType)] : [])];
    return packet(0x30 | (qos << 1), text(topic), qos ? two(packetId) : [], withLength(properties), payload);
  },

  puback: (packetId) => packet(0x40, two(packetId)),

  pingreq: () => packet(0xc0),

  // `forget` ends the session as well.
  disconnect: (forget) => (forget ? packet(0xe0, [0], withLength([0x11, ...four(0)])) : packet(0xe0)),
};
