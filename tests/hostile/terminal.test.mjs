// What strangers write reaches a terminal as text: no title, no cleared screen, no clipboard. To a
// pipe or a file it goes as it is.
import {sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {startMosquitto} from '../e2e/lib/mosquitto.mjs';
import {onTerminal, quoted} from '../e2e/lib/terminal.mjs';
import {kBin} from '../e2e/lib/harness.mjs';
import {pause, run, startHub, test, until} from './lib/hub.mjs';
import {mqttClient, startMosquittoHub} from './lib/mqtt.mjs';
import {post, postEnvelopes} from './lib/raw_http.mjs';
import {httpStranger, wsStranger} from './lib/strangers.mjs';
import {frame} from './lib/raw_ws.mjs';

const kControls = [
  ['a title', '\x1b]0;owned\x07', '\\x1b]0;owned\\x07'],
  ['a clipboard', '\x1b]52;c;aGVsbG8=\x07', '\\x1b]52;c;aGVsbG8=\\x07'],
  ['a cleared screen', '\x1b[2J\x1b[H', '\\x1b[2J\\x1b[H'],
  ['a carriage return', 'over\rwritten', 'over\\x0dwritten'],
  ['backspaces', 'abc\b\b\b', 'abc\\x08\\x08\\x08'],
  ['DEL and NUL', 'a\x7fb\0c', 'a\\x7fb\\x00c'],
  ['a bell', 'ring\x07', 'ring\\x07'],
];
// The same in eight bits: U+009B begins a sequence in some terminals.
const kEight = '\u009b31m';

// Nothing of what the terminal got is a control but its own line ends.
function assertTame(shown, what) {
  const bad = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\r(?!\r?\n)/.exec(shown);
  assert.equal(bad, null, `${what}: the terminal got ${JSON.stringify(shown.slice(0, 300))}`);
}

const command = (program, args) => [`${kBin}/${program}`, ...args].map(quoted).join(' ');
const kPrograms = [
  ['rtws', (port, path) => ['sub', '--hub', '--last', '1', '-n', '1', `ws://127.0.0.1:${port}${path}`]],
  ['rtsse', (port, path) => ['sub', '--last', '1', '-n', '1', `http://127.0.0.1:${port}${path}`]],
  ['rtpoll', (port, path) => ['sub', '--last', '1', '-n', '1', `http://127.0.0.1:${port}${path}`]],
  ['rtrelay', (port, path) => ['-n', '1', '--last', '1', `sse+http://127.0.0.1:${port}${path}`, '-']],
];
for (const [program, args] of kPrograms) {
  test(`${program} on a terminal shows controls as text`, async () => {
    const hub = await startHub();
    await Promise.all([...kControls, ['eight bits', kEight, '']].map(async ([what, payload, written], i) => {
      const path = `/t${i}`;
      await post(hub.port, path, payload, {'Content-Type': 'text/plain'});
      const shown = onTerminal(command(program, args(hub.port, path)));
      await shown.waitExit({ms: 15_000});
      assertTame(shown.stdout, `${program}, ${what}`);
      if (written !== '') assert.ok(shown.text().toLowerCase().includes(written.toLowerCase()), `${what}: ${JSON.stringify(shown.text())}`);
    }));
  });
}

test('rtmqtt on a terminal, with topics and formats', async () => {
  const broker = await startMosquitto();
  const client = await mqttClient(broker.port);
  client.publish('t/x', '\x1b]0;owned\x07', {retain: true, qos: 1});
  await client.settle();
  for (const extra of [[], ['-F', '%c %d'], ['-v']]) {
    const shown = onTerminal(command('rtmqtt', ['sub', '-n', '1', ...extra, broker.at('t/#')]));
    await shown.waitExit({ms: 15_000});
    assertTame(shown.stdout, `rtmqtt sub ${extra}`);
  }
});

test('events and types of a stranger in a format', async () => {
  const server = await httpStranger((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: \x1b[2Jx\nid: \x1b]0;t\x07\ndata: d\n\n');
  });
  const shown = onTerminal(command('rtsse', ['sub', '-n', '1', '-F', '%e %i %d', server.at('http')]));
  await shown.waitExit({ms: 15_000});
  assertTame(shown.stdout, 'rtsse -F');
});

test('what is told on a terminal of a stranger\'s answers', async () => {
  const server = await httpStranger((socket) => socket.end(
      'HTTP/1.1 404 \x1b[2JNot\r\nContent-Type: application/problem+json\r\nServer: \x1b]0;t\x07\r\nContent-Length: 42\r\n\r\n{"title":"\\u001b]0;owned\\u0007","detail":"\x1b[2J"}'));
  for (const [program, verb] of [['rtsse', 'sub'], ['rtpoll', 'sub'], ['rtpoll', 'pub'], ['rtws', 'sub']]) {
    const scheme = program === 'rtws' ? 'ws' : 'http';
    for (const extra of [[], ['-v']]) {
      const shown = onTerminal(command(program, [verb, ...extra, server.at(scheme), ...(verb === 'pub' ? ['m'] : [])]));
      await shown.waitExit({ms: 15_000});
      assertTame(shown.stdout, `${program} ${verb} ${extra}`);
    }
  }
});

test('--escape none and --raw let them through, and so do pipes', async () => {
  const hub = await startHub();
  const payload = '\x1b[31mred\x1b[0m';
  await post(hub.port, '/t', payload);
  const url = `http://127.0.0.1:${hub.port}/t`;
  for (const extra of [['--escape', 'none'], ['--raw']]) {
    const shown = onTerminal(command('rtsse', ['sub', '--last', '1', '-n', '1', ...extra, url]));
    await shown.waitExit({ms: 15_000});
    assert.ok(shown.stdout.includes(payload), `${extra}: ${JSON.stringify(shown.stdout)}`);
  }
  const piped = await run('rtsse', ['sub', '--last', '1', '-n', '1', url]);
  assert.equal(piped.stdout, `${payload}\n`);
});

test('serve on a terminal: what clients publish', async () => {
  const shown = onTerminal(`${command('rtws', ['serve', '0/t'])} </dev/null`);
  const port = await until(() => /listening ws:\S+:(\d+)\//.exec(shown.text())?.[1]);
  const match = /listening ws:\S+:(\d+)\//.exec(shown.text());
  assert.ok(port && match);
  await post(Number(match[1]), '/t', '\x1b]0;owned\x07end');
  await until(() => shown.text().includes('end'), 5000);
  assertTame(shown.stdout, 'rtws serve');
});
