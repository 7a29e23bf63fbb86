"""One run of one scenario: sets up both hosts, the path and all recorders, plays the scenario, hands over what was seen.

A scenario is a function of a Stage.  It runs in one thread: sockets never block, the methods below wait for what they
name (up to |TIMEOUT_S|) and note it as an event of the application.
"""
import errno
import os
import select
import signal
import socket
import struct
import time

import capture
import diag
import net
import relay

TIMEOUT_S = 20.0
TCP_REPAIR = 19
CHUNK = 65536


class GaveUp(Exception):
    """An operation of a scenario took longer than it ever should."""


def payload(at, size):
    """Octets [at, at + size) of the text that everybody sends: every line is different, and it compresses."""
    first = at // 16
    lines = b"".join(b"%014d\r\n" % n for n in range(first, (at + size) // 16 + 1))
    return lines[at - first * 16:at - first * 16 + size]


class End:
    """A socket of one host."""

    def __init__(self, stage, side, sock):
        self.stage, self.side, self.sock, self.sent, self.got, self.child = stage, side, sock, 0, 0, None
        sock.setblocking(False)

    def fileno(self):
        return self.sock.fileno()

    def note(self, op, **more):
        self.stage.note(self.side, op, **more)

    def failed(self, op, error):
        self.note(op, error=errno.errorcode.get(error.errno, str(error.errno)))

    def set(self, level, name, value):
        self.sock.setsockopt(level, name, value)
        return self

    def tcp(self, name, value):
        return self.set(socket.IPPROTO_TCP, name, value)

    def wait_connected(self, timeout=TIMEOUT_S):
        """True when the handshake is done for this end; False with a note of the error otherwise."""
        if not select.select([], [self.sock], [], timeout)[1]:
            raise GaveUp("connect")
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.note("connect", error=errno.errorcode.get(error, str(error)))
            return False
        self.note("connect", local=end_name(self.sock.getsockname()))
        return True

    def send(self, size, flags=0):
        """Hands |size| octets to the kernel; False (and a note) when it refuses."""
        data, left = payload(self.sent, size), size
        until = time.monotonic() + TIMEOUT_S
        while left:
            try:
                done = self.sock.send(data[size - left:], flags)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise GaveUp("send") from None
                select.select([], [self.sock], [], 0.5)
                continue
            except OSError as error:
                self.failed("send", error)
                return False
            left -= done
            self.sent += done
        self.note("send", n=size)
        return True

    def recv(self, size, timeout=TIMEOUT_S):
        """Reads exactly |size| octets; fewer when the end of the stream or an error comes first (both noted)."""
        got, until = 0, time.monotonic() + timeout
        while got < size:
            ready = select.select([self.sock], [], [], max(0.0, until - time.monotonic()))[0]
            if not ready:
                raise GaveUp("recv")
            try:
                data = self.sock.recv(min(CHUNK, size - got))
            except BlockingIOError:
                continue
            except OSError as error:
                self.failed("recv", error)
                return got
            if not data:
                self.note("eof", n=got)
                return got
            got += len(data)
        self.got += got
        self.note("recv", n=got)
        return got

    def read_eof(self, timeout=TIMEOUT_S):
        """Reads up to the end of the stream (or an error)."""
        return self.recv(1 << 40, timeout)

    def shutdown(self):
        self.note("shutdown_wr")
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.failed("shutdown_wr", error)

    def close(self):
        self.note("close")
        self.sock.close()

    def abort(self):
        """close() with SO_LINGER 0."""
        self.set(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def vanish(self):
        """The connection is forgotten without a segment, as by a crash of the host."""
        self.tcp(TCP_REPAIR, 1)
        self.note("vanish")
        self.sock.close()

    def hand_over(self):
        """Gives the socket to a child process that does nothing, which kill() ends with SIGKILL."""
        self.child = os.fork()
        if self.child == 0:
            signal.pause()
            os._exit(0)
        self.sock.close()

    def kill(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        self.note("killed")


class Listener(End):
    def accept(self, timeout=TIMEOUT_S):
        if not select.select([self.sock], [], [], timeout)[0]:
            raise GaveUp("accept")
        sock, peer = self.sock.accept()
        self.note("accept", peer=end_name(peer))
        return End(self.stage, self.side, sock)


def end_name(address):
    return ("[%s]:%d" if ":" in address[0] else "%s:%d") % address[:2]


class Stage:
    """begin() .. play() .. end() -> Recording.  |number| makes the addresses, ports and device names of this run."""

    def __init__(self, scenario, number, trace_):
        self.scenario, self.number, self.trace = scenario, number, trace_
        self.six = scenario.six
        net4, net6 = "10.77.%d." % (number % 250 + 1), "fd77:%x::" % (number % 65536)
        self.address = {s: (net6 if self.six else net4) + n for s, n in (("client", "1"), ("server", "2"))}
        self.router = {4: net4 + "254", 6: net6 + "fe"}
        self.port, self.next_port = 8000 + number % 20000, 32768 + number % 30000
        self.app, self.ends = [], []
        mtus = scenario.mtu if isinstance(scenario.mtu, (list, tuple)) else (scenario.mtu, scenario.mtu)
        self.hosts = []
        for side, last, mtu in (("client", "1", mtus[0]), ("server", "2", mtus[1])):
            addresses = [net4 + last] + ([net6 + last] if self.six else [])
            sysctl = dict(scenario.sysctl)
            sysctl.update(getattr(scenario, side + "_sysctl"))
            self.hosts.append(net.Host(side, "tv%s%d" % (side[0], os.getpid() % 1000000), addresses, mtu, sysctl, scenario.offload))
        self.client, self.server = self.hosts

    def host(self, side):
        return self.hosts[side == "server"]

    def play(self):
        """Runs the scenario with everything recording."""
        families = [socket.AF_INET, socket.AF_INET6] if self.six else [socket.AF_INET]
        self.captures = [capture.Capture(h) for h in self.hosts]
        self.offset_ns, self.clock_unc_ns = clock_offset()
        self.trace.begin([h.dev for h in self.hosts])
        self.rules = self.scenario.rules() if self.scenario.rules else []
        self.path = relay.Path(**self.scenario.path)
        self.relay = relay.Relay(self.hosts, self.path, self.rules, self.router)
        self.relay.start()
        self.poller = diag.Poller(self.hosts, families)
        self.start_ns = time.time_ns()
        self.gave_up = None
        self.sleep(0.01)
        try:
            self.scenario.function(self)
            self.sleep(self.scenario.settle)
        except GaveUp as error:
            self.gave_up = "gave up waiting for %s" % error
        return self.end()

    def end(self):
        self.end_ns = time.time_ns()
        counters = {h.side: h.counters() for h in self.hosts}
        notes = self.poller.end()
        events, lost_events = self.trace.end()
        packets, worst_ns = self.relay.stop()
        offset_ns, _ = clock_offset()
        captured = [c.read() for c in self.captures]
        for c in self.captures:
            c.close()
        for end in self.ends:
            if end.child:
                try:
                    os.kill(end.child, signal.SIGKILL)
                    os.waitpid(end.child, 0)
                except (ProcessLookupError, ChildProcessError):
                    pass
            end.sock.close()
        for h in self.hosts:
            h.close()
        return {"counters": counters, "diag": notes, "events": events, "lost_events": lost_events, "packets": packets,
                "worst_ns": worst_ns, "drift_ns": offset_ns - self.offset_ns, "captured": captured}

    # ---- for scenarios

    def note(self, side, op, **more):
        self.app.append(dict({"t_ns": time.time_ns(), "ev": "app", "side": side, "op": op}, **more))

    def sleep(self, seconds):
        time.sleep(seconds)

    @property
    def rtt(self):
        return self.path.owd + self.path.back

    def socket(self, side, port=None):
        sock = self.host(side).socket(socket.AF_INET6 if self.six else socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if port is not None:
            sock.bind((self.address[side], port))
        end = End(self, side, sock)
        self.ends.append(end)
        return end

    def listen(self, backlog=16, side="server", port=None, before=None):
        """|before| sets options on the socket before it listens."""
        sock = self.host(side).socket(socket.AF_INET6 if self.six else socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if before:
            before(sock)
        sock.bind((self.address[side], port or self.port))
        sock.listen(backlog)
        listener = Listener(self, side, sock)
        self.ends.append(listener)
        return listener

    def fresh_port(self):
        self.next_port += 1
        return self.next_port

    def dial(self, side="client", port=None, before=None, to=None):
        """Begins to connect; wait_connected() on what it returns."""
        end = self.socket(side, port or self.fresh_port())
        if before:
            before(end.sock)
        other = "server" if side == "client" else "client"
        try:
            end.sock.connect((self.address[other], to or self.port))
        except BlockingIOError:
            pass
        return end

    def dial_from_any_port(self):
        """Begins to connect from a port that the kernel chooses; OSError when it has none."""
        end = self.socket("client")
        try:
            end.sock.connect((self.address["server"], self.port))
        except BlockingIOError:
            pass
        return end

    def pair(self, before_connect=None, before_listen=None, port=None, listener=None):
        """A connection, open at both ends: (client, server)."""
        listener = listener or self.listen(before=before_listen)
        c = self.dial(before=before_connect, port=port)
        if not c.wait_connected():
            raise GaveUp("connect")
        s = listener.accept()
        self.ends.append(s)
        return c, s

    def request(self, c, s, ask=300, answer=5000):
        c.send(ask)
        s.recv(ask)
        s.send(answer)
        c.recv(answer)

    def transfer(self, source, sink, size, pace=0, chunk=CHUNK, timeout=TIMEOUT_S):
        """|size| octets from |source| to |sink|, both busy at the same time; |pace|: the sink waits so long after each
        |chunk| it reads.  False when either gets an error (noted)."""
        left, got, until, next_read = size, 0, time.monotonic() + timeout, 0.0
        while got < size:
            now = time.monotonic()
            if now > until:
                raise GaveUp("transfer")
            readers = [sink.sock] if now >= next_read else []
            wait = 0.2 if readers else max(0.0, min(0.2, next_read - now))
            readable, writable, _ = select.select(readers, [source.sock] if left else [], [], wait)
            try:
                if writable:
                    source.sent += (done := source.sock.send(payload(source.sent, min(left, CHUNK))))
                    left -= done
                    if not left:
                        source.note("send", n=size)
            except BlockingIOError:
                pass
            except OSError as error:
                source.failed("send", error)
                return False
            try:
                if readable:
                    data = sink.sock.recv(min(chunk, size - got))
                    if not data:
                        sink.note("eof", n=got)
                        return False
                    got += len(data)
                    next_read = time.monotonic() + pace if pace else 0.0
            except BlockingIOError:
                pass
            except OSError as error:
                sink.failed("recv", error)
                return False
        sink.got += got
        sink.note("recv", n=got)
        return True

    def both_ways(self, c, s, size):
        """|size| octets each way at the same time."""
        left, got, until = {c: size, s: size}, {c: 0, s: 0}, time.monotonic() + TIMEOUT_S
        while min(got.values()) < size:
            if time.monotonic() > until:
                raise GaveUp("both_ways")
            readable, writable, _ = select.select([e for e in (c, s) if got[e] < size], [e for e in (c, s) if left[e]], [], 0.2)
            for e in writable:
                try:
                    done = e.sock.send(payload(e.sent, min(left[e], CHUNK)))
                    e.sent, left[e] = e.sent + done, left[e] - done
                except BlockingIOError:
                    pass
            for e in readable:
                try:
                    got[e] += len(e.sock.recv(CHUNK))
                except BlockingIOError:
                    pass
        for e in (c, s):
            e.note("send", n=size)
            e.note("recv", n=size)

    def finish(self, first, second, pause=0.0):
        """An orderly close: |first| closes, |second| reads the end, waits |pause|, closes."""
        first.close()
        second.read_eof()
        if pause:
            self.sleep(pause)
        second.close()

    def switch(self, rule, on=True):
        self.relay.command("switch", rule, on)

    def inject(self, direction, raw, name, origin="attacker"):
        self.relay.command("inject", direction, raw, origin, name)


def clock_offset():
    """CLOCK_REALTIME - CLOCK_MONOTONIC in ns, and the bracket of the best of many measurements."""
    best = None
    for _ in range(200):
        a, r, b = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if best is None or b - a < best[1]:
            best = (r - (a + b) // 2, b - a)
    return best
