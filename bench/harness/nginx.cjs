'use strict';

// nginx in the foreground, in a directory of its own, on a free port.

const fs = require('node:fs');
const path = require('node:path');

const { Child, temporaryDirectory } = require('./children.cjs');
const { freePort, untilAccepting } = require('./ports.cjs');
const programs = require('./programs.cjs');

function configuration({ directory, port, workers, modules, http, server }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`);
  return `${modules.map((file) => `load_module ${file};`).join('\n')}
daemon off;
${process.getuid() === 0 ? 'user root;' : ''}
worker_processes ${workers};
worker_rlimit_nofile 16384;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log warn;
events { worker_connections 12288; }
http {
  access_log off;
  sendfile on;
  ${temporary.join('\n  ')}
  ${http}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${directory};
    keepalive_requests 1000000000;
    ${server}
  }
}
`;
}

// Resolves to { child, port, directory } when it accepts connections; `directory` is what it
// serves.
async function startNginx({ core, workers = 1, modules = [], http = '', server = '' }) {
  const program = programs.nginx();
  const directory = temporaryDirectory();
  const port = await freePort();
  const file = path.join(directory, 'nginx.conf');
  fs.writeFileSync(file, configuration({ directory, port, workers, modules, http, server }));
  const errorLog = path.join(directory, 'error.log');
  const child = new Child(program, ['-p', directory, '-e', errorLog, '-c', file], { core });
  await untilAccepting(child, port);
  return { child, port, directory };
}

// nchan over the three transports, at the paths that fanout_load asks for.
async function startNchan({ core, workers }) {
  const channel = (location, directives) =>
    `location = ${location} { nchan_channel_id bench; ${directives} }`;
  return startNginx({
    core,
    workers,
    modules: [programs.nchanModule()],
    http: 'nchan_shared_memory_size 128M;',
    server: [
      channel('/bench-publish',
              'nchan_publisher; nchan_message_buffer_length 16; nchan_message_timeout 10m;'),
      channel('/bench', 'nchan_subscriber eventsource websocket; ' +
                        'nchan_subscriber_first_message newest;'),
      channel('/bench-poll', 'nchan_subscriber longpoll; nchan_subscriber_first_message oldest;'),
    ].join('\n    '),
  });
}

module.exports = { startNchan, startNginx };
