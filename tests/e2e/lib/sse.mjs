// An event stream read by hand over a raw socket, so that reading can stall and the bytes are seen
// as they came. A second reading of the standard than the one under test.
import {Raw} from './net.mjs';
import {within} from './harness.mjs';

export class EventReader extends Raw {
  events = [];
  comments = 0;
  retry = undefined;
  head = undefined;
  #taken = 0;
  #lines = '';
  #event = {};

  async open(path, headers = {}) {
    await within(this.connected, 'a connection');
    const fields = Object.entries({
      Host: `127.0.0.1:${this.socket.remotePort}`,
      Accept: 'text/event-stream',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.write(`GET ${path} HTTP/1.1\r\n${fields.join('')}\r\n`);
    await this.waitFor(/\r\n\r\n/);
    const text = this.text();
    const end = text.indexOf('\r\n\r\n');
    this.head = text.slice(0, end);
    this.status = Number(/^HTTP\/1\.1 (\d+)/.exec(this.head)[1]);
    this.chunked = /^transfer-encoding: chunked$/im.test(this.head);
    this.#taken = end + 4;
    this.socket.on('data', () => this.#read());
    this.#read();
    return this;
  }

  #body() {
    if (!this.chunked) {
      const part = this.bytes.subarray(this.#taken);
      this.#taken = this.bytes.length;
      return part;
    }
    const parts = [];
    for (;;) {
      const lineEnd = this.bytes.indexOf('\r\n', this.#taken);
      if (lineEnd < 0) break;
      const size = parseInt(this.bytes.toString('latin1', this.#taken, lineEnd), 16);
      const next = lineEnd + 2 + size + 2;
      if (this.bytes.length < next) break;
      parts.push(this.bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
      this.#taken = next;
    }
    return Buffer.concat(parts);
  }

  #read() {
    this.#lines += this.#body().toString('latin1');
    this.bytes = this.bytes.subarray(this.#taken);
    this.#taken = 0;
    const lines = this.#lines.split('\n');
    this.#lines = lines.pop();
    for (const line of lines) this.#line(Buffer.from(line, 'latin1').toString('utf8'));
    this.changed();
  }

  #line(line) {
    if (line === '') {
      if (this.#event.data) {
        this.events.push({...this.#event, data: this.#event.data.join('\n')});
      }
      this.#event = {};
      return;
    }
    if (line.startsWith(':')) {
      ++this.comments;
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') (this.#event.data ??= []).push(value);
    else if (name === 'id' || name === 'event') this.#event[name] = value;
    else if (name === 'retry') this.retry = Number(value);
    else throw new Error(`an unknown field: ${JSON.stringify(line)}`);
  }

  data() { return this.events.map((event) => event.data); }
  waitForEvents(count) {
    return this.until(() => {
      if (this.events.length >= count) return this.events;
      if (this.closed) throw new Error(`closed before ${count} events`);
      return undefined;
    }, `${count} events`, {detail: () => JSON.stringify(this.events.slice(-20))});
  }
  waitForEvent(condition, what = 'an event') {
    return this.until(() => this.events.find(condition), what,
                      {detail: () => JSON.stringify(this.events.slice(-20))});
  }
  waitForComments(count) {
    return this.until(() => this.comments >= count, `${count} comments`);
  }
}

// Subscribes; when it resolves, the subscription stands.
export async function sse(port, path, headers = {}) {
  return new EventReader(port).open(path, headers);
}
