// The configuration file, named endpoints, profiles, --explain and --dry-run.
import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {publish, publishAll} from './lib/curl.mjs';
import {defer, run, serve, start, test} from './lib/harness.mjs';
import {passwordLine, startMosquitto} from './lib/mosquitto.mjs';
import {freePort} from './lib/net.mjs';

function directory() {
  const path = mkdtempSync(join(tmpdir(), 'rt-config-'));
  defer(() => rmSync(path, {recursive: true, force: true}));
  return path;
}

function configFile(text, {mode = 0o600} = {}) {
  const path = join(directory(), 'config.toml');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const using = (text) => ({env: {RT_CONFIG: configFile(text)}});

// The command that --dry-run proposes.
function proposed(result) {
  assert.equal(result.code, 0, result.stderr);
  const commands = result.lines.filter((line) => line.startsWith('  '));
  assert.ok(commands.length > 0, result.stdout);
  return commands.map((line) => line.slice(2)).join('\n');
}

const shell = (command, options = {}) => run('sh', ['-c', command], options);

test('@NAME stands for a URL in every program, with a path behind it', async () => {
  const hub = await serve('rtrelay', ['serve', '0']);
  const options = using(`[endpoints]\nhub = "${hub.url}"\nws = "${hub.at('', 'ws')}"\n`);
  assert.equal((await run('rtpoll', ['pub', '@hub/x', 'one'], options)).code, 0);
  assert.equal((await run('rtws', ['pub', '@ws/x', 'two'], options)).code, 0);
  const read = ['--last', '2', '-n', '2', '--timeout', '20s'];
  for (const program of ['rtpoll', 'rtsse', 'rtws']) {
    const args = ['sub', '@hub/x', ...read, ...(program === 'rtws' ? ['--hub'] : [])];
    const {code, stdout} = await run(program, args, options);
    assert.equal(code, 0, program);
    assert.equal(stdout, 'one\ntwo\n', program);
  }
  const relay = await run('rtrelay', ['sse+@hub/x', '-', ...read], options);
  assert.equal(relay.code, 0, relay.stderr);
  assert.equal(relay.stdout, 'one\ntwo\n');
  const unknown = await run('rtsse', ['sub', '@hbu/x'], options);
  assert.equal(unknown.code, 2);
  assert.equal(unknown.stderr,
               'rtsse: unknown endpoint @hbu: did you mean @hub? (rtsse sub --help)\n');
});

test('the file is where XDG or HOME says, where --config says, or nowhere', async () => {
  const home = directory();
  const text = '[defaults]\ntimeout = "7s"\n';
  for (const place of ['.config/rtwire', 'xdg/rtwire']) {
    mkdirSync(join(home, place), {recursive: true});
    writeFileSync(join(home, place, 'config.toml'), text);
  }
  const explain = async (args, env) => {
    const {code, lines, stderr} = await run('rtws', ['sub', '--explain', ...args],
                                            {env: {RT_CONFIG: undefined, ...env}});
    assert.equal(code, 0, stderr);
    return lines.find((line) => line.startsWith('--timeout ')).split(/ {2,}/).pop();
  };
  const usual = {HOME: home, XDG_CONFIG_HOME: undefined};
  assert.equal(await explain([], usual), `${home}/.config/rtwire/config.toml:2 [defaults]`);
  assert.equal(await explain([], {...usual, XDG_CONFIG_HOME: join(home, 'xdg')}),
               `${home}/xdg/rtwire/config.toml:2 [defaults]`);
  assert.equal(await explain([], {...usual, XDG_CONFIG_HOME: 'relative'}),
               `${home}/.config/rtwire/config.toml:2 [defaults]`);
  assert.equal(await explain([], {HOME: '/nowhere', XDG_CONFIG_HOME: undefined}), 'default');
  assert.equal(await explain([], {HOME: undefined, XDG_CONFIG_HOME: undefined}), 'default');
  assert.equal(await explain(['--config', ''], usual), 'default');
  assert.equal(await explain([], {...usual, RT_CONFIG: ''}), 'default');
  const own = configFile('\n\n[rtws]\ntimeout = 1\n');
  assert.equal(await explain(['--config', own], usual), `${own}:4 [rtws]`);
  assert.equal(await explain([], {...usual, RT_CONFIG: own}), `${own}:4 [rtws]`);
});

test('a usual file that is there and cannot be read is not passed over in silence', async () => {
  const home = directory();
  mkdirSync(join(home, 'rtwire'));
  const path = join(home, 'rtwire/config.toml');
  const explain = async (env) => {
    const found = await run('rtws', ['sub', '--dry-run', ':1/x'], {env: {RT_CONFIG: undefined, ...env}});
    return [found.code, found.stderr];
  };
  const env = {XDG_CONFIG_HOME: home};
  assert.deepEqual(await explain(env), [0, '']);
  symlinkSync('config.toml', path);
  assert.deepEqual(await explain(env), [
    2, `rtws: configuration file ${path}: Too many levels of symbolic links\n`]);
  rmSync(path);
  symlinkSync('gone.toml', path);
  assert.deepEqual(await explain(env), [
    2, `rtws: configuration file ${path}: No such file or directory\n`]);
  rmSync(path);
  const none = join(home, 'rtwire/none');
  writeFileSync(none, '');
  const behind = `${none}/rtwire/config.toml`;
  assert.deepEqual(await explain({XDG_CONFIG_HOME: none}), [
    0, `rtws: configuration file ${behind}: Not a directory; going on without it\n`]);
  assert.deepEqual(await explain({HOME: '/dev/null', XDG_CONFIG_HOME: undefined}), [0, '']);
  const quiet = await run('rtws', ['sub', '--dry-run', '-q', ':1/x'],
                          {env: {RT_CONFIG: undefined, XDG_CONFIG_HOME: none}});
  assert.deepEqual([quiet.code, quiet.stderr], [0, '']);
});

test('a file that cannot be used is one line and 2', async () => {
  const where = directory();
  const refused = async (path) => {
    const {code, stdout, stderr} = await run('rtpoll', ['sub', ':1', '--config', path]);
    assert.equal(code, 2, path);
    assert.equal(stdout, '');
    assert.equal(stderr.split('\n').length, 2, stderr);
    return stderr.slice('rtpoll: '.length, -1);
  };
  const none = join(where, 'none.toml');
  assert.equal(await refused(none), `configuration file ${none}: No such file or directory`);
  assert.equal(await refused(where), `configuration file ${where}: Is a directory`);
  const long = join(where, 'long.toml');
  writeFileSync(long, '#'.repeat((1 << 20) + 1));
  assert.equal(await refused(long), `configuration file ${long}: longer than 1MiB`);
  const wrong = configFile('[rtpoll]\ninterval = "5s\n');
  assert.match(await refused(wrong), new RegExp(`^${wrong}:2:\\d+: `));
  const misspelt = configFile('[rtpoll]\nintervall = "5s"\n');
  const deep = configFile(`a${'.a'.repeat(50_000)} = 1\n`);
  assert.match(await refused(deep), /:1:\d+: a key of so many parts is none of an option$/);
  assert.equal(await refused(misspelt),
               `${misspelt}:2:1: [rtpoll] unknown key intervall: did you mean interval?`);
  // Help does not need it.
  assert.equal((await run('rtpoll', ['--help', '--config', none])).code, 0);
});

test('a secret that others can read is told, unless quiet', async () => {
  const text = '[endpoints]\nx = {url = "ws://127.0.0.1:1", user = "me", password = "s3cret"}\n';
  const warned = async (mode, more = []) => {
    const path = configFile(text, {mode});
    const {stderr} = await run('rtws', ['sub', ':1', '--dry-run', '--config', path, ...more]);
    assert.doesNotMatch(stderr, /s3cret/);
    return stderr.includes(`${path}:2: holds a secret and can be read by others: chmod 600`);
  };
  assert.equal(await warned(0o644), true);
  assert.equal(await warned(0o640), true);
  assert.equal(await warned(0o600), false);
  assert.equal(await warned(0o644, ['-q']), false);
});

test('a relay reaches each endpoint with its own credentials', async () => {
  const broker = (user, password) => startMosquitto({
    anonymous: false,
    more: ['password_file DIR/passwords'],
    files: {passwords: passwordLine(user, password)},
  });
  const first = await broker('alice', 'of-alice');
  const second = await broker('bob', 'of-bob');
  const secret = join(directory(), 'secret');
  writeFileSync(secret, 'of-bob\n');
  const options = using(`
[endpoints.first]
url = "mqtt://127.0.0.1:${first.port}"
user = "alice"
password = "of-alice"
[endpoints.second]
url = "mqtt://127.0.0.1:${second.port}"
user = "bob"
password-file = "${secret}"
`);
  const reader = start('rtmqtt', ['sub', '@second/out', '-n', '1', '-v', '--timeout', '20s'], options);
  const relay = start('rtrelay', ['@first/in', '@second/out', '-v'], options);
  const writer = ['pub', '@first/in', '--retain', '--qos', '1', 'hello'];
  assert.equal((await run('rtmqtt', writer, options)).code, 0);
  await reader.waitForLines(1);
  assert.deepEqual(reader.lines(), ['hello']);
  relay.kill();
  await relay.waitExit();
  assert.doesNotMatch(relay.stderr + reader.stderr, /of-(alice|bob)/);
  // Who is not bob gets nothing of bob's.
  const other = await run('rtmqtt', ['sub', '@second/out', '-u', 'alice', '-n', '1'],
                          {env: {...options.env, RT_PASSWORD: 'of-alice'}});
  assert.equal(other.code, 5);
});

test('--explain connects to nobody and shows no secret', async () => {
  const {code, stdout, stderr, lines} = await run(
      'rtsse', ['sub', 'http://me:s3cret@127.0.0.1:1/x', '--explain', '--bearer-file', '/none'],
      {env: {RT_COUNT: '3', RT_PASSWORD: 's3cret'}});
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /s3cret/);
  assert.match(lines[0], /^OPTION +VALUE +VARIABLE +FROM$/);
  assert.match(stdout, /^URL +http:\/\/127\.0\.0\.1:1\/x +- +command line$/m);
  assert.match(stdout, /^--count +3 +RT_COUNT +RT_COUNT$/m);
  const columns = new Set(lines.map((line) => line.indexOf('RT_') < 0 ? -1 : line.search(/RT_[A-Z]/)));
  columns.delete(-1);
  assert.equal(columns.size, 1, 'the variables stand in one column');
});

test('--dry-run connects to nobody, reads no stdin and creates no file', async () => {
  let connections = 0;
  const server = createServer().on('connection', () => { connections += 1; });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => server.close());
  const {port} = server.address();
  const output = join(directory(), 'out');
  const cases = [
    ['rtws', 'sub', `127.0.0.1:${port}/x`, '-o', output],
    ['rtsse', 'pipe', `127.0.0.1:${port}/x`, '-o', output],
    ['rtpoll', 'pub', `127.0.0.1:${port}/x`],
    ['rtmqtt', 'sub', `127.0.0.1:${port}/x`, '-o', output, '--stats-json', output],
    ['rtmqtt', 'serve', `${port}`],
    ['rtws', 'serve', `${port}/x`, '-o', output],
    ['rtrelay', `ws://127.0.0.1:${port}/x`, `file:${output}`],
    ['rtrelay', 'serve', `${port}`, '--bus', `mqtt://127.0.0.1:${port}`],
  ];
  for (const [program, ...args] of cases) {
    // stdin stays open: reading it would never end.
    const program_ = start(program, [...args, '--dry-run']);
    const {code} = await program_.waitExit();
    assert.equal(code, 0, program_.detail());
    assert.notEqual(program_.text(), '');
    assert.equal(program_.stderr, '');
  }
  assert.equal(connections, 0);
  assert.equal(existsSync(output), false);
});

test('--dry-run ends as a run would that does not get as far as connecting', async () => {
  const where = directory();
  const junk = join(where, 'junk.pem');
  writeFileSync(junk, 'junk');
  const cases = [
    ['rtws', 'sub', 'wsz://h'],
    ['rtsse', 'sub', ':99999'],
    ['rtws', 'sub', 'wss://127.0.0.1:1', '--cacert', junk],
    ['rtws', 'sub', 'ws://127.0.0.1:1', '--password-file', join(where, 'none')],
    ['rtws', 'pub', 'ws://127.0.0.1:1', '-d', `@${join(where, 'none')}`],
    ['rtws', 'sub', 'ws://127.0.0.1:1', '-o', join(where, 'none', 'x')],
    ['rtws', 'sub', 'ws://127.0.0.1:1', '-o', where],
    ['rtmqtt', 'pub', 'mqtt://127.0.0.1:1', 'x'],
    ['rtrelay', 'ws://127.0.0.1:1', 'http://h', '--map', 's#('],
    ['rtws', 'serve', 'wss://127.0.0.1:0'],
  ];
  for (const [program, ...args] of cases) {
    const real = await run(program, args);
    const dry = await run(program, [...args, '--dry-run']);
    assert.notEqual(real.code, 0, args.join(' '));
    assert.equal(dry.code, real.code, args.join(' '));
    assert.equal(dry.stderr, real.stderr);
    assert.equal(dry.stdout, '');
  }
});

test('the curl commands of --dry-run do the same at a hub', async () => {
  const hub = await serve('rtrelay', ['serve', '0']);
  await publishAll(hub.at('/x'), ['one', 'two', 'it\'s "three"']);
  const same = async (program, args, stdin) => {
    const real = await run(program, args);
    const command = proposed(await run(program, [...args, '--dry-run']));
    const other = await shell(command, {input: stdin});
    assert.equal(other.stdout, real.stdout, command);
    return command;
  };
  // An event stream has no end of its own, and curl says 28 when its time is up.
  assert.match(await same('rtsse', ['sub', hub.at('/x'), '--last', '3', '--timeout', '2s']),
               /^curl .*text\/event-stream/);
  await same('rtpoll', ['sub', hub.at('/x'), '-n', '1']);

  const posts = proposed(await run('rtpoll', ['pub', hub.at('/y'), '@a', '$(id)', '--dry-run']));
  assert.equal((await shell(posts)).code, 0);
  const lines = proposed(await run('rtsse', ['pub', hub.at('/y'), '--dry-run']));
  assert.equal((await shell(lines, {input: 'l 1\nl\\2'})).code, 0);
  const read = await run('rtpoll', ['sub', hub.at('/y'), '--last', '4', '-n', '4', '-J']);
  const messages = read.lines.map((line) => JSON.parse(line));
  assert.deepEqual(messages.map((message) => message.data), ['@a', '$(id)', 'l 1', 'l\\2']);
  assert.equal(messages[0].content_type, 'text/plain; charset=utf-8');
});

test('the curl commands of --dry-run authenticate, without a secret in them', async () => {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push([request.headers.authorization, request.headers['x-api-key'], request.url]);
    response.end('ok');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}/x?token=s3cret&a=1`;
  const secret = join(directory(), 'pass word');
  writeFileSync(secret, 's3cret\nmore\n');
  const env = {RT_PASSWORD: 's3cret', RT_BEARER: '', X_API_KEY: 's3cret', TOKEN: 's3cret'};
  const basic = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
  const cases = [
    [['-u', 'me'], env, basic],
    [['-u', 'me', '--password-file', secret], {...env, RT_PASSWORD: ''}, basic],
    [[], {...env, RT_BEARER: 's3cret'}, 'Bearer s3cret'],
    [['--bearer-file', secret], env, 'Bearer s3cret'],
  ];
  for (const [more, variables, expected] of cases) {
    const args = ['sub', url, '-n', '1', '-H', 'X-Api-Key: s3cret', ...more, '--dry-run'];
    const dry = await run('rtpoll', args, {env: variables});
    assert.doesNotMatch(dry.stdout, /s3cret/);
    const {code, stdout, stderr} = await shell(proposed(dry), {env: variables});
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'ok\n');
    assert.deepEqual(seen.pop(), [expected, 's3cret', '/x?token=s3cret&a=1']);
  }
});

test('the mosquitto commands of --dry-run do the same at a broker', async () => {
  const broker = await startMosquitto({
    anonymous: false,
    more: ['password_file DIR/passwords'],
    files: {passwords: passwordLine('me', 's3cret')},
  });
  const options = {env: {RT_USER: 'me', RT_PASSWORD: 's3cret'}};
  const dry = async (args) => {
    const result = await run('rtmqtt', [...args, '--dry-run'], options);
    assert.doesNotMatch(result.stdout, /s3cret/);
    return proposed(result);
  };
  const pub = await dry(['pub', broker.at('a/1'), '--retain', '--qos', '1', 'it\'s $HOME']);
  assert.match(pub, /^mosquitto_pub /);
  assert.equal((await shell(pub, options)).code, 0);
  const stdin = await dry(['pub', broker.at('a/2'), '--retain', '--qos', '1']);
  assert.equal((await shell(stdin, {...options, input: 'two\n'})).code, 0);
  const args = ['sub', broker.at('a/#'), '--exclude', 'a/9', '-n', '2', '--qos', '1', '--timeout', '20s'];
  const real = await run('rtmqtt', args, options);
  assert.equal(real.code, 0, real.stderr);
  const other = await shell(await dry(args), options);
  assert.deepEqual(other.lines.sort(), real.lines.sort());
  assert.deepEqual(real.lines, ['it\'s $HOME', 'two']);
});

test('a profile goes before the rest of the file, and RT_PROFILE chooses one', async () => {
  const hub = await serve('rtrelay', ['serve', '0']);
  await publish(hub.at('/x'), 'here');
  const gone = await freePort();
  const options = using(`
[endpoints]
hub = "http://127.0.0.1:${gone}"
[profiles.test.endpoints]
hub = "${hub.url}"
[profiles.test.rtsse.sub]
last = 1
count = 1
timeout = "20s"
`);
  const found = await run('rtsse', ['sub', '@hub/x', '--profile', 'test'], options);
  assert.equal(found.stdout, 'here\n', found.stderr);
  const chosen = await run('rtsse', ['sub', '@hub/x'], {env: {...options.env, RT_PROFILE: 'test'}});
  assert.equal(chosen.stdout, 'here\n');
  assert.equal((await run('rtsse', ['sub', '@hub/x'], options)).code, 3);
  const wrong = await run('rtsse', ['sub', '@hub/x', '--profile', 'tset'], options);
  assert.equal(wrong.stderr, 'rtsse: unknown profile tset: did you mean test?\n');
});

test('a file that cannot be read is told with the place that named it', async () => {
  const none = join(directory(), 'none');
  const config = configFile(`[endpoints.broker]\nurl = "mqtts://me@127.0.0.1:1/x"\n` +
                            `password-file = "${none}"\n[rtws]\ncacert = "${none}"\n`);
  const why = `${none}: cannot read: No such file or directory\n`;
  for (const [line, env, place] of [
    [['rtmqtt', 'sub', '@broker'], {}, `${config}:3 [endpoints.broker] password-file `],
    [['rtrelay', '@broker', '-'], {}, `${config}:3 [endpoints.broker] password-file `],
    [['rtws', 'sub', 'wss://127.0.0.1:1'], {}, `${config}:5 [rtws] cacert `],
    [['rtws', 'sub', 'wss://127.0.0.1:1'], {RT_CACERT: none}, 'RT_CACERT='],
    [['rtws', 'sub', 'wss://127.0.0.1:1', '--cacert', none], {}, '--cacert '],
  ]) {
    const [program, ...args] = line;
    const {code, stderr} = await run(program, args, {env: {RT_CONFIG: config, ...env}});
    assert.equal(stderr, `${program}: ${place}${why}`);
    assert.equal(code, 2);
  }
});
