// permessage-deflate (RFC 7692) with three other implementations, both ways: what was agreed, and that
// what is compressed arrives as it was.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {eachPeer} from './lib/each_peer.mjs';
import {run, serve} from './lib/harness.mjs';

const lines = (from) => Array.from({length: 4000}, (_, i) => `a line with the number ${from + i}`).join('\n');
// Longer than the largest window, and with things in common.
const kCompressible = [lines(0), lines(1000), Buffer.from(lines(2000)), 'over and '.repeat(100_000), lines(0)];
// What is better sent as it is, and what is so long that a hub does not compress it, stands between others.
const kMixed = [lines(0), 'x', 'over and '.repeat(200_000), randomBytes(70_000), lines(0), 'grün', randomBytes(100), lines(1)];
const kWithEmpty = [lines(0), '', '', lines(1)];

const kTerms = [
  ['as it comes', {}],
  ['no context is kept', {serverNoContextTakeover: true, clientNoContextTakeover: true}],
  ['the server keeps none', {serverNoContextTakeover: true}],
  ['the client keeps none', {clientNoContextTakeover: true}],
  ['small windows', {serverMaxWindowBits: 9, clientMaxWindowBits: 9}],
  ['windows of 12 and 10 bits', {serverMaxWindowBits: 12, clientMaxWindowBits: 10}],
];
// Their names in a field.
const kNames = {
  serverNoContextTakeover: 'server_no_context_takeover', clientNoContextTakeover: 'client_no_context_takeover',
  serverMaxWindowBits: 'server_max_window_bits', clientMaxWindowBits: 'client_max_window_bits',
};
const inField = (terms) => Object.entries(terms)
    .map(([name, value]) => (value === true ? kNames[name] : `${kNames[name]}=${value}`));

function framed(messages) {
  return Buffer.concat(messages.flatMap((message) => {
    const bytes = Buffer.from(message);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  }));
}

// Sends all of it to an echo by rtws and has it back; gives what rtws says.
async function echoed(peer, messages) {
  const input = framed(messages);
  const {code, bytes, stderr} =
      await run('rtws', ['pipe', '--compress', '-v', '--length-prefix', '-n', messages.length, '--linger', '30s',
                         peer.at()], {input});
  assert.equal(code, 0, stderr);
  assert.ok(bytes.equals(input), 'what came back is what was sent');
  assert.deepEqual(peer.clients.at(-1).messages.map(({data, binary}) => [data.length, binary]),
                   messages.map((message) => [Buffer.byteLength(message), isBinary(message)]));
  return stderr;
}
const echo = (socket) => socket.on('message', (data, binary) => socket.send(data, {binary}));

// Whether rtws sends it as binary.
function isBinary(message) {
  const bytes = Buffer.from(message);
  return !Buffer.from(bytes.toString('utf8')).equals(bytes);
}

// A client sends all of it through a server of ours to another. What goes to many is compressed once, with
// the largest window; who has a smaller one gets it as it is.
async function passedOn(wsClient, terms, messages) {
  const server = await serve('rtws', ['serve', '0/c', '--compress']);
  const join = () => wsClient(server.at('/c', 'ws'), {perMessageDeflate: {threshold: 0, ...terms}});
  const [from, to] = [await join(), await join()];
  for (const {socket} of [from, to]) assert.equal(socket.extensions, 'permessage-deflate');
  for (const message of messages) from.send(message);
  const got = await to.waitForMessages(messages.length);
  for (const [i, message] of messages.entries()) {
    assert.ok(got[i].data.equals(Buffer.from(message)), `message ${i}`);
    assert.equal(got[i].binary, typeof message !== 'string');
  }
  for (const client of [from, to]) assert.equal((await client.close()).code, 1000);
}

for (const [what, terms] of kTerms) {
  const needs = what === 'as it comes' ? [] : ['chooseTerms'];
  eachPeer(`a client of a server that compresses: ${what}`, async ({WsPeer}) => {
    const peer = await WsPeer.start(echo, {perMessageDeflate: {threshold: 0, ...terms}});
    for (const messages of [kCompressible, kMixed]) {
      const said = await echoed(peer, messages);
      const [, agreed] = /^rtws: < Sec-WebSocket-Extensions: permessage-deflate(.*)$/m.exec(said);
      for (const term of inField(terms)) assert.ok(agreed.includes(term), `${term} in ${agreed}`);
    }
  }, {needs});

  eachPeer(`a server to clients that compress: ${what}`, async ({wsClient}) => {
    await passedOn(wsClient, terms, kCompressible);
  }, {needs: terms.serverMaxWindowBits ? ['readUncompressed'] : []});
}

eachPeer('empty messages of a server that compresses', async ({WsPeer}) => {
  const peer = await WsPeer.start(echo, {perMessageDeflate: {threshold: 0}});
  await echoed(peer, kWithEmpty);
}, {needs: ['compressNothing']});

eachPeer('a server that sends as it is what compression would not make shorter', async ({wsClient}) => {
  await passedOn(wsClient, {}, [...kMixed, ...kWithEmpty]);
}, {needs: ['readUncompressed']});

eachPeer('readers with and without compression have the same', async ({wsClient}) => {
  const server = await serve('rtws', ['serve', '0/c', '--compress'], {stdin: 'pipe'});
  const readers = [];
  for (const options of [{}, {perMessageDeflate: {threshold: 0}}, {perMessageDeflate: {serverMaxWindowBits: 10}},
                         {perMessageDeflate: {serverNoContextTakeover: true}}]) {
    readers.push(await wsClient(server.at('/c', 'ws'), options));
  }
  const texts = Array.from({length: 50}, (_, i) => `${i} ${'of a message '.repeat(100)}`);
  for (const text of texts) server.write(`${text}\n`);
  for (const reader of readers) {
    await reader.waitForMessages(texts.length);
    assert.deepEqual(reader.texts(), texts);
  }
}, {needs: ['readUncompressed']});

eachPeer('fragments of a message that is compressed', async ({wsClient, WsPeer}) => {
  const server = await serve('rtws', ['serve', '0/c', '--compress']);
  const join = () => wsClient(server.at('/c', 'ws'), {perMessageDeflate: {threshold: 0}});
  const [from, to] = [await join(), await join()];
  const parts = [lines(0), lines(500), lines(1000)];
  parts.forEach((part, i) => from.send(part, {fin: i + 1 === parts.length}));
  assert.equal((await to.waitForMessages(1))[0].text, parts.join(''));
  const peer = await WsPeer.start((socket) => {
    parts.forEach((part, i) => socket.send(part, {fin: i + 1 === parts.length}));
    socket.close(1000);
  }, {perMessageDeflate: {threshold: 0}});
  const sub = await run('rtws', ['sub', '--compress', '--null', peer.at()]);
  assert.deepEqual([sub.code, sub.stdout], [0, `${parts.join('')}\0`]);
});
