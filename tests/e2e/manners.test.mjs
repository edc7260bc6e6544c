// What the programs tell people who sit before a terminal, and what everybody is told.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {curl, publish} from './lib/curl.mjs';
import {eventually, kBin, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {Proxy} from './lib/net.mjs';
import {eventStream, HttpPeer, WsPeer} from './lib/peers.mjs';
import {onTerminal, quoted, screen} from './lib/terminal.mjs';

let hub;
before(async () => { hub = await serve('rtrelay', ['serve', '0']); });

const line = (program, ...args) => [`${kBin}/${program}`, ...args].map(quoted).join(' ');
const count = (text, pattern) => [...text.matchAll(pattern)].length;
const kWeb = [['rtsse', 'http'], ['rtpoll', 'http'], ['rtws', 'ws']];
const kQuick = ['--retry-max-delay', '100ms'];

async function shownUntil(script, pattern, options = {}) {
  const shown = onTerminal(`echo PID=$$; exec ${script}`, options);
  await shown.waitFor(() => pattern.test(shown.stdout), String(pattern));
  return shown;
}
async function end(shown) {
  process.kill(Number(/PID=(\d+)/.exec(shown.stdout)[1]), 'SIGTERM');
  await shown.waitExit();
  return screen(shown.stdout).slice(1).filter((text) => text !== '');
}

// --- connected -------------------------------------------------------------------------------
for (const [program, scheme] of kWeb) {
  test(`${program}: who watches is told once that it is connected`, async () => {
    const path = `/manners/connected-${program}`;
    const url = hub.at(path, scheme);
    const pace = program === 'rtpoll' ? ['--interval', '50ms'] : [];
    const shown = await shownUntil(line(program, 'sub', ...pace, url), /connected/);
    await publish(hub.at(path), 'one');
    await shown.waitFor(() => shown.stdout.includes('one'), 'the message');
    // On a slow machine it was quiet for long enough.
    const lines = (await end(shown)).filter((text) => !text.includes(': nothing'));
    assert.deepEqual(lines, [`${program}: ${url}: connected`, 'one']);

    const quiet = await shownUntil(line(program, 'sub', '-q', '--last', '1', '-n', '1', url), /one/);
    await quiet.waitExit();
    assert.doesNotMatch(quiet.stdout, /connected/);
    const piped = await run(program, ['sub', '--last', '1', '-n', '1', url]);
    assert.deepEqual([piped.stdout, piped.stderr], ['one\n', '']);
  });

  test(`${program}: a loss, each attempt, and the end of it`, async () => {
    const path = `/manners/lost-${program}`;
    const proxy = await Proxy.start(hub.port);
    const url = proxy.at(path, scheme);
    const words = ['sub', ...kQuick, ...(program === 'rtpoll' ? ['--interval', '50ms'] : []), '--last', '1', url];
    await publish(hub.at(path), 'before');
    const shown = await shownUntil(line(program, ...words), /before/);
    const piped = start(program, words);
    await piped.waitForLine(/before/);
    proxy.refuses = true;
    proxy.cut();
    await shown.waitFor(() => count(shown.stdout, /trying again/g) >= 3, 'attempts');
    await piped.waitForLine(/trying again/, 'stderr');
    proxy.refuses = false;
    await shown.waitFor(() => /connected again after \d+\.\d s/.test(shown.stdout), 'its end');
    await piped.waitForLine(/connected again after \d+\.\d s/, 'stderr');
    await publish(hub.at(path), 'after');
    await piped.waitForLine(/after/);
    await shown.waitFor(() => /after\r/.test(shown.stdout), 'the message');
    const lines = await end(shown);
    assert.equal(lines[0], `${program}: ${url}: connected`);
    assert.equal(count(lines.join('\n'), /connected again/g), 1);
    piped.kill();
    await piped.waitExit();
    // Who is told of the loss is told of its end, and not of each attempt.
    const told = piped.stderr.trimEnd().split('\n');
    assert.equal(told.length, 2, piped.stderr);
    assert.match(told[0], /; trying again in \d/);
    assert.match(told[1], /: connected again after \d+\.\d s$/);
  });
}

test('rtmqtt: connected, too', async () => {
  const broker = await startMosquitto({});
  const url = `mqtt://127.0.0.1:${broker.port}/manners`;
  const shown = await shownUntil(line('rtmqtt', 'sub', url), /connected/);
  assert.deepEqual(await end(shown), [`rtmqtt: ${url}: connected`]);
});

test('--retry: told of its failure, told when it stands', async () => {
  const proxy = await Proxy.start(hub.port);
  proxy.refuses = true;
  const sub = start('rtws', ['sub', '--retry', ...kQuick, proxy.at('/manners/retry', 'ws')]);
  await sub.waitForLine(/trying again/, 'stderr');
  proxy.refuses = false;
  await sub.waitForLine(/: connected after \d+\.\d s$/, 'stderr');
});

// --- nothing comes ---------------------------------------------------------------------------
for (const [program, scheme] of kWeb) {
  const asHub = program === 'rtws' ? ['--hub'] : [];
  test(`${program}: a channel that was misspelt`, async () => {
    const name = `random${program}`;
    const typo = `/rnadom${program}`;
    await publish(hub.at(`/${name}`), 'x');
    const url = hub.at(typo, scheme);
    const told = `${program}: nothing on ${typo} yet; there is /${name}`;
    for (const args of [[], asHub]) {
      const timed = await run(program, ['sub', ...args, '--timeout', '300ms', url]);
      assert.deepEqual([timed.code, timed.stdout, timed.stderr], [0, '', `${told}\n`]);
    }
    const quiet = await run(program, ['sub', '-q', '--timeout', '300ms', url]);
    assert.deepEqual([quiet.code, quiet.stderr], [0, '']);
    const missed = await run(program, ['sub', '--timeout', '300ms', '-n', '1', url]);
    assert.equal(missed.code, 7);
    assert.equal(missed.stderr.split('\n')[0], told);

    const shown = await shownUntil(line(program, 'sub', url), /nothing on/);
    assert.deepEqual(await end(shown), [`${program}: ${url}: connected`, told]);
    // Nothing is left behind.
    await eventually(async () => !(await curl(hub.at('/-/channels'))).text.includes(typo),
                     'the channel to go');
  });

  test(`${program}: nothing else to name, and what is there already`, async () => {
    const path = `/${program.repeat(3)}`;
    const url = hub.at(path, scheme);
    const timed = await run(program, ['sub', '--timeout', '300ms', url]);
    assert.deepEqual([timed.code, timed.stderr], [0, '']);
    const shown = await shownUntil(line(program, 'sub', url), /nothing on/);
    assert.deepEqual((await end(shown))[1], `${program}: nothing on ${path} yet`);
    if (program === 'rtpoll') return;
    await publish(hub.at(path), 'old');
    const again = await shownUntil(line(program, 'sub', url), /nothing new/);
    assert.equal((await end(again))[1],
                 `${program}: nothing new on ${path} yet; --last 1 shows what is there`);
  });
}

test('who may not have the list, or is at no hub, is told nothing', async () => {
  for (const [hubs, status] of [[true, 403], [true, 404], [true, 200], [false, 404]]) {
    const peer = await HttpPeer.start((request, response) => {
      if (!request.url.startsWith('/-/'))
        return eventStream(response, hubs ? {'RT-Next': '0123456789-0'} : {});
      response.writeHead(status, {'Content-Type': 'application/json'}).end('[{"channel": 7}');
    });
    const timed = await run('rtsse', ['sub', '--timeout', '300ms', peer.at('/rnadom')]);
    assert.deepEqual([timed.code, timed.stderr], [0, ''], String(status));
    assert.equal(peer.requests.length, hubs ? 2 : 1);
  }
});

test('a list that does not come is not waited for', async () => {
  const peer = await HttpPeer.start((request, response) => {
    if (!request.url.startsWith('/-/')) eventStream(response, {'RT-Next': '0123456789-0'});
  });
  const timed = await run('rtsse', ['sub', '--timeout', '300ms', peer.at('/rnadom')]);
  assert.deepEqual([timed.code, timed.stderr], [0, '']);
});

// --- typing ----------------------------------------------------------------------------------
test('who types is told what to type', async () => {
  const peer = await WsPeer.start();
  const ws = peer.at('/', 'ws');
  const rows = [
    [['rtws', 'pub', ws], 'each line is a message; Ctrl-D ends, /help tells more'],
    [['rtws', 'pipe', '--json-values', ws], 'each JSON value is a message; Ctrl-D ends'],
    [['rtws', 'pub', '--raw', '--whole', ws], 'all up to Ctrl-D is one message'],
    [['rtsse', 'pub', hub.at('/manners/typed')], 'each line is a message; Ctrl-D ends'],
    [['rtpoll', 'pub', '--json', hub.at('/manners/typed')],
     'each line is a message as a JSON envelope; Ctrl-D ends'],
    [['rtrelay', '-', hub.at('/manners/typed')], 'each line is a message; Ctrl-D ends'],
  ];
  for (const [[program, ...args], text] of rows) {
    const shown = await shownUntil(line(program, ...args), /Ctrl-D/);
    const lines = await end(shown);
    assert.ok(lines.includes(`${program}: ${text}`), lines.join('|'));
  }
  // Who does not type is not told.
  const piped = onTerminal(`echo a | ${line('rtws', 'pub', ws)}; ${line('rtws', 'pub', ws, 'b')}`);
  await piped.waitExit();
  assert.equal(piped.stdout, '');
});

for (const verb of ['pub', 'pipe']) {
  test(`rtws ${verb}: commands are typed, messages that look like them are doubled`, async () => {
    const peer = await WsPeer.start();
    const shown = await shownUntil(line('rtws', verb, peer.at('/')), /tells more/, {stdin: 'pipe'});
    for (const text of ['one', '//ping', '/nonsense', '/help']) shown.write(`${text}\n`);
    await shown.waitFor(() => /\/ping: how long/.test(shown.stdout), 'the help');
    assert.match(shown.stdout, /rtws: \/nonsense is no command \(\/help\); to send it write \/\/nonsense\r/);
    shown.write('/ping\n');
    await shown.waitFor(() => /rtws: the server answered after \d+ ms\r/.test(shown.stdout), 'the pong');
    shown.write('two\n/close 4007\nthree\n');
    const [client] = peer.clients;
    await peer.until(() => client.closed, 'the close');
    await shown.waitExit();
    assert.deepEqual(client.messages.map((message) => message.text), ['one', '/ping', 'two']);
    assert.equal(client.closed.code, 4007);
  });
}

test('rtws: what does not come from a terminal has no commands in it', async () => {
  const peer = await WsPeer.start();
  const sent = await run('rtws', ['pub', peer.at('/')], {input: '/close\n//x\n'});
  assert.deepEqual([sent.code, sent.stderr], [0, '']);
  await peer.waitClosed();
  assert.deepEqual(peer.clients[0].messages.map((message) => message.text), ['/close', '//x']);
});
