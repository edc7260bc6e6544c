// A broker of which a test writes what is unusual: by default it accepts everybody, grants what is
// asked for, and acknowledges.
import {createServer} from 'node:net';
import {generate, parser as makeParser} from 'mqtt-packet';
import {defer, Watched} from './harness.mjs';

class Client {
  constructor(broker, socket) {
    this.broker = broker;
    this.socket = socket;
    this.packets = [];
    this.number = broker.clients.length;
    this.parser = makeParser({protocolVersion: 5});
    this.parser.on('packet', (packet) => this.take(packet));
    this.parser.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      broker.bytes += bytes.length;
      this.parser.parse(bytes);
    });
    socket.on('error', () => {});
    socket.on('close', () => broker.changed());
  }

  get v5() { return this.connect?.protocolVersion === 5; }
  send(packet) {
    this.socket.write(Buffer.isBuffer(packet) ? packet :
                                                generate(packet, {protocolVersion: this.v5 ? 5 : 4}));
  }
  hangUp() { this.socket.end(); }

  take(packet) {
    this.packets.push(packet);
    if (packet.cmd === 'connect') {
      this.connect = packet;
      this.parser.settings = {protocolVersion: packet.protocolVersion};
    }
    const own = this.broker.script[packet.cmd];
    if (!own || own(packet, this) === 'as usual') this.answer(packet);
    this.broker.changed();
  }

  answer(packet) {
    const {messageId} = packet;
    switch (packet.cmd) {
      case 'connect':
        return this.send({cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false,
                          properties: this.v5 ? this.broker.script.properties ?? {} : undefined});
      case 'subscribe':
        return this.send({cmd: 'suback', messageId, granted: packet.subscriptions.map((one) => one.qos)});
      case 'publish':
        if (packet.qos === 1) this.send({cmd: 'puback', messageId, reasonCode: 0});
        if (packet.qos === 2) this.send({cmd: 'pubrec', messageId, reasonCode: 0});
        return undefined;
      case 'pubrel':
        return this.send({cmd: 'pubcomp', messageId, reasonCode: 0});
      case 'pingreq':
        return this.send({cmd: 'pingresp'});
      case 'disconnect':
        return this.socket.end();
      default:
        return undefined;
    }
  }
}

// `script`: by the name of a packet, a function of it and its client that answers in place of what
// is usual; `properties` of CONNACK.
export class ScriptedBroker extends Watched {
  static async start(script = {}) {
    const broker = new ScriptedBroker();
    broker.script = script;
    broker.clients = [];
    broker.bytes = 0;
    broker.server = createServer((socket) => broker.clients.push(new Client(broker, socket)));
    await new Promise((resolve) => broker.server.listen(0, '127.0.0.1', resolve));
    broker.port = broker.server.address().port;
    defer(() => {
      for (const client of broker.clients) client.socket.destroy();
      return new Promise((resolve) => broker.server.close(resolve));
    });
    return broker;
  }
  at(topic) { return `mqtt://127.0.0.1:${this.port}/${topic}`; }
  // All packets of this kind, in their order.
  all(cmd) { return this.clients.flatMap((client) => client.packets).filter((one) => one.cmd === cmd); }
  payloads() { return this.all('publish').map((packet) => packet.payload.toString()); }
}
