"""Records small incidents from the Linux TCP stack; see record.sh."""
import ctypes
import fcntl
import heapq
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
A, B = "10.20.0.1", "10.20.0.2"
ONE_WAY = 0.010
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
libc = ctypes.CDLL(None, use_errno=True)


def sh(*words, quiet=False):
    return subprocess.run(words, check=not quiet, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if quiet else None,
                          text=True).stdout


def enter(namespace):
    fd = os.open("/run/netns/" + namespace, os.O_RDONLY)
    if libc.setns(fd, 0x40000000) != 0:  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def open_tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x0002 | 0x1000))  # TUNSETIFF: TAP, no header
    return fd


class Segment:
    """What the rules look at."""

    def __init__(self, frame):
        self.tcp = len(frame) >= 54 and frame[12:14] == b"\x08\x00" and frame[23] == 6
        if not self.tcp:
            return
        ip = (frame[14] & 15) * 4
        t = frame[14 + ip:]
        self.flags = t[13]
        self.length = int.from_bytes(frame[16:18], "big") - ip - (t[12] >> 4) * 4
        self.from_a = frame[26:30] == socket.inet_aton(A)
        self.data = self.length > 0


class Path(threading.Thread):
    """Carries frames between both ends; |lose| is asked once for every TCP segment."""

    def __init__(self, taps):
        super().__init__(daemon=True)
        self.taps, self.lose, self.lost, self.stop = taps, lambda s: False, [], False

    def run(self):
        queue, number = [], 0
        while not self.stop:
            wait = min(0.2, max(0.0, queue[0][0] - time.monotonic())) if queue else 0.2
            for fd in select.select(self.taps, [], [], wait)[0]:
                try:
                    frame = os.read(fd, 65536)
                except OSError:
                    continue
                segment = Segment(frame)
                if segment.tcp and self.lose(segment):
                    self.lost.append((time.time(), segment))
                    continue
                number += 1
                other = self.taps[1] if fd == self.taps[0] else self.taps[0]
                heapq.heappush(queue, (time.monotonic() + ONE_WAY, number, other, frame))
            while queue and queue[0][0] <= time.monotonic():
                _, _, fd, frame = heapq.heappop(queue)
                try:
                    os.write(fd, frame)
                except OSError:
                    pass


def nth(number, match):
    """Loses the |number|th (from 1) segment that matches."""
    count = 0

    def lose(segment):
        nonlocal count
        count += bool(match(segment))
        return bool(match(segment)) and count == number
    return lose


def any_of(*rules):
    return lambda segment: any([rule(segment) for rule in rules])


class Actor:
    """A process in one namespace; what it notes goes to the incident's text."""

    def __init__(self, namespace, function, *args):
        self.read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.read)
            out = os.fdopen(write, "w", buffering=1)
            enter(namespace)
            who = namespace[-1]
            try:
                function(lambda text: out.write("%.6f %s %s\n" % (time.time(), who, text)), *args)
            except OSError as error:
                out.write("%.6f %s gets %s\n" % (time.time(), who, os.strerror(error.errno) if error.errno else error))
            os._exit(0)
        os.close(write)

    def wait(self):
        with os.fdopen(self.read) as pipe:
            lines = pipe.read().splitlines()
        os.waitpid(self.pid, 0)
        return lines


def listen(port, backlog=8):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((B, port))
    s.listen(backlog)
    return s


def connect(note, port, from_port=None):
    s = socket.socket()
    if from_port:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((A, from_port))
    begin = time.time()
    s.connect((B, port))
    note("connected after %.3f s" % (time.time() - begin))
    return s


def drain(s):
    total = 0
    while True:
        data = s.recv(65536)
        if not data:
            return total
        total += len(data)


# ---- what the ends do -------------------------------------------------------------------------------------------------

def idle(note):
    pass


def client_hello(note):
    s = connect(note, 8080)
    s.sendall(b"x" * 100)
    note("received %d octets and the end" % drain(s))
    s.close()


def client_refused(note):
    connect(note, 8081)


def server_reply(octets):
    def run(note):
        c, _ = listen(8080).accept()
        note("accepted")
        got = c.recv(65536)
        c.sendall(b"y" * octets)
        c.close()
        note("received %d octets, sent %d, closed" % (len(got), octets))
        time.sleep(1.5)
    return run


def server_speaks_first(note):
    c, _ = listen(8080).accept()
    note("accepted")
    c.sendall(b"220 ready\r\n")
    note("received %d octets and the end" % drain(c))
    c.close()


def client_listens_first(note):
    s = connect(note, 8080)
    note("greeted with %r" % s.recv(100))
    s.sendall(b"QUIT\r\n")
    s.close()
    time.sleep(1.5)


def client_closes_first(note):
    s = connect(note, 8080)
    s.sendall(b"x" * 100)
    s.recv(65536)
    s.close()
    note("closed")
    time.sleep(1.5)


def server_closes_second(note):
    c, _ = listen(8080).accept()
    c.recv(65536)
    c.sendall(b"y" * 500)
    note("end of the stream after %d further octets" % drain(c))
    c.close()
    time.sleep(1.0)


def server_busy(note):
    """One thread; the third request takes four seconds.  Meanwhile the queue for accept() holds two connections."""
    s = listen(8080, 1)
    for number in range(1, 10):
        s.settimeout(7.0)
        try:
            c, peer = s.accept()
        except TimeoutError:
            note("nobody else came")
            return
        c.recv(65536)
        if number == 3:
            note("request of port %d: four seconds of work" % peer[1])
            time.sleep(4.0)
        c.sendall(b"y" * 300)
        c.close()
        note("served port %d" % peer[1])


def client_of_busy(note, delay):
    time.sleep(delay)
    begin = time.time()
    s = connect(note, 8080)
    s.sendall(b"x" * 100)
    got = drain(s)
    note("port %d: %d octets after %.3f s" % (s.getsockname()[1], got, time.time() - begin))
    s.close()


def clients_of_busy(note):
    children = []
    for number in range(7):
        pid = os.fork()
        if pid == 0:
            try:
                client_of_busy(note, number * 0.3)
            except OSError as error:
                note("gets %s" % os.strerror(error.errno))
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


def server_greets_many(note):
    """One process for each client: greets, reads a line, answers, waits for the client to close, closes."""
    s = listen(8080, 64)
    children = []
    for _ in range(12):
        c, peer = s.accept()
        pid = os.fork()
        if pid == 0:
            c.sendall(b"220 ready\r\n")
            c.recv(1000)
            c.sendall(b"y" * 400)
            drain(c)
            c.close()
            os._exit(0)
        c.close()
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


def client_of_greeter(note):
    begin = time.time()
    s = connect(note, 8080)
    s.recv(100)
    s.sendall(b"GET\r\n")
    s.recv(1000)
    note("port %d: answered after %.3f s" % (s.getsockname()[1], time.time() - begin))
    s.close()


def clients_through_an_outage(note):
    children = []
    for number in range(12):
        pid = os.fork()
        if pid == 0:
            time.sleep(number * 0.283)
            client_of_greeter(note)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    time.sleep(4.0)


def outage(begin, end):
    start = time.monotonic()
    return lambda segment: segment.from_a and begin < time.monotonic() - start < end


def client_half_closes(note):
    s = connect(note, 8080)
    s.sendall(b"x" * 100)
    s.shutdown(socket.SHUT_WR)
    note("shut down its direction")
    note("received %d octets and the end" % drain(s))
    s.close()


def server_sends_on(note):
    c, _ = listen(8080).accept()
    note("received %d octets and the end" % drain(c))
    for _ in range(4):
        time.sleep(0.4)
        c.sendall(b"y" * 1000)
    c.close()
    note("closed")
    time.sleep(0.3)


def server_leaves_data_unread(note):
    c, _ = listen(8080).accept()
    time.sleep(0.3)
    c.close()
    note("closed without reading")
    time.sleep(0.3)


def client_sends_and_waits(note):
    s = connect(note, 8080)
    s.sendall(b"x" * 100)
    note("receives %r" % s.recv(10))


def server_to_be_killed(note):
    c, _ = listen(8080).accept()
    c.sendall(b"y" * 200)
    note("is killed now")
    os.kill(os.getpid(), signal.SIGKILL)


def client_of_killed(note):
    s = connect(note, 8080)
    note("received %d octets and the end" % drain(s))
    s.sendall(b"are you there?")
    time.sleep(0.2)
    s.sendall(b"hello?")


def client_keepalive(note):
    s = connect(note, 8080)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 3)):
        s.setsockopt(socket.IPPROTO_TCP, option, value)
    s.sendall(b"x" * 100)
    s.recv(10)
    s.recv(10)


def server_quiet(note):
    c, _ = listen(8080).accept()
    c.recv(100)
    c.sendall(b"y" * 10)
    time.sleep(9)


def server_closes_first_twice(note):
    s = listen(8080)
    for _ in range(2):
        c, _ = s.accept()
        c.recv(100)
        c.sendall(b"y" * 100)
        c.close()
        note("closed first")
    time.sleep(0.5)


def client_same_port_twice(note):
    for _ in range(2):
        s = connect(note, 8080, 45000)
        s.sendall(b"x" * 50)
        note("received %d octets and the end" % drain(s))
        s.close()
        time.sleep(1.2)


def vanishes_after(seconds):
    begin = time.monotonic()
    return lambda segment: time.monotonic() - begin > seconds


PURE_ACK = lambda s: s.flags == ACK and not s.data and s.from_a
INCIDENTS = {
    # name: (what was done, captured at, octets kept, server, client, what the path loses, seconds to wait at the end)
    "refused": ("Connect to a port without a listener.", "a", 0, idle, client_refused, None),
    "syn-ack-lost-twice": ("The path loses b's SYN-ACK twice.", "a", 0, server_reply(500), client_hello,
                           lambda: any_of(nth(1, lambda s: s.flags == SYN | ACK), nth(2, lambda s: s.flags == SYN | ACK))),
    "third-ack-lost": ("The path loses the third segment of the handshake; the server speaks first.", "a", 0,
                       server_speaks_first, client_listens_first, lambda: nth(1, PURE_ACK)),
    "fin-lost": ("The path loses a's first FIN.", "a", 0, server_closes_second, client_closes_first,
                 lambda: nth(1, lambda s: s.flags & FIN and s.from_a)),
    "sack-recovery": ("The path loses the 12th and the 15th data segment of 100000 octets.", "b", 96,
                      server_reply(100000), client_hello,
                      lambda: any_of(nth(12, lambda s: s.data and not s.from_a), nth(15, lambda s: s.data and not s.from_a))),
    "accept-queue": ("A server of one thread, listen(1), is busy for four seconds; seven clients, 0.3 s apart.", "b", 0,
                     server_busy, clients_of_busy, None),
    "outage": ("Twelve clients, 0.283 s apart; the path loses everything from a to b between 0.88 s and 2.9 s.", "a", 0,
               server_greets_many, clients_through_an_outage, lambda: outage(0.88, 2.9)),
    "half-close": ("The client shuts down its direction at once; the server sends for 1.6 s more.", "a", 0,
                   server_sends_on, client_half_closes, None),
    "unread-data": ("The server closes without reading the client's 100 octets.", "a", 0, server_leaves_data_unread,
                    client_sends_and_waits, None),
    "server-killed": ("The server process is killed (SIGKILL); the client writes on.", "a", 0, server_to_be_killed,
                      client_of_killed, None),
    "keepalive-dead": ("Keepalive after 1 s, every 1 s, 3 probes; the path loses everything from 3.5 s on.", "a", 0,
                       server_quiet, client_keepalive, lambda: vanishes_after(3.5)),
    "time-wait-reuse": ("The server closes first, twice; the client uses the same port again 1.2 s later.", "b", 0,
                        server_closes_first_twice, client_same_port_twice, None),
}
COUNTERS = ("TcpExtListenOverflows", "TcpExtListenDrops", "TcpExtTCPTimeouts", "TcpExtTCPLostRetransmit",
            "TcpExtTCPFastRetrans", "TcpExtTCPSlowStartRetrans", "TcpExtTCPSynRetrans", "TcpExtTCPSpuriousRTOs",
            "TcpExtTCPLossProbes", "TcpExtTCPLossProbeRecovery", "TcpExtTCPSackRecovery", "TcpExtTCPAbortOnClose",
            "TcpExtTCPAbortOnData", "TcpExtTCPAbortOnTimeout", "TcpExtTCPKeepAlive", "TcpExtTWRecycled", "TcpExtTW",
            "TcpRetransSegs", "TcpAttemptFails", "TcpEstabResets", "TcpOutRsts", "TcpExtTCPTimeWaitOverflow",
            "TcpExtTCPReqQFullDoCookies", "TcpExtTCPReqQFullDrop", "TcpExtSyncookiesSent", "TcpExtTCPDSACKOldSent")


def record(name):
    done, end, snaplen, server, client, rule = INCIDENTS[name]
    taps = []
    for host, address in (("a", A), ("b", B)):
        sh("ip", "netns", "del", "tvrec-" + host, quiet=True)
        sh("ip", "netns", "add", "tvrec-" + host)
        taps.append(open_tap("tvrec" + host))
        sh("ip", "link", "set", "tvrec" + host, "netns", "tvrec-" + host)
        inside = ("ip", "-n", "tvrec-" + host)
        sh("ip", "netns", "exec", "tvrec-" + host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        sh(*inside, "link", "set", "lo", "up")
        sh(*inside, "link", "set", "tvrec" + host, "address", "02:00:00:00:00:0" + host)
        sh(*inside, "addr", "add", address + "/24", "dev", "tvrec" + host)
        sh(*inside, "link", "set", "tvrec" + host, "up")
        sh(*inside, "neigh", "replace", A if host == "b" else B, "lladdr",
           "02:00:00:00:00:0" + ("a" if host == "b" else "b"), "dev", "tvrec" + host, "nud", "permanent")
    path = Path(taps)
    path.start()
    pcap = os.path.join(HERE, "..", "recorded-%s.pcap" % name)
    folder = tempfile.mkdtemp()
    temporary = os.path.join(folder, "capture")
    dump = subprocess.Popen(["ip", "netns", "exec", "tvrec-" + end, "tcpdump", "-U", "--immediate-mode", "-n", "-i", "tvrec" + end,
                             "-Z", "root", "-s", str(snaplen), "-w", temporary, "tcp"], stderr=subprocess.DEVNULL)
    time.sleep(1.0)
    b = Actor("tvrec-b", server)
    time.sleep(0.2)
    if rule:
        path.lose = rule()
    a = Actor("tvrec-a", client)
    lines = a.wait() + b.wait()
    time.sleep(0.5)
    sockets = {h: sh("ip", "netns", "exec", "tvrec-" + h, "ss", "-Htan").strip() for h in "ab"}
    counters = {h: sh("ip", "netns", "exec", "tvrec-" + h, "nstat", "-az", *COUNTERS) for h in "ab"}
    dump.send_signal(signal.SIGINT)
    dump.wait()
    path.stop = True
    path.join()
    for tap in taps:
        os.close(tap)
    for host in "ab":
        sh("ip", "netns", "del", "tvrec-" + host)
    with open(temporary, "rb") as file:
        octets = file.read()
    os.unlink(temporary)
    os.rmdir(folder)
    with open(pcap, "wb") as file:
        file.write(octets)
    with open(os.path.join(HERE, name + ".txt"), "w") as out:
        out.write("%s\nLinux %s; a %s, b %s; 10 ms each way; captured at %s.\n" % (done, platform.release().split("-")[0], A, B, end))
        out.write("\nWhat the applications saw (seconds since the epoch)\n%s\n" % "\n".join(sorted(lines)))
        if path.lost:
            out.write("\nWhat the path lost\n")
            for when, s in path.lost:
                names = "".join(c for bit, c in ((SYN, "S"), (FIN, "F"), (RST, "R"), (PSH, "P"), (ACK, ".")) if s.flags & bit)
                out.write("%.6f %s %s, %d octets\n" % (when, "a>b" if s.from_a else "b>a", names, s.length))
        for host in "ab":
            out.write("\nSockets of %s at the end (ss -tan)\n%s\n" % (host, sockets[host] or "none"))
            lines = [x.split() for x in counters[host].splitlines() if not x.startswith("#")]
            shown = ["%s %s" % (x[0], x[1]) for x in lines if x[1] != "0"]
            out.write("Counters of %s that are not 0\n%s\n" % (host, "\n".join(shown) or "none"))
    print("%-20s %6d octets" % (name, len(octets)))


os.umask(0o022)
for incident in sys.argv[1:] or INCIDENTS:
    record(incident)
