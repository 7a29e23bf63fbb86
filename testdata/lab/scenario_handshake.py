"""Handshakes: each of the three segments lost, late, doubled, refused, forged or never answered."""
import socket
import struct

import packet as ip
from rules import delay, drop, dup, icmp, inject, rewrite
from scenario import scenario

CLEAN = "*warning,*-lost,data.loss,data.spurious-retransmission"
TCP_DEFER_ACCEPT, TCP_FASTOPEN, MSG_FASTOPEN = 9, 23, 0x20000000
FAST_RETRY = {"tcp_syn_linear_timeouts": 0}


def simple(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.finish(c, s)


def server_speaks_first(lab):
    c = lab.dial()
    listener = lab.listen()
    c.wait_connected()
    s = listener.accept()
    lab.ends.append(s)
    s.send(200)
    c.recv(200)
    lab.finish(c, s)


@scenario("hs_normal", "handshake", "normal open, request and response, the client closes first",
          expect=[("csm", "-", CLEAN)])
def hs_normal(lab):
    simple(lab)


@scenario("hs_normal_server_closes", "handshake", "normal exchange, the server closes first",
          path={"owd": 0.02, "middle": 0.2},
          expect=[("csm", "-", CLEAN)])
def hs_normal_server_closes(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.finish(s, c)


@scenario("hs_normal_v6", "ipv6", "normal IPv6 exchange", six=True, expect=[("csm", "-", CLEAN)])
def hs_normal_v6(lab):
    simple(lab)


@scenario("hs_normal_1ms", "handshake", "normal exchange over a path of 2 ms", path={"owd": 0.001}, link="sll",
          expect=[("csm", "-", CLEAN)])
def hs_normal_1ms(lab):
    simple(lab)


@scenario("hs_normal_asymmetric", "handshake", "normal exchange, 5 ms there and 90 ms back",
          path={"owd": 0.005, "back": 0.09},
          expect=[("csm", "-", CLEAN)])
def hs_normal_asymmetric(lab):
    simple(lab)


# ---- one of the three lost

NOT_ACK = "handshake.ack-ignored,handshake.no-answer,handshake.spurious-retry,data.loss,data.spurious-retransmission"

for times in (1, 2, 3):
    for at in ("post", "pre"):
        @scenario("hs_syn_lost_%d%s" % (times, "" if at == "post" else "_pre"), "handshake",
                  "first %sSYN lost %s the middle" % ("" if times == 1 else "%d copies of the " % times,
                                                     "behind" if at == "post" else "before"),
                  rules=lambda times=times, at=at: [drop("syn", "c2s", kind="syn", n=range(1, times + 1), at=at)],
                  expect=[("cm" if at == "post" else "c", "handshake.syn-lost",
                           "handshake.ack-lost,handshake.synack-lost," + NOT_ACK)])
        def hs_syn_lost(lab):
            simple(lab)

for times in (1, 2):
    for at in ("post", "pre"):
        @scenario("hs_synack_lost_%d%s" % (times, "" if at == "post" else "_pre"), "handshake",
                  "SYN-ACK lost %s %s the middle: both ends repeat" % (
                      "once" if times == 1 else "%d times" % times, "behind" if at == "post" else "before"),
                  path={"owd": 0.015, "middle": 0.3},
                  rules=lambda times=times, at=at: [drop("synack", "s2c", kind="synack", n=range(1, times + 1), at=at)],
                  expect=[("sm" if at == "post" else "s", "handshake.synack-lost",
                           "handshake.ack-lost,handshake.syn-lost," + NOT_ACK),
                          ("cm", "handshake.synack-lost|handshake.syn-lost", "handshake.ack-lost")])
        def hs_synack_lost(lab):
            simple(lab)

for times in (1, 2):
    for at in ("post", "pre"):
        @scenario("hs_ack_lost_%d%s" % (times, "" if at == "post" else "_pre"), "handshake",
                  "third segment lost %s %s the middle, the server speaks first: SYN-ACK repeated" % (
                      "once" if times == 1 else "%d times" % times, "behind" if at == "post" else "before"),
                  rules=lambda times=times, at=at: [drop("ack3", "c2s", kind="ack", n=range(1, times + 1), at=at)],
                  expect=[("csm", "handshake.ack-lost", "handshake.syn-lost,handshake.synack-lost," + NOT_ACK)])
        def hs_ack_lost(lab):
            server_speaks_first(lab)


@scenario("hs_ack_lost_data", "handshake", "third segment lost, the client's data right behind it makes up for it",
          rules=lambda: [drop("ack3", "c2s", kind="ack", n=1)],
          expect=[("csm", "-", "handshake.syn-lost,handshake.synack-lost," + NOT_ACK)])
def hs_ack_lost_data(lab):
    simple(lab)


@scenario("hs_all_three_lost", "handshake", "SYN, then SYN-ACK, then the third segment lost, once each", settle=0.5,
          rules=lambda: [drop("syn", "c2s", kind="syn", n=1), drop("synack", "s2c", kind="synack", n=1),
                         drop("ack3", "c2s", kind="ack", n=1)],
          expect=[("sm", "handshake.synack-lost", "handshake.no-answer,handshake.ack-ignored,data.loss")])
def hs_all_three_lost(lab):
    server_speaks_first(lab)


@scenario("hs_ack_lost_for_ever", "handshake",
          "no third segment ever arrives; the server forgets the request, then the client's data draws RST",
          sysctl={"tcp_synack_retries": 1}, rules=lambda: [drop("ack3", "c2s", kind="ack")],
          expect=[("sm", "handshake.ack-lost|handshake.half-open",
                   "handshake.syn-lost,handshake.synack-lost,handshake.ack-ignored,reset.injected")])
def hs_ack_lost_for_ever(lab):
    lab.listen()
    c = lab.dial()
    c.wait_connected()
    lab.sleep(3.4)
    c.send(100)
    c.read_eof()


@scenario("hs_outage", "handshake", "the path is dead for the first 2.2 s of a connection attempt",
          rules=lambda: [drop("unplugged")],
          expect=[("cm", "handshake.syn-lost", "handshake.ack-lost,handshake.synack-lost," + NOT_ACK)])
def hs_outage(lab):
    listener = lab.listen()
    c = lab.dial()
    lab.sleep(2.2)
    lab.switch("unplugged", False)
    c.wait_connected()
    s = listener.accept()
    lab.ends.append(s)
    lab.request(c, s)
    lab.finish(c, s)


@scenario("hs_syn_lost_v6", "ipv6", "first SYN lost, then the SYN-ACK lost, over IPv6", six=True,
          path={"owd": 0.02, "middle": 0.85},
          rules=lambda: [drop("syn", "c2s", kind="syn", n=1), drop("synack", "s2c", kind="synack", n=1)],
          expect=[("m", "handshake.synack-lost|handshake.syn-lost", "handshake.ack-lost,handshake.no-answer,data.loss")])
def hs_syn_lost_v6(lab):
    simple(lab)


@scenario("hs_slow_path", "handshake", "RTT of 0.8 s: slow, nothing repeated", path={"owd": 0.4}, settle=0.9,
          expect=[("csm", "-", "handshake.*-lost,handshake.spurious-retry,handshake.no-answer,data.loss,data.spurious-retransmission")])
def hs_slow_path(lab):
    c, s = lab.pair()
    c.send(100)
    s.recv(100)
    lab.finish(c, s)


@scenario("hs_synack_overtaken", "handshake", "the first SYN-ACK comes after its repetition", path={"owd": 0.02}, settle=0.5,
          rules=lambda: [delay("late", "s2c", kind="synack", n=1, ms=1100)],
          expect=[("csm", "-", "handshake.syn-lost,handshake.ack-lost,handshake.no-answer,data.loss")])
def hs_synack_overtaken(lab):
    simple(lab)


@scenario("hs_unused", "handshake", "opened, never used, closed by the client", path={"owd": 0.02},
          expect=[("csm", "-", CLEAN + ",reset.*")])
def hs_unused(lab):
    c, s = lab.pair()
    lab.sleep(0.3)
    lab.finish(c, s)


@scenario("hs_idle_at_end", "handshake", "opened, used once, idle until the capture ends", settle=1.0,
          expect=[("csm", "-", "*-lost,data.loss,data.spurious-retransmission,reset.*,data.peer-vanished,teardown.*-stuck")])
def hs_idle_at_end(lab):
    lab.request(*lab.pair())


# ---- late, doubled, forged

@scenario("hs_spurious_retry", "handshake", "path of 1.3 s: SYN and SYN-ACK repeated although nothing was lost",
          path={"owd": 0.65}, settle=1.5,
          expect=[("csm", "handshake.spurious-retry", "handshake.*-lost,handshake.no-answer,data.loss")])
def hs_spurious_retry(lab):
    c, s = lab.pair()
    c.send(100)
    s.recv(100)
    lab.finish(c, s)


@scenario("hs_spurious_retry_back", "handshake",
          "1.1 s back from the server: SYN and SYN-ACK repeated although nothing was lost",
          path={"owd": 0.02, "back": 1.1}, settle=2.5,
          expect=[("csm", "handshake.spurious-retry", "handshake.*-lost,handshake.no-answer,data.loss")])
def hs_spurious_retry_back(lab):
    c, s = lab.pair()
    c.send(100)
    s.recv(100)
    lab.finish(c, s)


for kind, way, number in (("syn", "c2s", 1), ("synack", "s2c", 1), ("ack", "c2s", 1)):
    @scenario("hs_%s_dup" % kind, "handshake", "%s of the handshake doubled by the network" % kind.upper(),
              path={"owd": 0.02}, rules=lambda kind=kind, way=way,
              number=number: [dup("dup", way, ms=2, kind=kind, n=number)],
              expect=[("s" if way == "c2s" else "c",
                       "-" if kind == "ack" else "data.network-duplicates|handshake.duplicated",
                       "handshake.*-lost,handshake.ack-ignored,handshake.spurious-retry,data.loss,capture.duplicates")])
    def hs_dup(lab):
        simple(lab)


@scenario("hs_stale_syn", "handshake",
          "an old SYN of the same ports arrives before the real one: answered, reset, then the real one",
          path={"owd": 0.02},
          rules=lambda: [inject("old-syn", "c2s", kind="syn", n=1, origin="injector", forge=lambda p, _: [
              ("c2s", ip.tcp(p.src, p.dst, p.sport, p.dport, p.seq - 200000, 0, ip.SYN, 64240, options=p.options), 0.0)]),
              delay("late", "c2s", kind="syn", n=1, ms=150)],
          expect=[("m", "handshake.stale-syn", "reset.injected,handshake.refused,handshake.*-lost,data.loss"),
                  ("cs", "handshake.stale-syn|reset.half-open-peer|handshake.aborted", "handshake.refused,data.loss")])
def hs_stale_syn(lab):
    simple(lab)


@scenario("hs_simultaneous_open", "simopen", "simultaneous open", path={"owd": 0.06},
          expect=[("csm", "handshake.simultaneous-open",
                   "handshake.*-lost,handshake.spurious-retry,data.loss,data.syn-in-connection")])
def hs_simultaneous_open(lab):
    port = lab.fresh_port()
    c = lab.dial("client", port=port)
    s = lab.dial("server", port=lab.port, to=port)
    c.wait_connected()
    s.wait_connected()
    lab.request(c, s)
    lab.finish(c, s)


@scenario("hs_simultaneous_open_skew", "simopen", "simultaneous open, the second SYN 20 ms after the first",
          path={"owd": 0.04, "middle": 0.8},
          expect=[("csm", "handshake.simultaneous-open", "handshake.*-lost,data.loss,data.syn-in-connection")])
def hs_simultaneous_open_skew(lab):
    port = lab.fresh_port()
    c = lab.dial("client", port=port)
    lab.sleep(0.02)
    s = lab.dial("server", port=lab.port, to=port)
    c.wait_connected()
    s.wait_connected()
    lab.request(s, c)
    lab.finish(s, c)


# ---- not answered, refused, given up

@scenario("hs_no_answer", "handshake", "SYNs lost without a word; the client gives up", sysctl={"tcp_syn_retries": 2},
          rules=lambda: [drop("filter", "c2s", kind="syn")],
          expect=[("cm", "handshake.no-answer",
                   "handshake.refused,handshake.*-lost,handshake.unreachable,handshake.half-open,capture.one-way")])
def hs_no_answer(lab):
    lab.listen()
    lab.dial().wait_connected()


@scenario("hs_answers_lost", "handshake", "every SYN-ACK lost; the client gives up, the server stays half open",
          sysctl={"tcp_syn_retries": 2, "tcp_synack_retries": 4}, settle=0.5,
          rules=lambda: [drop("filter", "s2c")],
          expect=[("sm", "handshake.synack-lost|handshake.half-open|handshake.no-answer",
                   "handshake.refused,handshake.syn-lost,handshake.unreachable")])
def hs_answers_lost(lab):
    lab.listen()
    lab.dial().wait_connected()


@scenario("hs_refused", "handshake", "connection refused: RST from a closed port",
          expect=[("csm", "handshake.refused",
                   "host.syn-scan,handshake.*-lost,handshake.no-answer,reset.injected,reset.abort")])
def hs_refused(lab):
    lab.dial().wait_connected()


@scenario("hs_refused_v6", "ipv6", "connection refused over IPv6, three times from three ports", six=True,
          path={"owd": 0.03, "middle": 0.9},
          expect=[("csm", "handshake.refused",
                   "host.syn-scan,handshake.*-lost,handshake.no-answer,reset.injected,reset.abort")])
def hs_refused_v6(lab):
    for _ in range(3):
        lab.dial().wait_connected()


@scenario("hs_refused_syn_lost", "handshake", "first SYN lost, the second refused",
          rules=lambda: [drop("syn", "c2s", kind="syn", n=1)],
          expect=[("csm", "handshake.refused", "handshake.no-answer,reset.injected,reset.abort")])
def hs_refused_syn_lost(lab):
    lab.dial().wait_connected()


for name, code, what in (("admin", (3, 13), "administratively prohibited"), ("host", (3, 1), "host unreachable"),
                         ("port", (3, 3), "port unreachable, as a packet filter rejects")):
    @scenario("hs_icmp_" + name, "handshake", "SYN answered by ICMP %s" % what, sysctl={"tcp_syn_retries": 1},
              rules=lambda code=code: [icmp("reject", "c2s", kind_code=code, kind="syn")],
              expect=[("cm", "handshake.unreachable",
                       "handshake.no-answer,handshake.refused,handshake.*-lost,capture.one-way")])
    def hs_icmp(lab):
        lab.listen()
        lab.dial().wait_connected()


@scenario("hs_icmp_v6", "ipv6", "SYN answered by ICMPv6 administratively prohibited", six=True,
          sysctl={"tcp_syn_retries": 1},
          rules=lambda: [icmp("reject", "c2s", kind_code=(1, 1), kind="syn")],
          expect=[("cm", "handshake.unreachable", "handshake.no-answer,handshake.refused,handshake.*-lost,capture.one-way")])
def hs_icmp_v6(lab):
    lab.listen()
    lab.dial().wait_connected()


@scenario("hs_half_open", "handshake", "a SYN from an address that does not exist: SYN-ACK repeated, never answered",
          sysctl={"tcp_synack_retries": 1}, settle=3.5,
          rules=lambda: [drop("unrouted", "s2c", when=lambda p: p.dst[-1] == 77)],
          expect=[("sm", "handshake.half-open", "host.syn-flood,host.syn-scan,handshake.*-lost,reset.*")])
def hs_half_open(lab):
    lab.listen()
    source, target = ip.octets(lab.address["client"][:-1] + "77"), ip.octets(lab.address["server"])
    lab.inject("c2s", ip.tcp(source, target, 5555, lab.port, 1234567, 0, ip.SYN, 1024, options=b"\2\4\5\xb4"), "spoofed-syn")


@scenario("hs_aborted", "handshake", "the client closes before the SYN-ACK comes and answers it with RST",
          path={"owd": 0.03},
          expect=[("csm", "handshake.aborted", "handshake.refused,handshake.*-lost,reset.injected,handshake.stale-syn")])
def hs_aborted(lab):
    lab.listen()
    c = lab.dial()
    lab.sleep(0.01)
    c.close()
    lab.sleep(0.2)


# ---- the responder's own doing

@scenario("hs_overflow", "accept-queue",
          "accept queue full: third segments and data ignored, SYNs dropped, until the server accepts",
          sysctl={"tcp_syncookies": 0}, settle=1.2,
          expect=[("csm", "handshake.accept-queue-overflow|host.accept-queue-overflow",
                   "host.syn-flood,host.syn-backlog,host.syn-scan,handshake.*-lost,data.loss")])
def hs_overflow(lab):
    # Linux queues backlog + 1.  Requests under way: 1, 2, then 3 and 4 at once (one too many), then 5 (SYN dropped).
    listener = lab.listen(backlog=2)
    clients = overfill(lab)
    for c in clients[:4]:
        c.wait_connected()
        c.send(100)
    clients.append(lab.dial())
    lab.sleep(1.2)
    for n in range(5):
        s = listener.accept()
        lab.ends.append(s)
        if n == 3:
            clients[4].wait_connected()
            clients[4].send(100)
        s.recv(100)
        s.send(100)
        s.close()
    for c in clients:
        c.read_eof()
        c.close()


def overfill(lab):
    clients = []
    for pause in (0.05, 0.05, 0.0, 0.05):
        clients.append(lab.dial())
        lab.sleep(pause)
    return clients


@scenario("hs_overflow_reset", "accept-queue", "accept queue full and tcp_abort_on_overflow: the third segment draws RST",
          sysctl={"tcp_syncookies": 0, "tcp_abort_on_overflow": 1},
          expect=[("csm", "-", "handshake.*-lost,data.loss,reset.injected,host.syn-flood")])
def hs_overflow_reset(lab):
    lab.listen(backlog=2)
    for c in overfill(lab):
        c.wait_connected()
    lab.sleep(0.2)


def deferred(lab, seconds):
    listener = lab.listen(before=lambda s: s.setsockopt(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds))
    c = lab.dial()
    c.wait_connected()
    lab.sleep(2.3)
    c.send(100)
    s = listener.accept()
    lab.ends.append(s)
    s.recv(100)
    s.send(100)
    c.recv(100)
    lab.finish(c, s)


# Linux repeats the SYN-ACK of a deferred connection only when the time is over: as often as that takes, from then on.
@scenario("hs_deferred_accept", "handshake",
          "deferred accept, 5 s: the acknowledgment opens nothing, the client's data 2.3 s later does; not a word of b",
          expect=[("csm", "-", "handshake.*,data.loss,data.spurious-retransmission,host.accept-queue-overflow")])
def hs_deferred_accept(lab):
    deferred(lab, 5)


@scenario("hs_deferred_accept_over", "handshake",
          "deferred accept, 1 s: then the server repeats its SYN-ACK, and takes the acknowledgment; data 1.3 s later",
          expect=[("s", "handshake.ack-ignored",
                   "handshake.syn-lost,handshake.synack-lost,data.loss"),
                  ("cm", "handshake.ack-ignored|handshake.ack-lost",
                   "handshake.syn-lost,handshake.synack-lost,data.loss,handshake.accept-queue-overflow,"
                   "host.accept-queue-overflow")])
def hs_deferred_accept_over(lab):
    deferred(lab, 1)


@scenario("hs_cookie", "handshake", "SYN cookies always: a normal exchange", sysctl={"tcp_syncookies": 2},
          expect=[("csm", "-", "handshake.*-lost,host.syn-flood,data.loss,reset.*")])
def hs_cookie(lab):
    simple(lab)


@scenario("hs_cookie_no_options", "handshake", "SYN cookies without timestamps: scale and SACK are not answered",
          sysctl={"tcp_syncookies": 2, "tcp_timestamps": 0},
          expect=[("csm", "-", "handshake.*-lost,host.syn-flood,data.loss,reset.*")])
def hs_cookie_no_options(lab):
    simple(lab)


@scenario("hs_cookie_ack_lost", "handshake",
          "SYN cookie, third segment lost: the server knows nothing until the client's data comes",
          sysctl={"tcp_syncookies": 2}, rules=lambda: [drop("ack3", "c2s", kind="ack", n=1)],
          expect=[("csm", "-", "handshake.syn-lost,handshake.synack-lost,data.loss,host.syn-flood")])
def hs_cookie_ack_lost(lab):
    listener = lab.listen()
    c = lab.dial()
    c.wait_connected()
    lab.sleep(0.6)
    c.send(100)
    s = listener.accept()
    lab.ends.append(s)
    s.recv(100)
    s.send(100)
    c.recv(100)
    lab.finish(c, s)


@scenario("hs_cookie_many", "handshake", "SYN cookies always: twelve connections, one after the other",
          sysctl={"tcp_syncookies": 2},
          expect=[("csm", "handshake.syncookie", "handshake.*-lost,host.syn-flood,data.loss,reset.*,"
                   "handshake.options-stripped")])
def hs_cookie_many(lab):
    many(lab)


@scenario("hs_no_cookie_many", "handshake", "no SYN cookies: twelve connections, one after the other",
          expect=[("csm", "-", "handshake.*,host.syn-flood,data.loss,reset.*")])
def hs_no_cookie_many(lab):
    many(lab)


def many(lab):
    listener = lab.listen()
    for _ in range(12):
        c, s = lab.pair(listener=listener)
        lab.request(c, s)
        lab.finish(c, s)
        lab.sleep(0.03)


# ---- fast open

def fast_listener(lab):
    return lab.listen(before=lambda s: s.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5))


def fast_dial(lab, size):
    """Connects with data in the SYN if the kernel has a cookie; asks for one otherwise."""
    c = lab.socket("client", lab.fresh_port())
    try:
        c.sent = c.sock.sendto(b"x" * size, MSG_FASTOPEN, (lab.address["server"], lab.port))
    except BlockingIOError:
        c.sent = 0
    c.wait_connected()
    if c.sent < size:
        c.send(size - c.sent)
    return c


def fast_twice(lab, between=None):
    listener = fast_listener(lab)
    for round_ in range(2):
        c = fast_dial(lab, 200)
        s = listener.accept()
        lab.ends.append(s)
        s.recv(200)
        s.send(500)
        c.recv(500)
        lab.finish(c, s)
        lab.sleep(0.05)
        if between and not round_:
            between(lab)


@scenario("tfo_accepted", "fast-open", "fast open: a cookie is asked for, then data in the SYN accepted",
          sysctl={"tcp_fastopen": 3},
          expect=[("csm", "handshake.fast-open", "data.loss,handshake.*-lost,data.spurious-retransmission")])
def tfo_accepted(lab):
    fast_twice(lab)


@scenario("tfo_refused", "fast-open",
          "fast open: the key of the server changed, data in the SYN is not taken and sent again",
          sysctl={"tcp_fastopen": 3},
          expect=[("csm", "-", "data.loss,handshake.*-lost,data.reordering,data.network-duplicates")])
def tfo_refused(lab):
    def new_key(lab):
        with lab.server:
            with open("/proc/sys/net/ipv4/tcp_fastopen_key", "w") as file:
                file.write("01020304-05060708-090a0b0c-0d0e0f10")
    fast_twice(lab, new_key)


@scenario("tfo_blackholed", "fast-open", "fast open: a middlebox drops SYNs with data; repeated without",
          sysctl={"tcp_fastopen": 3}, rules=lambda: [drop("no-data-in-syn", "c2s", kind="syn", when=lambda p: p.len > 0)],
          expect=[("cm", "handshake.syn-lost|handshake.fast-open",
                   "handshake.ack-lost,handshake.synack-lost,data.reordering,data.network-duplicates")])
def tfo_blackholed(lab):
    fast_twice(lab)


@scenario("tfo_synack_lost", "fast-open", "fast open: the SYN-ACK of the SYN with data is lost once",
          sysctl={"tcp_fastopen": 3}, rules=lambda: [drop("synack", "s2c", kind="synack", n=2)],
          expect=[("sm", "-", "handshake.ack-lost,data.reordering,data.network-duplicates")])
def tfo_synack_lost(lab):
    fast_twice(lab)


# ---- options on the way

def without_options(kinds):
    def change(p):
        data, at = bytearray(p.raw), p.l4 + 20
        for kind, offset, value in p.walk_options():
            if kind in kinds:
                data[at + offset:at + offset + 2 + len(value)] = b"\1" * (2 + len(value))
        return ip.mend(bytes(data))
    return change


for name, kinds, what in (("timestamps", (8,), "timestamps"), ("sack", (4,), "SACK"), ("wscale", (3,), "the window scale")):
    @scenario("opt_stripped_" + name, "options", "a middlebox takes %s out of both SYNs" % what, snaplen=128,
              rules=lambda kinds=kinds: [rewrite("strip", None, kind=("syn", "synack"), change=without_options(kinds))],
              expect=[("csm", "-", "handshake.*-lost,data.loss,data.spurious-retransmission,reset.*")])
    def opt_stripped(lab):
        c, s = lab.pair()
        lab.transfer(c, s, 60000)
        lab.finish(c, s)


@scenario("opt_stripped_answer", "options",
          "a middlebox takes the timestamps out of the SYN-ACK alone: the server uses them, the client does not", snaplen=128,
          rules=lambda: [rewrite("strip", "s2c", kind="synack", change=without_options((8,)))],
          expect=[("c", "handshake.options-stripped", "handshake.*-lost,data.loss,reset.*"),
                  ("s", "-", "handshake.*-lost,data.loss,reset.*")])
def opt_stripped_answer(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 12000)
    lab.finish(c, s)


@scenario("hs_slow", "handshake", "the SYN waits 0.6 s on its way, as for a router that must find the next hop first; nothing is lost",
          rules=lambda: [delay("late", "c2s", kind="syn", n=1, ms=600)],
          expect=[("c", "handshake.slow", "handshake.*-lost,data.rtt-inflation")])
def hs_slow(lab):
    c, s = lab.pair()
    for _ in range(4):
        lab.request(c, s)
        lab.sleep(0.05)
    lab.finish(c, s)


@scenario("opt_scale_mismatch", "options",
          "a middlebox takes the window scale out of the SYN-ACK alone: the client takes the server's window for small",
          rules=lambda: [rewrite("strip", "s2c", kind="synack", change=without_options((3,)))],
          expect=[("csm", "-", "handshake.*-lost,data.loss,reset.*")])
def opt_scale_mismatch(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 12000)
    lab.finish(c, s)


@scenario("opt_no_timestamps", "options", "neither end does timestamps, one segment lost", sysctl={"tcp_timestamps": 0},
          snaplen=128,
          rules=lambda: [drop("segment", "c2s", dn=12, attempt=1)],
          expect=[("csm", "data.loss", "data.spurious-retransmission,data.reordering,data.network-duplicates")])
def opt_no_timestamps(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 60000)
    lab.finish(c, s)


@scenario("opt_bare", "options", "no timestamps, no SACK, no window scale; two segments lost", snaplen=128,
          sysctl={"tcp_timestamps": 0, "tcp_sack": 0, "tcp_window_scaling": 0},
          rules=lambda: [drop("segment", "c2s", dn=(12, 15), attempt=1)],
          expect=[("csm", "data.loss", "data.reordering,data.network-duplicates")])
def opt_bare(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 60000)
    lab.finish(c, s)


@scenario("opt_mss_asymmetric", "options", "the server's MTU is 576, the client's 1500", mtu=(1500, 576), snaplen=128,
          expect=[("csm", "-", "*warning,data.loss,data.pmtu-*,handshake.options-stripped")])
def opt_mss_asymmetric(lab):
    c, s = lab.pair()
    lab.request(c, s, 9000, 9000)
    lab.finish(c, s)


# ---- ports used before

@scenario("hs_met_old_connection", "reuse",
          "the client crashed and dials again from the same port: challenge ACK, RST, then accepted",
          expect=[("csm", "handshake.met-old-connection",
                   "handshake.refused,reset.injected,data.loss,data.syn-in-connection")])
def hs_met_old_connection(lab):
    listener = lab.listen()
    port = lab.fresh_port()
    c, s = lab.pair(port=port, listener=listener)
    lab.request(c, s)
    c.vanish()
    lab.sleep(0.1)
    c, s2 = lab.pair(port=port, listener=listener)
    lab.request(c, s2)
    lab.finish(c, s2)


@scenario("reuse_time_wait", "reuse", "the client dials again from the same port into the server's TIME_WAIT: accepted",
          expect=[("csm", "teardown.time-wait-reuse",
                   "data.loss,data.spurious-retransmission,data.syn-in-connection,handshake.*-lost")])
def reuse_time_wait(lab):
    listener, port = lab.listen(), lab.fresh_port()
    for _ in range(2):
        c, s = lab.pair(port=port, listener=listener)
        lab.request(c, s)
        lab.finish(s, c)
        lab.sleep(1.1)


@scenario("reuse_time_wait_refused", "reuse",
          "no timestamps and a lower ISN: TIME_WAIT answers the SYN with its old ACK, RST, then accepted",
          sysctl={"tcp_timestamps": 0},
          expect=[("csm", "handshake.met-old-connection", "data.loss,handshake.refused,reset.injected")])
def reuse_time_wait_refused(lab):
    listener, port = lab.listen(), lab.fresh_port()
    for iss in (0x50000000, 0x20000000):
        c, s = lab.pair(port=port, listener=listener, before_connect=lambda sock, iss=iss: start_at(sock, iss))
        lab.request(c, s)
        lab.finish(s, c)
        lab.sleep(0.1)


@scenario("reuse_aborted", "reuse", "five connections from one port, each aborted by RST",
          expect=[("csm", "reset.abort|reset.unread-data",
                   "handshake.*-lost,data.loss,data.spurious-retransmission,teardown.time-wait-reuse,"
                   "handshake.met-old-connection,handshake.stale-syn,host.time-wait-pileup,host.port-exhaustion,reset.injected")])
def reuse_aborted(lab):
    listener, port = lab.listen(), lab.fresh_port()
    for _ in range(5):
        c, s = lab.pair(port=port, listener=listener)
        lab.request(c, s)
        c.abort()
        s.read_eof()
        s.close()
        lab.sleep(0.05)


def start_at(sock, iss):
    """The initial sequence number of a socket that is not connected yet (TCP_REPAIR)."""
    sock.setsockopt(socket.IPPROTO_TCP, 19, 1)
    sock.setsockopt(socket.IPPROTO_TCP, 20, 2)
    sock.setsockopt(socket.IPPROTO_TCP, 21, struct.pack("=I", iss))
    sock.setsockopt(socket.IPPROTO_TCP, 19, 0)


for name, before in (("data", 40000), ("syn", 1), ("fin", 301)):
    @scenario("seq_wrap_" + name, "sequence", "the client's sequence numbers wrap %s" % {
        "data": "in mid-upload", "syn": "between SYN and data", "fin": "between data and FIN"}[name],
        snaplen=128 if name == "data" else 0,
        expect=[("csm", "-", "handshake.*,data.spurious-retransmission,data.reordering,data.network-duplicates,capture.gap,"
                 "data.loss,data.stall,data.old-duplicate,data.inconsistent-retransmission,teardown.*-lost,reset.*")])
    def seq_wrap(lab, name=name, before=before):
        c, s = lab.pair(before_connect=lambda sock: start_at(sock, 2**32 - before))
        if name == "data":
            lab.transfer(c, s, 90000)
        else:
            lab.request(c, s, 300, 2000)
        lab.finish(c, s)
