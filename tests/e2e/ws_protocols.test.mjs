// rtws and what servers speak inside WebSockets: --protocol.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import * as phoenix from 'phoenix';
import {WebSocket} from 'ws';
import {startGraphql, startPhoenix, startSocketIo} from './lib/dialects.mjs';
import {defer, run, start, test} from './lib/harness.mjs';
import {HttpPeer, WsPeer} from './lib/peers.mjs';
import {hasRabbit, startRabbit} from './lib/rabbitmq.mjs';

function file(content) {
  const directory = mkdtempSync(join(tmpdir(), 'rtws-'));
  defer(() => rmSync(directory, {recursive: true}));
  const path = join(directory, 'file');
  writeFileSync(path, content);
  return path;
}

const envelopes = (lines) => lines.map((line) => JSON.parse(line));

// --- Socket.IO -------------------------------------------------------------------------------

const sio = (verb, peer, args = [], name = 'socket.io') =>
    [verb, '--protocol', name, peer.at(), ...args];

test('Socket.IO: events and their arguments, bytes, and acknowledgements', async () => {
  const peer = await startSocketIo((io, {log}) => io.on('connection', (socket) => {
    socket.emit('text', 'größe\n');
    socket.emit('object', {a: 1, b: [true, null]});
    socket.emit('several', 'x', {y: 2}, [3]);
    socket.emit('none');
    socket.emit('bytes', Buffer.from([0, 255]));
    socket.emit('mixed', {data: Buffer.from('abc'), name: 'n'}, Buffer.from('d'));
    socket.emitWithAck('asks', 7).then((answer) => log(['acknowledged', answer]));
  }));
  const sub = await run('rtws', sio('sub', peer, ['-J', '-n', '7']));
  assert.deepEqual([sub.code, sub.stderr], [0, '']);
  await peer.waitForEntries(1);
  assert.deepEqual(
      envelopes(sub.lines).map(({event, data, data_base64: bytes, channel}) =>
                                   [event, data ?? {bytes}, channel]),
      [
        ['text', 'größe\n', '/'],
        ['object', '{"a":1,"b":[true,null]}', '/'],
        ['several', '["x",{"y":2},[3]]', '/'],
        ['none', '', '/'],
        ['bytes', {bytes: 'AP8='}, '/'],
        ['mixed', '[{"data":"YWJj","name":"n"},"ZA=="]', '/'],
        ['asks', '7', '/'],
      ]);
  const one = await run('rtws', sio('sub', peer, ['--event', 'several', '-n', '1']));
  assert.equal(one.stdout, '["x",{"y":2},[3]]\n');
});

test('Socket.IO: what is sent, from stdin, as arguments, and with --event', async () => {
  const peer = await startSocketIo((io, {log}) => io.on('connection', (socket) => {
    socket.onAny((...args) => log(args));
  }));
  const lines = await run('rtws', sio('pub', peer), {
    input: 'hello\n{"a": 1}\n"quoted"\n12\n["chat", 1, {"b": 2}]\n[1, 2]\n',
  });
  assert.deepEqual([lines.code, lines.stderr], [0, '']);
  await run('rtws', sio('pub', peer, ['--event', 'chat', '["a", "b"]']));
  await run('rtws', sio('pub', peer, ['--event', 'chat', '--binary', 'bytes']));
  await run('rtws', sio('pub', peer, ['--json']), {input: '{"event":"e","data":"d"}\n'});
  const expected = [
    ['message', 'hello'], ['message', {a: 1}], ['message', 'quoted'], ['message', 12],
    ['chat', 1, {b: 2}], ['message', [1, 2]], ['chat', ['a', 'b']], ['chat', Buffer.from('bytes')],
    ['e', 'd'],
  ];
  assert.deepEqual(await peer.waitForEntries(expected.length), expected);
  const reserved = await run('rtws', sio('pub', peer, ['--event', 'disconnect', 'x']));
  assert.equal(reserved.code, 2);
  assert.match(reserved.stderr, /no event of Socket\.IO can be called disconnect/);
});

test('Socket.IO --ack: pub is done when every message was acknowledged', async () => {
  const peer = await startSocketIo((io, {log}) => io.on('connection', (socket) => {
    socket.on('message', (text, done) => setTimeout(() => {
      log(text);
      done(text === 'b' ? [{got: text}] : text, 2);
    }, 30));
    socket.on('deaf', () => {});
  }));
  for (const program of ['rtws', 'rtpoll']) {
    const seen = peer.entries.length;
    const stats = await run(program, sio('pub', peer, ['--ack', '--stats', 'a', 'b']));
    assert.equal(stats.code, 0, stats.stderr);
    assert.deepEqual(peer.entries.slice(seen), ['a', 'b'], 'the handler had them before the end');
    assert.match(stats.stderr, /round trips/);
    const pipe = await run(program, sio('pipe', peer, ['--ack', '--json', '--linger', '100ms']),
                           {input: '{"data":"a"}\n{"data":"b"}\n'});
    assert.equal(pipe.code, 0, pipe.stderr);
    assert.deepEqual(envelopes(pipe.lines).map(({event, data}) => [event, data]),
                     [['ack', '["a",2]'], ['ack', '[[{"got":"b"}],2]']]);
    // A handler that acknowledges nothing.
    const deaf = await run(program, sio('pub', peer, ['--ack', '--event', 'deaf', '--timeout', '500ms', 'x']));
    assert.equal(deaf.code, 7, deaf.stderr);
  }
});

test('Socket.IO --ack: over a lost connection what was not acknowledged is sent again', async () => {
  const peer = await startSocketIo((io, {log}) => io.on('connection', (socket) => {
    socket.on('message', (text, done) => {
      log(text);
      if (text === 'b' && peer.entries.filter((one) => one === 'b').length < 2) return socket.conn.close();
      done();
    });
  }));
  const pub = await run('rtws', sio('pub', peer, ['--ack']), {input: 'a\nb\n'});
  assert.equal(pub.code, 0, pub.stderr);
  assert.equal(peer.entries.at(-1), 'b');
  assert.equal(peer.entries.filter((one) => one === 'b').length, 2);
});

// Its servers forget what they have read and not looked at when the goodbye comes.
test('Socket.IO: all of a burst is handled before the end', async () => {
  const kCount = 30_000;
  const peer = await startSocketIo((io, {log}) => io.on('connection', (socket) => {
    let count = 0;
    socket.on('message', () => ++count);
    socket.on('disconnect', () => log(count));
  }));
  const lines = Array.from({length: kCount}, (_, i) => `${i}\n`).join('');
  for (const program of ['rtws', 'rtpoll']) {
    const pub = await run(program, sio('pub', peer), {input: lines});
    assert.deepEqual([pub.code, pub.stderr], [0, '']);
  }
  assert.deepEqual(await peer.waitForEntries(2), [kCount, kCount]);
});

test('Socket.IO: a namespace with --join; a refusal is 5 with its reason', async () => {
  const peer = await startSocketIo((io) => {
    io.of('/secret').use((socket, next) => {
      if (socket.handshake.auth.token === 'right') return next();
      return next(Object.assign(new Error('not you'), {data: {code: 7}}));
    }).on('connection', (socket) => socket.emit('welcome', socket.handshake.auth));
  });
  const secret = (...args) => run('rtws', sio('sub', peer, args, 'socket.io:/secret'));
  const joined = await secret('-n', '1', '-J', '--join', `@${file('{"token": "right"}\n')}`);
  assert.deepEqual([joined.code, joined.stderr], [0, '']);
  const [envelope] = envelopes(joined.lines);
  assert.deepEqual([envelope.data, envelope.channel], ['{"token":"right"}', '/secret']);
  for (const program of ['rtws', 'rtpoll']) {
    const traced = await run(program, sio('sub', peer, ['-vv', '--join', '{"token":"s3cr"}'],
                                          'socket.io:/secret'));
    assert.equal(traced.code, 5);
    assert.doesNotMatch(traced.stderr, /s3cr|s3c|73 33 63/);
  }
  const wrong = await secret('--retry', '--join', '{"token":"wrong"}');
  assert.deepEqual(
      [wrong.code, wrong.stderr],
      [5, `rtws: ${peer.at()}: the server refused: not you {"code":7}\n`]);
  const nowhere = await run('rtws', sio('sub', peer, [], 'socket.io:/nowhere'));
  assert.equal(nowhere.code, 5);
  assert.match(nowhere.stderr, /the server refused: Invalid namespace/);
  const text = await secret('--join', 'right');
  assert.deepEqual([text.code, /--join: must be a JSON object/.test(text.stderr)], [2, true]);
});

test('Socket.IO: pings are answered, a lost connection joins again, a goodbye ends with 0',
     async () => {
       const peer = await startSocketIo((io, {log}) => io.on('connection', (socket) => {
         socket.emit('hello', 'again');
         socket.conn.on('packet', ({type}) => type === 'pong' && log('pong'));
         socket.on('cut', () => socket.conn.close());
         socket.on('leave', () => socket.disconnect());
         socket.on('disconnect', (why) => log(why));
       }), {pingInterval: 200, pingTimeout: 10_000});
       const pipe = start('rtws', sio('pipe', peer));
       await peer.waitForEntries(3);
       assert.ok(peer.entries.every((entry) => entry === 'pong'));
       pipe.write('["cut"]\n');
       await pipe.waitForLines(2);
       pipe.write('["leave"]\n');
       // What was on the first connection is lost, perhaps.
       assert.equal((await pipe.waitExit()).code, 9, pipe.detail());
       assert.equal(pipe.text(), 'again\nagain\n');
       const sub = start('rtws', sio('sub', peer), {stdin: null});
       await sub.waitForLines(1);
       peer.io.disconnectSockets();
       assert.deepEqual([(await sub.waitExit()).code, sub.stderr], [0, '']);
     });

test('Socket.IO by polling: both ways, bytes, a refusal, a lost session and the end', async () => {
  let pongs = 0;
  let left = false;
  let cut;
  const peer = await startSocketIo((io, {log}) => {
    cut = () => io.sockets.sockets.forEach((socket) => socket.conn.close(true));
    io.on('connection', (socket) => {
      log(socket.conn.transport.name);
      socket.conn.on('packet', ({type}) => {
        if (type !== 'pong') return;
        ++pongs;
        peer.changed();
      });
      socket.emit('hello', 'größe', Buffer.from([0, 255]));
      socket.on('ask', (...args) => socket.emit('answer', ...args));
      socket.on('leave', () => {
        left = true;
        socket.disconnect();
      });
      socket.on('message', (what) => log(what));
      socket.on('disconnect', (why) => log(why));
    });
    io.of('/closed').use((socket, next) => next(new Error('not you')));
  }, {pingInterval: 200, pingTimeout: 10_000, transports: ['polling']});
  const poll = (verb, args, name = 'socket.io') =>
      [verb, '--protocol', name, peer.at('/', 'http'), ...args];

  const pipe = start('rtpoll', poll('pipe', []));
  pipe.write('["ask", {"a": 1}]\n');
  await pipe.waitForLines(2);
  assert.deepEqual(pipe.lines(), ['["größe","AP8="]', '{"a":1}']);
  // A session that is gone is begun anew.
  cut();
  await pipe.waitForLines(3);
  // That the last message was taken is said after the goodbye has come.
  const late = (request, response) => {
    if (request.method !== 'POST') return;
    const {end} = response;
    response.end = (...args) => {
      if (!left) return end.apply(response, args);
      peer.http.off('request', late);
      return setTimeout(() => end.apply(response, args), 200);
    };
  };
  peer.http.prependListener('request', late);
  pipe.write('["leave"]\n');
  assert.equal((await pipe.waitExit()).code, 0, pipe.detail());
  assert.equal(peer.entries.filter((entry) => entry === 'polling').length, 2);

  const lines = Array.from({length: 3000}, (_, i) => `line ${i} ${'x'.repeat(i % 100)}`);
  peer.entries.length = 0;
  const pub = await run('rtpoll', poll('pub', []), {input: `${lines.join('\n')}\n`});
  assert.deepEqual([pub.code, pub.stderr], [0, '']);
  await peer.waitForEntries(lines.length + 2);
  assert.deepEqual(peer.entries, ['polling', ...lines, 'client namespace disconnect']);

  const closed = await run('rtpoll', poll('sub', ['--retry', '--join', '{}'], 'socket.io:/closed'));
  assert.deepEqual(
      [closed.code, closed.stderr],
      [5, `rtpoll: ${peer.at('/', 'http')}: the server refused: not you\n`]);
  // With a stdin that brings nothing it is kept by its pings.
  peer.entries.length = 0;
  const slow = start('rtpoll', poll('pub', []));
  slow.write('first\n');
  await peer.waitForEntries(2);
  const before = pongs;
  await peer.until(() => pongs >= before + 3, 'pongs');
  assert.deepEqual(peer.entries, ['polling', 'first']);
  slow.endStdin();
  assert.equal((await slow.waitExit()).code, 0);
  const other = await run('rtpoll', ['sub', '--protocol', 'phoenix:x', peer.at('/', 'http')]);
  assert.deepEqual([other.code, /only Socket\.IO/.test(other.stderr)], [2, true]);
});

test('Socket.IO by polling: what is no Engine.IO', async () => {
  for (const [status, body, code, said] of [
         [200, 'hello', 6, /no opening of Engine\.IO: hello/],
         [200, '0{"sid":"x"}\x1ebno base64', 6, /no base64/],
         [200, '0{"sid":"x"}\x1e9', 6, /no packet of Engine\.IO/],
         [400, '{"code":0,"message":"Transport unknown"}', 1, /400/],
         [401, 'who?', 5, /401/],
       ]) {
    const peer = await HttpPeer.start((request, response) => {
      response.writeHead(status, {'Content-Type': 'text/plain'}).end(body);
    });
    const result = await run('rtpoll', ['sub', '--protocol', 'socket.io', peer.at('/')]);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, said);
  }
});

test('a server that does not let us join is given up in time', async () => {
  const silent = await WsPeer.start();
  const ws = await run('rtws', ['sub', '--protocol', 'phoenix:a', silent.at(), '--connect-timeout',
                                '300ms']);
  assert.deepEqual([ws.code, /let us join within 0\.3 s/.test(ws.stderr)], [3, true], ws.stderr);
  const http = await HttpPeer.start((request, response) => {
    if (request.method === 'GET' && !request.url.includes('sid='))
      response.end('0{"sid":"x","pingInterval":60000,"pingTimeout":60000}');
    else if (request.method === 'POST') response.end('ok');
  });
  const poll = await run('rtpoll', ['sub', '--protocol', 'socket.io', http.at('/'),
                                    '--connect-timeout', '300ms']);
  assert.deepEqual([poll.code, /let us join within 0\.3 s/.test(poll.stderr)], [3, true], poll.stderr);
});

test('Socket.IO: a server that goes silent is gone; one that speaks something else is told', async () => {
  const opening = '0{"sid":"s","upgrades":[],"pingInterval":600,"pingTimeout":400,"maxPayload":9}';
  const silent = await WsPeer.start((socket) => {
    socket.send(opening);
    socket.on('message', () => socket.send('40{"sid":"x"}'));
  });
  const gone = await run('rtws', ['sub', '--protocol', 'socket.io', '--no-reconnect', silent.at()]);
  assert.equal(gone.code, 8);
  assert.match(gone.stderr, /the server has given no sign of life for 1(\.\d)? s/);
  for (const [first, second, said] of [
         ['hello', '', /no opening of Engine\.IO: hello/],
         [opening, '40', /Socket\.IO 2, not 3 or later/],
         [opening, '42{"a":1}', /no event of Socket\.IO/],
         [opening, '42["a"', /no event of Socket\.IO/],
         [opening, '451-["a"', /no attachment/],
         [opening, '4999-["a"]', /no packet/],
       ]) {
    const peer = await WsPeer.start((socket) => {
      socket.send(first);
      socket.on('message', () => {
        socket.send(second);
        socket.send('42["x"]');
      });
    });
    const result = await run('rtws', ['sub', '--protocol', 'socket.io', peer.at()]);
    assert.equal(result.code, 6, `${second}: ${result.stderr}`);
    assert.match(result.stderr, said);
  }
});

test('Socket.IO that is met without --protocol is told by its name', async () => {
  const peer = await startSocketIo((io) => io.on('connection', (socket) => socket.emit('x', 1)));
  const kHint = /this looks like Socket\.IO: (rtws )?--protocol socket\.io/g;
  const hints = (text) => (text.match(kHint) ?? []).length;
  const greeted = await run('rtws', ['sub', '-n', '1', peer.at('/socket.io/?EIO=4&transport=websocket')]);
  assert.deepEqual([greeted.code, hints(greeted.stderr)], [0, 1], greeted.stderr);
  assert.match(greeted.stdout, /^0{"sid"/);
  // Whoever says something by itself knows whom it talks to.
  const knows = await run('rtws', ['sub', '-n', '1', '--answer', '/^2$/=3',
                                   peer.at('/socket.io/?EIO=4&transport=websocket')]);
  assert.equal(hints(knows.stderr), 0, knows.stderr);
  for (const [program, scheme, target] of [['rtws', 'ws', '/socket.io/'], ['rtpoll', 'http', '/socket.io/'],
                                           ['rtsse', 'http', '/socket.io/'],
                                           ['rtpoll', 'http', '/socket.io/?EIO=9&transport=polling']]) {
    const result = await run(program, ['sub', '--timeout', '20s', peer.at(target, scheme)]);
    assert.equal(hints(result.stderr), 1, `${program}: ${result.stderr}`);
    assert.notEqual(result.code, 0);
  }
});

test('--protocol: usage', async () => {
  for (const [args, said] of [
         [['--protocol', 'nonsense'], /must be socket\.io\[:\/NAMESPACE\], graphql-ws/],
         [['--protocol', '5'], /of MQTT: rtmqtt/],
         [['--protocol', 'socket.io:chat'], /a namespace begins with \//],
         [['--protocol', 'phoenix'], /needs a topic/],
         [['--protocol', 'stomp'], /needs a destination/],
         [['--protocol', 'graphql-ws'], /--send QUERY/],
         [['--protocol', 'socket.io', '--hub'], /--hub exclude/],
         [['--join', '{}'], /--protocol/],
         [['--ack'], /--ack.*--protocol/],
         [['--protocol', 'phoenix:t', '--ack'], /--ack is for --protocol socket\.io and stomp/],
       ]) {
    const result = await run('rtws', ['sub', 'ws://127.0.0.1:1/', ...args]);
    assert.equal(result.code, 2, args.join(' '));
    assert.match(result.stderr, said);
  }
  const event = await run('rtws', ['pub', 'ws://127.0.0.1:1/', '--event', 'x', 'y']);
  assert.deepEqual([event.code, /--event needs --protocol/.test(event.stderr)], [2, true]);
  const mqtt = await run('rtmqtt', ['sub', 'mqtt://127.0.0.1:1/x', '--protocol', 'socket.io']);
  assert.deepEqual([mqtt.code, /must be 3\.1\.1 or 5/.test(mqtt.stderr)], [2, true]);
  // Meant for another program.
  const other = await run('rtws', ['sub', 'ws://127.0.0.1:1/'], {env: {RT_PROTOCOL: '5'}});
  assert.equal(other.code, 3, other.stderr);
});

// --- GraphQL ---------------------------------------------------------------------------------

const kSchema = `
  type Query { hello: String }
  type Mutation { add(n: Int!): Int }
  type Subscription { count(to: Int!): Int  forever: String }
`;

function graphqlRoots() {
  let sum = 0;
  return {
    query: {hello: () => 'world'},
    mutation: {add: ({n}) => (sum += n)},
    subscription: {
      count: async function*({to}) {
        for (let i = 1; i <= to; ++i) yield {count: i};
      },
      forever: async function*() {
        yield {forever: 'first'};
        await new Promise(() => {});
      },
    },
  };
}

const gql = (verb, peer, args = []) => [verb, '--protocol', 'graphql-ws', peer.url, ...args];

test('GraphQL: a subscription to its end, with variables and from a file', async () => {
  const peer = await startGraphql(kSchema, graphqlRoots());
  const sub = await run('rtws', gql('sub', peer, ['--send', 'subscription { count(to: 3) }']));
  assert.deepEqual([sub.code, sub.stderr], [0, '']);
  assert.deepEqual(envelopes(sub.lines), [1, 2, 3].map((count) => ({data: {count}})));
  const variables = JSON.stringify(
      {query: 'subscription C($to: Int!) { count(to: $to) }', variables: {to: 2}});
  const picked = await run('rtws', gql('sub', peer, ['--send', variables, '--select', '/data/count']));
  assert.deepEqual([picked.code, picked.stdout], [0, '1\n2\n']);
  const path = file('# two lines\nquery {\n  hello\n}\n');
  const query = await run('rtws', gql('sub', peer, ['--send', `@${path}`]));
  assert.deepEqual([query.code, query.stdout], [0, '{"data":{"hello":"world"}}\n']);
});

test('GraphQL: operations in pub and pipe are complete before the end', async () => {
  const peer = await startGraphql(kSchema, graphqlRoots());
  const pub = await run('rtws', gql('pub', peer), {
    input: 'mutation { add(n: 2) }\n\nmutation { add(n: 3) }\n'.replace('\n\n', '\n'),
  });
  assert.deepEqual([pub.code, pub.stderr], [0, '']);
  const pipe = await run('rtws', gql('pipe', peer), {
    input: 'mutation { add(n: 5) }\n{ hello }\nsubscription { count(to: 1) }\n',
  });
  assert.deepEqual([pipe.code, pipe.stderr], [0, '']);
  assert.deepEqual(
      pipe.lines.sort(),
      ['{"data":{"add":10}}', '{"data":{"count":1}}', '{"data":{"hello":"world"}}']);
});

test('GraphQL: what is refused is told', async () => {
  const peer = await startGraphql(kSchema, graphqlRoots(), {
    onConnect: ({connectionParams}) => connectionParams?.token !== 'wrong',
  });
  const query = await run('rtws', gql('sub', peer, ['--retry', '--send', '{ nothing }']));
  assert.equal(query.code, 1);
  assert.match(query.stderr, /refused the operation: Cannot query field "nothing"/);
  const wrong = await run('rtws', gql('sub', peer, ['--retry', '--send', '{ hello }', '--join',
                                                    '{"token":"wrong"}']));
  assert.deepEqual(
      [wrong.code, wrong.stderr], [5, `rtws: ${peer.url}: the server refused: 4403 Forbidden\n`]);
  const empty = await run('rtws', gql('pub', peer, ['{"variables":{}}']));
  assert.deepEqual([empty.code, /needs "query"/.test(empty.stderr)], [2, true]);
});

test('GraphQL that is met without --protocol is told by its name', async () => {
  const peer = await startGraphql(kSchema, graphqlRoots());
  const sub = await run('rtws', ['sub', peer.url]);
  assert.equal(sub.code, 8, sub.stderr);
  assert.match(sub.stderr, /4406 \(Subprotocol not acceptable\) \(this looks like GraphQL: --protocol graphql-ws/);
});

test('GraphQL: a lost connection asks again', async () => {
  const peer = await startGraphql(kSchema, graphqlRoots());
  const sub = start('rtws', gql('sub', peer, ['--send', 'subscription { forever }']), {stdin: null});
  await sub.waitForLines(1);
  peer.sockets[0].terminate();
  await sub.waitForLines(2);
  assert.equal(peer.sockets.length, 2);
  const pipe = start('rtws', gql('pipe', peer));
  pipe.write('subscription { forever }\n');
  await pipe.waitForLines(1);
  peer.sockets[2].terminate();
  await pipe.waitForLines(2);
});

// --- Phoenix ---------------------------------------------------------------------------------

const lobby = {
  'room:lobby': {
    join: (params) => params.token === 'wrong' ? {reason: 'unauthorized'} : {response: {}},
    push: (channel, event, payload, reply) => {
      if (event === 'shout') channel.push('shout', payload);
      if (event === 'ask') reply('ok', {answer: 42});
      if (event === 'bytes') channel.pushBytes('bytes', Buffer.from([0, 255]));
      if (event === 'crash') channel.crash();
      if (event === 'close') channel.close();
    },
  },
};

const phx = (verb, peer, args = [], topic = 'room:lobby') =>
    [verb, '--protocol', `phoenix:${topic}`, peer.at(), ...args];

test('Phoenix: says what its own client says', async () => {
  const peer = await startPhoenix(lobby);
  const socket = new phoenix.Socket(peer.at(), {transport: WebSocket, timeout: 20_000});
  socket.connect();
  defer(() => socket.disconnect());
  const channel = socket.channel('room:lobby', {name: 'n'});
  const asked = (push) => new Promise((resolve, reject) => {
    push.receive('ok', resolve).receive('error', reject).receive('timeout', reject);
  });
  const shouted = new Promise((resolve) => channel.on('shout', resolve));
  await asked(channel.join());
  channel.push('shout', {text: 'x'});
  assert.deepEqual(await shouted, {text: 'x'});
  assert.deepEqual(await asked(channel.push('ask', {})), {answer: 42});
  const theirs = await peer.waitForFrames(3);

  const other = await startPhoenix(lobby);
  const pipe = await run(
      'rtws', phx('pipe', other, ['--join', '{"name":"n"}', '--format', '%e %c %d', '-n', '2']),
      {input: '["shout", {"text": "x"}]\n["ask", {}]\n'});
  assert.deepEqual([pipe.code, pipe.stderr], [0, '']);
  // The refs are anybody's own; that of the join is also the join's own.
  const shape = ([join, ref, ...rest]) => [join === ref, ...rest];
  assert.deepEqual(other.frames.slice(0, 3).map(shape), theirs.slice(0, 3).map(shape));
  assert.equal(new URL(other.paths[0], 'ws://x').pathname, '/socket/websocket');
  assert.deepEqual(other.paths, peer.paths);
  assert.deepEqual(pipe.lines, [
    'shout /room:lobby {"text":"x"}',
    'phx_reply /room:lobby {"status":"ok","response":{"answer":42}}',
  ]);
});

test('Phoenix: events, bytes and what has no event', async () => {
  const peer = await startPhoenix(lobby);
  const pipe = start('rtws', phx('pipe', peer, ['--event', 'bytes', '--format', '%e %x', '--binary']));
  pipe.write('abc\n');
  await pipe.waitForLines(1);
  assert.deepEqual(pipe.lines(), ['bytes 00ff']);
  const [, push] = await peer.waitForFrames(2);
  assert.deepEqual([push[2], push[3], `${push[4]}`], ['room:lobby', 'bytes', 'abc']);
  const none = await run('rtws', phx('pub', peer, ['hello']));
  assert.equal(none.code, 2);
  assert.match(none.stderr, /needs an event: --event NAME/);
});

test('Phoenix: refusals are 5, a crash joins again, a close ends with 0', async () => {
  const peer = await startPhoenix(lobby);
  const wrong = await run('rtws', phx('sub', peer, ['--retry', '--join', '{"token":"wrong"}']));
  assert.deepEqual(
      [wrong.code, wrong.stderr],
      [5, `rtws: ${peer.at()}: the server refused to join room:lobby: unauthorized\n`]);
  const unknown = await run('rtws', phx('sub', peer, [], 'room:none'));
  assert.deepEqual([unknown.code, /unmatched topic/.test(unknown.stderr)], [5, true]);
  const sub = start('rtws', phx('sub', peer), {stdin: null});
  await peer.until(() => peer.channels.length === 1, 'a channel');
  peer.channels[0].crash();
  await peer.until(() => peer.channels.length === 2, 'another one');
  peer.channels[1].push('news', 'x');
  await sub.waitForLine(/^x$/);
  peer.channels[1].close();
  assert.equal((await sub.waitExit()).code, 0);
  assert.match(sub.stderr, /the channel room:lobby has crashed; trying again/);
});

// --- STOMP -----------------------------------------------------------------------------------

if (!hasRabbit) {
  test('STOMP', () => {}, {notHere: 'no rabbitmq-server: scripts/setup --test installs it'});
} else {
  let broker;
  before(async () => {
    broker = await startRabbit({stomp: true});
  });
  const stomp = (verb, destination, args = []) =>
      [verb, '--protocol', `stomp:${destination}`, broker.url, ...args];

  test('STOMP: every message arrives, in order, with its type and headers', async () => {
    const lines = Array.from({length: 300}, (_, i) => `line ${i} größe`);
    const pub = await run('rtws', stomp('pub', '/queue/lines', ['-u', 'guest:guest']),
                          {input: `${lines.join('\n')}\n`});
    assert.deepEqual([pub.code, pub.stderr], [0, '']);
    const sub = await run('rtws', stomp('sub', '/queue/lines', ['-n', lines.length]));
    assert.deepEqual([sub.code, sub.stderr], [0, '']);
    assert.deepEqual(sub.lines, lines);

    // RabbitMQ sends all of it as text, so that bytes which are none would be a breach of RFC 6455.
    const envelope = {data: 'a\0b\n', content_type: 'a/b', properties: [['k:1', 'v\\w']]};
    const typed = await run('rtws', stomp('pub', '/queue/typed', ['--json']),
                            {input: `${JSON.stringify(envelope)}\n`});
    assert.deepEqual([typed.code, typed.stderr], [0, '']);
    const got = await run('rtws', stomp('sub', '/queue/typed', ['-J', '-n', '1']));
    assert.deepEqual([got.code, got.stderr], [0, '']);
    const [message] = envelopes(got.lines);
    assert.deepEqual([message.data, message.content_type, message.channel],
                     ['a\0b\n', 'a/b', '/queue/typed']);
    assert.ok(JSON.stringify(message.properties).includes('k:1'), got.stdout);
    assert.ok(message.id);
  });

  test('STOMP: a topic is subscribed to; both ways', async () => {
    const pipe = start('rtws', stomp('pipe', '/topic/news'));
    pipe.write('one\ntwo\n');
    await pipe.waitForLines(2);
    assert.deepEqual(pipe.lines(), ['one', 'two']);
    pipe.endStdin();
    assert.equal((await pipe.waitExit()).code, 0, pipe.detail());
  });

  test('STOMP that is met without --protocol is told by its name', async () => {
    const pipe = await run('rtws', ['pipe', '--raw', '--text', '--linger', '20s', '-n', '1', broker.url],
                           {input: 'CONNECT\naccept-version:1.2\nhost:/\n\n\0'});
    assert.match(pipe.stderr, /this looks like STOMP: --protocol stomp:DESTINATION/);
  });

  test('STOMP --ack: what was not printed, or not dealt with, comes again', async () => {
    const pub = await run('rtws', stomp('pub', '/queue/acked'), {input: 'one\ntwo\nthree\n'});
    assert.equal(pub.code, 0, pub.stderr);
    const first = await run('rtws', stomp('sub', '/queue/acked', ['--ack', '-n', '1']));
    assert.deepEqual([first.code, first.stdout], [0, 'one\n'], first.stderr);
    // Killed while its command deals with it.
    const killed = start('rtws', stomp('sub', '/queue/acked',
                                       ['--ack', '--shell', '--exec', 'cat; echo; sleep 600 >&-']));
    await killed.waitForLine(/^two$/);
    killed.kill('SIGKILL');
    await killed.waitExit();
    const rest = await run('rtws', stomp('sub', '/queue/acked', ['--ack', '-n', '2', '--exec', 'cat']));
    assert.deepEqual([rest.code, rest.stdout], [0, 'twothree'], rest.stderr);
    const none = await run('rtws', stomp('sub', '/queue/acked', ['--ack', '--timeout', '1s', '-n', '1']));
    assert.deepEqual([none.code, none.stdout], [7, ''], none.stderr);
    const relay = await run('rtws', stomp('pub', '/queue/acked', ['four']));
    assert.equal(relay.code, 0, relay.stderr);
    const away = start('rtrelay', ['--protocol', 'stomp:/queue/acked', '--ack', broker.url, 'file:/dev/full']);
    assert.notEqual((await away.waitExit()).code, 0);
    const again = await run('rtws', stomp('sub', '/queue/acked', ['--ack', '-n', '1']));
    assert.equal(again.stdout, 'four\n');
  });

  test('STOMP: what the broker refuses is told', async () => {
    const login = await run('rtws', stomp('sub', '/queue/x', ['--retry', '-u', 'guest:wrong']));
    assert.equal(login.code, 5, login.stderr);
    assert.match(login.stderr, /the broker refused: Bad CONNECT/);
    const host = await run('rtws', stomp('sub', '/queue/x', ['--join', '{"host":"nowhere"}']));
    assert.equal(host.code, 5, host.stderr);
    for (const verb of ['sub', 'pub']) {
      const destination = await run('rtws', stomp(verb, '/nonsense/x', verb === 'pub' ? ['x'] : []));
      assert.equal(destination.code, 5, destination.stderr);
      assert.match(destination.stderr, /the broker refused: .*nonsense/);
    }
  });
}
