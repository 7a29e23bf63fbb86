"""Sets of integers as sorted lists of disjoint half-open ranges [begin, end)."""


def add(ranges, begin, end):
    """|ranges| with [begin, end)."""
    if begin >= end:
        return ranges
    kept = []
    for a, b in ranges:
        if b < begin or a > end:
            kept.append((a, b))
        else:
            begin, end = min(a, begin), max(b, end)
    return sorted(kept + [(begin, end)])


def without(begin, end, ranges):
    """What of [begin, end) is not in |ranges|."""
    left = []
    for a, b in ranges:
        if b <= begin or a >= end:
            continue
        if a > begin:
            left.append((begin, a))
        begin = max(begin, b)
    if begin < end:
        left.append((begin, end))
    return left


def covers(ranges, begin, end):
    return not without(begin, end, ranges)


def prefix(ranges):
    """The end of the range that holds 0; 0 if none does."""
    return next((b for a, b in ranges if a <= 0 < b), 0)
