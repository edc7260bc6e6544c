// rtrelay compare: the transports measured side by side.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {launchBrowser} from './lib/browser.mjs';
import {kBin, kDeadline, run, test} from './lib/harness.mjs';
import {onTerminal, quoted, screen} from './lib/terminal.mjs';

const directory = mkdtempSync(join(tmpdir(), 'compare-'));

// Several ways one after the other, each for its time and what goes before it.
const kLong = {ms: 3 * kDeadline};

// The table and the report of a run.
async function compare(...args) {
  const file = join(directory, 'report.json');
  const result = await run('rtrelay', ['compare', '--rounds', '1', '--stats-json', file, ...args], kLong);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stderr, '');
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const way = (name) => report.ways.find((one) => one.way === name);
  return {stdout: result.stdout, report, way};
}

test('all ways have every message, and what each costs is in the table and the report', async () => {
  const names = ['poll-cursor', 'long-poll', 'sse', 'ws', 'ws-hub', 'mqtt0', 'mqtt1', 'mqtt2'];
  const {stdout, report, way} = await compare('--for', '1s', '--readers', '3', '--poll-every', '200ms', ...names);
  assert.equal(report.version, 1);
  assert.deepEqual(report.ways.map((one) => one.way), names);
  for (const name of names) {
    const one = way(name);
    assert.deepEqual([one.sent, one.expected, one.delivered], [10, 30, 30], name);
    assert.equal(one.lost_percent.median, 0);
    assert.equal(one.doubled.median, 0);
    assert.equal(one.out_of_order.median, 0);
    assert.ok(one.down_bytes.median > 200 && one.down_bytes.median < 2000, `${name}: ${one.down_bytes.median}`);
    assert.ok(one.p50_seconds.median > 0 && one.p50_seconds.median <= one.max_seconds.median);
    assert.ok(one.server_cpu_seconds.median > 0);
    assert.equal(one.connections.median, 3);
  }
  // A frame's head and an event's field; nothing is asked for again.
  assert.equal(way('ws').down_bytes.median, 204);
  assert.ok(way('sse').up_bytes.median === 0 && way('long-poll').up_bytes.median > 50);
  const lines = stdout.split('\n');
  for (const line of lines) assert.ok(line.length <= 100, line);
  assert.match(lines[0], /^200 bytes, 10 messages a second, 3 readers, network none$/);
  assert.match(stdout, /^half within, ms +\d/m);
});

test('who polls for the latest message loses the others', async () => {
  const {way} = await compare('--for', '2s', '--rate', '20/s', '--readers', '2', '--poll-every', '500ms', 'poll');
  const {lost_percent: lost, delivered} = way('poll');
  assert.ok(lost.median >= 70 && lost.median < 100, `${lost.median}`);
  assert.ok(delivered >= 4);
});

test('a network is what was asked for, and the message is the user\'s own', async () => {
  const file = join(directory, 'reading.json');
  writeFileSync(file, '{"temperature":21.5}\n');
  const {way, report, stdout} =
      await compare('--for', '1s', '--message', `@${file}`, '--network', 'rtt=100ms', '--readers', '2', 'ws', 'sse');
  assert.equal(report.conditions.network, 'rtt=100ms');
  assert.equal(report.conditions.message_bytes, 29);
  for (const name of ['ws', 'sse']) assert.ok(way(name).p50_seconds.least >= 0.05, name);
  assert.equal(way('ws').down_bytes.median, 31);
  assert.match(stdout, /network\s+is\s+played\s+by\s+a\s+proxy/);
});

test('a cut loses what the transport must lose, and no more', async () => {
  // For so long that all have come back, however long they pause.
  const cut = ['--for', '6s', '--cut', '1s:1s', '--readers', '2'];
  const some = await compare(...cut, 'ws', 'mqtt0');
  const others = await compare(...cut, 'sse', 'ws-hub', 'mqtt1');
  const way = (name) => some.way(name) ?? others.way(name);
  for (const name of ['ws', 'mqtt0']) assert.ok(way(name).lost_percent.median >= 12, name);
  for (const name of ['sse', 'ws-hub', 'mqtt1']) assert.equal(way(name).lost_percent.median, 0, name);
  for (const name of ['ws', 'sse', 'mqtt1']) {
    assert.ok(way(name).connections.median >= 4, name);
    assert.ok(way(name).back_seconds.median >= 0, name);
  }
});

// What a report shows of a figure: three digits, and k or M for thousands and millions.
function assertShown(cell, value, label) {
  const [, digits, unit] = /^([\d.]+)([kM]?)\??$/.exec(cell) ?? assert.fail(`${label}: ${cell}`);
  const number = Number(digits) * {'': 1, k: 1e3, M: 1e6}[unit];
  assert.ok(Math.abs(number - value) <= 0.0051 * value, `${label}: ${cell} for ${value}`);
}

test('--html is a whole page that fetches nothing and has the figures of the report', async () => {
  const file = join(directory, 'report.html');
  const mine = '<script>alert("x")</script>';
  const {report, stdout} = await compare('--for', '1s', '--readers', '2', '--message', mine, '--cut', '300ms:300ms',
      '--html', file, 'sse', 'ws', 'mqtt1');
  const browser = await launchBrowser();
  const page = await browser.newPage({viewport: {width: 390, height: 844}});
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => assert.fail(error));
  page.on('console', (message) => assert.fail(message.text()));
  page.on('dialog', (dialog) => assert.fail(dialog.message()));
  await page.goto(`file://${file}`);
  assert.deepEqual(asked.filter((url) => !url.startsWith('data:')), [`file://${file}`]);
  const seen = await page.evaluate(() => {
    return {
      mode: document.compatMode,
      title: document.title,
      text: document.body.innerText,
      scripts: document.scripts.length,
      wide: document.documentElement.scrollWidth,
      charts: document.querySelectorAll('svg path.line').length,
      command: document.querySelector('.command').textContent,
      rows: [...document.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.firstChild.textContent)),
    };
  });
  assert.equal(seen.mode, 'CSS1Compat');
  assert.equal(seen.scripts, 0);
  assert.equal(seen.wide, 390);
  assert.equal(seen.charts, 3);
  // Tags that the parser has put in, closed or moved are not those of the source.
  const source = readFileSync(file, 'utf8').replace(/<style>[^]*<\/style>/, '');
  for (const name of ['div', 'span', 'section', 'table', 'tbody', 'tr', 'td', 'th', 'b', 'i', 'p', 'ul', 'li', 'dl', 'dt', 'dd', 'svg', 'g', 'figure']) {
    const opened = source.match(new RegExp(`<${name}[ >]`, 'g'))?.length ?? 0;
    assert.equal(source.match(new RegExp(`</${name}>`, 'g'))?.length ?? 0, opened, name);
    assert.equal(await page.locator(name).count(), opened, name);
  }
  assert.equal(seen.command, report.command);
  assert.ok(seen.command.includes(mine), seen.command);
  for (const part of [report.machine.system, report.program, 'The cut']) assert.ok(seen.text.includes(part), part);
  const figures = [['half within, ms', 'p50_seconds', 1e3], ['99 % within, ms', 'p99_seconds', 1e3], ['lost, %', 'lost_percent', 1],
    ['bytes down a message', 'down_bytes', 1], ['server CPU, us', 'server_cpu_seconds', 1e6], ['connections', 'connections', 1]];
  for (const [label, key, scale] of figures) {
    const row = seen.rows.find((one) => one[0] === label);
    assert.ok(row, label);
    report.ways.forEach((way, i) => assertShown(row[i + 1], way[key].median * scale, label));
  }
  const verdict = /^Take .*$/m.exec(stdout)?.[0];
  if (verdict) assert.ok(seen.text.includes(verdict.split(':')[0].replace(/\.$/, '')), verdict);
});

test('--needs leaves out what does not do it, and says what nobody does', async () => {
  const few = ['--for', '1s', '--readers', '2'];
  const some = await compare(...few, '--needs', 'offline, browser', 'ws', 'sse');
  assert.match(some.stdout, /unlike\s+ws,\s+readers\s+who\s+were\s+away|too\s+busy|figures\s+are\s+good/);
  assert.deepEqual(some.report.needs, [{need: 'offline', met_by: ['sse']}, {need: 'browser', met_by: ['ws', 'sse']}]);
  const none = await compare(...few, '--needs', 'proxies', 'mqtt0', 'mqtt1');
  assert.match(none.stdout.replace(/\s+/g, ' '), /No way that was measured meets proxies; sse, ws, ws-hub, long-poll, poll-cursor and poll would\./);
  assert.deepEqual(none.report.needs, [{need: 'proxies', met_by: []}]);
});

test('--against tells what changed since a report, and refuses another plan', async () => {
  const file = join(directory, 'earlier.json');
  const plan = ['--for', '1s', '--readers', '2', '--rounds', '2', 'sse', 'ws'];
  await compare(...plan);
  const earlier = JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8'));
  for (const way of earlier.ways) {
    way.behind = false;
    way.down_bytes = {median: 500, least: 499, most: 501, rounds: [499, 501]};
  }
  writeFileSync(file, JSON.stringify(earlier));
  const {stdout, report} = await compare('--against', file, ...plan);
  const change = report.against.changes.find((one) => one.way === 'ws' && one.figure === 'down_bytes');
  const busy = report.ways.find((one) => one.way === 'ws').behind;
  if (busy) {
    assert.match(stdout, /Not compared: .*ws \(the machine was too busy\)/);
  } else {
    assert.deepEqual([change.before.median, change.now.median, change.better], [500, 204, true]);
    assert.match(stdout, /^ {2}ws: bytes down a message: 500 -> 204, better by 59\.2 %$/m);
  }
  assert.equal(report.against.time, earlier.time);
  for (const [args, why] of [
    [['--readers', '3', '--for', '2s', 'sse'], /another plan: readers 2 there and 3 here, seconds \(--for\) 1 there and 2 here$/m],
    [['--readers', '2', '--for', '1s', '--rounds', '1', 'sse'], /one round has no spread/],
    [['--readers', '2', '--for', '1s', 'mqtt0'], /none of its ways is measured here/],
  ]) {
    const result = await run('rtrelay', ['compare', '--against', file, ...args]);
    assert.equal(result.code, 2, result.stderr);
    assert.match(result.stderr, why);
    assert.equal(result.stdout, '');
  }
  writeFileSync(file, JSON.stringify({...earlier, version: 9}));
  const other = await run('rtrelay', ['compare', '--against', file]);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /a report of version 9, and this program reads version 1/);
});

test('--sweep goes through a range', async () => {
  const html = join(directory, 'sweep.html');
  const {stdout, report} = await compare('--for', '1s', '--readers', '2', '--sweep', 'rate=5,20', '--html', html, 'sse', 'ws');
  assert.match(stdout, /^200 bytes, 5 and 20 messages a second, 2 readers, network none$/m);
  assert.match(stdout, /^bytes down a message +sse +ws\n {2}rate 5 +2\d\d\??[ *]? +204.*\n {2}rate 20 /m);
  assert.deepEqual(report.ways, []);
  assert.equal(report.conditions.rate, null);
  assert.deepEqual(report.sweep.points.map((point) => [point.value, ...point.ways.map((way) => way.sent)]), [[5, 5, 5], [20, 20, 20]]);
  const page = readFileSync(html, 'utf8');
  assert.ok(page.includes('Where it changes') && page.includes('rate 20'));
  const readers = await compare('--for', '1s', '--sweep', 'readers=1,3', 'ws', 'mqtt1');
  assert.deepEqual(readers.report.sweep.points.map((point) => point.ways.map((way) => way.expected)), [[10, 10], [30, 30]]);
});

test('on a terminal you see what is being measured, and a table that fits', async () => {
  const command = [`${kBin}/rtrelay`, 'compare', '--rounds', '2', '--for', '1s', '--readers', '2', 'sse', 'ws', 'mqtt0', 'mqtt1'].map(quoted).join(' ');
  const shown = onTerminal(`${command}; echo END=$?`, {columns: 60});
  await shown.waitFor(() => shown.stdout.includes('END=0'), 'the end');
  await shown.waitExit();
  const output = shown.stdout;
  assert.match(output, /sse, round 1 of 2; \d+ s left\s/);
  assert.match(output, /round 2 of 2; \d+ s left; 99 % within sse [\d.]+ ms/);
  const lines = screen(output);
  assert.ok(lines.some((line) => /^half within, ms/.test(line)), output);
  for (const line of lines) assert.ok(line.length <= 60, line);
  assert.ok(!lines.some((line) => /s left/.test(line)), 'the line is taken off');
});

test('errors are one line', async () => {
  const table = [
    [['xmpp'], 2, /^rtrelay: no way to compare is called xmpp: poll, poll-cursor, /],
    [['--network', '5g'], 2, /^rtrelay: --network 5g: '5g' is no network: /],
    [['--cut', '10s'], 2, /^rtrelay: --cut 10s: not a cut such as 10s:2s/],
    [['--cut', '10s:1s'], 2, /^rtrelay: --cut comes after 10s, when --for has ended: 3s/],
    [['--message', '3'], 2, /^rtrelay: --message 3: from 9 bytes to 4MiB/],
    [['--message', '@/nowhere'], 2, /^rtrelay: --message @\/nowhere: cannot read: /],
    [['--readers', '10001'], 2, /^rtrelay: --readers: at most 10000/],
    [['--sweep', 'size=1,2'], 2, /^rtrelay: --sweep size=1,2: not a range such as rate=1,10,100 or readers=10,100/],
    [['--sweep', 'rate=1,2', '--against', 'x'], 2, /^rtrelay: --(sweep|against) and --(sweep|against) exclude each other/],
    [['--sweep', 'readers=1,20000'], 2, /^rtrelay: --sweep readers=1,20000: at 20000 there are more than/],
    [['--against', '/nowhere'], 2, /^rtrelay: --against \/nowhere: cannot read: /],
    [['--against', '/dev/null'], 2, /^rtrelay: --against \/dev\/null: not a report of rtrelay compare: no JSON/],
    [['--needs', 'browser,fast'], 2, /^rtrelay: --needs browser,fast: not of two-way, binary, browser, offline, exactly-once, proxies/],
    [['--html', '/nowhere/x.html'], 2, /^rtrelay: --html: \/nowhere\/x.html: cannot write/],
    [['--html', '-'], 2, /^rtrelay: --html -: stdout has the table/],
    [['--rate', '1000000/s'], 2, /^rtrelay: more than 10000000 messages a round/],
  ];
  for (const [args, code, text] of table) {
    const result = await run('rtrelay', ['compare', ...args]);
    assert.equal(result.code, code, `${args}: ${result.stderr}`);
    assert.match(result.stderr, text);
    assert.equal(result.stderr.trimEnd().split('\n').length, 1);
    assert.equal(result.stdout, '');
  }
});

test('--dry-run says what would be measured', async () => {
  const result = await run('rtrelay', ['compare', '--dry-run', '--readers', '5', 'sse', 'ws']);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /^measure sse ws: 200 bytes, 10 messages a second, 5 readers, network none\n3 rounds of 3\.0 s\n$/);
});
