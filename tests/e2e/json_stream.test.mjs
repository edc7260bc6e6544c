// Streams of JSON values, compressed streams and --query-id: rtsse sub, against Node's server.
import assert from 'node:assert/strict';
import {constants, createBrotliCompress, createGzip} from 'node:zlib';
import {run, start, test} from './lib/harness.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

const stream = (type, parts, {end = true, ...headers} = {}) => HttpPeer.start((request, response) => {
  response.writeHead(200, {'Content-Type': type, ...headers});
  for (const part of parts) response.write(part);
  if (end) response.end();
});

// As Kubernetes' watch and Docker's events send it.
const kWatch = ['{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n', '{"type":"MODI',
                'FIED","object":{"metadata":{"name":"b"}}}\n'];
for (const type of ['application/json', 'application/json;stream=watch', 'application/x-ndjson', 'application/jsonl']) {
  test(`${type}: each value is a message, at once`, async () => {
    const peer = await stream(type, kWatch, {end: false});
    const child = start('rtsse', ['sub', peer.at('/watch'), '--select', '/object/metadata/name']);
    await child.waitForLines(2);
    assert.deepEqual(child.lines(), ['a', 'b']);
    child.kill('SIGTERM');
    await child.waitExit();
  });
}

test('application/json-seq, one over several lines', async () => {
  const peer = await stream('application/json-seq', ['\x1e{"a":1}\n', '\x1e{\n"b":\n2}\n'], {end: false});
  const {code, stdout} = await run('rtsse', ['sub', peer.at(), '-n', '2', '-0']);
  assert.deepEqual([code, stdout], [0, '{"a":1}\0{\n"b":\n2}\0']);
});

test('the envelope: no event and no id; after a loss the same request', async () => {
  const peer = await stream('application/x-ndjson', ['{"a":1}\n']);
  const {code, lines} = await run('rtsse', ['sub', peer.at('/w?watch=1'), '-n', '2', '-J', '--retry-max-delay', '50ms']);
  assert.equal(code, 0);
  for (const line of lines) {
    const {data, event, id, content_type} = JSON.parse(line);
    assert.deepEqual([data, event, id, content_type], ['{"a":1}', undefined, undefined, 'application/json']);
  }
  assert.deepEqual(peer.requests.map((r) => [r.url, r.headers['last-event-id']]),
                   [['/w?watch=1', undefined], ['/w?watch=1', undefined]]);
});

test('a model that answers a POST in JSON lines', async () => {
  const peer = await stream('application/x-ndjson', ['{"response":"Hel","done":false}\n', '{"response":"lo","done":true}\n']);
  const {code, stdout} = await run('rtsse', ['sub', peer.at('/api/generate'), '-d', '{"model":"m"}', '--select', '/response', '--raw']);
  assert.deepEqual([code, stdout], [0, 'Hello']);
  assert.equal(peer.requests.length, 1);
});

test('a server that has no event stream to offer is asked for JSON', async () => {
  const peer = await HttpPeer.start((request, response) => {
    if (!/application\/json/.test(request.headers.accept)) return void response.writeHead(406).end();
    response.writeHead(200, {'Content-Type': 'application/json'});
    response.write('{"a":1}\n');
  });
  const {code, lines} = await run('rtsse', ['sub', peer.at(), '-n', '1']);
  assert.deepEqual([code, lines, peer.requests.length], [0, ['{"a":1}'], 2]);
  assert.equal(peer.requests[0].headers.accept, 'text/event-stream');
});

test('one JSON document is no stream', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.writeHead(200, {'Content-Type': 'application/json', 'Content-Length': 2});
    response.end('{}');
  });
  const {code, stderr} = await run('rtsse', ['sub', peer.at()]);
  assert.equal(code, 6);
  assert.match(stderr, /the answer is no event stream but application\/json/);
});

test('a line over --max-message is left out and told', async () => {
  const peer = await stream('application/x-ndjson', ['{"a":1}\n', `{"b":"${'x'.repeat(200)}"}\n`, '{"c":3}\n'], {end: false});
  const {code, lines, stderr} = await run('rtsse', ['sub', peer.at(), '-n', '2', '--max-message', '100']);
  assert.deepEqual([code, lines], [9, ['{"a":1}', '{"c":3}']]);
  assert.match(stderr, /a message over the limit of 100 bytes is left out \(--max-message\)/);
});

for (const [coding, encoder, flush] of [['gzip', createGzip, constants.Z_SYNC_FLUSH],
                                        ['br', createBrotliCompress, constants.BROTLI_OPERATION_FLUSH]]) {
  test(`${coding}: each event arrives when it has come`, async () => {
    let write;
    const peer = await HttpPeer.start((request, response) => {
      response.writeHead(200, {'Content-Type': 'text/event-stream', 'Content-Encoding': coding});
      const zip = encoder();
      zip.pipe(response);
      write = (text) => {
        zip.write(text);
        zip.flush(flush);
      };
      write('data: 0\n\n');
    });
    const child = start('rtsse', ['sub', peer.at()]);
    for (let i = 1; i <= 3; ++i) {
      await child.waitForLines(i);
      write(`data: ${i}\n\n`);
    }
    await child.waitForLines(4);
    assert.deepEqual(child.lines(), ['0', '1', '2', '3']);
    assert.ok(peer.requests[0].headers['accept-encoding'].split(/, */).includes(coding));
    child.kill('SIGTERM');
    await child.waitExit();
  });
}

test('--query-id: the last id is in the URL, as the server wants it', async () => {
  const peer = await HttpPeer.start(async (request, response) => {
    await eventStream(response)(`retry: 10\nid: a&b ${peer.requests.length}\ndata: x\n\n`);
    response.end();
  });
  const {code} = await run('rtsse', ['sub', peer.at('/hub?topic=t&lastEventID=old'), '-n', '3', '--query-id', 'lastEventID']);
  assert.equal(code, 0);
  assert.deepEqual(peer.requests.map((r) => r.url),
                   ['/hub?topic=t&lastEventID=old', '/hub?topic=t&lastEventID=a%26b%201', '/hub?topic=t&lastEventID=a%26b%202']);
  assert.ok(peer.requests.every((r) => r.headers['last-event-id'] === undefined));
  const first = await run('rtsse', ['sub', peer.at('/hub'), '-n', '1', '--query-id', 'since', '--last-event-id', '7']);
  assert.equal(first.code, 0);
  assert.equal(peer.requests.at(-1).url, '/hub?since=7');
});
