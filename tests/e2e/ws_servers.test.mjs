// rtws and the servers that it meets: what they refuse, break, close with and set, and the proxies
// on the way to them.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {createServer as createHttpServer} from 'node:http';
import {createServer as createHttpsServer} from 'node:https';
import {connect, createServer} from 'node:net';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, run, start, test} from './lib/harness.mjs';
import {HttpPeer, WsPeer} from './lib/peers.mjs';
import {makeCertificates, serverOptions} from './lib/tls.mjs';

const kSwitching = (request, more = '') => {
  const sum = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${sum.digest('base64')}\r\n${more}\r\n`;
};

// A server whose upgraded sockets the test writes to; their requests are kept in `upgrades`.
async function upgrading(onUpgrade, options) {
  const peer = await HttpPeer.start((request, response) => response.writeHead(404).end(), options);
  peer.upgrades = [];
  peer.server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    peer.upgrades.push({headers: request.headers, at: Date.now()});
    onUpgrade(request, socket, peer.upgrades.length);
    peer.changed();
  });
  return peer;
}

async function listening(server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}

// The close code of a client's frames, unmasked.
function closeCode(bytes) {
  for (let at = 0; at + 6 <= bytes.length;) {
    const length = bytes[at + 1] & 127;
    const key = bytes.subarray(at + 2, at + 6);
    const payload = bytes.subarray(at + 6, at + 6 + length).map((byte, i) => byte ^ key[i % 4]);
    if ((bytes[at] & 15) === 8) return payload[0] * 256 + payload[1];
    at += 6 + length;
  }
  return undefined;
}

// --- what is broken --------------------------------------------------------------------------
for (const scheme of ['ws', 'wss'])
  test(`${scheme}: a breach is 6 in one line, told with 1002, and never tried again`, async () => {
    const tls = scheme === 'wss' ? serverOptions(makeCertificates()) : undefined;
    for (const [bytes, what] of [
      [[0x81, 0x81, 1, 2, 3, 4, 5], 'a masked frame'],
      [[0x83, 0x01, 65], 'a frame with an unknown opcode'],
      [[0xc1, 0x01, 65], 'a frame with reserved bits'],
    ]) {
      let code;
      const peer = await upgrading((request, socket) => {
        socket.write(kSwitching(request));
        socket.write(Buffer.of(0x81, 0x01, 0x61));
        socket.write(Buffer.from(bytes));
        socket.on('data', (data) => {
          code = closeCode(data);
          socket.end(Buffer.of(0x88, 2, 3, 234));
        });
      }, {tls});
      const sub = await run('rtws', ['sub', '-k', peer.at('/t', scheme)]);
      assert.deepEqual([sub.code, sub.stdout, sub.stderr],
                       [6, 'a\n', `rtws: ${peer.at('/t', scheme)}: the server sent ${what}\n`]);
      assert.equal(code, 1002);
      assert.equal(peer.upgrades.length, 1);
    }
  });

test('the head of an answer that has no end is too long', async () => {
  const peer = await upgrading((request, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nX: ${'x'.repeat(70000)}\r\n\r\n`);
  });
  const sub = await run('rtws', ['sub', peer.at('/', 'ws')]);
  assert.equal(sub.code, 6);
  assert.match(sub.stderr, /the head of the server's answer is too long\n$/);
});

// --- what is refused -------------------------------------------------------------------------
test('a refusal is told with the first line of what it says', async () => {
  const body = '{"error":"token expired"}';
  const peer = await upgrading((request, socket) => {
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n' +
               `Content-Length: ${body.length}\r\n\r\n${body}`);
  });
  const sub = await run('rtws', ['sub', peer.at('/', 'ws')]);
  assert.equal(sub.code, 5);
  assert.match(sub.stderr, /the server answered 401 Unauthorized, not a WebSocket: {"error":"token expired"} \(/);
});

test('a TLS port that answers in clear text is 4', async () => {
  const peer = await upgrading((request, socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html><title>400 The ' +
               'plain HTTP request was sent to HTTPS port</title></html>');
  });
  const sub = await run('rtws', ['sub', peer.at('/', 'ws')]);
  assert.equal(sub.code, 4);
  assert.match(sub.stderr, /\(the port speaks TLS: try wss:\/\/127\.0\.0\.1:\d+\/\S*\)\n$/);
});

for (const status of [429, 503])
  test(`${status} with Retry-After is asked again after that time`, async () => {
    const peer = await upgrading((request, socket, count) => {
      if (count === 1)
        return socket.end(`HTTP/1.1 ${status} No\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n`);
      socket.write(kSwitching(request));
      socket.write(Buffer.of(0x81, 0x01, 0x61, 0x88, 0x00));
    });
    const sub = await run('rtws', ['sub', peer.at('/', 'ws'), '--retry']);
    assert.deepEqual([sub.code, sub.stdout], [0, 'a\n']);
    assert.match(sub.stderr, /Retry-After: 2; trying again in 2(\.\d)? s\n/);
    assert.equal(peer.upgrades.length, 2);
    const pause = peer.upgrades[1].at - peer.upgrades[0].at;
    assert.ok(pause >= 1990, `${pause} ms`);
  });

// --- what it closes with ---------------------------------------------------------------------
for (const code of [1012, 1014])
  eachPeer(`a close with ${code} is named, answered with the same, and the server asked again`, async ({WsPeer}) => {
    const peer = await WsPeer.start((socket) => {
      if (peer.clients.length === 1) return socket.close(code, 'restart');
      socket.send('back');
      socket.close(1000);
    });
    const sub = await run('rtws', ['sub', peer.at()]);
    assert.deepEqual([sub.code, sub.stdout], [0, 'back\n']);
    assert.match(sub.stderr, new RegExp(`closed by the peer \\(${code} restart\\); trying again`));
    await peer.waitClosed();
    assert.equal(peer.clients[0].closed.code, code);
  });

eachPeer('1013 asks to be left alone for longer', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.close(1013, 'later'));
  const sub = start('rtws', ['sub', peer.at()]);
  await sub.waitForLine(/1013 later\); trying again in [5-9]/, 'stderr');
  sub.kill('SIGTERM');
  await sub.waitExit();
});

for (const [codes, closes, connections] of [['4001,4100-4199', [4400, 4150, 1000], 2],
                                            ['none', [4401, 1000], 2], [undefined, [4401], 1]])
  test(`--final-codes ${codes}: after these it is not asked again`, async () => {
    const peer = await WsPeer.start((socket) => {
      socket.close(closes[peer.clients.length - 1], 'no');
    });
    const args = codes === undefined ? [] : ['--final-codes', codes];
    const sub = await run('rtws', ['sub', ...args, peer.at()]);
    assert.equal(peer.clients.length, connections, sub.stderr);
    assert.equal(sub.code, closes[connections - 1] === 1000 ? 0 : 8);
  });

// --- what it sets ----------------------------------------------------------------------------
test('a cookie goes back with the next connection', async () => {
  const peer = await upgrading((request, socket, count) => {
    socket.write(kSwitching(request, count === 1 ? 'Set-Cookie: lb=7; Path=/; HttpOnly\r\n' : ''));
    if (count === 1) return socket.destroySoon();
    socket.write(Buffer.of(0x81, 0x01, 0x61, 0x88, 0x00));
  });
  const sub = await run('rtws', ['sub', peer.at('/', 'ws'), '-H', 'Cookie: mine=1']);
  assert.deepEqual([sub.code, sub.stdout], [0, 'a\n']);
  assert.deepEqual(peer.upgrades.map((one) => one.headers.cookie), ['mine=1', 'mine=1; lb=7']);
  peer.upgrades.length = 0;
  const none = await run('rtws', ['sub', '--no-cookies', peer.at('/', 'ws')]);
  assert.deepEqual([none.code, none.stdout], [0, 'a\n']);
  assert.deepEqual(peer.upgrades.map((one) => one.headers.cookie), [undefined, undefined]);
});

test('-v shows every frame, however its bytes come', async () => {
  const long = Buffer.alloc(300, 'y');
  const bytes = Buffer.concat([
    Buffer.of(0x89, 0x02, 0x68, 0x69), Buffer.of(0x01, 0x02, 0x61, 0x62), Buffer.of(0x8a, 0x00),
    Buffer.of(0x80, 0x7e, 0x01, 0x2c), long, Buffer.of(0x82, 0x00), Buffer.of(0x88, 0x02, 0x03, 0xe8),
  ]);
  for (const whole of [true, false]) {
    const peer = await upgrading((request, socket) => {
      socket.setNoDelay(true);
      const head = kSwitching(request);
      if (whole) return socket.write(Buffer.concat([Buffer.from(head), bytes]));
      socket.write(head);
      let at = 0;
      const more = () => {
        if (at < bytes.length) socket.write(bytes.subarray(at, ++at), more);
      };
      more();
    });
    const sub = await run('rtws', ['sub', '-v', peer.at('/', 'ws')]);
    assert.equal(sub.code, 0, sub.stderr);
    const shown = sub.stderr.split('\n').filter((line) => /^rtws: < [a-z]/.test(line));
    assert.deepEqual(shown.map((line) => line.slice(8)),
                     ['ping 2 "hi"', 'text 2 fin=0 "ab"', 'pong 0',
                      `continuation 300 "${'y'.repeat(60)}..."`, 'binary 0', 'close 1000']);
    assert.match(sub.stderr, /^rtws: > pong 2 "hi"$/m);
  }
});

// --- compression -------------------------------------------------------------------------------
const kTakeover = {serverNoContextTakeover: true, clientNoContextTakeover: true};
const kSmall = {serverMaxWindowBits: 10, clientMaxWindowBits: 10};
for (const [what, perMessageDeflate] of [['with context takeover', {threshold: 0}],
                                         ['without', {threshold: 0, ...kTakeover}],
                                         ['with small windows', {threshold: 0, ...kSmall}]])
  test(`--compress ${what}: both ways, in fewer bytes`, async () => {
    let received = 0;
    const peer = await WsPeer.start((socket) => {
      socket._socket.on('data', (bytes) => received += bytes.length);
      socket.on('message', (data, binary) => socket.send(data, {binary}));
    }, {perMessageDeflate});
    const lines = Array.from({length: 3000}, (_, i) => `line ${i} of a text that repeats itself`);
    lines.push('', 'y'.repeat(300_000));
    const input = `${lines.join('\n')}\n`;
    const pipe = await run('rtws', ['pipe', '--compress', '-n', String(lines.length), peer.at()],
                           {input});
    assert.deepEqual([pipe.code, pipe.stdout === input], [0, true], pipe.stderr);
    assert.match(peer.clients[0].extensions, /^permessage-deflate/);
    assert.ok(received < input.length / 2, `${received} of ${input.length}`);
  });

test('--compress: a server that does not agree gets plain messages, and none is offered unasked', async () => {
  const peer = await WsPeer.start((socket) => {
    socket.on('message', (data, binary) => socket.send(data, {binary}));
  }, {perMessageDeflate: false});
  for (const args of [['--compress'], []]) {
    const pipe = await run('rtws', ['pipe', ...args, '-n', '1', peer.at()], {input: 'plain\n'});
    assert.deepEqual([pipe.code, pipe.stdout], [0, 'plain\n']);
  }
  assert.deepEqual(peer.clients.map((one) => one.request.headers['sec-websocket-extensions'] !== undefined),
                   [true, false]);
});

test('--compress: what was not offered is refused, and what cannot be read is 6', async () => {
  const extension = (value) => `Sec-WebSocket-Extensions: ${value}\r\n`;
  for (const [more, frames, told] of [
    [extension('permessage-deflate; server_max_window_bits=99'), [], /the server/],
    [extension('x-webkit-deflate-frame'), [], /chose an extension that was not offered/],
    [extension('permessage-deflate'), [0xc1, 0x02, 0xff, 0xff], /the server sent /],
  ]) {
    const peer = await upgrading((request, socket) => {
      socket.write(kSwitching(request, more));
      socket.write(Buffer.from(frames));
    });
    const sub = await run('rtws', ['sub', '--compress', peer.at('/', 'ws')]);
    assert.equal(sub.code, 6, sub.stderr);
    assert.match(sub.stderr, told);
    assert.equal(sub.stderr.trim().split('\n').length, 1);
  }
});

// --- proxies ---------------------------------------------------------------------------------
// SOCKS 5 without authentication (RFC 1928) to `port`, wherever it is asked for.
async function socksProxy(port, asked) {
  return listening(createServer((near) => {
    near.once('data', () => {
      near.write(Buffer.of(5, 0));
      near.once('data', (request) => {
        const name = request[3] === 3 ? request.subarray(5, 5 + request[4]).toString()
                                      : [...request.subarray(4, 8)].join('.');
        asked.push(`${name}:${request.readUInt16BE(request.length - 2)}`);
        const far = connect(port, '127.0.0.1', () => {
          near.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
          far.pipe(near).pipe(far);
        });
        far.on('error', () => near.destroy());
      });
    });
  }));
}

// CONNECT to `port`, wherever it is asked for.
function tunnel(server, port, asked) {
  server.on('connect', (request, near) => {
    asked.push(request.url);
    near.on('error', () => {});
    const far = connect(port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      far.pipe(near).pipe(far);
    });
    far.on('error', () => near.destroy());
  });
  return listening(server);
}

const hello = (socket) => {
  socket.send('hello');
  socket.send('x'.repeat(300_000));
  socket.close(1000);
};
const kHello = `hello\n${'x'.repeat(300_000)}\n`;

eachPeer('through SOCKS, which may resolve the name', async ({WsPeer}) => {
  const peer = await WsPeer.start(hello);
  const asked = [];
  const port = await socksProxy(peer.port, asked);
  const env = {all_proxy: `socks5h://127.0.0.1:${port}`};
  const far = await run('rtws', ['sub', 'ws://nowhere.invalid:81/t'], {env});
  assert.deepEqual([far.code, far.stdout], [0, kHello], far.stderr);
  assert.deepEqual(asked, ['nowhere.invalid:81']);
  // Not where NO_PROXY has the network, or the port.
  for (const [none, direct] of [['127.0.0.0/8', true], [`127.0.0.1:${peer.port}`, true],
                                ['127.0.0.1:1', false], ['10.0.0.0/8', false]]) {
    asked.length = 0;
    const near = await run('rtws', ['sub', peer.at()], {env: {...env, no_proxy: none}});
    assert.equal(near.code, 0, near.stderr);
    assert.equal(asked.length === 0, direct, none);
  }
});

eachPeer('through a proxy over TLS, and to a server over TLS through it', async ({WsPeer}) => {
  const certificates = makeCertificates();
  const tls = serverOptions(certificates);
  for (const secure of [false, true]) {
    const peer = await WsPeer.start(hello, secure ? {tls} : {});
    for (const [scheme, proxy] of [['http', createHttpServer()],
                                   ['https', createHttpsServer(tls)]]) {
      const asked = [];
      const port = await tunnel(proxy, peer.port, asked);
      const env = {all_proxy: `${scheme}://127.0.0.1:${port}`};
      const sub = await run('rtws', ['sub', '--cacert', certificates.ca,
                                     `${secure ? 'wss' : 'ws'}://localhost:${peer.port}/t`], {env});
      assert.deepEqual([sub.code, sub.stdout], [0, kHello], sub.stderr);
      assert.deepEqual(asked, [`localhost:${peer.port}`]);
    }
  }
});

test('over TLS no name is announced for an address', async () => {
  const certificates = makeCertificates();
  const peer = await WsPeer.start(hello, {tls: serverOptions(certificates)});
  const names = [];
  peer.http.on('secureConnection', (socket) => names.push(socket.servername));
  for (const host of ['127.0.0.1', 'localhost']) {
    const url = `wss://${host}:${peer.port}/`;
    const sub = await run('rtws', ['sub', '--cacert', certificates.ca, url]);
    assert.equal(sub.code, 0, sub.stderr);
  }
  assert.deepEqual(names, [false, 'localhost']);
});
