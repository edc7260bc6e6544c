'use strict';

// A server, written with Node's ws, that sends numbered messages (see numbered_message.hpp) to
// whoever connects, as fast as they are taken.
//
//   ws_feed.cjs WS_DIRECTORY MESSAGES SIZE

const [directory, messages, size] = process.argv.slice(2);
const { WebSocketServer } = require(directory);

const kMostWaiting = 4 << 20;
const kLetters = 'abcdefghijklmnopqrstuvwxyz'.repeat(6);

function numberedMessage(number, length) {
  const message = Buffer.alloc(length);
  message.write(String(number).padStart(16, '0'), 'latin1');
  // Repeats what it is given until the end: runs of 130 letters.
  message.fill(kLetters.slice(number % 26, number % 26 + 130), 16, 'latin1');
  return message;
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => {
  console.error(`listening ws://127.0.0.1:${server.address().port}/`);
});
server.on('connection', async (socket) => {
  // What differs is the number and, after it, one of 26.
  const patterns = Array.from({ length: 26 }, (_, i) => numberedMessage(i, Number(size)));
  for (let number = 0; number < Number(messages); ++number) {
    const message = Buffer.from(patterns[number % 26]);
    message.write(String(number).padStart(16, '0'), 'latin1');
    socket.send(message, { binary: false });
    while (socket.bufferedAmount > kMostWaiting) {
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }
  socket.close();
});
