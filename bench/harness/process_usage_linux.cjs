'use strict';

// See process_usage.cjs. Times come from the scheduler, since /proc/PID/stat counts in ticks of
// 10 ms.

const fs = require('node:fs');

const resolution = '1 ns';

// A process or thread may end while it is looked at; it then counts as nothing.
function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list() {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => {
    const stat = read(`/proc/${name}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid: Number(name), parent: Number(fields[1]) };
  });
}

function threads(pid) {
  try {
    return fs.readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function measure(pid) {
  let cpuNanoseconds = 0;
  for (const thread of threads(pid)) {
    cpuNanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]);
  }
  const resident = read(`/proc/${pid}/smaps_rollup`).match(/^Rss:\s+(\d+) kB/m);
  return { cpuNanoseconds, residentBytes: resident ? Number(resident[1]) * 1024 : 0 };
}

module.exports = { list, measure, resolution };
