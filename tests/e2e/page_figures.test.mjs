// What the page works out, in Node: who was first, which number is drawn, how names are cut, and
// the commands to copy.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {kBin, run, test} from './lib/harness.mjs';
import {importPage} from './lib/page.mjs';

let race, transports, fields, names, payload, commands;
before(async () => {
  [race, transports, fields, names, payload, commands] = await importPage(
      'race.js', 'transports.js', 'fields.js', 'names.js', 'payload.js', 'commands.js');
});

const kWays = ['poll', 'sse', 'ws'];

// Runs a race: each message is a list of [transport, ms].
function standings(...messages) {
  const run = new race.Race(() => {});
  for (const way of kWays) run.enter(way);
  messages.forEach((arrivals, i) => {
    for (const [way, at] of arrivals)
      run.arrive(way, {id: `e-${i}`, key: `t${i}`, time: null}, i * 10_000 + at, -Infinity);
  });
  return {
    run,
    shares: kWays.map((way) => run.standings().get(way)?.first ?? null),
    medians: kWays.map((way) => run.standings().get(way)?.median ?? null),
  };
}

test('what comes within a millisecond is a tie, and shares add up to 100', () => {
  const table = [
    [[[['ws', 0], ['sse', 0.9], ['poll', 500]]], [0, 50, 50], [500, 0.9, 0]],
    [[[['ws', 0], ['sse', 1], ['poll', 1]]], [34, 33, 33], [1, 1, 0]],
    [[[['ws', 0], ['sse', 1.1]]], [null, 0, 100], [null, 1.1, 0]],
    [[[['sse', 0], ['ws', 5]], [['ws', 0], ['sse', 5]], [['poll', 0], ['ws', 5]]], [34, 33, 33],
     [0, 5, 5]],
    // Who runs alone is no first.
    [[[['sse', 0]]], [null, null, null], [null, null, null]],
    [[[['sse', 0]], [['ws', 0], ['sse', 3]]], [null, 0, 100], [null, 3, 0]],
  ];
  for (const [messages, shares, medians] of table) {
    const seen = standings(...messages);
    assert.deepEqual(seen.shares, shares, JSON.stringify(messages));
    seen.medians.forEach((late, i) => {
      if (medians[i] === null) assert.equal(late, null);
      else assert.ok(Math.abs(late - medians[i]) < 1e-9, `${late} ${medians[i]}`);
    });
    const sum = shares.reduce((all, one) => all + (one ?? 0), 0);
    assert.ok(sum === 100 || sum === 0);
  }
});

test('the shares of any run add up to 100', () => {
  for (let seed = 1; seed < 60; seed++) {
    const messages = Array.from({length: seed}, (_, i) => {
      const arrivals = kWays.map((way, n) => [way, ((seed * 31 + i * 17 + n * 13) % 29) / 10]);
      return arrivals.sort((a, b) => a[1] - b[1]);
    });
    const {shares} = standings(...messages);
    assert.equal(shares.reduce((all, one) => all + one, 0), 100, `${seed}: ${shares}`);
  }
});

test('a row says first, tie or late; who was first has tied when another one has', () => {
  const run = new race.Race(() => {});
  for (const way of kWays) run.enter(way);
  const message = {id: 'e-1', key: 't', time: null};
  const {record} = run.arrive('ws', message, 100, -Infinity);
  assert.equal(run.rank('ws', record), 'first');
  run.arrive('sse', message, 100.6, -Infinity);
  run.arrive('poll', message, 700, -Infinity);
  assert.deepEqual(kWays.map((way) => run.rank(way, record)), ['late', 'tie', 'tie']);
});

test('a message that was caught up on is in no figure', () => {
  const run = new race.Race(() => {});
  for (const way of kWays) run.enter(way);
  const message = {id: 'e-1', key: 't', time: null};
  run.arrive('ws', message, 100, -Infinity);
  assert.equal(run.arrive('sse', message, 5000, 4900).caught, true);
  assert.equal(run.standings().size, 0);
});

test('polls meet a publisher in every phase, as often in the mean as was asked for', () => {
  let random = 7;
  const next = () => (random = (random * 16807) % 2147483647) / 2147483647;
  const late = [];
  let at = 0;
  let polls = 0;
  for (let published = 300; published < 2_000_000; published += 1000) {
    while (at < published) {
      at += transports.pollPause(1000, next());
      polls++;
    }
    late.push(at - published);
  }
  const mean = late.reduce((all, one) => all + one, 0) / late.length;
  assert.ok(Math.abs(at / polls - 1000) < 15, `${at / polls}`);
  assert.ok(Math.abs(mean - 515) < 30, `${mean}`);
  for (const [from, to] of [[0, 250], [250, 500], [500, 750], [750, 1000]]) {
    const share = late.filter((one) => one >= from && one < to).length / late.length;
    assert.ok(share > 0.13 && share < 0.3, `${from}: ${share}`);
  }
});

test('each transport subscribes first in its turn', () => {
  assert.deepEqual([0, 1, 2, 3].map((turn) => race.inTurn(['a', 'b', 'c'], turn).join('')),
                   ['abc', 'bca', 'cab', 'abc']);
});

test('a field that changes is drawn, and one that was chosen stays', () => {
  const drawn = (...messages) => {
    const some = new fields.Fields();
    for (const message of messages) some.learn(payload.numbers(payload.fromText(JSON.stringify(message))));
    return some.chosen;
  };
  const series = (n, make) => Array.from({length: n}, (_, i) => make(i));
  assert.equal(drawn(...series(6, (i) => ({total: 64, used: 10 + (i % 3)}))), 'used');
  assert.equal(drawn(...series(6, (i) => ({ts: 1700000000 + i, value: i % 2}))), 'value');
  assert.equal(drawn(...series(30, (i) => ({received: i * 100, load: [3, 1, 2][i % 3]}))), 'load');
  assert.equal(drawn(...series(6, (i) => ({wave: i % 3, gain: i % 2}))), 'wave', 'the first of its like');
  assert.equal(drawn({a: 1, b: 2}), 'a', 'nothing is known yet');
  assert.equal(drawn(...series(9, () => ({a: 1, b: 2}))), 'a', 'all stand still');
  assert.equal(drawn('no number'), null);
  assert.equal(drawn(...series(6, (i) => i % 3)), 'value');

  const some = new fields.Fields();
  const learn = (i) => some.learn([['total', 64], ['used', i % 3]]);
  assert.deepEqual([0, 1, 2, 3].map(learn).filter(Boolean).length, 1, 'told once that it is another one');
  some.choose('total');
  for (let i = 0; i < 10; i++) assert.equal(learn(i), false);
  assert.equal(some.chosen, 'total');
});

test('names that are cut are told apart', () => {
  const line = (n) => `/plants/frankfurt/hall-1/line-${String(n).padStart(20, '0')}/sensor/temperature`;
  const long = [1, 2, 13].map(line).concat('/short', `/${'x'.repeat(60)}a`, `/${'x'.repeat(60)}b`);
  for (const room of [16, 20, 24, 40]) {
    const labels = names.labels(long, room);
    const shown = long.map((name) => labels.get(name));
    for (const label of shown) assert.ok(Array.from(label).length <= room, `${room}: ${label}`);
    assert.equal(new Set(shown).size, long.length, `${room}: ${shown.join(' ')}`);
    assert.equal(labels.get('/short'), '/short');
  }
  assert.equal(names.labels(['/abcdefghijklmnop'], 10).get('/abcdefghijklmnop'), '/ab…klmnop');
  assert.equal(names.cut('/größe/😀😀😀😀😀😀😀😀', 9), '/gr…😀😀😀😀😀');
});

test('JSON is laid out, and nothing but the space between its tokens changes', () => {
  const laid = (text) => payload.laidOut(payload.fromText(text));
  assert.equal(laid('{"a":1.50,"b":[1,{}],"a":12345678901234567890}'),
               '{\n  "a": 1.50,\n  "b": [\n    1,\n    {}\n  ],\n  "a": 12345678901234567890\n}');
  assert.equal(laid('{"s":"x, {y}: \\" z"}'), '{\n  "s": "x, {y}: \\" z"\n}');
  assert.deepEqual(['[]', '{ }', ' [1]'].map(laid), ['[]', '{}', '[\n  1\n]']);
  for (const text of ['42', 'true', '"text"', '{bad', '', 'hello {"a":1}']) assert.equal(laid(text), null);
  assert.equal(payload.laidOut(payload.fromBytes(Uint8Array.of(0x7b, 0xff))), null);
});

test('the broker of the command to copy', () => {
  const table = [
    ['mqtt://127.0.0.1:39673', 'mqtt://hub.example:39673'],
    ['mqtt://localhost', 'mqtt://hub.example'],
    ['mqtts://[::1]:8884', 'mqtts://hub.example:8884'],
    ['mqtts://broker.example:8884', 'mqtts://broker.example:8884'],
    ['mqtt+wss://broker.example', 'mqtt+wss://broker.example'],
    ['mqtt://[2001:db8::1]:1884', 'mqtt://[2001:db8::1]:1884'],
    ['', 'mqtt://hub.example'],
  ];
  for (const [broker, url] of table) assert.equal(commands.brokerUrl(broker, 'hub.example'), url);
});

// Says what the shell made of the command, by the program's own --dry-run.
async function measured(text, perSecond) {
  const [[, line]] = commands.compareCommands(text === null ? null : payload.fromText(text), perSecond);
  const {code, stdout, stderr} = await run('sh', ['-c', `${line} --dry-run`], {env: {PATH: `${kBin}:${process.env.PATH}`}});
  assert.equal(code, 0, `${line}: ${stderr}`);
  return {line, stdout};
}

test('the command to measure with takes the last message, whatever the shell makes of it', async () => {
  const texts = [
    'hello', '{"a":"it\'s"}', '$(touch /tmp/no) `id` "$HOME" \\ !! ; & | > <', '-x --message',
    'größe 😀', '*', '#x', '~', '20 apples',
  ];
  for (const text of texts) {
    const {line, stdout} = await measured(text, 0);
    // The mark of nine bytes is put after it.
    assert.match(stdout, new RegExp(`: ${Buffer.byteLength(text) + 9} bytes,`), line);
    assert.ok(!line.includes('--rate'));
  }
  const sizes = [
    ['42', 9], ['200', 9], ['4k', 9], ['21.5', 9], ['@/etc/passwd', 12], ['x'.repeat(500), 500],
    ['bell \u0007 and escape \u001b', 19], ['two\nlines and a\ttab', 19],
  ];
  for (const [text, size] of sizes) {
    const {line, stdout} = await measured(text, 0);
    assert.equal(line, `rtrelay compare --message ${size}`);
    assert.match(stdout, new RegExp(`: ${size} bytes,`), line);
  }
  assert.equal((await measured(null, 0)).line, 'rtrelay compare');
  assert.match((await measured('{"wave":0.5}', 19.7)).stdout, /: 21 bytes, 20 messages a second,/);
});
