// rtmqtt serve: the Mosquitto broker that it starts, against Mosquitto's own clients.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, eventually, kBin, kNotLinux, run, serve, start, test} from './lib/harness.mjs';
import {freePort} from './lib/net.mjs';

// Where the broker's private directory is while there is one.
function scratch() {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-e2e-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

function accepts(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect({port, host});
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

const isGone = (port, host) => eventually(async () => !(await accepts(port, host)),
                                          `nobody at port ${port}`);

// [{pid, ppid, args}] of everything that runs below a process.
function below(pid) {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], {encoding: 'utf8'})
                   .split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
                   .filter((match) => match).map(([, p, pp, args]) => ({pid: +p, ppid: +pp, args}));
  const children = (parent) => rows.filter((row) => row.ppid === parent)
                                   .flatMap((row) => [row, ...children(row.pid)]);
  return children(pid);
}

// What nobody has reaped yet runs no more.
function runs(pid) {
  try {
    return !/^Z/.test(execFileSync('ps', ['-o', 'stat=', '-p', pid], {encoding: 'utf8'}).trim());
  } catch {
    return false;
  }
}

function brokerOf(server) {
  const found = below(server.child.pid).filter(({args}) => /^\S*mosquitto -c /.test(args));
  assert.equal(found.length, 1, JSON.stringify(below(server.child.pid)));
  return found[0].pid;
}

// A client whose subscription stands: it has received what is kept for it.
async function subscribe(port, ...args) {
  const kept = await run('mosquitto_pub', ['-p', port, '-t', 'rt-ready', '-m', 'rt-ready', '-r']);
  assert.equal(kept.code, 0);
  const client = start('mosquitto_sub', ['-p', port, '-t', 'rt-ready', ...args]);
  await client.waitForLines(1);
  client.messages = () => client.lines().slice(1);
  return client;
}

// --- the broker ------------------------------------------------------------------------------
test('serve: a broker for Mosquitto\'s clients, ended by SIGTERM with 0', async () => {
  const directory = scratch();
  const server = await serve('rtmqtt', ['serve', '0'], {env: {TMPDIR: directory}});
  assert.match(server.url, /^mqtt:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(readdirSync(directory), []);
  for (const version of ['mqttv311', 'mqttv5']) {
    const client = await subscribe(server.port, '-t', 'a/#', '-q', '1', '-V', version, '-F', '%t %p');
    const sent = await run('mosquitto_pub', ['-p', server.port, '-t', 'a/b', '-m', 'x', '-q', '2']);
    assert.equal(sent.code, 0);
    await client.waitFor(() => client.messages().includes('a/b x'), 'the message');
  }
  server.kill('SIGTERM');
  assert.deepEqual(await server.waitExit(), {code: 0, signal: null});
  assert.equal(await accepts(server.port), false);
  assert.equal(server.text(), '');
  assert.match(server.stderr, /^listening mqtt:\S+\n$/);
  assert.deepEqual(readdirSync(directory), []);
});

test('serve: piped stdin without a channel is not read, and that is said', async () => {
  const server = start('bash', ['-c', `(echo hi; exec sleep 60) | exec "${kBin}/rtmqtt" serve 0`]);
  await server.waitFor(() => /^listening /m.test(server.stderr), 'the broker');
  assert.match(server.stderr, /^rtmqtt: stdin is not read: no channel is named \(rtmqtt serve .*\)$/m);
});

test('serve: SIGINT ends it with 0, too; -v shows what the broker writes', async () => {
  const server = await serve('rtmqtt', ['serve', '-v', '127.0.0.1:0']);
  server.kill('SIGINT');
  assert.deepEqual(await server.waitExit(), {code: 0, signal: null});
  assert.match(server.stderr, /^rtmqtt: mosquitto: .*running$/m);
  assert.match(server.stderr, /^rtmqtt: mosquitto: .*terminating$/m);
});

test('serve: all interfaces and loopback only', async () => {
  const all = await serve('rtmqtt', ['serve', '*:0']);
  assert.equal(await accepts(all.port, '127.0.0.1'), true);
  // macOS has no other address of loopback.
  if (!kNotLinux) assert.equal(await accepts(all.port, '127.0.0.2'), true);
  assert.equal(await accepts(all.port, '::1'), true);
  const own = await serve('rtmqtt', ['serve', '0']);
  assert.equal(await accepts(own.port, '127.0.0.2'), false);
  assert.equal(await accepts(own.port, '::1'), false);
});

test('serve: a port that is taken, an address of another machine', async () => {
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, '127.0.0.1', resolve));
  defer(() => taken.close());
  const {port} = taken.address();
  const refused = await run('rtmqtt', ['serve', port]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(
      `^rtmqtt: cannot listen on 127\\.0\\.0\\.1:${port}: Address already in use[^\\n]*\\n$`));
  const foreign = await run('rtmqtt', ['serve', '192.0.2.1:1883']);
  assert.equal(foreign.code, 1);
  assert.match(foreign.stderr, /^rtmqtt: cannot listen on 192\.0\.2\.1:1883: [^\n]*\n$/);
});

test('serve: found without PATH', async () => {
  const server = await serve('rtmqtt', ['serve', '0'], {env: {PATH: '/nonexistent'}});
  assert.equal(await accepts(server.port), true);
});

test('serve: SIGKILL leaves no broker and no directory', async () => {
  const directory = scratch();
  const server = await serve('rtmqtt', ['serve', '0/x'], {env: {TMPDIR: directory}});
  const all = below(server.child.pid).map(({pid}) => pid);
  assert.ok(all.length >= 2);
  server.kill('SIGKILL');
  await server.waitExit();
  await isGone(server.port);
  await eventually(() => !all.some(runs), 'broker and guard to be gone');
  assert.deepEqual(readdirSync(directory), []);
});

test('serve: Ctrl-C at the terminal, for the whole group, is still an orderly end', async () => {
  const server = await serve('rtmqtt', ['serve', '0/x']);
  process.kill(-server.child.pid, 'SIGINT');
  assert.deepEqual(await server.waitExit(), {code: 0, signal: null});
  assert.equal(await accepts(server.port), false);
});

const kDeath = new RegExp('^rtmqtt: the broker \\(mosquitto\\) has ended: killed by SIGKILL; it wrote: .* running.*; ' +
                          'what it had kept or not passed on is lost; starting it again in [\\d.]+ s$', 'gm');

// Another broker runs in the place of the one that was killed.
async function killBroker(server) {
  const before = brokerOf(server);
  process.kill(before, 'SIGKILL');
  await eventually(() => below(server.child.pid).some(
    ({pid, args}) => pid !== before && /^\S*mosquitto -c /.test(args)), 'another broker');
  await eventually(() => accepts(server.port), `a broker at port ${server.port}`);
}

test('serve: a broker that dies is started again at its port, each death told in one line', async () => {
  const server = await serve('rtmqtt', ['serve', '0']);
  for (let time = 1; time <= 3; ++time) {
    await killBroker(server);
    const client = await subscribe(server.port, '-t', 'a', '-q', '1');
    assert.equal((await run('mosquitto_pub', ['-p', server.port, '-t', 'a', '-m', 'x', '-q', '1'])).code, 0);
    await client.waitFor(() => client.messages().includes('x'), 'the message');
    assert.equal(server.stderr.match(kDeath).length, time);
    assert.equal(server.stderr.trimEnd().split('\n').length, 1 + time, server.stderr);
  }
  server.kill('SIGTERM');
  assert.deepEqual(await server.waitExit(), {code: 0, signal: null});
  assert.equal(await accepts(server.port), false);
});

test('serve CHANNEL: its stdin and stdout go on over a death of the broker', async () => {
  const server = await serve('rtmqtt', ['serve', '0/x'], {stdin: 'pipe'});
  for (let time = 1; time <= 3; ++time) {
    process.kill(brokerOf(server), 'SIGKILL');
    await server.waitFor(() => server.stderr.match(kDeath)?.length === time, 'the news');
    server.write('finds no broker, and waits for one\n');
    await eventually(() => accepts(server.port), 'another broker');
    const figure = start('mosquitto_sub', ['-p', server.port, '-t', '$SYS/broker/publish/messages/received']);
    await figure.waitFor(() => figure.lines().includes('1'), 'the line to be all that the broker had');
    figure.kill();
    const client = await subscribe(server.port, '-t', 'x', '-q', '1');
    server.write(`line ${time}\n`);
    await client.waitFor(() => client.messages().includes(`line ${time}`), 'what stdin brings');
    await run('mosquitto_pub', ['-p', server.port, '-t', 'x', '-m', `answer ${time}`, '-q', '1']);
    await server.waitForLines(time);
    client.kill();
  }
  assert.deepEqual(server.lines(), ['answer 1', 'answer 2', 'answer 3']);
  assert.equal(server.stderr.match(kDeath).length, 3);
  assert.equal(server.stderr.trimEnd().split('\n').length, 1 + 3, server.stderr);
  server.kill('SIGTERM');
  assert.deepEqual(await server.waitExit(), {code: 0, signal: null});
});

for (const listen of ['0', '0/x']) {
  test(`serve ${listen}: SIGTERM ends it while its broker is away or stands still`, async () => {
    const away = await serve('rtmqtt', ['serve', listen], {stdin: 'pipe'});
    process.kill(brokerOf(away), 'SIGKILL');
    await away.waitFor(() => away.stderr.includes('starting it again'), 'the news');
    away.kill('SIGTERM');
    assert.deepEqual(await away.waitExit(), {code: 0, signal: null});
    assert.equal(await accepts(away.port), false);

    const still = await serve('rtmqtt', ['serve', listen], {stdin: 'pipe'});
    const broker = brokerOf(still);
    process.kill(broker, 'SIGSTOP');
    still.write('nobody takes it\n');
    still.kill('SIGTERM');
    assert.deepEqual(await still.waitExit({ms: 8000}), {code: 0, signal: null});
    await eventually(() => !runs(broker), 'the end of the broker');
  });
}

test('a relay with a broker of its own goes on over the broker\'s death', async () => {
  const relay = start('rtrelay', ['serve+mqtt://127.0.0.1:0/x', '-']);
  const line = await relay.waitForLine(/^listening mqtt:\S+:(\d+)/, 'stderr');
  relay.port = Number(/:(\d+)/.exec(line[0] ?? line)[1]);
  for (let time = 1; time <= 3; ++time) {
    await killBroker(relay);
    await eventually(async () => {
      await run('mosquitto_pub', ['-p', relay.port, '-t', 'x', '-m', `line ${time}`, '-q', '1']);
      return relay.lines().includes(`line ${time}`);
    }, 'a message');
  }
  process.kill(brokerOf(relay), 'SIGSTOP');
  relay.kill('SIGTERM');
  // What the broker had acknowledged and not passed on is missing here.
  assert.equal((await relay.waitExit({ms: 8000})).code, 9, relay.detail());
});

// --- its memory --------------------------------------------------------------------------------
function residentMiB(pid) {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', pid], {encoding: 'utf8'})) / 1024;
}

// A stranger who fills the broker with retained messages, and comes back when it is thrown out.
class Flood {
  constructor(port, qos, payload) {
    Object.assign(this, {port, qos, payload, sent: 0, open: true, connections: 0});
    defer(() => this.end());
    this.connect();
  }
  connect() {
    if (!this.open) return;
    ++this.connections;
    this.socket = connect({port: this.port, host: '127.0.0.1'});
    this.socket.on('error', () => {});
    this.socket.on('data', () => {});
    this.socket.on('close', () => setTimeout(() => this.connect(), 20));
    this.socket.on('drain', () => this.pour());
    this.socket.write(Buffer.of(0x10, 15, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 0, 0, 3, ...Buffer.from('bad')));
    this.socket.once('connect', () => this.pour());
  }
  pour() {
    let room = true;
    while (this.open && room && !this.socket.destroyed) {
      const topic = Buffer.from(`storm/${this.sent++}`);
      const id = this.qos > 0 ? Buffer.of(1 + (this.sent >> 8 & 0x7f), this.sent & 255) : Buffer.alloc(0);
      const length = 2 + topic.length + id.length + this.payload;
      const digits = [];
      for (let rest = length; digits.length === 0 || rest > 0; rest >>= 7) digits.push(rest & 127 | (rest > 127 ? 128 : 0));
      room = this.socket.write(Buffer.concat([Buffer.of(0x31 | this.qos << 1, ...digits, 0, topic.length),
                                              topic, id, Buffer.alloc(this.payload, 'x')]));
    }
  }
  end() {
    this.open = false;
    this.socket.destroy();
  }
}

for (const payload of [100, 100_000]) {
  for (const qos of [0, 1]) {
    test(`retained messages of ${payload} bytes without end at QoS ${qos}: the broker keeps to its memory, others come back`,
         async () => {
      const hub = await serve('rtrelay', ['serve', '0', '--mqtt', '0', '--memory', '16MiB'], {listeners: 2});
      const port = Number(/mqtt:\S+:(\d+)/.exec(hub.stderr)[1]);
      const flood = new Flood(port, qos, payload);
      let most = 0;
      const enough = 24 << 20;  // three times its memory
      await eventually(() => {
        try {
          most = Math.max(most, residentMiB(brokerOf(hub)));
        } catch {
          // Between two brokers.
        }
        return flood.sent * (payload + 200) > enough || flood.connections > 3;
      }, 'the flood to be over its memory');
      // Small ones fill it up to the last byte: then everybody has to come back, to another broker,
      // which the stranger could fill as fast.
      if (payload < 1000) flood.end();
      for (let i = 0; i < 3; ++i) {
        await eventually(async () => {
          const sent = await run('mosquitto_pub', ['-p', port, '-t', 'good', '-m', `message ${i}`, '-q', '1']);
          if (sent.code !== 0) return false;
          const answer = await fetch(new URL('/good', hub.urls.find((url) => url.startsWith('http')))).catch(() => {});
          return answer?.status === 200 && await answer.text() === `message ${i}`;
        }, `message ${i} to pass through the broker and the hub`);
      }
      flood.end();
      assert.ok(most < 8 + 24, `${most} MiB resident, 8 MiB of which are the broker's memory`);
      hub.kill('SIGTERM');
      assert.equal((await hub.waitExit()).code, 0);
    });
  }
}

test('serve: a message over --max-message does not pass', async () => {
  const server = await serve('rtmqtt', ['serve', '0', '--max-message', '1k']);
  const client = await subscribe(server.port, '-t', 'a', '-F', '%l');
  const publish = (bytes) =>
    run('mosquitto_pub', ['-p', server.port, '-t', 'a', '-s', '-q', '1'],
        {input: Buffer.alloc(bytes, 'x')});
  assert.equal((await publish(1024)).code, 0);
  await client.waitFor(() => client.messages().includes('1024'), 'the one that fits');
  assert.notEqual((await publish(1 << 20)).code, 0);
});

test('serve: a storm of 100,000 retained topics loses none', async () => {
  const kCount = 100_000;
  const server = await serve('rtmqtt', ['serve', '0']);
  // Published the way that makes the most of one connection: packets made here.
  const field = (text) => Buffer.concat([Buffer.of(text.length >> 8, text.length & 255),
                                         Buffer.from(text)]);
  const packet = (head, body) => Buffer.concat([Buffer.of(head, body.length), body]);
  const parts = [packet(0x10, Buffer.concat([field('MQTT'), Buffer.of(4, 2, 0, 0), field('storm')]))];
  for (let i = 0; i < kCount; ++i) {
    parts.push(packet(0x31, Buffer.concat([field(`storm/${i}`), Buffer.from('x'.repeat(60))])));
  }
  parts.push(Buffer.of(0xc0, 0));
  const socket = connect({port: server.port, host: '127.0.0.1'});
  defer(() => socket.destroy());
  let answer = Buffer.alloc(0);
  socket.on('data', (bytes) => { answer = Buffer.concat([answer, bytes]); });
  socket.write(Buffer.concat(parts));
  await eventually(() => answer.includes(Buffer.of(0xd0, 0)), 'the answer to the ping at the end');

  for (const qos of [0, 1]) {
    const client = start('mosquitto_sub', ['-p', server.port, '-t', '#', '-q', qos, '-F', '%t',
                                           '-C', kCount]);
    // A slow reader: what the sockets do not take, the broker has to keep.
    await client.waitFor(() => client.lines().length > 0, 'the first message');
    client.kill('SIGSTOP');
    // A turn of the broker's loop: whoever answers another client has gone on without this one.
    const known = answer.length;
    socket.write(Buffer.of(0xc0, 0));
    await eventually(() => answer.length > known, 'the answer to another ping');
    client.kill('SIGCONT');
    assert.equal((await client.waitExit()).code, 0);
    assert.equal(new Set(client.lines()).size, kCount);
  }
});

// --- its ends on stdio -----------------------------------------------------------------------
test('serve CHANNEL: stdin is published, what clients publish is printed, neither comes back',
     async () => {
  const port = await freePort();
  const server = await serve('rtmqtt', ['serve', `${port}/lab/a%20b`], {stdin: 'pipe'});
  assert.equal(server.url, `mqtt://127.0.0.1:${port}/lab/a%20b`);
  const client = await subscribe(port, '-t', 'lab/#', '-t', 'other', '-F', '%t %q %p');
  server.write('one\ntwo\n');
  await client.waitFor(() => client.messages().length >= 2, 'both lines');
  await run('mosquitto_pub', ['-p', port, '-t', 'other', '-m', 'not mine']);
  await run('mosquitto_pub', ['-p', port, '-t', 'lab/a b', '-m', 'three', '-q', '1']);
  await server.waitForLines(1);
  assert.deepEqual(server.lines(), ['three']);
  await client.waitFor(() => client.messages().length >= 4, 'all');
  assert.deepEqual(client.messages().map((line) => line.replace(/^(.*) [012] /, '$1 ')),
                   ['lab/a b one', 'lab/a b two', 'other not mine', 'lab/a b three']);
  // The end of stdin is not its own.
  server.endStdin();
  await run('mosquitto_pub', ['-p', port, '-t', 'lab/a b', '-m', 'four']);
  await server.waitForLines(2);
  server.kill('SIGTERM');
  assert.equal((await server.waitExit()).code, 0);
  assert.deepEqual(server.lines(), ['three', 'four']);
});

test('serve CHANNEL --json: envelopes', async () => {
  const server = await serve('rtmqtt', ['serve', '0/t', '-J']);
  await run('mosquitto_pub', ['-p', server.port, '-t', 't', '-m', 'x', '-q', '1']);
  const [line] = await server.waitForLines(1);
  const envelope = JSON.parse(line);
  assert.equal(envelope.proto, 'mqtt');
  assert.equal(envelope.channel, '/t');
  assert.equal(envelope.data, 'x');
});

test('serve CHANNEL --exit-on-eof: every line has arrived', async () => {
  const kLines = 20_000;
  const server = await serve('rtmqtt', ['serve', '0/t', '--exit-on-eof'], {stdin: 'pipe'});
  const client = await subscribe(server.port, '-t', 't', '-q', '1');
  server.child.stdin.end(Array.from({length: kLines}, (_, i) => `line ${i}\n`).join(''));
  assert.equal((await server.waitExit()).code, 0);
  await client.waitFor(() => client.messages().length >= kLines, 'all lines');
  assert.deepEqual(client.messages(), Array.from({length: kLines}, (_, i) => `line ${i}`));
});

test('serve CHANNEL: a closed stdout ends it quietly', async () => {
  const server = await serve('rtmqtt', ['serve', '0/t']);
  server.child.stdout.destroy();
  await eventually(async () => {
    await run('mosquitto_pub', ['-p', server.port, '-t', 't', '-m', 'x']);
    return server.ended;
  }, 'its end');
  assert.equal(server.ended.code, 0);
  assert.match(server.stderr, /^listening [^\n]*\n$/);
});
