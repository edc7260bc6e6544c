// rtrelay run: many routes in one process, each by itself.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {defer, eventually, run, serve, start, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';
import {eventStream, HttpPeer, wsClient, WsPeer} from './lib/peers.mjs';

const here = dirname(fileURLToPath(import.meta.url));

function directory() {
  const made = mkdtempSync(join(tmpdir(), 'rt-routes-'));
  defer(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

// A file of routes, with the text of another one in its place at any time.
function routesFile(text) {
  const path = join(directory(), 'routes.toml');
  const file = {path, write: (more) => writeFileSync(path, more)};
  file.write(text);
  return file;
}

function startRoutes(file, args = [], options = {}) {
  return start('rtrelay', ['run', ...args, file.path], {stdin: null, ...options});
}

// The answer of a page of --listen.
async function ask(port, path) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  const text = await answer.text();
  return {status: answer.status, text};
}

const figure = (metrics, name, route) =>
  Number(new RegExp(`^rtwire_route_${name}\\{route="${route}"\\} (\\d+)$`, 'm').exec(metrics)?.[1]);

test('run --check names every fault with its file and line', async () => {
  const config = join(directory(), 'config.toml');
  writeFileSync(config, '[endpoints]\nbroker = "mqtt://127.0.0.1:1883"\n', {mode: 0o600});
  const file = routesFile(`[defaults]
qos = 3

[routes.a]
from = "mqtt://127.0.0.1/x"
to = "http://127.0.0.1:1/"
colour = "red"
interval = "soon"

[routes.b]
from = "http://127.0.0.1:1/"
to = ["exec:cat", { url = "ws://h/x", qos = 1 }]

[routes.c]
to = "file:/tmp/x"

[routes.d]
from = "@brokr/lab"
to = "exec:cat"

[routes.e]
from = "@broker/lab/#"
to = "@broker/lab/x"
restart = "sometimes"

[route]
`);
  const {code, stdout, stderr} = await run('rtrelay', ['run', '--check', '--config', config, file.path]);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  const at = (line) => stderr.split('\n').filter((one) => one.includes(`routes.toml:${line}:`));
  for (const [line, text] of [
    [2, /qos = 3: must be 0, 1 or 2/], [7, /unknown key colour/], [8, /interval = soon/],
    [11, /from: .*http:\/\/127\.0\.0\.1:1\//], [12, /qos/], [14, /from is missing/],
    [18, /unknown endpoint @brokr: did you mean @broker/], [24, /restart must be/],
    [26, /unknown table \[route\]/],
  ]) {
    assert.match(at(line).join('\n'), text, `line ${line} of\n${stderr}`);
  }
  const good = routesFile('[routes.a]\nfrom = "@broker/lab"\nto = "exec:cat"\n');
  const checked = await run('rtrelay', ['run', '--check', '--config', config, good.path]);
  assert.equal(checked.code, 0, checked.stderr);
  assert.equal(checked.stdout, 'a: mqtt://127.0.0.1/lab -> exec:cat\n');
});

test('a syntax error, and a file that is not there', async () => {
  const broken = await run('rtrelay', ['run', routesFile('[routes.a\n').path]);
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /routes\.toml:1:\d+: /);
  const missing = await run('rtrelay', ['run', '/nonexistent/x.toml']);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /\/nonexistent\/x\.toml: cannot read: No such file/);
});

test('routes whose sources end in order end the run with 0', async () => {
  const peer = await WsPeer.start();
  const file = routesFile(`
[routes.one]
from = "exec:printf 'a\\\\nb\\\\n'"
to = "${peer.at('/one')}"
[routes.two]
from = "exec:echo c"
to = "${peer.at('/two')}"
`);
  const stats = join(directory(), 'stats.json');
  const {code, stderr} = await run('rtrelay', ['run', '--stats-json', stats, file.path]);
  assert.equal(code, 0, stderr);
  const by = (path) => peer.clients.find((client) => client.request.url === path);
  await peer.until(() => by('/one')?.closed && by('/two')?.closed, 'both closes');
  assert.deepEqual(by('/one').messages.map((one) => one.text), ['a', 'b']);
  assert.deepEqual(by('/two').messages.map((one) => one.text), ['c']);
  const lines = readFileSync(stats, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => [line.route, line.restarts, line.routes[0].messages, line.lost]),
                   [['one', 0, 2, 0], ['two', 0, 1, 0]]);
});

test('a route that fails is started again and named; the others go on; the pages tell', async () => {
  const broker = await startMosquitto();
  const peer = await WsPeer.start();
  let refuses = true;
  const hook = await HttpPeer.start((request, response) => {
    response.writeHead(refuses ? 403 : 204).end();
  });
  const port = await freePort();
  const file = routesFile(`
[defaults]
retry-max-delay = "200ms"
[routes.good]
from = "${broker.at('lab/#')}"
to = "${peer.at('/')}"
[routes.bad]
from = "exec:sh -c 'echo x; sleep 1000'"
to = "${hook.at('/hook')}"
`);
  const routes = startRoutes(file, ['--listen', port]);
  await routes.waitForLine(/^listening http:\/\/127\.0\.0\.1:/, 'stderr');
  await routes.waitForLine(/^rtrelay: bad: .*; the route is started again in /, 'stderr');
  await peer.waitForClients(1);
  const health = await eventually(async () => {
    const answer = await ask(port, '/-/health');
    const {routes: all} = JSON.parse(answer.text);
    return all.good.state === 'up' && all.bad.state === 'waiting' && answer;
  }, 'one route up and one waiting');
  assert.equal(health.status, 503);
  assert.equal(JSON.parse(health.text).status, 'failing');
  assert.equal((await ask(port, '/-/live')).status, 200);
  assert.equal((await ask(port, '/nothing')).status, 404);

  await run('mosquitto_pub', ['-p', broker.port, '-t', 'lab/a', '-m', 'hello', '-q', 1]);
  await peer.waitForMessages(1);
  refuses = false;
  await eventually(async () => (await ask(port, '/-/health')).status === 200, 'all routes up');
  const {text: metrics} = await ask(port, '/-/metrics');
  assert.equal(figure(metrics, 'up', 'good'), 1);
  assert.equal(figure(metrics, 'messages_total', 'good'), 1);
  assert.equal(figure(metrics, 'restarts_total', 'good'), 0);
  assert.ok(figure(metrics, 'restarts_total', 'bad') >= 1, metrics);
  // Each line of a route names it.
  const others = routes.stderr.trim().split('\n').filter((line) => !/^(rtrelay: (good|bad): |listening )/.test(line));
  assert.deepEqual(others, []);
  routes.kill();
  const {code} = await routes.waitExit();
  // What the failed route had read is gone, and the run says so.
  assert.equal(code, 9, routes.stderr);
});

test('a peer that is away is waited for, and told by /-/health', async () => {
  const broker = await startMosquitto();
  const wsPort = await freePort();
  const port = await freePort();
  const file = routesFile(`
[routes.lab]
from = { url = "${broker.at('lab')}", client-id = "lab" }
to = "ws://127.0.0.1:${wsPort}/"
retry-max-delay = "200ms"
`);
  const routes = startRoutes(file, ['--listen', port]);
  await routes.waitForLine(/^listening /, 'stderr');
  await routes.waitForLine(/^rtrelay: lab: ws:\/\/127\.0\.0\.1:\d+\/: .*trying again/, 'stderr');
  assert.equal((await ask(port, '/-/health')).status, 503);
  const peer = await WsPeer.start(() => {}, {port: wsPort});
  await eventually(async () => (await ask(port, '/-/health')).status === 200, 'the route up');
  for (const client of peer.clients) client.terminate();
  await peer.waitForClients(2);
  await run('mosquitto_pub', ['-p', broker.port, '-t', 'lab', '-m', 'x', '-q', 1]);
  await peer.until(() => peer.clients.some((client) => client.messages.length > 0), 'the message');
});

test('SIGHUP changes what has changed and nothing else', async () => {
  const streams = new Map();
  const source = await HttpPeer.start((request, response) => {
    streams.set(request.url, eventStream(response));
  });
  const peer = await WsPeer.start();
  const route = (name, sink = name) =>
    `[routes.${name}]\nfrom = "sse+${source.at(`/${name}`)}"\nto = "${peer.at(`/${sink}`)}"\n`;
  const at = (path) => peer.clients.filter((client) => client.request.url === path);
  const file = routesFile(route('stays') + route('goes') + route('moves'));
  const routes = startRoutes(file);
  await peer.waitForClients(3);
  await source.waitForRequests(3);

  // Other lines, the same route.
  file.write(`# comment\n\n${route('stays')}${route('moves', 'moved')}${route('comes')}`);
  routes.kill('SIGHUP');
  await routes.waitForLine(/^rtrelay: the routes are read again: 1 unchanged, 1 changed, 1 new, 1 removed$/, 'stderr');
  await peer.until(() => at('/moved').length === 1 && at('/comes').length === 1, 'the new sinks');
  await peer.until(() => at('/goes')[0].closed && at('/moves')[0].closed, 'the old sinks closed');
  await eventually(() => source.requests.filter((one) => one.url === '/comes').length === 1, 'its source');
  await streams.get('/stays')('data: one\n\n');
  await peer.until(() => at('/stays')[0].messages.length === 1, 'the message');
  assert.equal(at('/stays').length, 1);
  assert.equal(source.requests.filter((one) => one.url === '/stays').length, 1);

  // A fault changes nothing.
  file.write(`${route('stays', 'elsewhere')}[routes.bad]\nfrom = 1\n`);
  routes.kill('SIGHUP');
  await routes.waitForLine(/routes\.toml:5:\d+: .*from must be/, 'stderr');
  await routes.waitForLine(/nothing was changed/, 'stderr');
  await streams.get('/stays')('data: two\n\n');
  await peer.until(() => at('/stays')[0].messages.length === 2, 'the other message');
  assert.equal(at('/elsewhere').length, 0);
  routes.kill();
  const {code} = await routes.waitExit({ms: 10_000});
  assert.equal(code, 0, routes.stderr);
});

test('a service manager is told', async () => {
  const socket = join(directory(), 'notify');
  const manager = start('perl', [join(here, 'lib', 'notify.pl'), socket], {stdin: null});
  await manager.waitForLine(/^bound$/);
  const peer = await WsPeer.start();
  const file = routesFile(`[routes.lab]\nfrom = "exec:sleep 1000"\nto = "${peer.at('/')}"\n`);
  const routes = startRoutes(file, [], {env: {NOTIFY_SOCKET: socket}});
  await manager.waitForLine(/^READY=1 STATUS=/);
  await manager.waitForLine(/^STATUS=1 of 1 route up$/);
  routes.kill('SIGHUP');
  await manager.waitForLine(/^RELOADING=1 MONOTONIC_USEC=\d+$/);
  await routes.waitForLine(/1 unchanged, 0 changed, 0 new, 0 removed/, 'stderr');
  routes.kill();
  await manager.waitForLine(/^STOPPING=1$/);
  assert.equal((await routes.waitExit()).code, 0);
});

test('what two routes cannot both have is refused', async () => {
  const port = await freePort();
  const file = routesFile(`[routes.a]
from = "mqtt://127.0.0.1/a"
to = "serve+http://127.0.0.1:${port}/a"
[routes.b]
from = "mqtt://127.0.0.1/b"
to = "serve+http://127.0.0.1:${port}/b"
`);
  const {code, stderr} = await run('rtrelay', ['run', '--check', file.path]);
  assert.equal(code, 2);
  assert.match(stderr, new RegExp(`routes\\.toml:\\d+:\\d+: \\[routes\\.b\\] port ${port} is taken by \\[routes\\.a\\] in line 1 already`));
});

test('a hub of a route serves its readers', async () => {
  const broker = await startMosquitto();
  const file = routesFile(`[routes.lab]
from = "${broker.at('lab/#')}"
to = "serve+http://127.0.0.1:0"
`);
  const routes = await serve('rtrelay', ['run', file.path]);
  const client = await wsClient(routes.at('/lab/a', 'ws'));
  // Before it stands the route reads nothing.
  await eventually(async () => {
    await run('mosquitto_pub', ['-p', broker.port, '-t', 'lab/a', '-m', 'x', '-q', 1]);
    return client.messages.length > 0;
  }, 'a message at the reader');
  routes.kill();
  assert.equal((await client.waitClosed()).code, 1001);
  assert.equal((await routes.waitExit()).code, 0);
});
