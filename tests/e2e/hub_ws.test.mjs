// The hub's contract over WebSocket, with three other implementations.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {before} from 'node:test';
import {curl, publish, publishAll} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {serve, test} from './lib/harness.mjs';
import {raw} from './lib/net.mjs';
import {sse} from './lib/sse.mjs';

let hub;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0', '--max-message', '1MiB']);
});

const at = (path) => hub.at(path, 'ws');
const kV1 = {protocols: ['rt.v1']};

// A masked client frame.
function frame(opcode, payload, {fin = true} = {}) {
  const body = Buffer.from(payload);
  assert.ok(body.length < 126);
  const head = Buffer.of((fin ? 0x80 : 0) | opcode, 0x80 | body.length);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, i) => byte ^ mask[i % 4])]);
}

const handshake = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${hub.port}\r\n` +
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;

// --- plain -----------------------------------------------------------------------------------
eachPeer('text and binary go to the others, never back', async ({wsClient}) => {
  const a = await wsClient(at('/both'));
  const b = await wsClient(at('/both'));
  a.send('from a');
  a.send(Buffer.of(0, 255, 10));
  b.send('from b');
  const atB = await b.waitForMessages(2);
  assert.deepEqual([atB[0].text, atB[0].binary], ['from a', false]);
  assert.deepEqual([[...atB[1].data], atB[1].binary], [[0, 255, 10], true]);
  await a.waitForMessages(1);
  // A round trip behind it shows that nothing more was on its way.
  await Promise.all([a.ping(), b.ping()]);
  assert.deepEqual(a.texts(), ['from b']);
  assert.equal(b.messages.length, 2);
});

eachPeer('what comes by WebSocket is there over HTTP, with a fitting type', async ({wsClient}) => {
  const a = await wsClient(at('/http'));
  const stream = await sse(hub.port, '/http');
  a.send('grün');
  await stream.waitForEvents(1);
  const text = await curl(hub.at('/http'));
  assert.equal(text.text, 'grün');
  assert.equal(text.headers['content-type'], 'text/plain; charset=utf-8');
  a.send(Buffer.from('bytes'));
  await stream.waitForEvents(2);
  const binary = await curl(hub.at('/http'));
  assert.equal(binary.text, 'bytes');
  assert.equal(binary.headers['content-type'], 'application/octet-stream');
});

eachPeer('a POST arrives as text when it is UTF-8, else as binary', async ({wsClient}) => {
  const a = await wsClient(at('/kinds'));
  await publish(hub.at('/kinds'), 'grün');
  await publish(hub.at('/kinds'), Buffer.of(0xff, 0xfe), {type: 'application/octet-stream'});
  const messages = await a.waitForMessages(2);
  assert.deepEqual([messages[0].text, messages[0].binary], ['grün', false]);
  assert.deepEqual([[...messages[1].data], messages[1].binary], [[0xff, 0xfe], true]);
});

eachPeer('sizes around the borders of the frame header', async ({wsClient}) => {
  const a = await wsClient(at('/sizes'));
  const b = await wsClient(at('/sizes'));
  const sizes = [0, 1, 125, 126, 127, 65535, 65536, 65537, 1 << 20];
  for (const size of sizes) a.send('x'.repeat(size));
  const messages = await b.waitForMessages(sizes.length);
  assert.deepEqual(messages.map((m) => m.data.length), sizes);
});

eachPeer('fragments make one message; a ping between them is answered', async ({wsClient}) => {
  const a = await wsClient(at('/fragments'));
  const b = await wsClient(at('/fragments'));
  a.send('one ', {fin: false});
  a.send('two ', {fin: false});
  await a.ping();
  a.send('three', {fin: true});
  assert.equal((await b.waitForMessages(1))[0].text, 'one two three');
});

eachPeer('compression, where both sides have it, changes nothing', async ({wsClient}) => {
  for (const args of [[], ['--compress']]) {
    const server = await serve('rtrelay', ['serve', '0', ...args]);
    const join = (options) => wsClient(server.at('/deflate', 'ws'), options);
    const a = await join({perMessageDeflate: {threshold: 0}});
    const b = await join({perMessageDeflate: {threshold: 0}});
    const v1 = await join({perMessageDeflate: true, ...kV1});
    const plain = await join({perMessageDeflate: false});
    assert.equal(a.socket.extensions, args.length > 0 ? 'permessage-deflate' : '');
    assert.equal(plain.socket.extensions, '');
    const text = 'again and '.repeat(5000);
    a.send(text);
    for (const reader of [b, plain]) assert.equal((await reader.waitForMessages(1))[0].text, text);
    assert.equal(JSON.parse((await v1.waitForMessages(1))[0].text).data, text);
    // Only of ws it can be seen what came.
    const received = b.socket._socket?.bytesRead;
    if (received !== undefined) assert.equal(received < text.length / 10, args.length > 0, `${received} bytes`);
    await publishAll(server.at('/deflate'), ['x', 'y', text]);
    for (const reader of [b, plain])
      assert.deepEqual((await reader.waitForMessages(4)).slice(1).map((m) => m.text), ['x', 'y', text]);
  }
}, {needs: ['readUncompressed']});

eachPeer('?last= and ?since= begin in the past', async ({name, wsClient}) => {
  const path = `/past/${name}`;
  const ids = await publishAll(hub.at(path), ['a', 'b', 'c']);
  const last = await wsClient(at(`${path}?last=2`));
  const since = await wsClient(at(`${path}?since=${ids[0]}`));
  const whole = await wsClient(at(`${path}?since=`));
  const live = await wsClient(at(path));
  await publishAll(hub.at(path), ['d']);
  for (const [client, texts] of [
    [last, ['b', 'c', 'd']], [since, ['b', 'c', 'd']], [whole, ['a', 'b', 'c', 'd']],
    [live, ['d']],
  ]) {
    await client.waitForMessages(texts.length);
    assert.deepEqual(client.texts(), texts);
  }
});

eachPeer('order holds over many messages from many sides', async ({wsClient}) => {
  const reader = await wsClient(at('/order'));
  const writers = await Promise.all([0, 1, 2].map(() => wsClient(at('/order'))));
  const count = 500;
  for (let i = 0; i < count; ++i) writers.forEach((writer, w) => writer.send(`${w} ${i}`));
  await reader.waitForMessages(3 * count);
  for (const w of [0, 1, 2]) {
    const own = reader.texts().filter((text) => text.startsWith(`${w} `));
    assert.deepEqual(own, Array.from({length: count}, (_, i) => `${w} ${i}`));
  }
});

eachPeer('a plain WebSocket that would miss something is closed with 4008', async ({wsClient}) => {
  const foreign = await wsClient(at('/gap?since=0123456789-1'));
  assert.equal((await foreign.waitClosed()).code, 4008);
});

eachPeer('a reader that stalls gets everything, or is closed with 4008', async ({wsClient}) => {
  const small = await serve('rtrelay', ['serve', '0', '--history', '20']);
  const slow = await wsClient(small.at('/slow', 'ws'));
  const quick = await wsClient(small.at('/slow', 'ws'));
  slow.socket.pause();
  const payload = 'x'.repeat(100_000);
  const count = 300;
  for (let i = 0; i < count; ++i) {
    await publishAll(small.at('/slow'), [`${i} ${payload}`]);
    // So that it is not the test that is slow.
    await quick.waitForMessages(i + 1);
  }
  slow.socket.resume();
  assert.equal((await slow.waitClosed()).code, 4008);
  // What came before the gap came whole and in order.
  const numbers = slow.texts().map((text) => {
    assert.equal(text.length, `${parseInt(text, 10)} ${payload}`.length);
    return parseInt(text, 10);
  });
  assert.deepEqual(numbers, numbers.map((_, i) => i));
  assert.ok(numbers.length < count);
});

eachPeer('a reader that stalls within the window misses nothing', async ({wsClient}) => {
  const slow = await wsClient(at('/patient'));
  slow.socket.pause();
  const payload = 'y'.repeat(50_000);
  const count = 200;
  for (let i = 0; i < count; i += 10) {
    await publishAll(hub.at('/patient'),
                     Array.from({length: 10}, (_, k) => `${i + k} ${payload}`));
  }
  slow.socket.resume();
  await slow.waitForMessages(count);
  assert.deepEqual(slow.texts().map((text) => parseInt(text, 10)),
                   Array.from({length: count}, (_, i) => i));
});

// --- rt.v1 -----------------------------------------------------------------------------------
eachPeer('rt.v1: envelopes both ways, acknowledged by id', async ({wsClient}) => {
  const a = await wsClient(at('/v1'), kV1);
  const b = await wsClient(at('/v1'), kV1);
  const plain = await wsClient(at('/v1'));
  assert.equal(a.socket.protocol, 'rt.v1');
  assert.equal(plain.socket.protocol, '');
  a.send(JSON.stringify({v: 1, data: 'hello', event: 'greeting', content_type: 'text/x'}));
  const {ack} = await a.waitForJson((m) => m.ack, 'an acknowledgement');
  const envelope = await b.waitForJson((m) => m.data === 'hello', 'the envelope');
  assert.equal(envelope.v, 1);
  assert.equal(envelope.id, ack);
  assert.equal(envelope.channel, '/v1');
  assert.equal(envelope.event, 'greeting');
  assert.equal(envelope.content_type, 'text/x');
  assert.equal((await plain.waitForMessages(1))[0].text, 'hello');

  a.send(JSON.stringify({v: 1, data_base64: 'AP8='}));
  assert.deepEqual([...(await plain.waitForMessages(2))[1].data], [0, 255]);
  assert.equal((await b.waitForJson((m) => m.data_base64)).data_base64, 'AP8=');

  plain.send(Buffer.of(1, 255));
  assert.equal((await a.waitForJson((m) => m.data_base64)).data_base64, 'Af8=');
  await a.ping();
  assert.equal(a.json().filter((m) => m.data === 'hello').length, 0);
  for (const message of b.messages) assert.equal(message.binary, false);
});

eachPeer('rt.v1: the URL names the channel, not the envelope', async ({wsClient}) => {
  const a = await wsClient(at('/v1/mine'), kV1);
  a.send(JSON.stringify({v: 1, data: 'x', channel: '/v1/theirs'}));
  await a.waitForJson((m) => m.ack);
  assert.equal((await curl(hub.at('/v1/mine'))).text, 'x');
  assert.equal((await curl(hub.at('/v1/theirs'))).status, 404);
});

eachPeer('rt.v1: a gap is told, then the window follows', async ({name, wsClient}) => {
  const path = `/v1/gap/${name}`;
  await publishAll(hub.at(path), ['a', 'b']);
  const a = await wsClient(at(`${path}?since=0123456789-1`), kV1);
  await a.waitForMessages(3);
  assert.deepEqual(a.json()[0].gap, {from: '0123456789-1'});
  assert.deepEqual(a.json().slice(1).map((m) => m.data), ['a', 'b']);
});

eachPeer('rt.v1: the gap of a reader that stalled is counted', async ({wsClient}) => {
  const small = await serve('rtrelay', ['serve', '0', '--history', '20']);
  const slow = await wsClient(small.at('/slow', 'ws'), kV1);
  slow.socket.pause();
  const payload = 'x'.repeat(100_000);
  const count = 300;
  let ids;
  for (let i = 0; i < count; ++i) {
    ids = await publishAll(small.at('/slow'), [`${i} ${payload}`]);
  }
  slow.socket.resume();
  await slow.waitForJson((m) => m.id === ids[0], 'the last message');
  let expected = 0;
  let gaps = 0;
  for (const message of slow.json()) {
    if (message.gap) {
      ++gaps;
      expected += message.gap.missed;
    } else {
      assert.equal(parseInt(message.data, 10), expected);
      ++expected;
    }
  }
  assert.ok(gaps >= 1);
  assert.equal(expected, count);
});

eachPeer('rt.v1: what is no envelope is refused, the hub goes on', async ({wsClient}) => {
  const a = await wsClient(at('/v1/bad'), kV1);
  const b = await wsClient(at('/v1/bad'));
  a.send('nonsense');
  await a.until(() => a.closed || a.json().some((m) => m.error), 'a refusal',
                {detail: () => a.detail()});
  await publish(hub.at('/v1/bad'), 'still');
  assert.equal((await b.waitForMessages(1))[0].text, 'still');
  assert.equal(b.messages.length, 1);
});

test('an unknown subprotocol is not chosen', async () => {
  const connection = await raw(hub.port, handshake('/proto', 'Sec-WebSocket-Protocol: chat\r\n'));
  const answer = await connection.response();
  if (answer.status === 101) assert.equal(answer.headers['sec-websocket-protocol'], undefined);
  else assert.equal(answer.status, 400);
});

eachPeer('a subprotocol that the server was told of is chosen, and the WebSocket is a plain one', async ({wsClient}) => {
  const server = await serve('rtws', ['serve', '0', '--subprotocol', 'chat', '--subprotocol=more']);
  const a = await wsClient(server.at('/sub', 'ws'), {protocols: ['more', 'unknown']});
  const b = await wsClient(server.at('/sub', 'ws'), {protocols: ['more', 'chat']});
  assert.equal(a.socket.protocol, 'more');
  assert.equal(b.socket.protocol, 'chat');
  a.send('hello');
  assert.equal((await b.waitForMessages(1))[0].text, 'hello');
});

eachPeer('rt.v1 is found among others that are offered', async ({wsClient}) => {
  const a = await wsClient(at('/proto'), {protocols: ['chat', 'rt.v1']});
  assert.equal(a.socket.protocol, 'rt.v1');
});

// --- what a peer may do wrong ----------------------------------------------------------------
const kInvalid = [
  ['a stray byte', Buffer.of(0x61, 0xff)],
  ['overlong', Buffer.of(0xc0, 0xaf)],
  ['a surrogate', Buffer.of(0xed, 0xa0, 0x80)],
  ['beyond Unicode', Buffer.of(0xf4, 0x90, 0x80, 0x80)],
  ['cut at the end', Buffer.of(0xe2, 0x82)],
];
for (const [what, bytes] of kInvalid) {
  eachPeer(`text that is not UTF-8 closes with 1007: ${what}`, async ({wsClient}) => {
    const a = await wsClient(at('/utf8'));
    const b = await wsClient(at('/utf8'));
    a.send(bytes, {binary: false});
    assert.equal((await a.waitClosed()).code, 1007);
    await b.ping();
    assert.deepEqual(b.texts(), []);
  });
}

eachPeer('a message that is too big closes with 1009', async ({wsClient}) => {
  const a = await wsClient(at('/toobig'));
  const b = await wsClient(at('/toobig'));
  a.send('x'.repeat((1 << 20) + 1));
  assert.equal((await a.waitClosed()).code, 1009);
  const fragments = await wsClient(at('/toobig'));
  for (let i = 0; i < 20; ++i) fragments.send('x'.repeat(100_000), {fin: false});
  assert.equal((await fragments.waitClosed()).code, 1009);
  await b.ping();
  assert.equal(b.messages.length, 0);
});

for (const [what, bytes] of [
  ['a reserved opcode', frame(3, 'x')],
  ['a continuation of nothing', frame(0, 'x')],
  ['a fragmented ping', frame(9, 'x', {fin: false})],
  ['a reserved bit', Buffer.concat([Buffer.of(0xc1), frame(1, 'x').subarray(1)])],
]) {
  test(`a protocol error ends the connection: ${what}`, async () => {
    const path = `/protocol/${encodeURIComponent(what)}`;
    const connection = await raw(hub.port, handshake(path));
    assert.equal((await connection.response()).status, 101);
    await connection.write(bytes);
    await connection.until(() => connection.closed || connection.bytes.length >= 4, 'a close',
                           {detail: () => connection.detail()});
    if (connection.bytes.length > 0) {
      assert.equal(connection.bytes[0], 0x88);
      assert.equal(connection.bytes.readUInt16BE(2), 1002);
    }
    connection.end();
    await connection.waitClosed();
    assert.equal((await curl(hub.at(path))).status, 404);
  });
}

eachPeer('frames that come in one packet with the opening handshake are read', async ({wsClient}) => {
  const b = await wsClient(at('/early'));
  const connection = await raw(hub.port, Buffer.concat([
    Buffer.from(handshake('/early')), frame(1, 'early'), frame(2, 'bird'),
  ]));
  const answer = await connection.response();
  assert.equal(answer.status, 101);
  assert.equal(answer.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  assert.deepEqual((await b.waitForMessages(2)).map((m) => m.text), ['early', 'bird']);
});

eachPeer('the close code comes back', async ({wsClient}) => {
  for (const code of [1000, 3000, 4999]) {
    const a = await wsClient(at('/close'));
    assert.equal((await a.close(code)).code, code);
  }
});

eachPeer('a server that stops says goodbye with 1001', async ({wsClient}) => {
  const own = await serve('rtrelay', ['serve', '0']);
  const a = await wsClient(own.at('/c', 'ws'));
  own.kill('SIGTERM');
  assert.equal((await a.waitClosed()).code, 1001);
  assert.deepEqual(await own.waitExit(), {code: 0, signal: null});
});

eachPeer('a client that vanishes takes nothing along', async ({wsClient}) => {
  const b = await wsClient(at('/vanish'));
  for (let i = 0; i < 20; ++i) {
    const a = await wsClient(at('/vanish'));
    a.send(`${i}`);
    a.socket.terminate();
  }
  await publish(hub.at('/vanish'), 'after');
  await b.until(() => b.texts().includes('after'), 'the message after');
});

// --- who may come in -------------------------------------------------------------------------
eachPeer('Origin decides over an upgrade', async ({wsClient, wsRefusal}) => {
  for (const [origin, accepted] of [
    ['http://evil.example', false], ['null', false], [`http://127.0.0.1:${hub.port}`, true],
    [undefined, true],
  ]) {
    const options = origin ? {headers: {Origin: origin}} : {};
    if (accepted) await wsClient(at('/origin'), options);
    else assert.equal(await wsRefusal(at('/origin'), options), 403, origin);
  }
  const own = await serve('rtrelay', ['serve', '0', '--allow-origin', 'https://app.example']);
  await wsClient(own.at('/c', 'ws'), {headers: {Origin: 'https://app.example'}});
  assert.equal(
      await wsRefusal(own.at('/c', 'ws'), {headers: {Origin: 'https://b.example'}}), 403);
});

eachPeer('Host decides over an upgrade', async ({wsRefusal}) => {
  assert.equal(await wsRefusal(at('/host'), {headers: {Host: 'evil.example'}}), 421);
});

for (const [path, status] of [['/a/../b', 400], ['/a+b', 400], ['/$SYS', 403], ['/-/x', 404]]) {
  test(`no channel, no upgrade: ${path} is ${status}`, async () => {
    const connection = await raw(hub.port, handshake(path));
    assert.equal((await connection.response()).status, status);
  });
}

for (const [what, change, statuses] of [
  ['another version', ['Version: 13', 'Version: 7'], [400, 426]],
  ['no key', ['Sec-WebSocket-Key', 'X-Key'], [400]],
  ['a key that is no key', ['dGhlIHNhbXBsZSBub25jZQ==', 'x'], [400]],
  ['POST', ['GET ', 'POST '], [400, 405, 411]],
]) {
  test(`a malformed opening handshake is refused: ${what}`, async () => {
    const connection = await raw(hub.port, handshake('/malformed').replace(...change));
    const answer = await connection.response();
    assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text}`);
  });
}
