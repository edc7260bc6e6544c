// Servers that clients must not trust: each connection is answered by a script of bytes.
import {createHash} from 'node:crypto';
import {createServer} from 'node:net';
import {defer} from '../../e2e/lib/harness.mjs';
import {packet, publishPacket, text} from './mqtt.mjs';

// `onConnection(socket)` writes what it likes; `received` gathers what came on all connections.
export async function stranger(onConnection) {
  const sockets = new Set();
  const server = createServer({noDelay: true, allowHalfOpen: true}, (socket) => {
    sockets.add(socket);
    server.connections_seen = (server.connections_seen ?? 0) + 1;
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const {port} = server.address();
  return {server, port, sockets, at: (scheme, path = '/') => `${scheme}://127.0.0.1:${port}${path}`,
          drop: () => sockets.forEach((socket) => socket.resetAndDestroy())};
}

// Calls back with the text of each request's head; what follows it goes to `body`.
export function onHead(socket, then) {
  let head = '';
  const look = (data) => {
    head += data.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    socket.off('data', look);
    socket.on('data', () => {});
    then(head.slice(0, end), head.slice(end + 4));
  };
  socket.on('data', look);
}

// Answers each request with a head that begins so, and goes on with `then`.
export const httpStranger = (then) => stranger((socket) => onHead(socket, (head) => then(socket, head)));

export function acceptKey(head) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
export const kSwitch = (head, fields = '') =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Accept: ${acceptKey(head)}\r\n${fields}\r\n`;
export const wsStranger = (then, fields = () => '') =>
  httpStranger((socket, head) => {
    socket.write(kSwitch(head, fields(head)));
    then(socket, head);
  });

// A broker that says CONNACK, and SUBACK when it is asked; then `then`.
export function mqttStranger(then, {acknowledges = true} = {}) {
  return stranger((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data]);
      for (;;) {
        let length = 0;
        let at = 1;
        for (;; ++at) {
          if (at >= bytes.length || at > 4) return;
          length |= (bytes[at] & 127) << (7 * (at - 1));
          if (bytes[at] < 128) break;
        }
        const end = at + 1 + length;
        if (bytes.length < end) return;
        const body = bytes.subarray(at + 1, end);
        const kind = bytes[0] >> 4;
        if (kind === 1) {
          socket.v5 = body[6] === 5;
          socket.write(socket.v5 ? Buffer.from([0x20, 3, 0, 0, 0]) : Buffer.from([0x20, 2, 0, 0]));
          then(socket, 'connect');
        } else if (kind === 8) {
          socket.write(socket.v5 ? packet(0x90, body.subarray(0, 2), Buffer.from([0, 0]))
                                 : packet(0x90, body.subarray(0, 2), Buffer.from([0])));
          then(socket, 'subscribe');
        } else if (kind === 3 && acknowledges) {
          const qos = (bytes[0] >> 1) & 3;
          const topic = body.readUInt16BE(0);
          if (qos === 1) socket.write(packet(0x40, body.subarray(2 + topic, 4 + topic)));
        } else if (kind === 12) {
          socket.write(Buffer.from([0xd0, 0]));
        }
        bytes = bytes.subarray(end);
      }
    });
  });
}
export {packet, publishPacket, text};

// Writes `piece()` again and again for as long as the peer takes it, up to `most` bytes. A peer that
// takes all at once must not keep this process from all else.
export function flood(socket, piece, most = Infinity) {
  let sent = 0;
  const go = () => {
    for (let i = 0; i < 8 && !socket.destroyed && socket.writable && sent < most; ++i) {
      const bytes = piece();
      sent += bytes.length;
      if (!socket.write(bytes)) return void socket.once('drain', () => setImmediate(go));
    }
    if (!socket.destroyed && socket.writable && sent < most) setImmediate(go);
  };
  go();
}
