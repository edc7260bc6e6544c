'use strict';

// The peer of `rtws pub`, written with Node's ws: each line of stdin is one text message.
//
//   ws_pub.cjs WS_DIRECTORY URL

const [directory, url] = process.argv.slice(2);
const WebSocket = require(directory);

const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

let rest = '';

// Resolves when the lines have left for the kernel, so that stdin is not read faster than that.
async function send(text) {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  const last = lines.pop();
  if (last === undefined) return;
  for (const line of lines) socket.send(line);
  await new Promise((resolve) => socket.send(last, resolve));
}

socket.on('open', async () => {
  process.stdin.setEncoding('utf8');
  for await (const text of process.stdin) await send(text);
  socket.close();
});
