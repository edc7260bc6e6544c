// What is a message of stdin and on stdout, where payloads are no lines; and a client that echoes.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {run, serve, start, test} from './lib/harness.mjs';
import {WsPeer} from './lib/peers.mjs';

test('--base64 and --hex, both ways', async () => {
  const bytes = Buffer.from([0, 1, 10, 255]);
  const peer = await WsPeer.start((socket) => {
    socket.on('message', (data, binary) => socket.send(data, {binary}));
  });
  for (const encoding of ['base64', 'hex']) {
    const input = `${bytes.toString(encoding)}\n${Buffer.from('hi').toString(encoding)}\n`;
    const at = peer.clients.length;
    const result = await run('rtws', ['pipe', peer.at(), `--${encoding}`, '-n', '2'], {input});
    assert.deepEqual([result.code, result.stdout, result.stderr], [0, input, '']);
    await peer.waitClosed(at);
    assert.deepEqual(peer.clients[at].messages.map((m) => [m.data.toString('hex'), m.binary]),
                     [['00010aff', true], ['6869', true]]);
    const text = await run('rtws', ['pub', peer.at(), `--${encoding}`, '--text'], {
      input: `${Buffer.from('hi').toString(encoding)}\n`,
    });
    await peer.waitClosed(at + 1);
    assert.deepEqual([text.code, peer.clients[at + 1].messages[0].binary], [0, false]);
  }
  const bad = await run('rtws', ['pub', peer.at(), '--hex'], {input: '00\n0\n'});
  assert.deepEqual([bad.code, bad.stderr], [2, `rtws: stdin: line 2: no hexadecimal digits, two ` +
                                                   'for each byte\n']);
});

test('--json-values: a value of several lines is a message', async () => {
  const peer = await WsPeer.start();
  const good = await run('rtws', ['pub', peer.at(), '--json-values'],
                         {input: '{\n  "a": [1,\n 2]\n}{"b":1} 3\n'});
  assert.deepEqual([good.code, good.stderr], [0, '']);
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages.map((m) => m.text),
                   ['{\n  "a": [1,\n 2]\n}', '{"b":1}', '3']);
  const bad = await run('rtws', ['pub', peer.at(), '--json-values'], {input: '{}\n{\n"a" 1}\n'});
  assert.deepEqual([bad.code, bad.stderr],
                   [2, 'rtws: stdin: line 3: no JSON: unexpected 1\n']);
  await peer.waitClosed(1);
  assert.deepEqual(peer.clients[1].messages.map((m) => m.text), ['{}']);
});

test('--raw --whole: stdin of any size is one binary message', async () => {
  const peer = await WsPeer.start();
  const input = randomBytes(3_000_000);
  const result = await run('rtws', ['pub', peer.at(), '--raw', '--whole'], {input});
  assert.deepEqual([result.code, result.stderr], [0, '']);
  await peer.waitClosed();
  assert.equal(peer.clients[0].messages.length, 1);
  assert.ok(peer.clients[0].messages[0].binary && peer.clients[0].messages[0].data.equals(input));
  const text = await run('rtws', ['pub', peer.at(), '--raw', '--whole'], {input: 'a\nb\n'});
  assert.equal(text.code, 0);
  await peer.waitClosed(1);
  assert.deepEqual(peer.clients[1].messages.map((m) => [m.text, m.binary]), [['a\nb\n', true]]);
  const alone = await run('rtws', ['pub', peer.at(), '--whole'], {input: ''});
  assert.equal(alone.code, 2);
});

test('binary stdin is never cut in silence', async () => {
  const peer = await WsPeer.start();
  const hub = await serve('rtws', ['serve', '0']);
  const input = randomBytes(300_000);
  for (const [program, args] of [
    ['rtws', ['pub', peer.at()]],
    ['rtsse', ['pub', hub.at('/x', 'http')]],
    ['rtrelay', ['-', peer.at('/', 'ws')]],
  ]) {
    const result = await run(program, args, {input});
    assert.equal(result.stderr.match(/stdin is not UTF-8, and each newline/g)?.length, 1, program);
  }
  const utf8 = await run('rtws', ['pub', peer.at()], {input: 'ä\nö\n'});
  assert.equal(utf8.stderr, '');
});

test('pipe --echo: what comes is sent back, and stdin is not read', async () => {
  const big = randomBytes(1 << 20);
  const peer = await WsPeer.start((socket) => {
    socket.send('one');
    socket.send(big);
    socket.send('two');
  });
  const program = start('rtws', ['pipe', peer.at(), '--echo', '-o', '/dev/null']);
  program.write('never\n');
  const messages = await peer.waitForMessages(3);
  assert.deepEqual(messages.map((m) => m.binary), [false, true, false]);
  assert.ok(messages[1].data.equals(big));
  assert.deepEqual([messages[0].text, messages[2].text], ['one', 'two']);
  peer.clients[0].close(1000);
  assert.equal((await program.waitExit()).code, 0);
  assert.equal(peer.clients[0].messages.length, 3);
  const counted = await run('rtws', ['pipe', peer.at(), '--echo', '-n', '1'], {input: ''});
  assert.deepEqual([counted.code, counted.stdout], [0, 'one\n']);
  await peer.waitForMessages(1, 1);
});
