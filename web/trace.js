// What a transport knew at each moment of the last half minute, drawn as an
// oscilloscope would: the latest value where messages carry numbers, else one
// stroke a message.

import { kTie } from './race.js';

const kBucket = 50;
const kBuckets = 600;
export const kSpan = kBucket * kBuckets;

export class Trace {
  #head = 0;
  #count = new Uint32Array(kBuckets);
  #last = new Float64Array(kBuckets).fill(NaN);
  #low = new Float64Array(kBuckets);
  #high = new Float64Array(kBuckets);
  #carried = NaN;

  #advance(bucket) {
    const steps = Math.min(bucket - this.#head, kBuckets);
    for (let i = 0; i < steps; i++) {
      const slot = (bucket - steps + 1 + i) % kBuckets;
      if (!Number.isNaN(this.#last[slot])) this.#carried = this.#last[slot];
      this.#count[slot] = 0;
      this.#last[slot] = NaN;
    }
    this.#head = Math.max(this.#head, bucket);
  }

  // `value` may be NaN: then only the message counts.
  add(at, value) {
    const bucket = Math.floor(at / kBucket);
    this.#advance(bucket);
    if (bucket <= this.#head - kBuckets) {
      if (!Number.isNaN(value)) this.#carried = value;
      return;
    }
    this.#count[((bucket % kBuckets) + kBuckets) % kBuckets]++;
    this.#put(bucket, value);
  }

  // The value of a message that is counted already.
  setValue(at, value) {
    const bucket = Math.floor(at / kBucket);
    if (bucket > this.#head - kBuckets) this.#put(bucket, value);
    else if (!Number.isNaN(value)) this.#carried = value;
  }

  #put(bucket, value) {
    if (Number.isNaN(value)) return;
    const slot = ((bucket % kBuckets) + kBuckets) % kBuckets;
    const fresh = Number.isNaN(this.#last[slot]);
    this.#low[slot] = fresh ? value : Math.min(this.#low[slot], value);
    this.#high[slot] = fresh ? value : Math.max(this.#high[slot], value);
    this.#last[slot] = value;
  }

  clearValues() {
    this.#last.fill(NaN);
    this.#carried = NaN;
  }

  // Messages a second over the last `seconds`.
  rate(now, seconds) {
    this.#advance(Math.floor(now / kBucket));
    const buckets = Math.round((seconds * 1000) / kBucket);
    let total = 0;
    for (let i = 0; i < buckets; i++) total += this.#count[(this.#head - i + kBuckets) % kBuckets];
    return total / seconds;
  }

  // [low, high] of what is in view, or null.
  range(now) {
    this.#advance(Math.floor(now / kBucket));
    let low = Infinity;
    let high = -Infinity;
    for (let slot = 0; slot < kBuckets; slot++) {
      if (Number.isNaN(this.#last[slot])) continue;
      low = Math.min(low, this.#low[slot]);
      high = Math.max(high, this.#high[slot]);
    }
    if (!Number.isNaN(this.#carried)) {
      low = Math.min(low, this.#carried);
      high = Math.max(high, this.#carried);
    }
    return low <= high ? [low, high] : null;
  }

  draw(context, width, height, now, range, colours) {
    context.clearRect(0, 0, width, height);
    context.lineWidth = 1;
    context.strokeStyle = colours.grid;
    context.beginPath();
    for (let second = 5; second < kSpan / 1000; second += 5) {
      const x = Math.round(width * (1 - (second * 1000) / kSpan)) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, height);
    }
    context.moveTo(0, Math.round(height / 2) + 0.5);
    context.lineTo(width, Math.round(height / 2) + 0.5);
    context.stroke();
    this.#advance(Math.floor(now / kBucket));
    if (range) this.#drawValues(context, width, height, now, range, colours);
    else this.#drawStrokes(context, width, height, now, colours);
  }

  #x(bucket, now, width) {
    return width * (1 - (now - (bucket + 0.5) * kBucket) / kSpan);
  }

  #drawValues(context, width, height, now, [low, high], colours) {
    const room = high - low || Math.abs(high) || 1;
    const inset = 7;
    const y = (value) => (high === low ? height / 2 : inset + (height - 2 * inset) * (1 - (value - low) / room));
    context.strokeStyle = colours.hue;
    context.fillStyle = colours.hue;
    context.lineWidth = 1.5;
    context.lineJoin = 'round';
    context.beginPath();
    let current = this.#carried;
    let started = false;
    if (!Number.isNaN(current)) {
      context.moveTo(0, y(current));
      started = true;
    }
    for (let bucket = this.#head - kBuckets + 1; bucket <= this.#head; bucket++) {
      const slot = ((bucket % kBuckets) + kBuckets) % kBuckets;
      if (Number.isNaN(this.#last[slot])) continue;
      const x = this.#x(bucket, now, width);
      if (started) context.lineTo(x, y(current));
      else context.moveTo(x, y(this.#last[slot]));
      started = true;
      if (this.#low[slot] !== this.#high[slot]) {
        context.lineTo(x, y(this.#low[slot]));
        context.lineTo(x, y(this.#high[slot]));
      }
      current = this.#last[slot];
      context.lineTo(x, y(current));
    }
    if (!started) return;
    context.lineTo(width, y(current));
    context.stroke();
    context.beginPath();
    context.arc(width - 3, y(current), 2.5, 0, 7);
    context.fill();
  }

  #drawStrokes(context, width, height, now, colours) {
    context.strokeStyle = colours.hue;
    context.lineWidth = 1.5;
    context.beginPath();
    for (let bucket = this.#head - kBuckets + 1; bucket <= this.#head; bucket++) {
      const n = this.#count[((bucket % kBuckets) + kBuckets) % kBuckets];
      if (!n) continue;
      const x = this.#x(bucket, now, width);
      const reach = (height / 2 - 6) * Math.min(1, 0.35 + Math.log2(n) / 8);
      context.moveTo(x, height / 2 - reach);
      context.lineTo(x, height / 2 + reach);
    }
    context.stroke();
  }
}

// Where a lateness stands on the plots, 0…1: at the left a zone for those who came
// within a millisecond of the first, then a logarithmic scale to ten seconds.
export const kLateMarks = [[0.25, 'tie'], [kTie, '1 ms'], [10, '10 ms'], [100, '100 ms'], [1000, '1 s'], [10000, '10 s']];
const kZone = 0.14;

export function latePlace(ms) {
  if (ms <= kTie) return 0.02 + (kZone - 0.03) * (Math.max(0, ms) / kTie);
  return kZone + (0.96 - kZone) * (Math.log10(Math.min(10000, ms) / kTie) / 4);
}

// The zone's end is a line, and nothing that ties is drawn on it.
export function markPlace(ms) {
  return ms === kTie ? kZone : latePlace(ms);
}

const kDots = 150;

// The latest arrivals of one transport as dots that fade with age.
export class Lane {
  #late = [];
  #jitter = [];
  dirty = true;

  add(late) {
    this.#late.push(late);
    // A fixed sequence, not chance: neighbours stand apart and redraws stand still.
    this.#jitter.push(((this.#jitter.length ? this.#jitter.at(-1) : 0) + 0.618034) % 1);
    if (this.#late.length > kDots) {
      this.#late.shift();
      this.#jitter.shift();
    }
    this.dirty = true;
  }

  draw(context, width, height, median, colours) {
    this.dirty = false;
    context.clearRect(0, 0, width, height);
    context.fillStyle = colours.grid;
    context.globalAlpha = 0.6;
    context.fillRect(0, 0, Math.round(kZone * width), height);
    context.globalAlpha = 1;
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    context.beginPath();
    for (const [ms] of kLateMarks) {
      if (ms < kTie) continue;
      const x = Math.round(markPlace(ms) * width) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, height);
    }
    context.stroke();
    context.fillStyle = colours.hue;
    const n = this.#late.length;
    for (let i = 0; i < n; i++) {
      context.globalAlpha = 0.12 + 0.58 * (1 - (n - 1 - i) / kDots) ** 2;
      context.beginPath();
      context.arc(latePlace(this.#late[i]) * width, height / 2 + (this.#jitter[i] - 0.5) * (height - 12), i === n - 1 ? 3.5 : 2.2, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    if (median !== null) {
      const x = latePlace(median) * width;
      context.fillRect(Math.round(x) - 1, 3, 2, height - 6);
    }
  }
}

// Asking a canvas for its size at every drawing would lay out the page anew.
const sizes = new WeakMap();
const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) sizes.set(target, contentRect);
});

// Fits a canvas to its box in device pixels; null while it is not shown.
export function surface(canvas) {
  if (!sizes.has(canvas)) {
    sizes.set(canvas, { width: canvas.clientWidth, height: canvas.clientHeight });
    observer.observe(canvas);
  }
  const { width, height } = sizes.get(canvas);
  if (!width || !height) return null;
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}
