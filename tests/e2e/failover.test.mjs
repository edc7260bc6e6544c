// Two hubs on one bus behind one address: when one dies, its readers go on at the other one.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {curl, publish} from './lib/curl.mjs';
import {eventually, serve, start, test} from './lib/harness.mjs';
import {Meddler} from './lib/meddler.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {sse} from './lib/sse.mjs';

let broker;
before(async () => {
  broker = await startMosquitto();
});

const hubOnBus = (args = []) => serve('rtrelay', ['serve', '0', '--bus', broker.at('').slice(0, -1), ...args]);

let names = 0;
const unique = (name) => `/${name}${++names}`;

const window = async (hub, path) =>
  (await curl(hub.at(`${path}?since=`))).text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const holds = (hub, path, data) =>
  eventually(async () => (await window(hub, path)).some((message) => message.data === data), `${data} at a hub`);

// One after the other, each at both hubs before the next: the orders are the same.
async function publishTo(hubs, at, path, texts) {
  for (const [index, text] of texts.entries()) {
    await publish(at[index % at.length].at(path), text);
    for (const hub of hubs) await holds(hub, path, text);
  }
}

// A channel with a past at two hubs, and what stands in front of the first.
async function pair(path, publishers) {
  const hubs = [await hubOnBus(), await hubOnBus()];
  const proxy = await Meddler.start(hubs[0].port);
  const at = publishers.map((index) => hubs[index]);
  await publishTo(hubs, at, path, ['old 1', 'old 2', 'old 3', 'old 4']);
  return {hubs, proxy, at};
}

async function failOver({hubs, proxy}) {
  proxy.target = hubs[1].port;
  hubs[0].kill('SIGKILL');
  await hubs[0].waitExit();
}

const kReaders = {
  rtsse: (proxy, path, args) => ['rtsse', ['sub', proxy.at(path.slice(1), 'http'), '--hub', ...args]],
  rtws: (proxy, path, args) => ['rtws', ['sub', proxy.at(path.slice(1), 'ws'), '--hub', ...args]],
  rtpoll: (proxy, path, args) => ['rtpoll', ['sub', proxy.at(path.slice(1), 'http'), '--hub', '--long', ...args]],
  'rtrelay by SSE': (proxy, path, args) => ['rtrelay', [proxy.at(path.slice(1), 'sse+http'), '--hub', ...args, '-']],
  'rtrelay by WebSocket': (proxy, path, args) => ['rtrelay', [proxy.at(path.slice(1), 'ws'), '--hub', ...args, '-']],
  'rtrelay by polling': (proxy, path, args) => ['rtrelay', [proxy.at(path.slice(1), 'poll+http'), '--hub', ...args, '-']],
};

const kTexts = ['1', '2', '3', '4', '5', '6'];
for (const [name, command] of Object.entries(kReaders)) {
  for (const [where, publishers] of [['the hub that dies', [0]], ['the other hub', [1]], ['both', [0, 1]]]) {
    test(`${name}, published at ${where}: each message once, and no word of loss`, async () => {
      const path = unique('once');
      const both = await pair(path, publishers);
      const reader = start(...command(both.proxy, path, ['--last', '1']), {stdin: null});
      await reader.waitForLines(1);
      await publishTo(both.hubs, both.at, path, kTexts);
      await reader.waitForLines(1 + kTexts.length);
      await failOver(both);
      await publish(both.hubs[1].at(path), 'after');
      await reader.waitForLine(/^after$/);
      assert.deepEqual(reader.lines(), ['old 4', ...kTexts, 'after']);
      reader.kill('SIGINT');
      await reader.waitExit();
      assert.doesNotMatch(reader.stderr, /lost:? |messages were lost/);
    });
  }
}

// The hubs need not be on a bus: what counts is the first id.
for (const [more, expected] of [[[], ['1', '2', 'new', 'after']], [['--allow-doubles'], ['1', '2', 'new', '2', 'after']]]) {
  test(`another order at the other hub${more.length ? ', and all of it is wanted' : ''}`, async () => {
    const path = unique('order');
    const hubs = [await serve('rtrelay', ['serve', '0']), await serve('rtrelay', ['serve', '0'])];
    const proxy = await Meddler.start(hubs[0].port);
    for (const text of ['1', '2']) await publish(hubs[0].at(path), text);
    const [first, second] = await window(hubs[0], path);
    const reader = start(...kReaders.rtsse(proxy, path, ['--since', '', ...more]), {stdin: null});
    await reader.waitForLines(2);
    for (const [text, origin] of [['1', first.id], ['new', undefined], ['2', second.id]])
      await curl(hubs[1].at(path), ['--data-binary', text, ...(origin ? ['-H', `RT-Origin-Id: ${origin}`] : [])]);
    await failOver({hubs, proxy});
    await publish(hubs[1].at(path), 'after');
    await reader.waitForLine(/^after$/);
    assert.deepEqual(reader.lines(), expected);
    assert.doesNotMatch(reader.stderr, /messages were lost/);
  });
}

test('a browser, which says no more than the last id: nothing is lost, and the past stays where it is', async () => {
  const path = unique('browser');
  const {hubs} = await pair(path, [0]);
  await publishTo(hubs, [hubs[0]], path, kTexts);
  const last = (await window(hubs[0], path)).find((message) => message.data === '4');
  const stream = await sse(hubs[1].port, path, {'Last-Event-ID': last.id});
  await stream.waitForEvents(2);
  await publish(hubs[1].at(path), 'after');
  await stream.waitForEvents(3);
  assert.deepEqual(stream.data(), ['5', '6', 'after']);
});

test('a hub that has none of it says that there may be a loss', async () => {
  const path = unique('gap');
  const both = await pair(path, [0]);
  const other = await serve('rtrelay', ['serve', '0']);
  const reader = start(...kReaders.rtsse(both.proxy, path, ['--last', '1']), {stdin: null});
  await reader.waitForLines(1);
  both.hubs[1] = other;
  await failOver(both);
  await reader.waitForLine(/messages were lost/, 'stderr');
});
