// --exec: a command for each message, against curl, mosquitto and Node's ws.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync}
    from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {curl, publish, publishAll} from './lib/curl.mjs';
import {eachPeer} from './lib/each_peer.mjs';
import {defer, eventually, kBin, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';

let hub;
let names = 0;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0', '--history', '5000']);
});

// A channel of its own with these messages in it.
async function channelWith(payloads) {
  const url = hub.at(`/exec-${++names}`);
  await publishAll(url, payloads);
  return url;
}

// A directory for what commands leave.
function place() {
  const directory = mkdtempSync(join(tmpdir(), 'rt-exec-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
  const at = (name) => join(directory, name);
  const read = (name) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '');
  return {at, read, lines: (name) => read(name).split('\n').slice(0, -1),
          env: {PLACE: directory}, names: () => readdirSync(directory)};
}

function isGone(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

// The processes that have this program as their parent.
function childrenOf(pid) {
  const {stdout} = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], {encoding: 'utf8'});
  return stdout.split('\n').map((line) => line.trim().split(/\s+/))
      .filter(([, parent]) => Number(parent) === pid);
}

// --- what a command gets ---------------------------------------------------------------------
test('the payload is its stdin, byte for byte, and its stdout is the program\'s', async () => {
  const url = await channelWith(['one', 'two words', 'grün']);
  const {code, stdout} = await run('rtsse', ['sub', url, '--since', '', '-n', 3, '--exec', 'cat']);
  assert.equal(code, 0);
  assert.equal(stdout, 'onetwo wordsgrün');
});

test('the environment says the rest, and nothing that an outer command was told', async () => {
  const url = hub.at(`/exec-${++names}`);
  const {body} = await curl(url, ['-X', 'PUT', '-H', 'Content-Type: text/csv', '-H',
                                  'RT-Event: tick', '--data-binary', 'a,b']);
  const {id} = JSON.parse(body);
  const {code, lines} = await run(
      'rtsse', ['sub', url, '--hub', '--since', '', '-n', 1, '--exec', 'env'],
      {env: {RTMSG_CONTENT_TYPE: 'old', RTMSG_QOS: '2'}});
  assert.equal(code, 0);
  const told = lines.filter((line) => line.startsWith('RTMSG_')).sort();
  const time = told.find((line) => line.startsWith('RTMSG_TIME='));
  assert.match(time, /^RTMSG_TIME=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.deepEqual(told.filter((line) => line !== time), [
    `RTMSG_CHANNEL=${new URL(url).pathname}`, 'RTMSG_CONTENT_TYPE=text/csv', 'RTMSG_EVENT=tick',
    `RTMSG_ID=${id}`, 'RTMSG_KIND=text', 'RTMSG_LENGTH=3', 'RTMSG_PROTO=sse', 'RTMSG_RETAIN=1',
  ].sort());
});

test('MQTT: QoS, topic and user properties; a peer\'s names never become variables', async () => {
  const broker = await startMosquitto();
  const sub = start('rtmqtt', ['sub', broker.at('a/+'), '--qos', 1, '-n', 1, '--exec', 'env', '-v'],
                    {stdin: null});
  await sub.waitForLine(/subscribed|SUBACK/i, 'stderr');
  const sent = await run('rtmqtt', ['pub', broker.at('a/b'), '--qos', 1, '--property', 'PATH=/evil',
                                    '--property', 'LD_PRELOAD=x', 'hello']);
  assert.equal(sent.code, 0);
  const {code} = await sub.waitExit();
  assert.equal(code, 0, sub.detail());
  const lines = sub.lines();
  assert.ok(lines.includes('RTMSG_QOS=1'));
  assert.ok(lines.includes('RTMSG_CHANNEL=/a/b'));
  assert.ok(lines.includes('RTMSG_PROPERTIES={"PATH":"/evil","LD_PRELOAD":"x"}'));
  assert.ok(lines.includes(`PATH=${process.env.PATH}`));
  assert.ok(!lines.some((line) => line.startsWith('LD_PRELOAD=')));
});

test('--json: the envelope and a newline', async () => {
  const url = await channelWith(['one', 'two']);
  const {code, lines} =
      await run('rtsse', ['sub', url, '--since', '', '-n', 2, '-J', '--exec', 'cat']);
  assert.equal(code, 0);
  assert.deepEqual(lines.map((line) => JSON.parse(line).data), ['one', 'two']);
});

eachPeer('binary frames of a WebSocket, longer than a pipe, and one who does not read', async ({WsPeer}) => {
  const bytes = Buffer.alloc(1 << 20, 7);
  const peer = await WsPeer.start((socket) => {
    socket.send(bytes);
    socket.send('text');
    socket.close(1000);
  });
  const there = place();
  const {code, lines, stderr} = await run(
      'rtws', ['sub', peer.at(), '--shell', '--exec', 'echo "$RTMSG_KIND $RTMSG_LENGTH $(wc -c)"'],
      {env: there.env});
  assert.equal(code, 0, stderr);
  assert.deepEqual(lines.map((line) => line.replace(/ +/g, ' ')),
                   ['binary 1048576 1048576', 'text 4 4']);
  const deaf = await run('rtws', ['sub', peer.at(), '--exec', 'true']);
  assert.deepEqual([deaf.code, deaf.stderr], [0, '']);
});

test('nothing is evaluated: neither CMD without --shell nor what a peer sends', async () => {
  const there = place();
  const evil = '$(touch "$PLACE/evil"); `touch "$PLACE/evil"`; \'"; touch "$PLACE/evil"; \n';
  const url = await channelWith([evil]);
  const plain = await run('rtsse', ['sub', url, '--since', '', '-n', 1, '--exec',
                                    'echo $(touch $PLACE/evil) `id` $HOME * ; x > $PLACE/evil'],
                          {env: there.env});
  assert.equal(plain.code, 0);
  assert.deepEqual(plain.lines, ['$(touch $PLACE/evil) `id` $HOME * ; x > $PLACE/evil']);
  const shell = await run('rtsse', ['sub', url, '--since', '', '-n', 1, '--shell', '--exec',
                                    'echo "$RTMSG_ID: $(cat)"; echo "$HOME" | wc -l'],
                          {env: there.env});
  assert.equal(shell.code, 0);
  assert.equal(shell.lines.at(-1).trim(), '1');
  assert.ok(shell.stdout.includes('$(touch "$PLACE/evil")'));
  assert.deepEqual(there.names(), []);
});

// --- order and number ------------------------------------------------------------------------
test('2,000 messages: in order, and no process or descriptor is left over', async () => {
  const count = 2000;
  const url = await channelWith(Array.from({length: count}, (_, i) => `${i}`));
  const sub = start('rtsse', ['sub', url, '--since', '', '-n', count + 1, '--shell', '--exec',
                              'cat; echo'], {stdin: null});
  await sub.waitForLines(count);
  assert.deepEqual(sub.lines(), Array.from({length: count}, (_, i) => `${i}`));
  // The process that watches over the commands is left, and no zombie.
  const left = await eventually(() => {
    const children = childrenOf(sub.child.pid);
    return children.length <= 1 ? children : undefined;
  }, 'the last command to be reaped');
  assert.deepEqual(left.map(([, , state]) => state.startsWith('Z')), [false]);
  if (existsSync(`/proc/${sub.child.pid}/fd`)) {
    const open = readdirSync(`/proc/${sub.child.pid}/fd`).length;
    assert.ok(open < 40, `${open} descriptors`);
  }
  await publish(url, 'last');
  assert.equal((await sub.waitExit()).code, 0);
});

test('--exec-jobs 4: four at a time and no more', async () => {
  const there = place();
  const url = await channelWith(['0', '1', '2', '3', '4', '5', '6', '7']);
  // Each waits until the test lets it go.
  const script = 'x=$(cat); : >"$PLACE/on-$x"; ' +
      'while ! test -e "$PLACE/go-$x"; do sleep 0.02; done; echo "$x"';
  const sub = start('rtsse', ['sub', url, '--since', '', '-n', 8, '--exec-jobs', 4, '--shell',
                              '--exec', script], {stdin: null, env: there.env});
  const on = () => there.names().filter((name) => name.startsWith('on-')).sort();
  await eventually(() => on().length === 4, 'four commands');
  writeFileSync(there.at('go-2'), '');
  await eventually(() => on().length === 5, 'a fifth');
  assert.deepEqual(on(), ['on-0', 'on-1', 'on-2', 'on-3', 'on-4']);
  assert.deepEqual(sub.lines(), ['2']);
  for (const name of '01345678') writeFileSync(there.at(`go-${name}`), '');
  assert.equal((await sub.waitExit()).code, 0);
  assert.deepEqual(sub.lines().sort(), ['0', '1', '2', '3', '4', '5', '6', '7']);
});

eachPeer('a slow command holds the source: the peer\'s socket fills', async ({WsPeer}) => {
  const there = place();
  let sent = 0;
  let pings = 0;
  const peer = await WsPeer.start((socket) => {
    socket.on('ping', () => {
      ++pings;
      peer.changed();
    });
    const more = () => {
      while (sent < 2000 && socket.bufferedAmount < 1 << 20) {
        socket.send(Buffer.alloc(64 << 10, 'x'));
        ++sent;
      }
      if (sent < 2000 && socket.readyState === socket.OPEN) setTimeout(more, 5);
    };
    more();
  });
  const sub = start('rtws', ['sub', peer.at(), '--keepalive', '100ms', '--shell', '--exec',
                             'echo x >>"$PLACE/log"; while ! test -e "$PLACE/go"; do sleep 0.02; done'],
                    {stdin: null, env: there.env});
  await eventually(() => there.lines('log').length === 1, 'the first command');
  // 125 MiB are offered; what two kernels and the program hold is far less.
  const seen = await eventually(async () => {
    const [now, before] = [sent, pings];
    await peer.until(() => pings >= before + 3, 'three more pings of the client');
    return now === sent ? now : undefined;
  }, 'the peer to be held');
  assert.ok(seen < 1000, `${seen} of 2000 were taken`);
  assert.equal(there.lines('log').length, 1);
  sub.kill();
  await sub.waitExit();
}, {needs: ['tellPingsWhileFull']});

// --- failures --------------------------------------------------------------------------------
test('a command that fails: told, counted, exit 1, and the others run', async () => {
  const url = await channelWith(['0', '3', '0', '9']);
  const {code, lines, stderr} = await run('rtsse', ['sub', url, '--since', '', '-n', 4, '--shell',
      '--exec', 'x=$(cat); echo "$x"; test "$x" = 9 && kill -KILL $$; exit "$x"']);
  assert.equal(code, 1);
  assert.deepEqual(lines, ['0', '3', '0', '9']);
  const told = stderr.split('\n').slice(0, -1);
  assert.equal(told.length, 3, stderr);
  assert.match(told[0], /^rtsse: --exec .*: exit status 3, message \S+-\d+ of \/exec-\d+$/);
  assert.match(told[1], /^rtsse: --exec .*: killed by SIGKILL, message \S+ of \/exec-\d+$/);
  assert.equal(told[2], `rtsse: ${url}: 2 of 4 commands failed`);
});

test('a program that is not there is exit 2, before anything is connected', async () => {
  const there = place();
  writeFileSync(there.at('no-rights'), '#!/bin/sh\n');
  chmodSync(there.at('no-rights'), 0o600);
  writeFileSync(there.at('no-interpreter'), '#!/nonexistent/sh\n');
  chmodSync(there.at('no-interpreter'), 0o755);
  // Nobody listens there: that would be exit 3.
  const url = `http://127.0.0.1:${await freePort()}/`;
  for (const [command, text] of [
    ['rt-no-such-program', 'cannot run rt-no-such-program: not found in PATH'],
    [there.at('nothing'), `cannot run ${there.at('nothing')}: No such file or directory`],
    [there.at('no-rights'), `cannot run ${there.at('no-rights')}: it is not executable ` +
        `(chmod +x ${there.at('no-rights')})`],
    [there.at('no-interpreter'), `cannot run ${there.at('no-interpreter')}: the interpreter that ` +
        'its first line names, /nonexistent/sh, is not there (install it, or correct the line)'],
    ['/', 'cannot run /: it is a directory (name a program)'],
  ]) {
    const {code, stderr} = await run('rtsse', ['sub', url, '--exec', `${command} x`]);
    assert.deepEqual([code, stderr], [2, `rtsse: ${text}\n`]);
  }
  const {code, stderr} = await run('rtsse', ['sub', url, '--exec', 'echo it\'s']);
  assert.equal(code, 2);
  assert.match(stderr, /^rtsse: --exec CMD: a ' is not closed/);
});

test('a script without #! is told for each message', async () => {
  const there = place();
  writeFileSync(there.at('script'), 'echo x\n');
  chmodSync(there.at('script'), 0o755);
  const url = await channelWith(['a', 'b']);
  const {code, stderr} =
      await run('rtsse', ['sub', url, '--since', '', '-n', 2, '--exec', there.at('script')]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot run \S+script: it is no program, and has no #! line \(begin it /);
  assert.match(stderr, / with #!\/bin\/sh or the like, or give --shell\), message/);
  assert.match(stderr, /2 of 2 commands failed/);
});

test('a closed stdout ends it quietly', async () => {
  const url = await channelWith(Array.from({length: 50}, (_, i) => `${i}`));
  const {code, stdout, stderr} = await run('sh', ['-c',
    `{ "$0" sub ${url} --since '' --exec-jobs 2 --shell --exec 'echo "$(cat)"'; echo "code $?" >&2; } | ` +
    'head -n 3', join(kBin, 'rtsse')]);
  assert.equal(code, 0);
  assert.equal(stdout.split('\n').length, 4);
  assert.equal(stderr, 'code 0\n');
});

// --- the end ---------------------------------------------------------------------------------
const kLasting = 'sleep 300 & echo "$$ $!" >>"$PLACE/pids"; cat >/dev/null; wait';

async function twoLasting(there, more = []) {
  const url = await channelWith(['a', 'b', 'c']);
  const sub = start('rtsse', ['sub', url, '--since', '', '--exec-jobs', 2, '--shell', '--exec',
                              kLasting, ...more], {stdin: null, env: there.env});
  const pids = await eventually(() => {
    const lines = there.lines('pids');
    return lines.length === 2 ? lines.join(' ').split(' ').map(Number) : undefined;
  }, 'two commands');
  return {sub, pids};
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} ends the commands, too, and then the program by the signal`, async () => {
    const there = place();
    const {sub, pids} = await twoLasting(there);
    sub.kill(signal);
    const ended = await sub.waitExit();
    assert.equal(ended.signal, signal, sub.detail());
    assert.match(sub.stderr, /told to end before the commands of 3 messages had ended/);
    await eventually(() => pids.every(isGone), 'the commands to be gone');
  });
}

test('--timeout ends the commands, too', async () => {
  const there = place();
  const {sub, pids} = await twoLasting(there, ['--timeout', '3s']);
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  await eventually(() => pids.every(isGone), 'the commands to be gone');
});

test('SIGTERM while the last commands are waited for', async () => {
  const there = place();
  const {sub, pids} = await twoLasting(there, ['-n', '2']);
  sub.kill('SIGTERM');
  await sub.waitExit();
  await eventually(() => pids.every(isGone), 'the commands to be gone');
});

test('SIGKILL of the program leaves no command behind', async () => {
  const there = place();
  const {sub, pids} = await twoLasting(there);
  sub.kill('SIGKILL');
  await sub.waitExit();
  await eventually(() => pids.every(isGone), 'the commands to be gone');
});

eachPeer('at the end of the stream the commands are waited for', async ({WsPeer}) => {
  const there = place();
  const peer = await WsPeer.start((socket) => {
    socket.send('a');
    socket.send('b');
    socket.close(1000);
  });
  // One write a command: what two of them say may come in between each other's writes.
  const sub = start('rtws', ['sub', peer.at(), '--exec-jobs', 2, '--shell', '--exec',
                             'while ! test -e "$PLACE/go"; do sleep 0.02; done; echo "$(cat)"'],
                    {stdin: null, env: there.env});
  await peer.until(() => peer.clients[0]?.closed, 'the end of the stream');
  writeFileSync(there.at('go'), '');
  assert.equal((await sub.waitExit()).code, 0);
  assert.deepEqual(sub.lines().sort(), ['a', 'b']);
});

test('QoS 1: a message is acknowledged when its command has ended, and comes again after SIGKILL',
     async () => {
  const there = place();
  const broker = await startMosquitto();
  const session = ['--qos', 1, '--client-id', 'exec', '--session-expiry', '1h'];
  const script = 'x=$(cat); echo "$x" >>"$PLACE/log"; ' +
      'while test "$x" = 3 && ! test -e "$PLACE/go"; do sleep 0.02; done';
  const begin = (more) => start('rtmqtt', ['sub', broker.at('q'), ...session, '--shell', '--exec',
                                           script, ...more], {stdin: null, env: there.env});
  const first = begin(['-v']);
  await first.waitForLine(/subscribed|SUBACK/i, 'stderr');
  const sent = await run('rtmqtt', ['pub', broker.at('q'), '--qos', 1],
                         {input: '1\n2\n3\n4\n5\n'});
  assert.equal(sent.code, 0);
  await eventually(() => there.lines('log').length === 3, 'the third command');
  first.kill('SIGKILL');
  await first.waitExit();
  writeFileSync(there.at('go'), '');
  const second = begin(['-n', '3']);
  assert.equal((await second.waitExit()).code, 0, second.detail());
  assert.deepEqual(there.lines('log'), ['1', '2', '3', '3', '4', '5']);
  // All of it is acknowledged now.
  const third = await run('rtmqtt', ['sub', broker.at('q'), ...session, '--timeout', '1s']);
  assert.deepEqual(third.lines, []);
});

eachPeer('rtpoll and pipe: stdin goes out, what arrives is for the command', async ({WsPeer}) => {
  const url = await channelWith(['a', 'b']);
  const polled = await run('rtpoll', ['sub', url, '--since', '', '-n', 2, '--exec',
                                      'sh -c \'echo "$RTMSG_PROTO:$(cat)"\'']);
  assert.deepEqual([polled.code, polled.lines], [0, ['poll:a', 'poll:b']]);
  const echo = await WsPeer.start((socket) => {
    socket.on('message', (data) => socket.send(`echo ${data}`));
  });
  const piped = await run('rtws', ['pipe', echo.at(), '-n', 2, '--shell', '--exec', 'cat; echo'],
                          {input: 'one\ntwo\n'});
  assert.deepEqual([piped.code, piped.lines], [0, ['echo one', 'echo two']]);
});
