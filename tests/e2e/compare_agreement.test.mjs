// rtrelay compare against instruments that are not ours: the kernel's counters, /proc, and a probe in Node.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, eventually, kBin, kDeadline, kNotLinux, run, serve, start, test} from './lib/harness.mjs';
import {sse} from './lib/sse.mjs';
import {wsClient} from './lib/peers.mjs';

const directory = mkdtempSync(join(tmpdir(), 'compare-agreement-'));
const kFile = join(directory, 'report.json');
const kArguments = ['compare', '--rounds', '1', '--stats-json', kFile];
const report = () => JSON.parse(readFileSync(kFile, 'utf8'));
const way = (name) => report().ways.find((one) => one.way === name);

// Several ways one after the other, each for its time and what goes before it.
const kLong = {ms: 3 * kDeadline};

async function compare(...args) {
  const result = await run('rtrelay', [...kArguments, ...args], kLong);
  assert.equal(result.code, 0, result.stderr);
  return way;
}

// --- bytes -----------------------------------------------------------------------------------
// A network of its own has only what the program sends.
const kRoot = process.getuid?.() === 0;
const namespace = ['unshare', kRoot ? '-n' : '-rn', 'sh', '-c'];
function cannotUnshare() {
  try {
    execFileSync(namespace[0], [...namespace.slice(1), 'ip link set lo up'], {stdio: 'pipe'});
    return undefined;
  } catch {
    return 'no network namespace can be had (unshare -n, ip)';
  }
}

// What the kernel has counted on the loopback device, and what was reported.
async function counted(name, readers, seconds) {
  const line = [join(kBin, 'rtrelay'), ...kArguments, '--rate', '20/s', '--readers', readers, '--for', `${seconds}s`, name];
  const script = `ip link set lo up && ${line.join(' ')} >&2 && grep lo: /proc/net/dev`;
  const result = await run(namespace[0], [...namespace.slice(1), script]);
  assert.equal(result.code, 0, result.stderr);
  return {bytes: Number(/lo: *(\d+)/.exec(result.stdout)[1]), way: way(name)};
}

// By differences of readers and of times, so that what is not a reader's goes, and how connections
// begin. What it took to warm all of them up stays, and differs from one run to the next.
async function off(name) {
  const runs = [];
  for (const seconds of [2, 8])
    for (const readers of [2, 32]) runs.push(await counted(name, readers, seconds));
  const difference = (of) => {
    const [shortFew, shortMany, longFew, longMany] = runs.map(of);
    return (longMany - shortMany) - (longFew - shortFew);
  };
  // Each byte passes twice, before the proxy and after it.
  const kernel = difference((run) => run.bytes) / 2;
  const reported = difference(({way: of}) => of.delivered * (of.down_bytes.median + of.up_bytes.median + of.tcp_ip_bytes.median));
  return reported / kernel - 1;
}

test('the bytes and what TCP/IP adds are those that the kernel counts', async () => {
  // Mosquitto does not start as a root who is none.
  for (const name of ['ws', 'sse', 'long-poll', ...(kRoot ? ['mqtt1'] : [])]) {
    const tries = [];
    do {
      tries.push(await off(name));
    } while (Math.abs(tries.at(-1)) >= 0.02 && tries.length < 3);
    assert.ok(Math.abs(tries.at(-1)) < 0.02, `${name}: ${tries.map((one) => `${(100 * one).toFixed(2)} %`)}`);
  }
}, {notHere: kNotLinux ?? cannotUnshare(), timeout: 12 * kDeadline});

// --- latency ---------------------------------------------------------------------------------
const kDelay = 100;  // ms, each way

// Hands on each piece so much later; no part of the toolkit.
async function delayed(port) {
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]]) {
      from.setNoDelay(true);
      from.on('data', (bytes) => setTimeout(() => to.destroyed || to.write(bytes), kDelay));
      from.on('error', () => {});
      from.on('close', () => to.destroy());
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  defer(() => server.close());
  return server.address().port;
}

function median(values) { return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]; }

// How long a message takes from the POST's intended time until a client of Node's has it.
async function probe(name) {
  const hub = await serve('rtrelay', ['serve', '-q', '0']);
  const port = await delayed(hub.port);
  const arrivals = new Map();
  const came = (text) => arrivals.has(text) || arrivals.set(text, performance.now());
  if (name === 'ws') {
    const client = await wsClient(`ws://127.0.0.1:${port}/a`);
    client.socket.on('message', (data) => came(data.toString()));
  } else {
    const reader = await sse(port, '/a');
    reader.socket.on('data', () => {
      for (const event of reader.events) came(event.data);
    });
  }
  const sent = new Map();
  for (let i = 0; i < 20; ++i) {
    const text = `message ${i}`;
    sent.set(text, performance.now());
    await fetch(`http://127.0.0.1:${hub.port}/a`, {method: 'POST', body: text});
    await eventually(() => arrivals.has(text), text);
  }
  return median([...sent].map(([text, at]) => arrivals.get(text) - at));
}

test('the latency over a network that delays is what a probe of its own sees', async () => {
  // A machine that others use delays either of the two at times: of three attempts one is to be quiet.
  for (let attempt = 1; ; ++attempt) {
    const ways = await compare('--network', `rtt=${2 * kDelay}ms`, '--readers', '3', '--for', '3s', 'ws', 'sse', 'mqtt0');
    const differing = [];
    for (const name of ['ws', 'sse', 'mqtt0']) {
      const p50 = ways(name).p50_seconds.median * 1000;
      assert.ok(p50 >= kDelay, `${name}: ${p50}`);
      if (name === 'mqtt0') continue;
      const seen = await probe(name);
      if (Math.abs(p50 / seen - 1) >= 0.1) differing.push(`${name}: ${p50} ms, and the probe ${seen} ms`);
    }
    if (differing.length === 0) return;
    assert.ok(attempt < 3, differing.join('; '));
  }
});

// --- the server's process --------------------------------------------------------------------
function stat(process) {
  try {
    const fields = readFileSync(`/proc/${process}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    return {parent: Number(fields[1]), cpu: (Number(fields[11]) + Number(fields[12])) / 100};
  } catch {
    return undefined;
  }
}

function hubs(root) {
  const parents = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), stat(name)?.parent]));
  const descends = (process) => process === root || (parents.get(process) > 1 && descends(parents.get(process)));
  return [...parents.keys()].filter((process) => {
    try {
      return descends(process) && readFileSync(`/proc/${process}/cmdline`, 'latin1').includes('\0serve\0');
    } catch {
      return false;
    }
  });
}

// Where it listens, by its sockets.
function portOf(process) {
  try {
    const own = new Set(readdirSync(`/proc/${process}/fd`).map((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${process}/fd/${fd}`))?.[1];
      } catch {
        return undefined;
      }
    }));
    for (const line of readFileSync(`/proc/${process}/net/tcp`, 'latin1').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A' && own.has(fields[9])) return parseInt(fields[1].split(':')[1], 16);
    }
  } catch {
    // It has ended.
  }
  return undefined;
}

// How many messages its channel has had.
async function published(process) {
  const port = portOf(process);
  if (!port) return 0;
  try {
    const channels = await (await fetch(`http://127.0.0.1:${port}/-/channels`)).json();
    return Number(/-(\d+)$/.exec(channels[0]?.last_id)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

// The one that is measured, once so many messages have passed; the other one has a single message.
async function measuredHub(program, messages) {
  return eventually(async () => {
    assert.equal(program.ended, undefined, program.detail());
    for (const process of hubs(program.child.pid))
      if (await published(process) >= messages) return process;
    return undefined;
  }, `a hub with ${messages} messages`);
}

test('the CPU of the server is what /proc says', async () => {
  const [rate, readers] = [100, 60];
  const program = start('rtrelay', [...kArguments, '--rate', `${rate}/s`, '--readers', readers, '--for', '6s', 'sse'], {stdin: null});
  const hub = await measuredHub(program, 200);
  const samples = [];
  for (let now; (now = stat(hub)) && !program.ended;) {
    samples.push([performance.now() / 1000, now.cpu, await published(hub)]);
    await new Promise((soon) => setTimeout(soon, 20));
  }
  const {code} = await program.waitExit();
  assert.equal(code, 0, program.stderr);
  // From the first of these to the last in which more was sent: so much for each message at each
  // reader, and at the client beside them.
  const most = Math.max(...samples.map(([, , messages]) => messages));
  const from = samples[0], to = samples.find(([, , messages]) => messages === most);
  const seen = (to[1] - from[1]) / ((to[2] - from[2]) * (readers + 1));
  assert.ok(to[2] - from[2] > 100, 'few messages were seen');
  const told = way('sse').server_cpu_seconds.median;
  // Asking it for its channels costs it something, too, and these are not quite the same seconds of a machine
  // that others use as well.
  assert.ok(told / seen > 0.75 && told / seen < 1.3, `${told * 1e6} us reported, ${seen * 1e6} us by /proc`);
}, {notHere: kNotLinux});

test('a server that stalls for a second is seen by all messages of that second', async () => {
  const program = start('rtrelay', [...kArguments, '--rate', '50/s', '--readers', '2', '--for', '10s', 'ws'], {stdin: null});
  // These are more than those that warm it up.
  const hub = await measuredHub(program, 180);
  process.kill(hub, 'SIGSTOP');
  const stopped = performance.now();
  await eventually(() => performance.now() - stopped > 1000, 'a second');
  process.kill(hub, 'SIGCONT');
  const {code} = await program.waitExit();
  assert.equal(code, 0, program.stderr);
  const {p50_seconds: p50, p99_seconds: p99, latency, lost_percent: lost} = way('ws');
  // A tenth of all messages should have left meanwhile, and half of these have waited for half of it.
  const p95 = latency.find(([part]) => part === 0.95)[1];
  assert.ok(p99.median > 0.8 && p95 > 0.35, `${p95} ${p99.median}`);
  assert.ok(p50.median < 0.35, `${p50.median}`);
  assert.equal(lost.median, 0);
}, {notHere: kNotLinux});

// --- a cut -----------------------------------------------------------------------------------
test('a cut loses what each way must lose, and nothing else', async () => {
  const some = ['ws', 'mqtt0'], none = ['poll-cursor', 'long-poll', 'sse', 'ws-hub', 'mqtt1', 'mqtt2'];
  const ways = await compare('--for', '6s', '--cut', '1s:1s', '--readers', '2', '--poll-every', '200ms', ...some, ...none);
  for (const name of some) {
    assert.equal(ways(name).cut_lost_percent.median, 100, name);
    assert.ok(ways(name).lost_percent.median >= 15, name);
  }
  for (const name of none) {
    assert.equal(ways(name).cut_lost_percent.median, 0, name);
    assert.equal(ways(name).lost_percent.median, 0, name);
    assert.ok(ways(name).back_seconds.median >= 0, name);
  }
});
