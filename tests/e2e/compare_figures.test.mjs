// rtrelay compare: both ways, bytes that are no text, and what there is to know of each way.
import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {kDeadline, run, test} from './lib/harness.mjs';

const directory = mkdtempSync(join(tmpdir(), 'compare-figures-'));

// Several ways one after the other, each for its time and what goes before it.
const kLong = {ms: 3 * kDeadline};

async function compare(...args) {
  const file = join(directory, 'report.json');
  const result = await run('rtrelay', ['compare', '--rounds', '1', '--stats-json', file, ...args], kLong);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stderr, '');
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return {stdout: result.stdout, way: (name) => report.ways.find((one) => one.way === name)};
}

test('both ways: each request has its answer, and POST goes up where a way leads down', async () => {
  const names = ['poll-cursor', 'long-poll', 'sse', 'ws', 'ws-hub', 'mqtt0', 'mqtt1', 'mqtt2'];
  const {stdout, way} =
      await compare('--two-way', '--for', '2s', '--readers', '3', '--poll-every', '200ms', ...names);
  assert.match(stdout, /^200 bytes, 10 requests a second that are answered, 3 clients, network none\n/);
  for (const name of names) {
    const one = way(name);
    assert.deepEqual([one.sent, one.expected, one.delivered], [20, 20, 20], name);
    assert.equal(one.doubled.median, 0);
    assert.ok(one.up_bytes.median > 200 && one.down_bytes.median > 200, name);
    assert.ok(one.client_cpu_seconds.median > 0, name);
  }
  // A frame each way, with a mask up; a POST each.
  assert.deepEqual([way('ws').up_bytes.median, way('ws').down_bytes.median], [208, 204]);
  assert.equal(way('sse').requests.median, 1);
  assert.ok(way('long-poll').requests.median >= 2);
  assert.equal(way('mqtt1').requests.median, 0);
});

test('what is no text costs more where bytes are carried as base64', async () => {
  const file = join(directory, 'picture');
  writeFileSync(file, Buffer.from(Array.from({length: 291}, (_, i) => i % 256)));
  for (const message of [['--message', '300', '--binary'], ['--message', `@${file}`]]) {
    const {stdout, way} = await compare('--for', '1s', '--readers', '2', '--poll-every', '200ms', ...message,
                                        'long-poll', 'sse', 'ws', 'ws-hub', 'mqtt0');
    assert.match(stdout, /^300 binary bytes, /);
    for (const name of ['long-poll', 'sse', 'ws-hub']) {
      assert.equal(way(name).base64_bytes.median, 100, name);
      assert.ok(way(name).down_bytes.median > 400, name);
    }
    for (const name of ['ws', 'mqtt0']) {
      assert.equal(way(name).base64_bytes, null, name);
      assert.ok(way(name).down_bytes.median < 330, name);
      assert.equal(way(name).lost_percent.median, 0);
    }
  }
});

test('what is known beside: the first message, requests, what a network adds, idle readers', async () => {
  const {way} = await compare('--for', '2s', '--readers', '2', '--poll-every', '200ms', 'poll-cursor', 'ws', 'mqtt1');
  for (const name of ['poll-cursor', 'ws', 'mqtt1']) {
    assert.ok(way(name).first_seconds.median > 0, name);
    assert.ok(way(name).client_cpu_seconds.median > 0, name);
    assert.ok(way(name).tcp_ip_bytes.median >= 20, name);
    assert.ok(way(name).tls_bytes.median > 0, name);
  }
  // A message and its acknowledgement, a packet each.
  assert.ok(Math.abs(way('ws').tcp_ip_bytes.median - 104) <= 6, `${way('ws').tcp_ip_bytes.median}`);
  assert.ok(Math.abs(way('ws').tls_bytes.median - 22) <= 1);
  // Five polls a second, with or without something new.
  const polls = way('poll-cursor');
  assert.ok(polls.requests.median > 0.2 && polls.requests.median < 1, `${polls.requests.median}`);
  const idle = polls.idle_up_bytes_an_hour.median / (5 * 3600);
  assert.ok(idle > 40 && idle < 400, `${idle} bytes a poll`);
  const both = polls.idle_up_bytes_an_hour.median + polls.idle_down_bytes_an_hour.median;
  assert.ok(Math.abs(polls.idle_bytes_an_hour.median / both - 1) < 0.001);
  assert.ok(polls.idle_seconds > 1 && !polls.idle_bytes_an_hour.computed);
  // A run so short sees no ping of MQTT's.
  const mqtt = way('mqtt1').idle_bytes_an_hour;
  assert.deepEqual([mqtt.median, mqtt.computed], [240, true]);
  assert.equal(way('ws').tcp_ip_bytes.computed, true);
});

test('a cut: what was sent meanwhile is had afterwards, or is lost', async () => {
  const names = ['ws', 'sse', 'mqtt1'];
  const {way} = await compare('--for', '3s', '--cut', '1s:1s', '--readers', '2', ...names);
  assert.equal(way('ws').cut_lost_percent.median, 100);
  assert.ok(way('ws').cut_expected >= 18 && way('ws').cut_resumed === 0);
  for (const name of ['sse', 'mqtt1']) {
    assert.equal(way(name).cut_lost_percent.median, 0, name);
    assert.equal(way(name).cut_resumed, way(name).cut_expected, name);
  }
});

test('--hgrm writes the latencies of each way', async () => {
  const {way} = await compare('--for', '1s', '--readers', '2', '--hgrm', directory, 'sse', 'mqtt0');
  assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith('.hgrm')).sort(), ['mqtt0.hgrm', 'sse.hgrm']);
  const text = readFileSync(join(directory, 'sse.hgrm'), 'utf8');
  assert.match(text, /^ +Value +Percentile +TotalCount +1\/\(1-Percentile\)\n/);
  const [, max, count] = /Max += +([\d.]+), Total count += +(\d+)/.exec(text);
  assert.equal(Number(count), 20);
  assert.ok(Math.abs(Number(max) - way('sse').max_seconds.median * 1000) < 0.01);
});

test('errors of these are one line', async () => {
  const table = [
    [['--two-way', '--publishers', '2'], /^rtrelay: --(two-way|publishers) and --(two-way|publishers) /],
    [['--hgrm', '/nowhere'], /^rtrelay: --hgrm \/nowhere: cannot write there: /],
    [['--hgrm', '/dev/null'], /^rtrelay: --hgrm \/dev\/null: it is no directory$/m],
  ];
  for (const [args, text] of table) {
    const result = await run('rtrelay', ['compare', ...args]);
    assert.equal(result.code, 2, `${args}: ${result.stderr}`);
    assert.match(result.stderr, text);
    assert.equal(result.stderr.trimEnd().split('\n').length, 1);
  }
});
