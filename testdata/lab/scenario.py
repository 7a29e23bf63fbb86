"""The table of scenarios: scenario_*.py fill it with the decorator below, one function each."""
import copy
import glob
import importlib
import os
import random

TABLE = {}


class Scenario:
    def __init__(self, name, family, verdict, function, **how):
        self.name, self.family, self.verdict, self.function = name, family, verdict, function
        self.path = how.pop("path", {"owd": 0.01})
        self.rules = how.pop("rules", None)                  # function that makes the list of rules (rules.py)
        self.sysctl = how.pop("sysctl", {})                  # of both hosts, below net.ipv4 unless it begins with net.
        self.client_sysctl = how.pop("client_sysctl", {})
        self.server_sysctl = how.pop("server_sysctl", {})
        self.mtu = how.pop("mtu", 1500)                      # or (client, server)
        self.six = how.pop("six", False)                     # IPv6
        self.offload = how.pop("offload", False)             # segmentation offload at both hosts
        self.settle = how.pop("settle", 0.25)                # seconds to go on recording at the end
        self.link = how.pop("link", "eth")                   # link type of the capture files
        self.snaplen = how.pop("snaplen", 0)
        self.unit = how.pop("unit", "ns")
        self.artefact = how.pop("artefact", None)            # (kind, arguments): artefact.py
        self.expect = [Expect(*e) for e in how.pop("expect", [])]
        if how:
            raise TypeError("%s: unknown %s" % (name, ", ".join(how)))


    def varied(self, seed):
        """The same scenario with other delays, another place of the middle, other random numbers, other segments hit.

        What the scenario is about stays, so do its rules; its expected findings hold nearly always, the truth always.
        """
        if not seed:
            return self
        chance = random.Random("%s %s" % (seed, self.name))
        other = copy.copy(self)
        other.path = dict(self.path, middle=round(chance.uniform(0.03, 0.97), 3), seed=chance.randrange(1 << 30))
        if max(self.path["owd"], self.path.get("back", 0)) <= 0.06:
            for name in ("owd", "back"):
                if name in self.path:
                    other.path[name] = round(self.path[name] * chance.uniform(0.5, 1.6), 6)
        if self.rules:
            shift, reseed = chance.randrange(6), chance.randrange(1 << 30)
            other.rules = lambda: [rule.varied(shift, reseed) for rule in self.rules()]
        return other


class Expect:
    """Headline findings by code: at the capture |points| (c, s, m) all of |require| ("a|b": either), none of |forbid|."""

    def __init__(self, points, require="-", forbid="-"):
        self.points = points
        self.require = [] if require == "-" else require.split(",")
        self.forbid = [] if forbid == "-" else forbid.split(",")

    def described(self):
        return {"points": self.points, "require": self.require, "forbid": self.forbid}


def scenario(name, family, verdict, **how):
    """Registers the function below it.  Families of similar scenarios call this in a loop."""
    def register(function):
        if name in TABLE:
            raise ValueError("two scenarios called " + name)
        TABLE[name] = Scenario(name, family, verdict, function, **how)
        return function
    return register


def load():
    here = os.path.dirname(os.path.abspath(__file__))
    for path in sorted(glob.glob(os.path.join(here, "scenario_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])
    return TABLE
