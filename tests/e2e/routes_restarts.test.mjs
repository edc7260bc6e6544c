// A file of five routes whose peers are restarted, cut and filled up in random order: at the end nothing
// is missing that rtrelay run does not say. RT_LONG=MINUTES goes on for so long, RT_SEED repeats a run; then
// RT_DEADLINE_MS=120000, because a request that nobody answers is given up after a minute.
import assert from 'node:assert/strict';
import {appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {get} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer, eventually, kDeadline, kMinutes, kNotLinux, kSeed, run, serve, start, test} from './lib/harness.mjs';
import {mosquittoDirectory, startMosquitto} from './lib/mosquitto.mjs';
import {freePort, Proxy} from './lib/net.mjs';
import {eventStream, HttpPeer} from './lib/peers.mjs';

const kRounds = 24;
const kPeriod = 20;  // ms between two messages of each route
const kListed = 3000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// mulberry32: the same order for the same seed.
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// What was sent on a route's way, and what has come out of it.
class Way {
  sent = 0;
  seen = new Set();
  doubled = 0;
  take(text) {
    const match = /m(\d+)/.exec(text);
    if (!match) return;
    if (this.seen.has(match[1])) ++this.doubled;
    this.seen.add(match[1]);
  }
  next() { return `m${this.sent++}`; }
  get missing() { return this.sent - this.seen.size; }
}

// An HTTP server that can be away, at the same port.
class Away {
  static async open(handler) {
    const own = new Away();
    own.handler = handler;
    own.peer = await HttpPeer.start(handler);
    own.port = own.peer.port;
    return own;
  }
  cut() { this.peer.drop(); }
  async restart() {
    await this.peer.stop();
    this.peer = await HttpPeer.start(this.handler, {port: this.port});
  }
}

// Reads an event stream and goes on behind the last id, as EventSource does.
function followEvents(url, take) {
  let last;
  let request;
  let over = false;
  const connect = () => {
    if (over) return;
    let text = '';
    const again = () => setTimeout(connect, 50);
    request = get(url, {headers: {Accept: 'text/event-stream', ...(last ? {'Last-Event-ID': last} : {})}}, (response) => {
      response.setEncoding('utf8').on('data', (more) => {
        text += more;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          for (const line of text.slice(0, end).split('\n')) {
            if (line.startsWith('id:')) last = line.slice(3).trim();
            if (line.startsWith('data:')) take(line.slice(5));
          }
          text = text.slice(end + 2);
        }
      });
      response.on('close', again).on('error', () => {});
    });
    request.on('error', again);
  };
  connect();
  defer(() => {
    over = true;
    request.destroy();
  });
}

// Gives a function of bytes that takes the whole lines in them.
function linesFor(way) {
  let rest = '';
  return (bytes) => {
    const lines = (rest + bytes.toString('latin1')).split('\n');
    rest = lines.pop();
    for (const line of lines) way.take(line);
  };
}

// Takes what has been added to a file since the last time.
class Followed {
  #at = 0;
  constructor(file, take) { [this.file, this.take] = [file, take]; }
  look() {
    if (!existsSync(this.file)) return;
    const more = readFileSync(this.file).subarray(this.#at);
    this.#at += more.length;
    this.take(more);
  }
}

// A program as a peer, which can be away.
class Restarted {
  static async open(begin) {
    const own = new Restarted();
    own.begin = begin;
    own.program = await begin();
    return own;
  }
  async restart(signal = 'SIGTERM') {
    this.program.kill(signal);
    await this.program.waitExit();
    this.program = await this.begin();
  }
  async stall(ms) {
    this.program.kill('SIGSTOP');
    await pause(ms);
    this.program.kill('SIGCONT');
  }
}

// `settled()` says whether what was sent on a way has come or was told to be lost.
async function openRoutes(directory, {settled, fileSize}) {
  const ways = {mqtt: new Way(), sse: new Way(), poll: new Way(), exec: new Way(), ws: new Way()};
  const deeds = [];
  const deed = (name, act) => deeds.push({name, act});
  // Nothing is sent on these; what they sent before has to be over.
  const held = new Set();
  const whileQuiet = async (name, act) => {
    held.add(name);
    await eventually(() => settled(name), `nothing under way of ${name}`);
    await act();
    held.delete(name);
  };

  // --- mqtt -> ws: a session that the broker keeps, and a hub that acknowledges
  const brokerOf = async () => {
    const keep = {port: await freePort(), directory: mosquittoDirectory()};
    const broker = await Restarted.open(() => startMosquitto(keep));
    // It knows what it wrote when it was last told to.
    broker.crash = async () => {
      const database = join(keep.directory, 'mosquitto.db');
      rmSync(database, {force: true});
      broker.program.kill('SIGUSR1');
      await eventually(() => existsSync(database), 'the broker to have written all');
      await broker.restart('SIGKILL');
    };
    return broker;
  };
  const from = await brokerOf();
  const fromProxy = await Proxy.start(from.program.port);
  const hubPort = await freePort();
  const hub = await Restarted.open(() => serve('rtws', ['serve', `${hubPort}/lab`, '--max-message', '64KiB'],
                                               {onStdout: linesFor(ways.mqtt)}));
  const hubProxy = await Proxy.start(hubPort);
  deed('the broker of mqtt restarted', () => from.restart());
  deed('the broker of mqtt killed', () => whileQuiet('mqtt', () => from.crash()));
  deed('the broker of mqtt cut', () => fromProxy.cut());
  deed('the broker of mqtt stalled', () => from.stall(700));
  deed('the hub of mqtt restarted', () => hub.restart());
  deed('the hub of mqtt killed', () => whileQuiet('mqtt', () => hub.restart('SIGKILL')));
  deed('the hub of mqtt cut', () => hubProxy.cut());
  deed('the hub of mqtt stalled', () => hub.stall(900));
  // --- sse -> mqtt: what waits for a broker that is away is more than the buffer
  const events = [];
  const readers = new Set();
  const eventOf = (id) => `id: ${id}\ndata: ${events[id]}\n\n`;
  const source = await Away.open((request, response) => {
    const write = eventStream(response);
    const known = request.headers['last-event-id'];
    for (let id = known === undefined ? 0 : Number(known) + 1; id < events.length; ++id) write(eventOf(id));
    readers.add(write);
    response.on('close', () => readers.delete(write));
  });
  const to = await brokerOf();
  const toProxy = await Proxy.start(to.program.port);
  start('mosquitto_sub', ['-p', to.program.port, '-t', 'out/sse', '-q', 1, '-c', '-i', 'keeper'],
        {stdin: null, onStdout: linesFor(ways.sse)});
  deed('the stream of sse cut', () => source.cut());
  deed('the stream of sse restarted', () => source.restart());
  deed('the broker of sse restarted', () => to.restart());
  deed('the broker of sse killed', () => whileQuiet('sse', () => to.crash()));
  deed('the broker of sse cut', () => toProxy.cut());
  deed('the broker of sse stalled', () => to.stall(900));
  // --- poll -> file: a list of what there was in the last minute
  const items = [];
  let pollFails = false;
  const polled = await Away.open((request, response) => {
    if (pollFails) return void response.writeHead(503).end();
    response.writeHead(200, {'Content-Type': 'application/json'}).end(JSON.stringify({items: items.slice(-kListed)}));
  });
  const file = join(directory, 'poll.out');
  deed('the server of poll cut', () => polled.cut());
  deed('the server of poll restarted', () => polled.restart());
  if (!kNotLinux) {
    deed('the disk of poll full', async () => {
      // Room for a part of what comes.
      await fileSize(existsSync(file) ? statSync(file).size + 20 : 20);
      await pause(600);
      await fileSize('unlimited');
    });
  }
  deed('the server of poll fails', async () => {
    pollFails = true;
    await pause(300);
    pollFails = false;
  });
  // --- exec -> http
  const log = join(directory, 'log');
  writeFileSync(log, '');
  let hookFails = 0;
  const hook = await Away.open((request, response, body) => {
    if (hookFails > 0 && request.method === 'POST') {
      --hookFails;
      return void response.writeHead(503).end();
    }
    ways.exec.take(body.toString());
    response.writeHead(204).end();
  });
  deed('the hook of exec cut', () => hook.cut());
  deed('the hook of exec restarted', () => hook.restart());
  deed('the hook of exec fails', () => { hookFails = 5; });
  // --- ws -> serve+http: a hub whose window goes with it
  const feedPort = await freePort();
  const feed = await Restarted.open(() => serve('rtws', ['serve', `${feedPort}/feed`], {stdin: 'pipe'}));
  const feedProxy = await Proxy.start(feedPort);
  const published = async () => {
    const text = await (await fetch(`http://127.0.0.1:${feedPort}/-/metrics`)).text();
    return Number(/^rtwire_published_total (\d+)$/m.exec(text)[1]);
  };
  let written = 0;
  deed('the hub of ws cut', () => feedProxy.cut());
  deed('the hub of ws stalled', () => feed.stall(600));
  for (const [how, signal] of [['restarted', 'SIGTERM'], ['killed', 'SIGKILL']]) {
    deed(`the hub of ws ${how}`, async () => {
      held.add('ws');
      await eventually(async () => await published() >= written, 'all lines published');
      await feed.restart(signal);
      written = 0;
      held.delete('ws');
    });
  }

  const port = await freePort();
  const path = join(directory, 'routes.toml');
  writeFileSync(path, `
[defaults]
retry-max-delay = "500ms"

[routes.mqtt]
from = { url = "mqtt://127.0.0.1:${fromProxy.port}/lab/#", client-id = "routes", qos = 1 }
to = { url = "ws://127.0.0.1:${hubProxy.port}/lab", hub = true }

[routes.sse]
from = { url = "sse+http://127.0.0.1:${source.port}/", buffer = "2KiB" }
to = { url = "mqtt://127.0.0.1:${toProxy.port}/out/sse", qos = 1, client-id = "routes-out" }

[routes.poll]
from = { url = "poll+http://127.0.0.1:${polled.port}/", items = "/items", interval = "100ms" }
to = "file:${file}"

[routes.exec]
from = "exec:tail -n +1 -F ${log}"
to = "http://127.0.0.1:${hook.port}/hook"

[routes.ws]
from = { url = "ws://127.0.0.1:${feedProxy.port}/feed", hub = true, since = "" }
to = "serve+http://127.0.0.1:${port}/out"
`);
  const publisher = start('rtmqtt', ['pub', '--qos', 1, '--client-id', 'pub', `mqtt://127.0.0.1:${from.program.port}/lab/a`]);
  followEvents(`http://127.0.0.1:${port}/out?since=`, (text) => ways.ws.take(text));

  const send = () => {
    if (!held.has('mqtt')) publisher.write(`${ways.mqtt.next()}\n`);
    if (!held.has('sse')) {
      events.push(ways.sse.next());
      for (const write of readers) write(eventOf(events.length - 1));
    }
    items.push(ways.poll.next());
    appendFileSync(log, `${ways.exec.next()}\n`);
    if (held.has('ws')) return;
    ++written;
    feed.program.write(`${ways.ws.next()}\n`);
  };
  const polledFile = new Followed(file, linesFor(ways.poll));
  const look = () => polledFile.look();
  return {ways, deeds, path, send, look};
}

test('five routes go on whatever their peers do, and say what was lost', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rt-restarts-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
  const pages = await freePort();
  let routes;
  const fileSize = async (bytes) => {
    const {code, stderr} = await run('prlimit', [`--fsize=${bytes}:unlimited`, '--pid', routes.child.pid]);
    assert.equal(code, 0, stderr);
  };
  const settledWay = async (name) => {
    look();
    const told = (await figures())[name];
    const said = told.lost_total + told.refused_total;
    // A hub that was begun anew cannot say how many it had.
    const heard = name === 'ws' ? ways.ws.missing === 0 || said > 0 : ways[name].missing <= said;
    return heard && told.lag === 0;
  };
  const {ways, deeds, path, send, look} = await openRoutes(directory, {settled: settledWay, fileSize});
  const chance = random(kSeed);
  const stats = join(directory, 'stats.json');
  routes = start('rtrelay', ['run', '--listen', pages, '--stats-json', stats, path], {stdin: null});
  const figures = async () => {
    const text = await (await fetch(`http://127.0.0.1:${pages}/-/metrics`)).text();
    const out = {};
    for (const [, name, route, value] of text.matchAll(/^rtwire_route_(\w+)\{route="(\w+)"\} (\d+)$/mg)) {
      (out[route] ??= {})[name] = Number(value);
    }
    return out;
  };
  const detail = async () => {
    look();
    const all = await figures();
    return Object.entries(ways).map(([name, way]) => `${name}: sent ${way.sent}, missing ${way.missing}, ` +
        `doubled ${way.doubled}, ${JSON.stringify(all[name])}`).join('\n');
  };
  // Of each route its last words.
  const lately = () => {
    const lines = routes.stderr.split('\n');
    return Object.keys(ways).flatMap((name) => lines.filter((line) => line.startsWith(`rtrelay: ${name}: `)).slice(-12)).join('\n');
  };
  let told = '';
  const health = async () => {
    const answer = await fetch(`http://127.0.0.1:${pages}/-/health`).catch(() => undefined);
    told = await answer?.text();
    return answer?.status === 200;
  };
  const allUp = async (after) => {
    try {
      await eventually(health, `all routes up ${after}, seed ${kSeed}`);
    } catch (fault) {
      throw new Error(`${fault.message}\n${told}\n${await detail()}\n${lately()}`);
    }
  };
  await allUp('at the start');
  const sending = setInterval(send, kPeriod);
  defer(() => clearInterval(sending));

  const done = [];
  const until = Date.now() + kMinutes * 60_000;
  while (done.length < kRounds || Date.now() < until) {
    const {name, act} = deeds[Math.floor(chance() * deeds.length)];
    done.push(name);
    await act();
    // Sometimes the next one comes before all is well again.
    if (chance() < 0.6) await allUp(`after ${done.slice(-5).join(', ')}`);
    await pause(chance() * 300);
    assert.equal(routes.ended, undefined, routes.detail());
  }
  clearInterval(sending);
  await allUp('at the end');

  const settled = async () => {
    for (const name of Object.keys(ways)) if (!await settledWay(name)) return false;
    return true;
  };
  try {
    await eventually(settled, 'all that was sent');
  } catch (fault) {
    throw new Error(`${fault.message}, seed ${kSeed}: ${done.join(', ')}\n${await detail()}\n${lately()}`);
  }
  if (kMinutes > 0) console.log(`seed ${kSeed}, ${done.length} deeds\n${await detail()}`);
  routes.kill();
  const {code} = await routes.waitExit({ms: 10_000});
  look();

  const said = Object.fromEntries(readFileSync(stats, 'utf8').trim().split('\n').map((line) => {
    const one = JSON.parse(line);
    return [one.route, one];
  }));
  let lost = false;
  for (const [name, way] of Object.entries(ways)) {
    const why = `${name}: sent ${way.sent}, missing ${way.missing}, said ${JSON.stringify(said[name])}, seed ${kSeed}`;
    // Nothing is lost without a word, and what is numbered is numbered exactly; a hub that was begun anew
    // cannot say how many it had.
    if (name === 'ws') assert.ok(way.missing === 0 || said[name].lost > 0, why);
    else assert.equal(way.missing, said[name].lost + said[name].refused, why);
    lost ||= said[name].lost + said[name].refused > 0 || said[name].uncertain;
  }
  assert.equal(said.mqtt.lost, 0);
  assert.equal(said.poll.lost, 0);
  assert.equal(code, lost ? 9 : 0, routes.stderr.slice(-2000));
}, {timeout: kMinutes * 60_000 + 8 * kDeadline});
