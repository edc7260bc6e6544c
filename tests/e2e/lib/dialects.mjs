// Servers of what is spoken inside WebSockets: Socket.IO's and GraphQL's own, and one of Phoenix
// channels that was written for these tests, for its own needs Elixir. That it behaves as its
// clients expect is shown by Phoenix's own client, see ws_protocols.
import {buildSchema} from 'graphql';
import {useServer} from 'graphql-ws/lib/use/ws';
import {createServer} from 'node:http';
import {Server} from 'socket.io';
import {WebSocketServer} from 'ws';
import {defer, Watched} from './harness.mjs';

function listening(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

// `set_up(io)` says what it does. Gives `at(path, scheme)`, and `log(entry)` to note what happens
// in `entries`, which can be waited for.
export async function startSocketIo(setUp, options = {}) {
  const http = createServer();
  const io = new Server(http, options);
  const peer = new Watched();
  peer.entries = [];
  peer.log = (entry) => {
    peer.entries.push(entry);
    peer.changed();
  };
  peer.io = io;
  peer.http = http;
  peer.waitForEntries = (count) =>
      peer.until(() => peer.entries.length >= count && peer.entries, `${count} entries`);
  setUp(io, peer);
  const port = await listening(http);
  peer.at = (path = '/', scheme = 'ws') => `${scheme}://127.0.0.1:${port}${path}`;
  defer(() => new Promise((resolve) => io.close(resolve)));
  return peer;
}

// A server of this schema; `roots` has its resolvers. The options are those of graphql-ws.
export async function startGraphql(schema, roots, {keepAlive = 12_000, ...options} = {}) {
  const peer = new Watched();
  const server = new WebSocketServer({
    port: 0, host: '127.0.0.1',
    handleProtocols: (offered) => offered.has('graphql-transport-ws') && 'graphql-transport-ws',
  });
  peer.sockets = [];
  server.on('connection', (socket, request) => {
    socket.path = request.url;
    peer.sockets.push(socket);
    peer.changed();
  });
  const dispose = useServer({schema: buildSchema(schema), roots, ...options}, server, keepAlive);
  await new Promise((resolve) => server.once('listening', resolve));
  peer.url = `ws://127.0.0.1:${server.address().port}/graphql`;
  defer(() => dispose.dispose());
  return peer;
}

// Channels of Phoenix. `topics` has, by topic, `join(params)`, which gives {response} or {reason},
// and `push(channel, event, payload, reply)`; a channel has push(event, payload), crash(), close().
export async function startPhoenix(topics, {answersHeartbeats = true} = {}) {
  const peer = new Watched();
  const server = new WebSocketServer({port: 0, host: '127.0.0.1'});
  peer.frames = [];  // that came, of all
  peer.paths = [];
  peer.channels = [];
  server.on('connection', (socket, request) => {
    peer.paths.push(request.url);
    socket.on('message', (data, binary) => {
      const frame = binary ? readPush(data) : JSON.parse(data);
      peer.frames.push(frame);
      answer(socket, frame);
      peer.changed();
    });
  });
  function answer(socket, [joinRef, ref, topic, event, payload]) {
    const send = (...frame) => socket.send(JSON.stringify(frame));
    const reply = (status, response = {}) =>
        send(joinRef, ref, topic, 'phx_reply', {status, response});
    if (topic === 'phoenix') return answersHeartbeats && reply('ok');
    const known = topics[topic];
    if (event === 'phx_join') {
      const {reason, response} = known ? known.join(payload) : {reason: 'unmatched topic'};
      if (reason) return reply('error', {reason});
      const channel = {
        socket,
        push: (name, data) => send(null, null, topic, name, data),
        pushBytes: (name, data) => socket.send(broadcast(topic, name, data)),
        crash: () => send(joinRef, joinRef, topic, 'phx_error', {}),
        close: () => send(joinRef, joinRef, topic, 'phx_close', {}),
      };
      socket.channel = channel;
      peer.channels.push(channel);
      return reply('ok', response);
    }
    if (event === 'phx_leave') return reply('ok');
    return known?.push?.(socket.channel, event, payload, reply);
  }
  await new Promise((resolve) => server.once('listening', resolve));
  peer.at = (path = '/socket') => `ws://127.0.0.1:${server.address().port}${path}`;
  peer.waitForFrames = (count) =>
      peer.until(() => peer.frames.length >= count && peer.frames, `${count} frames`);
  defer(() => new Promise((resolve) => {
    for (const socket of server.clients) socket.terminate();
    server.close(resolve);
  }));
  return peer;
}

// Phoenix.Socket.V2.JSONSerializer: kind, and a byte for the size of each name.
function readPush(data) {
  const sizes = [...data.subarray(1, 5)];
  let at = 5;
  const names = sizes.map((size) => data.subarray(at, at += size).toString());
  return [...names, data.subarray(at)];
}

function broadcast(topic, event, data) {
  return Buffer.concat(
      [Buffer.from([2, topic.length, event.length]), Buffer.from(topic + event), data]);
}
