// The page and the channels keep apart whatever the browser says, and a hub answers to no name that
// is not its own, wherever it is bound.
import {sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {hostname, networkInterfaces} from 'node:os';
import {pause, serve, startHub, test} from './lib/hub.mjs';
import {ask, get, post, postEnvelopes, request} from './lib/raw_http.mjs';
import {handshake} from './lib/raw_ws.mjs';

const field = (answer, name) => new RegExp(`^${name}: *(.*?) *$`, 'im').exec(answer.head)?.[1];
// {directive: [sources]}
const policyOf = (answer) => Object.fromEntries(
    (field(answer, 'Content-Security-Policy') ?? '').split(';').map((part) => part.trim().split(/\s+/)).map(([name, ...rest]) => [name, rest]));

// --- the page --------------------------------------------------------------------------------
test('the page runs what has its nonce or hash, and nothing else', async () => {
  const hub = await startHub();
  const page = await get(hub.port, '/', {Accept: 'text/html'});
  assert.equal(page.status, 200);
  for (const name of ['script-src', 'style-src']) {
    const sources = policyOf(page)[name] ?? [];
    assert.ok(sources.length > 0, `${name} is missing`);
    for (const source of sources)
      assert.match(source, /^'(nonce-[\w+/=-]{16,}|sha(256|384|512)-[\w+/=-]+|strict-dynamic|none)'$/, `${name} ${source}`);
  }
  assert.deepEqual(policyOf(page)['default-src'], ["'none'"]);
  assert.deepEqual(policyOf(page)['base-uri'], ["'none'"]);
});

test('nonces are never the same, hashes are those of what is there', async () => {
  const hub = await startHub();
  const pages = [await get(hub.port, '/'), await get(hub.port, '/')];
  const sources = pages.map((page) => policyOf(page)['script-src'] ?? []);
  const nonces = sources.map((all) => all.filter((source) => source.startsWith("'nonce-")).join());
  if (nonces[0] !== '') {
    assert.notEqual(nonces[0], nonces[1]);
    assert.ok(pages[0].text.includes(nonces[0].slice(7, -1)), 'the page bears its nonce');
    return;
  }
  const hashes = sources[0].filter((source) => /^'sha/.test(source));
  assert.ok(hashes.length > 0, `neither: ${sources[0]}`);
  // Of scripts by URL the element's integrity has to be the hash; of inline ones their text's.
  const wanted = [...pages[0].text.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)].map(([, attributes, inside]) =>
      /integrity="([^"]+)"/.exec(attributes)?.[1] ?? `sha256-${createHash('sha256').update(inside).digest('base64')}`);
  for (const hash of wanted) assert.ok(hashes.includes(`'${hash}'`), `${hash} is not in the policy`);
});

test('a channel\'s document is no script to the page: policy, type and origin', async () => {
  const hub = await startHub();
  await post(hub.port, '/app.js', 'alert(1)', {'Content-Type': 'text/javascript'});
  // Without Sec-Fetch-Dest, as over http:// off loopback.
  const answer = await get(hub.port, '/app.js');
  assert.equal(field(answer, 'Cross-Origin-Resource-Policy'), 'same-origin');
  const page = await get(hub.port, '/');
  assert.ok(!(policyOf(page)['script-src'] ?? []).includes("'self'"), "script-src 'self' lets /app.js run in the page");
});

test('the page is in no frame and opens to no window of others', async () => {
  const hub = await startHub();
  for (const path of ['/', '/-/page.js', '/-/page.css', '/-/health', '/-/metrics', '/-/channels']) {
    const answer = await get(hub.port, path);
    if (answer.status !== 200) continue;
    assert.equal(field(answer, 'X-Content-Type-Options'), 'nosniff', path);
    assert.equal(field(answer, 'Cross-Origin-Resource-Policy'), 'same-origin', path);
  }
  assert.deepEqual(policyOf(await get(hub.port, '/'))['frame-ancestors'], ["'none'"]);
});

// --- channels --------------------------------------------------------------------------------
test('every answer of a channel is for this origin alone', async () => {
  const hub = await startHub();
  await post(hub.port, '/c', 'x');
  const {head} = await get(hub.port, '/c');
  const etag = /^ETag: (.*)$/im.exec(head)[1].trim();
  const rows = [
    ['latest', request('GET', '/c'), 200], ['HEAD', request('HEAD', '/c'), 200, 'HEAD'],
    ['304', request('GET', '/c', {fields: {'If-None-Match': etag}}), 304],
    ['nothing', request('GET', '/none'), 404], ['window', request('GET', '/c?since='), 200],
    ['array', request('GET', '/c?since=', {fields: {Accept: 'application/json'}}), 200],
    ['a wait without news', request('GET', '/c2?wait=0.05'), 204],
    ['a wait with a validator', request('GET', '/c?wait=0.05', {fields: {'If-None-Match': etag}}), 304],
    ['publication', request('POST', '/c', {fields: {'Content-Type': 'text/plain'}, body: 'y'}), 201],
    ['refused', request('GET', '/a/../b'), 400], ['405', request('DELETE', '/c'), 405],
    ['code', request('GET', '/c', {fields: {'Sec-Fetch-Dest': 'script'}}), 403],
    ['batch', request('POST', '/c', {fields: {'Content-Type': 'application/x-ndjson'}, body: '{"v":1,"data":"x"}'}), 201],
    ['bad batch', request('POST', '/c', {fields: {'Content-Type': 'application/x-ndjson'}, body: '{'}), 400],
  ];
  for (const [what, bytes, status, method] of rows) {
    const answer = await ask(hub.port, bytes, {method: method ?? 'GET'});
    assert.equal(answer.status, status, `${what}: ${answer.status}`);
    assert.equal(field(answer, 'Cross-Origin-Resource-Policy'), 'same-origin', what);
    assert.equal(field(answer, 'X-Content-Type-Options'), 'nosniff', what);
    assert.match(field(answer, 'Content-Security-Policy') ?? '', /sandbox/, what);
  }
});
test('an event stream, too', async () => {
  const hub = await startHub();
  const {open, opened} = await import('./lib/raw_http.mjs');
  const socket = open(hub.port);
  await opened(socket);
  let text = '';
  socket.on('data', (data) => (text += data));
  socket.write(request('GET', '/c', {fields: {Accept: 'text/event-stream'}}));
  for (let i = 0; i < 200 && !text.includes('\r\n\r\n'); ++i) await pause(10);
  socket.destroy();
  assert.match(text, /^Cross-Origin-Resource-Policy: same-origin\r$/im);
});
test('whom --allow-origin names may read across origins', async () => {
  const hub = await startHub(['--allow-origin', 'https://app.test']);
  await post(hub.port, '/c', 'x');
  const answer = await get(hub.port, '/c', {Origin: 'https://app.test'});
  assert.equal(field(answer, 'Access-Control-Allow-Origin'), 'https://app.test');
  // Fetched with CORS it may be read, whatever this one says; without CORS it may not.
  assert.match(field(answer, 'Cross-Origin-Resource-Policy') ?? '', /^(same-origin|cross-origin)$/);
});

// --- Host ------------------------------------------------------------------------------------
async function bound(address, args = []) {
  const server = await serve('rtrelay', ['serve', `${address}:0`, ...args]);
  server.port = Number(new URL(server.urls[0]).port);
  return server;
}
const withHost = (port, host, at = '127.0.0.1') => ask(port, `GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`, {host: at});

for (const address of ['*', '0.0.0.0', '[::]', '127.0.0.1', 'localhost']) {
  for (const args of [[], ['--allow-host', 'h.test']]) {
    test(`Host, bound to ${address} ${args.join(' ')}`, async () => {
      let server;
      try {
        server = await bound(address, args);
      } catch (fault) {
        // A machine without IPv6 has no [::].
        if (address === '[::]' && /IPv6|Address family|no interface/i.test(fault.message)) return;
        throw fault;
      }
      const at = address === '[::]' ? '::1' : '127.0.0.1';
      const own = Object.values(networkInterfaces()).flat().find(({family, internal}) => family === 'IPv4' && !internal)?.address ?? '192.0.2.1';
      for (const good of ['localhost', '127.0.0.1', `127.0.0.1:${server.port}`, '[::1]', own, 'x.localhost', 'LOCALHOST.',
                          ...(args.length > 0 ? ['h.test', 'H.TEST:80'] : []),
                          ...(/127|localhost/.test(address) ? [] : [hostname()])])
        assert.equal((await withHost(server.port, good, at)).status, 404, `Host: ${good}`);
      for (const bad of ['rebind.test', 'rebind.test:80', 'localhost.rebind.test', '127.0.0.1.rebind.test', 'h.test.rebind.test',
                         'xlocalhost', '0x7f.1', '127.0.0.1x', '-', ...(args.length > 0 ? [] : ['h.test'])])
        assert.equal((await withHost(server.port, bad, at)).status, 421, `Host: ${bad}`);
      for (const [path, method] of [['/', 'GET'], ['/-/health', 'GET'], ['/-/channels', 'GET'], ['/-/metrics', 'GET'], ['/x', 'POST'], ['/x', 'OPTIONS']]) {
        const answer = await ask(server.port, `${method} ${path} HTTP/1.1\r\nHost: rebind.test\r\nContent-Length: 0\r\n\r\n`, {host: at});
        assert.equal(answer.status, 421, `${method} ${path}`);
      }
      assert.equal((await ask(server.port, handshake('/x', {host: 'rebind.test'}), {host: at})).status, 421, 'a WebSocket');
    });
  }
}

test('Host: what is in brackets is an address', async () => {
  const server = await bound('127.0.0.1');
  for (const bad of ['[evil.com]', '[evil.com]:80', '[localhost]', '[127.0.0.1]', '[::1', '::1]', '[]', '[::g]', '[1:2]', '[::1]x'])
    assert.equal((await withHost(server.port, bad)).status, 400, `Host: ${bad}`);
  for (const good of ['[::1]', '[::1]:80', '[2001:db8::1]', '[::ffff:127.0.0.1]', '[1:2:3:4:5:6:7:8]'])
    assert.equal((await withHost(server.port, good)).status, 404, `Host: ${good}`);
});
