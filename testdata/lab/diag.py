"""Polls the kernel's tables of sockets over netlink (sock_diag(7)): what no tracepoint shows, TIME_WAIT above all.

A process of its own polls both hosts every 2 ms (every 50 ms beyond 100 sockets) and notes what changed.
"""
import json
import os
import select
import signal
import socket
import struct
import time

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY = 4, 20
NLM_F_REQUEST, NLM_F_DUMP, NLMSG_ERROR, NLMSG_DONE = 1, 0x300, 2, 3
STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RCVD", 4: "FIN_WAIT_1", 5: "FIN_WAIT_2", 6: "TIME_WAIT", 7: "CLOSED",
          8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN_RCVD"}
PERIOD_NS, SLOW_PERIOD_NS, MANY = 2_000_000, 50_000_000, 100


def name_end(family, address, port):
    if family == socket.AF_INET6:
        shown = socket.inet_ntop(socket.AF_INET6, address)
        return "%s:%d" % (shown[7:], port) if shown.startswith("::ffff:") else "[%s]:%d" % (shown, port)
    return "%s:%d" % (socket.inet_ntop(socket.AF_INET, address[:4]), port)


def dump(netlink, family):
    """{(local, remote): (state, cookie)} of one host."""
    request = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, 0xffffffff) + bytes(48)
    netlink.send(struct.pack("=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + request)
    found = {}
    while True:
        data = netlink.recv(1 << 16)
        at = 0
        while at + 16 <= len(data):
            size, kind = struct.unpack_from("=IH", data, at)
            if kind in (NLMSG_DONE, NLMSG_ERROR) or size < 16:
                return found
            fam, state = data[at + 16], data[at + 17]
            sport, dport = struct.unpack_from(">HH", data, at + 20)
            key = (name_end(fam, data[at + 24:at + 40], sport), name_end(fam, data[at + 40:at + 56], dport))
            if key not in found or found[key][0] == "TIME_WAIT":  # a new incarnation beside its predecessor
                found[key] = (STATES.get(state, "?"), data[at + 60:at + 68].hex())
            at += (size + 3) & ~3


class Poller:
    """begin() starts the process; end() returns its notes: dicts like the lines of kernel.ndjson with src diag."""

    def __init__(self, hosts, families):
        self.netlinks = [(h.side, h.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)) for h in hosts]
        self.families = families
        self.stop, child_stop = socket.socketpair()
        self.result, out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                self.stop.close()
                notes = self._poll(child_stop)
                with os.fdopen(out, "w") as file:
                    json.dump(notes, file)
            finally:
                os._exit(0)
        child_stop.close()
        os.close(out)

    def _poll(self, stop):
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        except OSError:
            pass
        known = {side: {} for side, _ in self.netlinks}
        last = {side: None for side, _ in self.netlinks}
        notes = []
        while True:
            begun = time.monotonic_ns()
            for side, netlink in self.netlinks:
                now, asked_ns = {}, time.time_ns()
                for family in self.families:
                    now.update(dump(netlink, family))
                t_ns, old = time.time_ns(), known[side]
                for key in set(now) | set(old):
                    before, after = old.get(key, ("CLOSED", None)), now.get(key, ("CLOSED", None))
                    if before[0] != after[0] or (before[1] != after[1] and key in now and key in old):
                        notes.append({"t_ns": t_ns, "ev": "state", "side": side, "src": "diag", "local": key[0],
                                      "remote": key[1], "old": before[0], "new": after[0],
                                      "unc_ns": t_ns - (last[side] or t_ns), "cookie": after[1] or before[1]})
                known[side], last[side] = now, asked_ns
            period = PERIOD_NS if sum(map(len, known.values())) <= MANY else SLOW_PERIOD_NS
            wait = (begun + period - time.monotonic_ns()) / 1e9
            if select.select([stop], [], [], max(0.0, wait))[0]:
                return notes

    def end(self):
        self.stop.send(b"x")
        with os.fdopen(self.result) as file:
            notes = json.load(file)
        os.waitpid(self.pid, 0)
        self.stop.close()
        for _, netlink in self.netlinks:
            netlink.close()
        return notes
