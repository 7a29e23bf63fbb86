# lib.sh - sourced by the tests beside it, which get PROGRAM, TESTDATA and the folder of further captures (or nothing).
# Each claim is checked and named; the script fails in the end if one was wrong.
program=$1
testdata=$2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failures=0

# run ARGUMENT... - runs the program; $status, $work/out and $work/err hold the result.
run() {
        "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
        status=$?
}

# claim TEXT COMMAND... - TEXT holds if COMMAND succeeds.
claim() {
        text=$1
        shift
        if "$@"; then
                echo "ok      $text"
        else
                echo "FAILED  $text ($*; last status $status)"
                sed 's/^/        err: /' "$work/err"
                failures=$((failures + 1))
        fi
}

status_is() { [ "$status" -eq "$1" ]; }
says() { grep -q -e "$1" "$work/err"; }
silent() { [ ! -s "$work/err" ]; }
prints() { grep -q -e "$1" "$work/out"; }
prints_nothing() { [ ! -s "$work/out" ]; }
one_line() { [ "$(wc -l <"$work/err")" -eq 1 ]; }
not() { ! "$@"; }
exists() { [ -e "$1" ]; }
# rows FILE N - a CSV file with a header and N rows
rows() { [ "$(wc -l <"$1")" -eq $(($2 + 1)) ]; }
finish() { exit $((failures > 0)); }
