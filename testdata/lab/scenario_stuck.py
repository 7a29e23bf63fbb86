"""What only a long look tells from a short pause: closes that do not end within a minute, retries given up for good.

In each, other connections (`meanwhile`) show that the capture goes on.  |PORT| is the client's port of the one that is stuck.
"""
import socket

from rules import drop
from scenario import scenario

PORT, MINUTE = 20000, 62.0
STUCK = "teardown.close-wait-stuck,teardown.fin-wait-1-stuck,teardown.fin-wait-2-stuck,teardown.last-ack-stuck"


def stuck(but):
    return ",".join(code for code in STUCK.split(",") if code != "teardown." + but)


def begin(lab):
    listener = lab.listen()
    c, s = lab.pair(port=PORT, listener=listener)
    lab.request(c, s)
    lab.sleep(0.1)
    return listener, c, s


def meanwhile(lab, listener, seconds):
    """One short connection every ten seconds or so, and one at the end."""
    pauses = 1 + int(seconds / 10)
    for _ in range(pauses):
        lab.sleep(seconds / pauses)
        c, s = lab.pair(listener=listener)
        lab.request(c, s, 100, 100)
        lab.finish(c, s)


def unplugged():
    return [drop("unplugged", None, enabled=False, when=lambda p: PORT in (p.sport, p.dport))]


@scenario("stuck_close_wait", "stuck", "the client closes, the server's application does not for a minute",
          expect=[("csm", "teardown.close-wait-stuck", stuck("close-wait-stuck") + ",reset.*,data.*,teardown.half-close")])
def stuck_close_wait(lab):
    listener, c, s = begin(lab)
    c.close()
    s.read_eof()
    meanwhile(lab, listener, MINUTE)


@scenario("stuck_fin_wait_1", "stuck", "the path swallows the client's FIN and each repetition of it for a minute",
          rules=lambda: [drop("fins", "c2s", kind="fin", when=lambda p: p.sport == PORT)],
          expect=[("cm", "teardown.fin-wait-1-stuck",
                   stuck("fin-wait-1-stuck") + ",reset.*,data.peer-vanished,data.retries-exhausted")])
def stuck_fin_wait_1(lab):
    listener, c, _ = begin(lab)
    c.close()
    meanwhile(lab, listener, MINUTE)


@scenario("stuck_fin_wait_2", "stuck",
          "the client shuts its direction down, then the path dies: keepalive probes ask in vain for a minute",
          rules=unplugged,
          expect=[("cm", "teardown.fin-wait-2-stuck",
                   "teardown.fin-wait-1-stuck,teardown.last-ack-stuck,reset.*,teardown.fin-wait-2-timeout"),
                  ("s", "teardown.close-wait-stuck", "-")])
def stuck_fin_wait_2(lab):
    listener, c, s = begin(lab)
    c.set(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 30)):
        c.tcp(name, value)
    c.shutdown()
    s.read_eof()
    lab.sleep(0.2)
    lab.switch("unplugged")
    meanwhile(lab, listener, MINUTE + 1)


@scenario("stuck_last_ack", "stuck", "the path swallows the server's FIN, the second one, and each repetition for a minute",
          rules=lambda: [drop("fins", "s2c", kind="fin", when=lambda p: p.dport == PORT)],
          expect=[("sm", "teardown.last-ack-stuck",
                   "teardown.fin-wait-1-stuck,teardown.fin-wait-2-stuck,reset.*,data.peer-vanished,data.retries-exhausted")])
def stuck_last_ack(lab):
    listener, c, s = begin(lab)
    c.shutdown()
    s.read_eof()
    lab.sleep(0.2)
    s.close()
    meanwhile(lab, listener, MINUTE)


@scenario("stuck_fin_wait_2_timeout", "stuck", "the client closes; the server sends on after FIN_WAIT_2 has ended by timer",
          expect=[("csm", "teardown.fin-wait-2-timeout", STUCK + ",teardown.data-after-close,reset.injected,reset.abort")])
def stuck_fin_wait_2_timeout(lab):
    listener, c, s = begin(lab)
    c.close()
    s.read_eof()
    meanwhile(lab, listener, MINUTE)
    s.send(500)
    lab.sleep(0.1)


@scenario("stuck_gave_up", "stuck", "the path dies: the client repeats its data four times, then gives up, and is watched",
          rules=unplugged, client_sysctl={"tcp_retries2": 4},
          expect=[("cm", "data.retries-exhausted", "data.peer-vanished,data.recovered-after-outage,reset.*")])
def stuck_gave_up(lab):
    listener, c, _ = begin(lab)
    lab.switch("unplugged")
    c.send(500)
    meanwhile(lab, listener, 14.0)
