// --idle-timeout: what brings nothing for too long is taken for dead, in each client.
import assert from 'node:assert/strict';
import {run, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {eventStream, HttpPeer, WsPeer} from './lib/peers.mjs';

const kIdle = ['--idle-timeout', '300ms'];
const kOnce = [...kIdle, '--no-reconnect'];
const dead = (url) => `${url}: nothing came for 0.3 s: the connection is taken for dead (--no-reconnect)\n`;

const silent = () => HttpPeer.start((request, response) => eventStream(response)('retry: 10\nid: 7\ndata: x\n\n'));

test('an event stream: 8, or made again behind the last id', async () => {
  const peer = await silent();
  const {code, lines, stderr} = await run('rtsse', ['sub', peer.at(), ...kOnce]);
  assert.deepEqual([code, lines, stderr], [8, ['x'], `rtsse: ${dead(peer.at())}`]);
  const again = await run('rtsse', ['sub', peer.at(), ...kIdle, '-n', '3']);
  assert.deepEqual([again.code, again.lines], [0, ['x', 'x', 'x']]);
  assert.equal(peer.requests.at(-1).headers['last-event-id'], '7');
});

test('an event stream: comments are life', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    const write = eventStream(response);
    for (let i = 0; i < 12; ++i) {
      await write(':\n');
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await write('data: at last\n\n');
  });
  const {code, lines} = await run('rtsse', ['sub', peer.at(), '--idle-timeout', '500ms', '-n', '1']);
  assert.deepEqual([code, lines, peer.requests.length], [0, ['at last'], 1]);
});

for (const [verb, input] of [['sub'], ['pipe', 'up\n']]) {
  test(`a WebSocket, ${verb}: pongs are no message`, async () => {
    const peer = await WsPeer.start((socket) => socket.send('x'));
    // With a stdin that does not end a pipe goes on.
    const child = start('rtws', [verb, peer.at(), ...kOnce, '--keepalive', '50ms'], {stdin: 'pipe'});
    if (input) child.write(input);
    assert.deepEqual(await child.waitExit(), {code: 8, signal: null});
    assert.deepEqual([child.stdout, child.stderr], ['x\n', `rtws: ${dead(peer.at())}`]);
    if (input) assert.equal(peer.clients[0].messages[0].text, 'up');
    const again = await run('rtws', ['sub', peer.at(), ...kIdle, '-n', '2']);
    assert.deepEqual([again.code, again.lines], [0, ['x', 'x']]);
  });
}

test('MQTT', async () => {
  const broker = await startMosquitto();
  await run('rtmqtt', ['pub', broker.at('t'), '--retain', 'x']);
  const {code, lines, stderr} = await run('rtmqtt', ['sub', broker.at('t'), ...kOnce]);
  assert.deepEqual([code, lines, stderr], [8, ['x'], `rtmqtt: ${dead(broker.at('t'))}`]);
  // What was published while it was made again is not lost: the session goes on.
  const again = start('rtmqtt', ['sub', broker.at('t'), '--qos', '1', ...kIdle, '-n', '3']);
  await again.waitForLines(1);
  await again.until(() => /taken for dead/.test(again.stderr), 'the end of the first connection');
  await run('rtmqtt', ['pub', broker.at('t'), '--qos', '1', 'y', 'z']);
  assert.deepEqual(await again.waitExit(), {code: 0, signal: null});
  assert.deepEqual(again.lines(), ['x', 'y', 'z']);
});

test('polling: nothing new', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.writeHead(request.headers['if-none-match'] ? 304 : 200, {ETag: '"1"'});
    response.end(request.headers['if-none-match'] ? undefined : 'x');
  });
  for (const interval of ['50ms', '1h']) {
    const {code, lines, stderr} = await run('rtpoll', ['sub', peer.at(), ...kOnce, '--interval', interval]);
    assert.deepEqual([code, lines], [8, ['x']]);
    assert.equal(stderr, `rtpoll: ${peer.at()}: nothing new for 0.3 s (--no-reconnect)\n`);
  }
});

test('a relay\'s source', async () => {
  const peer = await silent();
  const relay = start('rtrelay', [`sse+${peer.at()}`, '-', ...kIdle, '-n', '2']);
  assert.deepEqual(await relay.waitExit(), {code: 0, signal: null});
  assert.ok(peer.requests.length >= 2);
  assert.match(relay.stderr, /nothing came for 0\.3 s/);
});
