'use strict';

// The peer of `rtws serve`, written with Node's ws: each message becomes one line on stdout.
//
//   ws_serve.cjs WS_DIRECTORY

const { WebSocketServer } = require(process.argv[2]);

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => {
  console.error(`listening ws://127.0.0.1:${server.address().port}/`);
});
server.on('connection', (socket) => {
  socket.on('message', (data) => process.stdout.write(`${data}\n`));
});
