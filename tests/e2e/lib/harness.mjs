// Starts the programs under test and cleans up behind them. Waits are for conditions, never for a
// fixed time; one generous deadline bounds each of them.
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {after as nodeAfter, test as nodeTest} from 'node:test';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const kRoot = join(here, '..', '..', '..');
export const kBin = process.env.RT_BIN ?? join(kRoot, 'build', 'debug', 'bin');
export const kDeadline = Number(process.env.RT_DEADLINE_MS ?? 30_000);
// For tests that go on for as long as one likes, in an order by chance.
export const kMinutes = Number(process.env.RT_LONG ?? 0);
export const kSeed = Number(process.env.RT_SEED ?? Date.now() % 1_000_000);

// Neither a proxy nor the user's own settings of the programs may colour the tests.
for (const name of Object.keys(process.env)) {
  if (/^(https?|all|no)_proxy$/i.test(name) || name.startsWith('RT_')) delete process.env[name];
}
// What a browser or a shell writes there goes when the tests are over.
for (const name of ['XDG_CONFIG_HOME', 'XDG_STATE_HOME']) {
  const directory = process.env[name] = mkdtempSync(join(tmpdir(), 'rtwire-e2e-config-'));
  process.on('exit', () => rmSync(directory, {recursive: true, force: true}));
}

// --- what a test or a file has opened --------------------------------------------------------
class Scope {
  #closers = [];
  defer(closer) { this.#closers.push(closer); }
  async close() {
    const faults = [];
    for (const closer of this.#closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw faults[0];
  }
}

const fileScope = new Scope();
let scope = fileScope;
nodeAfter(() => fileScope.close());

// Runs `closer` when the test is over, or, outside of a test, when the file is.
export function defer(closer) { scope.defer(closer); }

// Calls `open`, and what it opens stays until the file is over.
export function forTheFile(open) {
  const inner = scope;
  scope = fileScope;
  try {
    return open();
  } finally {
    scope = inner;
  }
}

// Says that this machine cannot run the test: scripts/test takes that for no failure where it can be
// so, and any other skip for one. `notHere` of test() says it beforehand.
export function skipHere(context, why) { context.skip(`not here: ${why}`); }
export const kNotLinux = process.platform === 'linux' ? undefined : 'only on Linux';
// For what is worded by curl, OpenSSL and the C library.
export const kOtherWording =
    isDebian12() ? undefined : 'the wording is that of the libraries of Debian 12';
function isDebian12() {
  if (!existsSync('/etc/os-release')) return false;
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^ID=debian$/m.test(release) && /^VERSION_ID="12"$/m.test(release);
}

// Runs `work`, what it opens is gone when it ends, failed or not.
export async function inScope(work) {
  const own = new Scope();
  const outer = scope;
  scope = own;
  let failed = true;
  try {
    const result = await work();
    failed = false;
    return result;
  } finally {
    scope = outer;
    // A fault of the work itself says more than one of the cleaning up.
    await (failed ? own.close().catch(() => {}) : own.close());
  }
}

// A test whose children, sockets and servers are gone when it ends, failed or not.
export function test(name, fn, {timeout = 4 * kDeadline, notHere} = {}) {
  if (notHere) return nodeTest(name, {skip: `not here: ${notHere}`}, () => {});
  return nodeTest(name, {timeout}, (context) => inScope(() => fn(context)));
}

// --- waiting ---------------------------------------------------------------------------------
// Resolves as `promise` does, or fails after the deadline. `detail` adds what was seen.
export async function within(promise, what, {ms = kDeadline, detail} = {}) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const more = detail ? `\n${detail()}` : '';
      reject(new Error(`waited ${ms} ms for ${what}${more}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Something that changes and can be waited for: `changed()` tells the waiting ones to look again.
export class Watched {
  #waiting = new Set();
  changed() {
    for (const look of [...this.#waiting]) look();
  }
  // The first value of `condition()` that is neither undefined nor false.
  async until(condition, what, options = {}) {
    let look;
    const found = new Promise((resolve, reject) => {
      look = () => {
        try {
          const value = condition();
          if (value !== undefined && value !== false) resolve(value);
        } catch (fault) {
          reject(fault);
        }
      };
      this.#waiting.add(look);
      look();
    });
    try {
      return await within(found, what, options);
    } finally {
      this.#waiting.delete(look);
    }
  }
}

// Asks again and again until `condition` (which may be async) gives a value; for what tells nobody
// when it changes.
export async function eventually(condition, what) {
  const end = Date.now() + kDeadline;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${kDeadline} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// --- programs --------------------------------------------------------------------------------
const alive = new Set();
// An interrupted run leaves nothing behind either.
for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]]) {
  process.on(signal, () => process.exit(128 + number));
}
process.on('exit', () => {
  for (const child of alive) killGroup(child, 'SIGKILL');
});
// Ends when all is said. Node 20 frees its environment otherwise, and waits there now and then for ever, with
// all of a CPU, for a handle that does not close.
process.once('beforeExit', () => process.on('exit', () => process.exit()));

// The child and what it has started.
function killGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
  }
}

const kReport = /ERROR: (Address|Leak)Sanitizer|runtime error:|Assertion .* failed/;

export class Program extends Watched {
  stdout = '';
  stderr = '';
  stdoutBytes = [];
  ended = undefined;

  // With `onStdout` what it writes is handed on and not kept.
  constructor(command, args, {stdin = 'pipe', env = {}, cwd, stdout = 'pipe', onStdout} = {}) {
    super();
    this.name = `${command.split('/').pop()} ${args.join(' ')}`;
    this.child = spawn(command, args, {
      stdio: [stdin === null ? 'ignore' : stdin, stdout, 'pipe'],
      // Not the configuration of whoever runs the tests.
      env: {...process.env, RT_CONFIG: '', ...env},
      cwd,
      detached: true,  // a process group of its own
    });
    alive.add(this.child);
    // close, not exit: by then all that it wrote has been read.
    this.exit = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.stderr += `${error.message}\n`;
        this.#end({code: null, signal: null, error}, resolve);
      });
      this.child.once('close', (code, signal) => this.#end({code, signal}, resolve));
    });
    this.child.stdin?.on('error', () => {});  // a program may end before it has read all
    this.child.stdout?.on('data', onStdout ?? ((bytes) => {
      this.stdoutBytes.push(bytes);
      this.stdout += bytes.toString('latin1');
      this.changed();
    }));
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
      this.changed();
    });
    defer(() => this.#cleanUp());
  }

  #end(ended, resolve) {
    if (this.ended) return;
    this.ended = ended;
    alive.delete(this.child);
    resolve(ended);
    this.changed();
  }

  detail() {
    const end = this.ended ? `ended ${JSON.stringify(this.ended)}` : 'running';
    return `${this.name}: ${end}\n--- stdout\n${this.text().slice(-2000)}` +
        `\n--- stderr\n${this.stderr.slice(-4000)}`;
  }

  bytes() { return Buffer.concat(this.stdoutBytes); }
  text() { return this.bytes().toString('utf8'); }
  lines() { return this.text().split('\n').slice(0, -1); }

  waitFor(condition, what = 'a condition', options = {}) {
    return this.until(() => {
      const value = condition(this);
      if ((value === undefined || value === false) && this.ended) {
        throw new Error(`ended before ${what}\n${this.detail()}`);
      }
      return value;
    }, what, {detail: () => this.detail(), ...options});
  }

  // The match of the first whole line that matches.
  waitForLine(pattern, stream = 'stdout') {
    return this.waitFor(() => {
      for (const line of this[stream].split('\n').slice(0, -1)) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      return undefined;
    }, `a line ${pattern} on ${stream}`);
  }

  waitForLines(count) {
    return this.waitFor(() => (this.lines().length >= count ? this.lines() : undefined),
                        `${count} lines on stdout`);
  }

  write(text) { this.child.stdin.write(text); }
  endStdin() { this.child.stdin.end(); }
  kill(signal = 'SIGTERM') { this.child.kill(signal); }

  // {code, signal} once it has ended by itself.
  waitExit(options = {}) {
    return within(this.exit, `${this.name} to end`, {detail: () => this.detail(), ...options});
  }

  async #cleanUp() {
    if (!this.ended) {
      killGroup(this.child, 'SIGCONT');
      killGroup(this.child, 'SIGTERM');
      try {
        await this.waitExit({ms: 15_000});
      } catch (fault) {
        killGroup(this.child, 'SIGKILL');
        await this.exit;
        throw new Error(`SIGTERM did not end it: ${fault.message}`);
      }
    }
    killGroup(this.child, 'SIGKILL');
    if (kReport.test(this.stderr)) throw new Error(`a fault inside ${this.detail()}`);
    const {signal} = this.ended;
    if (['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE'].includes(signal)) {
      throw new Error(`crashed: ${this.detail()}`);
    }
  }
}

// Starts a program of the toolkit, or, with a slash or an unknown name, any other.
export function start(program, args = [], options = {}) {
  const own = join(kBin, program);
  if (/^rt[a-z]+$/.test(program) && !existsSync(own)) throw new Error(`not built: ${own}`);
  return new Program(/^rt[a-z]+$/.test(program) ? own : program, args.map(String), options);
}

// Runs it to its end: {code, signal, stdout, stderr, lines, bytes}.
export async function run(program, args = [], {input, ms = kDeadline, ...options} = {}) {
  const started = start(program, args, {...options, stdin: input === undefined ? null : 'pipe'});
  if (input !== undefined) started.child.stdin.end(input);
  const {code, signal} = await started.waitExit({ms});
  return {
    code,
    signal,
    stdout: started.text(),
    stderr: started.stderr,
    lines: started.lines(),
    bytes: started.bytes(),
  };
}

// Starts a server and waits until it listens. Gives the program with `url` (ends in '/'), `port`,
// and `at(path, scheme)`.
export async function serve(program, args = [], {listeners = 1, ...options} = {}) {
  const server = start(program, args, {stdin: null, ...options});
  const urls = await server.waitFor(() => {
    const found = [...server.stderr.matchAll(/^listening (\S+)$/gm)].map((match) => match[1]);
    return found.length >= listeners ? found : undefined;
  }, 'the line "listening URL"');
  server.urls = urls;
  server.url = urls[0];
  server.port = Number(new URL(urls[0]).port);
  server.at = (path = '/', scheme = 'http') =>
    `${scheme}://127.0.0.1:${server.port}${path}`;
  return server;
}
