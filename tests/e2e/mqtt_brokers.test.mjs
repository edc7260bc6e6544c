// Brokers as they are: limits, refusals, redirects and silence, each of a broker that the test
// writes; and the same of Mosquitto, RabbitMQ and npm's aedes where these can do it.
import assert from 'node:assert/strict';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startAedes} from './lib/aedes.mjs';
import {defer, eventually, kNotLinux, run, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {ScriptedBroker} from './lib/scripted_broker.mjs';
import {makeCertificates, serverOptions} from './lib/tls.mjs';

const numbered = (count, name = 'line') => Array.from({length: count}, (_, i) => `${name} ${i}`);
const asInput = (lines) => lines.map((line) => `${line}\n`).join('');
const v5Only = (packet, client) => packet.protocolVersion === 5 ? 'as usual' : client.hangUp();

async function connected(args, options = {}) {
  const sub = start('rtmqtt', ['sub', '-v', ...args], {stdin: null, ...options});
  await sub.waitForLine(/: connected$/, 'stderr');
  return sub;
}

// --- what CONNACK says -----------------------------------------------------------------------
test('an identifier that the broker chooses: asked for where ours is refused, and kept', async () => {
  const broker = await ScriptedBroker.start({
    connect: (packet, client) => {
      if (packet.clientId === '') {
        client.send({cmd: 'connack', reasonCode: 0, sessionPresent: false,
                     properties: {assignedClientIdentifier: 'chosen-17'}});
      } else if (packet.clientId === 'chosen-17') {
        return 'as usual';
      } else {
        client.send({cmd: 'connack', reasonCode: 0x85, sessionPresent: false});
      }
      return undefined;
    },
  });
  const sub = await connected([broker.at('x'), '--qos', 1, '--retry-max-delay', '50ms']);
  assert.match(sub.stderr, /calls this client 'chosen-17'/);
  broker.clients.at(-1).socket.destroy();
  await broker.until(() => broker.clients.at(-1).connect?.clientId === 'chosen-17', 'another connection');
  const ids = broker.all('connect').map((packet) => packet.clientId);
  assert.match(ids[0], /^rtwire/);
  assert.deepEqual(ids.slice(1), ['', 'chosen-17']);
});

test('the keep-alive that the broker wants', async () => {
  const broker = await ScriptedBroker.start({properties: {serverKeepAlive: 1}});
  await connected([broker.at('x'), '--keepalive', '60s']);
  await broker.until(() => broker.all('pingreq').length >= 2, 'two pings');
});

for (const [maximumQoS, qos] of [[0, 1], [1, 2]]) {
  test(`maximum QoS ${maximumQoS}: pub at ${qos} is told, sub goes on with less`, async () => {
    const broker = await ScriptedBroker.start({
      connect: v5Only,
      properties: {maximumQoS},
      subscribe: ({messageId, subscriptions}, client) => client.send(
          {cmd: 'suback', messageId, granted: subscriptions.map(() => maximumQoS)}),
    });
    const pub = await run('rtmqtt', ['pub', broker.at('x'), '--qos', qos, 'hello']);
    assert.equal(pub.code, 2, pub.stderr);
    assert.match(pub.stderr, /does not offer this QoS \(--qos\)/);
    const sub = await connected([broker.at('x'), '--qos', qos]);
    assert.match(sub.stderr, new RegExp(`grants only QoS ${maximumQoS}`));
    const lower = await run('rtmqtt', ['pub', broker.at('x'), '--qos', maximumQoS, 'hello']);
    assert.equal(lower.code, 0, lower.stderr);
  });
}

test('no retained messages: told; without --retain it is nothing', async () => {
  const broker = await ScriptedBroker.start({properties: {retainAvailable: false}});
  const kept = await run('rtmqtt', ['pub', broker.at('x'), '--retain', 'hello']);
  assert.equal(kept.code, 2, kept.stderr);
  assert.match(kept.stderr, /does not retain/);
  assert.equal((await run('rtmqtt', ['pub', broker.at('x'), 'hello'])).code, 0);
  const own = await startMosquitto({more: ['retain_available false']});
  const mosquitto = await run('rtmqtt', ['pub', own.at('x'), '--retain', 'hello']);
  assert.equal(mosquitto.code, 2, mosquitto.stderr);
});

test('no retained messages: a relay and an envelope send theirs without the flag, and that is told once', async () => {
  // As a broker in the field says it, byte by byte.
  const broker = await ScriptedBroker.start(
      {connect: (packet, client) => client.send(Buffer.from('20050000022500', 'hex'))});
  const from = await startMosquitto();
  for (const topic of ['k/a', 'k/b'])
    assert.equal((await run('rtmqtt', ['pub', '--retain', from.at(topic), 'kept'])).code, 0);
  for (const more of [[], ['--retain=yes']]) {
    broker.clients.length = 0;
    const relay = start('rtrelay', ['--qos', 1, from.at('k/#'), `mqtt://127.0.0.1:${broker.port}`, ...more], {stdin: null});
    await broker.until(() => broker.all('publish').length === 2, 'both messages', {detail: () => relay.detail() + JSON.stringify(broker.clients.map((c) => c.packets))});
    relay.kill();
    await relay.waitExit();
    assert.equal(relay.stderr.match(/does not retain messages: they are sent, but without that flag/g)?.length, 1, relay.stderr);
    assert.doesNotMatch(relay.stderr, /skipped|lost/);
    assert.deepEqual(broker.all('publish').map(({topic, retain}) => [topic, retain]), [['k/a', false], ['k/b', false]]);
  }
  broker.clients.length = 0;
  const lines = await run('rtmqtt', ['pub', '--json', broker.at('')],
                          {input: asInput(['a', 'b'].map((data) => JSON.stringify({topic: 'x y', retain: true, data})))});
  assert.equal(lines.code, 0, lines.stderr);
  assert.equal(lines.stderr.match(/without that flag/g)?.length, 1, lines.stderr);
  assert.deepEqual(broker.all('publish').map(({topic, retain}) => [topic, retain]), [['x y', false], ['x y', false]]);
});

test('what is not UTF-8 in a packet is named', async () => {
  for (const [packet, told] of [['30060002fffe0061', /a message whose topic is not UTF-8/],
                                ['e00782051f0002fffe', /the value of the property 31 is not UTF-8/]]) {
    const broker = await ScriptedBroker.start({
      connect: v5Only,
      subscribe: (asked, client) => {
        client.answer(asked);
        client.send(Buffer.from(packet, 'hex'));
      },
    });
    const sub = await run('rtmqtt', ['sub', broker.at('#')]);
    assert.equal(sub.code, 6, sub.stderr);
    assert.match(sub.stderr, told);
  }
});

test('a broker whose quota is exceeded: a relay tells it and waits, pub says so and ends', async () => {
  let left = 4;
  const broker = await ScriptedBroker.start({
    publish: (packet, client) => {
      if (left-- <= 0) return 'as usual';
      client.send({cmd: packet.qos === 2 ? 'pubrec' : 'puback', messageId: packet.messageId, reasonCode: 0x97});
      return undefined;
    },
  });
  const lines = numbered(20);
  for (const qos of [1, 2]) {
    [left, broker.clients.length] = [4, 0];
    const relay = await run('rtrelay', ['--retry-max-delay', '100ms', '-', broker.at('x'), '--qos', qos], {input: asInput(lines)});
    assert.equal(relay.code, 0, relay.stderr);
    assert.match(relay.stderr, /takes no more messages now: quota exceeded\)?; trying again/);
    assert.deepEqual([...new Set(broker.payloads())].sort(), [...lines].sort());
  }
  left = 1;
  const pub = await run('rtmqtt', ['pub', '--qos', 1, broker.at('x'), 'hello']);
  assert.equal(pub.code, 1, pub.stderr);
  assert.match(pub.stderr, /was not taken by the broker: quota exceeded/);
});

test('neither wildcards nor shared subscriptions: each is told by its filter', async () => {
  const broker = await ScriptedBroker.start(
      {properties: {wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false}});
  const wild = await run('rtmqtt', ['sub', broker.at('a/#')]);
  assert.equal(wild.code, 2, wild.stderr);
  assert.match(wild.stderr, /takes no wildcards: 'a\/#'/);
  const shared = await run('rtmqtt', ['sub', broker.at('$share/g/a')]);
  assert.equal(shared.code, 2, shared.stderr);
  assert.match(shared.stderr, /takes no shared subscriptions: '\$share\/g\/a'/);
  await connected([broker.at('a/b')]);
});

test('receive maximum 1: one message at a time', async () => {
  let most = 0;
  let open = 0;
  const broker = await ScriptedBroker.start({
    properties: {receiveMaximum: 1},
    publish: (packet, client) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        --open;
        client.send({cmd: 'puback', messageId: packet.messageId, reasonCode: 0});
      });
    },
  });
  const done = await run('rtmqtt', ['pub', broker.at('x'), '--qos', 1], {input: asInput(numbered(200))});
  assert.equal(done.code, 0, done.stderr);
  assert.equal(most, 1);
  assert.deepEqual(broker.payloads(), numbered(200));
});

test('a maximum packet size: the message is named, or skipped with --skip-refused', async () => {
  const input = asInput(['before', 'x'.repeat(400), 'after']);
  const script = await ScriptedBroker.start({properties: {maximumPacketSize: 200}});
  const mosquitto = await startMosquitto({more: ['max_packet_size 200']});
  for (const broker of [script, mosquitto]) {
    const args = ['pub', broker.at('x'), '--qos', 1, '--protocol', '5'];
    const stopped = await run('rtmqtt', args, {input});
    assert.equal(stopped.code, 2, stopped.stderr);
    assert.match(stopped.stderr, /a message of 400 bytes is longer than the broker accepts/);
    const skipped = await run('rtmqtt', [...args, '--skip-refused'], {input});
    assert.equal(skipped.code, 9, skipped.stderr);
    assert.match(skipped.stderr, /a message of 400 bytes is longer than the broker accepts/);
  }
  assert.deepEqual(script.payloads().slice(-2), ['before', 'after']);
});

test('a session that nobody asked for', async () => {
  for (const protocol of ['5', '3.1.1']) {
    const broker = await ScriptedBroker.start({
      connect: (packet, client) => client.send({cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: true}),
    });
    const done = await run('rtmqtt', ['sub', broker.at('x'), '--protocol', protocol, '--client-id', 'me', '--clean']);
    assert.equal(done.code, 6, done.stderr);
    assert.match(done.stderr, /goes on with a session, but a new one was asked for/);
  }
});

// --- how brokers are reached -----------------------------------------------------------------
test('ALPN, and a certificate whose key is encrypted, as AWS wants them at port 443', async () => {
  const files = makeCertificates();
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-alpn-'));
  defer(() => rmSync(directory, {recursive: true}));
  const key = join(directory, 'key.pem');
  const made = await run('openssl', ['pkey', '-aes256', '-in', files.clientKey, '-out', key, '-passout', 'pass:s3cret']);
  assert.equal(made.code, 0, made.stderr);
  const secret = join(directory, 'secret');
  writeFileSync(secret, 's3cret\n');
  const broker = await startAedes(
      {tls: {...serverOptions(files, {clientCa: true}), ALPNProtocols: ['http/1.1', 'x-amzn-mqtt-ca']}});
  const names = [];
  broker.aedes.on('client', (client) => names.push(client.conn.alpnProtocol));
  const args = ['--cacert', files.ca, '--cert', files.client, '--key', key, '--key-password-file', secret];
  const url = `mqtts://localhost:${broker.port}/a`;
  for (const more of [['--alpn', 'x-amzn-mqtt-ca'], []]) {
    const done = await run('rtmqtt', ['pub', url, '--qos', 1, ...args, ...more, 'x']);
    assert.equal(done.code, 0, done.stderr);
  }
  const [first, ...others] = new Set(names);
  assert.equal(first, 'x-amzn-mqtt-ca');
  assert.deepEqual(others, [false]);
  const dry = await run('rtmqtt', ['pub', url, '--alpn', 'x-amzn-mqtt-ca', '--dry-run', 'x']);
  assert.match(dry.lines.join('\n'), /Say by ALPN that x-amzn-mqtt-ca will be spoken/);
  const wrong = await run('rtmqtt', ['pub', url, '--alpn', '', 'x']);
  assert.equal(wrong.code, 2, wrong.stderr);
});

test('user names with colons, slashes and queries; a Unix socket', async () => {
  const seen = [];
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-users-'));
  defer(() => rmSync(directory, {recursive: true}));
  const path = join(directory, 's');
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'SharedAccessSignature sr=a%2Fb&sig=c:d\n');
  await startAedes({listen: path, settings: {authenticate: (client, user, password, done) => {
    seen.push([user, String(password)]);
    done(null, true);
  }}});
  const azure = 'hub.azure-devices.net/dev1/?api-version=2021-04-12';
  const ways = [
    ['mqtt://hub.azure-devices.net/x', ['-u', azure, '--password-file', secret], azure],
    [`mqtt://${encodeURIComponent('tenant:user')}@hub.example/x`, ['--password-file', secret], 'tenant:user'],
  ];
  for (const [url, args, user] of ways) {
    const done = await run('rtmqtt', ['pub', url, '--unix-socket', path, '--qos', 1, ...args, 'x']);
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(seen.at(-1), [user, 'SharedAccessSignature sr=a%2Fb&sig=c:d']);
  }
});

test('a session that a broker keeps for ever is told, unless that was asked for', async () => {
  const broker = await startMosquitto();
  for (const [args, told] of [[[], true], [['--session-expiry', 'never'], false], [['--clean'], false]]) {
    const sub = await connected([broker.at('x'), '--client-id', 'me', ...args]);
    assert.equal(/keeps this session for ever, under me: --session-expiry says how long/.test(sub.stderr), told, sub.stderr);
    sub.kill();
    await sub.waitExit();
  }
});

test('--session-expiry never is what MQTT 5 says for it', async () => {
  const broker = await ScriptedBroker.start();
  const pub = await run('rtmqtt', ['pub', broker.at('x'), '--client-id', 'me', '--session-expiry', 'never', 'x']);
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal(broker.all('connect')[0].properties.sessionExpiryInterval, 0xffffffff);
});

// --- who is sent elsewhere -------------------------------------------------------------------
for (const reasonCode of [0x9c, 0x9d]) {
  test(`a redirect (${reasonCode.toString(16)}) is told with the place, and followed once when asked`, async () => {
    const there = await ScriptedBroker.start();
    const reference = `127.0.0.1:${there.port} other.example`;
    const here = await ScriptedBroker.start({
      connect: (packet, client) => client.send(
          {cmd: 'connack', reasonCode, sessionPresent: false,
           properties: {serverReference: reference, reasonString: 'full house'}}),
    });
    const told = await run('rtmqtt', ['pub', here.at('x'), '--retry', 'hello']);
    assert.equal(told.code, 3, told.stderr);
    assert.match(told.stderr, new RegExp(`127.0.0.1:${there.port} other.example.*--follow-redirect.*full house`));
    const followed = await run('rtmqtt', ['pub', here.at('x'), '--qos', 1, '--follow-redirect', 'hello']);
    assert.equal(followed.code, 0, followed.stderr);
    assert.deepEqual(there.payloads(), ['hello']);

    const again = await ScriptedBroker.start({
      connect: (packet, client) => client.send(
          {cmd: 'connack', reasonCode, sessionPresent: false,
           properties: {serverReference: `127.0.0.1:${here.port}`}}),
    });
    const twice = await run('rtmqtt', ['pub', again.at('x'), '--follow-redirect', 'hello']);
    assert.equal(twice.code, 3, twice.stderr);
    assert.match(twice.stderr, /wants its clients elsewhere/);
  });
}

test('a redirect of a connection that stands: followed when asked', async () => {
  const there = await ScriptedBroker.start();
  const here = await ScriptedBroker.start({
    subscribe: (packet, client) => {
      client.answer(packet);
      client.send({cmd: 'disconnect', reasonCode: 0x9d,
                   properties: {serverReference: `127.0.0.1:${there.port}`}});
      client.hangUp();
    },
  });
  const told = await run('rtmqtt', ['sub', here.at('x'), '--no-retained']);
  assert.notEqual(told.code, 0);
  assert.match(told.stderr, /server moved/);
  start('rtmqtt', ['sub', here.at('x'), '--no-retained', '--follow-redirect', '--retry-max-delay', '50ms'], {stdin: null});
  await there.until(() => there.all('subscribe').length === 1, 'the subscription there');
});

// --- reasons in words ------------------------------------------------------------------------
test('what a broker says beside its codes is shown', async () => {
  const reasonString = 'only on workdays';
  const properties = {reasonString};
  const rows = [
    ['CONNACK', {connect: (packet, client) => client.send({cmd: 'connack', reasonCode: 0x87, sessionPresent: false, properties})},
     ['sub'], 5, /does not authorise.*"only on workdays"/],
    ['SUBACK', {subscribe: ({messageId}, client) => client.send({cmd: 'suback', messageId, granted: [0x97], properties})},
     ['sub'], 5, /subscription to 'a\/b': quota exceeded: "only on workdays"/],
    ['PUBACK', {publish: ({messageId}, client) => client.send({cmd: 'puback', messageId, reasonCode: 0x87, properties})},
     ['pub', '--qos', 1, 'x'], 5, /a message to 'a\/b' was not taken by the broker: not authorized: "only on workdays"/],
    ['PUBREC', {publish: ({messageId}, client) => client.send({cmd: 'pubrec', messageId, reasonCode: 0x99, properties})},
     ['pub', '--qos', 2, 'x'], 1, /a message to 'a\/b' was not taken by the broker: payload format invalid: "only on workdays"/],
    ['DISCONNECT', {subscribe: (packet, client) => {
       client.answer(packet);
       client.send({cmd: 'disconnect', reasonCode: 0x98, properties});
       client.hangUp();
     }}, ['sub', '--no-retained'], 1, /administrative action: "only on workdays"/],
  ];
  for (const [name, script, [verb, ...args], code, text] of rows) {
    const broker = await ScriptedBroker.start(script);
    const done = await run('rtmqtt', [verb, broker.at('a/b'), ...args]);
    assert.equal(done.code, code, `${name}: ${done.stderr}`);
    assert.match(done.stderr, text, name);
  }
});

test('AUTH is not spoken, and that is told', async () => {
  const auth = Buffer.from([0xf0, 2, 0x18, 0]);
  for (const script of [{connect: (packet, client) => client.send(auth)},
                        {subscribe: (packet, client) => client.send(auth)}]) {
    const broker = await ScriptedBroker.start(script);
    const done = await run('rtmqtt', ['sub', broker.at('x')]);
    assert.equal(done.code, 6, done.stderr);
    assert.match(done.stderr, /AUTH packets/);
  }
  const refused = await ScriptedBroker.start({
    connect: (packet, client) => client.send({cmd: 'connack', reasonCode: 0x8c, sessionPresent: false}),
  });
  const done = await run('rtmqtt', ['sub', refused.at('x')]);
  assert.equal(done.code, 5, done.stderr);
  assert.match(done.stderr, /bad authentication method/);
});

test('silence: after TCP, after CONNECT, after SUBSCRIBE', async () => {
  const silent = createServer(() => {});
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  defer(() => silent.close());
  const broker = await ScriptedBroker.start({subscribe: () => {}});
  for (const url of [`mqtt://127.0.0.1:${silent.address().port}/x`, broker.at('x')]) {
    const done = await run('rtmqtt', ['sub', url, '--connect-timeout', '500ms']);
    assert.equal(done.code, 3, done.stderr);
    assert.match(done.stderr, /did not answer in time \(--connect-timeout\)/);
  }
});

// --- a broker that hangs up ------------------------------------------------------------------
const hangsUpAt = (isBad) => ({
  connect: (packet, client) => packet.protocolVersion === 4 ? 'as usual' : client.hangUp(),
  publish: (packet, client) => isBad(packet) ? client.socket.destroy() : 'as usual',
});

test('a 3.1.1 broker that hangs up at a message of any size: given up after three times, by its name', async () => {
  const lines = ['before', 'bad', 'between', `${'y'.repeat(3000)}bad`, 'behind'];
  const good = ['before', 'between', 'behind'];
  for (const [args, code] of [[[], 1], [['--skip-refused'], 9]]) {
    const broker = await ScriptedBroker.start(hangsUpAt((packet) => packet.payload.toString().endsWith('bad')));
    const done = await run('rtmqtt', ['pub', broker.at('a/b'), '--qos', 1, '--retry-max-delay', '20ms', ...args],
                           {input: asInput(lines)});
    assert.equal(done.code, code, done.stderr);
    for (const what of [/message 2, of 3 bytes, is sent to 'a\/b': it is given up after three times/,
                        /message 4, of 3003 bytes, is sent to 'a\/b': it is given up after three times/])
      assert.match(done.stderr, what);
    assert.deepEqual([...new Set(broker.payloads())].filter((one) => !one.endsWith('bad')), good);
    for (const bad of [lines[1], lines[3]]) {
      const times = broker.payloads().filter((one) => one === bad).length;
      assert.ok(times >= 3 && times <= 5, `${times} times`);
    }
  }
});

test('of many topics one that is not allowed, with aedes and with a relay', async () => {
  const closed = await startAedes({settings: {
    authorizePublish: (client, packet, done) => done(packet.topic === 'no' ? new Error('denied') : null),
  }});
  const seen = [];
  closed.aedes.on('publish', (packet) => { if (!packet.topic.startsWith('$')) seen.push(packet.topic); });
  const input = asInput(['yes/1', 'no', 'yes/2'].map((channel) => JSON.stringify({channel: `/${channel}`, data: 'x'})));
  const done = await run('rtmqtt', ['pub', `mqtt://127.0.0.1:${closed.port}/`, '--json', '--qos', 1, '--skip-refused',
                                    '--retry-max-delay', '20ms'], {input});
  assert.equal(done.code, 9, done.stderr);
  assert.match(done.stderr, /message 2, of 1 bytes, is sent to 'no': it is given up/);
  assert.deepEqual([...new Set(seen)], ['yes/1', 'yes/2']);
});

test('a broker that only restarts again and again is given every message', async () => {
  let connections = 0;
  const broker = await ScriptedBroker.start({
    connect: () => { ++connections; return 'as usual'; },
    // Each connection takes some, and breaks.
    publish: (packet, client) => {
      client.taken = (client.taken ?? 0) + 1;
      if (connections > 20 || client.taken < 4) return 'as usual';
      return client.socket.destroy();
    },
  });
  const done = await run('rtmqtt', ['pub', broker.at('x'), '--qos', 1, '--protocol', '3.1.1', '--retry-max-delay', '10ms'],
                         {input: asInput(numbered(100))});
  assert.equal(done.code, 0, done.stderr);
  assert.doesNotMatch(done.stderr, /given up/);
  assert.deepEqual([...new Set(broker.payloads())], numbered(100));
});

// --- nothing is lost in silence --------------------------------------------------------------
for (const protocol of ['5', '3.1.1']) {
  test(`MQTT ${protocol}, QoS 2: PUBREC, a lost connection and no session: PUBLISH again`, async () => {
    const broker = await ScriptedBroker.start({
      connect: (packet, client) => {
        client.answer(packet);
        if (client.number > 0) return;
        // What the first connection had recorded is forgotten.
        client.recorded = 0;
      },
      publish: (packet, client) => {
        client.answer(packet);
        if (client.number === 0 && ++client.recorded === 10) client.socket.end();
      },
      pubrel: (packet, client) => client.number === 0 ? undefined : client.answer(packet),
    });
    const done = await run('rtmqtt', ['pub', broker.at('x'), '--qos', 2, '--protocol', protocol, '--retry-max-delay', '20ms'],
                           {input: asInput(numbered(300))});
    assert.equal(done.code, 0, done.stderr);
    const last = broker.clients.at(-1).packets.filter((one) => one.cmd === 'publish').map((one) => one.payload.toString());
    assert.deepEqual(last, numbered(300));
  });
}

test('--exec goes on when its guard is killed: no message without its command', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-guard-'));
  defer(() => rmSync(directory, {recursive: true}));
  const command = join(directory, 'command');
  writeFileSync(command, `#!/bin/sh\ncat >> ${directory}/got; echo >> ${directory}/got\n`);
  chmodSync(command, 0o755);
  const own = await startMosquitto();
  const sub = await connected([own.at('x'), '--qos', 1, '--exec', command, '-n', 60]);
  const guard = await eventually(async () => {
    const found = await run('pgrep', ['-P', String(sub.child.pid), '-x', 'rt-guard']);
    return found.lines[0];
  }, 'the guard');
  process.kill(Number(guard), 'SIGKILL');
  const pub = await run('rtmqtt', ['pub', own.at('x'), '--qos', 1], {input: asInput(numbered(60))});
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  const {lines} = await run('cat', [join(directory, 'got')]);
  assert.deepEqual(lines, numbered(60));
}, {notHere: kNotLinux});

test('where no file can be made', async () => {
  const own = await startMosquitto();
  const done = await run('rtmqtt', ['pub', own.at('x'), '--qos', 1, 'x'], {env: {TMPDIR: '/nonexistent'}});
  assert.equal(done.code, 0, done.stderr);
});

test('--property at a broker of 3.1.1 is told', async () => {
  const broker = await startAedes();
  const done = await run('rtmqtt', ['pub', `mqtt://127.0.0.1:${broker.port}/x`, '--property', 'a=b', 'x']);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, /MQTT 3\.1\.1, which has no properties: --property is left out/);
});

test('of a payload no more is said than is known: --text, --binary, an envelope, another broker', async () => {
  const broker = await ScriptedBroker.start();
  for (const [args, input] of [[[], 'plain\n'], [['--text'], 'text\n'], [['--binary'], 'bytes\n'],
                               [['--json'], '{"data":"envelope"}\n'], [[], '\xff\n']])
    assert.equal((await run('rtmqtt', ['pub', broker.at('x'), ...args], {input: Buffer.from(input, 'latin1')})).code, 0);
  assert.deepEqual(broker.all('publish').map((one) => one.properties?.payloadFormatIndicator),
                   [undefined, true, false, true, undefined]);
  const wrong = await run('rtmqtt', ['pub', broker.at('x'), '--text'], {input: Buffer.from([0xff, 10])});
  assert.equal(wrong.code, 2, wrong.stderr);

  const own = await startMosquitto({more: ['log_type all']});
  const sink = await ScriptedBroker.start();
  start('rtrelay', [own.at('x'), sink.at('x')], {stdin: null});
  await own.waitFor(() => own.stderr.includes('Sending SUBACK to '), 'its subscription');
  for (const more of [[], ['-D', 'publish', 'payload-format-indicator', 1]])
    await run('mosquitto_pub', ['-V', 5, '-p', own.port, '-q', 1, '-t', 'x', '-m', 'm', ...more]);
  await sink.until(() => sink.all('publish').length === 2, 'both messages');
  assert.deepEqual(sink.all('publish').map((one) => one.properties?.payloadFormatIndicator), [undefined, true]);
});

test('a carriage return before the newline is kept; --crlf takes it off', async () => {
  const broker = await ScriptedBroker.start();
  for (const args of [[], ['--crlf']])
    assert.equal((await run('rtmqtt', ['pub', broker.at('x'), ...args], {input: 'a\r\nb\n'})).code, 0);
  assert.deepEqual(broker.payloads(), ['a\r', 'b', 'a', 'b']);
});

// --- TLS by a pre-shared key -----------------------------------------------------------------
test('--psk-identity: by Mosquitto, in TLS 1.2 and 1.3, with the key from a file or RT_PSK', async () => {
  const own = await startMosquitto({more: ['psk_hint h', 'psk_file DIR/keys', 'use_identity_as_username true'],
                                    files: {keys: 'alice:0011aaff\n'}});
  const url = own.at('x', 'mqtts');
  const directory = mkdtempSync(join(tmpdir(), 'rt-psk-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
  const file = join(directory, 'key');
  writeFileSync(file, '0011AAFF\n', {mode: 0o600});
  const sub = await connected([url, '--psk-identity', 'alice', '--psk-file', file, '-n', 4]);
  for (const [args, env] of [[[], {RT_PSK: '0011aaff'}], [['--psk-file', file], {}],
                             [['--tls-max', '1.2', '--psk-file', file], {}]])
    assert.equal((await run('rtmqtt', ['pub', url, '--qos', 1, '--psk-identity', 'alice', ...args, 'm'], {env})).code, 0);
  const same = await run('rtmqtt', ['--mosquitto', 'pub', '-p', own.port, '-t', 'x', '-m', 'm', '-q', 1, '--psk', '0011aaff',
                                    '--psk-identity', 'alice']);
  assert.equal(same.code, 0, same.stderr);
  assert.equal((await sub.waitExit()).code, 0);

  for (const [args, env, code, text] of [
    [['--psk-identity', 'alice'], {RT_PSK: '00'}, 4, /./], [['--psk-identity', 'eve'], {RT_PSK: '0011aaff'}, 4, /./],
    [['--psk-identity', 'alice'], {}, 2, /needs its key: RT_PSK or --psk-file/],
    [['--psk-identity', 'alice'], {RT_PSK: '0x1'}, 2, /RT_PSK: no key in hexadecimal/],
    [['--psk-identity', 'alice', '--insecure'], {RT_PSK: '00'}, 2, /exclude each other/],
    [['--psk-file', file], {}, 2, /--psk-file needs --psk-identity/]]) {
    const done = await run('rtmqtt', ['pub', url, ...args, 'm'], {env});
    assert.equal(done.code, code, `${args}: ${done.stderr}`);
    assert.match(done.stderr, text);
    assert.ok(!done.stderr.includes('0011'), done.stderr);
  }
});

test('--psk-identity with what is clear text is refused', async () => {
  const psk = {env: {RT_PSK: 'aabb'}};
  for (const [program, args] of [
    ['rtmqtt', ['sub', '--psk-identity', 'me', 'mqtt://127.0.0.1:1/x']],
    ['rtmqtt', ['pub', '--psk-identity', 'me', 'mqtt://127.0.0.1:1/x', 'hello']],
    ['rtrelay', ['--psk-identity', 'me', 'mqtt://127.0.0.1:1/x', '-']],
    ['rtrelay', ['mqtts://127.0.0.1:2/y', 'mqtt://127.0.0.1:1/x', '--psk-identity', 'me']],
    ['rtrelay', ['serve', '--bus', 'mqtt://127.0.0.1:1', '--psk-identity', 'me', '0']],
  ]) {
    const {code, stderr} = await run(program, args, psk);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--psk-identity is for TLS, and mqtt:\/\/127\.0\.0\.1:1\/x? is clear text: write mqtts:\/\//);
  }
  // It is for one of the ends.
  const relay = await run('rtrelay', ['--psk-identity', 'me', 'mqtt://127.0.0.1:1/x', 'mqtts://127.0.0.1:1/y'], psk);
  assert.equal(relay.code, 3, relay.stderr);
});

test('--psk-identity: a server that shows a certificate has not got the key', async () => {
  const files = makeCertificates();
  const own = await startMosquitto({tls: files});
  for (const more of [[], ['--tls-max', '1.2']]) {
    const done = await run('rtmqtt', ['pub', own.at('x', 'mqtts'), '--psk-identity', 'alice', ...more, 'm'], {env: {RT_PSK: '00'}});
    assert.equal(done.code, 4, done.stderr);
  }
});

// --- more of what brokers offer --------------------------------------------------------------
test('shared subscriptions: each message goes to one of the group', async () => {
  const own = await startMosquitto();
  const subs = await Promise.all([1, 2].map(() => connected([own.at('$share/group/x/+'), '--qos', 1])));
  const all = await connected([own.at('x/+'), '--qos', 1, '-n', 100]);
  const done = await run('rtmqtt', ['pub', own.at('x/y'), '--qos', 1], {input: asInput(numbered(100))});
  assert.equal(done.code, 0, done.stderr);
  assert.equal((await all.waitExit()).code, 0, all.detail());
  const seen = () => subs.flatMap((sub) => sub.lines());
  await subs[0].waitFor(() => seen().length >= 100 || undefined, 'all of them').catch(() => {});
  await eventually(() => seen().length >= 100, 'all of them');
  assert.deepEqual(seen().sort(), numbered(100).sort());
  for (const sub of subs) assert.ok(sub.lines().length > 0);
});

test('topic aliases where the broker allows them: fewer bytes, the same messages', async () => {
  const topic = 'a/rather/long/topic/of/many/levels';
  const bytes = [];
  for (const topicAliasMaximum of [0, 2]) {
    const broker = await ScriptedBroker.start({properties: {topicAliasMaximum}});
    const done = await run('rtmqtt', ['pub', broker.at(topic), '--qos', 1], {input: asInput(numbered(500))});
    assert.equal(done.code, 0, done.stderr);
    bytes.push(broker.bytes);
    const [first, second] = broker.all('publish');
    assert.equal(first.topic, topic);
    assert.equal(second.topic, topicAliasMaximum ? '' : topic);
    assert.equal(second.properties?.topicAlias, topicAliasMaximum ? 1 : undefined);
  }
  assert.ok(bytes[1] < bytes[0] - 500 * (topic.length - 4), bytes.join());
  // More topics than numbers, over a broker that reads them.
  const own = await startMosquitto({more: ['max_topic_alias 2']});
  const sub = await connected([own.at('t/#'), '--qos', 1, '-J', '-n', 60]);
  const channels = Array.from({length: 60}, (_, i) => `/t/channel%20${i % 6}`);
  const pub = await run('rtmqtt', ['pub', own.at(''), '--json', '--qos', 1],
                        {input: asInput(channels.map((channel) => JSON.stringify({channel, data: 'x'})))});
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(sub.lines().map((line) => JSON.parse(line).channel), channels);
});

test('topic aliases begin anew with each connection', async () => {
  const broker = await ScriptedBroker.start({
    properties: {topicAliasMaximum: 5},
    publish: (packet, client) => {
      client.topics ??= {};
      if (packet.topic) client.topics[packet.properties?.topicAlias] = packet.topic;
      client.wrong ||= !packet.topic && !client.topics[packet.properties?.topicAlias];
      client.taken = (client.taken ?? 0) + 1;
      if (client.number < 3 && client.taken === 20) return client.socket.destroy();
      return 'as usual';
    },
  });
  const done = await run('rtmqtt', ['pub', broker.at('some/topic'), '--qos', 1, '--retry-max-delay', '20ms'],
                         {input: asInput(numbered(200))});
  assert.equal(done.code, 0, done.stderr);
  assert.ok(!broker.clients.some((client) => client.wrong));
  assert.ok(broker.clients.length >= 4);
});

for (const [protocol, qos] of [['5', 0], ['5', 1], ['3.1.1', 1]]) {
  test(`--remove-retained, MQTT ${protocol} at QoS ${qos}: printed, and gone at the broker`, async () => {
    const own = await startMosquitto();
    for (const name of ['a', 'b', 'c']) {
      const kept = await run('rtmqtt', ['pub', own.at(`k/${name}`), '--retain', '--qos', 1, name]);
      assert.equal(kept.code, 0, kept.stderr);
    }
    const sub = await connected([own.at('k/#'), '--remove-retained', '--qos', qos, '--protocol', protocol]);
    await sub.waitForLines(3);
    const pub = await run('rtmqtt', ['pub', own.at('k/a'), '--qos', 1, 'live']);
    assert.equal(pub.code, 0, pub.stderr);
    await sub.waitForLines(4);
    assert.deepEqual([...sub.lines().slice(0, 3).sort(), ...sub.lines().slice(3)], ['a', 'b', 'c', 'live']);
    const again = await connected([own.at('k/#'), '--retained-only']);
    const marker = await run('rtmqtt', ['pub', own.at('m'), '--retain', '--qos', 1, 'marker']);
    assert.equal(marker.code, 0, marker.stderr);
    const all = await run('rtmqtt', ['sub', own.at('#'), '--retained-only', '-n', 1]);
    assert.deepEqual(all.lines, ['marker']);
    assert.deepEqual(again.lines(), []);
  });
}
