// What publishers say of a message becomes fields of answers: nothing goes in that clients cannot
// read or that could end a field.
import {sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {get as nodeGet} from 'node:http';
import {pause, startHub, test, until} from './lib/hub.mjs';
import {mqttClient, startMosquittoHub, text} from './lib/mqtt.mjs';
import {ask, get, post, postEnvelopes, request} from './lib/raw_http.mjs';
import {closeCode, frame, upgrade} from './lib/raw_ws.mjs';

const kControls = [...Array(32).keys(), 127].map((code) => String.fromCharCode(code));
const kNames = ['content_type', 'event', 'id', 'origin_id'];

// That the channel can be read by clients that are strict: Node's own two, and ours by hand.
async function assertReadable(port, path, what) {
  for (const query of ['', '?since=', '?last=1']) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}${query}`).catch((fault) => fault);
    assert.ok(!(answer instanceof Error), `${what}: fetch cannot read ${path}${query}: ${answer.cause ?? answer}`);
    await answer.arrayBuffer();
  }
  await new Promise((resolve, reject) => {
    const asked = nodeGet({port, path, host: '127.0.0.1'}, (answer) => {
      for (const [name, value] of Object.entries(answer.headers))
        if (/[\x00-\x1f\x7f]/.test(String(value))) reject(new Error(`${what}: ${name}: ${JSON.stringify(value)}`));
      answer.resume();
      answer.on('end', resolve);
    });
    asked.on('error', (fault) => reject(new Error(`${what}: Node cannot read it: ${fault.message}`)));
  });
}

for (const name of kNames) {
  test(`controls in "${name}" of an envelope`, async () => {
    const hub = await startHub();
    for (const [i, control] of kControls.entries()) {
      const path = `/${name}${i}`;
      await postEnvelopes(hub.port, path, ['{"v":1,"data":"before"}']);
      const answer = await postEnvelopes(hub.port, path, [JSON.stringify({v: 1, data: 'x', [name]: `text/plain${control}x`})]);
      const what = `U+${control.charCodeAt(0).toString(16)} in ${name}: ${answer.status}`;
      if (name === 'content_type' || control !== '\t') assert.equal(answer.status, 400, what);
      await assertReadable(hub.port, path, what);
    }
  });
}

test('a list of relays with controls', async () => {
  const hub = await startHub();
  for (const bad of ['a\r\nX: y', 'a\x01', '\x1b[2J', 'a\0', '\x7f']) {
    const answer = await postEnvelopes(hub.port, '/via', [JSON.stringify({v: 1, data: 'x', via: ['good', bad]})]);
    assert.equal(answer.status, 400, JSON.stringify(bad));
  }
});

test('the same by rt.v1', async () => {
  const hub = await startHub();
  for (const [i, bad] of ['a\x01b', 'a\x1bb', 'a\x7fb', 'a\r\nb'].entries()) {
    for (const name of ['content_type', 'event', 'origin_id']) {
      const path = `/v1-${name}${i}`;
      const socket = await upgrade(hub.port, path, {subprotocol: 'rt.v1'});
      socket.write(frame(JSON.stringify({v: 1, data: 'x', [name]: bad})));
      assert.ok(await until(() => socket.over || socket.received > 0), `${name} ${JSON.stringify(bad)}: no answer`);
      assert.ok([1007, 1008].includes(closeCode(socket)), `${name} ${JSON.stringify(bad)}: ${closeCode(socket)}`);
      assert.equal((await get(hub.port, path)).status, 404, `${name} ${JSON.stringify(bad)} came in`);
      socket.destroy();
    }
  }
});

test('the same by MQTT: the channel can be read', async () => {
  const hub = await startMosquittoHub();
  const property = (id, value) => Buffer.concat([Buffer.from([id]), text(value)]);
  const all = ['a\x01b', 'a\x1bb', 'a\x7fb'].flatMap((bad, i) => [
    [`ct${i}`, {properties: property(3, bad)}], [`ev${i}`, {user: [['rt-event', bad]]}],
    [`via${i}`, {user: [['rt-via', bad], ['rt-origin-id', bad]]}]]);
  // A client for each: the broker may drop who sends such a thing, and that is well.
  await Promise.all(all.map(async ([topic, with_]) => {
    const client = await mqttClient(hub.mqttPort);
    client.publish(topic, 'x', {...with_, qos: 1});
    await client.settle();
  }));
  await pause(200);
  for (const [topic] of all) await assertReadable(hub.port, `/${topic}`, topic);
});

test('the same by header fields of a POST', async () => {
  const hub = await startHub();
  for (const name of ['Content-Type', 'RT-Event', 'RT-Origin-Id', 'RT-Via'])
    for (const bad of ['a\x01b', 'a\x1bb', 'a\x7fb', 'a\0b']) {
      const answer = await ask(hub.port, request('POST', '/f', {fields: {[name]: bad}, body: 'x'}));
      assert.equal(answer.status, 400, `${name} ${JSON.stringify(bad)}`);
    }
});

test('bytes that are not ASCII, and long ones, are readable', async () => {
  const hub = await startHub();
  for (const [i, value] of ['tëst', '\u2028', 'x'.repeat(7000), ' ', 'a b', '"', ';;;', '=', 'text/plain; charset="\\"'].entries()) {
    await postEnvelopes(hub.port, `/u${i}`, [JSON.stringify({v: 1, data: 'x', event: value, content_type: value})]);
    if ((await get(hub.port, `/u${i}`)).status === 200) await assertReadable(hub.port, `/u${i}`, JSON.stringify(value.slice(0, 20)));
  }
});
