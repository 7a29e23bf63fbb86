"""What really happened: the fate of each packet, whether each transmission was needed, and both ends' states.

Judged from what was sent and what arrived, wherever a capture was taken; README.md defines the words.
"""
import bisect
import collections

import kernel
import packet as ip
import ranges

SYN_ANSWER_NS = 20_000_000
STATE_NS = 1_000_000


def fates_of(packets, to_real):
    """The relay's packets as lines for fate.ndjson (without times of the captures)."""
    fates = []
    for p in packets:
        injected = p.origin not in ("client", "server")
        fate = {"id": p.id, "dir": p.dir, "origin": p.origin, "src": ip.text(p.src), "dst": ip.text(p.dst),
                "sport": p.sport, "dport": p.dport, "proto": p.proto}
        if p.proto == ip.TCP:
            fate.update(seq=p.seq, ack=p.ack, flags=ip.flag_letters(p.flags), win=p.win, len=p.len)
        fate["ip_len"] = p.ip_len
        arrived = [c for c in p.copies if c[1] is not None]
        if p.where and not arrived:
            fate["fate"] = "dropped"
        elif not arrived:
            fate["fate"] = "in_flight_at_end"
        elif injected:
            fate["fate"] = "injected"
        elif "corrupt" in p.fates:
            fate["fate"] = "corrupted"
        elif p.fates & {"delay", "stall"}:
            fate["fate"] = "delayed"
        elif len(arrived) > 1:
            fate["fate"] = "duplicated"
        else:
            fate["fate"] = "delivered"
        if p.m_ns:
            fate["t_m_ns"] = to_real(p.m_ns[0])
        if arrived:
            fate["rx"] = [{"t_ns": None, "copy": c[2]} for c in sorted(arrived, key=lambda c: c[1])]
        if p.rules:
            fate["rule"] = p.rules
        if p.dn:
            fate["dn"] = p.dn
        if p.where and not arrived:
            fate["where"] = p.where
        # For the judgement alone; dropped again before the file is written.
        fate["ends"] = (kernel.name_of(fate["src"], p.sport), kernel.name_of(fate["dst"], p.dport))
        fate["packet"], fate["space"] = p, p.space if p.proto == ip.TCP else 0
        fates.append(fate)
    return fates


class Space:
    """The sequence space of one direction of one incarnation; offsets from its SYN."""

    def __init__(self, isn, follows=False):
        self.isn, self.sent, self.delivered, self.got, self.top, self.answered = isn, [], [], [], 0, False
        self.follows = follows

    def offset(self, number):
        return (number - self.isn + 2**31) % 2**32 - 2**31


def judge(fates):
    """Adds truth, cause, discarded, partial_new and late; returns the problems found."""
    problems = []
    spaces, latest = {}, {}
    own = [f for f in fates if f["proto"] == ip.TCP and f["origin"] in ("client", "server")]
    plain_syn = set()
    for f in own:
        if "S" in f["flags"]:
            space = latest.get(f["ends"])
            if space is None or space.isn != f["seq"]:
                latest[f["ends"]] = Space(f["seq"], follows=space is not None)
            if "A" not in f["flags"]:
                plain_syn.add((f["ends"], f["seq"]))
        elif f["ends"] not in latest:
            latest[f["ends"]] = Space(f["seq"])
        spaces[f["id"]] = latest[f["ends"]]
    count_late(own)
    find_ignored_syns(own)
    receive(fates, spaces, problems)
    windows = last_windows(own)
    for f in fates:
        if f["proto"] != ip.TCP:
            f["truth"] = "other"
        elif f["origin"] not in ("client", "server"):
            f["truth"] = "injected"
        elif "R" in f["flags"]:
            f["truth"] = "rst"
        else:
            classify(f, spaces[f["id"]], windows, plain_syn)
    find_causes(own, spaces)
    return problems


def classify(f, space, windows, plain_syn):
    begin = space.offset(f["seq"])
    end = begin + f["space"]
    if not f["space"]:
        if begin == space.top - 1 and space.top > 1:
            f["truth"] = "probe_zero_window" if windows(f) == 0 else "probe_keepalive"
        else:
            f["truth"] = "ack_old_seq" if begin < space.top else "ack"
        return
    new = ranges.without(begin, end, space.sent)
    if new == [(begin, end)]:
        f["truth"] = "orig"
    elif f["flags"] == "SA" and (f["ends"], f["seq"]) in plain_syn and not space.answered:
        f["truth"], space.answered = "simopen_synack", True
    else:
        old = [(a, b) for a, b in space.sent if a < end and b > begin]
        missing = any(ranges.without(max(a, begin), min(b, end), space.delivered) for a, b in old)
        f["truth"] = "rtx_needed" if missing else "rtx_spurious"
        if new:
            f["partial_new"] = True
    space.sent = ranges.add(space.sent, begin, end)
    space.top = max(space.top, end)
    for a, b in f["accepted"]:
        space.delivered = ranges.add(space.delivered, a, b)


def count_late(own):
    flows = collections.defaultdict(list)
    for f in own:
        if f.get("rx"):
            flows[f["ends"]].append((f["rx"][0]["t_ns"], f["id"], f))
    for arrivals in flows.values():
        before = []
        for _, number, f in sorted(arrivals, key=lambda x: x[:2]):
            late = len(before) - bisect.bisect(before, number)
            if late:
                f["rx"][0]["late"] = late
            bisect.insort(before, number)


def find_ignored_syns(own):
    """A SYN that arrives and is not answered at once was dropped by the host, whether or not a tracepoint said why."""
    answers = collections.defaultdict(list)
    for f in own:
        if "A" in f["flags"] or ("S" in f["flags"] and "A" not in f["flags"]):
            answers[f["ends"]].append(f)
    accepted = set()
    for f in own:
        if "S" not in f["flags"] or "A" in f["flags"]:
            continue
        key = (f["ends"], f["seq"])
        for rx in f.get("rx", []):
            replies = [a for a in answers[f["ends"][::-1]] if rx["t_ns"] <= a["t_tx_ns"] <= rx["t_ns"] + SYN_ANSWER_NS]
            if any("A" in a["flags"] and a["ack"] == (f["seq"] + 1 + f["len"]) % 2**32 for a in replies):
                f["syn_takes"] = 1 + f["len"]
            elif any("A" in a["flags"] and a["ack"] == (f["seq"] + 1) % 2**32 for a in replies):
                f["syn_takes"] = 1
            elif replies and any("R" in a["flags"] for a in replies):
                pass
            elif key not in accepted and not replies and "corrupt" not in f["packet"].fates:
                f["syn_ignored"] = True
                continue
            accepted.add(key)
            f.pop("syn_ignored", None)
            break


def receive(fates, spaces, problems):
    """Goes through all arrivals and transmissions in time: which octets did each transmission deliver?"""
    moments, current, forged = [], {}, {}
    for f in fates:
        if f["proto"] != ip.TCP:
            continue
        f["accepted"] = []
        for rx in f.get("rx", []):
            moments.append((rx["t_ns"], 0, f["id"], f, rx))
        if "t_tx_ns" in f:
            moments.append((f["t_tx_ns"], 1, f["id"], f, None))
    for _, sends, _, f, rx in sorted(moments, key=lambda m: m[:3]):
        space = spaces.get(f["id"])
        if sends:
            if "S" in f["flags"]:
                current[f["ends"]] = space
            peer = current.get(f["ends"][::-1])
            if "A" in f["flags"] and "R" not in f["flags"] and peer is not None:
                covered = peer.offset(f["ack"])
                held = peer.got
                for a, b in forged.get(f["ends"][::-1], []):
                    held = ranges.add(held, peer.offset(a), peer.offset(a) + b)
                # TIME_WAIT may answer a new SYN with the numbers of the incarnation before.
                if covered > ranges.prefix(held) and not peer.follows:
                    problems.append("packet %d acknowledges %d octets, %d arrived" % (f["id"], covered, ranges.prefix(held)))
            continue
        if space is None:                                  # forged: may fill the receiver's stream, delivers nothing
            if f["space"]:
                forged.setdefault(f["ends"], []).append((f["seq"], f["space"]))
            continue
        if not f["space"] or "R" in f["flags"]:
            continue
        begin = space.offset(f["seq"])
        end = begin + (f.get("syn_takes", f["space"]) if "S" in f["flags"] and "A" not in f["flags"] else f["space"])
        wanted = bool(ranges.without(begin, end, space.got))
        reason = rx.get("drop")
        if f["packet"].fates & {"corrupt"} and reason == "TCP_CSUM":
            reason = "corrupt"
        elif f.get("syn_ignored"):
            reason = "syn_ignored"
        refused = reason is not None and reason not in kernel.BENIGN and wanted and not fast_open_kept(f, reason)
        if reason == "TCP_INVALID_SYN":
            f["discarded"] = reason
        if refused:
            f["discarded"] = reason
        else:
            f.pop("discarded", None) if wanted else None
            space.got = ranges.add(space.got, begin, end)
            f["accepted"] = ranges.add(f["accepted"], begin, end)


def fast_open_kept(f, reason):
    """The buffer of a SYN whose data was taken is freed with a reason of its own."""
    return "S" in f["flags"] and f.get("syn_takes") and reason == "TCP_FASTOPEN"


def last_windows(own):
    """A function: the last window that the sender of a packet had received when it sent that packet."""
    heard = collections.defaultdict(list)
    for f in own:
        for rx in f.get("rx", []):
            if "A" in f["flags"] and "R" not in f["flags"]:
                heard[f["ends"]].append((rx["t_ns"], f["win"]))
    for v in heard.values():
        v.sort()

    def window(f):
        arrivals = heard[f["ends"][::-1]]
        at = bisect.bisect(arrivals, (f["t_tx_ns"], 1 << 32))
        return arrivals[at - 1][1] if at else None
    return window


def find_causes(own, spaces):
    """Why octets were sent again that an earlier transmission delivers: what became of the ACKs that cover them."""
    by_flow, quickest = collections.defaultdict(list), {}
    for f in own:
        by_flow[f["ends"]].append(f)
        for rx in f.get("rx", []):
            quickest[f["ends"]] = min(quickest.get(f["ends"], 1 << 62), rx["t_ns"] - f["t_tx_ns"])
    for f in own:
        if f.get("truth") != "rtx_spurious":
            continue
        space, back = spaces[f["id"]], f["ends"][::-1]
        begin = space.offset(f["seq"])
        end = begin + f["space"]
        covering = []
        for a in by_flow[back]:
            if a["t_tx_ns"] >= f["t_tx_ns"] or "A" not in a["flags"]:
                continue
            if space.offset(a["ack"]) >= end or any(
                    space.offset(x) <= begin and space.offset(y) >= end for x, y in a["packet"].sack_blocks()):
                covering.append(a)
        # Without trouble they would have been there: an ACK sent a moment ago is not to blame for having been late.
        due = [a for a in covering if a["t_tx_ns"] + quickest.get(back, 0) <= f["t_tx_ns"]]
        if not covering:
            f["cause"] = "not_acked_yet"
        elif any(rx["t_ns"] < f["t_tx_ns"] for a in covering for rx in a.get("rx", [])):
            f["cause"] = "ack_arrived_ignored"
        elif any(a.get("rx") for a in due or covering):
            f["cause"] = "ack_late"
        else:
            f["cause"] = "ack_lost"


# ---- states

class Paths:
    """The rfc lines: both ends' states in the words of RFC 9293, from traced sockets, polls and packets."""

    def __init__(self, fates, joined, notes):
        self.fates, self.joined = fates, joined
        self.notes = collections.defaultdict(list)
        for n in sorted(notes, key=lambda n: n["t_ns"]):
            self.notes[n["side"], n["local"], n["remote"]].append(n)
        self.sent, self.arrivals = collections.defaultdict(list), collections.defaultdict(list)
        for f in fates:
            if f["proto"] == ip.TCP:
                if "t_tx_ns" in f:
                    self.sent[f["ends"]].append(f)
                for rx in f.get("rx", []):
                    self.arrivals[f["ends"][::-1]].append((rx["t_ns"], f, rx))
        for v in self.arrivals.values():
            v.sort(key=lambda x: x[0])
        self.reset_heard = [(e["t_ns"], e["side"], e["local"], e["remote"]) for e in joined.events if e["ev"] == "rst_rx"]

    def lines(self):
        found, used = [], set()
        starts = collections.defaultdict(list)
        for s in joined_sockets(self.joined):
            starts[s.side, s.local, s.remote].append(s.steps[0][0])
        groups = self.syn_ack_groups()
        for s in joined_sockets(self.joined):
            key = (s.side, s.local, s.remote)
            next_start = min([t for t in starts[key] if t > s.steps[0][0]], default=1 << 63)
            later = [g[0] for k, g in groups.items() if k[0] == (s.local, s.remote) and g[0] > s.steps[-1][0]]
            next_start = min([next_start] + later)
            found.append(self.full_socket(s, groups, used, next_start))
        for group, copies in groups.items():
            if group not in used:
                found.append(self.half_open(group, copies, [c[0] for k, c in groups.items() if k[0] == group[0]]))
        return sorted(found, key=lambda line: line["t_ns"])

    def syn_ack_groups(self):
        """{((local, remote), acknowledged number): times of its SYN-ACKs}; none of simultaneous opens."""
        groups, plain = {}, set()
        for ends, packets in self.sent.items():
            for f in packets:
                if "S" in f["flags"] and "A" not in f["flags"]:
                    plain.add((ends, f["seq"]))
        for ends, packets in self.sent.items():
            for f in packets:
                if f["flags"].startswith("SA") and (ends, f["seq"]) not in plain:
                    groups.setdefault((ends, f["ack"]), []).append(f["t_tx_ns"])
        return groups

    def full_socket(self, s, groups, used, next_start):
        key, first = (s.side, s.local, s.remote), s.steps[0]
        if first[1] == "LISTEN":
            path = [step(None, "LISTEN", "implied")]
            mine = [(c[0], g) for g, c in groups.items() if g[0] == (s.local, s.remote) and g not in used and
                    c[0] <= first[0] + STATE_NS]
            t_ns, group = max(mine, default=(first[0], None))
            used.add(group)
            path.append(step(t_ns, "SYN_RCVD", "synack_xmit" if group else "trace"))
        else:
            path = [step(None, "CLOSED", "implied"), step(first[0], first[2], "trace")]
        for t_ns, old, new in s.steps[1:]:
            if new == "CLOSED":
                self.ending(path, key, s, t_ns, old, next_start)
            else:
                path.append(step(t_ns, new, "trace"))
        return self.line(key, s.name, path)

    def ending(self, path, key, s, t_ns, old, next_start):
        """A full socket went: to a mini-socket (TIME_WAIT, orphaned FIN_WAIT_2), or for good."""
        after = self.polled_after(key, t_ns) if old in ("FIN_WAIT_1", "FIN_WAIT_2", "CLOSING") else "CLOSED"
        if after == "TIME_WAIT":
            path.append(step(t_ns, "TIME_WAIT", "trace+diag"))
            self.mini_end(path, key, t_ns, next_start)
        elif after == "FIN_WAIT_2":
            # A poll that began before the full socket went may still have met it in FIN_WAIT_2.
            later = [n for n in self.notes[key] if t_ns < n["t_ns"] < next_start and n["new"] != "FIN_WAIT_2"]
            if later and later[0]["new"] == "TIME_WAIT":
                fins = [t for t, f, rx in self.arrivals[key[1:]] if t_ns - STATE_NS <= t <= later[0]["t_ns"] and
                        "F" in f["flags"] and "R" not in f["flags"] and "drop" not in rx]
                if fins and fins[0] < t_ns:
                    path.append(step(t_ns, "TIME_WAIT", "trace+diag"))
                else:
                    path.append(step(fins[-1] if fins else later[0]["t_ns"], "TIME_WAIT", "fin_rx+diag" if fins else "diag"))
                self.mini_end(path, key, later[0]["t_ns"], next_start)
            else:
                self.mini_end(path, key, t_ns, next_start)
        else:
            path.append(step(t_ns, "CLOSED", "trace", why=self.why(key, t_ns, old)))

    def mini_end(self, path, key, t_ns, next_start):
        """The end of a mini-socket, if the polls saw one: its note, or whatever replaced it."""
        for n in self.notes[key]:
            if n["t_ns"] <= t_ns:
                continue
            if n["new"] in ("CLOSED", "SYN_SENT", "SYN_RCVD", "ESTABLISHED"):
                since = n["t_ns"] - n["unc_ns"] - STATE_NS
                # Only a reset that the mini-socket heeded or sent itself; it is replaced by a SYN otherwise.
                heard = [t for t, f, _ in self.arrivals[key[1:]] if since <= t <= n["t_ns"] and "R" in f["flags"]]
                sent = [f["t_tx_ns"] for f in self.sent[key[1:]] if since <= f["t_tx_ns"] <= n["t_ns"] and "R" in f["flags"]]
                if heard:
                    path.append(step(heard[0], "CLOSED", "diag", why="rst_received"))
                elif sent:
                    path.append(step(sent[0], "CLOSED", "diag", why="rst_sent"))
                else:
                    path.append(step(min(n["t_ns"], next_start), "CLOSED", "diag", why="local", unc_ns=n["unc_ns"]))
                return

    def polled_after(self, key, t_ns):
        """The state in the first poll after |t_ns|."""
        state = "CLOSED"
        for n in self.notes[key]:
            if n["t_ns"] <= t_ns:
                state = n["new"]
            else:
                return state if n["t_ns"] - n["unc_ns"] > t_ns else n["new"]
        return state

    def why(self, key, t_ns, old):
        if any(t_ns - STATE_NS <= t <= t_ns and (side, a, b) == key for t, side, a, b in self.reset_heard):
            return "rst_received"
        if old == "LAST_ACK" and any(t_ns - 2 * STATE_NS <= t <= t_ns and "A" in f["flags"] for t, f, _ in
                                     self.arrivals[key[1:]]):
            return "last_ack_received"
        if any("R" in f["flags"] and abs(f["t_tx_ns"] - t_ns) <= 2 * STATE_NS for f in self.sent[key[1:]]):
            return "rst_sent"
        return "local"

    def half_open(self, group, copies, all_starts):
        """A request that never became a full socket: the polls tell its end."""
        (local, remote), _ = group
        side = self.joined.side_of_address[local.rsplit(":", 1)[0].strip("[]")]
        key, begin = (side, local, remote), copies[0]
        until = min([t for t in all_starts if t > begin], default=1 << 63)
        path = [step(None, "LISTEN", "implied"), step(begin, "SYN_RCVD", "synack_xmit")]
        seen = [n for n in self.notes[key] if begin - 5 * STATE_NS < n["t_ns"] < until + 60 * STATE_NS]
        there = any(n["new"] == "SYN_RCVD" for n in seen)
        gone = next((n for n in seen if n["old"] == "SYN_RCVD" and n["t_ns"] > begin), None)
        resets = [t for t, f, rx in self.arrivals[local, remote] if begin < t < until and "R" in f["flags"]]
        sent = [f["t_tx_ns"] for f in self.sent[local, remote] if begin < f["t_tx_ns"] < until and "R" in f["flags"]]
        if sent and (gone is None or sent[0] <= gone["t_ns"]):
            path.append(step(sent[0], "CLOSED", "diag", why="rst_sent"))
        elif resets and (gone is None or resets[0] <= gone["t_ns"]) and (gone or not there):
            path.append(step(resets[0], "CLOSED", "diag", why="rst_received"))
        elif gone:
            path.append(step(min(gone["t_ns"], until), "CLOSED", "diag", why="local", unc_ns=gone["unc_ns"]))
        line = self.line(key, None, path)
        line["note"] = ("request socket seen by poll" if there else
                        "no request socket seen by poll (SYN cookie, or shorter than one poll)")
        return line

    @staticmethod
    def line(key, name, path):
        return {"t_ns": next(p["t_ns"] for p in path if p["t_ns"] is not None), "ev": "rfc", "side": key[0], "sk": name,
                "local": key[1], "remote": key[2], "path": path, "final": path[-1]["state"]}


def step(t_ns, state, src, **more):
    return dict({"t_ns": t_ns, "state": state, "src": src}, **more)


def joined_sockets(joined):
    return [s for s in joined.sockets if s.steps[0][2] not in ("LISTEN", "CLOSED")]
