'use strict';

// See process_usage.cjs.

const { execFileSync } = require('node:child_process');

const resolution = '10 ms';

function ps(...args) {
  const text = execFileSync('ps', args, { encoding: 'utf8' });
  return text.trim().split('\n').map((line) => line.trim().split(/\s+/));
}

function list() {
  return ps('-axo', 'pid=,ppid=').map(([pid, parent]) => ({
    pid: Number(pid),
    parent: Number(parent),
  }));
}

// `time` is [[hours:]minutes:]seconds with hundredths.
function measure(pid) {
  const [[time, resident]] = ps('-o', 'time=,rss=', '-p', String(pid));
  const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuNanoseconds: seconds * 1e9, residentBytes: Number(resident) * 1024 };
}

module.exports = { list, measure, resolution };
