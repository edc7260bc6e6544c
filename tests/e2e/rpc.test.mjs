// rtmqtt rpc: requests and answers over MQTT 5, answered by Mosquitto's clients and by npm's mqtt.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {connect} from 'mqtt';
import {before} from 'node:test';
import {defer, eventually, run, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';

let broker;
before(async () => {
  broker = await startMosquitto({more: ['log_type all']});
});

let names = 0;
const fresh = (prefix = 't') => `${prefix}${process.pid}x${++names}`;

// Answers with what `answer(payload, number)` gives: {text, after (ms), correlation}; nothing: none.
async function answering(topic, answer) {
  const client = connect(`mqtt://127.0.0.1:${broker.port}`, {protocolVersion: 5, reconnectPeriod: 0});
  defer(() => new Promise((resolve) => client.end(true, {}, resolve)));
  await new Promise((resolve, reject) => {
    client.once('error', reject);
    client.once('connect', () => client.subscribe(topic, {qos: 1}, (failed) => (failed ? reject(failed) : resolve())));
  });
  client.requests = [];
  client.on('message', (from, payload, packet) => {
    client.requests.push({from, text: payload.toString(), properties: packet.properties ?? {}});
    const given = answer(payload.toString(), client.requests.length);
    if (given === undefined) return;
    const {text, after = 0, correlation = packet.properties.correlationData} =
        typeof given === 'string' ? {text: given} : given;
    const properties = correlation === null ? {} : {correlationData: correlation};
    setTimeout(() => client.publish(packet.properties.responseTopic, text, {qos: 1, properties}), after);
  });
  return client;
}

test('one request, as an argument, as -d, and from stdin', async () => {
  const topic = fresh('q/');
  const server = await answering(topic, (text) => `${text.toUpperCase()}!`);
  for (const [args, input] of [[['ask'], undefined], [['-d', 'ask'], undefined], [[], 'ask\n']]) {
    const result = await run('rtmqtt', ['rpc', broker.at(topic), ...args], {input});
    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.stdout, 'ASK!\n');
    assert.equal(result.stderr, '');
  }
  const [first] = server.requests;
  assert.match(first.properties.responseTopic, /^rtwire\/answers\/\w{16}$/);
  assert.ok(first.properties.correlationData.length > 0);
});

test('many at once: in the order of the requests, or of the answers', async () => {
  const topic = fresh('q/');
  await answering(topic, (text, number) => ({text: `of ${text}`, after: number === 1 ? 800 : 0}));
  const input = Array.from({length: 300}, (_, i) => `${i}\n`).join('');
  for (const qos of ['0', '1', '2']) {
    const ordered = await run('rtmqtt', ['rpc', '--qos', qos, broker.at(topic)], {input});
    assert.equal(ordered.code, 0, ordered.stderr);
    assert.deepEqual(ordered.lines, Array.from({length: 300}, (_, i) => `of ${i}`));
  }
  const topic2 = fresh('q/');
  await answering(topic2, (text, number) => ({text: `of ${text}`, after: number === 1 ? 800 : 0}));
  const unordered = await run('rtmqtt', ['rpc', '--unordered', broker.at(topic2)], {input});
  assert.equal(unordered.code, 0, unordered.stderr);
  assert.equal(unordered.lines.at(-1), 'of 0');
  assert.equal(new Set(unordered.lines).size, 300);
});

test('more requests than may be under way', async () => {
  const topic = fresh('q/');
  await answering(topic, (text) => text);
  const lines = Array.from({length: 5000}, (_, i) => `${i}`);
  const result = await run('rtmqtt', ['rpc', '--qos', '1', broker.at(topic)], {input: `${lines.join('\n')}\n`});
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(result.lines, lines);
});

test('what has no answer in time is told, and the others are printed', async () => {
  const topic = fresh('q/');
  await answering(topic, (text) => (text === 'b' ? undefined : text));
  const some = await run('rtmqtt', ['rpc', '--timeout', '1s', broker.at(topic), 'a', 'b', 'c']);
  assert.equal(some.code, 7);
  assert.equal(some.stdout, 'a\nc\n');
  assert.match(some.stderr, /: no answer to request 2\nrtmqtt: .*: 1 of 3 requests had no answer within 1s\n$/);
  const nobody = await run('rtmqtt', ['rpc', '--timeout', '300ms', broker.at(fresh('nobody/')), 'a']);
  assert.equal(nobody.code, 7);
  assert.match(nobody.stderr, /^rtmqtt: mqtt:.*: no answer within 300ms\n$/);
});

test('--response-topic, --json, --format, --content-type, --message-expiry, --property', async () => {
  const topic = fresh('q/');
  const server = await answering(topic, (text) => text);
  const at = `${topic}/answers`;
  const json = await run('rtmqtt', ['rpc', '--json', '--response-topic', at, '--content-type', 'text/plain', '--message-expiry', '60s',
                                    '--property', 'k=v', broker.at(topic), '-d', 'ask']);
  assert.equal(json.code, 0, json.stderr);
  const envelope = JSON.parse(json.stdout);
  assert.equal(envelope.data, 'ask');
  assert.equal(envelope.channel, `/${at}`);
  const {properties} = server.requests[0];
  assert.equal(properties.responseTopic, at);
  assert.equal(properties.contentType, 'text/plain');
  assert.equal(properties.messageExpiryInterval, 60);
  assert.equal(properties.userProperties.k, 'v');
  assert.equal(envelope.correlation, properties.correlationData.toString());
  const format = await run('rtmqtt', ['rpc', '--format', '%{topic} %{correlation} %d', '--response-topic', at, broker.at(topic), 'x']);
  assert.match(format.stdout, new RegExp(`^${at} \\w{8}-1 x\n$`));
});

test('an answer without correlation data counts while one request waits', async () => {
  const topic = fresh('q/');
  await answering(topic, (text) => ({text, correlation: null}));
  const one = await run('rtmqtt', ['rpc', broker.at(topic), 'a']);
  assert.equal(one.stdout, 'a\n', one.stderr);
  const two = await run('rtmqtt', ['rpc', '--timeout', '1s', broker.at(topic), 'a', 'b']);
  assert.equal(two.code, 7);
  assert.match(two.stderr, /bears no correlation data/);
});

test('a foreign answer, and one that comes twice, change nothing', async () => {
  const topic = fresh('q/');
  const server = await answering(topic, () => undefined);
  const rpc = start('rtmqtt', ['rpc', '--response-topic', `${topic}/a`, broker.at(topic), 'one', 'two'], {stdin: null});
  await eventually(() => server.requests.length === 2, 'both requests');
  const [one, two] = server.requests;
  for (const [text, correlationData] of [['foreign', Buffer.from('x-1')], ['second', two.properties.correlationData],
                                         ['second again', two.properties.correlationData], ['first', one.properties.correlationData]])
    server.publish(`${topic}/a`, text, {qos: 1, properties: {correlationData}});
  assert.equal((await rpc.waitExit()).code, 0, rpc.stderr);
  assert.equal(rpc.stdout, 'first\nsecond\n');
});

test('answered by mosquitto_sub and mosquitto_pub', async () => {
  const topic = fresh('q/');
  const served = start('mosquitto_sub', ['-p', broker.port, '-V', '5', '-t', topic, '-i', topic, '-F', '%R %D %p'], {stdin: null});
  await broker.waitFor(() => broker.stderr.includes(`Sending SUBACK to ${topic}\n`), 'its subscription');
  const rpc = start('rtmqtt', ['rpc', broker.at(topic), 'question'], {stdin: null});
  const [, to, mark] = await served.waitForLine(/^(\S+) (\S+) question$/);
  const answer = spawn('mosquitto_pub', ['-p', broker.port, '-V', '5', '-t', to, '-D', 'publish', 'correlation-data', mark, '-m', 'answer']);
  await new Promise((resolve) => answer.once('close', resolve));
  assert.equal((await rpc.waitExit()).code, 0);
  assert.equal(rpc.stdout, 'answer\n');
});

test('pub --response-topic and --correlation, and what sub and a relay make of them', async () => {
  const topic = fresh('p/');
  const id = fresh('sub');
  const sub = start('rtmqtt', ['sub', broker.at(topic), '--client-id', id, '--clean', '-n', '2', '-F',
                               '%{response_topic} %{correlation} %{expiry} %d'], {stdin: null});
  await broker.waitFor(() => (broker.stderr.match(new RegExp(`Sending SUBACK to ${id}\n`, 'g')) ?? []).length >= 2, 'its subscription');
  const pub = await run('rtmqtt', ['pub', '--response-topic', 'r/t', '--correlation', 'mark', '--message-expiry', '1h', broker.at(topic), 'x']);
  assert.equal(pub.code, 0, pub.stderr);
  const line = JSON.stringify({data: 'y', response_topic: 'own', correlation_base64: 'bWFyaw==', expiry: 5});
  const json = await run('rtmqtt', ['pub', '--json', broker.at(topic)], {input: `${line}\n`});
  assert.equal(json.code, 0, json.stderr);
  await sub.waitExit();
  assert.equal(sub.stdout, 'r/t mark 3600 x\nown mark 5 y\n');
});

test('rpc: what is wrong with a line', async () => {
  for (const [args, words] of [[['rpc'], /needs a URL/], [['rpc', ':1883'], /no topic/], [['rpc', ':1883/a/#', 'x'], /wildcards/],
                               [['rpc', '--protocol', '3.1.1', ':1883/a', 'x'], /needs MQTT 5/], [['sub', '--unordered', ':1/a'], /of rtmqtt rpc/],
                               [['rpc', '--count', '1', ':1/a'], /not of rtmqtt rpc/]]) {
    const result = await run('rtmqtt', args);
    assert.equal(result.code, 2, result.stderr);
    assert.match(result.stderr, words);
  }
  const plan = await run('rtmqtt', ['rpc', '--dry-run', ':1883/a', 'x']);
  assert.match(plan.stdout, /where the answers go, and wait 30s for each/);
});

test('pub --topic-from: a topic for each line', async () => {
  const topic = fresh('from/');
  const id = fresh('sub');
  const sub = start('rtmqtt', ['sub', broker.at(`${topic}/#`), '--client-id', id, '--clean', '-n', '4', '-F', '%{topic} %d'], {stdin: null});
  await broker.waitFor(() => (broker.stderr.match(new RegExp(`Sending SUBACK to ${id}\n`, 'g')) ?? []).length >= 2, 'its subscription');
  const words = await run('rtmqtt', ['pub', '--topic-from', 'first-word', '--qos', '1', broker.at('')], {input: `${topic}/a one two\n${topic}/b\n`});
  assert.equal(words.code, 0, words.stderr);
  const json = await run('rtmqtt', ['pub', '--topic-from', '/id', '--qos', '1', broker.at(topic)], {input: '{"id":"c d"}\n{"id":7}\n'});
  assert.equal(json.code, 0, json.stderr);
  await sub.waitExit();
  assert.equal(sub.stdout, `${topic}/a one two\n${topic}/b \n${topic}/c d {"id":"c d"}\n${topic}/7 {"id":7}\n`);
  const wrong = await run('rtmqtt', ['pub', '--topic-from', '/id', broker.at(topic)], {input: '{"id":"good"}\n{"no":1}\n'});
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /stdin: message 2: --topic-from: there is no \/id in a message/);
});

// --- the other side: sub --exec --reply ------------------------------------------------------
async function replying(topic, args = []) {
  const sub = start('rtmqtt', ['sub', '-v', broker.at(topic), ...args, '--reply'], {stdin: null});
  await sub.waitForLine(/: connected$/, 'stderr');
  return sub;
}

for (const qos of [0, 1, 2]) {
  test(`sub --exec --reply, QoS ${qos}: mosquitto_rr and rtmqtt rpc have their answers`, async () => {
    const topic = fresh('s/');
    const sub = await replying(topic, ['--qos', qos, '--exec', 'tr a-z A-Z', '--exec-jobs', 4]);
    const asked = await run('mosquitto_rr', ['-V', 5, '-p', broker.port, '-t', topic, '-e', `${topic}/r`, '-q', qos,
                                             '-D', 'publish', 'correlation-data', 'mark', '-m', 'two\nlines', '-F', '%D %p']);
    assert.equal(asked.stdout, 'mark TWO\nLINES\n');
    const input = Array.from({length: 100}, (_, i) => `a${i}\n`).join('');
    const rpc = await run('rtmqtt', ['rpc', broker.at(topic), '--qos', qos], {input});
    assert.equal(rpc.stdout, input.toUpperCase(), rpc.stderr);
    sub.kill('SIGINT');
    await sub.waitExit();
    assert.equal(sub.stdout, '');
  });
}

test('sub --exec --reply: --count ends when the answers have gone; a newline at the end, and none', async () => {
  for (const [args, expected] of [[[], 'hi'], [['--raw'], 'hi\n']]) {
    const topic = fresh('s/');
    const sub = await replying(topic, ['-n', 1, '--exec', 'sh -c "sleep 0.2; echo hi"', ...args]);
    const rpc = await run('rtmqtt', ['rpc', '--raw', broker.at(topic), '-d', 'x']);
    assert.equal(rpc.stdout, expected, rpc.stderr);
    assert.equal((await sub.waitExit()).code, 0, sub.stderr);
  }
});

test('sub --exec --reply: no response topic, a command that fails, and an answer that is too long are told', async () => {
  const topic = fresh('s/');
  const sub = await replying(topic, ['-n', 3, '--max-message', '1K', '--exec',
                                     `sh -c 'read -r line; [ "$line" = big ] && head -c 9999 /dev/zero; [ "$line" != bad ]'`]);
  for (const args of [['-m', 'plain'], ['-m', 'big', '-D', 'publish', 'response-topic', 'r'],
                      ['-m', 'bad', '-D', 'publish', 'response-topic', 'r']])
    assert.equal((await run('mosquitto_pub', ['-V', 5, '-p', broker.port, '-q', 1, '-t', topic, ...args])).code, 0);
  assert.equal((await sub.waitExit()).code, 1);
  assert.match(sub.stderr, /has no response topic \(MQTT 5\)/);
  assert.match(sub.stderr, /its answer is longer than 1024 bytes/);
  assert.match(sub.stderr, /exit status 1/);
  assert.match(sub.stderr, /2 of 3 commands failed/);
});

test('sub --exec --reply: an answer that the broker refuses is told, the others go, and 9', async () => {
  const topic = fresh('s/');
  const strict = await startMosquitto({more: ['acl_file DIR/acl'],
                                       files: {acl: `topic readwrite ${topic}/#\ntopic readwrite yes/#\n`}});
  const theirs = start('rtmqtt', ['sub', '-v', strict.at('yes/#'), '-n', 1], {stdin: null});
  await theirs.waitForLine(/: connected$/, 'stderr');
  const sub = start('rtmqtt', ['sub', '-v', '--qos', 1, strict.at(`${topic}/#`), '--exec', 'cat', '--reply'], {stdin: null});
  await sub.waitForLine(/: connected$/, 'stderr');
  for (const to of ['no/answer', 'yes/answer'])
    assert.equal((await run('mosquitto_pub', ['-V', 5, '-p', strict.port, '-q', 1, '-t', `${topic}/ask`, '-m', to,
                                              '-D', 'publish', 'response-topic', to])).code, 0);
  await theirs.waitExit();
  assert.equal(theirs.lines().at(-1), 'yes/answer');
  await sub.waitForLine(/a message to 'no\/answer' was not taken by the broker: not authorized/, 'stderr');
  sub.kill();
  await sub.waitExit();
  // With a count it comes to an end of its own, and the exit code says it.
  const counted = start('rtmqtt', ['sub', '-v', '--qos', 1, strict.at(`${topic}/#`), '--exec', 'cat', '--reply', '-n', 1], {stdin: null});
  await counted.waitForLine(/: connected$/, 'stderr');
  await run('mosquitto_pub', ['-V', 5, '-p', strict.port, '-q', 1, '-t', `${topic}/ask`, '-m', 'x', '-D', 'publish', 'response-topic', 'no/answer']);
  assert.equal((await counted.waitExit()).code, 9, counted.stderr);
});

test('sub --exec --reply: a broker that is restarted before the answer has come gets it', async () => {
  const topic = fresh('s/');
  const own = await startMosquitto();
  const sub = start('rtmqtt', ['sub', '-v', own.at(topic), '--qos', 1, '--retry-max-delay', '100ms', '--exec',
                               `sh -c 'kill -KILL ${own.child.pid}; sleep 0.3; echo done'`, '--reply', '-n', 1], {stdin: null});
  await sub.waitForLine(/: connected$/, 'stderr');
  await run('mosquitto_pub', ['-V', 5, '-p', own.port, '-q', 1, '-t', topic, '-m', 'x', '-D', 'publish', 'response-topic', 're']);
  await own.waitExit();
  const again = await startMosquitto({port: own.port, more: ['log_type all']});
  assert.equal((await sub.waitExit()).code, 0, sub.stderr);
  assert.match(again.stderr, /Received PUBLISH from \S+ \(d\d, q1, r0, m\d+, 're'/);
});
