'use strict';

// A Mosquitto broker of the benchmark's own: loopback, anonymous, nothing kept, on a free port. It
// queues without limit, so that whatever it drops is not a matter of its configuration.

const fs = require('node:fs');
const path = require('node:path');

const { Child, temporaryDirectory } = require('./children.cjs');
const { freePort, untilAccepting } = require('./ports.cjs');
const programs = require('./programs.cjs');

const configuration = (port, inflight) => `listener ${port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages ${inflight}
set_tcp_nodelay true
log_type error
log_dest stderr
${process.getuid() === 0 ? 'user root\n' : ''}`;

// `inflight`: how many messages of QoS 1 may wait for their acknowledgement at each client. `more`:
// what else stands in its configuration.
async function startMosquitto({ core, inflight = 20, more = '' }) {
  const program = programs.mosquitto();
  const port = await freePort();
  const file = path.join(temporaryDirectory(), 'mosquitto.conf');
  fs.writeFileSync(file, configuration(port, inflight) + more);
  const child = new Child(program, ['-c', file], { core });
  await untilAccepting(child, port);
  return { child, port };
}

module.exports = { startMosquitto };
