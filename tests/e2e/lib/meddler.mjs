// A TCP proxy that spoils connections in every way that networks do.
import {connect, createServer} from 'node:net';
import {defer, Watched} from './harness.mjs';

export class Meddler extends Watched {
  connections = 0;
  stalled = false;
  refusing = false;
  target;        // the port of those who come from now on
  toServer = 0;  // bytes passed
  toClient = 0;
  #pairs = new Set();

  // With `split` every byte goes on by itself.
  static async start(target, {split = false} = {}) {
    const meddler = new Meddler();
    meddler.target = target;
    meddler.server = createServer({noDelay: true}, (near) => meddler.#accept(near, split));
    await new Promise((resolve) => meddler.server.listen(0, '127.0.0.1', resolve));
    meddler.port = meddler.server.address().port;
    defer(() => {
      for (const pair of meddler.#pairs) for (const socket of pair) socket.destroy();
      return new Promise((resolve) => meddler.server.close(resolve));
    });
    return meddler;
  }

  at(topic, scheme = 'mqtt') { return `${scheme}://127.0.0.1:${this.port}/${topic}`; }

  #accept(near, split) {
    if (this.refusing) {
      near.destroy();
      return;
    }
    const far = connect({port: this.target, host: '127.0.0.1', noDelay: true});
    const pair = [near, far];
    this.#pairs.add(pair);
    ++this.connections;
    const pass = (from, to, count) => {
      from.on('data', (bytes) => {
        this[count] += bytes.length;
        if (split) {
          for (const byte of bytes) to.write(Buffer.of(byte));
        } else if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => this.stalled || from.resume());
        }
        this.changed();
      });
      from.on('end', () => to.end());
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.stalled) from.pause();
    };
    pass(near, far, 'toServer');
    pass(far, near, 'toClient');
    this.changed();
  }

  // Ends all connections: as a peer that closes, or by a reset.
  drop() {
    for (const [near, far] of [...this.#pairs]) {
      near.end();
      far.destroy();
    }
  }
  reset() {
    for (const [near, far] of [...this.#pairs]) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }
  // Nothing passes any more, and nobody is told.
  stall(stalled = true) {
    this.stalled = stalled;
    for (const pair of this.#pairs) for (const socket of pair) stalled ? socket.pause() : socket.resume();
  }
}
