// Relays beside programs that others have running: logrotate, which moves files away under them, and nginx,
// which takes what is posted, or not now. Nothing is lost, and that is counted.
import assert from 'node:assert/strict';
import {appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, eventually, run, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {startNginx} from './lib/nginx.mjs';
import {HttpPeer} from './lib/peers.mjs';

const kNoLogrotate = ['/usr/sbin/logrotate', '/opt/homebrew/sbin/logrotate', '/usr/bin/logrotate'].some(existsSync) ?
    undefined : 'no logrotate: scripts/setup --test installs it';

const numbered = (from, to) => Array.from({length: to - from}, (_, i) => `line ${from + i}`);

function makeDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'rt-peers-'));
  chmodSync(directory, 0o755);
  defer(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

// What rotates FILE once, each time that it is called.
function rotation(directory, file, how) {
  const [conf, state] = [join(directory, 'rotate.conf'), join(directory, 'rotate.state')];
  writeFileSync(conf, `${file} {\n  rotate 100\n  missingok\n${how.map((line) => `  ${line}\n`).join('')}}\n`, {mode: 0o600});
  return async () => {
    const {code, stderr} = await run('logrotate', ['--force', '--state', state, conf]);
    assert.equal(code, 0, stderr);
  };
}

// Of FILE and what was put aside, the oldest first.
function linesOf(directory, file) {
  const name = file.slice(directory.length + 1);
  const numbers = readdirSync(directory).map((one) => one.startsWith(`${name}.`) ? Number(one.slice(name.length + 1)) : NaN)
                      .filter((number) => !Number.isNaN(number)).sort((a, b) => b - a);
  const files = [...numbers.map((number) => `${file}.${number}`), ...(existsSync(file) ? [file] : [])];
  return files.flatMap((one) => readFileSync(one, 'latin1').split('\n').slice(0, -1));
}

// --- logrotate ---------------------------------------------------------------------------------
for (const [name, args] of [
  ['rtrelay', (broker, file) => ['rtrelay', ['--qos', 1, broker.at('log'), `file:${file}`]]],
  ['rtmqtt sub -o', (broker, file) => ['rtmqtt', ['sub', '-v', '--qos', 1, '-o', file, broker.at('log')]]],
]) {
  for (const [how, lines, pauses] of [
    ['create and SIGHUP', (pid) => ['create', 'postrotate', `kill -HUP ${pid}`, 'endscript'], false],
    ['nocreate, without a word', () => ['nocreate'], false],
    ['copytruncate', () => ['copytruncate'], true],
  ]) {
    test(`logrotate, ${how}: ${name} loses nothing, while messages come`, async () => {
      const directory = makeDirectory();
      const file = join(directory, 'out');
      const broker = await startMosquitto();
      const writer = start(...args(broker, file), {stdin: null});
      const publisher = start('rtmqtt', ['pub', '--qos', 1, broker.at('log')]);
      let sent = 0;
      const send = (count) => {
        publisher.write(numbered(sent, sent + count).map((line) => `${line}\n`).join(''));
        sent += count;
      };
      const arrived = (count) => eventually(() => linesOf(directory, file).length >= count, `${count} lines`);
      // Until it is subscribed.
      await eventually(async () => {
        await run('rtmqtt', ['pub', '--qos', 1, broker.at('log'), 'ready']);
        return linesOf(directory, file).length > 0;
      }, 'the first line');
      const before = () => linesOf(directory, file).filter((line) => line === 'ready').length;
      const rotate = rotation(directory, file, lines(writer.child.pid));
      for (let round = 0; round < 5; ++round) {
        send(200);
        // What is written between logrotate's copy and its cut is lost by logrotate.
        if (pauses) await arrived(sent + before());
        await rotate();
        send(50);
      }
      await arrived(sent + before());
      assert.deepEqual(linesOf(directory, file).filter((line) => line !== 'ready'), numbered(0, sent));
      // Where there is no file yet, it has nothing to do.
      const aside = readdirSync(directory).filter((one) => /^out\.\d+$/.test(one)).length;
      assert.ok(how.startsWith('nocreate') ? aside > 0 : aside === 5, `${aside} files put aside`);
      assert.equal(writer.ended, undefined, writer.detail());
    }, {notHere: kNoLogrotate});
  }
}

test('logrotate of a file that is followed: all of it comes, and what copytruncate may have lost is told', async () => {
  for (const [how, told] of [[['create'], 0], [['copytruncate'], 5]]) {
    const directory = makeDirectory();
    const file = join(directory, 'app.log');
    writeFileSync(file, '');
    const relay = start('rtrelay', ['--from-start', `file:${file}`, '-'], {stdin: null});
    let sent = 0;
    const rotate = rotation(directory, file, how);
    appendFileSync(file, 'first\n');
    await relay.waitForLines(1);
    for (let round = 0; round < 5; ++round) {
      appendFileSync(file, numbered(sent, sent + 100).map((line) => `${line}\n`).join(''));
      sent += 100;
      // A copy is made of what has been read; a file that is moved away is read to its end.
      if (told) await relay.waitForLines(1 + sent);
      await rotate();
      // A file that comes and goes between two looks is not seen.
      appendFileSync(file, `line ${sent++}\n`);
      await relay.waitForLines(1 + sent);
      if (told) {
        await relay.waitFor(() => (relay.stderr.match(/was truncated: what was added to it just before may be lost/g) ?? []).length > round,
                            'a word on the cut');
      }
    }
    assert.deepEqual(relay.lines(), ['first', ...numbered(0, sent)]);
    assert.equal((relay.stderr.match(/truncated/g) ?? []).length, told, relay.stderr);
  }
}, {notHere: kNoLogrotate});

// --- nginx -------------------------------------------------------------------------------------
for (const [status, more] of [[429, 'limit_req_status 429;'], [503, '']]) {
  test(`nginx that limits with ${status}: what it refuses comes again, all of it once, over one connection`, async () => {
    const got = [];
    const behind = await HttpPeer.start((request, response, body) => {
      got.push(body.toString());
      response.writeHead(204).end();
    });
    const nginx = await startNginx(`location /hook { limit_req zone=few burst=3 nodelay; ${more} proxy_pass ${behind.at('/')}; }`,
                                   {zones: 'limit_req_zone $binary_remote_addr zone=few:1m rate=10r/s;'});
    const lines = numbered(0, 40);
    const {code, stderr} = await run('rtrelay', ['-n', lines.length, '--retry-max-delay', '300ms', '-', nginx.at('/hook')],
                                     {input: lines.map((line) => `${line}\n`).join('')});
    assert.equal(code, 0, stderr);
    assert.deepEqual(got, lines);
    // It is written after the answer.
    const log = await eventually(() => {
      const all = nginx.log();
      return all.filter((one) => one.status === 204).length >= lines.length && all;
    }, 'the log');
    const taken = log.filter((one) => one.status === 204);
    const refused = log.filter((one) => one.status === status);
    assert.equal(taken.length, lines.length);
    assert.ok(refused.length > 0);
    assert.equal(log.length, taken.length + refused.length);
    assert.equal(new Set(log.map(({connection}) => connection)).size, 1, JSON.stringify(log));
  });
}

test('nginx that is without its backend for a while, and ends connections after ten requests: nothing lost', async () => {
  const got = [];
  const take = (request, response, body) => {
    got.push(body.toString());
    response.writeHead(204).end();
  };
  let behind = await HttpPeer.start(take);
  const {port} = behind;
  const nginx = await startNginx(`keepalive_requests 10; location /hook { proxy_pass ${behind.at('/')}; }`);
  const relay = start('rtrelay', ['--retry-max-delay', '200ms', '-', nginx.at('/hook')]);
  const lines = numbered(0, 90);
  const write = (part) => relay.write(part.map((line) => `${line}\n`).join(''));
  write(lines.slice(0, 30));
  await eventually(() => got.length === 30, 'the first thirty');
  await behind.stop();
  write(lines.slice(30, 60));
  await eventually(() => nginx.log().some(({status}) => status === 502), 'a 502');
  behind = await HttpPeer.start(take, {port});
  await eventually(() => got.length >= 60, 'the next thirty');
  write(lines.slice(60));
  relay.endStdin();
  const {code} = await relay.waitExit();
  assert.equal(code, 0, relay.stderr);
  assert.deepEqual(got, lines);
  const log = await eventually(() => {
    const all = nginx.log();
    return all.filter(({status}) => status === 204).length >= lines.length && all;
  }, 'the log');
  assert.equal(log.filter(({status}) => status === 204).length, lines.length);
  assert.ok(Math.max(...log.map(({request}) => request)) === 10, 'ten requests a connection');
});
