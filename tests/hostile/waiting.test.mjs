// Waiting: nothing waits for a peer that may never come. Each program is flooded from the side that
// it does not read while it is busy with the other; it goes on, and SIGTERM ends it.
import {kMiB, sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {kBin, run} from '../e2e/lib/harness.mjs';
import {freePort} from '../e2e/lib/net.mjs';
import {startMosquitto} from '../e2e/lib/mosquitto.mjs';
import {defer, goodClient, assertGood, pause, serve, start, startHub, test, until} from './lib/hub.mjs';
import {stuck} from './lib/attackers.mjs';
import {descendants, peak} from './lib/figures.mjs';
import {mqttClient, startMosquittoHub} from './lib/mqtt.mjs';
import {ask, get, pipeline, post, postEnvelopes, request} from './lib/raw_http.mjs';
import {frame, frames, upgrade} from './lib/raw_ws.mjs';
import {flood, httpStranger, mqttStranger, onHead, publishPacket, stranger, wsStranger} from './lib/strangers.mjs';

const kEnd = sized(10_000, 30_000);

// It ends by itself, with this code.
async function assertEnds(program, code, ms = kEnd) {
  const ended = await program.waitExit({ms});
  const codes = [code].flat();
  assert.ok(codes.includes(ended.code), `${JSON.stringify(ended)}, not ${codes}\n${program.detail()}`);
}
// SIGTERM ends it, however busy it is.
async function assertStops(program, ms = 9000) {
  assert.equal(program.ended, undefined, `it has ended before: ${program.detail()}`);
  program.kill('SIGTERM');
  await program.waitExit({ms});
}

// --- a publisher and other publishers --------------------------------------------------------
async function floodedPublisher(program, args, hub, path, {count = 3000, first = 'first\n'} = {}) {
  const pub = start(program, args);
  pub.write(first);
  assert.ok(await until(async () => (await get(hub.port, path)).status === 200), 'it publishes');
  const lines = Array.from({length: count}, (_, i) => JSON.stringify({v: 1, data: `other ${i} ${'o'.repeat(300)}`}));
  for (let i = 0; i < 4; ++i) assert.equal((await postEnvelopes(hub.port, path, lines)).status, 201);
  await pause(200);
  pub.write('last\n');
  pub.endStdin();
  await assertEnds(pub, 0);
  assert.equal((await get(hub.port, path)).text, 'last');
}
test('rtws pub --hub, while others publish to its channel', async () => {
  const hub = await startHub();
  await floodedPublisher('rtws', ['pub', '--hub', `ws://127.0.0.1:${hub.port}/p`], hub, '/p');
});
test('rtws pub, plain, while others publish to its channel', async () => {
  const hub = await startHub();
  await floodedPublisher('rtws', ['pub', `ws://127.0.0.1:${hub.port}/p`], hub, '/p');
});
test('rtrelay into a WebSocket of a hub, while others publish there', async () => {
  const hub = await startHub();
  await floodedPublisher('rtrelay', ['--hub', '-', `ws://127.0.0.1:${hub.port}/p`], hub, '/p');
});
test('rtmqtt pub over a hub\'s WebSocket, while others publish', async () => {
  const hub = await startMosquittoHub();
  const pub = start('rtmqtt', ['pub', '--qos', '1', `mqtt://127.0.0.1:${hub.mqttPort}/p`]);
  pub.write('first\n');
  await until(async () => (await get(hub.port, '/p')).status === 200);
  for (let i = 0; i < 4; ++i) await postEnvelopes(hub.port, '/p', Array.from({length: 3000}, () => '{"v":1,"data":"x"}'));
  pub.write('last\n');
  pub.endStdin();
  await assertEnds(pub, 0);
});

// rt.v1 by hand: what a publisher sends arrives although it never reads its acknowledgements.
test('a publisher of rt.v1 that never reads is heard all the same', async () => {
  const hub = await startHub();
  const socket = await upgrade(hub.port, '/deaf', {subprotocol: 'rt.v1', reads: false});
  for (let i = 0; i < 5000; ++i) socket.write(frame(JSON.stringify({v: 1, data: `m${i}`})));
  assert.ok(await until(async () => (await get(hub.port, '/deaf')).text === 'm4999'), 'the last one');
});

test('rtws pub --hub, doubles nothing when the hub is killed and comes again', async () => {
  const port = await freePort();
  const first = start('rtrelay', ['serve', String(port)], {stdin: null});
  await first.waitForLine(/^listening /, 'stderr');
  const pub = start('rtws', ['pub', '--hub', `ws://127.0.0.1:${port}/p`]);
  pub.write('one\n');
  await until(async () => (await get(port, '/p')).text === 'one');
  await postEnvelopes(port, '/p', Array.from({length: 4000}, () => JSON.stringify({v: 1, data: 'o'.repeat(300)})));
  pub.write('two\n');
  await until(async () => (await get(port, '/p')).text === 'two');
  await pause(300);  // the acknowledgement of it lies behind what others have published
  first.kill('SIGKILL');
  await first.waitExit();
  const second = start('rtrelay', ['serve', String(port)], {stdin: null});
  await second.waitForLine(/^listening /, 'stderr');
  pub.write('three\n');
  assert.ok(await until(async () => (await get(port, '/p')).text === 'three', 15_000), 'it goes on');
  const window = await get(port, '/p?since=');
  assert.deepEqual(window.text.split('\n').filter(Boolean).map((line) => JSON.parse(line).data), ['three']);
  pub.endStdin();
  await assertEnds(pub, 0);
});

// --- servers that flood who does not read ----------------------------------------------------
const kFrame = (() => {
  const bytes = frame('f'.repeat(1000), {masked: false});
  return Buffer.concat(Array.from({length: 60}, () => bytes));
})();
const kPackets = Buffer.concat(Array.from({length: 60}, () => publishPacket('t', 'f'.repeat(1000))));

test('rtws pub, of a server that floods it', async () => {
  const server = await wsStranger((socket) => flood(socket, () => kFrame, 64 * kMiB));
  const pub = start('rtws', ['pub', server.at('ws')]);
  for (let i = 0; i < 200; ++i) pub.write(`${'u'.repeat(500)}\n`);
  pub.endStdin();
  // The server never answers the close: it gives up, and says so or not.
  await assertEnds(pub, [0, 3, 8, 9], 15_000);
  assert.ok(peak(pub.child.pid) < 64 * kMiB);
});

async function stalledOutput(program, args, {stdin = 'pipe'} = {}) {
  const child = start(program, args, {stdin});
  child.child.stdout.pause();
  await pause(800);
  const most = peak(child.child.pid);
  assert.ok(most < 96 * kMiB, `${(most / kMiB).toFixed(0)} MiB while nobody reads its stdout`);
  return child;
}
test('rtws sub with a stdout that nobody reads', async () => {
  const server = await wsStranger((socket) => flood(socket, () => kFrame));
  await assertStops(await stalledOutput('rtws', ['sub', server.at('ws')]));
});
test('rtws pipe with a stdout that nobody reads: stdin still goes out', async () => {
  let got = 0;
  const server = await wsStranger((socket) => {
    socket.on('data', (data) => (got += data.length));
    flood(socket, () => kFrame);
  });
  const pipe = await stalledOutput('rtws', ['pipe', server.at('ws')]);
  pipe.write(`${'u'.repeat(1000)}\n`);
  assert.ok(await until(() => got > 1000, 5000), 'what is written to its stdin does not go out');
  await assertStops(pipe);
});
test('rtws pipe --hub with a stdout that nobody reads: all of stdin is published', async () => {
  const hub = await startHub();
  const pipe = start('rtws', ['pipe', '--hub', `ws://127.0.0.1:${hub.port}/p`]);
  pipe.child.stdout.pause();
  pipe.write('first\n');
  await until(async () => (await get(hub.port, '/p')).text === 'first');
  for (let i = 0; i < 6; ++i) await postEnvelopes(hub.port, '/p', Array.from({length: 3000}, () => JSON.stringify({v: 1, data: 'o'.repeat(400)})));
  for (let i = 0; i < 3000; ++i) pipe.write(`${'u'.repeat(2000)}\n`);
  pipe.write('last\n');
  assert.ok(await until(async () => (await get(hub.port, '/p')).text === 'last', 8000), 'what is written to its stdin');
  await assertStops(pipe);
});
test('rtsse sub with a stdout that nobody reads', async () => {
  const server = await httpStranger((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
    flood(socket, () => Buffer.from(`data: ${'f'.repeat(1000)}\n\n`.repeat(60)));
  });
  await assertStops(await stalledOutput('rtsse', ['sub', server.at('http')]));
});
test('rtpoll sub with a stdout that nobody reads', async () => {
  let number = 0;
  const server = await stranger((socket) => {
    socket.on('data', () => {
      const body = `${'f'.repeat(900_000)}${++number}`;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: "${number}"\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  await assertStops(await stalledOutput('rtpoll', ['sub', '--interval', '1ms', server.at('http')]));
});
test('rtmqtt sub with a stdout that nobody reads', async () => {
  const server = await mqttStranger((socket, why) => why === 'subscribe' && flood(socket, () => kPackets));
  await assertStops(await stalledOutput('rtmqtt', ['sub', server.at('mqtt', '/t')]));
});
test('rtmqtt pipe with a stdout that nobody reads: stdin still goes out', async () => {
  let got = 0;
  const server = await mqttStranger((socket, why) => {
    if (why !== 'subscribe') return;
    socket.on('data', (data) => (got += data.length));
    flood(socket, () => kPackets);
  });
  const pipe = await stalledOutput('rtmqtt', ['pipe', server.at('mqtt', '/t')]);
  pipe.write(`${'u'.repeat(1000)}\n`);
  assert.ok(await until(() => got > 1000, 5000), 'what is written to its stdin does not go out');
  await assertStops(pipe);
});
test('rtmqtt pub, of a broker that floods it', async () => {
  const server = await mqttStranger((socket, why) => why === 'connect' && flood(socket, () => kPackets, 64 * kMiB));
  const pub = start('rtmqtt', ['pub', '--qos', '1', server.at('mqtt', '/t')]);
  for (let i = 0; i < 200; ++i) pub.write(`m${i}\n`);
  pub.endStdin();
  await assertEnds(pub, [0, 6], 15_000);
  assert.ok(peak(pub.child.pid) < 64 * kMiB);
});
test('rtrelay, whose sink floods it', async () => {
  let got = 0;
  const sink = await wsStranger((socket) => {
    socket.on('data', (data) => (got += data.length));
    flood(socket, () => kFrame, 200 * kMiB);
  });
  const relay = start('rtrelay', ['-', sink.at('ws')]);
  const line = `${'r'.repeat(1000)}\n`;
  for (let i = 0; i < 2000; ++i) relay.write(line);
  assert.ok(await until(() => got > 2_000_000, kEnd), `${got} bytes came through`);
  await pause(100);
  await assertStops(relay);
});
test('rtrelay, whose source floods and whose sink takes nothing', async () => {
  const source = await wsStranger((socket) => flood(socket, () => kFrame));
  const sink = await wsStranger((socket) => socket.pause());
  const relay = start('rtrelay', [source.at('ws'), sink.at('ws')], {stdin: null});
  await pause(1500);
  const most = peak(relay.child.pid);
  assert.ok(most < 96 * kMiB, `${(most / kMiB).toFixed(0)} MiB`);
  await assertStops(relay);
});
test('rtrelay to an HTTP sink that never answers', async () => {
  const source = await wsStranger((socket) => flood(socket, () => kFrame));
  const sink = await stranger(() => {});
  const relay = start('rtrelay', [source.at('ws'), sink.at('http', '/hook')], {stdin: null});
  await pause(1000);
  if (relay.ended === undefined) await assertStops(relay);
});

// --- the end of a server whose publishers are held ---------------------------------------------
// Bodies and messages that nobody takes further, because nobody reads its stdout: 3 s in all.
const kHeld = [['rtws', ['serve', '0/held'], 9], ['rtrelay', ['serve', '--mqtt', '0', '0/held'], 9],
               ['rtrelay', ['serve+http://:0/held', '-'], 9]];
for (const [program, args, code] of kHeld) {
  test(`${program} ${args.join(' ')}, held, ends within its 3 s and tells what is lost`, async () => {
    const server = start(program, args, {stdin: null});
    server.child.stdout.pause();
    const [, port] = await server.waitForLine(/listening (?:http|ws):\/\/[^:]+:(\d+)/, 'stderr');
    const body = Buffer.alloc(4_000_000, 'a');
    for (let i = 0; i < 20; ++i) void stuck(Number(port), request('POST', '/held', {body})).catch(() => {});
    for (let i = 0; i < 10; ++i) {
      const socket = await upgrade(Number(port), '/held');
      defer(() => socket.destroy());
      socket.on('error', () => {});
      for (let j = 0; j < 20; ++j) socket.write(frame(Buffer.alloc(1_000_000, 'z'), {opcode: 2}));
    }
    await pause(1500);
    const begin = Date.now();
    server.kill('SIGTERM');
    const ended = await server.waitExit({ms: 12_000});
    const took = Date.now() - begin;
    assert.equal(ended.code, code, server.detail());
    assert.ok(took < 4800, `${took} ms`);
  });
}

// --- servers that say nothing, or only "continue" --------------------------------------------
const kSilent = [
  ['rtws', ['sub', 'ws']], ['rtsse', ['sub', 'http']], ['rtpoll', ['sub', 'http']],
  ['rtmqtt', ['sub', 'mqtt']], ['rtws', ['pub', 'ws']], ['rtsse', ['pub', 'http']],
  ['rtpoll', ['pub', 'http']], ['rtmqtt', ['pub', 'mqtt']],
];
test('servers that accept and say nothing: --connect-timeout ends each', async () => {
  const server = await stranger(() => {});
  await Promise.all(kSilent.map(async ([program, [verb, scheme]]) => {
    const path = scheme === 'mqtt' ? '/t' : '/';
    const child = start(program, [verb, '--connect-timeout', '1s', server.at(scheme, path), ...(verb === 'pub' ? ['message'] : [])], {stdin: null});
    await assertEnds(child, [3, 9], 8000);
  }));
});
test('servers that say "100 Continue" for ever', async () => {
  const server = await httpStranger((socket) => flood(socket, () => Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(200))));
  await Promise.all([['rtsse', 'pub', 'http'], ['rtpoll', 'pub', 'http'], ['rtpoll', 'sub', 'http'],
                     ['rtsse', 'sub', 'http'], ['rtws', 'sub', 'ws']].map(async ([program, verb, scheme]) => {
    const child = start(program, [verb, '--connect-timeout', '2s', server.at(scheme), ...(verb === 'pub' ? ['m'] : [])], {stdin: null});
    await assertEnds(child, [3, 6, 9], 9000);
    assert.ok(peak(child.child.pid) < 64 * kMiB);
  }));
});

// --- hubs that die ---------------------------------------------------------------------------
for (const program of ['rtpoll', 'rtsse', 'rtws', 'rtmqtt']) {
  test(`${program} pub, whose server is killed in the middle: what is not known is told`, async () => {
    const scheme = {rtpoll: 'http', rtsse: 'http', rtws: 'ws', rtmqtt: 'mqtt'}[program];
    const hub = program === 'rtmqtt' ? await startMosquittoHub() : await startHub();
    const port = program === 'rtmqtt' ? hub.mqttPort : hub.port;
    const url = `${scheme}://127.0.0.1:${port}/k`;
    const pub = start(program, ['pub', '--no-reconnect', ...(program === 'rtmqtt' ? ['--qos', '1'] : []),
                                ...(program === 'rtws' ? ['--hub'] : []), url]);
    let number = 0;
    const feed = setInterval(() => {
      for (let i = 0; i < 200 && !pub.ended; ++i) pub.write(`m${number++}\n`);
    }, 5);
    defer(() => clearInterval(feed));
    assert.ok(await until(async () => (await get(hub.port, '/k')).status === 200), 'it publishes');
    const victims = descendants(hub.pid).filter(({name}) => /mosquitto/.test(name));
    for (const {pid} of victims) process.kill(pid, 'SIGKILL');
    hub.kill('SIGKILL');
    await pause(50);
    clearInterval(feed);
    pub.endStdin();
    await assertEnds(pub, [3, 8, 9], 15_000);
    assert.notEqual(pub.stderr, '');
  });
}

for (const program of ['rtpoll', 'rtsse']) {
  test(`${program} pub, whose hub is killed and comes again: nothing unanswered is left out`, async () => {
    const port = await freePort();
    const hub = () => start('rtrelay', ['serve', String(port), '--history', '1000000', '--history-bytes', '200MiB'], {stdin: null});
    const first = hub();
    await first.waitForLine(/^listening /, 'stderr');
    const pub = start(program, ['pub', `http://127.0.0.1:${port}/k`]);
    const total = 60_000;
    pub.child.stdin.end(Array.from({length: total}, (_, i) => `${i}\n`).join(''));
    assert.ok(await until(async () => (await get(port, '/k')).status === 200), 'it publishes');
    const known = Number((await get(port, '/k')).text);
    first.kill('SIGKILL');
    await first.waitExit();
    const second = hub();
    await second.waitForLine(/^listening /, 'stderr');
    const {code} = await pub.waitExit({ms: 20_000});
    const seen = [];
    for (let cursor = ''; ;) {
      const answer = await get(port, `/k?since=${cursor}`);
      const lines = answer.text.split('\n').filter(Boolean).map((line) => Number(JSON.parse(line).data));
      if (lines.length === 0) break;
      seen.push(...lines);
      cursor = /^RT-Next: (\S+)/im.exec(answer.head)[1];
    }
    if (code === 9) return;
    assert.equal(code, 0, pub.detail());
    assert.equal(seen.at(-1), total - 1);
    assert.equal(seen.length, total - seen[0], 'one is missing, or comes twice');
    assert.ok(known < total - 1, 'the hub was killed too late to say anything');
  });
}

// The answer to a publication is lost: it may have arrived or not, and 0 would be a lie.
for (const program of ['rtpoll', 'rtsse']) {
  for (const [what, answer] of [['no answer', ''], ['half a head', 'HTTP/1.1 201 Cre'],
                                ['"100 Continue" alone', 'HTTP/1.1 100 Continue\r\n\r\n']]) {
    test(`${program} pub, of which the last is answered by ${what} and an end`, async () => {
      let posts = 0;
      const server = await stranger((socket) => {
        let text = '';
        socket.on('data', (data) => {
          text += data.toString('latin1');
          if (/^HEAD/.test(text)) {
            text = '';
            return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
          }
          if (!/\r\n\r\n[^]*(last|first)/.test(text)) return;
          ++posts;
          const last = /last/.test(text);
          text = '';
          if (!last) return socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
          socket.write(answer, () => socket.resetAndDestroy());
          server.server.close();
        });
      });
      const pub = start(program, ['pub', '--no-reconnect', server.at('http')]);
      pub.write('first\n');
      await until(() => posts === 1, 3000);
      pub.write('last\n');
      pub.endStdin();
      await assertEnds(pub, [8, 9], 15_000);
    });
  }
}

// --- stderr that nobody reads ----------------------------------------------------------------
// Starts it with a stderr that is read up to the line that it listens, and no further.
async function unreadErrors(program, args) {
  const child = spawn(`${kBin}/${program}`, args, {stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, RT_CONFIG: ''}});
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({code, signal})));
  defer(() => child.kill('SIGKILL'));
  const port = await new Promise((resolve, reject) => {
    let text = '';
    const look = (data) => {
      text += data;
      const match = /^listening (?:http|ws):\S+?:(\d+)\//m.exec(text);
      if (!match) return;
      child.stderr.off('data', look);
      child.stderr.pause();
      resolve(Number(match[1]));
    };
    child.stderr.on('data', look);
    child.once('exit', () => reject(new Error(text)));
  });
  return {child, ended, port, pid: child.pid};
}
async function unread(args, attack) {
  const hub = await unreadErrors('rtrelay', ['serve', '0', ...args]);
  await attack(hub);
  const answer = await get(hub.port, '/-/health', {}, {ms: 3000});
  assert.equal(answer.status, 200, 'health, while nobody reads its stderr');
  hub.child.kill('SIGTERM');
  const end = await Promise.race([hub.ended, pause(6000)]);
  assert.ok(end, 'SIGTERM does not end it');
  assert.equal(end.code, 0, JSON.stringify(end));
}
const requests = (path) => Array.from({length: 3000}, () => request('GET', path));
test('-v and a stderr that nobody reads', () =>
  unread(['-v'], (hub) => pipeline(hub.port, requests('/x'), {ms: 4000}).catch(() => {})));
test('-vv and long targets', () =>
  unread(['-vv'], (hub) => pipeline(hub.port, requests(`/${'x'.repeat(400)}`), {ms: 4000}).catch(() => {})));
test('-v and WebSocket frames', () => unread(['-v'], async (hub) => {
  const socket = await upgrade(hub.port, '/v');
  for (let i = 0; i < 3000; ++i) socket.write(frame(`m${i}${'x'.repeat(100)}`));
  await pause(300);
  socket.destroy();
}));
test('-v and refused requests', () =>
  unread(['-v'], async (hub) => {
    for (let i = 0; i < 40; ++i) await Promise.all(Array.from({length: 50}, () => ask(hub.port, 'BAD\r\n\r\n', {ms: 500})));
  }));
test('-v and clients of the broker', () => unread(['-v', '--mqtt', '0'], async (hub) => {
  const [broker] = descendants(hub.pid).filter(({name}) => /mosquitto/.test(name));
  assert.ok(broker);
  for (let i = 0; i < 20; ++i) await pipeline(hub.port, requests('/x').slice(0, 200), {ms: 1000}).catch(() => {});
}));

test('rtws sub -v and a stderr that nobody reads: SIGTERM ends it', async () => {
  const server = await wsStranger((socket) => flood(socket, () => kFrame));
  const child = spawn(`${kBin}/rtws`, ['sub', '-v', server.at('ws')], {stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, RT_CONFIG: ''}});
  child.stderr.pause();
  defer(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await pause(1000);
  child.kill('SIGTERM');
  assert.notEqual(await Promise.race([ended.then(() => true), pause(5000)]), undefined, 'SIGTERM does not end it');
});

// --- the broker ------------------------------------------------------------------------------
async function killedBroker(how) {
  const hub = await startMosquittoHub();
  await post(hub.port, '/kept', 'kept');
  const socket = await upgrade(hub.port, '/kept');
  await how(hub);
  await pause(500);
  assert.equal(hub.ended, undefined, 'the hub goes on');
  assert.equal((await get(hub.port, '/kept', {}, {ms: 3000})).text, 'kept', 'history is there');
  assert.equal(socket.over, false, 'WebSockets stand');
  assert.equal((await post(hub.port, '/kept', 'more')).status, 201);
  assert.ok(await until(() => socket.received > 0), 'and are served');
  const back = await until(async () => {
    const client = await Promise.race([mqttClient(hub.mqttPort).catch(() => undefined), pause(500)]);
    if (!client || client.closed || client.received === 0) return false;
    client.publish('again', 'by mqtt', {qos: 1});
    await pause(150);
    client.end();
    return (await get(hub.port, '/again')).text === 'by mqtt';
  }, sized(15_000, 60_000));
  assert.ok(back, 'the broker is started again and its topics are the channels');
  hub.kill('SIGTERM');
  const end = await hub.waitExit({ms: 8000});
  assert.equal(end.code, 0, hub.detail());
}
test('a broker that is killed', () => killedBroker((hub) => process.kill(hub.brokerPid(), 'SIGKILL')));
test('a broker that is killed again and again', () => killedBroker(async (hub) => {
  for (let i = 0; i < 3; ++i) {
    const pid = hub.brokerPid();
    if (pid) process.kill(pid, 'SIGKILL');
    await pause(400);
  }
}));
test('a broker that is stopped, and the hub ended', async () => {
  const hub = await startMosquittoHub();
  const pid = hub.brokerPid();
  process.kill(pid, 'SIGSTOP');
  defer(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it is gone, as it should be
    }
  });
  const good = await goodClient(hub);
  await pause(1000);
  await assertGood(good);
  hub.kill('SIGTERM');
  await hub.waitExit({ms: 12_000});
});
test('a hub that cannot go on says good-bye to its WebSockets and ends after them', async () => {
  const hub = await startMosquittoHub();
  const socket = await upgrade(hub.port, '/bye');
  hub.kill('SIGTERM');
  await until(() => socket.over, 5000);
  assert.equal(frames(socket.bytes).at(-1)?.payload.readUInt16BE(0), 1001);
  socket.destroy();
  await hub.waitExit({ms: 8000});
});
test('a broker of others (--bus) that goes and comes', async () => {
  const broker = await startMosquitto();
  const hub = await startHub(['--bus', `mqtt://127.0.0.1:${broker.port}`]);
  await post(hub.port, '/kept', 'kept');
  broker.kill('SIGKILL');
  await broker.waitExit();
  await pause(300);
  assert.equal(hub.ended, undefined, 'the hub goes on');
  assert.equal((await get(hub.port, '/kept')).text, 'kept');
  await startMosquitto({port: broker.port});
  const back = await until(async () => {
    await post(hub.port, '/kept', 'to all');
    const client = await mqttClient(broker.port);
    client.publish('again', 'by mqtt', {qos: 1});
    await pause(200);
    client.end();
    return (await get(hub.port, '/again')).text === 'by mqtt';
  }, 20_000);
  assert.ok(back, 'its topics are the channels again');
});
