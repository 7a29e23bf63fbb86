"""The kernel's own record: tracepoints by tracefs, in an instance of our own, read when the run is over.

Read in binary (Documentation/trace/ring-buffer-map.rst, events/header_page): the text form leaves out the addresses of
sockets and cuts times to microseconds.  Times are CLOCK_MONOTONIC in ns.
"""
import os
import re
import socket
import struct
import subprocess

ROOTS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
EVENTS = ("sock/inet_sock_set_state", "tcp/tcp_retransmit_skb", "tcp/tcp_retransmit_synack", "tcp/tcp_cong_state_set",
          "tcp/tcp_send_reset", "tcp/tcp_receive_reset", "tcp/tcp_destroy_sock", "skb/kfree_skb",
          "net/net_dev_start_xmit", "net/netif_receive_skb")
BUFFER_KB = 16384
FIELD = re.compile(r"field:(.*?)\s*;\s*offset:(\d+);\s*size:(\d+);\s*signed:(\d)")
SYMBOL = re.compile(r"\{ (\d+), \"(\w+)\" \}")
PADDING, TIME_EXTEND, TIME_STAMP = 29, 30, 31
STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RCVD", 4: "FIN_WAIT_1", 5: "FIN_WAIT_2", 6: "TIME_WAIT", 7: "CLOSED",
          8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN_RCVD"}
CA_STATES = ("Open", "Disorder", "CWR", "Recovery", "Loss")


def root():
    """The folder of tracefs, mounted if need be; None where the machine does not allow it."""
    for path in ROOTS:
        if os.path.isdir(path + "/instances"):
            return path
    try:
        subprocess.run(["mount", "-t", "tracefs", "nodev", ROOTS[0]], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return None
    return ROOTS[0] if os.path.isdir(ROOTS[0] + "/instances") else None


def lacks():
    path = root()
    if path is None:
        return ["tracefs: cannot be mounted on " + ROOTS[0]]
    return ["tracepoint: " + event for event in EVENTS if not os.path.isdir("%s/events/%s" % (path, event))]


def put(path, value):
    with open(path, "w") as file:
        file.write(str(value))


class Format:
    """The fields of one event, from its format file; |reasons| names the values of its enum."""

    def __init__(self, path):
        with open(path) as file:
            content = file.read()
        self.number = int(re.search(r"^ID: (\d+)", content, re.M)[1])
        self.fields = []
        for declared, offset, size, signed in FIELD.findall(content):
            name = declared.split()[-1].split("[")[0]
            if not name.startswith("common_"):
                self.fields.append((name, int(offset), int(size), signed == "1", declared))
        shown = content[content.find("REC->reason"):] if "REC->reason" in content else ""
        self.reasons = {int(n): text for n, text in SYMBOL.findall(shown)}

    def read(self, record):
        found = {}
        for name, offset, size, signed, declared in self.fields:
            data = record[offset:offset + size]
            if declared.startswith("__data_loc"):
                place = int.from_bytes(data, "little")
                found[name] = record[place & 0xffff:(place & 0xffff) + (place >> 16)].split(b"\0")[0].decode()
            elif "[" in declared:
                found[name] = data
            else:
                found[name] = int.from_bytes(data, "little", signed=signed)
        if "reason" in found:
            found["reason"] = self.reasons.get(found["reason"], str(found["reason"]))
        return found


def walk_page(page):
    """Yields (t_ns, record) of one page of a ring buffer."""
    t_ns, commit = struct.unpack_from("=QQ", page)
    at, end = 16, 16 + (commit & 0xfffff)
    while at + 4 <= min(end, len(page)):
        word, = struct.unpack_from("=I", page, at)
        kind, delta = word & 31, word >> 5
        more = struct.unpack_from("=I", page, at + 4)[0] if at + 8 <= len(page) else 0
        if kind == PADDING:
            if delta == 0:
                return
            t_ns += delta
            at += 4 + more
        elif kind == TIME_EXTEND:
            t_ns += delta + (more << 27)
            at += 8
        elif kind == TIME_STAMP:
            t_ns = (t_ns >> 59 << 59) | (more << 27) + delta
            at += 8
        else:
            t_ns += delta
            begin, size = (at + 8, more - 4) if kind == 0 else (at + 4, kind * 4)
            yield t_ns, page[begin:begin + size]
            at = begin + size


class Trace:
    """An instance of tracefs that hears of the devices |devs| and of all TCP sockets; begin() ... end(), then close()."""

    def __init__(self):
        self.path = "%s/instances/tcpverdict-%d" % (root(), os.getpid())
        os.mkdir(self.path)
        put(self.path + "/trace_clock", "mono")
        put(self.path + "/buffer_size_kb", BUFFER_KB)
        put(self.path + "/tracing_on", 0)

    def begin(self, devs):
        put(self.path + "/tracing_on", 0)
        put(self.path + "/trace", "")
        by_dev = " || ".join('name == "%s"' % d for d in devs)
        filters = {"net/net_dev_start_xmit": by_dev, "net/netif_receive_skb": by_dev,
                   "skb/kfree_skb": "protocol == %d || protocol == %d" % (0x0800, 0x86dd)}
        for event in EVENTS:
            folder = "%s/events/%s" % (self.path, event)
            put(folder + "/filter", filters.get(event, "0"))
            put(folder + "/enable", 1)
        put(self.path + "/tracing_on", 1)

    def end(self):
        """The events [(t_ns, name, {field: value})], and how many were lost."""
        put(self.path + "/tracing_on", 0)
        lost = 0
        for cpu in os.listdir(self.path + "/per_cpu"):
            with open("%s/per_cpu/%s/stats" % (self.path, cpu)) as file:
                stats = dict(x.split(":", 1) for x in file.read().splitlines() if ":" in x)
            lost += int(stats["overrun"]) + int(stats["commit overrun"]) + int(stats["dropped events"])
        formats = {}
        for event in EVENTS:
            shape = Format("%s/events/%s/format" % (self.path, event))
            formats[shape.number] = (event.split("/")[1], shape)
        events = []
        for cpu in os.listdir(self.path + "/per_cpu"):
            fd = os.open("%s/per_cpu/%s/trace_pipe_raw" % (self.path, cpu), os.O_RDONLY | os.O_NONBLOCK)
            try:
                while page := os.read(fd, 1 << 16):
                    for t_ns, record in walk_page(page):
                        name, shape = formats.get(struct.unpack_from("=H", record)[0], (None, None))
                        if name:
                            events.append((t_ns, name, shape.read(record)))
            except BlockingIOError:
                pass
            os.close(fd)
        events.sort(key=lambda e: e[0])
        return events, lost

    def close(self):
        put(self.path + "/tracing_on", 0)
        for event in EVENTS:
            put("%s/events/%s/enable" % (self.path, event), 0)
        os.rmdir(self.path)


def name_end(family, address, six, port):
    if family == socket.AF_INET6 and six[:12] != bytes(10) + b"\xff\xff":
        return "[%s]:%d" % (socket.inet_ntop(socket.AF_INET6, six), port)
    return "%s:%d" % (socket.inet_ntop(socket.AF_INET, six[12:] if family == socket.AF_INET6 else address), port)


def ends(fields):
    """The own and the other end of an event's socket as "address:port"."""
    return (name_end(fields["family"], fields["saddr"], fields["saddr_v6"], fields["sport"]),
            name_end(fields["family"], fields["daddr"], fields["daddr_v6"], fields["dport"]))


def end_of_sockaddr(data):
    """"address:port" of a struct sockaddr_in or sockaddr_in6; None for anything else."""
    family, port = struct.unpack("=H", data[:2])[0], struct.unpack(">H", data[2:4])[0]
    if family == socket.AF_INET:
        return name_end(family, data[4:8], b"", port)
    return name_end(family, b"", data[8:24], port) if family == socket.AF_INET6 else None
