// The man pages and completions in the repository are what the programs print, readers of man pages
// have nothing to say about them, and an installation puts them where the shells look.
import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {defer, kBin, kRoot, run, test} from './lib/harness.mjs';

const kPrograms = ['rtpoll', 'rtsse', 'rtws', 'rtmqtt', 'rtrelay'];

const fileOf = {
  man: (program) => `man/${program}.1`,
  bash: (program) => `completions/bash/${program}`,
  zsh: (program) => `completions/zsh/_${program}`,
  fish: (program) => `completions/fish/${program}.fish`,
};
const placeOf = {
  man: (program) => `share/man/man1/${program}.1`,
  bash: (program) => `share/bash-completion/completions/${program}`,
  zsh: (program) => `share/zsh/site-functions/_${program}`,
  fish: (program) => `share/fish/vendor_completions.d/${program}.fish`,
};

function directory() {
  const path = mkdtempSync(join(tmpdir(), 'rtwire-generated.'));
  defer(() => rmSync(path, {recursive: true}));
  return path;
}

for (const program of kPrograms) {
  test(`${program}: the committed files are what --generate prints`, async () => {
    for (const [format, name] of Object.entries(fileOf)) {
      const {code, stdout, stderr} = await run(program, ['--generate', format]);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, '');
      assert.ok(stdout === readFileSync(join(kRoot, name(program)), 'utf8'),
                `${name(program)} is not up to date: cmake --build build/debug --target generate`);
    }
  });

  test(`${program}: what surrounds it does not change what --generate prints`, async () => {
    const expected = await run(program, ['--generate', 'man']);
    const env = {COLUMNS: '40', LC_ALL: 'C', RT_INTERVAL: '1s', RT_HISTORY: '7', NO_COLOR: '1'};
    for (const args of [['--generate=man'], ['serve', '--generate', 'man'],
                        ['--generate', 'man', '--interval', 'x', 'serve']]) {
      const {code, stdout} = await run(program, args, {env});
      assert.equal(code, 0);
      assert.equal(stdout, expected.stdout);
    }
  });

  test(`${program}: --generate knows no other format`, async () => {
    for (const format of ['tcsh', 'MAN', '']) {
      const {code, stdout, stderr} = await run(program, ['--generate', format]);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^rt\w+: --generate \S+: must be man, bash, zsh or fish /);
    }
    assert.equal((await run(program, ['--generate'])).code, 2);
  });
}

// What mandoc says of a page; that a page of this repository is not installed does not count.
async function faultsOf(page) {
  const {stdout, stderr} = await run('mandoc', ['-Tlint', page]);
  return (stdout + stderr).split('\n').filter((line) => {
    const [, name, section] = /referenced manual not found: Xr (\S+) (\d)/.exec(line) ?? [];
    return line !== '' && !(name && existsSync(join(kRoot, 'man', `${name}.${section}`)));
  });
}

test('mandoc and man have nothing to say about the pages', async () => {
  for (const program of kPrograms) {
    const page = join(kRoot, 'man', `${program}.1`);
    assert.deepEqual(await faultsOf(page), []);
    // macOS's man is mandoc itself and knows no --warnings.
    if (process.platform === 'darwin') continue;
    const env = {MANWIDTH: '80', LC_ALL: 'C.UTF-8', MAN_KEEP_FORMATTING: ''};
    const man = await run('man', ['--warnings', '-l', page], {env});
    assert.equal(man.stderr, '', page);
    assert.equal(man.code, 0);
    assert.match(man.stdout, /NAME/);
  }
});

test('a page as a reader sees it says all that the help says of an option', async () => {
  const page = join(kRoot, 'man', 'rtmqtt.1');
  const {stdout} = await run('mandoc', ['-Tutf8', '-Owidth=100', page]);
  const text = stdout.replace(/.\x08/g, '').replace(/\s+/g, ' ');
  for (const part of [
    'SYNOPSIS rtmqtt sub [OPTION ...] URL... rtmqtt pub [OPTION ...] URL [MESSAGE...]',
    'rtmqtt serve [OPTION ...] [HOST:]PORT[/CHANNEL] DESCRIPTION',
    '-n, --count N Stop after N messages have arrived. Environment: RT_COUNT. ' +
        'Only with sub, pipe.',
    '--qos QOS At most once (0), at least once (1), once (2). Of subscriptions and of ' +
        'all publications, whatever an envelope says. Without it 0, and 1 in rtrelay. One of 0, 1, 2. Environment: RT_QOS. ' +
        'Only with sub, pub, pipe, rpc.',
    '--retained-only Take only what the broker had kept. Not together with --no-retained.',
    '--will-payload DATA What the will says. Needs --will-topic.',
    '--max-message SIZE Refuse messages larger than this. Default: 16MiB.',
    '\\n, \\r, \\t, \\0, \\\\ and \\xNN stand for the bytes that they name.',
    'RT_<NAME> The value of the option --<name>, as its description says',
    '9 Messages were lost, or refused by --escape.',
    "rtmqtt sub --topic 'lab/#' --topic news --exclude 'lab/debug/#' localhost",
    'SEE ALSO rtpoll(1), rtrelay(1), rtsse(1), rtws(1), rtwire(7)',
  ]) {
    assert.ok(text.includes(part), `"${part}" is not in\n${text}`);
  }
});

test('an installation has them where man and the shells look', async () => {
  const prefix = directory();
  const build = dirname(kBin);
  const {code, stderr} = await run('cmake', ['--install', build, '--prefix', prefix]);
  assert.equal(code, 0, stderr);
  for (const program of kPrograms) {
    for (const [format, place] of Object.entries(placeOf)) {
      assert.equal(readFileSync(join(prefix, place(program)), 'utf8'),
                   readFileSync(join(kRoot, fileOf[format](program)), 'utf8'));
    }
  }
  assert.ok(existsSync(join(prefix, 'share/man/man7/rtwire.7')));
});
