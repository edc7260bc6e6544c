// Command lines to copy, for this page's own origin.

import { httpUrl, shellWord, wsUrl } from './names.js';

export function firstCommands() {
  const hello = shellWord(httpUrl('/hello'));
  return [
    ['Publish a line', `date | rtpoll pub ${hello}`],
    ['The same with curl', `curl -d hello ${hello}`],
    ['A number every second', `while sleep 1; do echo $RANDOM; done | rtws pub ${shellWord(wsUrl('/random'))}`],
    ['Measure this with your own payload', `rtrelay compare --message '{"temperature":21.5}'`],
  ];
}

// `broker`: the URL at which the hub reaches its MQTT broker, '' where it does not say
// so, null without such a side.
export function watchCommands(channel, broker) {
  const url = shellWord(httpUrl(channel));
  const stream = shellWord(wsUrl(channel));
  return [
    ['Server-Sent Events', `rtsse sub ${url}`],
    ['WebSocket', `rtws sub ${stream}`],
    ['Long polling', `rtpoll sub --long ${url}`],
    ['curl', `curl -N -H 'Accept: text/event-stream' ${url}`],
    ['Publish', `date | rtpoll pub ${url}`],
    ...(broker === null ? [] : [['MQTT, at the broker', `rtmqtt sub ${shellWord(brokerUrl(broker) + channel)}`]]),
  ];
}

// What is on the hub's own machine is where this page comes from.
export function brokerUrl(broker, host = location.hostname) {
  const [, scheme, where, port] = /^(mqtt(?:s|\+wss?)?):\/\/(\[[^\]]*\]|[^/:]*)(:\d+)?/.exec(broker) ?? [];
  if (!scheme) return `mqtt://${host}`;
  const here = /^(localhost|127\.[\d.]+|\[::1\])$/.test(where);
  return `${scheme}://${here ? host : where}${port ?? ''}`;
}

// What `rtrelay compare` takes for a size or a file, and the controls that no option takes.
const kRead = /^@|^[\d.]+[kmgt]?(i?b)?$|\p{Cc}/iu;
// The sizes that it takes, and the longest text that one would want to see in a command.
const kLeast = 9;
const kMost = 4 << 20;
const kShort = 400;

// `rtrelay compare` for messages like this one, null for none yet, and `perSecond` of
// them.
export function compareCommands(message, perSecond = 0) {
  const rate = Math.round(perSecond);
  const pace = rate > 0 ? ` --rate ${rate}/s` : '';
  const measure = (option) => `rtrelay compare${option}${pace}`;
  if (!message || message.text === '') return [['Measure all transports on your machine', measure('')]];
  const { text, size } = message;
  const plain = !message.binary && !message.cut && size <= kShort && !kRead.test(text);
  if (plain) return [['With the last message of this channel', measure(` --message${text.startsWith('-') ? '=' : ' '}${shellWord(text)}`)]];
  const long = Math.min(Math.max(size, kLeast), kMost);
  return [[`With messages of ${long} bytes, as long as the last one here`, measure(` --message ${long}`)]];
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that are neither HTTPS nor on loopback have no clipboard.
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'sr';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function showCommands(place, commands) {
  const template = document.getElementById('command-template');
  place.replaceChildren(...commands.map(([what, line]) => {
    const command = template.content.cloneNode(true).firstElementChild;
    command.querySelector('.command-what').textContent = what;
    command.querySelector('code').textContent = line;
    const button = command.querySelector('button');
    button.setAttribute('aria-label', `Copy the command: ${what}`);
    button.addEventListener('click', async () => {
      button.textContent = (await copy(line)) ? 'Copied' : 'Select it';
      button.focus();
      setTimeout(() => { button.textContent = 'Copy'; }, 1600);
    });
    return command;
  }));
}
