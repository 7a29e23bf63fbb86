#!/bin/sh
# run.sh - measures tcpverdict against tcpdump and against the least possible pass, on generated captures.
#
#   bench/run.sh [-s small|large] [-n ROUNDS] [-w "w1 w2 ..."] [-b BINARY] [-d DIR] [-k]
#
#   -s  size of the workloads (small: half a million packets each; large: ten times as many, 4 GB of disk)
#   -n  counted rounds (3)           -w  which workloads (w1 w2 w3 w4 w5, then memory)
#   -b  the program (build/release/tcpverdict, built when missing)
#   -d  where captures and tools go (bench-data), captures found there are used again
#   -k  exit status 1 when a workload is over its limit
#
# Costs are user + system time of whole processes with warm file cache, medians of the rounds, commands in turn.
# The limit of a workload is k * tcpdump + 1.5 * cat, where tcpdump is `tcpdump -nr FILE -w /dev/null` and cat copies the
# written files; k = 2.5 w1, 1.5 w2, 8 w3, 3 w4, 2.2 w5.  Memory: at most 16 MiB + 1 KiB a connection (cN) or
# 192 octets a half-open flow (sN).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
size=small rounds=3 loads="w1 w2 w3 w4 w5" binary='' dir=$root/bench-data check=0 memory=1
while getopts s:n:w:b:d:k option; do
        case $option in
        s) size=$OPTARG ;;
        n) rounds=$OPTARG ;;
        w) loads=$OPTARG memory=0 ;;
        b) binary=$OPTARG ;;
        d) dir=$OPTARG ;;
        k) check=1 ;;
        *) sed -n '2,18s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
        esac
done
case $size in small | large) ;; *) echo "run.sh: -s small or -s large" >&2; exit 2 ;; esac
command -v tcpdump >/dev/null || { echo "run.sh: tcpdump is missing" >&2; exit 2; }
if [ -z "$binary" ]; then
        binary=$root/build/release/tcpverdict
        if [ ! -x "$binary" ]; then
                (cd "$root" && cmake --preset release >/dev/null && cmake --build --preset release >/dev/null)
        fi
fi
case $binary in /*) ;; *) binary=$PWD/$binary ;; esac
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
for tool in generate reference measure; do
        if [ -z "$(find "$dir/$tool" -newer "$root/bench/$tool.c" 2>/dev/null)" ]; then
                library=''
                [ $tool = reference ] && library=-lpcap
                ${CC:-cc} -std=c17 -O2 -o "$dir/$tool" "$root/bench/$tool.c" $library
        fi
done

make_load() { # makes $file; $file.size holds its packets and connections
        file=$dir/$1-$size.pcap
        if [ ! -s "$file.size" ] || [ -n "$(find "$dir/generate" -newer "$file")" ]; then
                "$dir/generate" "$1" "$size" "$file.new" >"$file.size.new"
                mv "$file.new" "$file"
                mv "$file.size.new" "$file.size"
        fi
        read -r packets connections <"$file.size"
}

over=0
printf '%-4s %9s %10s  %9s %9s %9s %9s  %7s %7s  %9s %s\n' load packets connections tcpverdict tcpdump reference cat \
        ratio allowed 'ns/packet' verdict
for load in $loads; do
        make_load "$load"
        case $load in w1) k=2.5 ;; w2) k=1.5 ;; w3) k=8 ;; w4) k=3 ;; w5) k=2.2 ;; *) k=0 ;; esac
        reports=$dir/reports
        rm -rf "$reports"
        mkdir -p "$reports"
        "$dir/measure" "$rounds" "tcpverdict=exec '$binary' -q -o '$reports' '$file'" \
                "tcpdump=exec tcpdump -nr '$file' -w /dev/null" "reference=exec '$dir/reference' '$file'" \
                "cat=cat '$reports'/*.csv >'$dir/copy'" >"$dir/result"
        line=$(awk -v load="$load" -v k="$k" -v packets="$packets" -v connections="$connections" '
                { cpu[$1] = $2; peak[$1] = $3; if ($4 > 1) bad = bad " " $1 ":exit " $4 }
                END {
                        allowed = k * cpu["tcpdump"] + 1.5 * cpu["cat"]
                        verdict = k == 0 ? "" : cpu["tcpverdict"] <= allowed ? "PASS" : "over"
                        printf "%-4s %9d %10d  %9.3f %9.3f %9.3f %9.3f  %7.2f %7.2f  %9.0f %s  peak %.1f MiB%s\n", load, packets,
                                connections, cpu["tcpverdict"], cpu["tcpdump"], cpu["reference"], cpu["cat"],
                                cpu["tcpverdict"] / cpu["tcpdump"], allowed / cpu["tcpdump"],
                                cpu["tcpverdict"] / packets * 1e9, verdict, peak["tcpverdict"] / 1024, bad
                }' "$dir/result")
        echo "$line"
        case $line in *" over "* | *:exit*) over=1 ;; esac
        rm -f "$dir/copy"
done
if [ $memory = 1 ]; then
        echo
        echo "memory with all connections open at once: peak, octets a connection beyond 16 MiB, and the limit"
        if [ "$size" = large ]; then list="c200:1024 s3000:192"; else list="c50:1024 s300:192"; fi
        for item in $list; do
                make_load "${item%:*}"
                "$dir/measure" 1 "tcpverdict=exec '$binary' -q -o '$dir/reports' '$file'" >"$dir/result"
                line=$(awk -v load="${item%:*}" -v limit="${item#*:}" -v connections="$connections" '{
                        each = ($3 * 1024 - 16 * 1048576) / connections
                        printf "%-6s %10d  %8.1f MiB  %7.0f  %5d  %s\n", load, connections, $3 / 1024, each, limit, each <= limit ? "PASS" : "over"
                }' "$dir/result")
                echo "$line"
                case $line in *over) over=1 ;; esac
        done
fi
[ $check = 0 ] || exit $over
