"""What really happened: a scenario of the laboratory, read from its folder or its archive.

The format is described in testdata/lab/README.md: scenario.json, fate.ndjson (one line per packet, with the fate of each),
kernel.ndjson (the kernel's own states and retransmissions), and a capture per point; the .ndjson may be compressed.
"""
import glob
import gzip
import json
import os
import tarfile
from dataclasses import dataclass, field

import pcap
from ranges import unwrap

POINTS = ("client", "server", "middle")
MILLISECOND = 10**6


@dataclass
class Transmission:
    """One packet that a host (or somebody on the path) put on the wire."""
    id: int
    direction: str   # c2s or s2c
    origin: str
    src: tuple       # (address, port)
    dst: tuple
    seq: int
    ack: int
    flags: str       # letters of FSRPAUEC
    window: int      # as on the wire
    length: int      # payload
    sent_ns: int     # at the sending host, or at the middle if injected
    arrivals: list   # times at the other host, in order; copies made by the network included
    fate: str
    where: str | None
    discarded: bool  # it arrived, and the receiving host refused it
    truth: str
    cause: str | None
    kernel_says_rtx: bool
    ca: str | None   # congestion state of the sender
    frames: dict     # point -> frame numbers

    @property
    def space(self):
        return self.length + ("S" in self.flags) + ("F" in self.flags)

    @property
    def died(self):
        """No copy of it was accepted by the receiving host."""
        return not self.arrivals or self.discarded

    @property
    def is_retransmission(self):
        return self.truth in ("rtx_needed", "rtx_spurious")

    def passes(self, point):
        """It was there to be captured at |point|."""
        if point == self.origin:
            return True
        if point == "middle":
            return self.fate != "dropped" or self.where == "post"
        # A host's capture has what was sent to it, and nothing that somebody else injected towards the other side.
        return bool(self.arrivals) and self.origin != point


@dataclass
class Endpoint:
    """What the kernel says of one end in one incarnation."""
    side: str        # client or server
    local: tuple
    remote: tuple
    path: list       # dicts t_ns, state, src, why


@dataclass
class Incarnation:
    """One connection: its ends, and what was sent for it."""
    ends: list = field(default_factory=list)
    sent: list = field(default_factory=list)

    def add(self, end):
        """Of two of one side, the one with less of a life answered an old SYN, of which the other side knew nothing."""
        same = [known for known in self.ends if known.side == end.side]
        if same and len(same[0].path) >= len(end.path):
            return
        self.ends = [known for known in self.ends if known not in same] + [end]

    def sent_by(self, address):
        return [t for t in self.sent if t.src == address]


@dataclass
class Frame:
    number: int
    time_ns: int
    transmission: Transmission
    copy: int            # 0: the first frame of this transmission in the file
    made_by: str = ""    # of a further one: "network" or "capture"


class Scenario:
    """One folder of the laboratory."""

    OTHER_CLOCK = ("backwards", "skew")  # artefacts after which times in the captures are not the kernel's

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "scenario.json"), encoding="utf-8") as file:
            self.about = json.load(file)
        self.name = self.about["name"]
        self.problems = self.about.get("problems", [])
        self.artefact = self.about.get("artefact", {}).get("kind")
        self.sent = [_transmission(line) for line in _lines(folder, "fate") if line.get("proto", 6) == 6]
        self.kernel = _lines(folder, "kernel")
        self.incarnations = _incarnations(self.sent, self.kernel)
        self.reasons = _reasons(self.sent, self.kernel)
        self.with_space = {}
        for packet in self.sent:
            if packet.space:
                self.with_space.setdefault((packet.src, packet.dst), []).append(packet)
        self.many = sum(len(i.ends) for i in self.incarnations) > 100

    def points(self):
        return [point for point in POINTS if os.path.exists(self.capture_path(point))]

    def capture_path(self, point):
        return os.path.join(self.folder, point + ".pcap")

    def view(self, point):
        return View(self, point)


class View:
    """A scenario as one capture shows it."""

    def __init__(self, scenario, point):
        self.scenario, self.point = scenario, point
        self.path = scenario.capture_path(point)
        self.capture = pcap.Capture(self.path)
        times = self.capture.times()
        self.end_ns = max(times, default=0)
        self.frames = {}
        for sent in scenario.sent:
            for copy, number in enumerate(sorted(sent.frames.get(point, []))):
                if number <= len(times):
                    made_by = "" if copy == 0 else "capture" if scenario.artefact == "span" else "network"
                    self.frames[number] = Frame(number, times[number - 1], sent, copy, made_by)
        self.first = {f.transmission.id: f for f in self.frames.values() if f.copy == 0}
        self.sent_again = None  # what the metrics found out once
        self._incarnation = {sent.id: each for each in scenario.incarnations for sent in each.sent}
        self._of_incarnation = {}
        for frame in self.in_order():
            owner = id(self._incarnation[frame.transmission.id])
            self._of_incarnation.setdefault(owner, []).append(frame)

    def in_order(self):
        return [self.frames[number] for number in sorted(self.frames)]

    def frame_of(self, sent):
        """The first frame of a transmission in this file, or None."""
        return self.first.get(sent.id)

    def removed(self, sent):
        """The packet was there, and the capture lacks it."""
        return self.scenario.artefact is not None and sent.id not in self.first and sent.passes(self.point)

    def is_complete(self):
        return not any(self.removed(sent) for sent in self.scenario.sent)

    def incarnation_of(self, sent):
        return self._incarnation[sent.id]

    def incarnation_frames(self, incarnation):
        """Its frames in this file, in order."""
        return self._of_incarnation.get(id(incarnation), [])


def load(place):
    """All scenarios below a folder, sorted by name: folders with scenario.json.  Archives are for unpack()."""
    folders = glob.glob(os.path.join(place, "scenario.json")) + glob.glob(os.path.join(place, "*", "scenario.json"))
    return [Scenario(os.path.dirname(path)) for path in sorted(folders)]


def unpack(place, into):
    """Unpacks the archives NAME.tar.xz of |place| below |into|; says whether there were any."""
    archives = sorted(glob.glob(os.path.join(place, "*.tar.*")))
    for path in archives:
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                # An archive comes from the tree itself, but a name that leads out of the folder is no name.
                if member.isfile() and not member.name.startswith("/") and ".." not in member.name.split("/"):
                    archive.extract(member, into)
    return bool(archives)


def address(text):
    """(address, port) of "ADDRESS:PORT"; IPv6 in brackets or not."""
    host, _, port = text.rpartition(":")
    return host.strip("[]").replace("::ffff:", ""), int(port)


def _lines(folder, name):
    for suffix in (".ndjson", ".ndjson.gz"):
        path = os.path.join(folder, name + suffix)
        if os.path.exists(path):
            opened = gzip.open(path, "rt", encoding="utf-8") if suffix.endswith("gz") else open(path, encoding="utf-8")
            with opened as file:
                return [json.loads(line) for line in file if line.strip()]
    raise FileNotFoundError(f"{folder}: no {name}.ndjson")


def _transmission(line):
    return Transmission(
        id=line["id"], direction=line["dir"], origin=line["origin"], src=(line["src"], line["sport"]), dst=(line["dst"], line["dport"]),
        seq=line["seq"], ack=line["ack"], flags=line["flags"], window=line["win"], length=line["len"],
        sent_ns=line.get("t_tx_ns", line.get("t_m_ns", 0)),
        arrivals=sorted(arrival["t_ns"] for arrival in line.get("rx", [])),
        fate=line["fate"], where=line.get("where"), discarded=bool(line.get("discarded")),
        truth=line["truth"], cause=line.get("cause"), kernel_says_rtx=line.get("k") is not None, ca=line.get("ca"),
        frames=line.get("frames", {}))


def _incarnations(sent, kernel):
    """Groups ends and packets into connections.  Where ports are used again, each side begins anew in its turn."""
    starts, ends = {}, {}
    for event in kernel:
        if event["ev"] != "rfc":
            continue
        times = [step["t_ns"] for step in event["path"] if step["t_ns"] is not None]
        end = Endpoint(event["side"], address(event["local"]), address(event["remote"]), event["path"])
        if times:
            ends.setdefault(frozenset((end.local, end.remote)), []).append((min(times), end))
    result = []
    for key, found in ends.items():
        found.sort(key=lambda pair: pair[0])
        per_side = {side: [t for t, end in found if end.side == side] for side in ("client", "server")}
        leader = "client" if per_side["client"] else "server"
        starts[key] = [(t - MILLISECOND, Incarnation()) for t in per_side[leader]]
        for time, end in found:
            # The other side of a simultaneous open may have begun first.
            slack = 2 * 10**9 if end.side != leader and len(starts[key]) == 1 else 0
            _at(starts[key], time + slack).add(end)
        result += [incarnation for _, incarnation in starts[key]]
    for packet in sent:
        key = frozenset((packet.src, packet.dst))
        if key not in starts:
            incarnation = Incarnation()
            starts[key] = [(packet.sent_ns, incarnation)]
            result.append(incarnation)
        _at(starts[key], packet.sent_ns).sent.append(packet)
    return result


def _at(starts, time):
    """The last incarnation that had begun at |time|, or the first."""
    chosen = starts[0][1]
    for start, incarnation in starts:
        if start <= time:
            chosen = incarnation
    return chosen


def _reasons(sent, kernel):
    """Transmission id -> why it was sent again, by the kernel's own record of congestion states.

    Of a recovery the first retransmission is the fast one, what follows is recovery; in the state Loss all follow from
    the timer.  In the state Open a retransmission of data is a tail loss probe.
    """
    name = {}
    for event in kernel:
        if event["ev"] == "rfc" and "sk" in event:
            name[(event["side"], event["sk"])] = (event["side"], address(event["local"]), address(event["remote"]))
    entered = {}
    for event in kernel:
        if event["ev"] == "ca":
            owner = name.get((event["side"], event.get("sk")))
            entered.setdefault(owner, []).append((event["t_ns"], event["state"]))
    reasons, last = {}, {}
    for packet in sent:
        if not packet.is_retransmission:
            continue
        owner = (packet.origin, packet.src, packet.dst)
        if "S" in packet.flags:
            reasons[packet.id] = "synack" if "A" in packet.flags else "syn"
        elif "F" in packet.flags and packet.length == 0:
            reasons[packet.id] = "fin"
        elif packet.ca == "Loss":
            reasons[packet.id] = "rto"
        elif packet.ca == "Recovery":
            before = last.get(owner)
            begun = [t for t, state in entered.get(owner, []) if state == "Recovery" and t <= packet.sent_ns]
            again = before is not None and before[1] == "Recovery" and not (begun and begun[-1] > before[0])
            reasons[packet.id] = "recovery" if again else "fast"
        elif packet.ca in ("Open", "CWR"):
            reasons[packet.id] = "tlp"
        last[owner] = (packet.sent_ns, packet.ca)
    return reasons


def sequence_offsets(packets):
    """Yields (packet, begin, end) with unwrapped numbers, per direction; a new SYN begins a space of its own."""
    near = {}
    for packet in packets:
        key = (packet.src, packet.dst)
        if "S" in packet.flags and key in near and abs(unwrap(near[key], packet.seq) - near[key]) > 2**28:
            near[key] = packet.seq + (near[key] // 2**32 + 2) * 2**32
        begin = unwrap(near.get(key, packet.seq), packet.seq)
        near[key] = max(near.get(key, begin), begin)
        yield packet, begin, begin + packet.space
