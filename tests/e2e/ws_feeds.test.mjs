// rtws and feeds that want to be told something: subscriptions, logins, pings that are messages.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, run, start, test} from './lib/harness.mjs';

const texts = (client) => client.messages.map((message) => message.text);

function file(content) {
  const directory = mkdtempSync(join(tmpdir(), 'rtws-'));
  defer(() => rmSync(directory, {recursive: true}));
  const path = join(directory, 'file');
  writeFileSync(path, content);
  return path;
}

// A feed that answers a login, and then each subscription with one message.
function exchange({login = 'secret', greeting} = {}) {
  return (socket) => {
    if (greeting) socket.send(greeting);
    let known = false;
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.op === 'login') {
        known = message.key === login;
        socket.send(JSON.stringify(known ? {event: 'login'} : {event: 'error', msg: 'bad key'}));
      } else if (!known) {
        socket.close(4401, 'log in first');
      } else {
        socket.send(JSON.stringify({channel: message.channel, price: 1}));
      }
    });
  };
}

eachPeer('--send: at every connection, in its order, before stdin', async ({WsPeer}) => {
  const lines = file('two\r\n\nthree\n');
  const bytes = file(Buffer.from([0, 255, 10]));
  const peer = await WsPeer.start((socket) => socket.send('hello'));
  const program = start('rtws', ['pipe', peer.at(), '--send', 'one', '--send', `@${lines}`,
                                 '--send-binary', `@${bytes}`, '--send-binary', 'four']);
  program.write('from stdin\n');
  await peer.waitForMessages(6);
  assert.deepEqual(texts(peer.clients[0]).filter((_, i) => i !== 3),
                   ['one', 'two', 'three', 'four', 'from stdin']);
  assert.deepEqual([...peer.clients[0].messages[3].data], [0, 255, 10]);
  assert.deepEqual(peer.clients[0].messages.map((m) => m.binary),
                   [false, false, false, true, true, false]);
  peer.clients[0].terminate();
  await peer.waitForMessages(5, 1);
  assert.deepEqual(texts(peer.clients[1]).filter((_, i) => i !== 3),
                   ['one', 'two', 'three', 'four']);
  program.endStdin();
  // What stdin brought went down with the connection, perhaps.
  assert.equal((await program.waitExit()).code, 9);
  assert.doesNotMatch(program.stderr, /not sent again/);
});

eachPeer('--send in sub and pub', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.on('message', (data) => {
    if (`${data}` === 'subscribe') socket.send('price');
  }));
  const sub = await run('rtws', ['sub', peer.at(), '--send', 'subscribe', '-n', '1']);
  assert.deepEqual([sub.code, sub.stdout], [0, 'price\n']);
  const pub = await run('rtws', ['pub', peer.at(), 'said', '--send', 'first']);
  assert.deepEqual([pub.code, pub.stderr], [0, '']);
  await peer.waitClosed(1);
  assert.deepEqual(texts(peer.clients[1]), ['first', 'said']);
});

eachPeer('--await: nothing is sent before the answer; the answer is not printed', async ({WsPeer}) => {
  const peer = await WsPeer.start(exchange({greeting: '{"event":"welcome"}'}));
  for (const verb of ['sub', 'pub', 'pipe']) {
    const at = peer.clients.length;
    const result = await run('rtws', [
      verb, peer.at(), ...(verb === 'pub' ? ['{"channel":"c"}'] : []),
      '--send', '{"op":"login","key":"secret"}', '--await', '"login"',
      '--send', '{"channel":"a"}', '--reject', '"error"', ...(verb === 'pub' ? [] : ['-n', '2']),
    ], {input: verb === 'pipe' ? '{"channel":"b"}\n' : ''});
    assert.deepEqual([result.code, result.stderr], [0, ''], verb);
    if (verb !== 'pub')
      assert.equal(result.stdout, '{"event":"welcome"}\n{"channel":"a","price":1}\n');
    await peer.waitClosed(at);
    assert.deepEqual(texts(peer.clients[at]).slice(0, 2),
                     ['{"op":"login","key":"secret"}', '{"channel":"a"}']);
  }
});

eachPeer('--reject: 5, the answer shown, and no other attempt', async ({WsPeer}) => {
  const peer = await WsPeer.start(exchange());
  for (const verb of ['sub', 'pub', 'pipe']) {
    const result = await run('rtws', [
      verb, peer.at(), ...(verb === 'pub' ? ['x'] : []), '--retry', '--send', '{"op":"login"}',
      '--await', '"login"', '--reject', '/"error"/',
    ]);
    assert.equal(result.code, 5, verb);
    assert.equal(result.stderr, `rtws: ${peer.at()}: the server refused: ` +
                                    '{"event":"error","msg":"bad key"}\n');
  }
  assert.equal(peer.clients.length, 3);
});

eachPeer('--await: no answer is 3, a close is 8 with its code', async ({WsPeer}) => {
  const silent = await WsPeer.start();
  const late = await run('rtws', ['sub', silent.at(), '--send', 'x', '--await', 'y',
                                  '--connect-timeout', '300ms']);
  assert.equal(late.code, 3);
  assert.match(late.stderr, /no answer with y within 0\.3 s/);
  for (const [code, text] of [[4401, 'the peer closed with 4401 (log in first)'],
                              [1000, 'the peer closed with 1000']]) {
    const peer = await WsPeer.start((socket) => socket.on('message', () => {
      socket.close(code, code === 4401 ? 'log in first' : '');
    }));
    const result = await run('rtws', ['sub', peer.at(), '--retry', '--send', 'x', '--await', 'y']);
    assert.deepEqual([result.code, result.stderr], [8, `rtws: ${peer.at()}: ${text}\n`]);
    assert.equal(peer.clients.length, 1);
  }
});

eachPeer('a login is repeated after a reconnection, before what waits on stdin', async ({WsPeer}) => {
  const peer = await WsPeer.start(exchange());
  const program = start('rtws', ['pipe', peer.at(), '--send', '{"op":"login","key":"secret"}',
                                 '--await', '"login"']);
  program.write('{"channel":"a"}\n');
  await program.waitFor((p) => p.stdout.includes('"a"'));
  peer.clients[0].terminate();
  program.write('{"channel":"b"}\n');
  await program.waitFor((p) => p.stdout.includes('"b"'));
  assert.equal(texts(peer.clients[1])[0], '{"op":"login","key":"secret"}');
  assert.doesNotMatch(program.stderr, /not sent again/);
  program.endStdin();
  await program.waitExit();
}, {needs: ['answerAtOnce']});

eachPeer('without --send a reconnection after something was sent is told once', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => socket.on('message', () => socket.send('price')));
  const program = start('rtws', ['pipe', peer.at()]);
  program.write('subscribe\n');
  await program.waitFor((p) => p.stdout.includes('price'));
  for (let i = 1; i < 3; ++i) {
    peer.clients[i - 1].terminate();
    await peer.waitForClients(i + 1);
    program.write('again\n');
    await peer.waitForMessages(1, i);
  }
  program.endStdin();
  await program.waitExit();
  assert.equal(program.stderr.match(/what was sent before is not sent again/g).length, 1);
  const quiet = await WsPeer.start((socket) => socket.send('x'));
  const sub = start('rtws', ['sub', quiet.at(), '-n', '2']);
  await sub.waitFor((p) => p.stdout.includes('x'));
  quiet.clients[0].terminate();
  await sub.waitExit();
  assert.doesNotMatch(sub.stderr, /not sent again/);
});

eachPeer('--answer and --ping-message: pings that are messages', async ({WsPeer}) => {
  const peer = await WsPeer.start((socket) => {
    socket.send('2');
    socket.send('{"ping":18446744073709551615}');
    socket.send('{"ping":"a\\"b"}');
    socket.send('{"price":2}');
  }, {perMessageDeflate: true});
  for (const [verb, more] of [['sub', []], ['pipe', ['--compress']], ['pub', ['hello']]]) {
    const at = peer.clients.length;
    const program = start('rtws', [
      verb, peer.at(), ...more, '--answer', '/^2$/=3', '--answer', '"ping"={"pong":%{/ping}}',
      '--ping-message', 'alive', '--ping-message-interval', '50ms',
    ]);
    if (verb === 'pub') {
      assert.equal((await program.waitExit()).code, 0);
      continue;
    }
    const messages = await peer.waitForMessages(6, at);
    assert.deepEqual(messages.map((m) => m.text).filter((text) => text !== 'alive').slice(0, 3),
                     ['3', '{"pong":18446744073709551615}', '{"pong":"a\\"b"}']);
    assert.ok(messages.filter((m) => m.text === 'alive').length >= 2);
    program.kill('SIGTERM');
    await program.waitExit();
    assert.equal(program.stdout, '{"price":2}\n');
  }
});

eachPeer('an answer never tears a long message', async ({WsPeer}) => {
  const long = 'x'.repeat(8 << 20);
  const peer = await WsPeer.start((socket) => {
    socket.pause();
    for (let i = 0; i < 100; ++i) socket.send('ping');
    setTimeout(() => socket.resume(), 300);
  });
  const result = await run('rtws', ['pipe', peer.at(), '--answer', 'ping=pong', '--linger', '1s'],
                           {input: `${long}\n`});
  assert.deepEqual([result.code, result.stdout], [0, '']);
  const got = texts(peer.clients[0]);
  assert.equal(got.filter((text) => text === long).length, 1);
  assert.equal(got.filter((text) => text === 'pong').length + 1, got.length);
  assert.ok(got.length > 1);
});

eachPeer('a relay says the same to its WebSockets', async ({WsPeer}) => {
  const peer = await WsPeer.start(exchange());
  const relay = start('rtrelay', [peer.at(), '-', '--send', '{"op":"login","key":"secret"}',
                                  '--await', '"login"', '--send', '{"channel":"a"}']);
  await relay.waitForLine(/^\{"channel":"a","price":1\}$/);
});

test('what cannot be said is refused before anything is connected', async () => {
  for (const [args, text] of [
    [['--send', '@/nowhere/x'], /--send @\/nowhere\/x: cannot read: /],
    [['--send', '@-'], /stdin is read after it/],
    [['--reject', 'x'], /--reject.*--await/],
    [['--answer', 'x'], /must be PATTERN=MESSAGE/],
    [['--send', 'x', '--hub'], /exclude each other/],
  ]) {
    const result = await run('rtws', ['sub', 'ws://127.0.0.1:1/', ...args]);
    assert.equal(result.code, 2, args.join(' '));
    assert.match(result.stderr, text);
  }
});
