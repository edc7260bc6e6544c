// rtmqtt --mosquitto beside Mosquitto's own clients 2.0.11: the same line, and the same comes of it.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {defer, eventually, run, start, test} from './lib/harness.mjs';
import {passwordLine, startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';
import {startMicrosocks} from './lib/proxies.mjs';
import {makeCertificates} from './lib/tls.mjs';

// Others say other things.
const version = String(spawnSync('mosquitto_sub', ['--version']).stdout);
const notHere = version.includes('version 2.0.11 ') ? undefined : `its clients are no 2.0.11: ${version}`;

let broker;
before(async () => {
  broker = await startMosquitto({more: ['log_type all']});
});

let names = 0;
const fresh = (prefix = 't') => `${prefix}${process.pid}x${++names}`;

const kSides = ['theirs', 'ours'];
function commandOf(side, tool) {
  return side === 'ours' ? ['rtmqtt', ['--mosquitto', tool]] : [`mosquitto_${tool}`, []];
}
const kNoFile = {XDG_CONFIG_HOME: '/nonexistent'};
function started(side, tool, args, options = {}) {
  const [program, first] = commandOf(side, tool);
  return start(program, [...first, ...args], {stdin: null, env: kNoFile, ...options});
}
function done(side, tool, args, options = {}) {
  const [program, first] = commandOf(side, tool);
  return run(program, [...first, ...args], {env: kNoFile, ...options});
}

// What differs from run to run.
function plain(text) {
  return text.replace(/auto-[0-9A-F-]{36}/g, 'AUTO').replace(/mosq-\w{18}|rtwire\w{13}/g, 'MADE')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6}Z)?/g, 'TIME').replace(/\b\d{10}\.\d{9}\b/g, 'UNIX');
}

// Runs both, and compares exit code and stdout; stderr as it is, or only whether there is one.
async function sameOfBoth(tool, args, {exact = false, port = broker.port, ...options} = {}) {
  const line = typeof args === 'function' ? args : () => args;
  const [theirs, ours] = await Promise.all(kSides.map(
      (side) => done(side, tool, [...(port ? ['-p', port] : []), ...line(side)], options)));
  const shown = `${tool} ${line('ours').join(' ')}`;
  assert.equal(plain(ours.bytes.toString('latin1')), plain(theirs.bytes.toString('latin1')), shown);
  assert.equal(ours.code, theirs.code, `${shown}\n${theirs.stderr}${ours.stderr}`);
  if (exact) assert.equal(ours.stderr, theirs.stderr, shown);
  assert.equal(ours.stderr !== '', theirs.stderr !== '', `${shown}: ${theirs.stderr}${ours.stderr}`);
  return ours;
}

// --- what cannot be read -----------------------------------------------------------------------
const kValues = ['-A', '-h', '-i', '-I', '-k', '-L', '-M', '-p', '-P', '--proxy', '-q', '-t', '-u', '--unix', '-V',
                 '--will-payload', '--will-qos', '--will-topic', '-x', '--cafile', '--capath', '--cert',
                 '--ciphers', '--key', '--keyform', '--tls-alpn', '--tls-engine', '--tls-engine-kpass-sha1',
                 '--tls-version', '--psk', '--psk-identity', '-D', '-C', '-F', '-T', '-U', '-W', '-e', '-f', '-m',
                 '--repeat', '--repeat-delay', '--random-filter', '--host', '--id', '--keepalive', '--message',
                 '--file', '--filter-out', '--unsubscribe', '--username', '--pw', '--port', '--qos', '--topic',
                 '--url', '--property', '--protocol-version', '-o', '--unknown', '-S', 'word', '-tx'];
const kWrong = [
  ['--will-payload', 'x'], ['--will-retain'], ['-i', 'a', '-I', 'b'], ['-I', 'a', '-i', 'b'],
  ['-k', '-1'], ['-k', '4'], ['-k', '65536'], ['-k', 'word'], ['-M', '0'], ['-p', '-1'], ['-p', '65536'],
  ['-q', '-1'], ['-q', '3'], ['-L', 'invalid://'], ['-L', 'mqtt://localhost'], ['-L', 'mqtts://localhost'],
  ['-V', '0'], ['--will-qos', '-1'], ['--will-qos', '3'], ['--will-topic', '+'], ['-x', 'A'], ['-x', '-2'],
  ['-x', '4294967296'], ['--cert', 'x'], ['--key', 'x'], ['--keyform', 'pem'], ['--proxy', 'http://x'],
  ['-D', 'connect'], ['-D', 'connect', 'receive-maximum', '-1'], ['-D', 'connect', 'receive-maximum', '65536'],
  ['-D', 'connect', 'request-problem-information', '256'], ['-D', 'connect', 'session-expiry-interval', '-1'],
  ['-D', 'connect', 'session-expiry-interval', '4294967296'], ['-D', 'connect', 'topic-alias', '1'],
  ['-D', 'nothing', 'topic-alias', '1'], ['-D', 'connect', 'nothing', '1'], ['-D', 'connect', 'user-property', 'a'],
  ['-D', 'auth', 'authentication-method', '1'], ['-D', 'puback', 'reason-string', '1'],
  ['-D', 'subscribe', 'subscription-identifier', '-1'], ['-D', 'publish', 'subscription-identifier', '1'],
];
const kWrongOf = {
  pub: [[], ['-m', 'x', '-n'], ['-l', '-s'], ['-f', 'x', '-m', 'y'], ['-t', 'a/+'], ['-t', 'a', '--repeat', '0'],
        ['--repeat-delay', '-1'], ['-C', '1'], ['-v'], ['-N'], ['-R'], ['-E'], ['-W', '1'],
        ['-m', 'x', '-t', 'a', '-c']],
  sub: [[], ['-t', '++'], ['-T', '++'], ['-U', '++'], ['-C', '0'], ['-W', '0'], ['-F', '%'], ['-F', '%0'], ['-F', '%-'],
        ['-F', '%1'], ['-F', '%.'], ['-F', '%.1'], ['-F', '%Z'], ['-F', '@'], ['-F', '\\'], ['-F', '\\Z'],
        ['--random-filter', '0'], ['--random-filter', '1001'], ['-l'], ['-m'], ['-n'], ['-r'], ['-s'],
        ['-t', 'a', '-c'], ['-t', 'a', '-V', '5', '-x', '-1'], ['-t', 'a', '-R', '--retained-only'],
        ['-t', 'a', '-i', ''], ['-t', 'a', '-D', 'subscribe', 'subscription-identifier', '1', '-D', 'subscribe',
         'subscription-identifier', '2']],
  rr: [[], ['-t', 'a', '-m', 'x'], ['-e', 'a/+'], ['-t', 'a/#'], ['-l'], ['-r'], ['-T', 'a'], ['-m', 'x', '-f', 'y'],
       ['-F', '%Z'], ['-W', '0'], ['-t', 'a', '-e', 'b', '-m', 'x', '-c']],
};
for (const tool of ['pub', 'sub', 'rr']) {
  test(`${tool}: a line that is wrong is refused in the same words`, async () => {
    // They show their whole help on stdout, where only the message is missing.
    const rows = [...kValues.map((name) => [name]), ...kWrong, ...kWrongOf[tool]];
    for (const row of rows) {
      const [theirs, ours] =
          await Promise.all(kSides.map((side) => done(side, tool, row)));
      assert.equal(ours.stderr, theirs.stderr, row.join(' '));
      assert.equal(ours.code, theirs.code, row.join(' '));
      assert.equal(ours.stdout !== '', theirs.stdout !== '', row.join(' '));
    }
  }, {notHere});
}

test('--help and --version end with 1, as theirs do', async () => {
  for (const tool of ['pub', 'sub', 'rr']) {
    const help = await done('ours', tool, ['--help']);
    assert.equal(help.code, 1);
    assert.match(help.stdout, /^ {2}-t, --topic TOPIC/m);
    const said = await done('ours', tool, ['--version']);
    assert.match(said.stdout, new RegExp(`^mosquitto_${tool} version 2\\.0\\.11`));
    assert.equal(said.code, 1);
  }
});

test('what TLS here cannot do is refused, and says so', async () => {
  for (const args of [['--tls-engine', 'x']]) {
    const result = await done('ours', 'sub', ['-t', 'a', ...args]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /^Error: --tls-engine is not possible here: /);
  }
});

test('--mosquitto without a tool, or behind another option', async () => {
  for (const args of [['--mosquitto'], ['--mosquitto', 'serve'], ['sub', '--mosquitto', 'sub', ':1/x']]) {
    const result = await run('rtmqtt', args);
    assert.equal(result.code, 2, result.stderr);
    assert.match(result.stderr, /^rtmqtt: --mosquitto/);
  }
});

// --- what is printed ---------------------------------------------------------------------------
const kFormats = [
  '%%', '%A', '%C', '%2C', '%30C', '%-30C|', '%.3C', '%D', '%E', '%08E', '%F', '%3F', '%I', '%30I', '%l', '%02l', '%9l',
  '%-9l|', '%m', '%04m', '%P', '%p', '%30p', '%-30p|', '%030p', '%3p', '%-p|', '%q', '%R', '%20R', '%r', '%S', '%5S',
  '%t', '%.3t', '%-.3t', '%40t', '%-40t|', '%9.2t', '%-9.2t|', '%U', '%x', '%X', '%18x', '%-18x|', '%40X', '%040x',
  '%j', '%J', '\\\\', '\\a\\e\\n\\r\\t\\v', 'a\\0b', '@@', '@Y-@m', '%t @@ %p %q', 'text', '%l%%%l', '', '%-040p|',
  '%9.t', 'é%tü',
];
const kPayloads = ['message', '', '{"a": [1, 2.50, -3e2, 1e21, {}, [], {"b" : "\\u00e9\\n\\"\\/"}, true, null]}', ' 12 ',
                   'tab\tquote"\\\u0001\u007fé', '{"a":'];
for (const protocol of ['5', '311']) {
  test(`-F: every letter, width and escape, MQTT ${protocol}`, async () => {
    const properties = ['payload-format-indicator 1', 'message-expiry-interval 3600', 'content-type text/plain',
                        'response-topic to/here', 'correlation-data abc', 'user-property a b', 'user-property a c',
                        'user-property d e'];
    for (const [at, payload] of kPayloads.entries()) {
      const topic = fresh('format/');
      const bare = at % 2 === 1;
      const published = await run('mosquitto_pub', [
        '-p', broker.port, '-V', '5', '-t', topic, '-r', '-q', 1, ...(payload ? ['-m', payload] : ['-n']),
        ...(bare ? [] : properties.flatMap((words) => ['-D', 'publish', ...words.split(' ')]))]);
      assert.equal(published.code, 0, published.stderr);
      // An empty one is not kept.
      if (!payload) continue;
      const formats = at === 0 || at === 2 ? kFormats : ['%j', '%J', '%p', '%x', '%l', '%P'];
      const identified = protocol === '5' ? ['-D', 'subscribe', 'subscription-identifier', '56'] : [];
      for (const format of formats) {
        for (const pretty of /%[jJ]/.test(format) ? [[], ['--pretty']] : [[]]) {
          // How much is left of an hour changes with the second.
          const args = ['-t', topic, '-C', '1', '-q', '1', '-V', protocol, '-F', format, ...pretty, ...identified];
          const [theirs, ours] = await Promise.all(kSides.map((side) => done(side, 'sub', ['-p', broker.port, ...args])));
          const left = (text) => plain(text).replace(/3600|35\d\d/g, 'LEFT');
          assert.equal(left(ours.stdout), left(theirs.stdout), `${format} of ${payload}`);
          assert.equal(ours.stderr !== '', theirs.stderr !== '', `${format} of ${payload}`);
          assert.equal(ours.code, 0);
        }
      }
    }
  }, {notHere});
}

// What a subscriber of each side prints of the same messages.
async function whatBothPrint(args, publications, {code = 0} = {}) {
  const topic = fresh('print/');
  const wanted = typeof args === 'function' ? args(topic) : args;
  const subs = [];
  for (const side of kSides) {
    const id = fresh('sub');
    const own = ['-p', broker.port, '-i', id, '-t', `${topic}/#`, ...wanted];
    subs.push(started(side, 'sub', own));
    await broker.waitFor(() => broker.stderr.includes(`Sending SUBACK to ${id}\n`), 'its subscription');
  }
  for (const publication of publications) {
    const [name, ...rest] = publication;
    const sent = await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/${name}`, ...rest]);
    assert.equal(sent.code, 0, sent.stderr);
  }
  const ends = await Promise.all(subs.map((sub) => sub.waitExit()));
  assert.equal(subs[1].stdout, subs[0].stdout, wanted.join(' '));
  assert.equal(ends[1].code, ends[0].code);
  assert.equal(ends[0].code, code);
  return subs[1].stdout;
}

test('sub: -v, -N, an empty message, -T, -C, qualities of service', async () => {
  const three = [['a', '-m', 'one'], ['b', '-n'], ['c', '-m', 'three\nlines\n'], ['d', '-m', 'end']];
  for (const args of [['-C', '4'], ['-C', '4', '-v'], ['-C', '4', '-N'], ['-C', '4', '-v', '-N'],
                      ['-C', '2', '-q', '2', '-V', '5'], ['-C', '4', '-q', '1', '-F', '%q %r %l %p'],
                      ['-C', '1', '-V', '31'], ['-C', '3', '-q', '2', '-V', '31', '-v'], ['-C', '4', '--nodelay'],
                      ['-C', '4', '-k', '5', '-M', '1', '-x', '0']])
    await whatBothPrint(args, three);
  await whatBothPrint((topic) => ['-C', '2', '-T', `${topic}/b`, '-T', `${topic}/c`, '-v'], three);
}, {notHere});

test('sub: -E, -W, a closed stdout, a signal', async () => {
  const topic = fresh('end/');
  await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/kept`, '-r', '-m', 'kept']);
  await sameOfBoth('sub', ['-t', topic, '-E']);
  await sameOfBoth('sub', ['-t', topic, '-W', '1'], {exact: true});
  await sameOfBoth('sub', ['-t', `${topic}/#`, '-W', '1'], {exact: true});
  await sameOfBoth('sub', ['-t', `${topic}/#`, '-W', '1', '-C', '2', '--quiet'], {exact: true});
  await sameOfBoth('sub', ['-t', `${topic}/#`, '-W', '5', '-C', '1'], {exact: true});
  await sameOfBoth('sub', ['-t', `${topic}/#`, '-R', '-W', '1', '-V', '5'], {exact: true});
  for (const signal of ['SIGTERM', 'SIGINT']) {
    for (const side of kSides) {
      // Mosquitto's loses a signal that comes before it is in its loop.
      const sub = started(side, 'sub', ['-p', broker.port, '-t', `${topic}/#`]);
      await sub.waitForLines(1);
      sub.kill(signal);
      assert.deepEqual(await sub.waitExit(), {code: 0, signal: null}, side);
    }
  }
}, {notHere});

test('sub: the will is sent when -W ends it, with MQTT 5', async () => {
  for (const side of kSides) {
    const topic = fresh('will/');
    const heard = started('theirs', 'sub', ['-p', broker.port, '-t', topic, '-C', '1', '-W', '10', '-F', '%p %q %C %P', '-i', topic,
                                            '-V', '5', '-q', '1']);
    await broker.waitFor(() => broker.stderr.includes(`Sending SUBACK to ${topic}\n`), 'its subscription');
    const sub = await done(side, 'sub', ['-p', broker.port, '-t', 'x', '-W', '1', '-V', '5', '--will-topic', topic,
                                         '--will-payload', 'gone', '--will-qos', '1', '-D', 'will', 'content-type', 'a/b',
                                         '-D', 'will', 'user-property', 'k', 'v', '-D', 'disconnect', 'user-property', 'k', 'v']);
    assert.equal(sub.code, 27);
    await heard.waitExit();
    assert.equal(heard.stdout, 'gone 1 a/b k:v\n', side);
  }
}, {notHere});

test('sub: --retained-only, --remove-retained, --random-filter', async () => {
  const keep = async (topic) => {
    for (const name of ['a', 'b', 'c'])
      await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/${name}`, '-r', '-q', '1', '-m', name]);
  };
  for (const side of kSides) {
    const topic = fresh('kept/');
    await keep(topic);
    const id = fresh('sub');
    const sub = started(side, 'sub', ['-p', broker.port, '-t', `${topic}/#`, '--retained-only', '-v', '-i', id]);
    await sub.waitForLines(3);
    await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/a`, '-m', 'live']);
    assert.equal((await sub.waitExit()).code, 0);
    assert.equal(sub.stdout, `${topic}/a a\n${topic}/b b\n${topic}/c c\n`);
  }
  for (const side of kSides) {
    for (const qos of ['0', '1']) {
      const topic = fresh('kept/');
      await keep(topic);
      const args = ['-p', broker.port, '-t', `${topic}/#`, '--remove-retained', '-T', `${topic}/c`, '-q', qos, '-W', '1',
                    '-F', '%t %r %p'];
      const sub = await done(side, 'sub', args);
      // The empty messages that take the kept ones away are no news to all of them.
      assert.match(sub.stdout, new RegExp(`^${topic}/a 1 a\n${topic}/b 1 b\n`));
      const left = await done('theirs', 'sub', ['-p', broker.port, '-t', `${topic}/#`, '-C', '1', '-F', '%p']);
      assert.equal(left.stdout, 'c\n', `${side} at QoS ${qos}`);
    }
  }
  const topic = fresh('chance/');
  const id = fresh('sub');
  const sub = started('ours', 'sub', ['-p', broker.port, '-t', topic, '-C', '2000', '--random-filter', '500', '-i', id]);
  await broker.waitFor(() => broker.stderr.includes(`Sending SUBACK to ${id}\n`), 'its subscription');
  await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-l', '-q', '1'], {input: 'x\n'.repeat(2000)});
  assert.equal((await sub.waitExit()).code, 0);
  // Its percents are of a thousand, as theirs are: half of the messages.
  assert.ok(sub.lines().length > 700 && sub.lines().length < 1300, `${sub.lines().length}`);
}, {notHere});

test('sub: a session goes on with -c and -i, -U takes a filter out of it', async () => {
  for (const side of kSides) {
    for (const protocol of ['311', '5']) {
      const topic = fresh('session/');
      const id = fresh('kept');
      const own = ['-p', broker.port, '-i', id, '-c', '-q', '1', '-V', protocol];
      await done(side, 'sub', [...own, '-t', `${topic}/a`, '-t', `${topic}/b`, '-E']);
      await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/a`, '-q', '1', '-m', 'while away']);
      const got = await done(side, 'sub', [...own, '-t', `${topic}/a`, '-U', `${topic}/b`, '-C', '1', '-W', '5']);
      assert.equal(got.stdout, 'while away\n', `${side} ${protocol}`);
      await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/b`, '-q', '1', '-m', 'no more']);
      await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/a`, '-q', '1', '-m', 'again']);
      const then = await done(side, 'sub', [...own, '-t', `${topic}/a`, '-C', '1', '-W', '5']);
      // Theirs may leave before it has acknowledged what it printed.
      if (side === 'ours') assert.equal(then.stdout, 'again\n', protocol);
      await done(side, 'sub', ['-p', broker.port, '-i', id, '-t', topic, '-E', '-V', protocol]);
    }
  }
}, {notHere});

// --- what is published -------------------------------------------------------------------------
const kEverything = '%t|%q|%r|%l|%p|%C|%D|%E|%F|%P|%R';
// What arrives of a publication of each side.
async function whatBothPublish(args, count, options = {}) {
  const arrived = [];
  for (const side of kSides) {
    const topic = fresh('to/');
    const sub = started('theirs', 'sub', ['-p', broker.port, '-t', `${topic}/#`, '-q', '2', '-V', '5', '-F', kEverything, '-i',
                                          topic, '-C', count, '-W', '10']);
    await broker.waitFor(() => broker.stderr.includes(`Sending SUBACK to ${topic}\n`), 'its subscription');
    const line = typeof args === 'function' ? args(`${topic}/x`) : ['-p', broker.port, '-t', `${topic}/x`, ...args];
    const pub = await done(side, 'pub', line, options);
    assert.equal(pub.code, 0, pub.stderr);
    await sub.waitExit();
    arrived.push(sub.stdout.replaceAll(topic, 'TOPIC'));
  }
  assert.equal(arrived[1], arrived[0], String(args));
  assert.equal(arrived[0].split('TOPIC').length - 1, count, arrived[0]);
}

test('pub: -m, -n, -f, -s, -l, --repeat, -r, -q, -V, -D, -L', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-mosquitto-'));
  defer(() => rmSync(directory, {recursive: true}));
  writeFileSync(join(directory, 'bytes'), Buffer.from([0, 1, 255, 10, 13, 0]));
  writeFileSync(join(directory, 'empty'), '');
  for (const version of ['31', '311', '5'])
    for (const qos of ['0', '1', '2']) await whatBothPublish(['-m', 'hello', '-V', version, '-q', qos], 1);
  await whatBothPublish(['-n'], 1);
  await whatBothPublish(['-m', ''], 1);
  await whatBothPublish(['-f', join(directory, 'bytes'), '-q', '1'], 1);
  await whatBothPublish(['-f', join(directory, 'empty')], 1);
  await whatBothPublish(['-s'], 1, {input: 'all\nof it\r\n'});
  await whatBothPublish(['-l'], 4, {input: 'one\n\nthree\r\nno end'});
  await whatBothPublish(['-l', '-q', '2', '-V', '5'], 15, {input: 'line\n'.repeat(15)});
  await whatBothPublish(['-m', 'again', '--repeat', '3'], 3);
  await whatBothPublish(['-m', 'again', '--repeat', '2', '--repeat-delay', '0.2', '-q', '1'], 2);
  await whatBothPublish(['-m', 'kept', '-r', '-u', 'me', '-P', 'anything', '-i', fresh('id')], 1);
  await whatBothPublish(['-m', 'x', '-V', '5', '-D', 'publish', 'content-type', 'a/b', '-D', 'publish', 'correlation-data',
                         'mark', '-D', 'publish', 'payload-format-indicator', '1', '-D', 'publish', 'response-topic', 'r',
                         '-D', 'publish', 'user-property', 'a', 'b', '-D', 'connect', 'user-property', 'a', 'b', '-x', '5'], 1);
  await whatBothPublish(['-m', 'x', '-V', '5', '-D', 'publish', 'topic-alias', '4', '--repeat', '3'], 3);
  await whatBothPublish((topic) => ['-L', `mqtt://me:secret@127.0.0.1:${broker.port}/${topic}`, '-m', 'by URL'], 1);
  await whatBothPublish((topic) => ['-h', '127.0.0.1', '-A', '127.0.0.1', '-p', broker.port, '-t', topic, '-m', 'bound'], 1);
}, {notHere});

test('the file of ~/.config: its lines stand before the arguments', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-mosquitto-'));
  defer(() => rmSync(directory, {recursive: true}));
  mkdirSync(join(directory, '.config'));
  const lines = `# a comment\n-p ${broker.port}\n\n-q 1\n--nodelay\n-m from a file with spaces\n`;
  writeFileSync(join(directory, '.config', 'mosquitto_pub'), lines);
  writeFileSync(join(directory, '.config', 'mosquitto_sub'), `-p ${broker.port}\n-W 1\n-X\n`);
  for (const env of [{XDG_CONFIG_HOME: join(directory, '.config')}, {XDG_CONFIG_HOME: undefined, HOME: directory}]) {
    await whatBothPublish((topic) => ['-t', topic], 1, {env});
    await sameOfBoth('sub', ['-t', 'a'], {env, exact: true, port: undefined});
  }
}, {notHere});

test('pub: what cannot be read, or is not there', async () => {
  await sameOfBoth('pub', ['-t', 'a', '-s'], {input: '', exact: true});
  await sameOfBoth('pub', ['-t', 'a', '-f', '/nonexistent'], {exact: true});
  await sameOfBoth('pub', ['-t', 'a', '-f', '/nonexistent', '--quiet'], {exact: true});
  await sameOfBoth('pub', ['-t', 'a', '-l'], {input: '', exact: true});
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '--cafile', '/nonexistent']);
});

// --- request and response ----------------------------------------------------------------------
test('rr: the answer, its format, and none', async () => {
  for (const version of ['5', '311']) {
    const answers = [];
    for (const side of kSides) {
      const topic = fresh('rr/');
      const served = started('theirs', 'sub', ['-p', broker.port, '-t', `${topic}/q`, '-q', '1', '-V', '5', '-C', '1', '-F', kEverything,
                                               '-i', topic]);
      await broker.waitFor(() => broker.stderr.includes(`Sending SUBACK to ${topic}\n`), 'its subscription');
      const rr = started(side, 'rr', ['-p', broker.port, '-t', `${topic}/q`, '-e', `${topic}/a`, '-m', 'question', '-q', '1', '-V',
                                      version, '-F', '%t %q %p', '-W', '10']);
      await served.waitExit();
      await run('mosquitto_pub', ['-p', broker.port, '-t', `${topic}/a`, '-m', 'answer', '-q', '1']);
      assert.equal((await rr.waitExit()).code, 0);
      answers.push((served.stdout + rr.stdout).replaceAll(topic, 'TOPIC'));
    }
    assert.equal(answers[1], answers[0]);
  }
  await sameOfBoth('rr', (side) => ['-t', 'nobody', '-e', `here/${side}`, '-m', 'x', '-W', '1'], {exact: true});
}, {notHere});

// --- exit codes --------------------------------------------------------------------------------
test('a broker that refuses, denies, or is not there', async () => {
  const strict = await startMosquitto({
    anonymous: false,
    more: ['password_file DIR/passwords', 'acl_file DIR/acl'],
    files: {passwords: passwordLine('bob', 'secret'), acl: 'user bob\ntopic readwrite ok/#\n'},
  });
  const login = ['-u', 'bob', '-P', 'secret'];
  const port = strict.port;
  for (const version of ['311', '5', '31']) {
    await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '-V', version], {port});
    await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '-u', 'bob', '-P', 'wrong', '-V', version], {port});
    await sameOfBoth('sub', ['-t', 'a', '-V', version, '-W', '5'], {port});
    await sameOfBoth('sub', ['-t', 'a', '-V', version, '--quiet'], {port, exact: true});
  }
  await sameOfBoth('rr', ['-t', 'a', '-e', 'b', '-m', 'x'], {port});
  await sameOfBoth('pub', [...login, '-t', 'no/x', '-m', 'x', '-q', '1', '-V', '5'], {port, exact: true});
  await sameOfBoth('pub', [...login, '-t', 'no/x', '-m', 'x', '-q', '1'], {port, exact: true});
  await sameOfBoth('pub', [...login, '-t', 'ok/x', '-m', 'x', '-q', '2'], {port, exact: true});
  const nobody = await freePort();
  for (const [tool, args] of [['pub', ['-t', 'a', '-m', 'x']], ['pub', ['-t', 'a', '-l']], ['sub', ['-t', 'a']],
                              ['rr', ['-t', 'a', '-e', 'b', '-m', 'x']]])
    await sameOfBoth(tool, args, {port: nobody, exact: true});
  await sameOfBoth('pub', ['-h', 'nosuch.invalid', '-t', 'a', '-m', 'x'], {port: undefined, exact: true});
  await sameOfBoth('pub', ['--unix', '/nowhere/socket', '-t', 'a', '-m', 'x'], {port: undefined, exact: true});
  await sameOfBoth('sub', ['-A', '192.0.2.1', '-t', 'a'], {exact: true});
}, {notHere});

// A broker that takes the connection and then does as `answer` says with each packet.
async function crooked(answer) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const v5 = bytes.includes(Buffer.from('MQTT\x05'));
      answer(socket, bytes[0] >> 4, bytes, v5);
    });
  });
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  defer(() => new Promise((resolve) => server.close(resolve)));
  return port;
}
const connack = (v5) => Buffer.from(v5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]);

test('a broker that hangs up, and one that denies each subscription', async () => {
  const hangsUp = await crooked((socket) => socket.destroy());
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x'], {port: hangsUp});
  await sameOfBoth('rr', ['-t', 'a', '-e', 'b', '-m', 'x'], {port: hangsUp});
  const cuts = await crooked((socket, type, bytes, v5) => {
    if (type === 1) socket.write(connack(v5));
    if (type === 3) socket.destroy();
  });
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '-q', '1'], {port: cuts});
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '-q', '1', '-V', '5'], {port: cuts});
  const denies = await crooked((socket, type, bytes, v5) => {
    if (type === 1) socket.write(connack(v5));
    if (type === 8) socket.write(Buffer.from([0x90, 3, bytes[2], bytes[3], 0x80]));
  });
  await sameOfBoth('sub', ['-t', 'a', '-d'], {port: denies, exact: true});
  await sameOfBoth('rr', ['-t', 'a', '-e', 'b', '-m', 'x', '-V', '311'], {port: denies});
}, {notHere});

// --- what -d shows -----------------------------------------------------------------------------
test('-d: the packets in their words', async () => {
  for (const version of ['311', '5', '31']) {
    for (const qos of ['0', '1', '2'])
      await sameOfBoth('pub', ['-t', 'a/b', '-m', 'hello', '-q', qos, '-d', '-V', version], {exact: true});
    await sameOfBoth('sub', ['-t', 'a', '-t', 'b/+', '-U', 'c', '-E', '-d', '-V', version, '-q', '1'], {exact: true});
  }
  await sameOfBoth('sub', ['-t', 'a', '-R', '--retain-as-published', '-E', '-d', '-V', '5'], {exact: true});
  const topic = fresh('debug/');
  await run('mosquitto_pub', ['-p', broker.port, '-t', topic, '-r', '-q', '1', '-m', 'kept']);
  await sameOfBoth('sub', ['-t', topic, '-C', '1', '-d', '-v'], {exact: true});
  await sameOfBoth('sub', ['-t', topic, '-C', '1', '-d', '--quiet'], {exact: true});
}, {notHere});

// --- how it is connected -----------------------------------------------------------------------
test('TLS: --cafile, --capath, --cert, --key, --insecure, -p, --tls-version', async () => {
  const tls = makeCertificates();
  const safe = await startMosquitto({tls});
  const at = {port: safe.port};
  await sameOfBoth('pub', ['-h', 'localhost', '-t', 'a', '-m', 'x', '--cafile', tls.ca], {...at, exact: true});
  await sameOfBoth('pub', ['-h', '127.0.0.1', '-t', 'a', '-m', 'x', '--cafile', tls.ca, '--tls-version', 'tlsv1.2',
                           '--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256'], {...at, exact: true});
  await sameOfBoth('pub', ['-h', '127.0.0.1', '-t', 'a', '-m', 'x', '--cafile', tls.ca, '--tls-version', 'tlsv1.3'],
                   {...at, exact: true});
  for (const args of [['--cafile', tls.client], ['--tls-use-os-certs']]) {
    const untrusted = await done('ours', 'pub', ['-p', safe.port, '-t', 'a', '-m', 'x', ...args]);
    assert.notEqual(untrusted.code, 0);
    assert.match(untrusted.stderr, /certificate is not trusted/);
  }
  await sameOfBoth('sub', ['-t', 'a', '--cafile', tls.ca, '-E', '-d'], {...at, exact: true});
  const strict = await startMosquitto({tls, clients: true});
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '--cafile', tls.ca, '--cert', tls.client, '--key', tls.clientKey],
                   {port: strict.port, exact: true});
  const elsewhere = await startMosquitto({tls: {...tls, certificate: tls.elsewhere, key: tls.elsewhereKey}});
  assert.notEqual((await done('ours', 'pub', ['-p', elsewhere.port, '-t', 'a', '-m', 'x', '--cafile', tls.ca])).code, 0);
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '--cafile', tls.ca, '--insecure'], {port: elsewhere.port, exact: true});
}, {notHere});

test('a Unix socket, and a proxy', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-mosquitto-'));
  defer(() => rmSync(directory, {recursive: true}));
  const path = join(directory, 'socket');
  const local = await startMosquitto({more: [`listener 0 ${path}`]});
  await eventually(() => local.ended === undefined, 'it');
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '--unix', path], {port: undefined, exact: true});
  await sameOfBoth('pub', ['-t', 'a', '-m', 'x', '-h', path, '-p', '0'], {port: undefined, exact: true});
  const socks = await startMicrosocks();
  const login = `socks5h://me:s3cret@127.0.0.1:${socks.port}`;
  await sameOfBoth('pub', ['-h', '127.0.0.1', '-t', 'a', '-m', 'x', '-q', '1', '--proxy', login], {exact: true});
}, {notHere});
