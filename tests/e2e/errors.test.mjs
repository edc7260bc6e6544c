// Every error is one line that names the program, the endpoint, the step, the cause and what to do,
// and the exit code says whose fault it is: a table of wrong invocations and hostile situations.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {before} from 'node:test';
import {openPlaces} from './lib/error_places.mjs';
import {kAnswers, kInput, kNetwork, kOneLeft, kServers, kTable, kTls, kUsage} from './lib/error_table.mjs';
import {
  defer, kBin, kNotLinux, kOtherWording, run, serve, skipHere, start, test,
} from './lib/harness.mjs';
import {makeCertificates} from './lib/tls.mjs';

const kAtOnce = 6;

let directory;
let names;  // [what the table says, what it is]
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rtwire-errors-'));
  defer(() => rmSync(directory, {recursive: true}));
  const {places, files} = await openPlaces(directory, makeCertificates());
  names = [...Object.entries(places), ...Object.entries(files).filter(([name]) => name !== 'dir'),
           ['dir', files.dir]];
});

const filled = (text) => text.replace(/\{(\w+)\}/g, (_, name) => {
  const found = names.find(([known]) => known === name);
  if (!found) throw new Error(`no place or file {${name}}`);
  return found[1];
});
const stripped = (text) =>
  names.reduce((so_far, [name, value]) => so_far.replaceAll(value, `{${name}}`), text);

// The command line of a row as the test runs it.
function invocation(line) {
  const words = line.split(' ');
  const env = {};
  while (words[0].startsWith('$')) {
    const [, name, value] = /^\$(\w+)=(.*)$/.exec(words.shift());
    env[name] = filled(value);
  }
  return {program: words[0], args: words.slice(1).map(filled), env};
}

async function differing([line, code, told, {input} = {}]) {
  const {program, args, env} = invocation(line);
  const ended = await run(program, args, {env, ...(input === undefined ? {} : {input})});
  const lines = Array.isArray(told) ? told : [`${program}: ${told}`];
  const expected = `${code} ${lines.join('\n')}\n`;
  const found = `${ended.code ?? ended.signal} ${stripped(ended.stderr)}`;
  return found === expected ? [] : [`${line}\n  - ${expected}  + ${found}`];
}

async function check(rows) {
  const faults = [];
  const queue = [...rows];
  await Promise.all(Array.from({length: kAtOnce}, async () => {
    for (let row = queue.shift(); row; row = queue.shift()) faults.push(...await differing(row));
  }));
  assert.equal(faults.length, 0, `\n${faults.join('\n')}`);
}

for (const [what, rows] of Object.entries({
  'who is not there, or hangs up': kNetwork, 'TLS and its files': kTls,
  'refusals and lies': kAnswers, 'bad input and output': kInput, 'servers': kServers,
  'command lines': kUsage,
})) {
  const notHere = rows === kUsage ? undefined : kOtherWording;
  test(`errors: ${what}`, () => check(rows), {notHere});
}

test('errors: the table is as long as it is meant to be, and each of its lines has one form', () => {
  assert.ok(kTable.length >= 120, `${kTable.length} rows`);
  for (const [line, , told] of kTable) {
    const text = Array.isArray(told) ? told.at(-1) : told;
    assert.ok(text.length <= 260, `${line}: too long`);
    assert.doesNotMatch(text, /[.!]$|\n|  /, line);
  }
});

// --- stdin, stdout, descriptors --------------------------------------------------------------
const shell = (script, options) =>
  run('bash', ['-c', filled(script), 'bash', kBin], options);

async function told(script, code, text, options) {
  const ended = await shell(script, options);
  assert.equal(`${ended.code ?? ended.signal} ${stripped(ended.stderr)}`,
               `${code} ${text === '' ? '' : `${text}\n`}`, script);
  return ended;
}

test('errors: a stdin that is closed is told, not taken for an empty one', async () => {
  const what = 'stdin: it is closed (</dev/null is an empty one)';
  await told('"$1"/rtpoll pub http://{status}/200 <&-', 1, `rtpoll: ${what}`);
  await told('"$1"/rtws pub ws://{echo}/t <&-', 1, `rtws: ${what}`);
  await told('"$1"/rtmqtt pub mqtt://{open}/t <&-', 1, `rtmqtt: ${what}`);
  await told('"$1"/rtrelay - ws://{echo}/t <&-', 1, `rtrelay: ${what}`);
  await told('"$1"/rtws pub -d @- ws://{echo}/t <&-', 1, `rtws: ${what}`);
  await told('"$1"/rtmqtt pub -d @- mqtt://{open}/t </', 1, 'rtmqtt: stdin: Is a directory');
  await told('"$1"/rtpoll pub http://{status}/200 x <&-', 0, '');
});

test('errors: a stdout that is closed is told, not written to', async () => {
  const what = 'stdout: it is closed (>/dev/null throws away what is written)';
  await told('"$1"/rtws sub -n1 ws://{bad}/long >&-', 1, `rtws: ${what}`);
  await told('"$1"/rtpoll sub -n1 http://{status}/200 >&-', 1, `rtpoll: ${what}`);
  await told('"$1"/rtrelay -n1 ws://{bad}/long - >&-', 1, `${kOneLeft}\nrtrelay: ${what}`);
  await told('"$1"/rtws --version >&-', 1, `rtws: ${what}`);
});

test('errors: a full disk behind stdout', async () => {
  const full = 'stdout: No space left on device';
  await told('"$1"/rtws sub -n1 ws://{bad}/long >/dev/full', 1, `rtws: ${full}`);
  await told('"$1"/rtpoll sub -n1 http://{status}/200 >/dev/full', 1, `rtpoll: ${full}`);
  await told('"$1"/rtrelay -n1 ws://{bad}/long - >/dev/full', 1, `${kOneLeft}\nrtrelay: ${full}`);
  await told('"$1"/rtws --help >/dev/full', 1, `rtws: ${full}`);
  await told('"$1"/rtws sub -n1 -o /dev/full ws://{bad}/long', 1,
             'rtws: /dev/full: No space left on device');
}, {notHere: kNotLinux});

test('errors: whoever reads stdout no more ends the program quietly', async () => {
  await told('"$1"/rtpoll sub http://{status}/200 | true; exit ${PIPESTATUS[0]}', 0, '');
});

test('errors: two programs on one port', async () => {
  const first = await serve('rtsse', ['serve', '0']);
  for (const program of ['rtsse', 'rtws', 'rtmqtt']) {
    const {code, stderr} = await run(program, ['serve', String(first.port)]);
    assert.deepEqual([code, stderr], [1, `${program}: cannot listen on 127.0.0.1:${first.port}: ` +
        'Address already in use (another program has it; 0 picks a free one)\n']);
  }
});

// Somebody who may do nothing special; the programs may lie where only root can go.
function unprivileged() {
  if (process.platform !== 'linux') return undefined;
  if (process.getuid() !== 0) return (script) => ['bash', ['-c', script, 'bash', kBin]];
  const tools = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', 'true']);
  if (tools.status !== 0) return undefined;
  const bin = join(directory, 'bin');
  if (!existsSync(bin)) {
    chmodSync(directory, 0o755);
    execFileSync('mkdir', [bin]);
    for (const name of ['rtpoll', 'rtmqtt']) copyFileSync(join(kBin, name), join(bin, name));
    for (const name of readdirSync(join(kBin, '..')).filter((name) => /librtwire\.so/.test(name)))
      execFileSync('cp', ['-P', join(kBin, '..', name), directory]);
  }
  return (script) => ['setpriv', ['--reuid=65534', '--clear-groups', 'bash', '-c', script, 'bash',
                                  bin]];
}

test('errors: no rights to a port', async (t) => {
  const as = unprivileged();
  if (!as) return skipHere(t, 'no way to be another user');
  const [probe, args] = as('exec 2>/dev/null; (echo > /dev/tcp/127.0.0.1/1) || true; ' +
                           'cat /proc/sys/net/ipv4/ip_unprivileged_port_start');
  const lowest = Number((await run(probe, args)).stdout);
  if (lowest <= 81) return skipHere(t, 'every port is free to all');
  for (const program of ['rtpoll', 'rtmqtt']) {
    const {code, stderr} = await run(...as(`"$1"/${program} serve 81`));
    assert.equal(`${code} ${stderr}`, `1 ${program}: cannot listen on 127.0.0.1:81: Permission ` +
        'denied (ports below 1024 need special rights)\n');
  }
});

test('errors: no rights to a file', async (t) => {
  const as = unprivileged();
  if (!as) return skipHere(t, 'no way to be another user');
  const key = join(directory, 'no-rights');
  copyFileSync(filled('{key}'), key);
  chmodSync(key, 0);
  const {code, stderr} =
      await run(...as(`"$1"/rtpoll sub --cacert ${key} https://127.0.0.1:1/`));
  assert.equal(`${code} ${stderr}`,
               `2 rtpoll: --cacert ${key}: cannot read: Permission denied\n`);
});

test('errors: no descriptors left', async () => {
  await told('ulimit -n 12; "$1"/rtws sub ws://{echo}/t', 1,
             'rtws: no more than 12 files may be open at a time, and 3 are: 24 more are needed (ulimit -n)');
});

test('errors: a broker that is not installed', async (t) => {
  if (process.platform !== 'linux' || process.getuid() !== 0) return skipHere(t, 'only as root on Linux');
  // Where it lies is hidden from this one program.
  const hide = 'for d in /usr/sbin /usr/local/sbin; do mount -t tmpfs none $d || exit 99; done; ';
  const script = (what) => `${hide} PATH=/nonexistent exec "$1"/${what}`;
  const run_ = (what) => run('unshare', ['-m', 'bash', '-c', script(what), 'bash', kBin]);
  const {code, stderr} = await run_('rtmqtt serve 0');
  if (code === 99 || /unshare/.test(stderr)) return skipHere(t, 'no private mounts');
  assert.equal(`${code} ${stderr}`, '2 rtmqtt: mosquitto, the MQTT broker, is not installed: ' +
      'apt install mosquitto (Debian), or brew install mosquitto (macOS)\n');
});

// --- the prompt ------------------------------------------------------------------------------
test('errors: an interrupted prompt ends by the signal and gives the terminal back', async (t) => {
  if (kNotLinux) return skipHere(t, kNotLinux);
  const command = `${join(kBin, 'rtmqtt')} sub -u me mqtt://127.0.0.1:1/t`;
  const terminal =
      start('script', ['-qec', `trap : INT; ${command}; echo "code $?"; stty -a; echo end`, '/dev/null']);
  await terminal.waitFor(() => terminal.text().includes('Password for me: '), 'the prompt');
  terminal.write('\x03');
  await terminal.waitFor(() => /\bend\r?\n/.test(terminal.text()), 'the end');
  assert.match(terminal.text(), /code 130\r?\n/);
  assert.match(terminal.text(), /[^-]\becho\b/);
  await terminal.waitExit();
});

test('errors: a password that nobody can be asked for', async () => {
  const {code, stderr} = await run('setsid', ['-w', join(kBin, 'rtws'), 'sub', '-u', 'me',
                                              'ws://127.0.0.1:1/']);
  assert.equal(`${code} ${stderr}`, '2 rtws: no password for me: give RT_PASSWORD or ' +
      '--password-file (there is no terminal to ask on)\n');
}, {notHere: kNotLinux});
