// What goes down with a connection that nobody acknowledges on: told, unless a pong has proved it.
import assert from 'node:assert/strict';
import {start, test} from './lib/harness.mjs';
import {WsPeer} from './lib/peers.mjs';

// A message, then a loss, then another one on the next connection.
async function around(pause, ...args) {
  const sockets = [];
  const messages = [];
  const pongs = [];
  const peer = await WsPeer.start((socket) => {
    sockets.push(socket);
    socket.on('ping', (payload) => { pongs.push(payload.toString()); peer.changed(); });
    socket.on('message', (data) => { messages.push(data.toString()); peer.changed(); });
    peer.changed();
  });
  const relay = start('rtrelay', ['-', peer.at('/x'), ...args]);
  relay.write('1\n');
  await peer.until(() => messages.length === 1, 'the first message');
  if (pause) await peer.until(() => pongs.length > 0, 'a ping behind it');
  // Behind the pong.
  if (pause) await new Promise((resolve) => { sockets[0].once('pong', resolve); sockets[0].ping('x'); });
  sockets[0].terminate();
  await peer.until(() => sockets.length === 2, 'the next connection');
  relay.write('2\n');
  relay.endStdin();
  return {...await relay.waitExit(), stderr: relay.stderr, messages};
}

test('a message right before a loss is perhaps lost: 9', async () => {
  const {code, stderr} = await around(false);
  assert.equal(code, 9, stderr);
  assert.match(stderr, /a connection was lost, and what was on it with it, perhaps \(a hub acknowledges: --hub\)/);
});

test('one that a pong has come behind is not', async () => {
  const {code, stderr, messages} = await around(true);
  assert.deepEqual([code, messages], [0, ['1', '2']]);
  assert.doesNotMatch(stderr, /perhaps/);
});

test('without pings nothing is said, as before', async () => {
  assert.equal((await around(false, '--keepalive', '0')).code, 0);
});
