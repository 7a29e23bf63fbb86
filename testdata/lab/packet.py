"""IP packets: reads what the laboratory needs of them, and forges some (RFC 791, 8200, 9293, 792, 4443)."""
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
LETTERS = ((FIN, "F"), (SYN, "S"), (RST, "R"), (PSH, "P"), (ACK, "A"), (URG, "U"), (ECE, "E"), (CWR, "C"))
TCP, ICMP, ICMP6 = 6, 1, 58


def flag_letters(flags):
    return "".join(letter for bit, letter in LETTERS if flags & bit)


class Packet:
    """The header fields of one IP packet; |raw| begins with the IP header.  Packets that are no TCP have sport 0."""

    __slots__ = ("raw", "version", "src", "dst", "proto", "ip_len", "l4", "sport", "dport", "seq", "ack", "flags", "win",
                 "len", "options")

    def __init__(self, raw):
        self.raw = raw
        self.version = raw[0] >> 4
        if self.version == 6:
            self.proto, self.l4 = raw[6], 40
            self.ip_len = 40 + struct.unpack_from(">H", raw, 4)[0]
            self.src, self.dst = raw[8:24], raw[24:40]
        else:
            self.proto, self.l4 = raw[9], (raw[0] & 15) * 4
            self.ip_len = struct.unpack_from(">H", raw, 2)[0]
            self.src, self.dst = raw[12:16], raw[16:20]
        if self.ip_len <= self.l4 or self.ip_len > len(raw):
            self.ip_len = len(raw)
        self.sport = self.dport = self.seq = self.ack = self.flags = self.win = self.len = 0
        self.options = b""
        if self.proto == TCP and len(raw) >= self.l4 + 20:
            (self.sport, self.dport, self.seq, self.ack, offset, self.flags,
             self.win) = struct.unpack_from(">HHIIBBH", raw, self.l4)
            end = self.l4 + (offset >> 4) * 4
            self.len = max(0, self.ip_len - end)
            self.options = raw[self.l4 + 20:end]

    @property
    def space(self):
        """Sequence numbers that the segment takes; SYN and FIN count one each (RFC 9293 3.4)."""
        return self.len + bool(self.flags & SYN) + bool(self.flags & FIN)

    @property
    def flow(self):
        return (self.src, self.sport, self.dst, self.dport)

    def walk_options(self):
        """Yields (kind, offset in |options|, octets of the value)."""
        at = 0
        while at < len(self.options):
            kind = self.options[at]
            if kind == 0:
                return
            if kind == 1:
                at += 1
                continue
            if at + 1 >= len(self.options) or self.options[at + 1] < 2:
                return
            size = self.options[at + 1]
            yield kind, at, self.options[at + 2:at + size]
            at += size

    def sack_blocks(self):
        for kind, _, value in self.walk_options():
            if kind == 5:
                return [struct.unpack_from(">II", value, n) for n in range(0, len(value) - 7, 8)]
        return []

    def timestamps(self):
        for kind, _, value in self.walk_options():
            if kind == 8 and len(value) == 8:
                return struct.unpack(">II", value)
        return None


def text(address):
    return str(ipaddress.ip_address(address))


def octets(address):
    return ipaddress.ip_address(address).packed


def ones_sum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo(src, dst, proto, length):
    return src + dst + (struct.pack(">HH", proto, length) if len(src) == 4 else struct.pack(">II", length, proto))


def mend(raw):
    """|raw| with the checksums of the IP header and of TCP made right."""
    p, data = Packet(raw), bytearray(raw)
    if p.version == 4:
        data[10:12] = b"\0\0"
        data[10:12] = struct.pack(">H", 0xffff ^ ones_sum(bytes(data[:p.l4])))
    if p.proto == TCP:
        at = p.l4 + 16
        data[at:at + 2] = b"\0\0"
        body = bytes(data[p.l4:p.ip_len])
        data[at:at + 2] = struct.pack(">H", 0xffff ^ ones_sum(pseudo(p.src, p.dst, TCP, len(body)) + body))
    return bytes(data)


def ip(src, dst, proto, body, ttl=64, ident=0, tos=0):
    if len(src) == 16:
        return struct.pack(">IHBB", 0x60000000 | tos << 20, len(body), proto, ttl) + src + dst + body
    header = struct.pack(">BBHHHBBH", 0x45, tos, 20 + len(body), ident, 0x4000, ttl, proto, 0) + src + dst
    return header[:10] + struct.pack(">H", 0xffff ^ ones_sum(header)) + header[12:] + body


def tcp(src, dst, sport, dport, seq, ack, flags, win=0, data=b"", options=b"", ttl=64, ident=0):
    options += b"\1" * (-len(options) % 4)
    body = struct.pack(">HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, (5 + len(options) // 4) << 4, flags, win, 0, 0)
    return mend(ip(src, dst, TCP, body + options + data, ttl, ident))


def icmp_error(router, quoted, kind, code, extra=0):
    """An ICMP error from |router| to the sender of |quoted|; |extra| is the rest of the header (the MTU, say)."""
    p = Packet(quoted)
    if p.version == 4:
        body = struct.pack(">BBHI", kind, code, 0, extra) + quoted[:p.l4 + 8]
        body = body[:2] + struct.pack(">H", 0xffff ^ ones_sum(body)) + body[4:]
        return ip(router, p.src, ICMP, body)
    body = struct.pack(">BBHI", kind, code, 0, extra) + quoted[:1232]
    total = ones_sum(pseudo(router, p.src, ICMP6, len(body)) + body)
    return ip(router, p.src, ICMP6, body[:2] + struct.pack(">H", 0xffff ^ total) + body[4:])
