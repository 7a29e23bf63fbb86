# Where output goes: files, pipes that close early, full disks, standard input.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
tables="files connections transitions findings"

run -o "$work/a" "$testdata/base.pcap"
claim "-o makes the folder and its files" status_is 0
for table in $tables; do
        claim "-o writes $table.csv" exists "$work/a/$table.csv"
done
claim "without --segments there is no segments.csv" not exists "$work/a/segments.csv"
claim "nothing unfinished is left" not ls "$work/a/"*.partial 2>/dev/null

run -o "$work/b" --segments -q "$testdata/base.pcap"
claim "-q prints nothing" prints_nothing
claim "-q still writes files" exists "$work/b/segments.csv"
for table in $tables; do
        claim "the same input gives the same $table.csv" cmp -s "$work/a/$table.csv" "$work/b/$table.csv"
done

"$program" -q -o "$work/c" - <"$testdata/base.pcap" 2>"$work/err"
status=$?
claim "- reads standard input" status_is 0
claim "standard input gives the same connections" cmp -s "$work/a/connections.csv" "$work/c/connections.csv"
# shellcheck disable=SC2002 # a pipe on purpose
cat "$testdata/base.pcap" | "$program" -q -o "$work/d" - 2>"$work/err"
claim "a pipe gives the same connections" cmp -s "$work/a/connections.csv" "$work/d/connections.csv"
# shellcheck disable=SC2002
cat "$testdata/base.pcap" | "$program" -q -o "$work/e" "$testdata/recorded-refused.pcap" - 2>"$work/err"
"$program" -q -o "$work/f" "$testdata/base.pcap" "$testdata/recorded-refused.pcap" 2>"$work/err"
claim "a pipe among files loses no packet" cmp -s "$work/e/connections.csv" "$work/f/connections.csv"

run "$testdata/base.pcap" "$testdata/recorded-refused.pcap"
mv "$work/out" "$work/ordered"
run "$testdata/recorded-refused.pcap" "$testdata/base.pcap"
claim "files are read in the order of their first packets" cmp -s "$work/ordered" "$work/out"

{ "$program" --all "$testdata/base.pcap" 2>"$work/err"; echo $? >"$work/status"; } | :
status=$(cat "$work/status")
claim "a reader that closed the pipe: status 0" status_is 0
claim "a reader that closed the pipe: quiet" silent

if [ -w /dev/full ]; then
        "$program" "$testdata/base.pcap" >/dev/full 2>"$work/err"
        status=$?
        claim "full standard output: status 3" status_is 3
        claim "full standard output: one line" one_line
        "$program" --help >/dev/full 2>"$work/err"
        status=$?
        claim "full standard output for --help: status 3" status_is 3
fi

echo file >"$work/occupied"
run -o "$work/occupied" "$testdata/base.pcap"
claim "-o names a file: status 3" status_is 3
claim "-o names a file: one line" one_line
run -o "$work/no/such/parent" "$testdata/base.pcap"
claim "-o below a missing folder: status 3" status_is 3

# A limit of 1 KiB on the size of files is as good as a full disk.
mkdir "$work/full"
echo old >"$work/full/connections.csv"
(
        # shellcheck disable=SC3045 # dash and bash have it
        ulimit -f 2
        exec "$program" -q -o "$work/full" --segments "$testdata/recorded-sack-recovery.pcap" 2>"$work/err"
)
status=$?
claim "a full disk: status 3" status_is 3
claim "a full disk: told" says "cannot write"
claim "a full disk: no half file with a report's name" [ "$(cat "$work/full/connections.csv")" = old ]
claim "a full disk: no other report either" not exists "$work/full/segments.csv"

finish
