// Somebody who types at a terminal and reads what it shows: zsh's zpty, and xterm.js for the screen.
import xterm from '@xterm/headless';
import {closeSync, constants, mkdtempSync, openSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {execFileSync} from 'node:child_process';
import {defer, eventually, kBin, start} from './harness.mjs';
import {quoted} from './terminal.mjs';

// As in terminal.mjs, but that what comes is in pieces of escapes such as \x1b, and no newline is added.
const kScript = `
  zmodload zsh/zpty
  zpty -b child $2
  while :; do
    zpty -r child out && print -rn -- $out
    zpty -t child || break
    while read -t 0 -r typed; do zpty -w -n child \${(g::)typed}; done
    sleep 0.02
  done
  while zpty -r child out; do print -rn -- $out; done`;
const kPiece = 256;

export const kKeys = {
  enter: '\r', up: '\x1b[A', down: '\x1b[B', right: '\x1b[C', left: '\x1b[D', home: '\x1b[H', end: '\x1b[F',
  delete: '\x1b[3~', backspace: '\x7f', escape: '\x1b',
};
export const control = (letter) => String.fromCharCode(letter.toUpperCase().charCodeAt(0) & 31);

export class Typist {
  // Runs a script of sh there, in a home directory of its own unless `home` is given.
  static async at(script, {columns = 60, rows = 12, env = {}, home = newHome(), answers = true} = {}) {
    const typist = new Typist();
    typist.home = home;
    typist.screen = new xterm.Terminal({cols: columns, rows, scrollback: 5000, allowProposedApi: true});
    typist.shell = start('zsh', [
      '-f', '-c', kScript, 'zsh', '', `sh -c ${quoted(`stty echo rows ${rows} cols ${columns}; echo TTY=$(tty); ${script}`)}`,
    ], {env: {TERM: 'xterm-256color', HOME: home, XDG_STATE_HOME: '', ...env}});
    // What the program asks of the terminal is answered.
    if (answers) typist.screen.onData((text) => typist.type(text));
    await typist.sees(/TTY=\S+/);
    typist.tty = /TTY=(\S+)/.exec(typist.shell.stdout)[1];
    return typist;
  }

  // And one of the programs, once it is ready for what is typed.
  static async typesInto(words, options = {}) {
    const [program, ...args] = words;
    const typist = await Typist.at(`exec ${[join(kBin, program), ...args].map(quoted).join(' ')}`, options);
    await typist.sees(options.ready ?? /^> $/m);
    return typist;
  }

  type(...texts) {
    const bytes = Buffer.from(texts.join(''), 'utf8');
    for (let at = 0; at < bytes.length; at += kPiece) {
      const piece = [...bytes.subarray(at, at + kPiece)];
      this.shell.write(`${piece.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}\n`);
    }
  }

  async #look() {
    const bytes = this.shell.bytes();
    const fresh = bytes.subarray(this.seen ?? 0);
    this.seen = bytes.length;
    if (fresh.length > 0) await new Promise((resolve) => this.screen.write(fresh, resolve));
  }

  // Rows that run on are one line; blanks at the end do not count, but one behind a prompt.
  lines() {
    const {active} = this.screen.buffer;
    const out = [];
    for (let y = 0; y < active.length; ++y) {
      const row = active.getLine(y);
      const text = row.translateToString(true);
      if (row.isWrapped) out[out.length - 1] += text; else out.push(text);
    }
    while (out.length > 0 && out.at(-1) === '') out.pop();
    return out.map((line) => (/^>\s*$/.test(line) ? '> ' : line));
  }
  // As they stand there, each to its last cell that is not blank.
  rows() {
    const {active} = this.screen.buffer;
    const out = [];
    for (let y = 0; y < active.length; ++y) out.push(active.getLine(y).translateToString(true).trimEnd());
    while (out.length > 0 && out.at(-1) === '') out.pop();
    return out;
  }
  text() { return this.lines().join('\n'); }
  // What stands before the cursor in its row.
  before() {
    const {active} = this.screen.buffer;
    return active.getLine(active.baseY + active.cursorY).translateToString(false, 0, active.cursorX);
  }

  // Waits until the screen shows it: a pattern of its text, or a condition.
  async sees(wanted, what = String(wanted)) {
    const holds = wanted instanceof RegExp ? () => wanted.test(this.text()) : () => wanted(this);
    try {
      await eventually(async () => {
        await this.#look();
        return holds();
      }, what);
    } catch (fault) {
      const bytes = JSON.stringify(this.shell.bytes().subarray(-400).toString('utf8'));
      throw new Error(`${fault.message}\n--- the screen\n${this.rows().join('\n')}\n--- before the cursor\n` +
                      `${this.before()}\n--- the last bytes${this.shell.ended ? ' (it has ended)' : ''}\n${bytes}`);
    }
  }
  // Its last lines.
  async seesLast(...lines) {
    const wanted = lines.join('\n');
    await this.sees(() => this.lines().slice(-lines.length).join('\n') === wanted, JSON.stringify(wanted));
  }
  async seesBefore(text) { await this.sees(() => this.before() === text, `${JSON.stringify(text)} before the cursor`); }

  // As a terminal does that is made wider or narrower: its text first, then the program is told.
  async resize(columns, rows = this.screen.rows) {
    await this.#look();
    this.screen.resize(columns, rows);
    const tty = openSync(this.tty, constants.O_RDWR | constants.O_NOCTTY);
    execFileSync('stty', ['cols', String(columns), 'rows', String(rows)], {stdio: [tty, 'pipe', 'pipe']});
    closeSync(tty);
  }
  modes() {
    const tty = openSync(this.tty, constants.O_RDWR | constants.O_NOCTTY);
    const text = execFileSync('stty', ['-a'], {stdio: [tty, 'pipe', 'pipe']}).toString();
    closeSync(tty);
    return {lines: !/-icanon\b/.test(text), echo: !/-echo\b/.test(text)};
  }
}

export function newHome() {
  const home = mkdtempSync(join(tmpdir(), 'rtwire-e2e-home-'));
  defer(() => rmSync(home, {recursive: true, force: true}));
  return home;
}
