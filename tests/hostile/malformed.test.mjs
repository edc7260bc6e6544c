// Malformed requests: each is refused with its status and the connection closed, whole and cut at
// every byte, and nothing behind it is ever taken for a request of its own.
import {sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {defer, startHub, test} from './lib/hub.mjs';
import {kRefused, kTaken} from './lib/malformed_table.mjs';
import {Answers, get, open, opened} from './lib/raw_http.mjs';

// Sends the parts one after the other: {statuses, closed} of what comes.
async function converse(port, parts, {ms = 8000} = {}) {
  const socket = open(port);
  await opened(socket);
  const answers = new Answers();
  const statuses = [];
  let closed = false;
  let wake = () => {};
  const look = (ended) => {
    for (let answer; (answer = answers.next({ended})) !== undefined;) if (answer.status >= 200) statuses.push(answer.status);
    wake();
  };
  socket.on('data', (data) => {
    answers.add(data);
    look(false);
  });
  const over = () => {
    closed = true;
    look(true);
  };
  socket.on('end', over);
  socket.on('close', over);
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, () => resolve()));
    // The hub has read the part before the next one comes, nearly always.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const end = Date.now() + ms;
  return {
    // Until so many answers have come and, or, the end.
    async until(count, wantsEnd) {
      while ((statuses.length < count || (wantsEnd && !closed)) && Date.now() < end)
        await new Promise((resolve) => {
          wake = resolve;
          setTimeout(resolve, 50);
        });
      socket.destroy();
      return {statuses, closed};
    },
  };
}

// All of them, some at a time.
async function each(items, work, atOnce = 64) {
  const rest = [...items];
  await Promise.all(Array.from({length: atOnce}, async () => {
    for (let item; (item = rest.shift()) !== undefined;) await work(item);
  }));
}

// Where a request is cut: at every byte of a short one; of a long one around its line ends and,
// here and there, elsewhere.
function cuts(length, bytes) {
  if (length <= sized(260, 2000)) return Array.from({length: length - 1}, (_, i) => i + 1);
  const out = new Set();
  for (let at = bytes.indexOf('\n'); at >= 0 && out.size < 60; at = bytes.indexOf('\n', at + 1))
    for (const near of [at - 1, at, at + 1]) if (near > 0 && near < length) out.add(near);
  for (let at = 1; at < length; at += Math.ceil(length / 20)) out.add(at);
  return [...out];
}

async function refuse(port, row, parts) {
  const {statuses, closed} = await (await converse(port, parts)).until(1, true);
  const how = `${row.what}, in ${parts.length} parts of ${parts.map((part) => part.length).slice(0, 2)}`;
  assert.deepEqual(statuses, [row.status], `${how}: ${statuses}${closed ? '' : ' and open'}\n${JSON.stringify(row.bytes.slice(0, 300))}`);
  assert.ok(closed, `${how}: the connection stays open`);
}
async function nothingSmuggled(port) {
  assert.equal((await get(port, '/smuggled')).status, 404, 'a request was smuggled');
}
// A failure for each row, all of them told.
async function allRows(rows, work, atOnce) {
  const faults = [];
  await each(rows, async (row) => {
    try {
      await work(row);
    } catch (fault) {
      faults.push(fault.message.split('\n').slice(0, 2).join(' '));
    }
  }, atOnce);
  assert.equal(faults.length, 0, `${faults.length} of ${rows.length}:\n${[...new Set(faults)].slice(0, 40).join('\n')}`);
}

test(`${kRefused.length} malformed requests, whole`, async () => {
  const hub = await startHub();
  await allRows(kRefused, (row) => refuse(hub.port, row, [Buffer.from(row.bytes, 'latin1')]));
  await nothingSmuggled(hub.port);
});

test('cut at every byte', async () => {
  const hub = await startHub();
  const all = kRefused.flatMap((row) => {
    const bytes = Buffer.from(row.bytes, 'latin1');
    return cuts(bytes.length, bytes).map((at) => ({...row, parts: [bytes.subarray(0, at), bytes.subarray(at)]}));
  });
  await allRows(all, (row) => refuse(hub.port, row, row.parts), 200);
  await nothingSmuggled(hub.port);
}, {timeout: sized(90_000, 400_000)});

test('byte by byte', async () => {
  const hub = await startHub();
  const short = kRefused.filter((row) => row.bytes.length <= 400);
  await allRows(short, (row) => refuse(hub.port, row, Array.from(Buffer.from(row.bytes, 'latin1'), (byte) => Buffer.of(byte))), 300);
  await nothingSmuggled(hub.port);
});

test('behind a good request', async () => {
  const hub = await startHub();
  const good = Buffer.from('GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await allRows(kRefused.filter((row) => !/before it|byte order/.test(row.what)), async (row) => {
    const {statuses, closed} = await (await converse(hub.port, [Buffer.concat([good, Buffer.from(row.bytes, 'latin1')])])).until(2, true);
    assert.deepEqual(statuses, [200, row.status], `${row.what}: ${statuses}`);
    assert.ok(closed, `${row.what}: open`);
  });
  await nothingSmuggled(hub.port);
});

test('with nothing behind it that the hub waits for: a half-closed connection', async () => {
  const hub = await startHub();
  await allRows(kRefused, async (row) => {
    const socket = open(hub.port);
    await opened(socket);
    let text = '';
    const over = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.end(Buffer.from(row.bytes, 'latin1'));
    const late = setTimeout(() => socket.destroy(), 8000);
    await over;
    clearTimeout(late);
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${row.status} `), `${row.what}: ${JSON.stringify(text.slice(0, 60))}`);
  });
});

test(`${kTaken.length} requests that are not malformed`, async () => {
  const hub = await startHub();
  await allRows(kTaken, async (row) => {
    const bytes = Buffer.from(row.bytes, 'latin1');
    for (const at of [bytes.length, ...cuts(bytes.length, bytes).filter((cut) => cut % 7 === 0)]) {
      const parts = at === bytes.length ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];
      const {statuses} = await (await converse(hub.port, parts)).until(1, false);
      assert.deepEqual(statuses, [row.status], `${row.what} at ${at}: ${statuses}`);
    }
  });
});
