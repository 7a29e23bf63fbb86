#!/bin/sh
# record.sh - records testdata/recorded-*.pcap anew from the Linux stack of this machine.
#
#   testdata/record/record.sh [NAME ...]
#
# Two network namespaces talk over two TAP interfaces; record.py carries the frames between them, delays each by 10 ms
# and loses those that an incident asks for.  tcpdump records on the interface of one end.  Beside each capture,
# record/NAME.txt tells what was done, what the applications saw and what the kernels counted.
# Needs root, iproute2, tcpdump, Python 3 and /dev/net/tun.  Takes about a minute.  The captures differ a little each
# time (ports, ISNs, times), so do the expected files in tests/golden: rewrite and review them.
set -eu
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "record.sh: must be root (network namespaces)" >&2; exit 1; }
for tool in ip ss nstat tcpdump python3; do
        command -v "$tool" >/dev/null || { echo "record.sh: $tool is missing" >&2; exit 1; }
done
exec python3 record.py "$@"
