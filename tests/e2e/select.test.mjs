// --select, --where, --event, --changes and --diff, against curl, Mosquitto and Node's peers.
import assert from 'node:assert/strict';
import {mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {publishAll} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {startNginx} from './lib/nginx.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

let hub;
let names = 0;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
});

async function channelWith(payloads) {
  const url = hub.at(`/select-${++names}`);
  await publishAll(url, payloads);
  return url;
}

const kTicks = [
  {symbol: 'A', price: 10, tags: ['x', 'y']},
  {symbol: 'B', price: 20.5, note: 'two\nlines'},
  {symbol: 'A', price: 10, tags: []},
  {symbol: 'A', price: 11},
];
const kPayloads = kTicks.map((tick) => JSON.stringify(tick));

async function sub(payloads, ...options) {
  const url = await channelWith(payloads);
  const result = await run('rtsse', ['sub', url, '--since', '', ...options]);
  return {...result, url};
}

for (const [options, lines] of [
  [['--select', '/price'], ['10', '20.5', '10', '11']],
  [['--select', '/symbol', '--select', '/price'], ['A', '10', 'B', '20.5', 'A', '10', 'A', '11']],
  [['--select', '/tags/*'], ['x', 'y']],
  [['--select', '/tags'], ['["x","y"]', '[]']],
  [['--where', '/symbol=A'], [0, 2, 3].map((i) => kPayloads[i])],
  [['--where', '/price>10'], [1, 3].map((i) => kPayloads[i])],
  [['--where', '/price>10', '--where', '/symbol!=B'], [kPayloads[3]]],
  [['--where', '/note~/^two/'], [kPayloads[1]]],
  [['--where', '/tags/*=y', '--select', '/symbol'], ['A']],
  [['--select', '/price', '--changes'], ['10', '20.5', '10', '11']],
  [['--select', '/price', '--where', '/symbol=A', '--changes'], ['10', '11']],
  [['--where', '/symbol=A', '--diff'], [kPayloads[0], '+ /tags []', '- /tags/0 "x"', '- /tags/1 "y"',
                                        '~ /price 10 -> 11', '- /tags []']],
]) {
  test(options.join(' '), async () => {
    const {code, lines: seen, stderr} = await sub(kPayloads, '--count', lines.length, ...options);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(seen, lines);
  });
}

test('--count counts what passes, --expect looks at the part', async () => {
  const counted = await sub(kPayloads, '--select', '/price', '--count', 2);
  assert.deepEqual([counted.code, counted.lines], [0, ['10', '20.5']]);
  const url = await channelWith(kPayloads);
  const found = await run('rtsse', ['sub', url, '--since', '', '--select', '/price', '--expect', '/^11$/']);
  assert.deepEqual([found.code, found.lines], [0, ['10', '20.5', '10', '11']]);
});

test('--json keeps the whole and adds what is selected', async () => {
  const read = async (...options) =>
    (await sub(kPayloads, '--json', '--count', 1, ...options)).lines.map((line) => JSON.parse(line))[0];
  const one = await read('--select', '/price');
  assert.deepEqual([one.data, one.selected], [kPayloads[0], 10]);
  assert.deepEqual((await read('--select', '/tags/*')).selected, ['x', 'y']);
  assert.deepEqual((await read('--select', '/symbol', '--select', '/price')).selected, ['A', 10]);
  assert.equal('selected' in await read('--where', '/price=10'), false);
});

test('--exec runs for the part', async () => {
  const {code, stdout, stderr} = await sub(kPayloads, '--select', '/symbol', '--where', '/price>10', '--count', 2,
                                   '--exec', 'sh -c "cat; echo"');
  assert.deepEqual([code, stderr, stdout], [0, '', 'B\nA\n']);
});

test('a command runs when one field of an API changes, and for nothing else', async () => {
  const root = mkdtempSync(join(tmpdir(), 'rt-select-'));
  defer(() => rmSync(root, {recursive: true}));
  const write = (value) => {
    writeFileSync(join(root, 'new'), JSON.stringify(value));
    renameSync(join(root, 'new'), join(root, 'api.json'));
  };
  write({status: 'up', load: 1});
  const nginx = await startNginx(`location / { root ${root}; default_type application/json; }`);
  const poll = start('rtpoll', ['sub', nginx.at('/api.json'), '--interval', '30ms', '--select', '/status', '--changes',
                                '-n', '3', '--exec', 'sh -c "cat; echo"', '-v']);
  await poll.waitForLine(/^up$/);
  for (let load = 2; load < 5; ++load) {
    const answers = () => poll.stderr.match(/< HTTP\/1.1 200/g)?.length ?? 0;
    const before = answers();
    write({status: 'up', load, note: 'x'.repeat(load)});
    await poll.waitFor(() => answers() > before, 'it to be seen');
  }
  write({status: 'down', load: 5});
  await poll.waitForLine(/^down$/);
  write({status: 'up', load: 6});
  assert.equal((await poll.waitExit()).code, 0, poll.stderr);
  assert.deepEqual(poll.lines(), ['up', 'down', 'up']);
});

test('what is no JSON is passed over and told once', async () => {
  const {code, lines, stderr} =
      await sub(['hello', '{"a":', kPayloads[0], 'more'], '--select', '/price', '--count', 1);
  assert.deepEqual([code, lines], [0, ['10']]);
  assert.equal(stderr, 'rtsse: a message is no JSON and is passed over: hello\n');
});

test('events by their names', async () => {
  const peer = await HttpPeer.start((request, response) => {
    eventStream(response);
    response.write('data: plain\n\nevent: a\ndata: 1\n\nevent: b\ndata: 2\n\nevent: a\ndata: 3\n\n');
  });
  const take = async (count, ...events) =>
    (await run('rtsse', ['sub', peer.at('/'), '--count', count, ...events.flatMap((name) => ['--event', name])])).lines;
  assert.deepEqual(await take(2, 'a'), ['1', '3']);
  assert.deepEqual(await take(3, 'a', 'message'), ['plain', '1', '3']);
});

eachPeer('the part of a price feed over a WebSocket, and of a topic', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    for (const payload of kPayloads) socket.send(payload);
  });
  const ws = await run('rtws', ['sub', peer.at('/'), '--select', '/price', '--count', 3]);
  assert.deepEqual([ws.code, ws.lines], [0, ['10', '20.5', '10']]);
  const broker = await startMosquitto();
  const topic = broker.at('prices/#');
  const mqtt = start('rtmqtt', ['sub', topic, '--qos', 1, '--select', '/price', '--changes', '--count', 3, '-v']);
  await mqtt.waitForLine(/SUBACK/, 'stderr');
  for (const payload of [...kPayloads, kPayloads[0]])
    assert.equal((await run('mosquitto_pub', ['-p', broker.port, '-t', 'prices/a', '-m', payload, '-q', '1'])).code, 0);
  assert.equal((await mqtt.waitExit()).code, 0);
  assert.deepEqual(mqtt.lines(), ['10', '20.5', '10']);
});

test('wrong pointers and conditions: 2, and what is wrong', async () => {
  for (const [option, value, part] of [
    ['--select', 'price', "it begins with a slash, as in /price"],
    ['--select', '/a~', 'a tilde is written ~0'],
    ['--where', '/price', 'is no condition: write POINTER=VALUE'],
    ['--where', '/price~/(/', '--where'],
  ]) {
    const {code, stderr} = await run('rtws', ['sub', ':9/x', option, value]);
    assert.equal(code, 2);
    assert.ok(stderr.includes(part), stderr);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  }
});
