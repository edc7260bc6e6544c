// rtrelay compare: the transports measured side by side.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {run, test} from './lib/harness.mjs';

const directory = mkdtempSync(join(tmpdir(), 'compare-'));

// The table and the report of a run.
async function compare(...args) {
  const file = join(directory, 'report.json');
  const result = await run('rtrelay', ['compare', '--rounds', '1', '--stats-json', file, ...args]);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stderr, '');
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const way = (name) => report.ways.find((one) => one.way === name);
  return {stdout: result.stdout, report, way};
}

test('all ways have every message, and what each costs is in the table and the report', async () => {
  const names = ['poll-cursor', 'long-poll', 'sse', 'ws', 'ws-hub', 'mqtt0', 'mqtt1', 'mqtt2'];
  const {stdout, report, way} = await compare('--for', '1s', '--readers', '3', '--poll-every', '200ms', ...names);
  assert.equal(report.version, 1);
  assert.deepEqual(report.ways.map((one) => one.way), names);
  for (const name of names) {
    const one = way(name);
    assert.deepEqual([one.sent, one.expected, one.delivered], [10, 30, 30], name);
    assert.equal(one.lost_percent.median, 0);
    assert.equal(one.doubled.median, 0);
    assert.equal(one.out_of_order.median, 0);
    assert.ok(one.down_bytes.median > 200 && one.down_bytes.median < 2000, `${name}: ${one.down_bytes.median}`);
    assert.ok(one.p50_seconds.median > 0 && one.p50_seconds.median <= one.max_seconds.median);
    assert.ok(one.server_cpu_seconds.median > 0);
    assert.equal(one.connections.median, 3);
  }
  // A frame's head and an event's field; nothing is asked for again.
  assert.equal(way('ws').down_bytes.median, 204);
  assert.ok(way('sse').up_bytes.median === 0 && way('long-poll').up_bytes.median > 50);
  const lines = stdout.split('\n');
  for (const line of lines) assert.ok(line.length <= 100, line);
  assert.match(lines[0], /^200 bytes, 10 messages a second, 3 readers, network none$/);
  assert.match(stdout, /^half within, ms +\d/m);
});

test('who polls for the latest message loses the others', async () => {
  const {way} = await compare('--for', '2s', '--rate', '20/s', '--readers', '2', '--poll-every', '500ms', 'poll');
  const {lost_percent: lost, delivered} = way('poll');
  assert.ok(lost.median >= 70 && lost.median < 100, `${lost.median}`);
  assert.ok(delivered >= 4);
});

test('a network is what was asked for, and the message is the user\'s own', async () => {
  const file = join(directory, 'reading.json');
  writeFileSync(file, '{"temperature":21.5}\n');
  const {way, report, stdout} =
      await compare('--for', '1s', '--message', `@${file}`, '--network', 'rtt=100ms', '--readers', '2', 'ws', 'sse');
  assert.equal(report.conditions.network, 'rtt=100ms');
  assert.equal(report.conditions.message_bytes, 29);
  for (const name of ['ws', 'sse']) assert.ok(way(name).p50_seconds.least >= 0.05, name);
  assert.equal(way('ws').down_bytes.median, 31);
  assert.match(stdout, /network\s+is\s+played\s+by\s+a\s+proxy/);
});

test('a cut loses what the transport must lose, and no more', async () => {
  // For so long that all have come back, however long they pause.
  const cut = ['--for', '6s', '--cut', '1s:1s', '--readers', '2'];
  const some = await compare(...cut, 'ws', 'mqtt0');
  const others = await compare(...cut, 'sse', 'ws-hub', 'mqtt1');
  const way = (name) => some.way(name) ?? others.way(name);
  for (const name of ['ws', 'mqtt0']) assert.ok(way(name).lost_percent.median >= 12, name);
  for (const name of ['sse', 'ws-hub', 'mqtt1']) assert.equal(way(name).lost_percent.median, 0, name);
  for (const name of ['ws', 'sse', 'mqtt1']) {
    assert.ok(way(name).connections.median >= 4, name);
    assert.ok(way(name).back_seconds.median >= 0, name);
  }
});

test('errors are one line', async () => {
  const table = [
    [['xmpp'], 2, /^rtrelay: no way to compare is called xmpp: poll, poll-cursor, /],
    [['--network', '5g'], 2, /^rtrelay: --network 5g: '5g' is no network: /],
    [['--cut', '10s'], 2, /^rtrelay: --cut 10s: not a cut such as 10s:2s/],
    [['--cut', '10s:1s'], 2, /^rtrelay: --cut comes after 10s, when --for has ended: 3s/],
    [['--message', '3'], 2, /^rtrelay: --message 3: from 9 bytes to 4MiB/],
    [['--message', '@/nowhere'], 2, /^rtrelay: --message @\/nowhere: cannot read: /],
    [['--readers', '10001'], 2, /^rtrelay: --readers: at most 10000/],
    [['--rate', '1000000/s'], 2, /^rtrelay: more than 10000000 messages a round/],
  ];
  for (const [args, code, text] of table) {
    const result = await run('rtrelay', ['compare', ...args]);
    assert.equal(result.code, code, `${args}: ${result.stderr}`);
    assert.match(result.stderr, text);
    assert.equal(result.stderr.trimEnd().split('\n').length, 1);
    assert.equal(result.stdout, '');
  }
});

test('--dry-run says what would be measured', async () => {
  const result = await run('rtrelay', ['compare', '--dry-run', '--readers', '5', 'sse', 'ws']);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /^measure sse ws: 200 bytes, 10 messages a second, 5 readers, network none\n3 rounds of 3\.0 s\n$/);
});
