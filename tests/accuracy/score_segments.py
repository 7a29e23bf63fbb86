"""What each segment was, and for retransmissions why, whether needed, and where the earlier copy died.

The truth is that of the packets' fates, in terms of what this one capture holds:

* A repetition of captured octets is always to be found.  One of octets below others that were captured is to be told from a
  late original.  Where it repeats nothing captured and nothing beyond it was captured, the capture cannot know: not scored.
* An original is out-of-order where something sent after it was captured before it.
* The second frame of one transmission is a duplicate, of the capture or of the network; without sequence space, only where
  its IP ID or timestamp tells it from a repeated acknowledgment.
* A probe's kind follows from the window that the sender had been told: not scored where the capture shows another as the last.
* Octets that somebody forged before are not the sender's: what repeats them, and what the numbers are after them, is not scored.

`needed` says what an earlier copy's fate was, `lost` where the last copy died that was lost, `reason` follows the kernel's own
congestion state.  All three may be unknown: what is stated has to be right, and how much is stated is a measure of its own,
of those that a later acknowledgment in the file is about, and for `lost` of those of which the receiving host refused nothing.
At the receiving host `needed` is always to be known, unless that refused a copy: the capture there has what came in.
"""
from dataclasses import dataclass

from ranges import RangeSet, unwrap
from truth import Frame


@dataclass
class Expectation:
    """What a frame is to be called."""
    frame: Frame
    kind: str             # a data_class
    decidable: bool       # this capture can know it
    repeats: bool = False  # a retransmission of octets that are in the file before it


class _Direction:
    """What the capture holds of one direction so far."""

    def __init__(self, begin, first_id):
        self.isn = begin
        self.first_id = first_id
        self.near = begin
        self.forged = RangeSet()
        self.captured = RangeSet()
        self.top = None       # one past the highest octet captured
        self.latest_id = 0    # newest transmission with sequence space captured


def expectations(view):
    """Yields an Expectation for each frame in the order of the file."""
    directions, windows = {}, {}
    for frame in view.in_order():
        sent = frame.transmission
        key = (sent.src, sent.dst)
        state = directions.get(key)
        if state is None or ("S" in sent.flags and sent.seq != state.isn):
            state = directions[key] = _Direction(sent.seq, sent.id)
        if sent.id < state.first_id and "S" not in sent.flags:  # a copy that comes into the next connection
            yield Expectation(frame, "stale", sent.space > 0)
            continue
        begin = unwrap(state.near, sent.seq)
        end = begin + sent.space
        if sent.truth in ("injected", "other"):
            state.forged.add(begin, end)
            continue
        state.near = begin
        yield _expected(view, frame, state, begin, end, windows.get((sent.dst, sent.src)))
        windows[key] = sent.window
        if sent.space and sent.truth != "rst":
            state.captured.add(begin, end)
            state.top = max(end, state.top or end)
            if frame.copy == 0:
                state.latest_id = max(state.latest_id, sent.id)


def _expected(view, frame, state, begin, end, window):
    sent = frame.transmission
    if frame.made_by:
        tcp = view.capture.tcp(frame.number)
        told = frame.made_by == "capture" or tcp is not None and bool(tcp.ip_id or tcp.tsval)
        return Expectation(frame, frame.made_by + "-duplicate", sent.space > 0 or told)
    if sent.truth in ("probe_keepalive", "probe_zero_window"):
        # The sender goes by the window that it got, which is another where the update passed by and died.
        if sent.truth == "probe_keepalive":
            return Expectation(frame, "keepalive", window != 0)
        return Expectation(frame, "window-probe", window == 0)
    if sent.space == 0 or sent.truth in ("ack", "ack_old_seq", "rst"):
        return Expectation(frame, "none", not state.forged.ranges)
    if state.forged.overlap(begin, end):
        return Expectation(frame, "retransmission", False)  # for whoever sees both, the forged octets were first
    if sent.is_retransmission:
        repeats = state.captured.overlap(begin, end) > 0
        return Expectation(frame, "retransmission", repeats or (state.top is not None and begin < state.top), repeats)
    overtaken = state.latest_id > sent.id and state.top is not None and begin < state.top
    return Expectation(frame, "out-of-order" if overtaken else "new", True)


def score_repetitions(view, rows, tally, name="class"):
    """No repetition of captured octets is missed, and nothing else is taken for one, whatever the capture did."""
    key = (view.point, name + ".false-retransmission")
    tally.counts[key] += 0
    for expected in expectations(view):
        frame = expected.frame
        row = rows.get(frame.number)
        got = class_of(row)
        place = f"frame {frame.number}"
        if got == "retransmission" and expected.kind != got and not (frame.transmission.is_retransmission and not frame.made_by):
            tally.counts[key] += 1
            tally.miss(view.point, place, key[1], expected.kind, got)
        if expected.repeats:
            tally.judge(view.point, place, name + ".repetition-found", "retransmission", got)


def class_of(row):
    """Old space with other octets is a retransmission, too."""
    if row is None:
        return "missing"
    return "retransmission" if row["data_class"] == "overlap-conflict" else row["data_class"]


def score(view, rows, tally):
    """|rows|: frame -> dict with data_class, reason, needed, lost."""
    score_repetitions(view, rows, tally)
    for expected in expectations(view):
        frame, row = expected.frame, rows.get(expected.frame.number)
        got = class_of(row)
        if not expected.decidable:
            continue
        if expected.kind == "none" and got in ("none", "outside-window", "stale"):
            continue  # where a RST or an old acknowledgment lies is no matter of this measure
        tally.judge_class(view.point, frame.number, expected.kind, got)
        if expected.kind == got == "retransmission":
            _score_retransmission(view, frame, row, tally)


def _score_retransmission(view, frame, row, tally):
    sent, point = frame.transmission, view.point
    expected = "yes" if sent.truth == "rtx_needed" else "no"
    at_receiver = point not in (sent.origin, "middle")
    answered = _is_answered(view, frame)
    refused = sent.cause == "ack_arrived_ignored" or any(other.discarded for other in _earlier_copies(view, sent))
    tally.judge_stated(point, frame.number, "needed", expected, row["needed"], answered)
    if at_receiver and not refused:
        tally.judge(point, f"frame {frame.number}", "needed.at-receiver", expected, row["needed"])
    reason = view.scenario.reasons.get(sent.id)
    if reason is not None:
        tally.judge_stated(point, frame.number, "reason", reason, row["reason"])
    places = _where_lost(view, sent)
    if places:
        tally.judge_stated(point, frame.number, "lost", places, row["lost"], answered and not refused)


def _is_answered(view, frame):
    """Is there an acknowledgment of it in the file?  Silence tells nothing of what arrived."""
    sent = frame.transmission
    end = sent.seq + sent.space
    return any(other.number > frame.number and other.transmission.src == sent.dst and "A" in other.transmission.flags and
               unwrap(end, other.transmission.ack) >= end
               for other in view.incarnation_frames(view.incarnation_of(sent)))


def _earlier_copies(view, sent):
    """What carried some of the same octets before."""
    begin, end = sent.seq, sent.seq + sent.space
    return [other for other in view.scenario.with_space[(sent.src, sent.dst)]
            if other.id < sent.id and unwrap(begin, other.seq) < end and unwrap(begin, other.seq) + other.space > begin]


def _where_lost(view, sent):
    """Where the copy died because of which |sent| was sent; several where it repeats several segments."""
    if sent.cause == "ack_arrived_ignored":
        return {"ack", "none"}  # for whoever asks again, an acknowledgment that is refused is one that died
    if sent.truth == "rtx_spurious":
        return {"ack"} if sent.cause == "ack_lost" else {"none"}
    places = set()
    earlier = _earlier_copies(view, sent)
    if any(view.removed(other) for other in earlier):
        return set()  # the capture itself missed it
    for other in reversed(earlier):
        if other.died:
            places.add("upstream" if view.frame_of(other) is None else "downstream")
            if sent.length <= other.length:
                break  # older copies are those that |other| was sent for
    return places
