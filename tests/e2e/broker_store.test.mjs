// --store DIR: what the broker beside rtmqtt serve and rtrelay serve --mqtt keeps from one run to the next.
import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, eventually, run, serve, test} from './lib/harness.mjs';

function directory() {
  const made = mkdtempSync(join(tmpdir(), 'rt-store-'));
  defer(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

const pub = (port, ...args) => run('mosquitto_pub', ['-p', port, ...args]);
const sub = (port, ...args) => run('mosquitto_sub', ['-p', port, '-W', 20, ...args]);

for (const [program, args, at] of [
  ['rtmqtt', (dir) => ['serve', '0', '--store', dir], (server) => server.port],
  ['rtrelay', (dir) => ['serve', '0', '--mqtt', '0', '--store', dir],
   (server) => Number(new URL(server.urls.find((url) => url.startsWith('mqtt:'))).port)],
]) {
  test(`${program}: retained messages, sessions and what waits for them outlive a restart`, async () => {
    const dir = join(directory(), 'a store');
    const listeners = program === 'rtmqtt' ? 1 : 2;
    const first = await serve(program, args(dir), {listeners});
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    const port = at(first);
    // A session that waits: -E ends when it is subscribed.
    const session = ['-c', '-i', 'keeper', '-q', 1, '-t', 'lab/#'];
    assert.equal((await sub(port, ...session, '-E')).code, 0);
    for (const text of ['one', 'two']) assert.equal((await pub(port, '-t', 'lab/a', '-q', 1, '-m', text)).code, 0);
    assert.equal((await pub(port, '-t', 'kept', '-q', 1, '-r', '-m', 'retained')).code, 0);
    first.kill();
    assert.equal((await first.waitExit()).code, 0);
    assert.ok(existsSync(join(dir, 'mosquitto.db')));

    const second = await serve(program, args(dir), {listeners});
    assert.deepEqual((await sub(at(second), ...session, '-C', 2)).lines, ['one', 'two']);
    assert.deepEqual((await sub(at(second), '-t', 'kept', '-C', 1)).lines, ['retained']);
    second.kill();
    assert.equal((await second.waitExit()).code, 0);
  });
}

test('a store is one broker\'s at a time', async () => {
  const dir = directory();
  const first = await serve('rtmqtt', ['serve', '0', '--store', dir]);
  const second = await run('rtmqtt', ['serve', '0', '--store', dir]);
  assert.equal(second.code, 2);
  assert.match(second.stderr, new RegExp(`^rtmqtt: --store ${dir}: another broker has it \\(process ${first.child.pid}\\): name another directory$`, 'm'));
  first.kill('SIGKILL');
  await first.exit;
  const third = await serve('rtmqtt', ['serve', '0', '--store', dir]);
  third.kill();
  assert.equal((await third.waitExit()).code, 0);
});

test('a store that cannot be used is told before anything listens', async () => {
  const dir = directory();
  const file = join(dir, 'file');
  writeFileSync(file, '');
  const rows = [[file, /Not a directory/], [join(dir, 'no', 'such'), /No such file or directory/]];
  if (process.getuid() !== 0) {
    const closed = join(dir, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    rows.push([closed, /Permission denied/]);
  }
  for (const [path, why] of rows) {
    const {code, stderr} = await run('rtmqtt', ['serve', '0', '--store', path]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, why);
    assert.ok(stderr.includes(`--store ${path}`), stderr);
    assert.doesNotMatch(stderr, /listening/);
  }
  const {code, stderr} = await run('rtrelay', ['serve', '0', '--store', dir]);
  assert.equal(code, 2);
  assert.match(stderr, /--store needs --mqtt/);
});

test('a broker that dies is started again with what it had saved', async () => {
  const dir = directory();
  const server = await serve('rtmqtt', ['serve', '0', '--store', dir]);
  assert.equal((await pub(server.port, '-t', 'kept', '-q', 1, '-r', '-m', 'retained')).code, 0);
  await eventually(() => existsSync(join(dir, 'mosquitto.db')), 'the first saving');
  const {stdout} = await run('ps', ['-eo', 'ppid=,pid=,args=']);
  const own = family(stdout, server.child.pid).find(({args}) => /mosquitto -c /.test(args));
  process.kill(own.pid, 'SIGKILL');
  await server.waitForLine(/what it had not saved is lost; starting it again/, 'stderr');
  await eventually(async () => (await sub(server.port, '-t', 'kept', '-C', 1)).lines[0] === 'retained', 'the retained message');
  server.kill();
  assert.equal((await server.waitExit()).code, 0);
});

// The processes below one, as ps tells them.
function family(ps, root) {
  const all = ps.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter(Boolean)
    .map(([, parent, pid, args]) => ({parent: Number(parent), pid: Number(pid), args}));
  const found = new Set([root]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const {parent, pid} of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({pid}) => found.has(pid) && pid !== root);
}
