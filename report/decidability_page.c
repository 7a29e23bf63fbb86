#include "report/decidability_page.h"

#include "analyzer/diagnose/decidability.h"

#include <stdbool.h>
#include <string.h>

static const char introduction[] =
        "# What a capture can tell\n\n"
        "This page is generated from `analyzer/diagnose/decidability_list.def`.\n\n"
        "A capture shows segments in flight, at one point of their way. A segment that passed was sent, but need not "
        "have\n"
        "arrived; a segment that died before the capture point was never seen. So some questions have an answer in "
        "the\n"
        "file, some only if the right segment happens to be in it, and some never. What cannot be known is `unknown`,\n"
        "never guessed, and what can be known is never `unknown`: this table says which is which, reports take their\n"
        "reasons from it, and tests hold the program to it.\n\n"
        "## How to read it\n\n"
        "Each event is one of an end, or of a segment that it sent: *the end* below. The file was captured\n\n"
        "| capture point | |\n|---|---|\n"
        "| own | at that end: all that it sends passes, and what it gets passes just before it arrives |\n"
        "| before | between the ends, where the segment in question still passes: before the place where it, or its "
        "earlier copy, is lost, overtaken or doubled |\n"
        "| behind | between the ends, behind that place |\n"
        "| peer | at the other end |\n\n"
        "A packet filter, a full queue or a wrong checksum can still stop what passes just before a host: at no "
        "capture "
        "point\nis a segment seen to be *received*.\n\n"
        "| verdict | |\n|---|---|\n"
        "| known | the file always tells |\n"
        "| if | it tells if the evidence is there; otherwise it is unknown, for the reason given |\n"
        "| unknown | no file can tell, for the reason given |\n"
        "| never | it does not happen at this point |\n\n"
        "All of it holds for what the capture has not missed itself. Where acknowledgments, or the capturer, show that "
        "packets\nare missing from the file, nothing is concluded from the absence of one.\n\n"
        "## The evidence\n\n"
        "All reasoning is of the kind *this happened before that*: whoever acts on a segment had received it.\n\n"
        "- An **acknowledgment number** is its sender's own RCV.NXT (RFC 9293 section 3.4): it had received all below. "
        "It does not\n  say which of several copies brought it.\n"
        "- **SACK** (RFC 2018) tells what arrived above a hole, and so that the hole is one at the receiver, too.\n"
        "- **D-SACK** (RFC 2883) tells octets that arrived twice: the repetition was not needed. An end in TIME_WAIT "
        "sends none.\n"
        "- A **timestamp echo** (RFC 7323 section 4.3) names the copy: echoing the earlier one's TSval proves that "
        "this "
        "arrived.\n  Echoing the later one proves nothing by itself, since many hosts record the TSval of an old copy "
        "as well. "
        "What answers a\n  repetition at once, echoes it and has no D-SACK, shows, of a receiver that uses SACK, that "
        "no earlier "
        "copy had arrived:\n  a later answer does not, for the one with the D-SACK may have died.\n"
        "- The **IP ID** and the **TSval** of a packet tell two transmissions from one that was recorded or delivered "
        "twice, and\n  which of two was sent first. IPv6 has no IP ID, and many hosts send 0.\n"
        "- **What a state allows its owner to send**: nobody sends a SYN-ACK without having got a SYN, nor data from "
        "SYN_RCVD (without a fast open),\n  nor the same FIN again after its acknowledgment has come.\n"
        "- **Time** decides last: nothing travels faster than the shortest round trip measured, and no timer is "
        "shorter "
        "than the\n  smallest RTO of `--profile`.\n\n"
        "*In the output* is the column and the word that tell the event, and behind \"else\" what the program says "
        "where "
        "it is\nunknown. An event without a column is told nowhere.\n";

static const struct {
        const char *title, *about;
} families[TV_FAMILIES] = {
        [TV_FAMILY_STATE] = {"States", "Of one end. A receipt that is not proved is `assumed`."},
        [TV_FAMILY_CLASS] = {"What a segment was", "The end is its sender, the peer its receiver."},
        [TV_FAMILY_NEED] = {"Was a retransmission needed, and what was lost",
                            "The end is its sender. Before and behind: of the place where the earlier copy died."},
        [TV_FAMILY_REASON] = {"Why a retransmission was sent", "The end is its sender."},
        [TV_FAMILY_ACK] = {"What an acknowledgment was", "The end is its sender."},
        [TV_FAMILY_LOSS] = {"The three segments of the handshake, the four of the close",
                            "The end is the sender of the segment that died, or was refused by its receiver's host. "
                            "Own and before: it died downstream, peer and behind: upstream of the capture point."},
        [TV_FAMILY_FINDING] = {"The other findings",
                               "The end is the one that the finding names. What is said of the capture holds at every "
                               "point alike."},
        [TV_FAMILY_METRIC] =
                {"Metrics", "Of what one end sent: the columns of `connections.csv`, there with prefix `a_` or `b_`."},
};

static void
put_verdict(struct tv_out *out, const struct tv_clause *clause)
{
        switch (clause->verdict) {
        case TV_VERDICT_KNOWN:
                tv_out_printf(out, "**known**: %s", clause->evidence);
                break;
        case TV_VERDICT_IF:
                tv_out_printf(out, "**if** %s. Else unknown: %s", clause->evidence, clause->why);
                break;
        case TV_VERDICT_UNKNOWN:
                tv_out_printf(out, "**unknown**: %s", clause->why);
                break;
        case TV_VERDICT_NEVER:
                tv_out_printf(out, "**never**: %s", clause->why);
                break;
        }
}

/* The points that share the clause of |first|; the first one of a group speaks for all. */
static void
put_points(struct tv_out *out, const struct tv_decidable *row, unsigned first)
{
        const char *separator = "";
        unsigned alike = 0;

        for (unsigned point = first; point < TV_POINTS; point++)
                alike += row->point[point] == row->point[first];
        if (alike == TV_POINTS) {
                tv_out_text(out, "everywhere");
                return;
        }
        for (unsigned point = first; point < TV_POINTS; point++) {
                if (row->point[point] != row->point[first])
                        continue;
                tv_out_printf(out, "%s%s", separator, tv_point_name((enum tv_point)point));
                separator = ", ";
        }
}

static bool
said_before(const struct tv_decidable *row, unsigned point)
{
        for (unsigned i = 0; i < point; i++)
                if (row->point[i] == row->point[point])
                        return true;
        return false;
}

static void
put_event(struct tv_out *out, const struct tv_decidable *row)
{
        tv_out_printf(out, "| `%s`<br>%s | ", row->id, row->event);
        if (row->field[0] != '\0')
                tv_out_printf(out, "`%s`%s%s; else %s |", row->field, row->value[0] != '\0' ? " " : "", row->value,
                              row->otherwise);
        else
                tv_out_printf(out, "%s |", row->otherwise);
        for (unsigned point = 0; point < TV_POINTS; point++) {
                if (said_before(row, point))
                        continue;
                if (point != 0)
                        tv_out_text(out, "| | |");
                tv_out_text(out, " ");
                put_points(out, row, point);
                tv_out_text(out, " | ");
                put_verdict(out, row->point[point]);
                tv_out_text(out, " |\n");
        }
}

void
tv_decidability_page(struct tv_out *out)
{
        tv_out_text(out, introduction);
        for (unsigned family = 0; family < TV_FAMILIES; family++) {
                tv_out_printf(out, "\n## %s\n\n%s\n\n| event | in the output | captured | |\n|---|---|---|---|\n",
                              families[family].title, families[family].about);
                for (unsigned event = 0; event < TV_EVENTS; event++)
                        if (tv_decidability((enum tv_event)event)->family == family)
                                put_event(out, tv_decidability((enum tv_event)event));
        }
}

static void
put_field(struct tv_out *out, const char *text, const char *end)
{
        tv_out_text(out, "\"");
        for (const char *p = text; *p != '\0'; p++)
                if (*p == '"')
                        tv_out_text(out, "\"\"");
                else
                        tv_out_printf(out, "%c", *p);
        tv_out_text(out, "\"");
        tv_out_text(out, end);
}

void
tv_decidability_csv(struct tv_out *out)
{
        tv_out_text(out, "id,family,field,value,otherwise,point,verdict,evidence,why,event\r\n");
        for (unsigned event = 0; event < TV_EVENTS; event++) {
                const struct tv_decidable *row = tv_decidability((enum tv_event)event);

                for (unsigned point = 0; point < TV_POINTS; point++) {
                        const struct tv_clause *clause = row->point[point];

                        put_field(out, row->id, ",");
                        put_field(out, tv_event_family_name(row->family), ",");
                        put_field(out, row->field, ",");
                        put_field(out, row->value, ",");
                        put_field(out, row->otherwise, ",");
                        put_field(out, tv_point_name((enum tv_point)point), ",");
                        put_field(out, tv_verdict_name(clause->verdict), ",");
                        put_field(out, clause->evidence, ",");
                        put_field(out, clause->why, ",");
                        put_field(out, row->event, "\r\n");
                }
        }
}
