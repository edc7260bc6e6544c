// What is the same in all programs: help, usage errors, TLS, secrets.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {publish} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {run, serve, test} from './lib/harness.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';
import {makeCertificates, serverOptions} from './lib/tls.mjs';

const kClients = ['rtpoll', 'rtsse', 'rtws'];
const kPrograms = [...kClients, 'rtmqtt', 'rtrelay'];

let tls;
before(() => {
  tls = makeCertificates();
});

// --- help and usage --------------------------------------------------------------------------
for (const program of kPrograms) {
  test(`${program} --help begins with examples, --version names it`, async () => {
    const help = await run(program, ['--help']);
    assert.equal(help.code, 0);
    assert.equal(help.stderr, '');
    const example = help.stdout.search(new RegExp(`\\b${program} (sub|serve)\\b`));
    assert.ok(example >= 0 && example < help.stdout.indexOf('--version'), 'no example at first');
    for (const line of help.lines) assert.ok(line.length <= 100, line);

    const version = await run(program, ['--version']);
    assert.equal(version.code, 0);
    assert.match(version.stdout, new RegExp(`^${program} \\d+\\.\\d+\\.\\d+\\b`));
  });

  test(`${program}: usage errors are 2, in words, on stderr`, async () => {
    for (const args of [[], ['--nonsense'], ['frobnicate'], ['serve'], ['serve', 'x:y:z'],
                        ['serve', '0', '--history', 'many'], ['serve', '0', '--history', '-1'],
                        ['serve', '99999']]) {
      const {code, stdout, stderr} = await run(program, args);
      assert.equal(code, 2, `${program} ${args.join(' ')}`);
      assert.equal(stdout, '');
      assert.match(stderr, new RegExp(`^${program}: `));
    }
  });
}

for (const program of kClients) {
  test(`${program}: a URL that is none, or another program's, is 2`, async () => {
    for (const url of ['', 'ftp://h/', 'http://h:99999/', 'http://h/#f', 'http:///x', 'a b']) {
      const {code} = await run(program, ['sub', url]);
      assert.equal(code, 2, url);
    }
    const {code, stderr} = await run(program, ['sub', 'mqtt://h/t']);
    assert.equal(code, 2);
    assert.match(stderr, /rtmqtt/);
  });
}

// What is typed, and the one line that comes back. None of them connects to anything.
const kTypedAndTold = [
  ['rtmqtt', '', 'a verb is missing: use sub, pub, pipe, rpc or serve (rtmqtt --help)'],
  ['rtmqtt', 'mqtt://h/t',
   'a verb goes before mqtt://h/t: use sub, pub, pipe, rpc or serve (rtmqtt --help)'],
  ['rtmqtt', 'sub', 'sub needs a URL: rtmqtt sub URL... (rtmqtt sub --help)'],
  ['rtmqtt', 'sub h', 'no topic: write mqtt://HOST/TOPIC, or give --topic (rtmqtt sub --help)'],
  ['rtmqtt', 'sub ws://h/t', 'rtmqtt does not speak ws: use mqtt+ws for MQTT over WebSocket, or rtws (rtmqtt sub --help)'],
  ['rtmqtt', 'sub http://h/t',
   'rtmqtt does not speak http: use rtpoll, rtsse or rtws (rtmqtt sub --help)'],
  ['rtmqtt', 'sub mqt://h/t',
   'unknown scheme "mqt": did you mean mqtt? (rtmqtt sub --help)'],
  ['rtmqtt', 'sub mqtt://h/a/#/b',
   'topic "a/#/b": # can only be the last level (rtmqtt sub --help)'],
  ['rtmqtt', 'sub mqtt://h/a+b',
   'topic "a+b": + and # stand for whole levels: a/+/b, a/# (rtmqtt sub --help)'],
  ['rtmqtt', 'sub mqtt://h:0/t', 'port 0 is out of range (1 to 65535) (rtmqtt sub --help)'],
  ['rtmqtt', 'sub h/a i/b',
   'the URLs are of several brokers: --topic adds topics, rtrelay --from brokers ' +
       '(rtmqtt sub --help)'],
  ['rtmqtt', 'sub --qos 3 h/t', '--qos 3: must be 0, 1 or 2 (rtmqtt sub --help)'],
  ['rtmqtt', 'sub --topic a# h',
   '--topic a#: + and # stand for whole levels: a/+/b, a/# (rtmqtt sub --help)'],
  ['rtmqtt', 'sub --protocol 4 h/t', '--protocol 4: must be 3.1.1 or 5 (rtmqtt sub --help)'],
  ['rtmqtt', 'sub --keepalive 1s h/t',
   '--keepalive 1s: must be 0 or at least 5s over MQTT (rtmqtt sub --help)'],
  ['rtmqtt', 'sub --will-qos 1 h/t', '--will-qos needs --will-topic (rtmqtt sub --help)'],
  ['rtmqtt', 'sub --retained-only --no-retained h/t',
   '--retained-only and --no-retained exclude each other: give one (rtmqtt sub --help)'],
  ['rtmqtt', 'sub --clientid x h/t',
   'unknown option --clientid: did you mean --client-id? (rtmqtt sub --help)'],
  ['rtmqtt', 'pub h/# x',
   '"#" has wildcards: name one topic to publish to (rtmqtt pub --help)'],
  ['rtmqtt', 'pub h x',
   'no topic to publish to: write mqtt://HOST/TOPIC, or use --json (rtmqtt pub --help)'],
  ['rtmqtt', 'pub --property x h/t y',
   '--property x: not a property such as NAME=VALUE (rtmqtt pub --help)'],
  ['rtmqtt', 'pub --hub h/t x',
   '--hub is an option of rtpoll, rtsse, rtws or rtrelay, not of rtmqtt pub ' +
       '(rtmqtt pub --help)'],
  ['rtrelay', '',
   'nothing to relay: write rtrelay FROM TO..., rtrelay run FILE, or rtrelay serve PORT (rtrelay --help)'],
  ['rtrelay', 'ws://h/x', 'a relay needs a sink: rtrelay FROM TO... (rtrelay --help)'],
  ['rtrelay', '--from ws://h/x',
   'a relay needs a sink: rtrelay --from FROM TO... (rtrelay --help)'],
  ['rtrelay', 'host:8080/x -',
   'FROM: a relay cannot guess the transport: write poll+http://, sse+http://, ws://, mqtt:// ' +
       'or http:// before HOST:PORT, or serve+http:// to listen (rtrelay --help)'],
  ['rtrelay', '- /tmp/x', 'TO: a path needs its scheme: write file:PATH (rtrelay --help)'],
  ['rtrelay', 'http://h/x -',
   'FROM: nothing says how to read from http://h/x: write poll+http://h/x or sse+http://h/x ' +
       '(rtrelay --help)'],
  ['rtrelay', '- sse+htp://h/x',
   'TO: unknown scheme "sse+htp": did you mean sse+http? (rtrelay --help)'],
  ['rtrelay', '- exce:ls', 'TO: unknown scheme "exce": did you mean exec:? (rtrelay --help)'],
  ['rtrelay', '- serve+http://h/x',
   'TO: no port in "h": write [HOST:]PORT[/CHANNEL] (rtrelay --help)'],
  ['rtrelay', '--both - -',
   '- can be a source once and a sink once, and with --both only one of them (rtrelay --help)'],
  ['rtrelay', '--map lab - -',
   "--map lab: not a substitution such as 's#^lab/#/#' (rtrelay --help)"],
  ['rtrelay', '--filter a/#/b - -',
   '--filter a/#/b: # can only be the last level (rtrelay --help)'],
  ['rtrelay', '--buffer much - -',
   '--buffer much: not a size such as 500, 64KiB or 16MiB (rtrelay --help)'],
  ['rtrelay', '--bus mqtt://h - -',
   '--bus is an option of rtrelay serve, not of rtrelay FROM TO (rtrelay --help)'],
  ['rtrelay', 'serve 0 --both',
   '--both is an option of rtrelay FROM TO, not of rtrelay serve (rtrelay serve --help)'],
  ['rtrelay', 'serve 0 --mqtt 0 --bus h',
   '--mqtt and --bus exclude each other: give one (rtrelay serve --help)'],
  ['rtrelay', 'serve 0 --bus ws://h',
   '--bus: not an MQTT broker: write mqtt://HOST[:PORT] (rtrelay serve --help)'],
  ['rtrelay', 'serve 0 --user me',
   '--user needs --bus: for TLS and passwords put nginx or the like in front of serve ' +
       '(rtrelay serve --help)'],
];
for (const program of ['rtmqtt', 'rtrelay']) {
  test(`${program}: what is wrong is told in one line, and the exit code is 2`, async () => {
    for (const [, typed, told] of kTypedAndTold.filter((row) => row[0] === program)) {
      const args = typed === '' ? [] : typed.split(' ');
      const {code, stdout, stderr} = await run(program, args);
      assert.equal(stderr, `${program}: ${told}\n`);
      assert.equal(code, 2, typed);
      assert.equal(stdout, '');
    }
  });
}

test('a password in an argument that cannot be used is not shown', async () => {
  for (const [program, ...args] of [
    ['rtmqtt', 'mqtt://u:hunter2@h/t'],
    ['rtmqtt', 'sub', 'mqtt://u:hunter2@h:x/t'],
    ['rtmqtt', 'pipe', 'h/t', 'u:hunter2@h/t'],
    ['rtrelay', 'u:hunter2@h/x', '-'],
    ['rtrelay', 'http://u:hunter2@h/x', '-'],
    ['rtrelay', '--from', 'http://u:hunter2@h/x', '-'],
    ['rtrelay', 'serve', '0', '--bus', 'mqtt://u:hunter2@h:x'],
  ]) {
    const {code, stderr} = await run(program, args);
    assert.equal(code, 2, stderr);
    assert.ok(!stderr.includes('hunter2'), stderr);
  }
});

test('RT_* variables stand behind flags', async () => {
  const hub = await serve('rtrelay', ['serve', '0']);
  await publish(hub.at('/c'), 'x');
  const env = {RT_COUNT: '1', RT_JSON: '1'};
  const {code, lines} = await run('rtpoll', ['sub', hub.at('/c')], {env});
  assert.equal(code, 0);
  assert.equal(JSON.parse(lines[0]).data, 'x');
  const bad = await run('rtpoll', ['sub', hub.at('/c')], {env: {RT_COUNT: 'many'}});
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /RT_COUNT/);
});

// --- TLS -------------------------------------------------------------------------------------
// A test of rtws is run with each WebSocket peer.
function clientTest(program, name, ...more) { (program === 'rtws' ? eachPeer : test)(name, ...more); }

// A server over TLS that has one message for each of the three programs.
async function tlsPeer(program, options, WsPeer) {
  if (program === 'rtws') {
    const peer = await WsPeer.start((socket) => socket.send('secret'), {tls: options});
    return peer.at('/', 'wss');
  }
  const peer = await HttpPeer.start(async (request, response) => {
    if (program === 'rtsse') await eventStream(response)('data: secret\n\n');
    else response.end('secret');
  }, {tls: options});
  return peer.at('/', 'https');
}

for (const program of kClients) {
  clientTest(program, `${program}: a certificate that nobody vouches for is 4`, async ({WsPeer}) => {
    const url = await tlsPeer(program, serverOptions(tls), WsPeer);
    const {code, stdout, stderr} = await run(program, ['sub', url, '-n', '1']);
    assert.equal(code, 4, stderr);
    assert.equal(stdout, '');
  });

  clientTest(program, `${program}: --cacert and -k let it in`, async ({WsPeer}) => {
    const url = await tlsPeer(program, serverOptions(tls), WsPeer);
    for (const args of [['--cacert', tls.ca], ['-k']]) {
      const {code, lines, stderr} = await run(program, ['sub', url, '-n', '1', ...args]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(lines, ['secret']);
    }
    const named = url.replace('127.0.0.1', 'localhost');
    const {code, stderr} = await run(program, ['sub', named, '-n', '1', '--cacert', tls.ca]);
    assert.equal(code, 0, stderr);
  });

  clientTest(program, `${program}: SSL_CERT_FILE is honoured`, async ({WsPeer}) => {
    const url = await tlsPeer(program, serverOptions(tls), WsPeer);
    const {code, stderr} =
        await run(program, ['sub', url, '-n', '1'], {env: {SSL_CERT_FILE: tls.ca}});
    assert.equal(code, 0, stderr);
  });

  clientTest(program, `${program}: a certificate for another name is 4`, async ({WsPeer}) => {
    const url = await tlsPeer(program, serverOptions(tls, {elsewhere: true}), WsPeer);
    const {code, stderr} = await run(program, ['sub', url, '-n', '1', '--cacert', tls.ca]);
    assert.equal(code, 4, stderr);
  });

  clientTest(program, `${program}: --cert and --key show who it is`, async ({WsPeer}) => {
    const url = await tlsPeer(program, serverOptions(tls, {clientCa: true}), WsPeer);
    const args = ['sub', url, '-n', '1', '--cacert', tls.ca];
    const known = await run(program, [...args, '--cert', tls.client, '--key', tls.clientKey]);
    assert.equal(known.code, 0, known.stderr);
    assert.deepEqual(known.lines, ['secret']);
    const unknown = await run(program, [...args, '--no-reconnect']);
    assert.ok(unknown.code > 0);
    assert.equal(unknown.stdout, '');
  });

  clientTest(program, `${program}: a key that is another certificate's is 2 and says so`, async ({WsPeer}) => {
    const url = await tlsPeer(program, serverOptions(tls, {clientCa: true}), WsPeer);
    const {code, stderr} = await run(
        program, ['sub', url, '--retry', '--cacert', tls.ca, '--cert', tls.client, '--key', tls.key]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /: the key of --key is not the certificate's of --cert, or /);
    assert.equal(stderr.split('\n').length, 2, stderr);
  });

  clientTest(program, `${program}: a --cacert that is not there is an error that names it`, async ({WsPeer}) => {
    const url = await tlsPeer(program, serverOptions(tls), WsPeer);
    const {code, stderr} =
        await run(program, ['sub', url, '-n', '1', '--cacert', '/nonexistent.pem']);
    assert.ok(code > 0);
    assert.match(stderr, /\/nonexistent\.pem/);
  });
}

// --- secrets ---------------------------------------------------------------------------------
for (const program of kClients) {
  clientTest(program, `${program}: secrets reach the peer and never stderr`, async ({WsPeer}) => {
    const peer = program === 'rtws' ?
        await WsPeer.start((socket) => socket.send('x')) :
        await HttpPeer.start(async (request, response) => {
          if (program === 'rtsse') await eventStream(response)('data: x\n\n');
          else response.end('x');
        });
    const scheme = program === 'rtws' ? 'ws' : 'http';
    const seen = () =>
        (program === 'rtws' ? peer.clients.at(-1).request : peer.requests.at(-1)).headers;
    const basic = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    for (const [args, env, expected] of [
      [['-u', 'me:hunter2'], {}, basic],
      [['-u', 'me'], {RT_PASSWORD: 'hunter2'}, basic],
      [['--bearer', 'hunter2'], {}, 'Bearer hunter2'],
      [[], {RT_BEARER: 'hunter2'}, 'Bearer hunter2'],
      [['-H', 'Authorization: Own hunter2'], {}, 'Own hunter2'],
    ]) {
      const {code, stderr} =
          await run(program, ['sub', peer.at('/', scheme), '-n', '1', '-vv', ...args], {env});
      assert.equal(code, 0, stderr);
      assert.equal(seen().authorization, expected);
      assert.ok(!stderr.includes('hunter2'), stderr);
      assert.ok(!stderr.includes(basic.split(' ')[1]), stderr);
    }
    const inUrl = peer.at('/', scheme).replace('://', '://me:hunter2@');
    const {code, stderr} = await run(program, ['sub', inUrl, '-n', '1', '-vv']);
    assert.equal(code, 0, stderr);
    assert.equal(seen().authorization, basic);
    assert.ok(!stderr.includes('hunter2'), stderr);
  });
}
