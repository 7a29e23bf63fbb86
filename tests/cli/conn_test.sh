# --conn chooses what is reported, never what is tracked.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# Three files make several connections of known numbers.
set -- "$testdata/base.pcap" "$testdata/ipv6.pcap" "$testdata/recorded-refused.pcap"
run -q -o "$work/all" --segments "$@"
claim "all of them" status_is 0

# column FILE NAME ROW - a field of a CSV without quotes
column() {
        awk -F, -v name="$2" -v row="$3" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
                NR == row + 1 { sub(/\r$/, "", $at); print $at }' "$1"
}
conns() { awk -F, 'NR > 1 { print $1 }' "$1" | sort -u; }

run -q -o "$work/one" --segments --conn 1 "$@"
claim "--conn 1: only conn 1 in connections.csv" [ "$(conns "$work/one/connections.csv")" = 1 ]
claim "--conn 1: only conn 1 in transitions.csv" [ "$(conns "$work/one/transitions.csv")" = 1 ]
grep '^1,' "$work/all/connections.csv" >"$work/row"
claim "--conn 1: its row is the same as without" cmp -s "$work/row" - <<END
$(grep '^1,' "$work/one/connections.csv")
END

for i in 1 2 3; do
        table=$work/all/connections.csv
        a=$(column "$table" a_addr $i) b=$(column "$table" b_addr $i)
        case $a in *:*) a="[$a]" b="[$b]" ;; esac
        a=$a:$(column "$table" a_port $i) b=$b:$(column "$table" b_port $i)
        conn=$(column "$table" conn $i)
        run -q -o "$work/by-number" --segments --conn "$conn" "$@"
        for choice in "$a-$b" "$b-$a"; do
                run -q -o "$work/by-name" --segments --conn "$choice" "$@"
                for file in connections transitions segments; do
                        claim "--conn $choice is --conn $conn in $file.csv" \
                                cmp -s "$work/by-number/$file.csv" "$work/by-name/$file.csv"
                done
        done
done
claim "segments of one connection are fewer than all" [ "$(wc -l <"$work/one/segments.csv")" -lt "$(wc -l <"$work/all/segments.csv")" ]
claim "and there are some" [ "$(wc -l <"$work/one/segments.csv")" -gt 1 ]

run -q -o "$work/two" --conn 0 --conn 2 "$@"
claim "--conn may be repeated" [ "$(conns "$work/two/connections.csv" | tr '\n' ' ')" = "0 2 " ]
run --conn 1-2 "$@"
claim "no connection's name: status 2" status_is 2

finish
