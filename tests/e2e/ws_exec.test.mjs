// rtws serve --exec: a command for each connection.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {defer, eventually, kNotLinux, run, serve, test} from './lib/harness.mjs';
import {WsClient} from './lib/peers.mjs';
import {WebSocket} from 'ws';

const clientOf = (url, headers = {}) =>
  new WsClient(new WebSocket(url, {perMessageDeflate: false, headers}));

async function connected(url) {
  const client = clientOf(url);
  await client.opened;
  return client;
}

const texts = (client) => client.messages.map((message) => message.text);
const alive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('each connection has its own command, and messages are lines', async () => {
  const server = await serve('rtws', ['serve', '--exec', 'cat', '0']);
  const one = await connected(server.at('/', 'ws'));
  const two = await connected(server.at('/other', 'ws'));
  one.socket.send('a');
  one.socket.send('ä');
  two.socket.send('b');
  await one.until(() => one.messages.length === 2, 'two messages');
  await two.until(() => two.messages.length === 1, 'a message');
  assert.deepEqual([texts(one), texts(two)], [['a', 'ä'], ['b']]);
  assert.equal(server.stdout, '');
});

test('the end of a command closes its connection: 1000, or 1011 when it has failed', async () => {
  for (const [script, code] of [['echo done', 1000], ['echo done; exit 3', 1011]]) {
    const server = await serve('rtws', ['serve', '--shell', '--exec', script, '0']);
    const client = await connected(server.at('/', 'ws'));
    await client.until(() => client.closed, 'the close');
    assert.deepEqual([texts(client), client.closed.code], [['done'], code]);
    if (code === 1011) assert.match(server.stderr, /exec: exit status 3/);
  }
});

test('the environment says who asks for what, and nothing else of the peer', async () => {
  const server = await serve('rtws', ['serve', '--shell', '--exec',
                                      'echo "$REMOTE_ADDR $PATH_INFO $QUERY_STRING"; env', '0']);
  const client = clientOf(server.at('/a%20b?x=1&y', 'ws'),
                          {'X-Secret': 'shown', Proxy: 'http://evil'});
  await client.until(() => client.closed, 'the close');
  assert.equal(texts(client)[0], '127.0.0.1 /a%20b x=1&y');
  assert.ok(!texts(client).some((text) => /shown|evil/.test(text)));
});

test('a command ends with its connection, also one that ignores SIGTERM', async () => {
  const server = await serve('rtws', ['serve', '--shell', '--exec',
                                      'trap "" TERM; echo $$; while :; do sleep 0.1; done', '0']);
  const client = await connected(server.at('/', 'ws'));
  await client.until(() => client.messages.length === 1, 'its number');
  const pid = Number(texts(client)[0]);
  assert.ok(alive(pid));
  client.socket.terminate();
  await eventually(() => !alive(pid), 'its end');
});

test('and with the server', async () => {
  const server = await serve('rtws', ['serve', '--shell', '--exec', 'echo $$; exec sleep 1000', '0']);
  const client = await connected(server.at('/', 'ws'));
  await client.until(() => client.messages.length === 1, 'its number');
  server.kill('SIGTERM');
  assert.equal((await server.waitExit()).code, 0);
  await eventually(() => !alive(Number(texts(client)[0])), 'its end');
  await client.until(() => client.closed, 'its close');
  assert.equal(client.closed.code, 1001);
});

test('a server whose command ignores SIGTERM and whose peer says nothing ends in its time', async () => {
  const server = await serve('rtws', ['serve', '--shell', '--exec',
                                      'trap "" TERM; echo $$; while :; do sleep 0.1; done', '0']);
  const socket = connect(server.port, '127.0.0.1');
  defer(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
               'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
  let said = '';
  socket.on('data', (data) => { said += data.toString('latin1'); });
  await eventually(() => /\r\n\r\n..\d+/s.test(said), 'its number');
  const asked = Date.now();
  server.kill('SIGTERM');
  assert.equal((await server.waitExit()).code, 0);
  // Three seconds for both, and what a busy machine adds; one after the other they took seven.
  assert.ok(Date.now() - asked < 5500, `${Date.now() - asked} ms`);
});

test('--max-children: one too many gets 503, and has its turn later', async () => {
  const server = await serve('rtws', ['serve', '--exec', 'cat', '--max-children', '1', '0']);
  const one = await connected(server.at('/', 'ws'));
  const sub = await run('rtws', ['sub', server.at('/', 'ws')]);
  assert.match(sub.stderr, /503.*too many commands run here/);
  one.socket.close();
  const later = await run('rtws', ['pipe', server.at('/', 'ws'), '--retry', '-n', '1'],
                          {input: 'x\n'});
  assert.deepEqual([later.code, later.stdout], [0, 'x\n']);
});

test('pages of other sites, other names and other paths stay out', async () => {
  const server = await serve('rtws', ['serve', '--exec', 'cat', '0/only']);
  const at = `ws://127.0.0.1:${server.port}`;
  for (const [path, headers, expected] of [
    ['/only', {}, 'open'],
    ['/else', {}, /404/],
    ['/only', {Origin: 'https://evil.example'}, /403/],
    ['/only', {Host: 'evil.example'}, /421/],
  ]) {
    const client = clientOf(at + path, headers);
    const got = await client.opened.then(() => 'open', (error) => error.message);
    if (expected === 'open') assert.equal(got, 'open');
    else assert.match(got, expected);
  }
  const plain = await fetch(`http://127.0.0.1:${server.port}/only`);
  assert.equal(plain.status, 426);
  const post = await fetch(`http://127.0.0.1:${server.port}/only`, {method: 'POST', body: 'x'});
  assert.equal(post.status, 405);
});

test('back-pressure both ways: nothing piles up', async () => {
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(
      readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]);
  const server = await serve('rtws', ['serve', '--shell', '--exec',
                                      'test "$PATH_INFO" = /in && exec sleep 1000; exec yes', '0']);
  const deaf = await connected(server.at('/in', 'ws'));
  const part = 'x'.repeat(100_000);
  for (let i = 0; i < 1000; ++i) deaf.socket.send(part);
  const slow = await connected(server.at('/out', 'ws'));
  await slow.until(() => slow.messages.length > 10, 'messages');
  slow.socket.pause();
  let before = -1;
  await eventually(() => {
    const now = deaf.socket.bufferedAmount;
    const still = now === before;
    before = now;
    return still;
  }, 'a standstill');
  assert.ok(deaf.socket.bufferedAmount > 50_000_000);
  // Sanitizers need some for themselves.
  assert.ok(memory() < 160_000, `${memory()} KiB`);
  const count = slow.messages.length;
  slow.socket.resume();
  await slow.until(() => slow.messages.length > count + 100, 'more messages');
  deaf.socket.terminate();
  slow.socket.terminate();
}, {notHere: kNotLinux});

test('what cannot be run is said at once', async () => {
  for (const [args, text] of [
    [['--exec', '/nowhere/x', '0'], /--exec: cannot run \/nowhere\/x/],
    [['--max-children', '3', '0'], /--max-children.*--exec/],
  ]) {
    const result = await run('rtws', ['serve', ...args]);
    assert.deepEqual([result.code, text.test(result.stderr)], [2, true], result.stderr);
  }
});
