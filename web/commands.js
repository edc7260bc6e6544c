// Command lines to copy, for this page's own origin.

import { httpUrl, shellWord, wsUrl } from './names.js';

export function firstCommands() {
  const hello = shellWord(httpUrl('/hello'));
  return [
    ['Publish a line', `date | rtpoll pub ${hello}`],
    ['The same with curl', `curl -d hello ${hello}`],
    ['A number every second', `while sleep 1; do echo $RANDOM; done | rtws pub ${shellWord(wsUrl('/random'))}`],
  ];
}

// `withMqtt`: the hub has an MQTT side. Where its broker listens the page cannot know.
export function watchCommands(channel, withMqtt) {
  const url = shellWord(httpUrl(channel));
  const stream = shellWord(wsUrl(channel));
  return [
    ['Server-Sent Events', `rtsse sub ${url}`],
    ['WebSocket', `rtws sub ${stream}`],
    ['Long polling', `rtpoll sub --long ${url}`],
    ['curl', `curl -N -H 'Accept: text/event-stream' ${url}`],
    ['Publish', `date | rtpoll pub ${url}`],
    ...(withMqtt ? [['MQTT, at the broker, whatever its port', `rtmqtt sub ${shellWord(`mqtt://${location.hostname}:1883${channel}`)}`]] : []),
  ];
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
