// Proxies that others wrote: tinyproxy speaks HTTP and CONNECT, microsocks SOCKS 5.
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {defer, eventually, start} from './harness.mjs';
import {answers} from './mosquitto.mjs';
import {freePort} from './net.mjs';

function found(name) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return directories.map((directory) => join(directory, name)).find(existsSync);
}

const missing = ['tinyproxy', 'microsocks'].filter((name) => !found(name));
// For the `notHere` of a test.
export const kNoProxies =
    missing.length === 0 ? undefined : `no ${missing.join(', ')}: scripts/setup --test installs it`;

async function listens(proxy, port) {
  await eventually(() => {
    if (proxy.ended) throw new Error(proxy.detail());
    return answers(port);
  }, `${proxy.name} to take connections`);
  proxy.port = port;
  return proxy;
}

// Lets in who logs in as me with "s3cret"; `log()` is what it says of its requests.
export async function startTinyproxy(to) {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'rt-tinyproxy-'));
  defer(() => rmSync(directory, {recursive: true, force: true}));
  const file = join(directory, 'conf');
  writeFileSync(file, [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 600', 'MaxClients 50',
                       'LogLevel Connect', 'BasicAuth me s3cret',
                       ...to.map((one) => `ConnectPort ${one}`), ''].join('\n'));
  const proxy = await listens(start(found('tinyproxy'), ['-d', '-c', file], {stdin: null}), port);
  proxy.log = () => proxy.text() + proxy.stderr;
  return proxy;
}

export async function startMicrosocks() {
  const port = await freePort();
  const args = ['-i', '127.0.0.1', '-p', port, '-u', 'me', '-P', 's3cret'];
  const proxy = await listens(start(found('microsocks'), args, {stdin: null}), port);
  proxy.log = () => proxy.text() + proxy.stderr;
  return proxy;
}
