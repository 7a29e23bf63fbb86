# A signal ends the reading; what was read is reported.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# The writer keeps the pipe open, so that only the signal can end the reading.
mkfifo "$work/pipe" || exit 77
{
        cat "$testdata/base.pcap"
        exec sleep 60
} >"$work/pipe" &
writer=$!
"$program" -o "$work/o" "$work/pipe" >"$work/out" 2>"$work/err" &
reader=$!

# Not before all of the capture is in the program: the pipe is empty then, and the reader waits.
waiting() { grep -q 'pipe_read\|pipe_wait' "/proc/$reader/wchan" 2>/dev/null || grep -q '^State:[[:space:]]*S' "/proc/$reader/status"; }
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 0.1
        waiting && exists "$work/o" && break
done
sleep 0.3
kill -TERM $reader
wait $reader
status=$?
kill $writer 2>/dev/null
wait $writer 2>/dev/null

claim "interrupted: status 4" status_is 4
claim "interrupted: told" says "interrupted"
claim "interrupted: a report of what was read" not prints_nothing
claim "interrupted: connections.csv is there" rows "$work/o/connections.csv" 1
claim "interrupted: files.csv says so" grep -q interrupted "$work/o/files.csv"
finish
