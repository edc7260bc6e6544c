// Tests of WebSocket, run once against each of three implementations that share nothing with ours.
//
// Some stay with one peer, as ordinary tests: what breaks the rules byte by byte or looks at a raw answer
// (hub_ws, ws_servers); what looks into ws's own sockets or TLS, or words its errors (ws_servers, hub_mqtt);
// where WebSocket is only one of the places that fail or come back (errors, hub_mqtt's broker that is killed).
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {PeerProgram} from './foreign_ws.mjs';
import {kBin, kRoot, test} from './harness.mjs';
import {wsClient, WsPeer, wsRefusal} from './peers.mjs';

// What an implementation cannot do, and so no test that needs it runs against it. Of libwebsockets at
// 4.1.6 and websockets at 10.4, which Debian 12 has.
export const kCannot = {
  answerAtOnce: {
    libwebsockets: 'the test answers by way of a process of its own, and is late for what comes with the next frame',
    websockets: 'the test answers by way of a process of its own, and is late for what comes with the next frame',
  },
  closeWithoutCode: {
    libwebsockets: 'writes a code into every close',
  },
  chooseTerms: {
    libwebsockets: 'as a server takes what is offered of compression and asks for nothing',
  },
  compressNothing: {
    libwebsockets: 'aborts when it compresses an empty message',
  },
  readUncompressed: {
    libwebsockets: 'as a client spins on a message that is not compressed where compression was agreed',
  },
  tellPingsWhileFull: {
    libwebsockets: 'answers pings and tells nothing of them',
    websockets: 'reads no further before its answer to a ping is on its way',
  },
};

const kLwsPeer = join(dirname(kBin), 'tests', 'lws_peer');

// A python3 of elsewhere may come first in PATH and have no websockets.
function pythonWithWebsockets() {
  if (existsSync('/usr/lib/python3/dist-packages/websockets/legacy')) return '/usr/bin/python3';
  const {status} = spawnSync('python3', ['-c', 'import websockets.legacy.client'], {stdio: 'ignore'});
  return status === 0 ? 'python3' : undefined;
}
const kPython = pythonWithWebsockets();

// A kind by a program of its own.
function foreign(name, command, notHere) {
  const program = new PeerProgram(command);
  const connect = (...args) => program.connect(...args);
  return {
    name, notHere,
    WsPeer: {start: (onConnection, options) => WsPeer.startForeign(program, onConnection, options)},
    wsClient: (url, options) => wsClient(url, options, connect),
    wsRefusal: (url, options) => wsRefusal(url, options, connect),
  };
}

export const kPeers = [
  {name: 'ws', WsPeer, wsClient, wsRefusal},
  foreign('libwebsockets', [kLwsPeer],
          existsSync(kLwsPeer) ? undefined : 'lws_peer is not built, for libwebsockets is missing'),
  foreign('websockets', [kPython, join(kRoot, 'tests', 'peers', 'websockets_peer.py')],
          kPython ? undefined : 'Python has no websockets'),
];

// A test that is run with each peer: `run({WsPeer, wsClient, wsRefusal, name}, context)`. `needs` are
// names of kCannot.
export function eachPeer(name, run, {needs = [], notHere, ...options} = {}) {
  for (const need of needs) {
    if (!kCannot[need]) throw new Error(`kCannot has no ${need}`);
  }
  for (const peer of kPeers) {
    if (needs.some((need) => kCannot[need][peer.name])) continue;
    test(`${name} (${peer.name})`, (context) => run(peer, context), {notHere: notHere ?? peer.notHere, ...options});
  }
}
