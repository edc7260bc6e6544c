'use strict';

// The peer of `rtws sub`, written with Node's ws: each message becomes one line on stdout.
//
//   ws_sub.cjs WS_DIRECTORY URL

const [directory, url] = process.argv.slice(2);
const WebSocket = require(directory);

const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
const kLineEnd = Buffer.from('\n');
socket.on('message', (data) => {
  // Two writes would be two system calls, one copy of what is long as well.
  const whole = data.length < 65536 ? [Buffer.concat([data, kLineEnd])] : [data, kLineEnd];
  let room = true;
  for (const part of whole) room = process.stdout.write(part);
  if (room) return;
  socket.pause();
  process.stdout.once('drain', () => socket.resume());
});
