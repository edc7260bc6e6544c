// Channel names: percent-encoded as the hub lists them, decoded for people.

// What cannot stand in a URL's path as it is.
const encodable = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu;

// Whatever could hide, reorder or break a line of text is shown by its code.
const deceptive = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function visible(text) {
  return text.replace(deceptive, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

// The name as a person writes it; a malformed escape leaves it as it stands.
export function decoded(channel) {
  try {
    return decodeURIComponent(channel);
  } catch {
    return channel;
  }
}

export function shown(channel) {
  return visible(decoded(channel));
}

// A shown name, or its label, in two: all that comes before its last segment, and
// that. A name that ends in a slash is all last.
export function parts(name) {
  const last = name.lastIndexOf('/') + 1;
  return last === name.length ? ['', name] : [name.slice(0, last), name.slice(last)];
}

// Names as labels of at most `room` characters, by name. What is cut is cut in the
// middle, and in another place where labels would be the same.
export function labels(names, room) {
  const out = new Map();
  const same = new Map();
  for (const name of names) {
    const label = cut(name, room);
    out.set(name, label);
    if (!same.has(label)) same.set(label, []);
    same.get(label).push(name);
  }
  for (const alike of same.values()) {
    if (alike.length < 2) continue;
    alike.sort();
    alike.forEach((name, i) => {
      const differs = Math.max(...[alike[i - 1], alike[i + 1]].map((other) => (other === undefined ? 0 : common(name, other))));
      out.set(name, cutAround(name, room, differs));
    });
  }
  return out;
}

function common(a, b) {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

// The end says more than the beginning.
export function cut(name, room) {
  const letters = Array.from(name);
  if (letters.length <= room) return name;
  const head = Math.floor((room - 1) * 0.4);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (room - 1 - head)).join('')}`;
}

// Beginning, what stands at `place`, and the end.
function cutAround(name, room, place) {
  const letters = Array.from(name);
  const at = Array.from(name.slice(0, place)).length;
  const edge = Math.max(2, Math.floor((room - 2) / 5));
  const middle = Math.max(1, room - 2 - 2 * edge);
  const from = Math.max(edge, Math.min(at - Math.floor(middle / 3), letters.length - edge - middle));
  return `${letters.slice(0, edge).join('')}…${letters.slice(from, from + middle).join('')}…${letters.slice(letters.length - edge).join('')}`;
}

// `%` stays; half a surrogate pair becomes the replacement character.
function encoded(name) {
  return name.replace(encodable, (c) => (/^[\ud800-\udfff]$/.test(c) ? '%EF%BF%BD' : encodeURIComponent(c)));
}

// A channel out of what follows `#` in the address; null when it is none.
export function fromHash(hash) {
  const name = hash.replace(/^#/, '');
  return name.startsWith('/') ? encoded(name.replace(/%(?![0-9A-Fa-f]{2})/g, '%25')) : null;
}

// A channel out of what a person typed, which is never read as encoded.
export function fromTyped(text) {
  return encoded(text.trim().replace(/^\/?/, '/').replaceAll('%', '%25'));
}

// Why the hub would refuse a channel of this name; '' when it would not.
export function fault(channel) {
  const name = decoded(channel);
  const segments = name.split('/').slice(1);
  if (name.includes('\0')) return 'A name cannot hold NUL.';
  if (/[+#]/.test(name)) return 'A name cannot hold + or #: they are MQTT’s wildcards.';
  if (segments.some((s) => s === '.' || s === '..')) return 'A segment cannot be . or ..';
  if (segments[0] === '-') return 'Names under /-/ are the server’s own.';
  if (segments[0].startsWith('$')) return 'Names that begin with $ are the broker’s own.';
  return '';
}

function query(parameters) {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null);
  return pairs.length ? '?' + pairs.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&') : '';
}

// Where the hub is, a proxy's path included, without a slash at its end: this file is at /-/names.js there.
const base = new URL('../', import.meta.url).href.slice(0, -1);

// The same for people.
export const place = base.replace(/^https?:\/\//, '');

// The whole address always stands in front: a channel may begin with two slashes,
// which alone would name another host.
export function httpUrl(channel, parameters = {}) {
  return base + channel + query(parameters);
}

export function wsUrl(channel, parameters = {}) {
  return base.replace(/^http/, 'ws') + channel + query(parameters);
}

// One word for a POSIX shell, whatever the text holds.
export function shellWord(text) {
  return /^[A-Za-z0-9_./:@%,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
