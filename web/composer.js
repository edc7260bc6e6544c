// Publishes what is written to the chosen channel.

import { duration } from './format.js';
import { httpUrl } from './names.js';
import { contentType } from './payload.js';

const byId = (id) => document.getElementById(id);

export class Composer {
  // `current()` gives the session, or null.
  constructor(current) {
    this.current = current;
    this.form = byId('publish');
    this.text = byId('publish-text');
    this.via = byId('publish-via');
    this.result = byId('publish-result');
    if (/Mac|iPhone|iPad/.test(navigator.platform)) byId('publish-keys').textContent = '⌘ ↵';
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.publish();
    });
    this.text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.publish();
      }
    });
    this.text.addEventListener('input', () => this.#grow());
  }

  // Called when the channel changes.
  reset(session) {
    const chosen = this.via.value;
    const ways = [['post', 'over POST']];
    for (const { transport } of session.cards) {
      if (transport.sends) ways.push([transport.key, `over ${transport.name}`]);
    }
    this.via.replaceChildren(...ways.map(([value, label]) => new Option(label, value)));
    if (ways.some(([value]) => value === chosen)) this.via.value = chosen;
    this.#say('', '');
  }

  #grow() {
    this.text.style.height = 'auto';
    this.text.style.height = `${Math.min(220, this.text.scrollHeight + 2)}px`;
  }

  #say(kind, text) {
    this.unreached = false;
    this.result.dataset.kind = kind;
    this.result.textContent = text;
    this.result.title = text;
  }

  // The hub answers, so what was said of it is true no more.
  hubAnswers() {
    if (this.unreached) this.#say('', '');
  }

  async publish() {
    const session = this.current();
    const text = this.text.value;
    if (!session || this.busy) return;
    if (text === '') {
      this.#say('error', 'Nothing to publish');
      this.text.focus();
      return;
    }
    this.busy = true;
    try {
      if (this.via.value === 'post') await this.#post(session.channel, text);
      else await this.#hand(session, text);
      this.text.select();
    } catch (error) {
      this.#say('error', error instanceof TypeError ? 'The hub cannot be reached' : error.message);
      this.unreached = error instanceof TypeError;
    } finally {
      this.busy = false;
    }
  }

  async #post(channel, text) {
    const began = performance.now();
    const response = await fetch(httpUrl(channel), { method: 'POST', body: text, headers: { 'Content-Type': contentType(text) } });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) {
      const title = body.title || `${response.status} ${response.statusText}`;
      throw new Error(body.detail ? `${title}: ${body.detail}` : title);
    }
    const id = body.id ?? response.headers.get('RT-Id') ?? '';
    this.result.dataset.id = id;
    this.#say('done', `published ${id} in ${duration(performance.now() - began)}`);
  }

  async #hand(session, text) {
    const card = session.cards.find(({ transport }) => transport.key === this.via.value);
    if (!card?.sender) throw new Error(`${card?.transport.name ?? 'The transport'} is paused`);
    delete this.result.dataset.id;
    this.#say('done', await card.sender.send(text));
  }
}
