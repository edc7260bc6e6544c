// The transports that the page compares: one row of the table each.
//
// A row is { key, name, about, counted, idle, choices, sends, open(line) }; `open`
// follows the line's channel from `line.since` until `line.signal` aborts, and
// returns { send(text) } where the row says `sends: true`, which says what became
// of the text. To a line it tells what happens: state, arrived, sent, gap, and what
// it cost: asks (the URL of a request whose connection the browser chooses),
// connects (a request on a connection of its own), received, answeredEmpty.
// `idle(card)` is { bytes, says }: what an hour without messages brings, null where
// that is not known yet. `line.since` is where a new connection resumes, '' being
// the whole window; a transport that tells no ids asks `line.resumption()`
// instead. `line.memory` is the card's own from one connection to the next. The
// colour is `--<key>` in page.css. `absence` says, in the state `off`, what is
// missing and the commands that bring it.

import { duration } from './format.js';
import { kKeepAlive, MqttClient } from './mqtt.js';
import { decoded, httpUrl, wsUrl } from './names.js';
import { contentType, fromBytes, fromEnvelope, fromText, readEnvelopes, utf8Length } from './payload.js';

const kPage = 200;
const kWaitSeconds = 25;
const kGapCode = 4008;

// What a hub sends to those who stay connected, unless it was told otherwise.
const kSignsOfLife = 3600 / 15;

// Waits grow from half a second to eight, each cut short at random so that many
// pages do not come back in step.
export class Backoff {
  #next = 500;

  reset() {
    this.#next = 500;
  }

  delay(random = Math.random()) {
    const wait = this.#next * (0.6 + 0.4 * random);
    this.#next = Math.min(8000, this.#next * 2);
    return wait;
  }
}

// Status line and headers as this page sees them, plus the line ends.
export function headerBytes(response) {
  let total = 'HTTP/1.1 200 '.length + response.statusText.length + 4;
  for (const [name, value] of response.headers) total += name.length + value.length + 4;
  return total;
}

class Refusal extends Error {
  constructor(response, problem) {
    super(problem?.detail || problem?.title || `${response.status} ${response.statusText}`);
    this.wait = Number(response.headers.get('Retry-After')) * 1000 || 0;
  }
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

// A poller that asks in step with a publisher meets each of its messages equally
// late. These waits are as long in the mean, and meet it in every phase.
export function pollPause(every, random = Math.random()) {
  return every * (0.7 + 0.6 * random);
}

// One read from the cursor: { said, full, at }, and `line.since` moved on.
async function readOnce(line, wait) {
  const url = httpUrl(line.channel, { since: line.since, wait, limit: kPage });
  line.asks(url);
  const limit = AbortSignal.timeout(((wait ?? 0) + 15) * 1000);
  const response = await fetch(url, {
    cache: 'no-store',
    headers: { Accept: 'application/x-ndjson' },
    signal: AbortSignal.any ? AbortSignal.any([line.signal, limit]) : line.signal,
  });
  const nothing = [204, 304, 404].includes(response.status);
  if (!response.ok && !nothing) throw new Refusal(response, await problemOf(response));
  const body = nothing && response.status !== 404 ? new ArrayBuffer(0) : await response.arrayBuffer();
  const at = performance.now();
  const length = response.headers.get('Content-Encoding') ? Number(response.headers.get('Content-Length')) || body.byteLength : body.byteLength;
  line.received(length + headerBytes(response));
  line.answeredEmpty(headerBytes(response));
  const said = nothing ? [] : readEnvelopes(new TextDecoder().decode(body));
  const messages = said.filter((one) => one.message);
  line.since = response.headers.get('RT-Next') ?? messages.at(-1)?.message.id ?? line.since;
  return { said, full: messages.length >= kPage, at };
}

async function poll(line, wait) {
  const backoff = new Backoff();
  let known = false;
  line.state('connecting');
  while (!line.signal.aborted) {
    const began = performance.now();
    try {
      // The first answer is asked for at once: until then nothing is known of the hub.
      const patience = known ? wait : undefined;
      const { said, full, at } = await readOnce(line, patience);
      if (line.signal.aborted) return;
      for (const one of said) {
        if (one.gap) line.gap(one.gap);
        else line.arrived(one.message, at);
      }
      line.state('live');
      backoff.reset();
      known = true;
      if (full) continue;
      // A server that does not wait must not be asked in a tight circle.
      if (wait === undefined) await line.sleep(pollPause(line.choice('every')) - (performance.now() - began));
      else if (patience && !said.length) await line.sleep(1000 - (performance.now() - began));
    } catch (error) {
      if (line.signal.aborted) return;
      const delay = Math.max(backoff.delay(), error.wait || 0);
      known = false;
      line.state('reconnecting', error instanceof Refusal ? error.message : '');
      await line.sleep(delay);
    }
  }
}

const idlePolling = (card, everySeconds) => ({
  bytes: card.emptyAnswer === null ? null : (card.emptyAnswer * 3600) / everySeconds,
  says: `Worked out: an answer without messages every ${everySeconds} s. The requests themselves, which browsers make some 500 bytes long, come on top.`,
});

const bodiesAndHeaders = 'Bodies as they arrived, plus the status line and headers of every answer as this page sees them. Not counted: what the browser sends, TCP and TLS.';

const shortPolling = {
  key: 'poll',
  name: 'Short polling',
  about: () => 'GET ?since=…',
  counted: bodiesAndHeaders,
  idle: (card) => idlePolling(card, card.choices.get('every') / 1000),
  choices: [{ key: 'every', label: 'Poll every', values: [[1000, 'every 1 s'], [2000, 'every 2 s'], [5000, 'every 5 s']] }],
  open(line) {
    poll(line);
  },
};

const longPolling = {
  key: 'longpoll',
  name: 'Long polling',
  about: () => `GET ?since=…&wait=${kWaitSeconds}`,
  counted: bodiesAndHeaders,
  idle: (card) => idlePolling(card, kWaitSeconds),
  open(line) {
    poll(line, kWaitSeconds);
  },
};

// What the event stream took for one event; an EventSource tells no bytes.
function eventBytes(event) {
  const named = event.type === 'message' ? 0 : 'event: \n'.length + event.type.length;
  const lines = event.data.split('\n').length;
  const data = utf8Length(event.data) - (lines - 1) + lines * 'data: \n'.length;
  return 'id: \n'.length + event.lastEventId.length + named + data + 1;
}

const kStreamHeader = 260;

const eventStream = {
  key: 'sse',
  name: 'Server-Sent Events',
  about: () => 'EventSource',
  idle: () => ({ bytes: ':\n\n'.length * kSignsOfLife, says: 'Worked out: a comment of 3 bytes every 15 s, as a hub sends them unless --heartbeat says otherwise.' }),
  counted: 'Worked out from the events, because an EventSource tells no bytes: the id:, event: and data: lines, plus about 260 bytes of headers a connection. Keep-alive comments, TCP and TLS are not counted.',
  open(line) {
    const backoff = new Backoff();
    let source = null;

    const deliver = (event) => {
      const at = performance.now();
      line.received(eventBytes(event));
      if (event.lastEventId) line.since = event.lastEventId;
      if (event.type === 'rt.gap' || event.type === 'rt.envelope') {
        try {
          const value = JSON.parse(event.data);
          if (value.gap) return line.gap(value.gap);
          if (event.type === 'rt.envelope') return line.arrived({ ...fromEnvelope(value), id: event.lastEventId || value.id || '' }, at);
        } catch {
          // Somebody's own event of that name: shown as it is.
        }
      }
      line.arrived(fromText(event.data, { id: event.lastEventId, event: event.type === 'message' ? '' : event.type }), at);
    };

    const connect = () => {
      source?.close();
      if (line.signal.aborted) return;
      line.connects();
      const mine = new EventSource(httpUrl(line.channel, { since: line.since }));
      source = mine;
      // A server may name its own events `open` and `error` as well.
      const own = (handler) => (event) => (event instanceof MessageEvent ? deliver(event) : handler());
      mine.addEventListener('open', own(() => {
        line.received(kStreamHeader);
        line.state('live');
        backoff.reset();
      }));
      mine.addEventListener('error', own(async () => {
        if (line.signal.aborted || source !== mine) return;
        line.state('reconnecting');
        if (mine.readyState !== EventSource.CLOSED) {
          line.connects();
          return;
        }
        await line.sleep(backoff.delay());
        if (source === mine) connect();
      }));
      for (const name of ['message', 'rt.gap', 'rt.envelope', ...line.eventNames]) {
        if (name !== 'open' && name !== 'error') mine.addEventListener(name, deliver);
      }
    };

    // An EventSource hands over only events whose names were asked for, and the
    // first of a new name has passed by when another transport tells it: asking
    // again from the last id brings it back.
    line.onEventName = () => {
      if (source) connect();
    };
    line.onNudge = () => {
      if (source && source.readyState !== EventSource.OPEN) connect();
    };
    line.signal.addEventListener('abort', () => source?.close());
    line.state('connecting');
    connect();
  },
};

function frameBytes(size) {
  return size + (size < 126 ? 2 : size < 65536 ? 4 : 10);
}

const kOpeningHandshake = 129;

const webSocket = {
  key: 'ws',
  name: 'WebSocket',
  about: () => 'plain, both ways',
  idle: () => ({ bytes: frameBytes(0) * kSignsOfLife, says: 'Worked out: a ping of 2 bytes every 15 s, as a hub sends them unless --heartbeat says otherwise. The browser answers each with 6.' }),
  sends: true,
  counted: 'Frames: each payload and its frame header, plus 129 bytes of opening handshake a connection. Pings, TCP and TLS are not counted.',
  open(line) {
    const backoff = new Backoff();
    let socket = null;
    let wholeWindow = false;

    const connect = () => {
      if (line.signal.aborted) return;
      let { since, seen } = line.resumption();
      if (wholeWindow) {
        since = '';
        seen = new Map();
      }
      const mine = new WebSocket(wsUrl(line.channel, { since }));
      socket = mine;
      mine.binaryType = 'arraybuffer';
      line.connects();
      mine.onopen = () => {
        line.received(kOpeningHandshake);
        line.state('live');
        if (since !== null) return;
        line.gap({});
        line.forget();
      };
      mine.onmessage = ({ data }) => {
        const at = performance.now();
        const message = typeof data === 'string' ? fromText(data) : fromBytes(new Uint8Array(data));
        line.received(frameBytes(message.size));
        backoff.reset();
        wholeWindow = false;
        const again = seen.get(message.key);
        if (again) {
          seen.set(message.key, again - 1);
          return;
        }
        seen.clear();
        line.arrived(message, at);
      };
      mine.onclose = async ({ code, reason }) => {
        if (line.signal.aborted || socket !== mine) return;
        if (code === kGapCode) {
          // Whatever the window still holds came after what was lost.
          line.gap(gapOf(reason));
          line.forget();
          wholeWindow = true;
        }
        line.state('reconnecting', code === kGapCode ? 'closed with 4008: too far behind' : '');
        await line.sleep(backoff.delay());
        if (socket === mine) connect();
      };
    };

    line.signal.addEventListener('abort', () => socket?.close(1000));
    line.state('connecting');
    connect();
    return {
      send(text) {
        if (socket?.readyState !== WebSocket.OPEN) throw new Error('The WebSocket is not open');
        socket.send(text);
        line.sent(fromText(text));
        return 'handed over: a plain WebSocket tells no id';
      },
    };
  },
};

function gapOf(reason) {
  try {
    const value = JSON.parse(reason);
    return value.gap ?? {};
  } catch {
    return {};
  }
}

// How long the broker keeps the session of a card that is paused or cut off.
const kSession = 60;
const kAskAgain = 20000;

// The line of the opening handshake that names the subprotocol.
const kChosenMqtt = 30;

// { stands, url }: whether the hub's connection to its broker stands, and where that
// is; null when it has no MQTT side. Asked beforehand, because browsers report every
// handshake that fails.
async function brokerOfHub(signal) {
  const response = await fetch(httpUrl('/-/metrics'), { cache: 'no-store', signal });
  if (!response.ok) throw new Error(String(response.status));
  const text = await response.text();
  const gauge = /^rtwire_mqtt_connected (\d)/m.exec(text);
  const url = /^rtwire_mqtt_broker\{url="([^"\\]*)"\}/m.exec(text);
  return gauge && { stands: gauge[1] === '1', url: url?.[1] ?? '' };
}

function fromPublication({ payload, properties, retain }) {
  const told = (name) => properties.user.find(([key]) => key === name)?.[1] ?? '';
  return { ...fromBytes(payload, { event: told('rt-event') }), originId: told('rt-origin-id'), unordered: true, retained: retain };
}

const mqtt = {
  key: 'mqtt',
  name: 'MQTT',
  about: () => 'MQTT 5 in a WebSocket',
  idle: () => ({
    bytes: frameBytes(2) * (3600 / kKeepAlive) + frameBytes(0) * kSignsOfLife,
    says: `Worked out: the broker’s answer to a ping every ${kKeepAlive} s, 4 bytes with its frame header, and the hub’s own ping of 2 bytes every 15 s.`,
  }),
  sends: true,
  counted: 'Every packet that came with its WebSocket frame header, plus 159 bytes of opening handshake a connection. TCP and TLS are not counted.',
  choices: [{ key: 'qos', label: 'Quality of service', values: [[1, 'QoS 1'], [0, 'QoS 0']] }],
  absence: {
    says: 'This hub has no MQTT side. Started like this, it has one:',
    commands: () => [
      ['With a broker of its own', `rtrelay serve ${location.port || 8080} --mqtt 1883`],
      ['At a broker that runs', `rtrelay serve ${location.port || 8080} --bus mqtt://localhost`],
    ],
  },
  open(line) {
    const { memory } = line;
    memory.clientId ??= `rtwire-page-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
    const topic = decoded(line.channel).slice(1);
    const backoff = new Backoff();
    let client = null;
    let refused = false;

    const subscribed = ({ first, sessionPresent, qos }) => {
      if (first) {
        backoff.reset();
        line.received(kOpeningHandshake + kChosenMqtt);
        line.state('live');
        // Only a session that went on, at QoS 1, lacks nothing.
        if (memory.before && !(sessionPresent && memory.qos)) line.gap({});
      }
      Object.assign(memory, { before: true, qos });
    };

    const attempt = () => new Promise((resolve) => {
      line.connects();
      client = new MqttClient({
        url: wsUrl('/'), topic, qos: line.choice('qos'), clientId: memory.clientId,
        cleanStart: !memory.before, sessionExpiry: kSession,
      }, {
        subscribed,
        message: (packet) => line.arrived(fromPublication(packet), performance.now()),
        traffic: (received) => {
          if (received) line.received(frameBytes(received));
        },
        ended: resolve,
      });
    });

    const follow = async () => {
      line.state('connecting');
      while (!line.signal.aborted && !refused) {
        try {
          const broker = await brokerOfHub(line.signal);
          memory.broker = broker?.url ?? '';
          if (broker === null) {
            line.state('off');
            await line.sleep(kAskAgain);
            continue;
          }
          const { final = false, text } = broker.stands ? await attempt() : { text: 'the hub waits for its broker' };
          if (line.signal.aborted) return;
          refused = final;
          line.state(final ? 'refused' : 'reconnecting', text);
          if (!final) await line.sleep(backoff.delay());
        } catch {
          if (line.signal.aborted) return;
          line.state('reconnecting', 'the hub does not answer');
          await line.sleep(backoff.delay());
        }
      }
    };

    line.onNudge = () => {
      if (client?.live) {
        client.setQos(line.choice('qos'));
        memory.qos = Math.min(memory.qos, client.qos);
      }
      if (!refused) return;
      refused = false;
      follow();
    };
    line.signal.addEventListener('abort', () => client?.close(line.signal.reason === 'over'));
    if (topic === '') line.state('off', 'The channel / has no name as an MQTT topic.');
    else follow();
    return {
      async send(text) {
        if (!client?.live) throw new Error('MQTT is not connected');
        const message = fromText(text);
        const began = performance.now();
        const handed = client.publish(new TextEncoder().encode(text), contentType(text));
        line.sent(message);
        const { qos } = await handed;
        return qos ? `acknowledged by the broker in ${duration(performance.now() - began)}` : 'handed over at QoS 0';
      },
    };
  },
};

export const transports = [shortPolling, longPolling, eventStream, webSocket, mqtt];
