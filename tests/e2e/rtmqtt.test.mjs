// rtmqtt's clients against Mosquitto, its clients, and brokers that misbehave.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer as createHttpServer} from 'node:http';
import {connect as netConnect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {defer, eventually, run, start, test} from './lib/harness.mjs';
import {Meddler} from './lib/meddler.mjs';
import {mosquittoDirectory, passwordLine, startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';
import {makeCertificates} from './lib/tls.mjs';

const kLog = ['log_type all'];

let broker;
before(async () => {
  broker = await startMosquitto({more: kLog});
});

let names = 0;
function fresh(prefix = 't') { return `${prefix}${process.pid}x${++names}`; }

function scratch() {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-mqtt-'));
  defer(() => rmSync(directory, {recursive: true}));
  return directory;
}

// Waits until that client has been granted `times` subscriptions. A sub of MQTT 5 asks twice.
function granted(server, id, times = 2) {
  return server.waitFor(() => {
    const found = [...server.stderr.matchAll(new RegExp(`Sending SUBACK to ${id}$`, 'gm'))];
    return found.length >= times;
  }, `${times} subscriptions of ${id}`);
}

// rtmqtt sub whose subscription stands.
async function subscriber(server, urls, args = [], {times = 2, ...options} = {}) {
  const id = fresh('sub');
  const sub = start('rtmqtt', ['sub', ...[urls].flat(), '--client-id', id, '--clean', ...args],
                    {stdin: null, ...options});
  await granted(server, id, times);
  return sub;
}

async function mosquittoPub(port, args) {
  const result = await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', port, ...args]);
  assert.equal(result.code, 0, result.stderr);
}

async function mosquittoSub(server, args) {
  const id = fresh('msub');
  const sub = start('mosquitto_sub', ['-h', '127.0.0.1', '-p', server.port, '-i', id, ...args],
                    {stdin: null});
  await granted(server, id, 1);
  return sub;
}

async function publish(url, lines, args = []) {
  const result = await run('rtmqtt', ['pub', url, ...args], {input: lines.map((l) => `${l}\n`).join('')});
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function theirLines(topic, qos, protocol) {
  const done = await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', broker.port, '-t', topic, '-q', qos, '-l',
                                           '-V', protocol === '5' ? 'mqttv5' : 'mqttv311'],
                         {input: numbered(300, 'theirs').map((l) => `${l}\n`).join('')});
  assert.equal(done.code, 0, done.stderr);
}

const numbered = (count, name = 'line') => Array.from({length: count}, (_, i) => `${name} ${i}`);

// --- what goes through -----------------------------------------------------------------------
for (const protocol of ['5', '3.1.1']) {
  for (const qos of [0, 1, 2]) {
    test(`MQTT ${protocol}, QoS ${qos}: in order, from and to Mosquitto's clients`, async () => {
      const topic = fresh('flow');
      const lines = numbered(300);
      const options = ['--qos', qos, '--protocol', protocol];
      const sub = await subscriber(broker, broker.at(topic), [...options, '-n', 600],
                                   {times: protocol === '5' ? 2 : 1});
      const theirs = await mosquittoSub(broker, ['-t', topic, '-q', qos, '-C', 600]);
      await publish(broker.at(topic), lines, options);
      // mosquitto_pub -l loses most at QoS 2 over 3.1.1.
      if (protocol === '3.1.1' && qos === 2) {
        await publish(broker.at(topic), numbered(300, 'theirs'), options);
      } else {
        await theirLines(topic, qos, protocol);
      }
      const all = [...lines, ...numbered(300, 'theirs')];
      assert.equal((await sub.waitExit()).code, 0, sub.detail());
      assert.deepEqual(sub.lines(), all);
      assert.equal((await theirs.waitExit()).code, 0);
      assert.deepEqual(theirs.lines(), all);
    });
  }
}

test('large, binary and empty messages', async () => {
  const topic = fresh('large');
  const sub = await subscriber(broker, broker.at(topic), ['--length-prefix', '-n', 4, '--qos', 1]);
  const payloads = [Buffer.alloc(3_000_000, 'x'), Buffer.of(0, 255, 10), Buffer.alloc(0), Buffer.from('end')];
  const input = Buffer.concat(payloads.flatMap((payload) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(payload.length);
    return [size, payload];
  }));
  const pub = await run('rtmqtt', ['pub', broker.at(topic), '--length-prefix', '--qos', 1], {input});
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.ok(sub.bytes().equals(input));
});

test('a message over --max-message is skipped: exit 9, and the others come', async () => {
  for (const [protocol, times] of [['5', 2], ['3.1.1', 1]]) {
    const topic = fresh('big');
    const sub = await subscriber(broker, broker.at(topic),
                                 ['--max-message', '1k', '-n', 2, '--qos', 1, '--protocol', protocol], {times});
    // The first one is beyond what the broker is asked for at MQTT 5.
    await publish(broker.at(topic), ['before', 'x'.repeat(600_000), 'y'.repeat(2000), 'after'], ['--qos', 1]);
    const {code} = await sub.waitExit();
    assert.equal(code, 9, sub.detail());
    assert.deepEqual(sub.lines(), ['before', 'after']);
    assert.match(sub.stderr, /max-message/);
  }
});

test('QoS 2: a clean end leaves no printed message behind, and no will', async () => {
  const topic = fresh('twice');
  const id = fresh('once');
  const theirs = await mosquittoSub(broker, ['-t', `${topic}/will`]);
  const args = ['--qos', 2, '--client-id', id, '--session-expiry', '1h', broker.at(topic),
                '--will-topic', `${topic}/will`, '--will-payload', 'gone'];
  const first = start('rtmqtt', ['sub', ...args, '-n', 400], {stdin: null});
  await granted(broker, id, 2);
  await publish(broker.at(topic), numbered(900), ['--qos', 2]);
  assert.equal((await first.waitExit()).code, 0, first.detail());
  const second = await run('rtmqtt', ['sub', ...args, '-n', 500]);
  assert.equal(second.code, 0, second.stderr);
  assert.deepEqual([...first.lines(), ...second.lines], numbered(900));
  assert.deepEqual(theirs.lines(), []);
});

test('the envelope: topic, QoS, retain, content type and properties, there and back', async () => {
  const topic = fresh('env');
  const sub = await subscriber(broker, broker.at(`${topic}/+`), ['-J', '-n', 3, '--qos', 2]);
  const theirs = await mosquittoSub(broker, ['-V', 'mqttv5', '-t', `${topic}/+`, '-C', 3, '-F', '%t|%r|%q|%P|%C|%p', '-q', 2]);
  await mosquittoPub(broker.port, ['-V', 'mqttv5', '-t', `${topic}/a b`, '-m', 'hi', '-q', 1,
                                   '-D', 'publish', 'user-property', 'k', 'v',
                                   '-D', 'publish', 'content-type', 'text/x-a']);
  const envelope = {v: 1, channel: `/${topic}/ö`, data: 'yo', event: 'tick', content_type: 'text/plain',
                    id: 'o1', via: ['r1', 'r2'], properties: {a: '1'}};
  const pub = await run('rtmqtt', ['pub', broker.at(''), '--json', '--qos', 2, '--property', 'all=x', '--retain'],
                        {input: `${JSON.stringify(envelope)}\n`});
  assert.equal(pub.code, 0, pub.stderr);
  await publish(broker.at(`${topic}/c`), ['plain'], ['--qos', 2]);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  const [first, second, third] = sub.lines().map((line) => JSON.parse(line));
  assert.deepEqual([first.proto, first.channel, first.topic, first.data, first.qos, first.content_type, first.properties],
                   ['mqtt', `/${topic}/a%20b`, `${topic}/a b`, 'hi', 1, 'text/x-a', {k: 'v'}]);
  assert.deepEqual([second.channel, second.data, second.qos, second.retain, second.content_type, second.event],
                   [`/${topic}/%C3%B6`, 'yo', 2, true, 'text/plain', 'tick']);
  assert.deepEqual(second.properties, {all: 'x', a: '1'});
  assert.deepEqual(second.via, ['r1', 'r2']);
  assert.equal(second.topic, `${topic}/ö`);
  assert.deepEqual([third.channel, third.topic], [`/${topic}/c`, `${topic}/c`]);
  await theirs.waitExit();
  assert.match(theirs.lines().find((line) => line.endsWith('|yo')) ?? '', /\|.*rt-event:tick.*rt-origin-id:o1.*rt-via:r1.*rt-via:r2.*\|text\/plain\|yo$/);
});

test('retained messages: all, only those, none of them; live ones are not among them', async () => {
  const topic = fresh('kept');
  await publish(broker.at(`${topic}/a`), ['old'], ['--retain']);
  const all = await subscriber(broker, broker.at(`${topic}/#`), ['-J', '-n', 3]);
  const none = await subscriber(broker, broker.at(`${topic}/#`), ['--no-retained', '-n', 2], {times: 1});
  const only = await subscriber(broker, broker.at(`${topic}/#`), ['--retained-only'], {times: 1});
  const v3 = await subscriber(broker, broker.at(`${topic}/#`), ['--no-retained', '-n', 2, '--protocol', '3.1.1'], {times: 1});
  await all.waitForLines(1);
  await only.waitForLines(1);
  await publish(broker.at(`${topic}/b`), ['new'], ['--retain']);
  await publish(broker.at(`${topic}/b`), ['plain']);
  for (const sub of [all, none, v3]) assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(all.lines().map((line) => JSON.parse(line)).map((e) => [e.data, e.retain ?? false]),
                   [['old', true], ['new', true], ['plain', false]]);
  assert.deepEqual(none.lines(), ['new', 'plain']);
  assert.deepEqual(v3.lines(), ['new', 'plain']);
  assert.deepEqual(only.lines(), ['old']);
});

test('several URLs, --topic and --exclude', async () => {
  const topic = fresh('many');
  const sub = await subscriber(broker, [broker.at(`${topic}/a`), broker.at(`${topic}/b/%23`)],
                               ['--topic', `${topic}/c/+`, '--exclude', `${topic}/b/not/#`, '-n', 3, '-J', '--qos', 1]);
  for (const name of ['a', 'b/x', 'b/not/x', 'd', 'c/x']) await publish(broker.at(`${topic}/${name}`), [name], ['--qos', 1]);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(sub.lines().map((line) => JSON.parse(line).data), ['a', 'b/x', 'c/x']);
});

test('pipe: both ways on one connection, without its own messages', async () => {
  const topic = fresh('pipe');
  const id = fresh('pipe');
  const pipe = start('rtmqtt', ['pipe', broker.at(topic), '--client-id', id, '--clean', '--qos', 1]);
  await granted(broker, id, 2);
  const theirs = await mosquittoSub(broker, ['-t', topic, '-C', 2, '-q', 1]);
  pipe.write('mine\n');
  await theirs.waitForLines(1);
  await mosquittoPub(broker.port, ['-t', topic, '-m', 'theirs', '-q', 1]);
  await pipe.waitForLines(1);
  await theirs.waitExit();
  assert.deepEqual(theirs.lines(), ['mine', 'theirs']);
  assert.deepEqual(pipe.lines(), ['theirs']);
});

test('the will is sent when the program is killed, and not at a good-bye', async () => {
  const topic = fresh('will');
  const theirs = await mosquittoSub(broker, ['-t', topic, '-C', 1, '-v']);
  const will = ['--will-topic', topic, '--will-payload', 'gone', '--will-qos', 1];
  const polite = await subscriber(broker, broker.at('x'), will);
  polite.kill('SIGINT');
  assert.equal((await polite.waitExit()).signal, 'SIGINT');
  const killed = await subscriber(broker, broker.at('y'), will);
  assert.equal(theirs.lines().length, 0);
  killed.kill('SIGKILL');
  await theirs.waitExit();
  assert.deepEqual(theirs.lines(), [`${topic} gone`]);
});

test('a session under an identifier: what was not printed comes the next time', async () => {
  const topic = fresh('session');
  const id = fresh('keeper');
  const args = ['--client-id', id, '--qos', 1, broker.at(topic)];
  const first = start('rtmqtt', ['sub', ...args, '-n', 1], {stdin: null});
  await granted(broker, id, 2);
  await publish(broker.at(topic), numbered(10), ['--qos', 1]);
  assert.equal((await first.waitExit()).code, 0);
  await publish(broker.at(topic), ['while away'], ['--qos', 1]);
  const second = await run('rtmqtt', ['sub', ...args, '-n', 4]);
  const third = await run('rtmqtt', ['sub', ...args, '-n', 6, '--session-expiry', '0']);
  assert.deepEqual([...first.lines(), ...second.lines, ...third.lines], [...numbered(10), 'while away']);
});

// --- what is refused -------------------------------------------------------------------------
test('user and password: from the environment, a file, the URL; a wrong one is exit 5', async () => {
  const directory = scratch();
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'right\n');
  const closed = await startMosquitto({
    anonymous: false,
    more: [...kLog, 'password_file DIR/users', 'acl_file DIR/acl'],
    files: {users: passwordLine('ann', 'right'), acl: 'user ann\ntopic readwrite mine/#\n'},
  });
  const url = (user) => `mqtt://${user}127.0.0.1:${closed.port}/mine/x`;
  const ways = [
    [[url('ann@')], {env: {RT_PASSWORD: 'right'}}],
    [[url('ann@'), '--password-file', secret], {}],
    [[url(''), '-u', 'ann', '--password-file', secret], {}],
  ];
  for (const [args, options] of ways) {
    const done = await run('rtmqtt', ['pub', ...args, '--qos', 1, 'hello'], options);
    assert.equal(done.code, 0, done.stderr);
  }
  for (const protocol of ['5', '3.1.1']) {
    const wrong = await run('rtmqtt', ['pub', url('ann@'), '--protocol', protocol, 'x'], {env: {RT_PASSWORD: 'wrong'}});
    assert.equal(wrong.code, 5, wrong.stderr);
    assert.ok(!wrong.stderr.includes('wrong'), wrong.stderr);
    const nobody = await run('rtmqtt', ['sub', url(''), '--retry', '--protocol', protocol]);
    assert.equal(nobody.code, 5, nobody.stderr);
  }
  const env = {RT_PASSWORD: 'right'};
  const other = `mqtt://ann@127.0.0.1:${closed.port}/other`;
  const refused = await run('rtmqtt', ['pub', other, '--qos', 1, 'x'], {env});
  assert.equal(refused.code, 5, refused.stderr);
  assert.match(refused.stderr, /not authorized/);
});

// A broker of which the test writes every answer: `answer(type, packet, socket)`.
async function fakeBroker(answer) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => answer(bytes[0] >> 4, bytes, socket));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const {port} = server.address();
  return {port, at: (topic) => `mqtt://127.0.0.1:${port}/${topic}`};
}

const refusals = [
  ['version 5 and 3.1.1', (v5) => (v5 ? [0x20, 3, 0, 0x84, 0] : [0x20, 2, 0, 1]), 6, /version/],
  ['the identifier', (v5) => (v5 ? [0x20, 3, 0, 0x85, 0] : [0x20, 2, 0, 2]), 6, /client-id/],
  ['banned', () => [0x20, 3, 0, 0x8a, 0], 5, /banned/],
  ['busy', () => [0x20, 3, 0, 0x89, 0], 3, /busy/],
  ['no MQTT', () => [...Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 6, /./],
  ['a cut answer', () => [0x20, 1, 0], 6, /not whole/],
  ['a message before the answer', () => [0x30, 3, 0, 1, 0x74], 6, /no MQTT broker/],
  ['a bad length', () => [0x20, 0xff, 0xff, 0xff, 0xff, 1], 6, /malformed/],
];
for (const [name, bytes, code, text] of refusals) {
  test(`refused: ${name} is exit ${code}`, async () => {
    const fake = await fakeBroker((type, packet, socket) => socket.write(Buffer.from(bytes(packet[8] === 5))));
    const done = await run('rtmqtt', ['sub', fake.at('x')]);
    assert.equal(done.code, code, done.stderr);
    assert.match(done.stderr, text);
  });
}

test('an old broker that hangs up on version 5, or refuses it, is spoken to in 3.1.1', async () => {
  for (const hangUp of [true, false]) {
    const versions = [];
    const fake = await fakeBroker((type, packet, socket) => {
      if (type !== 1) return;
      versions.push(packet[8]);
      if (packet[8] === 4) socket.write(Buffer.of(0x20, 2, 0, 0));
      else if (hangUp) socket.end();
      else socket.end(Buffer.of(0x20, 2, 0, 1));
    });
    const done = await run('rtmqtt', ['pub', fake.at('x'), 'hello']);
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(versions, [5, 4]);
  }
});

test('a subscription that is refused names its filter and is exit 5', async () => {
  const fake = await fakeBroker((type, packet, socket) => {
    if (type === 1) socket.write(Buffer.of(0x20, 3, 0, 0, 0));
    if (type === 8) socket.write(Buffer.of(0x90, 4, packet[2], packet[3], 0, 0x87));
  });
  const done = await run('rtmqtt', ['sub', fake.at('secret/x')]);
  assert.equal(done.code, 5, done.stderr);
  assert.match(done.stderr, /secret\/x.*not authorized/);
});

test('taken over by another client of the same identifier: final', async () => {
  const fake = await fakeBroker((type, packet, socket) => {
    if (type === 1) socket.write(Buffer.of(0x20, 3, 0, 0, 0));
    if (type === 8) socket.end(Buffer.of(0x90, 4, packet[2], packet[3], 0, 0, 0xe0, 2, 0x8e, 0));
  });
  const done = await run('rtmqtt', ['sub', fake.at('x'), '--no-retained']);
  assert.equal(done.code, 1, done.stderr);
  assert.match(done.stderr, /taken over/);
});

test('what cannot be published to is a usage error, and nothing hangs', async () => {
  const rows = [
    [broker.at(''), [], 'x\n'],
    [broker.at('a/+'), [], 'x\n'],
    [broker.at(''), ['--json'], '{"data":"x"}\n'],
    [broker.at(''), ['--json'], '{"channel":"/a/%01","data":"x"}\n'],
    [broker.at('t'), ['--json', '--qos', '1'], '{"data":"x","properties":{"a":"b\\u0001c"}}\n'],
  ];
  for (const [url, args, input] of rows) {
    const done = await run('rtmqtt', ['pub', url, ...args], {input});
    assert.equal(done.code, 2, `${input} ${done.stderr}`);
  }
});

test('nobody there is exit 3', async () => {
  const done = await run('rtmqtt', ['sub', `mqtt://127.0.0.1:${await freePort()}/x`]);
  assert.equal(done.code, 3);
  assert.match(done.stderr, /refused/i);
});

test('TLS: an authority of one\'s own, client certificates; untrusted is exit 4', async () => {
  const tls = makeCertificates();
  const secure = await startMosquitto({tls, clients: true, more: kLog});
  const url = `mqtts://localhost:${secure.port}/x`;
  const trusted = ['--cacert', tls.ca, '--cert', tls.client, '--key', tls.clientKey];
  const sub = await subscriber(secure, url, [...trusted, '-n', 2000, '--qos', 1]);
  const lines = numbered(2000, 'x'.repeat(200));
  await publish(url, lines, [...trusted, '--qos', 1]);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(sub.lines(), lines);
  const untrusted = await run('rtmqtt', ['pub', url, 'x']);
  assert.equal(untrusted.code, 4, untrusted.stderr);
  const insecure = await run('rtmqtt', ['pub', url, '--cacert', tls.ca, '--qos', 1, '--connect-timeout', 5, 'x']);
  assert.notEqual(insecure.code, 0);
});

test('through an HTTP proxy that the environment names', async () => {
  const targets = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request, near) => {
    targets.push(request.url);
    const far = netConnect({port: broker.port, host: '127.0.0.1'}, () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  defer(() => new Promise((resolve) => proxy.close(resolve)));
  const env = {http_proxy: `http://127.0.0.1:${proxy.address().port}`};
  const done = await run('rtmqtt', ['pub', 'mqtt://broker.example:1884/x', '--qos', 1, 'hello'], {env});
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(targets, ['broker.example:1884']);
});

// --- what breaks -----------------------------------------------------------------------------
for (const qos of [1, 2]) {
  test(`a broker restarted in the middle of pub at QoS ${qos}: nothing is lost`, async () => {
    const directory = mosquittoDirectory();
    const more = ['max_queued_messages 0', 'max_inflight_messages 50'];
    const first = await startMosquitto({directory, more});
    const {port} = first;
    const topic = fresh('restart');
    // It stays away meanwhile: the broker keeps everything for it.
    await run('mosquitto_sub', ['-h', '127.0.0.1', '-p', port, '-i', 'keeper', '-c', '-q', qos, '-t', topic, '-E']);
    const pub = start('rtmqtt', ['pub', first.at(topic), '--qos', qos, '--retry-max-delay', '500ms']);
    const count = 6000;
    const lines = numbered(count);
    pub.write(lines.slice(0, 3000).map((l) => `${l}\n`).join(''));
    // Some are on their way when it ends.
    await first.waitForLine(/New client connected .* as rtwire/, 'stderr');
    first.kill('SIGTERM');
    await first.waitExit();
    pub.write(lines.slice(3000).map((l) => `${l}\n`).join(''));
    pub.endStdin();
    const second = await startMosquitto({directory, more, port});
    assert.equal((await pub.waitExit()).code, 0, pub.detail());
    const sub = start('mosquitto_sub', ['-h', '127.0.0.1', '-p', port, '-i', 'keeper', '-c', '-q', qos, '-t', topic], {stdin: null});
    const seen = () => new Set(sub.lines());
    await sub.waitFor(() => seen().size >= count, 'all lines');
    assert.deepEqual([...seen()], lines);
    assert.equal(second.ended, undefined);
    if (qos === 2) assert.equal(sub.lines().length, count);
  });
}

for (const way of ['drop', 'reset']) {
  test(`connections that end by ${way} again and again: nothing is lost at QoS 1`, async () => {
    const meddler = await Meddler.start(broker.port);
    const topic = fresh(way);
    const count = 5000;
    const lines = numbered(count);
    const id = fresh('cut');
    const sub = start('rtmqtt', ['sub', meddler.at(topic), '--qos', 1, '--client-id', id, '--retry-max-delay', '200ms'], {stdin: null});
    await granted(broker, id, 2);
    const pub = start('rtmqtt', ['pub', meddler.at(topic), '--qos', 1, '--retry-max-delay', '200ms']);
    pub.child.stdin.end(lines.map((l) => `${l}\n`).join(''));
    for (let i = 0; i < 4 && !pub.ended; ++i) {
      const seen = meddler.toServer;
      await meddler.until(() => meddler.toServer > seen + 5000 || pub.ended, 'more to pass');
      meddler[way]();
    }
    assert.equal((await pub.waitExit()).code, 0, pub.detail());
    await sub.waitFor(() => new Set(sub.lines()).size >= count, 'all lines');
    assert.equal(new Set(sub.lines()).size, count);
  });
}

test('MQTT 3.1.1 without an identifier: resets lose nothing at QoS 1, and no session is left', async () => {
  const own = await startMosquitto({more: ['max_queued_messages 0']});
  const meddler = await Meddler.start(own.port);
  const count = 3000;
  const sub = start('rtmqtt', ['sub', '-v', meddler.at('run'), '--qos', 1, '--protocol', '3.1.1',
                               '--retry-max-delay', '200ms'], {stdin: null});
  await sub.waitFor(() => /< SUBACK/.test(sub.stderr), 'the subscription');
  const pub = start('rtmqtt', ['pub', own.at('run'), '--qos', 1]);
  pub.child.stdin.end(numbered(count).map((l) => `${l}\n`).join(''));
  for (let i = 0; i < 4; ++i) {
    const seen = meddler.toServer;
    await meddler.until(() => meddler.toServer > seen + 1000 || sub.lines().length >= count, 'more to pass');
    meddler.reset();
  }
  assert.equal((await pub.waitExit()).code, 0, pub.detail());
  await sub.waitFor(() => new Set(sub.lines()).size >= count, 'all lines');
  assert.doesNotMatch(sub.stderr, /kept no session/);
  const id = /> CONNECT .*client-id=(\S+)/.exec(sub.stderr)[1];
  sub.child.kill('SIGTERM');
  await sub.waitExit();
  const {stderr} = await run('rtmqtt', ['sub', '-v', own.at('run'), '--qos', 1, '--protocol', '3.1.1', '--client-id',
                                        id, '--timeout', '1s']);
  assert.match(stderr, /< CONNACK 0 .*session-present=0/);
});

test('every byte by itself, at QoS 2', async () => {
  const meddler = await Meddler.start(broker.port, {split: true});
  const topic = fresh('bytes');
  const id = fresh('sub');
  const sub = start('rtmqtt', ['sub', meddler.at(topic), '--qos', 2, '-n', 50, '--client-id', id], {stdin: null});
  await granted(broker, id, 2);
  await publish(meddler.at(topic), numbered(50), ['--qos', 2]);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(sub.lines(), numbered(50));
});

test('a connection on which nothing passes any more is noticed', async () => {
  const meddler = await Meddler.start(broker.port);
  const id = fresh('dead');
  const sub = start('rtmqtt', ['sub', meddler.at(id), '--keepalive', 5, '--client-id', id, '--no-reconnect'], {stdin: null});
  await granted(broker, id, 2);
  await publish(broker.at(id), ['there']);
  await sub.waitForLines(1);
  meddler.stall();
  assert.equal((await sub.waitExit()).code, 8, sub.detail());
  assert.match(sub.stderr, /dead/);
});

test('--no-reconnect: a broker that ends is exit 8', async () => {
  const own = await startMosquitto({more: kLog});
  const sub = await subscriber(own, own.at('x'), ['--no-reconnect']);
  own.kill('SIGTERM');
  assert.equal((await sub.waitExit()).code, 8, sub.detail());
  assert.match(sub.stderr, /closed/);
});

test('SIGINT ends it by the signal, with a good-bye', async () => {
  const id = fresh('int');
  const sub = start('rtmqtt', ['sub', broker.at('x'), '--client-id', id], {stdin: null});
  await granted(broker, id, 2);
  sub.kill('SIGINT');
  assert.equal((await sub.waitExit()).signal, 'SIGINT');
  await broker.waitForLine(new RegExp(`Received DISCONNECT from ${id}`), 'stderr');
});

test('a stalled stdout: the connection is kept alive, and everything comes at last', async () => {
  const topic = fresh('stall');
  const id = fresh('stalled');
  const sub = start('rtmqtt', ['sub', broker.at(topic), '--client-id', id, '--clean', '--qos', 1, '--keepalive', 5], {stdin: null});
  sub.child.stdout.pause();
  await granted(broker, id, 2);
  const lines = numbered(150, 'x'.repeat(50_000));
  await publish(broker.at(topic), lines, ['--qos', 1]);
  // The broker would hang up after 7.5 s without a word.
  const pings = () => [...broker.stderr.matchAll(new RegExp(`Received PINGREQ from ${id}`, 'g'))].length;
  await broker.waitFor(() => pings() >= 2, 'two pings');
  assert.equal(sub.ended, undefined);
  sub.child.stdout.resume();
  await sub.waitForLines(150);
  assert.deepEqual(sub.lines(), lines);
  assert.equal(sub.stderr, '');
});

test('a broker that goes away while stdout is stalled keeps what was not printed', async () => {
  const topic = fresh('uncommitted');
  const id = fresh('uncommitted');
  const args = ['sub', broker.at(topic), '--client-id', id, '--qos', 1];
  const sub = start('rtmqtt', args, {stdin: null});
  sub.child.stdout.pause();
  await granted(broker, id, 2);
  const lines = numbered(60, 'x'.repeat(50_000));
  await publish(broker.at(topic), lines, ['--qos', 1]);
  sub.kill('SIGKILL');
  await sub.exit;
  const printed = new Set(sub.lines());
  const again = start('rtmqtt', args, {stdin: null});
  await again.waitFor(() => {
    const seen = new Set([...printed, ...again.lines()]);
    return lines.every((line) => seen.has(line));
  }, 'what was not printed');
});

test('a broker that hangs up at a long message without a word does not get it for ever', async () => {
  const own = await startMosquitto({more: [...kLog, 'max_packet_size 3000']});
  const lines = ['before', 'x'.repeat(5000), 'between', 'y'.repeat(4000), 'behind'];
  for (const [program, args, code] of [['rtmqtt', ['pub'], 1], ['rtrelay', ['-'], 9]]) {
    const topic = fresh('long');
    const sub = await subscriber(own, own.at(topic), ['--qos', 1]);
    const result = await run(program, [...args, own.at(topic), '--protocol', '3.1.1', '--qos', 1,
                                       '--retry-max-delay', '20ms', '--timeout', 20],
                             {input: `${lines.join('\n')}\n`});
    assert.equal(result.code, code, result.stderr);
    for (const long of [5000, 4000])
      assert.match(result.stderr, new RegExp(`of ${long} bytes, is sent to '.*': it is given up`));
    await sub.waitFor(() => sub.lines().includes('behind'), 'the last one');
    // What was on its way with a long one may come twice.
    assert.deepEqual([...new Set(sub.lines())], ['before', 'between', 'behind']);
    sub.kill();
    await sub.waitExit();
  }
});
