"""What a path does to chosen packets.  A rule is one line in a scenario, e.g. drop("ack3", "c2s", kind="ack", n=1).

Selection (all that are given must hold):
  dir      "c2s", "s2c" or None for both
  kind     of RelayPacket: syn, synack, ack (no data), data, fin, rst, urg (any of a tuple)
  n        ordinal among the packets of that kind and direction, from 1 (a number or a collection)
  dn       index of the data segment in its direction by first sequence number, from 1
  attempt  1 for the first transmission of a segment, 2 for its first repetition ...
  p, seed  a chance, from a generator of its own
  when     function of the packet
  enabled  False: waits for Stage.switch()
at: "pre" is before the middle of the path, "post" behind it, as the packet travels.
"""
import random


class Rule:
    def __init__(self, name, action, dir=None, kind=None, n=None, dn=None, attempt=None, p=None, seed=1, when=None, at="post",
                 ms=0.0, arg=None, enabled=True, most=None):
        def many(x):
            return None if x is None else {x} if isinstance(x, (int, str)) else set(x)
        self.name, self.action, self.dir, self.at, self.ms, self.arg = name, action, dir, at, ms, arg
        self.kind, self.n, self.dn, self.attempt, self.p, self.when = many(kind), many(n), many(dn), many(attempt), p, when
        self.random, self.enabled, self.most = random.Random(seed), enabled, most
        self.hits, self.since_ns = [], None

    def matches(self, packet):
        if not self.enabled or (self.dir and self.dir != packet.dir) or (self.most is not None and len(self.hits) >= self.most):
            return False
        for wanted, is_ in ((self.kind, packet.kind), (self.n, packet.n), (self.dn, packet.dn), (self.attempt, packet.attempt)):
            if wanted is not None and is_ not in wanted:
                return False
        if self.when is not None and not self.when(packet):
            return False
        return self.p is None or self.random.random() < self.p

    def varied(self, shift, reseed):
        """Other random numbers; segments in mid-transfer are hit |shift| later."""
        self.random.seed(reseed)
        if self.dn and min(self.dn) >= 10:
            self.dn = {n + shift for n in self.dn}
        return self

    def described(self):
        return {"name": self.name, "action": self.action, "dir": self.dir, "at": self.at, "ms": self.ms, "packets": self.hits}


def drop(name, dir=None, **how):
    return Rule(name, "drop", dir, **how)


def dup(name, dir=None, ms=1.0, **how):
    return Rule(name, "dup", dir, ms=ms, **how)


def delay(name, dir=None, ms=1.0, **how):
    """Later by |ms|; whoever comes behind may overtake."""
    return Rule(name, "delay", dir, ms=ms, **how)


def stall(name, dir=None, ms=100.0, **how):
    """From the first match on everything that matches waits until |ms| after it, in order."""
    return Rule(name, "stall", dir, ms=ms, **how)


def corrupt(name, dir=None, **how):
    """Flips a bit behind the IP header and leaves the checksum as it is."""
    return Rule(name, "corrupt", dir, **how)


def icmp(name, dir=None, kind_code=(3, 13), mtu=0, **how):
    """Lost, and a router behind the middle says so to the sender."""
    return Rule(name, "icmp", dir, arg=(kind_code, mtu), **how)


def rewrite(name, dir=None, change=None, **how):
    """|change|(packet) gives the octets that go on."""
    return Rule(name, "modify", dir, arg=change, **how)


def inject(name, dir=None, forge=None, origin="injector", **how):
    """The packet passes; |forge|(packet, relay) gives [(dir, octets, ms after it)] that somebody adds at the middle."""
    return Rule(name, "inject", dir, arg=(forge, origin), **how)
