'use strict';

// Ports of servers that cannot name theirs.

const net = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

// Resolves when the child accepts connections, fails when it ends before.
async function untilAccepting(child, port) {
  const failed = child.failure();
  failed.catch(() => {});
  while (!await accepts(port)) await Promise.race([sleep(20), failed]);
}

module.exports = { freePort, untilAccepting };
