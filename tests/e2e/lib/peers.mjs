// Foreign peers: servers and clients that share no code with the programs under test.
import {createServer} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import {WebSocket, WebSocketServer} from 'ws';
import {defer, Watched, within} from './harness.mjs';

// --- HTTP server -----------------------------------------------------------------------------
// An HTTP server whose answers the test writes: `handler(request, response, body)`, where body is
// a Buffer. Every request is kept in `requests` as {method, url, headers, body}.
export class HttpPeer extends Watched {
  requests = [];
  #sockets = new Set();

  static async start(handler, {port = 0, tls} = {}) {
    const peer = new HttpPeer();
    peer.handler = handler;
    const answer = async (request, response) => {
      const parts = [];
      request.on('error', () => {});
      response.on('error', () => {});
      try {
        for await (const part of request) parts.push(part);
      } catch {
        return;
      }
      const body = Buffer.concat(parts);
      const {method, url, headers} = request;
      peer.requests.push({method, url, headers, body, at: Date.now()});
      peer.changed();
      await peer.handler(request, response, body);
    };
    peer.server = tls ? createTlsServer(tls, answer) : createServer(answer);
    peer.server.on('tlsClientError', () => {});
    peer.server.on('connection', (socket) => {
      peer.#sockets.add(socket);
      socket.on('close', () => peer.#sockets.delete(socket));
      socket.on('error', () => {});
    });
    await new Promise((resolve, reject) => {
      peer.server.once('error', reject);
      peer.server.listen(port, '127.0.0.1', resolve);
    });
    peer.port = peer.server.address().port;
    defer(() => peer.stop());
    return peer;
  }

  at(path = '/', scheme = 'http') { return `${scheme}://127.0.0.1:${this.port}${path}`; }

  // Cuts every connection as a broken network would.
  drop() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop() {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  waitForRequests(count) {
    return this.until(() => (this.requests.length >= count ? this.requests : undefined),
                      `${count} requests`,
                      {detail: () => JSON.stringify(this.requests.map((r) => [r.method, r.url]))});
  }
}

// Answers with an event stream and gives a function that writes to it. `split` sends every byte in
// a write of its own.
export function eventStream(response, headers = {}) {
  response.writeHead(200, {'Content-Type': 'text/event-stream', ...headers});
  response.flushHeaders();
  return async (text, {split = false} = {}) => {
    const bytes = Buffer.from(text);
    if (!split) return void response.write(bytes);
    response.socket?.setNoDelay(true);
    for (const byte of bytes) {
      response.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  };
}

// --- WebSocket server ------------------------------------------------------------------------
// A server; each connection is kept in `clients` with `messages` as [{data, text, binary}]. This one is
// Node's ws; those of other implementations have the same face (each_peer.mjs).
export class WsPeer extends Watched {
  clients = [];

  // `subprotocols`: the first of them that is offered is chosen; else the first that is offered.
  static async start(onConnection = () => {}, {port = 0, tls, subprotocols, lookAt, ...options} = {}) {
    const peer = new WsPeer();
    peer.http = tls ? createTlsServer(tls) : createServer();
    peer.http.on('tlsClientError', () => {});
    if (subprotocols) options.handleProtocols = (offered) => subprotocols.find((name) => offered.has(name)) ?? false;
    peer.server = new WebSocketServer({server: peer.http, ...options});
    peer.server.on('connection', (socket, request) => peer.accept(socket, request, onConnection));
    await new Promise((resolve, reject) => {
      peer.http.once('error', reject);
      peer.http.listen(port, '127.0.0.1', resolve);
    });
    peer.port = peer.http.address().port;
    defer(() => peer.stop());
    return peer;
  }

  // By the program of another implementation.
  static async startForeign(program, onConnection = () => {}, options = {}) {
    const peer = new WsPeer();
    const listening =
        await program.listen((socket, request) => peer.accept(socket, request, onConnection), options);
    peer.port = listening.port;
    peer.stop = listening.stop;
    defer(() => peer.stop());
    return peer;
  }

  accept(socket, request, onConnection) {
    socket.request = request;
    socket.messages = [];
    socket.on('error', () => {});
    socket.on('message', (data, binary) => {
      socket.messages.push({data: Buffer.from(data), text: data.toString('utf8'), binary});
      this.changed();
    });
    socket.on('close', (code, reason) => {
      socket.closed = {code, reason: reason.toString()};
      this.changed();
    });
    this.clients.push(socket);
    this.changed();
    onConnection(socket, request);
  }

  at(path = '/', scheme = 'ws') { return `${scheme}://127.0.0.1:${this.port}${path}`; }

  async stop() {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  waitForClients(count) {
    return this.until(() => (this.clients.length >= count ? this.clients : undefined),
                      `${count} connections`);
  }
  waitForMessages(count, client = 0) {
    return this.until(() => {
      const messages = this.clients[client]?.messages ?? [];
      return messages.length >= count ? messages : undefined;
    }, `${count} messages`, {detail: () => JSON.stringify(this.clients[client]?.messages)});
  }
  // The end of a client's program may be known before what it said: all of that has come with this.
  waitClosed(client = 0) {
    return this.until(() => this.clients[client]?.closed, 'the close',
                      {detail: () => JSON.stringify(this.clients[client]?.messages)});
  }
}

// --- WebSocket client ------------------------------------------------------------------------
export class WsClient extends Watched {
  messages = [];
  closed = undefined;
  pongs = 0;

  // `socket` is ws's or has its face.
  constructor(socket) {
    super();
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
      this.socket.once('unexpected-response', (request, response) => {
        const refusal = new Error(`refused with ${response.statusCode}`);
        refusal.status = response.statusCode;
        refusal.headers = response.headers;
        reject(refusal);
        request.destroy();
      });
    });
    this.opened.catch(() => {});
    this.socket.on('error', () => {});
    this.socket.on('pong', () => {
      ++this.pongs;
      this.changed();
    });
    this.socket.on('message', (data, binary) => {
      this.messages.push({data: Buffer.from(data), text: data.toString('utf8'), binary});
      this.changed();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = {code, reason: reason.toString()};
      this.changed();
    });
    defer(() => this.socket.terminate());
  }

  texts() { return this.messages.map((message) => message.text); }
  json() { return this.messages.map((message) => JSON.parse(message.text)); }
  detail() {
    return JSON.stringify({messages: this.texts().slice(-20), closed: this.closed});
  }
  send(data, options = {}) { this.socket.send(data, options); }

  waitForMessages(count) {
    return this.until(() => {
      if (this.messages.length >= count) return this.messages;
      if (this.closed) throw new Error(`closed before ${count} messages: ${this.detail()}`);
      return undefined;
    }, `${count} messages`, {detail: () => this.detail()});
  }
  // Of a rt.v1 connection: the first message for which `condition` holds.
  waitForJson(condition, what = 'a message') {
    return this.until(() => this.json().find(condition), what, {detail: () => this.detail()});
  }
  waitClosed() {
    return this.until(() => this.closed, 'the connection to close', {detail: () => this.detail()});
  }
  async ping() {
    const wanted = this.pongs + 1;
    this.socket.ping();
    await this.until(() => this.pongs >= wanted, 'a pong', {detail: () => this.detail()});
  }
  async close(code = 1000) {
    this.socket.close(code);
    return this.waitClosed();
  }
}

const nodeSocket = (url, protocols, options) =>
  new WebSocket(url, protocols, {perMessageDeflate: false, ...options});

export async function wsClient(url, {protocols = [], ...options} = {}, connect = nodeSocket) {
  const client = new WsClient(connect(url, protocols, options));
  await within(client.opened, `the opening handshake with ${url}`);
  return client;
}

// The status with which the opening handshake is refused.
export async function wsRefusal(url, {protocols = [], ...options} = {}, connect = nodeSocket) {
  const client = new WsClient(connect(url, protocols, options));
  try {
    await within(client.opened, `an answer of ${url}`);
  } catch (refusal) {
    if (refusal.status) return refusal.status;
    throw refusal;
  }
  throw new Error(`the opening handshake with ${url} was accepted`);
}
