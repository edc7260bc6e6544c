// rtpoll at servers that say in each answer from where on to ask: small copies of what Telegram's
// Bot API, Matrix, CouchDB and Consul do, and nchan itself.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {curl} from './lib/curl.mjs';
import {run, start, test, Watched} from './lib/harness.mjs';
import {startNginx} from './lib/nginx.mjs';
import {HttpPeer} from './lib/peers.mjs';

const json = (response, value, headers = {}) => {
  response.writeHead(200, {'Content-Type': 'application/json', ...headers});
  response.end(JSON.stringify(value));
};
const query = (request) => new URL(request.url, 'http://x').searchParams;

// Holds a request until there is what it waits for, or who asked has gone.
function hold(watched, {socket}, condition) {
  socket.once('close', () => watched.changed());
  return watched.until(() => socket.destroyed || condition(), 'what a request waits for');
}

// A log that requests wait for; each entry has a position.
class Log extends Watched {
  entries = [];
  append(...values) {
    this.entries.push(...values);
    this.changed();
  }
  // Those after so many, waiting for one.
  async after(count, request) {
    await hold(this, request, () => this.entries.length > count);
    return this.entries.slice(count);
  }
}

// --- Telegram: getUpdates?offset=, the last update_id and one more ----------------------------
async function telegram(log, {breaks = () => false} = {}) {
  const kFirst = 7000;
  return HttpPeer.start(async (request, response) => {
    const offset = Number(query(request).get('offset') ?? kFirst);
    const news = await log.after(Math.max(0, offset - kFirst), request);
    const result = news.slice(0, 3).map((text, i) => ({
      update_id: Math.max(offset, kFirst) + i, message: {text}}));
    if (!breaks()) return json(response, {ok: true, result});
    response.writeHead(200, {'Content-Length': '9999'});
    response.write('{"ok":true,"result":[{"update_id":7000,', () => request.socket.destroy());
  });
}

const kUpdates = ['--items', '/result', '--cursor', '/result/*/update_id+1',
                  '--cursor-param', 'offset', '--select', '/message/text'];

test('Telegram: each update once, the next offset is the last and one', async () => {
  const log = new Log();
  log.append('a', 'b', 'c', 'd');
  const peer = await telegram(log);
  const program = start('rtpoll', ['sub', peer.at('/bot/getUpdates?timeout=30'), ...kUpdates,
                                   '-n', '6']);
  await program.waitForLines(4);
  log.append('e');
  await program.waitForLines(5);
  log.append('f');
  assert.equal((await program.waitExit()).code, 0);
  assert.deepEqual(program.lines(), ['a', 'b', 'c', 'd', 'e', 'f']);
  const offsets = peer.requests.map((request) => query(request).get('offset'));
  assert.deepEqual(offsets.slice(0, 4), [null, '7003', '7004', '7005']);
  assert.ok(peer.requests.every((request) => query(request).get('timeout') === '30'));
});

test('Telegram: over answers that break nothing is lost and nothing comes twice', async () => {
  const log = new Log();
  const texts = Array.from({length: 12}, (_, i) => `m${i}`);
  log.append(...texts);
  let asked = 0;
  const peer = await telegram(log, {breaks: () => ++asked % 2 === 0});
  const {code, lines} = await run('rtpoll', ['sub', peer.at('/bot/getUpdates?offset=7000'),
                                             ...kUpdates, '--interval', '20ms', '-n', '12',
                                             '--retry-max-delay', '50ms']);
  assert.equal(code, 0);
  assert.deepEqual(lines, texts);
});

// --- Matrix: /sync?since=next_batch ------------------------------------------------------------
test('Matrix: next_batch is the next since', async () => {
  const log = new Log();
  log.append('one', 'two');
  const peer = await HttpPeer.start(async (request, response) => {
    const at = Number((query(request).get('since') ?? 's0').slice(1));
    const events = (await log.after(at, request)).map((body, i) => ({event_id: `$${at + i}`, body}));
    json(response, {next_batch: `s${at + events.length}`,
                    rooms: {join: {'!r:x': {timeline: {events}}}}});
  });
  const program = start('rtpoll', [
    'sub', peer.at('/_matrix/client/v3/sync?timeout=30000'), '--long', '--cursor', '/next_batch',
    '--cursor-param', 'since', '--items', '/rooms/join/!r:x/timeline/events', '--item-key',
    '/event_id', '--json', '-n', '3']);
  await program.waitForLines(2);
  log.append('three');
  assert.equal((await program.waitExit()).code, 0);
  const messages = program.lines().map((line) => JSON.parse(line));
  assert.deepEqual(messages.map((message) => message.id), ['$0', '$1', '$2']);
  assert.deepEqual(messages.map((message) => JSON.parse(message.data).body),
                   ['one', 'two', 'three']);
  assert.deepEqual(peer.requests.slice(0, 3).map((request) => query(request).get('since')),
                   [null, 's2', 's3'].slice(0, peer.requests.length));
});

// --- CouchDB: _changes?feed=longpoll&since=last_seq --------------------------------------------
test('CouchDB: last_seq is the next since, and an answer that is only longer waiting is no news',
     async () => {
  const log = new Log();
  log.append('doc1');
  let idle = 0;
  const peer = await HttpPeer.start(async (request, response) => {
    const at = Number((query(request).get('since') ?? '0').split('-')[0]);
    // As with a timeout that passes: no results, and the same last_seq.
    if (log.entries.length <= at && idle++ < 2)
      return json(response, {results: [], last_seq: `${at}-g1AAAA==`, pending: 0});
    response.writeHead(200, {'Content-Type': 'application/json'});
    response.write('{"results":[\n');
    const results = (await log.after(at, request)).map((id, i) => ({seq: `${at + i + 1}-x`, id}));
    response.write('\n');  // a heartbeat
    response.end(results.map((result) => JSON.stringify(result)).join(',\n') +
                 `\n],\n"last_seq":"${at + results.length}-g1AAAA==","pending":0}\n`);
  });
  const program = start('rtpoll', [
    'sub', peer.at('/db/_changes?feed=longpoll&since=0'), '--interval', '20ms', '--cursor',
    '/last_seq', '--cursor-param', 'since', '-n', '2']);
  await program.waitForLines(1);
  await peer.waitForRequests(4);
  log.append('doc2');
  assert.equal((await program.waitExit()).code, 0);
  const ids = program.stdout.match(/"id":"doc\d"/g);
  assert.deepEqual(ids, ['"id":"doc1"', '"id":"doc2"']);
  const sinces = peer.requests.map((request) => query(request).getAll('since'));
  assert.deepEqual(sinces.slice(0, 4), [['0'], ...Array(3).fill(['1-g1AAAA=='])]);
  assert.match(peer.requests[1].url, /since=1-g1AAAA%3D%3D/);
});

test('CouchDB: the lines of feed=continuous', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.writeHead(200, {'Content-Type': 'application/json'});
    response.write('{"seq":"1-x","id":"a"}\n\n{"seq":"2-x","id":"b"}\n\n');
  });
  const {lines} = await run('rtpoll', ['sub', peer.at('/db/_changes?feed=continuous'),
                                       '--select', '/id', '-n', '2']);
  assert.deepEqual(lines, ['a', 'b']);
});

// --- Consul: X-Consul-Index, ?index= -----------------------------------------------------------
test('Consul: a blocking query; the same index is no news; one that went back begins anew',
     async () => {
  let state = {index: 10, value: 'a'};
  const watched = new Watched();
  const set = (next) => {
    state = next;
    watched.changed();
  };
  let timesOut = true;
  const peer = await HttpPeer.start(async (request, response) => {
    const index = query(request).get('index');
    if (index === String(state.index) && !timesOut)
      await hold(watched, request, () => index !== String(state.index));
    if (index) timesOut = false;
    json(response, [{Key: 'k', Value: state.value}], {'X-Consul-Index': String(state.index)});
  });
  const program = start('rtpoll', [
    'sub', peer.at('/v1/kv/k?wait=5m'), '--interval', '20ms', '--cursor', 'header:X-Consul-Index',
    '--cursor-param', 'index', '--select', '/0/Value', '-n', '3']);
  await program.waitForLines(1);
  await peer.waitForRequests(3);
  set({index: 12, value: 'b'});
  await program.waitForLines(2);
  await peer.waitForRequests(4);
  set({index: 3, value: 'c'});
  assert.equal((await program.waitExit()).code, 0);
  assert.deepEqual(program.lines(), ['a', 'b', 'c']);
  const sent = peer.requests.map((request) => query(request).get('index'));
  assert.deepEqual(sent.slice(0, 4), [null, '10', '10', '12']);
});

// --- Prefer: wait ------------------------------------------------------------------------------
test('Prefer: a server that says that it waits is asked again at once', async () => {
  let n = 0;
  const peer = await HttpPeer.start((request, response) => {
    const applied = request.headers.prefer ? {'Preference-Applied': request.headers.prefer} : {};
    response.writeHead(200, applied).end(`${++n}`);
  });
  const args = ['sub', peer.at(), '--long', '--interval', '1h', '-n', '4', '--timeout', '20s'];
  // After the first answer, which was not asked to wait, the interval would be an hour.
  assert.equal((await run('rtpoll', [...args, '-H', 'Prefer: wait=30'])).code, 0);
});

// --- nchan, the real one -----------------------------------------------------------------------
const kNchan = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules']
                   .map((directory) => join(directory, 'ngx_nchan_module.so'))
                   .find(existsSync);

async function nchan() {
  const nginx = await startNginx(`
    location = /pub { nchan_publisher; nchan_channel_id c; nchan_message_buffer_length 100; }
    location = /sub { nchan_subscriber longpoll; nchan_channel_id c;
      nchan_subscriber_first_message oldest; nchan_subscriber_timeout 1s; }`,
                                 {first: `load_module ${kNchan};`});
  const at = (where) => nginx.at(`/${where}`);
  return {at, publish: (text) => curl(at('pub'), ['--data-binary', text])};
}

test('nchan: every message once, in order, over timeouts', async () => {
  const server = await nchan();
  const texts = ['a', 'a', 'b', 'a', 'a'];
  for (const text of texts) await server.publish(text);
  const program = start('rtpoll', ['sub', server.at('sub'), '--long', '-v', '-n', '7',
                                   '--interval', '50ms']);
  await program.waitForLines(5);
  // Its 408 or 304 when the second has passed.
  await program.waitForLine(/< HTTP\/1.1 (304|408)/, 'stderr');
  await server.publish('late');
  await program.waitForLines(6);
  await server.publish('late');
  assert.equal((await program.waitExit()).code, 0);
  assert.deepEqual(program.lines(), [...texts, 'late', 'late']);
}, {notHere: kNchan ? undefined : 'no nchan: scripts/setup --test installs it where Debian has it'});
