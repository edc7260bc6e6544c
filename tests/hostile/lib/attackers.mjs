// What attackers do, each in a small function. The sockets of each go when the test is over.
import {defer} from '../../e2e/lib/harness.mjs';
import {Answers, ask, open, opened, request} from './raw_http.mjs';
import {handshake} from './raw_ws.mjs';

function kept(socket) {
  defer(() => socket.destroy());
  return socket;
}

// A connection that sends this and then neither reads nor writes.
export async function stuck(port, bytes) {
  const socket = kept(open(port));
  await opened(socket);
  await new Promise((resolve) => socket.write(bytes, () => resolve()));
  socket.pause();
  return socket;
}

// `count` of them, some at a time.
export async function many(count, make, {atOnce = 100} = {}) {
  const out = [];
  for (let begin = 0; begin < count; begin += atOnce)
    out.push(...await Promise.all(Array.from({length: Math.min(atOnce, count - begin)},
                                             (_, i) => make(begin + i))));
  return out;
}

export const stream = (path, fields = {}) =>
  request('GET', path, {fields: {Accept: 'text/event-stream', ...fields}});
export const socketOf = (path, subprotocol) => Buffer.from(handshake(path, {subprotocol}));

// A head that never ends, of about so many bytes.
export function unfinishedHead(path, bytes) {
  let out = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`;
  for (let i = 0; out.length < bytes - 1010; ++i) out += `X-${i}: ${'a'.repeat(990)}\r\n`;
  return Buffer.from(out);
}

// A body of which this much comes.
export function unfinishedBody(path, length, here) {
  return Buffer.concat([request('POST', path, {fields: {'Content-Type': 'text/plain',
                                                        'Content-Length': length}}),
                        Buffer.alloc(here, 'b')]);
}

export {Answers, ask, request};
