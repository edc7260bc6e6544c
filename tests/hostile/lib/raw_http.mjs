// HTTP/1.1 by hand, with as little of Node as possible: requests whose answers are timed, and
// sockets that are left open.
import {connect} from 'node:net';

export function open(port, host = '127.0.0.1') {
  const socket = connect({port, host, noDelay: true, allowHalfOpen: true});
  socket.on('error', () => {});
  return socket;
}

export function opened(socket) {
  return new Promise((resolve) => {
    if (!socket.connecting) return resolve(socket);
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  });
}

// Splits answers with a Content-Length, or chunks, off what has come.
export class Answers {
  #bytes = Buffer.alloc(0);

  add(bytes) { this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]); }
  rest() { return this.#bytes; }

  // {status, head, body}, or undefined when none is whole. `ended`: no more bytes come.
  next({ended = false, method = 'GET'} = {}) {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#bytes.toString('latin1', 0, end);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    if (!status) throw new Error(`not an answer: ${JSON.stringify(head.slice(0, 200))}`);
    let at = end + 4;
    let body = Buffer.alloc(0);
    const length = /^content-length: *(\d+)/im.exec(head);
    const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    if (bodiless) {
      // nothing follows
    } else if (length) {
      if (this.#bytes.length < at + Number(length[1])) return undefined;
      body = this.#bytes.subarray(at, at + Number(length[1]));
      at += body.length;
    } else if (/^transfer-encoding: *chunked/im.test(head)) {
      const parts = [];
      for (;;) {
        const line = this.#bytes.indexOf('\r\n', at);
        if (line < 0) return undefined;
        const size = parseInt(this.#bytes.toString('latin1', at, line), 16);
        if (this.#bytes.length < line + 2 + size + 2) return undefined;
        parts.push(this.#bytes.subarray(line + 2, line + 2 + size));
        at = line + 2 + size + 2;
        if (size === 0) break;
      }
      body = Buffer.concat(parts);
    } else {
      if (!ended) return undefined;
      body = this.#bytes.subarray(at);
      at = this.#bytes.length;
    }
    this.#bytes = this.#bytes.subarray(at);
    return {status, head, body, text: body.toString()};
  }
}

// One request on a connection of its own: the answer, or {status: 0} when none came within `ms`.
export function ask(port, bytes, {ms = 10_000, host = '127.0.0.1', method = 'GET'} = {}) {
  return new Promise((resolve) => {
    const socket = open(port, host);
    const answers = new Answers();
    const timer = setTimeout(() => finish({status: 0, head: '', text: 'no answer in time'}), ms);
    const finish = (answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const look = (ended) => {
      let answer = answers.next({ended, method});
      while (answer?.status === 100) answer = answers.next({ended, method});
      if (answer) return finish(answer);
      if (ended) finish({status: 0, head: '', text: 'closed without an answer'});
    };
    socket.on('data', (data) => {
      answers.add(data);
      look(false);
    });
    socket.on('end', () => look(true));
    socket.on('close', () => look(true));
    socket.write(bytes);
  });
}

export function request(method, path, {fields = {}, body, host = 'localhost'} = {}) {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines}${length}\r\n`;
  return body === undefined ? Buffer.from(head, 'latin1')
                            : Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

export const get = (port, path, fields = {}, options = {}) =>
  ask(port, request('GET', path, {fields}), options);
export const post = (port, path, body, fields = {}, options = {}) =>
  ask(port, request('POST', path, {fields: {'Content-Type': 'text/plain', ...fields}, body}), options);
export const postEnvelopes = (port, path, lines, options = {}) =>
  ask(port, request('POST', path, {fields: {'Content-Type': 'application/x-ndjson'},
                                   body: lines.join('\n')}), options);

// Many requests on one connection, one after the other without waiting: their statuses.
export function pipeline(port, requests, {ms = 60_000} = {}) {
  return new Promise((resolve, reject) => {
    const socket = open(port);
    const answers = new Answers();
    const statuses = [];
    const timer = setTimeout(() => finish(new Error(`${statuses.length} of ${requests.length} answers in time`)), ms);
    const finish = (fault) => {
      clearTimeout(timer);
      socket.destroy();
      fault ? reject(fault) : resolve(statuses);
    };
    socket.on('data', (data) => {
      answers.add(data);
      for (let answer; (answer = answers.next()) !== undefined;) statuses.push(answer.status);
      if (statuses.length >= requests.length) finish();
    });
    socket.on('close', () => finish(statuses.length >= requests.length ? undefined
        : new Error(`closed after ${statuses.length} of ${requests.length} answers`)));
    socket.write(Buffer.concat(requests));
  });
}
