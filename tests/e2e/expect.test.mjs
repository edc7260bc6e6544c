// --expect, --within and --until, against curl, mosquitto and Node's peers.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {publish, publishAll} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

let hub;
let names = 0;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
});

async function channelWith(payloads) {
  const url = hub.at(`/expect-${++names}`);
  await publishAll(url, payloads);
  return url;
}

const kPayloads = ['{"status":"starting"}', '{"status":"ok"}', '{"status":"late"}'];

for (const [pattern, lines] of [
  ['"ok"', 2], ['starting', 1], ['/"[a-z]+k"/', 2], ['/"OK"/i', 2], ['/^.*late"}$/', 3],
]) {
  for (const option of ['--expect', '--until']) {
    test(`${option} ${pattern}: 0 behind message ${lines}`, async () => {
      const url = await channelWith(kPayloads);
      const {code, lines: seen, stderr} =
          await run('rtsse', ['sub', url, '--since', '', option, pattern]);
      assert.deepEqual([code, stderr], [0, '']);
      assert.deepEqual(seen, kPayloads.slice(0, lines));
    });
  }
}

test('the health check of the guide: what is there, and what is not', async () => {
  const url = await channelWith(['{"status":"ok"}']);
  const there = await run('rtsse', ['sub', url, '--last', 1, '--expect', '"ok"', '--within', '5s']);
  assert.deepEqual([there.code, there.lines], [0, ['{"status":"ok"}']]);
  const missing =
      await run('rtsse', ['sub', url, '--last', 1, '--expect', '"down"', '--within', '300ms']);
  assert.equal(missing.code, 7);
  assert.deepEqual(missing.lines, ['{"status":"ok"}']);
  assert.equal(missing.stderr, `rtsse: ${url}: '"down"' did not come within 300ms\n`);
});

test('a message that comes later, over each transport', async () => {
  const broker = await startMosquitto();
  const url = await channelWith([]);
  const topic = broker.at('expect');
  const cases = [
    ['rtsse', url, () => publish(url, 'ready')],
    ['rtpoll', url, () => publish(url, 'ready'), ['--long=5s']],
    ['rtws', url.replace('http', 'ws'), () => publish(url, 'ready')],
    ['rtmqtt', topic, () => run('rtmqtt', ['pub', topic, '--qos', 1, 'ready']), ['--qos', 1]],
  ];
  for (const [program, where, send, more = []] of cases) {
    const sub = start(program, ['sub', where, '--expect', '/^ready$/', '--within', '20s', ...more],
                      {stdin: null});
    // Sent again and again: nothing tells when the subscription stands.
    const timer = setInterval(() => send().catch(() => {}), 200);
    try {
      assert.equal((await sub.waitExit()).code, 0, sub.detail());
    } finally {
      clearInterval(timer);
    }
    assert.deepEqual(sub.lines(), ['ready']);
  }
});

test('QoS 1: the message that was waited for is acknowledged, what follows is not', async () => {
  const broker = await startMosquitto();
  const session = ['--qos', 1, '--client-id', 'expect', '--session-expiry', '1h'];
  const begun = await run('rtmqtt', ['sub', broker.at('q'), ...session, '--timeout', '1s']);
  assert.equal(begun.code, 0);
  await run('rtmqtt', ['pub', broker.at('q'), '--qos', 1], {input: '1\n2\n3\n'});
  const first = await run('rtmqtt', ['sub', broker.at('q'), ...session, '--expect', '2']);
  assert.deepEqual([first.code, first.lines], [0, ['1', '2']]);
  const second = await run('rtmqtt', ['sub', broker.at('q'), ...session, '-n', 1]);
  assert.deepEqual(second.lines, ['3']);
});

eachPeer('--expect: what ends it before is 7, with the reason', async ({WsPeer}) => {
  const url = await channelWith(kPayloads);
  const counted = await run('rtsse', ['sub', url, '--since', '', '-n', 1, '--expect', 'late']);
  assert.equal(counted.code, 7);
  assert.equal(counted.stderr, `rtsse: ${url}: "late" did not come in 1 message\n`);

  const timed = await run('rtsse', ['sub', url, '--expect', '/late/', '--timeout', '300ms']);
  assert.equal(timed.code, 7);
  assert.equal(timed.stderr, `rtsse: ${url}: /late/ did not come within --timeout\n`);

  const closing = await WsPeer.start((socket) => {
    socket.send('a');
    socket.close(1000);
  });
  const closed = await run('rtws', ['sub', closing.at(), '--expect', 'b', '--within', '20s']);
  assert.equal(closed.code, 7);
  assert.deepEqual(closed.lines, ['a']);
  assert.match(closed.stderr, /"b" did not come before the end\n$/);

  const ending = await HttpPeer.start(async (request, response) => {
    await eventStream(response)('data: a\n\n');
    response.end();
  });
  const cut = await run('rtsse', ['sub', ending.at(), '--no-reconnect', '--expect', 'b']);
  assert.equal(cut.code, 7);
  assert.match(cut.stderr, /\(--no-reconnect\): "b" did not come\n$/);
});

eachPeer('--until: what ends it before is as without it', async ({WsPeer}) => {
  const closing = await WsPeer.start((socket) => {
    socket.send('a');
    socket.close(1000);
  });
  assert.equal((await run('rtws', ['sub', closing.at(), '--until', 'b'])).code, 0);
  const url = await channelWith(kPayloads);
  assert.equal((await run('rtsse', ['sub', url, '--since', '', '-n', 1, '--until', 'b'])).code, 0);
  const timed = await run('rtsse', ['sub', url, '--until', 'b', '--timeout', '300ms']);
  assert.equal(timed.code, 0);
});

test('nobody there: 3, and with --retry 7 or, when it comes in time, 0', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  assert.equal((await run('rtsse', ['sub', url, '--expect', 'x', '--within', '20s'])).code, 3);
  const late = await run('rtsse', ['sub', url, '--retry', '--expect', 'x', '--within', '700ms']);
  assert.equal(late.code, 7);
  assert.match(late.stderr, /: no connection within 700ms\n$/);

  const waiting =
      start('rtsse', ['sub', url, '--retry', '--expect', 'x', '--within', '20s'], {stdin: null});
  await waiting.waitForLine(/trying again/, 'stderr');
  await HttpPeer.start((request, response) => eventStream(response)('data: x\n\n'), {port});
  assert.equal((await waiting.waitExit()).code, 0, waiting.detail());
});

test('a signal is the caller\'s own wish', async () => {
  const url = await channelWith(['a']);
  const sub = start('rtsse', ['sub', url, '--since', '', '--expect', 'x'], {stdin: null});
  await sub.waitForLines(1);
  sub.kill('SIGTERM');
  assert.equal((await sub.waitExit()).signal, 'SIGTERM');
  assert.equal(sub.stderr, '');
});

test('a stdout that is closed before it came is no success', async () => {
  const url = await channelWith(['a', 'b']);
  const sub = start('rtsse', ['sub', url, '--since', '', '--expect', 'x'], {stdin: null});
  await sub.waitForLines(2);
  sub.child.stdout.destroy();
  assert.equal((await sub.waitExit()).code, 7);
  assert.match(sub.stderr, /"x" did not come before stdout was closed/);
});

test('a pattern that is none is exit 2', async () => {
  for (const option of ['--expect', '--until']) {
    for (const pattern of ['', '//', '/(/', '/[a/', '/a)/', '/(a)\\1/', '/a{3,2}/']) {
      const {code, stderr} = await run('rtsse', ['sub', 'http://127.0.0.1:1/', option, pattern]);
      assert.equal(code, 2, pattern);
      assert.equal(stderr.split('\n').length, 2, stderr);
      assert.ok(stderr.includes(option), stderr);
    }
  }
});

eachPeer('pipe: the answer that is waited for gets its time', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.on('message', () => setTimeout(() => socket.send('pong'), 1500));
  });
  for (const option of ['--expect', '--until']) {
    const {code, lines} = await run('rtws', ['pipe', peer.at(), option, 'pong'], {input: 'ping\n'});
    assert.deepEqual([code, lines], [0, ['pong']]);
  }
});

test('with --exec: the command of the message that came is waited for', async () => {
  const url = await channelWith(kPayloads);
  const {code, lines} = await run('rtsse', ['sub', url, '--since', '', '--expect', '"ok"',
                                            '--within', '20s', '--shell', '--exec',
                                            'sleep 0.2; cat; echo']);
  assert.equal(code, 0);
  assert.deepEqual(lines, kPayloads.slice(0, 2));
  const failing = await run('rtsse', ['sub', url, '--since', '', '--expect', '"ok"', '--exec',
                                      'false']);
  assert.equal(failing.code, 1);
  assert.match(failing.stderr, /2 of 2 commands failed/);
});

eachPeer('a payload of 16 MiB that is made for the pattern', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send(Buffer.alloc(15 << 20, 'a'));
    socket.send('aab');
  });
  const {code} = await run('rtws', ['sub', peer.at(), '--expect', '/a.*b/', '--within', '30s']);
  assert.equal(code, 0);
});
