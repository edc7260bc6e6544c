// What servers answer to clients that could do better: Digest, TLS, other methods; and --exec without
// the shell that its command wants.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, run, test} from './lib/harness.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

const md5 = (text) => createHash('md5').update(text).digest('hex');

// Asks for Digest (RFC 7616) alone, and checks it.
const guarded = (serve) => HttpPeer.start((request, response, body) => {
  const field = (name) => new RegExp(`${name}="?([^",]*)"?`).exec(request.headers.authorization ?? '')?.[1];
  const expected = md5(`${md5('user:realm:pass')}:n1:${field('nc')}:${field('cnonce')}:auth:` +
                       md5(`${request.method}:${request.url}`));
  if (!request.headers.authorization?.startsWith('Digest ') || field('response') !== expected) {
    response.writeHead(401, {'WWW-Authenticate': 'Digest realm="realm", nonce="n1", qop="auth", algorithm=MD5'});
    return void response.end('no');
  }
  return serve(request, response, body);
});

for (const [program, args] of [['rtpoll', ['sub', '-n', '1']], ['rtsse', ['sub', '-n', '2']], ['rtpoll', ['pub', 'x', 'y']]]) {
  test(`Digest: ${program} ${args.join(' ')}`, async () => {
    const bodies = [];
    const peer = await guarded((request, response, body) => {
      if (request.method === 'POST') bodies.push(body.toString());
      if (program === 'rtsse') {
        eventStream(response)(`retry: 10\ndata: ${peer.requests.length}\n\n`);
        return void response.end();
      }
      response.end('secret');
    });
    const [verb, ...rest] = args;
    const good = await run(program, [verb, peer.at('/d?x=1'), ...rest, '-u', 'user'], {env: {RT_PASSWORD: 'pass'}});
    assert.equal(good.code, 0, good.stderr);
    if (verb === 'pub') assert.deepEqual(bodies, ['x', 'y']);
    if (program === 'rtpoll' && verb === 'sub') assert.deepEqual(good.lines, ['secret']);
    if (program === 'rtsse') assert.equal(good.lines.length, 2);
    const wrong = await run(program, [verb, peer.at('/d'), ...rest, '-u', 'user'], {env: {RT_PASSWORD: 'wrong'}});
    assert.equal(wrong.code, 5);
    assert.match(wrong.stderr, /HTTP 401 Unauthorized \(credentials are missing or wrong: -u, --bearer-file\)\n$/);
  });
}

const answering = (status, headers = {}, body = '') =>
  HttpPeer.start((request, response) => response.writeHead(status, headers).end(body));

test('501 is final', async () => {
  for (const args of [['pub', 'x'], ['sub']]) {
    const peer = await answering(501);
    const [verb, ...rest] = args;
    const {code, stderr} = await run('rtpoll', [verb, peer.at(), ...rest, '--retry']);
    assert.deepEqual([code, peer.requests.length], [1, 1]);
    assert.equal(stderr, `rtpoll: ${peer.at()}: HTTP 501 Not Implemented\n`);
  }
});

test('405: what to do instead', async () => {
  const peer = await answering(405, {Allow: 'POST'});
  const said = async (program, ...args) => (await run(program, [...args, peer.at()])).stderr.split('Allowed ')[1];
  assert.equal(await said('rtsse', 'sub'), '(is the path right? perhaps it answers POST: -d)\n');
  assert.equal(await said('rtsse', 'sub', '-d', 'x'), '(is the path right, and is it one to publish to?)\n');
  assert.equal(await said('rtpoll', 'sub'), '(is the path right? perhaps it answers POST: -d)\n');
});

test('a port for TLS, asked in clear text: 4, with the right URL', async () => {
  const peer = await answering(400, {'Content-Type': 'text/html'},
                               '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>');
  for (const [program, ...args] of [['rtpoll', 'sub'], ['rtsse', 'sub'], ['rtpoll', 'pub', '-d', 'x']]) {
    const {code, stderr} = await run(program, [...args, peer.at('/a?b=1'), '--retry']);
    assert.equal(code, 4);
    assert.ok(stderr.endsWith(`: HTTP 400 Bad Request: the port speaks TLS (try ${peer.at('/a', 'https')})\n`), stderr);
  }
});

test('--exec with what is for a shell: told', async () => {
  const peer = await HttpPeer.start((request, response) => eventStream(response)('data: x\n\n'));
  const exec = (...args) => run('rtsse', ['sub', peer.at(), '-n', '1', '--exec', ...args]);
  const plain = await exec('echo $X | cat');
  assert.deepEqual([plain.code, plain.stdout, plain.stderr],
                   [0, '$X | cat\n', 'rtsse: --exec: $X is for a shell, and reaches the command as it is: --shell\n']);
  for (const args of [['echo $X | cat', '--shell'], ["echo '$X | cat'"], ['sh -c "echo $X | cat"']])
    assert.equal((await exec(...args)).stderr, '');
});

test('-u with a colon is all of the name when the password comes from elsewhere', async () => {
  const seen = [];
  const peer = await HttpPeer.start((request, response) => {
    seen.push(Buffer.from(request.headers.authorization.split(' ')[1], 'base64').toString());
    response.end('x');
  });
  const directory = mkdtempSync(join(tmpdir(), 'rt-answers-'));
  defer(() => rmSync(directory, {recursive: true}));
  writeFileSync(join(directory, 'password'), 'secret\n', {mode: 0o600});
  for (const args of [['-u', 'A:B', '--password-file', join(directory, 'password')], ['-u', 'A:B']])
    assert.equal((await run('rtpoll', ['sub', peer.at(), '-n', '1', ...args])).code, 0);
  assert.deepEqual(seen, ['A:B:secret', 'A:B']);
});
