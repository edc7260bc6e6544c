// The page and the hub as a real browser sees them.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {connectAsync} from 'mqtt';
import {launchBrowser} from './lib/browser.mjs';
import {publish, publishAll} from './lib/curl.mjs';
import {defer, eventually, kDeadline, run, serve, test} from './lib/harness.mjs';
import {startMosquitto} from './lib/mosquitto.mjs';
import {freePort, Proxy} from './lib/net.mjs';
import {passTo, startNginx} from './lib/nginx.mjs';
import {HttpPeer} from './lib/peers.mjs';

let hub;
let browser;
before(async () => {
  hub = await serve('rtrelay', ['serve', '0']);
  browser = await launchBrowser();
});

// A fresh profile that shows `url`; what the console complains about is collected in `errors`.
async function open(url) {
  const context = await browser.newContext();
  defer(() => context.close());
  context.setDefaultTimeout(kDeadline);
  const page = await context.newPage();
  page.errors = [];
  page.on('console', (message) => {
    if (message.type() === 'error') page.errors.push(message.text());
  });
  page.on('pageerror', (error) => page.errors.push(String(error)));
  await page.goto(url, {waitUntil: 'load'});
  return page;
}

test('the page loads without a complaint and lists the channels', async () => {
  await publish(hub.at('/page/one'), '{"value":1}');
  const page = await open(hub.at('/'));
  await page.getByText('/page/one').first().waitFor();
  assert.deepEqual(page.errors, []);
});

test('a channel\'s name and payload are text to the page, never markup', async () => {
  const evil = '<img src=x onerror="document.title=\'owned\'">';
  const path = `/${encodeURIComponent(evil)}`;
  await publishAll(hub.at(path), [evil]);
  const page = await open(hub.at('/'));
  await page.waitForFunction(() => document.body.innerText.includes('img'));
  assert.equal(await page.locator('img[src=x]').count(), 0);
  assert.notEqual(await page.title(), 'owned');
});

test('EventSource, WebSocket and fetch from a page of the hub', async () => {
  const page = await open(hub.at('/'));
  await page.evaluate(async (base) => {
    globalThis.seen = [];
    const stream = new EventSource(`${base}/api`);
    stream.onmessage = (event) => seen.push(['sse', event.data, event.lastEventId]);
    await new Promise((resolve) => { stream.onopen = resolve; });
    globalThis.socket = new WebSocket(`${base.replace('http', 'ws')}/api`);
    socket.onmessage = (event) => seen.push(['ws', event.data]);
    await new Promise((resolve) => { socket.onopen = resolve; });
    fetch(`${base}/api?wait=30`).then(async (answer) => {
      seen.push(['poll', await answer.text(), answer.headers.get('ETag')]);
    });
  }, hub.at(''));
  const id = await publish(hub.at('/api'), 'grün');
  await page.waitForFunction(() => seen.length >= 3);
  const seen = await page.evaluate(() => seen.sort());
  assert.deepEqual(seen, [['poll', 'grün', `"${id}"`], ['sse', 'grün', id], ['ws', 'grün']]);

  const status = await page.evaluate(async (base) => {
    socket.send('from the page');
    const answer = await fetch(`${base}/posted`, {method: 'POST', body: 'by fetch'});
    return answer.status;
  }, hub.at(''));
  assert.equal(status, 201);
  await page.waitForFunction(() => seen.some(([by, data]) => by === 'sse' && data === 'from the page'));
  assert.deepEqual(page.errors, []);
});

test('EventSource reconnects and resumes by itself', async () => {
  const own = await serve('rtrelay', ['serve', '0', '--sse-retry', '50ms']);
  const proxy = await Proxy.start(own.port);
  const page = await open(proxy.at('/'));
  await page.evaluate(async (base) => {
    globalThis.seen = [];
    globalThis.gaps = 0;
    const stream = new EventSource(`${base}/c`);
    stream.onmessage = (event) => seen.push(event.data);
    stream.addEventListener('rt.gap', () => { ++gaps; });
    await new Promise((resolve) => { stream.onopen = resolve; });
  }, proxy.at(''));
  await publish(own.at('/c'), 'one');
  await page.waitForFunction(() => seen.includes('one'));
  proxy.cut();
  await publishAll(own.at('/c'), ['two', 'three']);
  await publish(own.at('/c'), 'four');
  await page.waitForFunction(() => seen.includes('four'));
  assert.deepEqual(await page.evaluate(() => [seen, gaps]), [['one', 'two', 'three', 'four'], 0]);
});

test('a page of another origin can neither publish nor open a WebSocket', async () => {
  const other = await HttpPeer.start((request, response) => {
    response.writeHead(200, {'Content-Type': 'text/html'}).end('<!doctype html><title>x</title>');
  });
  const page = await open(other.at());
  await publish(hub.at('/guarded'), 'mine');
  const outcome = await page.evaluate(async ([base]) => {
    const attempt = (promise) => promise.then(() => 'done', () => 'refused');
    await attempt(fetch(`${base}/guarded`, {method: 'POST', mode: 'no-cors', body: 'theirs'}));
    const read = await attempt(fetch(`${base}/guarded`));
    const socket = await new Promise((resolve) => {
      const tried = new WebSocket(`${base.replace('http', 'ws')}/guarded`);
      tried.onopen = () => resolve('done');
      tried.onerror = () => resolve('refused');
    });
    return {read, socket};
  }, [hub.at('')]);
  assert.deepEqual(outcome, {read: 'refused', socket: 'refused'});
  const latest = await fetch(hub.at('/guarded'));
  assert.equal(await latest.text(), 'mine');
});

test('--allow-origin lets a page of that origin do all of it', async () => {
  const other = await HttpPeer.start((request, response) => {
    response.writeHead(200, {'Content-Type': 'text/html'}).end('<!doctype html><title>x</title>');
  });
  const own = await serve('rtrelay',
                          ['serve', '0', '--allow-origin', other.at('')]);
  const page = await open(other.at());
  const outcome = await page.evaluate(async (base) => {
    const posted = await fetch(`${base}/c`, {
      method: 'PUT', headers: {'Content-Type': 'application/json'}, body: '{}',
    });
    const read = await fetch(`${base}/c?since=`);
    await new Promise((resolve, reject) => {
      const socket = new WebSocket(`${base.replace('http', 'ws')}/c`);
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return [posted.status, posted.headers.get('RT-Id') === read.headers.get('RT-Next')];
  }, own.at(''));
  assert.deepEqual(outcome, [201, true]);
});

test('what a publisher sends cannot run as a page of the hub', async () => {
  await publish(hub.at('/html'), '<script>document.title = "owned"</script>', {type: 'text/html'});
  const page = await open(hub.at('/html'));
  assert.notEqual(await page.title(), 'owned');
});

// --- the page's cards ------------------------------------------------------------------------
const card = (page, transport) => page.locator(`.card[data-transport="${transport}"]`);
const kCards = ['poll', 'longpoll', 'sse', 'ws', 'mqtt'];

async function inState(page, transport, state) {
  await page.locator(`.card[data-transport="${transport}"][data-state="${state}"]`).waitFor();
}

// Waits until these cards list the text.
async function listed(page, text, transports = kCards) {
  for (const transport of transports) {
    await card(page, transport)
        .locator('.messages')
        .getByText(text, {exact: true})
        .first()
        .waitFor();
  }
}

// A hub with an MQTT side: `hub.broker` is the broker's URL.
async function serveMqtt(args = ['--mqtt', '0']) {
  const own =
      await serve('rtrelay', ['serve', '0', ...args], {listeners: args[0] === '--mqtt' ? 2 : 1});
  own.port = Number(new URL(own.urls.find((url) => url.startsWith('http:'))).port);
  own.broker = own.urls.find((url) => url.startsWith('mqtt:'));
  return own;
}

async function mqttPeer(url) {
  const peer = await connectAsync(url, {protocolVersion: 5});
  peer.on('error', () => {});
  defer(() => peer.endAsync(true));
  return peer;
}

test(
    'without an MQTT side the card says so and how to have one, and nothing complains',
    async () => {
      await publish(hub.at('/quiet'), 'hello');
      const page = await open(hub.at('/#/quiet'));
      const handshakes = [];
      page.on('websocket', (socket) => handshakes.push(socket.url()));
      await inState(page, 'mqtt', 'off');
      await listed(page, 'hello', ['poll', 'longpoll', 'sse', 'ws']);
      const says = await card(page, 'mqtt').locator('.card-empty').innerText();
      assert.match(says, /no MQTT side/);
      assert.match(says, new RegExp(`rtrelay serve ${hub.port} --mqtt 1883`));
      assert.equal(await page.locator('#mqtt-note').isVisible(), false);
      // The hub coming back asks again, and still tries no handshake that would fail.
      await page.evaluate(() => document.getElementById('pause-all').click());
      await page.evaluate(() => document.getElementById('pause-all').click());
      await inState(page, 'mqtt', 'off');
      assert.deepEqual(handshakes.filter((url) => new URL(url).pathname === '/'), []);
      assert.deepEqual(page.errors, []);
    });

test('all five cards show what comes by POST, over MQTT and from the page', async () => {
  const own = await serveMqtt();
  const peer = await mqttPeer(own.broker);
  const page = await open(own.at(`/#${encodeURI('/größe/t')}`));
  for (const transport of kCards) await inState(page, transport, 'live');
  assert.match(await page.locator('#mqtt-note').innerText(), /the topic größe\/t,/);

  await publish(own.at(encodeURI('/größe/t')), 'by POST');
  await listed(page, 'by POST');
  await peer.publishAsync('größe/t', 'by MQTT', {qos: 1});
  await listed(page, 'by MQTT');

  await page.locator('#publish-text').fill('from the page');
  await page.locator('#publish-via').selectOption('mqtt');
  await page.locator('#publish-send').click();
  await page.getByText(/acknowledged by the broker in/).waitFor();
  await listed(page, 'from the page');
  const mine = card(page, 'mqtt').locator('.messages li', {hasText: 'from the page'});
  assert.equal(await mine.count(), 1, 'it came back');
  assert.equal(await mine.locator('.late').innerText(), 'sent');
  for (const transport of kCards) {
    assert.equal(await card(page, transport).locator('.messages li').count(), 3, transport);
  }
  assert.ok(Number(await card(page, 'mqtt').getAttribute('data-bytes')) > 0);
  assert.deepEqual(page.errors, []);
});

test('what was retained is told as such; a paused card catches up from its session', async () => {
  const own = await serveMqtt();
  const peer = await mqttPeer(own.broker);
  await peer.publishAsync('kept/t', 'kept', {qos: 1, retain: true});
  const page = await open(own.at('/#/kept/t'));
  await inState(page, 'mqtt', 'live');
  await listed(page, 'kept', ['mqtt']);
  const row = card(page, 'mqtt').locator('.messages li', {hasText: 'kept'});
  assert.equal(await row.locator('.tag').innerText(), 'retained');
  assert.equal(await row.locator('.late').innerText(), 'caught up');

  await page.keyboard.press('5');
  await inState(page, 'mqtt', 'paused');
  for (const text of ['one', 'two', 'three']) await peer.publishAsync('kept/t', text, {qos: 1});
  await listed(page, 'three', ['sse', 'ws']);
  await page.keyboard.press('5');
  await listed(page, 'three', ['mqtt']);
  const texts = await card(page, 'mqtt').locator('.messages .payload').allInnerTexts();
  assert.deepEqual(texts, ['three', 'two', 'one', 'kept']);
  assert.equal(await card(page, 'mqtt').getAttribute('data-gaps'), '0');

  // Fewer guarantees: at QoS 0 a pause is a gap, and is told.
  await card(page, 'mqtt').locator('select').selectOption({label: 'QoS 0'});
  await card(page, 'mqtt').locator('.pause').click();
  await inState(page, 'mqtt', 'paused');
  await card(page, 'mqtt').locator('.pause').click();
  await card(page, 'mqtt').locator('.messages .gap').waitFor();
  assert.deepEqual(page.errors, []);
});

test('a broker that goes and comes back is waited for', async () => {
  const port = await freePort();
  const first = await startMosquitto({port});
  const own = await serveMqtt(['--bus', `mqtt://127.0.0.1:${port}`]);
  const page = await open(own.at('/#/bus/t'));
  await inState(page, 'mqtt', 'live');
  first.kill('SIGTERM');
  await first.waitExit();
  await inState(page, 'mqtt', 'reconnecting');
  await startMosquitto({port});
  await inState(page, 'mqtt', 'live');
  const peer = await mqttPeer(`mqtt://127.0.0.1:${port}`);
  await peer.publishAsync('bus/t', 'again', {qos: 1});
  await listed(page, 'again', ['mqtt', 'sse']);
});

test('a page that is hidden lets its streams go, and has them again when it is seen', async () => {
  const own = await serve('rtrelay', ['serve', '0']);
  await publish(own.at('/seen'), 'first');
  const readers = async () => {
    const [channel] = await (await fetch(own.at('/-/channels'))).json();
    return channel.subscribers;
  };
  const context = await browser.newContext();
  defer(() => context.close());
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(own.at('/#/seen'));
  for (const transport of ['sse', 'ws']) await inState(page, transport, 'live');
  const show = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', {value, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await show(true);
  await page.clock.fastForward(31_000);
  await eventually(async () => await readers() === 0, 'no reader');
  await publish(own.at('/seen'), 'second');
  await show(false);
  await eventually(async () => await readers() >= 2, 'readers again');
  await listed(page, 'second', ['sse', 'ws']);
});

// --- under a path of a proxy -------------------------------------------------------------------
for (const [how, args, behind] of [
       ['takes away', [], '/'],
       ['passes on', ['--base-path', '/live'], '']]) {
  test(`the page under a path that nginx ${how}`, async () => {
    const own = await serveMqtt(['--mqtt', '0', ...args]);
    const nginx =
        await startNginx(`location /live/ { ${passTo(`http://127.0.0.1:${own.port}${behind}`)} }`);
    const page = await open(nginx.at('/live/#/a/b'));
    const elsewhere = [];
    const look = (one) => {
      if (!new URL(one.url()).pathname.startsWith('/live/')) elsewhere.push(one.url());
    };
    page.on('request', look);
    page.on('websocket', look);
    for (const transport of kCards) await inState(page, transport, 'live');
    assert.equal(await page.locator('#origin').innerText(), `127.0.0.1:${nginx.port}/live`);

    await publish(nginx.at('/live/a/b'), 'by POST');
    await listed(page, 'by POST');
    await page.locator('#publish-text').fill('from the page');
    await page.locator('#publish-send').click();
    await listed(page, 'from the page');
    await page.locator('#channels a', {hasText: 'a/b'}).waitFor();
    assert.deepEqual([elsewhere, page.errors], [[], []]);

    // What it says to type is true.
    const commands = await page.locator('#terminal-commands code').allInnerTexts();
    const line = commands.find((command) => command.startsWith('rtsse sub'));
    assert.equal(line, `rtsse sub ${nginx.at('/live/a/b')}`);
    const [program, ...words] = line.split(' ');
    const seen = await run(program, [...words, '--last', '2', '-n', '2']);
    assert.deepEqual([seen.code, seen.stdout], [0, 'by POST\nfrom the page\n'], seen.stderr);
  });
}

test('--base-path: nothing is elsewhere, and the page is found without its slash', async () => {
  const own = await serve('rtsse', ['serve', '0/c', '--base-path', '/live/']);
  assert.equal(own.url, `http://127.0.0.1:${own.port}/live/c`);
  const ask = async (path) => {
    const answer = await fetch(own.at(path), {redirect: 'manual'});
    return [answer.status, answer.headers.get('Location') ?? (await answer.text()).trim()];
  };
  assert.deepEqual(await ask('/live'), [308, '/live/']);
  const nowhere = {title: 'Not Found', status: 404, detail: 'all of this server is under /live/'};
  for (const path of ['/', '/c', '/-/health', '/lives', '/livec']) {
    const [status, body] = await ask(path);
    assert.deepEqual([status, JSON.parse(body)], [404, nowhere], path);
  }
  await publish(own.at('/live/c'), 'here');
  assert.deepEqual(await ask('/live/c'), [200, 'here']);
  assert.equal((await ask('/live/-/health'))[0], 200);
});
