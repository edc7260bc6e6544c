'use strict';

// Child processes and temporary directories that are gone when this program ends, however it ends.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const children = new Set();
const directories = new Set();

function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
  }
}

function removeAll() {
  for (const child of children) killGroup(child.pid, 'SIGKILL');
  children.clear();
  for (const directory of directories) fs.rmSync(directory, { recursive: true, force: true });
  directories.clear();
}

process.on('exit', removeAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    removeAll();
    process.kill(process.pid, signal);
  });
}

function temporaryDirectory() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rtwire-bench-'));
  directories.add(directory);
  return directory;
}

// True where a process can be kept on one core and there is more than one.
const canPin = process.platform === 'linux' && os.cpus().length > 1;

// A running command in a process group of its own. `errors` is what it wrote to stderr so far;
// `ended` settles, never fails, with a sentence on how it ended and its exit status.
class Child {
  constructor(command, args, { core, env, stdin = 'ignore', stdout = 'ignore' } = {}) {
    this.name = path.basename(command);
    const [file, ...rest] = core !== undefined && canPin
      ? ['taskset', '-c', String(core), command, ...args]
      : [command, ...args];
    this.process = spawn(file, rest, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: [stdin, stdout, 'pipe'],
    });
    this.pid = this.process.pid;
    this.stdin = this.process.stdin;
    this.stdout = this.process.stdout;
    if (this.pid !== undefined) children.add(this);
    this.errors = '';
    this.process.stderr.setEncoding('utf8').on('data', (text) => { this.errors += text; });
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => resolve({ how: error.message, status: -1 }));
      this.process.on('close', (status, signal) => {
        const how = signal ? `was killed by ${signal}` : `ended with ${status}`;
        resolve({ how: `${how}${this.errors && ': '}${this.errors.trim()}`, status });
      });
    });
  }

  // The URL of the line "listening URL" that a server writes to stderr when it is ready.
  async listening() {
    const ready = new Promise((resolve) => {
      const look = () => {
        const line = this.errors.match(/^listening (\S+)$/m);
        if (line) resolve(new URL(line[1]));
      };
      this.process.stderr.on('data', look);
      look();
    });
    return Promise.race([ready, this.failure()]);
  }

  // Never fulfilled; rejected when the process ends. For Promise.race with what is expected of it.
  async failure() {
    const { how } = await this.ended;
    throw new Error(`${this.name} ${how}`);
  }

  async text() {
    let text = '';
    for await (const chunk of this.stdout.setEncoding('utf8')) text += chunk;
    return text;
  }

  async stop() {
    killGroup(this.pid, 'SIGTERM');
    const patience = setTimeout(() => killGroup(this.pid, 'SIGKILL'), 3000);
    await this.ended;
    clearTimeout(patience);
    // What the leader left behind of its group goes as well.
    killGroup(this.pid, 'SIGKILL');
    children.delete(this);
  }
}

module.exports = { Child, canPin, temporaryDirectory };
