"""Resets, crashes and strangers: who ends a connection, and who only pretends to."""
import packet as ip
from rules import drop, inject
from scenario import scenario

ABORT = "reset.abort|reset.unread-data"


@scenario("rst_linger0_client", "reset", "the client aborts with SO_LINGER 0",
          expect=[("csm", ABORT, "reset.injected,reset.half-open-peer,data.loss")])
def rst_linger0_client(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.06)
    c.abort()
    s.read_eof()
    s.close()


@scenario("rst_linger0_server", "reset", "the server aborts with SO_LINGER 0", path={"owd": 0.03, "middle": 0.2},
          expect=[("csm", ABORT, "reset.injected,reset.half-open-peer,data.loss")])
def rst_linger0_server(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    s.abort()
    c.read_eof()
    c.close()


@scenario("rst_linger0_upload", "reset", "the client aborts in mid-upload", snaplen=128, path={"owd": 0.02},
          expect=[("csm", ABORT, "reset.injected,reset.half-open-peer,data.loss")])
def rst_linger0_upload(lab):
    c, s = lab.pair()
    c.send(60000)
    lab.sleep(0.05)
    c.abort()
    s.read_eof()
    s.close()


@scenario("rst_unread_client", "reset", "the client closes with unread data: RST instead of FIN",
          expect=[("csm", "reset.unread-data|reset.abort", "reset.injected,reset.half-open-peer,data.loss")])
def rst_unread_client(lab):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    s.send(3000)
    lab.sleep(0.1)
    c.close()
    s.read_eof()
    s.close()


@scenario("rst_unread_server", "reset", "the server closes without reading the request", path={"owd": 0.015, "middle": 0.8},
          expect=[("csm", "reset.unread-data|reset.abort", "reset.injected,reset.half-open-peer,data.loss")])
def rst_unread_server(lab):
    c, s = lab.pair()
    c.send(300)
    lab.sleep(0.1)
    s.close()
    c.read_eof()
    c.close()


@scenario("kill_client_download", "reset", "the client process is killed in mid-download: unread data, RST", snaplen=128,
          expect=[("csm", ABORT + "|teardown.process-exit", "reset.injected,reset.half-open-peer,data.loss")])
def kill_client_download(lab):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    lab.transfer(s, c, 40000)
    s.send(40000)
    lab.sleep(0.004)
    c.hand_over()
    lab.sleep(0.05)
    c.kill()
    lab.sleep(0.1)
    s.close()


@scenario("kill_server_download", "reset",
          "the server process is killed in mid-download: its kernel sends what it has, then FIN", snaplen=128,
          expect=[("csm", "-", "reset.injected,reset.half-open-peer,data.loss,*-lost")])
def kill_server_download(lab):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    s.send(50000)
    s.hand_over()
    lab.sleep(0.03)
    s.kill()
    c.read_eof()
    c.close()


@scenario("kill_server_upload", "reset", "the server process is killed in mid-upload: unread data, RST", snaplen=128,
          path={"owd": 0.02},
          expect=[("csm", ABORT + "|teardown.process-exit", "reset.injected,reset.half-open-peer,data.loss")])
def kill_server_upload(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 30000)
    c.send(50000)
    lab.sleep(0.05)
    s.hand_over()
    lab.sleep(0.05)
    s.kill()
    lab.sleep(0.15)
    c.close()


@scenario("kill_server_idle", "reset", "the server process is killed while idle: FIN; the client writes on and is reset",
          expect=[("csm", "teardown.data-after-close|reset.after-close|teardown.process-exit",
                   "reset.injected,reset.half-open-peer,data.loss,*-lost")])
def kill_server_idle(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.05)
    s.hand_over()
    s.kill()
    lab.sleep(0.3)
    c.send(200)
    lab.sleep(0.1)
    c.send(200)


# ---- crashes: the connection is forgotten without a word

@scenario("crash_server_reboot", "failure", "the server host crashes and comes back: the client's data draws RST",
          rules=lambda: [drop("down", "c2s", enabled=False)],
          expect=[("csm", "reset.half-open-peer",
                   "reset.injected,reset.abort,reset.unread-data,data.pmtu-blackhole,handshake.*-lost")])
def crash_server_reboot(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    s.vanish()
    lab.switch("down")
    c.send(200)
    lab.sleep(0.7)
    lab.switch("down", False)
    lab.sleep(0.9)
    c.close()


@scenario("crash_server_at_once", "failure", "the server forgets the connection while idle: the next request draws RST",
          expect=[("csm", "reset.half-open-peer", "reset.injected,reset.abort,reset.unread-data,handshake.*-lost")])
def crash_server_at_once(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    s.vanish()
    lab.sleep(0.2)
    c.send(200)
    c.read_eof()
    c.close()


@scenario("crash_client", "failure",
          "the client host forgets the connection in mid-download: RST for each segment that arrives", snaplen=128,
          expect=[("csm", "reset.half-open-peer|reset.abort|reset.after-close", "reset.injected,handshake.*-lost")])
def crash_client(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    s.send(30000)
    lab.sleep(0.004)
    c.vanish()
    lab.sleep(0.2)
    s.close()


@scenario("crash_server_closing", "failure", "the server forgot the connection; the client's FIN draws RST",
          expect=[("csm", "reset.half-open-peer", "reset.injected,reset.abort,reset.unread-data,*-lost")])
def crash_server_closing(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.sleep(0.1)
    s.vanish()
    lab.sleep(0.1)
    c.close()


# ---- strangers

def forged(p, to, seq, ack, flags, data=b"", ttl=57):
    """A segment that pretends to come from the sender of |p| (to == p.dir) or from its receiver."""
    if to == p.dir:
        return ip.tcp(p.src, p.dst, p.sport, p.dport, seq, ack, flags, 500, data, ttl=ttl, ident=4711)
    return ip.tcp(p.dst, p.src, p.dport, p.sport, seq, ack, flags, 500, data, ttl=ttl, ident=4711)


def at_data(name, forge, dn=12, direction="s2c"):
    return lambda: [inject(name, direction, dn=dn, attempt=1, forge=forge, origin="attacker", most=1)]


def download(lab, size=60000):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    done = lab.transfer(s, c, size)
    if done:
        lab.finish(c, s)
    else:
        lab.sleep(0.3)


# The forger sits at the middle: what it forges overtakes nothing, it arrives right behind the segment it saw.
@scenario("inj_rst_client", "injection", "forged RST to the client in mid-download, at exactly the next sequence number",
          snaplen=130,
          rules=at_data("forged-rst", lambda p, _: [("s2c", forged(p, "s2c", p.seq + p.len, 0, ip.RST), 0.01)]),
          expect=[("c", "reset.injected", "reset.abort,reset.unread-data,data.loss,handshake.*-lost")])
def inj_rst_client(lab):
    download(lab)


@scenario("inj_rst_server", "injection", "forged RST to the server in mid-download", snaplen=130,
          rules=at_data("forged-rst", lambda p, _: [("c2s", forged(p, "c2s", p.ack, 0, ip.RST), 0.01)]),
          expect=[("s", "reset.injected", "reset.abort,reset.unread-data,data.loss,handshake.*-lost")])
def inj_rst_server(lab):
    download(lab)


@scenario("inj_rst_both", "injection", "forged RSTs to both ends in mid-download", snaplen=130, path={"owd": 0.015},
          rules=at_data("forged-rst", lambda p, _: [("s2c", forged(p, "s2c", p.seq + p.len, p.ack, ip.RST | ip.ACK), 0.01),
                                                    ("c2s", forged(p, "c2s", p.ack, 0, ip.RST), 0.02)]),
          expect=[("csm", "reset.injected", "reset.abort,reset.unread-data,data.loss,handshake.*-lost")])
def inj_rst_both(lab):
    download(lab)


@scenario("inj_rst_in_window", "injection",
          "forged RST inside the window, not at its edge: challenge ACK, the transfer goes on", snaplen=130,
          rules=at_data("forged-rst", lambda p, _: [("s2c", forged(p, "s2c", p.seq + p.len + 20000, 0, ip.RST), 0.01)]),
          expect=[("c", "reset.challenge-acked|reset.ignored|reset.injected",
                   "reset.abort,reset.unread-data,reset.half-open-peer,data.loss")])
def inj_rst_in_window(lab):
    download(lab)


@scenario("inj_rst_outside", "injection", "forged RST outside the window: ignored", snaplen=130,
          rules=at_data("forged-rst", lambda p, _: [("s2c", forged(p, "s2c", p.seq - 1000000, 0, ip.RST), 0.01)]),
          expect=[("c", "reset.ignored|reset.injected", "reset.abort,reset.unread-data,reset.half-open-peer,data.loss")])
def inj_rst_outside(lab):
    download(lab)


@scenario("inj_syn", "injection", "forged SYN inside the window: challenge ACK, the transfer goes on", snaplen=130,
          rules=at_data("forged-syn", lambda p, _: [("c2s", forged(p, "c2s", p.ack + 1000, 0, ip.SYN), 0.01)]),
          expect=[("s", "data.syn-in-connection|handshake.met-old-connection|data.injected",
                   "reset.abort,data.loss,handshake.*-lost")])
def inj_syn(lab):
    download(lab)


@scenario("inj_data", "injection", "forged data reaches the client before the real octets: other bytes at the same place",
          rules=lambda: [inject("forged-data", "c2s", kind="data", n=1, origin="attacker", most=1, forge=lambda p, _: [
              ("s2c", forged(p, "s2c", p.ack, p.seq + p.len, ip.ACK | ip.PSH, b"HTTP/1.1 302 Moved\r\n\r\n"), 0.01)])],
          expect=[("c", "data.inconsistent-retransmission|data.injected", "handshake.*-lost,reset.abort")])
def inj_data(lab):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    lab.sleep(0.05)
    s.send(1000)
    c.recv(1000)
    lab.finish(c, s)


@scenario("inj_fin", "injection", "forged FIN to the client behind the last octet: the server knows nothing of it",
          settle=0.8,
          rules=lambda: [inject("forged-fin", "s2c", dn=1, attempt=1, origin="attacker", most=1, forge=lambda p, _: [
              ("s2c", forged(p, "s2c", p.seq + p.len, p.ack, ip.FIN | ip.ACK), 20.0)])],
          expect=[("c", "-", "handshake.*-lost,data.loss")])
def inj_fin(lab):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    s.send(500)
    c.recv(500)
    lab.sleep(0.1)
    c.read_eof()
    lab.sleep(0.1)


@scenario("inj_icmp_hard", "injection",
          "forged ICMP port unreachable for a live connection: soft error, the transfer goes on", snaplen=160,
          rules=lambda: [inject("forged-icmp", "s2c", dn=12, attempt=1, origin="attacker", most=1, forge=lambda p, relay: [
              ("c2s", ip.icmp_error(ip.octets(relay.router[4]), p.raw, 3, 3), 0.01)])],
          expect=[("csm", "-", "data.loss,reset.*,handshake.*")])
def inj_icmp_hard(lab):
    download(lab)
