// --record writes what passes and when; --replay plays it to clients and to servers that are not ours.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {curl, curlStream} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, eventually, kNotLinux, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {startNginx} from './lib/nginx.mjs';
import {eventStream, HttpPeer, wsClient, WsPeer} from './lib/peers.mjs';

function scratch(name = 'recording') {
  const directory = mkdtempSync(join(tmpdir(), 'rt-record-'));
  defer(() => rmSync(directory, {recursive: true}));
  return join(directory, name);
}

// Whole lines: it may be being written.
const linesOf = (file) => readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line));
const messagesOf = (file) => linesOf(file).filter((line) => 'data' in line || 'data_base64' in line);
const payloadsOf = (file) => messagesOf(file).map((line) => line.data ?? Buffer.from(line.data_base64, 'base64'));
const eventsOf = (file) => linesOf(file).filter((line) => line.connection)
    .map(({connection, from, code}) => [connection, from, code].filter((part) => part !== undefined));

function written(lines, name) {
  const file = scratch(name);
  writeFileSync(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)) + '\n').join(''));
  return file;
}

// A timer never fires early; how late it may be only the machine knows.
const kLate = 10;
function sameTimes(was, is, speed = 1) {
  assert.equal(is.length, was.length);
  for (let i = 0; i < was.length; ++i) {
    const wanted = (was[i].at - was[0].at) / speed;
    const found = is[i].at - is[0].at;
    assert.ok(found > wanted - 0.1, `message ${i} came after ${found} s in place of ${wanted}`);
    assert.ok(found < wanted + kLate, `message ${i} came after ${found} s in place of ${wanted}`);
  }
}

// Says five things at its own pace, and then closes.
function feed(socket) {
  const things = ['one', Buffer.from([0xff, 0, 1]), 'three\nlines\nlong', 'four', '{"five":5}'];
  const next = () => {
    if (things.length === 0) return socket.close(4001, 'all said');
    socket.send(things.shift());
    setTimeout(next, 20 + 40 * (things.length % 3));
  };
  next();
}
const kFed = ['one', Buffer.from([0xff, 0, 1]), 'three\nlines\nlong', 'four', '{"five":5}'];

eachPeer('a feed is recorded, played to a client, and recorded again', async ({WsPeer: Peer, wsClient: client}) => {
  const [first, second] = [scratch('first'), scratch('second')];
  const peer = await Peer.start(feed);
  const sub = ['sub', '--no-reconnect'];
  const recorded = await run('rtws', [...sub, peer.at('/feed?token=geheim'), '--record', first,
                                      '-H', 'X-Key: geheim', '-u', 'me:geheim']);
  assert.equal(recorded.code, 8, recorded.stderr);
  assert.doesNotMatch(readFileSync(first, 'utf8'), /geheim|X-Key/);
  const [head] = linesOf(first);
  assert.equal(head.recording, 'rtws sub');
  assert.equal(head.url, peer.at('/feed?token=***'));
  assert.deepEqual(payloadsOf(first), kFed);
  assert.ok(messagesOf(first).every((line) => line.from === 'server' && line.v === 1));
  assert.deepEqual(eventsOf(first), [['opened'], ['closed', 'server', 4001]]);
  const ats = linesOf(first).map((line) => line.at);
  assert.deepEqual(ats, [...ats].sort((a, b) => a - b));

  const server = await serve('rtws', ['serve', '--replay', first, '0']);
  const foreign = await client(server.at('/', 'ws'));
  foreign.send('subscribe');
  assert.deepEqual(await foreign.waitClosed(), {code: 4001, reason: 'all said'});
  assert.deepEqual(foreign.messages.map(({data, binary, text}) => (binary ? data : text)), kFed);
  assert.deepEqual(await server.waitForLines(1), ['subscribe']);

  const again = await run('rtws', [...sub, server.url, '--record', second]);
  assert.equal(again.code, 8);
  assert.deepEqual(payloadsOf(second), kFed);
  assert.deepEqual(eventsOf(second), [['opened'], ['closed', 'server', 4001]]);
  sameTimes(messagesOf(first), messagesOf(second));
});

eachPeer('pub plays a recording to a server; pipe records both ways', async ({WsPeer: Peer}) => {
  const [both, sent] = [scratch('both'), scratch('sent')];
  const peer = await Peer.start((socket) => socket.on('message', (data) => socket.send(`re: ${data}`)));
  const pipe = start('rtws', ['pipe', peer.at(), '--record', both, '-n', 2]);
  pipe.write('a\n');
  await pipe.waitForLines(1);
  pipe.write('b\n');
  pipe.endStdin();
  assert.equal((await pipe.waitExit()).code, 0);
  assert.deepEqual(messagesOf(both).map(({from, data}) => [from, data]),
                   [['client', 'a'], ['server', 're: a'], ['client', 'b'], ['server', 're: b']]);
  assert.deepEqual(eventsOf(both), [['opened'], ['closed', 'client']]);

  const pub = await run('rtws', ['pub', peer.at(), '--replay', both, '--record', sent]);
  assert.equal(pub.code, 0, pub.stderr);
  assert.deepEqual((await peer.waitForMessages(2, 1)).map((message) => message.text), ['a', 'b']);
  sameTimes(messagesOf(both).filter((line) => line.from === 'client'), messagesOf(sent));
  await run('rtws', ['pub', peer.at(), '--replay', both, '--replay-from', 'server', '--speed', 'max']);
  assert.deepEqual((await peer.waitForMessages(2, 2)).map((message) => message.text), ['re: a', 're: b']);
});

test('--speed: as fast as it says, and max is at once', async () => {
  const peer = await WsPeer.start();
  const hour = written([0, 900, 3600].map((at) => ({at, from: 'client', data: String(at)})));
  const record = scratch('played');
  const fast = await run('rtws', ['pub', peer.at(), '--replay', hour, '--speed', '7200x', '--record', record]);
  assert.equal(fast.code, 0, fast.stderr);
  sameTimes(linesOf(hour), messagesOf(record), 7200);
  const max = await run('rtws', ['pub', peer.at(), '--replay', hour, '--speed', 'max']);
  assert.equal(max.code, 0);
  assert.deepEqual((await peer.waitForMessages(3, 1)).map((message) => message.text), ['0', '900', '3600']);
  // As it was: the wait for the second is longer than any test, and a signal ends it.
  const slow = start('rtws', ['pub', peer.at(), '--replay', hour, '--record', record], {stdin: null});
  await peer.waitForMessages(1, 2);
  await eventually(() => payloadsOf(record).length === 1, 'the first message to be recorded');
  slow.kill('SIGINT');
  assert.equal((await slow.waitExit()).signal, 'SIGINT');
  assert.deepEqual(eventsOf(record), [['opened'], ['closed', 'client']]);
});

test('what --json has written can be played as well, and stdin', async () => {
  const peer = await WsPeer.start();
  const envelopes = [{v: 1, time: '2026-01-02T03:04:05Z', data: 'a'}, {v: 1, time: '2026-01-02T03:04:05.4Z', data: 'b'}];
  const record = scratch('played');
  const pub = await run('rtws', ['pub', peer.at(), '--replay', '-', '--record', record],
                        {input: envelopes.map((line) => JSON.stringify(line) + '\n').join('')});
  assert.equal(pub.code, 0, pub.stderr);
  sameTimes([{at: 0}, {at: 0.4}], messagesOf(record));
  assert.deepEqual((await peer.waitForMessages(2)).map((message) => message.text), ['a', 'b']);
});

test('the ends of connections are played, too: whoever comes back gets what was behind', async () => {
  const file = written([
    {at: 0, connection: 'opened'},
    {at: 0.01, from: 'server', id: 'a', event: 'tick', data: '1'},
    {at: 0.02, connection: 'closed', from: 'server', code: 1006},
    {at: 700, connection: 'failed', reason: 'connect: refused'},
    {at: 800, connection: 'opened'},
    {at: 800.01, from: 'server', id: 'b', data: '2\n3'},
    {at: 800.02, from: 'client', data: 'not this'},
    {at: 800.03, connection: 'closed', from: 'server', code: 1012, reason: 'restart'},
  ]);
  const server = await serve('rtws', ['serve', '--replay', file, '0']);
  for (const [text, code] of [['1', 1006], ['2\n3', 1012], ['1', 1006], ['2\n3', 1012]]) {
    const client = await wsClient(server.at('/', 'ws'));
    assert.equal((await client.waitClosed()).code, code);
    assert.deepEqual(client.texts(), [text]);
  }
  const stream = await serve('rtsse', ['serve', '--replay', file, '0']);
  const first = 'event: tick\nid: a\ndata: 1\n\n';
  const body = async (...args) => {
    const client = curlStream(stream.at(), args);
    assert.equal((await client.waitExit()).code, 0);
    return client.text().split('\n\n').filter(Boolean)
        .map((event) => event.split('\n').sort().join('\n') + '\n\n').join('');
  };
  const sorted = first.split('\n').filter(Boolean).sort().join('\n') + '\n\n';
  const second = 'data: 2\ndata: 3\nid: b\n\n';
  assert.equal(await body(), sorted);
  assert.equal(await body(), second);
  // After an id: not what stands before it.
  assert.equal(await body('-H', 'Last-Event-ID: a'), '');
  assert.equal(await body('-H', 'Last-Event-ID: a'), second);
  assert.equal(await body('-H', 'Last-Event-ID: unknown'), sorted);
});

test("an event stream of Node's is recorded and played to curl", async () => {
  const file = scratch();
  const kEvents = ['id: 1\ndata: hello\n\n', 'event: tick\nid: 2\ndata: a\ndata: b\n\n', 'id: 3\ndata: {"x":1}\n\n'];
  const peer = await HttpPeer.start(async (request, response) => {
    const write = eventStream(response);
    for (const event of kEvents) {
      await write(event);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    response.end();
  });
  const recorded = await run('rtsse', ['sub', peer.at('/e'), '--no-reconnect', '--record', file]);
  assert.equal(recorded.code, 8, recorded.stderr);
  assert.deepEqual(payloadsOf(file), ['hello', 'a\nb', '{"x":1}']);
  assert.deepEqual(eventsOf(file), [['opened'], ['closed', 'server']]);

  const server = await serve('rtsse', ['serve', '--replay', file, '0/e']);
  const client = curlStream(server.at('/e'));
  assert.equal((await client.waitExit()).code, 0);
  const fields = (text) => text.split('\n\n').map((event) => event.split('\n').sort());
  assert.deepEqual(fields(client.text()), fields(kEvents.join('')));
  assert.equal((await curl(server.at('/other'))).status, 404);
  // And what our own client makes of it is the same again.
  const again = scratch('again');
  await run('rtsse', ['sub', server.at('/e'), '--no-reconnect', '--record', again]);
  const known = ({data, id, event}) => ({data, id, event});
  assert.deepEqual(messagesOf(again).map(known), messagesOf(file).map(known));
  sameTimes(messagesOf(file), messagesOf(again));
});

test('rtpoll plays a recording once, from the first request on', async () => {
  const file = written(['a', 'b', 'c'].map((data, i) => ({at: i * 0.01, from: 'server', data})));
  const server = await serve('rtpoll', ['serve', '--replay', file, '0/p']);
  const all = await eventually(async () => {
    const window = await curl(server.at('/p?since='));
    const lines = window.ndjson();
    return lines.length === 3 ? lines : undefined;
  }, 'three messages');
  assert.deepEqual(all.map((line) => line.data), ['a', 'b', 'c']);
  assert.equal((await curl(server.at('/p'))).text, 'c');
});

test("rtmqtt: what Mosquitto's clients publish is recorded, and played to them", async () => {
  const broker = await startMosquitto();
  const mqtt = (topic) => `mqtt://127.0.0.1:${broker.port}/${topic}`;
  const [file, sent] = [scratch('got'), scratch('sent')];
  const sub = start('rtmqtt', ['sub', mqtt('rec/#'), '-n', 3, '--record', file], {stdin: null});
  await eventually(() => existsSync(file) && eventsOf(file).length === 1, 'the subscription');
  for (const [topic, text] of [['rec/a', 'one'], ['rec/b/c', 'two'], ['rec/a', 'three']])
    assert.equal((await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-m', text])).code, 0);
  assert.equal((await sub.waitExit()).code, 0);
  assert.deepEqual(messagesOf(file).map(({channel, data, proto}) => [channel, data, proto]),
                   [['/rec/a', 'one', 'mqtt'], ['/rec/b/c', 'two', 'mqtt'], ['/rec/a', 'three', 'mqtt']]);

  const listener = start('mosquitto_sub', ['-p', broker.port, '-t', 'rec/#', '-v'], {stdin: null});
  await eventually(async () => {
    await run('mosquitto_pub', ['-p', broker.port, '-t', 'rec/ready', '-m', '!', '-r']);
    return listener.lines().length > 0;
  }, 'mosquitto_sub');
  const pub = await run('rtmqtt', ['pub', `mqtt://127.0.0.1:${broker.port}`, '-q', '--qos', '1', '--replay', file,
                                   '--record', sent]);
  assert.equal(pub.code, 0, pub.stderr);
  const got = await listener.waitFor(() => {
    const lines = listener.lines().filter((line) => !line.startsWith('rec/ready'));
    return lines.length >= 3 ? lines : undefined;
  }, 'three messages');
  assert.deepEqual(got, ['rec/a one', 'rec/b/c two', 'rec/a three']);
  sameTimes(messagesOf(file), messagesOf(sent));
  assert.deepEqual(eventsOf(sent), [['opened'], ['closed', 'client']]);
});

test('a server records what its clients and its stdin say', async () => {
  const file = scratch();
  const server = await serve('rtws', ['serve', '--record', file, '0/c'], {stdin: 'pipe'});
  const client = await wsClient(server.at('/c', 'ws'));
  client.send('from a client');
  await server.waitForLines(1);
  server.write('from stdin\n');
  await client.waitForMessages(1);
  server.kill('SIGTERM');
  assert.equal((await server.waitExit()).code, 0);
  assert.equal(linesOf(file)[0].url, `ws://127.0.0.1:${server.port}/c`);
  assert.deepEqual(messagesOf(file).map(({from, relayed, data}) => [from, relayed, data]),
                   [['client', true, 'from a client'], ['server', undefined, 'from stdin']]);
  // Whoever had read it would have got both.
  const replay = await serve('rtws', ['serve', '--replay', file, '--speed', 'max', '0']);
  const reader = await wsClient(replay.at('/', 'ws'));
  await reader.waitForMessages(2);
  assert.deepEqual(reader.texts(), ['from a client', 'from stdin']);
});

test('a server records which clients came and went, and how', async () => {
  const file = scratch();
  const server = await serve('rtws', ['serve', '--record', file, '0']);
  const first = await wsClient(server.at('/c', 'ws'));
  const second = await wsClient(server.at('/c', 'ws'));
  const stream = curlStream(server.at('/d'), ['-H', 'Accept: text/event-stream']);
  const events = () => linesOf(file).filter((line) => line.connection);
  await eventually(() => existsSync(file) && events().length === 3, 'three that came');
  second.send('by the second');
  await first.waitForMessages(1);
  await curl(server.at('/c'), ['-d', 'by POST']);
  first.socket.close(4001, 'enough');
  await eventually(() => events().length === 4, 'one that went');
  second.socket.terminate();
  await eventually(() => events().length === 5, 'one that was lost');
  stream.kill();
  await eventually(() => events().length === 6, 'a stream that went');
  const last = await wsClient(server.at('/c', 'ws'));
  await eventually(() => events().length === 7, 'one more');
  server.kill('SIGTERM');
  assert.equal((await server.waitExit()).code, 0);
  await last.waitClosed();
  const facts = linesOf(file).slice(1).map((line) => {
    const {client, connection, from, code, reason, proto, channel, peer, data} = line;
    return connection === 'opened' ? [client, peer, proto, channel]
                                   : [client, from, ...(connection ? [code, reason] : [data])];
  });
  assert.deepEqual(facts, [
    [1, '127.0.0.1', 'ws', '/c'], [2, '127.0.0.1', 'ws', '/c'], [3, '127.0.0.1', 'sse', '/d'],
    [2, 'client', 'by the second'], [undefined, 'client', 'by POST'],
    [1, 'client', 4001, 'enough'], [2, 'client', 1006, undefined], [3, 'client', undefined, undefined],
    [4, '127.0.0.1', 'ws', '/c'], [4, 'server', 1001, 'the server is ending'],
  ]);
  // It is played without them: they were not one client's.
  const replay = await serve('rtws', ['serve', '--replay', file, '--speed', 'max', '0']);
  const reader = await wsClient(replay.at('/', 'ws'));
  await reader.waitForMessages(2);
  assert.deepEqual(reader.texts(), ['by the second', 'by POST']);
});

eachPeer('rtrelay records both ends, and which it was', async ({WsPeer: Peer}) => {
  const file = scratch();
  const feed = await HttpPeer.start(async (request, response) => {
    const write = eventStream(response);
    for (const text of ['one', 'two']) await write(`data: ${text}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    response.end();
  });
  const peer = await Peer.start();
  const from = `sse+${feed.at('/f')}`;
  const relay = start('rtrelay', ['--record', file, '--map', 's#^/f#/g#', '--no-reconnect', from, peer.at('/p')]);
  assert.equal((await relay.waitExit()).code, 8);
  await peer.until(() => peer.clients[0]?.closed && peer.clients[0].messages.length === 2, 'two messages');
  const lines = linesOf(file);
  assert.equal(lines[0].recording, 'rtrelay relay');
  const at = (end) => lines.filter((line) => line.end === end)
      .map(({connection, from, data, proto}) => [connection ?? proto, from, data].filter(Boolean));
  const [source, sink] = [from, peer.at('/p')].map((url) => url.replace(/^sse\+/, ''));
  const names = [...new Set(lines.slice(1).map((line) => line.end))];
  assert.equal(names.length, 2, names.join());
  const nameOf = (url) => names.find((name) => name.includes(url));
  assert.deepEqual(at(nameOf(source)), [['opened'], ['sse', 'server', 'one'], ['sse', 'server', 'two'], ['closed', 'server']]);
  assert.deepEqual(at(nameOf(sink)), [['opened'], ['ws', 'client', 'one'], ['ws', 'client', 'two'], ['closed', 'client']]);
  // Each once.
  const other = await Peer.start();
  const played = await run('rtws', ['pub', '--replay', file, '--speed', 'max', other.at('/')]);
  assert.equal(played.code, 0, played.stderr);
  await other.until(() => other.clients[0]?.closed, 'the end');
  assert.deepEqual(other.clients[0].messages.map((message) => message.text), ['one', 'two']);
});

test('rtrelay --record: a file that cannot be written ends the relay', async () => {
  const relay = await run('rtrelay', ['--record', '/dev/full', 'exec:echo x', 'exec:cat']);
  assert.deepEqual([relay.code, /--record \/dev\/full: No space/.test(relay.stderr)], [1, true], relay.stderr);
}, {notHere: kNotLinux});

test('what nginx answers is recorded, and played to curl', async () => {
  const root = scratch('root');
  mkdirSync(root);
  writeFileSync(join(root, 'x.json'), '{"price":1}\n');
  const nginx = await startNginx(`location / { root ${root}; default_type application/json; }`);
  const file = scratch();
  const poll = start('rtpoll', ['sub', nginx.at('/x.json'), '--interval', '50ms', '-n', '2', '--record', file]);
  await poll.waitForLines(1);
  writeFileSync(join(root, 'x.json'), '{"price":23}\n');
  assert.equal((await poll.waitExit()).code, 0, poll.stderr);
  const bodies = ['{"price":1}\n', '{"price":23}\n'];
  assert.deepEqual(payloadsOf(file), bodies);
  const served = await serve('rtsse', ['serve', '--replay', file, '--speed', 'max', '0/x.json']);
  const stream = curlStream(served.at('/x.json'));
  await stream.waitFor(() => stream.text().includes('23'), 'the second');
  const again = await serve('rtpoll', ['serve', '--replay', file, '--speed', 'max', '0/x.json']);
  const all = await eventually(async () => {
    const lines = (await curl(again.at('/x.json?since='))).ndjson();
    return lines.length === 2 ? lines : undefined;
  }, 'two messages');
  assert.deepEqual(all.map((line) => line.data), bodies);
  const last = await curl(again.at('/x.json'));
  assert.deepEqual([last.text, last.headers['content-type']], [bodies[1], 'application/json']);
});

test('kill -9 leaves whole lines, but for the last', async () => {
  const file = scratch();
  const peer = await HttpPeer.start(async (request, response) => {
    const write = eventStream(response);
    for (let n = 0; !response.destroyed && !response.closed; ++n) {
      await write(`data: ${n} ${'x'.repeat(2000)}\n\n`.repeat(20));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  for (const most of [1, 100, 1000]) {
    const sub = start('rtsse', ['sub', peer.at(), '--record', file], {stdin: null, stdout: 'ignore'});
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8').split('\n').length > most, 'some lines');
    sub.kill('SIGKILL');
    await sub.waitExit();
    const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    for (const line of whole) assert.equal(JSON.parse(line).v, 1);
  }
  // What is cut is told, and the rest is played.
  const text = readFileSync(file, 'utf8').split('\n').slice(0, 6).join('\n');
  writeFileSync(file, text.slice(0, -10));
  const server = await WsPeer.start();
  const pub = await run('rtws', ['pub', server.at(), '--replay', file, '--speed', 'max']);
  assert.equal(pub.code, 0);
  assert.match(pub.stderr, /: the last line is cut, and not played\n/);
  assert.equal((await server.waitForMessages(3)).length, 3);
});

test('the file is the one that was named, in the directory where one is, and nothing else is said', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rt-record-'));
  defer(() => rmSync(directory, {recursive: true}));
  const peer = await WsPeer.start(feed);
  const {code, stderr} =
      await run('rtws', ['sub', '--no-reconnect', '-q', '-n', 5, peer.at(), '--record', 'feed.ndjson'], {cwd: directory});
  assert.deepEqual([code, stderr, readdirSync(directory)], [0, '', ['feed.ndjson']]);
  assert.deepEqual(payloadsOf(join(directory, 'feed.ndjson')), kFed);
  const replay = await run('rtws', ['serve', '0', '--replay', 'feed.ndjson', '--dry-run'], {cwd: directory});
  assert.equal(replay.code, 0, replay.stderr);
});

test('files that cannot be used', async () => {
  const peer = await WsPeer.start((socket) => socket.send('x'));
  const bad = written([{data: 'good'}, '{"data":5}', {data: 'more'}], 'bad');
  const table = [
    [['pub', peer.at(), '--replay', bad], 2, /--replay \S+bad: line 2: "data" must be a string\n$/],
    [['serve', '0', '--replay', '/nowhere/x'], 2, /--replay \/nowhere\/x: cannot read: No such file/],
    [['pub', peer.at(), '--replay', '/'], 2, /--replay \/: is a directory\n/],
    [['pub', peer.at(), '--replay', bad, '--record', bad], 2, /is what --record writes: name another file\n/],
    [['pub', peer.at(), '--replay', bad, 'message'], 2, /--replay and MESSAGE arguments exclude each other/],
    [['sub', peer.at(), '--record', '/nowhere/x'], 2, /--record \/nowhere\/x: cannot write: No such file/],
    [['sub', peer.at(), '--record', '-'], 2, /stdout is for messages/],
    [['serve', '0', '--replay', bad, '--record', '/tmp/x'], 2, /--record and --replay do not go together in serve/],
    [['serve', '0', '--exec', 'cat', '--record', '/tmp/x'], 2, /--record and --exec do not go together in serve/],
    [['pub', peer.at(), '--replay', written([{from: 'server', data: 'x'}])], 0,
     /nothing is played: all messages are the server's \(--replay-from server\)\n$/],
  ];
  if (!kNotLinux) {
    table.push([['sub', peer.at(), '--record', '/dev/full'], 1, /^rtws: --record \/dev\/full: No space left on device\n$/]);
    table.push([['pub', peer.at(), 'x', '--record', '/dev/full'], 1,
                /^rtws: --record \/dev\/full: No space left on device\n$/]);
  }
  // Also where nothing comes that could be recorded.
  const silent = await WsPeer.start();
  if (!kNotLinux)
    table.push([['sub', silent.at(), '--record', '/dev/full'], 1,
                /^rtws: --record \/dev\/full: No space left on device\n$/]);
  for (const [args, code, text] of table) {
    const ended = await run('rtws', args);
    assert.equal(ended.code, code, `${args}: ${ended.stderr}`);
    assert.match(ended.stderr, text);
  }
  assert.deepEqual((await peer.waitForMessages(1)).map((message) => message.text), ['good']);
  // A server that has begun to play it.
  const server = await serve('rtws', ['serve', '--replay', bad, '--speed', 'max', '0']);
  const client = await wsClient(server.at('/', 'ws'));
  await client.waitClosed();
  assert.equal((await server.waitExit()).code, 2);
  assert.match(server.stderr, /--replay \S+bad: line 2: "data" must be a string\n$/);
});

test('--exit-on-eof: the server ends when it has been played', async () => {
  const lines = [{at: 0, connection: 'opened'}, {at: 0.01, from: 'server', data: 'x'},
                 {at: 0.02, connection: 'closed', code: 4002}];
  for (const [program, recorded] of [['rtws', lines], ['rtws', lines.slice(0, 2)], ['rtsse', lines]]) {
    const server = await serve(program, ['serve', '--replay', written(recorded), '--exit-on-eof', '0']);
    const sub = await run(program, ['sub', '--no-reconnect', server.url]);
    assert.deepEqual(sub.lines, ['x']);
    assert.equal((await server.waitExit()).code, 0);
    if (program === 'rtws') assert.match(sub.stderr, recorded.length === 3 ? /4002/ : /1001/);
  }
});

test('an envelope says when a hub got the message, and when it came here', async () => {
  const hub = await serve('rtrelay', ['serve', '0']);
  for (const [program, args] of [['rtws', ['--hub']], ['rtsse', ['--hub']], ['rtpoll', []]]) {
    const sub = start(program, ['sub', hub.at(`/${program}`), '--json', '-n', '1', '--last', '1', ...args], {stdin: null});
    await curl(hub.at(`/${program}`), ['-H', 'Content-Type: application/x-ndjson', '--data-binary', '@-'],
               {input: '{"v":1,"time":"2026-01-02T03:04:05Z","data":"old"}'});
    const [line] = await sub.waitForLines(1);
    const {time, received} = JSON.parse(line);
    // The hub's, not what its publisher said.
    assert.ok(time > '2026-01-02T03:04:05' && time <= received, `${time} ${received}`);
  }
  // Who says no time has none but that.
  const peer = await WsPeer.start((socket) => socket.send('x'));
  const {lines} = await run('rtws', ['sub', peer.at(), '--json', '-n', '1']);
  assert.deepEqual(Object.keys(JSON.parse(lines[0])), ['v', 'time', 'proto', 'channel', 'data']);
});

test('what is said to a server first is not recorded', async () => {
  const peer = await WsPeer.start((socket) => socket.on('message', () => {
    socket.send('welcome');
    socket.send('price 1');
  }));
  const file = scratch();
  const sub = await run('rtws', ['sub', peer.at(), '--send', 'login geheim', '--await', 'welcome', '-n', 1,
                                 '--record', file]);
  assert.equal(sub.code, 0, sub.stderr);
  assert.deepEqual(payloadsOf(file), ['price 1']);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /geheim/);
});

test('a long recording is neither loaded nor sent ahead of its reader', async () => {
  const kMessages = 100_000;
  const file = scratch();
  writeFileSync(file, Array.from({length: kMessages}, (_, i) =>
      `{"at":${i / 1000},"from":"server","data":"${i} ${'x'.repeat(200)}"}\n`).join(''));
  const server = await serve('rtws', ['serve', '--replay', file, '--speed', 'max', '0']);
  const client = await wsClient(server.at('/', 'ws'));
  client.socket.pause();
  const other = await wsClient(server.at('/', 'ws'));
  await other.waitForMessages(kMessages);
  client.socket.resume();
  await client.waitForMessages(kMessages);
  assert.ok(client.messages.every(({text}, i) => text.startsWith(`${i} `)));
  if (kNotLinux) return;
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]);
  // The file has 24 MB; a sanitizer's share is its own.
  if (!process.env.ASAN_OPTIONS) assert.ok(peak < 40_000, `${peak} kB`);
});
