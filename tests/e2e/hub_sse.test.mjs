// The hub's contract over Server-Sent Events.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {curl, curlStream, publish, publishAll} from './lib/curl.mjs';
import {serve, test} from './lib/harness.mjs';
import {raw} from './lib/net.mjs';
import {sse} from './lib/sse.mjs';

let hub;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0', '--heartbeat', '200ms']);
});

test('an event stream, as curl sees it', async () => {
  const stream = curlStream(hub.at('/curl'), ['-H', 'Accept: text/event-stream']);
  await stream.waitForLine(/^retry: \d+$/);
  const id = await publish(hub.at('/curl'), 'hello');
  await stream.waitForLine(/^data: hello$/);
  assert.ok(stream.text().includes(`id: ${id}\n`));
});

test('the head of a stream', async () => {
  const stream = await sse(hub.port, '/head');
  assert.equal(stream.status, 200);
  assert.match(stream.head, /^content-type: text\/event-stream(; *charset=utf-8)?$/im);
  assert.match(stream.head, /^cache-control: [^\r\n]*no-(store|cache)/im);
  assert.match(stream.head, /^x-content-type-options: nosniff$/im);
  assert.match(stream.head, /^content-security-policy: sandbox; default-src 'none'$/im);
  await stream.until(() => stream.retry !== undefined, 'retry:');
  assert.ok(stream.retry > 0 && stream.retry <= 30_000);
});

test('events carry ids, payloads with line ends come out the same', async () => {
  const stream = await sse(hub.port, '/lines');
  const payloads = ['one', 'two\nlines', '', '\n', 'ends\n', '\nbegins', 'a\n\nb', ' space', ': x',
                    'data: y', 'grün 😀', '\u2028'];
  const ids = await publishAll(hub.at('/lines'), payloads);
  const events = await stream.waitForEvents(payloads.length);
  assert.deepEqual(events.map((e) => e.data), payloads);
  assert.deepEqual(events.map((e) => e.id), ids);
  assert.ok(events.every((e) => e.event === undefined));
});

test('what data: cannot carry comes as rt.envelope', async () => {
  const stream = await sse(hub.port, '/envelope');
  const payloads = [Buffer.from('a\rb'), Buffer.from('a\r\nb'), Buffer.from('a\0b'),
                    Buffer.of(0xff, 0xfe)];
  const ids = [];
  for (const payload of payloads) {
    ids.push(await publish(hub.at('/envelope'), payload, {type: 'application/x-thing'}));
  }
  const events = await stream.waitForEvents(payloads.length);
  events.forEach((event, i) => {
    assert.equal(event.event, 'rt.envelope');
    assert.equal(event.id, ids[i]);
    const envelope = JSON.parse(event.data);
    assert.equal(envelope.v, 1);
    assert.equal(envelope.id, ids[i]);
    const data = envelope.data_base64 === undefined ? Buffer.from(envelope.data) :
                                                      Buffer.from(envelope.data_base64, 'base64');
    assert.deepEqual(data, payloads[i]);
  });
});

test('event names pass, and inject nothing', async () => {
  const stream = await sse(hub.port, '/names');
  const body = [
    {v: 1, data: 'a', event: 'reading'},
    {v: 1, data: 'b', event: 'x\ndata: injected\n\ndata: more'},
    {v: 1, data: 'c', event: 'x\rdata: injected\r\r'},
    {v: 1, data: 'end'},
  ].map((line) => JSON.stringify(line)).join('\n');
  const posted = await fetch(hub.at('/names'), {
    method: 'POST', headers: {'Content-Type': 'application/x-ndjson'}, body,
  });
  if (posted.status === 400) return;  // refusing such a name is as good
  await stream.waitForEvent((e) => e.data === 'end');
  assert.equal(stream.events[0].event, 'reading');
  assert.equal(stream.events.length, 4);
  assert.ok(!stream.data().some((data) => data.startsWith('injected')));
});

for (const [what, request] of [
  ['Last-Event-ID', (ids) => ['/resume', {'Last-Event-ID': ids[1]}]],
  ['?since=', (ids) => [`/resume?since=${ids[1]}`, {}]],
  ['?last=', () => ['/resume?last=2', {}]],
  ['Last-Event-ID over ?since=',
   (ids) => [`/resume?since=${ids[0]}`, {'Last-Event-ID': ids[1]}]],
]) {
  test(`a stream begins in the past by ${what}`, async () => {
    const own = await serve('rtrelay', ['serve', '0']);
    const ids = await publishAll(own.at('/resume'), ['a', 'b', 'c', 'd']);
    const [path, headers] = request(ids);
    const stream = await sse(own.port, path, headers);
    await publishAll(own.at('/resume'), ['e']);
    await stream.waitForEvents(3);
    assert.deepEqual(stream.data(), ['c', 'd', 'e']);
  });
}

test('?since= alone: the whole window; nothing: only what comes', async () => {
  await publishAll(hub.at('/window'), ['a', 'b']);
  const whole = await sse(hub.port, '/window?since=');
  const live = await sse(hub.port, '/window');
  await publishAll(hub.at('/window'), ['c']);
  await whole.waitForEvents(3);
  await live.waitForEvents(1);
  assert.deepEqual(whole.data(), ['a', 'b', 'c']);
  assert.deepEqual(live.data(), ['c']);
});

test('a foreign Last-Event-ID: a gap, then the window', async () => {
  await publishAll(hub.at('/foreign'), ['a', 'b']);
  const stream = await sse(hub.port, '/foreign', {'Last-Event-ID': '0123456789-5'});
  const [gap, ...events] = await stream.waitForEvents(3);
  assert.equal(gap.event, 'rt.gap');
  assert.deepEqual(JSON.parse(gap.data), {gap: {from: '0123456789-5'}});
  assert.deepEqual(events.map((e) => e.data), ['a', 'b']);
});

test('a Last-Event-ID that is no id at all is a gap and no injection', async () => {
  const stream = await sse(hub.port, '/nonsense', {'Last-Event-ID': '"}} x'});
  const [gap] = await stream.waitForEvents(1);
  assert.equal(gap.event, 'rt.gap');
  assert.equal(JSON.parse(gap.data).gap.missed, undefined);
});

test('a window that has moved on is a gap', async () => {
  const small = await serve('rtrelay', ['serve', '0', '--history', '3']);
  const ids = await publishAll(small.at('/c'), ['1', '2', '3', '4', '5', '6']);
  const stream = await sse(small.port, '/c', {'Last-Event-ID': ids[0]});
  const [gap, ...events] = await stream.waitForEvents(4);
  assert.equal(gap.event, 'rt.gap');
  const {from, missed} = JSON.parse(gap.data).gap;
  assert.equal(from, ids[0]);
  assert.ok(missed === undefined || missed === 2);
  assert.deepEqual(events.map((e) => e.data), ['4', '5', '6']);
  const edge = await sse(small.port, '/c', {'Last-Event-ID': ids[2]});
  assert.deepEqual((await edge.waitForEvents(3)).map((e) => e.data), ['4', '5', '6']);
});

test('an idle stream has heartbeats, which are no events', async () => {
  const stream = await sse(hub.port, '/idle');
  await stream.waitForComments(3);
  assert.equal(stream.events.length, 0);
  await publish(hub.at('/idle'), 'x');
  assert.equal((await stream.waitForEvents(1))[0].data, 'x');
});

test('HEAD of a stream ends at once', async () => {
  const connection = await raw(
      hub.port, 'HEAD /h HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  const answer = await connection.response('HEAD');
  assert.ok(answer.status === 200 || answer.status === 404);
});

test('Accept decides: a stream only for whoever asks for one', async () => {
  await publish(hub.at('/accept'), 'x');
  for (const [accept, stream] of [
    ['text/event-stream', true], ['TEXT/Event-Stream', true],
    ['text/event-stream, */*;q=0.1', true], ['*/*', false], ['text/*', false],
    ['application/json', false], ['text/event-stream;q=0, */*', false],
  ]) {
    const connection = await raw(
        hub.port, `GET /accept HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\n\r\n`);
    const [head] = await connection.waitFor(/^HTTP[\s\S]*?\r\n\r\n/);
    assert.equal(/text\/event-stream/i.test(head), stream, accept);
  }
});

test('a reader that stalls gets everything, or a gap that says how much', async () => {
  const small = await serve('rtrelay', ['serve', '0', '--history', '20']);
  const slow = await sse(small.port, '/slow');
  const quick = await sse(small.port, '/slow');
  slow.pause();
  const payload = 'x'.repeat(100_000);
  const count = 300;
  for (let i = 0; i < count; ++i) await publishAll(small.at('/slow'), [`${i} ${payload}`]);
  await quick.waitForEvents(count);
  assert.ok(quick.events.every((e) => e.event === undefined));
  slow.resume();
  const isLast = (e) => e.data.startsWith(`${count - 1} `);
  await slow.waitForEvent(isLast, 'the last event');
  let expected = 0;
  let gaps = 0;
  for (const event of slow.events) {
    if (event.event === 'rt.gap') {
      ++gaps;
      expected += JSON.parse(event.data).gap.missed;
    } else {
      assert.equal(event.data, `${expected} ${payload}`);
      ++expected;
    }
  }
  assert.equal(expected, count);
  assert.ok(gaps >= 1, 'the window was too small for all of it');
});

test('a reader that stalls within the window misses nothing', async () => {
  const slow = await sse(hub.port, '/patient');
  slow.pause();
  const payload = 'y'.repeat(50_000);
  const count = 200;
  for (let i = 0; i < count; i += 10) {
    await publishAll(hub.at('/patient'),
                     Array.from({length: 10}, (_, k) => `${i + k} ${payload}`));
  }
  slow.resume();
  await slow.waitForEvents(count);
  assert.deepEqual(slow.data().map((data) => parseInt(data, 10)),
                   Array.from({length: count}, (_, i) => i));
  assert.ok(slow.events.every((e) => e.event === undefined));
});

test('many readers each get every message once', async () => {
  const readers = await Promise.all(Array.from({length: 50}, () => sse(hub.port, '/crowd')));
  const payloads = Array.from({length: 100}, (_, i) => `${i}`);
  await publishAll(hub.at('/crowd'), payloads);
  for (const reader of readers) {
    await reader.waitForEvents(payloads.length);
    assert.deepEqual(reader.data(), payloads);
  }
});

test('readers that go away leave the others alone', async () => {
  const stays = await sse(hub.port, '/leaving');
  for (let i = 0; i < 20; ++i) {
    const goes = await sse(hub.port, '/leaving');
    await publish(hub.at('/leaving'), `${i}`);
    goes.destroy();
  }
  await stays.waitForEvents(20);
  assert.deepEqual(stays.data(), Array.from({length: 20}, (_, i) => `${i}`));
});

test('the Origin of a reader: a stream is only shared where it is allowed', async () => {
  const stream = await sse(hub.port, '/cors', {Origin: 'http://evil.example'});
  assert.doesNotMatch(stream.head, /access-control-allow-origin/i);
  const own = await serve('rtrelay', ['serve', '0', '--allow-origin', 'https://app.example']);
  const shared = await sse(own.port, '/cors', {Origin: 'https://app.example'});
  assert.match(shared.head, /^access-control-allow-origin: https:\/\/app\.example$/im);
});
