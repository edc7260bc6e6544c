// The page: which channel is chosen, and what the keys do.

import { Channels } from './channels.js';
import { compareCommands, firstCommands, showCommands, watchCommands } from './commands.js';
import { Composer } from './composer.js';
import { bytes, count } from './format.js';
import { cut, decoded, fault, fromHash, fromTyped, parts, place, shown, visible } from './names.js';
import { Session } from './session.js';
import { transports } from './transports.js';

const kSleepAfter = 30000;
const kLongestTitle = 120;

const byId = (id) => document.getElementById(id);
const body = document.body;

let session = null;
let hubUp = null;
let sleeping = null;
let mqttShown;

const composer = new Composer(() => session);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function onHub(up) {
  if (up) composer.hubAnswers();
  if (up === hubUp) return;
  const was = hubUp;
  hubUp = up;
  byId('hub').dataset.state = up ? 'live' : 'reconnecting';
  setText(byId('hub-text'), up ? 'hub is up' : was === null ? 'no answer, retrying' : 'hub is away, retrying');
  if (up && was === false) session?.nudge();
}

function onList(list, fresh) {
  if (session) {
    const one = channels.get(session.channel);
    setText(byId('fact-messages'), count(one?.messages ?? 0));
    setText(byId('fact-bytes'), bytes(one?.bytes ?? 0));
    setText(byId('fact-subscribers'), count(one?.subscribers ?? 0));
    setText(byId('fact-last-id'), one?.last_id || 'none');
  } else {
    showStart();
    // The only channel that says anything needs no choosing.
    if (fresh && list.length === 1 && list[0].messages > 0 && location.hash === '') location.replace('#' + list[0].channel);
  }
  body.dataset.ready = 'true';
}

function showStart() {
  const some = channels.all.length > 0;
  setText(byId('start-title'), some ? 'Choose a channel' : hubUp === false ? 'The hub does not answer' : 'No channel yet');
  setText(byId('start-lead'), some
    ? 'Watch it over every transport at once, or publish from a terminal:'
    : 'A channel begins with its first message. Type one of these in a terminal, or open a channel here and write to it.');
}

function pauseAllShown() {
  const all = session?.cards.every((card) => card.paused) ?? false;
  const button = byId('pause-all');
  button.dataset.paused = String(all);
  setText(button, all ? 'Resume all' : 'Pause all');
}

// What the MQTT side carries of this channel, and how to watch it, while there
// is such a side.
function showMqtt() {
  const card = session?.cards.find(({ transport }) => transport.key === 'mqtt');
  if (!card) return;
  const carried = card.state !== 'off';
  const broker = carried ? card.memory.broker ?? '' : null;
  if (broker === mqttShown) return;
  mqttShown = broker;
  byId('mqtt-note').hidden = !carried;
  const topic = document.createElement('code');
  topic.className = 'mono';
  topic.textContent = visible(decoded(session.channel).slice(1));
  byId('mqtt-note').replaceChildren('Over MQTT this channel is the topic ', topic, ', both ways at QoS 1. A PUT is retained there; what the broker had retained fills an empty channel here.');
  showCommands(byId('terminal-commands'), watchCommands(session.channel, broker));
}

function showName(channel) {
  const [before, last] = parts(cut(shown(channel), kLongestTitle));
  const stem = document.createElement('span');
  stem.className = 'stem';
  stem.textContent = before;
  byId('channel-name').replaceChildren(stem, last);
  byId('channel-name').title = shown(channel);
  document.title = `${shown(channel)} · rtwire`;
}

function complain(text) {
  byId('banner').textContent = text;
  byId('banner').hidden = text === '';
}

function route() {
  let channel = fromHash(location.hash);
  if (channel !== null) channel = channels.get(channel)?.channel ?? channel;
  if (session && channel === session.channel) return;
  session?.end();
  session = null;
  complain('');
  byId('start').hidden = channel !== null;
  byId('channel').hidden = channel === null;
  body.dataset.view = channel === null ? 'start' : 'channel';
  channels.choose(channel);
  if (channel === null) {
    delete body.dataset.channel;
    document.title = 'rtwire';
    showStart();
    return;
  }
  body.dataset.channel = channel;
  showName(channel);
  mqttShown = undefined;
  byId('mqtt-note').hidden = true;
  showCommands(byId('terminal-commands'), watchCommands(channel, null));
  byId('measure').open = false;
  const problem = fault(channel);
  for (const part of ['publish', 'cards', 'terminal']) byId(part).hidden = Boolean(problem);
  document.querySelector('.race').hidden = Boolean(problem);
  if (problem) return complain(problem);
  const known = channels.get(channel);
  session = new Session(channel, {
    averageSize: known?.messages ? known.bytes / known.messages : 0,
    asleep: document.hidden && sleeping === 'asleep',
    onChange: () => {
      pauseAllShown();
      showMqtt();
    },
    onFault: complain,
  });
  composer.reset(session);
  pauseAllShown();
  showMqtt();
  onList(channels.all, false);
  window.scrollTo(0, 0);
}

const channels = new Channels({ onList, onHub });

byId('origin').textContent = place;
byId('last-card-key').textContent = String(transports.length);
showCommands(byId('start-commands'), firstCommands());
window.addEventListener('hashchange', route);
route();

byId('field').addEventListener('change', (event) => session?.chooseField(event.target.value));
byId('measure').addEventListener('toggle', () => {
  if (!byId('measure').open || !session) return;
  const pace = session.cards.map((card) => card.trace.rate(performance.now(), 5));
  showCommands(byId('measure-commands'), compareCommands(session.last, Math.max(...pace)));
});
byId('pause-all').addEventListener('click', togglePauseAll);
byId('terminal-jump').addEventListener('click', showTerminal);
byId('skip').addEventListener('click', () => byId('main').focus());

function togglePauseAll() {
  session?.setPaused(!session.cards.every((card) => card.paused));
}

function showTerminal() {
  byId('terminal').scrollIntoView({ block: 'start' });
  byId('terminal').focus({ preventScroll: true });
}

byId('open-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const typed = byId('open-name').value;
  const channel = fromTyped(typed);
  const problem = typed.trim() === '' ? 'Type a name such as /sensors/temp.' : fault(channel);
  byId('open-fault').textContent = problem;
  if (problem) return;
  byId('open-name').value = '';
  location.hash = '#' + (channels.get(channel)?.channel ?? channel);
  byId('publish-text').focus();
});
byId('open-name').addEventListener('input', () => { byId('open-fault').textContent = ''; });

const help = byId('help');
byId('help-open').addEventListener('click', () => help.showModal());
byId('help-close').addEventListener('click', () => help.close());
help.addEventListener('click', (event) => { if (event.target === help) help.close(); });

const keys = {
  '?': () => help.showModal(),
  '/': () => (byId('filter').hidden ? byId('open-name') : byId('filter')).focus(),
  n: () => byId('open-name').focus(),
  m: () => byId('publish-text').focus(),
  p: togglePauseAll,
  t: showTerminal,
  j: () => go(1),
  k: () => go(-1),
};

function go(step) {
  const hash = channels.neighbour(step);
  if (hash) location.hash = hash;
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target.closest('input, textarea, select')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const card = session?.cards[Number(event.key) - 1];
  const action = card ? () => card.setPaused(!card.paused) : keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// A hidden page keeps its connections for a while, then gives them back.
document.addEventListener('visibilitychange', () => {
  clearTimeout(sleeping);
  if (document.hidden) {
    sleeping = setTimeout(() => {
      sleeping = 'asleep';
      session?.setAsleep(true);
    }, kSleepAfter);
  } else {
    sleeping = null;
    session?.setAsleep(false);
  }
});

// Brought back from the browser's cache, the page has lost its connections.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  session?.setAsleep(true);
  session?.setAsleep(false);
  channels.refresh();
});
