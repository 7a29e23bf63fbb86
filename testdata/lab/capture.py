"""Captures by AF_PACKET, read when the run is over (the kernel's buffer holds it all), and pcap files.

Frames are (time in ns since the epoch, outgoing, octets from the IP header on).
"""
import socket
import struct

ETH_P_ALL = 3
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
SOL_PACKET, PACKET_STATISTICS = 263, 6
PACKET_OUTGOING = 4

LINK_TYPES = {"eth": 1, "raw": 101, "null": 0, "sll": 113}
CLIENT_MAC, SERVER_MAC = bytes.fromhex("02000000000c"), bytes.fromhex("020000000005")


class Capture:
    """What tcpdump on |host| would see."""

    def __init__(self, host):
        self.socket = host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with host:
            self.socket.bind((host.dev, ETH_P_ALL))
        self.socket.setblocking(False)

    def read(self):
        """All frames, and how many the kernel lost for want of room."""
        frames = []
        while True:
            try:
                data, control, _, address = self.socket.recvmsg(1 << 17, 64)
            except BlockingIOError:
                break
            t_ns = 0
            for level, kind, value in control:
                if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                    seconds, ns = struct.unpack("qq", value)
                    t_ns = seconds * 10**9 + ns
            frames.append((t_ns, address[2] == PACKET_OUTGOING, data))
        _, lost = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        return frames, lost

    def close(self):
        self.socket.close()


def link_header(link, raw, from_client, outgoing):
    six = raw[0] >> 4 == 6
    if link == "eth":
        ends = (SERVER_MAC, CLIENT_MAC) if from_client else (CLIENT_MAC, SERVER_MAC)
        return ends[0] + ends[1] + (b"\x86\xdd" if six else b"\x08\x00")
    if link == "null":
        return struct.pack("<I", 10 if six else 2)
    if link == "sll":
        mac = CLIENT_MAC if from_client else SERVER_MAC
        return struct.pack(">HHH", PACKET_OUTGOING if outgoing else 0, 1, 6) + mac + b"\0\0" + (
            b"\x86\xdd" if six else b"\x08\x00")
    return b""


class PcapFile:
    """The records of one capture file: [t_ns, octets, real length]; changed by artefacts, then written."""

    def __init__(self, link="eth", snaplen=0, unit="ns"):
        self.link, self.snaplen, self.unit, self.records = link, snaplen, unit, []

    def add(self, t_ns, raw, from_client, outgoing=False):
        data = link_header(self.link, raw, from_client, outgoing) + raw
        self.records.append([t_ns, data[:self.snaplen] if self.snaplen else data, len(data)])

    def write(self, path):
        scale = 1 if self.unit == "ns" else 1000
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b23c4d if self.unit == "ns" else 0xa1b2c3d4, 2, 4, 0, 0,
                                   self.snaplen or 262144, LINK_TYPES[self.link]))
            for t_ns, data, length in self.records:
                file.write(struct.pack("<IIII", t_ns // 10**9, t_ns % 10**9 // scale, len(data), length) + data)
