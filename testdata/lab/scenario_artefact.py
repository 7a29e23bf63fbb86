"""Captures at fault: the run is sound, the files are not."""
from rules import delay, drop, dup
from scenario import scenario

NO_NETWORK = "data.spurious-retransmission,data.reordering,data.network-duplicates,handshake.*-lost"


def two_losses():
    return [drop("segment", "c2s", dn=(20, 50), attempt=1)]


def upload(lab):
    c, s = lab.pair()
    lab.transfer(c, s, 120000)
    lab.finish(c, s)


def short(lab):
    c, s = lab.pair()
    lab.request(c, s)
    lab.finish(c, s)


def artefact(name, verdict, how, expect, play=upload, rules=two_losses, snaplen=120, **more):
    scenario("art_" + name, "artefact", verdict, artefact=how, expect=expect, rules=rules, snaplen=snaplen, **more)(play)


artefact("span", "every frame captured twice 5 us apart", ("span", {"lag_us": 5}),
         [("csm", "capture.duplicates,data.loss", NO_NETWORK + ",handshake.spurious-retry,teardown.*-lost")])
artefact("span_200us", "every frame captured twice 200 us apart", ("span", {"lag_us": 200}),
         [("csm", "capture.duplicates", NO_NETWORK + ",handshake.spurious-retry,teardown.*-lost")], path={"owd": 0.02})
artefact("span_short", "a short exchange captured twice", ("span", {"lag_us": 3}),
         [("csm", "capture.duplicates", "*-lost,data.loss," + NO_NETWORK)],
         short, None, 0)
artefact("missing_4pct", "the sniffer dropped 4 % of the frames", ("missing", {"share": 0.04, "seed": 3}),
         [("csm", "capture.gap", "data.loss," + NO_NETWORK)], rules=None)
artefact("missing_15pct", "the sniffer dropped 15 % of the frames", ("missing", {"share": 0.15, "seed": 5}),
         [("csm", "capture.gap", "data.loss," + NO_NETWORK)], rules=None)
artefact("missing_and_loss", "the network lost two segments and the sniffer 6 % of the frames",
         ("missing", {"share": 0.06, "seed": 9}),
         [("csm", "capture.gap", "data.reordering,data.network-duplicates,handshake.*-lost")])
artefact("span_and_duplicates", "every frame captured twice, and the network doubled some", ("span", {"lag_us": 6}),
         [("csm", "capture.duplicates", "data.loss,data.reordering,handshake.*-lost,data.spurious-retransmission")],
         rules=lambda: [dup("dup", "c2s", dn=(20, 40, 60), attempt=1, ms=2, at="pre")])
artefact("span_and_reordering", "every frame captured twice, and the network let some overtake", ("span", {"lag_us": 6}),
         [("csm", "capture.duplicates", "data.loss,data.network-duplicates,handshake.*-lost")],
         rules=lambda: [delay("late", "c2s", dn=(20, 40, 60), attempt=1, ms=1.5, at="pre")],
         path={"owd": 0.02, "rate": 20e6, "queue": 1000000},
         sysctl={"tcp_reordering": 6})
artefact("midstart", "the capture began in mid-connection", ("midstart", {"frames": 30}),
         [("csm", "capture.mid-start,data.loss", "handshake.*,data.spurious-retransmission,data.reordering")])
artefact("after_syn", "the capture began behind the SYN", ("midstart", {"frames": 1}),
         [("csm", "capture.mid-start", "handshake.*,data.loss,data.spurious-retransmission")], short, None, 0)
artefact("after_handshake", "the capture began behind the handshake", ("midstart", {"frames": 3}),
         [("csm", "capture.mid-start", "handshake.*,data.loss,data.spurious-retransmission")], short, None, 0)
artefact("no_synack", "the SYN-ACK is missing from the capture", ("without", {"kind": "synack"}),
         [("csm", "-", "handshake.*-lost,handshake.no-answer,data.loss,data.spurious-retransmission")], short, None, 0)
artefact("no_fin", "both FINs are missing from the capture", ("without", {"kind": "fin"}),
         [("csm", "-", "handshake.*-lost,data.loss,data.spurious-retransmission,reset.*")], short, None, 0)
artefact("cut_off", "the capture was stopped in mid-transfer", ("cut_off", {"frames": 60}),
         [("csm", "capture.cut-off|teardown.open-at-end",
           "data.peer-vanished,data.retries-exhausted,teardown.*-stuck," + NO_NETWORK)], rules=None)
artefact("backwards", "the clock was set back 50 ms in mid-capture", ("backwards", {"ms": 50, "frame": 80}),
         [("csm", "capture.time-backwards,data.loss",
           "handshake.*-lost,data.spurious-retransmission,data.reordering,data.network-duplicates,capture.gap,capture.duplicates")])
artefact("skew", "what the server sends is recorded 3 ms late", ("skew", {"ms": 3, "direction": "s2c"}),
         [("csm", "-", "data.spurious-retransmission,data.reordering,data.network-duplicates,handshake.*-lost")],
         path={"owd": 0.01})
artefact("one_way", "only what the client sends was captured", ("one_way", {"direction": "c2s"}),
         [("csm", "capture.one-way", "handshake.no-answer,handshake.*-lost,data.peer-vanished,data.ack-loss")], rules=None)
artefact("snaplen_54", "54 octets of each packet", ("snaplen", {"octets": 54}),
         [("csm", "-", "data.spurious-retransmission,handshake.*-lost,capture.damaged")])
artefact("us_raw", "microseconds, raw IP", ("snaplen", {"octets": 100}),
         [("csm", "data.loss", "data.spurious-retransmission,handshake.*-lost")],
         link="raw", unit="us")
artefact("us_null", "microseconds, BSD loopback", ("snaplen", {"octets": 100}),
         [("csm", "data.loss", "data.spurious-retransmission,handshake.*-lost")],
         link="null", unit="us")
