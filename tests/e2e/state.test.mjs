// --state FILE: a run goes on where the one before it ended, killed or not.
import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {publishAll} from './lib/curl.mjs';
import {defer, eventually, run, serve, start, test} from './lib/harness.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

function stateFile() {
  const directory = mkdtempSync(join(tmpdir(), 'rt-state-'));
  defer(() => rmSync(directory, {recursive: true}));
  return join(directory, 'state');
}

// The id in the file; 0: there is none.
const noted = (state) =>
  Number(existsSync(state) ? /^id (.*)$/m.exec(readFileSync(state, 'utf8'))?.[1] ?? 0 : 0);

// Events numbered from after the last id on, `at_once` of them in each write.
const counting = (at_once = 1, most = Infinity) => HttpPeer.start(async (request, response) => {
  const write = eventStream(response);
  let n = Number(request.headers['last-event-id'] ?? 0);
  while (!response.destroyed && !response.closed && n < most) {
    let text = '';
    for (let i = 0; i < at_once && n < most; ++i) text += `id: ${++n}\ndata: ${n}\n\n`;
    await write(text);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

test('rtsse: after the last event that was written', async () => {
  const state = stateFile();
  const peer = await counting();
  for (const expected of [['1', '2'], ['3', '4'], ['5', '6']]) {
    const {code, lines} = await run('rtsse', ['sub', peer.at('/e'), '--state', state, '-n', '2']);
    assert.deepEqual([code, lines], [0, expected]);
  }
  assert.deepEqual(peer.requests.map((r) => r.headers['last-event-id']), [undefined, '2', '4']);
  assert.equal(readFileSync(state, 'utf8'), `rtwire state 1\nurl ${peer.at('/e')}\nid 6\nend\n`);
  // Elsewhere than in the first run the file says it.
  await run('rtsse', ['sub', peer.at('/e'), '--state', state, '-n', '1', '--last-event-id', '1']);
  assert.equal(peer.requests.at(-1).headers['last-event-id'], '6');
});

for (const at_once of [1, 50, 2000]) {
  test(`rtsse: kill -9 at any time loses nothing, ${at_once} at a time`, async () => {
    const state = stateFile();
    const peer = await counting(at_once);
    let last = 0;
    for (let i = 0; i < 12; ++i) {
      const before = noted(state);
      const child = start('rtsse', ['sub', peer.at(), '--state', state]);
      await child.waitForLines(1 + i * 7);
      if (i % 2) await eventually(() => noted(state) > before, 'something to be noted');
      child.kill('SIGKILL');
      await child.waitExit();
      // What stdout got in one piece may end in the middle of a line.
      const text = child.stdout.slice(0, child.stdout.lastIndexOf('\n'));
      const numbers = text.split('\n').map(Number);
      assert.ok(numbers[0] <= last + 1, `${last} and then ${numbers[0]}`);
      numbers.forEach((n, k) => assert.equal(n, numbers[0] + k));
      assert.equal(numbers[0], before + 1);
      last = Math.max(last, numbers.at(-1));
      assert.ok(noted(state) <= last);
    }
    assert.ok(noted(state) > 0);
    // Left over of a write, at most.
    assert.ok(readdirSync(join(state, '..')).every((name) => ['state', 'state.new'].includes(name)));
    const {lines} = await run('rtsse', ['sub', peer.at(), '--state', state, '-n', '1']);
    assert.ok(Number(lines[0]) <= last + 1);
  });
}

test('rtsse --exec: not before the command has ended', async () => {
  const state = stateFile();
  const peer = await counting(1, 3);
  const command = 'read n; echo "got $n"; [ "$n" != 2 ] || sleep 1000';
  const child = start('rtsse', ['sub', peer.at(), '--state', state, '--shell', '--exec', command]);
  await child.waitForLines(2);
  await eventually(() => noted(state) === 1, 'the first to be noted');
  child.kill('SIGKILL');
  await child.waitExit();
  const again = await run('rtsse', ['sub', peer.at(), '--state', state, '-n', '1']);
  assert.deepEqual(again.lines, ['2']);
});

test('rtsse: what --where leaves out is done with', async () => {
  const state = stateFile();
  const peer = await counting(1, 5);
  const child = start('rtsse', ['sub', peer.at(), '--state', state, '--where', '=nothing']);
  await eventually(() => noted(state) === 5, 'the last to be noted');
  child.kill('SIGTERM');
  await child.waitExit();
  assert.equal(child.stdout, '');
});

test('a server without ids: said once', async () => {
  const peer = await HttpPeer.start((request, response) => eventStream(response)('data: a\n\ndata: b\n\n'));
  const {code, stderr} = await run('rtsse', ['sub', peer.at(), '--state', stateFile(), '-n', '2']);
  assert.deepEqual([code, stderr],
                   [0, `rtsse: ${peer.at()}: the server gives no ids: --state cannot go on from there\n`]);
});

for (const validator of ['ETag', 'Last-Modified', 'none']) {
  test(`rtpoll: a job of cron sees what is new, ${validator}`, async () => {
    const state = stateFile();
    let version = 1;
    const value = () => validator === 'ETag' ? `"v${version}"` : `Mon, 0${version} Jan 2024 00:00:00 GMT`;
    const peer = await HttpPeer.start((request, response) => {
      const known = request.headers[validator === 'ETag' ? 'if-none-match' : 'if-modified-since'];
      if (known === value()) return void response.writeHead(304).end();
      response.writeHead(200, validator === 'none' ? {} : {[validator]: value()});
      response.end(`version ${version}`);
    });
    const job = async () => (await run('rtpoll', ['sub', peer.at(), '--state', state, '--timeout', '400ms', '--interval', '10s'])).lines;
    assert.deepEqual(await job(), ['version 1']);
    assert.deepEqual(await job(), []);
    version = 2;
    assert.deepEqual(await job(), ['version 2']);
    assert.deepEqual(await job(), []);
  });
}

for (const [name, args] of [['the key', ['--item-key', '/id']], ['the whole of it', []]]) {
  test(`rtpoll --items: a job of cron sees each element once, by ${name}`, async () => {
    const state = stateFile();
    const title = 'a title that is longer than a digest of it would be';
    const posts = [{id: 1, title}, {id: 2, title}];
    const peer = await HttpPeer.start((request, response) => response.end(JSON.stringify({posts})));
    const job = async () => {
      const {code, lines} = await run('rtpoll', ['sub', peer.at('/'), '--items', '/posts', ...args,
        '--select', '/id', '--state', state, '--timeout', '400ms', '--interval', '10s']);
      assert.equal(code, 0);
      return lines;
    };
    assert.deepEqual(await job(), ['1', '2']);
    assert.deepEqual(await job(), []);
    posts.unshift({id: 3, title});
    posts.pop();
    assert.deepEqual(await job(), ['3']);
    // What was in a list of a run before is not new when it is there again.
    posts.push({id: 2, title}, {id: 4, title});
    assert.deepEqual(await job(), ['4']);
  });
}

test('rtpoll --cursor: a job of cron asks from where the last one ended', async () => {
  const state = stateFile();
  const updates = [5, 6].map((update_id) => ({update_id}));
  const peer = await HttpPeer.start((request, response) => {
    const offset = Number(new URL(request.url, 'http://x').searchParams.get('offset') ?? 0);
    const result = updates.filter(({update_id}) => update_id >= offset);
    response.end(JSON.stringify({ok: true, result}));
  });
  const job = async () => (await run('rtpoll', ['sub', peer.at('/getUpdates'), '--items', '/result',
    '--cursor', '/result/*/update_id+1', '--cursor-param', 'offset', '--select', '/update_id',
    '--state', state, '--timeout', '400ms', '--interval', '10s'])).lines;
  assert.deepEqual(await job(), ['5', '6']);
  updates.push({update_id: 7});
  assert.deepEqual(await job(), ['7']);
  assert.match(peer.requests.at(-1).url, /offset=[78]$/);
});

test('rtpoll and rtws at a hub: what was published between the runs', async () => {
  const hub = await serve('rtrelay', ['serve', '0']);
  await publishAll(hub.at('/p'), ['before']);
  for (const [program, args, url] of [['rtpoll', ['--interval', '50ms'], hub.at('/p')],
                                      ['rtsse', ['--last', '1'], hub.at('/p')],
                                      ['rtws', ['--hub', '--last', '1'], hub.at('/p').replace('http', 'ws')]]) {
    const state = stateFile();
    const first = await run(program, ['sub', url, '--state', state, ...args, '-n', '1']);
    assert.equal(first.code, 0, first.stderr);
    await publishAll(hub.at('/p'), ['a', 'b', 'c']);
    const second = await run(program, ['sub', url, '--state', state, ...args, '-n', '2']);
    assert.deepEqual([second.code, second.lines], [0, ['a', 'b']], program);
    await publishAll(hub.at('/p'), ['d']);
    const third = await run(program, ['sub', url, '--state', state, ...args, '-n', '2']);
    assert.deepEqual([third.code, third.lines], [0, ['c', 'd']], program);
  }
});

test('rtpoll at a hub: a run that saw nothing counts, too', async () => {
  const hub = await serve('rtrelay', ['serve', '0']);
  await publishAll(hub.at('/p'), ['x']);
  const state = stateFile();
  const poll = (...args) => run('rtpoll', ['sub', hub.at('/p'), '--state', state, '--interval', '50ms', ...args]);
  assert.deepEqual((await poll('--timeout', '300ms')).lines, ['x']);
  assert.deepEqual((await poll('--timeout', '300ms')).lines, []);
  await publishAll(hub.at('/p'), ['y', 'z']);
  assert.deepEqual((await poll('-n', '2')).lines, ['y', 'z']);
});

test('one run, one URL, one file', async () => {
  const state = stateFile();
  const peer = await counting();
  const child = start('rtsse', ['sub', peer.at('/e'), '--state', state]);
  await child.waitForLines(3);
  const busy = await run('rtsse', ['sub', peer.at('/e'), '--state', state]);
  assert.deepEqual([busy.code, busy.stderr], [1, `rtsse: --state ${state}: another run has it (one run, one file)\n`]);
  child.kill('SIGTERM');
  await child.waitExit();
  const other = await run('rtsse', ['sub', peer.at('/f'), '--state', state]);
  assert.deepEqual([other.code, other.stderr],
                   [2, `rtsse: --state ${state}: belongs to ${peer.at('/e')} (one URL, one file)\n`]);
  writeFileSync(state, 'my diary');
  const foreign = await run('rtsse', ['sub', peer.at('/e'), '--state', state]);
  assert.deepEqual([foreign.code, foreign.stderr],
                   [2, `rtsse: --state ${state}: is no state file, or is damaged (remove it to begin anew)\n`]);
  assert.equal(readFileSync(state, 'utf8'), 'my diary');
});

test('where it makes no sense it is refused, with what to do', async () => {
  const plain = await run('rtws', ['sub', 'ws://127.0.0.1:1/', '--state', stateFile()]);
  assert.deepEqual([plain.code, plain.stderr],
                   [2, 'rtws: --state needs --hub: other WebSockets cannot go on where one ended\n']);
  const mqtt = await run('rtmqtt', ['sub', 'mqtt://127.0.0.1:1/t', '--state', stateFile()]);
  assert.equal(mqtt.code, 2);
  assert.match(mqtt.stderr, /use --client-id ID and --session-expiry DURATION/);
});
