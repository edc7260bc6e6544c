// A good client in a process of its own, so that an attacker's work does not count as the hub's
// slowness. Once every few milliseconds it publishes and waits for its own event on a stream, gets
// a small answer, and makes a new connection; it tells how long each took.
import {open, request} from './raw_http.mjs';
import {Answers} from './raw_http.mjs';

const kGiveUp = 20_000;
const port = Number(process.argv[2]);
const channel = process.argv[3];
// Others may push its messages out: the oldest of the whole hub go first, and a flood of bytes is through the
// memory in some milliseconds. Then there is none to get, and that is an answer.
const may_be_pushed_out = process.argv[4] === 'true';
const samples = {publish: [], get: [], connect: [], machine: []};
let failures = [];
let under = new Map();  // kind -> since when
let stopping = false;

const now = () => performance.now();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A connection that is asked one thing at a time, and made again when it is lost.
class Asker {
  constructor() { this.connect(); }
  connect() {
    this.socket = open(port);
    const answers = new Answers();
    const socket = this.socket;
    socket.on('data', (data) => {
      answers.add(data);
      for (let answer; (answer = answers.next()) !== undefined;) this.resolve?.(answer);
    });
    const over = () => {
      if (socket !== this.socket) return;
      this.socket = undefined;
      this.resolve?.({status: 0, text: 'the connection was lost'});
    };
    socket.on('end', over);
    socket.on('close', over);
  }
  ask(bytes) {
    if (!this.socket) this.connect();
    return new Promise((resolve) => {
      this.resolve = (answer) => {
        this.resolve = undefined;
        resolve(answer);
      };
      this.socket.write(bytes);
    });
  }
  close() { this.socket?.destroy(); }
}

let arrived = new Map();  // number -> when it came
let streamSays = () => {};
function stream() {
  const socket = open(port);
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines) {
      const match = /^data: (\d+)/.exec(line);
      if (match) {
        arrived.get(Number(match[1]))?.();
      }
      if (/^id: /.test(line)) streamSays();
    }
  });
  const over = () => {
    if (socket.over) return;
    socket.over = true;
    if (stopping) return;
    failures.push('the event stream was lost');
    setTimeout(stream, 50);
  };
  socket.on('end', over);
  socket.on('close', over);
  socket.write(request('GET', channel, {fields: {Accept: 'text/event-stream'}}));
  return new Promise((resolve) => (streamSays = resolve));
}

async function timed(kind, work) {
  const begin = now();
  under.set(kind, begin);
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve('no answer in time'), kGiveUp);
  });
  const fault = await Promise.race([work(), late]);
  clearTimeout(timer);
  under.delete(kind);
  samples[kind].push(now() - begin);
  if (fault) failures.push(`${kind}: ${fault}`);
}

let number = 0;
const publisher = new Asker();
const reader = new Asker();

async function publishing() {
  while (!stopping) {
    await timed('publish', async () => {
      const mine = ++number;
      const came = new Promise((resolve) => arrived.set(mine, resolve));
      const answer = await publisher.ask(request('POST', channel, {
        fields: {'Content-Type': 'text/plain'}, body: String(mine)}));
      if (answer.status !== 201) {
        arrived.delete(mine);
        return `${answer.status} ${answer.text.slice(0, 100)}`;
      }
      await came;
      arrived.delete(mine);
      return undefined;
    });
    await pause(5);
  }
}
async function getting() {
  while (!stopping) {
    await timed('get', async () => {
      const answer = await reader.ask(request('GET', channel));
      if (answer.status === 200 || (may_be_pushed_out && answer.status === 404)) return undefined;
      return `${answer.status} ${answer.text.slice(0, 100)}`;
    });
    await pause(5);
  }
}
async function connecting() {
  while (!stopping) {
    await timed('connect', async () => {
      const asker = new Asker();
      const answer = await asker.ask(request('GET', '/-/health'));
      asker.close();
      return answer.status === 200 ? undefined : `${answer.status} ${answer.text.slice(0, 100)}`;
    });
    await pause(15);
  }
}

// How late a timer is: what the machine, and no hub, lets this process wait.
async function waiting() {
  while (!stopping) {
    const begin = now();
    await pause(5);
    samples.machine.push(Math.max(0, now() - begin - 5));
  }
}

// What was seen since the last time; what is still under way counts with the time that it has taken.
function figures() {
  const out = {failures};
  for (const kind of Object.keys(samples)) {
    const all = [...samples[kind]];
    if (under.has(kind)) all.push(now() - under.get(kind));
    all.sort((a, b) => a - b);
    // Of few samples, the two worst say nothing: that is what `most` is for.
    const at = (from_end) => all[Math.max(0, all.length - 1 - from_end)] ?? 0;
    out[kind] = {count: all.length, p50: at(Math.floor(all.length / 2)),
                 p99: at(Math.max(2, Math.ceil(all.length / 100))), most: at(0)};
    samples[kind] = [];
  }
  failures = [];
  return out;
}

process.on('message', (message) => {
  if (message === 'figures') process.send(figures());
});
process.on('disconnect', () => process.exit(0));

await stream();
await publisher.ask(request('POST', channel, {fields: {'Content-Type': 'text/plain'}, body: '0'}));
waiting();
publishing();
getting();
connecting();
process.send('ready');
