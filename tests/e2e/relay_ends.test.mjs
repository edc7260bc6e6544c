// What rtrelay's ends do with messages: what a sink refuses, what a command makes of them, how they are posted,
// where files are moved away, and where a source went on.
import assert from 'node:assert/strict';
import {appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {publish} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, eventually, kNotLinux, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

let hub;
let broker;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
  broker = await startMosquitto({
    more: ['log_type all', 'acl_file DIR/acl'],
    files: {acl: 'topic readwrite #\ntopic deny no/#\ntopic read no/#\n'},
  });
});

let names = 0;
const unique = (name) => `${name}${++names}`;

function directory() {
  const path = mkdtempSync(join(tmpdir(), 'rtrelay-ends-'));
  defer(() => rmSync(path, {recursive: true, force: true}));
  return path;
}

const lines = (path) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []);

// A server that takes what is posted; `answer(body)` may give another status than 200.
async function hook(answer = () => undefined, options = {}) {
  const peer = await HttpPeer.start((request, response, body) => {
    const other = answer(body.toString(), peer.requests.length);
    response.writeHead(other?.status ?? 200, other?.headers ?? {});
    response.end();
  }, options);
  return peer;
}
const bodies = (peer) => peer.requests.map((request) => request.body.toString());

// --- what a sink refuses -----------------------------------------------------------------------
test('one message that is answered with 500 again and again is passed over, named, and 9', async () => {
  const peer = await hook((body) => (body === 'bad' ? {status: 500} : undefined));
  const {code, stderr} = await run('rtrelay', ['-', peer.at('/hook'), '--retry-max-delay', '50ms'],
                                   {input: 'a\nbad\nb\n'});
  assert.equal(code, 9, stderr);
  assert.deepEqual(bodies(peer).filter((body) => body !== 'bad'), ['a', 'b']);
  assert.equal(bodies(peer).filter((body) => body === 'bad').length, 5);
  assert.match(stderr, /messages skipped \(HTTP 500 Internal Server Error\): 1/);
});

test('a server that answers all with 500 loses one message, and the others wait for it', async () => {
  let ill = true;
  const peer = await hook(() => (ill ? {status: 500} : undefined));
  const relay = start('rtrelay', ['-', peer.at('/hook'), '--retry-max-delay', '30ms']);
  relay.child.stdin.end('a\nb\nc\n');
  await peer.until(() => peer.requests.length > 20, 'twenty attempts');
  ill = false;
  await relay.waitExit();
  assert.equal(relay.ended.code, 9, relay.stderr);
  const after = bodies(peer).slice(-2);
  assert.deepEqual(after, ['b', 'c']);
  assert.match(relay.stderr, /messages skipped .*: 1\n/);
});

test('a topic that the broker denies is named, and the others go on', async () => {
  const reader = start('mosquitto_sub', ['-p', broker.port, '-i', 'denied', '-t', 'ok/#', '-F', '%t %p', '-C', '2'], {stdin: null});
  await broker.waitForLine(/Sending SUBACK to denied$/, 'stderr');
  const input = ['/ok/a', '/no/b', '/ok/c'].map((channel, i) => `${JSON.stringify({channel, data: `${i}`})}\n`).join('');
  const {code, stderr} = await run('rtrelay', ['--json', '-', broker.at('')], {input});
  assert.equal(code, 9, stderr);
  assert.match(stderr, /messages skipped \(a message to 'no\/b' was not taken by the broker: not authorized\): 1/);
  await reader.waitExit();
  assert.deepEqual(reader.stdout.trim().split('\n'), ['ok/a 0', 'ok/c 2']);
  // Where all go to one topic, it is the end that is refused.
  const all = await run('rtrelay', ['--json', '-', broker.at('no/x')], {input});
  assert.equal(all.code, 5, all.stderr);
});

test('--dead-letter takes what is refused, with the reason, and it is no loss', async () => {
  const file = join(directory(), 'dead');
  const peer = await hook((body) => (body === 'bad' ? {status: 422} : undefined));
  const {code, stderr} = await run('rtrelay', ['--json', '--dead-letter', `file:${file}`, '-', peer.at('/hook')], {
    input: '{"channel":"/a","data":"x"}\n{"channel":"/b","data":"bad","content_type":"text/csv"}\n'});
  assert.equal(code, 0, stderr);
  assert.equal(lines(file).length, 1);
  const letter = JSON.parse(lines(file)[0]);
  assert.equal(letter.channel, '/b');
  assert.equal(letter.data, 'bad');
  assert.equal(letter.content_type, 'text/csv');
  assert.equal(letter.refused_by, peer.at('/hook'));
  assert.match(letter.reason, /^HTTP 422/);

  // It is an end, with options of its own, and what it holds can be sent again.
  const dead = await hook();
  const second = await run('rtrelay', ['--json', '-', broker.at(''), '--dead-letter', dead.at('/d'), '-H', 'X-Key: 1'],
                           {input: '{"channel":"/no/b","data":"y"}\n'});
  assert.equal(second.code, 0, second.stderr);
  assert.equal(dead.requests.length, 1);
  assert.equal(dead.requests[0].headers['x-key'], '1');
  assert.match(JSON.parse(dead.requests[0].body).reason, /not authorized/);
});

test('many topics into one place: what is lost is said', async () => {
  const relay = start('rtrelay', [broker.at('lab/#'), hub.at('/one', 'ws')], {stdin: null});
  await relay.waitForLine(/all topics go into one, and which one a message had is lost \(--envelope/, 'stderr');
  relay.kill('SIGINT');
  await relay.waitExit();
});

test('a command that answers with envelopes of its own is told why they are dropped', async () => {
  const relay = start('rtrelay', ['--both', '--json', '-', 'exec:cat']);
  relay.child.stdin.write('{"data":"x"}\n');
  await relay.waitForLine(/exec:cat: dropped, because they had been passed on from here .*via.*: 1/, 'stderr');
  relay.kill('SIGINT');
  await relay.waitExit();
});

// --- commands as sinks -------------------------------------------------------------------------
test('an idle relay notices that its command has died', async () => {
  const relay = start('rtrelay', [broker.at('ok/idle'), 'exec:echo $$ >&2; exec sleep 600'], {stdin: null});
  const pid = await relay.waitForLine(/^\d+$/, 'stderr');
  process.kill(Number(pid), 'SIGKILL');
  const {code} = await relay.waitExit();
  assert.equal(code, 8, relay.stderr);
  assert.match(relay.stderr, /exec: .*killed by SIGKILL/);
});

test('what a command had not read when it died comes again', async () => {
  const topic = `ok/${unique('exec')}`;
  const id = unique('client');
  const out = join(directory(), 'out');
  const ends = [broker.at(topic), '--client-id', id, '--qos', '1'];
  const relay = start('rtrelay', [...ends, `exec:read x; echo "$x" >> ${out}; exec sleep 600`], {stdin: null});
  await broker.waitForLine(new RegExp(`Sending SUBACK to ${id}$`), 'stderr');
  // More than the shell reads at once.
  const all = Array.from({length: 2000}, (_, i) => `${i} ${'x'.repeat(60)}`);
  const sent = await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-q', '1', '-l'], {input: `${all.join('\n')}\n`});
  assert.equal(sent.code, 0);
  await eventually(() => lines(out).length === 1, 'the first line');
  relay.kill('SIGKILL');
  await relay.waitExit();
  const again = start('rtrelay', [...ends, `exec:cat >> ${out}`], {stdin: null});
  await eventually(() => lines(out).includes(all.at(-1)), 'the last line');
  again.kill('SIGINT');
  await again.waitExit();
  assert.deepEqual(all.filter((line) => !lines(out).includes(line)), []);
});

test('--ack-by line: a command says itself when it has a message', async () => {
  const good = await run('rtrelay', ['-', 'exec:while read x; do echo "done $x"; done', '--ack-by', 'line'], {input: '1\n2\n3\n'});
  assert.equal(good.code, 0, good.stderr);
  assert.equal(good.stdout, '');
  const bad = await run('rtrelay', ['-', 'exec:read x; echo done; sleep 0.2', '--ack-by', 'line'], {input: '1\n2\n3\n'});
  assert.equal(bad.code, 9, bad.stderr);
  assert.match(bad.stderr, /2 messages were not answered/);
});

// --- POST --------------------------------------------------------------------------------------
test('the topic in the URL, in a header, in an envelope; no request but POST', async () => {
  const peer = await hook();
  const topic = `ok/${unique('post')}/grün ä`;
  await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-m', 'x', '-r', '-q', '1']);
  const filter = topic.replace(/\/[^/]*$/, '/#');
  const {code, stderr} = await run('rtrelay', ['-n', '1', broker.at(filter), peer.at('/hook/%c'), peer.at('/hook?topic=%c&x=1'),
                                               peer.at('/h'), '--topic-header', 'X-Topic', peer.at('/e'), '--envelope', '--retain=no']);
  assert.equal(code, 0, stderr);
  const of = (prefix) => peer.requests.filter((request) => request.url.startsWith(prefix));
  assert.deepEqual([...new Set(peer.requests.map((request) => request.method))].sort(), ['POST', 'PUT']);
  assert.equal(of('/hook/')[0].url, `/hook/${encodeURI(topic)}`);
  assert.equal(of('/hook?')[0].url, `/hook?topic=${encodeURIComponent(topic)}&x=1`);
  assert.equal(of('/h')[0].headers['x-topic'] !== undefined || of('/h').some((r) => r.headers['x-topic']), true);
  const envelope = JSON.parse(of('/e')[0].body);
  assert.equal(envelope.data, 'x');
  assert.equal(decodeURI(envelope.channel), `/${topic}`);
  assert.equal(of('/e')[0].method, 'POST');
  await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-n', '-r', '-q', '1']);
});

test('a hook that is not there yet is waited for, and one that is away', async () => {
  const port = await freePort();
  const relay = start('rtrelay', ['-', `http://127.0.0.1:${port}/hook`, '--retry-max-delay', '100ms']);
  relay.child.stdin.end('a\nb\n');
  await relay.waitForLine(/Connection refused; trying again/, 'stderr');
  const peer = await hook(undefined, {port});
  assert.equal((await relay.waitExit()).code, 0, relay.stderr);
  assert.deepEqual(bodies(peer), ['a', 'b']);
});

test('429 and 503 with Retry-After are kept to, and the key of a message stays the same', async () => {
  const waits = [{status: 429, headers: {'Retry-After': '1'}}, {status: 503, headers: {'Retry-After': '1'}}];
  const peer = await hook(() => waits.shift());
  const {code, stderr} = await run('rtrelay', ['-', peer.at('/hook'), '--retry-max-delay', '10ms'], {input: 'a\nb\n'});
  assert.equal(code, 0, stderr);
  assert.deepEqual(bodies(peer), ['a', 'a', 'a', 'b']);
  const times = peer.requests.map((request) => request.at);
  assert.ok(times[1] - times[0] >= 990 && times[2] - times[1] >= 990, times.join(' '));
  const keys = peer.requests.map((request) => request.headers['idempotency-key']);
  assert.match(keys[0], /^"[0-9a-v]{26}"$/);
  assert.deepEqual(keys.slice(0, 3), [keys[0], keys[0], keys[0]]);
  assert.notEqual(keys[3], keys[0]);
});

test('--batch: a line each, so many at once or those of a time', async () => {
  const peer = await hook();
  const input = Array.from({length: 7}, (_, i) => `${i}\n`).join('');
  const {code, stderr} = await run('rtrelay', ['-', peer.at('/b'), '--batch', '3'], {input});
  assert.equal(code, 0, stderr);
  assert.equal(bodies(peer).join(''), input);
  assert.deepEqual(bodies(peer).map((body) => body.split('\n').length - 1), [3, 3, 1]);

  const slow = await hook();
  const relay = start('rtrelay', ['exec:for i in 1 2 3; do echo $i; sleep 0.05; done; exec sleep 600', slow.at('/b'), '--batch',
                                  '100,1s', '--envelope'], {stdin: null});
  await slow.until(() => slow.requests.length === 1, 'a request');
  assert.equal(slow.requests[0].headers['content-type'], 'application/x-ndjson');
  assert.deepEqual(bodies(slow)[0].trim().split('\n').map((line) => JSON.parse(line).data), ['1', '2', '3']);
  relay.kill('SIGINT');
  await relay.waitExit();
});

test('--rate: no faster', async () => {
  const peer = await hook();
  const begun = Date.now();
  const {code, stderr} = await run('rtrelay', ['-', peer.at('/r'), '--rate', '20/s'], {input: '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n'});
  assert.equal(code, 0, stderr);
  assert.equal(peer.requests.length, 11);
  assert.ok(Date.now() - begun >= 480, `${Date.now() - begun} ms`);
});

// --- what is sent ------------------------------------------------------------------------------
test('--transform: a line in, a line out; started again when it dies, and nothing is lost', async () => {
  const upper = await run('rtrelay', ['-', '-', '--transform', 'sed -u s/^/x/'], {input: 'a\nb\nc\n'});
  assert.equal(upper.code, 0, upper.stderr);
  assert.deepEqual(upper.lines, ['xa', 'xb', 'xc']);

  // It dies at each fourth line that it reads, and leaves out what is odd.
  const path = join(directory(), 'four.sh');
  writeFileSync(path, 'n=0; while read x; do n=$((n+1)); [ $n = 4 ] && exit 3; [ $((x%2)) = 1 ] && echo || echo "<$x>"; done\n');
  const dying = await run('rtrelay', ['-', '-', '--transform', `sh ${path}`], {input: '1\n2\n3\n4\n5\n6\n7\n8\n'});
  assert.equal(dying.code, 0, dying.stderr);
  assert.deepEqual(dying.lines, ['<2>', '<4>', '<6>', '<8>']);
  assert.match(dying.stderr, /the command of --transform: exit status 3; started again in/);
});

test('--transform: a message that it dies of is refused, with the others sent', async () => {
  const file = join(directory(), 'dead');
  const path = join(directory(), 'poison.sh');
  writeFileSync(path, 'while read x; do [ "$x" = poison ] && exit 1; echo "$x"; done\n');
  const {code, lines: out, stderr} = await run(
      'rtrelay', ['-', '-', '--transform', `sh ${path}`, '--dead-letter', `file:${file}`], {input: 'a\npoison\nb\n'});
  assert.equal(code, 0, stderr);
  assert.deepEqual(out, ['a', 'b']);
  assert.match(JSON.parse(lines(file)[0]).reason, /died of it again and again/);
  const missing = await run('rtrelay', ['-', '-', '--transform', 'no-such-program-here'], {input: 'a\n'});
  assert.equal(missing.code, 2, missing.stderr);
});

test('--transform: a command that gathers its output is told', async () => {
  const relay = start('rtrelay', ['-', '-', '--transform', 'tr a-z A-Z']);
  relay.write('a\n');
  await relay.waitFor((p) => /the command of --transform has not answered for 5.0 s/.test(p.stderr));
  relay.kill('SIGKILL');
  await relay.waitExit();
});

test('--pick, --each-key, --set-property, --set-content-type, --retain', async () => {
  const base = `ok/${unique('set')}`;
  const reader = start('mosquitto_sub', ['-V', 'mqttv5', '-p', broker.port, '-i', base, '-t', `${base}/#`, '-F', '%t %r %C %P %p', '-C', '2'],
                       {stdin: null});
  await broker.waitForLine(new RegExp(`Sending SUBACK to ${base}$`), 'stderr');
  const input = `${JSON.stringify({channel: `/${base}`, data: '{"deep":{"temp":21.5,"name":"a b"},"x":1}', retain: true, properties: {a: '1', b: '2'}})}\n`;
  const {code, stderr} = await run('rtrelay', ['-', '--json', broker.at(''), '--pick', '/deep', '--each-key', '', '--retain=no',
                                               '--set-property', 'a=9', '--set-content-type', 'text/plain'], {input});
  assert.equal(code, 0, stderr);
  await reader.waitExit();
  assert.deepEqual(reader.stdout.trim().replace(/ rt-via:\w+/g, '').split('\n'),
                   [`${base}/temp 0 text/plain b:2 a:9 21.5`, `${base}/name 0 text/plain b:2 a:9 a b`]);
});

test('--select and --where at a source, and at one sink alone', async () => {
  const [a, b] = [join(directory(), 'a'), join(directory(), 'b')];
  const {code, stderr} = await run('rtrelay', ['--where', '/n>1', '-', `file:${a}`, `file:${b}`, '--select', '/n', '--where', '/n<4'],
                                   {input: '{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n'});
  assert.equal(code, 0, stderr);
  assert.deepEqual(lines(a), ['{"n":2}', '{"n":3}', '{"n":4}']);
  assert.deepEqual(lines(b), ['2', '3']);
});

test('what a source leaves out is acknowledged, too', async () => {
  const topic = `ok/${unique('sel')}`;
  const id = unique('client');
  const ends = [broker.at(topic), '--client-id', id, '--where', '/n=2'];
  const relay = start('rtrelay', [...ends, '-'], {stdin: null});
  await broker.waitForLine(new RegExp(`Sending SUBACK to ${id}$`), 'stderr');
  await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-q', '1', '-l'], {input: '{"n":1}\n{"n":2}\n{"n":3}\n'});
  await relay.waitForLines(1);
  relay.kill('SIGINT');
  await relay.waitExit();
  const again = start('rtrelay', [...ends, '--where', '/n>0', '-'], {stdin: null});
  await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-q', '1', '-m', '{"n":2,"last":1}']);
  await again.waitForLines(1);
  assert.deepEqual(again.lines(), ['{"n":2,"last":1}']);
  again.kill('SIGINT');
  await again.waitExit();
});

test('killed again and again in a backlog: nothing is lost, and few messages come twice', async () => {
  const kMessages = 20_000;
  const kKills = 3;
  const kMostDoubles = 100;  // of a kill: the window of a broker is 20, what is committed together 16
  const [from, to] = [await startMosquitto(), await startMosquitto()];
  const out = join(directory(), 'out');
  const sub = start('rtmqtt', ['sub', '--qos', '1', '-o', out, to.at('t/x')], {stdin: null});
  const ends = ['--qos', '1', from.at('t/#'), '--client-id', unique('killed'), '--session-expiry', '1h',
                `mqtt://127.0.0.1:${to.port}`];
  const runs = async (...wanted) => {
    const relay = start('rtrelay', ends, {stdin: null});
    await eventually(...wanted);
    relay.kill('SIGKILL');
    await relay.waitExit();
  };
  let probes = 0;
  await runs(async () => {
    await run('mosquitto_pub', ['-p', from.port, '-t', 't/x', '-q', '1', '-m', `probe${++probes}`]);
    return lines(out).length > 0;
  }, 'the relay');
  const numbers = Array.from({length: kMessages}, (_, i) => String(i));
  await run('rtmqtt', ['pub', '--qos', '1', from.at('t/x')], {input: `${numbers.join('\n')}\n`});
  const came = () => lines(out).filter((line) => !line.startsWith('probe'));
  for (let i = 1; i <= kKills; ++i)
    await runs(() => came().length >= (i * kMessages) / 5, `${i} fifths of the backlog`);
  await runs(() => came().at(-1) === numbers.at(-1), 'the last message');
  sub.kill('SIGINT');
  await sub.waitExit();
  const all = came();
  assert.deepEqual([...new Set(all)], numbers);
  assert.ok(all.length - kMessages <= kKills * kMostDoubles, `${all.length - kMessages} came twice`);
});

// --- requests and ways of sources --------------------------------------------------------------
test('-d and -X: a stream that answers a request, once', async () => {
  const peer = await HttpPeer.start((request, response, body) => {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    response.end(`data: ${request.method} ${body}\n\n`);
  });
  const {code, lines: out, stderr} = await run('rtrelay', [`sse+${peer.at('/q')}`, '-d', 'question', '-'], {stdin: null});
  assert.equal(code, 0, stderr);
  assert.deepEqual(out, ['POST question']);
  assert.equal(peer.requests.length, 1);
});

test('--state: the next run goes on where the sinks were', async () => {
  const channel = `/${unique('state')}`;
  const state = join(directory(), 'state');
  for (const [scheme, more] of [['sse+http', []], ['poll+http', ['--interval', '50ms']], ['ws', ['--hub']]]) {
    const at = `${channel}-${scheme.slice(0, 3)}`;
    const file = `${state}-${scheme}`;
    await publish(hub.at(at), '1');
    const args = [hub.at(at, scheme), '--since', '', '--state', file, ...more, '-'];
    const first = await run('rtrelay', ['-n', '1', ...args], {stdin: null});
    assert.deepEqual(first.lines, ['1'], first.stderr);
    await publish(hub.at(at), '2');
    const second = await run('rtrelay', ['-n', '1', ...args], {stdin: null});
    assert.deepEqual(second.lines, ['2'], second.stderr);
  }
});

// --- files -------------------------------------------------------------------------------------
test('a file that is moved away is made anew, at SIGHUP as without', async () => {
  const file = join(directory(), 'log');
  const relay = start('rtrelay', ['-', `file:${file}`]);
  relay.child.stdin.write('1\n');
  await eventually(() => lines(file).length === 1, 'the first line');
  renameSync(file, `${file}.1`);
  relay.kill('SIGHUP');
  relay.child.stdin.write('2\n');
  await eventually(() => lines(file).length === 1, 'the second line');
  renameSync(file, `${file}.2`);
  relay.child.stdin.end('3\n');
  assert.equal((await relay.waitExit()).code, 0, relay.stderr);
  assert.deepEqual([lines(`${file}.1`), lines(`${file}.2`), lines(file)], [['1'], ['2'], ['3']]);
});

test('--rotate: so long, and so many', async () => {
  const file = join(directory(), 'log');
  const relay = start('rtrelay', ['-', `file:${file}`, '--rotate', '10:2']);
  const all = ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff', 'gggg'];
  for (const [i, line] of all.entries()) {
    relay.child.stdin.write(`${line}\n`);
    await eventually(() => lines(file).at(-1) === line, `line ${i}`);
  }
  relay.child.stdin.end();
  assert.equal((await relay.waitExit()).code, 0, relay.stderr);
  assert.deepEqual([lines(`${file}.2`), lines(`${file}.1`), lines(file)], [['cccc', 'dddd'], ['eeee', 'ffff'], ['gggg']]);
  assert.ok(!existsSync(`${file}.3`));
});

test('a full disk is told and waited for: whole lines, all of them, once', async () => {
  const file = join(directory(), 'log');
  const relay = start('rtrelay', ['-', `file:${file}`]);
  const room = (bytes) => run('prlimit', [`--fsize=${bytes}:unlimited`, '--pid', relay.child.pid]);
  const all = Array.from({length: 30}, (_, i) => `line ${i}`);
  relay.write('line 0\n');
  await eventually(() => lines(file).length === 1, 'the first line');
  // The third does not fit, by a part of it.
  assert.equal((await room(17)).code, 0);
  for (const line of all.slice(1)) relay.write(`${line}\n`);
  await relay.waitForLine(/: cannot write: File too large: room is waited for$/, 'stderr');
  assert.match(readFileSync(file, 'utf8'), /^line 0\n(line 1\n)?$/);
  await room('unlimited');
  relay.endStdin();
  assert.equal((await relay.waitExit()).code, 0, relay.stderr);
  assert.deepEqual(lines(file), all);
  assert.match(relay.stderr, /: can be written again$/m);
}, {notHere: kNotLinux});

test('a disk that stays full: the end by a signal is not held up, and says what did not pass', async () => {
  const file = join(directory(), 'log');
  const relay = start('rtrelay', ['-', `file:${file}`]);
  relay.write('one\n');
  await eventually(() => lines(file).length === 1, 'the first line');
  assert.equal((await run('prlimit', ['--fsize=4:unlimited', '--pid', relay.child.pid])).code, 0);
  relay.write('two\nthree\n');
  await relay.waitForLine(/: room is waited for$/, 'stderr');
  relay.kill();
  await relay.waitExit();
  assert.match(relay.stderr, /ended before (2 messages that were|1 message that was) read could be passed on/);
  assert.deepEqual(lines(file), ['one']);
}, {notHere: kNotLinux});

test('--from-start, and a copytruncate that is rewritten past the old place is told', async () => {
  const file = join(directory(), 'log');
  writeFileSync(file, 'old 1\nold 2\n');
  const relay = start('rtrelay', [`file:${file}`, '--from-start', '-'], {stdin: null});
  await relay.waitForLines(2);
  // In one go, longer than it was.
  writeFileSync(file, 'new 1\nnew 2\nnew 3\nnew 4\n');
  await relay.waitForLines(6);
  assert.deepEqual(relay.lines(), ['old 1', 'old 2', 'new 1', 'new 2', 'new 3', 'new 4']);
  assert.match(relay.stderr, /was truncated: what was added to it just before may be lost/);
  truncateSync(file, 0);
  appendFileSync(file, 'x\n');
  await relay.waitForLines(7);
  relay.kill('SIGINT');
  await relay.waitExit();
});

// --- doubles -----------------------------------------------------------------------------------
test('what comes twice is passed on once, unless all of it is wanted', async () => {
  const topic = `ok/${unique('twice')}`;
  const message = (origin, data) => run('mosquitto_pub', ['-V', 'mqttv5', '-p', broker.port, '-t', topic, '-q', '1', '-D', 'publish',
                                                         'user-property', 'rt-origin-id', origin, '-m', data]);
  for (const [more, expected] of [[[], ['a', 'b', 'end']], [['--allow-doubles'], ['a', 'b', 'a', 'end']]]) {
    const id = unique('client');
    const relay = start('rtrelay', [broker.at(topic), '--client-id', id, '--session-expiry', '0', ...more, '-'], {stdin: null});
    await broker.waitForLine(new RegExp(`Sending SUBACK to ${id}$`), 'stderr');
    await message('0123456789-1', 'a');
    await message('0123456789-2', 'b');
    await message('0123456789-1', 'a');
    await message('', 'end');
    await relay.waitForLine(/^end$/);
    assert.deepEqual(relay.lines(), expected);
    relay.kill('SIGINT');
    await relay.waitExit();
  }
});
