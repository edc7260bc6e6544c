// -v shows the exchange, -vv its bytes, and neither a secret; a server's -v is an access log.
import assert from 'node:assert/strict';
import {curl} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {eventStream, HttpPeer, WsPeer} from './lib/peers.mjs';

// The lines of the exchange, without the program's name.
const exchange = (stderr) => stderr.split('\n').map((line) => line.replace(/^rt[a-z]+: /, ''))
    .filter((line) => /^[<>] /.test(line));

eachPeer('rtws -v: the opening handshake and every frame', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('hello\x1b[2J');
    socket.send(Buffer.from([0, 1, 2]));
    socket.on('message', (data) => socket.close(4001, `got ${data}`));
  });
  const {stderr} = await run('rtws', ['pipe', '-v', '--no-reconnect', '-u', 'me:hunter2', '-H',
                                      'Cookie: a=hunter2', '-H', 'X-Session: hunter2', '-H',
                                      'Accept-Language: de', peer.at('/t?token=hunter2&x=1')],
                             {input: 'up\n'});
  const lines = exchange(stderr);
  assert.equal(lines[0], '> GET /t?token=***&x=1 HTTP/1.1');
  for (const line of [`> Host: 127.0.0.1:${peer.port}`, '> Upgrade: websocket',
                      '> Authorization: ***', '> Cookie: ***', '> X-Session: ***',
                      '> Accept-Language: de', '< HTTP/1.1 101 Switching Protocols']) {
    assert.ok(lines.includes(line), `${line} in\n${stderr}`);
  }
  const of = (way) => lines.filter((line) => line.startsWith(way) && !/: |HTTP\//.test(line));
  assert.deepEqual(of('<'), ['< text 9 "hello\\x1B[2J"', '< binary 3 "\\x00\\x01\\x02"',
                             '< close 4001 "got up"']);
  assert.deepEqual(of('>'), ['> text 2 "up"', '> close 4001 "got up"']);
  assert.ok(!stderr.includes('hunter2'), stderr);
});

test('rtws -v --compress: the text of what is compressed, and how long it was on the way', async () => {
  const long = 'größe '.repeat(100);
  for (const takeover of [true, false]) {
    const peer = await WsPeer.start((socket) => {
      socket.send(long);
      socket.send('short', {compress: false});
      socket.send(long + '!');
      socket.on('message', () => socket.close(4001));
    }, {perMessageDeflate: {threshold: 0, serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover}});
    const {stderr} = await run('rtws', ['pipe', '-v', '--compress', '--no-reconnect', peer.at()],
                               {input: `${long}\n${long}up\n`});
    const lines = exchange(stderr).filter((line) => /^[<>] (text|binary)/.test(line))
        .map((line) => /^([<>]) text (\d+)(?: compressed=(\d+))? "(.{5})/.exec(line)?.slice(1) ?? line);
    const size = Buffer.byteLength(long);
    const facts = (way) => lines.filter((line) => line[0] === way)
        .map(([, length, packed, text]) => [Number(length), packed !== undefined && Number(packed) < 100, text]);
    assert.deepEqual(facts('<'), [[size, true, 'größe'], [5, false, 'short'], [size + 1, true, 'größe']], stderr);
    assert.deepEqual(facts('>'), [[size, true, 'größe'], [size + 2, true, 'größe']], stderr);
  }
});

eachPeer('rtws -vv: payloads in hex, and long ones cut', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('0123456789abcdefXYZ');
    socket.send('x'.repeat(100_000));
  });
  const {code, stderr} = await run('rtws', ['sub', '-vv', '-n2', peer.at('/')]);
  assert.equal(code, 0);
  assert.match(stderr, /^rtws: < text 19 "0123456789abcdefXYZ"\nrtws: 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  \|0123456789abcdef\|\nrtws: 00000010  58 59 5a {40} {2}\|XYZ\|$/m);
  assert.match(stderr, /^rtws: < text 100000 "x{60}\.\.\."$/m);
  assert.match(stderr, /^rtws: \.\.\. and 34464 bytes more$/m);
});

test('rtmqtt -v: every packet, without passwords', async () => {
  const broker = await startMosquitto();
  const {code, stderr} = await run('rtmqtt', [
    'pub', '-vv', '--qos', '1', '--client-id', 'me', '--user', 'somebody:hunter2', '--will-topic',
    'gone', '--will-payload', 'hunter2', '--property', 'a=b', '--property', 'token=hunter2',
    broker.at('lab/x'), 'hello'], {env: {RT_PASSWORD: 'hunter2'}});
  assert.equal(code, 0, stderr);
  const lines = exchange(stderr).filter((line) => /^. [A-Z]{4}/.test(line));
  assert.match(lines[0], /^> CONNECT v5 client-id=me keepalive=60 will=gone will-qos=0 will-retain=0 will-payload=\*\*\* user=\*\*\* password=\*\*\* /);
  assert.match(lines[1], /^< CONNACK 0 success session-present=0/);
  assert.match(lines[2], /^> PUBLISH lab\/x qos 1 id \d+ retain 0 5 bytes "hello" .*user:a="b" user:token=\*\*\*/);
  assert.match(lines[3], /^< PUBACK \d+/);
  assert.match(lines[4], /^> DISCONNECT 0 normal disconnection/);
  assert.match(stderr, /\|.*MQTT.*\|/);
  assert.ok(!stderr.includes('hunter2'), stderr);
  // Nor in hex: the dump of CONNECT has stars in their place.
  const hex = [...stderr.matchAll(/^rtmqtt: [0-9a-f]{8}  ([0-9a-f ]+?) +\|/gm)]
      .map((match) => match[1]).join(' ').replace(/ +/g, '');
  assert.ok(!hex.includes(Buffer.from('hunter2').toString('hex')), stderr);
});

test('rtmqtt -v: subscriptions and what comes for them, 3.1.1 too', async () => {
  const broker = await startMosquitto();
  for (const protocol of ['3.1.1', '5']) {
    const sub = start('rtmqtt', ['sub', '-v', '-n1', '--protocol', protocol, broker.at('lab/#')]);
    await sub.waitForLine(/< SUBACK \d+ qos 0/, 'stderr');
    await run('rtmqtt', ['pub', broker.at('lab/x'), 'hello']);
    await sub.waitExit();
    assert.match(sub.stderr, new RegExp(`^rtmqtt: > CONNECT v${protocol.replaceAll('.', '\\.')} `, 'm'));
    assert.match(sub.stderr, /^rtmqtt: > SUBSCRIBE \d+ lab\/# qos 0/m);
    assert.match(sub.stderr, /^rtmqtt: < PUBLISH lab\/x qos 0 retain 0 5 bytes "hello"/m);
    assert.match(sub.stderr, /^rtmqtt: > DISCONNECT/m);
  }
});

test('rtpoll and rtsse -v: heads, -vv: bodies', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    if (request.url.startsWith('/stream')) await eventStream(response)('data: hello\n\n');
    else response.end('hello');
  });
  const poll = await run('rtpoll', ['sub', '-v', '-n1', '-H', 'X-Session: hunter2',
                                    peer.at('/t?api_key=hunter2')]);
  assert.match(poll.stderr, /^rtpoll: > X-Session: \*\*\*$/m);
  assert.doesNotMatch(poll.stderr, /hunter2/);
  assert.deepEqual(exchange(poll.stderr).filter((line) => /HTTP\/1/.test(line)),
                   ['> GET /t?api_key=*** HTTP/1.1', '< HTTP/1.1 200 OK']);
  assert.doesNotMatch(poll.stderr, /00000000/);
  const stream = await run('rtsse', ['sub', '-vv', '-n1', peer.at('/stream')]);
  assert.match(stream.stderr, /^rtsse: > Accept: text\/event-stream/m);
  assert.match(stream.stderr, /^rtsse: < \d+ bytes of the body\nrtsse: 00000000 .*data: he/m);
  const up = await run('rtpoll', ['pub', '-vv', peer.at('/t'), 'hi']);
  assert.match(up.stderr, /^rtpoll: > 2 bytes of the body\nrtpoll: 00000000  68 69 /m);
});

eachPeer('serve -v: a line for each request, stream, WebSocket and message', async ({wsClient}) => {
  const hub = await serve('rtpoll', ['serve', '-v', '0']);
  await curl(hub.at('/t?token=hunter2'), ['-d', 'hello']);
  await curl(hub.at('/t'));
  await curl(hub.at('/none'));
  const socket = await wsClient(hub.at('/t', 'ws'));
  socket.send('up\x1b[2J');
  await socket.close(4002);
  const sse = start('curl', ['-sN', '-H', 'Accept: text/event-stream', hub.at('/t')]);
  await hub.waitForLine(/event stream begins/, 'stderr');
  sse.kill();
  await hub.waitForLine(/event stream has ended/, 'stderr');
  await hub.waitForLine(/WebSocket has ended/, 'stderr');
  const lines = hub.stderr.replace(/127\.0\.0\.1:\d+ /g, 'PEER ').split('\n')
      .filter((line) => line.startsWith('rtpoll: PEER')).map((line) => line.slice(13))
      .map((line) => line.replace(/, \d+ bytes out/, ', N out'));
  for (const line of ['POST /t?token=***: 201, 5 bytes in, N out', 'GET /t: 200, N out',
                      'GET /none: 404, N out', 'GET /t: 101, a WebSocket begins',
                      '< text 6 "up\\x1B[2J"', '< close 4002',
                      'GET /t: 200, an event stream begins', 'GET /t: the event stream has ended']) {
    assert.ok(lines.includes(line), `${line} in\n${hub.stderr}`);
  }
  const quiet = await serve('rtpoll', ['serve', '0']);
  await curl(quiet.at('/t'));
  assert.equal(quiet.stderr, `listening ${quiet.url}\n`);
});

eachPeer('serve -vv: what MQTT carries through the hub is not shown', async ({wsClient}) => {
  const broker = await startMosquitto();
  const hub = await serve('rtrelay', ['serve', '-vv', '0', '--bus', broker.at('').slice(0, -1)]);
  const socket = await wsClient(hub.at('/mqtt', 'ws'), {protocols: ['mqtt']});
  socket.send(Buffer.from('\x10\x1e\x00\x04MQTT\x04\xc2\x00\x3c\x00\x02id\x00\x02me\x00\x07hunter2\x00', 'latin1'));
  await hub.waitForLine(/< binary \d+ \(MQTT\)/, 'stderr');
  assert.ok(!hub.stderr.includes('hunter2'), hub.stderr);
});
