# Strange captures from elsewhere, when there are any: no crash, no sanitizer report, a sane exit status.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
shared=$3
[ -n "$shared" ] && [ -d "$shared" ] || exit 77

count=0
for capture in $(find "$shared/corpus" "$shared/lab" -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap'); do
        run -o "$work/o" --segments --all "$capture"
        count=$((count + 1))
        # 1 would need --fail-on: here it is what a sanitizer exits with.
        case $status in
        0 | 3 | 4) ;;
        *) claim "$capture: status $status" false ;;
        esac
        if says 'runtime error\|Sanitizer'; then
                claim "$capture: clean" false
        fi
        [ "$status" -eq 3 ] || [ "$(awk 'length > 100' "$work/out" | wc -l)" -eq 0 ] || claim "$capture: at most 100 columns" false
done
echo "$count captures"
claim "there are captures" [ $count -gt 0 ]
finish
