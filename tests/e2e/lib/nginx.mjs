// An nginx of the tests' own.
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, eventually} from './harness.mjs';
import {answers} from './mosquitto.mjs';
import {freePort} from './net.mjs';

// Passes to a hub what is asked for, streams and WebSockets included, as docs/access.md says.
export const passTo = (url, {host = '$http_host'} = {}) => `
    proxy_pass ${url}; proxy_http_version 1.1; proxy_buffering off; proxy_set_header Host ${host};
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $how;
    proxy_set_header X-Host $host;`;

// Starts it with these locations and waits until it takes connections at a port of its own, or at
// the Unix socket `path`. `first` stands before all else, `zones` in the block http. Gives `port`, `at(path)`, and
// `log()`: status, number of the connection and of the request on it, for each request.
export async function startNginx(locations, {path, first = '', zones = ''} = {}) {
  const port = path ? undefined : await freePort();
  const own = mkdtempSync(join(tmpdir(), 'rt-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
                        .map((name) => `${name}_temp_path ${own}/${name};`).join(' ');
  writeFileSync(join(own, 'conf'), `${first}
daemon off; master_process off; pid ${own}/pid; error_log ${own}/error.log;
events {}
http { log_format short '$status $connection $connection_requests'; access_log ${own}/access.log short;
  default_type text/plain; ${temporary} ${zones}
  map $http_upgrade $how { default upgrade; '' ''; }
  server { listen ${path ? `unix:${path}` : `127.0.0.1:${port}`};
    ${locations} } }
`);
  const nginx = spawn('nginx', ['-p', own, '-c', join(own, 'conf'), '-e', `${own}/error.log`],
                      {stdio: 'ignore'});
  defer(async () => {
    const ended = new Promise((resolve) => nginx.once('exit', resolve));
    nginx.kill('SIGKILL');
    await ended;
    rmSync(own, {recursive: true, force: true});
  });
  await eventually(() => (path ? existsSync(path) : answers(port)), 'nginx to take connections');
  const log = () => readFileSync(join(own, 'access.log'), 'utf8').split('\n').slice(0, -1).map((line) => {
    const [status, connection, request] = line.split(' ').map(Number);
    return {status, connection, request};
  });
  return {port, log, at: (target) => `http://127.0.0.1:${port}${target}`};
}
