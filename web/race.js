// Which transport brought which message first.
//
// A record is one message of the channel's log, without its payload:
//   { id, key, seq, time, at: { transport: ms }, first, firstAt, timed, backlog, sentBy }
// `timed` is who brought it at once, each with how late: who came within a
// millisecond of the first shares the first place, for no browser's clock and no
// order in which a hub writes to its readers says more than that.
// Transports that tell ids find their record by id. A plain WebSocket tells
// none, so its messages are matched by payload, in order: both sides follow the
// same log. A broker has an order of its own, so its messages are matched by the
// hub's id where they bear it as their origin, else by payload in any order.

const kRecords = 8000;
const kTrail = 1000;
const kSamples = 400;

// In milliseconds.
export const kTie = 1;

function split(id) {
  const dash = id.lastIndexOf('-');
  return [id.slice(0, dash), Number(id.slice(dash + 1))];
}

export class Race {
  #records = [];
  #byId = new Map();
  #byKey = new Map();
  #seq = 0;
  #runners = new Map();
  #races = [];
  #forgotten = ['', -1];
  #onSample;

  constructor(onSample) {
    this.#onSample = onSample;
  }

  enter(transport) {
    this.#runners.set(transport, { trail: [], cut: false, last: -1, samples: [] });
  }

  #add(message, facts) {
    const record = { id: message.id, key: message.key, seq: this.#seq++, time: message.time, at: {}, first: null, firstAt: 0, timed: [], backlog: false, sentBy: null, ...facts };
    this.#records.push(record);
    if (record.id) this.#byId.set(record.id, record);
    const same = this.#byKey.get(record.key);
    if (same) same.push(record);
    else this.#byKey.set(record.key, [record]);
    if (this.#records.length > kRecords) this.#evict();
    return record;
  }

  #evict() {
    const old = this.#records.shift();
    if (old.id) {
      this.#byId.delete(old.id);
      this.#forgotten = split(old.id);
    }
    const same = this.#byKey.get(old.key);
    same.shift();
    if (!same.length) this.#byKey.delete(old.key);
  }

  #isForgotten(id) {
    const [epoch, sequence] = split(id);
    return epoch === this.#forgotten[0] && sequence <= this.#forgotten[1];
  }

  // Messages that were there before any transport began.
  seed(messages) {
    for (const message of messages) this.#add(message, { backlog: true });
  }

  #find(transport, message) {
    const runner = this.#runners.get(transport);
    const same = this.#byKey.get(message.key) ?? [];
    if (message.retained) return this.#kept(transport, message, same);
    if (!message.id) {
      const origin = this.#byId.get(message.originId);
      if (origin && !(transport in origin.at)) return origin;
      const free = (record) => !(transport in record.at) && record.sentBy !== transport;
      return same.find((record) => record.seq > runner.last && free(record))
        ?? (message.unordered ? same.findLast((record) => free(record) && !record.backlog) : undefined)
        ?? this.#add(message);
    }
    const known = this.#byId.get(message.id);
    if (known) return known;
    const nameless = same.find((record) => !record.id && !(transport in record.at));
    if (!nameless) return this.#add(message, { backlog: this.#isForgotten(message.id) });
    nameless.id = message.id;
    this.#byId.set(message.id, nameless);
    return nameless;
  }

  // A message that a broker had kept: the last one like it, and never a race.
  #kept(transport, message, same) {
    return same.findLast((record) => !(transport in record.at)) ?? this.#add(message, { backlog: true });
  }

  // A transport delivered a message. `liveSince` is when it last became able to
  // deliver at once: what others had before that, it only caught up on.
  arrive(transport, message, now, liveSince) {
    const runner = this.#runners.get(transport);
    const record = this.#find(transport, message);
    const repeated = transport in record.at;
    if (record.first === null) {
      record.first = transport;
      record.firstAt = now;
    }
    record.time ??= message.time;
    runner.last = Math.max(runner.last, record.seq);
    this.#leave(runner, record);
    const caught = record.backlog || Boolean(message.retained) || record.firstAt < liveSince;
    if (!repeated) {
      record.at[transport] = now;
      if (!caught) this.#count(transport, record, now - record.firstAt);
    }
    return { record, caught };
  }

  #leave(runner, record) {
    runner.trail.push(record);
    if (runner.trail.length > kTrail) {
      runner.trail.splice(0, kTrail / 4);
      runner.cut = true;
    }
  }

  // Being first means something only where at least two transports ran, so a
  // record counts when its second one comes.
  #count(transport, record, late) {
    record.timed.push({ transport, late: Math.max(0, late) });
    if (record.timed.length < 2) return;
    if (record.timed.length === 2) {
      this.#races.push(record);
      if (this.#races.length > kSamples) this.#races.splice(0, kSamples / 4);
      this.#sample(record.timed[0]);
    }
    this.#sample(record.timed.at(-1));
  }

  #sample({ transport, late }) {
    const { samples } = this.#runners.get(transport);
    samples.push(late);
    if (samples.length > kSamples) samples.splice(0, kSamples / 4);
    this.#onSample(transport, late);
  }

  // A transport published this message itself and will not get it back.
  sent(transport, message) {
    const record = this.#add(message, { sentBy: transport });
    this.#leave(this.#runners.get(transport), record);
    return record;
  }

  // Where a transport without ids can resume: behind its last message whose id
  // has become known, passing over the payloads in `seen`, which it had after
  // that. `since` is null when too much has passed to know.
  resume(transport, start) {
    const { trail, cut } = this.#runners.get(transport);
    const seen = new Map();
    for (let i = trail.length - 1; i >= 0; i--) {
      if (trail[i].id) return { since: trail[i].id, seen };
      seen.set(trail[i].key, (seen.get(trail[i].key) ?? 0) + 1);
    }
    return { since: cut ? null : start, seen };
  }

  forget(transport) {
    Object.assign(this.#runners.get(transport), { trail: [], cut: false });
  }

  // How a record went for one transport: 'first', 'tie' or 'late'; the first of a
  // tie has tied as well.
  rank(transport, record) {
    const tied = record.timed.filter(({ late }) => late <= kTie);
    const mine = tied.some((one) => one.transport === transport) || record.first === transport;
    return !mine ? 'late' : tied.length > 1 ? 'tie' : 'first';
  }

  // Over the latest samples, by transport: { first, median, p95 }. `first` is its
  // share of the first places in whole per cent, and these add up to 100; a place
  // that is shared counts in parts.
  standings() {
    const places = new Map([...this.#runners.keys()].map((transport) => [transport, 0]));
    for (const { timed } of this.#races) {
      const tied = timed.filter(({ late }) => late <= kTie);
      for (const { transport } of tied) places.set(transport, places.get(transport) + 1 / tied.length);
    }
    const shares = wholePercents([...places.values()]);
    const found = new Map();
    [...this.#runners].forEach(([transport, { samples }], i) => {
      if (!samples.length) return;
      const sorted = Float64Array.from(samples).sort();
      const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
      found.set(transport, { first: shares[i], median: at(0.5), p95: at(0.95) });
    });
    return found;
  }
}

// The list from its place `first` on, and round.
export function inTurn(list, first) {
  return list.map((_, i) => list[(first + i) % list.length]);
}

// Parts of a whole as whole per cent that add up to 100: those that lost most by
// being cut off get what is left.
export function wholePercents(parts) {
  const whole = parts.reduce((sum, part) => sum + part, 0);
  if (!(whole > 0)) return parts.map(() => 0);
  const exact = parts.map((part) => (part / whole) * 100);
  const out = exact.map(Math.floor);
  const order = exact.map((_, i) => i).sort((a, b) => (exact[b] - out[b]) - (exact[a] - out[a]) || a - b);
  const left = 100 - out.reduce((sum, part) => sum + part, 0);
  for (const i of order.slice(0, left)) out[i]++;
  return out;
}
