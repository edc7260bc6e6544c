// The list of channels: fetched while the page is seen, drawn by difference.

import { age, bytes, count, rate } from './format.js';
import { decoded, httpUrl, labels, parts, shown } from './names.js';

const kEvery = 2000;
const kRows = 200;
const kFilterFrom = 7;

// In pixels, what stands beside a name: a lamp, a pace such as "12 min", and space.
const kAroundName = 90;

// The hub lists no more than these, however many it has.
const kMostListed = 1000;

const byId = (id) => document.getElementById(id);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export class Channels {
  // `onList(list)` after each answer, `onHub(up)` when the hub comes or goes.
  constructor({ onList, onHub }) {
    this.onList = onList;
    this.onHub = onHub;
    this.all = [];
    this.total = 0;
    this.rows = new Map();
    this.rates = new Map();
    this.chosen = null;
    this.failures = 0;
    this.list = byId('channels');
    this.filter = byId('filter');
    this.filter.addEventListener('input', () => this.paint());
    this.filter.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown') this.#focus(0, event);
      if (event.key === 'Enter') this.list.querySelector('a')?.click();
    });
    this.list.addEventListener('keydown', (event) => this.#move(event));
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.refresh(); });
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    const began = performance.now();
    try {
      const response = await fetch(httpUrl('/-/channels'), { cache: 'no-store', signal: AbortSignal.timeout(10000) });
      if (!response.ok) throw new Error(String(response.status));
      const list = await response.json();
      this.total = Math.max(list.length, list.length < kMostListed ? 0 : await this.#total());
      this.#take(Array.isArray(list) ? list.filter((one) => typeof one?.channel === 'string') : [], performance.now());
      this.failures = 0;
      this.onHub(true);
    } catch {
      this.failures++;
      this.rates = new Map();
      this.onHub(false);
    }
    this.busy = false;
    this.onList(this.all, this.failures === 0);
    this.paint();
    // A long list costs the hub and this page: it is asked for less often.
    const cost = performance.now() - began;
    const wait = this.failures ? Math.min(8000, 500 * 2 ** Math.min(this.failures, 4)) : Math.max(kEvery, cost * 20);
    if (!document.hidden) this.timer = setTimeout(() => this.refresh(), wait);
  }

  async #total() {
    const response = await fetch(httpUrl('/-/health'), { cache: 'no-store', signal: AbortSignal.timeout(10000) });
    return Number((await response.json()).channels) || 0;
  }

  #take(list, now) {
    const before = this.rates;
    this.rates = new Map();
    for (const one of list) {
      const last = before.get(one.channel);
      const sequence = Number(String(one.last_id ?? '').split('-').at(-1)) || 0;
      const moved = last !== undefined && last.id !== one.last_id;
      const grown = last ? one.messages - last.messages : 0;
      this.rates.set(one.channel, { at: now, id: one.last_id, messages: one.messages, sequence, moved, perSecond: grown > 0 && last ? (grown * 1000) / (now - last.at) : moved ? null : 0 });
    }
    list.sort((a, b) => (decoded(a.channel) < decoded(b.channel) ? -1 : 1));
    this.all = list;
  }

  get(channel) {
    const name = decoded(channel);
    return this.all.find((one) => one.channel === channel) ?? this.all.find((one) => decoded(one.channel) === name) ?? null;
  }

  choose(channel) {
    this.chosen = channel;
    this.paint();
  }

  // The channel `step` places after the chosen one, among those shown.
  neighbour(step) {
    const names = [...this.list.querySelectorAll('a')].map((link) => link.getAttribute('href'));
    const now = names.indexOf('#' + this.chosen);
    return names[now < 0 ? 0 : Math.max(0, Math.min(names.length - 1, now + step))] ?? null;
  }

  paint() {
    const wanted = this.filter.value.trim().toLowerCase();
    this.filter.hidden = this.all.length < kFilterFrom && !wanted;
    const matching = wanted ? this.all.filter((one) => shown(one.channel).toLowerCase().includes(wanted)) : this.all;
    const listed = matching.slice(0, kRows);
    const chosen = this.chosen === null ? null : decoded(this.chosen);
    if (chosen !== null && !wanted && !listed.some((one) => decoded(one.channel) === chosen)) {
      listed.unshift(this.get(this.chosen) ?? { channel: this.chosen, messages: 0, absent: true });
    }
    const names = labels(listed.map((one) => shown(one.channel)), this.#room());
    const rows = new Map();
    let place = this.list.firstElementChild;
    for (const one of listed) {
      const row = this.rows.get(one.channel) ?? this.#row(one.channel);
      rows.set(one.channel, row);
      this.#label(row, names.get(shown(one.channel)));
      this.#refresh(row, one, decoded(one.channel) === chosen);
      if (row === place) place = place.nextElementSibling;
      else this.list.insertBefore(row, place);
    }
    for (const [channel, row] of this.rows) if (rows.get(channel) !== row) row.remove();
    this.rows = rows;
    this.#rove();
    setText(byId('channel-count'), count(this.total));
    const hidden = matching.length - Math.min(matching.length, kRows);
    const note = byId('channels-note');
    const says = [];
    if (hidden > 0) says.push(`${count(hidden)} more: filter to find them.`);
    if (wanted && !matching.length) says.push(`No channel here holds “${wanted}”.`);
    if (this.total > this.all.length) says.push(`${count(this.total - this.all.length)} are not listed: open them by name.`);
    note.hidden = !says.length;
    setText(note, says.join(' '));
  }

  #row(channel) {
    const row = document.createElement('li');
    const link = document.createElement('a');
    link.href = '#' + channel;
    link.title = shown(channel);
    const name = document.createElement('span');
    name.className = 'name mono';
    for (const kind of ['stem', 'leaf']) {
      const part = document.createElement('span');
      part.className = kind;
      name.append(part);
    }
    const facts = document.createElement('span');
    facts.className = 'row-facts num';
    const pulse = document.createElement('i');
    pulse.className = 'pulse';
    pulse.setAttribute('aria-hidden', 'true');
    link.append(pulse, name, facts);
    row.append(link);
    return row;
  }

  // How many characters of a name there is room for.
  #room() {
    const width = this.list.clientWidth;
    if (!width) return Infinity;
    if (!this.letter) {
      const probe = document.createElement('span');
      probe.className = 'name mono probe';
      probe.textContent = '0'.repeat(100);
      this.list.after(probe);
      this.letter = probe.getBoundingClientRect().width / 100;
      probe.remove();
    }
    return Math.max(12, Math.floor((width - kAroundName) / (this.letter || 8)));
  }

  #label(row, label) {
    if (row.label === label) return;
    row.label = label;
    const [stem, leaf] = row.querySelectorAll('.name span');
    [stem.textContent, leaf.textContent] = parts(label);
  }

  #refresh(row, one, chosen) {
    const link = row.firstElementChild;
    const pace = this.rates.get(one.channel);
    if (chosen) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    row.dataset.channel = one.channel;
    row.dataset.moving = String(Boolean(pace?.moved));
    const time = Date.parse(one.last_time);
    const since = Number.isNaN(time) ? '' : age(Math.max(0, Date.now() - time));
    const pacing = pace?.moved ? (pace.perSecond ? rate(pace.perSecond) : 'now') : since;
    setText(link.lastElementChild, one.absent ? 'new' : one.messages ? pacing : 'empty');
    link.title = `${shown(one.channel)}\n${count(one.messages ?? 0)} messages, ${bytes(one.bytes ?? 0)}, ${count(one.subscribers ?? 0)} subscribers`;
  }

  // One link is a tab stop; the arrow keys reach the others.
  #rove() {
    const links = [...this.list.querySelectorAll('a')];
    const stop = links.find((link) => link === document.activeElement) ?? links.find((link) => link.hasAttribute('aria-current')) ?? links[0];
    for (const link of links) link.tabIndex = link === stop ? 0 : -1;
  }

  #focus(index, event) {
    const links = [...this.list.querySelectorAll('a')];
    const link = links[Math.max(0, Math.min(links.length - 1, index))];
    if (!link) return;
    event.preventDefault();
    link.focus();
    this.#rove();
  }

  #move(event) {
    const links = [...this.list.querySelectorAll('a')];
    const now = links.indexOf(document.activeElement);
    if (event.key === 'ArrowDown') this.#focus(now + 1, event);
    if (event.key === 'ArrowUp') {
      if (now === 0 && !this.filter.hidden) {
        event.preventDefault();
        this.filter.focus();
      } else this.#focus(now - 1, event);
    }
    if (event.key === 'Home') this.#focus(0, event);
    if (event.key === 'End') this.#focus(links.length - 1, event);
  }
}
