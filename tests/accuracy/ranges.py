"""Sets of half-open ranges of sequence numbers, unwrapped."""
import bisect


def unwrap(near, number):
    """The integer congruent to the 32-bit |number| that is nearest to |near|."""
    return near + ((number - near + 2**31) % 2**32 - 2**31)


class RangeSet:
    """Ranges that neither touch nor overlap, in order."""

    def __init__(self):
        self.ranges = []

    def add(self, begin, end):
        if begin >= end:
            return
        first = bisect.bisect_left(self.ranges, (begin,))
        if first > 0 and self.ranges[first - 1][1] >= begin:
            first -= 1
        last = first
        while last < len(self.ranges) and self.ranges[last][0] <= end:
            begin, end = min(begin, self.ranges[last][0]), max(end, self.ranges[last][1])
            last += 1
        self.ranges[first:last] = [(begin, end)]

    def overlap(self, begin, end):
        """How many numbers of [begin, end) are in the set."""
        return sum(max(0, min(end, high) - max(begin, low)) for low, high in self.ranges)

    def size(self):
        return sum(high - low for low, high in self.ranges)
