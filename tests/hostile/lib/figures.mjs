// What a process holds: resident memory, descriptors, time on the processor. Linux by /proc, others
// by ps and lsof.
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';

const kProc = process.platform === 'linux';

function ps(pid, what) {
  try {
    return execFileSync('ps', ['-o', `${what}=`, '-p', String(pid)], {encoding: 'utf8'}).trim();
  } catch {
    return '';
  }
}

function status(pid, name) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

// Bytes; 0 when it is gone.
export function resident(pid) {
  return kProc ? status(pid, 'VmRSS') : Number(ps(pid, 'rss') || 0) * 1024;
}

// The most that it ever had.
export function peak(pid) { return kProc ? status(pid, 'VmHWM') : resident(pid); }

export function descriptors(pid) {
  if (kProc) return readdirSync(`/proc/${pid}/fd`).length;
  return execFileSync('lsof', ['-p', String(pid), '-Ff'], {encoding: 'utf8'})
      .split('\n').filter((line) => /^f\d/.test(line)).length;
}

// Milliseconds on a processor, of all threads: what the machine's load does not change.
export function processorTime(pid) {
  if (kProc) {
    let sum = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try {
        sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      } catch {
        // a thread that has just ended
      }
    }
    return sum / 1e6;
  }
  const parts = ps(pid, 'time').split(/[:-]/).map(Number);
  return parts.reduce((sum, part) => sum * 60 + part, 0) * 1000;
}

// Processes below this one, however deep.
export function descendants(pid) {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,comm='], {encoding: 'utf8'})
      .trim().split('\n').map((row) => row.trim().split(/\s+/));
  const found = [];
  const visit = (parent) => {
    for (const [child, above, name] of rows) {
      if (Number(above) !== parent) continue;
      found.push({pid: Number(child), name});
      visit(Number(child));
    }
  };
  visit(pid);
  return found;
}
