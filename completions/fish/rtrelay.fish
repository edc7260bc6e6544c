# fish completion for rtrelay; printed by: rtrelay --generate fish

# Whether the cursor is at one of these: sub (in general), sub:0 (its first argument), sub:*
# (any of its arguments), none (before the verb).
function __rtrelay_at
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
                case --count --timeout --linger --data --content-type --max-message --delimiter --format --escape --output --select --where --event --stats-json --record --interval --jitter --adaptive --changed --items --item-key --cursor --cursor-param --method --request --since --last --last-event-id --state --query-id --subprotocol --origin --protocol --join --send --send-binary --await --reject --answer --ping-message --ping-message-interval --topic --exclude --qos --client-id --session-expiry --will-topic --will-payload --will-qos --ws-path --property --from --map --filter --dead-letter --buffer --listen --mqtt --store --bus --at --same-by --message --readers --publishers --for --rounds --network --cut --late --poll-every --sweep --against --needs --html --hgrm --pick --each-key --transform --set-property --set-content-type --topic-header --batch --rate --ack-by --rotate --header --connect-timeout --idle-timeout --keepalive --ping-interval --final-codes --retry-max-delay --user --password-file --bearer --bearer-file --cacert --cert --key --proxy --resolve --unix-socket --interface --cookie-jar --netrc-file --key-password-file --tls-max --psk-identity --psk-file --alpn --history --history-bytes --history-age --memory --max-channels --max-connections --allow-origin --allow-host --base-path --heartbeat --sse-retry --config --profile --generate
                    set name $word
                    continue
                case '-*'
                    # Only the last letter's value can be due.
                    string match -qr '^-[0Jqvk46LhV]*[ndFoXHu]$' -- $word
                    and set name $word
                    continue
            end
        end
        if test $verb != none
            set position (math $position + 1)
            continue
        end
        switch $word
            case run serve compare
                set verb $word
            case '*'
                set verb relay
                set position 1
        end
    end
    contains -- $verb $argv; or contains -- $verb:$position $argv; or contains -- "$verb:*" $argv
end

# Addresses, or endpoints of a relay.
function __rtrelay_address
    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    string match -qr '[*?]' -- $typed; and return
    set -l known endpoints
    set -l words (commandline -opc)
    if test "$argv[1]" = sources; or contains -- --both $words
        set known sources
    else if __rtrelay_at none; and not string match -qr '^--from(=|$)' -- $words
        set known sources
    end
    if string match -q 'file:*' -- $typed
        for file in (__fish_complete_path (string sub -s 6 -- $typed))
            echo file:$file
        end
        return
    end
    for channel in (sh -c '
    url=${1#poll+} url=${url#sse+} url=${url#ws+} typed= base= full=$1
    case $url in
      *[!A-Za-z0-9/._~%:@+-]*) exit ;;
      @*/*)
        # What the name stands for, and the path behind it.
        name=${url%%/*}
        typed=${1%%@*}$name
        url=$(command "$2" --generate urls 2>/dev/null |
          while read -r word known; do
            if [ "$word" = "$name" ]; then printf %s "$known"; fi
          done)
        full=${1%%@*}$url
        url=${url#poll+} url=${url#sse+} url=${url#ws+}
        url=${url%/}/
        ;;
    esac
    case $3:$full in
      sources:http://* | sources:https://*) exit ;;
    esac
    case $url in
      *[!A-Za-z0-9/._~%:@+-]*) exit ;;
      http://*/* | https://*/*) ;;
      ws://*/* | wss://*/*) url=http${url#ws} ;;
      *://*) exit ;;
      :[0-9]*/*) url=http://127.0.0.1$url ;;
      *:[0-9]*/*) url=http://$url ;;
      *) exit ;;
    esac
    rest=${url#*://}
    hub=${url%%://*}://${rest%%/*}
    case $hub in
      # A password would be there for all to see who list processes.
      *@*) exit ;;
    esac
    if [ -n "$typed" ]; then
      base=/${rest#*/} base=${base%/}
    else
      typed=${1%"/${rest#*/}"}
    fi
    curl -q -s -f -m 1 --noproxy "*" "$hub/-/channels" 2>/dev/null |
      sed -n "s,^{\\"channel\\":\\"\\(/[A-Za-z0-9/._~%:@+-]*\\)\\".*,\\1,p" |
      while read -r channel; do
        case $channel in
          "$base"/*) printf "%s%s\\n" "$typed" "${channel#"$base"}" ;;
        esac
      done
  ' sh "$typed" rtrelay $known)
        printf '%s\tChannel\n' $channel
    end
    for name in (command rtrelay --generate $known 2>/dev/null)
        printf '%s\tNamed endpoint\n' $name
    end
    printf '%s\t%s\n' \
        '-' 'Stdin or stdout' \
        'ws://' 'A WebSocket' \
        'wss://' 'A WebSocket' \
        'mqtt://' 'An MQTT broker, over WebSocket as mqtt+ws' \
        'mqtts://' 'An MQTT broker, over WebSocket as mqtt+ws' \
        'sse+http://' 'An event stream' \
        'sse+https://' 'An event stream' \
        'poll+http://' 'A URL that is polled' \
        'poll+https://' 'A URL that is polled' \
        'exec:' 'A command' \
        'file:' 'A file' \
        'serve+http://' 'A hub in this process, for all transports of the web' \
        'serve+ws://' 'A hub in this process, for all transports of the web' \
        'serve+sse://' 'A hub in this process, for all transports of the web' \
        'serve+poll://' 'A hub in this process, for all transports of the web' \
        'serve+mqtt://' 'An MQTT broker beside this process'
    test $known = sources; and return
    printf '%s\t%s\n' \
        'http://' 'A POST for each message' \
        'https://' 'A POST for each message'
end

function __rtrelay_file_behind_at
    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    string match -q '@*' -- $typed; or return
    for file in (__fish_complete_path (string sub -s 2 -- $typed))
        echo @$file
    end
end

complete -c rtrelay -f
complete -c rtrelay -n '__rtrelay_at none' -a run -d 'Run the routes of a file, each by itself, for as long as it takes'
complete -c rtrelay -n '__rtrelay_at none' -a serve -d 'Serve channels to all transports'
complete -c rtrelay -n '__rtrelay_at none' -a compare -d 'Measure the transports side by side, with your own message and network'
complete -c rtrelay -n '__rtrelay_at "none" "relay:0" "relay:*"' -a '(__rtrelay_address)'
complete -c rtrelay -n '__rtrelay_at "run:0"' -F
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a poll -d 'polling for the latest message'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a poll-cursor -d 'polling by cursor'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a long-poll -d 'long polling'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a sse -d 'SSE'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a ws -d 'plain WebSocket'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a ws-hub -d 'WebSocket to a hub'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a mqtt0 -d 'MQTT at QoS 0'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a mqtt1 -d 'MQTT at QoS 1'
complete -c rtrelay -n '__rtrelay_at "compare:*"' -a mqtt2 -d 'MQTT at QoS 2'
complete -c rtrelay -n '__rtrelay_at none relay' -s n -l count -x -d 'Stop after N messages have arrived'
complete -c rtrelay -n '__rtrelay_at none relay' -l timeout -x -d 'Stop after this time'
complete -c rtrelay -n '__rtrelay_at none relay' -l linger -x -d 'Wait so long for answers after stdin\'s end'
complete -c rtrelay -n '__rtrelay_at none relay' -s d -l data -x -a '(__rtrelay_file_behind_at)' -d 'Send DATA, or the content of @FILE'
complete -c rtrelay -n '__rtrelay_at none relay' -l content-type -x -d 'Media type of the messages sent'
complete -c rtrelay -n '__rtrelay_at none relay' -l text -d 'Send text messages only'
complete -c rtrelay -n '__rtrelay_at none relay compare' -l binary -d 'Send binary messages only'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l max-message -x -d 'Refuse messages larger than this'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s 0 -l null -d 'Messages end with a NUL byte, not a newline'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l delimiter -x -d 'Messages end with STRING'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l crlf -d 'Lines that are read may end with CR LF'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l length-prefix -d 'Put each message\'s length before it'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s J -l json -d 'Read and write JSON envelopes, one a line'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l raw -d 'Nothing between messages'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l whole -d 'All of stdin is one binary message'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l base64 -d 'Payloads are lines of base64'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l hex -d 'Payloads are lines of hexadecimal digits'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l json-values -d 'Each JSON value of stdin is a message'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s F -l format -x -d 'Write each message as TEMPLATE says'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l escape -x -a 'backslash refuse none' -d 'How to write a message with a newline in it'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s o -l output -r -F -d 'Write messages to FILE, not to stdout'
complete -c rtrelay -s q -l quiet -d 'Only errors on stderr'
complete -c rtrelay -s v -l verbose -d 'Say what happens on stderr; -vv says more'
complete -c rtrelay -n '__rtrelay_at none relay' -l select -x -d 'Take a part of each JSON payload (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l where -x -d 'Only JSON messages that fulfil it (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l event -x -d 'Only events of this name (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l changes -d 'Only what differs from the last of its channel'
complete -c rtrelay -n '__rtrelay_at none relay' -l diff -d 'Print what has changed in each message'
complete -c rtrelay -n '__rtrelay_at none relay' -l progress -d 'Show a live line of figures on stderr'
complete -c rtrelay -n '__rtrelay_at none relay' -l no-progress -d 'Never show the live line of figures'
complete -c rtrelay -n '__rtrelay_at none relay run' -l stats -d 'Show totals on stderr at the end'
complete -c rtrelay -n '__rtrelay_at none relay run compare' -l stats-json -r -F -d 'Write totals to FILE as JSON at the end'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l record -r -F -d 'Record all messages and when they passed'
complete -c rtrelay -n '__rtrelay_at none relay' -l interval -x -d 'Time from one request to the next'
complete -c rtrelay -n '__rtrelay_at none relay' -l jitter -x -d 'Make each pause longer by a random part of it'
complete -c rtrelay -n '__rtrelay_at none relay' -l adaptive -x -d 'Ask less often while nothing changes'
complete -c rtrelay -n '__rtrelay_at none relay' -l follow-next -d 'Take the pages that Link: rel=next leads to'
complete -c rtrelay -n '__rtrelay_at none relay' -l any-origin -d 'These pages may lie on another server'
complete -c rtrelay -n '__rtrelay_at none relay' -l ignore-max-age -d 'Ask again while the last answer is fresh'
complete -c rtrelay -n '__rtrelay_at none relay' -l changed -x -a 'body validator' -d 'An answer is new by its body or its validator'
complete -c rtrelay -n '__rtrelay_at none relay' -l items -x -d 'Each new element of this list is a message'
complete -c rtrelay -n '__rtrelay_at none relay' -l item-key -x -d 'What tells elements of --items apart'
complete -c rtrelay -n '__rtrelay_at none relay' -l cursor -x -d 'Where an answer says what to ask for next'
complete -c rtrelay -n '__rtrelay_at none relay' -l cursor-param -x -d 'The query parameter that takes the cursor'
complete -c rtrelay -n '__rtrelay_at none relay' -l long -d 'Long polling: let the server wait for news'
complete -c rtrelay -n '__rtrelay_at none relay' -s X -l method -l request -x -d 'Ask with this method of HTTP'
complete -c rtrelay -n '__rtrelay_at none relay' -l since -x -d 'Begin behind message ID of an rtwire hub'
complete -c rtrelay -n '__rtrelay_at none relay' -l last -x -d 'Begin with the last N messages of a hub'
complete -c rtrelay -n '__rtrelay_at none relay' -l last-event-id -x -d 'Begin behind this event, if the server can'
complete -c rtrelay -n '__rtrelay_at none relay' -l allow-doubles -d 'Take what has come before, too'
complete -c rtrelay -n '__rtrelay_at none relay' -l state -r -F -d 'Leave in FILE where a run ends; begin there'
complete -c rtrelay -n '__rtrelay_at none relay' -l query-id -x -d 'Send the last id as this query parameter'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l subprotocol -x -d 'Offer or choose this subprotocol (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l compress -d 'Compress messages (permessage-deflate)'
complete -c rtrelay -n '__rtrelay_at none relay' -l origin -x -d 'Send this Origin header'
complete -c rtrelay -n '__rtrelay_at none relay' -l protocol -x -d 'Speak this protocol'
complete -c rtrelay -n '__rtrelay_at none relay' -l join -x -a '(__rtrelay_file_behind_at)' -d 'Say this JSON object when joining'
complete -c rtrelay -n '__rtrelay_at none relay' -l ack -d 'Let messages be acknowledged'
complete -c rtrelay -n '__rtrelay_at none relay' -l send -x -a '(__rtrelay_file_behind_at)' -d 'Send MESSAGE first (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l send-binary -x -a '(__rtrelay_file_behind_at)' -d 'Send it first, as binary (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l await -x -d 'Then wait for an answer like it (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l reject -x -d 'End with 5 at an answer like it (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l answer -x -d 'Answer messages by themselves (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l ping-message -x -d 'Send MESSAGE again and again as a sign of life'
complete -c rtrelay -n '__rtrelay_at none relay' -l ping-message-interval -x -d 'Time from one --ping-message to the next'
complete -c rtrelay -n '__rtrelay_at none relay' -l topic -x -d 'Subscribe to this too (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l exclude -x -d 'Leave out these topics (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l qos -x -a '0 1 2' -d 'At most once (0), at least once (1), once (2)'
complete -c rtrelay -n '__rtrelay_at none relay' -l retain -d 'Let the broker keep each topic\'s last message'
complete -c rtrelay -n '__rtrelay_at none relay' -l retained-only -d 'Take only what the broker had kept'
complete -c rtrelay -n '__rtrelay_at none relay' -l no-retained -d 'Take only what is published from now on'
complete -c rtrelay -n '__rtrelay_at none relay' -l client-id -x -d 'Identifier to connect with'
complete -c rtrelay -n '__rtrelay_at none relay' -l clean -d 'Begin a new session, although one is kept'
complete -c rtrelay -n '__rtrelay_at none relay' -l session-expiry -x -d 'How long the broker keeps the session'
complete -c rtrelay -n '__rtrelay_at none relay' -l will-topic -x -d 'Where the broker reports an unexpected end'
complete -c rtrelay -n '__rtrelay_at none relay' -l will-payload -x -d 'What the will says'
complete -c rtrelay -n '__rtrelay_at none relay' -l will-qos -x -a '0 1 2' -d 'The will\'s QoS: 0, 1 or 2'
complete -c rtrelay -n '__rtrelay_at none relay' -l will-retain -d 'Let the broker keep the will'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l ws-path -x -d 'The WebSocket\'s path at mqtt+ws://'
complete -c rtrelay -n '__rtrelay_at none relay' -l follow-redirect -d 'Go where the broker sends its clients, once'
complete -c rtrelay -n '__rtrelay_at none relay' -l property -x -d 'Send the user property NAME=VALUE (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l from -x -a '(__rtrelay_address sources)' -d 'Another source (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l both -d 'Relay both ways'
complete -c rtrelay -n '__rtrelay_at none relay' -l map -x -d 'Rename topics, as in sed\'s s (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l filter -x -d 'Let these topics through (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l dead-letter -x -a '(__rtrelay_address sources)' -d 'Where what a sink refuses for good goes'
complete -c rtrelay -n '__rtrelay_at none relay' -l buffer -x -d 'What to keep while a sink is slow'
complete -c rtrelay -n '__rtrelay_at none relay run' -l status -d 'Show a status line, on no terminal too'
complete -c rtrelay -n '__rtrelay_at none relay run' -l no-status -d 'Show no status line'
complete -c rtrelay -n '__rtrelay_at none run' -l check -d 'Judge the file, say what is wrong, and end'
complete -c rtrelay -n '__rtrelay_at none run' -l listen -x -d 'Tell how the routes are at [HOST:]PORT'
complete -c rtrelay -n '__rtrelay_at none serve' -l mqtt -x -d 'Start an MQTT broker at [HOST:]PORT'
complete -c rtrelay -n '__rtrelay_at none serve' -l store -x -d 'Let the broker keep its state in DIR'
complete -c rtrelay -n '__rtrelay_at none serve' -l bus -x -a 'mqtt:// mqtts:// mqtt+ws:// mqtt+wss:// (command rtrelay --generate brokers 2>/dev/null)' -d 'Share the topics of this MQTT broker'
complete -c rtrelay -n '__rtrelay_at none compare' -l at -x -a '(__rtrelay_address sources)' -d 'Compare feeds that exist (repeatable)'
complete -c rtrelay -n '__rtrelay_at none compare' -l same-by -x -d 'What tells that two messages are the same'
complete -c rtrelay -n '__rtrelay_at none compare' -l message -x -a '(__rtrelay_file_behind_at)' -d 'What is sent: TEXT, @FILE or a SIZE'
complete -c rtrelay -n '__rtrelay_at none compare' -l readers -x -d 'How many have each message'
complete -c rtrelay -n '__rtrelay_at none compare' -l publishers -x -d 'How many send, by turns'
complete -c rtrelay -n '__rtrelay_at none compare' -l two-way -d 'Measure requests and their answers'
complete -c rtrelay -n '__rtrelay_at none compare' -l for -x -d 'How long each way is measured in a round'
complete -c rtrelay -n '__rtrelay_at none compare' -l rounds -x -d 'How often all ways are measured, in turn'
complete -c rtrelay -n '__rtrelay_at none compare' -l network -x -d 'The network between server and readers'
complete -c rtrelay -n '__rtrelay_at none compare' -l cut -x -d 'Cut the readers\' connections'
complete -c rtrelay -n '__rtrelay_at none compare' -l late -x -d 'What takes longer is late'
complete -c rtrelay -n '__rtrelay_at none compare' -l poll-every -x -d 'The interval of poll and poll-cursor'
complete -c rtrelay -n '__rtrelay_at none compare' -l wide -d 'Show every figure, with its spread'
complete -c rtrelay -n '__rtrelay_at none compare' -l sweep -x -d 'Go through values of rate or readers'
complete -c rtrelay -n '__rtrelay_at none compare' -l against -r -F -d 'Show what changed since a --stats-json FILE'
complete -c rtrelay -n '__rtrelay_at none compare' -l needs -x -d 'What the way to take has to do'
complete -c rtrelay -n '__rtrelay_at none compare' -l html -r -F -d 'Write a page with charts to FILE'
complete -c rtrelay -n '__rtrelay_at none compare' -l hgrm -x -d 'Write each way\'s latencies there'
complete -c rtrelay -n '__rtrelay_at none relay' -l pick -x -d 'Send this part of each JSON payload'
complete -c rtrelay -n '__rtrelay_at none relay' -l each-key -x -d 'Send each member of a JSON object by itself'
complete -c rtrelay -n '__rtrelay_at none relay' -l transform -x -a '(__fish_complete_command)' -d 'Send what a command makes of each payload'
complete -c rtrelay -n '__rtrelay_at none relay' -l envelope -d 'Send each message as a JSON envelope'
complete -c rtrelay -n '__rtrelay_at none relay' -l set-property -x -d 'Give messages this property (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l set-content-type -x -d 'Give all messages this media type'
complete -c rtrelay -n '__rtrelay_at none relay' -l topic-header -x -d 'Send each POST\'s topic in this header'
complete -c rtrelay -n '__rtrelay_at none relay' -l batch -x -d 'POST several messages at once'
complete -c rtrelay -n '__rtrelay_at none relay compare' -l rate -x -d 'Send no faster'
complete -c rtrelay -n '__rtrelay_at none relay' -l ack-by -x -a 'read line' -d 'When a command has a message: exec:'
complete -c rtrelay -n '__rtrelay_at none relay' -l rotate -x -d 'Begin a new file at this size: file:'
complete -c rtrelay -n '__rtrelay_at none relay' -l from-start -d 'Read what the file has already: file:'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s H -l header -x -d 'Send this \'Name: value\' (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay' -l hub -d 'The other side is an rtwire hub'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l connect-timeout -x -d 'Longest time that connecting may take'
complete -c rtrelay -n '__rtrelay_at none relay' -l idle-timeout -x -d 'Take a silent connection for dead after this'
complete -c rtrelay -n '__rtrelay_at none relay' -l keepalive -l ping-interval -x -d 'Time between signs of life; 0 sends none'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l retry -d 'Try again when the first connection fails'
complete -c rtrelay -n '__rtrelay_at none relay' -l no-reconnect -d 'End when the connection is lost'
complete -c rtrelay -n '__rtrelay_at none relay' -l reconnect -d 'Ask again also with --data'
complete -c rtrelay -n '__rtrelay_at none relay' -l final-codes -x -d 'Close codes that end the run (4400-4499)'
complete -c rtrelay -n '__rtrelay_at none relay' -l no-cookies -d 'Do not return a server\'s cookies'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l retry-max-delay -x -d 'Longest delay between two attempts'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s u -l user -x -d 'User to authenticate as'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l password-file -r -F -d 'Read the password from FILE\'s first line'
complete -c rtrelay -n '__rtrelay_at none relay' -l bearer -x -d 'Send TOKEN as Authorization: Bearer'
complete -c rtrelay -n '__rtrelay_at none relay' -l bearer-file -r -F -d 'Read the bearer token from FILE'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l cacert -r -F -d 'Trust these certificates (PEM)'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l cert -r -F -d 'Show this client certificate (PEM)'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l key -r -F -d 'Private key of --cert (PEM)'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s k -l insecure -d 'Do not check the server\'s certificate'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l proxy -x -d 'Connect through this proxy (a URL)'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l resolve -x -d 'HOST:PORT:ADDRESS to use (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l unix-socket -r -F -d 'Connect to this Unix socket'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l interface -x -d 'Connect from this interface or address'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s 4 -l ipv4 -d 'Use IPv4 addresses of names alone'
complete -c rtrelay -n '__rtrelay_at none relay serve' -s 6 -l ipv6 -d 'Use IPv6 addresses of names alone'
complete -c rtrelay -n '__rtrelay_at none relay' -s L -l location -d 'Follow redirects, as is done anyway'
complete -c rtrelay -n '__rtrelay_at none relay' -l no-location -d 'Do not follow redirects'
complete -c rtrelay -n '__rtrelay_at none relay' -l cookie-jar -r -F -d 'Keep cookies in FILE, as curl\'s -b and -c do'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l netrc -d 'Take user and password from .netrc'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l netrc-file -r -F -d 'The same from this file'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l key-password-file -r -F -d 'Read the password of --key from FILE'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l tls-max -x -a '1.2 1.3' -d 'Newest version of TLS to speak'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l psk-identity -x -d 'Who we are by a pre-shared key, at mqtts://'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l psk-file -r -F -d 'Read the key of --psk-identity from FILE'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l alpn -x -d 'Tell an MQTT server this protocol name (ALPN)'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l history -x -d 'Messages that each channel keeps'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l history-bytes -x -d 'Bytes that each channel keeps'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l history-age -x -d 'Forget messages older than this'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l memory -x -d 'Memory of all channels, or of a broker'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l max-channels -x -d 'Most channels at a time'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l max-connections -x -d 'Most connections at a time'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l allow-origin -x -d 'Let pages of ORIGIN in (repeatable)'
complete -c rtrelay -n '__rtrelay_at none relay run serve' -l allow-host -x -d 'Answer to this Host name too (repeatable)'
complete -c rtrelay -n '__rtrelay_at none serve' -l base-path -x -d 'Path that all URLs of the hub begin with'
complete -c rtrelay -n '__rtrelay_at none serve' -l no-relay -d 'What clients publish goes to stdout only'
complete -c rtrelay -n '__rtrelay_at none serve' -l exit-on-eof -d 'End when stdin ends'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l heartbeat -x -d 'Time between signs of life; 0 sends none'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l sse-retry -x -d 'Reconnection time told to event streams'
complete -c rtrelay -l config -r -F -d 'Configuration file; \'\' reads none'
complete -c rtrelay -l profile -x -a '(command rtrelay --generate profiles 2>/dev/null)' -d 'Use this profile of the configuration file'
complete -c rtrelay -n '__rtrelay_at none relay serve' -l explain -d 'Show each option\'s value and its origin'
complete -c rtrelay -l dry-run -d 'Say what would be done, and do nothing'
complete -c rtrelay -s h -d 'Show a short help'
complete -c rtrelay -l help -d 'Show the whole help, with examples'
complete -c rtrelay -s V -l version -d 'Show the version'
complete -c rtrelay -l generate -x -a 'man bash zsh fish' -d 'Print the man page, or completions for a shell'
