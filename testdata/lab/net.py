"""Two hosts in network namespaces of their own, each with one TUN device, and what this machine must allow for that."""
import ctypes
import fcntl
import os
import socket
import struct
import subprocess

CLONE_NEWNET = 0x40000000
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 1, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
VNET_HEADER = 10

_libc = ctypes.CDLL(None, use_errno=True)


def _call(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Host:
    """A network namespace with one TUN device |dev|; inside of `with host:` this thread lives there.

    |tun| carries IP packets (after a virtio header of VNET_HEADER octets if |offload|).  Owned: close() ends it all.
    """

    def __init__(self, side, dev, addresses, mtu=1500, sysctl=(), offload=False):
        self.side, self.dev, self.addresses, self.offload = side, dev, addresses, offload
        self.outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _call(_libc.unshare(CLONE_NEWNET))
        try:
            self.inside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            flags = IFF_TUN | IFF_NO_PI | (IFF_VNET_HDR if offload else 0)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH22x", dev.encode(), flags))
            if offload:
                fcntl.ioctl(self.tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
            self._configure(mtu, dict(sysctl))
        finally:
            _call(_libc.setns(self.outside, CLONE_NEWNET))

    def _configure(self, mtu, sysctl):
        for name, value in (("net.ipv6.conf.all.accept_dad", 0), ("net.ipv6.conf.%s.addr_gen_mode" % self.dev, 1),
                            ("net.ipv6.conf.%s.accept_ra" % self.dev, 0), ("net.ipv4.conf.all.rp_filter", 0),
                            ("net.ipv4.icmp_ratelimit", 0)):
            set_sysctl(name, value)
        # One segment per buffer (no software GSO), and no queue: each transmission by TCP is then one event of the
        # device, at once.
        commands = ["link set lo up", "link set %s mtu %d txqueuelen 20000 multicast off%s" % (
            self.dev, mtu, "" if self.offload else " gso_max_segs 1")]
        for address in self.addresses:
            commands.append("addr add %s/%d dev %s%s" % (address, 64 if ":" in address else 24, self.dev,
                                                          " nodad" if ":" in address else ""))
        commands += ["link set %s up" % self.dev, "route add default dev " + self.dev]
        if any(":" in a for a in self.addresses):
            commands.append("-6 route add default dev " + self.dev)
        run("ip", "-batch", "-", text="\n".join(c for c in commands if not c.startswith("-6")) + "\n")
        for c in commands:
            if c.startswith("-6"):
                run("ip", *c.split())
        run("tc", "qdisc", "replace", "dev", self.dev, "root", "noqueue")
        for name, value in sysctl.items():
            set_sysctl(name if name.startswith("net.") else "net.ipv4." + name, value)

    def __enter__(self):
        _call(_libc.setns(self.inside, CLONE_NEWNET))
        return self

    def __exit__(self, *_):
        _call(_libc.setns(self.outside, CLONE_NEWNET))

    def socket(self, *arguments):
        """socket.socket(...) that belongs to this host, whoever uses it."""
        with self:
            return socket.socket(*arguments)

    def counters(self):
        """All Tcp and TcpExt counters that are not zero, as nstat names them."""
        found = {}
        with self:
            for path in ("/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"):
                with open(path) as file:
                    lines = file.read().splitlines()
                for names, values in zip(lines[::2], lines[1::2]):
                    family, *names = names.split()
                    if family in ("Tcp:", "TcpExt:"):
                        found.update((n, int(v)) for n, v in zip(names, values.split()[1:]))
        constant = ("RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "CurrEstab")
        return {n: v for n, v in found.items() if v and n not in constant}

    def close(self):
        for fd in (self.tun, self.inside, self.outside):
            os.close(fd)


def set_sysctl(name, value):
    # Names of devices have no dots here.
    with open("/proc/sys/" + name.replace(".", "/"), "w") as file:
        file.write(str(value))


def run(*words, text=None):
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(words), done.stdout.strip()))


def lacks():
    """One line for each thing that this machine does not allow and the laboratory needs."""
    missing = []
    if os.geteuid() != 0:
        missing.append("root: network namespaces and tracefs need it")
    for tool in ("ip", "tc"):
        if not any(os.access(os.path.join(d, tool), os.X_OK) for d in os.get_exec_path() + ["/sbin", "/usr/sbin"]):
            missing.append("%s: install iproute2" % tool)
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        tun = True
    except OSError as error:
        tun = False
        missing.append("/dev/net/tun: %s" % os.strerror(error.errno))
    if not missing or (tun and os.geteuid() == 0):
        try:
            Host("check", "tvcheck", ["10.77.0.1"]).close()
        except OSError as error:
            missing.append("network namespaces or TUN devices: %s" % os.strerror(error.errno or 0))
        except RuntimeError as error:
            missing.append(str(error))
    return missing
