// MQTT over WebSocket as a client, against brokers of others: npm's aedes on npm's ws, RabbitMQ,
// and Mosquitto behind the hub; and against servers that do something wrong.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer as createHttpServer} from 'node:http';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {WebSocketServer} from 'ws';
import {startAedes} from './lib/aedes.mjs';
import {defer, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {kNoProxies, startMicrosocks, startTinyproxy} from './lib/proxies.mjs';
import {hasRabbit, startRabbit} from './lib/rabbitmq.mjs';
import {makeCertificates, serverOptions} from './lib/tls.mjs';

const numbered = (count, name = 'line') => Array.from({length: count}, (_, i) => `${name} ${i}`);
const asInput = (lines) => lines.map((line) => `${line}\n`).join('');

// Of a subscription that stands.
async function subscriber(args, options = {}) {
  const sub = start('rtmqtt', ['sub', '-v', ...args], {stdin: null, ...options});
  await sub.waitForLine(/: connected$/, 'stderr');
  return sub;
}

async function goesThrough(url, args = [], {env, qos = 1, lines = numbered(500, 'größe')} = {}) {
  const sub = await subscriber([url, '--qos', qos, '-n', lines.length, ...args], {env});
  const pub = await run('rtmqtt', ['pub', url, '--qos', qos, ...args], {input: asInput(lines), env});
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(sub.lines(), lines);
}

for (const qos of [0, 1, 2]) {
  test(`aedes on ws, QoS ${qos}: in order, with the path, the subprotocol and the headers`, async () => {
    const broker = await startAedes({path: '/mqtt'});
    await goesThrough(`mqtt+ws://127.0.0.1:${broker.port}/a/b`, ['-H', 'X-Tenant: blue'], {qos});
    for (const request of broker.requests) {
      assert.equal(request.headers['sec-websocket-protocol'], 'mqtt');
      assert.equal(request.headers['x-tenant'], 'blue');
      assert.equal(request.headers.authorization, undefined);
    }
  });
}

test('a path of one\'s own, with a query', async () => {
  const broker = await startAedes({path: '/some/where'});
  const url = `mqtt+ws://127.0.0.1:${broker.port}/a?b`;
  await goesThrough(url, ['--ws-path', '/some/where?sig=s3cret']);
  assert.equal(broker.requests[0].url, '/some/where?sig=s3cret');
  const dry = await run('rtmqtt', ['sub', url, '--ws-path', '/some/where?sig=s3cret', '--dry-run']);
  assert.match(dry.lines.join('\n'), /Open a WebSocket there, with the path \/some\/where\?\*\*\* and the subprotocol mqtt/);
  assert.doesNotMatch(dry.lines.join() + dry.stderr, /s3cret/);
  const wrong = await run('rtmqtt', ['sub', url, '--ws-path', 'mqtt']);
  assert.equal(wrong.code, 2, wrong.stderr);
});

test('long and binary messages, both ways', async () => {
  const broker = await startAedes({path: '/mqtt'});
  const url = `mqtt+ws://127.0.0.1:${broker.port}/long`;
  const sub = await subscriber([url, '--length-prefix', '--qos', 1, '-n', 3]);
  const input = Buffer.concat([Buffer.alloc(3_000_000, 'x'), Buffer.of(0, 255, 10), Buffer.alloc(70_000, 1)]
      .flatMap((payload) => {
        const size = Buffer.alloc(4);
        size.writeUInt32BE(payload.length);
        return [size, payload];
      }));
  const pub = await run('rtmqtt', ['pub', url, '--length-prefix', '--qos', 1], {input});
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.ok(sub.bytes().equals(input));
});

test('over TLS, with an authority of one\'s own; untrusted is exit 4', async () => {
  const files = makeCertificates();
  const broker = await startAedes({path: '/mqtt', tls: serverOptions(files)});
  const url = `mqtt+wss://localhost:${broker.port}/a`;
  await goesThrough(url, ['--cacert', files.ca]);
  const untrusted = await run('rtmqtt', ['pub', url, 'x']);
  assert.equal(untrusted.code, 4, untrusted.stderr);
});

test('over a Unix socket', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-mqtt-ws-'));
  defer(() => rmSync(directory, {recursive: true}));
  const path = join(directory, 's');
  await startAedes({path: '/mqtt', listen: path});
  await goesThrough('mqtt+ws://broker.example/a', ['--unix-socket', path]);
});

test('through an HTTP proxy and through SOCKS 5', async () => {
  const broker = await startAedes({path: '/mqtt'});
  const url = `mqtt+ws://127.0.0.1:${broker.port}/a`;
  const tinyproxy = await startTinyproxy([broker.port]);
  await goesThrough(url, ['--proxy', `http://me:s3cret@127.0.0.1:${tinyproxy.port}`]);
  assert.match(tinyproxy.log(), /CONNECT/);
  const microsocks = await startMicrosocks();
  await goesThrough(url, [], {env: {all_proxy: `socks5h://me:s3cret@127.0.0.1:${microsocks.port}`}});
}, {notHere: kNoProxies});

test('user and password go to the broker, not into the handshake', async () => {
  const seen = [];
  const broker = await startAedes({path: '/mqtt', settings: {
    authenticate: (client, user, password, done) => {
      seen.push([user, String(password)]);
      done(null, user === 'hub/dev:1' && String(password) === 's:3');
    },
  }});
  const url = `mqtt+ws://hub%2Fdev%3A1@127.0.0.1:${broker.port}/a`;
  await goesThrough(url, [], {env: {RT_PASSWORD: 's:3'}});
  assert.deepEqual(seen[0], ['hub/dev:1', 's:3']);
  assert.equal(broker.requests[0].headers.authorization, undefined);
  const wrong = await run('rtmqtt', ['pub', url, 'x'], {env: {RT_PASSWORD: 'no'}});
  assert.equal(wrong.code, 5, wrong.stderr);
});

if (hasRabbit) {
  test('RabbitMQ\'s web-mqtt', async () => {
    const broker = await startRabbit({web: true});
    for (const qos of [0, 1])
      await goesThrough(`mqtt+ws://127.0.0.1:${broker.port}/web/q${qos}`, ['--ws-path', '/ws'], {qos});
  });
} else {
  test('RabbitMQ\'s web-mqtt', () => {}, {notHere: 'no rabbitmq-server: scripts/setup --test installs it'});
}

test('MQTT 5 at a hub\'s own WebSockets: properties, retained ones, both ways', async () => {
  const hub = await serve('rtrelay', ['serve', '0', '--mqtt', '127.0.0.1:0'], {listeners: 2, stdin: null});
  const port = hub.stderr.match(/listening http:\/\/127\.0\.0\.1:(\d+)/)[1];
  const url = `mqtt+ws://127.0.0.1:${port}/a/b`;
  for (const qos of [0, 1, 2]) await goesThrough(url, [], {qos});
  const sub = await subscriber([url, '-J', '-n', 1]);
  const pub = await run('rtmqtt', ['pub', url, '--property', 'k=v', '--retain', 'x']);
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(JSON.parse(sub.lines()[0]).properties, {k: 'v'});
});

test('a relay has it at both ends, and a hub as its bus', async () => {
  const far = await serve('rtrelay', ['serve', '0', '--mqtt', '127.0.0.1:0'], {listeners: 2, stdin: null});
  const port = far.stderr.match(/listening http:\/\/127\.0\.0\.1:(\d+)/)[1];
  const relay = start('rtrelay', ['-v', `mqtt+ws://127.0.0.1:${port}/from`, `mqtt+ws://127.0.0.1:${port}/to`], {stdin: null});
  await relay.waitFor(() => [...relay.stderr.matchAll(/< SUBACK/g)].length === 2, 'both ends');
  const sub = await subscriber([`mqtt+ws://127.0.0.1:${port}/to`, '--qos', 1, '-n', 3]);
  const pub = await run('rtmqtt', ['pub', `mqtt+ws://127.0.0.1:${port}/from`, '--qos', 1], {input: asInput(numbered(3))});
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(sub.lines(), numbered(3));

  const near = await serve('rtrelay', ['serve', '0', '--bus', `mqtt+ws://127.0.0.1:${port}`], {stdin: null});
  const back = start('rtsse', ['sub', '-v', `http://127.0.0.1:${near.port}/bus`, '-n', 1], {stdin: null});
  await back.waitForLine(/connected$/, 'stderr');
  const sent = await run('rtmqtt', ['pub', `mqtt+ws://127.0.0.1:${port}/bus`, '--qos', 1, 'by bus']);
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal((await back.waitExit()).code, 0, back.detail());
  assert.deepEqual(back.lines(), ['by bus']);
  // Browsers of the near hub reach the far broker through it.
  await goesThrough(`mqtt+ws://127.0.0.1:${near.port}/through`);
});

// --- how bytes lie in frames -----------------------------------------------------------------
// A WebSocket front for the broker; `forward(socket, bytes)` sends what the broker said.
async function front(broker, forward, options = {}) {
  const http = createHttpServer();
  const server = new WebSocketServer({server: http, ...options});
  server.on('connection', (socket) => {
    const far = connect({port: broker.port, host: '127.0.0.1'});
    far.on('data', (bytes) => forward(socket, bytes));
    far.on('close', () => socket.close());
    far.on('error', () => {});
    socket.on('message', (bytes) => far.write(bytes));
    socket.on('close', () => far.end());
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of server.clients) socket.terminate();
    return new Promise((resolve) => http.close(resolve));
  });
  return http.address().port;
}

const cuts = [
  ['every byte in a frame of its own', (socket, bytes) => {
    for (const byte of bytes) socket.send(Buffer.of(byte));
  }],
  ['every byte in a fragment, with pings between them', (socket, bytes) => {
    for (let i = 0; i < bytes.length; ++i) {
      socket.send(bytes.subarray(i, i + 1), {fin: i + 1 === bytes.length, binary: true});
      socket.ping();
    }
  }],
  ['many packets in a frame', (socket, bytes) => {
    socket.held ??= [];
    if (socket.held.length === 0) {
      setImmediate(() => socket.send(Buffer.concat(socket.held.splice(0))));
    }
    socket.held.push(bytes);
  }],
  ['empty frames between', (socket, bytes) => {
    socket.send(Buffer.alloc(0));
    socket.send(bytes);
    socket.send(Buffer.alloc(0));
  }],
];
for (const [name, forward] of cuts) {
  test(`from a server: ${name}`, async () => {
    const broker = await startMosquitto();
    const port = await front(broker, forward);
    await goesThrough(`mqtt+ws://127.0.0.1:${port}/cut`, [], {qos: 2, lines: numbered(40)});
    await goesThrough(`mqtt+ws://127.0.0.1:${port}/long`, [], {lines: ['x'.repeat(9000), 'y'.repeat(300)]});
  });
}

test('connections that end again and again: nothing is lost at QoS 1', async () => {
  const broker = await startMosquitto();
  const sockets = new Set();
  const port = await front(broker, (socket, bytes) => {
    sockets.add(socket);
    socket.send(bytes);
  });
  const url = `mqtt+ws://127.0.0.1:${port}/ends`;
  const lines = numbered(4000);
  const sub = await subscriber([url, '--qos', 1, '--retry-max-delay', '100ms']);
  const pub = start('rtmqtt', ['pub', url, '--qos', 1, '--retry-max-delay', '100ms']);
  for (let i = 0; i < 4; ++i) {
    pub.write(asInput(lines.slice(1000 * i, 1000 * i + 1000)));
    await sub.waitFor(() => new Set(sub.lines()).size > 1000 * i, 'more to pass');
    for (const socket of sockets) i % 2 ? socket.close(1011, 'out of order') : socket.terminate();
    sockets.clear();
  }
  pub.endStdin();
  assert.equal((await pub.waitExit()).code, 0, pub.detail());
  await sub.waitFor(() => new Set(sub.lines()).size === lines.length, 'all lines');
  assert.match(sub.stderr + pub.stderr, /the server has closed the WebSocket \(1011: out of order\)/);
});

// --- what servers do wrong -------------------------------------------------------------------
async function faultyServer(answer, options = {}) {
  const http = createHttpServer((request, response) => {
    response.writeHead(404, {'Content-Type': 'text/plain'});
    response.end('no such thing');
  });
  const server = new WebSocketServer({noServer: true, ...options});
  http.on('upgrade', (request, socket, head) => {
    if (typeof answer === 'string') return socket.end(answer);
    server.handleUpgrade(request, socket, head, answer);
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  defer(() => {
    http.closeAllConnections();
    for (const socket of server.clients) socket.terminate();
    return new Promise((resolve) => http.close(resolve));
  });
  return `mqtt+ws://127.0.0.1:${http.address().port}/x`;
}
const refusal = (status, more = '') => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n${more}\r\n`;

const faults = [
  ['404', refusal('404 Not Found'), {}, 1, /answered 404 Not Found, not a WebSocket/],
  ['401', refusal('401 Unauthorized'), {}, 5, /answered 401/],
  ['a redirect', refusal('302 Found', 'Location: /other\r\n'), {}, undefined, /302.*Location: \/other/],
  ['no HTTP', 'SSH-2.0-x\r\n', {}, 6, /not HTTP/],
  ['no subprotocol', () => {}, {handleProtocols: () => false}, 6, /does not speak mqtt: it chose no subprotocol/],
  ['text frames', (socket) => socket.send('hello'), {}, 6, /a text frame, but mqtt is binary/],
  ['a frame with a mask', (socket) => socket.send(Buffer.of(0x20, 2, 0, 0), {mask: true}), {}, 6, /a masked frame/],
  ['no MQTT in it', (socket) => socket.send(Buffer.from('HTTP/1.1 200 OK')), {}, 6, /HTTP server answers there/],
  ['a close with a reason', (socket) => socket.close(1008, 'not today'), {}, 3, /closed the WebSocket \(1008: not today\)/],
  ['silence', () => {}, {}, 3, /did not answer in time/],
];
for (const [name, answer, options, code, text] of faults) {
  test(`${name}: told, and nothing hangs`, async () => {
    const url = await faultyServer(answer, options);
    const done = await run('rtmqtt', ['sub', url, '--connect-timeout', 2]);
    if (code !== undefined) assert.equal(done.code, code, done.stderr);
    assert.notEqual(done.code, 0);
    assert.match(done.stderr, text);
  });
}

test('ws:// and MQTT on the port of a web server are told what to write; -H is for WebSockets', async () => {
  const url = await faultyServer(refusal('404 Not Found'));
  const plain = await run('rtmqtt', ['sub', url.replace('mqtt+ws', 'ws')]);
  assert.equal(plain.code, 2);
  assert.match(plain.stderr, /mqtt\+ws/);
  const tcp = await run('rtmqtt', ['sub', url.replace('mqtt+ws', 'mqtt')]);
  assert.equal(tcp.code, 6, tcp.stderr);
  assert.match(tcp.stderr, /mqtt\+ws:\/\//);
  const header = await run('rtmqtt', ['sub', 'mqtt://127.0.0.1:1/x', '-H', 'A: b']);
  assert.equal(header.code, 2);
  assert.match(header.stderr, /MQTT has no headers/);
});
