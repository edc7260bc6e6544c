// rtsse against a foreign HTTP server and against the hub.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {curl, publish, publishAll} from './lib/curl.mjs';
import {eventually, run, serve, start, test} from './lib/harness.mjs';
import {freePort} from './lib/net.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';
import {sse} from './lib/sse.mjs';

let hub;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
});

// --- a foreign event stream ------------------------------------------------------------------
for (const split of [false, true]) {
  test(`sub: the standard's examples${split ? ', byte by byte' : ''}`, async () => {
    const peer = await HttpPeer.start(async (request, response) => {
      const write = eventStream(response);
      await write(
          '\uFEFF: a comment\n\ndata: YHOO\ndata: +2\ndata: 10\n\n' +
              'data: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n' +
              'data\n\nevent: add\ndata: 73857293\r\n\r\nunknown: x\rdata: cr\r\r' +
              'id: only\n\nevent: nothing\n\ndata: grün\n\ndata: cut',
          {split});
      response.end();
    });
    const {code, lines} = await run('rtsse', ['sub', peer.at(), '-n', '7', '-J']);
    assert.equal(code, 0);
    const events = lines.map((line) => JSON.parse(line));
    assert.deepEqual(events.map((e) => e.data),
                     ['YHOO\n+2\n10', 'first', 'second', ' third', '', '73857293', 'cr']);
    assert.deepEqual(events.map((e) => e.event ?? ''), ['', '', '', '', '', 'add', '']);
    assert.equal(events[1].id, '1');
    assert.equal(events[2].id, undefined);
    assert.ok(events.every((e) => e.v === 1 && e.proto === 'sse'));
    assert.equal(peer.requests[0].headers.accept, 'text/event-stream');
  });
}

test('sub: a stream that breaks is resumed behind the last id', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    const write = eventStream(response);
    const n = peer.requests.length;
    await write(`retry: 10\nid: ${n}\ndata: ${n}\n\ndata: cut`);
    if (n % 2) response.end();
    else setImmediate(() => request.socket.resetAndDestroy());
  });
  const {code, lines} = await run('rtsse', ['sub', peer.at(), '-n', '4']);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['1', '2', '3', '4']);
  assert.deepEqual(peer.requests.slice(0, 4).map((r) => r.headers['last-event-id']),
                   [undefined, '1', '2', '3']);
});

test('sub: --last-event-id goes with the first request', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    await eventStream(response)(`data: ${request.headers['last-event-id']}\n\n`);
  });
  const {lines} = await run('rtsse', ['sub', peer.at(), '-n', '1', '--last-event-id', 'x-7']);
  assert.deepEqual(lines, ['x-7']);
});

test('sub --no-reconnect: the end of the stream is 8', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    await eventStream(response)('data: x\n\n');
    response.end();
  });
  const {code, lines} = await run('rtsse', ['sub', peer.at(), '--no-reconnect']);
  assert.equal(code, 8);
  assert.deepEqual(lines, ['x']);
});

for (const [what, answer, code] of [
  ['401', (response) => response.writeHead(401).end(), 5],
  ['403', (response) => response.writeHead(403).end(), 5],
  ['404', (response) => response.writeHead(404).end(), undefined],
  ['another type', (response) => response.writeHead(200, {'Content-Type': 'text/html'}).end('x'),
   undefined],
  ['204, told to stop', (response) => response.writeHead(204).end(), undefined],
]) {
  test(`sub: ${what} is final`, async () => {
    const peer = await HttpPeer.start((request, response) => answer(response));
    const result = await run('rtsse', ['sub', peer.at(), '--retry']);
    if (code !== undefined) assert.equal(result.code, code);
    assert.equal(result.signal, null);
    assert.equal(peer.requests.length, 1);
    assert.equal(result.stdout, '');
  });
}

test('sub: a refusal after the stream stood is final as well', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    if (peer.requests.length > 1) return void response.writeHead(403).end();
    await eventStream(response)('retry: 10\ndata: x\n\n');
    response.end();
  });
  const {code, lines} = await run('rtsse', ['sub', peer.at()]);
  assert.equal(code, 5);
  assert.deepEqual(lines, ['x']);
});

test('sub: 503 after the stream stood is tried again', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    if (peer.requests.length === 2) return void response.writeHead(503).end();
    await eventStream(response)(`retry: 10\ndata: ${peer.requests.length}\n\n`);
    response.end();
  });
  assert.deepEqual((await run('rtsse', ['sub', peer.at(), '-n', '2'])).lines, ['1', '3']);
});

test('sub: redirects are followed', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    if (request.url === '/old') return void response.writeHead(307, {Location: '/new'}).end();
    await eventStream(response)(`data: ${request.url}\n\n`);
  });
  assert.deepEqual((await run('rtsse', ['sub', peer.at('/old'), '-n', '1'])).lines, ['/new']);
});

for (const [fields, least, most] of [['retry: 2000\n', 2000, 3000], ['', 3000, 4500],
                                     ['retry: 99999999999999999999\n', 1000, 1000]]) {
  test(`sub: the pause after ${fields.trim() || 'no retry:'}`, async () => {
    const peer = await HttpPeer.start(async (request, response) => {
      await eventStream(response)(`${fields}data: x\n\n`);
      response.end();
    });
    const most_pause = least === 1000 ? ['--retry-max-delay', '1s'] : [];
    const {code} = await run('rtsse', ['sub', peer.at(), '-n', '2', ...most_pause]);
    assert.equal(code, 0);
    const pause = peer.requests[1].at - peer.requests[0].at;
    assert.ok(pause >= least - 5, `${pause} ms`);
    // Nobody knows how busy this machine is.
    assert.ok(pause < most + 5000, `${pause} ms`);
  });
}

test('sub: an event over --max-message is left out and told, the others arrive, 9', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    const write = eventStream(response);
    if (peer.requests.length === 1) {
      await write(`retry: 10\nid: 1\ndata: a\n\nid: 2\ndata: ${'x'.repeat(5000)}\n\nid: 3\ndata: b\n\n` +
          `id: 4\ndata: ${'x'.repeat(200_000)}\n\n`);
    } else {
      await write('id: 5\ndata: c\n\n');
    }
    response.end();
  });
  const {code, lines, stderr} =
      await run('rtsse', ['sub', peer.at('/e'), '-n', '3', '--max-message', '1000']);
  assert.deepEqual([code, lines], [9, ['a', 'b', 'c']]);
  const told = `rtsse: ${peer.at('/e')}: a message over the limit of 1000 bytes is left out (--max-message)\n`;
  assert.equal(stderr.split(told).length, 3, stderr);
  assert.match(stderr, /messages were lost\n$/);
  assert.equal(peer.requests[1].headers['last-event-id'], '4');
});

for (const [status, again] of [[301, '/new'], [308, '/new'], [302, '/old'], [307, '/old']]) {
  test(`sub: after ${status} and a loss ${again} is asked`, async () => {
    const peer = await HttpPeer.start(async (request, response) => {
      if (request.url === '/old') return void response.writeHead(status, {Location: '/new'}).end();
      await eventStream(response)(`retry: 10\nid: ${peer.requests.length}\ndata: x\n\n`);
      response.end();
    });
    assert.equal((await run('rtsse', ['sub', peer.at('/old'), '-n', '2'])).code, 0);
    assert.deepEqual(peer.requests.slice(0, 3).map((r) => r.url), ['/old', '/new', again]);
    assert.equal(peer.requests[2].headers['last-event-id'], '2');
  });
}

test("sub: --last-event-id '' is none", async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    await eventStream(response)(`data: ${request.headers['last-event-id']}\n\n`);
  });
  const {lines} = await run('rtsse', ['sub', peer.at(), '-n', '1', '--last-event-id', '']);
  assert.deepEqual(lines, ['undefined']);
});

// --- at a hub --------------------------------------------------------------------------------
// Publishes until the subscription has brought something: from then on it stands.
async function untilSubscribed(program, url) {
  await eventually(async () => {
    await publishAll(url, ['ready?']);
    return program.stdout.includes('ready?');
  }, `the subscription to ${url}`);
}

test('sub: any payload arrives as it was', async () => {
  const payloads = [Buffer.from('plain'), Buffer.from('a\nb'), Buffer.from('a\r\nb\0'),
                    Buffer.of(0xff, 0, 1), Buffer.from('')];
  for (const payload of payloads) {
    await publish(hub.at('/any'), payload, {type: 'application/octet-stream'});
  }
  const {bytes} = await run('rtsse', ['sub', hub.at('/any'), '--last', '5', '-n', '5',
                                      '--length-prefix']);
  const got = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    got.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  assert.deepEqual(got, payloads);
});

test('sub: a foreign id is a loss that is told; 9 at the end', async () => {
  await publishAll(hub.at('/foreign'), ['a', 'b']);
  const {code, lines, stderr} = await run(
      'rtsse', ['sub', hub.at('/foreign'), '--last-event-id', '0123456789-1', '-n', '2']);
  assert.equal(code, 9);
  assert.deepEqual(lines, ['a', 'b']);
  assert.match(stderr, /lost|missed|gap/i);
});

test('sub: a hub that was away and kept nothing: reconnected, told, 9', async () => {
  const port = await freePort();
  const first = await serve('rtrelay', ['serve', port, '--sse-retry', '50ms']);
  await publishAll(first.at('/c'), ['a']);
  const program = start('rtsse', ['sub', first.at('/c'), '--last', '1', '-n', '3']);
  await program.waitForLines(1);
  first.kill();
  await first.waitExit();
  const second = await serve('rtrelay', ['serve', port]);
  await publishAll(second.at('/c'), ['b', 'c']);
  assert.deepEqual(await program.waitExit(), {code: 9, signal: null});
  assert.deepEqual(program.lines(), ['a', 'b', 'c']);
});

test('pub and pipe go up by POST', async () => {
  const stream = await sse(hub.port, '/up');
  assert.equal((await run('rtsse', ['pub', hub.at('/up'), 'one', 'two'])).code, 0);
  const pipe = start('rtsse', ['pipe', hub.at('/up')]);
  pipe.write('three\n');
  await stream.waitForEvents(3);
  assert.deepEqual(stream.data(), ['one', 'two', 'three']);
  await untilSubscribed(pipe, hub.at('/up'));
});

test('pub: stdin is long-lived, each line leaves at once', async () => {
  const stream = await sse(hub.port, '/lines');
  const program = start('rtsse', ['pub', hub.at('/lines')]);
  for (let i = 0; i < 5; ++i) {
    program.write(`${i}\n`);
    await stream.waitForEvents(i + 1);
  }
  program.endStdin();
  assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
});

test('serve: what stdin brings is streamed, what is posted is printed', async () => {
  const own = await serve('rtsse', ['serve', '0/logs'], {stdin: 'pipe'});
  const stream = await sse(own.port, '/logs');
  own.write('a\nb\n');
  await stream.waitForEvents(2);
  await curl(own.at('/logs'), ['-d', 'posted']);
  await own.waitForLine(/^posted$/);
  await stream.waitForEvents(3);
  assert.deepEqual(stream.data(), ['a', 'b', 'posted']);
});

test('serve --exit-on-eof ends behind its last message', async () => {
  const own = await serve('rtsse', ['serve', '0/c', '--exit-on-eof'], {stdin: 'pipe'});
  const stream = await sse(own.port, '/c');
  own.write('last');
  own.endStdin();
  await stream.waitForEvents(1);
  assert.deepEqual(stream.data(), ['last']);
  assert.deepEqual(await own.waitExit(), {code: 0, signal: null});
});
