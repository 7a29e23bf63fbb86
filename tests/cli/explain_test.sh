# The command explain.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

run explain CLOSE_WAIT
claim "explain CLOSE_WAIT: status 0" status_is 0
claim "explain CLOSE_WAIT: nothing on standard error" silent
claim "explain CLOSE_WAIT: the page" prints '^LEFT BY  *FIN sent  *> LAST_ACK'
run explain handshake.syn-lost teardown.fin1-lost
claim "two words: two pages" prints '^handshake.syn-lost .*severity: notice'
claim "two words: two pages" prints '^teardown.fin1-lost '
run explain
claim "no word: status 0" status_is 0
claim "no word: the list has codes" prints '^  handshake.syn-lost  *The client'
claim "no word: the list has states" prints '^  CLOSE_WAIT  *The other end closed'
run explain handshake.syn-lots
claim "an unknown word: status 2" status_is 2
claim "an unknown word: a suggestion in one line" says 'did you mean handshake.syn-lost'
claim "an unknown word: one line" one_line
claim "an unknown word: no page" prints_nothing
run explain CLOSE_WAIT elephants
claim "one of two unknown: status 2" status_is 2
claim "one of two unknown: no page" prints_nothing
run explain "$(printf 'a\033[31mb')"
claim "control characters do not reach the terminal" not says "$(printf '\033')"

finish
