// A secret goes where it was meant. A credential that several ends of a relay could take is refused
// until it is said whose it is; nothing of it reaches either end before that, and never the other.
import {sized} from './lib/size.mjs';
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {makeCertificates} from '../e2e/lib/tls.mjs';
import {defer, pause, start, test, until} from './lib/hub.mjs';
import {stranger} from './lib/strangers.mjs';

const kSecret = 'S3cret-of-alice';
const kUser = 'alice';
// As it may look on the wire: as it is, in Basic, in hexadecimal.
const kForms = [kSecret, Buffer.from(`${kUser}:${kSecret}`).toString('base64').replace(/=+$/, ''),
                Buffer.from(kSecret).toString('hex'), encodeURIComponent(kSecret)];

// How to say whose a credential is: a table of its own in the configuration file for the end whose
// URL it is, or the user in that URL; what `args` and `env` were takes their place.
export function boundTo(args, env, urls, owner) {
  const bound = [...urls];
  const [option, value] = args;
  const named = value?.startsWith(`${kUser}:`) ? kSecret : env.RT_PASSWORD;
  if (named !== undefined || option === '-u') {
    bound[owner] = urls[owner].replace('://', `://${kUser}@`);
    const rest = args.slice(2);
    return {args: [...rest, ...bound], env: named === undefined ? {} : {RT_PASSWORD: named}};
  }
  const key = env.RT_BEARER !== undefined ? 'bearer' : option === '-H' ? 'header' : option.slice(2);
  const said = JSON.stringify(env.RT_BEARER ?? value);
  const config = file(`bound-${key}-${boundTo.count = (boundTo.count ?? 0) + 1}.toml`,
                      `[endpoints.owner]\nurl = "${urls[owner]}"\n${key} = ${key === 'header' ? `[${said}]` : said}\n`);
  bound[owner] = '@owner';
  return {args: ['--config', config, ...bound], env: {}};
}

// A server that records all that it is told and answers each connection as if it were there.
async function recorder() {
  let heard = '';
  const server = await stranger((socket) => {
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      if (data[0] === 0x10) socket.write(Buffer.from([0x20, 3, 0, 0, 0]));  // CONNACK
      else if (/\r\n\r\n/.test(data.toString('latin1')))
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n');
    });
  });
  server.heard = () => heard;
  server.knows = () => kForms.find((form) => heard.includes(form));
  return server;
}

// The ends of a relay that speak to others, with the schemes to say them by.
const kEnds = {
  sse: (end, tls) => end.at(tls ? 'sse+https' : 'sse+http', '/e'),
  poll: (end, tls) => end.at(tls ? 'poll+https' : 'poll+http', '/e'),
  hook: (end, tls) => end.at(tls ? 'https' : 'http', '/e'),
  ws: (end, tls) => end.at(tls ? 'wss' : 'ws', '/e'),
  mqtt: (end, tls) => end.at(tls ? 'mqtts' : 'mqtt', '/e'),
};
const kSources = ['sse', 'poll', 'ws', 'mqtt'];
const kSinks = ['hook', 'ws', 'mqtt'];

const directory = mkdtempSync(join(tmpdir(), 'rt-hostile-secret-'));
defer(() => rmSync(directory, {recursive: true, force: true}));
const file = (name, text) => {
  writeFileSync(join(directory, name), text, {mode: 0o600});
  return join(directory, name);
};

// [what, arguments, environment, which ends could take it]
const kAll = ['sse', 'poll', 'hook', 'ws', 'mqtt'];
const kWeb = ['sse', 'poll', 'hook', 'ws'];
const kCredentials = [
  ['-u user:password', ['-u', `${kUser}:${kSecret}`], {}, kAll],
  ['-u user, RT_PASSWORD', ['-u', kUser], {RT_PASSWORD: kSecret}, kAll],
  ['RT_USER, RT_PASSWORD', [], {RT_USER: kUser, RT_PASSWORD: kSecret}, kAll],
  ['-u user --password-file', ['-u', kUser, '--password-file', file('password', `${kSecret}\n`)], {}, kAll],
  ['--bearer', ['--bearer', kSecret], {}, kWeb],
  ['RT_BEARER', [], {RT_BEARER: kSecret}, kWeb],
  ['--bearer-file', ['--bearer-file', file('token', `${kSecret}\n`)], {}, kWeb],
  ['-H Authorization', ['-H', `Authorization: Bearer ${kSecret}`], {}, kWeb],
  ['-H Cookie', ['-H', `Cookie: session=${kSecret}`], {}, kWeb],
  ['-H X-Api-Key', ['-H', `X-Api-Key: ${kSecret}`], {}, kWeb],
  ['-H Proxy-Authorization', ['-H', `Proxy-Authorization: Basic ${kSecret}`], {}, kWeb],
  ['-H anything', ['-H', `X-Anything: ${kSecret}`], {}, kWeb],
];

// Starts it: {code} when it has ended, or {heard} by which end first.
async function outcome(args, env, ends) {
  const relay = start('rtrelay', args, {stdin: null, env});
  await until(() => relay.ended || ends.some((end) => end.heard() !== ''), 4000);
  // The other end, too, when there is one.
  if (!relay.ended) await until(() => relay.ended || ends.every((end) => end.heard() !== ''), 600);
  const code = relay.ended?.code;
  if (!relay.ended) relay.kill('SIGKILL');
  await relay.exit;
  return {code, stderr: relay.stderr};
}

for (const [what, args, env, takers] of kCredentials) {
  test(`rtrelay ${what}: refused for two ends that could take it`, async () => {
    const rows = kSources.flatMap((from) => kSinks.map((to) => [from, to]))
        .filter(([from, to]) => takers.includes(from) && takers.includes(to));
    const faults = [];
    for (let i = 0; i < rows.length; i += 4)
      await Promise.all(rows.slice(i, i + 4).map(async ([from, to]) => {
        const [a, b] = [await recorder(), await recorder()];
        const {code, stderr} = await outcome([...args, kEnds[from](a), kEnds[to](b)], env, [a, b]);
        const both = [a, b].filter((end) => end.knows()).length;
        if (code !== 2) faults.push(`${from} -> ${to}: ${code === undefined ? 'it runs' : `exit ${code}`}, ${both} ends have the secret`);
        else if (both > 0) faults.push(`${from} -> ${to}: exit 2, but ${both} ends have the secret`);
        else if (stderr.includes(kSecret)) faults.push(`${from} -> ${to}: the message has the secret`);
        else if (!/whose|which end|one end|belongs|-u|--|RT_/.test(stderr)) faults.push(`${from} -> ${to}: no word of what to do: ${stderr}`);
      }));
    assert.deepEqual(faults, []);
  });
}

test('three ends, --both, --from: refused as well', async () => {
  for (const more of [['--both'], ['--from']]) {
    const [a, b, c] = [await recorder(), await recorder(), await recorder()];
    const ends = more[0] === '--from' ? ['--from', kEnds.ws(a), '--from', kEnds.mqtt(b), kEnds.hook(c)]
                                      : ['--both', kEnds.ws(a), kEnds.ws(b)];
    const {code} = await outcome(['-u', `${kUser}:${kSecret}`, ...ends], {}, more[0] === '--from' ? [a, b, c] : [a, b]);
    assert.equal(code, 2, `${more}: ${code}`);
    assert.deepEqual([a, b, c].filter((end) => end.knows()).length, 0);
  }
});

test('two ends at the same server are two ends, and may be named both', async () => {
  const a = await recorder();
  const {code} = await outcome(['-u', `${kUser}:${kSecret}`, kEnds.ws(a), kEnds.hook(a)], {}, [a]);
  // Either is well, as long as a third party hears nothing: there is none here.
  assert.ok(code === undefined || code === 2, `exit ${code}`);
});

test('--cert is for one end', async () => {
  const files = makeCertificates();
  for (const [from, to] of [['ws', 'hook'], ['sse', 'ws'], ['mqtt', 'mqtt'], ['mqtt', 'hook']]) {
    const [a, b] = [await recorder(), await recorder()];
    const {code, stderr} = await outcome(['--cert', files.client, '--key', files.clientKey, '--cacert', files.ca,
                                          kEnds[from](a, true), kEnds[to](b, true)], {}, [a, b]);
    assert.equal(code, 2, `${from} -> ${to}: ${code ?? 'it runs'} ${stderr}`);
  }
});

test('a will and its secrets are for one broker', async () => {
  const [a, b] = [await recorder(), await recorder()];
  const {code} = await outcome(['--will-topic', 'w', '--will-payload', kSecret, kEnds.mqtt(a), kEnds.mqtt(b)], {}, [a, b]);
  assert.equal(code, 2, `exit ${code}`);
  assert.equal([a, b].filter((end) => end.knows()).length, 0);
});

// --- said whose it is ------------------------------------------------------------------------
test('a credential in the URL of an end goes to that end alone', async () => {
  const withUser = (url) => url.replace('://', `://${kUser}:${kSecret}@`);
  const rows = kSources.flatMap((from) => kSinks.map((to) => [from, to]));
  const faults = [];
  for (let i = 0; i < rows.length; i += 4)
    await Promise.all(rows.slice(i, i + 4).flatMap(([from, to]) => [0, 1].map(async (owner) => {
      const ends = [await recorder(), await recorder()];
      const urls = [kEnds[from](ends[0]), kEnds[to](ends[1])];
      urls[owner] = withUser(urls[owner]);
      await outcome(urls, {}, ends);
      if (ends[1 - owner].knows()) faults.push(`${from} -> ${to}: of ${owner}, and the other has it`);
    })));
  assert.deepEqual(faults, []);
});

test('one end that could take it takes it', async () => {
  for (const [source, args, takes] of [['-', ['-u', `${kUser}:${kSecret}`], 'hook'], ['-', ['--bearer', kSecret], 'ws'],
                                       ['mqtt', ['--bearer', kSecret], 'ws'], ['mqtt', ['-H', `X-Key: ${kSecret}`], 'ws']]) {
    const [a, b] = [await recorder(), await recorder()];
    const urls = [source === '-' ? 'exec:echo line' : kEnds[source](a), kEnds[takes](b)];
    const relay = start('rtrelay', [...args, ...urls], {stdin: null});
    const told = await until(() => b.knows() || relay.ended, 4000);
    relay.kill('SIGKILL');
    await relay.exit;
    assert.ok(told && b.knows(), `${args[0]} to ${takes}: ${relay.stderr}`);
    assert.equal(a.knows(), undefined, `${args[0]} to ${takes}: the other end has it`);
  }
});

for (const [what, args, env, takers] of kCredentials) {
  test(`rtrelay ${what}, bound to one end: it alone has it`, async () => {
    for (const from of kSources.filter((end) => takers.includes(end)))
      for (const to of kSinks.filter((end) => takers.includes(end)))
        for (const owner of [0, 1]) {
          const ends = [await recorder(), await recorder()];
          const urls = [kEnds[from](ends[0]), kEnds[to](ends[1])];
          const bound = boundTo(args, env, urls, owner);
          const {stderr} = await outcome(bound.args, bound.env, ends);
          assert.equal(ends[1 - owner].knows(), undefined, `${from} -> ${to}`);
          // An end may not be reached when the other one fails, nor a sink without a message.
          if (!ends[owner].knows()) {
            const alone = owner === 0 ? [urls[0], '-'] : ['exec:echo line', urls[1]];
            const one = boundTo(args, env, alone, owner);
            await outcome(one.args, one.env, [ends[owner]]);
          }
          assert.ok(ends[owner].knows(), `${from} -> ${to}: its owner has not got it: ${stderr}`);
        }
  });
}

for (const [what, args, env, takers] of kCredentials.filter(([, options]) => options.length > 0)) {
  test(`rtrelay ${what} behind an end: it alone has it, whatever the other one is`, async () => {
    for (const from of kSources)
      for (const to of kSinks)
        for (const owner of [0, 1]) {
          if (!takers.includes([from, to][owner])) continue;
          const ends = [await recorder(), await recorder()];
          const urls = [kEnds[from](ends[0]), kEnds[to](ends[1])];
          const line = (both) => both.flatMap((url, i) => (i === owner ? [url, ...args] : [url]));
          const {stderr} = await outcome(line(urls), env, ends);
          assert.equal(ends[1 - owner].knows(), undefined, `${from} -> ${to}: ${stderr}`);
          // An end may not be reached when the other one fails, nor a sink without a message.
          if (!ends[owner].knows())
            await outcome(line(owner === 0 ? [urls[0], '-'] : ['exec:echo line', urls[1]]), env, [ends[owner]]);
          assert.ok(ends[owner].knows(), `${from} -> ${to}: its owner has not got it: ${stderr}`);
        }
  });
}

// --- other programs: what leads elsewhere takes no secret along ------------------------------
test('a redirect to another server takes no secret along', async () => {
  for (const [program, verb, args] of [
    ['rtsse', 'sub', ['-u', `${kUser}:${kSecret}`]], ['rtpoll', 'sub', ['-u', `${kUser}:${kSecret}`]],
    ['rtsse', 'sub', ['--bearer', kSecret]], ['rtpoll', 'sub', ['--bearer', kSecret]],
    ['rtsse', 'sub', ['-H', `Cookie: s=${kSecret}`]], ['rtpoll', 'sub', ['-H', `X-Api-Key: ${kSecret}`]],
    ['rtpoll', 'sub', ['-H', `X-Plain: ${kSecret}`]], ['rtsse', 'sub', ['-H', `DPoP: ${kSecret}`]],
    ['rtpoll', 'pub', ['--bearer', kSecret]], ['rtpoll', 'pub', ['-H', `X-Api-Key: ${kSecret}`]],
    ['rtsse', 'pub', ['-H', `X-Plain: ${kSecret}`]], ['rtrelay', 'exec:echo m', ['-H', `X-Plain: ${kSecret}`]],
    ['rtws', 'sub', ['-u', `${kUser}:${kSecret}`]], ['rtws', 'sub', ['-H', `X-Api-Key: ${kSecret}`]],
  ]) {
    for (const status of [302, 307, 308]) {
      const elsewhere = await recorder();
      const first = await stranger((socket) => socket.once('data', () => socket.end(
          `HTTP/1.1 ${status} Elsewhere\r\nLocation: ${elsewhere.at('http', '/stolen')}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)));
      const child = start(program, [verb, '--no-reconnect', ...args, first.at(program === 'rtws' ? 'ws' : 'http'), ...(verb === 'pub' ? ['m'] : [])], {stdin: null});
      await until(() => child.ended || elsewhere.heard() !== '', 4000);
      child.kill('SIGKILL');
      await child.exit;
      assert.equal(elsewhere.knows(), undefined, `${program} ${verb} ${args}, ${status}`);
      const follows = verb === 'sub' || status !== 302;
      assert.equal(elsewhere.heard() !== '', follows, `${program} ${verb} ${args}, ${status}`);
    }
  }
});

test('no secret in what -v and -vv tell', async () => {
  for (const [what, args, env] of kCredentials) {
    const end = await recorder();
    const relay = start('rtrelay', ['-vv', ...args, 'exec:echo line', kEnds.hook(end)], {stdin: null, env});
    await until(() => relay.ended || end.heard() !== '', 4000);
    await pause(50);
    relay.kill('SIGKILL');
    await relay.exit;
    for (const form of kForms) assert.ok(!relay.stderr.includes(form), `${what}: ${relay.stderr}`);
  }
});
