// What goes wrong, and the one line that it is told in: a command line, the exit code, and stderr
// without "program: ". {name} stands for a place or a file of error_places.mjs, in both.
//
// A row is [command line, code, told, {input, env}]. Words are separated by spaces; $VAR=value words
// in front are the environment. `told` may be a list of lines.

const kRefused = 'cannot connect: Connection refused (--retry keeps trying)';
const kUnknownName =
    'cannot resolve nowhere.invalid: the name is unknown, or no name server answers ' +
    '(--retry keeps trying)';
const kHangup = 'the server closed the connection without an answer ';
const kReset = 'connection lost: Connection reset by peer';
const kLongHead = 'the head of the answer is too large';
const kNoHttp = 'the answer is not HTTP ';
const kUntrusted = "the server's certificate is not trusted (self-signed certificate); " +
    '-k skips the check, --cacert names a CA';
const kExpired =
    "the server's certificate is not valid now (certificate has expired); -k skips the check";
const kElsewhere = "the server's certificate is for another name (no alternative certificate " +
    "subject name matches target host name '127.0.0.1'); -k skips the check";
const kNoTls = 'the TLS handshake failed (perhaps the port speaks clear text: ';
const k401 = '(credentials are missing or wrong: -u, --bearer-file)';
const k403 = '(it wants other credentials, or another --origin)';
const kPath = '(is the path right?)';
const kNotAuthorised =
    'the broker does not authorise the connection (-u and --password-file, or --cert)';
const kBadPassword = 'the broker refuses the user name or password (-u, --password-file)';

// What a relay has read and cannot give to anybody is counted.
export const kOneLeft = 'rtrelay: ended before 1 message that was read could be passed on';

export const kNetwork = [
  // --- nobody there, or not for long
  ['rtpoll sub http://127.0.0.1:1/t', 3, `http://127.0.0.1:1/t: ${kRefused}`],
  ['rtsse sub http://127.0.0.1:1/t', 3, `http://127.0.0.1:1/t: ${kRefused}`],
  ['rtws sub ws://127.0.0.1:1/t', 3, `ws://127.0.0.1:1/t: ${kRefused}`],
  ['rtmqtt sub mqtt://127.0.0.1:1/t', 3, `mqtt://127.0.0.1:1/t: ${kRefused}`],
  ['rtpoll pub http://127.0.0.1:1/t x', 3, `http://127.0.0.1:1/t: ${kRefused}`],
  ['rtws sub ws://[::1]:1/t', 3, `ws://[::1]:1/t: ${kRefused}`],
  ['rtpoll sub http://[::1]:1/t', 3, `http://[::1]:1/t: ${kRefused}`],
  ['rtmqtt sub mqtt://[::1]:1/t', 3, `mqtt://[::1]:1/t: ${kRefused}`],
  ['rtrelay ws://127.0.0.1:1/t -', 3, `ws://127.0.0.1:1/t: ${kRefused}`],
  // A sink that takes POSTs is waited for.
  ['rtrelay --no-reconnect - sse+http://127.0.0.1:1/t', 3,
   [kOneLeft, `rtrelay: sse+http://127.0.0.1:1/t: ${kRefused}`], {input: 'x\n'}],
  ['rtpoll sub http://nowhere.invalid/t', 3, `http://nowhere.invalid/t: ${kUnknownName}`],
  ['rtsse sub http://nowhere.invalid/t', 3, `http://nowhere.invalid/t: ${kUnknownName}`],
  ['rtws sub ws://nowhere.invalid/t', 3, `ws://nowhere.invalid/t: ${kUnknownName}`],
  ['rtws sub -v ws://nowhere.invalid/t', 3, `ws://nowhere.invalid/t: ${kUnknownName}`],
  ['rtmqtt sub mqtt://nowhere.invalid/t', 3, `mqtt://nowhere.invalid/t: ${kUnknownName}`],
  ['rtpoll sub http://{reset}/t', 3, `http://{reset}/t: ${kReset} (--retry keeps trying)`],
  ['rtsse sub http://{reset}/t', 3, `http://{reset}/t: ${kReset} (--retry keeps trying)`],
  ['rtws sub ws://{reset}/t', 3, 'ws://{reset}/t: the connection was lost during the handshake ' +
      '(perhaps the port speaks TLS: wss://{reset}/t)'],
  ['rtmqtt sub mqtt://{reset}/t', 3, `mqtt://{reset}/t: ${kReset}: the broker did not answer ` +
      'CONNECT (perhaps the port speaks TLS: mqtts://{reset}/t)'],
  ['rtpoll sub http://{hangup}/t', 3,
   `http://{hangup}/t: ${kHangup}(perhaps the port speaks TLS: https://{hangup}/t)`],
  ['rtws sub ws://{hangup}/t', 3, `ws://{hangup}/t: ${kHangup}(perhaps the port speaks TLS: wss://{hangup}/t)`],
  ['rtmqtt sub mqtt://{hangup}/t', 3, 'mqtt://{hangup}/t: the connection was closed: the broker ' +
      'did not answer CONNECT (perhaps the port speaks TLS: mqtts://{hangup}/t)'],
  ['rtws sub --connect-timeout 500ms ws://{mute}/t', 3,
   'ws://{mute}/t: no answer to the handshake within 500 ms (--retry keeps trying)'],
  ['rtsse sub --connect-timeout 500ms http://{mute}/t', 3,
   'http://{mute}/t: no answer within 500 ms (--connect-timeout)'],
  ['rtpoll sub --connect-timeout 500ms http://{mute}/t', 3,
   'http://{mute}/t: no answer within 500 ms (--connect-timeout)'],
  ['rtpoll sub --connect-timeout 500ms --long=500ms http://{mute}/t', 3,
   'http://{mute}/t: no answer within 1 s (--connect-timeout)'],
  ['rtpoll pub --connect-timeout 500ms http://{mute}/t x', 3,
   'http://{mute}/t: no answer within 500 ms (--connect-timeout)'],
  ['rtmqtt sub --connect-timeout 500ms mqtt://{mute}/t', 3,
   'mqtt://{mute}/t: the broker did not answer in time (--connect-timeout)'],
  ['rtpoll sub --timeout 300ms http://{mute}/t', 7,
   'http://{mute}/t: no whole answer within --timeout'],
  ['rtws sub --timeout 300ms -n 2 ws://{echo}/t', 7,
   'ws://{echo}/t: 0 of 2 messages came within --timeout'],
  // --- something else there
  ['rtpoll sub http://{ssh}/t', 6,
   `http://{ssh}/t: ${kNoHttp}(perhaps the port speaks TLS: https://{ssh}/t)`],
  ['rtsse sub http://{ssh}/t', 6,
   `http://{ssh}/t: ${kNoHttp}(perhaps the port speaks TLS: https://{ssh}/t)`],
  ['rtws sub ws://{ssh}/t', 6, `ws://{ssh}/t: ${kNoHttp}(perhaps the port speaks TLS: wss://{ssh}/t)`],
  ['rtpoll sub http://{endless}/t', 6, `http://{endless}/t: ${kLongHead}`],
  ['rtpoll pub http://{endless}/t x', 6, `http://{endless}/t: ${kLongHead}`],
  ['rtsse sub http://{endless}/t', 6, `http://{endless}/t: ${kLongHead}`],
  ['rtmqtt sub mqtt://{ssh}/t', 6,
   "mqtt://{ssh}/t: what answers there is no MQTT broker (is it the broker's port?)"],
  ['rtmqtt sub mqtt://{status}/t', 6, 'mqtt://{status}/t: an HTTP server answers there, no MQTT ' +
      "broker (is it the broker's port?) (over WebSocket it is mqtt+ws://)"],
];

export const kTls = [
  ['rtpoll sub https://{status}/t', 4, `https://{status}/t: ${kNoTls}http://{status}/t)`],
  ['rtsse sub https://{status}/t', 4, `https://{status}/t: ${kNoTls}http://{status}/t)`],
  ['rtws sub wss://{status}/t', 4, `wss://{status}/t: ${kNoTls}ws://{status}/t)`],
  ['rtmqtt sub mqtts://{open}/t', 4, `mqtts://{open}/t: ${kNoTls}mqtt://{open}/t)`],
  ['rtmqtt sub mqtts://{status}/t', 4, `mqtts://{status}/t: ${kNoTls}mqtt://{status}/t)`],
  ['rtpoll sub http://{secure}/t', 3,
   `http://{secure}/t: ${kHangup}(perhaps the port speaks TLS: https://{secure}/t)`],
  ['rtsse sub http://{secure}/t', 3,
   `http://{secure}/t: ${kHangup}(perhaps the port speaks TLS: https://{secure}/t)`],
  ['rtws sub ws://{secure}/t', 3,
   `ws://{secure}/t: ${kHangup}(perhaps the port speaks TLS: wss://{secure}/t)`],
  ['rtmqtt sub mqtt://{tlsbroker}/t', 3, `mqtt://{tlsbroker}/t: ${kReset}: the broker did not ` +
      'answer CONNECT (perhaps the port speaks TLS: mqtts://{tlsbroker}/t)'],
  ['rtmqtt sub mqtt://{alert}/t', 4,
   'mqtt://{alert}/t: the port speaks TLS (try mqtts://{alert}/t)'],
  ['rtpoll sub https://{self}/t', 4, `https://{self}/t: ${kUntrusted}`],
  ['rtsse sub https://{self}/t', 4, `https://{self}/t: ${kUntrusted}`],
  ['rtws sub wss://{self}/t', 4, `wss://{self}/t: ${kUntrusted}`],
  ['rtmqtt sub mqtts://{self}/t', 4, `mqtts://{self}/t: ${kUntrusted}`],
  ['rtpoll sub --cacert {old} https://{expired}/t', 4, `https://{expired}/t: ${kExpired}`],
  ['rtws sub --cacert {old} wss://{expired}/t', 4, `wss://{expired}/t: ${kExpired}`],
  ['rtmqtt sub --cacert {old} mqtts://{expired}/t', 4, `mqtts://{expired}/t: ${kExpired}`],
  ['rtpoll sub --cacert {ca} https://{elsewhere}/t', 4, `https://{elsewhere}/t: ${kElsewhere}`],
  ['rtmqtt sub --cacert {ca} mqtts://{elsewhere}/t', 4, `mqtts://{elsewhere}/t: ${kElsewhere}`],
  ['rtws sub --cacert {ca} wss://{elsewhere}/t', 4, `wss://{elsewhere}/t: ${kElsewhere}`],
  ['rtpoll sub --cacert {ca} https://{strict}/t', 4, 'https://{strict}/t: the server does not ' +
      "accept this client's certificate (certificate required); --cert and --key give one"],
  ['rtws sub --cacert {ca} wss://{strict}/t', 4, 'wss://{strict}/t: the server does not ' +
      "accept this client's certificate (certificate required); --cert and --key give one"],
  ['rtws sub wss://[::1]:1/t', 3, `wss://[::1]:1/t: ${kRefused}`],
  ['rtpoll sub --cacert {missing} https://127.0.0.1:1/t', 2,
   '--cacert {missing}: cannot read: No such file or directory'],
  ['rtws sub --cacert {dir} wss://127.0.0.1:1/t', 2, '--cacert {dir}: cannot read: Is a directory'],
  ['rtmqtt sub --cacert {text} mqtts://127.0.0.1:1/t', 2,
   '--cacert {text}: holds no certificate in PEM'],
  ['rtpoll sub --cert {cert} https://127.0.0.1:1/t', 2,
   '--cert {cert}: holds no private key (give --key FILE) in PEM'],
  ['rtws sub --cert {cert} --key {cert} wss://127.0.0.1:1/t', 2,
   '--key {cert}: holds no private key in PEM'],
  ['rtpoll sub -u me --password-file {empty} http://127.0.0.1:1/t', 2,
   '--password-file {empty}: holds no secret: its first line is empty'],
  ['rtpoll sub --bearer-file {missing} http://127.0.0.1:1/t', 2,
   '--bearer-file {missing}: cannot read: No such file or directory'],
];

export const kAnswers = [
  // --- HTTP
  ['rtpoll sub http://{status}/401', 5, `http://{status}/401: HTTP 401 Unauthorized ${k401}`],
  ['rtpoll sub http://{status}/403', 5, `http://{status}/403: HTTP 403 Forbidden ${k403}`],
  ['rtpoll sub http://{status}/404', 1, `http://{status}/404: HTTP 404 Not Found ${kPath}`],
  ['rtpoll sub http://{status}/500', 1,
   'http://{status}/500: HTTP 500 Internal Server Error (--retry keeps trying)'],
  ['rtpoll sub http://{status}/302/loop', 6,
   'http://{status}/302/loop: more than 10 redirects: they go in a circle'],
  ['rtpoll sub http://{status}/302/away', 6,
   'http://{status}/302/away: the server redirects to a URL that is not of HTTP'],
  ['rtsse sub http://{status}/401', 5, `http://{status}/401: HTTP 401 Unauthorized ${k401}`],
  ['rtsse sub http://{status}/404', 1, `http://{status}/404: HTTP 404 Not Found ${kPath}`],
  ['rtsse sub http://{status}/503', 1,
   'http://{status}/503: HTTP 503 Service Unavailable (--retry keeps trying)'],
  ['rtsse sub http://{status}/204', 8, 'http://{status}/204: HTTP 204: the server has no more events'],
  ['rtsse sub http://{status}/200/text', 6,
   'http://{status}/200/text: the answer is no event stream but text/plain'],
  ['rtpoll pub http://{status}/401 x', 5, `http://{status}/401: HTTP 401 Unauthorized ${k401}`],
  ['rtpoll pub http://{status}/405 x', 1, 'http://{status}/405: HTTP 405 Method Not Allowed ' +
      '(is the path right, and is it one to publish to?)'],
  ['rtsse pub http://{status}/413 x', 1, 'http://{status}/413: HTTP 413 Content Too Large ' +
      '(the message is longer than the server takes)'],
  ['rtpoll pub http://{status}/415 x', 1, 'http://{status}/415: HTTP 415 Unsupported Media Type ' +
      '(the server takes another --content-type)'],
  ['rtpoll pub http://{status}/302/loop x', 1, 'http://{status}/302/loop: HTTP 302 Found: ' +
      'redirected to /302/loop, which was not followed (publish to that URL: only after 307 and 308 a ' +
      'message is sent there again)'],
  ['rtpoll sub http://{status}/403/problem', 5,
   'http://{status}/403/problem: HTTP 403 Forbidden: a\\x1B\\xE2\\x80\\xAEb'],
  ['rtws sub ws://{status}/403/problem', 5, 'ws://{status}/403/problem: the server answered 403 ' +
      'Forbidden, not a WebSocket: a\\x1B\\xE2\\x80\\xAEb'],
  // --- WebSocket
  ['rtws sub ws://{status}/426', 1, 'ws://{status}/426: the server answered 426 Upgrade ' +
      'Required, not a WebSocket (it may want another --subprotocol)'],
  ['rtws sub ws://{status}/200', 6,
   `ws://{status}/200: the server answered 200 OK, not a WebSocket ${kPath}`],
  ['rtws sub ws://{status}/401', 5,
   `ws://{status}/401: the server answered 401 Unauthorized, not a WebSocket ${k401}`],
  ['rtws sub ws://{status}/403', 5,
   `ws://{status}/403: the server answered 403 Forbidden, not a WebSocket ${k403}`],
  ['rtws sub ws://{status}/404', 1,
   `ws://{status}/404: the server answered 404 Not Found, not a WebSocket ${kPath}`],
  ['rtws sub ws://{status}/500', 1, 'ws://{status}/500: the server answered 500 Internal Server ' +
      'Error, not a WebSocket (--retry keeps trying)'],
  ['rtws sub ws://{status}/302/loop', 6, 'ws://{status}/302/loop: too many redirects'],
  ['rtws sub ws://{status}/302/away', 6, "ws://{status}/302/away: redirected to " +
      "'ftp://elsewhere.example/', which is no WebSocket's URL"],
  ['rtws sub ws://{bad}/accept', 6,
   "ws://{bad}/accept: the server's Sec-WebSocket-Accept is wrong"],
  ['rtws sub ws://{bad}/subprotocol', 6,
   'ws://{bad}/subprotocol: the server chose a subprotocol that was not offered'],
  ['rtws sub ws://{bad}/upgrade', 6,
   "ws://{bad}/upgrade: the server's answer does not upgrade the connection"],
  ['rtws sub ws://{bad}/reserved', 6,
   'ws://{bad}/reserved: the server sent a frame with an unknown opcode'],
  ['rtws sub ws://{bad}/utf8', 6, 'ws://{bad}/utf8: the server sent text that is not UTF-8'],
  ['rtws sub --no-reconnect ws://{bad}/cut', 8, 'ws://{bad}/cut: connection lost (--no-reconnect)'],
  ['rtws sub ws://{bad}/close1008', 8, 'ws://{bad}/close1008: the peer closed with 1008 (go away)'],
  ['rtws sub ws://{bad}/close1003', 8, 'ws://{bad}/close1003: the peer closed with 1003 (you did)'],
  ['rtws sub ws://{bad}/closebyte', 6,
   'ws://{bad}/closebyte: the server sent a close frame of one byte'],
  ['rtws sub --no-reconnect ws://{bad}/close1011', 8, 'ws://{bad}/close1011: the connection was ' +
      'closed by the peer (1011 out of \\x1B[31mcoffee) (--no-reconnect)'],
  ['rtws sub --hub ws://{plainws}/t', 6, 'ws://{plainws}/t: the other side is no rtwire hub: it ' +
      'does not speak rt.v1 (leave out --hub)'],
  ['rtws sub --max-message 3 ws://{bad}/long', 6,
   'ws://{bad}/long: the server sent a message of more than 3 bytes (--max-message)'],
  // --- MQTT
  ['rtmqtt sub --protocol 3.1.1 --client-id code1 mqtt://{fake}/t', 6,
   'mqtt://{fake}/t: the broker does not speak this version of MQTT (--protocol)'],
  ['rtmqtt sub --protocol 3.1.1 --client-id code2 mqtt://{fake}/t', 6,
   'mqtt://{fake}/t: the broker refuses the client identifier (--client-id)'],
  ['rtmqtt sub --protocol 3.1.1 --client-id code3 mqtt://{fake}/t', 3,
   'mqtt://{fake}/t: the broker is not available now (--retry keeps trying)'],
  ['rtmqtt sub --protocol 3.1.1 --client-id code4 mqtt://{fake}/t', 5,
   `mqtt://{fake}/t: ${kBadPassword}`],
  ['rtmqtt sub --protocol 3.1.1 --client-id code5 mqtt://{fake}/t', 5,
   `mqtt://{fake}/t: ${kNotAuthorised}`],
  ['rtmqtt sub --client-id code133 mqtt://{fake}/t', 6,
   'mqtt://{fake}/t: the broker refuses the client identifier (--client-id)'],
  ['rtmqtt sub --client-id code134 mqtt://{fake}/t', 5, `mqtt://{fake}/t: ${kBadPassword}`],
  ['rtmqtt sub --client-id code138 mqtt://{fake}/t', 5,
   'mqtt://{fake}/t: the broker refuses the connection: banned'],
  ['rtmqtt sub --client-id code157 mqtt://{fake}/t', 3,
   'mqtt://{fake}/t: the broker wants its clients elsewhere: server moved'],
  ['rtmqtt sub --client-id junk mqtt://{fake}/t', 6,
   "mqtt://{fake}/t: what came is not MQTT: a packet's length is malformed"],
  ['rtmqtt sub --client-id property mqtt://{fake}/t', 6,
   'mqtt://{fake}/t: the broker sent a malformed packet: the property 126 is not known'],
  ['rtmqtt sub --client-id kicked mqtt://{fake}/t', 1, 'mqtt://{fake}/t: the broker ended the ' +
      'connection: session taken over by another client of the same identifier (--client-id)'],
  ['rtmqtt sub --client-id filter mqtt://{fake}/t', 5,
   "mqtt://{fake}/t: the broker refuses the subscription to 't': not authorized"],
  ['$RT_PASSWORD=wrong rtmqtt sub -u me mqtt://{closed}/t', 5,
   `mqtt://{closed}/t: ${kNotAuthorised}`],
  ['rtmqtt sub mqtt://{closed}/t', 5, `mqtt://{closed}/t: ${kNotAuthorised}`],
  // --- proxies
  ['$https_proxy=http://{proxy403} rtpoll sub https://nowhere.invalid/t', 5,
   'https://nowhere.invalid/t: the proxy did not open a tunnel: HTTP 403'],
  ['$https_proxy=http://{proxy407} rtpoll sub https://nowhere.invalid/t', 5,
   'https://nowhere.invalid/t: the proxy did not open a tunnel: HTTP 407 (the proxy wants ' +
      'credentials: http://USER:PASSWORD@HOST:PORT)'],
  ['$https_proxy=http://127.0.0.1:1 rtsse sub https://nowhere.invalid/t', 3,
   'https://nowhere.invalid/t: cannot connect to the proxy 127.0.0.1:1: Connection refused ' +
      '(--retry keeps trying)'],
  ['$https_proxy=http://nowhere.invalid:1 rtpoll sub https://127.0.0.1:1/t', 3,
   'https://127.0.0.1:1/t: cannot resolve the proxy: the name is unknown, or no name server ' +
      'answers (--retry keeps trying)'],
  ['$http_proxy=http://{proxy407} rtws sub ws://nowhere.invalid/t', 5,
   'ws://nowhere.invalid/t: the proxy did not open a tunnel: HTTP 407 (the proxy wants ' +
      'credentials: http://USER:PASSWORD@HOST:PORT)'],
  ['$http_proxy=http://{proxy403} rtws sub ws://nowhere.invalid/t', 5,
   'ws://nowhere.invalid/t: the proxy did not open a tunnel: HTTP 403'],
  ['$http_proxy=http://{proxy404} rtws sub ws://nowhere.invalid/t', 3,
   'ws://nowhere.invalid/t: the proxy did not open a tunnel: HTTP 404 (is it a proxy?)'],
  ['$https_proxy=http://{proxy404} rtpoll sub https://nowhere.invalid/t', 3,
   'https://nowhere.invalid/t: the proxy did not open a tunnel: HTTP 404 (is it a proxy?)'],
  ['$http_proxy=http://{ssh} rtws sub ws://nowhere.invalid/t', 3,
   'ws://nowhere.invalid/t: the proxy closed the connection (is it a proxy?)'],
  ['$http_proxy=http://127.0.0.1:1 rtws sub ws://nowhere.invalid/t', 3,
   'ws://nowhere.invalid/t: cannot connect to the proxy 127.0.0.1:1: Connection refused ' +
      '(--retry keeps trying)'],
  ['$http_proxy=socks5://127.0.0.1:1 rtws sub ws://nowhere.invalid/t', 3,
   'ws://nowhere.invalid/t: cannot connect to the proxy 127.0.0.1:1: Connection refused ' +
      '(--retry keeps trying)'],
  ['$http_proxy=gopher://127.0.0.1:1 rtws sub ws://nowhere.invalid/t', 2,
   'ws://nowhere.invalid/t: a WebSocket cannot go through the proxy that the environment names: ' +
      "'gopher' is not spoken, only http, https and SOCKS"],
  ['$http_proxy=http://{proxy403} rtmqtt sub mqtt://nowhere.invalid/t', 5,
   'mqtt://nowhere.invalid/t: the proxy did not open a tunnel: HTTP 403'],
];

export const kInput = [
  ['rtmqtt pub --json mqtt://{open}', 2, "stdin: message 2: mqtt://{open}/: cannot publish: " +
      "'/a/+': has + or #, which a topic cannot have",
   {input: '{"data":"x","channel":"/a"}\n{"data":"x","channel":"/a/+"}\n'}],
  ['rtmqtt pub --json mqtt://{open}', 2,
   'stdin: message 1: mqtt://{open}/: cannot publish: a message names no channel',
   {input: '{"data":"x"}\n'}],
  ['rtmqtt pub --json mqtt://{open}/t', 2, 'stdin: line 2: not a JSON object',
   {input: '{"data":"x"}\nnot json\n'}],
  ['rtws pub --json ws://{echo}/t', 2, 'stdin: line 1: "data" must be a string',
   {input: '{"data":1}\n'}],
  ['rtws pub --json ws://{echo}/t', 2, 'stdin: line 2: not valid JSON',
   {input: '\n{"data":"x"\n'}],
  ['rtws pub --json ws://{echo}/t', 2, 'stdin: line 1: "v" is 2, only version 1 is known',
   {input: '{"v":2,"data":"x"}\n'}],
  ['rtpoll pub --json http://{status}/200', 2,
   'stdin: line 3: "data_base64" is not valid base64',
   {input: '{"data":"1"}\n{"data":"2"}\n{"data_base64":"!"}\n'}],
  ['rtws pub --length-prefix ws://{echo}/t', 2, 'stdin: message 1: the stream ends inside it',
   {input: 'abc'}],
  ['rtws pub --max-message 3 ws://{echo}/t', 2, 'stdin: line 2: longer than the limit of 3 bytes',
   {input: 'ok\nlonger\n'}],
  ['rtws pub --max-message 3 ws://{echo}/t longer', 2,
   'a message of 6 bytes is longer than --max-message (3 bytes)'],
  ['rtws pub -d @/dev/zero --max-message 1MiB ws://{echo}/t', 2,
   '/dev/zero is longer than --max-message (1048576 bytes)'],
  ['rtws pub -d @- --max-message 3 ws://{echo}/t', 2,
   'stdin is longer than --max-message (3 bytes)', {input: 'longer'}],
  ['rtpoll pub -d @{missing} http://{status}/200', 2,
   '--data @{missing}: cannot read: No such file or directory'],
  ['rtrelay file:{dir} -', 1, 'file: {dir}: cannot read: Is a directory'],
  ['rtrelay exec:/nonexistent/program -', 1,
   ['sh: 1: /nonexistent/program: not found',
    'rtrelay: exec: /nonexistent/program: exit status 127']],
  ['rtrelay exec:false -', 1, 'exec: false: exit status 1'],
  ['rtrelay - file:/nonexistent/dir/x', 2,
   'file: /nonexistent/dir/x: cannot write: No such file or directory', {input: 'x\n'}],
  ['rtrelay - file:/dev/full', 1,
   [kOneLeft, 'rtrelay: file: /dev/full: cannot write: No space left on device'], {input: 'x\n'}],
  ['rtpoll sub -o {text}/x http://{status}/200/text', 2,
   '--output {text}/x: cannot write: Not a directory'],
];

export const kServers = [
  ['rtpoll serve 192.0.2.1:0', 1, 'cannot listen on 192.0.2.1:0: Cannot assign requested ' +
      'address (no interface of this machine has this address)'],
  ['rtmqtt serve 192.0.2.1:0', 1, 'cannot listen on 192.0.2.1:0: Cannot assign requested ' +
      'address (no interface of this machine has this address)'],
  ['rtpoll serve nowhere.invalid:0', 3,
   'cannot resolve nowhere.invalid: Host not found (authoritative)'],
  ...['rtpoll', 'rtsse', 'rtws', 'rtmqtt', 'rtrelay'].map((program) => [
    `${program} serve {status}`, 1, 'cannot listen on {status}: Address already in use ' +
        '(another program has it; 0 picks a free one)']),
  ['rtrelay serve 0 --bus mqtt://127.0.0.1:1', 3,
   'mqtt://127.0.0.1:1/: cannot connect: Connection refused (--retry keeps trying)'],
  ['rtpoll serve 65536', 2, 'port 65536 is out of range (0 to 65535)'],
  ['rtpoll serve [::1:0', 2, '"[::1:0" has no ] after the IPv6 address'],
];

const see = (program) => `(${program} --help)`;

export const kUsage = [
  // --- programs and verbs
  ['rtws', 2, `a verb is missing: use sub, pub, pipe or serve ${see('rtws')}`],
  ['rtpoll http://h/t', 2,
   `a verb goes before http://h/t: use sub, pub, pipe or serve ${see('rtpoll')}`],
  ['rtws sbu ws://h', 2, `unknown verb sbu: did you mean sub? ${see('rtws')}`],
  ['rtsse subscribe http://h', 2, `unknown verb subscribe: use sub ${see('rtsse')}`],
  ['rtmqtt publish mqtt://h/t x', 2, `unknown verb publish: use pub ${see('rtmqtt')}`],
  ['rtws listen 8080', 2, `unknown verb listen: use serve ${see('rtws')}`],
  ['rtws connect ws://h', 2, `unknown verb connect: use pipe ${see('rtws')}`],
  ['rtws dance', 2, `unknown verb dance: use sub, pub, pipe or serve ${see('rtws')}`],
  ['rtws -d ws://h hello', 2, '-d is what pub sends, and no verb is given: write ' +
      `rtws pub URL -d DATA ${see('rtws')}`],
  ['rtmqtt pub h a/b hello', 2, 'the topic stands in the URL: rtmqtt pub h/a/b -d MSG ' +
      see('rtmqtt pub')],
  ['rtsse sub --config= @', 2, "an endpoint's name is missing behind @: there is no " +
      `configuration file (--config FILE) ${see('rtsse sub')}`],
  // --- schemes, hosts, ports
  ['rtpoll sub htps://h/t', 2, `unknown scheme "htps": did you mean https? ${see('rtpoll sub')}`],
  ['rtws sub wss//h/t', 2, `a colon is missing: write wss://HOST ${see('rtws sub')}`],
  ['rtws sub wss:/h/t', 2,
   `wss: must be followed by two slashes: wss://HOST ${see('rtws sub')}`],
  ['rtws sub wsss:/h/t', 2, `unknown scheme "wsss": did you mean wss://? ${see('rtws sub')}`],
  ['rtmqtt sub mqqt://h/t', 2, `unknown scheme "mqqt": did you mean mqtt? ${see('rtmqtt sub')}`],
  ['rtmqtt sub ssl://h/t', 2, `unknown scheme "ssl": did you mean mqtts? ${see('rtmqtt sub')}`],
  ['rtws sub gopher://h', 2, `unknown scheme "gopher": use http, https, ws, wss, mqtt or mqtts ` +
      see('rtws sub')],
  ['rtws sub mqtt://h/t', 2, `rtws does not speak mqtt: use rtmqtt ${see('rtws sub')}`],
  ['rtws sub ws://h:65536/t', 2,
   `port 65536 is out of range (1 to 65535) ${see('rtws sub')}`],
  ['rtsse sub http://h:0/t', 2, `port 0 is out of range (1 to 65535) ${see('rtsse sub')}`],
  ['rtws sub ws://h:x/t', 2, `port "x" is not a number ${see('rtws sub')}`],
  ['rtws sub ws://[::1/t', 2, `"[::1" has no ] after the IPv6 address ${see('rtws sub')}`],
  ['rtws sub ws://::1/t', 2, '"::1" has several colons: write an IPv6 address in ' +
      `brackets, such as [::1]:8080 ${see('rtws sub')}`],
  ['rtpoll sub http://h/#f', 2, 'a # at character 10 of the URL begins a fragment, which is ' +
      `never sent: write it as %23 ${see('rtpoll sub')}`],
  ['rtpoll sub http:///x', 2, `the URL has no host ${see('rtpoll sub')}`],
  ['rtpoll sub http://h/%zz', 2, 'a % at character 10 of the URL without two hex digits after ' +
      `it: write %25 for a % itself ${see('rtpoll sub')}`],
  ['rtmqtt sub mqtt://h/a/#/b', 2,
   `topic "a/#/b": # can only be the last level ${see('rtmqtt sub')}`],
  ['rtrelay sse+htp://h/x -', 2,
   `FROM: unknown scheme "sse+htp": did you mean sse+http? ${see('rtrelay')}`],
  ['rtrelay - tcp://h/x', 2, `TO: unknown scheme "tcp": did you mean mqtt? ${see('rtrelay')}`],
  // --- options
  ['rtws sub --max-mesage 3 ws://h', 2,
   `unknown option --max-mesage: did you mean --max-message? ${see('rtws sub')}`],
  ['rtws sub --frobnicate ws://h', 2, `unknown option --frobnicate ${see('rtws sub')}`],
  ['rtpoll sub --max-time 3 http://h', 2,
   `unknown option --max-time: use --timeout DURATION ${see('rtpoll sub')}`],
  ['rtpoll sub -x http://p http://h', 2,
   `unknown option -x: use --proxy URL ${see('rtpoll sub')}`],
  ['rtmqtt sub -t lab/# h', 2, 'unknown option -t: topics stand in the URL: ' +
      `mqtt://HOST/TOPIC, or --topic FILTER ${see('rtmqtt sub')}`],
  ['rtmqtt sub -h localhost -t lab/#', 2, 'unknown option -t: topics stand in the URL: ' +
      `mqtt://HOST/TOPIC, or --topic FILTER ${see('rtmqtt sub')}`],
  ['rtmqtt pub -p 1884 h/t x', 2, 'unknown option -p: the port stands in the URL: ' +
      `mqtt://HOST:PORT/TOPIC ${see('rtmqtt pub')}`],
  ['rtmqtt sub --cafile x h/t', 2,
   `unknown option --cafile: use --cacert FILE ${see('rtmqtt sub')}`],
  ['rtws -c ws://h', 2, 'unknown option -c: the URL is an argument: rtws URL ' + see('rtws pipe')],
  ['rtws sub --text ws://h', 2, '--text is an option of rtws pub, rtws pipe or rtws ' +
      `serve, not of rtws sub ${see('rtws sub')}`],
  ['rtws pub --hub=yes ws://h x', 2, '--hub takes no value: leave out "=yes"'],
  ['rtws sub ws://h -n', 2, '-n needs a value: -n N'],
  ['rtws sub ws://h --count', 2, '--count needs a value: --count N'],
  ['rtws sub -n many ws://h', 2, `--count many: not a whole number ${see('rtws sub')}`],
  ['rtws sub --timeout soon ws://h', 2,
   `--timeout soon: not a time span such as 500ms, 5s, 2m or 1h ${see('rtws sub')}`],
  ['rtws sub --max-message big ws://h', 2,
   `--max-message big: not a size such as 500, 64KiB or 16MiB ${see('rtws sub')}`],
  ['rtws sub -H nocolon ws://h', 2,
   `--header: not a header such as 'Name: value' ${see('rtws sub')}`],
  ['rtws sub --escape backslahs ws://h', 2, '--escape backslahs: must be backslash, refuse or ' +
      `none: did you mean backslash? ${see('rtws sub')}`],
  ['rtmqtt sub --qos 3 h/t', 2, `--qos 3: must be 0, 1 or 2 ${see('rtmqtt sub')}`],
  ['rtws sub -q -v ws://h', 2,
   `--quiet and --verbose exclude each other: give one ${see('rtws sub')}`],
  ['rtws sub -0 -J ws://h', 2, `--null and --json exclude each other: give one ${see('rtws sub')}`],
  ['rtws sub --will-topic x ws://h', 2,
   `--will-topic is an option of rtmqtt or rtrelay, not of rtws sub ${see('rtws sub')}`],
  ['rtws pub ws://h -x', 2, 'unknown option -x: use rtws pub URL MESSAGE ' + see('rtws pub')],
  ['rtpoll pub http://h -Q', 2,
   `unknown option -Q: a message that begins with - goes after -- ${see('rtpoll pub')}`],
  ['$RT_COUNT=many rtws sub ws://h', 2, 'RT_COUNT=many: not a whole number'],
  ['rtws sub', 2, `sub needs a URL: rtws sub URL ${see('rtws sub')}`],
  ['rtws sub ws://h extra', 2, `unexpected argument extra: rtws sub URL ${see('rtws sub')}`],
  ['rtpoll pub -d x http://h y', 2,
   `--data and MESSAGE arguments exclude each other: give one ${see('rtpoll pub')}`],
  ['rtws --generate pdf', 2, '--generate pdf: must be man, bash, zsh or fish ' + see('rtws')],
];

export const kTable = [...kNetwork, ...kTls, ...kAnswers, ...kInput, ...kServers, ...kUsage];
