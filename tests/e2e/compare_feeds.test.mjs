// rtrelay compare --at: feeds that exist, read at the same time.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {WebSocketServer} from 'ws';
import {defer, kDeadline, run, test} from './lib/harness.mjs';

const directory = mkdtempSync(join(tmpdir(), 'compare-feeds-'));

// Several ways one after the other, each for its time and what goes before it.
const kLong = {ms: 3 * kDeadline};

// Sends `text` of each tick by SSE at once, and over a WebSocket so much later.
async function feeds({every, later, text}) {
  const streams = new Set();
  const server = createServer((request, response) => {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    response.flushHeaders();
    streams.add(response);
  });
  const sockets = new WebSocketServer({server});
  let tick = 0;
  const timer = setInterval(() => {
    const number = ++tick;
    for (const stream of streams) stream.write(`data: ${text(number, 'sse')}\n\n`);
    setTimeout(() => {
      for (const socket of sockets.clients) socket.send(text(number, 'ws'));
    }, later);
  }, every);
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  defer(() => {
    clearInterval(timer);
    for (const socket of sockets.clients) socket.terminate();
    for (const stream of streams) stream.destroy();
    server.close();
  });
  const at = `127.0.0.1:${server.address().port}`;
  return [`sse+http://${at}/prices`, `ws://${at}/prices`];
}

async function watch(urls, ...args) {
  const file = join(directory, 'feeds.json');
  const result = await run('rtrelay', ['compare', ...urls.flatMap((url) => ['--at', url]), '--stats-json', file, ...args], kLong);
  assert.equal(result.code, 0, result.stderr);
  return {stdout: result.stdout, report: JSON.parse(readFileSync(file, 'utf8'))};
}

test('which feed brings the same message first, and how much earlier', async () => {
  const urls = await feeds({every: 50, later: 40, text: (number) => `price ${number}`});
  const {stdout, report} = await watch(urls, '--for', '3s');
  const [sse, ws] = report.feeds;
  assert.deepEqual([sse.name, ws.name], urls);
  assert.ok(report.shared >= 10, `${report.shared}`);
  assert.ok(sse.first_percent > 80, `${sse.first_percent}`);
  assert.equal(ws.shared, report.shared);
  // A timer fires late rather than early, and as late for both.
  assert.ok(sse.earlier_p50_seconds > 0.036 && sse.earlier_p50_seconds < 0.3, `${sse.earlier_p50_seconds}`);
  assert.ok(ws.behind_p50_seconds > 0.036 && ws.behind_p50_seconds < 0.3, `${ws.behind_p50_seconds}`);
  assert.ok(sse.rate > 3 && sse.rate < 21);
  assert.ok(sse.bytes_a_message >= 7 && sse.bytes_a_message <= 9);
  assert.equal(sse.ended, null);
  assert.match(stdout, /^2 feeds at the same time, for 3\.0 s\n1  sse\+http:/);
  assert.match(stdout, /^Feed 1 is the first with /m);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
});

test('the same by a part of it', async () => {
  const text = (number, transport) => JSON.stringify({id: number, by: transport});
  const urls = await feeds({every: 50, later: 20, text});
  const payload = await watch(urls, '--for', '1s');
  assert.equal(payload.report.shared, 0);
  assert.match(payload.stdout, /^No message came by more than one feed \(--same-by POINTER/m);
  const id = await watch(urls, '--for', '2s', '--same-by', '/id');
  assert.ok(id.report.shared >= 5, `${id.report.shared}`);
  assert.ok(id.report.feeds[0].first_percent > 80);
  const other = await watch(urls, '--for', '1s', '--same-by', '/nothing');
  assert.ok(other.report.keyless > 0);
  assert.match(other.stdout, /had nothing where --same-by points to\.$/m);
});

test('one feed alone, what comes again and again, and one that ends', async () => {
  const urls = await feeds({every: 50, later: 0, text: () => 'up'});
  const alone = await watch(urls.slice(0, 1), '--for', '1s');
  assert.equal(alone.report.feeds.length, 1);
  assert.ok(alone.report.feeds[0].messages > 2);
  const both = await watch(urls, '--for', '1s');
  assert.equal(both.report.shared, 0);
  assert.equal(both.report.repeated, 1);
  assert.match(both.stdout, /^1 payload came by one feed more than once, and cannot be told apart there\.$/m);
});

test('a feed that is not there is an error, and so is what does not go together', async () => {
  const table = [
    [['--at', 'sse+http://127.0.0.1:9/a'], 3, /^rtrelay: sse\+http:\/\/127\.0\.0\.1:9\/a: /],
    [['--at', 'file:/tmp/x'], 2, /^rtrelay: --at: not a feed's URL such as /],
    [['--at', 'https://example.com/'], 2, /^rtrelay: --at: /],
    [['--at', 'ws://h/', 'sse'], 2, /^rtrelay: --at compares feeds that exist: leave out sse/],
    [['--at', 'ws://h/', '--readers', '5'], 2, /--at and --readers|--readers and --at/],
    [['--same-by', '/id'], 2, /^rtrelay: --same-by needs --at/],
    [['--at', 'ws://h/', '--same-by', 'id'], 2, /^rtrelay: --same-by id: /],
  ];
  for (const [args, code, text] of table) {
    const result = await run('rtrelay', ['compare', ...args]);
    assert.equal(result.code, code, `${args}: ${result.stderr}`);
    assert.match(result.stderr, text);
    assert.equal(result.stdout, '');
  }
  const dry = await run('rtrelay', ['compare', '--dry-run', '--at', 'wss://u:secret@h/a', '--at', 'mqtt://b/t']);
  assert.equal(dry.stdout, 'watch for 3.0 s: wss://h/a mqtt://b/t\n');
});
