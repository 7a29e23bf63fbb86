# The same packets in compressed files, in archives and in several files give the same reports.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
capture=$testdata/recorded-outage.pcap
tables="connections transitions findings segments"

# same NAME: the CSV files in $work/other are those in $work/first.
same() {
        for table in $tables; do
                claim "$1 gives the same $table" cmp -s "$work/first/$table.csv" "$work/other/$table.csv"
        done
}

# Compressed by whatever tools there are.
run -q -o "$work/first" --segments "$capture"
claim "the capture itself: status 0" status_is 0
tools=0
for tool in gzip xz zstd bzip2 lz4 compress; do
        command -v $tool >/dev/null 2>&1 || continue
        tools=$((tools + 1))
        $tool -c <"$capture" >"$work/packed"
        rm -rf "$work/other"
        run -q -o "$work/other" --segments "$work/packed"
        claim "$tool: status 0" status_is 0
        claim "$tool: nothing on standard error" silent
        same "$tool"
        rm -rf "$work/other"
        "$program" -q -o "$work/other" --segments - <"$work/packed" 2>"$work/err"
        status=$?
        claim "$tool from standard input: status 0" status_is 0
        same "$tool from standard input"
done
claim "there are compressors" [ $tools -gt 0 ]

# Several files, in any order and as members of archives.
mkdir "$work/files"
cp "$testdata/base.pcap" "$work/files/c.pcap"
cp "$testdata/recorded-refused.pcap" "$work/files/b.pcap"
cp "$testdata/ipv6.pcap" "$work/files/a.pcap"
cp "$testdata/recorded-outage.pcap" "$work/files/d.pcap"
echo "no capture" >"$work/files/README"
cd "$work/files" || exit 2
rm -rf "$work/first" "$work/other"
run -q -o "$work/first" --segments a.pcap b.pcap c.pcap d.pcap
claim "four files: status 0" status_is 0
run -q -o "$work/other" --segments d.pcap c.pcap b.pcap a.pcap
same "the other order"
claim "the other order gives the same files" cmp -s "$work/first/files.csv" "$work/other/files.csv"
if command -v tar >/dev/null 2>&1; then
        gzip -c b.pcap >b.pcap.gz 2>/dev/null || cp b.pcap b.pcap.gz
        tar cf ../t.tar d.pcap README a.pcap b.pcap.gz c.pcap
        rm -rf "$work/other"
        run -q -o "$work/other" --segments "$work/t.tar"
        claim "tar: status 0" status_is 0
        same "tar"
        claim "tar: four rows in files.csv" rows "$work/other/files.csv" 4
        claim "tar: members are named" grep -q '^1,"[^"]*/t\.tar/' "$work/other/files.csv"
        claim "tar: what is no capture is told" says "t.tar: 1 member is no capture: README"
        claim "tar: in one line" one_line
        size=$(wc -c <../t.tar)
        head -c $((size / 2)) ../t.tar >../cut.tar
        run -q "$work/cut.tar"
        claim "a cut-off archive: status 4" status_is 4
fi

# One interface's packets each: merged they are what was split.
if command -v tshark >/dev/null 2>&1; then
        tshark -r d.pcap -Y 'tcp.srcport==8080' -F pcap -w one.pcap 2>/dev/null &&
                tshark -r d.pcap -Y 'tcp.dstport==8080' -F pcap -w two.pcap 2>/dev/null
        if [ -s one.pcap ] && [ -s two.pcap ]; then
                rm -rf "$work/first" "$work/other"
                run -q -o "$work/first" d.pcap
                run -q -o "$work/other" one.pcap two.pcap
                # Frames are numbered anew; states, times and counts are the same.
                cut -d, -f5- "$work/first/connections.csv" >"$work/first/rest"
                cut -d, -f5- "$work/other/connections.csv" >"$work/other/rest"
                claim "two directions in two files are the same connections" cmp -s "$work/first/rest" "$work/other/rest"
                run -q -o "$work/other" --segments --conn 0 one.pcap two.pcap
                claim "the rows of one connection" [ "$(wc -l <"$work/other/segments.csv")" -gt 5 ]
        fi
fi

# A damaged gzip file: what came before is there.
if command -v gzip >/dev/null 2>&1; then
        gzip -c "$capture" >"$work/whole.gz"
        size=$(wc -c <"$work/whole.gz")
        head -c $((size * 3 / 4)) "$work/whole.gz" >"$work/cut.gz"
        rm -rf "$work/other"
        run -q -o "$work/other" "$work/cut.gz"
        claim "a cut-off gzip file: status 4" status_is 4
        claim "a cut-off gzip file: told once, with frame and byte" says "cut.gz: damaged after frame [1-9][0-9]*, at byte [0-9]*: "
        claim "a cut-off gzip file: one line" one_line
        claim "a cut-off gzip file: connections" [ "$(wc -l <"$work/other/connections.csv")" -gt 2 ]
        echo hello | gzip -c >"$work/hello.gz"
        run "$work/hello.gz"
        claim "a compressed text: status 3" status_is 3
        claim "a compressed text: told" says "hello.gz: is compressed by gzip, but holds no capture"
fi

cd / || exit 2
finish
