# --help, --version, the manual page, completions, colour, progress.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

run --version
claim "--version prints name and number" prints '^tcpverdict [0-9][0-9]*\.[0-9]'
run --help
claim "--help: status 0" status_is 0
cp "$work/out" "$work/help"
run --man
cp "$work/out" "$work/page"
for option in $(grep -o -e '--[a-z][a-z-]*' "$work/help" | sort -u); do
        # A hyphen is written "\-" in roff.
        claim "the manual page has $option" grep -qF -e "$(printf '%s' "$option" | sed 's/-/\\-/g')" "$work/page"
        for shell in bash zsh; do
                run --completion $shell
                claim "the completion for $shell has $option" prints "$option"
        done
done
if command -v bash >/dev/null; then
        "$program" --completion bash >"$work/completion"
        claim "the completion for bash is valid" bash -n "$work/completion"
        # shellcheck disable=SC2016 # for the other shell
        words=$(bash -c '. "$0"; COMP_WORDS=(tcpverdict --profile ""); COMP_CWORD=2; compopt() { :; }; _tcpverdict
                echo "${COMPREPLY[@]}"' "$work/completion")
        claim "the completion for bash knows the values" [ "$words" = "linux rfc" ]
fi
if command -v man >/dev/null && man --version >/dev/null 2>&1; then
        MANWIDTH=80 man --warnings "$work/page" >"$work/shown" 2>"$work/err"
        claim "man shows the page without a warning" silent
fi

esc=$(printf '\033')
run --colour always "$testdata/handshake-refused.pcap"
claim "--colour always: colour in a file" prints "$esc"
sed "s/$esc\[[0-9;]*m//g" "$work/out" >"$work/stripped"
run "$testdata/handshake-refused.pcap"
claim "no colour in a file" not prints "$esc"
claim "colour adds nothing but colour" cmp -s "$work/stripped" "$work/out"

# A terminal, by script(1), where one can be made.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
        on_terminal() {
                script -qec "$*" /dev/null </dev/null >"$work/out" 2>"$work/err"
                status=$?
        }
        TERM=xterm on_terminal "'$program' '$testdata/handshake-refused.pcap'"
        claim "colour on a terminal" prints "$esc"
        TERM=xterm NO_COLOR=1 on_terminal "'$program' '$testdata/handshake-refused.pcap'"
        claim "NO_COLOR: none" not prints "$esc"
        TERM=xterm NO_COLOR='' on_terminal "'$program' '$testdata/handshake-refused.pcap'"
        claim "an empty NO_COLOR counts as unset" prints "$esc"
        TERM=dumb on_terminal "'$program' '$testdata/handshake-refused.pcap'"
        claim "a dumb terminal: none" not prints "$esc"
        TERM=xterm NO_COLOR=1 on_terminal "'$program' --colour always '$testdata/handshake-refused.pcap'"
        claim "--colour always beats NO_COLOR" prints "$esc"
fi

LC_ALL=C.UTF-8 TZ=America/Lima "$program" "$testdata/base.pcap" >"$work/lima" 2>/dev/null
LC_ALL=C TZ=Asia/Tokyo "$program" "$testdata/base.pcap" >"$work/tokyo" 2>/dev/null
claim "the report does not depend on the time zone" cmp -s "$work/lima" "$work/tokyo"

finish
