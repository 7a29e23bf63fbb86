# The same packets in another file format or behind another link header are the same connections.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

same() {
        first=$1
        run -q -o "$work/first" --segments "$testdata/$first"
        claim "$first: status 0" status_is 0
        claim "$first: columns 20 and 21" [ "$(head -n 1 "$work/first/segments.csv" | cut -d, -f20-22)" = "$(printf 'interface,passed,comment\r')" ]
        cut -d, -f1-19,22 "$work/first/segments.csv" >"$work/cut" && mv "$work/cut" "$work/first/segments.csv"
        shift
        for other in "$@"; do
                rm -rf "$work/other"
                run -q -o "$work/other" --segments "$testdata/$other"
                # Interfaces and directions are what formats and link layers tell or do not.
                cut -d, -f1-19,22 "$work/other/segments.csv" >"$work/cut" && mv "$work/cut" "$work/other/segments.csv"
                for table in connections transitions segments findings; do
                        claim "$other gives the $table of $first" cmp -s "$work/first/$table.csv" "$work/other/$table.csv"
                done
        done
}
same format-big-endian.pcap format-pcapng-big-endian.pcapng link-loop.pcap link-null.pcap link-ppp.pcap link-radiotap.pcap link-raw.pcap link-sll.pcap \
        link-sll2.pcap format-pcapng-two-interfaces.pcapng
same format-nanoseconds.pcap format-pcapng.pcapng

# Every packet is in one column between "packets" and "drops".
run -q -o "$work/all" "$testdata"/*.pcap "$testdata"/*.pcapng
sed 's/"[^"]*"/quoted/g' "$work/all/files.csv" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "packets") from = i; if ($i == "drops") to = i } next }
        $from != "" { sum = 0; for (i = from + 1; i < to; i++) sum += $i; if (sum != $from) print $1 ": " sum " of " $from; files++ }
        END { print files " files" }' >"$work/sums"
claim "the columns of files.csv add up to the packets" [ "$(wc -l <"$work/sums")" -eq 1 ]
claim "for more than fifty files" [ "$(cut -d' ' -f1 "$work/sums")" -gt 50 ]

finish
