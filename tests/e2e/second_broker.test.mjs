// rtmqtt against a broker that is not Mosquitto: RabbitMQ with its MQTT plugin, which before 3.13
// speaks 3.1.1 alone.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {run, start, test} from './lib/harness.mjs';
import {hasRabbit, startRabbit} from './lib/rabbitmq.mjs';

// Of a subscription that stands: the retained message has come.
async function subscriber(broker, topic, args = []) {
  const ready = await run('rtmqtt', ['pub', broker.at(topic), '--retain', '--qos', 1, 'ready']);
  assert.equal(ready.code, 0, ready.stderr);
  const sub = start('rtmqtt', ['sub', broker.at(topic), ...args], {stdin: null});
  await sub.waitForLine(/ready/);
  return sub;
}

if (!hasRabbit) {
  test('a second broker', () => {},
       {notHere: 'no rabbitmq-server: scripts/setup --test installs it'});
} else {
  let broker;
  before(async () => {
    broker = await startRabbit();
  });

  for (const qos of [0, 1]) {
    test(`lines arrive whole and in order at QoS ${qos}`, async () => {
      const lines = Array.from({length: 200}, (_, i) => `line ${i} größe`);
      const topic = `second/qos${qos}`;
      const sub = await subscriber(broker, topic, ['--qos', qos, '-n', lines.length + 1]);
      const pub = await run(
          'rtmqtt', ['pub', broker.at(topic), '--qos', qos], {input: `${lines.join('\n')}\n`});
      assert.equal(pub.code, 0, pub.stderr);
      assert.equal((await sub.waitExit()).code, 0, sub.detail());
      assert.deepEqual(sub.lines().slice(1), lines);
    });
  }

  for (const protocol of [[], ['--protocol', '3.1.1']]) {
    test(
        `the envelope tells topic, QoS and retain (${
            protocol.at(-1) ?? 'whatever the broker speaks'})`,
        async () => {
          const topic = `second/envelope${protocol.length}/größe`;
          const sub =
              await subscriber(broker, encodeURI(topic), ['-J', '--qos', 1, '-n', 2, ...protocol]);
          const pub = await run(
              'rtmqtt', ['pub', broker.at(encodeURI(topic)), '--qos', 1, ...protocol, 'x y']);
          assert.equal(pub.code, 0, pub.stderr);
          assert.equal((await sub.waitExit()).code, 0, sub.detail());
          const [kept, fresh] = sub.lines().map((line) => JSON.parse(line));
          assert.deepEqual(
              [kept.data, kept.retain, kept.channel], ['ready', true, `/${encodeURI(topic)}`]);
          assert.deepEqual(
              [fresh.data, fresh.proto, fresh.qos, fresh.retain ?? false],
              ['x y', 'mqtt', 1, false]);
        });
  }

  test('a wildcard beside a topic, and one connection both ways', async () => {
    // RabbitMQ keeps nothing back for a wildcard: the topic beside it tells that both stand.
    const all = await subscriber(broker, 'second/ready', ['--topic', 'second/wild/#', '-n', 2]);
    await run('rtmqtt', ['pub', broker.at('second/wild/one'), '--retain', 'kept']);
    const pipe = start('rtmqtt', ['pipe', broker.at('second/wild/one')]);
    await pipe.waitForLine(/^kept$/);
    pipe.write('through the pipe\n');
    await pipe.waitForLine(/^through the pipe$/);
    assert.equal((await all.waitExit()).code, 0);
    assert.deepEqual(all.lines(), ['ready', 'kept']);
  });

  for (const verb of ['pub', 'sub']) {
    test(
        `${verb} with a wrong password ends with 5, retries or not; with the right one it goes on`,
        async () => {
          const args = verb === 'pub' ? ['x'] : ['-n', 1];
          for (const more of [[], ['--retry']]) {
            const refused = await run(
                'rtmqtt', [verb, broker.at('second/secret', 'guest'), ...args, ...more],
                {env: {RT_PASSWORD: 'wrong'}});
            assert.equal(refused.code, 5, refused.stderr);
            assert.doesNotMatch(refused.stderr, /wrong/);
          }
          await run('rtmqtt', ['pub', broker.at('second/secret'), '--retain', 'kept']);
          const let_in = await run(
              'rtmqtt', [verb, broker.at('second/secret', 'guest'), ...args],
              {env: {RT_PASSWORD: 'guest'}});
          assert.equal(let_in.code, 0, let_in.stderr);
        });
  }
}
