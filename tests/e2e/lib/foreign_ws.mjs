// WebSocket by implementations that are programs of their own, moved by lines (tests/peers/PROTOCOL.md).
// What is here looks to a test like Node's ws.
import {EventEmitter} from 'node:events';
import {forTheFile, start, Watched, within} from './harness.mjs';

// What is longer is said when it was given to the system.
const kLong = 16 * 1024;

// A connection; the part of ws's WebSocket that tests use.
class ForeignSocket extends EventEmitter {
  OPEN = 1;
  readyState = 0;
  bufferedAmount = 0;
  protocol = '';
  extensions = '';
  #program;
  #inMessage = false;
  #told = new Map();
  #tells = 0;

  constructor(program, number) {
    super();
    this.#program = program;
    this.number = number;
  }

  #do(what, more = {}) { this.#program.say({do: what, socket: this.number, ...more}); }

  send(data, options = {}, sent = undefined) {
    if (typeof options === 'function') [options, sent] = [{}, options];
    const bytes = Buffer.from(data);
    const {binary = typeof data !== 'string', fin = true} = options;
    const frame = {payload: bytes.toString('base64'), text: !binary, first: !this.#inMessage, final: fin};
    this.#inMessage = !fin;
    if (sent || bytes.length >= kLong) {
      frame.tell = ++this.#tells;
      this.bufferedAmount += bytes.length;
      this.#told.set(frame.tell, () => {
        this.bufferedAmount -= bytes.length;
        sent?.();
      });
    }
    this.#do('send', frame);
  }

  ping(data = '') { this.#do('ping', {payload: Buffer.from(data).toString('base64')}); }
  close(code = 0, reason = '') {
    if (this.readyState === 1) this.readyState = 2;
    this.#do('close', {code, reason});
  }
  terminate() { this.#do('terminate'); }
  pause() { this.#do('pause'); }
  resume() { this.#do('resume'); }

  // What its program says of it.
  happened(event) {
    switch (event.event) {
      case 'open':
        this.readyState = 1;
        this.protocol = event.subprotocol;
        this.extensions = event.extensions.split(/[,;]/)[0];
        return this.emit('open');
      case 'refused':
        this.readyState = 3;
        if (event.status === 0) return this.emit('error', new Error(event.reason));
        return this.emit('unexpected-response', {destroy() {}}, {statusCode: event.status, headers: {}});
      case 'message': return this.emit('message', Buffer.from(event.payload, 'base64'), !event.text);
      case 'ping':
      case 'pong': return this.emit(event.event, Buffer.from(event.payload, 'base64'));
      case 'sent': {
        const told = this.#told.get(event.tell);
        this.#told.delete(event.tell);
        return told();
      }
      case 'closed':
        this.readyState = 3;
        return this.emit('close', event.code, Buffer.from(event.reason));
    }
    throw new Error(`an unknown event: ${JSON.stringify(event)}`);
  }
}

// The program of one implementation, which a file has once.
export class PeerProgram extends Watched {
  #command;
  #program;
  #sockets = new Map();
  #servers = new Map();
  #begun = [];
  #last = 0;

  // `command`: its name and its arguments.
  constructor(command) {
    super();
    this.#command = command;
  }

  say(line) {
    if (!this.#program) this.#begin();
    if (this.#program.ended) throw new Error(`the peer is gone: ${this.#program.detail()}`);
    this.#program.write(`${JSON.stringify(line)}\n`);
  }

  #begin() {
    const [name, ...args] = this.#command;
    this.#program = forTheFile(() => start(name, args, {onStdout: (bytes) => this.#read(bytes)}));
    this.#program.exit.then(() => {
      for (const socket of [...this.#sockets.values()]) {
        socket.happened({event: 'closed', code: 1006, reason: 'the peer is gone'});
      }
    });
  }

  // The lines in `bytes`; the last of them may be a beginning.
  #read(bytes) {
    for (let from = 0;;) {
      const end = bytes.indexOf(10, from);
      if (end < 0) return void this.#begun.push(bytes.subarray(from));
      const line = Buffer.concat([...this.#begun, bytes.subarray(from, end)]);
      this.#begun = [];
      from = end + 1;
      this.#happened(JSON.parse(line.toString()));
    }
  }

  #happened(event) {
    if (event.event === 'listening') {
      this.#servers.get(event.server).listening(event.port);
      return;
    }
    if (event.server !== undefined) {
      // Of a server that has been stopped meanwhile.
      if (!this.#servers.has(event.server)) return;
      const socket = new ForeignSocket(this, event.socket);
      this.#sockets.set(event.socket, socket);
      const headers = {};
      for (const [name, value] of event.fields) headers[name.toLowerCase()] = value;
      this.#servers.get(event.server).accept(socket, event, {url: event.path, headers});
      return;
    }
    this.#sockets.get(event.socket)?.happened(event);
    if (event.event === 'closed' || event.event === 'refused') this.#sockets.delete(event.socket);
  }

  // `accepted(socket, request)` for each connection.
  async listen(accepted, {port = 0, tls, subprotocols = [], perMessageDeflate, lookAt = []}) {
    const number = ++this.#last;
    const listening = new Promise((resolve) => {
      const accept = (socket, event, request) => {
        socket.happened(event);
        accepted(socket, request);
      };
      this.#servers.set(number, {listening: resolve, accept});
    });
    this.say({do: 'listen', server: number, port, subprotocols, deflate: deflateTerms(perMessageDeflate),
              tls: tls?.files ?? null, look_at: lookAt});
    const got = await within(listening, 'the peer to listen', {detail: () => this.#program.detail()});
    if (got === 0) throw new Error(`the peer cannot listen: ${this.#program.detail()}`);
    return {port: got, stop: () => {
      this.#servers.delete(number);
      this.say({do: 'unlisten', server: number});
    }};
  }

  connect(url, subprotocols, {headers = {}, origin, perMessageDeflate} = {}) {
    const socket = new ForeignSocket(this, -(++this.#last));
    this.#sockets.set(socket.number, socket);
    const fields = Object.entries({...headers, ...(origin === undefined ? {} : {Origin: origin})});
    this.say({do: 'connect', socket: socket.number, url, fields, subprotocols,
              deflate: deflateTerms(perMessageDeflate)});
    return socket;
  }
}

// ws's options in the standard's names, or null for none.
function deflateTerms(options) {
  if (!options) return null;
  return {
    server_no_context_takeover: options.serverNoContextTakeover ?? false,
    client_no_context_takeover: options.clientNoContextTakeover ?? false,
    server_max_window_bits: options.serverMaxWindowBits ?? 0,
    client_max_window_bits: options.clientMaxWindowBits ?? 0,
  };
}
