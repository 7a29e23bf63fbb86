"""Numbers of a connection: round-trip times and counts of octets.

rtt_min is compared with the path's: the shortest of (way of a segment from the capture point to its receiver) plus (way of
the acknowledgment back to it), over pairs of which the acknowledgment is the first packet that the receiver sent with that
number, and the segment repeats nothing.  What the receiver waited before it answered is not the path's.

Samples follow the rule of reassembly/rtt.h and its caller: from a segment with sequence space to the acknowledgment that
ends exactly there and moves the left edge, unless something that it acknowledges was sent more than once, as far as this
capture can tell, or came out of order.  What was sent again is taken from the fates.  The program's percentiles come from a histogram: within 5 %.

Counts are exact at the sender's own capture; missing octets are those that were there to be captured, were acknowledged,
and are in no frame of the file.
"""
from dataclasses import dataclass

from program import nanoseconds
from ranges import RangeSet, unwrap
from score_segments import expectations
from score_states import connection_of, endpoint_name

RTT_SHARE, RTT_NS = 0.05, 200_000


@dataclass
class _Pending:
    """A segment that is not acknowledged yet; |twice|: some of it was sent more than once."""
    begin: int
    end: int
    time_ns: int
    twice: bool


COUNTS = ("retransmissions", "retransmitted_bytes", "unique_bytes", "spurious")


def score(view, result, tally):
    for incarnation in view.scenario.incarnations:
        frames = [frame for frame in view.incarnation_frames(incarnation)
                  if frame.transmission.truth not in ("injected", "other")]
        if not frames:
            continue
        row = result.connection.get(connection_of(frames, result))
        for end in sorted({frame.transmission.src for frame in frames}):
            name = endpoint_name(row, end)
            got = {key: row[f"{name}_{key}"] for key in
                   COUNTS + ("missing_bytes", "rtt_min", "rtt_p50", "rtt_p95", "rtt_max", "rtt_samples")} if name else {}
            place = f"conn {row['conn'] if row else '-'} {name}"
            score_direction(view, frames, end, got, place, tally)


def score_direction(view, frames, end, got, place, tally, keys=None):
    """|got|: what a tool says of the direction that |end| sends; |keys|: which of it the tool knows of."""
    wanted = expected(view, frames, end)
    for key, value in wanted.items():
        if keys is not None and key not in keys:
            continue
        said = got.get(key, "")
        if key.startswith("rtt"):
            text, right = _compare_rtt(key, value, said)
        else:
            text, right = value, said == str(value) or said == str(value + 1) and key == "missing_bytes" and \
                _fin_is_missing(view, frames, end)
        tally.judge(view.point, place, key if key.startswith("rtt") else "count." + key, text, said or "nothing", right)


def _compare_rtt(key, value, said):
    if key == "rtt_samples":
        return value, said == str(value)
    text = f"{value / 1e9:.6f}"
    if not said:
        return text, False
    near = abs(nanoseconds(said) - value)
    return text, near <= max(value * RTT_SHARE, RTT_NS if key == "rtt_min" else 1000)


def expected(view, frames, end):
    """What is to be said of one direction; a measure that the truth does not tell is left out."""
    wanted = {}
    if view.scenario.artefact not in view.scenario.OTHER_CLOCK:
        path = _path_rtt(view, frames, end)
        samples = rtt_samples(view, frames, end)
        if path is not None and samples:
            wanted["rtt_min"] = path
        if view.scenario.artefact is None:
            wanted["rtt_samples"] = len(samples)
            if samples:
                samples.sort()
                wanted["rtt_p50"] = samples[max(0, -(-len(samples) * 50 // 100) - 1)]
                wanted["rtt_p95"] = samples[max(0, -(-len(samples) * 95 // 100) - 1)]
                wanted["rtt_max"] = samples[-1]
    own = [frame for frame in frames if frame.transmission.src == end]
    forged = any(sent.truth == "injected" and sent.space and sent.src == end
                 for sent in view.incarnation_of(frames[0].transmission).sent)
    if own and own[0].transmission.origin == view.point and view.is_complete() and not forged:
        wanted.update(_counts(own))
    if not forged:
        wanted["missing_bytes"] = _missing(view, frames, end)
    return wanted


def _counts(own):
    payload, unique, retransmitted, count, spurious = RangeSet(), 0, 0, 0, 0
    near = own[0].transmission.seq
    for frame in own:
        sent = frame.transmission
        if frame.copy:
            continue
        near = unwrap(near, sent.seq)
        begin = near + ("S" in sent.flags)
        if sent.length and "R" not in sent.flags and not sent.truth.startswith("probe"):
            retransmitted += payload.overlap(begin, begin + sent.length)
            payload.add(begin, begin + sent.length)
        count += sent.is_retransmission
        spurious += sent.truth == "rtx_spurious"
    unique = payload.size()
    return {"retransmissions": count, "retransmitted_bytes": retransmitted, "unique_bytes": unique, "spurious": spurious}


def _missing(view, frames, end):
    """Payload of |end| that its peer acknowledged in this file and that no frame of the file carries."""
    own = [frame.transmission for frame in frames if frame.transmission.src == end]
    acks = [frame.transmission.ack for frame in frames
            if frame.transmission.src != end and "A" in frame.transmission.flags and "R" not in frame.transmission.flags]
    everything = [sent for sent in view.incarnation_of(frames[0].transmission).sent if sent.src == end]
    if not acks or not everything:
        return 0
    near = everything[0].seq
    captured = RangeSet()
    for sent in own:
        begin = unwrap(near, sent.seq) + ("S" in sent.flags)
        captured.add(begin, begin + sent.length)
    highest = max(unwrap(near, ack) for ack in acks)
    began = min(frame.time_ns for frame in view.frames.values())
    missing = RangeSet()
    for sent in everything:
        # A capture does not lack what went by before it began.
        if sent.sent_ns >= began or view.frame_of(sent) is not None:
            begin = unwrap(near, sent.seq) + ("S" in sent.flags)
            missing.add(begin, min(begin + sent.length, highest))
    return sum(high - low - captured.overlap(low, high) for low, high in missing.ranges)


def _sent_again(view):
    """The frames of which the capture can tell that they repeat something."""
    if view.sent_again is None:
        view.sent_again = {each.frame.number for each in expectations(view)
                           if each.frame.transmission.truth == "simopen_synack" or
                           each.kind == "retransmission" and each.decidable}
    return view.sent_again


def _fin_is_missing(view, frames, end):
    """An acknowledged number that no frame carries may be a FIN or an octet."""
    fins = [sent for sent in view.incarnation_of(frames[0].transmission).sent if sent.src == end and "F" in sent.flags]
    return bool(fins) and all(view.frame_of(fin) is None for fin in fins)


def rtt_samples(view, frames, end):
    """The times from |end|'s segments to the acknowledgments of its peer, as this capture shows them, in ns."""
    again = _sent_again(view)
    samples, pending = [], []
    una = near = None
    for frame in frames:
        sent = frame.transmission
        if sent.src == end:
            if sent.space and "R" not in sent.flags and frame.copy == 0:
                near = unwrap(near if near is not None else sent.seq, sent.seq)
                una = near if una is None else una
                if near + sent.space <= una:
                    continue  # it had been acknowledged before it came by
                twice = frame.number in again
                for other in pending:
                    if other.begin < near + sent.space and near < other.end:
                        other.twice = twice = True
                pending.append(_Pending(near, near + sent.space, frame.time_ns, twice))
            continue
        if "A" not in sent.flags or "R" in sent.flags or near is None:
            continue
        ack = unwrap(una, sent.ack)
        if ack <= una:
            continue
        covered = [entry for entry in pending if entry.end <= ack]
        pending = [entry for entry in pending if entry.end > ack]
        # What was acknowledged with something that had been missing before it waited for that.
        waited = bool(covered) and covered[0].begin > una
        exact = [entry for entry in covered if entry.end == ack]
        if exact and not waited and not any(entry.twice for entry in covered):
            samples.append(frame.time_ns - exact[-1].time_ns)
        una = ack
    return samples


def _path_rtt(view, frames, end):
    """The shortest way from the capture point to the peer and back; None where no pair of packets shows it."""
    best = None
    answers = []
    highest = None
    for frame in frames:
        sent = frame.transmission
        if sent.src != end and "A" in sent.flags and "R" not in sent.flags and frame.copy == 0:
            ack = sent.ack if highest is None else unwrap(highest, sent.ack)
            if highest is None or ack > highest:
                highest = ack
                answers.append((ack, frame))
    again = _sent_again(view)
    repeated = [frame.transmission for frame in frames if frame.transmission.src == end and frame.number in again]
    for frame in frames:
        sent = frame.transmission
        if sent.src != end or not sent.space or frame.copy or sent.died or \
                any(unwrap(sent.seq, other.seq) < sent.seq + sent.space and
                    sent.seq < unwrap(sent.seq, other.seq) + other.space for other in repeated):
            continue
        for ack, answer in answers:
            if unwrap(ack, (sent.seq + sent.space) % 2**32) != ack:
                continue
            there = min(sent.arrivals) - frame.time_ns
            back = answer.time_ns - answer.transmission.sent_ns
            if view.point == sent.origin:
                there = min(sent.arrivals) - sent.sent_ns
            if answer.transmission.sent_ns >= min(sent.arrivals):
                best = there + back if best is None else min(best, there + back)
            break
    return best
