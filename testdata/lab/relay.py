"""The path between both hosts: a process that reads packets from one TUN device and writes them to the other, later.

    sender --- f x delay --- M --- queue, rest of the delay --- receiver          f: place of the middle

Rules (rules.py) act before ("pre") or behind ("post") M.  Rate limit and drop-tail queue lie behind M.  Everything is
recorded: when each packet was read, when it passed M and when each copy was written.  Real-time priority and a tight
loop near deadlines keep the delays exact to some ten microseconds.
"""
import gc
import heapq
import os
import pickle
import random
import select
import signal
import socket
import tempfile
import time

import net
import packet as ip

SPIN_NS = 250_000
SIDES = ("client", "server")
OTHER = {"c2s": "s2c", "s2c": "c2s"}


class Path:
    """Delays in seconds: |owd| one way, |back| from the server if different; |middle| is M's place, 0 client to 1 server.

    rate (bit/s) and queue (octets) of the bottleneck of each direction, mtu of the path (icmp: whether a router tells),
    loss: chance of each packet to be lost behind M; jitter: up to so many seconds more, in order.
    """

    def __init__(self, owd=0.01, back=None, middle=0.5, rate=None, queue=None, mtu=None, icmp=False, loss=0.0, jitter=0.0, seed=1):
        self.owd, self.back, self.middle, self.rate, self.queue = owd, owd if back is None else back, middle, rate, queue
        self.mtu, self.icmp, self.loss, self.jitter, self.seed = mtu, icmp, loss, jitter, seed

    def described(self):
        shown = {"owd": self.owd}
        if self.back != self.owd:
            shown["back"] = self.back
        if self.middle != 0.5:
            shown["middle"] = self.middle
        for name in ("rate", "queue", "mtu"):
            if getattr(self, name) is not None:
                shown[name] = getattr(self, name)
        if self.loss:
            shown["loss"] = self.loss
        if self.jitter:
            shown["jitter"] = self.jitter
        if self.loss or self.jitter:
            shown["seed"] = self.seed
        if self.icmp:
            shown["icmp"] = True
        return shown


class RelayPacket(ip.Packet):
    """A packet under way, and what happened to it."""

    __slots__ = ("id", "dir", "origin", "read_ns", "m_ns", "where", "rules", "copies", "kind", "n", "dn", "attempt", "fates",
                 "changed", "prefix", "fins")

    def __init__(self, raw, number, direction, origin, read_ns, prefix=b""):
        super().__init__(raw)
        self.id, self.dir, self.origin, self.read_ns, self.prefix = number, direction, origin, read_ns, prefix
        self.m_ns = []        # times at the middle (none: lost before it; several: duplicated before it)
        self.where, self.rules, self.fates = None, [], set()
        self.copies = []      # [due_ns, written_ns or None, number of the copy, ordinal of the write at that side, octets or None]
        self.kind, self.n, self.dn, self.attempt = "other", 0, None, 1
        self.changed = None   # octets after corruption or rewriting
        self.fins = {}        # {flow: sequence number behind its FIN}, as known when the packet came; for rules


class Relay:
    """Runs in a process of its own from start() to stop(), which returns the packets and the rules with their hits."""

    def __init__(self, hosts, path, rules, router):
        self.hosts, self.path, self.rules, self.router = hosts, path, rules, router
        self.heap, self.order, self.packets = [], 0, []
        self.counts, self.data_index, self.seen = {}, {"c2s": {}, "s2c": {}}, {}
        self.fins = {}
        self.free_ns, self.newest_ns = {"c2s": 0, "s2c": 0}, {"c2s": 0, "s2c": 0}
        self.last = {"c2s": None, "s2c": None}
        self.written = {"client": 0, "server": 0}
        self.prefix = b"" if not hosts[0].offload else bytes(net.VNET_HEADER)

    # ---- the process

    def start(self):
        self.control, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        handle, self.result = tempfile.mkstemp(prefix="tcpverdict-relay-")
        os.close(handle)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                self.control.close()
                self._run(child)
                with open(self.result, "wb") as file:
                    pickle.dump((self.packets, [(r.name, r.hits) for r in self.rules], self.worst_ns), file)
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        child.close()
        self.control.recv(16)

    def command(self, *words):
        self.control.send(pickle.dumps(words))
        self.control.recv(16)

    def stop(self):
        self.command("stop")
        _, status = os.waitpid(self.pid, 0)
        if status != 0:
            raise RuntimeError("the relay failed")
        with open(self.result, "rb") as file:
            packets, hits, worst_ns = pickle.load(file)
        os.unlink(self.result)
        self.control.close()
        for rule, (_, found) in zip(self.rules, hits):
            rule.hits = found
        return packets, worst_ns

    def _run(self, control):
        gc.disable()
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
        except OSError:
            pass
        self.random = random.Random(self.path.seed)
        self.worst_ns = 0
        tuns = {self.hosts[0].tun: "c2s", self.hosts[1].tun: "s2c"}
        watched = [self.hosts[0].tun, self.hosts[1].tun, control]
        control.send(b"ready")
        clock = time.monotonic_ns
        while True:
            now = clock()
            while self.heap and self.heap[0][0] <= now:
                self._write(heapq.heappop(self.heap), now)
                now = clock()
            if not self.heap:
                wait = 1.0
            else:
                wait = max(0, self.heap[0][0] - now - SPIN_NS) / 1e9
            for fd in select.select(watched, [], [], wait)[0]:
                if fd is control:
                    words = pickle.loads(control.recv(1 << 16))
                    self._obey(words)
                    control.send(b"done")
                    if words[0] == "stop":
                        return
                    continue
                for _ in range(4):   # what is due goes out in between
                    try:
                        data = os.read(fd, 1 << 17)
                    except BlockingIOError:
                        break
                    self._arrive(data, tuns[fd], clock())

    def _obey(self, words):
        if words[0] == "switch":
            for rule in self.rules:
                if rule.name == words[1]:
                    rule.enabled = words[2]
        elif words[0] == "inject":
            _, direction, raw, origin, name = words
            self.inject(direction, raw, origin, name, time.monotonic_ns())

    # ---- packets

    def _arrive(self, data, direction, now):
        raw, prefix = data[len(self.prefix):], data[:len(self.prefix)]
        p = RelayPacket(raw, len(self.packets) + 1, direction, SIDES[direction == "s2c"], now, prefix)
        self.packets.append(p)
        self._characterize(p)
        owd, part = self._delays(direction)
        m_ns, extra_pre = now + int(part), 0
        pre = [r for r in self.rules if r.at == "pre" and r.matches(p)]
        copies_pre = []
        for rule in pre:
            self._hit(rule, p)
            if rule.action == "drop":
                p.where = "pre"
                self._remember(p)
                return
            if rule.action == "delay":
                extra_pre += int(rule.ms * 1e6)
            elif rule.action == "dup":
                copies_pre.append(int(rule.ms * 1e6))
            elif rule.action == "stall":
                extra_pre += self._stalled(rule, now)
            else:
                self._alter(rule, p)
                p.fates.add("altered_before_middle")
        m_ns += extra_pre
        p.m_ns = [m_ns] + [m_ns + c for c in copies_pre]
        post = [r for r in self.rules if r.at == "post" and r.matches(p)]
        extra, copies = 0, []
        for rule in post:
            self._hit(rule, p)
            if rule.action == "drop":
                p.where = "post"
            elif rule.action == "icmp":
                p.where = "post"
                (kind, code), mtu = rule.arg
                self._tell(p, kind, code, mtu, rule.name)
            elif rule.action == "delay":
                extra += int(rule.ms * 1e6)
            elif rule.action == "dup":
                copies.append(int(rule.ms * 1e6))
            elif rule.action == "stall":
                extra += self._stalled(rule, now)
            elif rule.action == "inject":
                forge, origin = rule.arg
                for to, forged, ms in forge(p, self):
                    self.inject(to, forged, origin, rule.name, m_ns + int(ms * 1e6))
            else:
                self._alter(rule, p)
        self._remember(p)
        if p.where:
            return
        if self.path.loss and self.random.random() < self.path.loss:
            p.where = "post"
            p.rules.append("random-loss")
            return
        if self.path.mtu and p.ip_len > self.path.mtu:
            p.where = "post"
            p.rules.append("mtu")
            if self.path.icmp:
                self._tell(p, *((3, 4) if p.version == 4 else (2, 0)), self.path.mtu, "mtu")
            return
        for number, at_m in enumerate(p.m_ns):
            self._behind_middle(p, number, at_m, int(owd - part), extra, copies if number == 0 else [])

    def _behind_middle(self, p, number, at_m, rest, extra, copies):
        due = at_m + rest
        if self.path.rate:
            free = max(self.free_ns[p.dir], at_m)
            if self.path.queue and (free - at_m) * self.path.rate / 8e9 + p.ip_len > self.path.queue:
                if number == 0:
                    p.where = "queue"
                    p.rules.append("drop-tail")
                return
            free += int(p.ip_len * 8e9 / self.path.rate)
            self.free_ns[p.dir] = free
            due = free + rest
        if self.path.jitter:
            due = max(due + int(self.random.random() * self.path.jitter * 1e9), self.newest_ns[p.dir])
            self.newest_ns[p.dir] = due
        self._schedule(p, number, due + extra)
        for n, later in enumerate(copies):
            self._schedule(p, number + n + 1, due + extra + later)

    def _schedule(self, p, number, due):
        copy = [due, None, number, None, p.changed]
        p.copies.append(copy)
        self.order += 1
        heapq.heappush(self.heap, (due, self.order, p, copy))

    def _write(self, item, now):
        due, _, p, copy = item
        side = 1 if p.dir == "c2s" else 0
        try:
            os.write(self.hosts[side].tun, p.prefix + (copy[4] or p.raw))
        except OSError as error:
            p.where = "write:" + os.strerror(error.errno)
            return
        copy[1] = now
        copy[3] = self.written[SIDES[side]]
        self.written[SIDES[side]] += 1
        self.worst_ns = max(self.worst_ns, now - due)

    def _delays(self, direction):
        """One-way delay and its part before M, in ns."""
        path = self.path
        if direction == "c2s":
            return path.owd * 1e9, path.owd * path.middle * 1e9
        return path.back * 1e9, path.back * (1 - path.middle) * 1e9

    def _characterize(self, p):
        if p.proto != ip.TCP:
            return
        f = p.flags
        p.fins = self.fins
        if f & ip.SYN:
            self.fins.pop(p.flow, None)
        if f & ip.FIN:
            self.fins[p.flow] = (p.seq + p.len + 1) % 2**32
        p.kind = ("rst" if f & ip.RST else "synack" if f & ip.SYN and f & ip.ACK else "syn" if f & ip.SYN else
                  "fin" if f & ip.FIN else "data" if p.len else "ack")
        p.n = self.counts[p.dir, p.kind] = self.counts.get((p.dir, p.kind), 0) + 1
        key = (p.flow, p.seq, p.kind if p.kind != "ack" else p.ack)
        p.attempt = self.seen[key] = self.seen.get(key, 0) + 1
        if p.len and not f & ip.SYN:
            index = self.data_index[p.dir]
            p.dn = index.setdefault((p.flow, p.seq), len(index) + 1)

    def _remember(self, p):
        if p.proto == ip.TCP and not p.flags & ip.RST:
            self.last[p.dir] = p

    def _hit(self, rule, p):
        rule.hits.append(p.id)
        p.rules.append(rule.name)
        p.fates.add(rule.action)

    def _stalled(self, rule, now):
        if rule.since_ns is None:
            rule.since_ns = now
        return max(0, int(rule.since_ns + rule.ms * 1e6) - now)

    def _alter(self, rule, p):
        if rule.action == "corrupt":
            data = bytearray(p.raw)
            at = p.ip_len - 1 if p.len else p.l4 + 15   # in the payload, else in the window
            data[at] ^= 0x10
            p.changed = bytes(data)
        elif rule.action == "modify":
            p.changed = rule.arg(p)

    def _tell(self, p, kind, code, mtu, name):
        quoted = p.changed or p.raw
        self.inject(OTHER[p.dir], ip.icmp_error(ip.octets(self.router[p.version]), quoted, kind, code, mtu), "router",
                    "icmp" if name != "mtu" else "mtu", p.m_ns[0] + 100_000)

    def inject(self, direction, raw, origin, name, at_m):
        """A packet of somebody on the path, which passes M at |at_m| and goes on in |direction|."""
        p = RelayPacket(raw, len(self.packets) + 1, direction, origin, None, self.prefix)
        self.packets.append(p)
        p.rules.append(name)
        p.m_ns = [at_m]
        owd, part = self._delays(direction)
        self._schedule(p, 0, at_m + int(owd - part))
