#!/usr/bin/env bash
# Clients of Falconer's event socket made of nc, socat and jq. Copy what you need.
#
#   falconer.sh replay SOCKET                                every event until now, as JSON lines
#   falconer.sh follow SOCKET POSITION COMMAND [ARGUMENT…]    runs COMMAND for each event, which is on its standard input;
#                                                            the file POSITION keeps the place, also over restarts
#   falconer.sh work SOCKET CONSUMER COMMAND [ARGUMENT…]      the same with a named consumer: the service keeps the place,
#                                                            and an event whose COMMAND fails comes again after a second
#   falconer.sh submit SOCKET ENDPOINT INPUT                 has a request sent to fal, and prints the reply
#
# follow and work reconnect by themselves; they end when the service refuses what they ask for.
set -euo pipefail

fail() {
    printf 'falconer.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

# nc keeps its side open at the end of its input, and ends when the service does.
replay() {
    printf '{"op":"subscribe","from":"first","until":"now"}\n' | nc -U "$1" | jq -c --unbuffered 'select(.frame == null)'
}

submit() {
    printf '%s\n' "$(jq -cn --arg endpoint "$2" --argjson input "$3" '{op: "submit", $endpoint, $input}')" |
        nc -N -U "$1" | jq -c 'select(.frame == "reply" or .frame == "error")' | grep . || fail "no reply" 5
}

# What a program needs of a line: sets kind ("event", or the frame), id, and message, which is for people.
outline() {
    # The two that come in bulk always begin like this, and need no jq.
    if [[ $1 =~ ^\{\"specversion\":\"1\.0\",\"id\":\"([0-9]+)\" ]]; then
        kind=event id=${BASH_REMATCH[1]}
    elif [[ $1 =~ ^\{\"frame\":\"delivery\",\"id\":\"([0-9]+)\" ]]; then
        kind=delivery id=${BASH_REMATCH[1]}
    else
        # No field is empty: bash takes two tabs for one.
        IFS=$'\t' read -r kind id message \
            < <(jq -r '[.frame, .id // .to // "-", .message // "-"] | join("\t")' <<<"$1")
    fi
}

# -T ends a connection on which nothing came for 45 s: the service says something every 15 s.
connect() {
    exec socat -T 45 -t 1000000000 - "UNIX-CONNECT:$1"
}

follow() {
    local socket=$1 position=$2 line kind id message after pause=0.1
    shift 2
    while :; do
        after=$(cat "$position" 2>/dev/null || echo 0)
        # What follows the last line feed is dropped: a service that dies inside a line has not said it.
        while IFS= read -r line; do
            outline "$line"
            case $kind in
                event) "$@" <<<"$line" || fail "the command failed on event $id; run this again to go on there" ;;
                gap) printf 'falconer.sh: events up to %s are missing: %s\n' "$id" "$message" >&2 ;;
                error) fail "$message" ;;
                caught_up | position) ;;
                *) continue ;;
            esac
            # Replaced in one step: a crash leaves the old place or the new one, never half a line.
            printf '%s\n' "$id" >"$position.new"
            mv "$position.new" "$position"
            pause=0.1
        done < <(printf '{"op":"subscribe","after":"%s"}\n' "$after" | connect "$socket" 2>/dev/null)
        sleep "$pause"
        pause=$(awk -v pause="$pause" 'BEGIN { print (pause < 5 ? pause * 2 : 10) }')
    done
}

work() {
    local socket=$1 consumer=$2 line kind id message answer child input output pause=0.1
    shift 2
    while :; do
        # Both directions of one connection: an acknowledgement belongs to the connection that got the event.
        # It ends no sooner than it is told to begin: bash forgets a coprocess that has ended, perhaps before the next line.
        coproc stream { read -r && connect "$socket" 2>/dev/null; }
        child=$!
        # Copies: bash closes its own as soon as socat ends, with what can still be read from them.
        exec {output}<&"${stream[0]}" {input}>&"${stream[1]}"
        printf '\n{"op":"subscribe","consumer":"%s","from":"first","max_in_flight":10,"sync":true}\n' "$consumer" \
            >&"$input" 2>/dev/null || true
        while IFS= read -r line <&"$output"; do
            outline "$line"
            case $kind in
                delivery)
                    # The journal's line, byte for byte.
                    line=${line#*\"event\":}
                    answer=$(printf '{"op":"nak","id":"%s","delay_s":1}' "$id")
                    if "$@" <<<"${line%\}}"; then answer=$(printf '{"op":"ack","id":"%s"}' "$id"); fi
                    printf '%s\n' "$answer" >&"$input" 2>/dev/null || break
                    pause=0.1 ;;
                dead) printf 'falconer.sh: event %s is parked: %s\n' "$id" "$message" >&2 ;;
                gap) printf 'falconer.sh: events up to %s are missing: %s\n' "$id" "$message" >&2 ;;
                error) fail "$message" ;;
            esac
        done
        exec {output}<&- {input}>&-
        kill "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
        sleep "$pause"
        pause=$(awk -v pause="$pause" 'BEGIN { print (pause < 5 ? pause * 2 : 10) }')
    done
}

# A service that goes while it is written to is an error of the write, not the end of this script.
trap '' PIPE
case "${1:-}/$#" in
    replay/2) replay "$2" ;;
    follow/[4-9]* | follow/[1-9][0-9]*) follow "${@:2}" ;;
    work/[4-9]* | work/[1-9][0-9]*) work "${@:2}" ;;
    submit/4) submit "$2" "$3" "$4" ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
