'use strict';

// What a process and all its descendants used so far.
//
// usage(pid) gives { cpuNanoseconds, residentBytes }; `resolution` says how fine the CPU time is.
// Each system has a file of its own that lists processes as { pid, parent } and measures one.

const system = {
  linux: () => require('./process_usage_linux.cjs'),
  darwin: () => require('./process_usage_darwin.cjs'),
}[process.platform];

if (!system) throw new Error(`CPU time cannot be measured on ${process.platform}`);
const { list, measure, resolution } = system();

function usage(root) {
  const processes = list();
  if (!processes.some(({ pid }) => pid === root)) throw new Error('the server has ended');
  const family = new Set([root]);
  // A descendant may be listed before its parent, so look again until nothing is added.
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  const total = { cpuNanoseconds: 0, residentBytes: 0 };
  for (const pid of family) {
    const one = measure(pid);
    total.cpuNanoseconds += one.cpuNanoseconds;
    total.residentBytes += one.residentBytes;
  }
  return total;
}

const kIdleMilliseconds = 50;
const kIdleShare = 0.01;

// Waits until the process does nothing worth counting any more.
async function idle(pid) {
  for (let tries = 0, calm = 0; calm < 2; ++tries) {
    if (tries === 400) throw new Error('the server does not come to rest');
    const before = usage(pid).cpuNanoseconds;
    await new Promise((resolve) => setTimeout(resolve, kIdleMilliseconds));
    const used = usage(pid).cpuNanoseconds - before;
    calm = used < kIdleMilliseconds * 1e6 * kIdleShare ? calm + 1 : 0;
  }
}

module.exports = { idle, resolution, usage };
