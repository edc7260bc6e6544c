# fish completion for rtmqtt; printed by: rtmqtt --generate fish

# Whether the cursor is at one of these: sub (in general), sub:0 (its first argument), sub:*
# (any of its arguments), none (before the verb).
function __rtmqtt_at
    set -l verb none
    set -l position 0
    set -l name
    set -l ends
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if set -q name[1]
            set -e name[1]
            continue
        end
        if not set -q ends[1]; and test "$word" != -
            switch $word
                case --
                    set ends 1
                    continue
                case --count --timeout --linger --data --content-type --max-message --delimiter --format --escape --output --expect --within --until --select --where --event --exec --exec-jobs --sent-at --stats-json --record --replay --speed --replay-from --protocol --topic --exclude --qos --client-id --session-expiry --will-topic --will-payload --will-qos --ws-path --property --response-topic --correlation --message-expiry --topic-from --mosquitto --store --header --connect-timeout --idle-timeout --keepalive --ping-interval --retry-max-delay --user --password-file --cacert --cert --key --proxy --resolve --unix-socket --interface --netrc-file --key-password-file --tls-max --psk-identity --psk-file --alpn --memory --max-connections --config --profile --generate
                    set name $word
                    continue
                case '-*'
                    # Only the last letter's value can be due.
                    string match -qr '^-[0Jqvk46hV]*[ndFoHu]$' -- $word
                    and set name $word
                    continue
            end
        end
        if test $verb != none
            set position (math $position + 1)
            continue
        end
        switch $word
            case sub pub pipe rpc serve
                set verb $word
            case '*'
                set verb unknown
        end
    end
    contains -- $verb $argv; or contains -- $verb:$position $argv; or contains -- "$verb:*" $argv
end

# Addresses, or endpoints of a relay.
function __rtmqtt_address
    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    string match -qr '[*?]' -- $typed; and return
    for name in (command rtmqtt --generate endpoints 2>/dev/null)
        printf '%s\tNamed endpoint\n' $name
    end
    printf '%s\t%s\n' \
        'mqtt://' 'In clear text' \
        'mqtts://' 'With TLS' \
        'mqtt+ws://' 'In clear text' \
        'mqtt+wss://' 'With TLS'
end

function __rtmqtt_file_behind_at
    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    string match -q '@*' -- $typed; or return
    for file in (__fish_complete_path (string sub -s 2 -- $typed))
        echo @$file
    end
end

complete -c rtmqtt -f
complete -c rtmqtt -n '__rtmqtt_at none' -a sub -d 'Print every message that arrives, until stopped'
complete -c rtmqtt -n '__rtmqtt_at none' -a pub -d 'Send the arguments, or else each message on stdin'
complete -c rtmqtt -n '__rtmqtt_at none' -a pipe -d 'Send stdin and print what arrives'
complete -c rtmqtt -n '__rtmqtt_at none' -a rpc -d 'Send the arguments, or else each message on stdin, and print the answers'
complete -c rtmqtt -n '__rtmqtt_at none' -a serve -d 'Be the broker; with CHANNEL also publish stdin and print what clients send'
complete -c rtmqtt -n '__rtmqtt_at "sub:*" "pub:0" "pipe:0" "rpc:0"' -a '(__rtmqtt_address)'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -s n -l count -x -d 'Stop after N messages have arrived'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l timeout -x -d 'Stop after this time'
complete -c rtmqtt -n '__rtmqtt_at none pipe' -l linger -x -d 'Wait so long for answers after stdin\'s end'
complete -c rtmqtt -n '__rtmqtt_at none pub rpc' -s d -l data -x -a '(__rtmqtt_file_behind_at)' -d 'Send DATA, or the content of @FILE'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe rpc' -l content-type -x -d 'Media type of the messages sent'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe' -l text -d 'Send text messages only'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe' -l binary -d 'Send binary messages only'
complete -c rtmqtt -l max-message -x -d 'Refuse messages larger than this'
complete -c rtmqtt -s 0 -l null -d 'Messages end with a NUL byte, not a newline'
complete -c rtmqtt -l delimiter -x -d 'Messages end with STRING'
complete -c rtmqtt -l crlf -d 'Lines that are read may end with CR LF'
complete -c rtmqtt -l length-prefix -d 'Put each message\'s length before it'
complete -c rtmqtt -s J -l json -d 'Read and write JSON envelopes, one a line'
complete -c rtmqtt -l raw -d 'Nothing between messages'
complete -c rtmqtt -l whole -d 'All of stdin is one binary message'
complete -c rtmqtt -l base64 -d 'Payloads are lines of base64'
complete -c rtmqtt -l hex -d 'Payloads are lines of hexadecimal digits'
complete -c rtmqtt -l json-values -d 'Each JSON value of stdin is a message'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe rpc serve' -s F -l format -x -d 'Write each message as TEMPLATE says'
complete -c rtmqtt -l escape -x -a 'backslash refuse none' -d 'How to write a message with a newline in it'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe rpc serve' -s o -l output -r -F -d 'Write messages to FILE, not to stdout'
complete -c rtmqtt -s q -l quiet -d 'Only errors on stderr'
complete -c rtmqtt -s v -l verbose -d 'Say what happens on stderr; -vv says more'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l expect -x -d 'Exit 0 at a message with PATTERN, else 7'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l within -x -d 'Longest time to wait for what --expect names'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l until -x -d 'Stop behind a message that has PATTERN in it'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l select -x -d 'Take a part of each JSON payload (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l where -x -d 'Only JSON messages that fulfil it (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l event -x -d 'Only events of this name (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l changes -d 'Only what differs from the last of its channel'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l diff -d 'Print what has changed in each message'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l exec -x -a '(__fish_complete_command)' -d 'Run CMD for each message, which is its stdin'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l exec-jobs -x -d 'Commands of --exec that run at a time'
complete -c rtmqtt -n '__rtmqtt_at none sub' -l reply -d 'Publish what CMD writes as the answer'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l shell -d 'CMD of --exec is a script for sh'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe' -l progress -d 'Show a live line of figures on stderr'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe' -l no-progress -d 'Never show the live line of figures'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe' -l stats -d 'Show totals on stderr at the end'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l sent-at -x -d 'Where JSON messages say when they were sent'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe' -l stats-json -r -F -d 'Write totals to FILE as JSON at the end'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe' -l record -r -F -d 'Record all messages and when they passed'
complete -c rtmqtt -n '__rtmqtt_at none pub' -l replay -r -F -d 'Play a recording as it was, in its time'
complete -c rtmqtt -n '__rtmqtt_at none pub' -l speed -x -d 'Play it X times as fast, or max: at once'
complete -c rtmqtt -n '__rtmqtt_at none pub' -l replay-from -x -a 'client server' -d 'Play what this side had sent'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l protocol -x -a '3.1.1 5' -d 'Speak this protocol'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l topic -x -d 'Subscribe to this too (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l exclude -x -d 'Leave out these topics (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l qos -x -a '0 1 2' -d 'At most once (0), at least once (1), once (2)'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe' -l retain -d 'Let the broker keep each topic\'s last message'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l retained-only -d 'Take only what the broker had kept'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l no-retained -d 'Take only what is published from now on'
complete -c rtmqtt -n '__rtmqtt_at none sub' -l remove-retained -d 'Remove what the broker had kept, once printed'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l client-id -x -d 'Identifier to connect with'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l clean -d 'Begin a new session, although one is kept'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l session-expiry -x -d 'How long the broker keeps the session'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l will-topic -x -d 'Where the broker reports an unexpected end'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l will-payload -x -d 'What the will says'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l will-qos -x -a '0 1 2' -d 'The will\'s QoS: 0, 1 or 2'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l will-retain -d 'Let the broker keep the will'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l ws-path -x -d 'The WebSocket\'s path at mqtt+ws://'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l follow-redirect -d 'Go where the broker sends its clients, once'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe' -l skip-refused -d 'Go on without messages that are refused'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe rpc' -l property -x -d 'Send the user property NAME=VALUE (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe rpc' -l response-topic -x -d 'Where answers to the messages are to go'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe' -l correlation -x -d 'What those answers are to bear'
complete -c rtmqtt -n '__rtmqtt_at none pub pipe rpc' -l message-expiry -x -d 'Drop a message that waited for so long'
complete -c rtmqtt -n '__rtmqtt_at none pub' -l topic-from -x -d 'Take each message\'s topic out of it'
complete -c rtmqtt -n '__rtmqtt_at none rpc' -l unordered -d 'Print answers as they come'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l mosquitto -x -a 'pub sub rr' -d 'First of all: be mosquitto_pub, _sub or _rr'
complete -c rtmqtt -n '__rtmqtt_at none serve' -l store -x -d 'Let the broker keep its state in DIR'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -s H -l header -x -d 'Send this \'Name: value\' (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l connect-timeout -x -d 'Longest time that connecting may take'
complete -c rtmqtt -n '__rtmqtt_at none sub pipe' -l idle-timeout -x -d 'Take a silent connection for dead after this'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l keepalive -l ping-interval -x -d 'Time between signs of life; 0 sends none'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l retry -d 'Try again when the first connection fails'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l no-reconnect -d 'End when the connection is lost'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l retry-max-delay -x -d 'Longest delay between two attempts'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -s u -l user -x -d 'User to authenticate as'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l password-file -r -F -d 'Read the password from FILE\'s first line'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l cacert -r -F -d 'Trust these certificates (PEM)'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l cert -r -F -d 'Show this client certificate (PEM)'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l key -r -F -d 'Private key of --cert (PEM)'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -s k -l insecure -d 'Do not check the server\'s certificate'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l proxy -x -d 'Connect through this proxy (a URL)'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l resolve -x -d 'HOST:PORT:ADDRESS to use (repeatable)'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l unix-socket -r -F -d 'Connect to this Unix socket'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l interface -x -d 'Connect from this interface or address'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -s 4 -l ipv4 -d 'Use IPv4 addresses of names alone'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -s 6 -l ipv6 -d 'Use IPv6 addresses of names alone'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l netrc -d 'Take user and password from .netrc'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l netrc-file -r -F -d 'The same from this file'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l key-password-file -r -F -d 'Read the password of --key from FILE'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l tls-max -x -a '1.2 1.3' -d 'Newest version of TLS to speak'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l psk-identity -x -d 'Who we are by a pre-shared key, at mqtts://'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l psk-file -r -F -d 'Read the key of --psk-identity from FILE'
complete -c rtmqtt -n '__rtmqtt_at none sub pub pipe rpc' -l alpn -x -d 'Tell an MQTT server this protocol name (ALPN)'
complete -c rtmqtt -n '__rtmqtt_at none serve' -l memory -x -d 'Memory of all channels, or of a broker'
complete -c rtmqtt -n '__rtmqtt_at none serve' -l max-connections -x -d 'Most connections at a time'
complete -c rtmqtt -n '__rtmqtt_at none serve' -l exit-on-eof -d 'End when stdin ends'
complete -c rtmqtt -l config -r -F -d 'Configuration file; \'\' reads none'
complete -c rtmqtt -l profile -x -a '(command rtmqtt --generate profiles 2>/dev/null)' -d 'Use this profile of the configuration file'
complete -c rtmqtt -l explain -d 'Show each option\'s value and its origin'
complete -c rtmqtt -l dry-run -d 'Say what would be done, and do nothing'
complete -c rtmqtt -s h -d 'Show a short help'
complete -c rtmqtt -l help -d 'Show the whole help, with examples'
complete -c rtmqtt -s V -l version -d 'Show the version'
complete -c rtmqtt -l generate -x -a 'man bash zsh fish' -d 'Print the man page, or completions for a shell'
