// One channel being watched: its cards, the race between them and the drawing.

import { Card } from './card.js';
import { Connections } from './connections.js';
import { Fields } from './fields.js';
import { duration, number } from './format.js';
import { httpUrl } from './names.js';
import { numbers, readEnvelopes } from './payload.js';
import { inTurn, kTie, Race } from './race.js';
import { Backoff, transports } from './transports.js';
import { Lane, kLateMarks, markPlace, surface } from './trace.js';

const kBacklog = 20;
const kHeavy = 65536;
const kTick = 80;
const kSlowTick = 400;
const kReadable = 12;

// So long the next transport waits for the one before it to subscribe.
const kTurn = 400;

// A hub writes to those first who subscribed first. Each time another transport does.
let turn = Math.floor(Math.random() * transports.length);

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const dark = matchMedia('(prefers-color-scheme: dark)');

const byId = (id) => document.getElementById(id);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export class Session {
  // `onChange` is called when a card's state changes.
  constructor(channel, { averageSize = 0, asleep = false, onChange, onFault }) {
    this.channel = channel;
    this.start = '';
    this.eventNames = new Set();
    this.onChange = onChange;
    this.onFault = onFault;
    this.backlog = averageSize > kHeavy ? 1 : kBacklog;
    this.asleep = asleep;
    this.lanes = new Map();
    this.fields = new Fields();
    this.latest = null;
    this.last = null;
    this.connections = new Connections();
    this.race = new Race((transport, late) => this.lanes.get(transport).add(late));
    this.stopper = new AbortController();
    this.cards = transports.map((transport) => {
      this.race.enter(transport.key);
      this.lanes.set(transport.key, new Lane());
      return new Card(transport, this);
    });
    this.#show();
    this.#begin();
  }

  #show() {
    byId('cards').replaceChildren(...this.cards.map((card) => card.element));
    this.rows = this.cards.map(({ transport }) => {
      const row = byId('lane-template').content.cloneNode(true).firstElementChild;
      row.dataset.transport = transport.key;
      row.style.setProperty('--hue', `var(--${transport.key})`);
      row.querySelector('th span').textContent = transport.name;
      return row;
    });
    byId('race-rows').replaceChildren(...this.rows);
    byId('race-axis').replaceChildren(...kLateMarks.map(([ms, label]) => {
      const mark = document.createElement('span');
      mark.textContent = label;
      mark.style.left = `${markPlace(ms) * 100}%`;
      return mark;
    }));
    byId('readout').hidden = true;
    this.#readColours();
    this.onScheme = () => {
      this.#readColours();
      for (const lane of this.lanes.values()) lane.dirty = true;
    };
    dark.addEventListener('change', this.onScheme);
    this.onResize = () => {
      for (const lane of this.lanes.values()) lane.dirty = true;
    };
    window.addEventListener('resize', this.onResize);
    this.timer = setInterval(() => requestAnimationFrame((now) => this.#paint(now)), kTick);
  }

  #readColours() {
    this.colours = new Map(this.cards.map(({ transport, element }) => {
      const style = getComputedStyle(element);
      return [transport.key, { hue: style.getPropertyValue('--hue').trim(), grid: style.getPropertyValue('--grid').trim() }];
    }));
  }

  // Every transport starts from one place in the log, a little before its end,
  // so that the cards can be compared message by message.
  async #begin() {
    const backoff = new Backoff();
    const { signal } = this.stopper;
    while (!signal.aborted) {
      try {
        const response = await fetch(httpUrl(this.channel, { last: this.backlog + 1 }), { cache: 'no-store', headers: { Accept: 'application/x-ndjson' }, signal });
        if (!response.ok && response.status !== 404) {
          const problem = await response.json().catch(() => null);
          const text = problem?.detail || problem?.title || `${response.status} ${response.statusText}`;
          if (response.status < 500 && response.status !== 429) return this.onFault(text);
          throw new Error(text);
        }
        const messages = response.ok ? readEnvelopes(await response.text()).flatMap((one) => one.message ?? []) : [];
        const before = messages.length > this.backlog ? messages.shift() : null;
        this.start = before?.id ?? '';
        this.race.seed(messages);
        for (const message of messages) this.learn(message, true);
        break;
      } catch {
        if (signal.aborted) return;
        await new Promise((resolve) => {
          this.wake = resolve;
          setTimeout(resolve, backoff.delay());
        });
      }
    }
    for (const card of this.cards) {
      card.since = this.start;
      if (this.asleep) card.setAsleep(true);
    }
    this.began = true;
    for (const card of inTurn(this.cards, turn++)) {
      if (signal.aborted) return;
      if (card.line || card.paused || card.asleep) continue;
      card.start();
      await Promise.race([card.settled(), new Promise((resolve) => setTimeout(resolve, kTurn))]);
    }
  }

  end() {
    this.stopper.abort();
    clearInterval(this.timer);
    dark.removeEventListener('change', this.onScheme);
    window.removeEventListener('resize', this.onResize);
    for (const card of this.cards) card.stop(true);
    this.connections.end();
    byId('cards').replaceChildren();
    byId('race-rows').replaceChildren();
  }

  // What one transport tells about the messages serves the others: names of
  // events, and fields that hold numbers. `fresh`: no other had brought it.
  learn(message, fresh) {
    if (message.event && !this.eventNames.has(message.event) && this.eventNames.size < 200) {
      this.eventNames.add(message.event);
      for (const card of this.cards) card.line?.onEventName?.();
    }
    if (!fresh) return;
    this.last = message;
    const found = numbers(message);
    if (this.fields.learn(found)) this.#redrawValues();
    const value = this.value(message);
    if (!Number.isNaN(value)) this.latest = value;
  }

  // The number to draw of a message, NaN where it has none.
  value(message) {
    const named = numbers(message).find(([name]) => name === this.fields.chosen);
    return named ? named[1] : NaN;
  }

  chooseField(name) {
    this.fields.choose(name);
    this.#redrawValues();
  }

  #redrawValues() {
    this.latest = this.last ? this.value(this.last) : null;
    if (Number.isNaN(this.latest)) this.latest = null;
    for (const card of this.cards) card.redrawValues();
  }

  nudge() {
    this.wake?.();
    for (const card of this.cards) card.nudge();
  }

  setAsleep(asleep) {
    this.asleep = asleep;
    if (this.began) for (const card of this.cards) card.setAsleep(asleep);
  }

  setPaused(paused) {
    for (const card of this.cards) card.setPaused(paused);
  }

  #paint(now) {
    if (this.stopper.signal.aborted) return;
    if (!(now < this.nextLists)) {
      let rows = 0;
      for (const card of this.cards) if (card.dirty) rows += card.paintList();
      // Faster than one can read, lists are drawn seldom: the drawing would
      // delay the very arrivals that are being timed.
      this.nextLists = now + (rows > kReadable ? kSlowTick : 0);
    }
    if (!(now - this.drawn < (calm.matches ? 1000 : kTick))) this.#draw(now);
    if (!(now - this.told < 240)) this.#tell(now);
  }

  #draw(now) {
    this.drawn = now;
    const ranges = this.cards.map((card) => card.trace.range(now)).filter(Boolean);
    const range = ranges.length ? [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] : null;
    const labels = !range ? ['', ''] : range[0] === range[1] ? ['', number(range[0])] : [number(range[1]), number(range[0])];
    for (const card of this.cards) card.paintTrace(now, range, labels, this.colours.get(card.transport.key));
  }

  #tell(now) {
    this.told = now;
    const standings = this.race.standings();
    this.cards.forEach((card, i) => {
      const { key } = card.transport;
      card.paintFigures(now);
      const row = this.rows[i];
      const standing = standings.get(key);
      row.dataset.state = card.state;
      setText(row.querySelector('.lane-first'), standing ? `${standing.first} %` : '–');
      setText(row.querySelector('.lane-median'), lateness(standing?.median));
      setText(row.querySelector('.lane-p95'), lateness(standing?.p95));
      for (const [name, [text, says]] of Object.entries(card.costs())) {
        const cell = row.querySelector(`.cost-${name}`);
        setText(cell, text);
        if (cell.title !== says) cell.title = says;
      }
      const lane = this.lanes.get(key);
      const on = lane.dirty ? surface(row.querySelector('canvas')) : null;
      if (on) lane.draw(on.context, on.width, on.height, standing?.median ?? null, this.colours.get(key));
    });
    this.#tellReadout();
  }

  #tellReadout() {
    const { names, chosen } = this.fields;
    if (!names.length) return;
    const select = byId('field');
    if (this.fields.changed) {
      this.fields.changed = false;
      select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
      select.closest('label').hidden = names.length === 1 && names[0] === 'value';
      byId('readout').hidden = false;
    }
    setText(byId('readout-value'), this.latest === null ? '–' : number(this.latest));
  }
}

function lateness(ms) {
  if (ms === undefined) return '–';
  return ms <= kTie ? `≤ ${kTie} ms` : `+${duration(ms)}`;
}
