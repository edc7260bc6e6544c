// --stats: percentiles of the time that messages and answers took.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {curl} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, eventually, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {HttpPeer, WsPeer} from './lib/peers.mjs';

// Runs it with the totals in a file, and gives these beside its end.
function withTotals(args) {
  const directory = mkdtempSync(join(tmpdir(), 'rt-latency-'));
  defer(() => rmSync(directory, {recursive: true}));
  const file = join(directory, 'stats');
  return {args: [...args, '--stats-json', file], read: () => JSON.parse(readFileSync(file, 'utf8'))};
}

async function totalsOf(program, args, options) {
  const totals = withTotals(args);
  const ended = await run(program, totals.args, options);
  assert.equal(ended.code, 0, ended.stderr);
  return {...totals.read(), stderr: ended.stderr};
}

function inOrder({p50, p90, p99, max}, least = 0) {
  assert.ok(least <= p50 && p50 <= p90 && p90 <= p99 && p99 <= max, `${least} ${p50} ${p90} ${p99} ${max}`);
}

for (const [program, args] of [['rtws', ['--hub']], ['rtsse', ['--hub']], ['rtpoll', ['--long']]]) {
  test(`${program}: from the hub to here, but not of what was there before`, async () => {
    const hub = await serve('rtrelay', ['serve', '0']);
    const scheme = program === 'rtws' ? 'ws' : 'http';
    const post = (text) => curl(hub.at('/x'), ['-d', text]);
    await post('old');
    const totals = withTotals(['sub', hub.at('/x', scheme), ...args, '--last', '1', '-n', '5', '--stats']);
    const sub = start(program, totals.args, {stdin: null});
    await sub.waitForLines(1);
    for (const text of ['1', '2', '3', '4']) await post(text);
    assert.equal((await sub.waitExit()).code, 0);
    const {latency_seconds: latency, clocks_differ_seconds: differ} = totals.read();
    assert.equal(latency.count, 4);
    assert.equal(differ, null);
    inOrder(latency);
    assert.match(sub.stderr, /^  latency +p50 +[\d.]+ ms +p90 +[\d.]+ ms +p99 +[\d.]+ ms +max +[\d.]+ ms +of 4$/m);
  });
}

test('a feed whose messages say when they were sent', async () => {
  const kDelay = 300;
  const peer = await WsPeer.start((socket) => {
    const ts = Date.now();
    setTimeout(() => {
      for (const at of [ts, ts * 1000, new Date(ts).toISOString(), 'never']) socket.send(JSON.stringify({at: {ts: at}}));
    }, kDelay);
  });
  const {latency_seconds: latency} = await totalsOf('rtws', ['sub', peer.at(), '-n', '4', '--sent-at', '/at/ts']);
  assert.equal(latency.count, 3);
  inOrder(latency, (kDelay - 2) / 1000);
});

test('clocks that differ are told', async () => {
  const peer = await WsPeer.start((socket) => {
    for (const ahead of [0, 60_000, 90_000]) socket.send(JSON.stringify({ts: Date.now() + 1000 + ahead}));
  });
  const args = ['sub', peer.at(), '-n', '3', '--sent-at', '/ts', '--stats'];
  const totals = await totalsOf('rtws', args);
  assert.equal(totals.latency_seconds, null);
  assert.ok(totals.clocks_differ_seconds > 60 && totals.clocks_differ_seconds < 92, totals.clocks_differ_seconds);
  assert.match(totals.stderr, /\n  latency: the clocks differ: [23] of 3 messages came up to \d+\.\d+ ms before they were sent\n/);
  const refused = await run('rtws', ['sub', peer.at(), '--sent-at', '/ts']);
  assert.equal(refused.code, 2);
});

eachPeer('a ping is a round trip', async ({WsPeer: Peer}) => {
  const peer = await Peer.start((socket) => socket.on('message', () => socket.send('answer')));
  const totals = await totalsOf('rtws', ['pipe', peer.at(), '-n', '1'], {input: 'x\n'});
  assert.equal(totals.round_trip_seconds.count, 1);
  inOrder(totals.round_trip_seconds);
  assert.equal(totals.latency_seconds, null);
});

test('what is acknowledged is a round trip', async () => {
  const broker = await startMosquitto();
  const input = Array.from({length: 500}, (_, i) => `${i}\n`).join('');
  for (const qos of ['1', '2']) {
    const totals = await totalsOf('rtmqtt', ['pub', `mqtt://127.0.0.1:${broker.port}/a`, '--qos', qos, '-q'], {input});
    // With that of the ping.
    assert.ok([500, 501].includes(totals.round_trip_seconds.count), `${totals.round_trip_seconds.count}`);
    inOrder(totals.round_trip_seconds);
  }
  // The answer to the ping comes before the last of several messages that were sent one after another.
  const pinged = withTotals(['sub', `mqtt://127.0.0.1:${broker.port}/b`, '-n', '5']);
  const sub = start('rtmqtt', pinged.args, {stdin: null});
  await eventually(async () => {
    await run('mosquitto_pub', ['-p', broker.port, '-t', 'b', '-m', 'x']);
    return sub.ended !== undefined;
  }, 'five messages');
  assert.equal(pinged.read().round_trip_seconds.count, 1);

  const hub = await serve('rtrelay', ['serve', '0']);
  const acked = await totalsOf('rtws', ['pub', '--hub', hub.at('/x', 'ws')], {input});
  assert.ok(acked.round_trip_seconds.count >= 1);

  const kDelay = 50;
  const slow = await HttpPeer.start((request, response) => setTimeout(() => response.writeHead(204).end(), kDelay));
  const posted = await totalsOf('rtpoll', ['pub', slow.at('/x'), 'a', 'b', 'c']);
  assert.equal(posted.round_trip_seconds.count, 3);
  inOrder(posted.round_trip_seconds, (kDelay - 2) / 1000);
});
