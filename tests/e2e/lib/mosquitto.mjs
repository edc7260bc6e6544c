// A Mosquitto broker of the tests' own, loopback and anonymous.
import {pbkdf2Sync, randomBytes} from 'node:crypto';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {defer, eventually, start} from './harness.mjs';
import {freePort} from './net.mjs';

function executable() {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin',
                       '/opt/homebrew/sbin', '/usr/local/sbin'];
  const found = directories.map((directory) => join(directory, 'mosquitto')).find(existsSync);
  if (!found) throw new Error('no mosquitto: scripts/setup --test installs it');
  return found;
}

// Whether something takes connections there.
export function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({port, host: '127.0.0.1'});
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

// Starts it and waits until it takes connections. Gives the program with `port` and `at(topic)`;
// `more` is further lines of its configuration, `tls` files as makeCertificates() gives them, with
// `clients` such that only their certificate's owner may come in. With `directory` (see
// mosquittoDirectory) it keeps its state there, for the next one.
export async function startMosquitto({port, more = [], anonymous = true, tls, clients = false,
                                      directory, files = {}} = {}) {
  const keeps = directory !== undefined;
  directory ??= mosquittoDirectory();
  port ??= await freePort();
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text, {mode: 0o600});
  }
  const configuration = join(directory, 'mosquitto.conf');
  const lines = [`listener ${port} 127.0.0.1`, `allow_anonymous ${anonymous}`,
                 `persistence ${keeps}`, ...more.map((line) => line.replace('DIR', directory))];
  // By default it drops what is more than 1,000 for a client that is slow or away.
  if (!more.some((line) => line.startsWith('max_queued_messages'))) lines.push('max_queued_messages 0');
  if (keeps) lines.push(`persistence_location ${directory}/`);
  if (tls) lines.push(`cafile ${tls.ca}`, `certfile ${tls.certificate}`, `keyfile ${tls.key}`);
  if (clients) lines.push('require_certificate true');
  // As root it would become a user that cannot read the directory.
  if (process.getuid?.() === 0) lines.push('user root');
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  const broker = start(executable(), ['-c', configuration], {stdin: null});
  await eventually(() => {
    if (broker.ended) throw new Error(broker.detail());
    return answers(port);
  }, 'mosquitto to take connections');
  broker.port = port;
  broker.at = (topic, scheme = 'mqtt') => `${scheme}://127.0.0.1:${port}/${topic}`;
  return broker;
}

export function mosquittoDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'rt-mosquitto-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

// The line of a password file for this user.
export function passwordLine(user, password) {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512');
  return `${user}:$7$101$${salt.toString('base64')}$${hash.toString('base64')}\n`;
}
