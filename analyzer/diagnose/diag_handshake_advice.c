/* diag_handshake_advice.c - what to do about the findings of the handshake family, and which nearest wrong diagnosis is
 * ruled out, where that is the same for every connection. */
#include "analyzer/diagnose/diag_handshake.h"
#include "analyzer/flow/address.h"

#include <inttypes.h>
#include <string.h>

/* A segment died; its sender, or who waited for it, sent something again by a timer. */
static void
lost(const struct tv_case *subject, struct tv_finding *f, const char *from, const char *to)
{
        const struct tv_connection *row = subject->row;
        bool syn = strcmp(f->code, "handshake.syn-lost") == 0, ack = strcmp(f->code, "handshake.ack-lost") == 0;

        if (f->not_[0] == '\0')
                tv_finding_text(
                        f->not_, "%s",
                        syn   ? "no-answer: a later copy was answered"
                        : ack ? "a lost SYN-ACK: it was acknowledged. Deferred accept, a full accept queue: what "
                                "these ignore has reached b"
                              : "a lost SYN: it was answered. A slow answer: it came as late as a timer sends it "
                                "again");
        if (f->advice[0] != '\0')
                return;
        if (syn)
                tv_finding_text(f->advice,
                                "one loss costs the first timer (1 s); in many connections look for what drops packets "
                                "from %s to %s, or on %s: nstat -az TcpExtListenDrops TcpExtTCPReqQFullDrop; on %s: "
                                "TcpExtTCPSynRetrans (%" PRIu64 " here)",
                                from, to, to, from, f->count);
        else if (ack)
                tv_finding_text(f->advice,
                                "one loss costs the first timer (1 s), or less if data follow; in many connections "
                                "look for what drops packets from %s to %s, or on %s: ss -lnt 'sport = :%u', nstat -az "
                                "TcpExtListenOverflows",
                                from, to, to, row->port[TV_B]);
        else
                tv_finding_text(f->advice,
                                "one loss costs the first timer (1 s); in many connections look for what drops packets "
                                "from %s to %s. Both ends repeat: nstat -az TcpExtTCPSynRetrans",
                                from, to);
}

static void
half_open(const struct tv_case *subject, struct tv_finding *f, const char *a, const char *b)
{
        if (f->not_[0] == '\0')
                tv_finding_text(f->not_,
                                "no-answer, refused: b answered with a SYN-ACK. A full accept queue: that drops "
                                "a third segment, and none that fits was captured");
        tv_finding_text(f->advice,
                        "does the SYN-ACK reach %s (a way back through another filter, a forged source), and what does "
                        "it do with it? a scanner leaves this too. on %s: ss -nt state syn-recv 'sport = :%u'; "
                        "net.ipv4.tcp_synack_retries (default 5) ends it",
                        a, b, subject->row->port[TV_B]);
}

static void
aborted(const struct tv_case *subject, struct tv_finding *f, const char *a, const char *b)
{
        if (f->not_[0] == '\0')
                tv_finding_text(f->not_,
                                "refused: b had answered with a SYN-ACK. An abort of an open connection: it was "
                                "not established");
        if (f->blame == TV_BLAME_B)
                tv_finding_text(f->advice,
                                "what on %s, port %u, or in front of it resets connections that it has "
                                "answered (a filter, a load balancer without a server)?",
                                b, subject->row->port[TV_B]);
        else
                tv_finding_text(f->advice,
                                "%s gave up, or never asked: a client that was stopped or tried several addresses, a "
                                "port scan (nmap -sS), a health check of a load balancer, or a SYN forged in its name",
                                a);
}

void
tv_handshake_advise(const struct tv_case *subject, struct tv_finding *f)
{
        char address[2][TV_ADDRESS_TEXT];
        enum tv_end from = f->end == TV_B ? TV_B : TV_A;

        for (int end = TV_A; end <= TV_B; end++)
                tv_address_text(&subject->row->addr[end], address[end]);
        if (strcmp(f->code, "handshake.syn-lost") == 0 || strcmp(f->code, "handshake.synack-lost") == 0 ||
            strcmp(f->code, "handshake.ack-lost") == 0)
                lost(subject, f, address[from], address[from == TV_A ? TV_B : TV_A]);
        else if (strcmp(f->code, "handshake.half-open") == 0)
                half_open(subject, f, address[TV_A], address[TV_B]);
        else if (strcmp(f->code, "handshake.aborted") == 0)
                aborted(subject, f, address[TV_A], address[TV_B]);
}
