# --filter, --from and --to choose connections by a packet of theirs; what is tracked stays as it is.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
outage=$testdata/recorded-outage.pcap

# conns_at FROM TO FILE - the numbers of connections with a segment in [FROM, TO], seconds since the capture's begin,
# by the rows of a segments.csv that holds all
conns_at() {
        # Nanoseconds are too many digits for awk's numbers: seconds of the day and the fraction apart.
        awk -F, -v from="$1" -v to="$2" 'NR == 2 { first = substr($2, 1, 6); begin = substr($2, 7) }
                NR > 1 { at = substr($2, 7) - begin + 0; if (at >= from - 1e-7 && at <= to + 1e-7) print $3 }' "$3" | sort -nu
}

# rows_of FILE COLUMN NUMBERS - header and the rows of FILE whose COLUMN is one of NUMBERS
rows_of() {
        awk -F, -v column="$2" -v numbers="$3" 'BEGIN { n = split(numbers, list, " "); for (i = 1; i <= n; i++) has[list[i]] = 1 }
                NR == 1 || $column in has' "$1"
}

# is_part ALL PART NUMBERS - the files in folder PART are those in ALL, less the rows of connections that are not NUMBERS
is_part() {
        for table in connections.1 transitions.1 segments.3; do
                rows_of "$1/${table%.*}.csv" "${table#*.}" "$3" >"$work/expected"
                cmp -s "$work/expected" "$2/${table%.*}.csv" || return 1
        done
        # Findings are numbered as they are written; conn is empty where they are the capture's.
        awk -F, -v numbers="$3" 'BEGIN { n = split(numbers, list, " "); for (i = 1; i <= n; i++) has[list[i]] = 1 }
                NR > 1 && ($2 == "" || $2 in has)' "$1/findings.csv" | cut -d, -f2-12,14- >"$work/expected"
        sed 1d "$2/findings.csv" | cut -d, -f2-12,14- | cmp -s "$work/expected" - && cmp -s "$1/files.csv" "$2/files.csv"
}

run -q -o "$work/all" --segments "$outage"
claim "all of it" status_is 0
claim "12 connections" rows "$work/all/connections.csv" 12
claim "146 segments" rows "$work/all/segments.csv" 146

# ---- times ----

# check FROM TO OPTION... - those options choose the connections with a segment in that time
check() {
        from=$1 to=$2
        shift 2
        expected=$(conns_at "$from" "$to" "$work/all/segments.csv" | tr '\n' ' ')
        run -q -o "$work/part" --segments "$@" "$outage"
        claim "$*: status 0" status_is 0
        claim "$*: connections $expected" is_part "$work/all" "$work/part" "$expected"
}
check 0 9 --from +0
check 0 0 --to +0
check 3.9 9 --from +3.9
check 1.9 2 --from +1.9 --to +2
check 0 0.5 --to +0.5
check 50 90 --from +50
claim "a time with no packet: no connection" rows "$work/part/connections.csv" 0
claim "a time with no packet: no segment" rows "$work/part/segments.csv" 0
# The capture begins at 1795219260.640680, which is 2026-11-21 00:01:00.640680 UTC.
check 1.9 2 --from 1795219262.540680 --to 1795219262.640680
check 1.9 2 --from 2026-11-21T00:01:02.540680Z --to "2026-11-21 00:01:02.640680"
check 1.9 2 --from 2026-11-21T01:01:02.540680+01:00 --to 2026-11-20T20:01:02,640680-0400
check 0 9 --from 2026-11-21
check 50 90 --from 2026-11-22
check 0 9 --from 2026-11-21T00:01 --to 2026-11-21T00:02Z
check 1.987715 1.987715 --from 1795219262.628395 --to 1795219262.628395000
claim "ends of the time belong to it" [ "$(sed 1d "$work/part/connections.csv" | cut -d, -f1)" = 7 ]
TZ=Asia/Tokyo LC_ALL=C
export TZ LC_ALL
check 1.9 2 --from 2026-11-21T00:01:02.540680 --to 1795219262.640680
unset TZ LC_ALL

# ---- filters ----

# filtered NUMBERS OPTION... - those options choose the connections NUMBERS
filtered() {
        expected=$1
        shift
        run -q -o "$work/part" --segments "$@" "$outage"
        claim "$*: status 0" status_is 0
        claim "$*: connections $expected" is_part "$work/all" "$work/part" "$expected"
        run -q -o "$work/fast" "$@" "$outage"
        for table in files connections transitions findings; do
                claim "$*: the same $table.csv without --segments" cmp -s "$work/part/$table.csv" "$work/fast/$table.csv"
        done
}
every="0 1 2 3 4 5 6 7 8 9 10 11"
filtered "$every" -f tcp
filtered "$every" --filter 'host 10.20.0.1 and port 8080'
filtered "" -f udp
filtered "4" -f 'port 46344'
filtered "4" -f 'tcp dst port 46344'
filtered "4 11" -f 'src port 46344 or dst port 46392'
# The frames of the first connection's close are its last ones: what was written before it was chosen is there, too.
filtered "0" -f 'src port 46312 and tcp[tcpflags] & tcp-fin != 0'
# One packet must agree with all: conn 0 is over before +1, conn 11 begins after +3.
filtered "" -f 'port 46312' --from +1
filtered "0" -f 'port 46312' --to +1
filtered "11" -f 'port 46392 or port 46312' --from +3
# ... and --conn leaves fewer.
filtered "4" -f 'port 46344 or port 46392' --conn 4
filtered "" -f 'port 46344' --conn 5
filtered "11" -f 'port 46344 or port 46392' --conn 10.20.0.2:8080-10.20.0.1:46392
filtered "3 4" --conn 3 --conn 10.20.0.2:8080-10.20.0.1:46344
filtered "3" --conn 3 --conn 10.20.0.2:8080-10.20.0.1:46344 --from +3.89 --to +3.9

# Many link types, ends, incarnations and broken files: the choice agrees with the rows of segments.csv.
for file in "$testdata"/*.pcap "$testdata"/*.pcapng; do
        "$program" -q -o "$work/every" --segments "$file" 2>"$work/err" </dev/null
        [ -e "$work/every/segments.csv" ] || continue
        port=$(sed -n '2s/^\([^,]*,\)\{7\}\([0-9]*\),.*/\2/p' "$work/every/connections.csv")
        [ -n "$port" ] || continue
        expected=$(awk -F, -v port="$port" 'NR > 1 && ($8 == port || $10 == port) { print $1 }' "$work/every/connections.csv" | tr '\n' ' ')
        rm -rf "$work/part"
        case $file in
        */vlan-*) filter="vlan and vlan and tcp port $port" ;;
        # Such expressions look at the outermost headers.
        */tunnel-geneve.pcap) filter='vlan and udp port 6081' ;;
        */tunnel-pppoe.pcap) filter="vlan and vlan and pppoes and tcp port $port" ;;
        */tunnel-mpls.pcap) filter='mpls' ;;
        */tunnel-nested.pcap) filter='vlan and mpls and ip proto 47' ;;
        */tunnel-gtp.pcap) filter='udp port 2152' ;;
        */tunnel-vxlan.pcap | */tunnel-overlap.pcap) filter='udp port 4789' ;;
        *) filter="tcp port $port" ;;
        esac
        run -q -o "$work/part" --segments -f "$filter" "$file"
        claim "$(basename "$file"): port $port, connections $expected" is_part "$work/every" "$work/part" "$expected"
        rm -rf "$work/every"
done

# ---- what is said of it ----

run -f 'port 46344' "$outage"
claim "one connection: its page" prints "^conn 4 "
claim "the report says how many were chosen" prints "1 of 12 connections selected"
claim "the capture line is of the whole" prints "146 packets"
run -f 'port 46344 or port 46392' "$outage"
claim "two connections: so many" prints "2 of 12 connections selected"
claim "findings of others are not reported" not prints "conn 3"
run -f tcp "$outage"
claim "a filter that all match is told as well" prints "12 of 12 connections selected"
run -f udp "$outage"
claim "none: told" prints "0 of 12 connections selected"
claim "none: status 0" status_is 0

run --fail-on notice -f 'port 46344' "$outage"
claim "--fail-on: a chosen connection's finding counts" status_is 1
run --fail-on notice -f 'port 46312' "$outage"
claim "--fail-on: another connection's does not" status_is 0
run --fail-on info -f udp "$testdata/mid-stream.pcap"
claim "--fail-on: the capture's counts whatever is chosen" status_is 1

# ---- errors ----

for wrong in 'x y z' 'tcp port' '(tcp' 'host 999.1.1.1.1'; do
        run -f "$wrong" "$outage"
        claim "-f '$wrong': status 2" status_is 2
        claim "-f '$wrong': one line" one_line
        claim "-f '$wrong': no report" prints_nothing
done
run -q -o "$work/none" -f 'x y z' "$outage"
claim "a wrong filter makes no folder" not exists "$work/none"
for wrong in yesterday 2026-02-30 1700000000000 +x -5 ''; do
        run --from "$wrong" "$outage"
        claim "--from '$wrong': status 2" status_is 2
        claim "--from '$wrong': one line" one_line
        run --to="$wrong" "$outage"
        claim "--to='$wrong': status 2" status_is 2
done
run --from +2 --to +1 "$outage"
claim "--from later than --to: status 2" status_is 2
claim "--from later than --to: one line" one_line

run -q -o "$work/part" --segments -f 'ether host 02:00:00:00:00:01' "$testdata/link-raw.pcap"
claim "a filter that does not fit the link type: status 0" status_is 0
claim "a filter that does not fit the link type: told once" one_line
claim "a filter that does not fit the link type: nothing is chosen" rows "$work/part/connections.csv" 0

mkdir "$work/full"
(
        # shellcheck disable=SC3045 # dash and bash have it
        ulimit -f 2
        exec "$program" -q -o "$work/full" --segments -f 'port 46344' "$outage" 2>"$work/err"
)
status=$?
claim "a full disk: status 3" status_is 3
claim "a full disk: no file" [ -z "$(ls "$work/full")" ]

finish
