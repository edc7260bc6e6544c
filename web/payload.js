// Messages as the page keeps them, whatever transport brought them:
//   { id, event, time, text, size, binary, cut, key, numbers }
// `text` holds at most kKept characters, a copy, so that no large payload stays
// in memory behind it. Equal payloads have equal keys.

const kKept = 16384;
const kKeyed = 512;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8Length(text) {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) continue;
    if (c < 0x800) length += 1;
    else if (c >= 0xd800 && c < 0xdc00 && i + 1 < text.length) { length += 2; i++; }
    else length += 2;
  }
  return length;
}

// A slice keeps its whole source alive in JavaScript engines; this does not.
function copy(text) {
  return strict.decode(new TextEncoder().encode(text.toWellFormed ? text.toWellFormed() : text));
}

export function fromText(text, { id = '', event = '', time = null } = {}) {
  const cut = text.length > kKept;
  return {
    id, event, time,
    text: cut ? copy(text.slice(0, kKept)) : text,
    size: utf8Length(text),
    binary: false,
    cut,
    key: text.length <= kKeyed * 2 ? `t${text}` : `T${text.length}:${copy(text.slice(0, kKeyed) + text.slice(-kKeyed))}`,
    numbers: undefined,
  };
}

// JSON only where it is an object or an array: a bare word or number is a text.
export function contentType(text) {
  if (/^\s*[[{]/.test(text)) {
    try {
      JSON.parse(text);
      return 'application/json';
    } catch {
      // Not JSON after all.
    }
  }
  return 'text/plain; charset=utf-8';
}

// Whether the message is an object or an array of JSON, and all of it is here.
export function isJson(message) {
  if (message.json === undefined) {
    message.json = !message.binary && !message.cut && contentType(message.text) === 'application/json';
  }
  return message.json;
}

const kStep = '  ';

// A message that is JSON with a line for each member; null when it is not. Only the
// space between its tokens changes: numbers keep their digits, doubled names stay.
export function laidOut(message) {
  if (!isJson(message)) return null;
  let out = '';
  let depth = 0;
  const line = () => '\n' + kStep.repeat(depth);
  const tokens = message.text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g) ?? [];
  tokens.forEach((token, i) => {
    const empty = /^[\]}]$/.test(tokens[i + 1] ?? '');
    if (token === '{' || token === '[') {
      depth++;
      out += token + (empty ? '' : line());
    } else if (token === '}' || token === ']') {
      depth--;
      out += (/^[[{]$/.test(tokens[i - 1] ?? '') ? '' : line()) + token;
    } else if (token === ',') out += token + line();
    else out += token === ':' ? ': ' : token;
  });
  return out;
}

function hexDump(bytes) {
  const lines = [];
  const end = Math.min(bytes.length, 1024);
  for (let at = 0; at < end; at += 16) {
    const row = Array.from(bytes.subarray(at, Math.min(at + 16, end)));
    const hex = row.map((b) => b.toString(16).padStart(2, '0')).join(' ').padEnd(47);
    lines.push(`${hex}  ${row.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : '·')).join('')}`);
  }
  return lines.join('\n');
}

// Bytes that are UTF-8 are a text: the envelope does not tell them apart either.
export function fromBytes(bytes, facts = {}) {
  try {
    return fromText(strict.decode(bytes), facts);
  } catch {
    const { id = '', event = '', time = null } = facts;
    const ends = [bytes.subarray(0, kKeyed), bytes.subarray(-kKeyed)];
    return {
      id, event, time,
      text: hexDump(bytes),
      size: bytes.length,
      binary: true,
      cut: bytes.length > 1024,
      key: `b${bytes.length}:${ends.map((part) => Array.from(part, (b) => String.fromCharCode(b)).join('')).join('')}`,
      numbers: [],
    };
  }
}

export function fromEnvelope(envelope) {
  const facts = {
    id: typeof envelope.id === 'string' ? envelope.id : '',
    event: typeof envelope.event === 'string' ? envelope.event : '',
    time: Date.parse(envelope.time) || null,
  };
  if (typeof envelope.data_base64 === 'string') {
    return fromBytes(Uint8Array.from(atob(envelope.data_base64), (c) => c.charCodeAt(0)), facts);
  }
  return fromText(typeof envelope.data === 'string' ? envelope.data : '', facts);
}

// What an NDJSON body says, in order: { message } or { gap }. A line that is no
// envelope is passed over.
export function readEnvelopes(body) {
  const said = [];
  for (const line of body.split('\n')) {
    if (!line.trim()) continue;
    let value;
    try {
      value = JSON.parse(line);
      if (value.gap && typeof value.gap === 'object') said.push({ gap: value.gap });
      else said.push({ message: fromEnvelope(value) });
    } catch {
      continue;
    }
  }
  return said;
}

const kFields = 24;

function numbersIn(value, path, found, depth) {
  if (found.length >= kFields) return;
  if (typeof value === 'number') found.push([path || 'value', value]);
  else if (value && typeof value === 'object' && depth < 4) {
    for (const [name, inner] of Object.entries(value)) {
      numbersIn(inner, path ? `${path}.${name}` : name, found, depth + 1);
    }
  }
}

const named = /([A-Za-z_][\w.\-/]*)\s*[=:]\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])/g;
const loose = /(?:^|[\s,;([])([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?=$|[\s,;)\]%]|°)/;

// The numbers in a payload as [name, value], the likeliest first; worked out
// once a message.
export function numbers(message) {
  if (message.numbers) return message.numbers;
  const found = [];
  const text = message.text.trim();
  if (text && !message.cut) {
    const plain = Number(text);
    if (Number.isFinite(plain)) found.push(['value', plain]);
    else if (/^[[{]/.test(text)) {
      try {
        numbersIn(JSON.parse(text), '', found, 0);
      } catch {
        // Not JSON after all; the loop below reads it as text.
      }
    }
    if (!found.length && text.length <= 512) {
      for (const [, name, value] of text.matchAll(named)) {
        if (found.length < kFields) found.push([name, Number(value)]);
      }
      const first = found.length ? null : loose.exec(text);
      if (first) found.push(['value', Number(first[1])]);
    }
  }
  return (message.numbers = found.filter(([, value]) => Number.isFinite(value)));
}
