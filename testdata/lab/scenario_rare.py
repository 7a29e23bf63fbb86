"""What kernels and paths do seldom: one scenario for each, and one in which the nearest thing that it looks like happens."""
import os
import signal
import socket

import packet as ip
from rules import delay, drop, dup, inject, stall
from scenario import scenario
from scenario_reset import forged
from scenario_teardown import after_both_fins, close

SMALL = 96


# ---- closes

@scenario("td_one_end_gone", "teardown",
          "the client aborts, its reset is lost behind the middle, and nothing the server sends arrives any more",
          path={"middle": 0.5, "owd": 0.01},
          rules=lambda: [drop("rst", "c2s", kind="rst"), drop("unplugged", "s2c", enabled=False)],
          expect=[("m", "teardown.one-end-gone,reset.abort", "reset.injected,data.retries-exhausted"),
                  ("c", "reset.abort", "reset.injected,data.retries-exhausted"),
                  ("s", "data.peer-vanished", "reset.injected,data.retries-exhausted")])
def td_one_end_gone(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    lab.switch("unplugged")
    c.abort()
    lab.sleep(0.1)
    s.send(500)
    lab.sleep(3.2)


@scenario("td_time_wait_restarted", "teardown",
          "the last ACK lost four times: the FIN comes again and again for 1.8 s, TIME_WAIT begins anew", settle=2.6,
          rules=lambda: [drop("ack2", "c2s", kind="ack", most=4, when=after_both_fins)],
          expect=[("csm", "teardown.ack2-lost", "reset.*,data.*,teardown.time-wait-skipped"),
                  ("cm", "teardown.time-wait-restarted", "-")])
def td_time_wait_restarted(lab):
    close(lab, "client")


@scenario("td_time_wait_skipped", "teardown", "the client keeps no TIME_WAIT: the repeated FIN draws RST", settle=1.0,
          client_sysctl={"tcp_max_tw_buckets": 0},
          rules=lambda: [drop("ack2", "c2s", kind="ack", most=1, when=after_both_fins)],
          expect=[("cm", "teardown.time-wait-skipped",
                   "teardown.time-wait-assassinated,reset.injected,reset.abort,data.*"),
                  ("s", "teardown.time-wait-skipped|reset.after-close", "reset.injected,reset.abort,data.*")])
def td_time_wait_skipped(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    c.shutdown()                     # a socket that is closed leaves FIN_WAIT_2 at once, too: td_fin_draws_reset
    s.read_eof()
    lab.sleep(0.1)
    s.close()


@scenario("td_fin_draws_reset", "teardown", "the client keeps no TIME_WAIT, nor a closed socket in FIN_WAIT_2: the FIN draws RST",
          client_sysctl={"tcp_max_tw_buckets": 0},
          expect=[("csm", "teardown.time-wait-skipped|reset.after-close",
                   "teardown.time-wait-assassinated,reset.injected,reset.abort,data.*")])
def td_fin_draws_reset(lab):
    close(lab, "client")


@scenario("kill_server_reading", "reset",
          "the server process is killed while it reads a slow upload: FIN, and what was under way draws RST",
          path={"owd": 0.02}, snaplen=128,
          expect=[("csm", "teardown.process-exit", "reset.injected,reset.abort,reset.half-open-peer,data.loss")])
def kill_server_reading(lab):
    c, s = lab.pair()
    lab.request(c, s)
    read_alone(s)
    for n in range(60):
        c.send(1000)
        if n == 30:
            s.kill()
        lab.sleep(0.005)
    lab.sleep(0.1)


def read_alone(end):
    """Gives the socket to a child process that reads all that comes, which kill() ends with SIGKILL."""
    end.child = os.fork()
    if end.child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        end.sock.setblocking(True)
        while end.sock.recv(65536):
            pass
        os._exit(0)
    end.sock.close()


@scenario("rst_after_shutdown", "reset", "the client shuts its direction down, then aborts: FIN, and a reset after it",
          expect=[("csm", "reset.after-close", "reset.injected,reset.abort,teardown.data-after-close,data.*")])
def rst_after_shutdown(lab):
    c, s = lab.pair()
    lab.request(c, s)
    c.shutdown()
    s.read_eof()
    lab.sleep(0.2)
    c.abort()
    lab.sleep(0.1)


@scenario("rst_gave_up_waiting", "reset", "nothing gets through; after 0.75 s the client's application aborts",
          rules=lambda: [drop("unplugged", None, enabled=False)],
          expect=[("c", "reset.timeout", "reset.abort,reset.injected,data.retries-exhausted")])
def rst_gave_up_waiting(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    lab.switch("unplugged")
    c.send(200)
    lab.sleep(0.75)
    c.abort()


# ---- strangers whose segments look like those of the host

@scenario("inj_rst_in_window_alike", "injection",
          "an RST inside the window, not at its edge, with the server's own TTL: challenge ACK, the transfer goes on",
          snaplen=130,
          rules=lambda: [inject("forged-rst", "s2c", dn=12, attempt=1, origin="attacker", most=1, forge=lambda p, _: [
              ("s2c", forged(p, "s2c", p.seq + p.len + 20000, 0, ip.RST, ttl=64), 0.01)])],
          expect=[("c", "reset.challenge-acked|reset.injected", "reset.ignored,reset.abort,reset.half-open-peer,data.loss")])
def inj_rst_in_window_alike(lab):
    download(lab)


@scenario("inj_rst_outside_alike", "injection", "an RST outside the window, with the server's own TTL: ignored", snaplen=130,
          rules=lambda: [inject("forged-rst", "s2c", dn=12, attempt=1, origin="attacker", most=1, forge=lambda p, _: [
              ("s2c", forged(p, "s2c", p.seq - 1000000, 0, ip.RST, ttl=64), 0.01)])],
          expect=[("c", "reset.ignored|reset.injected", "reset.challenge-acked,reset.abort,reset.half-open-peer,data.loss")])
def inj_rst_outside_alike(lab):
    download(lab)


def download(lab, size=60000):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    if lab.transfer(s, c, size):
        lab.finish(c, s)


@scenario("hs_stale_syn_delayed", "handshake",
          "an attempt given up, another from the same port, whose SYN is lost; then the first SYN comes: answered and reset",
          rules=lambda: [delay("old", "c2s", kind="syn", ms=300, n=1), drop("new", "c2s", kind="syn", n=2)],
          expect=[("cm", "handshake.stale-syn", "handshake.refused,handshake.no-answer,reset.*,data.*")])
def hs_stale_syn_delayed(lab):
    listener, port = lab.listen(), lab.fresh_port()
    lab.dial(port=port).close()
    lab.sleep(0.1)
    c, s = lab.pair(port=port, listener=listener)
    lab.request(c, s)
    lab.finish(c, s)


@scenario("data_stray_syn", "handshake",
          "an attempt given up, another from the same port; the first SYN comes late, when the second is established",
          rules=lambda: [delay("old", "c2s", kind="syn", ms=400, n=1)],
          expect=[("s", "data.syn-in-connection", "handshake.met-old-connection,handshake.stale-syn,reset.*,data.loss")])
def data_stray_syn(lab):
    listener, port = lab.listen(), lab.fresh_port()
    lab.dial(port=port).close()
    lab.sleep(0.1)
    c, s = lab.pair(port=port, listener=listener)
    lab.request(c, s)
    lab.sleep(0.6)
    lab.request(c, s)
    lab.finish(c, s)


@scenario("rst_old_copy", "reset", "a copy of a reset comes 1 s late, into the next connection of the same ports: ignored",
          rules=lambda: [dup("old", "c2s", kind="rst", ms=1000)],
          expect=[("s", "reset.ignored", "reset.injected,reset.challenge-acked,data.loss")])
def rst_old_copy(lab):
    listener, port = lab.listen(), lab.fresh_port()
    c, s = lab.pair(port=port, listener=listener)
    lab.request(c, s)
    c.abort()
    s.read_eof()
    s.close()
    lab.sleep(0.3)
    c, s = lab.pair(port=port, listener=listener)
    lab.request(c, s)
    lab.sleep(1.0)
    lab.request(c, s)
    lab.finish(c, s)


@scenario("rst_behind_a_hole", "reset",
          "the client's last octets are lost, its reset behind them is challenged, and nothing reaches the client any more",
          rules=lambda: [drop("hole", "c2s", dn=2), drop("unplugged", "s2c", enabled=False)],
          expect=[("s", "reset.challenge-acked", "reset.ignored,reset.injected"),
                  ("c", "reset.abort", "reset.injected")])
def rst_behind_a_hole(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    lab.switch("unplugged")
    c.send(500)
    lab.sleep(0.03)
    c.abort()
    lab.sleep(0.2)
    s.send(100)
    lab.sleep(0.5)


@scenario("data_forged_copy", "injection",
          "a segment comes a second time with other octets and another TTL, which somebody on the path wrote",
          rules=lambda: [inject("forged-copy", "s2c", dn=8, attempt=1, origin="attacker", most=1, forge=lambda p, _: [
              ("s2c", forged(p, "s2c", p.seq, p.ack, ip.ACK | ip.PSH, b"X" * p.len), 0.01)])],
          expect=[("c", "data.injected", "data.inconsistent-retransmission,reset.*,handshake.*-lost")])
def data_forged_copy(lab):
    download(lab, 30000)


@scenario("data_rewritten", "injection",
          "a segment comes a second time with other octets under the same headers, which somebody on the path wrote",
          rules=lambda: [inject("rewritten", "s2c", dn=8, attempt=1, origin="attacker", most=1, forge=lambda p, _: [
              ("s2c", ip.mend(p.raw[:p.ip_len - p.len] + b"X" * p.len), 0.01)])],
          expect=[("c", "data.inconsistent-retransmission", "data.injected,reset.*,handshake.*-lost")])
def data_rewritten(lab):
    download(lab, 30000)


@scenario("data_old_duplicate", "reuse",
          "a copy of the request comes 1.2 s late, into the next connection of the same addresses and ports",
          rules=lambda: [dup("old", "c2s", ms=1200, dn=1, attempt=1)],
          expect=[("s", "data.old-duplicate", "data.network-duplicates,data.spurious-retransmission,data.injected"),
                  ("c", "-", "data.network-duplicates,data.spurious-retransmission,data.injected")])
def data_old_duplicate(lab):
    listener, port = lab.listen(), lab.fresh_port()
    c, s = lab.pair(port=port, listener=listener)
    lab.request(c, s)
    lab.finish(s, c)
    lab.sleep(0.4)
    c, s = lab.pair(port=port, listener=listener)
    lab.request(c, s)
    lab.sleep(1.0)
    lab.request(c, s)
    lab.finish(s, c)


# ---- data

@scenario("data_sack_reneging", "loss",
          "a receiver with hardly any memory throws away small segments that it had reported by SACK", path={"owd": 0.01},
          rules=lambda: [drop("holes", "c2s", dn=(2, 4, 6, 8, 10), attempt=1)],
          expect=[("csm", "data.sack-reneging", "reset.*,handshake.*-lost,data.injected")])
def data_sack_reneging(lab):
    c, s = lab.pair(before_listen=lambda sock: sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048))
    c.tcp(socket.TCP_NODELAY, 1)
    c.send(100)
    s.recv(100)
    lab.sleep(0.05)
    c.send(500)
    for _ in range(10):
        c.send(10)
    lab.sleep(1.5)
    s.recv(600)
    lab.finish(c, s)


@scenario("jitter_light", "paths", "one small message at a time; one in six takes 0.4 s longer, nothing is repeated",
          path={"owd": 0.015}, snaplen=SMALL, client_sysctl={"tcp_rto_min_us": 2000000, "tcp_early_retrans": 0},
          rules=lambda: [delay("late", "c2s", kind="data", ms=400, n=range(10, 70, 6))],
          expect=[("cm", "data.jitter", "data.rtt-inflation,data.loss,data.spurious-retransmission,data.reordering")])
def jitter_light(lab):
    c, s = lab.pair()
    for _ in range(66):
        c.send(100)
        s.recv(100)
        lab.sleep(0.05)
    lab.finish(c, s)


@scenario("cut_off_live", "capture", "the recorders stop while a download is under way, before any timer runs out",
          path={"owd": 0.02}, snaplen=128, settle=0.03, rules=lambda: [stall("held", "s2c", ms=5000, dn=range(9, 99))],
          expect=[("sm", "capture.cut-off", "data.peer-vanished,data.retries-exhausted,data.loss,reset.*")])
def cut_off_live(lab):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    s.send(30000)
    c.recv(5000)
