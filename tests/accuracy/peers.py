"""tshark and tcptrace on the same captures, in the terms of the same scores.

What a peer does not tell at all is left out of its column; where it tells something, its words are read in its favour.

tshark marks segments (tcp.analysis.*): a retransmission that it does not call spurious is taken for one that it holds to be
needed, `fast_retransmission` for the reason fast, a retransmission with `tcp.analysis.rto` for rto.  It knows no duplicates:
what it calls those counts as said.  Its RTTs are those of tcp.analysis.ack_rtt on the acknowledging frames.

Starting tshark costs more than its work on a small capture, so captures of different scenarios, which share no addresses and
ports, are put behind each other into one file for it, as raw IP.

tcptrace counts per connection and direction: retransmitted packets and octets, unique octets, missed octets, RTT extremes.
"""
import csv
import io
import os
import shutil
import struct
import subprocess
import tempfile

import score_metrics
import score_segments
from pcap import LINK_HEADER

_FLAGS = ("retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "keep_alive",
          "zero_window_probe", "rto", "ack_rtt")
_FIELDS = ("frame.number", "ip.src", "ipv6.src", "tcp.srcport", "tcp.len", "tcp.flags") + \
    tuple("tcp.analysis." + flag for flag in _FLAGS)


def installed():
    return [name for name in ("tshark", "tcptrace") if shutil.which(name)]


class Tshark:
    """What tshark says of many captures: (scenario, point) -> frame -> its fields."""

    def __init__(self, views):
        self.rows = {}
        for batch in _batches(views):
            self._run(batch)

    def _run(self, batch):
        owners = []
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "batch.pcap")
            with open(path, "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 0x40000, 101))
                for view in batch:
                    self.rows[(view.scenario.name, view.point)] = {}
                    for number, packet in enumerate(view.capture.packets, 1):
                        owners.append(((view.scenario.name, view.point), number))
                        skip = LINK_HEADER[view.capture.link_type]
                        kept, real = struct.unpack(view.capture.order + "II", packet.header)
                        data = packet.data[skip:]
                        file.write(struct.pack("<IIII", *divmod(packet.time_ns, 10**9), len(data), real - (kept - len(data))))
                        file.write(data)
            command = ["tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields"]
            for field in _FIELDS:
                command += ["-e", field]
            text = _output(command)
        for line in text.splitlines():
            values = dict(zip(_FIELDS, line.split("\t")))
            key, number = owners[int(values["frame.number"]) - 1]
            self.rows[key][number] = values


def _batches(views):
    """Puts views together of which no two have a connection with the same addresses and ports."""
    batches = []
    for view in views:
        keys = {frozenset((frame.transmission.src, frame.transmission.dst)) for frame in view.frames.values()}
        for batch, taken in batches:
            if not keys & taken:
                batch.append(view)
                taken |= keys
                break
        else:
            batches.append(([view], keys))
    return [batch for batch, _ in batches]


def score(name, view, tally, tshark):
    """|tshark|: a Tshark that has this view."""
    if name == "tshark":
        _score_tshark(view, tally, tshark.rows[(view.scenario.name, view.point)])
    else:
        _score_tcptrace(view, tally)


def _output(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
    return done.stdout.decode(errors="replace")


def _directions(view):
    """(frames of an incarnation, who sends) of all in the file."""
    for incarnation in view.scenario.incarnations:
        frames = [frame for frame in view.incarnation_frames(incarnation)
                  if frame.transmission.truth not in ("injected", "other")]
        for end in sorted({frame.transmission.src for frame in frames}):
            yield frames, end


# ---- tshark ----

def _score_tshark(view, tally, fields):
    rows, ack_rtt = {}, {}
    for number, values in fields.items():
        if not values["tcp.flags"] or "," in values["tcp.flags"]:
            continue  # the segment that an ICMP error quotes
        rows[number] = _tshark_row(values)
        if values["tcp.analysis.ack_rtt"]:
            ack_rtt[number] = values["tcp.analysis.ack_rtt"]
    if not rows:
        return
    score_segments.score(view, rows, tally)
    for frames, end in _directions(view):
        # The RTT of what |end| sent stands at the acknowledgments of its peer.
        samples = [ack_rtt[frame.number] for frame in frames
                   if frame.transmission.src != end and frame.number in ack_rtt]
        counts = [row for frame in frames if frame.transmission.src == end
                  for row in [rows.get(frame.number)] if row]
        got = {"retransmissions": str(sum(row["data_class"] == "retransmission" for row in counts)),
               "spurious": str(sum(row["needed"] == "no" for row in counts))}
        if samples:
            got.update(rtt_min=min(samples, key=float), rtt_max=max(samples, key=float))
        score_metrics.score_direction(view, frames, end, got, "tshark", tally,
                                      ("retransmissions", "spurious", "rtt_min", "rtt_max"))


def _tshark_row(values):
    set_ = {flag for flag in _FLAGS if values["tcp.analysis." + flag]}
    flags = int(values["tcp.flags"], 16)
    row = {"reason": "", "needed": "", "lost": ""}
    if set_ & {"retransmission", "fast_retransmission", "spurious_retransmission"}:
        kind = "retransmission"
        row["needed"] = "no" if "spurious_retransmission" in set_ else "yes"
        if "fast_retransmission" in set_:
            row["reason"] = "fast"
        elif "rto" in set_:
            row["reason"] = "rto"
        if flags & 2:
            row["reason"] = "synack" if flags & 16 else "syn"
    elif "out_of_order" in set_:
        kind = "out-of-order"
    elif "keep_alive" in set_:
        kind = "keepalive"
    elif "zero_window_probe" in set_:
        kind = "window-probe"
    else:
        kind = "new" if int(values["tcp.len"] or 0) or flags & 3 and not flags & 4 else "none"
    row["data_class"] = kind
    return row


# ---- tcptrace ----

_COLUMNS = {"retransmissions": "rexmt_data_pkts", "retransmitted_bytes": "rexmt_data_bytes",
            "unique_bytes": "unique_bytes_sent", "missing_bytes": "missed_data"}


def _score_tcptrace(view, tally):
    text = _output(["tcptrace", "-n", "-l", "-r", "--csv", view.path])
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    table = list(csv.DictReader(io.StringIO("\n".join(lines)), skipinitialspace=True))
    for frames, end in _directions(view):
        row, way = _tcptrace_row(table, frames, end)
        if row is None:
            score_metrics.score_direction(view, frames, end, {}, "tcptrace", tally, tuple(_COLUMNS) + ("rtt_min", "rtt_max"))
            continue
        got = {key: (row.get(f"{column}_{way}") or "").strip() for key, column in _COLUMNS.items()}
        if got["missing_bytes"] == "NA":  # it saw no end of the connection
            got["missing_bytes"] = ""
        if (row.get(f"RTT_samples_{way}") or "0").strip() not in ("", "0"):
            for key in ("rtt_min", "rtt_max"):
                number = (row.get(f"RTT_{key[4:]}_{way}") or "").strip()
                if number:
                    got[key] = f"{float(number) / 1000:.9f}"
        score_metrics.score_direction(view, frames, end, got, "tcptrace", tally,
                                      tuple(_COLUMNS) + ("rtt_min", "rtt_max"))


def _tcptrace_row(table, frames, end):
    """The row of these frames' connection; of several with the same ports, the one with as many packets."""
    peer = next(frame.transmission.dst for frame in frames if frame.transmission.src == end)
    best = None
    for row in table:
        a = ((row.get("host_a") or "").strip(), (row.get("port_a") or "").strip())
        b = ((row.get("host_b") or "").strip(), (row.get("port_b") or "").strip())
        mine, other = (end[0], str(end[1])), (peer[0], str(peer[1]))
        way = "a2b" if (a, b) == (mine, other) else "b2a" if (b, a) == (mine, other) else None
        if way is None:
            continue
        packets = sum(int(row.get("total_packets_" + each) or 0) for each in ("a2b", "b2a"))
        far = abs(packets - len(frames))
        if best is None or far < best[0]:
            best = far, row, way
    return (None, None) if best is None else best[1:]
