// npm's aedes, a broker of MQTT 3.1.1 in this process: over TCP, or over WebSocket with npm's ws.
import {createServer as createHttpServer} from 'node:http';
import {createServer as createHttpsServer} from 'node:https';
import {createServer} from 'node:net';
import {createServer as createTlsServer} from 'node:tls';
import Aedes from 'aedes';
import {createWebSocketStream, WebSocketServer} from 'ws';
import {defer} from './harness.mjs';

// `path` of WebSockets: where they are taken; absent: the broker is on TCP. `listen`: a port of
// 127.0.0.1 or the path of a Unix socket. `tls`: options of node:tls. Gives the broker with `port`,
// `requests`, those that became WebSockets, and `sockets`, those that are open.
export async function startAedes({path, listen = 0, tls, settings = {}} = {}) {
  const aedes = new Aedes(settings);
  const requests = [];
  const sockets = new Set();
  let server = tls ? createTlsServer(tls, (socket) => aedes.handle(socket)) :
                     createServer((socket) => aedes.handle(socket));
  if (path) {
    server = tls ? createHttpsServer(tls) : createHttpServer();
    const websockets = new WebSocketServer({server, path});
    websockets.on('connection', (socket, request) => {
      requests.push(request);
      const stream = createWebSocketStream(socket);
      stream.on('error', () => {});
      aedes.handle(stream, request);
    });
  }
  server.on(tls ? 'secureConnection' : 'connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const where = typeof listen === 'number' ? [listen, '127.0.0.1'] : [listen];
  await new Promise((resolve) => server.listen(...where, resolve));
  defer(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await new Promise((resolve) => aedes.close(resolve));
  });
  const {port} = server.address();
  return {aedes, port, requests, sockets};
}
