"""What captures suffer: done to the three files of a finished run; frames in the fates follow."""
import random


def apply(how, files, fates):
    """|how| is (kind, {argument: value}); returns the entry of scenario.json."""
    kind, arguments = how
    by_file = {}
    for point, file in files.items():
        owner = {}
        for f in fates:
            for n in f.get("frames", {}).get(point, []):
                owner[n] = f
        items = [[n + 1, record] for n, record in enumerate(file.records)]
        items, told = KINDS[kind](items, owner, point, **arguments)
        by_file[point] = told
        for f in fates:
            if point in f.get("frames", {}):
                f["frames"][point] = []
        for rx_owner in fates:
            for rx in rx_owner.get("rx", []):
                if (rx_owner["dir"] == "c2s") == (point == "server"):
                    rx["_old"] = rx.pop("frame", None)
        for new, (old, _) in enumerate(items):
            f = owner[old]
            f["frames"].setdefault(point, []).append(new + 1)
            for rx in f.get("rx", []):
                if rx.get("_old") == old and "frame" not in rx and (f["dir"] == "c2s") == (point == "server"):
                    rx["frame"] = new + 1
        for f in fates:
            for rx in f.get("rx", []):
                rx.pop("_old", None)
        file.records = [record for _, record in items]
    return {"kind": kind, "by_file": by_file}


def span(items, owner, point, lag_us=5):
    """Every frame twice, |lag_us| apart, as a mirror port does that copies what comes in and what goes out."""
    twice = [[n, list(r)] for n, r in items] + [[n, [r[0] + lag_us * 1000, r[1], r[2]]] for n, r in items]
    twice.sort(key=lambda x: x[1][0])
    return twice, {"every_frame_twice_us_apart": lag_us}


def missing(items, owner, point, share=0.04, seed=1, spare=4):
    """The sniffer drops a |share| of the frames behind the first |spare|."""
    chance = random.Random("%d %s" % (seed, point))
    kept, removed = [], []
    for n, r in items:
        if n > spare and chance.random() < share:
            removed.append({"original_frame": n, "id": owner[n]["id"]})
        else:
            kept.append([n, r])
    return kept, {"removed": removed}


def midstart(items, owner, point, frames=30):
    return items[frames:], {"frames_missing_at_start": frames}


def cut_off(items, owner, point, frames=40):
    """The capture was stopped while the transfer went on."""
    return items[:frames], {"frames_kept": min(frames, len(items))}


def backwards(items, owner, point, ms=50, frame=100):
    """The clock was set back before |frame|."""
    for n, r in items:
        if n >= frame:
            r[0] -= ms * 10**6
    return items, {"clock_stepped_back_ms": ms, "from_frame": frame}


def skew(items, owner, point, ms=3, direction="s2c"):
    """Frames of one direction reach the file |ms| late, and with a time as late: two taps merged."""
    for n, r in items:
        if owner[n]["dir"] == direction:
            r[0] += ms * 10**6
    items.sort(key=lambda x: x[1][0])
    return items, {"direction": direction, "late_ms": ms}


def one_way(items, owner, point, direction="c2s"):
    """Only one direction was captured."""
    return [x for x in items if owner[x[0]]["dir"] == direction], {"direction_kept": direction}


def snaplen(items, owner, point, octets=54):
    for _, r in items:
        r[1] = r[1][:octets]
    return items, {"octets_kept": octets}


def without(items, owner, point, kind="syn"):
    """The frames of one kind (rules.py) are missing."""
    gone = [n for n, _ in items if owner[n]["packet"].kind == kind]
    return [x for x in items if x[0] not in gone], {"kind_missing": kind, "frames": gone}


KINDS = {"span": span, "missing": missing, "midstart": midstart, "cut_off": cut_off, "backwards": backwards, "skew": skew,
         "one_way": one_way, "snaplen": snaplen, "without": without}
