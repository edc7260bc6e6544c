// How connections come about: proxies, Unix sockets, addresses, versions of TLS, cookies and netrc, with peers
// that are not ours.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createServer, request as httpRequest} from 'node:http';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {WebSocketServer} from 'ws';
import {curl} from './lib/curl.mjs';
import {defer, eventually, forTheFile, kBin, kNotLinux, run, serve, skipHere, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {passTo, startNginx} from './lib/nginx.mjs';
import {eventStream, HttpPeer, WsPeer} from './lib/peers.mjs';
import {kNoProxies, startMicrosocks, startTinyproxy} from './lib/proxies.mjs';
import {makeCertificates, serverOptions} from './lib/tls.mjs';

const files = forTheFile(makeCertificates);

function directory() {
  const path = mkdtempSync(join(tmpdir(), 'rt-net-'));
  defer(() => rmSync(path, {recursive: true, force: true}));
  return path;
}

const hello = (socket) => {
  socket.send('hello');
  socket.close(1000);
};

// One of each transport, each with a message "hello": [program, arguments, URL].
async function four({tls} = {}) {
  const http = await HttpPeer.start((request, response) => {
    if (request.headers.accept?.includes('event-stream')) return void eventStream(response)('data: hello\n\n');
    response.end('hello');
  }, {tls: tls && serverOptions(files)});
  const ws = await WsPeer.start(hello, {tls: tls && serverOptions(files)});
  const broker = await startMosquitto({tls: tls && files});
  const retain = ['-h', 'localhost', '-p', broker.port, '-t', 't', '-m', 'hello', '-r'];
  const sent = await run('mosquitto_pub', tls ? [...retain, '--cafile', files.ca] : retain);
  assert.equal(sent.code, 0, sent.stderr);
  const s = tls ? 's' : '';
  return {
    ports: [http.port, ws.port, broker.port],
    lines: [['rtpoll', `http${s}://localhost:${http.port}/t`], ['rtsse', `http${s}://localhost:${http.port}/t`],
            ['rtws', `ws${s}://localhost:${ws.port}/t`], ['rtmqtt', `mqtt${s}://localhost:${broker.port}/t`]],
  };
}

// --- proxies -----------------------------------------------------------------------------------
for (const tls of [false, true]) {
  test(`--proxy: every client, through an HTTP and a SOCKS proxy${tls ? ', over TLS' : ''}`, async () => {
    const peers = await four({tls});
    const http = await startTinyproxy(peers.ports);
    const socks = await startMicrosocks();
    const proxies = [[http, `http://me:s3cret@127.0.0.1:${http.port}`],
                     [socks, `socks5://me:s3cret@127.0.0.1:${socks.port}`],
                     [socks, `socks5h://me:s3cret@127.0.0.1:${socks.port}`]];
    for (const [proxy, url] of proxies) {
      for (const [program, target] of peers.lines) {
        const before = proxy.log().length;
        const sub = await run(program, ['sub', '--proxy', url, '--cacert', files.ca, '-n', '1', target]);
        assert.deepEqual([sub.code, sub.stdout], [0, 'hello\n'], `${program} ${url}\n${sub.stderr}`);
        assert.ok(!sub.stderr.includes('s3cret'));
        await proxy.waitFor(() => proxy.log().length > before, 'the proxy to say what it did');
      }
    }
  }, {notHere: kNoProxies});
}

test('--proxy: a login that is wrong, or missing, is said without it, and is 5', async () => {
  const peer = await WsPeer.start(hello);
  const http = await startTinyproxy([peer.port]);
  const socks = await startMicrosocks();
  const rows = [
    [`http://127.0.0.1:${http.port}`, /the proxy did not open a tunnel: HTTP 407 \(the proxy wants credentials/],
    [`http://me:wr0ng@127.0.0.1:${http.port}`, /the proxy did not open a tunnel: HTTP 40[17] \(the proxy wants/],
    [`socks5://127.0.0.1:${socks.port}`, /the proxy does not take the login/],
    [`socks5h://me:wr0ng@127.0.0.1:${socks.port}`, /the proxy does not take the login/],
  ];
  for (const [url, text] of rows) {
    for (const args of [['--proxy', url], []]) {
      const env = args.length > 0 ? {} : {RT_PROXY: url};
      const sub = await run('rtws', ['sub', ...args, '-vv', peer.at()], {env});
      assert.equal(sub.code, 5, sub.stderr);
      assert.match(sub.stderr, text);
      assert.ok(!sub.stderr.includes('wr0ng'), sub.stderr);
      // What would be a header's value (base64 of me:wr0ng).
      assert.ok(!sub.stderr.includes('bWU6d3IwbmcK'.slice(0, 11)), sub.stderr);
    }
  }
}, {notHere: kNoProxies});

test('--proxy goes before the variables, and "" is none; NO_PROXY counts for both', async () => {
  const peers = await four();
  const dead = 'http://127.0.0.1:1';
  const env = {http_proxy: dead, https_proxy: dead, all_proxy: dead};
  for (const [program, url] of peers.lines) {
    for (const [args, more, code] of [[['--proxy', ''], env, 0], [[], env, 3], [['--proxy', dead], {}, 3],
                                      [['--proxy', dead], {no_proxy: 'localhost'}, 0]]) {
      const sub = await run(program, ['sub', ...args, '-n', '1', url], {env: more});
      assert.equal(sub.code, code, `${program} ${args}: ${sub.stderr}`);
      if (code === 3) assert.match(sub.stderr, /cannot connect to the proxy 127\.0\.0\.1:1: Connection refused/);
    }
  }
});

test('--proxy https: what is wrong with TLS to the proxy is not the server\'s', async () => {
  const peers = await four();
  const clear = await HttpPeer.start((request, response) => response.end());
  const secure = await HttpPeer.start((request, response) => response.end(), {tls: serverOptions(files)});
  for (const [program, url] of peers.lines) {
    const wrong = await run(program, ['sub', '--proxy', `https://me:s3cret@127.0.0.1:${clear.port}`, url]);
    assert.equal(wrong.code, 4, wrong.stderr);
    assert.match(wrong.stderr, new RegExp(
        `the TLS handshake with the proxy failed \\(perhaps it speaks clear text: http://127.0.0.1:${clear.port}\\)`));
    assert.ok(!wrong.stderr.includes('s3cret'));
    const unknown = await run(program, ['sub', '-k', '--proxy', `https://127.0.0.1:${secure.port}`, url]);
    assert.equal(unknown.code, 4, unknown.stderr);
    assert.match(unknown.stderr, /the proxy's certificate is not trusted \(.*\); --cacert names a CA/);
  }
});

test('--proxy: a login of 2 kB reaches it whole', async () => {
  const peers = await four();
  const password = 'p'.repeat(2048);
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.headers['proxy-authorization']);
    const {host, port, pathname} = new URL(request.url);
    request.pipe(httpRequest({host: '127.0.0.1', port, path: pathname, headers: {...request.headers, host}}, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    }).on('error', () => response.destroy()));
  });
  server.on('connect', (request, near) => {
    seen.push(request.headers['proxy-authorization']);
    near.on('error', () => {});
    const far = connect(Number(request.url.split(':')[1]), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      far.pipe(near).pipe(far);
    });
    far.on('error', () => near.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const proxy = `http://me:${password}@127.0.0.1:${server.address().port}`;
  for (const [program, url] of peers.lines) {
    const sub = await run(program, ['sub', '-n', '1', url], {env: {RT_PROXY: proxy}});
    assert.deepEqual([sub.code, sub.stdout], [0, 'hello\n'], `${program}: ${sub.stderr}`);
    assert.equal(seen.at(-1), `Basic ${Buffer.from(`me:${password}`).toString('base64')}`);
  }
});

test('a relay goes through the proxy with both ends', async () => {
  const hub = await serve('rtsse', ['serve', '0']);
  const peer = await WsPeer.start();
  const proxy = await startTinyproxy([hub.port, peer.port]);
  const relay = start('rtrelay', ['--proxy', `http://me:s3cret@127.0.0.1:${proxy.port}`,
                                  `sse+${hub.at('/a')}`, peer.at()]);
  await proxy.waitFor(() => proxy.log().includes(`127.0.0.1:${peer.port}`), 'the way out');
  await proxy.waitFor(() => proxy.log().includes(`GET http://127.0.0.1:${hub.port}/a`), 'the way in');
  await curl(hub.at('/a'), ['-d', 'over']);
  await peer.until(() => peer.clients[0]?.messages[0]?.text === 'over', 'the message');
  relay.kill();
}, {notHere: kNoProxies});

// --- Unix sockets ------------------------------------------------------------------------------
const nginxAt = (path, hub) =>
    startNginx(`location / { ${passTo(`http://127.0.0.1:${hub.port}`, {host: '$proxy_host'})} }`, {path});

test('--unix-socket: through nginx, whatever the host, and no proxy', async () => {
  const hub = await serve('rtsse', ['serve', '0']);
  const path = join(directory(), 'nginx');
  await nginxAt(path, hub);
  const env = {http_proxy: 'http://127.0.0.1:1'};
  const at = ['--unix-socket', path];
  for (const [program, scheme] of [['rtpoll', 'http'], ['rtsse', 'http'], ['rtws', 'ws']]) {
    const pub = await run(program, ['pub', ...at, `${scheme}://nowhere.invalid/${program}`, 'hello'], {env});
    assert.equal(pub.code, 0, pub.stderr);
    const sub = await run(program, ['sub', ...at, '--last', '1', '-n', '1', '--hub',
                                    `${scheme}://nowhere.invalid/${program}`], {env});
    assert.deepEqual([sub.code, sub.stdout], [0, 'hello\n'], sub.stderr);
  }
});

test("--unix-socket: Node's ws and Mosquitto", async () => {
  const own = directory();
  const http = createServer();
  const seen = [];
  new WebSocketServer({server: http}).on('connection', (socket, request) => {
    seen.push(request.headers.host);
    hello(socket);
  });
  await new Promise((resolve) => http.listen(join(own, 'ws'), resolve));
  defer(() => new Promise((resolve) => http.close(resolve)));
  const ws = await run('rtws', ['sub', '--unix-socket', join(own, 'ws'), 'ws://any.example:81/t']);
  assert.deepEqual([ws.code, ws.stdout, seen], [0, 'hello\n', ['any.example:81']], ws.stderr);

  await startMosquitto({more: [`listener 0 ${join(own, 'mqtt')}`]});
  await eventually(() => existsSync(join(own, 'mqtt')), 'the socket');
  const at = ['--unix-socket', join(own, 'mqtt')];
  const pub = await run('rtmqtt', ['pub', ...at, '--retain', '--qos', '1', 'mqtt://any.example/t', 'hello']);
  assert.equal(pub.code, 0, pub.stderr);
  const sub = await run('rtmqtt', ['sub', ...at, '-n', '1', 'mqtt://any.example/t']);
  assert.deepEqual([sub.code, sub.stdout], [0, 'hello\n'], sub.stderr);
});

test('--unix-socket: redirects stay on the socket and take no secrets along', async () => {
  const own = join(directory(), 'http');
  const seen = [];
  const server = createServer((request, response) => {
    seen.push([request.headers.host, request.headers.authorization ?? '-', request.headers['x-key'] ?? '-']);
    if (request.url === '/from') response.writeHead(302, {Location: 'http://127.0.0.1:1/to'});
    response.end('there');
  });
  const wss = new WebSocketServer({noServer: true});
  server.on('upgrade', (request, socket, head) => {
    seen.push([request.headers.host, request.headers.authorization ?? '-', request.headers['x-key'] ?? '-']);
    if (request.url === '/to') return wss.handleUpgrade(request, socket, head, hello);
    socket.end('HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/to\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise((resolve) => server.listen(own, resolve));
  defer(() => new Promise((resolve) => server.close(resolve)));
  const login = ['-u', 'me:s3cret', '-H', 'X-Key: s3cret', '--unix-socket', own];
  for (const [program, scheme, out] of [['rtpoll', 'http', 'there\n'], ['rtws', 'ws', 'hello\n']]) {
    seen.length = 0;
    const sub = await run(program, ['sub', ...login, '-n', '1', `${scheme}://h.example/from`]);
    assert.deepEqual([sub.code, sub.stdout], [0, out], sub.stderr);
    assert.deepEqual(seen, [['h.example', 'Basic bWU6czNjcmV0', 's3cret'], ['127.0.0.1:1', '-', '-']]);
    seen.length = 0;
    const none = await run(program, ['sub', ...login, '--no-location', `${scheme}://h.example/from`]);
    assert.notEqual(none.code, 0);
    assert.equal(seen.length, 1);
    assert.match(none.stderr, /redirected to http:\/\/127|Location: ws:\/\/127/);
  }
});

test('what stands in the way is named', async () => {
  const at = {rtpoll: 'http://h.example/t', rtsse: 'http://h.example/t', rtws: 'wss://h.example/t',
              rtmqtt: 'mqtt://h.example/t'};
  for (const [program, url] of Object.entries(at)) {
    const sub = await run(program, ['sub', '--unix-socket', '/nonexistent', url]);
    assert.equal(sub.code, 3);
    assert.match(sub.stderr, /: cannot connect to the socket \/nonexistent: No such file or directory \(--retry/);
    const long = await run(program, ['sub', '--retry', '--unix-socket', `/${'x'.repeat(200)}`, url]);
    assert.equal(long.code, 2);
    assert.match(long.stderr, /--unix-socket cannot be used/);
    const device = await run(program, ['sub', '--interface', '192.0.2.77', url.replace('h.example', '127.0.0.1')]);
    assert.equal(device.code, 3);
    assert.match(device.stderr, /cannot use the interface 192\.0\.2\.77: no such name or address of this machine/);
  }
  const two = await run('rtrelay', ['--unix-socket', '/s', 'ws://a.example/', 'mqtt://b.example/']);
  assert.equal(two.code, 2);
  assert.match(two.stderr, /--unix-socket is for one end, and ws:\/\/a.example\/ and mqtt:\/\/b.example\/ could/);
});

// --- addresses ---------------------------------------------------------------------------------
test('--resolve, also for certificates, and only for its host and port', async () => {
  const peers = await four({tls: true});
  for (const [program, url] of peers.lines) {
    const {port} = new URL(url);
    const elsewhere = url.replace('localhost', 'elsewhere.example');
    const args = ['sub', '--cacert', files.ca, '-n', '1', '--resolve', `elsewhere.example:${port}:127.0.0.1`];
    const named = await run(program, [...args, elsewhere]);
    assert.equal(named.code, 4, named.stderr);
    assert.match(named.stderr, /certificate is for another name/);
    const insecure = await run(program, [...args, '-k', elsewhere]);
    assert.deepEqual([insecure.code, insecure.stdout], [0, 'hello\n'], insecure.stderr);
    const other = await run(program, [...args, '-k', elsewhere.replace('elsewhere', 'other')]);
    assert.equal(other.code, 3, other.stderr);
  }
});

test('--resolve: a redirect to another name asks for that one', async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.writeHead(302, {Location: `http://other.invalid:${peer.port}/`}).end();
  });
  const sub = await run('rtpoll', ['sub', '--resolve', `h.example:${peer.port}:127.0.0.1`,
                                   `http://h.example:${peer.port}/`]);
  assert.equal(sub.code, 3);
  assert.match(sub.stderr, /cannot resolve other\.invalid/);
});

test('-4, -6 and --interface', async () => {
  const peers = await four();
  for (const [program, url] of peers.lines) {
    for (const args of [['-4'], ['--interface', '127.0.0.1'], ['-4', '--interface', '127.0.0.1']]) {
      const sub = await run(program, ['sub', ...args, '-n', '1', url]);
      assert.deepEqual([sub.code, sub.stdout], [0, 'hello\n'], `${program} ${args}: ${sub.stderr}`);
    }
    // Nothing listens there.
    const six = await run(program, ['sub', '-6', '-n', '1', url]);
    assert.equal(six.code, 3, six.stderr);
  }
});

test('--tls-max: what is spoken, and a server that wants more', async () => {
  const versions = [];
  const tls = {...serverOptions(files)};
  const peer = await WsPeer.start(hello, {tls});
  peer.http.on('secureConnection', (socket) => versions.push(socket.getProtocol()));
  for (const max of [['--tls-max', '1.2'], ['--tls-max', '1.3'], []]) {
    const sub = await run('rtws', ['sub', ...max, '--cacert', files.ca, peer.at('/', 'wss')]);
    assert.equal(sub.code, 0, sub.stderr);
  }
  assert.deepEqual(versions, ['TLSv1.2', 'TLSv1.3', 'TLSv1.3']);
  const strict = await HttpPeer.start((request, response) => response.end('x'), {tls: {...tls, minVersion: 'TLSv1.3'}});
  const sub = await run('rtpoll', ['sub', '--tls-max', '1.2', '--cacert', files.ca, strict.at('/', 'https')]);
  assert.equal(sub.code, 4, sub.stderr);
});

// --- keys with a password ----------------------------------------------------------------------
test('an encrypted --key: its password from a file or a variable, and one clear line without', async () => {
  const own = directory();
  const encrypted = join(own, 'key.pem');
  execFileSync('openssl', ['pkcs8', '-topk8', '-in', files.clientKey, '-out', encrypted, '-passout', 'pass:s3cret',
                           '-v2', 'aes-128-cbc'], {stdio: 'ignore'});
  writeFileSync(join(own, 'right'), 's3cret\n');
  writeFileSync(join(own, 'wrong'), 'wr0ng\n');
  const tls = serverOptions(files, {clientCa: true});
  const http = await HttpPeer.start((request, response) => response.end('hello'), {tls});
  const ws = await WsPeer.start(hello, {tls});
  const broker = await startMosquitto({tls: files, clients: true});
  const lines = [['rtpoll', ['sub', http.at('/', 'https')]], ['rtws', ['sub', ws.at('/', 'wss')]],
                 ['rtmqtt', ['pub', broker.at('t', 'mqtts'), 'x']]];
  for (const [program, [verb, ...rest]] of lines) {
    const args = [verb, '--cacert', files.ca, '--cert', files.client, '--key', encrypted, ...(verb === 'sub' ? ['-n', '1'] : [])];
    const right = await run(program, [...args, '--key-password-file', join(own, 'right'), ...rest]);
    assert.equal(right.code, 0, right.stderr);
    const variable = await run(program, [...args, ...rest], {env: {RT_KEY_PASSWORD: 's3cret'}});
    assert.equal(variable.code, 0, variable.stderr);
    for (const [more, env] of [[['--key-password-file', join(own, 'wrong')], {}], [[], {RT_KEY_PASSWORD: 'wr0ng'}]]) {
      const wrong = await run(program, [...args, ...more, ...rest], {env});
      assert.equal(wrong.code, 2, wrong.stderr);
      assert.match(wrong.stderr, /: the key of --key cannot be read: is its password right\?/);
      assert.equal(wrong.stderr.trim().split('\n').length, 1, wrong.stderr);
      assert.ok(!wrong.stderr.includes('wr0ng'));
    }
    const none = await run(program, [...args, ...rest]);
    assert.equal(none.code, 2, none.stderr);
    assert.match(none.stderr, /no password for the key \S*key.pem: give RT_KEY_PASSWORD or --key-password-file/);
  }
});

test('an encrypted --key: asked for on the terminal once, though stdin is none', async (t) => {
  if (kNotLinux) return skipHere(t, kNotLinux);
  const own = directory();
  const encrypted = join(own, 'key.pem');
  // The older form, too, in which the PEM says it.
  execFileSync('openssl', ['ec', '-in', files.clientKey, '-out', encrypted, '-aes256', '-passout', 'pass:s3cret'],
               {stdio: 'ignore'});
  const ws = await WsPeer.start(() => {}, {tls: serverOptions(files, {clientCa: true})});
  const command = `echo hello | ${join(kBin, 'rtws')} pub --cacert ${files.ca} --cert ${files.client} --key ${encrypted} ` +
      ws.at('/', 'wss');
  const terminal = start('script', ['-qec', `${command}; echo "code $?"`, '/dev/null']);
  await terminal.waitFor(() => terminal.text().includes(`Password for the key ${encrypted}: `), 'the prompt');
  terminal.write('s3cret\r');
  await terminal.waitFor(() => /code 0\r?\n/.test(terminal.text()), 'the end');
  assert.ok(!terminal.text().includes('s3cret'));
  assert.equal(terminal.text().split('Password').length, 2);
  await ws.until(() => ws.clients[0]?.messages[0]?.text === 'hello', 'the message');
  await terminal.waitExit();
});

test('a relay whose ends have a socket each, by the configuration file', async () => {
  const own = directory();
  const hub = await serve('rtsse', ['serve', '0']);
  await nginxAt(join(own, 'in'), hub);
  const http = createServer();
  const wss = new WebSocketServer({server: http});
  const messages = [];
  wss.on('connection', (socket) => socket.on('message', (data) => messages.push(data.toString())));
  await new Promise((resolve) => http.listen(join(own, 'out'), resolve));
  defer(() => {
    for (const socket of wss.clients) socket.terminate();
    return new Promise((resolve) => http.close(resolve));
  });
  writeFileSync(join(own, 'c.toml'), `[endpoints.in]\nurl = "sse+http://in.example/a"\nunix-socket = "${join(own, 'in')}"\n` +
                `[endpoints.out]\nurl = "ws://out.example/"\nunix-socket = "${join(own, 'out')}"\n`);
  start('rtrelay', ['--config', join(own, 'c.toml'), '@in', '@out']);
  await eventually(() => wss.clients.size === 1, 'the way out');
  await eventually(async () => {
    await curl(hub.at('/a'), ['-d', 'over']);
    return messages.includes('over');
  }, 'a message');
});

// --- cookies -----------------------------------------------------------------------------------
test("cookies: what a server sets goes back to it, also by polls and publications", async () => {
  const peer = await HttpPeer.start((request, response) => {
    response.setHeader('Set-Cookie', ['sid=1; Path=/', 'gone=1; Max-Age=0']);
    if (request.headers.accept?.includes('event-stream')) return void eventStream(response)('data: x\n\n').then(() => response.end());
    response.end(String(peer.requests.length));
  });
  for (const [program, args] of [['rtpoll', ['sub', '-n', '2', '--interval', '10ms']], ['rtsse', ['sub', '-n', '2', '--retry-max-delay', '10ms']],
                                 ['rtpoll', ['pub']]]) {
    const input = args[0] === 'pub' ? 'a\nb\n' : undefined;
    for (const off of [false, true]) {
      peer.requests.length = 0;
      const ran = await run(program, [...args, ...(off ? ['--no-cookies'] : []), peer.at()], {input});
      assert.equal(ran.code, 0, ran.stderr);
      const sent = peer.requests.map((request) => request.headers.cookie);
      assert.equal(sent[0], undefined);
      assert.equal(sent.at(-1), off ? undefined : 'sid=1', `${program} ${args}`);
    }
  }
});

test('--cookie-jar: ours and that of curl are one', async () => {
  const jar = join(directory(), 'jar');
  const http = await HttpPeer.start((request, response) => {
    if (request.url === '/set') response.setHeader('Set-Cookie', `from=${request.headers['user-agent'].split('/')[0]}; Path=/`);
    response.end(request.headers.cookie ?? 'none');
  });
  const curlWithJar = (path) => curl(http.at(path), ['-b', jar, '-c', jar]);
  await curlWithJar('/set');
  const of = async (path) => (await run('rtpoll', ['sub', '-n', '1', '--cookie-jar', jar, http.at(path)])).stdout;
  assert.equal(await of('/'), 'from=curl\n');
  await of('/set');
  assert.equal((await curlWithJar('/')).text, 'from=rtwire');
  assert.match(readFileSync(jar, 'utf8'), /^127\.0\.0\.1\tFALSE\t\/\tFALSE\t0\tfrom\trtwire$/m);

  const seen = [];
  const ws = await WsPeer.start((socket, request) => {
    seen.push(request.headers.cookie);
    hello(socket);
  });
  ws.server.on('headers', (headers) => headers.push('Set-Cookie: from=ws; Path=/; HttpOnly; Max-Age=1000'));
  for (let i = 0; i < 2; ++i) {
    const sub = await run('rtws', ['sub', '--cookie-jar', jar, ws.at()]);
    assert.equal(sub.code, 0, sub.stderr);
  }
  assert.deepEqual(seen, ['from=rtwire', 'from=ws']);
  assert.equal(await of('/'), 'from=ws\n');
  assert.equal((await curlWithJar('/')).text, 'from=ws');
  assert.match(readFileSync(jar, 'utf8'), /^#HttpOnly_127\.0\.0\.1\tFALSE\t\/\tFALSE\t\d{10}\tfrom\tws$/m);
});

test('--cookie-jar: a new one is for its owner alone, and what cannot be one is told at once', async () => {
  const own = directory();
  const peer = await HttpPeer.start((request, response) => {
    response.setHeader('Set-Cookie', 'a=1');
    response.end('x');
  });
  const jar = join(own, 'new');
  assert.equal((await run('rtpoll', ['sub', '-n', '1', '--cookie-jar', jar, peer.at()])).code, 0);
  assert.equal(statSync(jar).mode & 0o777, 0o600);
  const folder = await run('rtws', ['sub', '--cookie-jar', own, peer.at('/', 'ws')]);
  assert.equal(folder.code, 2);
  assert.match(folder.stderr, /--cookie-jar \S+: is no regular file/);
  const two = await run('rtrelay', ['--cookie-jar', jar, 'poll+http://a.example/', 'ws://b.example/']);
  assert.equal(two.code, 2);
  assert.match(two.stderr, /--cookie-jar is for one end/);
});

// --- netrc -------------------------------------------------------------------------------------
test('--netrc: by host, where nothing else is given, and not for those of redirects', async () => {
  const home = directory();
  writeFileSync(join(home, '.netrc'), 'machine localhost login me password s3cret\n' +
                'machine localhost login you password other\nmachine 127.0.0.1 login no password no\n');
  const basic = (text) => `Basic ${Buffer.from(text).toString('base64')}`;
  const peer = await HttpPeer.start((request, response) => {
    if (request.url === '/away') return response.writeHead(302, {Location: peer.at('/')}).end();
    response.end('x');
  });
  const seen = [];
  const ws = await WsPeer.start((socket, request) => {
    seen.push(request.headers.authorization);
    hello(socket);
  });
  const poll = `http://localhost:${peer.port}`;
  const env = {HOME: home, RT_PASSWORD: ''};
  const asked = async (...args) => {
    peer.requests.length = 0;
    const sub = await run('rtpoll', ['sub', '-n', '1', ...args], {env});
    assert.equal(sub.code, 0, sub.stderr);
    return peer.requests.map((request) => request.headers.authorization);
  };
  assert.deepEqual(await asked(poll), [undefined]);
  assert.deepEqual(await asked('--netrc', poll), [basic('me:s3cret')]);
  assert.deepEqual(await asked('--netrc', '-u', 'you', poll), [basic('you:other')]);
  assert.deepEqual(await asked('--netrc', '-u', 'you:mine', poll), [basic('you:mine')]);
  assert.deepEqual(await asked('--netrc', '--bearer', 't', poll), ['Bearer t']);
  assert.deepEqual(await asked('--netrc', `${poll}/away`), [basic('me:s3cret'), undefined]);
  writeFileSync(join(home, 'other'), 'default login guest password "a b"');
  assert.deepEqual(await asked('--netrc-file', join(home, 'other'), poll), [basic('guest:a b')]);
  assert.equal((await run('rtws', ['sub', '--netrc', `ws://localhost:${ws.port}`], {env})).code, 0);
  assert.deepEqual(seen, [basic('me:s3cret')]);
  const none = await run('rtpoll', ['sub', '--netrc', poll], {env: {HOME: join(home, 'nowhere')}});
  assert.equal(none.code, 2);
  assert.match(none.stderr, /--netrc \S+\.netrc: cannot read: No such file or directory/);
});

// --- Digest ------------------------------------------------------------------------------------
test('a WebSocket behind Digest authentication, which curl meets in the same way', async () => {
  const hash = (name, text) => createHash(name).update(text).digest('hex');
  for (const [algorithm, name] of [['MD5', 'md5'], ['SHA-256', 'sha256'], ['SHA-256-sess', 'sha256']]) {
    const seen = [];
    let nonce = 'first';
    let onOpen = hello;
    // What is wrong with a request, or nothing.
    const fault = (request) => {
      const given = request.headers.authorization ?? '';
      seen.push(given.split(' ')[0]);
      const of = (key) => new RegExp(`[ ,]${key}="?([^",]*)"?`).exec(given)?.[1];
      if (!given.startsWith('Digest')) return 'no';
      if (of('nonce') !== nonce) return 'stale';
      let secret = hash(name, `me:the "realm":s3cret`);
      if (algorithm.endsWith('sess')) secret = hash(name, `${secret}:${nonce}:${of('cnonce')}`);
      const right = hash(name, [secret, nonce, of('nc'), of('cnonce'), 'auth', hash(name, `GET:${request.url}`)].join(':'));
      return of('response') === right && of('uri') === request.url ? undefined : 'wrong';
    };
    const challenge = (why) => `Digest realm="the \\"realm\\"", nonce="${nonce}", qop="auth,auth-int", ` +
        `algorithm=${algorithm}, opaque="o"${why === 'stale' ? ', stale=true' : ''}`;
    const server = createServer((request, response) => {
      const why = fault(request);
      if (why) response.writeHead(401, {'WWW-Authenticate': challenge(why)});
      response.end('in');
    });
    const wss = new WebSocketServer({noServer: true});
    server.on('upgrade', (request, socket, head) => {
      const why = fault(request);
      if (!why) return wss.handleUpgrade(request, socket, head, (opened) => onOpen(opened));
      socket.end(`HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${challenge(why)}\r\nContent-Length: 0\r\n\r\n`);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    defer(() => new Promise((resolve) => server.close(resolve)));
    const at = `127.0.0.1:${server.address().port}/a?b=c`;
    const right = await run('rtws', ['sub', '-u', 'me:s3cret', `ws://${at}`]);
    assert.deepEqual([right.code, right.stdout], [0, 'hello\n'], right.stderr);
    assert.deepEqual(seen.splice(0), ['Basic', 'Digest']);
    const wrong = await run('rtws', ['sub', '--retry', '-u', 'me:wr0ng', `ws://${at}`]);
    assert.equal(wrong.code, 5, wrong.stderr);
    assert.deepEqual(seen.splice(0), ['Basic', 'Digest']);
    const nobody = await run('rtws', ['sub', `ws://${at}`]);
    assert.equal(nobody.code, 5, nobody.stderr);
    seen.length = 0;
    const other = await run('curl', ['-sS', '--digest', '-u', 'me:s3cret', `http://${at}`]);
    if (!algorithm.endsWith('sess')) assert.equal(other.stdout, 'in', other.stderr);
    // A nonce may become old between two connections.
    seen.length = 0;
    onOpen = (socket) => {
      socket.send(nonce);
      nonce = 'second';
      socket.terminate();
    };
    const again = await run('rtws', ['sub', '-u', 'me:s3cret', '-n', '2', '--retry-max-delay', '10ms', `ws://${at}`]);
    assert.deepEqual([again.code, again.lines], [0, ['first', 'second']], again.stderr);
    assert.deepEqual(seen, ['Basic', 'Digest', 'Digest', 'Digest']);
  }
});

// --- TLS to clear text, and the other way round ------------------------------------------------
test('the right URL, whole, in every program and both ways', async () => {
  for (const tls of [false, true]) {
    const peers = await four({tls});
    for (const [program, url] of peers.lines) {
      const wrong = tls ? url.replace('s://', '://') : url.replace('://', 's://');
      const ask = await run(program, ['sub', '--connect-timeout', '5s', `${wrong}`]);
      const hint = new RegExp(`(try|perhaps the port speaks (TLS|clear text):) ${url}\\)$`, 'm');
      assert.match(ask.stderr, hint, `${program} ${wrong}`);
      assert.notEqual(ask.code, 0);
    }
  }
});

test('a secret of the query is in no hint', async () => {
  const peer = await HttpPeer.start((request, response) => response.end('x'));
  const sub = await run('rtpoll', ['sub', peer.at('/t?token=s3cret', 'https')]);
  assert.equal(sub.code, 4);
  assert.match(sub.stderr, /clear text: http:\/\/127\.0\.0\.1:\d+\/t\?token=\*\*\*\)/);
  assert.ok(!sub.stderr.includes('s3cret'));
});

test('a reset while a whole frame lies unread is a lost connection', async () => {
  for (const args of [['rtws', 'sub'], ['rtrelay']]) {
    for (const send of [(socket, done) => socket.send('unread', done), (socket, done) => socket.ping('x', false, done)]) {
      const peer = await WsPeer.start((socket) => socket.send('hello'));
      const [program, ...verb] = args;
      const rest = program === 'rtws' ? [] : ['-'];
      const reader = start(program, [...verb, peer.at('/'), ...rest, '--retry-max-delay', '50ms'], {stdin: null});
      await reader.waitFor((p) => p.stdout.includes('hello'), 'the first message');
      reader.kill('SIGSTOP');
      await new Promise((resolve) => send(peer.clients[0], resolve));
      peer.clients[0]._socket.resetAndDestroy();
      reader.kill('SIGCONT');
      await peer.waitForClients(2);
      await reader.waitFor((p) => p.stdout.match(/hello/g).length === 2, 'the message of the second connection');
      assert.match(reader.stderr, /connection lost/);
      reader.kill();
      await reader.waitExit();
    }
  }
});
