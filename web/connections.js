// Which requests opened a connection. A page does not choose, but the browser tells
// afterwards.

export class Connections {
  #waiting = new Map();
  #observer;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#told(entry);
    });
    this.#observer.observe({ type: 'resource' });
  }

  // `card` asks for `url` now.
  expect(url, card) {
    const cards = this.#waiting.get(url);
    if (cards) cards.push(card);
    else this.#waiting.set(url, [card]);
  }

  #told({ name, fetchStart, connectStart, connectEnd }) {
    const cards = this.#waiting.get(name);
    if (!cards) return;
    const card = cards.shift();
    if (!cards.length) this.#waiting.delete(name);
    // On a connection that was there already, all three are the same.
    if (connectStart > fetchStart || connectEnd > connectStart) card.connections++;
  }

  end() {
    this.#observer.disconnect();
    this.#waiting.clear();
  }
}
