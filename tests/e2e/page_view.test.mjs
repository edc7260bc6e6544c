// The page as a reader sees it: what stands in the first view, what a click does, what it says.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {launchBrowser} from './lib/browser.mjs';
import {publish, publishAll} from './lib/curl.mjs';
import {defer, eventually, kBin, kDeadline, run, serve, start, test} from './lib/harness.mjs';

const kCards = ['poll', 'longpoll', 'sse', 'ws', 'mqtt'];
let hub;
let browser;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0', '--mqtt', '0'], {listeners: 2});
  hub.port = Number(new URL(hub.urls.find((url) => url.startsWith('http:'))).port);
  hub.broker = hub.urls.find((url) => url.startsWith('mqtt:'));
  browser = await launchBrowser();
});

async function open(path, {width = 1400, height = 900, at = hub} = {}) {
  const context = await browser.newContext({viewport: {width, height}});
  defer(() => context.close());
  context.setDefaultTimeout(kDeadline);
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  await page.goto(at.at(path), {waitUntil: 'load'});
  return page;
}

const card = (page, transport) => page.locator(`.card[data-transport="${transport}"]`);
const row = (page, transport) => page.locator(`#race-rows tr[data-transport="${transport}"]`);

async function allLive(page) {
  for (const transport of kCards)
    await page.locator(`.card[data-transport="${transport}"][data-state="live"]`).waitFor();
}

// Publishes a JSON message of `make(i)` every 20 ms until the test ends.
function publishing(channel, make) {
  const pub = start('rtws', ['pub', '--hub', hub.at(channel).replace('http', 'ws')]);
  let i = 0;
  const timer = setInterval(() => pub.child.stdin.write(JSON.stringify(make(i++)) + '\n'), 20);
  defer(() => {
    clearInterval(timer);
    pub.child.stdin.end();
  });
}

test('the first view has all five transports and what they cost', async () => {
  publishing('/view/wave', (i) => ({total: 64, wave: Math.sin(i / 10)}));
  const page = await open('/#/view/wave');
  await allLive(page);
  for (const transport of kCards) {
    const box = await card(page, transport).boundingBox();
    // With its chart, its figures and the first message.
    assert.ok(box.y + 250 <= 900 && box.x + box.width <= 1400, `${transport}: ${JSON.stringify(box)}`);
    const line = await row(page, transport).boundingBox();
    assert.ok(line.y + line.height <= 900);
    for (const cost of ['requests', 'connections', 'each', 'idle']) {
      const cell = row(page, transport).locator(`.cost-${cost}`);
      await eventually(async () => /^[\d,.]+( k?M?B)?$/.test(await cell.innerText()), `${transport} ${cost}`);
      assert.ok((await cell.boundingBox()).x < 1400);
    }
  }
  assert.equal(await page.locator('#race thead .cost').allInnerTexts().then((texts) => texts.join('; ')),
               'requests; connections; bytes per message; idle bytes an hour');
  const cost = async (transport, name) => (await row(page, transport).locator(`.cost-${name}`).innerText());
  for (const transport of ['sse', 'ws', 'mqtt'])
    assert.deepEqual([await cost(transport, 'requests'), await cost(transport, 'connections')], ['1', '1']);
  assert.deepEqual([await cost('sse', 'idle'), await cost('ws', 'idle')], ['720 B', '480 B']);
  assert.match(await cost('poll', 'idle'), /^1\.\d MB$/);
  assert.match(await cost('longpoll', 'idle'), /^4\d\.\d kB$/);
  await eventually(async () => Number((await cost('longpoll', 'requests')).replace(',', '')) > 10, 'long polls');

  await eventually(async () => {
    const shares = await page.locator('.lane-first').allInnerTexts();
    return shares.every((text) => / %$/.test(text));
  }, 'everybody in the race');
  const shares = await page.evaluate(() => [...document.querySelectorAll('#race-rows .lane-first')].map((cell) => parseInt(cell.textContent, 10)));
  assert.equal(shares.reduce((all, one) => all + one, 0), 100, `${shares}`);

  // The number that is drawn is the one that changes.
  assert.equal(await page.locator('#field').inputValue(), 'wave');
  // Its labels stand beside the plot.
  for (const transport of kCards) {
    const scale = await card(page, transport).locator('.scale').boundingBox();
    const plot = await card(page, transport).locator('canvas').boundingBox();
    assert.ok(scale.width > 0 && scale.x + scale.width <= plot.x + 0.5 && plot.width > 60, transport);
  }
  assert.deepEqual(page.errors, []);
});

test('on a small screen nothing is wider than it', async () => {
  publishing('/view/small', (i) => ({value: i % 7}));
  for (const width of [390, 820, 1100]) {
    const page = await open('/#/view/small', {width});
    await allLive(page);
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.equal(widths[0], widths[1]);
    for (const cell of await page.locator('#race-rows .cost-idle').all()) {
      const box = await cell.boundingBox();
      assert.ok(box.width > 30 && box.x + box.width <= width);
    }
  }
});

test('a message that is JSON is laid out on a click, and another one closes it', async () => {
  await publishAll(hub.at('/view/json'), ['{"a":1.50,"b":[1,2]}', 'plain']);
  const page = await open('/#/view/json');
  const list = card(page, 'sse').locator('.messages');
  const json = list.locator('button', {hasText: '"a"'});
  await json.waitFor();
  assert.equal(await json.getAttribute('aria-expanded'), 'false');
  await json.click();
  assert.equal(await json.locator('.payload').innerText(), '{\n  "a": 1.50,\n  "b": [\n    1,\n    2\n  ]\n}');
  await json.click();
  assert.equal(await json.locator('.payload').innerText(), '{"a":1.50,"b":[1,2]}');
  assert.equal(await list.locator('button', {hasText: 'plain'}).count(), 0);
});

test('the MQTT command has the port of the broker, and works', async () => {
  await publish(hub.at('/view/mqtt'), 'x');
  const page = await open('/#/view/mqtt');
  await allLive(page);
  const command = page.locator('#terminal-commands code', {hasText: 'rtmqtt sub'});
  await command.waitFor();
  const line = await command.innerText();
  assert.equal(line, `rtmqtt sub ${hub.broker.replace(/\/$/, '')}/view/mqtt`);
  const [program, ...words] = line.split(' ');
  const sub = start(program, [...words, '-n', '1'], {stdin: null});
  const timer = setInterval(() => publish(hub.at('/view/mqtt'), 'over MQTT').catch(() => {}), 200);
  defer(() => clearInterval(timer));
  assert.equal((await sub.waitExit()).code, 0, sub.detail());
  assert.deepEqual(sub.lines(), ['over MQTT']);
});

test('"cannot be reached" goes when the hub is back', async () => {
  const own = await serve('rtrelay', ['serve', '0']);
  await publish(own.at('/gone'), 'x');
  const page = await open('/#/gone', {at: own});
  await page.locator('.card[data-transport="sse"][data-state="live"]').waitFor();
  own.kill('SIGTERM');
  await own.waitExit();
  await page.locator('#publish-text').fill('hello');
  await page.locator('#publish-send').click();
  await page.getByText('The hub cannot be reached').waitFor();
  await serve('rtrelay', ['serve', String(own.port)]);
  await page.getByText('The hub cannot be reached').waitFor({state: 'detached'});
  assert.equal(await page.locator('#publish-result').innerText(), '');
  assert.equal(await page.locator('#hub-text').innerText(), 'hub is up');
});

test('"measure this with your own payload" shows a command with the last message', async () => {
  await publish(hub.at('/view/own'), '{"a":"it\'s"}');
  const page = await open('/#/view/own');
  await page.locator('.card[data-transport="sse"][data-state="live"]').waitFor();
  await page.locator('#measure summary').click();
  const line = await page.locator('#measure-commands code').innerText();
  assert.equal(line, `rtrelay compare --message '{"a":"it'\\''s"}'`);
  const {code, stdout, stderr} = await run('sh', ['-c', `${line} --dry-run`], {env: {PATH: `${kBin}:${process.env.PATH}`}});
  assert.equal(code, 0, stderr);
  assert.match(stdout, /: 21 bytes,/);

  // The page of no channel has it, too.
  const first = await open('/#');
  assert.match(await first.locator('#start-commands').innerText(), /Measure this with your own payload\s+rtrelay compare --message /);
});

test('long names are cut where they do not differ', async () => {
  const names = [1, 2].map((n) => `/plants/frankfurt/hall-1/line-${String(n).padStart(20, '0')}/sensor/temperature`);
  for (const name of names) await publish(hub.at(name), 'x');
  const page = await open('/');
  const links = page.locator('#channels a', {hasText: '…'});
  await eventually(async () => await links.count() >= 2, 'both names');
  const shown = await page.locator('#channels .name').allInnerTexts();
  assert.equal(new Set(shown).size, shown.length, shown.join(' '));
  for (const name of await page.locator('#channels .name').all()) {
    const [inner, outer] = await name.evaluate((one) => [one.scrollWidth, one.clientWidth]);
    assert.ok(inner <= outer + 1, await name.innerText());
  }
});
