"""Runs scenarios and writes their folders; packs the committed set."""
import collections
import json
import os
import platform
import shutil
import tarfile
import tempfile

import artefact
import capture
import kernel
import stage
import truth

HERE = os.path.dirname(os.path.abspath(__file__))
POINTS = ("client", "server", "middle")


def run(scenario, number, trace, out):
    """Plays |scenario| and writes its folder |out| (replaced as a whole); returns its scenario.json."""
    play = stage.Stage(scenario, number, trace)
    seen = play.play()
    described, fates, lines, files = examine(play, seen)
    if scenario.artefact:
        described["artefact"] = artefact.apply(scenario.artefact, files, fates)
    parent = os.path.dirname(os.path.abspath(out))
    os.makedirs(parent, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=".", dir=parent)
    try:
        for point in POINTS:
            files[point].write(os.path.join(folder, point + ".pcap"))
        with open(os.path.join(folder, "scenario.json"), "w") as file:
            json.dump(described, file, indent=1)
            file.write("\n")
        write_lines(os.path.join(folder, "fate.ndjson"), [public(f) for f in fates])
        write_lines(os.path.join(folder, "kernel.ndjson"), lines)
        os.chmod(folder, 0o755)
        shutil.rmtree(out, ignore_errors=True)
        os.rename(folder, out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return described


def examine(play, seen):
    """Joins what was recorded at all places, checks that it fits, and judges it."""
    problems = []
    if play.gave_up:
        problems.append(play.gave_up)
    offset = play.offset_ns
    packets = seen["packets"]
    fates = truth.fates_of(packets, lambda t: t + offset)
    files = {p: capture.PcapFile(play.scenario.link, play.scenario.snaplen, play.scenario.unit) for p in POINTS}
    sent, arrived = join_captures(play, seen, fates, files, problems)
    join_middle(fates, offset, files["middle"])
    joined = kernel.Joined(play.hosts, seen["events"], sent, arrived, offset)
    problems += joined.problems
    problems += truth.judge(fates)
    if not play.scenario.offload:                        # the counters count segments, not super-segments
        problems += compare_counters(fates, seen["counters"])
    if seen["lost_events"]:
        problems.append("the trace lost %d events" % seen["lost_events"])
    if abs(seen["drift_ns"]) > 50_000:
        problems.append("the clocks drifted apart by %d ns" % seen["drift_ns"])
    if seen["worst_ns"] > 20_000_000:
        problems.append("the relay was %.1f ms late" % (seen["worst_ns"] / 1e6))
    paths = truth.Paths(fates, joined, seen["diag"]).lines()
    lines = [{"t_ns": play.start_ns, "ev": "clock", "side": "-", "offset_ns": offset, "drift_ns": seen["drift_ns"],
              "unc_ns": play.clock_unc_ns}]
    lines += joined.events + seen["diag"] + play.app + paths
    lines.sort(key=lambda line: line["t_ns"])
    for side in ("client", "server"):
        lines.append({"t_ns": play.end_ns, "ev": "mib", "side": side, "counters": seen["counters"][side]})
    return describe(play, seen, fates, paths, problems), fates, lines, files


def compare_counters(fates, counters):
    """The kernels' own counters say as many repetitions, resets and arrivals as the fates do."""
    problems = []
    for side in ("client", "server"):
        own = [f for f in fates if f["origin"] == side and f["proto"] == 6]
        arrived = [f for f in fates if f["proto"] == 6 and (f["dir"] == "c2s") == (side == "server")]
        for name, count in (("RetransSegs", sum("k" in f for f in own)), ("OutRsts", sum("R" in f["flags"] for f in own)),
                            ("InSegs", sum(len(f.get("rx", [])) for f in arrived))):
            if counters[side].get(name, 0) != count:
                problems.append("%s: %s is %d, the fates say %d" % (side, name, counters[side].get(name, 0), count))
    return problems


def join_captures(play, seen, fates, files, problems):
    """The k-th frame that a host sent is the k-th packet read from its device, likewise for what it received."""
    sent, arrived = {}, {}
    for host, (frames, lost) in zip(play.hosts, seen["captured"]):
        side, file = host.side, files[host.side]
        if lost:
            problems.append("%s: the capture lost %d frames" % (side, lost))
        sent[side] = [f for f in fates if f["origin"] == side]
        writes = sorted(((c[3], f, c) for f in fates for c in f["packet"].copies
                         if c[1] is not None and (f["dir"] == "c2s") == (side == "server")), key=lambda x: x[0])
        arrived[side] = []
        for _, f, c in writes:
            arrived[side].append((f, next(rx for rx in f["rx"] if rx["copy"] == c[2])))
        n_out = n_in = 0
        for number, (t_ns, outgoing, raw) in enumerate(frames):
            if outgoing:
                if n_out >= len(sent[side]) or sent[side][n_out]["packet"].raw != raw:
                    problems.append("%s: frame %d is not the packet that was read" % (side, number + 1))
                    break
                f = sent[side][n_out]
                f["t_tx_ns"] = t_ns
                n_out += 1
            else:
                if n_in >= len(writes) or (writes[n_in][2][4] or writes[n_in][1]["packet"].raw) != raw:
                    problems.append("%s: frame %d is not the packet that was written" % (side, number + 1))
                    break
                f, rx = arrived[side][n_in]
                rx["t_ns"], rx["frame"] = t_ns, number + 1
                n_in += 1
            f.setdefault("frames", {}).setdefault(side, []).append(number + 1)
            file.add(t_ns, raw, f["dir"] == "c2s", outgoing)
        if n_out != len(sent[side]) or n_in != len(writes):
            problems.append("%s: %d of %d sent and %d of %d received packets captured" % (
                side, n_out, len(sent[side]), n_in, len(writes)))
            # What was not captured has no time; the judgement needs one.
            for f in sent[side][n_out:]:
                f["t_tx_ns"] = f["packet"].read_ns + play.offset_ns
            for (f, rx), (_, _, c) in list(zip(arrived[side], writes))[n_in:]:
                rx["t_ns"] = c[1] + play.offset_ns
    return sent, arrived


def join_middle(fates, offset, file):
    passed = sorted(((t, f["id"], f) for f in fates for t in f["packet"].m_ns), key=lambda x: x[:2])
    for number, (t_ns, _, f) in enumerate(passed):
        p = f["packet"]
        changed = p.changed if p.changed and "altered_before_middle" in p.fates else None
        file.add(t_ns + offset, changed or p.raw, f["dir"] == "c2s")
        f.setdefault("frames", {}).setdefault("middle", []).append(number + 1)


def describe(play, seen, fates, paths, problems):
    s = play.scenario
    is_rtx = {"rtx_needed", "rtx_spurious"}
    described = {
        "name": s.name, "family": s.family, "verdict": s.verdict, "client": play.address["client"],
        "server": play.address["server"], "server_port": play.port, "path": play.path.described(),
        "sysctl": dict(s.sysctl, **{side + " " + k: v for side in ("client", "server")
                                    for k, v in getattr(s, side + "_sysctl").items()}),
        "congestion_control": s.sysctl.get("tcp_congestion_control", "cubic"), "mtu": s.mtu,
        "rules": [r.described() for r in play.rules], "linktype": s.link, "snaplen": s.snaplen, "timestamp": s.unit,
        "capture": {"start_ns": play.start_ns, "end_ns": play.end_ns}, "packets": len(fates),
        "truth_counts": collections.Counter(f["truth"] for f in fates),
        "fate_counts": collections.Counter(f["fate"] for f in fates),
        "kernel_retransmits": {side: sum("k" in f for f in fates if f["origin"] == side) for side in ("client", "server")},
        "kernel_says_rtx_bytes_do_not": [f["id"] for f in fates if "k" in f and f["truth"] not in is_rtx],
        "bytes_say_rtx_kernel_does_not": [f["id"] for f in fates if "k" not in f and f["truth"] in is_rtx],
        "final_states": [{k: line[k] for k in ("side", "local", "remote", "final")} for line in paths],
        "app_results": [{k: v for k, v in e.items() if k not in ("t_ns", "ev")} for e in play.app][:200],
        "expect": [e.described() for e in s.expect],
        "relay_worst_lateness_ns": seen["worst_ns"],
        "problems": problems, "kernel": platform.release().split("-")[0]}
    return described


ORDER = ("id", "dir", "origin", "src", "dst", "sport", "dport", "proto", "seq", "ack", "flags", "win", "len", "ip_len", "fate",
         "t_tx_ns", "t_m_ns", "rx", "rule", "dn", "where", "frames", "k", "ca", "rst_reason", "discarded", "truth", "cause",
         "partial_new")


def public(fate):
    fate.setdefault("frames", {})
    return {k: fate[k] for k in ORDER if k in fate}


def write_lines(path, lines):
    with open(path, "w") as file:
        for line in lines:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


# ---- the committed set

def pack(folder, archive):
    """A folder as NAME.tar.xz, without names, owners or dates that change."""
    def plain(info):
        info.uid = info.gid = info.mtime = 0
        info.uname = info.gname = ""
        return info
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        name = os.path.basename(folder)
        for item in sorted(os.listdir(folder)):
            tar.add(os.path.join(folder, item), arcname=name + "/" + item, filter=plain)


def index(described):
    """INDEX.md: a table of all scenarios."""
    rows = ["# Recorded scenarios (%d)" % len(described), "",
            "Written by `lab record`. Final states are those of the kernel at the end of the capture.", "",
            "| family | scenario | verdict | packets | rtx needed | rtx spurious | client ends in | server ends in |",
            "|---|---|---|---:|---:|---:|---|---|"]
    for d in sorted(described, key=lambda d: (d["family"], d["name"])):
        finals = {side: collections.Counter(x["final"] for x in d["final_states"] if x["side"] == side)
                  for side in ("client", "server")}
        shown = {side: " ".join(k if n == 1 else "%s x%d" % (k, n) for k, n in sorted(c.items())) or "-"
                 for side, c in finals.items()}
        rows.append("| %s | %s | %s | %d | %d | %d | %s | %s |" % (
            d["family"], d["name"], d["verdict"].replace("|", "/"), d["packets"], d["truth_counts"].get("rtx_needed", 0),
            d["truth_counts"].get("rtx_spurious", 0), shown["client"], shown["server"]))
    return "\n".join(rows) + "\n"


def expected(described):
    """EXPECTED.tsv: the headline findings of each scenario."""
    rows = ["scenario\tpoints\trequire\tforbid"]
    for d in sorted(described, key=lambda d: d["name"]):
        for e in d["expect"]:
            rows.append("\t".join((d["name"], e["points"], ",".join(e["require"]) or "-", ",".join(e["forbid"]) or "-")))
    return "\n".join(rows) + "\n"
