"""A WebSocket peer on Python's websockets, in both roles, moved by lines on stdin: PROTOCOL.md."""

import asyncio
import base64
import json
import ssl
import sys

from websockets.exceptions import ConnectionClosed, InvalidStatusCode
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Close, Opcode
from websockets.legacy.client import WebSocketClientProtocol, connect
from websockets.legacy.server import WebSocketServerProtocol, serve

KNOWN_TO_ALL = {"ping_interval": None, "max_size": None, "close_timeout": 30}


def say(event, **more):
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


def abort(protocol):
    # There is no transport before the TLS is done, and one of TLS that was closed twice has let go of what it
    # would abort.
    transport = getattr(protocol, "transport", None)
    if transport is None:
        return
    try:
        transport.abort()
    except AttributeError:
        pass


class Told:
    """What both roles tell beside messages."""

    number = 0

    # It is called to answer a ping.
    async def pong(self, data=b""):
        say("ping", socket=self.number, payload=base64.b64encode(data).decode())
        await super().pong(data)

    def opened(self, **more):
        names = ", ".join(extension.name for extension in self.extensions)
        say("open", socket=self.number, subprotocol=self.subprotocol or "", extensions=names, **more)


class AcceptedConnection(Told, WebSocketServerProtocol):
    pass


class OwnConnection(Told, WebSocketClientProtocol):
    # A Host that the tests ask for comes behind the one that it makes.
    def write_http_request(self, path, headers):
        hosts = headers.get_all("Host")
        del headers["Host"]
        headers["Host"] = hosts[-1]
        super().write_http_request(path, headers)


def deflate_terms(deflate):
    terms = {"server_no_context_takeover": deflate["server_no_context_takeover"],
             "client_no_context_takeover": deflate["client_no_context_takeover"],
             "server_max_window_bits": deflate["server_max_window_bits"] or None,
             "client_max_window_bits": deflate["client_max_window_bits"] or None}
    return terms


class Connection:
    """A connection and what waits to be done on it, in turn."""

    def __init__(self, protocol):
        self.protocol = protocol
        self.commands = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()

    async def last(self):
        """Until it is closed."""
        working = asyncio.create_task(self.work())
        protocol = self.protocol
        code, reason = 1006, ""
        try:
            while True:
                await self.reading.wait()
                message = await protocol.recv()
                text = isinstance(message, str)
                payload = base64.b64encode(message.encode() if text else message).decode()
                say("message", socket=protocol.number, text=text, payload=payload)
        except ConnectionClosed as closed:
            if closed.rcvd is not None:
                code, reason = closed.rcvd.code, closed.rcvd.reason
        await protocol.wait_closed()
        working.cancel()
        say("closed", socket=protocol.number, code=code, reason=reason)

    def command(self, what, command):
        if what == "terminate":
            abort(self.protocol)
        elif what == "pause":
            self.reading.clear()
            self.protocol.transport.pause_reading()
        elif what == "resume":
            self.protocol.transport.resume_reading()
            self.reading.set()
        else:
            self.commands.put_nowait((what, command))

    async def work(self):
        while True:
            what, command = await self.commands.get()
            try:
                if what == "send":
                    await self.send(command)
                elif what == "ping":
                    await self.ping(base64.b64decode(command["payload"]))
                elif what == "close":
                    await self.close(command["code"], command["reason"])
            except ConnectionClosed:
                return

    async def send(self, command):
        payload = base64.b64decode(command["payload"])
        whole = command["first"] and command["final"]
        text = command["text"]
        if whole and not text:
            await self.protocol.send(payload)
        else:
            # Also what send() takes for no text, and parts with something between them.
            opcode = Opcode.CONT
            if command["first"]:
                opcode = Opcode.TEXT if text else Opcode.BINARY
            await self.protocol.write_frame(command["final"], opcode, payload)
        if "tell" in command:
            say("sent", socket=self.protocol.number, tell=command["tell"])

    async def ping(self, payload):
        answered = await self.protocol.ping(payload)

        def tell(future):
            if not future.cancelled() and future.exception() is None:
                say("pong", socket=self.protocol.number, payload=base64.b64encode(payload).decode())

        answered.add_done_callback(tell)

    async def close(self, code, reason):
        if code:
            await self.protocol.close(code, reason)
            return
        # close() has no way to leave the code out.
        await self.protocol.write_close_frame(Close(1005, ""), b"")


class Peer:
    def __init__(self):
        self.accepted = 0
        self.servers = {}
        self.connections = {}
        self.tasks = set()

    def begin(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def listen(self, command):
        number = command["server"]

        async def serve_one(protocol):
            self.accepted += 1
            protocol.number = self.accepted
            fields = list(protocol.request_headers.raw_items())
            connection = self.connections[protocol.number] = Connection(protocol)
            protocol.opened(server=number, path=protocol.path, fields=fields)
            await connection.last()
            self.connections.pop(protocol.number, None)

        tls = command["tls"]
        context = None
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(tls["certificate"], tls["key"])
            if tls["client_ca"]:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(tls["client_ca"])
        extensions = None
        if command["deflate"]:
            extensions = [ServerPerMessageDeflateFactory(**deflate_terms(command["deflate"]))]
        server = await serve(serve_one, "127.0.0.1", command["port"], ssl=context, compression=None,
                             extensions=extensions, subprotocols=command["subprotocols"] or None,
                             create_protocol=AcceptedConnection, **KNOWN_TO_ALL)
        self.servers[number] = server
        say("listening", server=number, port=server.sockets[0].getsockname()[1])

    async def connect(self, command):
        number = command["socket"]
        fields = command["fields"]
        extensions = None
        if command["deflate"]:
            extensions = [ClientPerMessageDeflateFactory(**deflate_terms(command["deflate"]))]

        def create(*arguments, **named):
            protocol = OwnConnection(*arguments, **named)
            protocol.number = number
            return protocol

        try:
            protocol = await connect(command["url"], extra_headers=fields, compression=None,
                                     extensions=extensions, subprotocols=command["subprotocols"] or None,
                                     create_protocol=create, open_timeout=None, **KNOWN_TO_ALL)
        except InvalidStatusCode as refusal:
            say("refused", socket=number, status=refusal.status_code, reason=str(refusal))
            return
        except Exception as fault:  # pylint: disable=broad-except
            say("refused", socket=number, status=0, reason=f"{type(fault).__name__}: {fault}")
            return
        connection = self.connections[number] = Connection(protocol)
        protocol.opened()
        await connection.last()
        self.connections.pop(number, None)

    async def unlisten(self, number):
        server = self.servers.pop(number, None)
        if server is None:
            return
        for protocol in list(server.websockets):
            abort(protocol)
        server.close()

    async def obey(self, command):
        what = command["do"]
        if what == "listen":
            await self.listen(command)
        elif what == "unlisten":
            await self.unlisten(command["server"])
        elif what == "connect":
            self.begin(self.connect(command))
        elif command["socket"] in self.connections:
            self.connections[command["socket"]].command(what, command)

    async def run(self):
        reader = asyncio.StreamReader(limit=1 << 30)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            await self.obey(json.loads(line))


async def main():
    peer = Peer()
    try:
        await peer.run()
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
