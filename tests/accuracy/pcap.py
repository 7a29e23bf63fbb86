"""Classic pcap files: times, and the few header fields that the truth files do not repeat.

Only what the laboratory writes: pcap of either byte order with micro- or nanoseconds; Ethernet, raw IP, Linux cooked and
BSD loopback link layers; IPv4 and IPv6.
"""
import struct
from dataclasses import dataclass

_MAGIC = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}
LINK_HEADER = {0: 4, 1: 14, 12: 0, 101: 0, 113: 16}  # octets before the IP header, by link type


@dataclass
class Packet:
    """One record of a capture file."""
    time_ns: int
    header: bytes  # of the record: lengths
    data: bytes


@dataclass
class Tcp:
    """Header fields of a captured segment; |tsval| and |tsecr| are None without the option."""
    ip_id: int | None  # None for IPv6
    seq: int
    flags: int
    tsval: int | None
    tsecr: int | None


class Capture:
    """A capture file in memory."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        self.file_header = data[:24]
        self.packets = []
        if len(data) < 24:
            raise ValueError(f"{path}: no pcap file header")
        for self.order in "<>":
            magic = struct.unpack(self.order + "I", data[:4])[0]
            if magic in _MAGIC:
                break
        else:
            raise ValueError(f"{path}: not a pcap file")
        self.unit_ns = _MAGIC[magic]
        self.link_type = struct.unpack(self.order + "I", data[20:24])[0] & 0xFFFF
        at = 24
        while at + 16 <= len(data):
            seconds, fraction, kept, _ = struct.unpack(self.order + "IIII", data[at:at + 16])
            end = at + 16 + kept
            if end > len(data):
                raise ValueError(f"{path}: cut off at offset {at}")
            time = seconds * 10**9 + fraction * self.unit_ns
            self.packets.append(Packet(time, data[at + 8:at + 16], data[at + 16:end]))
            at = end

    def times(self):
        return [packet.time_ns for packet in self.packets]

    def write(self, path, packets):
        """Writes |packets| as a file of the same kind."""
        with open(path, "wb") as file:
            file.write(self.file_header)
            for packet in packets:
                seconds, rest = divmod(packet.time_ns, 10**9)
                file.write(struct.pack(self.order + "II", seconds, rest // self.unit_ns))
                file.write(packet.header + packet.data)

    def tcp(self, frame):
        """The TCP header of a frame (from 1), or None where there is none."""
        data = self.packets[frame - 1].data[LINK_HEADER[self.link_type]:]
        if len(data) < 20:
            return None
        if data[0] >> 4 == 4:
            if data[9] != 6:
                return None
            ip_id, at = struct.unpack("!H", data[4:6])[0], (data[0] & 15) * 4
        elif data[0] >> 4 == 6:
            if data[6] != 6:
                return None
            ip_id, at = None, 40
        else:
            return None
        if len(data) < at + 20:
            return None
        seq, _, offset, flags = struct.unpack("!IIBB", data[at + 4:at + 14])
        tsval, tsecr = _timestamps(data[at + 20:at + (offset >> 4) * 4])
        return Tcp(ip_id, seq, flags, tsval, tsecr)


def _timestamps(options):
    at = 0
    while at < len(options) and options[at] != 0:
        if options[at] == 1:
            at += 1
            continue
        if at + 1 >= len(options) or options[at + 1] < 2:
            break
        if options[at] == 8 and at + 10 <= len(options):
            return struct.unpack("!II", options[at + 2:at + 10])
        at += options[at + 1]
    return None, None
