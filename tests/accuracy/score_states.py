"""The eleven states: share of time, the intervals that bound the kernel's transitions, and how wide these are.

States are wire states: FIN_WAIT_1 and LAST_ACK begin with the first transmission of the FIN, though the application may have
closed before; what the kernel did between is told in terms of the wire.  Time counts from the connection's first captured
frame to the last packet of the file.  Not scored is what no capture shows: a socket that vanishes or gives up in silence,
and the time from an act whose packet died before it was captured to its first copy in the file; and a state of which neither the act
nor the cause is in the file.

A state that the kernel's record knows only from polling has the poll's period for slack.
"""
import functools
from dataclasses import dataclass

from program import nanoseconds
from truth import MILLISECOND

SLACK = MILLISECOND
POLL_SLACK = 4 * MILLISECOND
POLL_SLACK_MANY = 60 * MILLISECOND
STRICT_MIN = 200_000  # without slack, states at least this long
SHOWN_CLOSED = ("rst_received", "rst_sent", "last_ack_received")


@dataclass
class WireState:
    """One end's state from |begin|; before |shown| no capture at this point could tell; |scored| at all."""
    state: str
    begin: int
    shown: int
    slack: int
    scored: bool


def score(view, result, tally):
    """Scores every end of every connection that this capture holds."""
    if view.scenario.artefact in view.scenario.OTHER_CLOCK:
        return
    rows = {}
    for row in result.transitions:
        rows.setdefault((row["conn"], row["endpoint"]), []).append(row)
    for incarnation in view.scenario.incarnations:
        frames = view.incarnation_frames(incarnation)
        if not frames:
            continue
        conn = connection_of(frames, result)
        # What answers an old SYN in the time of a new connection is none of it.
        frames = [frame for frame in frames if result.segment.get(frame.number, {}).get("conn", conn) == conn]
        for end in incarnation.ends:
            name = endpoint_name(result.connection.get(conn), end.local)
            _score_end(view, incarnation, frames, end, rows.get((conn, name), []), f"conn {conn} {name}", tally)


def connection_of(frames, result):
    """The program's connection to which most of these frames belong."""
    votes = {}
    for frame in frames:
        row = result.segment.get(frame.number)
        if row is not None:
            votes[row["conn"]] = votes.get(row["conn"], 0) + 1
    return max(votes, key=votes.get) if votes else None


def endpoint_name(connection, local):
    if connection is None:
        return None
    for name in "ab":
        if (connection[name + "_addr"], connection[name + "_port"]) == (local[0], str(local[1])):
            return name
    return None


def nearness(point, side):
    return "middle" if point == "middle" else "near" if point == side else "far"


def wire_path(view, incarnation, end):
    """The kernel's path as the wire could show it."""
    own = incarnation.sent_by(end.local)
    fins = [sent for sent in own if "F" in sent.flags and sent.truth != "injected"]
    closing = fins[0].sent_ns if fins else None
    path, closed_at, got_fin = [], None, False
    for step in end.path:
        state, time = step["state"], step["t_ns"]
        if time is None:
            continue
        slack = SLACK
        if "diag" in step["src"] and "trace" not in step["src"]:
            slack += POLL_SLACK_MANY if view.scenario.many else POLL_SLACK
        if state == "CLOSED":
            # Who gives up in silence leaves the state without a sign, and nobody can say when.
            why = step.get("why")
            scored = why in SHOWN_CLOSED and _cause_is_held(view, incarnation, end, why, path[-1].state if path else None, fins)
            path.append(WireState(state, time, time, slack, scored))
            continue
        if state in ("FIN_WAIT_1", "LAST_ACK"):
            if closing is None:
                continue
            closed_at, time = time, max(time, closing)
        elif closed_at is not None and closing is not None and time < closing:
            # The peer's FIN came when this end's own was still in the queue.
            if state == "CLOSING":
                path.pop()
                path.append(WireState("CLOSE_WAIT", time, time, slack, True))
                path.append(_act("LAST_ACK", closing, fins, view, slack))
                got_fin = True
                continue
            time = closing
        if got_fin and state in ("CLOSING", "TIME_WAIT"):
            continue  # by the wire it was LAST_ACK; what the kernel called it shows nowhere
        acts = {"SYN_SENT": [sent for sent in own if "S" in sent.flags and "A" not in sent.flags],
                "SYN_RCVD": [sent for sent in own if "S" in sent.flags and "A" in sent.flags],
                "FIN_WAIT_1": fins, "LAST_ACK": fins}.get(state)
        if acts:
            path.append(_act(state, time, acts, view, slack))
        else:
            scored = _cause_is_held(view, incarnation, end, state, path[-1].state if path else None, fins)
            path.append(WireState(state, time, time, slack, scored))
    return _with_listen(view, incarnation, end, path)


def _cause_is_held(view, incarnation, end, state, before, fins):
    """Is a copy of what made the end enter |state| in the file?  Where the capture lacks it, that it came is another matter."""
    peer = [sent for sent in incarnation.sent if sent.dst == end.local]
    if state == "ESTABLISHED":
        causes = [sent for sent in peer if ("S" in sent.flags) == (before == "SYN_SENT") and "R" not in sent.flags]
    elif state in ("CLOSE_WAIT", "CLOSING") or state == "TIME_WAIT" and before != "CLOSING":
        causes = [sent for sent in peer if "F" in sent.flags]
    elif state in ("FIN_WAIT_2", "TIME_WAIT", "last_ack_received"):
        numbers = {(fin.seq + fin.space) % 2**32 for fin in fins}
        causes = [sent for sent in peer if "A" in sent.flags and sent.ack in numbers]
    elif state == "rst_received":
        causes = [sent for sent in peer if "R" in sent.flags]
    elif state == "rst_sent":
        causes = [sent for sent in incarnation.sent_by(end.local) if "R" in sent.flags]
    else:
        return True
    return any(view.frame_of(sent) is not None for sent in causes)


def _act(state, time, acts, view, slack):
    """A state that begins with the end's own packet: the capture shows it with the first copy that it holds."""
    if view.frame_of(acts[0]) is not None:
        return WireState(state, time, time, slack, True)
    held = [sent.sent_ns for sent in acts if view.frame_of(sent) is not None]
    return WireState(state, time, max(time, min(held)) if held else 1 << 62, slack, True)


def _with_listen(view, incarnation, end, path):
    """Puts LISTEN before a passive open that this capture proves by the SYN-ACK."""
    if path and path[0].state == "SYN_RCVD" and end.path[0]["state"] == "LISTEN" and end.path[0]["t_ns"] is None:
        answered = any(view.frame_of(sent) is not None for sent in incarnation.sent_by(end.local)
                       if "S" in sent.flags and "A" in sent.flags)
        if answered:
            return [WireState("LISTEN", 0, 0, SLACK, True)] + path
        # Nothing tells a listener from a host that drops SYNs.
        path[0].scored = False
    return path


def _score_end(view, incarnation, frames, end, rows, place, tally):
    near = nearness(view.point, end.side)
    first = min(frame.time_ns for frame in frames)
    line = sorted(((nanoseconds(row["estimate"] or row["latest"] or row["earliest"]) or 0, row["to"]) for row in rows),
                  key=lambda pair: pair[0])
    path = wire_path(view, incarnation, end)
    for index, step in enumerate(path):
        if not step.scored:
            continue
        until = min(path[index + 1].begin if index + 1 < len(path) else view.end_ns, view.end_ns)
        begin = max(step.shown, first)
        _score_share(view, near, line, step, begin, until, place, tally)
        if step.begin >= first and step.begin <= view.end_ns and step.shown == step.begin and step.begin > 0:
            _score_interval(view, near, rows, step, place, tally)


def _score_share(view, near, line, step, begin, until, place, tally):
    if until - begin > 2 * step.slack:
        right = _time_in(line, step.state, begin + step.slack, until - step.slack)
        share = right / (until - begin - 2 * step.slack)
        tally.share(view.point, f"state.{near}", step.state, share)
        if share < 0.98:
            got = " ".join(f"{state}{(time - begin) / 1e6:+.2f}" for time, state in line)
            tally.miss(view.point, place, f"state.{near}", f"{step.state} for {(until - begin) / 1e6:.2f} ms",
                       f"{share:.3f} of it; ms from its begin: {got}")
    if step.slack == SLACK and until - begin >= STRICT_MIN:
        share = _time_in(line, step.state, begin, until) / (until - begin)
        tally.share(view.point, f"state.{near}.strict", step.state, share)


def _time_in(line, state, begin, end):
    """How much of [begin, end) the estimated path spends in |state|."""
    total = 0
    for index, (time, name) in enumerate(line):
        if name == state:
            until = line[index + 1][0] if index + 1 < len(line) else end
            total += max(0, min(until, end) - max(time, begin))
    return total


def _score_interval(view, near, rows, step, place, tally):
    found = [row for row in rows if row["to"] == step.state]
    inside, got = False, "no such transition"
    for row in found:
        earliest, latest = nanoseconds(row["earliest"]), nanoseconds(row["latest"])
        inside = (earliest is None or earliest - step.slack <= step.begin) and \
            (latest is None or step.begin <= latest + step.slack)
        got = "[{}, {}] ms from it".format(*("" if bound is None else f"{(bound - step.begin) / 1e6:.3f}"
                                              for bound in (earliest, latest)))
        if inside:
            open_end = latest is None and row["certainty"] not in ("assumed", "timer")
            tally.judge(view.point, place, f"interval.{near}.bounded", "an upper bound", "none", not open_end)
            if earliest is not None and latest is not None:
                width = latest - earliest
                limit = 0 if near == "near" else _round_trip(view.scenario)
                tally.medians[(view.point, f"interval.{near}.width_ms")].append(max(0, width - limit) / MILLISECOND)
            break
    tally.judge(view.point, place, f"interval.{near}.inside", f"{step.state} at {step.begin / 1e9:.6f}", got, inside)


@functools.lru_cache(maxsize=4)
def _round_trip(scenario):
    """The shortest way there and back, of all packets."""
    total = 0
    for origin in ("client", "server"):
        total += min((min(sent.arrivals) - sent.sent_ns for sent in scenario.sent
                      if sent.origin == origin and sent.arrivals), default=0)
    return total
