"""Many connections: more that can be wrong with a host or the path to it, and crowds with which nothing is wrong."""
import time

import packet as ip
from rules import drop
from scenario import scenario
from scenario_host import QUIET, SMALL, Clients


def silent(but):
    return ",".join(code for code in QUIET.split(",") if code != "host." + but)


def crowd(lab, count, pause=0.02):
    """|count| connections that have had one exchange each."""
    listener, pairs = lab.listen(backlog=128), []
    for _ in range(count):
        pairs.append(lab.pair(listener=listener))
        lab.request(*pairs[-1], 100, 400)
        lab.sleep(pause)
    return listener, pairs


@scenario("host_fin_wait_1_pileup", "host", "the path swallows the FINs of 55 clients: FIN_WAIT_1", snaplen=SMALL,
          path={"owd": 0.005}, rules=lambda: [drop("fins", "c2s", kind="fin")],
          expect=[("cm", "host.fin-wait-1-pileup", QUIET + ",host.fin-wait-2-pileup,host.last-ack-pileup,reset.*")])
def host_fin_wait_1_pileup(lab):
    _, pairs = crowd(lab, 55, 0.0)
    for c, _ in pairs:
        c.close()
    lab.sleep(2.0)


@scenario("host_last_ack_pileup", "host", "the path swallows the answering FINs of a server: 55 in LAST_ACK", snaplen=SMALL,
          path={"owd": 0.005}, rules=lambda: [drop("fins", "s2c", kind="fin")],
          expect=[("sm", "host.last-ack-pileup", QUIET + ",host.fin-wait-1-pileup,host.close-wait-pileup,reset.*")])
def host_last_ack_pileup(lab):
    _, pairs = crowd(lab, 55, 0.0)
    for c, _ in pairs:
        c.close()
    lab.sleep(0.1)
    for _, s in pairs:
        s.read_eof()
        s.close()
    lab.sleep(2.4)                   # no repetition is due then


@scenario("host_port_exhaustion", "host",
          "a client with 20 ports opens one connection after the other: each port again a second later, from TIME_WAIT",
          snaplen=SMALL, path={"owd": 0.002}, client_sysctl={"ip_local_port_range": "40000 40019", "tcp_tw_reuse": 1},
          expect=[("csm", "host.port-exhaustion", silent("port-exhaustion") + ",reset.injected,data.loss")])
def host_port_exhaustion(lab):
    reconnecting(lab, 80, until=6.0)


@scenario("host_reconnecting", "host", "a client with ports enough opens one connection after the other, and closes each",
          snaplen=SMALL, path={"owd": 0.002},
          expect=[("csm", "host.closes-first", QUIET + ",reset.*,data.loss")])
def host_reconnecting(lab):
    reconnecting(lab, 60, until=6.0)


def reconnecting(lab, count, until):
    """Up to |count| connections in |until| seconds, from ports that the kernel chooses; the client closes first."""
    listener, begun, done = lab.listen(backlog=64), time.monotonic(), 0
    while done < count and time.monotonic() - begun < until:
        c = lab.socket("client")
        try:
            c.sock.connect((lab.address["server"], lab.port))
        except BlockingIOError:
            pass
        except OSError as error:             # no port left
            c.failed("connect", error)
            c.sock.close()
            lab.sleep(0.05)
            continue
        c.wait_connected()
        s = listener.accept()
        lab.ends.append(s)
        lab.request(c, s, 100, 400)
        lab.finish(c, s)
        done += 1


@scenario("host_comes_back", "host", "the path to a server is dead for 5 s under 12 connections, then they go on", snaplen=SMALL,
          path={"owd": 0.005}, rules=lambda: [drop("dead", None, enabled=False)],
          expect=[("cm", "host.down,host.recovered",
                   QUIET.replace(",host.down", "") + ",host.idle-timeout,host.service-down,reset.*")])
def host_comes_back(lab):
    _, pairs = crowd(lab, 12)
    lab.switch("dead")
    for c, _ in pairs:
        c.send(100)
        lab.sleep(0.02)
    lab.sleep(4.8)
    lab.switch("dead", False)
    lab.sleep(1.8)
    for c, s in pairs:
        s.recv(100)
        lab.finish(c, s)


@scenario("host_crashes", "host", "a server host falls silent under 12 connections, and new ones are not answered",
          snaplen=SMALL, path={"owd": 0.005}, rules=lambda: [drop("dead", None, enabled=False)],
          expect=[("cm", "host.down", QUIET.replace(",host.down", "") + ",host.idle-timeout,host.recovered,reset.*")])
def host_crashes(lab):
    _, pairs = crowd(lab, 12)
    lab.switch("dead")
    for c, _ in pairs:
        c.send(100)
        lab.sleep(0.02)
    for _ in range(4):
        lab.dial()
        lab.sleep(0.1)
    lab.sleep(4.0)


def forgets(limit_s):
    """A middlebox: nothing passes of a flow after a silence of |limit_s|."""
    heard, dead = {}, set()

    def is_dead(p):
        if p.proto != ip.TCP:
            return False
        key, now = frozenset((p.flow[:2], p.flow[2:])), time.monotonic()
        if now - heard.get(key, now) > limit_s:
            dead.add(key)
        heard[key] = now
        return key in dead
    return [drop("forgotten", None, when=is_dead)]


@scenario("host_idle_timeout_silent", "host",
          "a middlebox forgets what is idle for 1 s, without a word: 10 connections die, 4 that are awake live on",
          snaplen=SMALL, path={"owd": 0.005}, rules=lambda: forgets(1.0),
          expect=[("cm", "host.idle-timeout", QUIET + ",host.recovered,host.shutdown,reset.*")])
def host_idle_timeout_silent(lab):
    _, pairs = crowd(lab, 14, 0.0)
    begun = last = time.monotonic()
    asked = 0
    while (now := time.monotonic()) - begun < 5.5:
        if now - last > 0.4:
            last = now
            for c, s in pairs[10:]:
                lab.request(c, s, 50, 50)
        if asked < 10 and now - begun > 1.3 + 0.2 * asked:
            pairs[asked][0].send(100)
            asked += 1
        lab.sleep(0.02)


# ---- nothing is wrong

HEALTHY = "*warning," + QUIET


@scenario("host_busy_burst", "healthy", "120 clients at once, and all are served: a busy moment, no flood", snaplen=SMALL,
          path={"owd": 0.005},
          expect=[("csm", "-", HEALTHY + ",handshake.*,data.*,reset.*,host.close-wait-pileup,host.fin-wait-*,host.last-*")])
def host_busy_burst(lab):
    Clients(lab, lab.listen(backlog=256), 120, 0.003, first="client").run(2.5)


@scenario("host_load_test", "healthy", "a load test: four exchanges on each of 60 connections, the server closes", snaplen=SMALL,
          path={"owd": 0.003},
          expect=[("csm", "-", HEALTHY + ",handshake.*,data.*,reset.*,host.close-wait-pileup,host.fin-wait-*")])
def host_load_test(lab):
    listener = lab.listen(backlog=128)
    for _ in range(12):
        pairs = [lab.pair(listener=listener) for _ in range(5)]
        for _ in range(4):
            for c, s in pairs:
                lab.request(c, s, 100, 400)
        for c, s in pairs:
            lab.finish(s, c)
