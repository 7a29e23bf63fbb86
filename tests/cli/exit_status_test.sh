# Exit statuses and the one clear line for each file that cannot be read.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

run "$testdata/base.pcap"
claim "a good capture: status 0" status_is 0
claim "a good capture: nothing on standard error" silent
claim "a good capture: a report" not prints_nothing

run "$work/missing.pcap"
claim "a missing file: status 3" status_is 3
claim "a missing file: one line that names it" one_line
claim "a missing file: the line names it" says "^tcpverdict: $work/missing.pcap: "

for bad in empty.pcap garbage.pcap; do
        run "$testdata/$bad"
        claim "$bad: status 3" status_is 3
        claim "$bad: one line" one_line
        claim "$bad: the line names it" says "^tcpverdict: $testdata/$bad: "
done

run "$testdata"
claim "a folder: status 3" status_is 3
claim "a folder: one line" one_line

run -o "$work/among" "$testdata/base.pcap" "$work/missing.pcap" "$testdata/garbage.pcap" "$testdata/ipv6.pcap"
claim "bad files among good ones: status 3" status_is 3
claim "bad files among good ones: the missing one is named" says "missing.pcap: "
claim "bad files among good ones: the one without a capture is named" says "garbage.pcap: "
claim "bad files among good ones: the good ones are reported" not prints_nothing
claim "bad files among good ones: all four are in files.csv" rows "$work/among/files.csv" 4
claim "bad files among good ones: connections of both good ones" grep -q '2001:db8' "$work/among/connections.csv"

run -o "$work/cut" "$testdata/format-cut-off.pcap"
claim "a cut-off file: status 4" status_is 4
claim "a cut-off file: file, frame and byte are told" says "^tcpverdict: $testdata/format-cut-off.pcap: .*frame [0-9][0-9]*.* byte [0-9][0-9]*"
claim "a cut-off file: what could be read is reported" grep -q . "$work/cut/connections.csv"
claim "a cut-off file: a finding says so" grep -q 'capture\.truncated\|capture\.damaged' "$work/cut/findings.csv"

run "$testdata/format-cut-off.pcap" "$work/missing.pcap"
claim "damage and a missing file: the worse status, 3" status_is 3

run "$testdata/no-packets.pcap"
claim "a capture without packets is a capture: status 0" status_is 0

run --fail-on error "$testdata/base.pcap"
claim "--fail-on error without errors: status 0" status_is 0
run --fail-on info "$testdata/mid-stream.pcap"
claim "--fail-on info with a finding: status 1" status_is 1
run --fail-on info "$testdata/format-cut-off.pcap"
claim "--fail-on with damage: status 4 is worse than 1" status_is 4

run --fnord "$testdata/base.pcap"
claim "an unknown option: status 2" status_is 2
claim "an unknown option: one line" one_line
claim "an unknown option: a hint" says "\-\-help"
claim "an unknown option: no report" prints_nothing
run
claim "no file: status 2" status_is 2
claim "no file: one line" one_line

finish
