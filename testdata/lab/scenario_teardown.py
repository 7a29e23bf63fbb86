"""Closes: each segment lost, in both orders of closing, half-closes, stuck states, TIME_WAIT."""
from rules import delay, drop, dup
from scenario import scenario

NOT_DATA = "data.loss,data.spurious-retransmission,reset.*"
FIRST = {"": "client", "_server_first": "server"}


def way(first, segment):
    """Where FIN1, ACK1, FIN2 and ACK2 travel if |first| closes first."""
    forth, back = ("c2s", "s2c") if first == "client" else ("s2c", "c2s")
    return forth if segment in ("fin1", "ack2") else back


def close(lab, first, pause=0.12):
    """An orderly close with time between both FINs, so that the first is acknowledged by itself."""
    c, s = lab.pair()
    lab.request(c, s, 300, 2000)
    lab.sleep(0.08)
    lab.finish(*((c, s) if first == "client" else (s, c)), pause=pause)


def others(segment):
    return ",".join("teardown." + x + "-lost" for x in ("fin1", "ack1", "fin2", "ack2") if x != segment)


def after_both_fins(p):
    """The last ACK and its repetitions: behind the sender's own FIN, and covering the other's."""
    return p.fins.get(p.flow) == p.seq and p.fins.get(p.flow[2:] + p.flow[:2]) == p.ack


def of_first_fin(p):
    """An ACK of the other end's FIN from an end that has not closed yet."""
    return p.fins.get(p.flow[2:] + p.flow[:2]) == p.ack and p.flow not in p.fins


for suffix, first in FIRST.items():
    points = ("c", "s") if first == "client" else ("s", "c")           # first closer, second closer
    for times in (1, 2):
        for at in ("post", "pre"):
            tail = ("_twice" if times == 2 else "") + ("_pre" if at == "pre" else "") + suffix
            what = "%s%s the middle, the %s closes first" % ("twice " if times == 2 else "",
                                                             "behind" if at == "post" else "before", first)

            @scenario("td_fin1_lost" + tail, "teardown", "first FIN lost " + what, path={"owd": 0.015},
                      rules=lambda first=first, times=times,
                      at=at: [drop("fin1", way(first, "fin1"), kind="fin", n=range(1, times + 1), at=at)],
                      expect=[(points[0] + ("m" if at == "post" else ""), "teardown.fin1-lost",
                               others("fin1") + "," + NOT_DATA)])
            def td_fin1_lost(lab, first=first):
                close(lab, first)

            @scenario("td_fin2_lost" + tail, "teardown", "second FIN lost " + what, path={"owd": 0.015},
                      settle=0.4 + 0.6 * times,
                      rules=lambda first=first, times=times,
                      at=at: [drop("fin2", way(first, "fin2"), kind="fin", n=range(1, times + 1), at=at)],
                      expect=[(points[1] + ("m" if at == "post" else ""), "teardown.fin2-lost",
                               others("fin2") + "," + NOT_DATA)])
            def td_fin2_lost(lab, first=first):
                close(lab, first)

            # What follows FIN2 from its receiver is the last ACK; each repetition of FIN2 draws another one.
            @scenario("td_ack2_lost" + tail, "teardown", "last ACK lost " + what + "; TIME_WAIT answers the repeated FIN",
                      settle=0.6,
                      rules=lambda first=first, times=times, at=at: [
                          drop("ack2", way(first, "ack2"), kind="ack", at=at, most=times, when=after_both_fins)],
                      expect=[("csm", "teardown.ack2-lost", others("ack2") + "," + NOT_DATA)])
            def td_ack2_lost(lab, first=first):
                close(lab, first)

    # With data of its own under way, the second closer's ACK of FIN1 matters to nobody: its FIN or data repeats it.
    @scenario("td_ack1_lost" + suffix, "teardown",
              "ACK of the first FIN lost, the FIN of the other end makes up for it; the %s closes first" % first,
              rules=lambda first=first: [drop("ack1", way(first, "ack1"), kind="ack", most=1, when=of_first_fin)],
              expect=[("csm", "-", "*warning,teardown.fin*-lost,teardown.ack2-lost,data.loss")])
    def td_ack1_lost(lab, first=first):
        close(lab, first, pause=0.1)

    @scenario("td_ack1_lost_late" + suffix, "teardown",
              "ACK of the first FIN lost, the other end closes 1 s later: FIN repeated; the %s closes first" % first,
              rules=lambda first=first: [drop("ack1", way(first, "ack1"), kind="ack", most=1, when=of_first_fin)],
              expect=[(points[1] + "m", "teardown.ack1-lost", "teardown.fin*-lost,teardown.ack2-lost,data.loss,reset.*")])
    def td_ack1_lost_late(lab, first=first):
        close(lab, first, pause=1.0)

    @scenario("td_three_segments" + suffix, "teardown", "close in three segments, the %s first" % first,
              path={"owd": 0.03, "middle": 0.1},
              expect=[("csm", "-", "*warning,*-lost,data.loss,reset.*")])
    def td_three_segments(lab, first=first):
        close(lab, first, pause=0)

    @scenario("td_slow_close" + suffix, "teardown", "the other end closes 2 s after the %s's FIN" % first,
              path={"owd": 0.02, "middle": 0.9},
              expect=[("csm", "teardown.slow-close|teardown.half-close",
                       "*-lost,data.loss,reset.*,teardown.close-wait-stuck")])
    def td_slow_close(lab, first=first):
        close(lab, first, pause=2.0)

    @scenario("td_half_close" + suffix, "teardown", "half-close by the %s, the other end sends 30 kB afterwards" % first,
              expect=[("csm", "teardown.half-close",
                       "reset.*,teardown.data-after-close,teardown.close-wait-stuck,data.loss,*-lost")])
    def td_half_close(lab, first=first):
        c, s = lab.pair()
        lab.request(c, s, 300, 300)
        one, two = (c, s) if first == "client" else (s, c)
        one.shutdown()
        two.read_eof()
        lab.transfer(two, one, 30000)
        two.close()
        one.read_eof()
        one.close()

    @scenario("td_close_wait_stuck" + suffix, "teardown",
              "the %s closes, the other end never does: CLOSE_WAIT and FIN_WAIT_2 at the end" % first, settle=2.0,
              expect=[("csm", "teardown.close-wait-stuck|teardown.fin-wait-2-stuck|teardown.open-at-end",
                       "reset.*,teardown.*-lost,teardown.half-close,teardown.fin-wait-2-timeout")])
    def td_close_wait_stuck(lab, first=first):
        c, s = lab.pair()
        lab.request(c, s)
        one, two = (c, s) if first == "client" else (s, c)
        one.close()
        two.read_eof()

    @scenario("td_data_after_close" + suffix, "teardown", "the %s has closed for good, data sent to it draws RST" % first,
              expect=[("csm", "teardown.data-after-close|reset.after-close",
                       "reset.injected,reset.abort,teardown.half-close,data.loss,teardown.fin-wait-2-timeout")])
    def td_data_after_close(lab, first=first):
        c, s = lab.pair()
        lab.request(c, s)
        lab.sleep(0.05)
        one, two = (c, s) if first == "client" else (s, c)
        one.close()
        two.read_eof()
        two.send(500)
        lab.sleep(0.1)
        two.send(500)

    @scenario("td_fin_wait_2_timeout" + suffix, "teardown",
              "FIN_WAIT_2 of the %s times out after 1 s; the other end's late data draws RST" % first,
              sysctl={"tcp_fin_timeout": 1},
              expect=[("csm", "teardown.fin-wait-2-timeout|teardown.data-after-close|reset.after-close",
                       "reset.injected,reset.abort,teardown.half-close,data.loss")])
    def td_fin_wait_2_timeout(lab, first=first):
        c, s = lab.pair()
        lab.request(c, s)
        one, two = (c, s) if first == "client" else (s, c)
        one.close()
        two.read_eof()
        lab.sleep(2.3)
        two.send(500)
        lab.sleep(0.1)

    @scenario("td_time_wait_assassinated" + suffix, "teardown",
              "an old copy of a segment reaches the %s in TIME_WAIT, its answer draws RST: TIME_WAIT is over" % first,
              rules=lambda first=first: [dup("old", "s2c" if first == "client" else "c2s", ms=700, dn=1, attempt=1)],
              settle=0.8,
              expect=[("csm", "-", "data.loss,*-lost,reset.injected,reset.abort,handshake.refused"),
                      (("c" if first == "client" else "s"), "teardown.time-wait-assassinated", "-")])
    def td_time_wait_assassinated(lab, first=first):
        close(lab, first)


@scenario("td_fin1_ack1_lost", "teardown", "first FIN lost, then the ACK of its repetition lost",
          rules=lambda: [drop("fin1", "c2s", kind="fin", n=1), drop("ack1", "s2c", kind="ack", most=1, when=of_first_fin)],
          expect=[("cm", "teardown.fin1-lost", "teardown.fin2-lost,teardown.ack2-lost,data.loss,reset.*")])
def td_fin1_ack1_lost(lab):
    close(lab, "client", pause=1.2)


@scenario("td_fin1_fin2_lost", "teardown", "both FINs lost once", rules=lambda: [drop("fin", None, kind="fin", n=1)],
          expect=[("m", "teardown.fin1-lost,teardown.fin2-lost", "teardown.ack*-lost,data.loss,reset.*")])
def td_fin1_fin2_lost(lab):
    close(lab, "client")


@scenario("td_fin2_ack2_lost", "teardown", "second FIN lost once, then the last ACK once", settle=0.8,
          rules=lambda: [drop("fin2", "s2c", kind="fin", n=1),
                         drop("ack2", "c2s", kind="ack", most=1, when=after_both_fins)],
          expect=[("sm", "teardown.fin2-lost", "teardown.fin1-lost,data.loss,reset.*")])
def td_fin2_ack2_lost(lab):
    close(lab, "client")


@scenario("td_fin_with_data_lost", "teardown", "the last data and FIN in one segment lost: repeated", path={"owd": 0.02},
          rules=lambda: [drop("fin1", "s2c", kind="fin", n=1)],
          expect=[("sm", "-", "teardown.ack*-lost,teardown.fin2-lost,reset.*")])
def td_fin_with_data_lost(lab):
    c, s = lab.pair()
    c.send(200)
    s.recv(200)
    s.tcp(3, 1)                      # TCP_CORK: the FIN goes with the last octets
    s.send(700)
    s.close()
    c.read_eof()
    c.close()


for n, (owd, gap, middle) in enumerate(((0.04, 0.0, 0.5), (0.05, 0.03, 0.8), (0.02, 0.0, 0.1))):
    @scenario("td_simultaneous_%d" % (n + 1), "teardown",
              "simultaneous close, FINs %d ms apart over %d ms" % (gap * 1000, owd * 1000),
              path={"owd": owd, "middle": middle},
              expect=[("csm", "teardown.simultaneous-close", "teardown.*-lost,reset.*,data.loss")])
    def td_simultaneous(lab, gap=gap):
        c, s = lab.pair()
        lab.request(c, s, 300, 500)
        lab.sleep(lab.rtt + 0.05)
        c.close()
        if gap:
            lab.sleep(gap)
        s.close()
        lab.sleep(0.2)


@scenario("td_simultaneous_fin_lost", "teardown", "simultaneous close, the client's FIN lost once", path={"owd": 0.03},
          rules=lambda: [drop("fin", "c2s", kind="fin", n=1)], settle=0.8,
          expect=[("cm", "teardown.fin1-lost|teardown.fin2-lost", "data.loss,reset.*")])
def td_simultaneous_fin_lost(lab):
    c, s = lab.pair()
    lab.request(c, s, 300, 500)
    lab.sleep(0.15)
    c.close()
    s.close()
    lab.sleep(0.2)


@scenario("td_simultaneous_ack_lost", "teardown", "simultaneous close, the client's ACK of the server's FIN lost once",
          path={"owd": 0.03},
          rules=lambda: [drop("ack", "c2s", kind="ack", most=1, when=after_both_fins)], settle=0.8,
          expect=[("csm", "teardown.simultaneous-close", "data.loss,reset.*")])
def td_simultaneous_ack_lost(lab):
    c, s = lab.pair()
    lab.request(c, s, 300, 500)
    lab.sleep(0.15)
    c.close()
    s.close()
    lab.sleep(0.2)


@scenario("td_last_ack_stuck", "teardown", "the server's FIN and all its repetitions lost: LAST_ACK until it gives up",
          rules=lambda: [drop("fin2", "s2c", kind="fin")], sysctl={"tcp_orphan_retries": 2}, settle=1.5,
          expect=[("s", "teardown.last-ack-stuck|teardown.open-at-end|teardown.fin2-lost|data.retries-exhausted|data.peer-vanished", "reset.*,data.loss"),
                  ("c", "-", "reset.*,data.loss")])
def td_last_ack_stuck(lab):
    close(lab, "client")
    lab.sleep(3.0)


@scenario("td_fin_dup", "teardown",
          "both FINs doubled by the network; TIME_WAIT answers the copy, that draws RST and ends it", path={"owd": 0.02},
          rules=lambda: [dup("dup", None, kind="fin", ms=2)],
          expect=[("csm", "-", "*-lost,data.loss,reset.injected,reset.abort,capture.duplicates")])
def td_fin_dup(lab):
    close(lab, "client")


@scenario("td_fin_overtakes", "teardown", "the first FIN overtakes the last data", path={"owd": 0.02},
          rules=lambda: [delay("late", "c2s", dn=4, attempt=1, ms=6)],
          expect=[("csm", "-", "teardown.*-lost,data.loss,reset.*")])
def td_fin_overtakes(lab):
    c, s = lab.pair()
    lab.request(c, s, 300, 300)
    c.send(1448 * 2 + 500)
    c.close()
    s.read_eof()
    s.close()


@scenario("td_fin1_lost_v6", "ipv6", "first FIN lost over IPv6, the server closes first", six=True, path={"owd": 0.015},
          rules=lambda: [drop("fin1", "s2c", kind="fin", n=1)],
          expect=[("sm", "teardown.fin1-lost", others("fin1") + "," + NOT_DATA)])
def td_fin1_lost_v6(lab):
    close(lab, "server")


@scenario("td_simultaneous_reset", "teardown", "one end closes, the other aborts at the same time", path={"owd": 0.03},
          expect=[("csm", "-", "reset.injected,reset.half-open-peer,data.loss,*-lost")])
def td_simultaneous_reset(lab):
    c, s = lab.pair()
    lab.request(c, s, 300, 500)
    lab.sleep(0.15)
    c.close()
    s.abort()
    lab.sleep(0.2)


@scenario("td_normal_v6", "ipv6", "orderly close over IPv6 with the last ACK lost", six=True, settle=0.6,
          rules=lambda: [drop("ack2", "c2s", kind="ack", most=1, when=after_both_fins)],
          expect=[("csm", "teardown.ack2-lost", others("ack2") + "," + NOT_DATA)])
def td_normal_v6(lab):
    close(lab, "client")


@scenario("td_many_servers_close", "many", "twelve short connections, the server closes each first", snaplen=128,
          expect=[("csm", "-", "*-lost,data.loss,reset.*,host.syn-flood")])
def td_many_servers_close(lab):
    listener = lab.listen()
    for _ in range(12):
        c, s = lab.pair(listener=listener)
        lab.request(c, s, 100, 1000)
        lab.finish(s, c)
