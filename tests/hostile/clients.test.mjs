// Clients read from strangers: an answer without an end, a million fields, lengths that lie, JSON
// without a bottom. Their memory stays small, they say so in one line, and the exit code is the
// right one.
import {kMiB, sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {gzipSync} from 'node:zlib';
import {peak} from './lib/figures.mjs';
import {pause, start, startHub, test, until} from './lib/hub.mjs';
import {text, variable} from './lib/mqtt.mjs';
import {flood, httpStranger, kSwitch, mqttStranger, packet, publishPacket, stranger, wsStranger} from './lib/strangers.mjs';
import {deflated, frame, kBinary, kContinue, kPing} from './lib/raw_ws.mjs';

const kMost = 64 * kMiB;
const kProtocol = 6;

// Runs `program args URL` until it ends by itself; with `stop`, until SIGTERM after that many ms.
async function client(program, args, {input, stop, ms = 15_000} = {}) {
  const child = start(program, ['--max-message', '1MiB', ...args], {stdin: input === undefined ? null : 'pipe'});
  if (input !== undefined) child.child.stdin.end(input);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, peak(child.child.pid))), 10);
  try {
    if (stop !== undefined) {
      await until(() => child.ended, stop);
      if (!child.ended) child.kill('SIGTERM');
    }
    const {code, signal} = await child.waitExit({ms});
    return {code, signal, most, stderr: child.stderr, detail: child.detail()};
  } finally {
    clearInterval(watch);
  }
}

function assertTold(ended, codes, what, {lines: most_lines = 1} = {}) {
  const all = [codes].flat();
  assert.ok(ended.most < kMost, `${what}: ${(ended.most / kMiB).toFixed(0)} MiB`);
  assert.ok(all.includes(ended.code), `${what}: ${ended.code ?? ended.signal}, not ${all}\n${ended.detail.slice(0, 600)}`);
  const lines = ended.stderr.trim().split('\n');
  assert.ok(lines.length <= most_lines && lines[0] !== '' && lines[0].length < 1000, `${what}: not one line\n${ended.stderr.slice(0, 1000)}`);
}

// --- HTTP ------------------------------------------------------------------------------------
const kHttp = [
  ['rtsse', ['sub']], ['rtpoll', ['sub']], ['rtpoll', ['sub', '--long']], ['rtsse', ['pub']], ['rtpoll', ['pub']],
];
const kHeads = [
  ['a head without an end', (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nX: ');
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  }],
  ['a million fields', (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    flood(socket, () => Buffer.from('X-Field: value\r\n'.repeat(4000)));
  }],
  ['a status line without an end', (socket) => {
    socket.write('HTTP/1.1 200 ');
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  }],
  ['cookies without an end', (socket) => {
    let n = 0;
    socket.write('HTTP/1.1 200 OK\r\n');
    flood(socket, () => Buffer.from(Array.from({length: 500}, () => `Set-Cookie: c${++n}=${'v'.repeat(100)}; Path=/\r\n`).join('')));
  }],
  ['no HTTP at all', (socket) => flood(socket, () => Buffer.alloc(60_000, 'a'))],
];
for (const [what, serve] of kHeads) {
  test(`HTTP: ${what}`, async () => {
    const server = await httpStranger(serve);
    await Promise.all(kHttp.map(async ([program, args]) => {
      const ended = await client(program, [...args, '--no-reconnect', server.at('http'), ...(args[0] === 'pub' ? ['m'] : [])]);
      assertTold(ended, what === 'no HTTP at all' ? [kProtocol] : [kProtocol], `${program} ${args}, ${what}`);
    }));
  });
}

const ok = (fields = '') => `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${fields}\r\n`;
const kBodies = [
  ['a body without an end', (socket) => {
    socket.write(ok());
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  }],
  ['a length of 10^18', (socket) => {
    socket.write(ok('Content-Length: 1000000000000000000\r\n'));
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  }],
  ['a chunk of 2^60', (socket) => {
    socket.write(ok('Transfer-Encoding: chunked\r\n') + '1000000000000000\r\n');
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  }],
  ['chunks of one byte', (socket) => {
    socket.write(ok('Transfer-Encoding: chunked\r\n'));
    flood(socket, () => Buffer.from('1\r\nx\r\n'.repeat(10_000)));
  }],
  ['a bomb', (() => {
    const bomb = gzipSync(Buffer.alloc(200 * kMiB));
    return (socket) => socket.end(Buffer.concat([Buffer.from(ok(`Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n`)), bomb]));
  })()],
];
for (const [what, serve] of kBodies) {
  test(`HTTP: ${what}`, async () => {
    const server = await httpStranger(serve);
    const rows = [['rtpoll', ['sub'], [kProtocol]], ['rtpoll', ['sub', '--hub', '--since='], [kProtocol]],
                  // The answer to a publication is of no use: 0 when its head says that it was taken.
                  ['rtpoll', ['pub'], [0, kProtocol, 8, 9]], ['rtsse', ['pub'], [0, kProtocol, 8, 9]]];
    await Promise.all(rows.map(async ([program, args, codes]) => {
      const ended = await client(program, [...args, '--no-reconnect', server.at('http'), ...(args[0] === 'pub' ? ['m'] : [])]);
      if (ended.code === 0) assert.ok(ended.most < kMost, `${what}: ${(ended.most / kMiB).toFixed(0)} MiB`);
      else assertTold(ended, codes, `${program} ${args}, ${what}`);
    }));
  });
}

// What is no body has no bound but the system's: it may go on, in little memory, until it is ended.
for (const [what, serve] of [
  ['a chunk extension without an end', (socket) => {
    socket.write(ok('Transfer-Encoding: chunked\r\n') + '1;');
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  }],
  ['trailers without an end', (socket) => {
    socket.write(ok('Transfer-Encoding: chunked\r\n') + '1\r\nx\r\n0\r\n');
    flood(socket, () => Buffer.from('X-Field: value\r\n'.repeat(4000)));
  }],
]) {
  test(`HTTP: ${what}: little memory, and SIGTERM ends it`, async () => {
    const server = await httpStranger(serve);
    await Promise.all([['rtpoll', 'sub'], ['rtpoll', 'pub'], ['rtsse', 'pub']].map(async ([program, verb]) => {
      const ended = await client(program, [verb, '--no-reconnect', server.at('http'), ...(verb === 'pub' ? ['m'] : [])], {stop: 2000});
      assert.ok(ended.most < kMost, `${program} ${verb}: ${(ended.most / kMiB).toFixed(0)} MiB`);
    }));
  });
}

test('HTTP: refusals with a body without an end', async () => {
  const server = await httpStranger((socket) => {
    socket.write('HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\n\r\n{"detail":"');
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  });
  for (const [program, args] of [...kHttp, ['rtws', ['sub']]]) {
    const ended = await client(program, [...args, server.at(program === 'rtws' ? 'ws' : 'http'), ...(args[0] === 'pub' ? ['m'] : [])]);
    assertTold(ended, 5, `${program} ${args}`);
  }
});

test('HTTP: redirects without an end', async () => {
  const server = await httpStranger((socket, head) => socket.end(
      `HTTP/1.1 302 Found\r\nLocation: /${Math.random()}${'r'.repeat(2000)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`));
  for (const [program, args] of kHttp) {
    const ended = await client(program, [...args, server.at('http'), ...(args[0] === 'pub' ? ['m'] : [])]);
    assertTold(ended, [1, 3, 5, kProtocol], `${program} ${args}`);
  }
});

// --- event streams ---------------------------------------------------------------------------
const kStream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
const events = (serve) => httpStranger((socket) => {
  socket.write(kStream);
  serve(socket);
});
const many = (line) => Buffer.from(line.repeat(Math.max(1, Math.ceil(60_000 / line.length))));
for (const [what, serve, code] of [
  ['a line without an end', (socket) => {
    socket.write('data: ');
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  }, kProtocol],
  ['a name of a field without an end', (socket) => flood(socket, () => Buffer.alloc(60_000, 'a')), kProtocol],
  ['an event of lines without an end', (socket) => flood(socket, () => many('data: x\n')), kProtocol],
  ['an event of empty lines of data', (socket) => flood(socket, () => many('data\n')), kProtocol],
  ['an id without an end', (socket) => {
    socket.write('id: ');
    flood(socket, () => Buffer.alloc(60_000, 'i'));
  }, kProtocol],
  ['an event name without an end', (socket) => {
    socket.write('event: ');
    flood(socket, () => Buffer.alloc(60_000, 'e'));
  }, kProtocol],
  ['an id of 900 KiB, then an end', (socket) => socket.end(`id: ${'i'.repeat(900_000)}\ndata: x\n\n`), [0, 8, kProtocol]],
  ['an envelope without a bottom', (socket) => {
    socket.end(`event: rt.envelope\ndata: {"v":1,"data":"x","u":${'['.repeat(400_000)}${']'.repeat(400_000)}}\n\n`);
  }, [8, kProtocol]],
]) {
  test(`event stream: ${what}`, async () => {
    const server = await events(serve);
    const ended = await client('rtsse', ['sub', '--no-reconnect', ...(/envelope/.test(what) ? ['--hub'] : []), server.at('http')]);
    // An event that is too long is told first.
    assertTold(ended, code, what, {lines: 2});
  });
}
for (const [what, piece] of [
  ['comments without end', () => many(`:${'c'.repeat(1000)}\n`)],
  ['a comment that does not end', () => Buffer.alloc(60_000, ':')],
  ['unknown fields without end', () => many('x: y\n')],
  ['reconnection times', () => many('retry: 99999999999999999999\n\n')],
  ['ids that are never the same', (() => {
    let n = 0;
    return () => Buffer.from(Array.from({length: 500}, () => `id: ${++n}${'i'.repeat(60)}\nevent: e${n}\ndata: x\n\n`).join(''));
  })()],
]) {
  test(`event stream: ${what}: no more memory, and SIGTERM ends it`, async () => {
    const server = await events((socket) => flood(socket, piece));
    const ended = await client('rtsse', ['sub', '--no-reconnect', server.at('http')], {stop: 1000});
    assert.ok(ended.most < kMost, `${(ended.most / kMiB).toFixed(0)} MiB`);
    assert.ok(ended.signal === 'SIGTERM' || ended.code === kProtocol, ended.detail.slice(0, 500));
  });
}

// --- WebSockets ------------------------------------------------------------------------------
const bare = (bytes) => Buffer.from(bytes);
const server_frame = (payload, options = {}) => frame(payload, {masked: false, ...options});
for (const [what, serve] of [
  ['a frame of 2^63 - 1', (socket) => socket.write(bare([0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255]))],
  ['a frame of 2^64 - 1', (socket) => socket.write(bare([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255]))],
  ['a frame of 2 MiB', (socket) => {
    socket.write(server_frame('', {announced: 2 * kMiB, opcode: kBinary}));
    flood(socket, () => Buffer.alloc(60_000, 'f'));
  }],
  ['fragments without an end', (socket) => {
    socket.write(server_frame('x', {final: false}));
    const piece = Buffer.concat(Array.from({length: 60}, () => server_frame('x'.repeat(1000), {opcode: kContinue, final: false})));
    flood(socket, () => piece);
  }],
  ['reserved bits', (socket) => socket.write(bare([0xf1, 1, 120]))],
  ['an unknown opcode', (socket) => socket.write(bare([0x83, 1, 120]))],
  ['a masked frame', (socket) => socket.write(frame('x'))],
  ['a fragmented ping', (socket) => socket.write(bare([0x09, 1, 120]))],
  ['a ping of 126', (socket) => socket.write(Buffer.concat([bare([0x89, 126, 0, 126]), Buffer.alloc(126)]))],
  ['a continuation of nothing', (socket) => socket.write(bare([0x80, 1, 120]))],
  ['text that is not UTF-8', (socket) => socket.write(server_frame(Buffer.from([0xff, 0xfe])))],
  ['a close of one byte', (socket) => socket.write(bare([0x88, 1, 3]))],
  ['a close code of 1005', (socket) => socket.write(bare([0x88, 2, 3, 0xed]))],
]) {
  test(`WebSocket: ${what}`, async () => {
    const server = await wsStranger((socket) => serve(socket));
    assertTold(await client('rtws', ['sub', '--no-reconnect', server.at('ws')]), kProtocol, what);
  });
}
for (const [what, serve] of kHeads.filter(([name]) => !/no HTTP/.test(name))) {
  test(`WebSocket handshake: ${what}`, async () => {
    const server = await httpStranger(serve);
    assertTold(await client('rtws', ['sub', '--no-reconnect', server.at('ws')]), [3, kProtocol], what);
  });
}
test('WebSocket: pings without end', async () => {
  const piece = Buffer.concat(Array.from({length: 500}, () => server_frame('p'.repeat(120), {opcode: kPing})));
  const server = await wsStranger((socket) => flood(socket, () => piece));
  const ended = await client('rtws', ['sub', '--no-reconnect', server.at('ws')], {stop: 1000});
  assert.ok(ended.most < kMost, `${(ended.most / kMiB).toFixed(0)} MiB`);
});
test('WebSocket: pings, and nobody takes the pongs', async () => {
  const piece = Buffer.concat(Array.from({length: 500}, () => server_frame('p'.repeat(120), {opcode: kPing})));
  const server = await wsStranger((socket) => {
    socket.pause();
    flood(socket, () => piece);
  });
  const ended = await client('rtws', ['sub', '--no-reconnect', server.at('ws')], {stop: 1000});
  assert.ok(ended.most < kMost, `${(ended.most / kMiB).toFixed(0)} MiB`);
});
const kIgnored = ['-o', '/dev/null'];
for (const [args, code] of [
  [['sub', ...kIgnored]], [['pub']], [['sub', ...kIgnored, '-n', '1'], 0], [['sub', ...kIgnored, '--timeout', '300ms'], 0],
])
  test(`WebSocket: compressed messages of a thousand times their bytes: rtws ${args.join(' ')}`, async () => {
    const bomb = server_frame(deflated(Buffer.alloc(1_000_000)), {opcode: kBinary});
    bomb[0] |= 0x40;
    const piece = Buffer.concat(Array(60).fill(bomb));
    const server = await wsStranger((socket) => flood(socket, () => piece),
                                    () => 'Sec-WebSocket-Extensions: permessage-deflate\r\n');
    const since = Date.now();
    const ended = await client('rtws', [...args, '--compress', '--no-reconnect', server.at('ws')],
                               {input: args[0] === 'pub' ? '' : undefined, stop: code === undefined ? 1500 : undefined});
    assert.ok(ended.most < kMost, `${(ended.most / kMiB).toFixed(0)} MiB`);
    assert.ok(Date.now() - since < 6000, `after ${Date.now() - since} ms`);
    if (code !== undefined) assert.equal(ended.code, code, ended.detail);
  });
for (const [what, envelope] of [
  ['without a bottom', `{"v":1,"data":"x","u":${'['.repeat(300_000)}${']'.repeat(300_000)}}`],
  ['of a million keys', `{${Array.from({length: 60_000}, (_, i) => `"k${i}":1`).join(',')}`],
  ['that is none', 'x'.repeat(100_000)],
]) {
  test(`rt.v1: an envelope ${what}`, async () => {
    const server = await wsStranger((socket) => socket.write(server_frame(envelope)), () => 'Sec-WebSocket-Protocol: rt.v1\r\n');
    assertTold(await client('rtws', ['sub', '--hub', '--no-reconnect', server.at('ws')]), kProtocol, what);
  });
}

// --- MQTT ------------------------------------------------------------------------------------
for (const [what, serve] of [
  ['a remaining length of 256 MiB', (socket) => {
    socket.write(Buffer.concat([bare([0x30, 255, 255, 255, 127]), text('t')]));
    flood(socket, () => Buffer.alloc(60_000, 'm'));
  }],
  ['a remaining length of five bytes', (socket) => socket.write(bare([0x30, 255, 255, 255, 255, 1, 0, 1, 116]))],
  ['a topic longer than its packet', (socket) => socket.write(bare([0x30, 4, 255, 255, 116, 0]))],
  ['properties longer than their packet', (socket) => socket.write(Buffer.concat([bare([0x30, 7]), text('t'), bare([255, 127, 1, 1])]))],
  ['an unknown property', (socket) => socket.write(Buffer.concat([bare([0x30, 6]), text('t'), bare([2, 0x7f, 1])]))],
  ['a packet of type 0', (socket) => socket.write(bare([0, 0]))],
  ['a PUBLISH of QoS 3', (socket) => socket.write(Buffer.concat([bare([0x36, 7]), text('t'), bare([0, 1, 0, 120])]))],
  ['a second CONNACK', (socket) => socket.write(bare([0x20, 3, 0, 0, 0]))],
  ['a CONNECT', (socket) => socket.write(bare([0x10, 2, 0, 0]))],
  ['a wildcard as a topic', (socket) => socket.write(publishPacket('a/#', 'x'))],
  ['an empty topic', (socket) => socket.write(publishPacket('', 'x'))],
  ['a topic that is not UTF-8', (socket) => socket.write(packet(0x30, bare([0, 2, 0xff, 0xfe]), bare([0]), bare([120])))],
]) {
  test(`MQTT: ${what}`, async () => {
    const server = await mqttStranger((socket, why) => why === 'subscribe' && serve(socket));
    assertTold(await client('rtmqtt', ['sub', '--no-reconnect', server.at('mqtt', '/t')]), kProtocol, what,
               // A message that is too long is skipped first, and told.
               {lines: /256 MiB/.test(what) ? 3 : 1});
  });
}
for (const [what, serve] of [
  ['a CONNACK of 256 MiB', (socket) => {
    socket.write(bare([0x20, 255, 255, 255, 127, 0, 0]));
    flood(socket, () => Buffer.alloc(60_000, 0));
  }],
  ['no MQTT at all', (socket) => flood(socket, () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  ['a CONNACK with properties without end', (socket) => {
    const properties = Buffer.concat(Array.from({length: 60_000}, () => Buffer.concat([bare([0x26]), text('k'), text('v')])));
    socket.write(packet(0x20, bare([0, 0]), variable(properties.length), properties));
  }],
]) {
  test(`MQTT: ${what}`, async () => {
    const server = await stranger((socket) => socket.once('data', () => serve(socket)));
    const ended = await client('rtmqtt', ['sub', '--no-reconnect', '--connect-timeout', '5s', server.at('mqtt', '/t')], {stop: 8000});
    assert.ok(ended.most < kMost, `${(ended.most / kMiB).toFixed(0)} MiB`);
    if (/properties/.test(what)) return;
    assertTold(ended, [3, kProtocol], what);
  });
}
test('MQTT: topics that are never the same', async () => {
  let n = 0;
  const server = await mqttStranger((socket, why) => why === 'subscribe' &&
      flood(socket, () => Buffer.concat(Array.from({length: 500}, () => publishPacket(`t/${++n}/${'x'.repeat(80)}`, 'x')))));
  for (const args of [['sub', '-F', '%c %d'], ['sub', '-J', '--stats']]) {
    const ended = await client('rtmqtt', [...args, '--no-reconnect', server.at('mqtt', '/t/#')], {stop: 1200});
    assert.ok(ended.most < kMost, `${args}: ${(ended.most / kMiB).toFixed(0)} MiB`);
  }
});
test('MQTT: packet numbers that are never acknowledged by QoS 2', async () => {
  let n = 0;
  const server = await mqttStranger((socket, why) => why === 'subscribe' &&
      flood(socket, () => Buffer.concat(Array.from({length: 60}, () => publishPacket('t', 'x'.repeat(1000), {qos: 2, id: (n = (n % 65_535) + 1)})))));
  const ended = await client('rtmqtt', ['sub', '--qos', '2', '--no-reconnect', server.at('mqtt', '/t')], {stop: 1000});
  assert.ok(ended.most < kMost, `${(ended.most / kMiB).toFixed(0)} MiB`);
});

// --- relays ----------------------------------------------------------------------------------
test('a relay whose source names topics without end', async () => {
  let n = 0;
  const source = await mqttStranger((socket, why) => why === 'subscribe' &&
      flood(socket, () => Buffer.concat(Array.from({length: 500}, () => publishPacket(`t/${++n}/${'x'.repeat(80)}`, 'x')))));
  const hub = await startHub(['--max-message', '1MiB'], {memory: '16MiB'});
  for (const sink of [`http://127.0.0.1:${hub.port}/`, 'exec:cat >/dev/null']) {
    const ended = await client('rtrelay', [source.at('mqtt', '/t/#'), sink], {stop: 1000});
    assert.ok(ended.most < kMost, `${sink}: ${(ended.most / kMiB).toFixed(0)} MiB`);
  }
});
test('a sink whose answer has no end', async () => {
  const sink = await httpStranger((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    flood(socket, () => Buffer.alloc(60_000, 'a'));
  });
  const ended = await client('rtrelay', ['-', sink.at('http', '/hook')], {input: 'a\nb\nc\n', stop: 5000});
  assert.ok(ended.most < kMost, `${(ended.most / kMiB).toFixed(0)} MiB`);
});
