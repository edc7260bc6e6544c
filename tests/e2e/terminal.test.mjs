// What strangers send does not steer the terminal that it is shown on.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {publish} from './lib/curl.mjs';
import {kBin, run, serve, test} from './lib/harness.mjs';
import {onTerminal, quoted} from './lib/terminal.mjs';

// Title, clear screen, clipboard (OSC 52), and CSI as one character.
const kHostile = 'a\x1b]0;title\x07\x1b[2J\x1b]52;c;cm0=\x07\u009b31mz\tend';
const kShown = 'a\\x1B]0;title\\x07\\x1B[2J\\x1B]52;c;cm0=\\x07\\xC2\\x9B31mz';

let hub;
before(async () => { hub = await serve('rtrelay', ['serve', '0']); });

const programs = [
  ['rtsse', ['sub', '--last', '1'], 'http'],
  ['rtws', ['sub', '--last', '1'], 'ws'],
  ['rtpoll', ['sub', '--last', '1'], 'http'],
];

async function onScreen(words) {
  const script = `${words.map(quoted).join(' ')}; echo END=$?`;
  const shown = onTerminal(script);
  await shown.waitFor(() => shown.stdout.includes('END='), 'the end');
  await shown.waitExit();
  assert.match(shown.stdout, /END=0/);
  return shown.stdout;
}

for (const [program, args, scheme] of programs) {
  test(`${program}: controls are shown on a terminal, and pass untouched into a pipe`, async () => {
    const path = `terminal/${program}`;
    await publish(hub.at(`/${path}`), kHostile);
    const url = hub.at(`/${path}`).replace(/^http/, scheme);
    const words = [`${kBin}/${program}`, ...args, '-n', '1', url];
    const out = await onScreen(words);
    assert.ok(out.includes(kShown), JSON.stringify(out));
    assert.ok(!out.includes('\x1b]') && !out.includes('\u009b'), JSON.stringify(out));
    const json = await onScreen([...words, '--json']);
    assert.ok(json.includes('\\u001b[2J') && json.includes('\\u009b31m'), JSON.stringify(json));

    const piped = await run(program, words.slice(1));
    assert.equal(piped.stdout, `${kHostile}\n`);
    // Who asks for it has it as it is.
    const bare = await onScreen([...words, '--escape', 'none']);
    assert.ok(bare.includes('\x1b[2J'), JSON.stringify(bare));
  });
}

test('a relay\'s stdout is a terminal, too', async () => {
  await publish(hub.at('/terminal/relay'), kHostile);
  const out = await onScreen([`${kBin}/rtrelay`, '-q', '-n', '1',
                              `sse+${hub.at('/terminal/relay')}?since=`, '-']);
  assert.ok(out.includes(kShown), JSON.stringify(out));
});
