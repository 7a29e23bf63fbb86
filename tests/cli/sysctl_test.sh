# --sysctl.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

printf 'net.ipv4.tcp_syn_retries = 2\nnet.ipv4.tcp_tw_reuse = 2\n' >"$work/host"
run --sysctl "$work/host" "$testdata/base.pcap"
claim "a host's settings: status 0" status_is 0
claim "a host's settings: nothing on standard error" silent
claim "a host's settings: the report tells them" prints '^settings  *tcp_syn_retries 2 (default 6)$'
run "$testdata/base.pcap"
claim "without them: nothing of settings" not prints '^settings'

# Four SYNs: with three retries these are all.
run -q -o "$work/default" "$testdata/handshake-no-answer.pcap"
printf 'net.ipv4.tcp_syn_retries = 3\n' >"$work/host"
run -q -o "$work/own" --sysctl "$work/host" "$testdata/handshake-no-answer.pcap"
claim "fewer retries: status 0" status_is 0
claim "by default the capture is too short for a certain no-answer" grep -q 'handshake.no-answer,[a-z]*,possible' "$work/default/findings.csv"
claim "with fewer retries all of them are there: certain" grep -q 'handshake.no-answer,[a-z]*,certain' "$work/own/findings.csv"

printf 'net.ipv4.tcp_syn_retries = many\n' >"$work/bad"
run --sysctl "$work/bad" "$testdata/base.pcap"
claim "a malformed value: status 2" status_is 2
claim "a malformed value: one line" one_line
claim "a malformed value: file, line and setting" says "$work/bad: line 1: net.ipv4.tcp_syn_retries is a number from 1 to 127"
claim "a malformed value: no report" prints_nothing
run --sysctl "$work/missing" "$testdata/base.pcap"
claim "a missing file: status 3" status_is 3
claim "a missing file: one line that names it" says "$work/missing: "
run --sysctl "$work" "$testdata/base.pcap"
claim "a folder: status 3" status_is 3
claim "a folder: one line" one_line
run --sysctl "$testdata/base.pcap" "$testdata/base.pcap"
claim "a capture: status 2" status_is 2
claim "a capture: one line" one_line

finish
