// RabbitMQ with its MQTT plugin as a second broker: a node of its own in a directory of its own,
// with a port mapper (epmd) of its own, that leaves nothing behind. It speaks MQTT 3.1.1 and, from
// 3.13 on, MQTT 5.
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {defer, eventually, kDeadline, start, within} from './harness.mjs';
import {answers} from './mosquitto.mjs';
import {freePort} from './net.mjs';

// Debian's /usr/sbin/rabbitmq-server changes the user and the home; the script behind it does not.
function executable() {
  const inPath = (process.env.PATH ?? '')
                     .split(delimiter)
                     .filter((one) => one !== '/usr/sbin' && one !== '/sbin');
  return [
    '/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin', '/usr/local/opt/rabbitmq/sbin',
    ...inPath
  ].map((directory) => join(directory, 'rabbitmq-server'))
      .find(existsSync);
}

export const hasRabbit = executable() !== undefined;

function epmdExecutable() {
  const inPath = (process.env.PATH ?? '').split(delimiter);
  const found = [...inPath, '/usr/bin', '/opt/homebrew/opt/erlang/bin', '/usr/local/opt/erlang/bin']
                    .map((directory) => join(directory, 'epmd'))
                    .find(existsSync);
  if (!found) throw new Error('no epmd beside rabbitmq-server');
  return found;
}

// Starts it and waits until its port answers: that of MQTT, with `web` that of MQTT over WebSocket
// (whose path is /ws), with `stomp` that of STOMP over WebSocket. Gives the program with `port`, `at(topic)`, and the user `guest` with the password
// `guest`; whoever names no user is let in as well.
export async function startRabbit({stomp = false, web = false} = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'rt-rabbitmq-'));
  defer(() => rmSync(directory, {recursive: true, force: true, maxRetries: 5}));
  const path = (name) => join(directory, name);
  mkdirSync(path('home'));
  const port = await freePort();
  const mapper = await freePort();
  const distribution = await freePort();
  writeFileSync(path('enabled_plugins'), stomp ? '[rabbitmq_web_stomp].\n' : web ? '[rabbitmq_web_mqtt].\n' : '[rabbitmq_mqtt].\n');
  writeFileSync(path('rabbitmq.conf'), [
    'listeners.tcp = none',
    ...(stomp ? ['stomp.listeners.tcp = none', 'web_stomp.tcp.ip = 127.0.0.1',
                 `web_stomp.tcp.port = ${port}`, 'stomp.default_user = guest',
                 'stomp.default_pass = guest'] :
     web ? ['mqtt.listeners.tcp = none', 'mqtt.allow_anonymous = true', 'web_mqtt.tcp.ip = 127.0.0.1',
            `web_mqtt.tcp.port = ${port}`] :
                [`mqtt.listeners.tcp.1 = 127.0.0.1:${port}`, 'mqtt.allow_anonymous = true']),
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    '',
  ].join('\n'));

  // Started here, in the foreground, so that the node finds it and starts none that would stay.
  const epmd = start(epmdExecutable(), ['-port', mapper, '-address', '127.0.0.1'], {stdin: null});
  await eventually(() => {
    if (epmd.ended) throw new Error(epmd.detail());
    return answers(mapper);
  }, 'epmd');

  const broker = start(executable(), [], {
    stdin: null,
    env: {
      HOME: path('home'),
      ERL_EPMD_PORT: String(mapper),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `rt${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: path('data'),
      RABBITMQ_LOG_BASE: path('log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: path('enabled_plugins'),
      RABBITMQ_CONFIG_FILE: path('rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: path('none.config'),
      RABBITMQ_CONF_ENV_FILE: path('none.conf'),
      RABBITMQ_GENERATED_CONFIG_DIR: path('generated'),
      RABBITMQ_PID_FILE: path('pid'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
          '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none',
    },
  });
  // It takes long where the machine is busy.
  let late = false;
  const up = async () => {
    while (!late && !broker.ended && !await answers(port)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (broker.ended) throw new Error(broker.detail());
  };
  try {
    await within(
        up(), 'RabbitMQ to take connections',
        {ms: 4 * kDeadline, detail: () => broker.detail()});
  } finally {
    late = true;
  }
  broker.port = port;
  if (stomp) broker.url = `ws://127.0.0.1:${port}/ws`;
  broker.at = (topic, user = '') => `mqtt://${user && `${user}@`}127.0.0.1:${port}/${topic}`;
  return broker;
}
