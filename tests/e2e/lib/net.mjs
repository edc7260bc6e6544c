// Raw TCP and HTTP/1.1 as a foreign client speaks them: what a polite client library would never
// send, byte by byte.
import {randomInt} from 'node:crypto';
import {createServer, connect as netConnect} from 'node:net';
import {defer, Watched, within} from './harness.mjs';

const listens = (port) => new Promise((resolve) => {
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
});

// A port that was free a moment ago, for who cannot take any and say which. It is none of those that the
// system gives to others who take any, so nobody else has it by the time that it is listened on.
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await listens(port)) return port;
  }
}

export class Raw extends Watched {
  bytes = Buffer.alloc(0);
  closed = false;

  constructor(port, host = '127.0.0.1') {
    super();
    this.socket = netConnect({port, host, allowHalfOpen: true, noDelay: true});
    this.connected = new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('error', reject);
    });
    this.connected.catch(() => {});
    this.gone = new Promise((resolve) => {
      const over = () => {
        this.closed = true;
        this.changed();
        resolve();
      };
      this.socket.on('end', over);
      this.socket.on('close', over);
    });
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => {
      this.bytes = Buffer.concat([this.bytes, bytes]);
      this.changed();
    });
    defer(() => this.socket.destroy());
  }

  text() { return this.bytes.toString('latin1'); }
  detail() { return `received:\n${this.text().slice(-3000)}${this.closed ? '\n(closed)' : ''}`; }
  write(data) { return new Promise((resolve) => this.socket.write(data, () => resolve())); }
  end() { this.socket.end(); }
  destroy() { this.socket.destroy(); }
  pause() { this.socket.pause(); }
  resume() { this.socket.resume(); }

  waitFor(pattern) {
    return this.until(() => {
      const match = pattern.exec(this.text());
      if (!match && this.closed) throw new Error(`closed before ${pattern}\n${this.detail()}`);
      return match ?? undefined;
    }, pattern, {detail: () => this.detail()});
  }

  waitClosed(options = {}) {
    return within(this.gone, 'the peer to close', {detail: () => this.detail(), ...options});
  }

  // Takes one response (to a request of `method`) from what has come and what comes.
  response(method = 'GET') {
    return this.until(() => {
      const taken = takeResponse(this.bytes, method, this.closed);
      if (!taken) {
        if (this.closed) throw new Error(`closed before a whole response\n${this.detail()}`);
        return undefined;
      }
      this.bytes = this.bytes.subarray(taken.length);
      return taken;
    }, 'a response', {detail: () => this.detail()});
  }
}

export async function raw(port, data) {
  const connection = new Raw(port);
  await within(connection.connected, `a connection to port ${port}`);
  if (data !== undefined) await connection.write(data);
  return connection;
}

export function parseHead(text) {
  const [statusLine, ...fields] = text.split('\r\n');
  const match = /^HTTP\/1\.[01] (\d{3}) (.*)$/.exec(statusLine);
  if (!match) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
  const headers = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    if (colon < 1) throw new Error(`not a header field: ${JSON.stringify(field)}`);
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return {status: Number(match[1]), reason: match[2], headers};
}

function takeChunked(bytes) {
  const parts = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('not a chunk size');
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
    if (size === 0) return {body: Buffer.concat(parts), length: at};
  }
}

function takeResponse(bytes, method, closed) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = parseHead(bytes.toString('latin1', 0, end));
  const start = end + 4;
  const rest = bytes.subarray(start);
  let body;
  let length;
  if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) {
    [body, length] = [Buffer.alloc(0), 0];
  } else if (/chunked/i.test(head.headers['transfer-encoding'] ?? '')) {
    const taken = takeChunked(rest);
    if (!taken) return undefined;
    ({body, length} = taken);
  } else if ('content-length' in head.headers) {
    length = Number(head.headers['content-length']);
    if (rest.length < length) return undefined;
    body = rest.subarray(0, length);
  } else {
    if (!closed) return undefined;
    [body, length] = [rest, rest.length];
  }
  return {...head, body, text: body.toString('utf8'), length: start + length};
}

// A TCP proxy before a port of this machine, whose connections a test can cut.
export class Proxy {
  #pairs = new Set();
  refuses = false;  // new connections end at once

  static async start(target) {
    const proxy = new Proxy();
    proxy.server = createServer((near) => {
      if (proxy.refuses) return void near.on('error', () => {}).destroy();
      const far = netConnect(target, '127.0.0.1');
      const pair = [near, far];
      proxy.#pairs.add(pair);
      for (const socket of pair) {
        socket.on('error', () => {});
        socket.on('close', () => proxy.#drop(pair));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.port = proxy.server.address().port;
    defer(() => {
      proxy.cut();
      return new Promise((resolve) => proxy.server.close(resolve));
    });
    return proxy;
  }

  #drop(pair) {
    this.#pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }

  at(path = '/', scheme = 'http') { return `${scheme}://127.0.0.1:${this.port}${path}`; }

  cut() {
    for (const pair of [...this.#pairs]) this.#drop(pair);
  }
}
