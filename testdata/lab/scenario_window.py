"""Windows that close, idle connections, and paths that die."""
import socket

from rules import drop
from scenario import scenario

SO_KEEPALIVE_TIMES = ((4, 1), (5, 1), (6, 3))  # TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT
TCP_USER_TIMEOUT = 18


def small_buffer(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)


def keepalive(end):
    end.set(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in SO_KEEPALIVE_TIMES:
        end.tcp(name, value)


@scenario("win_slow_reader", "window", "the reader takes 2 kB every 10 ms: the sender waits for its window", snaplen=128,
          expect=[("csm", "data.window-limited|data.stall|data.zero-window",
                   "data.loss,data.spurious-retransmission,data.peer-vanished")])
def win_slow_reader(lab):
    c, s = lab.pair(before_listen=small_buffer)
    lab.transfer(c, s, 60000, pace=0.01, chunk=2048)
    lab.finish(c, s)


@scenario("win_zero", "window", "the reader stops for 1.5 s: zero window, probes, window update",
          expect=[("csm", "data.zero-window",
                   "data.loss,data.spurious-retransmission,data.window-update-lost,reset.*,data.keepalive-*")])
def win_zero(lab):
    c, s = lab.pair(before_listen=small_buffer)
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200000)
    c.send(40000)
    lab.sleep(1.5)
    s.recv(40000)
    lab.finish(c, s)


@scenario("win_zero_download", "window", "a downloading client stops reading for 1 s: zero window, probes, update",
          path={"owd": 0.03, "middle": 0.3},
          expect=[("csm", "data.zero-window",
                   "data.loss,data.spurious-retransmission,data.window-update-lost,reset.*,data.keepalive-*")])
def win_zero_download(lab):
    c, s = lab.pair(before_connect=small_buffer)
    s.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200000)
    c.send(200)
    s.recv(200)
    s.send(30000)
    lab.sleep(1.0)
    c.recv(30000)
    lab.finish(s, c)


def first_updates(lab):
    """Loses what opens the window again: ACKs with a window behind the first that had none."""
    seen = {"zero": False}

    def update(p):
        if p.win == 0:
            seen["zero"] = True
        return seen["zero"] and p.win > 0
    return update


@scenario("win_update_lost", "window", "zero window; the segments that open it again are lost; the next probe finds it open",
          rules=lambda: [drop("update", "s2c", kind="ack", when=first_updates(None), most=2)],
          expect=[("sm", "data.window-update-lost", "data.loss,reset.*"), ("c", "data.zero-window", "data.loss,reset.*")])
def win_update_lost(lab):
    c, s = lab.pair(before_listen=small_buffer)
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200000)
    c.send(40000)
    lab.sleep(0.6)
    s.recv(40000)
    lab.finish(c, s)


@scenario("win_zero_forever", "window", "the reader never reads again and the capture ends", settle=1.5,
          expect=[("csm", "data.zero-window",
                   "data.loss,data.spurious-retransmission,data.peer-vanished,data.keepalive-*,reset.*")])
def win_zero_forever(lab):
    c, _ = lab.pair(before_listen=small_buffer)
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200000)
    c.send(40000)


# ---- keepalive

@scenario("keepalive_alive", "keepalive", "an idle connection kept alive: probes answered",
          expect=[("csm", "data.keepalive-alive",
                   "data.loss,data.keepalive-dead,data.zero-window,data.spurious-retransmission,data.peer-vanished")])
def keepalive_alive(lab):
    c, s = lab.pair()
    keepalive(c)
    lab.request(c, s)
    lab.sleep(3.3)
    lab.request(c, s)
    lab.finish(c, s)


@scenario("keepalive_both", "keepalive", "both ends probe an idle connection", path={"owd": 0.02, "middle": 0.2},
          expect=[("csm", "data.keepalive-alive",
                   "data.loss,data.keepalive-dead,data.zero-window,data.spurious-retransmission,data.peer-vanished")])
def keepalive_both(lab):
    c, s = lab.pair()
    keepalive(c)
    keepalive(s)
    lab.request(c, s)
    lab.sleep(2.5)
    lab.finish(s, c)


@scenario("keepalive_dead", "keepalive", "the path dies while idle: three probes unanswered, reset by the prober",
          rules=lambda: [drop("unplugged", enabled=False)],
          expect=[("cm", "data.keepalive-dead|reset.keepalive",
                   "data.loss,data.zero-window,data.spurious-retransmission,reset.abort,reset.injected"),
                  ("s", "teardown.open-at-end", "-")])
def keepalive_dead(lab):
    c, s = lab.pair()
    keepalive(c)
    lab.request(c, s)
    lab.sleep(1.5)
    lab.switch("unplugged")
    lab.sleep(4.0)


@scenario("keepalive_dead_server", "keepalive", "the path dies while idle; the server probes and resets",
          path={"owd": 0.02, "middle": 0.7},
          rules=lambda: [drop("unplugged", enabled=False)],
          expect=[("sm", "data.keepalive-dead|reset.keepalive",
                   "data.loss,data.zero-window,data.spurious-retransmission,reset.abort,reset.injected"),
                  ("c", "teardown.open-at-end", "-")])
def keepalive_dead_server(lab):
    c, s = lab.pair()
    keepalive(s)
    lab.request(c, s)
    lab.sleep(0.2)
    lab.switch("unplugged")
    lab.sleep(4.5)


@scenario("keepalive_reset", "keepalive", "the peer was rebooted while idle: the probe draws RST",
          expect=[("csm", "reset.keepalive|reset.half-open-peer",
                   "data.loss,reset.injected,reset.abort,data.keepalive-dead")])
def keepalive_reset(lab):
    c, s = lab.pair()
    keepalive(c)
    lab.request(c, s)
    lab.sleep(0.1)                   # the last acknowledgment is under way
    s.vanish()
    lab.sleep(1.5)


@scenario("keepalive_one_lost", "keepalive", "one probe is lost, the next is answered",
          rules=lambda: [drop("unplugged", enabled=False)],
          expect=[("csm", "-", "data.loss,data.zero-window,data.spurious-retransmission,reset.*,data.keepalive-dead,data.peer-vanished")])
def keepalive_one_lost(lab):
    c, s = lab.pair()
    keepalive(c)
    lab.request(c, s)
    lab.sleep(1.4)
    lab.switch("unplugged")
    lab.sleep(1.0)
    lab.switch("unplugged", False)
    lab.sleep(1.0)
    lab.request(c, s)
    lab.finish(c, s)


# ---- outages


def unplugged(way=None):
    return lambda: [drop("unplugged", way, enabled=False)]


@scenario("outage_upload", "outage", "the path dies for 1.2 s in mid-upload and comes back", rules=unplugged(), snaplen=128,
          path={"owd": 0.01},
          expect=[("cm", "data.recovered-after-outage",
                   "data.peer-vanished,data.retries-exhausted,reset.*,data.pmtu-blackhole")])
def outage_upload(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 30000)
    lab.switch("unplugged")
    c.send(20000)
    lab.sleep(1.2)
    lab.switch("unplugged", False)
    s.recv(20000)
    lab.finish(c, s)


@scenario("outage_one_way", "outage", "only the way back dies for 1 s in mid-upload: repeated although it arrived",
          rules=unplugged("s2c"), snaplen=128,
          expect=[("csm", "-", "data.peer-vanished,data.retries-exhausted,reset.*,data.pmtu-blackhole")])
def outage_one_way(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 30000)
    lab.switch("unplugged")
    c.send(8000)
    lab.sleep(1.0)
    lab.switch("unplugged", False)
    s.recv(8000)
    lab.finish(c, s)


@scenario("outage_download", "outage", "the path dies for 0.9 s in mid-download and comes back", rules=unplugged(),
          snaplen=128, path={"owd": 0.02, "middle": 0.9},
          expect=[("sm", "data.recovered-after-outage",
                   "data.peer-vanished,data.retries-exhausted,reset.*,data.pmtu-blackhole")])
def outage_download(lab):
    c, s = lab.pair()
    c.send(200)
    s.recv(200)
    lab.transfer(s, c, 30000)
    lab.switch("unplugged")
    s.send(20000)
    lab.sleep(0.9)
    lab.switch("unplugged", False)
    c.recv(20000)
    lab.finish(s, c)


@scenario("blackhole_giveup", "outage", "the path dies in mid-upload: timeouts, the client gives up", rules=unplugged(),
          sysctl={"tcp_retries2": 3}, snaplen=128,
          expect=[("cm", "data.peer-vanished|data.retries-exhausted",
                   "data.recovered-after-outage,data.pmtu-blackhole,reset.*,handshake.*-lost"),
                  ("s", "teardown.open-at-end", "-")])
def blackhole_giveup(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 30000)
    lab.switch("unplugged")
    c.send(10000)
    lab.sleep(4.2)


@scenario("blackhole_giveup_download", "outage",
          "the path dies in mid-download: the server gives up, the client knows nothing", rules=unplugged(),
          sysctl={"tcp_retries2": 3}, snaplen=128, path={"owd": 0.005, "middle": 0.3},
          expect=[("sm", "data.peer-vanished|data.retries-exhausted",
                   "data.recovered-after-outage,data.pmtu-blackhole,reset.*,handshake.*-lost"),
                  ("c", "-", "reset.*,data.recovered-after-outage")])
def blackhole_giveup_download(lab):
    c, s = lab.pair()
    c.send(200)
    s.recv(200)
    lab.transfer(s, c, 30000)
    lab.switch("unplugged")
    s.send(10000)
    lab.sleep(4.2)


@scenario("blackhole_silent_end", "outage", "the path dies in mid-upload and the capture ends before anybody gives up",
          rules=unplugged(), snaplen=128,
          expect=[("cm", "data.peer-vanished",
                   "data.recovered-after-outage,data.retries-exhausted,data.pmtu-blackhole,reset.*"),
                  ("s", "teardown.open-at-end", "-")])
def blackhole_silent_end(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 30000)
    lab.switch("unplugged")
    c.send(3000)
    lab.sleep(2.5)


@scenario("user_timeout", "outage", "TCP_USER_TIMEOUT of 1 s ends a stuck connection", rules=unplugged(), path={"owd": 0.02},
          expect=[("cm", "data.peer-vanished|data.retries-exhausted|reset.timeout",
                   "data.recovered-after-outage,reset.injected")])
def user_timeout(lab):
    c, s = lab.pair()
    lab.request(c, s)
    c.tcp(TCP_USER_TIMEOUT, 1000)
    lab.switch("unplugged")
    c.send(500)
    lab.sleep(2.5)


@scenario("linger_close_blackhole", "outage", "the path dies, the client closes: its FIN is repeated into silence",
          rules=unplugged(),
          sysctl={"tcp_orphan_retries": 3},
          expect=[("cm", "teardown.fin-wait-1-stuck|data.peer-vanished|data.retries-exhausted|teardown.open-at-end",
                   "data.recovered-after-outage,reset.*")])
def linger_close_blackhole(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.switch("unplugged")
    c.close()
    lab.sleep(4.0)
