// A hub under attack: started with small bounds, watched from outside, with a good client beside
// the attackers.
import {kAttempts, kConnectionKiB, kConstantMiB, kMemoryTimes, kLatencyMs, kLatencyTimes, kMiB, kRecoveryMs,
        kTestMs} from './size.mjs';
import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {defer, inScope, run, serve, start, test as anyTest, within} from '../../e2e/lib/harness.mjs';
import {descriptors, resident} from './figures.mjs';
import {get} from './raw_http.mjs';

const here = dirname(fileURLToPath(import.meta.url));

export {defer, run, serve, start, within};

// Others had to wait too long; the machine may have been busy with something else.
class Slow extends Error {}

// An attack is over in time, or it has hung. Where only somebody's time was too long it is made
// again, a few times: what holds others up does so each time.
export const test = (name, work, {timeout = kTestMs} = {}) => anyTest(name, async (context) => {
  for (let attempt = 1;; ++attempt) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it took more than ${timeout} ms`)), timeout);
    });
    // What the test has opened is closed then, which ends what it waits for.
    try {
      await inScope(() => Promise.race([work(context), late]));
      return;
    } catch (fault) {
      if (!(fault instanceof Slow) || attempt === kAttempts) throw fault;
      context.diagnostic(`once more: ${fault.message}`);
    } finally {
      clearTimeout(timer);
    }
  }
}, {timeout: kAttempts * (timeout + 20_000)});

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits so long at most; whether it came true.
export async function until(condition, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() > end) return false;
    await pause(15);
  }
}

// A hub; `args` are further options. It is watched from its start: most() is the most memory seen.
export async function startHub(args = [], {memory = '64MiB', ...options} = {}) {
  const hub = await serve('rtrelay', ['serve', '0', '--memory', memory, ...args], options);
  hub.pid = hub.child.pid;
  hub.memory = Number.parseInt(memory, 10) * kMiB;
  hub.port = Number(new URL(hub.urls.at(-1)).port);
  watch(hub);
  return hub;
}

function watch(hub) {
  let most = 0;
  const look = () => (most = Math.max(most, resident(hub.pid)));
  const timer = setInterval(look, 20);
  timer.unref();
  defer(() => clearInterval(timer));
  hub.most = () => {
    look();
    return most;
  };
}

// {published_total: 3, ...}; empty when there is no answer.
export async function metrics(port) {
  const {text} = await get(port, '/-/metrics', {}, {ms: 5000});
  return Object.fromEntries([...text.matchAll(/^rtwire_([^\s{]+)\S* (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

const mib = (bytes) => `${(bytes / kMiB).toFixed(1)} MiB`;

// What it has ever had is within --memory, the constant and the figure for each connection.
export function assertMemory(hub, {connections = 0, more = 0} = {}) {
  const bound = kMemoryTimes * hub.memory + kConstantMiB * kMiB + connections * kConnectionKiB * 1024 + more;
  assert.ok(hub.most() <= bound, `${mib(hub.most())} resident, at most ${mib(bound)} with --memory ` +
                                     `${mib(hub.memory)} and ${connections} connections`);
}

// Its descriptors and memory as they are now, to be compared when the attackers have gone.
export async function before(hub) {
  return {memory: resident(hub.pid), logs: (await metrics(hub.port)).memory_bytes ?? 0,
          descriptors: descriptors(hub.pid)};
}

// Within a tenth, and some: what is in the logs now and was not there before stays, of course.
export async function assertRecovers(hub, start) {
  const end = Date.now() + kRecoveryMs;
  for (;;) {
    const now = await before(hub);
    const grown = Math.max(0, now.logs - start.logs);
    const most = 1.1 * start.memory + 16 * kMiB + 1.3 * grown;
    const most_open = 1.1 * start.descriptors + 8;
    if (now.memory <= most && now.descriptors <= most_open) return;
    if (Date.now() > end)
      assert.fail(`${mib(now.memory)} and ${now.descriptors} descriptors when all had gone; ` +
                  `${mib(start.memory)} and ${start.descriptors} before, ${mib(grown)} more in the logs`);
    await pause(200);
  }
}

// --- the good client -------------------------------------------------------------------------
// A good client that runs until the test is over. `base` is what it saw while nobody attacked.
export async function goodClient(hub, {channel = '/good', baseMs = 700, mayBePushedOut = false} = {}) {
  const child = fork(join(here, 'good_client_process.mjs'), [String(hub.port), channel, String(mayBePushedOut)]);
  const next = () => new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('the good client has ended')));
  });
  defer(() => child.kill('SIGKILL'));
  await next();
  const figures = () => {
    const answer = next();
    child.send('figures');
    return answer;
  };
  await pause(baseMs);
  const base = await figures();
  return {base, figures};
}

// That what it saw since the last look is as good as it was, more or less. Where the machine let the
// client itself wait, by as much.
export async function assertGood(good, {failures = 0} = {}) {
  const seen = await good.figures();
  assert.ok(seen.failures.length <= failures,
            `${seen.failures.length} good requests failed: ${[...new Set(seen.failures)].slice(0, 5).join('; ')}`);
  for (const kind of ['publish', 'get', 'connect']) {
    const limit = Math.max(kLatencyMs, kLatencyTimes * good.base[kind].p99, kLatencyTimes * seen.machine.p99);
    const {p99, most, count} = seen[kind];
    const said = `of ${count}, at most ${limit.toFixed(0)} (${good.base[kind].p99.toFixed(1)} without attack)`;
    if (p99 > limit) throw new Slow(`${kind}: p99 ${p99.toFixed(0)} ms ${said}`);
    if (most > 10 * limit) throw new Slow(`${kind}: once ${most.toFixed(0)} ms ${said}`);
  }
}
