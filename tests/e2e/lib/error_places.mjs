// The other sides that the table of errors talks to: servers that refuse, lie, hang up or speak
// something else. Each has a name, which stands in the table for its HOST:PORT.
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {defer} from './harness.mjs';
import {passwordLine, startMosquitto} from './mosquitto.mjs';
import {HttpPeer, WsPeer} from './peers.mjs';
import {serverOptions} from './tls.mjs';

// A TCP server whose connections `serve(socket)` handles.
async function tcp(serve) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}

// Answers every request with the status that its path names.
async function statuses() {
  const peer = await HttpPeer.start((request, response) => {
    const status = Number(request.url.slice(1, 4));
    const headers = {
      'text': {'Content-Type': 'text/plain'},
      'html': {'Content-Type': 'text/html'},
      'problem': {'Content-Type': 'application/problem+json'},
      'loop': {Location: request.url},
      'away': {Location: 'ftp://elsewhere.example/'},
    }[request.url.slice(5)] ?? {};
    response.writeHead(status, headers);
    const body = request.url.endsWith('problem') ? '{"detail":"a\\u001b\\u202eb"}' : 'no';
    response.end(status === 204 || status === 304 ? undefined : body);
  });
  return peer.port;
}

const accept = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
const frame = (first, payload) => Buffer.concat([Buffer.of(first, payload.length), payload]);
const closing = (code, reason = '') =>
  frame(0x88, Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]));

// A WebSocket server that the path tells what to do wrong.
function websocket(socket) {
  let head = '';
  socket.on('data', (bytes) => {
    if (head.endsWith('\r\n\r\n')) return;
    head += bytes.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    const what = /^GET \/(\S*)/.exec(head)[1];
    const key = /sec-websocket-key: (\S+)/i.exec(head)[1];
    const sum = what === 'accept' ? 'x'.repeat(28) : accept(key);
    const more = what === 'subprotocol' ? 'Sec-WebSocket-Protocol: other\r\n' : '';
    const upgrade = what === 'upgrade' ? '' : 'Upgrade: websocket\r\nConnection: Upgrade\r\n';
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}Sec-WebSocket-Accept: ${sum}\r\n` +
                 `${more}\r\n`);
    const say = {
      reserved: frame(0x83, Buffer.from('x')),
      utf8: frame(0x81, Buffer.of(0xff, 0xfe)),
      cut: Buffer.of(0x81, 0x7e, 0xff),
      long: frame(0x81, Buffer.from('hello')),
      close1003: closing(1003, 'you did'),
      closebyte: frame(0x88, Buffer.of(3)),
      close1008: closing(1008, 'go away'),
      close1011: closing(1011, 'out of \x1b[31mcoffee'),
    }[what];
    if (say) socket.write(say);
    if (what === 'cut') socket.end();
    if (what.startsWith('close')) socket.end();
  });
}

// A broker that answers CONNECT with the code that the client identifier names ("code135"), or does
// something else: "hangup", "reset", "junk", "property", "kicked".
function broker(socket) {
  socket.on('data', (bytes) => {
    if (bytes[0] !== 0x10) {
      // SUBSCRIBE
      if (bytes[0] === 0x82) socket.write(Buffer.of(0x90, 4, bytes[2], bytes[3], 0, 0x87));
      return;
    }
    const v5 = bytes[8] === 5;
    const id = /(code\d+|hangup|reset|junk|property|kicked|filter)/.exec(bytes.toString('latin1'))?.[1];
    if (id === 'hangup') return socket.end();
    if (id === 'reset') return socket.resetAndDestroy();
    if (id === 'junk') return socket.end(Buffer.of(0x20, 0xff, 0xff, 0xff, 0xff, 0x01));
    const code = Number(/^code(\d+)/.exec(id ?? '')?.[1] ?? 0);
    if (id === 'property') return socket.write(Buffer.of(0x20, 5, 0, 0, 2, 0x7e, 0));
    socket.write(v5 ? Buffer.of(0x20, 3, 0, code, 0) : Buffer.of(0x20, 2, 0, code));
    if (id === 'kicked') socket.end(Buffer.of(0xe0, 1, 0x8e));
    else if (code !== 0) socket.end();
  });
}

// A header line without an end, for as long as somebody takes it.
function endlessHead(socket) {
  const more = () => { while (socket.writable && socket.write('b'.repeat(16384))) ; };
  socket.on('drain', more);
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nX: ');
    more();
  });
}

// A proxy that answers CONNECT with this status.
function proxy(status) {
  return (socket) => socket.once('data', () => {
    socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
  });
}

function selfSigned(directory, name, more) {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout',
    key, '-out', cert, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', ...more,
  ], {stdio: 'ignore'});
  return {key: readFileSync(key), cert: readFileSync(cert), file: cert};
}

// Valid for one day that is over: openssl ca is the tool that takes both ends.
function expired(directory) {
  const home = join(directory, 'expired');
  mkdirSync(home);
  writeFileSync(join(home, 'index.txt'), '');
  writeFileSync(join(home, 'serial'), '01\n');
  writeFileSync(join(home, 'ca.cnf'), [
    '[ca]', 'default_ca=d', '[d]', `database=${home}/index.txt`, `serial=${home}/serial`,
    `new_certs_dir=${home}`, 'default_md=sha256', 'policy=p', 'x509_extensions=e', '[p]',
    'commonName=supplied', '[e]', 'subjectAltName=IP:127.0.0.1', '[req]', 'distinguished_name=n',
    '[n]', ''].join('\n'));
  const openssl = (...args) => execFileSync('openssl', args, {cwd: home, stdio: 'ignore'});
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout',
          'key.pem', '-out', 'request.pem', '-subj', '/CN=expired', '-config', 'ca.cnf');
  openssl('ca', '-batch', '-selfsign', '-config', 'ca.cnf', '-keyfile', 'key.pem', '-in',
          'request.pem', '-out', 'cert.pem', '-notext', '-startdate', '20200101000000Z', '-enddate',
          '20200102000000Z');
  const cert = join(home, 'cert.pem');
  return {key: readFileSync(join(home, 'key.pem')), cert: readFileSync(cert), file: cert};
}

// {name: 'HOST:PORT'}, and the files that the table names.
export async function openPlaces(directory, tls) {
  const quiet = (request, response) => response.end();
  const own = selfSigned(directory, 'self', ['-days', '2']);
  const old = expired(directory);
  const ports = {
    reset: await tcp((socket) => socket.once('data', () => socket.resetAndDestroy())),
    hangup: await tcp((socket) => socket.once('data', () => socket.end())),
    mute: await tcp((socket) => socket.resume()),
    ssh: await tcp((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    status: await statuses(),
    bad: await tcp(websocket),
    fake: await tcp(broker),
    secure: (await HttpPeer.start(quiet, {tls: serverOptions(tls)})).port,
    elsewhere: (await HttpPeer.start(quiet, {tls: serverOptions(tls, {elsewhere: true})})).port,
    strict: (await HttpPeer.start(quiet, {tls: serverOptions(tls, {clientCa: true})})).port,
    self: (await HttpPeer.start(quiet, {tls: own})).port,
    expired: (await HttpPeer.start(quiet, {tls: old})).port,
    proxy403: await tcp(proxy(403)),
    proxy407: await tcp(proxy(407)),
    proxy404: await tcp(proxy(404)),
    endless: await tcp(endlessHead),
    echo: (await WsPeer.start((socket) => socket.on('message', (data) => socket.send(data)))).port,
    plainws: (await WsPeer.start(undefined, {handleProtocols: () => false})).port,
    alert: await tcp((socket) => socket.once('data', () => socket.end(Buffer.from('15030100020246', 'hex')))),
    closed: (await startMosquitto({anonymous: false, more: ['password_file DIR/passwords'],
                                  files: {passwords: passwordLine('me', 'right')}})).port,
    open: (await startMosquitto()).port,
    tlsbroker: (await startMosquitto({tls})).port,
  };
  const places = Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [name, `127.0.0.1:${port}`]));
  const text = (name, content) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  return {
    places,
    files: {
      ca: tls.ca, cert: tls.certificate, key: tls.key, old: old.file,
      text: text('text', 'no PEM\n'), empty: text('empty', ''), missing: join(directory, 'missing'),
      dir: directory,
    },
  };
}
