// What the user or the other side got wrong: told in a line that says what to do, before harm is
// done.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {publish} from './lib/curl.mjs';
import {
  defer, eventually, kBin, kNotLinux, run, serve, skipHere, start, test,
} from './lib/harness.mjs';
import {freePort} from './lib/net.mjs';
import {HttpPeer, WsPeer} from './lib/peers.mjs';
import {makeCertificates, serverOptions} from './lib/tls.mjs';

const kScheme = {rtpoll: 'http', rtsse: 'http', rtws: 'ws', rtmqtt: 'mqtt'};
const kWeb = ['rtpoll', 'rtsse', 'rtws'];
const kClients = Object.keys(kScheme);

let directory;
let tls;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'rtwire-faults-'));
  defer(() => rmSync(directory, {recursive: true}));
  tls = makeCertificates();
});

function file(name, content) {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

// A server that says `bytes` to whoever comes, and then leaves or stays.
async function saying(bytes, {stay = false} = {}) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {});
    if (stay) socket.write(bytes);
    else socket.end(bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}

// --- -o FILE ---------------------------------------------------------------------------------
test('-o: a file keeps what it holds until there is something to put in its place', async () => {
  const port = await freePort();
  for (const program of kClients) {
    const path = file(`kept-${program}`, 'old content\n');
    const {code} = await run(program, ['sub', '-o', path, `${kScheme[program]}://127.0.0.1:${port}/t`]);
    assert.equal(code, 3, program);
    assert.equal(readFileSync(path, 'utf8'), 'old content\n', program);
  }
  const path = file('relay', 'old content\n');
  assert.equal((await run('rtrelay', ['-o', path, `sse+http://127.0.0.1:${port}/t`, '-'])).code, 3);
  assert.equal(readFileSync(path, 'utf8'), 'old content\n');

  const hub = await serve('rtpoll', ['serve', '0/t']);
  await publish(hub.at('/t'), 'new');
  for (const program of kWeb) {
    const written = file(`new-${program}`, 'a longer old content\n');
    const {code} = await run(program, ['sub', '-o', written, '-n1', '--last=1', hub.at('/t', kScheme[program])]);
    assert.equal(code, 0);
    assert.equal(readFileSync(written, 'utf8'), 'new\n', program);
  }
});

test('-o: a server that listens begins its file anew, one that cannot does not', async () => {
  const path = file('served', 'old content\n');
  const hub = await serve('rtpoll', ['serve', '0/t', '-o', path]);
  assert.equal(readFileSync(path, 'utf8'), '');
  const other = file('not-served', 'old content\n');
  assert.equal((await run('rtpoll', ['serve', `${hub.port}/t`, '-o', other])).code, 1);
  assert.equal(readFileSync(other, 'utf8'), 'old content\n');
});

test('-o: a file that is moved away is made anew, also at SIGHUP; one that is cut to nothing has no hole', async () => {
  const path = join(directory, 'moved.log');
  const peer = await WsPeer.start();
  const sub = start('rtws', ['sub', peer.at('/'), '-o', path], {stdin: null});
  await peer.waitForClients(1);
  const text = (name = path) => existsSync(name) ? readFileSync(name, 'latin1') : '';
  const says = async (word, expected) => {
    peer.clients[0].send(word);
    await eventually(() => text() === expected, `${JSON.stringify(expected)} in the file`);
  };
  await says('one', 'one\n');
  renameSync(path, `${path}.1`);
  sub.kill('SIGHUP');
  await eventually(() => existsSync(path), 'another file');
  await says('two', 'two\n');
  truncateSync(path);
  await says('three', 'three\n');
  renameSync(path, `${path}.2`);
  // A look at the name takes place ten times a second at most.
  await eventually(() => {
    peer.clients[0].send('on');
    return existsSync(path);
  }, 'another file');
  assert.equal(text(`${path}.1`), 'one\n');
  assert.match(text(`${path}.2`), /^three\n(on\n)*$/);
  sub.kill();
  await sub.waitExit();
});

test('-o: what is no file is written to as it is', async () => {
  const hub = await serve('rtpoll', ['serve', '0/t']);
  await publish(hub.at('/t'), 'new');
  const sub = (path) => run('rtpoll', ['sub', '-o', path, '-n1', hub.at('/t')]);
  assert.equal((await sub('/dev/null')).code, 0);
  // Node's own pipes are sockets, which nobody can open.
  const out = await run('bash', [
    '-c', '"$1" sub -o /dev/stdout -n1 "$2" | cat', 'bash', join(kBin, 'rtpoll'), hub.at('/t')]);
  assert.deepEqual([out.stdout, out.stderr], ['new\n', '']);
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const reader = start('cat', [fifo]);
  assert.equal((await sub(fifo)).code, 0);
  await reader.waitExit();
  assert.equal(reader.text(), 'new\n');
});

// --- files that the command line names ---------------------------------------------------------
test('files that are missing, unreadable or empty of what they should hold are usage', async () => {
  const empty = file('empty', '');
  const text = file('text', 'no PEM\n');
  const missing = join(directory, 'missing');
  const none = /: cannot read: No such file or directory$/;
  const kCases = [
    [['--cacert', missing], none],
    [['--cacert', directory], /: cannot read: Is a directory$/],
    [['--cacert', text], /holds no certificate in PEM$/],
    [['--cert', missing], none],
    [['--cert', text], /holds no certificate in PEM$/],
    [['--cert', tls.client], /holds no private key \(give --key FILE\) in PEM$/],
    [['--cert', tls.client, '--key', missing], none],
    [['--cert', tls.client, '--key', tls.client], /holds no private key in PEM$/],
    [['-u', 'me', '--password-file', missing], none],
    [['-u', 'me', '--password-file', directory], /: cannot read: Is a directory$/],
    [['-u', 'me', '--password-file', empty], /holds no secret: its first line is empty$/],
    [['--password-file', empty], /holds no secret: its first line is empty$/],
    [['--password-file', '/dev/zero'], /holds no secret: its first line has a NUL byte$/],
    [['--cacert', '/dev/null'], /holds no certificate in PEM$/],
  ];
  const kBearer = [
    [['--bearer-file', missing], none],
    [['--bearer-file', empty], /holds no secret: its first line is empty$/],
    [['--bearer-file', file('nul', 'a\0b\n')], /holds no secret: its first line has a NUL byte$/],
    [['--bearer-file', file('long', 'x'.repeat(20000))], /its first line is longer than 16KiB$/],
  ];
  const check = async (program, before_, option, after, pattern) => {
    const {code, stderr} = await run(program, [...before_, ...option, ...after]);
    const told = `${program} ${option.join(' ')}: ${stderr}`;
    assert.equal(code, 2, told);
    assert.match(stderr.trimEnd(), pattern, told);
    assert.ok(stderr.includes(option.at(-1)), told);
    assert.match(stderr, /^rt[a-z]+: --(cacert|cert|key|password-file|bearer-file) \/|^rt[a-z]+: --data @\//, told);
  };
  // Nobody listens there: what is told before is told without connecting.
  for (const program of kClients) {
    const url = `${kScheme[program]}://127.0.0.1:1/t`;
    for (const [option, pattern] of kCases) await check(program, ['sub'], option, [url], pattern);
    await check(program, ['pub'], ['-d', `@${missing}`], [url], none);
    if (program === 'rtmqtt') continue;
    for (const [option, pattern] of kBearer) await check(program, ['sub'], option, [url], pattern);
  }
  for (const [option, pattern] of kCases)
    await check('rtrelay', [], option, ['ws://127.0.0.1:1/t', '-'], pattern);
});

test('secrets and messages may come from what can be read but once', async () => {
  const peer = await HttpPeer.start((request, response) => response.end());
  const {code, stderr} = await run('bash', [
    '-c', `"$1" pub -u me --password-file <(echo once) -d @<(printf hello) ${peer.at('/t')}`, 'bash',
    join(kBin, 'rtpoll')]);
  assert.equal(code, 0, stderr);
  assert.equal(peer.requests[0].headers.authorization,
               `Basic ${Buffer.from('me:once').toString('base64')}`);
  assert.equal(peer.requests[0].body.toString(), 'hello');
});

// --- TLS -----------------------------------------------------------------------------------------
test('what is wrong with a certificate is told with what to do, and never tried again', async () => {
  const answer = (request, response) => response.end();
  const good = await HttpPeer.start(answer, {tls: serverOptions(tls)});
  const elsewhere = await HttpPeer.start(answer, {tls: serverOptions(tls, {elsewhere: true})});
  for (const program of kClients) {
    for (const [port, args, pattern] of [
      [good.port, [], /certificate is not trusted \(.*\); -k skips the check, --cacert names a CA$/],
      [elsewhere.port, ['--cacert', tls.ca],
       /certificate is for another name \(.*\); -k skips the check$/],
    ]) {
      const {code, stderr} = await run(
          program, ['sub', '--retry', ...args, `${kScheme[program]}s://127.0.0.1:${port}/t`]);
      assert.equal(code, 4, stderr);
      assert.match(stderr.trimEnd(), pattern);
    }
  }
  const strict = await HttpPeer.start(answer, {tls: serverOptions(tls, {clientCa: true})});
  for (const program of ['rtpoll', 'rtsse', 'rtmqtt']) {
    const {code, stderr} = await run(program, [
      'sub', '--retry', '--cacert', tls.ca, `${kScheme[program]}s://127.0.0.1:${strict.port}/t`]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /does not accept this client's certificate .*--cert and --key give one$/m);
  }
});

test('TLS to a clear-text port, and the other way round', async () => {
  const plain = await HttpPeer.start((request, response) => response.end());
  for (const program of kClients) {
    const {code, stderr} =
        await run(program, ['sub', `${kScheme[program]}s://127.0.0.1:${plain.port}/t`]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /the TLS handshake failed \(perhaps the port speaks clear text: (http|ws|mqtt):\/\/\S+\)$/m);
  }
  const secure = await HttpPeer.start((request, response) => response.end(),
                                      {tls: serverOptions(tls)});
  for (const program of kWeb) {
    const {code, stderr} =
        await run(program, ['sub', `${kScheme[program]}://127.0.0.1:${secure.port}/t`]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /perhaps the port speaks TLS: (https|wss):\/\//);
  }
});

// --- peers that are something else -----------------------------------------------------------------
test('a port that answers something else is a protocol violation, one that only closes is not',
     async () => {
  const ssh = await saying('SSH-2.0-OpenSSH_9.2\r\n');
  const staying = await saying('220 mail.example ESMTP\r\n', {stay: true});
  const closing = await saying('');
  for (const program of kWeb) {
    for (const [port, expected] of [[ssh, 6], [staying, 6], [closing, 3]]) {
      const {code, stderr} =
          await run(program, ['sub', `${kScheme[program]}://127.0.0.1:${port}/t`]);
      assert.equal(code, expected, stderr);
      if (expected === 6) assert.match(stderr, /the answer is not HTTP/);
    }
  }
});

test('--connect-timeout: of a publication from when its body is sent', async () => {
  const mute = await saying('', {stay: true});
  const begin = Date.now();
  const {code, stderr} = await run('rtpoll', ['pub', '--connect-timeout', '2', `http://127.0.0.1:${mute}/t`, 'x']);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /no answer within 2 s/);
  assert.ok(Date.now() - begin < 3500, `${Date.now() - begin} ms`);
});

test('--connect-timeout: the first head of an event stream is part of connecting', async () => {
  const mute = await saying('', {stay: true});
  for (const program of ['rtsse', 'rtws']) {
    const {code, stderr} = await run(program, [
      'sub', '--connect-timeout', '1', `${kScheme[program]}://127.0.0.1:${mute}/t`]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /within 1 s \(--(connect-timeout|retry keeps trying)\)$/m);
  }
});

// --- few descriptors -----------------------------------------------------------------------------
test('too few descriptors: one line instead of a hang or a crash', async () => {
  // As many as `taken` of them are open already.
  const limited = (count, taken, program, ...args) => run('bash', [
    '-c', `ulimit -n ${count}; for ((i = 0; i < ${taken}; ++i)); do exec {fd}</dev/null; done
           exec "$@" | cat; exit \${PIPESTATUS[0]}`, 'bash', join(kBin, program), ...args]);
  for (const [count, taken] of [[6, 0], [14, 0], [20, 0], [32, 10], [32, 16], [32, 18], [32, 21]]) {
    for (const [program, ...args] of [
      ...kClients.map((client) => [client, 'sub', `${kScheme[client]}://127.0.0.1:1/t`]),
      ...kClients.map((client) => [client, 'serve', '0/t']),
      ['rtrelay', 'serve', '0'], ['rtrelay', 'ws://127.0.0.1:1/', '-'],
    ]) {
      const {code, stderr} = await limited(count, taken, program, ...args);
      assert.equal(code, 1, `${program} ${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /^rt[a-z]+: no more than \d+ files may be open .*\(ulimit -n\)\n$/);
    }
  }
  const help = await limited(32, 19, 'rtws', '--version');
  assert.equal(help.code, 0, help.stderr);
  const hub = await serve('bash', ['-c', 'ulimit -n 32 && exec "$@"', 'bash', join(kBin, 'rtpoll'),
                                   'serve', '0/t']);
  await publish(hub.at('/t'), 'fits');
  for (const program of kWeb) {
    const {code, stdout, stderr} =
        await limited(32, 0, program, 'sub', '-n1', '--last=1', hub.at('/t', kScheme[program]));
    assert.deepEqual([code, stdout], [0, 'fits\n'], stderr);
  }
});

// --- little memory ---------------------------------------------------------------------------------
// macOS cannot limit the address space, and AddressSanitizer's shadow needs more of it; what is done
// when memory runs out has a unit test there.
const kLimited = ['-c', 'ulimit -v 200000 && exec "$@"', 'bash'];
test('no memory left: one line, whichever thread it happens in', async (t) => {
  if (kNotLinux || spawnSync('bash', [...kLimited, join(kBin, 'rtsse'), '--version']).status !== 0) {
    return skipHere(t, 'so little memory is not enough to start');
  }
  for (const input of ['-d @/dev/zero', '-d @- </dev/zero', '</dev/zero']) {
    const {code, stderr} = await run('bash', [
      ...kLimited, 'bash', '-c',
      `"$1" pub --max-message 1GiB ${input} http://127.0.0.1:1/t`, 'bash', join(kBin, 'rtsse')]);
    assert.equal(`${code} ${stderr}`, '1 rtsse: out of memory\n', input);
  }
});

// --- files that may not grow -----------------------------------------------------------------------
test('ulimit -f: told like a full disk, and a command has its own signal', async () => {
  const peer = await HttpPeer.start((request, response) => response.end('x'.repeat(5000)));
  const out = join(directory, 'limited');
  const limited = (script) => run('bash', ['-c', `ulimit -f 1; ${script}`, 'bash', kBin, out]);
  for (const [script, name] of [[`"$1"/rtpoll sub -n1 ${peer.at()} >"$2"`, 'stdout'],
                                [`"$1"/rtpoll sub -n1 ${peer.at()} -o "$2"`, out]]) {
    rmSync(out, {force: true});
    const {code, stderr} = await limited(script);
    assert.equal(`${code} ${stderr}`, `1 rtpoll: ${name}: File too large\n`);
  }
  const {code, stderr} = await run('rtpoll', [
    'sub', '-n1', peer.at(), '--shell', '--exec', 'kill -XFSZ $$; true']);
  assert.notEqual(code, 0);
  assert.match(stderr, /killed by (SIGXFSZ|signal \d+)/);
});

// --- peers that say no goodbye ---------------------------------------------------------------------
// A WebSocket server and an MQTT broker that leave whoever says goodbye waiting for theirs.
async function withoutGoodbye(scheme) {
  const peer = {asked: 0};
  const heard = {
    ws(socket, bytes) {
      const key = /^Sec-WebSocket-Key: (.*)\r$/mi.exec(bytes.toString('latin1'))?.[1];
      if (key) {
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
                     `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`);
        return false;
      }
      // Short masked frames.
      let leaves = false;
      for (let at = 0; at < bytes.length; at += 6 + (bytes[at + 1] & 0x7f)) leaves ||= bytes[at] === 0x88;
      return leaves;
    },
    mqtt(socket, bytes) {
      let leaves = false;
      for (let at = 0; at < bytes.length;) {
        const [kind, id] = [bytes[at] >> 4, bytes.subarray(at + 2, at + 4)];
        if (kind === 1) socket.write(Buffer.of(0x20, 3, 0, 0, 0));
        if (kind === 8) socket.write(Buffer.of(0x90, 4, ...id, 0, 0));
        if (kind === 12) socket.write(Buffer.of(0xd0, 0));
        leaves ||= kind === 14;
        at += 2 + bytes[at + 1];
      }
      return leaves;
    },
  }[scheme];
  const sockets = new Set();
  const server = createServer({allowHalfOpen: true}, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (heard(socket, bytes)) peer.asked = Date.now();
      else peer.ready = true;
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  peer.url = `${scheme}://127.0.0.1:${server.address().port}/t`;
  return peer;
}

test('the end that was asked for does not wait for a goodbye', async () => {
  for (const [program, scheme] of [['rtws', 'ws'], ['rtmqtt', 'mqtt'], ['rtrelay', 'ws'],
                                   ['rtrelay', 'mqtt']]) {
    const relays = program === 'rtrelay';
    for (const [args, code] of [[['--timeout', '1'], 0], [['--expect', 'x', '--within', '1'], 7], [[], 143]]) {
      if (relays && args.includes('--expect')) continue;
      const peer = await withoutGoodbye(scheme);
      const client = start(program, relays ? [...args, peer.url, '-'] : ['sub', ...args, peer.url]);
      if (args.length === 0) {
        await eventually(() => peer.ready, 'the connection');
        client.kill();
      }
      const ended = await client.waitExit();
      const took = Date.now() - peer.asked;
      assert.equal(ended.signal === 'SIGTERM' ? 143 : ended.code, code, client.stderr);
      if (peer.asked > 0) assert.ok(took < 1500, `${program} ${scheme} ${args}: ${took} ms`);
      if (args.length > 0) assert.ok(peer.asked > 0, `${program} ${scheme} ${args}`);
    }
  }
  for (const [program, scheme] of [['rtws', 'ws'], ['rtmqtt', 'mqtt']]) {
    const peer = await withoutGoodbye(scheme);
    const client = start(program, ['pub', peer.url, 'x']);
    await eventually(() => peer.asked > 0, 'the goodbye');
    client.kill();
    await client.waitExit();
    const took = Date.now() - peer.asked;
    assert.ok(took < 1500, `${program} after a signal: ${took} ms`);
  }
});

// --- the prompt ------------------------------------------------------------------------------------
test('the password prompt gives the terminal back, whatever ends it', async (t) => {
  if (kNotLinux) return skipHere(t, kNotLinux);
  const command = `${join(kBin, 'rtws')} sub -u me ws://127.0.0.1:1/`;
  for (const [keys, signal] of [['\x03', 'INT'], [undefined, 'TERM'], [undefined, 'HUP']]) {
    // The shell takes the signal, too, and then shows the terminal's state.
    const shell = `trap : INT; ${command}; echo "code $?"; stty -a; echo end`;
    const terminal = start('script', ['-qec', shell, '/dev/null']);
    await terminal.waitFor(() => terminal.text().includes('Password for me: '), 'the prompt');
    if (keys) terminal.write(keys);
    else process.kill(childOf(childOf(terminal.child.pid)), `SIG${signal}`);
    await terminal.waitFor(() => /\bend\r?\n/.test(terminal.text()), 'the end');
    assert.match(terminal.text(), /[^-]\becho\b/, terminal.text());
    assert.match(terminal.text(), signal === 'INT' ? /code 130/ : /code 1(43|29)/);
    await terminal.waitExit();
  }
});

test('a stopped password prompt asks again and takes the password', async (t) => {
  if (kNotLinux) return skipHere(t, kNotLinux);
  const peer = await HttpPeer.start((request, response) => response.end());
  const command = `${join(kBin, 'rtpoll')} pub -u me ${peer.at('/t')} hello`;
  const shell = `set -m; ${command}; stty -a; echo stopped; fg; stty -a; echo end`;
  const terminal = start('script', ['-qec', `bash -c '${shell}'`, '/dev/null']);
  await terminal.waitFor(() => terminal.text().includes('Password for me: '), 'the prompt');
  terminal.write('\x1a');
  await terminal.waitFor(() => /Password for me: [^]*stopped[^]*Password for me: /.test(terminal.text()),
                         'the second prompt');
  assert.match(terminal.text().split('stopped')[0], /[^-]\becho\b/);
  terminal.write('sesame\r');
  await terminal.waitFor(() => /\bend\r?\n/.test(terminal.text()), 'the end');
  assert.ok(!terminal.text().includes('sesame'));
  assert.equal(peer.requests[0].headers.authorization,
               `Basic ${Buffer.from('me:sesame').toString('base64')}`);
  await terminal.waitExit();
});

function childOf(pid) {
  return Number(execFileSync('pgrep', ['-P', String(pid)]).toString().trim().split('\n')[0]);
}
