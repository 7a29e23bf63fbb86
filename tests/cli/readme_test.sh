# The report in README.md is what the program prints (scripts/golden-update renews it).
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$testdata" || exit 2

run recorded-outage.pcap
sed -n '/^\$ tcpverdict recorded-outage\.pcap$/,/^```$/p' ../README.md | sed '1d;$d' >"$work/readme"
claim "README.md shows a report" grep -q verdict "$work/readme"
claim "it is the program's" cmp -s "$work/readme" "$work/out"
for option in $("$program" --help | grep -o -e '--[a-z][a-z-]*' | sort -u); do
        claim "README.md has $option" grep -q -e "\`$option[ \`]" ../README.md
done
finish
