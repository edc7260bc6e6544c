// rtws against three implementations of WebSocket, and against the hub.
import assert from 'node:assert/strict';
import {mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {curl, publishAll} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, eventually, kBin, kNotLinux, run, serve, start, test} from './lib/harness.mjs';
import {freePort, Proxy} from './lib/net.mjs';
import {HttpPeer} from './lib/peers.mjs';

let hub;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
});

// A TCP server that answers whatever comes with these bytes and, when told so, closes.
async function rawServer(bytes, {close = false} = {}) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(bytes);
      if (close) socket.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${server.address().port}/`;
}

function scratch() {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-e2e-'));
  defer(() => rmSync(directory, {recursive: true}));
  return directory;
}

// --- sub -------------------------------------------------------------------------------------
eachPeer('sub: text and binary, each a line; as envelopes with -J', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('one');
    socket.send(Buffer.from('two'));
    socket.send(Buffer.of(0xff, 0x00));
    socket.send('');
  });
  const plain = await run('rtws', ['sub', peer.at('/x?y'), '-n', '4']);
  assert.equal(plain.code, 0);
  assert.deepEqual(plain.bytes, Buffer.from('one\ntwo\n\xff\x00\n\n', 'latin1'));
  assert.equal(peer.clients[0].request.url, '/x?y');

  const {lines} = await run('rtws', ['sub', peer.at(), '-n', '4', '-J']);
  const envelopes = lines.map((line) => JSON.parse(line));
  assert.ok(envelopes.every((e) => e.v === 1 && e.proto === 'ws' && e.time));
  assert.deepEqual(envelopes.map((e) => [e.data, e.data_base64, e.binary ?? false]), [
    ['one', undefined, false], ['two', undefined, true], [undefined, '/wA=', false],
    ['', undefined, false],
  ]);
});

eachPeer('nothing is offered unasked; what is asked for is sent', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.send('x'),
                                  {subprotocols: ['chat'], lookAt: ['x-one', 'x-two']});
  await run('rtws', ['sub', peer.at(), '-n', '1']);
  const [plain] = peer.clients;
  assert.equal(plain.request.headers['sec-websocket-protocol'], undefined);
  assert.equal(plain.request.headers.origin, undefined);
  assert.equal(plain.request.headers.authorization, undefined);
  assert.equal(plain.request.headers.host, `127.0.0.1:${peer.port}`);

  await run('rtws', ['sub', peer.at(), '-n', '1', '--subprotocol', 'chat', '--subprotocol', 'more',
                     '-H', 'X-One: 1', '-H', 'X-Two: a, b', '--origin', 'https://o.example',
                     '-u', 'name:pass word']);
  const {headers} = peer.clients[1].request;
  assert.match(headers['sec-websocket-protocol'], /^chat, ?more$/);
  assert.equal(headers['x-one'], '1');
  assert.equal(headers['x-two'], 'a, b');
  assert.equal(headers.origin, 'https://o.example');
  assert.equal(headers.authorization,
               `Basic ${Buffer.from('name:pass word').toString('base64')}`);

  await run('rtws', ['sub', peer.at(), '-n', '1', '--bearer', 'tok']);
  assert.equal(peer.clients[2].request.headers.authorization, 'Bearer tok');
});

eachPeer('sub: the peer\'s close 1000 ends with 0, for the peer it is a clean one', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('x');
    socket.close(1000);
  });
  const {code, lines} = await run('rtws', ['sub', peer.at()]);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['x']);
  await peer.waitClosed();
  assert.equal(peer.clients[0].closed.code, 1000);
});

eachPeer('sub -n: leaves with a clean close', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.send('x'));
  assert.equal((await run('rtws', ['sub', peer.at(), '-n', '1'])).code, 0);
  await peer.waitClosed();
  assert.equal(peer.clients[0].closed.code, 1000);
});

eachPeer('sub: a lost connection is made again; --no-reconnect gives 8', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send(`${peer.clients.length}`, () => {
      if (peer.clients.length === 1) socket.terminate();
      else if (peer.clients.length === 2) socket.close(1011);
    });
  });
  const {code, lines} = await run('rtws', ['sub', peer.at(), '-n', '3']);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['1', '2', '3']);

  for (const end of [(socket) => socket.terminate(), (socket) => socket.close(1011)]) {
    const once = await WsPeer.start((socket) => socket.send('x', () => end(socket)));
    const result = await run('rtws', ['sub', once.at(), '--no-reconnect']);
    assert.equal(result.code, 8);
    assert.deepEqual(result.lines, ['x']);
    assert.equal(once.clients.length, 1);
  }
});

eachPeer('a big message and many small ones arrive whole and in order', async ({WsPeer}) => {
  const big = 'b'.repeat(5 << 20);
  const count = 20_000;
  const peer = await WsPeer.start((socket) => {
    socket.send(big);
    for (let i = 0; i < count; ++i) socket.send(`${i}`);
  });
  const {lines} = await run('rtws', ['sub', peer.at(), '-n', String(count + 1)]);
  assert.equal(lines[0], big);
  assert.deepEqual(lines.slice(1), Array.from({length: count}, (_, i) => `${i}`));
});

eachPeer('fragments with pings between them', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('one ', {fin: false});
    socket.ping('p');
    socket.send('two', {fin: true});
    socket.on('pong', (data) => socket.send(`pong ${data}`));
  });
  const {lines} = await run('rtws', ['sub', peer.at(), '-n', '2']);
  assert.deepEqual(lines, ['one two', 'pong p']);
});

// --- refusals and faults ---------------------------------------------------------------------
for (const [status, code] of [[401, 5], [403, 5], [404, undefined], [200, undefined]]) {
  test(`the opening handshake answered with ${status} is final`, async () => {
    const peer = await HttpPeer.start((request, response) => response.writeHead(status).end());
    let handshakes = 0;
    peer.server.on('upgrade', (request, socket) => {
      ++handshakes;
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    const result = await run('rtws', ['sub', peer.at('/', 'ws'), '--retry']);
    if (code !== undefined) assert.equal(result.code, code);
    assert.ok(result.code > 0);
    assert.equal(handshakes, 1);
    assert.match(result.stderr, /^rtws: ws:/m);
  });
}

test('nobody there is 3, and says so in one line', async () => {
  const port = await freePort();
  const {code, stderr} = await run('rtws', ['sub', `ws://127.0.0.1:${port}/feed`]);
  assert.equal(code, 3);
  assert.match(stderr, new RegExp(`^rtws: ws://127\\.0\\.0\\.1:${port}/feed: .*refused`, 'm'));
  assert.equal(stderr.trim().split('\n').length, 1);
});

test('a name that does not resolve is 3', async () => {
  const {code, stderr} = await run('rtws', ['sub', 'ws://nothing.invalid/']);
  assert.equal(code, 3);
  assert.match(stderr, /nothing\.invalid/);
});

eachPeer('--retry waits for a server that is not up yet', async ({WsPeer}) => {
  const port = await freePort();
  const program = start('rtws', ['sub', `ws://127.0.0.1:${port}/`, '--retry', '-n', '1']);
  await program.until(() => program.stderr.includes('refused'), 'the first refusal');
  await WsPeer.start((socket) => socket.send('up'), {port});
  assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
  assert.deepEqual(program.lines(), ['up']);
});

for (const [what, bytes, codes] of [
  ['no HTTP at all', '\x00\x01garbage\r\n\r\n', [6]],
  ['a wrong accept value',
   'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
       'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n', [6]],
]) {
  test(`a peer that breaks the protocol is 6: ${what}`, async () => {
    const {code, stderr} =
        await run('rtws', ['sub', await rawServer(bytes, {close: true}), '--no-reconnect']);
    assert.ok(codes.includes(code), `${code}: ${stderr}`);
  });
}

eachPeer('--timeout gives 7, what came before it is printed', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.send('x'));
  const {code, lines} = await run('rtws', ['sub', peer.at(), '-n', '2', '--timeout', '500ms']);
  assert.equal(code, 7);
  assert.deepEqual(lines, ['x']);
});

test('a connection that is never answered ends by --connect-timeout', async () => {
  const url = await rawServer('');
  const {code} = await run('rtws', ['sub', url, '--connect-timeout', '300ms']);
  assert.equal(code, 3);
});

// --- pub and pipe ----------------------------------------------------------------------------
eachPeer('pub: arguments byte for byte, then a clean close', async ({WsPeer}) => {
  const peer = await WsPeer.start();
  const messages = ['one', '[1,2,3]', 'a,b', '', 'grün', '  spaces  ', '"quoted"'];
  assert.equal((await run('rtws', ['pub', peer.at(), ...messages])).code, 0);
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages.map((m) => [m.text, m.binary]),
                   messages.map((m) => [m, false]));
  assert.equal(peer.clients[0].closed.code, 1000);
});

eachPeer('pub: stdin by lines; text where it is UTF-8, binary otherwise, or as told', async ({WsPeer}) => {
  const peer = await WsPeer.start();
  const input = Buffer.from('one\r\n\ngr\xc3\xbcn\n\xff\xfe\nlast', 'latin1');
  assert.equal((await run('rtws', ['pub', peer.at()], {input})).code, 0);
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages.map((m) => [m.data.toString('latin1'), m.binary]), [
    ['one\r', false], ['', false], ['gr\xc3\xbcn', false], ['\xff\xfe', true], ['last', false],
  ]);
  await run('rtws', ['pub', peer.at(), '--binary', 'x']);
  await peer.waitForMessages(1, 1);
  assert.equal(peer.clients[1].messages[0].binary, true);
});

eachPeer('pub --text: what is no text ends it by its number, behind what came before', async ({WsPeer}) => {
  const peer = await WsPeer.start();
  const input = Buffer.from('ok\na\xffb\nmore\n', 'latin1');
  const {code, stderr} = await run('rtws', ['pub', '--text', peer.at()], {input});
  assert.equal(code, 2);
  assert.equal(stderr, 'rtws: stdin: message 2: --text: a message is not valid UTF-8\n');
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages.map((m) => m.text), ['ok']);
  const first = await run('rtws', ['pub', '--text', peer.at()],
                          {input: Buffer.from('a\xffb\n', 'latin1')});
  assert.equal(first.stderr, 'rtws: stdin: message 1: --text: a message is not valid UTF-8\n');
});

eachPeer('pub: a hundred thousand lines arrive in order', async ({WsPeer}) => {
  const peer = await WsPeer.start();
  const count = 100_000;
  const lines = Array.from({length: count}, (_, i) => `line ${i}`);
  assert.equal((await run('rtws', ['pub', peer.at()], {input: `${lines.join('\n')}\n`})).code, 0);
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages.map((m) => m.text), lines);
});

test('pub: stdin is read only when the connection stands', async () => {
  const port = await freePort();
  const {lines} = await run('bash', [
    '-c',
    `printf 'a\\nb\\n' | { "${kBin}/rtws" pub ws://127.0.0.1:${port}/ 2>/dev/null; cat; }`,
  ]);
  assert.deepEqual(lines, ['a', 'b']);
});

for (const [what, stdin] of [['a regular file', 'file'], ['/dev/null', 'null'], ['a pipe', 'pipe']]) {
  eachPeer(`pub: stdin is ${what}`, async ({WsPeer}) => {
    const peer = await WsPeer.start();
    const file = join(scratch(), 'in');
    writeFileSync(file, 'a\nb\n');
    const from = {file: `< '${file}'`, null: '< /dev/null', pipe: ''}[stdin];
    const feed = stdin === 'pipe' ? `cat '${file}' | ` : '';
    const {code} = await run('bash', ['-c', `${feed}"${kBin}/rtws" pub ${peer.at()} ${from}`]);
    assert.equal(code, 0);
    await peer.waitClosed();
    assert.deepEqual(peer.clients[0].messages.map((m) => m.text),
                     stdin === 'null' ? [] : ['a', 'b']);
  });
}

eachPeer('pipe, and a URL alone: both at once', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.on('message', (data, binary) => socket.send(data, {binary}));
  });
  for (const args of [['pipe', peer.at()], [peer.at()]]) {
    const program = start('rtws', args);
    program.write('one\n');
    await program.waitForLine(/^one$/);
    program.write('two\n');
    await program.waitForLine(/^two$/);
    program.endStdin();
  }
});

eachPeer('pipe --linger waits for the answers behind the end of stdin', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.on('message', (data) => setTimeout(() => socket.send(`echo ${data}`), 200));
  });
  const {code, lines} =
      await run('rtws', ['pipe', peer.at(), '--linger', '10s', '-n', '2'], {input: 'a\nb\n'});
  assert.equal(code, 0);
  assert.deepEqual(lines, ['echo a', 'echo b']);
});

eachPeer('framing goes through: -0, --delimiter, --length-prefix, --json', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.on('message', (data, binary) => socket.send(data, {binary}));
  });
  for (const [args, input] of [
    [['-0'], 'one\ntwo\0\0three\0'],
    [['--delimiter', '\\r\\n--\\r\\n'], 'a\nb\r\n--\r\n--\r\n\r\n--\r\n'],
    [['--length-prefix'], '\0\0\0\x03a\nb\0\0\0\0\0\0\0\x01\xff'],
  ]) {
    const bytes = Buffer.from(input, 'latin1');
    const count = args[0] === '--delimiter' ? 2 : 3;
    const result = await run('rtws', ['pipe', peer.at(), ...args, '-n', String(count), '--linger',
                                      '20s'], {input: bytes});
    assert.deepEqual(result.bytes, bytes, args[0]);
  }
  const {lines} = await run('rtws', ['pipe', peer.at(), '--json', '-n', '2', '--linger', '20s'],
                            {input: '{"v":1,"data":"a\\nb"}\n{"data_base64":"/w=="}\n'});
  assert.deepEqual(lines.map((l) => JSON.parse(l)).map((e) => [e.data, e.data_base64]),
                   [['a\nb', undefined], [undefined, '/w==']]);
});

eachPeer('a bad envelope on stdin is an error that names its line', async ({WsPeer}) => {
  const peer = await WsPeer.start();
  const {code, stderr} = await run('rtws', ['pub', peer.at(), '--json'],
                                   {input: '{"data":"a"}\nnonsense\n'});
  assert.equal(code, 2);
  assert.match(stderr, /line 2/);
});

// --- streams ---------------------------------------------------------------------------------
// --- the peer's last word ----------------------------------------------------------------------
for (const verb of ['pipe', 'pub'])
  eachPeer(`${verb}: a peer that closes at once has one connection, and what was not sent is 8`, async ({WsPeer}) => {
    const peer = await WsPeer.start((socket) => {
      socket.send('bye');
      socket.close(1000);
    });
    // Enough that no system takes all of it before the close is seen.
    const input = join(scratch(), 'input');
    writeFileSync(input, `${'x'.repeat(1000)}\n`.repeat(20000));
    for (let turn = 0; turn < 5; ++turn) {
      const sent = start('rtws', [verb, peer.at()], {stdin: openSync(input)});
      const {code} = await sent.waitExit();
      assert.equal(code, 8, sent.stderr);
      assert.equal(peer.clients.length, turn + 1);
    }
  }, {needs: ['answerAtOnce']});

eachPeer('sub: a close without a code is a normal one', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('one');
    socket.close();
  });
  const sub = await run('rtws', ['sub', peer.at()]);
  assert.deepEqual([sub.code, sub.stdout, sub.stderr], [0, 'one\n', '']);
  assert.equal(peer.clients.length, 1);
}, {needs: ['closeWithoutCode']});

for (const code of [4401, 1011])
  eachPeer(`pipe: what was sent is answered by a close with ${code}: 8, and the code is named`, async ({WsPeer}) => {
    const peer = await WsPeer.start((socket) => {
      socket.on('message', () => socket.close(code, 'no'));
    });
    // The answer of another process may take its time.
    const pipe = await run('rtws', ['pipe', peer.at(), '--linger', '20s'], {input: 'hi\n'});
    assert.equal(pipe.code, 8, pipe.stderr);
    assert.match(pipe.stderr, new RegExp(`${code}`));
    assert.equal(peer.clients.length, 1);
  });

eachPeer('sub: 4406 is final', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.close(4406, 'no such feed'));
  const sub = await run('rtws', ['sub', peer.at()]);
  assert.equal(sub.code, 8);
  assert.match(sub.stderr, /the peer closed with 4406 \(no such feed\)\n$/);
  assert.equal(peer.clients.length, 1);
});

eachPeer('a closed stdout ends it quietly with 0', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    const more = setInterval(() => socket.send('x'), 10);
    socket.on('close', () => clearInterval(more));
  });
  const {code, lines, stderr} = await run('bash', [
    '-c', `"${kBin}/rtws" sub ${peer.at()} | head -n 2; exit "\${PIPESTATUS[0]}"`,
  ]);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['x', 'x']);
  assert.equal(stderr, '');
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  eachPeer(`${signal}: says goodbye to the peer and dies of the signal`, async ({WsPeer}) => {
    const peer = await WsPeer.start();
    const program = start('rtws', ['sub', peer.at()]);
    await peer.waitForClients(1);
    program.kill(signal);
    assert.deepEqual(await program.waitExit(), {code: null, signal});
    await peer.waitClosed();
    assert.ok([1000, 1001].includes(peer.clients[0].closed.code));
  });
}

for (const code of [1003, 1007, 1008, 1009, 1010]) {
  eachPeer(`pub: a peer that closes with ${code} after the last message has refused it`, async ({WsPeer}) => {
    const peer = await WsPeer.start((socket) => {
      socket.on('message', () => socket.close(code, 'no'));
    });
    const pub = await run('rtws', ['pub', peer.at(), 'x']);
    assert.equal(pub.code, 8);
    assert.match(pub.stderr, new RegExp(`the peer closed with ${code} \\(no\\)\n$`));
    const relay = await run('rtrelay', ['-', peer.at()], {input: 'x\n'});
    assert.equal(relay.code, 8);
    assert.match(relay.stderr, new RegExp(`the peer closed with ${code} \\(no\\)\n$`));
  }, {needs: ['answerAtOnce']});
}

eachPeer('pub -d @-: Ctrl-C ends the waiting for stdin', async ({WsPeer}) => {
  const peer = await WsPeer.start();
  const program = start('rtws', ['pub', peer.at(), '-d', '@-']);
  program.write('a part');
  await peer.waitForClients(1);
  program.kill('SIGINT');
  assert.deepEqual(await program.waitExit(), {code: null, signal: 'SIGINT'});
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages, []);
});

eachPeer('a stalled stdout stops the reading, not the keepalive, and bounds the memory', async ({WsPeer}) => {
  const chunk = 'x'.repeat(64 * 1024 - 1);
  const total = 2000;
  let sent = 0;
  let pongs = 0;
  const peer = await WsPeer.start((socket) => {
    const feed = () => {
      while (sent < total && socket.bufferedAmount < 1 << 20) {
        ++sent;
        socket.send(chunk);
      }
      if (sent < total && socket.readyState === 1) setTimeout(feed, 5);
    };
    feed();
  });
  const program = start('rtws', ['sub', peer.at(), '-n', String(total), '--keepalive', '200ms']);
  program.child.stdout.pause();
  await peer.waitForClients(1);
  peer.clients[0].on('ping', () => {
    ++pongs;
    peer.changed();
  });
  // Everything between the two is full when no more can be sent.
  await eventually(async () => {
    const [now, before] = [sent, pongs];
    await peer.until(() => pongs >= before + 5, 'five more pings of the client');
    return now === sent;
  }, 'the stream to stall');
  assert.ok(sent < total, 'nothing stalled');
  const seen = pongs;
  await peer.until(() => pongs >= seen + 3, 'three more pings of the client');
  assert.equal(peer.clients[0].closed, undefined);
  if (!kNotLinux) {
    const status = readFileSync(`/proc/${program.child.pid}/status`, 'utf8');
    const resident = Number(/^VmRSS:\s*(\d+) kB/m.exec(status)[1]) / 1024;
    // AddressSanitizer's own bookkeeping included.
    assert.ok(resident < 400, `${resident} MiB resident`);
  }
  program.child.stdout.resume();
  assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
  assert.equal(program.bytes().length, total * (chunk.length + 1));
}, {needs: ['tellPingsWhileFull']});

eachPeer('shared stdin and stdout stay in blocking mode', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.send('x'));
  const script = `
    set -eu
    mkfifo in out
    exec 3<>in 4<>out
    blocking() {
      for fd in 3 4; do
        flags=$(sed -n 's/^flags:[^0-9]*//p' "/proc/$$/fdinfo/$fd")
        echo "$1 $fd $((0$flags & 04000))"
      done
    }
    "$1" pipe "$2" <&3 >&4 & program=$!
    read -r line <&4
    blocking during
    kill -TERM "$program"
    wait "$program" || true
    blocking after`;
  const {code, lines, stderr} =
      await run('bash', ['-c', script, 'bash', join(kBin, 'rtws'), peer.at()], {cwd: scratch()});
  assert.equal(code, 0, stderr);
  assert.deepEqual(lines, ['during 3 0', 'during 4 0', 'after 3 0', 'after 4 0']);
}, {notHere: kNotLinux});

// --- at a hub --------------------------------------------------------------------------------
test('sub at a hub: --last, --since, and the others\' messages only', async () => {
  const ids = await publishAll(hub.at('/start'), ['a', 'b', 'c']);
  const at = hub.at('/start', 'ws');
  assert.deepEqual((await run('rtws', ['sub', at, '--last', '2', '-n', '2'])).lines, ['b', 'c']);
  assert.deepEqual((await run('rtws', ['sub', at, '--since', ids[0], '-n', '2'])).lines,
                   ['b', 'c']);
  const pipe = start('rtws', ['pipe', at, '--hub']);
  pipe.write('mine\n');
  await eventually(async () => (await curl(`${hub.at('/start')}?last=1`)).text.includes('mine'),
                   'the message');
  await publishAll(hub.at('/start'), ['theirs']);
  await pipe.waitForLine(/^theirs$/);
  assert.deepEqual(pipe.lines(), ['theirs']);
});

test('sub --hub: resumes by cursor behind a loss of the connection', async () => {
  const proxy = await Proxy.start(hub.port);
  await publishAll(hub.at('/resume'), ['0']);
  const program = start('rtws', ['sub', proxy.at('/resume', 'ws'), '--hub', '--last', '1',
                                 '-n', '31']);
  await program.waitForLines(1);
  for (let round = 0; round < 3; ++round) {
    proxy.cut();
    // Published while nobody is connected: only a cursor brings it.
    await publishAll(hub.at('/resume'),
                     Array.from({length: 10}, (_, i) => `${10 * round + i + 1}`));
    await program.waitForLines(10 * (round + 1) + 1);
  }
  assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
  assert.deepEqual(program.lines(), Array.from({length: 31}, (_, i) => `${i}`));
});

test('sub --hub: a loss is told, work goes on, 9 at the end', async () => {
  await publishAll(hub.at('/lost'), ['a', 'b']);
  const {code, lines, stderr} = await run(
      'rtws', ['sub', hub.at('/lost', 'ws'), '--hub', '--since', '0123456789-1', '-n', '2']);
  assert.equal(code, 9);
  assert.deepEqual(lines, ['a', 'b']);
  assert.match(stderr, /lost|missed|gap/i);
});

// More than all buffers between a hub and a client hold.
async function publishMuch(url) {
  const lines = Array.from({length: 3000}, () => JSON.stringify({v: 1, data: 'o'.repeat(1000)}));
  for (let i = 0; i < 4; ++i) {
    const answer = await fetch(url, {method: 'POST', body: lines.join('\n'),
                                     headers: {'Content-Type': 'application/x-ndjson'}});
    assert.equal(answer.status, 201);
  }
}

test('pub --hub: what others publish there meanwhile does not hold it up', async () => {
  const program = start('rtws', ['pub', hub.at('/busy', 'ws'), '--hub']);
  program.write('first\n');
  await eventually(async () => (await curl(hub.at('/busy'))).text === 'first', 'the first message');
  await publishMuch(hub.at('/busy'));
  program.write('last\n');
  program.endStdin();
  assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
  assert.equal((await curl(hub.at('/busy'))).text, 'last');
});

test('pipe --hub: a stdout that nobody reads does not hold stdin back; the loss is told, 9', async () => {
  const program = start('rtws', ['pipe', hub.at('/stalled', 'ws'), '--hub']);
  program.child.stdout.pause();
  program.write('first\n');
  await eventually(async () => (await curl(hub.at('/stalled'))).text === 'first', 'the first message');
  await publishMuch(hub.at('/stalled'));
  // More than may wait for acknowledgements.
  for (let i = 0; i < 3000; ++i) program.write(`${'u'.repeat(2000)}\n`);
  program.write('last\n');
  await eventually(async () => (await curl(hub.at('/stalled'))).text === 'last', 'all of stdin');
  program.child.stdout.resume();
  await program.waitForLine(/messages were lost: \d+ after /, 'stderr');
  program.endStdin();
  assert.deepEqual(await program.waitExit(), {code: 9, signal: null});
});

test('envelopes pass from one program to the next', async () => {
  await publishAll(hub.at('/from'), ['a\nb', 'grün']);
  const sub = `"${kBin}/rtws" sub ${hub.at('/from', 'ws')} --last 2 -n 2 -J`;
  const {code} = await run('bash', [
    '-c', `set -o pipefail; ${sub} | "${kBin}/rtsse" pub ${hub.at('/to')} -J`,
  ]);
  assert.equal(code, 0);
  const got = (await curl(hub.at('/to?since='))).ndjson();
  assert.deepEqual(got.map((e) => [e.data, e.channel]), [['a\nb', '/to'], ['grün', '/to']]);
});

// --- serve -----------------------------------------------------------------------------------
eachPeer('serve: stdin goes to the clients, what they send to stdout and to the others', async ({wsClient}) => {
  const own = await serve('rtws', ['serve', '0/c'], {stdin: 'pipe'});
  assert.match(own.url, /^ws:\/\/127\.0\.0\.1:\d+\/c?$/);
  const a = await wsClient(own.at('/c', 'ws'));
  const b = await wsClient(own.at('/c', 'ws'));
  own.write('from stdin\n');
  await a.waitForMessages(1);
  a.send('from a');
  await own.waitForLine(/^from a$/);
  assert.deepEqual((await b.waitForMessages(2)).map((m) => m.text), ['from stdin', 'from a']);
  await a.ping();
  assert.deepEqual(a.texts(), ['from stdin']);
});

test('serve --echo is no hub: it acknowledges nothing', async () => {
  const own = await serve('rtws', ['serve', '0', '--echo']);
  const {code, stderr} = await run('rtws', ['pub', '--hub', own.at('/'), 'x']);
  assert.equal(code, 6);
  assert.match(stderr, /is no rtwire hub/);
});

eachPeer('serve --echo sends each message back, and only to its sender\'s own', async ({wsClient}) => {
  const own = await serve('rtws', ['serve', '0', '--echo']);
  const a = await wsClient(own.at('/', 'ws'));
  for (const text of ['one', 'two']) a.send(text);
  a.send(Buffer.of(1, 255));
  const messages = await a.waitForMessages(3);
  assert.deepEqual(messages.map((m) => m.data.toString('latin1')), ['one', 'two', '\x01\xff']);
  assert.deepEqual(messages.map((m) => m.binary), [false, false, true]);
});

test('rtws to rtws: a hundred thousand lines', async () => {
  const own = await serve('rtws', ['serve', '0/c']);
  const count = 100_000;
  const lines = Array.from({length: count}, (_, i) => `line ${i}`);
  const {code} =
      await run('rtws', ['pub', own.at('/c', 'ws')], {input: `${lines.join('\n')}\n`});
  assert.equal(code, 0);
  await own.waitForLine(new RegExp(`^line ${count - 1}$`));
  assert.deepEqual(own.lines(), lines);
});
