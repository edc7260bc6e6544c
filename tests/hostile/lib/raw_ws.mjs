// WebSocket by hand: frames as no library would send them.
import {constants, deflateRawSync} from 'node:zlib';
import {randomBytes} from 'node:crypto';
import {open, opened} from './raw_http.mjs';

export const kText = 1;
export const kBinary = 2;
export const kContinue = 0;
export const kClose = 8;
export const kPing = 9;

// A client's frame. `announced` is the length that its head tells, when that is to be a lie.
export function frame(payload, {opcode = kText, final = true, masked = true, announced} = {}) {
  const bytes = Buffer.from(payload);
  const length = announced ?? bytes.length;
  const head = [(final ? 0x80 : 0) | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126) head.push(mask | length);
  else if (length < 65536) head.push(mask | 126, length >> 8, length & 255);
  else {
    head.push(mask | 127);
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(length));
    head.push(...size);
  }
  // A mask of zeros leaves the payload as it is.
  if (masked) head.push(0, 0, 0, 0);
  return Buffer.concat([Buffer.from(head), bytes]);
}

// The payload of a compressed message (RFC 7692 section 7.2.1).
export const deflated = (bytes) =>
    deflateRawSync(bytes, {finishFlush: constants.Z_SYNC_FLUSH, level: 9}).subarray(0, -4);

export function handshake(path, {subprotocol, extensions, host = 'localhost'} = {}) {
  const offer = (subprotocol ? `Sec-WebSocket-Protocol: ${subprotocol}\r\n` : '') +
      (extensions ? `Sec-WebSocket-Extensions: ${extensions}\r\n` : '');
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${offer}\r\n`;
}

// Upgrades and resolves with the socket: `status` is the answer's, `bytes` is what has come behind
// it, of which `received` counts the bytes. With `reads: false` nothing more is read.
export async function upgrade(port, path, {subprotocol, reads = true} = {}) {
  const socket = open(port);
  await opened(socket);
  let parts = [];
  socket.received = 0;
  socket.last = Buffer.alloc(0);  // of what has come
  const keep = (data) => {
    parts.push(data);
    socket.last = data;
    socket.received += data.length;
  };
  Object.defineProperty(socket, 'bytes', {get: () => {
    if (parts.length !== 1) parts = [Buffer.concat(parts)];
    return parts[0];
  }});
  socket.over = false;
  const answered = new Promise((resolve) => {
    let head = Buffer.alloc(0);
    const onData = (data) => {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onData);
      socket.status = Number(/^HTTP\/1\.1 (\d+)/.exec(head.toString('latin1'))?.[1] ?? 0);
      keep(head.subarray(end + 4));
      if (reads) socket.on('data', keep);
      else socket.pause();
      resolve();
    };
    socket.on('data', onData);
    socket.on('close', () => {
      socket.over = true;
      resolve();
    });
    socket.on('end', () => (socket.over = true));
  });
  socket.write(handshake(path, {subprotocol}));
  await answered;
  return socket;
}

// The frames that have come whole: [{opcode, payload}].
export function frames(bytes) {
  const out = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    let length = bytes[at + 1] & 0x7f;
    let start = at + 2;
    if (length === 126) {
      if (bytes.length < start + 2) break;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127) {
      if (bytes.length < start + 8) break;
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    if (bytes.length < start + length) break;
    out.push({opcode: bytes[at] & 15, payload: bytes.subarray(start, start + length)});
    at = start + length;
  }
  return out;
}

// The close code that has come, or undefined.
export function closeCode(socket) {
  const close = frames(socket.bytes).find(({opcode}) => opcode === kClose);
  return close && close.payload.length >= 2 ? close.payload.readUInt16BE(0) : undefined;
}
