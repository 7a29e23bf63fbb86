"""The kernel's trace, joined to the packets: which transmission was a repetition, a reset, which arrival was discarded."""
import collections

import trace

# Reasons of skb:kfree_skb that do not refuse octets: what is discarded was there before, or is freed after it was used.
BENIGN = {"TCP_OLD_DATA", "TCP_OFOMERGE", "QUEUE_PURGE", "SOCKET_CLOSE", "TCP_RESET", "TCP_CLOSE", "NOT_SPECIFIED"}
# Reasons that say nothing of an arriving packet: buffers are freed by whoever had them last.
SILENT = {"NOT_SPECIFIED", "QUEUE_PURGE", "SOCKET_CLOSE"}
ARRIVAL_NS = 1_000_000    # a buffer freed later than that after the arrival may be another one at the same address


def name_of(address, port):
    return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)


class Joined:
    """events: lines for kernel.ndjson; sockets: see Socket; problems: what did not fit."""

    def __init__(self, hosts, events, sent, arrived, offset_ns):
        """|sent|[side]: fates in the order of transmission; |arrived|[side]: (fate, rx) in the order of arrival."""
        self.offset_ns, self.sent, self.arrived = offset_ns, sent, arrived
        self.side_of_dev = {h.dev: h.side for h in hosts}
        self.side_of_address = {a: h.side for h in hosts for a in h.addresses}
        self.events, self.problems, self.sockets = [], [], []
        self.live, self.by_skb = {}, {}
        self.n_sent, self.n_arrived = collections.Counter(), collections.Counter()
        self.resets = []
        for t_ns, name, fields in events:
            getattr(self, "_" + name, lambda *_: None)(t_ns + offset_ns, fields)
        for side in ("client", "server"):
            for what, count, expected in (("sent", self.n_sent, sent), ("received", self.n_arrived, arrived)):
                if count[side] != len(expected[side]):
                    self.problems.append("%s: the trace has %d packets %s, the capture %d" % (
                        side, count[side], what, len(expected[side])))

    def _side(self, end):
        return self.side_of_address.get(end.rsplit(":", 1)[0].strip("[]"))

    def _add(self, t_ns, ev, side, **more):
        self.events.append(dict({"t_ns": t_ns, "ev": ev, "side": side}, **more))

    # ---- devices

    def _net_dev_start_xmit(self, t_ns, f):
        side = self.side_of_dev.get(f["name"])
        if not side:
            return
        self.by_skb.pop(f["skbaddr"], None)
        self.n_sent[side] += 1
        if self.n_sent[side] > len(self.sent[side]):
            return
        fate = self.sent[side][self.n_sent[side] - 1]
        if "R" in fate.get("flags", ""):
            for reset in self.resets:
                if reset["side"] == side and (reset["own"], reset["peer"]) in (fate["ends"], (fate["ends"][0], None)):
                    self.resets.remove(reset)
                    self._reset(reset["event"], fate)
                    break

    def _netif_receive_skb(self, t_ns, f):
        side = self.side_of_dev.get(f["name"])
        if side:
            self.n_arrived[side] += 1
            if self.n_arrived[side] <= len(self.arrived[side]):
                self.by_skb[f["skbaddr"]] = (t_ns, side) + self.arrived[side][self.n_arrived[side] - 1]

    def _kfree_skb(self, t_ns, f):
        begun, side, fate, rx = self.by_skb.pop(f["skbaddr"], (0, None, None, None))
        if side and f["reason"] not in SILENT and t_ns - begun < ARRIVAL_NS:
            rx["drop"] = f["reason"]
            self._add(t_ns, "drop", side, id=fate["id"], copy=rx["copy"], reason=f["reason"])

    # ---- TCP

    def _last_sent(self, side, ends, wanted):
        for n in range(self.n_sent[side], max(0, self.n_sent[side] - 40), -1):
            if n <= len(self.sent[side]):
                fate = self.sent[side][n - 1]
                if fate.get("ends") == ends and "k" not in fate and wanted(fate):
                    return fate
        return None

    def _tcp_retransmit_skb(self, t_ns, f):
        local, remote = trace.ends(f)
        side = self._side(local)
        if not side or f.get("err", 0) != 0:
            return
        fate = self._last_sent(side, (local, remote), lambda x: x["len"] or "S" in x["flags"] or "F" in x["flags"])
        if not fate:
            self.problems.append("%s: no packet for a retransmission of %s at %d" % (side, local, t_ns))
            return
        socket = self.live.get(f["skaddr"])
        fate["k"], fate["ca"] = "rtx", socket.ca if socket else "Open"
        self._add(t_ns, "rtx", side, id=fate["id"], local=local, remote=remote,
                  state=trace.STATES.get(f["state"], "?"), ca=fate["ca"])

    def _tcp_retransmit_synack(self, t_ns, f):
        local, remote = trace.ends(f)
        side = self._side(local)
        if not side:
            return
        fate = self._last_sent(side, (local, remote), lambda x: "S" in x["flags"])
        if not fate:
            self.problems.append("%s: no packet for a repeated SYN-ACK of %s at %d" % (side, local, t_ns))
            return
        fate["k"] = "rtx_synack"
        self._add(t_ns, "rtx_synack", side, id=fate["id"], local=local, remote=remote)

    def _tcp_send_reset(self, t_ns, f):
        own, peer = trace.end_of_sockaddr(f["saddr"]), trace.end_of_sockaddr(f["daddr"])
        side = self._side(own) if own and peer else None
        if not side:
            return
        event = {"t_ns": t_ns, "ev": "rst_tx", "side": side, "id": None, "reason": f["reason"],
                 "state": trace.STATES.get(f["state"], "none")}
        # An active reset is traced after it was sent, an answer before.
        if not f["skbaddr"]:
            fate = self._last_sent(side, (own, peer), lambda x: "R" in x["flags"] and "rst_reason" not in x)
            if fate:
                self._reset(event, fate)
                return
        # A listener's event names no peer.
        self.resets.append({"side": side, "own": own, "peer": None if peer.endswith(":0") else peer, "event": event})

    def _reset(self, event, fate):
        event["id"], fate["rst_reason"] = fate["id"], event["reason"]
        self.events.append(event)

    def _tcp_receive_reset(self, t_ns, f):
        local, remote = trace.ends(f)
        side = self._side(local)
        if side:
            self._add(t_ns, "rst_rx", side, local=local, remote=remote)

    def _tcp_cong_state_set(self, t_ns, f):
        socket = self.live.get(f["skaddr"])
        if socket:
            socket.ca = trace.CA_STATES[f["cong_state"]] if f["cong_state"] < 5 else str(f["cong_state"])
            self._add(t_ns, "ca", socket.side, sk=socket.name, state=socket.ca)

    def _tcp_destroy_sock(self, t_ns, f):
        socket = self.live.pop(f["skaddr"], None)
        if socket:
            self._add(t_ns, "destroy", socket.side, sk=socket.name)

    def _inet_sock_set_state(self, t_ns, f):
        local, remote = trace.ends(f)
        side = self._side(local)
        if not side or f["protocol"] != 6:
            return
        old, new = trace.STATES.get(f["oldstate"], "?"), trace.STATES.get(f["newstate"], "?")
        socket = self.live.get(f["skaddr"])
        begins = (old, new) in (("CLOSED", "SYN_SENT"), ("CLOSED", "LISTEN"), ("LISTEN", "SYN_RCVD"))
        if socket is None or begins:
            socket = Socket("sk%d" % (len(self.sockets) + 1), side, local, remote)
            self.sockets.append(socket)
            self.live[f["skaddr"]] = socket
        if not local.endswith(":0"):
            socket.local = local
        if not remote.endswith(":0"):
            socket.remote = remote
        socket.steps.append((t_ns, old, new))
        self._add(t_ns, "state", side, src="trace", sk=socket.name, local=local, remote=remote, old=old, new=new)


class Socket:
    """One full socket of the kernel, as the tracepoints show it: steps are (t_ns, old state, new state)."""

    def __init__(self, name, side, local, remote):
        self.name, self.side, self.local, self.remote, self.steps, self.ca = name, side, local, remote, [], "Open"

