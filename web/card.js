// One transport's view of the channel: its connection, its figures, its list.

import { showCommands } from './commands.js';
import { age, bytes, clock, count, duration, rate } from './format.js';
import { visible } from './names.js';
import { isJson, laidOut } from './payload.js';
import { Trace, surface } from './trace.js';

const kListed = 50;
// Two lines of a narrow card; what is longer can be opened.
const kLong = 60;
const kPreview = 320;
const kSizeTold = 1000;

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export class Card {
  // `session` gives { channel, start, race, eventNames, value(message), onChange }.
  constructor(transport, session) {
    this.transport = transport;
    this.session = session;
    this.trace = new Trace();
    this.messages = 0;
    this.gaps = 0;
    this.requests = 0;
    this.connections = 0;
    this.bytes = 0;
    this.emptyAnswer = null;
    this.settlers = [];
    this.paused = false;
    this.asleep = false;
    this.since = session.start;
    this.sender = null;
    this.memory = {};
    this.items = [];
    this.dirty = true;
    this.#build();
    this.#setState('connecting');
  }

  #build() {
    const fragment = document.getElementById('card-template').content.cloneNode(true);
    const at = (selector) => fragment.querySelector(selector);
    this.element = at('.card');
    this.element.dataset.transport = this.transport.key;
    this.element.style.setProperty('--hue', `var(--${this.transport.key})`);
    this.element.setAttribute('aria-label', this.transport.name);
    at('h3').textContent = this.transport.name;
    at('.about').textContent = this.transport.about();
    at('h3').title = this.transport.about();
    at('.figure-counted').title = this.transport.counted;
    this.canvas = at('canvas');
    this.scaleTop = at('.scale-top');
    this.scaleBottom = at('.scale-bottom');
    this.stateText = at('.state-text');
    this.list = at('.messages');
    this.list.setAttribute('aria-label', `Messages over ${this.transport.name}, newest first`);
    this.empty = at('.card-empty');
    this.figures = Object.fromEntries(['age', 'rate', 'bytes'].map((name) => [name, at(`.figure-${name}`)]));
    this.pauseButton = at('.pause');
    this.pauseButton.addEventListener('click', () => this.setPaused(!this.paused));
    this.list.addEventListener('keydown', (event) => this.#move(event));
    this.list.addEventListener('click', (event) => this.#toggle(event.target.closest('button.row')));
    this.choices = new Map();
    for (const choice of this.transport.choices ?? []) at('.card-sub').append(this.#choose(choice));
    this.#showPause();
  }

  #choose({ key, label, values }) {
    const select = document.createElement('select');
    select.dataset.choice = key;
    select.setAttribute('aria-label', label);
    for (const [value, text] of values) select.add(new Option(text, value));
    this.choices.set(key, values[0][0]);
    select.addEventListener('change', () => {
      this.choices.set(key, values[select.selectedIndex][0]);
      this.nudge();
    });
    const wrap = document.createElement('label');
    wrap.className = 'select';
    wrap.append(select);
    return wrap;
  }

  // Opens a connection from where the last one stopped.
  start() {
    this.stop();
    const stopper = new AbortController();
    this.stopper = stopper;
    const current = () => this.stopper === stopper && !stopper.signal.aborted;
    const card = this;
    this.line = {
      signal: stopper.signal,
      channel: this.session.channel,
      eventNames: this.session.eventNames,
      onEventName: null,
      onNudge: null,
      memory: this.memory,
      get since() { return card.since; },
      set since(id) { if (current()) card.since = id; },
      choice: (key) => card.choices.get(key),
      state: (state, note) => current() && card.#setState(state, note),
      arrived: (message, at) => current() && card.#arrived(message, at),
      sent: (message) => current() && card.#sent(message),
      gap: (gap) => current() && card.#gap(gap),
      resumption: () => card.session.race.resume(card.transport.key, card.session.start),
      forget: () => card.session.race.forget(card.transport.key),
      asks: (url) => { if (current()) { card.requests++; card.session.connections.expect(url, card); } },
      connects: () => { if (current()) { card.requests++; card.connections++; } },
      answeredEmpty: (n) => { if (current()) card.emptyAnswer = n; },
      received: (n) => { if (current()) card.bytes += n; },
      sleep: (ms) => card.#sleep(ms, stopper.signal),
    };
    this.sender = this.transport.open(this.line) ?? null;
  }

  // `over`: it will not be started again.
  stop(over = false) {
    this.stopper?.abort(over ? 'over' : 'paused');
    this.stopper = null;
    this.line = null;
    this.sender = null;
  }

  #sleep(ms, signal) {
    if (!(ms > 0) || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      this.wake = done;
    });
  }

  // Completes when it is known how the connection stands.
  settled() {
    return this.state === 'connecting' ? new Promise((resolve) => this.settlers.push(resolve)) : Promise.resolve();
  }

  // Ends a wait early: the hub is back, or the interval changed.
  nudge() {
    this.wake?.();
    this.line?.onNudge?.();
  }

  setPaused(paused) {
    if (paused === this.paused) return;
    this.paused = paused;
    this.#showPause();
    this.#run();
  }

  // A page that nobody sees gives its connections back: browsers allow six to a
  // server, shared by all its tabs.
  setAsleep(asleep) {
    if (asleep === this.asleep) return;
    this.asleep = asleep;
    this.#run();
  }

  #run() {
    const rest = this.paused || this.asleep;
    if (rest && this.line) {
      this.stop();
      this.#setState('paused', this.paused ? '' : 'while the page is hidden');
    } else if (rest) {
      this.#setState('paused');
    } else if (!this.session.began) {
      this.#setState('connecting');
    } else if (!this.line) {
      this.start();
    }
    this.session.onChange();
  }

  #showPause() {
    this.pauseButton.dataset.paused = String(this.paused);
    const label = `${this.paused ? 'Resume' : 'Pause'} ${this.transport.name}`;
    this.pauseButton.setAttribute('aria-label', label);
    this.pauseButton.title = label;
  }

  #setState(state, note = '') {
    if (state !== 'live') this.liveSince = Infinity;
    else if (this.state !== 'live') this.liveSince = performance.now();
    this.state = state;
    if (state !== 'connecting') for (const settle of this.settlers.splice(0)) settle();
    this.element.dataset.state = state;
    this.stateText.title = note;
    setText(this.stateText, state);
    this.#showEmpty(note);
    this.session.onChange?.();
  }

  // Why there is nothing to see, where that will not change by waiting.
  #showEmpty(note) {
    const lasting = this.state === 'off' || this.state === 'refused';
    const wanted = lasting ? `${this.state} ${note}` : '';
    if (this.emptyFor === wanted) return;
    this.emptyFor = wanted;
    const { empty } = this;
    if (!wanted) return empty.replaceChildren('No message yet');
    const { absence } = this.transport;
    const says = document.createElement('p');
    says.textContent = note ? sentence(note) : absence.says;
    empty.replaceChildren(says);
    if (note) return;
    const commands = document.createElement('div');
    commands.className = 'commands';
    showCommands(commands, absence.commands());
    empty.append(commands);
  }

  #arrived(message, at) {
    const { record, caught } = this.session.race.arrive(this.transport.key, message, at, this.liveSince);
    this.messages++;
    this.session.learn(message, record.first === this.transport.key && !record.backlog);
    const moment = caught && record.time ? Math.min(at, record.time - performance.timeOrigin) : at;
    this.lastAt = Math.max(this.lastAt ?? -Infinity, moment);
    this.trace.add(moment, this.session.value(message));
    this.#list({ message, record, caught, at, moment });
  }

  #sent(message) {
    const record = this.session.race.sent(this.transport.key, message);
    const at = performance.now();
    this.#list({ message, record, sent: true, at, moment: at });
  }

  #gap(gap) {
    this.gaps++;
    this.#list({ gap, at: performance.now() });
  }

  #list(item) {
    this.items.push(item);
    if (this.items.length > kListed) this.items.shift();
    this.dirty = true;
  }

  // The number to draw has changed.
  redrawValues() {
    this.trace.clearValues();
    for (const { message, moment, sent } of this.items) {
      if (message && !sent) this.trace.setValue(moment, this.session.value(message));
    }
  }

  // Says how many rows were new.
  paintList() {
    this.dirty = false;
    const { list, items } = this;
    const kept = new Set(items);
    for (const row of [...list.children]) {
      if (kept.has(row.item)) this.#refresh(row);
      else row.remove();
    }
    const newest = list.firstElementChild?.item;
    const fresh = [];
    for (let i = items.length - 1; i >= 0 && items[i] !== newest; i--) fresh.push(this.#row(items[i]));
    list.prepend(...fresh);
    this.empty.hidden = items.length > 0;
    list.hidden = items.length === 0;
    Object.assign(this.element.dataset, { messages: this.messages, gaps: this.gaps });
    return fresh.length;
  }

  #row(item) {
    const row = document.createElement('li');
    row.item = item;
    if (item.gap) {
      row.className = 'gap';
      row.dataset.gap = Number.isFinite(item.gap.missed) ? item.gap.missed : '';
      const missed = Number(item.gap.missed);
      row.append(missed > 0 ? `gap: ${count(missed)} ${missed === 1 ? 'message' : 'messages'} missed` : 'gap: messages may be missing here');
      return row;
    }
    const { message } = item;
    const long = message.text.length > kLong || message.text.includes('\n') || message.cut;
    const opens = long || isJson(message);
    const box = document.createElement(opens ? 'button' : 'div');
    box.className = 'row';
    if (opens) {
      box.type = 'button';
      box.setAttribute('aria-expanded', 'false');
    }
    box.tabIndex = -1;
    const meta = document.createElement('span');
    meta.className = 'meta';
    const time = document.createElement('time');
    time.className = 'num';
    time.textContent = clock(new Date(performance.timeOrigin + item.moment));
    meta.append(time);
    if (message.retained) meta.append(this.#tag('kind', 'retained'));
    if (message.event) meta.append(this.#tag('event', visible(message.event)));
    if (message.binary) meta.append(this.#tag('kind', 'binary'));
    if (message.size >= kSizeTold) meta.append(this.#tag('size', bytes(message.size)));
    const late = document.createElement('span');
    late.className = 'late num';
    meta.append(late);
    const text = document.createElement('span');
    text.className = 'payload mono';
    text.textContent = message.text === '' ? 'empty' : long ? preview(message) : visibleText(message.text);
    if (message.text === '') text.classList.add('nothing');
    box.append(meta, text);
    row.append(box);
    row.late = late;
    this.#refresh(row);
    return row;
  }

  #tag(kind, text) {
    const tag = document.createElement('span');
    tag.className = `tag tag-${kind}`;
    tag.textContent = text;
    return tag;
  }

  #refresh(row) {
    const { item } = row;
    if (item.gap) return;
    const { record } = item;
    if (row.dataset.id !== record.id) row.dataset.id = record.id;
    const [rank, text] = this.#lateness(item);
    if (row.late.dataset.rank !== rank) row.late.dataset.rank = rank;
    setText(row.late, text);
    row.dataset.late = rank === 'late' || rank === 'tie' ? Math.max(0, item.at - record.firstAt).toFixed(2) : rank === 'first' ? '0' : '';
    row.title = record.id ? `id ${record.id}` : '';
  }

  #lateness({ record, caught, sent, at }) {
    if (sent) return ['sent', 'sent'];
    if (caught) return ['caught', 'caught up'];
    const rank = this.session.race.rank(this.transport.key, record);
    return [rank, rank === 'late' ? `+${duration(at - record.firstAt)}` : rank];
  }

  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step && event.key !== 'Home' && event.key !== 'End') return;
    const rows = [...this.list.querySelectorAll('.row')];
    const now = rows.indexOf(document.activeElement);
    const next = event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : Math.max(0, Math.min(rows.length - 1, now + step));
    rows[next]?.focus();
    event.preventDefault();
  }

  #toggle(box) {
    if (!box) return;
    const open = box.getAttribute('aria-expanded') !== 'true';
    box.setAttribute('aria-expanded', String(open));
    const { message } = box.parentElement.item;
    const whole = () => visibleText(laidOut(message) ?? message.text) + (message.cut ? `\n… ${bytes(message.size)} in all` : '');
    const text = open ? whole() : preview(message);
    box.querySelector('.payload').textContent = text;
  }

  paintFigures(now) {
    const { figures } = this;
    setText(figures.age, this.lastAt === undefined ? '–' : age(now - this.lastAt));
    setText(figures.rate, rate(this.trace.rate(now, 5)));
    setText(figures.bytes, bytes(this.bytes));
    Object.assign(this.element.dataset, { requests: this.requests, bytes: Math.round(this.bytes) });
  }

  paintTrace(now, range, labels, colours) {
    const on = surface(this.canvas);
    if (on) this.trace.draw(on.context, on.width, on.height, now, range, colours);
    setText(this.scaleTop, labels[0]);
    setText(this.scaleBottom, labels[1]);
  }

  // What it has cost so far, as text, and what stands behind each figure.
  costs() {
    const { transport } = this;
    // A request may have gone over a connection that the browser had open.
    const connections = Math.max(this.connections, this.requests ? 1 : 0);
    const idle = transport.idle(this);
    return {
      requests: [this.requests ? count(this.requests) : '–', 'Requests, opening handshakes among them'],
      connections: [connections ? count(connections) : '–', 'Connections that it opened; one that the browser had open already counts, too'],
      each: [this.messages ? bytes(this.bytes / this.messages) : '–', transport.counted],
      idle: [idle.bytes === null || !this.requests ? '–' : bytes(idle.bytes), idle.says],
    };
  }
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');
}

function preview(message) {
  return visibleText(message.text.slice(0, kPreview).replace(/\s*\n\s*/g, ' ⏎ '));
}

// Controls other than line breaks and tabs are shown, and nothing turns the
// direction of the text around it.
function visibleText(text) {
  return text.replace(/[^\n\t\P{Cc}]/gu, (c) => (c.charCodeAt(0) < 32 ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : '␡'))
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`);
}
