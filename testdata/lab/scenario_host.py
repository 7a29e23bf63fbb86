"""Many connections at once: what is wrong is a host, a listener or the path."""
import random
import select
import time

import packet as ip
from rules import drop, inject
from scenario import scenario

QUIET = "host.syn-flood,host.syn-scan,host.syn-backlog,host.accept-queue-overflow,host.shutdown,host.port-exhaustion,host.down"
SMALL = 96


class Clients:
    """|count| connections, |gap| s apart, served by one loop: each asks, gets its answer, and closes.

    |first|: who closes first; |second|: how long after it the other end closes, None for never; |accepting|(time): whether
    the server accepts then; |any_port|: the kernel chooses the clients' ports, as long as it has any.
    """

    def __init__(self, lab, listener, count, gap, first="client", second=0.0, accepting=lambda t: True,
                 any_port=False):
        self.lab, self.listener, self.count, self.gap, self.first = lab, listener, count, gap, first
        self.second, self.accepting, self.any_port = second, accepting, any_port

    def run(self, seconds):
        self.begun, self.timers = time.monotonic(), []
        self.connecting, self.open = {}, {}          # {socket: End}
        dialed = 0
        while (now := time.monotonic() - self.begun) < seconds:
            while dialed < self.count and now >= dialed * self.gap:
                self._dial()
                dialed += 1
            for timer in [t for t in self.timers if t[0] <= now]:
                self.timers.remove(timer)
                timer[1].close()
            reading = list(self.open) + ([self.listener.sock] if self.accepting(now) else [])
            readable, writable, _ = select.select(reading, list(self.connecting), [], 0.01)
            for sock in writable:
                self._connected(sock)
            for sock in readable:
                if sock is self.listener.sock:
                    s = self.listener.accept()
                    self.lab.ends.append(s)
                    self.open[s.sock] = s
                else:
                    self._read(self.open[sock], now)

    def _dial(self):
        try:
            c = self.lab.dial_from_any_port() if self.any_port else self.lab.dial()
        except OSError as error:                                    # no port is free
            self.lab.note("client", "connect", error=error.strerror)
            return
        self.connecting[c.sock] = c

    def _connected(self, sock):
        c = self.connecting.pop(sock)
        if c.wait_connected():
            c.sock.send(b"q" * 100)
            self.open[sock] = c
        else:
            sock.close()

    def _read(self, end, now):
        try:
            data = end.sock.recv(65536)
        except OSError as error:
            end.failed("recv", error)
            data = None
        if data and end.side == "server":
            end.sock.send(b"a" * 400)
        if data is None or not data or end.side == self.first:
            # Whoever closes first does so after the answer; the other one |second| after it has read the end.
            del self.open[end.sock]
            wait = 0.0 if end.side == self.first else self.second
            if wait is not None:
                self.timers.append((now + wait, end))


@scenario("host_time_wait_pileup", "host",
          "the server closes after every response: 70 connections in TIME_WAIT on the server", snaplen=SMALL,
          path={"owd": 0.005},
          expect=[("csm", "host.time-wait-pileup", QUIET + ",handshake.*-lost,data.loss,reset.*")])
def host_time_wait_pileup(lab):
    Clients(lab, lab.listen(backlog=64), 70, 0.02, first="server").run(2.0)


@scenario("host_close_wait_pileup", "host", "the server never closes after its clients did: 60 connections in CLOSE_WAIT",
          snaplen=SMALL, path={"owd": 0.005},
          expect=[("csm", "host.close-wait-pileup", QUIET + ",handshake.*-lost,data.loss,reset.*")])
def host_close_wait_pileup(lab):
    Clients(lab, lab.listen(backlog=64), 60, 0.02, first="client", second=None).run(2.0)


@scenario("host_close_wait_drains", "host", "the server closes 1.2 s after its clients: CLOSE_WAIT piles up and drains",
          snaplen=SMALL, path={"owd": 0.005},
          expect=[("csm", "host.close-wait-pileup|teardown.slow-close", QUIET + ",handshake.*-lost,data.loss,reset.*")])
def host_close_wait_drains(lab):
    Clients(lab, lab.listen(backlog=64), 60, 0.02, first="client", second=1.2).run(3.2)


@scenario("host_fin_wait_2_pileup", "host", "the server closes first, its clients never do: 55 connections in FIN_WAIT_2",
          snaplen=SMALL, path={"owd": 0.005},
          expect=[("csm", "host.fin-wait-2-pileup|host.close-wait-pileup", QUIET + ",handshake.*-lost,data.loss,reset.*")])
def host_fin_wait_2_pileup(lab):
    Clients(lab, lab.listen(backlog=64), 55, 0.02, first="server", second=None).run(2.0)


@scenario("host_accept_queue", "host", "accept queue of 4: the application does not accept for 1.1 s, then recovers",
          snaplen=SMALL, path={"owd": 0.005},
          sysctl={"tcp_syncookies": 0},
          expect=[("csm", "host.accept-queue-overflow|handshake.accept-queue-overflow",
                   "host.syn-flood,host.syn-scan,host.down,host.shutdown,handshake.refused,reset.*")])
def host_accept_queue(lab):
    Clients(lab, lab.listen(backlog=4), 40, 0.05, accepting=lambda t: not 0.4 < t < 1.5).run(4.2)


@scenario("host_service_down", "host", "nobody listens: 60 clients are refused", snaplen=SMALL, path={"owd": 0.005},
          expect=[("csm", "host.service-down|handshake.refused",
                   QUIET.replace("host.down,", "") + ",*-lost,reset.injected,data.loss")])
def host_service_down(lab):
    for _ in range(60):
        lab.dial().wait_connected()


@scenario("host_dead", "host", "the server host is dead: 20 clients try in vain", snaplen=SMALL, path={"owd": 0.005},
          sysctl={"tcp_syn_retries": 1, "tcp_syn_linear_timeouts": 0},
          rules=lambda: [drop("dead", "c2s")], settle=0.3,
          expect=[("cm", "host.down|handshake.no-answer",
                   "host.syn-scan,host.syn-flood,host.service-down,handshake.refused,handshake.*-lost")])
def host_dead(lab):
    clients = []
    for _ in range(20):
        clients.append(lab.dial())
        lab.sleep(0.03)
    for c in clients:
        c.wait_connected()


@scenario("host_server_restarts", "host",
          "the server process ends and closes its 25 connections at once; 0.7 s later it is back", snaplen=SMALL,
          path={"owd": 0.008},
          expect=[("csm", "host.shutdown|host.service-down|handshake.refused",
                   "host.syn-flood,host.syn-scan,*-lost,data.loss,reset.injected")])
def host_server_restarts(lab):
    listener, pairs = lab.listen(backlog=64), []
    for _ in range(25):
        pairs.append(lab.pair(listener=listener))
        lab.request(*pairs[-1], 100, 400)
    for _, s in pairs:
        s.close()
    listener.close()
    for c, _ in pairs:
        c.read_eof()
        c.close()
    for _ in range(5):
        lab.dial().wait_connected()
        lab.sleep(0.1)
    listener = lab.listen(backlog=64)
    for _ in range(5):
        c, s = lab.pair(listener=listener)
        lab.request(c, s, 100, 400)
        lab.finish(s, c)


def spoofed(lab, count, gap, ports=None, seed=1):
    """SYNs from addresses that do not exist."""
    chance = random.Random(seed)
    target = ip.octets(lab.address["server"])
    for n in range(count):
        source = bytes((198, 51, 100 + n % 2, chance.randrange(1, 255)))
        lab.inject("c2s", ip.tcp(source, target, chance.randrange(1024, 65535), ports[n % len(ports)] if ports else lab.port,
                                 chance.randrange(2**32), 0, ip.SYN, 1024, options=b"\2\4\5\xb4"), "spoofed-syn")
        lab.sleep(gap)


def unrouted():
    return [drop("unrouted", "s2c", when=lambda p: p.dst[0] == 198)]


@scenario("host_syn_flood", "host",
          "a flood of 150 SYNs fills the backlog of 16: a real client's SYN is dropped and repeated", snaplen=SMALL,
          path={"owd": 0.005},
          sysctl={"tcp_syncookies": 0, "tcp_max_syn_backlog": 16, "tcp_synack_retries": 1}, rules=unrouted, settle=1.0,
          expect=[("s", "host.syn-flood,host.syn-backlog", "host.syn-scan,*.accept-queue-overflow,handshake.ack-lost"),
                  ("m", "host.syn-flood", "host.syn-scan"),
                  ("c", "handshake.syn-lost|host.syn-backlog|handshake.slow", "handshake.ack-lost")])
def host_syn_flood(lab):
    listener = lab.listen(backlog=16)
    lab.request(*lab.pair(listener=listener), 100, 400)
    spoofed(lab, 150, 0.004)
    c = lab.dial()
    c.wait_connected()
    s = listener.accept()
    lab.ends.append(s)
    lab.request(c, s, 100, 400)
    lab.finish(c, s)


@scenario("host_syn_flood_cookies", "host", "a flood of 250 SYNs answered with SYN cookies: real clients get in",
          snaplen=SMALL, path={"owd": 0.005},
          sysctl={"tcp_syncookies": 1, "tcp_max_syn_backlog": 32, "tcp_synack_retries": 1}, rules=unrouted, settle=0.5,
          expect=[("sm", "host.syn-flood", "host.syn-scan,*.accept-queue-overflow,host.down")])
def host_syn_flood_cookies(lab):
    listener = lab.listen(backlog=32)
    for _ in range(5):
        spoofed(lab, 50, 0.003, seed=lab.next_port)
        c, s = lab.pair(listener=listener)
        lab.request(c, s, 100, 400)
        lab.finish(c, s)


@scenario("host_syn_scan", "host", "a scanner tries 60 ports of the server, one of them is open", snaplen=SMALL,
          path={"owd": 0.005},
          expect=[("csm", "host.syn-scan", "host.syn-flood,host.down,*-lost,data.loss,reset.injected")])
def host_syn_scan(lab):
    lab.listen()
    for n in range(60):
        c = lab.dial(to=lab.port - 30 + n)
        if c.wait_connected():
            c.abort()


@scenario("host_idle_timeout", "host",
          "a middlebox forgets what is idle for 1 s: later packets vanish in it, and both ends repeat in vain",
          snaplen=SMALL, path={"owd": 0.01},
          rules=lambda: [drop("forgotten", enabled=False)], sysctl={"tcp_retries2": 3}, settle=0.3,
          expect=[("csm", "-", "host.syn-flood,host.syn-scan,handshake.*-lost,reset.injected")])
def host_idle_timeout(lab):
    listener, pairs = lab.listen(backlog=64), []
    for _ in range(12):
        pairs.append(lab.pair(listener=listener))
        lab.request(*pairs[-1], 100, 400)
    lab.sleep(1.2)
    lab.switch("forgotten")
    for c, _ in pairs:
        c.send(100)
        lab.sleep(0.02)
    lab.sleep(3.2)


@scenario("host_idle_timeout_reset", "host",
          "a middlebox forgets what is idle for 1 s: later packets draw RST from it to both ends", snaplen=SMALL,
          path={"owd": 0.01},
          rules=lambda: middlebox(), settle=0.3,
          expect=[("cm", "host.idle-timeout|reset.injected", "host.syn-flood,host.syn-scan,handshake.*-lost,host.shutdown")])
def host_idle_timeout_reset(lab):
    listener, pairs = lab.listen(backlog=64), []
    for _ in range(20):
        pairs.append(lab.pair(listener=listener))
        lab.request(*pairs[-1], 100, 400)
    lab.sleep(1.3)
    for c, s in pairs:
        c.send(100)
        lab.sleep(0.03)
    lab.sleep(0.2)


def middlebox(limit_s=1.0):
    """RST to both ends for the first packet of a flow after a silence of |limit_s|; nothing passes from then on."""
    heard, dead = {}, set()

    def late(p):
        if p.proto != ip.TCP or p.flags & ip.RST:
            return False
        key = frozenset((p.flow[:2], p.flow[2:]))
        now, before = time.monotonic(), heard.get(key)
        heard[key] = now
        if before is not None and now - before > limit_s:
            dead.add(key)
            return True
        return False

    def forge(p, _):
        return [(p.dir, ip.tcp(p.src, p.dst, p.sport, p.dport, p.seq, p.ack, ip.RST | ip.ACK, ttl=60, ident=1), 0.05),
                ("s2c" if p.dir == "c2s" else "c2s",
                 ip.tcp(p.dst, p.src, p.dport, p.sport, p.ack, p.seq + p.space, ip.RST | ip.ACK, ttl=60, ident=1), 0.05)]
    return [inject("middlebox-rst", None, when=late, forge=forge, origin="firewall"),
            drop("middlebox", None, when=lambda p: p.proto == ip.TCP and frozenset((p.flow[:2], p.flow[2:])) in dead)]


# ---- more pile-ups

def pairs(lab, count, gap=0.01):
    """Open connections, each of which exchanged something."""
    listener, made = lab.listen(backlog=128), []
    for _ in range(count):
        made.append(lab.pair(listener=listener))
        lab.request(*made[-1], 100, 400)
        lab.sleep(gap)
    return made


@scenario("host_not_accepted", "host", "60 clients are never accepted and give up: CLOSE_WAIT of which no process knows",
          snaplen=SMALL, path={"owd": 0.005},
          expect=[("csm", "host.close-wait-pileup", QUIET + ",handshake.*-lost,data.loss,reset.*")])
def host_not_accepted(lab):
    lab.listen(backlog=200)
    clients = []
    for _ in range(60):
        clients.append(lab.dial())
        clients[-1].wait_connected()
        clients[-1].send(100)
    lab.sleep(0.5)
    for c in clients:
        c.close()
        lab.sleep(0.01)
    lab.sleep(0.5)


# ---- ports

@scenario("host_ports_used_up", "host", "60 connections wanted, 30 local ports: connect() fails", snaplen=SMALL,
          path={"owd": 0.005}, client_sysctl={"ip_local_port_range": "40000 40029", "tcp_tw_reuse": 0},
          expect=[("csm", "host.port-exhaustion", QUIET.replace("host.port-exhaustion,", "") + ",reset.*,data.loss")])
def host_ports_used_up(lab):
    Clients(lab, lab.listen(backlog=64), 60, 0.02, any_port=True).run(1.8)


# ---- the accept queue once more

@scenario("host_accept_queue_twice", "host", "accept queue of 4: the application stops twice, and serves all in between",
          snaplen=SMALL, path={"owd": 0.005}, sysctl={"tcp_syncookies": 0},
          expect=[("csm", "host.accept-queue-overflow",
                   "host.syn-flood,host.syn-scan,host.down,host.shutdown,handshake.refused,reset.*")])
def host_accept_queue_twice(lab):
    Clients(lab, lab.listen(backlog=4), 90, 0.05, accepting=lambda t: not (0.4 < t < 1.4 or 3.4 < t < 4.2)).run(6.0)


@scenario("host_accept_queue_slow", "host", "accept queue of 4: the application takes one every 0.15 s", snaplen=SMALL,
          path={"owd": 0.005},
          expect=[("csm", "host.accept-queue-overflow",
                   "host.syn-flood,host.syn-scan,host.down,host.shutdown,handshake.refused,reset.*")])
def host_accept_queue_slow(lab):
    last = [0.0]

    def one_at_a_time(now):
        if now - last[0] < 0.15:
            return False
        last[0] = now
        return True
    Clients(lab, lab.listen(backlog=4), 30, 0.05, accepting=one_at_a_time).run(8.0)


# ---- a host that comes back

@scenario("host_crash_reboot", "host", "the server host is gone for 2.6 s, and knows none of its 15 connections afterwards",
          snaplen=SMALL, path={"owd": 0.005}, rules=lambda: [drop("down", enabled=False)], settle=0.3,
          expect=[("cm", "host.down,host.recovered,reset.half-open-peer",
                   "host.syn-flood,host.syn-scan,host.idle-timeout,reset.injected"),
                  ("s", "reset.half-open-peer", "host.syn-flood,host.syn-scan,host.idle-timeout,reset.injected")])
def host_crash_reboot(lab):
    made = pairs(lab, 15)
    lab.sleep(0.2)
    lab.switch("down")
    for _, s in made:
        s.vanish()
    for c, _ in made:
        c.send(100)
        lab.sleep(0.02)
    lab.sleep(2.6)
    lab.switch("down", False)
    lab.sleep(3.5)
