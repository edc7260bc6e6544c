// rtpoll against a foreign HTTP server and against the hub.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {curl, publish, publishAll} from './lib/curl.mjs';
import {run, serve, start, test} from './lib/harness.mjs';
import {freePort} from './lib/net.mjs';
import {HttpPeer} from './lib/peers.mjs';

let hub;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
});

// --- short polling of an ordinary server -----------------------------------------------------
test('sub: conditional requests, only what changed is printed', async () => {
  let asked = 0;
  const peer = await HttpPeer.start((request, response) => {
    const version = Math.floor(asked++ / 3);
    const tag = `"v${version}"`;
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304, {ETag: tag}).end();
    } else {
      response.writeHead(200, {ETag: tag, 'Content-Type': 'text/plain'}).end(`version ${version}`);
    }
  });
  const {code, lines} =
      await run('rtpoll', ['sub', peer.at('/x?y=z'), '--interval', '20ms', '-n', '3']);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['version 0', 'version 1', 'version 2']);
  assert.equal(peer.requests[0].headers['if-none-match'], undefined);
  assert.equal(peer.requests[1].headers['if-none-match'], '"v0"');
  assert.equal(peer.requests[4].headers['if-none-match'], '"v1"');
  assert.ok(peer.requests.every((r) => r.method === 'GET' && r.url === '/x?y=z'));
});

test('sub: Last-Modified is a validator too', async () => {
  const dates = ['Sun, 06 Nov 1994 08:49:37 GMT', 'Mon, 07 Nov 1994 08:49:37 GMT'];
  const peer = await HttpPeer.start((request, response) => {
    const date = dates[peer.requests.length > 3 ? 1 : 0];
    if (request.headers['if-modified-since'] === date) response.writeHead(304).end();
    else response.writeHead(200, {'Last-Modified': date}).end(date);
  });
  const {lines} = await run('rtpoll', ['sub', peer.at(), '--interval', '20ms', '-n', '2']);
  assert.deepEqual(lines, dates);
  assert.equal(peer.requests[1].headers['if-modified-since'], dates[0]);
});

test('sub: a server without validators repeats itself, rtpoll does not', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.end(peer.requests.length < 5 ? 'same' : 'new');
  });
  const {lines} = await run('rtpoll', ['sub', peer.at(), '--interval', '20ms', '-n', '2']);
  assert.deepEqual(lines, ['same', 'new']);
});

test('sub: --interval is the time from request to request', async () => {
  const peer = await HttpPeer.start((request, response) => response.end('same'));
  start('rtpoll', ['sub', peer.at(), '--interval', '300ms']);
  const requests = await peer.waitForRequests(5);
  for (let i = 1; i < 5; ++i) {
    assert.ok(requests[i].at - requests[i - 1].at >= 200, 'requests came too soon');
  }
});

test('sub: Retry-After makes it wait', async () => {
  const peer = await HttpPeer.start((request, response) => {
    if (peer.requests.length === 2) response.writeHead(503, {'Retry-After': '1'}).end();
    else response.end(`${peer.requests.length}`);
  });
  const {code, lines} = await run('rtpoll', ['sub', peer.at(), '--interval', '20ms', '-n', '2']);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['1', '3']);
  assert.ok(peer.requests[2].at - peer.requests[1].at >= 900);
});

test('sub: a connection that breaks is made again, the answer read anew', async () => {
  const peer = await HttpPeer.start((request, response) => {
    if (peer.requests.length === 2) {
      response.writeHead(200, {'Content-Length': '100'});
      response.write('cut', () => request.socket.resetAndDestroy());
    } else {
      response.end(`${peer.requests.length}`);
    }
  });
  const {code, lines} = await run('rtpoll', ['sub', peer.at(), '--interval', '20ms', '-n', '2']);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['1', '3']);
});

test('sub: redirects are followed', async () => {
  const peer = await HttpPeer.start((request, response) => {
    if (request.url === '/old') response.writeHead(302, {Location: '/new'}).end();
    else response.end(request.url);
  });
  assert.deepEqual((await run('rtpoll', ['sub', peer.at('/old'), '-n', '1'])).lines, ['/new']);
});

test('sub --long: the server is asked to wait, and asked again at once', async () => {
  const held = [];
  const peer = await HttpPeer.start((request, response) => {
    const n = peer.requests.length;
    if (n === 1) response.writeHead(200, {ETag: '"1"'}).end('1');
    else held.push(() => response.writeHead(200, {ETag: `"${n}"`}).end(`${n}`));
    peer.changed();
  });
  const program = start('rtpoll', ['sub', peer.at('/lp'), '--long', '-n', '3']);
  for (const n of [2, 3]) {
    const release = await peer.until(() => held.shift(), 'a held request');
    await program.waitForLines(n - 1);
    assert.deepEqual(program.lines(), Array.from({length: n - 1}, (_, i) => `${i + 1}`));
    const {headers, url} = peer.requests.at(-1);
    assert.equal(headers['if-none-match'], `"${n - 1}"`);
    assert.match(`${headers.prefer} ${url}`, /\bwait=30\b/);
    release();
    await program.waitForLines(n);
  }
  assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
});

// --- other people's servers ------------------------------------------------------------------
test('sub: who fails is asked no sooner than --interval says', async () => {
  for (const status of [500, 429]) {
    const peer = await HttpPeer.start((request, response) => {
      if (peer.requests.length === 2) response.writeHead(status).end();
      else response.end(`${peer.requests.length}`);
    });
    const {lines} = await run('rtpoll', ['sub', peer.at(), '--interval', '1500ms', '-n', '2']);
    assert.deepEqual(lines, ['1', '3']);
    assert.ok(peer.requests[2].at - peer.requests[1].at >= 1400, `after ${status}`);
  }
});

test('sub: 403 of a rate limit waits', async () => {
  const peer = await HttpPeer.start((request, response) => {
    if (peer.requests.length !== 2) return void response.end(`${peer.requests.length}`);
    response.writeHead(403, {'Retry-After': '1', 'X-RateLimit-Remaining': '0'}).end('slow down');
  });
  const {code, lines} = await run('rtpoll', ['sub', peer.at(), '--interval', '20ms', '-n', '2']);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['1', '3']);
  assert.ok(peer.requests[2].at - peer.requests[1].at >= 900);
});

test('sub: a long max-age is told once, and can be ignored', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.writeHead(200, {'Cache-Control': 'max-age=31536000'}).end(`${peer.requests.length}`);
  });
  const kept = await run('rtpoll', ['sub', peer.at(), '--interval', '50ms', '--timeout', '1s']);
  assert.deepEqual(kept.lines, ['1']);
  assert.match(kept.stderr, /^rtpoll: [^\n]*Cache-Control[^\n]*3600[^\n]*--ignore-max-age\)\n$/);
  const args = ['sub', peer.at(), '--interval', '20ms', '-n', '3', '--ignore-max-age'];
  const ignored = await run('rtpoll', args);
  assert.equal(ignored.lines.length, 3);
  assert.equal(ignored.stderr, '');
});

test('sub: the same body under another validator is no news, unless --changed says so', async () => {
  const start = (peer, ...options) => run('rtpoll', ['sub', peer.at(), '--interval', '20ms', '-n', '2', ...options]);
  const peerOf = () => HttpPeer.start(function(request, response) {
    const n = this.requests.length;
    response.writeHead(200, {ETag: `"${n}"`, 'Last-Modified': new Date().toUTCString()});
    response.end(n < 4 ? 'same' : 'other');
  });
  assert.deepEqual((await start(await peerOf())).lines, ['same', 'other']);
  assert.deepEqual((await start(await peerOf(), '--changed', 'validator')).lines, ['same', 'same']);
});

test('sub: Accept is anything, unless the user or a hub wants it otherwise', async () => {
  const peer = await HttpPeer.start((request, response) => response.end('x'));
  const acceptOf = async (...options) => {
    await run('rtpoll', ['sub', peer.at(), '-n', '1', ...options]);
    return peer.requests.at(-1).headers.accept;
  };
  assert.equal(await acceptOf(), '*/*');
  assert.equal(await acceptOf('-H', 'Accept: a/b'), 'a/b');
  assert.match(await acceptOf('--hub'), /application\/x-ndjson/);
});

test('sub: -H If-None-Match is a first value', async () => {
  const peer = await HttpPeer.start((request, response) => {
    const n = peer.requests.length;
    if (n === 1) response.writeHead(304, {ETag: '"x"'}).end();
    else response.writeHead(200, {ETag: `"${n}"`}).end(`${n}`);
  });
  const args = ['sub', peer.at(), '--interval', '20ms', '-n', '2', '-H', 'If-None-Match: "x"'];
  assert.deepEqual((await run('rtpoll', args)).lines, ['2', '3']);
  const sent = peer.requests.map((request) => request.headers['if-none-match']);
  assert.deepEqual(sent, ['"x"', '"x"', '"2"']);
});

test('sub: an answer of JSON lines without an end', async () => {
  let send;
  const peer = await HttpPeer.start((request, response) => {
    response.writeHead(200, {'Content-Type': 'application/json'});
    response.write('{"n":1}\n');
    send = (text) => response.write(text);
    peer.changed();
  });
  const program = start('rtpoll', ['sub', peer.at('/watch'), '--select', '/n', '-n', '3']);
  await program.waitForLines(1);
  send('{"n":2}\n{"n"');
  await program.waitForLines(2);
  send(':3}\n');
  assert.equal((await program.waitExit()).code, 0);
  assert.deepEqual(program.lines(), ['1', '2', '3']);
  assert.equal(peer.requests.length, 1);
});

test('sub: an answer without an end that is no lines of JSON', async () => {
  const peer = await HttpPeer.start((request, response) => void response.write('endless'));
  const {code, stderr} = await run('rtpoll', ['sub', peer.at(), '--timeout', '300ms', '-n', '1']);
  assert.equal(code, 7);
  assert.match(stderr, /: no whole answer within --timeout\n$/);
});

test('sub -d: a question of GraphQL, asked again and again', async () => {
  const prices = [1, 1, 2, 2, 3];
  const peer = await HttpPeer.start((request, response, body) => {
    const {query} = JSON.parse(body);
    const price = prices[Math.min(peer.requests.length, prices.length) - 1];
    response.writeHead(200, {'Content-Type': 'application/json'});
    response.end(JSON.stringify({data: {asked: query, price}}));
  });
  const args = ['sub', peer.at('/graphql'), '-d', '{"query":"{price}"}', '--interval', '20ms',
                '--select', '/data/price', '-n', '3'];
  const {code, lines} = await run('rtpoll', args);
  assert.equal(code, 0);
  assert.deepEqual(lines, ['1', '2', '3']);
  assert.ok(peer.requests.every(({method, headers}) =>
      method === 'POST' && headers['content-type'] === 'application/json'));
});

test('sub -d @-: JSON-RPC from stdin, redirected with 308, and by 302 not', async () => {
  const call = '{"jsonrpc":"2.0","id":1,"method":"block"}';
  const peer = await HttpPeer.start((request, response, body) => {
    if (request.url !== '/rpc') {
      response.writeHead(Number(request.url.slice(1)), {Location: '/rpc'}).end();
    } else {
      assert.equal(String(body), call);
      response.end(JSON.stringify({jsonrpc: '2.0', id: 1, result: peer.requests.length}));
    }
  });
  const args = ['-d', '@-', '-X', 'POST', '--interval', '20ms', '-n', '2', '--select', '/result'];
  const followed = await run('rtpoll', ['sub', peer.at('/308'), ...args], {input: call});
  assert.equal(followed.code, 0, followed.stderr);
  assert.deepEqual(followed.lines, ['2', '4']);
  const told = await run('rtpoll', ['sub', peer.at('/302'), ...args], {input: call});
  assert.equal(told.code, 1);
  assert.match(told.stderr, /302[^\n]*redirected to \/rpc/);
});

test('sub --items --follow-next: a list in pages, each element once', async () => {
  const posts = [5, 4, 3, 2, 1];
  const peer = await HttpPeer.start((request, response) => {
    const page = Number(new URL(request.url, 'http://x').searchParams.get('page') ?? 1);
    const shown = posts.slice(2 * page - 2, 2 * page).map((id) => ({id}));
    const more = 2 * page < posts.length;
    response.writeHead(200, more ? {Link: `<${peer.at(`/posts?page=${page + 1}`)}>; rel="next"`} : {});
    response.end(JSON.stringify(shown));
  });
  const program = start('rtpoll', ['sub', peer.at('/posts'), '--items', '', '--item-key', '/id',
                                   '--select', '/id', '--follow-next', '--interval', '20ms',
                                   '-n', '7']);
  await program.waitForLines(5);
  posts.unshift(7, 6);
  assert.equal((await program.waitExit()).code, 0);
  assert.deepEqual(program.lines(), ['5', '4', '3', '2', '1', '7', '6']);
});

test('sub --items --last 0: only what is new', async () => {
  const posts = [{id: 1}, {id: 2}];
  const peer = await HttpPeer.start((request, response) => response.end(JSON.stringify({posts})));
  const program = start('rtpoll', ['sub', peer.at('/'), '--items', '/posts', '--last', '0',
                                   '--interval', '20ms', '-n', '1']);
  await peer.waitForRequests(2);
  posts.push({id: 3});
  assert.equal((await program.waitExit()).code, 0);
  assert.deepEqual(program.lines(), ['{"id":3}']);
});

test('sub --adaptive: slower while nothing changes, quick after a change', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.end(peer.requests.length < 6 ? 'same' : `${peer.requests.length}`);
  });
  start('rtpoll', ['sub', peer.at(), '--adaptive', '50ms..400ms']);
  const at = (await peer.waitForRequests(8)).map((request) => request.at);
  const pauses = at.slice(1).map((time, i) => time - at[i]);
  // 50, 75, 112, 168, 252 and, after the changes, 50 again; a busy machine makes them longer, and what
  // follows a late one shorter.
  let sum = -60;
  for (const [i, pause] of [50, 75, 112, 168, 252, 50, 50].entries())
    assert.ok(at[i + 1] - at[0] >= (sum += pause), `${pauses}`);
  assert.ok(Math.min(pauses[5], pauses[6]) < 240, `${pauses}`);
});

test('sub --jitter: never sooner than the interval', async () => {
  const peer = await HttpPeer.start((request, response) => response.end('same'));
  start('rtpoll', ['sub', peer.at(), '--interval', '100ms', '--jitter', '100ms']);
  const at = (await peer.waitForRequests(7)).map((request) => request.at);
  const longer = at.slice(1).map((time, i) => time - at[i] - 100);
  // One after the other comes late, never twice.
  for (const extra of longer) assert.ok(extra >= -60, `${longer}`);
  assert.ok(at[6] - at[0] >= 595, `${longer}`);
  assert.ok(longer.some((extra) => extra > 10), `${longer}`);
});

for (const [status, code] of [[401, 5], [403, 5]]) {
  test(`sub: ${status} is final and gives ${code}`, async () => {
    const peer = await HttpPeer.start((request, response) => response.writeHead(status).end());
    const result = await run('rtpoll', ['sub', peer.at(), '--interval', '20ms', '--retry']);
    assert.equal(result.code, code);
    assert.equal(peer.requests.length, 1);
    assert.match(result.stderr, new RegExp(`^rtpoll: .*${status}`, 'm'));
    assert.equal(result.stdout, '');
  });
}

test('sub: 404 of an ordinary server is final', async () => {
  const peer = await HttpPeer.start((request, response) => response.writeHead(404).end());
  const {code} = await run('rtpoll', ['sub', peer.at(), '--interval', '20ms']);
  assert.ok(code > 0);
  assert.equal(peer.requests.length, 1);
});

// --- at a hub --------------------------------------------------------------------------------
test('sub at a hub: nothing between two polls is missed', async () => {
  await publish(hub.at('/between'), 'first');
  const program =
      start('rtpoll', ['sub', hub.at('/between'), '--interval', '100ms', '-n', '101']);
  await program.waitForLine(/^first$/);
  for (let i = 0; i < 100; i += 10) {
    await publishAll(hub.at('/between'), Array.from({length: 10}, (_, k) => `${i + k}`));
  }
  assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
  assert.deepEqual(program.lines(), ['first', ...Array.from({length: 100}, (_, i) => `${i}`)]);
});

test('sub at a hub begins before the first message', async () => {
  for (const more of [['--interval', '50ms'], ['--long']]) {
    const path = `/early/${more.length}`;
    const program = start('rtpoll', ['sub', hub.at(path), '-n', '2', ...more]);
    // Whether it asks before or behind the first of them, two different ones arrive.
    await publishAll(hub.at(path), ['a']);
    await program.waitForLines(1);
    await publishAll(hub.at(path), ['b']);
    assert.deepEqual(await program.waitExit(), {code: 0, signal: null});
    assert.deepEqual(program.lines(), ['a', 'b']);
  }
});

test('sub --long at a hub: each message at once', async () => {
  await publish(hub.at('/at-once'), '0');
  const program = start('rtpoll', ['sub', hub.at('/at-once'), '--long', '-n', '11']);
  await program.waitForLines(1);
  for (let i = 1; i <= 10; ++i) {
    await publishAll(hub.at('/at-once'), [`${i}`]);
    await program.waitForLines(i + 1);
  }
  assert.deepEqual(program.lines(), Array.from({length: 11}, (_, i) => `${i}`));
});

test('sub --last, --since', async () => {
  const ids = await publishAll(hub.at('/start'), ['a', 'b', 'c', 'd']);
  const at = hub.at('/start');
  for (const [args, lines] of [
    [['--last', '2', '-n', '2'], ['c', 'd']],
    [['--since', ids[0], '-n', '3'], ['b', 'c', 'd']],
    [['--since', '', '-n', '4'], ['a', 'b', 'c', 'd']],
    [['-n', '1'], ['d']],
  ]) {
    const result = await run('rtpoll', ['sub', at, '--interval', '50ms', ...args]);
    assert.equal(result.code, 0);
    assert.deepEqual(result.lines, lines);
  }
});

test('sub at a hub that was started anew: told, gone on, 9 at the end', async () => {
  const port = await freePort();
  const first = await serve('rtrelay', ['serve', port]);
  await publishAll(first.at('/c'), ['a', 'b']);
  const program = start('rtpoll', ['sub', first.at('/c'), '--interval', '100ms', '-n', '3',
                                   '--last', '1']);
  await program.waitForLines(1);
  first.kill();
  await first.waitExit();
  const second = await serve('rtrelay', ['serve', port]);
  await publishAll(second.at('/c'), ['c', 'd']);
  assert.deepEqual(await program.waitExit(), {code: 9, signal: null});
  assert.deepEqual(program.lines(), ['b', 'c', 'd']);
  assert.match(program.stderr, /lost|missed|gap/i);
});

// --- pub, pipe, serve ------------------------------------------------------------------------
test('pub: arguments, or each line of stdin', async () => {
  const at = hub.at('/pub');
  assert.equal((await run('rtpoll', ['pub', at, 'one', '[1,2,3]'])).code, 0);
  assert.equal((await run('rtpoll', ['pub', at], {input: 'two\r\nthree\n\nlast'})).code, 0);
  assert.equal((await run('rtpoll', ['pub', at, '--crlf'], {input: 'four\r\nfive\n'})).code, 0);
  const got = (await curl(`${at}?since=`)).ndjson();
  assert.deepEqual(got.map((e) => e.data), ['one', '[1,2,3]', 'two\r', 'three', '', 'last', 'four', 'five']);
});

test('pub: a foreign server gets one POST a message', async () => {
  const peer = await HttpPeer.start((request, response) => response.writeHead(200).end());
  const {code, stdout} = await run('rtpoll', ['pub', peer.at('/in'), '-H', 'X-Token: t',
                                              '--content-type', 'text/csv', 'a', 'b']);
  assert.equal(code, 0);
  assert.equal(stdout, '');
  const posts = peer.requests.filter((r) => r.method === 'POST');
  assert.deepEqual(posts.map((r) => r.body.toString()), ['a', 'b']);
  assert.ok(posts.every((r) => r.headers['x-token'] === 't' &&
                                  r.headers['content-type'] === 'text/csv'));
});

test('pub: a refusal is told and gives 5', async () => {
  const peer = await HttpPeer.start((request, response) => response.writeHead(403).end());
  const {code, stderr} = await run('rtpoll', ['pub', peer.at(), 'x']);
  assert.equal(code, 5);
  assert.match(stderr, /403/);
});

test('pub: nobody there is 3', async () => {
  const {code, stderr} = await run('rtpoll', ['pub', `http://127.0.0.1:${await freePort()}/`, 'x']);
  assert.equal(code, 3);
  assert.match(stderr, /refused/i);
});

test('pipe: stdin goes up, what others publish comes down', async () => {
  const at = hub.at('/pipe');
  await publish(at, 'before');
  const program = start('rtpoll', ['pipe', at, '--long']);
  await program.waitForLine(/^before$/);
  program.write('mine\n');
  await publishAll(at, ['theirs']);
  await program.waitForLine(/^theirs$/);
  const got = (await curl(`${at}?since=`)).ndjson().map((e) => e.data);
  assert.ok(got.includes('mine'));
});

test('serve is a hub', async () => {
  const own = await serve('rtpoll', ['serve', '0/c'], {stdin: 'pipe'});
  assert.match(own.url, /^http:\/\/127\.0\.0\.1:\d+\/c?$/);
  own.write('from stdin\n');
  const sub = await run('rtpoll', ['sub', own.at('/c'), '-n', '1', '--interval', '50ms']);
  assert.deepEqual(sub.lines, ['from stdin']);
  await run('rtpoll', ['pub', own.at('/c'), 'from a client']);
  await own.waitForLine(/^from a client$/);
});
