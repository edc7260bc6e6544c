// Templates and escapes, with messages from real peers.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {curl, publish} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {HttpPeer} from './lib/peers.mjs';

const kTime = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`;
const kSplit =
    /: a message has a newline in it and reads as several \(--escape backslash(?:, --null or --json| or --null) keeps it/g;

let hub;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
});

function scratch() {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-e2e-'));
  defer(() => rmSync(directory, {recursive: true}));
  return directory;
}

// --- templates, of each program ----------------------------------------------------------------
test('rtmqtt sub: the fields of an MQTT 5 message from mosquitto_pub', async () => {
  const broker = await startMosquitto();
  const topic = 'lab/temp';
  const format = String.raw`%c|%d|%l|%x|%b|%{content_type}|%{qos}|%{retain}|%{retained}|` +
      String.raw`%{prop:unit}|%{prop:none}|%{proto}|%t|%{unix}\t%%`;
  const sent = await run('mosquitto_pub', [
    '-p', broker.port, '-V', '5', '-t', topic, '-m', '21.5', '-q', '1', '-r',
    '-D', 'publish', 'content-type', 'text/plain',
    '-D', 'publish', 'user-property', 'unit', 'C',
    '-D', 'publish', 'user-property', 'room', '4',
    '-D', 'publish', 'user-property', 'unit', 'K',
  ]);
  assert.equal(sent.code, 0, sent.stderr);
  const {code, stdout, stderr} =
      await run('rtmqtt', ['sub', broker.at(topic), '-n', '1', '--qos', '1', '-F', format]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(
      String.raw`^/lab/temp\|21\.5\|4\|32312e35\|MjEuNQ==\|text/plain\|1\|1\|1\|C,K\|\|mqtt\|` +
      String.raw`${kTime}\|\d{10}\.\d{6}\t%\n$`));
});

test('rtsse sub: event and id of a publication by curl', async () => {
  const url = hub.at('/format/sse');
  const answer = await curl(url, ['-H', 'RT-Event: tick', '-H', 'Content-Type: text/plain',
                                  '--data-binary', 'hello']);
  const {code, stdout} = await run('rtsse', ['sub', url, '--last', '1', '-n', '1', '-F',
                                             '%i %e %c: %d']);
  assert.equal(code, 0);
  assert.equal(stdout, `${answer.headers['rt-id']} tick /format/sse: hello\n`);
});

test('rtpoll sub: content type, and the envelope that --json writes', async () => {
  const url = hub.at('/format/poll');
  const id = await publish(url, '{"a":1}', {type: 'application/json'});
  const take = (...args) => run('rtpoll', ['sub', url, '--last', '1', '-n', '1', ...args]);
  assert.equal((await take('-F', '%{content_type} %i')).stdout, `application/json ${id}\n`);
  // But for when each of the two was received.
  const [asked, json] = (await Promise.all([take('-F', '%j'), take('--json')])).map(({stdout}) => {
    assert.match(stdout, /"received":"[^"]+",/);
    return stdout.replace(/"received":"[^"]+",/, '');
  });
  assert.equal(asked, json);
});

eachPeer('rtws sub: what follows a template is what the framing says', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('one');
    socket.send(Buffer.of(0xff, 0x00));
  });
  const take = async (...args) => {
    const {code, bytes, stderr} = await run('rtws', ['sub', peer.at('/c'), '-n', '2', ...args]);
    assert.equal(code, 0, stderr);
    return bytes.toString('latin1');
  };
  assert.equal(await take('-F', '%l %x'), '3 6f6e65\n2 ff00\n');
  assert.equal(await take('-F', '<%x>', '-0'), '<6f6e65>\0<ff00>\0');
  assert.equal(await take('-F', '%x', '--delimiter', ', '), '6f6e65, ff00, ');
  assert.equal(await take('-F', String.raw`%d\n`, '--raw'), 'one\n\xff\0\n');
  assert.equal(await take('-F', '%l', '--length-prefix'), '\0\0\0\x013\0\0\0\x012');
  assert.equal(await take('-F', '[%e%i%{prop:x}]'), '[]\n[]\n');
});

test('pipe and serve write by the template, and read without it', async () => {
  const server = await serve('rtws', ['serve', '0/chat', '-F', '%c %d', '--exit-on-eof'],
                             {stdin: 'pipe'});
  const client = start('rtws', ['pipe', server.at('/chat', 'ws'), '-F', '<%d>', '-n', '1']);
  client.write('%d up\n');
  assert.deepEqual(await server.waitForLines(1), ['/chat %d up']);
  server.write('%d down\n');
  assert.deepEqual(await client.waitForLines(1), ['<%d down>']);
  assert.deepEqual(await client.waitExit(), {code: 0, signal: null});
  server.endStdin();
  assert.deepEqual(await server.waitExit(), {code: 0, signal: null});
});

test('rtmqtt serve: the broker prints by the template', async () => {
  const server = await serve('rtmqtt', ['serve', '0/a/b', '-F', '%{qos} %c %d']);
  const sent = await run('mosquitto_pub', ['-p', server.port, '-t', 'a/b', '-m', 'x', '-q', '1']);
  assert.equal(sent.code, 0);
  assert.deepEqual(await server.waitForLines(1), ['1 /a/b x']);
});

test('rtrelay: stdout, a file and a program get the template, with the time of now', async () => {
  const directory = scratch();
  const file = join(directory, 'log');
  const seen = join(directory, 'seen');
  const {code, stdout, stderr} = await run(
      'rtrelay', ['-F', '%t %d', '-', '-', `file:${file}`, `exec:cat > ${seen}`],
      {input: 'one\ntwo\n'});
  assert.equal(code, 0, stderr);
  const expected = new RegExp(`^${kTime} one\n${kTime} two\n$`);
  for (const text of [stdout, readFileSync(file, 'utf8'), readFileSync(seen, 'utf8')])
    assert.match(text, expected);
});

test('rtrelay: a template shows the channel that a message has', async () => {
  const broker = await startMosquitto();
  const relay = start('rtrelay', [broker.at('lab/#'), '-', '-F', '%c %d', '-n', '1', '--map',
                                  's#^lab/#new/#'], {stdin: null});
  // Retained, so that it does not matter who comes first.
  const sent = await run('mosquitto_pub', ['-p', broker.port, '-t', 'lab/x', '-m', '5', '-r']);
  assert.equal(sent.code, 0);
  assert.deepEqual(await relay.waitForLines(1), ['/new/x 5']);
  assert.equal((await relay.waitExit()).code, 0);
});

eachPeer('the time is local by strftime, and TZ says where', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.send('x'));
  const take = async (TZ, format) => (await run('rtws', ['sub', peer.at(), '-n', '1', '-F', format],
                                                {env: {TZ}})).stdout;
  assert.match(await take('UTC', '%{strftime:%Y-%m-%d %H:%M:%S.%3N %Z}'),
               /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC\n$/);
  assert.match(await take('XYZ-5:30', '%{strftime:%z}'), /^\+0530\n$/);
});

test('templates that are wrong end with 2 and connect to nothing', async () => {
  const peer = await HttpPeer.start((_, response) => response.end());
  const rows = [
    ['%', 'at character 1: a % at the end: write %% for one'],
    ['%d %z', 'at character 4: unknown %z: use %d %c %i %e %t %l %x %b %j, %{NAME}, or %% for a ' +
              'percent sign'],
    ['%{chanel}', 'at character 1: unknown %{chanel}: did you mean %{channel}?'],
    ['%{data', 'at character 1: %{ has no } behind it'],
    ['%{prop}', 'at character 1: %{prop} needs a name: %{prop:NAME}'],
    ['%{strftime:%Q}', 'at character 12: unknown %Q in the time\'s format (see date(1))'],
    ['a\\q', 'at character 2: unknown escape \\q: use \\n \\r \\t \\0 \\\\ or \\xNN'],
  ];
  for (const [format, problem] of rows) {
    const {code, stdout, stderr} = await run('rtpoll', ['sub', peer.at('/'), '-F', format]);
    assert.deepEqual([code, stdout, stderr],
                     [2, '', `rtpoll: --format ${format}: ${problem} (rtpoll sub --help)\n`]);
  }
  const {code, stderr} = await run('rtpoll', ['sub', peer.at('/'), '-F', '']);
  assert.equal(code, 2);
  assert.match(stderr, /must not be empty/);
  assert.equal(peer.requests?.length ?? 0, 0);
});

// --- what has a newline in it ------------------------------------------------------------------
async function lined(WsPeer, ...payloads) {
  return WsPeer.start((socket) => {
    for (const payload of payloads) socket.send(payload);
  }, {subprotocols: ['rt.v1']});
}

eachPeer('a newline: as it is and told once, as it is, left out, escaped', async ({WsPeer}) => {
  const peer = await lined(WsPeer, 'a\nb', 'plain', 'c\n', '\\');
  const take = (...args) => run('rtws', ['sub', peer.at('/x'), '-n', '4', ...args]);
  for (const format of [[], ['-F', '%d']]) {
    const warned = await take(...format);
    assert.deepEqual([warned.code, warned.stdout], [0, 'a\nb\nplain\nc\n\n\\\n']);
    assert.equal(warned.stderr.match(kSplit).length, 1, warned.stderr);
    assert.equal(warned.stderr.split('\n').length, 2, 'one line');

    const silent = await take(...format, '--escape', 'none');
    assert.deepEqual([silent.code, silent.stdout, silent.stderr], [0, warned.stdout, '']);

    const refused = await take(...format, '--escape', 'refuse');
    assert.deepEqual([refused.code, refused.stdout], [9, 'plain\n\\\n']);
    assert.match(refused.stderr, /^rtws: stdout: a message .*is not written: it has a newline in it/m);
    assert.match(refused.stderr, /2 messages were not written\n$/);

    const escaped = await take(...format, '--escape', 'backslash');
    assert.deepEqual([escaped.code, escaped.stdout, escaped.stderr],
                     [0, 'a\\nb\nplain\nc\\n\n\\\\\n', '']);
  }
  const quiet = await take('-q');
  assert.equal(quiet.stderr, '');
  for (const other of [['-0'], ['--json'], ['--raw'], ['--length-prefix'], ['--delimiter', ';']]) {
    const {code, stderr} = await take(...other);
    assert.deepEqual([code, stderr], [0, ''], other.join(' '));
  }
});

test('every refused message is told by name at first, and all are counted', async () => {
  const url = hub.at('/format/refuse');
  const ids = [];
  for (let i = 0; i < 13; ++i) ids.push(await publish(url, `${i}\n`));
  const {code, stdout, stderr} =
      await run('rtpoll', ['sub', url, '--last', '13', '-n', '13', '--escape', 'refuse']);
  assert.equal(code, 9);
  assert.equal(stdout, '');
  const told = stderr.match(/: message \S+ of \/format\/refuse is not written/g);
  assert.equal(told.length, 10);
  assert.ok(stderr.includes(`message ${ids[0]} of `));
  assert.match(stderr, /13 messages were not written\n$/);
});

eachPeer('a field with a newline counts, the template\'s own does not', async ({WsPeer}) => {
  const peer = await lined(WsPeer, 'a');
  const own = await run('rtws', ['sub', peer.at(), '-n', '1', '-F', String.raw`%d\n%l`]);
  assert.deepEqual([own.code, own.stdout, own.stderr], [0, 'a\n1\n', '']);
  const hostile = await lined(WsPeer, JSON.stringify({v: 1, event: 'two\nlines', data: 'x'}));
  const take = (...args) => run('rtws', ['sub', hostile.at(), '--hub', '-n', '1', '-F', '%e',
                                         ...args]);
  assert.equal((await take('--escape', 'backslash')).stdout, 'two\\nlines\n');
  assert.equal((await take('--escape', 'refuse')).code, 9);
  assert.match((await take()).stderr, new RegExp(kSplit.source));
});

eachPeer('rtrelay: what is refused at stdout, a file and a program makes it end with 9', async ({WsPeer}) => {
  const directory = scratch();
  const file = join(directory, 'log');
  for (const to of ['-', `file:${file}`, 'exec:cat']) {
    const peer = await lined(WsPeer, 'a\nb', 'plain');
    const {code, stdout, stderr} =
        await run('rtrelay', [`ws://127.0.0.1:${peer.port}/`, to, '-n', '2', '--escape', 'refuse']);
    assert.equal(code, 9, stderr);
    assert.match(stderr, /: a message .*is not written: it has a newline in it/);
    if (!to.startsWith('file:')) assert.equal(stdout, 'plain\n');
  }
  assert.ok(existsSync(file));
  assert.equal(readFileSync(file, 'utf8'), 'plain\n');
});

test('servers tell what is refused, go on, and end with 9', async () => {
  for (const [program, of] of [['rtws', '/c'], ['rtrelay', '/c'], ['rtmqtt', '/c']]) {
    const server = await serve(program, ['serve', '0/c', '--escape', 'refuse']);
    if (program === 'rtmqtt') {
      await run('rtmqtt', ['pub', '--qos', '1', server.url, 'a\nb', 'plain']);
    } else {
      await publish(server.at('/c'), 'a\nb');
      await publish(server.at('/c'), 'plain');
    }
    assert.deepEqual(await server.waitForLines(1), ['plain']);
    assert.match(server.stderr, new RegExp(`${program}: stdout: a message of ${of} is not written`));
    server.kill();
    assert.equal((await server.waitExit()).code, 9);
    assert.match(server.stderr, new RegExp(`${program}: stdout: 1 message was not written\\n$`));
  }
});

test('serve prints the id that the hub has given', async () => {
  const server = await serve('rtws', ['serve', '0/c', '-F', '%i %d']);
  const id = await publish(server.at('/c'), 'x');
  assert.deepEqual(await server.waitForLines(1), [`${id} x`]);
  const json = await serve('rtsse', ['serve', '0/c', '--json']);
  const other = await publish(json.at('/c'), 'y');
  assert.equal(JSON.parse((await json.waitForLines(1))[0]).id, other);
  const unkept = await serve('rtws', ['serve', '0/c', '--no-relay', '-F', '<%i> %d']);
  await curl(unkept.at('/c'), ['-d', 'z']);
  assert.deepEqual(await unkept.waitForLines(1), ['<> z']);
});

eachPeer('--escape backslash out and in again: every byte, whatever ends a message', async ({WsPeer}) => {
  const payloads = [Buffer.from('a\nb'), Buffer.from([...Array(256).keys()]), randomBytes(5000),
                    Buffer.from('\\n\\'), Buffer.from('x'), Buffer.from('<end>;\0')];
  for (const framing of [[], ['-0'], ['--delimiter', '<end>'], ['--delimiter', ';']]) {
    const args = ['--escape', 'backslash', ...framing];
    const peer = await lined(WsPeer, ...payloads);
    const written = await run('rtws', ['sub', peer.at(), '-n', String(payloads.length), ...args]);
    assert.equal(written.code, 0, written.stderr);
    const sink = await WsPeer.start();
    const sent = await run('rtws', ['pub', sink.at(), ...args], {input: written.bytes});
    assert.equal(sent.code, 0, sent.stderr);
    const got = await sink.waitForMessages(payloads.length);
    assert.deepEqual(got.map((message) => message.data), payloads);
  }
});

eachPeer('an escape that is none ends pub with 2 and names the line', async ({WsPeer}) => {
  const sink = await WsPeer.start();
  const {code, stderr} = await run('rtws', ['pub', sink.at(), '--escape', 'backslash'],
                                   {input: 'a\\tb\n\\q\n'});
  assert.equal(code, 2);
  assert.equal(stderr, 'rtws: stdin: line 2: unknown escape \\q: use \\n \\r \\t \\0 \\\\ or \\xNN\n');
  assert.equal((await sink.waitForMessages(1))[0].text, 'a\tb');
});

eachPeer('serve and rtrelay resolve escapes of what they read', async ({WsPeer, wsClient}) => {
  const server = await serve('rtws', ['serve', '0/c', '--escape', 'backslash'], {stdin: 'pipe'});
  const client = await wsClient(server.at('/c', 'ws'));
  server.write('one\\ntwo\n');
  assert.equal((await client.waitForMessages(1))[0].text, 'one\ntwo');
  const sink = await WsPeer.start();
  const relayed = await run('rtrelay', ['-', sink.at(), '--escape', 'backslash'],
                            {input: 'a\\x00b\n'});
  assert.equal(relayed.code, 0, relayed.stderr);
  assert.equal((await sink.waitForMessages(1))[0].text, 'a\0b');
});

// --- the help ----------------------------------------------------------------------------------
test('the help is painted on a terminal only, and not where NO_COLOR is set', async () => {
  const {stdout} = await run('rtws', ['--help']);
  assert.ok(!stdout.includes('\x1b'));
  const kScript = process.platform === 'linux' ? (command) => ['-qec', command, '/dev/null']
                                               : (command) => ['-q', '/dev/null', 'sh', '-c', command];
  const own = start('rtws', ['--version']).child.spawnfile;
  const help = async (env) => (await run('script', kScript(`${own} --help`), {env})).stdout;
  assert.match(await help({TERM: 'xterm', NO_COLOR: ''}), /^\x1b\[1mExamples:\x1b\[0m\r?$/m);
  assert.ok(!(await help({TERM: 'xterm', NO_COLOR: '1'})).includes('\x1b'));
  assert.ok(!(await help({TERM: 'dumb', NO_COLOR: ''})).includes('\x1b'));
});
