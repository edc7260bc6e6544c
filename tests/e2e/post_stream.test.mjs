// Streams that answer a request with a body, as models answer: rtsse sub -d, against Node's server.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, run, start, test} from './lib/harness.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

const kWords = ['A', ' model', "'s\n", 'answer'];
const kChunks = kWords.map((content) => `data: ${JSON.stringify({choices: [{delta: {content}}]})}\n\n`);

const model = (end) => HttpPeer.start((request, response) => {
  eventStream(response);
  for (const chunk of kChunks) response.write(chunk);
  end(response);
});
const kSelect = ['--select', '/choices/0/delta/content', '--raw'];

test('a model\'s streamed answer as text, until [DONE]', async () => {
  // The server keeps the connection, as some do.
  const peer = await model((response) => response.write('data: [DONE]\n\n'));
  const body = '{"model":"m","stream":true}';
  const {code, stdout, stderr} =
      await run('rtsse', ['sub', peer.at('/v1'), '-d', body, ...kSelect, '--until', '[DONE]']);
  assert.deepEqual([code, stderr, stdout], [0, '', kWords.join('')]);
  const [request] = peer.requests;
  assert.deepEqual([request.method, request.body.toString(), request.headers['content-type']],
                   ['POST', body, 'application/json']);
  assert.equal(request.headers.accept, 'text/event-stream');
});

test('its end is the end: 0, one request', async () => {
  const peer = await model((response) => response.end('data: [DONE]\n\n'));
  const {code, stdout, stderr} = await run('rtsse', ['sub', peer.at('/v1'), '-d', '{}', ...kSelect]);
  assert.deepEqual([code, stdout], [0, kWords.join('')]);
  assert.equal(stderr, 'rtsse: a message is no JSON and is passed over: [DONE]\n');
  assert.equal(peer.requests.length, 1);
});

test('one that breaks off is 8 and not asked for again; with --reconnect it is', async () => {
  const peer = await model((response) => setTimeout(() => response.destroy(), 20));
  const once = await run('rtsse', ['sub', peer.at('/v1'), '-d', '{}', ...kSelect]);
  assert.deepEqual([once.code, once.stdout], [8, kWords.join('')]);
  assert.match(once.stderr, /\(--reconnect asks again\)\n$/);
  assert.equal(peer.requests.length, 1);
  const again = start('rtsse', ['sub', peer.at('/v1'), '-d', '{}', ...kSelect, '--reconnect']);
  await peer.until(() => peer.requests.length >= 3, 'more requests');
  again.kill('SIGTERM');
  await again.waitExit();
});

test('body, method and type as they are said', async () => {
  const peer = await model((response) => response.end());
  const directory = mkdtempSync(join(tmpdir(), 'rt-post-'));
  defer(() => rmSync(directory, {recursive: true}));
  const file = join(directory, 'body');
  writeFileSync(file, '[1]\n');
  const asked = async (args, input) => {
    const {code} = await run('rtsse', ['sub', peer.at('/v1'), ...kSelect, ...args], {input});
    assert.equal(code, 0);
    const {method, body, headers} = peer.requests.at(-1);
    return [method, body.toString(), headers['content-type']];
  };
  const form = 'application/x-www-form-urlencoded';
  assert.deepEqual(await asked(['-d', 'a=1', '-d', 'b=2']), ['POST', 'a=1&b=2', form]);
  assert.deepEqual(await asked(['-d', `@${file}`]), ['POST', '[1]\n', 'application/json']);
  assert.deepEqual(await asked(['-d', '@-'], 'from stdin'), ['POST', 'from stdin', form]);
  assert.deepEqual(await asked(['-X', 'PATCH', '-d', '{}', '--reconnect', '--count', '1']),
                   ['PATCH', '{}', 'application/json']);
  assert.deepEqual(await asked(['-d', '{}', '--content-type', 'application/graphql']),
                   ['POST', '{}', 'application/graphql']);
  assert.deepEqual(await asked(['-d', '{}', '-H', 'Content-Type: text/x']), ['POST', '{}', 'text/x']);
  assert.deepEqual(await asked(['-X', 'POST']), ['POST', '', undefined]);
});

test('a refusal of the request is told with its reason', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.writeHead(400, {'content-type': 'application/problem+json'});
    response.end('{"title":"bad","detail":"no such model"}');
  });
  const {code, stderr} = await run('rtsse', ['sub', peer.at('/v1'), '-d', '{}']);
  assert.equal(code, 1);
  assert.match(stderr, /HTTP 400 Bad Request: no such model/);
});
