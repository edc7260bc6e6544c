// rtrelay between foreign peers, hubs and a broker.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {curl, publish, publishAll} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, eventually, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {freePort, Proxy} from './lib/net.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';
import {sse} from './lib/sse.mjs';

let hub;
let broker;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
  broker = await startMosquitto({more: ['log_type all']});
});

let names = 0;
const unique = (name) => `${name}${++names}`;

function directory() {
  const path = mkdtempSync(join(tmpdir(), 'rtrelay-'));
  defer(() => rmSync(path, {recursive: true}));
  return path;
}

// What a channel of a hub holds, as envelopes.
async function window(server, channel) {
  const answer = await curl(`${server.at(channel)}?since=`);
  return answer.ndjson();
}
const payloads = (envelopes) => envelopes.map((e) => e.data ?? Buffer.from(e.data_base64, 'base64'));

// Publishes by a foreign client; the message is acknowledged when it resolves.
async function mosquittoPub(topic, args, input) {
  const {code, stderr} = await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-q', '1',
                                                     ...args], {input});
  assert.equal(code, 0, stderr);
}

// mosquitto_sub whose subscription stands.
async function mosquittoSub(args) {
  const id = unique('reader');
  const reader = start('mosquitto_sub', ['-p', broker.port, '-i', id, '-q', '1', ...args],
                       {stdin: null});
  await broker.waitForLine(new RegExp(`Sending SUBACK to ${id}$`), 'stderr');
  return reader;
}

// --- all directions --------------------------------------------------------------------------
const kText = 'grün & "bunt"';
const kBinary = Buffer.from([0, 255, 10, 13, 128, 65]);

// Puts both messages where the relay will find them, and names the place.
const kSources = {
  poll: () => fromHub('poll+http'),
  sse: () => fromHub('sse+http'),
  ws: () => fromHub('ws'),
  mqtt: async () => {
    const topic = unique('in');
    await mosquittoPub(`${topic}/text`, ['-r', '-m', kText]);
    await mosquittoPub(`${topic}/binary`, ['-r', '-s'], kBinary);
    return broker.at(`${topic}/#`);
  },
};
async function fromHub(scheme) {
  const channel = `/${unique('in')}`;
  await publish(hub.at(channel), kText);
  await publish(hub.at(channel), kBinary, {type: 'application/octet-stream'});
  return hub.at(channel, scheme);
}

// Gives the endpoint, and what a foreign reader got there: [bytes].
const kSinks = {
  poll: async () => {
    const port = await freePort();
    return {
      url: `serve+poll://127.0.0.1:${port}/out`,
      got: () => eventually(async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/out?since=`).catch(() => undefined);
        if (!answer?.ok) return undefined;
        const lines = (await answer.text()).split('\n').filter(Boolean).map((l) => JSON.parse(l));
        return lines.length >= 2 ? payloads(lines).map((p) => Buffer.from(p)) : undefined;
      }, 'two messages'),
    };
  },
  sse: async () => {
    const channel = `/${unique('out')}`;
    const reader = await sse(hub.port, channel);
    return {
      url: hub.at(channel, 'sse+http'),
      got: async () => (await reader.waitForEvents(2)).map((event) => {
        if (event.event !== 'rt.envelope') return Buffer.from(event.data);
        return Buffer.from(JSON.parse(event.data).data_base64, 'base64');
      }),
    };
  },
  ws: async ({WsPeer}) => {
    const peer = await WsPeer.start();
    return {
      url: peer.at('/out', 'ws'),
      got: async () => {
        const messages = await peer.until(() => {
          const all = peer.clients.flatMap((client) => client.messages);
          return all.length >= 2 ? all : undefined;
        }, 'two messages');
        for (const {binary, data} of messages) assert.equal(binary, data.equals(kBinary));
        return messages.map(({data}) => data);
      },
    };
  },
  mqtt: async () => {
    const topic = unique('out');
    const reader = await mosquittoSub(['-t', topic, '-F', '%x']);
    return {
      url: broker.at(topic),
      got: () => reader.waitFor(() => {
        const found = reader.lines().filter((line) => /^([0-9a-f]{2})+$/.test(line));
        return found.length >= 2 ? found.map((hex) => Buffer.from(hex, 'hex')) : undefined;
      }, 'two messages'),
    };
  },
};

for (const [from, source] of Object.entries(kSources)) {
  for (const [to, sink] of Object.entries(kSinks)) {
    const sinkTest = to === 'ws' ? eachPeer : test;
    sinkTest(`${from} to ${to}: text and binary`, async (peer) => {
      const url = await source();
      const {url: target, got} = await sink(peer);
      // A server is to be there when it is read.
      const end = to === 'poll' ? [] : ['-n', '2'];
      const relay = start('rtrelay', [url, target, '--since', '', '--long=5s', ...end],
                          {stdin: null});
      const received = await got();
      assert.deepEqual(new Set(received.map(String)), new Set([kText, String(kBinary)]));
      assert.ok(received.some((bytes) => bytes.equals(kBinary)));
      // What is made by HTTP or kept in a log has an order.
      if (from !== 'mqtt') assert.equal(received[0].toString(), kText);
      if (to === 'poll') relay.kill();
      assert.equal((await relay.waitExit()).code, 0, relay.detail());
    });
  }
}

// --- streams ---------------------------------------------------------------------------------
eachPeer('stdin to several sinks at once, in order, and each has all of it at the end', async ({WsPeer}) => {
  const path = `/${unique('c')}`;
  const file = join(directory(), 'out');
  const peer = await WsPeer.start();
  const lines = Array.from({length: 5000}, (_, i) => `line ${i}`);
  const {code, stderr} = await run('rtrelay', ['-', peer.at('/x', 'ws'), hub.at(path), `file:${file}`],
                                   {input: `${lines.join('\n')}\n`});
  assert.equal(code, 0, stderr);
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages.map((m) => m.text), lines);
  assert.equal(peer.clients[0].closed.code, 1000);
  assert.equal(readFileSync(file, 'utf8'), `${lines.join('\n')}\n`);
  assert.deepEqual(payloads(await window(hub, path)), lines.slice(-1000));
});

test('several sources into one sink', async () => {
  const [a, b] = [`/${unique('c')}`, `/${unique('c')}`];
  await publish(hub.at(a), 'from a');
  await publish(hub.at(b), 'from b');
  const {code, lines} = await run('rtrelay', ['--since', '', '-n', '2', '--from',
                                              hub.at(a, 'sse+http'), '--from',
                                              hub.at(b, 'poll+http'), '-']);
  assert.equal(code, 0);
  assert.deepEqual(lines.sort(), ['from a', 'from b']);
});

test('an exec source and an exec sink', async () => {
  const file = join(directory(), 'out');
  const {code, stderr} = await run('rtrelay', ["exec:printf '1\\n2\\n3\\n'", `exec:cat > ${file}`]);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(file, 'utf8'), '1\n2\n3\n');
});

test('a log tailed into a hub', async () => {
  const path = `/${unique('c')}`;
  const file = join(directory(), 'log');
  writeFileSync(file, 'old\n');
  const relay = start('rtrelay', [`file:${file}`, hub.at(path)], {stdin: null});
  let n = 0;
  const found = await eventually(async () => {
    writeFileSync(file, `new ${++n}\n`, {flag: 'a'});
    const envelopes = await window(hub, path);
    return envelopes.length >= 3 ? payloads(envelopes) : undefined;
  }, 'lines');
  assert.ok(found.every((line) => /^new \d+$/.test(line)));
  relay.kill('SIGINT');
  assert.equal((await relay.waitExit()).signal, 'SIGINT');
});

// --- options of one end ----------------------------------------------------------------------
test('an option behind an end is for that end alone', async () => {
  const heard = [];
  const peer = () => HttpPeer.start((request, response) => {
    heard.push([request.url, request.headers['x-key'], request.headers.authorization]);
    response.setHeader('Content-Type', 'text/plain');
    response.end('one');
  });
  const [from, to] = [await peer(), await peer()];
  const {code, stderr} = await run('rtrelay', [
    `poll+${from.at('/from')}`, '-u', 'alice:secret', '-H', 'X-Key: 1', '--interval', '1h', '-n', '1',
    to.at('/to'), '--bearer', 'token', '-H', 'X-Key: 2'], {stdin: null});
  assert.equal(code, 0, stderr);
  assert.deepEqual(heard, [
    ['/from', '1', `Basic ${Buffer.from('alice:secret').toString('base64')}`],
    ['/to', '2', 'Bearer token']]);
});

test('each end its own framing, and QoS and names for each broker', async () => {
  const file = join(directory(), 'out');
  const {code, stderr} = await run('rtrelay', ['-', '-J', `file:${file}`, '-0', '-', '-F', '%c=%d'],
                                   {input: '{"channel":"/a","data":"x"}\n'});
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(file, 'utf8'), 'x\0');

  const topic = unique('t');
  const reader = await mosquittoSub(['-t', `${topic}/+`, '-F', '%q %t']);
  const ids = [unique('id'), unique('id')];
  const relay = start('rtrelay', [broker.at(`${topic}/a`), '--client-id', ids[0], '--session-expiry', '0',
                                  broker.at(`${topic}/b`), '--client-id', ids[1], '--qos', '0']);
  await broker.waitForLine(new RegExp(`Sending SUBACK to ${ids[0]}$`), 'stderr');
  await mosquittoPub(`${topic}/a`, ['-m', 'x']);
  assert.deepEqual((await reader.waitForLines(2)).sort(), [`0 ${topic}/b`, `1 ${topic}/a`]);
  relay.kill('SIGINT');
  await relay.waitExit();
});

// --- what a message is -----------------------------------------------------------------------
test('a message crosses whole between hubs, with its relays', async () => {
  const other = await serve('rtrelay', ['serve', '0']);
  const path = `/${unique('c')}`;
  const body = JSON.stringify({
    v: 1, id: 'first-1', data: '{"a":1}', content_type: 'application/json', event: 'e', qos: 1,
    retain: true, properties: {unit: 'C'}, via: ['r-before'],
  });
  await curl(hub.at(path), ['-H', 'Content-Type: application/x-ndjson', '-d', body]);
  for (const [from, to] of [['sse+http', 'http'], ['poll+http', 'http'], ['ws', 'ws']]) {
    const target = `/${unique('c')}`;
    const {code, stderr} = await run('rtrelay', ['--hub', '--since', '', '-n', '1',
                                                 hub.at(path, from), other.at(target, to)]);
    assert.equal(code, 0, stderr);
    const [got] = await window(other, target);
    assert.equal(got.data, '{"a":1}', from);
    assert.equal(got.content_type, 'application/json', from);
    assert.equal(got.event, 'e', from);
    assert.equal(got.qos, 1, from);
    assert.equal(got.retain, true, from);
    assert.deepEqual(got.properties, {unit: 'C'}, from);
    assert.equal(got.origin_id, 'first-1', from);
    assert.equal(got.via.length, 2, from);
    assert.equal(got.via[0], 'r-before', from);
  }
});

eachPeer('a hub that is met without --hub is warned of, and no other WebSocket', async ({WsPeer}) => {
  const path = `/${unique('c')}`;
  const url = hub.at(path, 'ws');
  await publish(hub.at(path), 'x');
  const met = await run('rtrelay', [url, '-', '--since', '', '-n', '1']);
  assert.deepEqual([met.code, met.lines], [0, ['x']]);
  assert.equal(met.stderr,
               `rtrelay: ${url} is an rtwire hub: with --hub nothing is lost and nothing loops\n`);
  const told = await run('rtrelay', [url, '-', '--hub', '--since', '', '-n', '1']);
  assert.deepEqual([told.code, told.stderr], [0, '']);
  const peer = await WsPeer.start();
  const other = await run('rtrelay', ['-', peer.at('/x', 'ws')], {input: 'x\n'});
  assert.deepEqual([other.code, other.stderr], [0, '']);
});

test('a broker to a broker: topic, retain and QoS', async () => {
  const second = await startMosquitto();
  const topic = unique('t');
  await mosquittoPub(`${topic}/a`, ['-r', '-m', 'kept']);
  const relay = start('rtrelay', [broker.at(`${topic}/#`), second.at('')], {stdin: null});
  const got = await eventually(async () => {
    const {lines} = await run('mosquitto_sub', ['-p', second.port, '-t', '#', '-q', '2', '-C', '1',
                                                '-W', '1', '-F', '%t %p %r']);
    // A reader that was there before it gets it as news.
    return lines[0]?.endsWith(' 1') && lines;
  }, 'the retained message');
  assert.deepEqual(got, [`${topic}/a kept 1`]);
  relay.kill();
  await relay.waitExit();
});

// --- names -----------------------------------------------------------------------------------
test('--map and --filter: topics become channels of their own', async () => {
  const topic = unique('lab');
  const target = await serve('rtrelay', ['serve', '0']);
  const relay = start('rtrelay', [broker.at('#'), target.at('/'), '--filter', `${topic}/+`,
                                  '--map', `s#^${topic}/#/#`, '--map', 's/TEMP/temp/i'],
                      {stdin: null});
  await eventually(async () => {
    await mosquittoPub(`${topic}/Temp`, ['-m', '21']);
    return (await curl(target.at('/temp'))).status === 200;
  }, 'the mapped channel');
  await mosquittoPub(`${topic}/too/deep`, ['-m', 'x']);
  await mosquittoPub(`${topic}/a b`, ['-m', 'y']);
  await eventually(async () => (await curl(target.at('/a%20b'))).status === 200, '/a%20b');
  assert.equal((await curl(target.at('/too/deep'))).status, 404);
  assert.equal((await curl(target.at('/temp'))).text, '21');
  relay.kill();
  await relay.waitExit();
});

test('a name that is no channel is told, and 9 at the end', async () => {
  const path = `/${unique('bad')}`;
  await publish(hub.at(path), 'x');
  const {code, stderr, stdout} = await run('rtrelay', [hub.at(path, 'sse+http'), '-', '--since', '',
                                                       '--map', 's/bad/+/', '--timeout', '1']);
  assert.equal(code, 9, stderr);
  assert.match(stderr, /no channels: 1$/m);
  assert.equal(stdout, '');
});

// --- loops -----------------------------------------------------------------------------------
test('a ring of relays passes each message round once', async () => {
  const [a, b] = [`/${unique('ring')}`, `/${unique('ring')}`];
  const first = start('rtrelay', [hub.at(a, 'sse+http'), hub.at(b, 'http'), '--since', ''],
                      {stdin: null});
  const second = start('rtrelay', [hub.at(b, 'poll+http'), hub.at(a, 'http'), '--since', '',
                                   '--long=5s'], {stdin: null});
  await publish(hub.at(a), '1');
  await publish(hub.at(a), '2');
  await eventually(async () => (await window(hub, a)).length >= 4, 'the way round');
  await publish(hub.at(a), 'last');
  await eventually(async () => (await window(hub, a)).length >= 6, 'the way round');
  assert.deepEqual(payloads(await window(hub, a)).sort(), ['1', '1', '2', '2', 'last', 'last']);
  assert.deepEqual(payloads(await window(hub, b)).sort(), ['1', '2', 'last']);
  for (const relay of [first, second]) {
    relay.kill();
    await relay.waitExit();
  }
});

for (const [from, to] of [
  ['ws://127.0.0.1:9/x', 'ws://127.0.0.1:9/x'],
  ['sse+http://127.0.0.1:9/x', 'http://localhost:9/x'],
  ['mqtt://127.0.0.1:9/a/#', 'mqtt://127.0.0.1:9/a/b'],
  ['file:/tmp/rtrelay-x', 'file:/tmp/rtrelay-x'],
]) {
  test(`refused: ${from} to ${to}`, async () => {
    const {code, stderr} = await run('rtrelay', [from, to]);
    assert.equal(code, 2);
    assert.match(stderr, /round for ever/);
  });
}

// --- both ways -------------------------------------------------------------------------------
for (const [left, right] of [['ws', 'mqtt'], ['sse+http', 'mqtt'], ['poll+http', 'ws'],
                             ['mqtt', 'serve']]) {
  test(`--both between ${left} and ${right}: nothing comes back`, async () => {
    const ends = {};
    for (const scheme of [left, right]) {
      const name = unique('both');
      if (scheme === 'mqtt') {
        const reader = await mosquittoSub(['-t', name]);
        ends[scheme] = {
          url: broker.at(name),
          send: (text) => mosquittoPub(name, ['-m', text]),
          all: () => reader.lines().filter((line) => /^[abx]\d+$/.test(line)),
        };
        continue;
      }
      const port = scheme === 'serve' ? await freePort() : hub.port;
      const at = `http://127.0.0.1:${port}/${name}`;
      ends[scheme] = {
        url: scheme === 'serve' ? `serve+http://127.0.0.1:${port}/${name}`
                                : hub.at(`/${name}`, scheme),
        send: (text) => publish(at, text),
        all: async () => payloads((await curl(`${at}?since=`)).ndjson()),
      };
    }
    const relay = start('rtrelay', ['--both', ends[left].url, ends[right].url, '--long=5s'],
                        {stdin: null});
    if (right === 'serve') await relay.waitForLine(/^listening /, 'stderr');
    // Once the ways stand, what is sent at one side is seen at the other.
    let n = 0;
    for (const [a, b] of [[left, right], [right, left]]) {
      await eventually(async () => {
        const text = `x${++n}`;
        await ends[a].send(text);
        for (let i = 0; i < 20; ++i) {
          if ((await ends[b].all()).includes(text)) return true;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return false;
      }, `a way from ${a} to ${b}`);
    }
    await ends[left].send('a1');
    await ends[right].send('b1');
    await ends[left].send('a2');
    await ends[right].send('b2');
    const counts = (all) => ['a1', 'a2', 'b1', 'b2'].map((t) => all.filter((x) => x === t).length);
    for (const end of [left, right]) {
      await eventually(async () => counts(await ends[end].all()).every((n) => n > 0), 'all four');
    }
    // Another round trip would have brought back what is to come back.
    await ends[left].send('a3');
    await eventually(async () => (await ends[right].all()).includes('a3'), 'a3');
    for (const end of [left, right]) assert.deepEqual(counts(await ends[end].all()), [1, 1, 1, 1]);
    relay.kill('SIGINT');
    const {code, signal} = await relay.waitExit();
    if (right === 'serve') assert.equal(code, 0);
    else assert.equal(signal, 'SIGINT');
  });
}

eachPeer('--both between stdio and a WebSocket', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.on('message', (data) => socket.send(`re ${data}`)));
  const {code, lines} = await run('rtrelay', ['--both', '-', peer.at('/', 'ws')], {input: '1\n2\n'});
  assert.equal(code, 0);
  assert.deepEqual(lines, ['re 1', 're 2']);
});

// --- losses ----------------------------------------------------------------------------------
// The connection in the middle is cut again and again; between hubs and at QoS 1 nothing is lost.
for (const [from, to, where] of [
  ['mqtt', 'http', 'to'], ['mqtt', 'ws', 'to'], ['mqtt', 'mqtt', 'to'], ['mqtt', 'http', 'from'],
  ['sse+http', 'http', 'from'], ['poll+http', 'ws', 'from'], ['ws', 'mqtt', 'from'],
]) {
  test(`${from} to ${to}, cut off again and again at its ${where === 'to' ? 'sink' : 'source'}`,
       async () => {
    const count = 500;
    const name = unique('cut');
    const port = {from: from === 'mqtt' ? broker.port : hub.port,
                  to: to === 'mqtt' ? broker.port : hub.port};
    const proxy = await Proxy.start(port[where]);
    port[where] = proxy.port;
    const reader = to === 'mqtt' ? await mosquittoSub(['-t', `${name}/out`]) : undefined;
    const relay = start('rtrelay', [`${from}://127.0.0.1:${port.from}/${name}/in`,
                                    `${to}://127.0.0.1:${port.to}/${name}/out`, '--hub',
                                    '--long=5s', '--interval', '20ms', '--since', '',
                                    '--retry-max-delay', '50ms'], {stdin: null});
    const send = (lines) => (from === 'mqtt'
        ? mosquittoPub(`${name}/in`, ['-l'], lines.map((line) => `${line}\n`).join(''))
        : publishAll(hub.at(`/${name}/in`), lines));
    const all = async () => (reader ? reader.lines() : payloads(await window(hub, `/${name}/out`)));
    await eventually(async () => {
      await send(['ready']);
      return (await all()).length > 0;
    }, 'the relay');
    const numbers = Array.from({length: count}, (_, i) => i);
    for (let i = 0; i < 10; ++i) {
      await send(numbers.slice(i * count / 10, (i + 1) * count / 10).map(String));
      proxy.cut();
    }
    await eventually(async () => (await all()).includes(String(count - 1)), 'the last message');
    // At least once and in order: what was under way may have come twice.
    const seen = [...new Set((await all()).filter((line) => line !== 'ready').map(Number))];
    assert.deepEqual(seen, numbers);
    relay.kill();
    await relay.waitExit();
    assert.doesNotMatch(relay.stderr, /messages were lost/);
  });
}

test('what a killed relay had not passed on stays at the broker', async () => {
  const topic = unique('t');
  // A sink that takes nothing at first.
  let open = false;
  const peer = await HttpPeer.start(async (request, response) => {
    if (open) response.writeHead(200).end();
  });
  const args = [broker.at(topic), peer.at('/x'), '--client-id', unique('id'), '--session-expiry',
                '1h', '--retry'];
  const first = start('rtrelay', args, {stdin: null});
  let n = 0;
  await eventually(async () => {
    await mosquittoPub(topic, ['-m', `m${++n}`]);
    return peer.requests.length > 0;
  }, 'the relay');
  await mosquittoPub(topic, ['-m', `m${++n}`]);
  first.kill('SIGKILL');
  await first.waitExit();
  await mosquittoPub(topic, ['-m', `m${++n}`]);
  open = true;
  const before = peer.requests.length;
  const second = start('rtrelay', args, {stdin: null});
  const taken = () => peer.requests.slice(before).filter((r) => r.method === 'POST')
      .map((r) => Number(r.body.toString().slice(1)));
  await peer.until(() => taken().includes(n), 'the last message', {detail: () => second.detail()});
  const begin = taken()[0];
  assert.ok(begin <= n - 2);
  assert.deepEqual(taken(), Array.from({length: n - begin + 1}, (_, i) => begin + i));
  second.kill();
  await second.waitExit();
});

test('an event stream of a stranger is not held: losses are told, and 9 at the end', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    if (request.method === 'POST') return;  // takes it and never answers
    const write = eventStream(response);
    for (let i = 0; i < 400; ++i) await write(`data: ${'x'.repeat(1000)}\n\n`);
  });
  const relay = start('rtrelay', [peer.at('/in', 'sse+http'), peer.at('/out'), '--buffer', '64k'],
                      {stdin: null});
  await peer.until(() => peer.requests.some((r) => r.method === 'POST'), 'a POST');
  await relay.waitForLine(/messages were lost: \d+/, 'stderr');
  relay.kill('SIGINT');
  assert.deepEqual(await relay.waitExit(), {code: 9, signal: null}, relay.detail());
});

// --- what is refused for itself ----------------------------------------------------------------
// The relay goes on, tells, ends with 9, and the same does not come again.
const kPoison = [
  {data: 'p1', content_type: 'text/x\r\nX: 1'},
  {data: 'p2', properties: {a: 'b\u0007'}},
];
test('poison on a hub\'s channel is skipped on the way to MQTT', async () => {
  const channel = `/${unique('c')}`;
  const topic = unique('out');
  const reader = await mosquittoSub(['-t', topic]);
  const lines = [{data: 'before'}, ...kPoison, {data: 'after'}];
  const {code, stderr} = await run('rtrelay', ['-', '-J', hub.at(channel)],
                                   {input: lines.map((l) => `${JSON.stringify(l)}\n`).join('')});
  assert.equal(code, 0, stderr);
  const relay = start('rtrelay', [hub.at(channel, 'sse+http'), broker.at(topic), '--since', ''],
                      {stdin: null});
  await reader.waitForLine(/^after$/);
  await relay.waitForLine(/messages skipped \(/, 'stderr');
  relay.kill('SIGINT');
  assert.equal((await relay.waitExit()).code, 9, relay.detail());
  assert.ok(reader.lines().includes('before'));
});

test('a channel that can be no topic is skipped', async () => {
  const topic = unique('ok');
  const reader = await mosquittoSub(['-t', topic]);
  const {code, stderr} = await run('rtrelay', ['-', '-J', broker.at('')], {
    input: `{"data":"x","channel":"/a+b"}\n{"data":"good","channel":"/${topic}"}\n`});
  assert.equal(code, 9, stderr);
  assert.match(stderr, /messages skipped \(.*\+/);
  await reader.waitForLine(/^good$/);
});

test('MQTT to a hub: what the hub refuses is skipped, and committed', async () => {
  const small = await serve('rtrelay', ['serve', '0', '--max-message', '1000']);
  const topic = unique('t');
  const channel = `/${unique('c')}`;
  const args = [broker.at(topic), small.at(channel), '--client-id', unique('id'),
                '--session-expiry', '1h'];
  const relay = start('rtrelay', args, {stdin: null});
  let n = 0;
  await eventually(async () => {
    await mosquittoPub(topic, ['-m', `m${++n}`]);
    return (await window(small, channel)).length > 0;
  }, 'the relay');
  await mosquittoPub(topic, ['-V', 'mqttv5', '-m', 'typed', '-D', 'publish', 'content-type',
                             `text/${'x'.repeat(9000)}`]);
  await mosquittoPub(topic, ['-s'], 'x'.repeat(5000));
  await mosquittoPub(topic, ['-m', 'after']);
  await eventually(async () => payloads(await window(small, channel)).includes('after'), 'after');
  relay.kill('SIGINT');
  assert.equal((await relay.waitExit()).code, 9, relay.detail());
  assert.match(relay.stderr, /messages skipped \(HTTP 4\d\d/);
  const again = start('rtrelay', args, {stdin: null});
  await mosquittoPub(topic, ['-m', 'next']);
  await eventually(async () => payloads(await window(small, channel)).includes('next'), 'next');
  again.kill('SIGINT');
  const end = await again.waitExit();
  assert.equal(end.signal, 'SIGINT', again.detail());
});

eachPeer('a WebSocket that is closed with 1009: a hub\'s, and a stranger\'s', async ({WsPeer}) => {
  const small = await serve('rtrelay', ['serve', '0', '--max-message', '1000']);
  const channel = `/${unique('c')}`;
  const input = `a\n${'x'.repeat(2000)}\nb\n`;
  const fast = ['--retry-max-delay', '20ms'];
  const toHub = await run('rtrelay', ['-', small.at(channel, 'ws'), '--hub', ...fast], {input});
  assert.equal(toHub.code, 9, toHub.stderr);
  assert.match(toHub.stderr, /messages skipped \(.*1009/);
  // At least once: the close may come before the acknowledgement.
  assert.deepEqual([...new Set(payloads(await window(small, channel)))], ['a', 'b']);

  const peer = await WsPeer.start((socket) => socket.on('message', (data) => {
    if (data.length > 1000) socket.close(1009);
  }));
  const relay = start('rtrelay', ['-', peer.at('/', 'ws'), ...fast]);
  relay.write(input);
  await peer.until(() => peer.clients.length > 1 || peer.clients[0]?.closed, 'the close');
  await peer.until(() => peer.clients.length > 1, 'the next connection');
  relay.write('last\n');
  await peer.until(() => peer.clients.flatMap((c) => c.messages).some((m) => m.text === 'last'),
                   'the last', {detail: () => relay.detail()});
  relay.endStdin();
  assert.equal((await relay.waitExit()).code, 9, relay.detail());
});

test('a line over the limit in a file and of a program is skipped', async () => {
  const program = await run('rtrelay', ["exec:printf 'a\\n123456789012\\nb\\n'",
                                        '--max-message', '10', '-']);
  assert.equal(program.code, 9, program.stderr);
  assert.deepEqual(program.lines, ['a', 'b']);
  assert.match(program.stderr, /messages skipped \(line 2: longer than the limit of 10 bytes\): 1/);

  const file = join(directory(), 'no', 'such');
  const waiting = start('rtrelay', [`file:${file}`, '-'], {stdin: null});
  await waiting.waitForLine(/is not there yet/, 'stderr');
  waiting.kill('SIGINT');
  await waiting.waitExit();
  assert.equal(waiting.stderr.match(/not there yet/g).length, 1);
});

test('the envelopes name the source\'s transport, where it has one', async () => {
  const channel = `/${unique('c')}`;
  await publish(hub.at(channel), 'x');
  for (const [scheme, proto] of [['sse+http', 'sse'], ['poll+http', 'poll'], ['ws', 'ws']]) {
    const {lines} = await run('rtrelay', [hub.at(channel, scheme), '-', '-J', '--since', '', '-n',
                                          '1', '--hub']);
    assert.equal(JSON.parse(lines[0]).proto, proto);
  }
  const {lines} = await run('rtrelay', [`exec:printf '{"data":"x"}\n'`, '-', '-J']);
  assert.equal(JSON.parse(lines[0]).proto, undefined);
});

test('--content-type reaches MQTT', async () => {
  const topic = unique('t');
  const reader = await mosquittoSub(['-V', 'mqttv5', '-t', topic, '-F', '%C %p']);
  await run('rtrelay', ['-', broker.at(topic), '--content-type', 'text/csv'], {input: '1,2\n'});
  await reader.waitForLine(/^text\/csv 1,2$/);
});

// --- ends ------------------------------------------------------------------------------------
eachPeer('servers in this process share a port and say where they listen', async ({wsClient}) => {
  const port = await freePort();
  const relay = start('rtrelay', ['--from', `serve+http://127.0.0.1:${port}/a`, '--from', '-',
                                  `serve+ws://127.0.0.1:${port}/b`]);
  await relay.waitForLine(new RegExp(`^listening http://127.0.0.1:${port}/a$`), 'stderr');
  await relay.waitForLine(new RegExp(`^listening ws://127.0.0.1:${port}/b$`), 'stderr');
  const client = await wsClient(`ws://127.0.0.1:${port}/b`);
  await publish(`http://127.0.0.1:${port}/a`, 'by http');
  await client.waitForMessages(1);
  relay.write('by stdin\n');
  const messages = await client.waitForMessages(2);
  assert.deepEqual(messages.map((m) => m.text), ['by http', 'by stdin']);
  relay.kill();
  assert.equal((await relay.waitExit()).code, 0);
});

test('serve+mqtt: a broker of its own', async () => {
  const port = await freePort();
  const path = `/${unique('c')}`;
  const relay = start('rtrelay', [`serve+mqtt://127.0.0.1:${port}`, hub.at('/')], {stdin: null});
  await relay.waitForLine(new RegExp(`^listening mqtt://127.0.0.1:${port}$`), 'stderr');
  await eventually(async () => {
    await run('mosquitto_pub', ['-p', port, '-t', path.slice(1), '-m', 'x']);
    return (await curl(hub.at(path))).status === 200;
  }, 'the message');
  relay.kill();
  assert.equal((await relay.waitExit()).code, 0, relay.detail());
});

test('two serve+mqtt ends share a broker', async () => {
  const port = await freePort();
  const at = `serve+mqtt://127.0.0.1:${port}`;
  const relay = start('rtrelay', ['--from', `${at}/a`, `${at}/b`, '-'], {stdin: null});
  await relay.waitForLine(new RegExp(`^listening mqtt://127.0.0.1:${port}$`), 'stderr');
  const reader = start('mosquitto_sub', ['-p', port, '-t', 'b'], {stdin: null});
  await eventually(async () => {
    await run('mosquitto_pub', ['-p', port, '-t', 'a', '-m', 'x']);
    return reader.lines().includes('x');
  }, 'the message');
  await relay.waitForLine(/^x$/);
  relay.kill();
  assert.equal((await relay.waitExit()).code, 0, relay.detail());
});

test('exit codes', async () => {
  const nobody = await freePort();
  const rows = [
    [['-', `ws://127.0.0.1:${nobody}/`], 3, /connect/],
    [[`mqtt://127.0.0.1:${nobody}/x`, '-'], 3, /connect/],
    [['http://127.0.0.1:1/x', '-'], 2, /read from/],
    [['-', 'mqtt://127.0.0.1:1/a/#'], 2, /topic/],
    [['--both', '--map', 's/a/b/', 'ws://127.0.0.1:1/a', 'ws://127.0.0.1:1/b'], 2, /--both/],
    [['--both', '-', 'ws://127.0.0.1:1/', 'ws://127.0.0.1:1/b'], 2, /--both/],
    [['-', '-', '--map', 's/(/b/'], 2, /--map/],
    [['-', '-', '--map', 's/\\w/b/'], 2, /not supported/],
    [['--both', 'file:x', 'ws://127.0.0.1:1/b'], 2, /sent back/],
    [['serve+http://:18080', 'serve+mqtt://:18080'], 2, /share a port/],
    [['-', `serve+mqtt://:${broker.port}`], 1, /in use/],
    [['-', `serve+http://:${broker.port}`], 1, /in use/],
    [['--topic', 'q/#', 'mqtt://127.0.0.1:1/a', 'mqtt://127.1:1/q/r'], 2, /round for ever/],
    [['--protocol', '3.1.1', '--map', 's#^a/#a/b/#', 'mqtt://127.0.0.1:1/a/#',
      'mqtt://127.0.0.1:1'], 2, /3\.1\.1/],
    [['--map', 's#^a/#a/b/#', 'mqtt://127.0.0.1:1/a/#', 'mqtt://127.0.0.1:1'], 3, /connect/],
    [[hub.at('/nothing', 'poll+http'), '-', '-n', '1', '--timeout', '0.5'], 7, /0 of 1/],
  ];
  for (const [args, code, text] of rows) {
    const result = await run('rtrelay', args, {input: ''});
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, text);
  }
});

eachPeer('a WebSocket\'s normal close ends it, and what had come is passed on', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('1');
    socket.send('2');
    socket.close(1000);
  });
  const {code, lines} = await run('rtrelay', [peer.at('/', 'ws'), '-']);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['1', '2']);
});

test('--status: a line a second where there is no terminal', async () => {
  const relay = start('rtrelay', ['-', hub.at(`/${unique('c')}`), '--status']);
  relay.write('1\n2\n');
  await relay.waitForLine(/^2 messages, \d+\/s, lag 0, dropped 0, reconnects 0$/, 'stderr');
  relay.endStdin();
  assert.equal((await relay.waitExit()).code, 0);
  const quiet = await run('rtrelay', ['-', hub.at(`/${unique('c')}`)], {input: '1\n'});
  assert.equal(quiet.stderr, '');
});

test('-v: that a sink by POST has not been looked for', async () => {
  const dead = `http://127.0.0.1:${await freePort()}/x`;
  const {code, stderr} = await run('rtrelay', ['-v', '-', dead]);
  assert.deepEqual([code, stderr], [0, `rtrelay: ${dead}: connected to when there is a message for it\n`]);
});

eachPeer('a sink\'s connection that is no hub: what was on it is not passed over in silence', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    if (peer.clients.length === 1) socket.on('message', () => socket.terminate());
  });
  const relay = start('rtrelay', ['-', peer.at('/', 'ws'), '--retry-max-delay', '20ms']);
  relay.write('1\n');
  await peer.until(() => peer.clients[0]?.closed, 'the cut', {detail: () => relay.detail()});
  relay.write('2\n');
  await peer.until(() => peer.clients[1]?.messages.length > 0, 'the next connection');
  relay.endStdin();
  assert.equal((await relay.waitExit()).code, 9, relay.detail());
  assert.match(relay.stderr, /ws:[^ ]*: a connection was lost, .*, perhaps \(a hub acknowledges: --hub\)\n$/);
  assert.doesNotMatch(relay.stderr, /messages were lost/);
}, {needs: ['answerAtOnce']});
