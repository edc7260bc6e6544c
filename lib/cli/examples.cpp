#include "cli/help.hpp"

namespace rt::cli {
namespace {

constexpr Example kExamples[] = {
    {Program::rtpoll, Verb::sub, "Ask every five minutes, print what is new:",
     "rtpoll sub --interval 5m https://api.github.com/zen"},
    {Program::rtpoll, Verb::sub,
     "Get news at once, by long polling:", "rtpoll sub --long :8080/sensors/temp"},
    {Program::rtpoll, Verb::sub, "Take the last ten messages of a hub's channel, as JSON, and end:",
     "rtpoll sub --json --last 10 --count 10 :8080/sensors/temp"},
    {Program::rtpoll, Verb::pub, "Publish one message:", "rtpoll pub :8080/sensors/temp 21.5"},
    {Program::rtpoll, Verb::pub,
     "Publish each line of a file:", "rtpoll pub :8080/words < /usr/share/dict/words"},
    {Program::rtpoll, Verb::pipe, "Send lines by POST and print all that arrives, your own too:",
     "rtpoll pipe --long :8080/chat"},
    {Program::rtpoll, Verb::serve,
     "Serve channels, and put stdin on one of them:", "vmstat 5 | rtpoll serve 8080/vmstat"},

    {Program::rtsse, Verb::sub, "Print a public event stream:",
     "rtsse sub https://stream.wikimedia.org/v2/stream/recentchange"},
    {Program::rtsse, Verb::sub, "Begin with the last ten messages of a hub's channel:",
     "rtsse sub --json --last 10 :8080/logs"},
    {Program::rtsse, Verb::pub,
     "Publish two messages:", "rtsse pub :8080/news 'hello' 'and again'"},
    {Program::rtsse, Verb::pub,
     "Publish a whole file as one message:", "rtsse pub --data @/etc/hostname :8080/news"},
    {Program::rtsse, Verb::pipe,
     "Send lines by POST and print all that arrives, your own too:", "rtsse pipe :8080/chat"},
    {Program::rtsse, Verb::serve,
     "Let browsers follow a log:", "tail -F /var/log/syslog | rtsse serve 8080/logs"},

    {Program::rtws, Verb::sub, "Print every message on a channel:", "rtws sub :8080/news"},
    {Program::rtws, Verb::sub, "Take three messages as JSON, one a line, within a minute:",
     "rtws sub --json --count 3 --timeout 1m :8080/news"},
    {Program::rtws, Verb::pub, "Send one message:", "rtws pub :8080/news 'hello'"},
    {Program::rtws, Verb::pub,
     "Send each line of a log as it grows:", "tail -F /var/log/syslog | rtws pub :8080/logs"},
    {Program::rtws, Verb::pipe,
     "Talk to a server: a line is a message, both ways:", "rtws wss://echo.websocket.org"},
    {Program::rtws, Verb::pipe, "Send three messages and wait a second for the answers:",
     "seq 3 | rtws pipe --linger 1s wss://echo.websocket.org"},
    {Program::rtws, Verb::serve,
     "Be a chat room; this terminal takes part:", "rtws serve 8080/chat"},
    {Program::rtws, Verb::serve,
     "Be an echo server, for all interfaces:", "rtws serve --echo '*:8080'"},

    {Program::rtmqtt, Verb::sub,
     "Print the messages of all topics below one:", "rtmqtt sub 'mqtt://localhost/sensors/#'"},
    {Program::rtmqtt, Verb::sub, "Take ten messages from a public broker, as JSON, and end:",
     "rtmqtt sub --json --count 10 'mqtt://test.mosquitto.org/#'"},
    {Program::rtmqtt, Verb::sub, "Several topics, but not what lies below one of them:",
     "rtmqtt sub --topic 'lab/#' --topic news --exclude 'lab/debug/#' localhost"},
    {Program::rtmqtt, Verb::pub,
     "Publish one message:", "rtmqtt pub mqtt://localhost/sensors/temp 21.5"},
    {Program::rtmqtt, Verb::pub, "Publish each line, and end when the broker has all of them:",
     "rtmqtt pub --qos 1 mqtt://localhost/words < /usr/share/dict/words"},
    {Program::rtmqtt, Verb::pub, "Leave a message for those who subscribe later:",
     "rtmqtt pub --retain mqtt://localhost/state/door open"},
    {Program::rtmqtt, Verb::pipe,
     "Send lines and print what others send:", "rtmqtt pipe mqtt://localhost/chat"},
    {Program::rtmqtt, Verb::serve, "Be a broker for this machine:", "rtmqtt serve 1883"},
    {Program::rtmqtt, Verb::serve, "Be a broker for all interfaces, and publish a log:",
     "tail -F /var/log/syslog | rtmqtt serve '*:1883/log'"},

    {Program::rtrelay, Verb::relay, "Send a WebSocket's messages to an MQTT topic:",
     "rtrelay ws://localhost:8080/news mqtt://localhost/news"},
    {Program::rtrelay, Verb::relay, "Poll an API, and serve what is new as an event stream:",
     "rtrelay poll+https://api.github.com/zen serve+sse://:8080/zen --interval 5m"},
    {Program::rtrelay, Verb::relay,
     "Let a log be followed by polling, event streams, WebSockets and MQTT:",
     "rtrelay file:/var/log/syslog serve+http://:8080/log serve+mqtt://:1883/log"},
    {Program::rtrelay, Verb::relay, "Join a channel of a hub and a topic, both ways:",
     "rtrelay --both mqtt://localhost/chat ws://localhost:8080/chat"},
    {Program::rtrelay, Verb::relay, "Move a broker's topics to another one, renamed:",
     "rtrelay --map 's#^lab/#/#' 'mqtt://localhost/lab/#' mqtt://localhost:1884"},
    {Program::rtrelay, Verb::relay,
     "Publish what a command prints:", "rtrelay 'exec:vmstat -n 5' mqtt://localhost/vmstat"},
    {Program::rtrelay, Verb::serve,
     "Serve channels to polling, event streams and WebSockets:", "rtrelay serve 8080"},
    {Program::rtrelay, Verb::serve, "Show a broker's topics in a browser, at localhost:8080:",
     "rtrelay serve 8080 --bus mqtt://localhost"},
    {Program::rtrelay, Verb::serve,
     "Start a broker beside the hub:", "rtrelay serve 8080 --mqtt 1883"},
    {Program::rtrelay, Verb::serve, "Keep the last hundred messages of each channel:",
     "rtrelay serve --history 100 --memory 64MiB 8080"},
};

}  // namespace

std::span<const Example> examples() {
  return kExamples;
}

}  // namespace rt::cli
