"""Which segment of the handshake or the teardown was lost, how often, and on which side of the capture point.

A loss counts where this capture can know of it:

* SYN, SYN-ACK or FIN, captured and lost behind the point: its repetition is captured, too, and an answer;
* an acknowledgment (the third segment, or that of a FIN): what it acknowledges is captured twice, the second time because of
  the loss, and not answered by a reset alone;
* a SYN-ACK lost before the point: the SYN is captured twice, and the answer captured in the end echoes the timestamp of the
  first one;
* a FIN lost before the point: a segment of its sender that comes behind the FIN is captured before it.

Elsewhere the program must not name a segment that was not lost.  Where the packet or its acknowledgment may have been lost,
and it says so, with the confidence `possible`, that is no error but undecided.  What the receiving host refused is not lost:
those connections are left to the findings about hosts.
"""
from dataclasses import dataclass

from score_states import connection_of

BEFORE, BEHIND = "before the capture point", "behind the capture point"
CODES = ("handshake.syn-lost", "handshake.synack-lost", "handshake.ack-lost",
         "teardown.fin1-lost", "teardown.ack1-lost", "teardown.fin2-lost", "teardown.ack2-lost")
# The acknowledgment that may have been lost instead, or the segment.
PARTNER = {"handshake.syn-lost": "handshake.synack-lost", "handshake.synack-lost": "handshake.syn-lost",
           "handshake.ack-lost": "handshake.synack-lost",
           "teardown.fin1-lost": "teardown.ack1-lost", "teardown.ack1-lost": "teardown.fin1-lost",
           "teardown.fin2-lost": "teardown.ack2-lost", "teardown.ack2-lost": "teardown.fin2-lost"}


@dataclass
class Loss:
    code: str
    place: str
    knowable: bool


def score(view, result, tally):
    tally.counts[(view.point, "loss.false")] += 0
    findings = {}
    for row in result.findings:
        if row["code"] in CODES:
            findings.setdefault(row["conn"], {})[row["code"]] = row
    for incarnation in view.scenario.incarnations:
        frames = view.incarnation_frames(incarnation)
        if not frames:
            continue
        conn = connection_of(frames, result)
        losses = losses_of(view, incarnation)
        if losses is not None:
            _score_connection(view, conn, losses, findings.get(conn, {}), tally)


def _score_connection(view, conn, losses, found, tally):
    known = {code: [loss for loss in losses if loss.code == code and loss.knowable] for code in CODES}
    happened = {loss.code for loss in losses}
    for code in CODES:
        row = found.get(code)
        place = f"conn {conn} {code}"
        if not known[code]:
            if row is not None and code not in happened and \
                    not (row["confidence"] == "possible" and PARTNER[code] in happened):
                tally.counts[(view.point, "loss.false")] += 1
                tally.miss(view.point, place, "loss.false", "no such loss", f"{row['confidence']}: {row['what']}")
            continue
        places = {loss.place for loss in known[code]}
        expected = f"{len(known[code])} times, {' and '.join(sorted(places))}"
        if row is None:
            tally.judge(view.point, place, "loss", expected, "nothing" + _instead(found))
            continue
        said = {name for name in (BEFORE, BEHIND) if name in row["what"]}
        count = int(row["count"])
        # Of what never passed the capture point a capture can tell how often at least.
        enough = count == len(known[code]) or places == {BEFORE} and "at least" in row["what"] and count <= len(known[code])
        right = said == places and enough
        tally.judge(view.point, place, "loss", expected, f"{row['count']} times: {row['what']}", right)


def _instead(found):
    return "".join(f"; {code}: {row['what']}" for code, row in found.items())


def losses_of(view, incarnation):
    """What was lost of the seven segments, or None where a host refused some of it."""
    sent = [packet for packet in incarnation.sent if packet.truth not in ("injected", "other")]
    opening = [packet for packet in sent if "S" in packet.flags]
    openers = {packet.src for packet in opening if "A" not in packet.flags}
    if any(packet.discarded and ("S" in packet.flags or packet.space == 0) for packet in sent) or \
            any(packet.cause == "ack_arrived_ignored" for packet in sent):
        return None
    losses = []
    if len(openers) == 1:
        losses += _handshake(view, sent, opening)
    fins = [packet for packet in sent if "F" in packet.flags]
    if fins:
        first = _closed_first(sent, fins, openers)
        order = [first] + [other for other in {fin.src for fin in fins} if other != first]
        for number, closer in enumerate(order, 1):
            losses += _fin(view, sent, [fin for fin in fins if fin.src == closer], number)
    return losses


def _closed_first(sent, fins, openers):
    """Whose FIN is the first; of two that crossed, the initiator's."""
    first = fins[0]
    arrivals = [arrival for fin in fins if fin.src == first.src for arrival in fin.arrivals]
    for fin in fins:
        crossed = fin.src != first.src and not any(arrival <= fin.sent_ns for arrival in arrivals)
        if crossed and not fin.is_retransmission and fin.src in openers:
            return fin.src
    return first.src


def _lost_copies(copies):
    """(lost copy, the repetition that followed it)"""
    for index, copy in enumerate(copies):
        if copy.died and index + 1 < len(copies):
            yield copy, copies[index + 1]


def _place(view, packet):
    return BEFORE if view.frame_of(packet) is None else BEHIND


def _held(view, *packets):
    return all(view.frame_of(packet) is not None for packet in packets)


def _handshake(view, sent, opening):
    syns = [packet for packet in opening if "A" not in packet.flags]
    answers = [packet for packet in opening if "A" in packet.flags]
    losses = []
    for lost, again in _lost_copies(syns):
        losses.append(Loss("handshake.syn-lost", _place(view, lost), _held(view, lost, again) and _held_any(view, answers)))
    accepts = [packet for packet in sent if packet.src == syns[0].src and "A" in packet.flags and "R" not in packet.flags]
    for lost in answers:
        later = [packet for packet in answers if packet.id > lost.id]
        asked = [packet for packet in syns if packet.id > lost.id]
        if not lost.died or not (later or asked):
            continue
        if _held(view, lost):
            knowable = _held_any(view, later) and _held_any(view, accepts)
        else:
            knowable = _first_syn_answered(view, syns, answers)
        losses.append(Loss("handshake.synack-lost", _place(view, lost), knowable))
    for again in answers:
        if again.cause != "ack_lost":
            continue
        before = [packet for packet in accepts if packet.id < again.id and packet.died]
        if before:
            losses.append(Loss("handshake.ack-lost", _place(view, before[-1]),
                               _held(view, again) and _held_any(view, [a for a in answers if a.id < again.id])))
    return losses


def _held_any(view, packets):
    return any(_held(view, packet) for packet in packets)


def _first_syn_answered(view, syns, answers):
    """Does a captured SYN-ACK echo the timestamp of a SYN before the last one that was captured before it?"""
    held = [view.frame_of(syn) for syn in syns if _held(view, syn)]
    for answer in answers:
        frame = view.frame_of(answer)
        if frame is None:
            continue
        echo = view.capture.tcp(frame.number)
        before = [view.capture.tcp(syn.number) for syn in held if syn.number < frame.number]
        if len(before) > 1 and echo is not None and echo.tsecr is not None and before[-1].tsval is not None:
            return echo.tsecr != before[-1].tsval and echo.tsecr in [syn.tsval for syn in before[:-1]]
    return False


def _fin(view, sent, copies, number):
    """Losses of one end's FIN and of its acknowledgments."""
    losses = []
    end = copies[0].seq + copies[0].space
    answered = _held_any(view, [packet for packet in sent if packet.src == copies[0].dst and "A" in packet.flags and
                                packet.ack == end % 2**32])
    for lost, again in _lost_copies(copies):
        if _held(view, lost):
            # Of a copy behind one that arrived it cannot be told from its acknowledgment.
            knowable = answered and _held(view, again) and not again.cause
        else:
            knowable = answered and _gap_shows(view, sent, lost, copies)
        losses.append(Loss(f"teardown.fin{number}-lost", _place(view, lost), knowable))
    counted = set()
    reset = not answered and any(packet.src == copies[0].dst and "R" in packet.flags for packet in sent)
    for again in copies:
        if again.cause != "ack_lost":
            continue
        acks = [packet for packet in sent if packet.src == copies[0].dst and packet.id < again.id and packet.died and
                "A" in packet.flags and packet.ack == end % 2**32]
        if not acks:
            continue
        # A FIN that carries the acknowledgment is what was lost; its own line says so.
        if "F" not in acks[-1].flags and acks[-1].id not in counted:
            counted.add(acks[-1].id)
            known = not reset and _held(view, again) and _held_any(view, [copy for copy in copies if copy.id < again.id])
            losses.append(Loss(f"teardown.ack{number}-lost", _place(view, acks[-1]), known))
    return losses


def _gap_shows(view, sent, lost, copies):
    """Did the capture see something that comes behind the FIN before it saw the FIN?"""
    numbers = [view.frame_of(copy).number for copy in copies if _held(view, copy)]
    behind = [view.frame_of(packet).number for packet in sent
              if packet.src == lost.src and packet.id > lost.id and packet.seq == (lost.seq + lost.space) % 2**32 and
              "R" not in packet.flags and _held(view, packet)]
    return bool(behind) and (not numbers or min(behind) < min(numbers))
