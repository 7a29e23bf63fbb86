"""Transfers: what is lost, repeated, doubled, overtaken or squeezed on the way."""
from rules import corrupt, delay, drop, dup, rewrite, stall
import packet as ip
from scenario import scenario

NO_OTHER = "data.spurious-retransmission,data.reordering,data.network-duplicates,capture.gap,capture.duplicates"
SIMPLE_LOSS = [("csm", "data.loss", NO_OTHER)]
# What the middle and the sender know of a loss behind the middle.
SENDER_LOSS = [("cm", "data.loss", NO_OTHER)]


def upload(lab, size=120000, first="client"):
    c, s = lab.pair()
    lab.transfer(c, s, size)
    lab.finish(*((c, s) if first == "client" else (s, c)))


def download(lab, size=120000, ask=300, first="client"):
    c, s = lab.pair()
    c.send(ask)
    s.recv(ask)
    lab.transfer(s, c, size)
    lab.finish(*((c, s) if first == "client" else (s, c)))


def loss(name, verdict, rules, play=upload, expect=SIMPLE_LOSS, family="loss", snaplen=128, **how):
    if how.get("path", {}).get("loss"):
        how["settle"] = 0.8                        # the close may be repeated, too
    scenario(name, family, verdict, rules=rules, expect=expect, snaplen=snaplen, **how)(play)


def segments(way, dn, attempt=1, at="post"):
    return lambda: [drop("segment", way, dn=dn, attempt=attempt, at=at)]


loss("loss_one_up", "one data segment of an upload lost: fast retransmit", segments("c2s", 20))
loss("loss_one_up_pre", "one data segment of an upload lost before the middle: fast retransmit",
     segments("c2s", 20, at="pre"),
     path={"owd": 0.01, "middle": 0.7})
loss("loss_one_down", "one data segment of a download lost: fast retransmit", segments("s2c", 30), download)
loss("loss_one_down_pre", "one data segment of a download lost before the middle", segments("s2c", 30, at="pre"), download,
     path={"owd": 0.02, "middle": 0.1})
loss("loss_three_down", "three separate losses in a download", segments("s2c", (12, 37, 60)), download, path={"owd": 0.02})
loss("loss_burst", "eight consecutive segments lost; SACK recovery", segments("c2s", range(40, 48)), path={"owd": 0.02})
loss("loss_burst_down", "six consecutive segments of a download lost", segments("s2c", range(30, 36)), download,
     path={"owd": 0.03, "middle": 0.8})
loss("loss_every_other", "every other of ten segments lost: five holes at once", segments("c2s", range(40, 50, 2)),
     path={"owd": 0.02})
loss("loss_first_data", "the first data segment lost: nothing behind it, a tail loss probe or RTO",
     segments("c2s", 1), lambda lab: request_only(lab), [("cm", "data.loss", NO_OTHER)], snaplen=0)
loss("loss_response", "a response of one segment lost", segments("s2c", 1), lambda lab: request_only(lab),
     [("sm", "data.loss", NO_OTHER)], snaplen=0)
loss("loss_tail_probe", "last of ten segments lost: tail loss probe repairs it", segments("c2s", 11),
     lambda lab: request_only(lab, 14480 + 100),
     [("cm", "data.loss", NO_OTHER)], path={"owd": 0.03})
loss("loss_tail_three", "last three of twelve segments lost: probe, then recovery", segments("c2s", (10, 11, 12)),
     lambda lab: request_only(lab, 1448 * 12), [("cm", "data.loss", NO_OTHER)], path={"owd": 0.02})
loss("loss_tail_rto", "last segment lost without tail loss probes and SACK: timeout", segments("c2s", 11),
     lambda lab: request_only(lab, 14480 + 100),
     [("cm", "data.loss", NO_OTHER)], sysctl={"tcp_early_retrans": 0, "tcp_sack": 0, "tcp_recovery": 0})
loss("loss_again", "a segment and its first repetition lost", segments("c2s", 20, (1, 2)),
     expect=[("csm", "data.loss", NO_OTHER), ("cm", "data.lost-retransmission", "-")])
loss("loss_again_pre", "a segment and its first repetition lost before the middle", segments("s2c", 20, (1, 2), at="pre"),
     download,
     expect=[("csm", "data.loss", NO_OTHER), ("s", "data.lost-retransmission", "-")])
loss("loss_thrice", "a segment and its first two repetitions lost: timeouts", segments("c2s", 20, (1, 2, 3)),
     path={"owd": 0.005},
     expect=[("csm", "data.loss", NO_OTHER), ("cm", "data.lost-retransmission", "-")])
loss("loss_rto_series", "one small message lost five times: timeouts with doubled waits", segments("c2s", 2, range(1, 6)),
     lambda lab: two_messages(lab),
     [("cm", "data.loss|data.recovered-after-outage", NO_OTHER),
      ("cm", "data.lost-retransmission|data.recovered-after-outage", "-")],
     path={"owd": 0.005}, snaplen=0)
loss("loss_no_sack", "three losses without SACK: NewReno", segments("c2s", (20, 23, 26)), sysctl={"tcp_sack": 0},
     path={"owd": 0.015},
     expect=[("csm", "data.loss", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
loss("loss_no_timestamps_burst", "four consecutive losses without timestamps", segments("s2c", range(30, 34)), download,
     sysctl={"tcp_timestamps": 0}, path={"owd": 0.02})
loss("loss_v6", "two losses in an IPv6 download", segments("s2c", (15, 40)), download, six=True, path={"owd": 0.02},
     family="ipv6")
loss("loss_reno", "two losses with Reno", segments("c2s", (20, 50)), sysctl={"tcp_congestion_control": "reno"})
loss("loss_bbr", "two losses with BBR, which paces", segments("c2s", (20, 50)), sysctl={"tcp_congestion_control": "bbr"},
     path={"owd": 0.02})
loss("loss_acks_some", "a third of the ACKs of an upload lost: nothing to repair",
     lambda: [drop("ackloss", "s2c", kind="ack", p=0.33, seed=5)], path={"owd": 0.02},
     expect=[("csm", "-", "data.loss,data.spurious-retransmission,data.reordering,data.network-duplicates,handshake.*-lost,capture.gap")])
loss("loss_acks_all", "the ACKs of a request are lost: repeated although it arrived",
     lambda: [drop("ackloss", "s2c", kind="ack", n=range(1, 3))],
     lambda lab: no_answer_needed(lab),
     [("sm", "data.ack-loss|data.spurious-retransmission", "data.loss,data.reordering,data.network-duplicates")],
     family="ack-loss", snaplen=0)
loss("loss_acks_tail", "the last ACKs of an upload are lost: last segment repeated although it arrived",
     lambda: [drop("ackloss", "s2c", kind="ack", when=lambda p: p.n > 8 and p.n < 14)],
     lambda lab: no_answer_needed(lab, 14480),
     [("sm", "data.ack-loss|data.spurious-retransmission", "data.loss,data.reordering,data.network-duplicates")],
     family="ack-loss")


def request_only(lab, size=400):
    c, s = lab.pair()
    lab.request(c, s, size, 200)
    lab.finish(c, s)


def two_messages(lab):
    c, s = lab.pair()
    lab.request(c, s, 100, 100)
    lab.request(c, s, 100, 100)
    lab.finish(c, s)


def no_answer_needed(lab, size=400):
    c, s = lab.pair()
    c.send(size)
    s.recv(size)
    lab.sleep(0.6)
    s.send(100)
    c.recv(100)
    lab.finish(c, s)


for percent, owd, way, seed in ((1, 0.005, "up", 11), (1, 0.05, "down", 12), (2, 0.02, "up", 13), (2, 0.1, "down", 14),
                                (5, 0.025, "up", 15),
                                (5, 0.01, "down", 16), (10, 0.01, "up", 17), (10, 0.03, "down", 18)):
    loss("rand_%dpct_rtt%d_%s" % (percent, owd * 2000, way),
         "%d %% random loss both ways, RTT %d ms, %sload" % (percent, owd * 2000, way),
         None, lambda lab, way=way, size=250000 if percent < 5 else 120000: (upload if way == "up" else download)(lab, size),
         path={"owd": owd, "loss": percent / 100, "seed": seed}, family="random-loss",
         expect=[("csm", "-", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates,data.bad-checksum,data.injected")])


@scenario("rand_3pct_both", "random-loss", "3 % random loss, 60 kB each way at the same time", snaplen=128,
          path={"owd": 0.02, "loss": 0.03, "seed": 21},
          expect=[("csm", "-", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
def rand_3pct_both(lab):
    c, s = lab.pair()
    lab.both_ways(c, s, 60000)
    lab.finish(c, s)


@scenario("both_ways_clean", "transfer", "60 kB each way at the same time, nothing lost", snaplen=128, path={"owd": 0.015},
          expect=[("csm", "-", "*warning,data.loss,data.spurious-retransmission,data.reordering,*-lost")])
def both_ways_clean(lab):
    c, s = lab.pair()
    lab.both_ways(c, s, 60000)
    lab.finish(s, c)


@scenario("chatty", "app", "small requests and responses, Nagle and delayed ACKs", path={"owd": 0.01},
          expect=[("csm", "-", "handshake.*-lost,data.loss,data.spurious-retransmission,data.peer-vanished,reset.*")])
def chatty(lab):
    c, s = lab.pair()
    for n in range(12):
        c.send(20)
        c.send(30 + n)
        s.recv(50 + n)
        s.send(80)
        c.recv(80)
        lab.sleep(0.02)
    lab.finish(c, s)


@scenario("one_way_stream", "app", "the server sends 200 octets every 60 ms, the client only listens",
          path={"owd": 0.02, "middle": 0.2},
          expect=[("csm", "-", "*-lost,data.loss,data.spurious-retransmission,reset.*")])
def one_way_stream(lab):
    c, s = lab.pair()
    for _ in range(15):
        s.send(200)
        c.recv(200)
        lab.sleep(0.04)
    lab.finish(s, c)


@scenario("greeting", "app", "the server speaks first, six exchanges, the client says goodbye",
          path={"owd": 0.025, "middle": 0.05},
          expect=[("csm", "-", "*-lost,data.loss,data.spurious-retransmission,reset.*")])
def greeting(lab):
    c, s = lab.pair()
    s.send(40)
    c.recv(40)
    for n in range(6):
        lab.request(c, s, 20 + n, 60)
    lab.finish(c, s)


@scenario("server_thinks", "app", "the server takes 1.2 s for its answer", path={"owd": 0.015},
          expect=[("csm", "-", "*-lost,data.loss,data.spurious-retransmission,reset.*,data.zero-window")])
def server_thinks(lab):
    c, s = lab.pair()
    c.send(300)
    s.recv(300)
    lab.sleep(1.2)
    s.send(2000)
    c.recv(2000)
    lab.finish(c, s)


@scenario("sender_pauses", "app", "an upload in three parts with pauses of 0.6 s", path={"owd": 0.015, "middle": 0.9},
          snaplen=128,
          expect=[("csm", "-", "*-lost,data.loss,data.spurious-retransmission,reset.*,data.zero-window")])
def sender_pauses(lab):
    c, s = lab.pair()
    for _ in range(3):
        lab.transfer(c, s, 20000)
        lab.sleep(0.6)
    lab.finish(c, s)


@scenario("idle_close_by_server", "app", "four requests on one connection; after 1 s of silence the server closes",
          expect=[("csm", "-", "*-lost,data.loss,data.spurious-retransmission,reset.*")])
def idle_close_by_server(lab):
    c, s = lab.pair()
    for _ in range(4):
        lab.request(c, s, 200, 800)
    lab.sleep(1.0)
    lab.finish(s, c)


loss("loss_both_ways", "one segment of each direction lost while both send",
     lambda: [drop("up", "c2s", dn=15, attempt=1), drop("down", "s2c", dn=18, attempt=1)],
     lambda lab: both(lab), [("m", "data.loss", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")],
     path={"owd": 0.02})
loss("loss_and_reordering", "one segment lost, another one 3 ms late",
     lambda: [drop("segment", "c2s", dn=20, attempt=1), delay("late", "c2s", dn=45, attempt=1, ms=3)],
     path={"owd": 0.015}, expect=[("csm", "data.loss", "data.network-duplicates,capture.gap,capture.duplicates")])
loss("loss_and_duplicates", "one segment lost, two others doubled",
     lambda: [drop("segment", "s2c", dn=20, attempt=1), dup("dup", "s2c", dn=(40, 50), attempt=1, ms=2)],
     download, path={"owd": 0.015}, expect=[("csm", "data.loss", "data.reordering,capture.gap,capture.duplicates")])
loss("loss_middle_at_client", "three losses, the middle next to the client", segments("c2s", (20, 30, 50)),
     path={"owd": 0.02, "middle": 0.02})
loss("loss_middle_at_server", "three losses, the middle next to the server", segments("s2c", (20, 30, 50)), download,
     path={"owd": 0.02, "middle": 0.98})
loss("loss_rtx_duplicated", "one segment lost, its repetition doubled by the network",
     lambda: [drop("segment", "c2s", dn=20, attempt=1), dup("dup", "c2s", dn=20, attempt=2, ms=2)], path={"owd": 0.015},
     # The D-SACK for the copy looks to the sender as if the first transmission had come late.
     expect=[("s", "data.loss", "data.spurious-retransmission,data.reordering,capture.gap"),
             ("cm", "-", "capture.gap,capture.duplicates")])
loss("jitter", "up to 6 ms more for each packet, in order", None, path={"owd": 0.015, "jitter": 0.006, "seed": 51},
     family="bandwidth",
     expect=[("csm", "-", "data.loss,data.reordering,data.network-duplicates,capture.gap,capture.duplicates,handshake.*-lost")])
loss("jitter_loss", "up to 6 ms more for each packet, 3 % lost", None, download,
     path={"owd": 0.015, "jitter": 0.006, "loss": 0.03, "seed": 52}, family="random-loss",
     expect=[("csm", "-", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
loss("rand_5pct_v6", "5 % random loss over IPv6, download", None, download, path={"owd": 0.015, "loss": 0.05, "seed": 53},
     family="random-loss", six=True,
     expect=[("csm", "-", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
loss("rand_5pct_no_timestamps", "5 % random loss without timestamps, upload", None,
     path={"owd": 0.015, "loss": 0.05, "seed": 54}, family="random-loss",
     sysctl={"tcp_timestamps": 0},
     expect=[("csm", "-", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
loss("rand_5pct_no_sack", "5 % random loss without SACK, upload", None, path={"owd": 0.015, "loss": 0.05, "seed": 55},
     family="random-loss",
     sysctl={"tcp_sack": 0}, expect=[("csm", "-", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])


def both(lab):
    c, s = lab.pair()
    lab.both_ways(c, s, 60000)
    lab.finish(c, s)


# ---- order, doubles

loss("reorder_small", "some segments are overtaken by one or two others: no repetition",
     lambda: [delay("late", "c2s", ms=1.3, dn=range(15, 80, 9), attempt=1)], family="reorder",
     path={"owd": 0.02, "rate": 20e6, "queue": 1000000}, sysctl={"tcp_reordering": 6},
     expect=[("s", "data.reordering", "data.loss,data.network-duplicates,capture.gap,capture.duplicates"),
             ("cm", "-", "data.loss,data.network-duplicates,capture.gap,capture.duplicates")])
loss("reorder_small_pre", "some segments are overtaken before the middle",
     lambda: [delay("late", "s2c", ms=1.3, dn=range(15, 80, 9), attempt=1, at="pre")], download, family="reorder",
     path={"owd": 0.02, "rate": 20e6, "queue": 1000000}, sysctl={"tcp_reordering": 6},
     expect=[("cm", "-", "data.loss,data.network-duplicates,capture.gap,capture.duplicates")])
loss("reorder_large", "one segment 40 ms late: repeated though it arrives, D-SACK",
     lambda: [delay("late", "c2s", ms=40, dn=40, attempt=1)],
     family="spurious", path={"owd": 0.015},
     expect=[("csm", "data.spurious-retransmission", "data.loss,data.network-duplicates,capture.duplicates"),
             ("s", "data.reordering", "-")])
loss("reorder_large_down", "two segments of a download 60 ms late: repeated though they arrive",
     lambda: [delay("late", "s2c", ms=60, dn=(30, 31), attempt=1)], download, family="spurious",
     path={"owd": 0.02, "middle": 0.2},
     expect=[("csm", "data.spurious-retransmission", "data.loss,data.network-duplicates,capture.duplicates")])
loss("reorder_no_timestamps", "one segment 40 ms late, no timestamps",
     lambda: [delay("late", "c2s", ms=40, dn=40, attempt=1)],
     family="spurious", path={"owd": 0.015}, sysctl={"tcp_timestamps": 0},
     expect=[("csm", "-", "data.loss,data.network-duplicates,capture.duplicates")])
loss("stall_spurious_rto", "the path stands still for 500 ms: timeout, all of it arrives",
     lambda: [stall("stall", "c2s", ms=500, dn=range(40, 200))],
     family="spurious", path={"owd": 0.01},
     expect=[("csm", "data.spurious-retransmission", "data.loss,data.reordering,data.network-duplicates")])
loss("stall_acks", "the ACKs stand still for 450 ms: timeout, repeated though all arrived",
     lambda: [stall("stall", "s2c", ms=450, kind="ack", when=lambda p: p.n >= 12)], family="spurious", path={"owd": 0.01},
     expect=[("sm", "data.spurious-retransmission", "data.loss,data.reordering,data.network-duplicates")])
loss("dup_data", "every tenth data segment doubled by the network",
     lambda: [dup("dup", "c2s", ms=1, dn=range(10, 90, 10), attempt=1)],
     family="duplicate", path={"owd": 0.015},
     expect=[("s", "data.network-duplicates", "data.loss,data.spurious-retransmission,data.reordering,capture.duplicates"),
             ("cm", "-", "data.loss,capture.duplicates")])
loss("dup_data_pre", "every tenth data segment doubled before the middle",
     lambda: [dup("dup", "s2c", ms=1, dn=range(10, 90, 10), attempt=1, at="pre")],
     download, family="duplicate", path={"owd": 0.015},
     expect=[("cm", "data.network-duplicates", "data.loss,data.spurious-retransmission,data.reordering,capture.duplicates")])
loss("dup_acks", "every fifth ACK doubled by the network",
     lambda: [dup("dup", "s2c", ms=1, kind="ack", when=lambda p: p.n % 5 == 0)],
     family="duplicate", path={"owd": 0.015},
     expect=[("csm", "-", "data.loss,data.spurious-retransmission,data.reordering,capture.duplicates")])
for name, share, seed in (("mild", 0.02, 31), ("wild", 0.05, 41)):
    loss("chaos_" + name, "%d %% loss, doubles and late packets each, both ways" % (share * 100),
         lambda share=share, seed=seed: [drop("loss", None, p=share, seed=seed),
                                         dup("dup", None, ms=1.5, p=share, seed=seed + 1),
                                         delay("late", None, ms=6, p=share, seed=seed + 2)],
         family="chaos", settle=0.8, path={"owd": 0.015, "rate": 30e6, "queue": 1000000},
         expect=[("csm", "-", "handshake.no-answer,capture.duplicates,capture.gap,data.injected")])

# ---- bottlenecks

loss("droptail_8mbit", "bottleneck of 8 Mbit/s with a drop-tail queue of 20 kB", None, lambda lab: upload(lab, 400000),
     path={"owd": 0.015, "rate": 8e6, "queue": 20000}, family="bandwidth", snaplen=96,
     expect=[("csm", "data.loss", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
loss("droptail_2mbit", "bottleneck of 2 Mbit/s with a drop-tail queue of 12 kB, download", None,
     lambda lab: download(lab, 150000),
     path={"owd": 0.02, "rate": 2e6, "queue": 12000}, family="bandwidth",
     expect=[("csm", "-", "data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
loss("bufferbloat", "bottleneck of 2 Mbit/s with a queue that never drops: the RTT grows", None,
     lambda lab: upload(lab, 250000),
     path={"owd": 0.01, "rate": 2e6, "queue": 3000000}, family="bandwidth",
     expect=[("csm", "-", "data.loss,data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])

# ---- other marks and damage

loss("corrupt_one", "one data segment corrupted: discarded by its checksum, repeated",
     lambda: [corrupt("corrupt", "c2s", dn=20, attempt=1)],
     family="corruption", snaplen=0, play=lambda lab: upload(lab, 60000), path={"owd": 0.01},
     expect=[("s", "data.bad-checksum", "data.spurious-retransmission,data.reordering"),
             ("cm", "data.loss", "data.spurious-retransmission,data.reordering")])
loss("corrupt_syn", "the SYN-ACK corrupted: discarded, repeated", lambda: [corrupt("corrupt", "s2c", kind="synack", n=1)],
     family="corruption", snaplen=0, play=request_only, expect=[("csm", "-", "data.loss,handshake.ack-lost")])


def marked(p):
    data = bytearray(p.raw)
    data[1] |= 3
    return ip.mend(bytes(data))


loss("ecn_marks", "ECN: a router marks congestion on some segments; the sender slows down",
     lambda: [rewrite("mark", "c2s", change=marked, dn=(30, 31, 60))], family="ecn", sysctl={"tcp_ecn": 1},
     expect=[("s", "data.congestion-marks", "data.loss,data.spurious-retransmission"),
             ("cm", "-", "data.loss,data.spurious-retransmission")])


@scenario("urgent", "app", "urgent data", expect=[("csm", "data.urgent", "data.loss,*-lost,reset.*")])
def urgent(lab):
    c, s = lab.pair()
    c.send(100)
    s.recv(100)
    c.sock.send(b"!", 1)
    c.note("send", n=1)
    lab.sleep(0.05)
    c.send(50)
    s.recv(50)
    s.send(100)
    c.recv(100)
    lab.finish(c, s)


@scenario("offload", "offload", "segmentation offload at both hosts: segments larger than the MSS, checksums not filled in",
          offload=True, snaplen=128,
          expect=[("csm", "capture.offload", "data.loss,data.spurious-retransmission,data.bad-checksum")])
def offload(lab):
    download(lab, 300000)


@scenario("offload_loss", "offload", "segmentation offload, one super-segment lost", offload=True, snaplen=128,
          path={"owd": 0.02},
          rules=lambda: [drop("segment", "c2s", dn=6, attempt=1)],
          expect=[("csm", "data.loss", "data.bad-checksum,data.network-duplicates,capture.duplicates")])
def offload_loss(lab):
    upload(lab, 200000)


@scenario("many_connections", "many", "20 overlapping connections, every seventh aborted", snaplen=128,
          expect=[("csm", "reset.abort|reset.unread-data",
                   "host.syn-flood,host.syn-scan,host.port-exhaustion,data.loss,*-lost,data.reordering,reset.injected")])
def many_connections(lab):
    listener = lab.listen(backlog=64)
    pairs = []
    for n in range(20):
        pairs.append(lab.pair(listener=listener))
        lab.sleep(0.002)
    for n, (c, s) in enumerate(pairs):
        lab.request(c, s, 200, 2000 + n * 100)
    for n, (c, s) in enumerate(pairs):
        if n % 7 == 6:
            c.abort()
            s.read_eof()
            s.close()
        else:
            lab.finish(*((c, s) if n % 2 else (s, c)))


# ---- path MTU

@scenario("pmtu_icmp", "mtu", "a link of 1300 octets behind the middle, ICMP tells: smaller segments",
          path={"owd": 0.01, "mtu": 1300, "icmp": True}, snaplen=160,
          expect=[("cm", "data.pmtu-reduced", "data.pmtu-blackhole,data.peer-vanished,handshake.*-lost,reset.*")])
def pmtu_icmp(lab):
    upload(lab, 40000)


@scenario("pmtu_icmp_v6", "mtu", "a link of 1280 octets, ICMPv6 packet too big, download", six=True,
          path={"owd": 0.01, "mtu": 1280, "icmp": True}, snaplen=200,
          expect=[("sm", "data.pmtu-reduced", "data.pmtu-blackhole,data.peer-vanished,handshake.*-lost,reset.*")])
def pmtu_icmp_v6(lab):
    download(lab, 40000)


@scenario("pmtu_blackhole", "mtu", "a link of 1300 octets and no word of it: full segments vanish, no progress",
          path={"owd": 0.01, "mtu": 1300}, settle=2.5, snaplen=128,
          expect=[("cm", "data.pmtu-blackhole", "data.pmtu-reduced,data.recovered-after-outage,handshake.*-lost,reset.*"),
                  ("s", "teardown.open-at-end", "-")])
def pmtu_blackhole(lab):
    c, s = lab.pair()
    lab.request(c, s, 300, 600)
    c.send(15000)


@scenario("pmtu_probing", "mtu",
          "a link of 1300 octets and no word of it; after two timeouts the sender tries smaller segments",
          path={"owd": 0.005, "mtu": 1300},
          sysctl={"tcp_mtu_probing": 1, "tcp_base_mss": 1024, "tcp_retries1": 2}, snaplen=128,
          expect=[("cm", "data.pmtu-reduced|data.pmtu-blackhole", "handshake.*-lost,reset.*,data.peer-vanished")])
def pmtu_probing(lab):
    c, s = lab.pair()
    lab.request(c, s, 300, 600)
    lab.transfer(c, s, 15000)
    lab.finish(c, s)
