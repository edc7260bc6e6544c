// Which number of a channel's messages is drawn: one that changes, unless the reader
// has chosen another.

const kFields = 24;

// Said so often without a change, a field is thought to stand still.
const kSeen = 4;

// A field must be worth so much more than the one that is drawn.
const kMuch = 0.5;

const kNames = /(^|[._-])(ts|time|timestamp|date|id|seq|sequence|epoch|version)$/i;

export class Fields {
  #facts = new Map();
  #byReader = false;
  chosen = null;
  changed = false;

  get names() {
    return [...this.#facts.keys()];
  }

  // `found`: [name, value] of one message. Each message is told once, in order.
  // True when another field than before is drawn now.
  learn(found) {
    for (const [name, value] of found) {
      const fact = this.#facts.get(name);
      if (fact) {
        fact.seen++;
        if (value > fact.last) fact.up++;
        if (value < fact.last) fact.down++;
        fact.last = value;
      } else if (this.#facts.size < kFields) {
        this.#facts.set(name, { seen: 1, up: 0, down: 0, last: value });
        this.changed = true;
      }
    }
    return !this.#byReader && this.#choose();
  }

  choose(name) {
    this.#byReader = true;
    this.chosen = name;
  }

  #choose() {
    const before = this.chosen;
    this.chosen ??= this.names[0] ?? null;
    let best = this.#worth(this.chosen);
    // What goes up and down is worth staying with.
    if (best < 3) {
      for (const name of this.names) {
        const worth = this.#worth(name);
        if (worth <= best + kMuch) continue;
        best = worth;
        this.chosen = name;
      }
    }
    if (this.chosen === before) return false;
    this.changed = true;
    return before !== null;
  }

  // 0: it stands still. 1: a time or a number in a row, by its name. 2: it has only
  // grown, as counters do, or only fallen. 3: it goes up and down. Between these is
  // what is not known yet.
  #worth(name) {
    const fact = this.#facts.get(name);
    if (!fact) return -1;
    const { seen, up, down } = fact;
    if (!up && !down) return seen < kSeen ? 0.5 : 0;
    if (kNames.test(name)) return 1;
    return up && down ? 3 : seen < 2 * kSeen ? 2.5 : 2;
  }
}
