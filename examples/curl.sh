#!/bin/sh
# Text in, sound file out, over HTTP:  examples/curl.sh ["some text" [out.wav]]
# VOICE_POCKET_URL says where the server is, EMAIL whose voice it should be.
set -eu

base=${VOICE_POCKET_URL:-http://127.0.0.1:8080}
email=${EMAIL:-reader@example.com}
text=${1:-안녕하세요. 보이스 포켓입니다.}
# The caller names the result, so nothing has to be read out of the answers. The server would invent a name, too.
uuid=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)
out=${2:-$uuid.wav}

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Prints its argument as a JSON string.
json() {
  printf '%s' "$1" | LC_ALL=C tr '\000-\010\013-\037' ' ' | LC_ALL=C awk '
    BEGIN { printf "\"" }
    NR > 1 { printf "\\n" }
    { gsub(/["\\]/, "\\\\&"); gsub(/\t/, "\\t"); printf "%s", $0 }
    END { printf "\"" }'
}

# curl that prints the server's own words when it refuses (RFC 9457 problem details), and ends the script.
ask() {
  curl --silent --show-error --fail-with-body "$@" || {
    case $? in
      6 | 7 | 28) fail "No server at $base: start one with 'npm start', or set VOICE_POCKET_URL." ;;
      *) fail ;;
    esac
  }
}

ask --header 'Content-Type: application/json' \
  --data-binary "{\"uuid\":$(json "$uuid"),\"email\":$(json "$email"),\"text\":$(json "$text")}" \
  "$base/v1/speech" >&2
say

# The stream tells the progress and ends when the speech does: nothing to poll.
ask --no-buffer "$base/v1/speech/$uuid/events" >&2

ask "$base/v1/speech/$uuid" >&2
say
curl --silent --show-error --fail --output "$out" "$base/v1/speech/$uuid/audio" || fail "There is no sound of $uuid."
printf '%s\n' "$out"
