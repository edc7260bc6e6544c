// Programs on a real pseudo-terminal, by zsh's zpty.
import {start} from './harness.mjs';

// Prints what comes off the terminal, as it comes, and ends when the script in it has.
const kScript = `
  zmodload zsh/zpty
  zpty -b child sh -c \${(q)2}
  while :; do
    zpty -r child out && print -rn -- $out
    zpty -t child || break
    while read -t 0 -r typed; do zpty -w child $typed; done
    sleep 0.02
  done
  while zpty -r child out; do print -rn -- $out; done`;

// Runs a script of sh there: its `stdout` is what the terminal got; with {stdin: 'pipe'} lines that are
// written to it are typed. The script begins with `stty`.
export function onTerminal(script, {columns = 100, ...options} = {}) {
  const whole = `stty -echo rows 24 cols ${columns}; ${script}`;
  return start('zsh', ['-f', '-c', kScript, 'zsh', '', whole], {stdin: null, ...options});
}

// A word of a script.
export function quoted(text) { return `'${String(text).replaceAll("'", `'\\''`)}'`; }

// What a terminal shows in the end: lines, as carriage returns and erasing leave them.
export function screen(text) {
  const lines = [''];
  let column = 0;
  for (const [part] of text.matchAll(/\x1b\[K|[\s\S]/g)) {
    const last = lines.length - 1;
    if (part === '\n') {
      lines.push('');
    } else if (part === '\r') {
      column = 0;
    } else if (part === '\x1b[K') {
      lines[last] = lines[last].slice(0, column);
    } else {
      lines[last] = lines[last].slice(0, column) + part + lines[last].slice(column + 1);
      ++column;
    }
    if (part === '\n') column = 0;
  }
  return lines;
}
