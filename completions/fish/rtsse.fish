# fish completion for rtsse; printed by: rtsse --generate fish

# Whether the cursor is at one of these: sub (in general), sub:0 (its first argument), sub:*
# (any of its arguments), none (before the verb).
function __rtsse_at
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
                case --count --timeout --linger --data --content-type --max-message --delimiter --format --escape --output --expect --within --until --select --where --event --exec --exec-jobs --sent-at --stats-json --record --replay --speed --replay-from --method --request --since --last --last-event-id --state --query-id --header --connect-timeout --idle-timeout --retry-max-delay --user --password-file --bearer --bearer-file --cacert --cert --key --proxy --resolve --unix-socket --interface --cookie-jar --netrc-file --key-password-file --tls-max --history --history-bytes --history-age --memory --max-channels --max-connections --allow-origin --allow-host --base-path --heartbeat --sse-retry --config --profile --generate
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
            case sub pub pipe serve
                set verb $word
            case '*'
                set verb unknown
        end
    end
    contains -- $verb $argv; or contains -- $verb:$position $argv; or contains -- "$verb:*" $argv
end

# Addresses, or endpoints of a relay.
function __rtsse_address
    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    string match -qr '[*?]' -- $typed; and return
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
  ' sh "$typed" rtsse)
        printf '%s\tChannel\n' $channel
    end
    for name in (command rtsse --generate endpoints 2>/dev/null)
        printf '%s\tNamed endpoint\n' $name
    end
    printf '%s\t%s\n' \
        'http://' 'In clear text' \
        'https://' 'With TLS'
end

function __rtsse_file_behind_at
    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    string match -q '@*' -- $typed; or return
    for file in (__fish_complete_path (string sub -s 2 -- $typed))
        echo @$file
    end
end

complete -c rtsse -f
complete -c rtsse -n '__rtsse_at none' -a sub -d 'Print every message that arrives, until stopped'
complete -c rtsse -n '__rtsse_at none' -a pub -d 'Send the arguments, or else each message on stdin'
complete -c rtsse -n '__rtsse_at none' -a pipe -d 'Send stdin by POST and print what arrives'
complete -c rtsse -n '__rtsse_at none' -a serve -d 'Be the server: publish stdin, print what clients send'
complete -c rtsse -n '__rtsse_at "sub:0" "pub:0" "pipe:0"' -a '(__rtsse_address)'
complete -c rtsse -n '__rtsse_at none sub pipe' -s n -l count -x -d 'Stop after N messages have arrived'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l timeout -x -d 'Stop after this time'
complete -c rtsse -n '__rtsse_at none pipe' -l linger -x -d 'Wait so long for answers after stdin\'s end'
complete -c rtsse -n '__rtsse_at none sub pub' -s d -l data -x -a '(__rtsse_file_behind_at)' -d 'Send DATA, or the content of @FILE'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l content-type -x -d 'Media type of the messages sent'
complete -c rtsse -l max-message -x -d 'Refuse messages larger than this'
complete -c rtsse -s 0 -l null -d 'Messages end with a NUL byte, not a newline'
complete -c rtsse -l delimiter -x -d 'Messages end with STRING'
complete -c rtsse -l crlf -d 'Lines that are read may end with CR LF'
complete -c rtsse -l length-prefix -d 'Put each message\'s length before it'
complete -c rtsse -s J -l json -d 'Read and write JSON envelopes, one a line'
complete -c rtsse -l raw -d 'Nothing between messages'
complete -c rtsse -l whole -d 'All of stdin is one binary message'
complete -c rtsse -l base64 -d 'Payloads are lines of base64'
complete -c rtsse -l hex -d 'Payloads are lines of hexadecimal digits'
complete -c rtsse -l json-values -d 'Each JSON value of stdin is a message'
complete -c rtsse -n '__rtsse_at none sub pipe serve' -s F -l format -x -d 'Write each message as TEMPLATE says'
complete -c rtsse -l escape -x -a 'backslash refuse none' -d 'How to write a message with a newline in it'
complete -c rtsse -n '__rtsse_at none sub pipe serve' -s o -l output -r -F -d 'Write messages to FILE, not to stdout'
complete -c rtsse -s q -l quiet -d 'Only errors on stderr'
complete -c rtsse -s v -l verbose -d 'Say what happens on stderr; -vv says more'
complete -c rtsse -n '__rtsse_at none sub pipe' -l expect -x -d 'Exit 0 at a message with PATTERN, else 7'
complete -c rtsse -n '__rtsse_at none sub pipe' -l within -x -d 'Longest time to wait for what --expect names'
complete -c rtsse -n '__rtsse_at none sub pipe' -l until -x -d 'Stop behind a message that has PATTERN in it'
complete -c rtsse -n '__rtsse_at none sub pipe' -l select -x -d 'Take a part of each JSON payload (repeatable)'
complete -c rtsse -n '__rtsse_at none sub pipe' -l where -x -d 'Only JSON messages that fulfil it (repeatable)'
complete -c rtsse -n '__rtsse_at none sub pipe' -l event -x -d 'Only events of this name (repeatable)'
complete -c rtsse -n '__rtsse_at none sub pipe' -l changes -d 'Only what differs from the last of its channel'
complete -c rtsse -n '__rtsse_at none sub pipe' -l diff -d 'Print what has changed in each message'
complete -c rtsse -n '__rtsse_at none sub pipe' -l exec -x -a '(__fish_complete_command)' -d 'Run CMD for each message, which is its stdin'
complete -c rtsse -n '__rtsse_at none sub pipe' -l exec-jobs -x -d 'Commands of --exec that run at a time'
complete -c rtsse -n '__rtsse_at none sub pipe' -l shell -d 'CMD of --exec is a script for sh'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l progress -d 'Show a live line of figures on stderr'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l no-progress -d 'Never show the live line of figures'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l stats -d 'Show totals on stderr at the end'
complete -c rtsse -n '__rtsse_at none sub pipe' -l sent-at -x -d 'Where JSON messages say when they were sent'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l stats-json -r -F -d 'Write totals to FILE as JSON at the end'
complete -c rtsse -l record -r -F -d 'Record all messages and when they passed'
complete -c rtsse -n '__rtsse_at none pub serve' -l replay -r -F -d 'Play a recording as it was, in its time'
complete -c rtsse -n '__rtsse_at none pub serve' -l speed -x -d 'Play it X times as fast, or max: at once'
complete -c rtsse -n '__rtsse_at none pub serve' -l replay-from -x -a 'client server' -d 'Play what this side had sent'
complete -c rtsse -n '__rtsse_at none sub' -s X -l method -l request -x -d 'Ask with this method of HTTP'
complete -c rtsse -n '__rtsse_at none sub pipe' -l since -x -d 'Begin behind message ID of an rtwire hub'
complete -c rtsse -n '__rtsse_at none sub pipe' -l last -x -d 'Begin with the last N messages of a hub'
complete -c rtsse -n '__rtsse_at none sub pipe' -l last-event-id -x -d 'Begin behind this event, if the server can'
complete -c rtsse -n '__rtsse_at none sub pipe' -l allow-doubles -d 'Take what has come before, too'
complete -c rtsse -n '__rtsse_at none sub pipe' -l state -r -F -d 'Leave in FILE where a run ends; begin there'
complete -c rtsse -n '__rtsse_at none sub pipe' -l query-id -x -d 'Send the last id as this query parameter'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -s H -l header -x -d 'Send this \'Name: value\' (repeatable)'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l hub -d 'The other side is an rtwire hub'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l connect-timeout -x -d 'Longest time that connecting may take'
complete -c rtsse -n '__rtsse_at none sub pipe' -l idle-timeout -x -d 'Take a silent connection for dead after this'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l retry -d 'Try again when the first connection fails'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l no-reconnect -d 'End when the connection is lost'
complete -c rtsse -n '__rtsse_at none sub' -l reconnect -d 'Ask again also with --data'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l no-cookies -d 'Do not return a server\'s cookies'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l retry-max-delay -x -d 'Longest delay between two attempts'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -s u -l user -x -d 'User to authenticate as'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l password-file -r -F -d 'Read the password from FILE\'s first line'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l bearer -x -d 'Send TOKEN as Authorization: Bearer'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l bearer-file -r -F -d 'Read the bearer token from FILE'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l cacert -r -F -d 'Trust these certificates (PEM)'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l cert -r -F -d 'Show this client certificate (PEM)'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l key -r -F -d 'Private key of --cert (PEM)'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -s k -l insecure -d 'Do not check the server\'s certificate'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l proxy -x -d 'Connect through this proxy (a URL)'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l resolve -x -d 'HOST:PORT:ADDRESS to use (repeatable)'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l unix-socket -r -F -d 'Connect to this Unix socket'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l interface -x -d 'Connect from this interface or address'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -s 4 -l ipv4 -d 'Use IPv4 addresses of names alone'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -s 6 -l ipv6 -d 'Use IPv6 addresses of names alone'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -s L -l location -d 'Follow redirects, as is done anyway'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l no-location -d 'Do not follow redirects'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l cookie-jar -r -F -d 'Keep cookies in FILE, as curl\'s -b and -c do'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l netrc -d 'Take user and password from .netrc'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l netrc-file -r -F -d 'The same from this file'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l key-password-file -r -F -d 'Read the password of --key from FILE'
complete -c rtsse -n '__rtsse_at none sub pub pipe' -l tls-max -x -a '1.2 1.3' -d 'Newest version of TLS to speak'
complete -c rtsse -n '__rtsse_at none serve' -l history -x -d 'Messages that each channel keeps'
complete -c rtsse -n '__rtsse_at none serve' -l history-bytes -x -d 'Bytes that each channel keeps'
complete -c rtsse -n '__rtsse_at none serve' -l history-age -x -d 'Forget messages older than this'
complete -c rtsse -n '__rtsse_at none serve' -l memory -x -d 'Memory of all channels, or of a broker'
complete -c rtsse -n '__rtsse_at none serve' -l max-channels -x -d 'Most channels at a time'
complete -c rtsse -n '__rtsse_at none serve' -l max-connections -x -d 'Most connections at a time'
complete -c rtsse -n '__rtsse_at none serve' -l allow-origin -x -d 'Let pages of ORIGIN in (repeatable)'
complete -c rtsse -n '__rtsse_at none serve' -l allow-host -x -d 'Answer to this Host name too (repeatable)'
complete -c rtsse -n '__rtsse_at none serve' -l base-path -x -d 'Path that all URLs of the hub begin with'
complete -c rtsse -n '__rtsse_at none serve' -l no-relay -d 'What clients publish goes to stdout only'
complete -c rtsse -n '__rtsse_at none serve' -l exit-on-eof -d 'End when stdin ends'
complete -c rtsse -n '__rtsse_at none serve' -l heartbeat -x -d 'Time between signs of life; 0 sends none'
complete -c rtsse -n '__rtsse_at none serve' -l sse-retry -x -d 'Reconnection time told to event streams'
complete -c rtsse -l config -r -F -d 'Configuration file; \'\' reads none'
complete -c rtsse -l profile -x -a '(command rtsse --generate profiles 2>/dev/null)' -d 'Use this profile of the configuration file'
complete -c rtsse -l explain -d 'Show each option\'s value and its origin'
complete -c rtsse -l dry-run -d 'Say what would be done, and do nothing'
complete -c rtsse -s h -d 'Show a short help'
complete -c rtsse -l help -d 'Show the whole help, with examples'
complete -c rtsse -s V -l version -d 'Show the version'
complete -c rtsse -l generate -x -a 'man bash zsh fish' -d 'Print the man page, or completions for a shell'
