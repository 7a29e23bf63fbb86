#include "analyzer/engine/summary.h"

#include "analyzer/flow/community_id.h"

#include <string.h>

void
tv_summary_distance(struct tv_distances *distances, const struct tv_conn *conn)
{
        tv_time round_trip[2];

        for (unsigned dir = 0; dir < 2; dir++)
                round_trip[dir] = tv_timeline_delay(&conn->track, dir) != TV_NO_TIME
                                          ? tv_track_round_trip(&conn->track, dir)
                                          : TV_NO_TIME;
        tv_distances_note(distances, &conn->key, (conn->bits & TV_CONN_IPV6) != 0, round_trip, tv_conn_last_time(conn));
}

/* From the capture point to end |dir|: as other connections between the two hosts showed, if that is less. */
static tv_time
delay_to(const struct tv_distances *distances, const struct tv_conn *conn, unsigned dir)
{
        tv_time own = tv_timeline_delay(&conn->track, dir);
        tv_time known = tv_distances_round_trip(distances, &conn->key, (conn->bits & TV_CONN_IPV6) != 0, dir);

        return known != TV_NO_TIME && (own == TV_NO_TIME || known / 2 < own) ? known / 2 : own;
}

struct tv_timeline_options
tv_summary_options(const struct tv_profile *profile, const struct tv_distances *distances, const struct tv_conn *conn,
                   tv_time now)
{
        struct tv_timeline_options options = {
                .delay = {delay_to(distances, conn, 0), delay_to(distances, conn, 1)},
                .now = now,
                .two_msl = profile->two_msl,
                .syn_timeout = tv_profile_gives_up(profile, profile->syn_linear_retries, profile->syn_retries),
                .synack_timeout = tv_profile_gives_up(profile, 0, profile->synack_retries),
                .fin_wait_2 = profile->fin_wait_2,
                .retries2 = profile->retries2,
                .orphan_retries = profile->orphan_retries,
                .rto_max = profile->rto_max,
        };

        return options;
}

struct tv_address
tv_summary_address(const struct tv_flow_key *key, unsigned which, bool ipv6)
{
        struct tv_address address = {{0}, ipv6};

        memcpy(address.byte, key->addr[which], ipv6 ? 16 : 4);
        return address;
}

static void
direction(const struct tv_tracker *tracker, const struct tv_conn *conn, unsigned dir, struct tv_direction *out)
{
        const struct tv_endpoint *ep = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];
        const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        const struct tv_ledger *sent = &ep->sent;
        uint64_t missing;

        out->segments = ep->segments;
        out->ip_bytes = ep->ip_bytes;
        missing = tv_ledger_missing(sent, trouble != NULL ? trouble->origin : 0);
        out->unique_bytes = 0;
        if ((ep->bits & TV_EP_HAS_DATA) != 0) {
                uint64_t space = sent->nxt - sent->begin, other = sent->forgotten_missing;

                other += sent->holes.count != 0 ? tv_range_set_bytes(&sent->holes) : 0;
                other += (ep->bits & TV_EP_ISS_KNOWN) != 0;
                other += (ep->bits & TV_EP_FIN_KNOWN) != 0 &&
                         sent->nxt > tv_track_story(tracker, &conn->track)->fin[dir];
                out->unique_bytes = space > other ? space - other : 0;
        }
        out->payload_bytes = out->unique_bytes + (trouble != NULL ? trouble->again_bytes + trouble->odd_bytes : 0);
        if ((ep->bits & TV_EP_SEEN) == 0)
                missing = TV_UNKNOWN; /* this direction was not captured at all */
        out->missing_bytes = missing;
        out->network_duplicates = conn->track.twins_are == TV_DATA_CAPTURE_DUPLICATE ? 0 : ep->twins;
        out->capture_duplicates = ep->twins - out->network_duplicates;
        if (trouble != NULL) {
                out->retransmissions = trouble->retransmissions;
                out->retransmitted_bytes = trouble->retransmitted_bytes;
                out->spurious = trouble->spurious;
                out->out_of_order = trouble->out_of_order;
                out->duplicate_acks = trouble->duplicate_acks;
                out->zero_windows = trouble->zero_windows;
                out->resets = trouble->resets;
                out->needed = trouble->needed;
                out->lost_upstream = trouble->lost_upstream;
                out->lost_downstream = trouble->lost_downstream;
        } else {
                out->retransmissions = out->retransmitted_bytes = out->spurious = out->out_of_order = 0;
                out->duplicate_acks = out->zero_windows = out->resets = 0;
                out->needed = out->lost_upstream = out->lost_downstream = 0;
        }
        out->isn = (ep->bits & TV_EP_ISS_KNOWN) != 0 ? ep->iss : TV_UNKNOWN;
        out->mss = out->wscale = out->sack = out->timestamps = TV_UNKNOWN;
        if ((ep->bits & TV_EP_SYN_SEEN) != 0) {
                out->sack = (ep->options & TV_OPT_SACK_OK) != 0;
                out->timestamps = (ep->options & TV_OPT_TIMESTAMPS) != 0;
                if ((ep->options & TV_OPT_MSS) != 0)
                        out->mss = ep->mss;
                if ((ep->options & TV_OPT_WSCALE) != 0)
                        out->wscale = ep->wscale;
        }
        out->initial_window =
                (ep->bits & TV_EP_ISS_KNOWN) != 0 && (ep->bits & TV_EP_HAS_DATA) != 0 && (peer->bits & TV_EP_ACKED) != 0
                        ? ep->initial_window
                        : TV_UNKNOWN;
        out->max_in_flight =
                (peer->bits & TV_EP_ACKED) != 0 && (ep->bits & TV_EP_SEEN) != 0 ? ep->max_in_flight : TV_UNKNOWN;
        out->rtt_samples = ep->rtt.count;
        out->rtt_min = out->rtt_max = out->rtt_p50 = out->rtt_p95 = TV_NO_TIME;
        if (ep->rtt.count != 0) {
                out->rtt_min = ep->rtt.min;
                out->rtt_max = ep->rtt.max;
                out->rtt_p50 = tv_rtt_percentile(&ep->rtt, 50);
                out->rtt_p95 = tv_rtt_percentile(&ep->rtt, 95);
        }
}

static enum tv_handshake
handshake(const struct tv_tracker *tracker, const struct tv_conn *conn)
{
        unsigned a = tv_conn_a(conn);
        const struct tv_endpoint *ea = &conn->track.ep[a], *eb = &conn->track.ep[!a];
        const struct tv_milestone *rst_a = tv_track_milestone(tracker, &conn->track, a, TV_DID_RST);
        const struct tv_milestone *rst_b = tv_track_milestone(tracker, &conn->track, !a, TV_DID_RST);
        const struct tv_icmp_notes *icmp = tv_track_icmp_notes(tracker, &conn->track);
        bool both_alone = (ea->bits & eb->bits & TV_EP_SYN_ALONE) != 0;

        if (both_alone)
                return tv_endpoint_got_ack1(ea) || tv_endpoint_got_ack1(eb) ? TV_HANDSHAKE_SIMULTANEOUS
                       : rst_a->cause != 0 || rst_b->cause != 0             ? TV_HANDSHAKE_ABORTED
                                                                            : TV_HANDSHAKE_HALF_OPEN;
        if (((ea->bits | eb->bits) & TV_EP_SYN_SEEN) == 0)
                return TV_HANDSHAKE_NOT_CAPTURED;
        if ((eb->bits & TV_EP_SYN_WITH_ACK) == 0) {
                /* It spoke: there was a SYN-ACK, which the capture missed. */
                if ((eb->bits & (TV_EP_HAS_DATA | TV_EP_FIN_KNOWN)) != 0)
                        return TV_HANDSHAKE_COMPLETE;
                if (rst_b->cause != 0)
                        return TV_HANDSHAKE_REFUSED;
                if (rst_a->cause != 0)
                        return TV_HANDSHAKE_ABORTED;
                if ((eb->bits & TV_EP_ACKED) != 0 && ea->sent.una > ea->sent.begin + 1)
                        return TV_HANDSHAKE_COMPLETE; /* likewise: it acknowledged more than the SYN */
                if ((eb->bits & TV_EP_SEEN) != 0)
                        return TV_HANDSHAKE_HALF_OPEN;
                return icmp != NULL && icmp->syn_count != 0 ? TV_HANDSHAKE_UNREACHABLE : TV_HANDSHAKE_NO_ANSWER;
        }
        if (tv_endpoint_got_ack1(eb))
                return TV_HANDSHAKE_COMPLETE;
        return rst_a->cause != 0 || rst_b->cause != 0 ? TV_HANDSHAKE_ABORTED : TV_HANDSHAKE_HALF_OPEN;
}

static void
teardown(const struct tv_tracker *tracker, const struct tv_conn *conn, struct tv_connection *out)
{
        unsigned a = tv_conn_a(conn);
        const struct tv_track *track = &conn->track;
        const struct tv_milestone *fin[2], *rst[2];
        bool acked[2], both;
        tv_time when[2] = {INT64_MAX, INT64_MAX};
        tv_frame frame[2] = {0, 0};

        for (unsigned i = 0; i < 2; i++) {
                unsigned dir = i == 0 ? a : !a;

                fin[i] = tv_track_milestone(tracker, track, dir, TV_DID_FIN);
                rst[i] = tv_track_milestone(tracker, track, dir, TV_DID_RST);
                acked[i] = tv_milestone_reached(tv_track_milestone(tracker, track, dir, TV_GOT_ACK2));
                if (tv_milestone_reached(fin[i]))
                        when[i] = fin[i]->latest, frame[i] = fin[i]->cause;
                else if (tv_milestone_reached(rst[i]))
                        when[i] = rst[i]->latest, frame[i] = rst[i]->cause;
        }
        both = tv_milestone_reached(fin[0]) && tv_milestone_reached(fin[1]);
        out->closed_first = TV_CLOSED_FIRST_NONE;
        if (when[0] != INT64_MAX || when[1] != INT64_MAX)
                out->closed_first = when[0] < when[1] || (when[0] == when[1] && frame[0] <= frame[1])
                                            ? TV_CLOSED_FIRST_A
                                            : TV_CLOSED_FIRST_B;
        /* A FIN that acknowledges the other one was sent after it, whatever the order in the file. */
        for (unsigned i = 0; i < 2 && !both; i++)
                if (tv_milestone_reached(fin[i]) && tv_timeline_may_have_closed(track, i == 0 ? !a : a))
                        out->closed_first = TV_CLOSED_FIRST_NONE;
        if (both) {
                bool saw_a = (track->ep[a].bits & TV_EP_FIN_SAW_FIN) != 0;
                bool saw_b = (track->ep[!a].bits & TV_EP_FIN_SAW_FIN) != 0;

                if (saw_a != saw_b)
                        out->closed_first = saw_a ? TV_CLOSED_FIRST_B : TV_CLOSED_FIRST_A;
        }
        if (both && ((track->ep[0].bits | track->ep[1].bits) & TV_EP_FIN_SAW_FIN) == 0 &&
            (fin[0]->cause != 0 || (track->ep[a].bits & TV_EP_FIN_CROSSED) != 0) &&
            (fin[1]->cause != 0 || (track->ep[!a].bits & TV_EP_FIN_CROSSED) != 0)) {
                out->closed_first = TV_CLOSED_FIRST_BOTH;
                out->teardown = TV_TEARDOWN_SIMULTANEOUS;
                if (!tv_milestone_reached(rst[0]) && !tv_milestone_reached(rst[1]))
                        return;
        }
        if (both && acked[0] && acked[1])
                out->teardown =
                        out->closed_first == TV_CLOSED_FIRST_BOTH ? TV_TEARDOWN_SIMULTANEOUS : TV_TEARDOWN_ORDERLY;
        else if (tv_milestone_reached(rst[0]) || tv_milestone_reached(rst[1]))
                out->teardown = TV_TEARDOWN_RESET;
        else if (both)
                out->teardown = TV_TEARDOWN_ORDERLY;
        else if ((conn->bits & TV_CONN_REPLACED) != 0)
                out->teardown = TV_TEARDOWN_REPLACED;
        else if (tv_milestone_reached(fin[0]) || tv_milestone_reached(fin[1]))
                out->teardown = TV_TEARDOWN_HALF_CLOSED;
        else
                out->teardown = TV_TEARDOWN_OPEN;
}

static void
icmp_errors(const struct tv_icmp_notes *notes, struct tv_connection *out)
{
        out->icmp_errors = notes != NULL ? notes->count : 0;
        out->icmp_differ = notes != NULL && notes->differ;
        for (unsigned i = 0; i < 2 && notes != NULL; i++) {
                const struct tv_icmp_note *note = &notes->at[i];

                out->icmp[i] = (struct tv_icmp_seen){
                        .frame = note->frame, .type = note->type, .code = note->code, .mtu = note->mtu};
                memcpy(out->icmp[i].sender.byte, note->sender, sizeof note->sender);
                out->icmp[i].sender.ipv6 = note->ipv6;
        }
}

void
tv_summary(const struct tv_tracker *tracker, const struct tv_profile *profile, const struct tv_distances *distances,
           const struct tv_conn *conn, tv_time now, struct tv_transition rows[2 * TV_PATH_MAX],
           struct tv_connection *out)
{
        unsigned a = tv_conn_a(conn);
        bool ipv6 = (conn->bits & TV_CONN_IPV6) != 0;
        struct tv_timeline_options options = tv_summary_options(profile, distances, conn, now);
        size_t first;

        out->conn = conn->number;
        out->tcp_stream = conn->stream;
        out->first_frame = conn->first_frame;
        out->last_frame = conn->track.ep[tv_conn_last(conn)].last_frame;
        out->start = conn->start;
        out->duration = tv_conn_last_time(conn) > conn->start ? tv_conn_last_time(conn) - conn->start : 0;
        out->initiator = (conn->bits & TV_CONN_ROLE_KNOWN) == 0 ? TV_INITIATOR_INFERRED
                         : (conn->bits & TV_CONN_BY_SYNACK) != 0 && (conn->track.ep[a].bits & TV_EP_SYN_ALONE) == 0
                                 ? TV_INITIATOR_SYNACK
                                 : TV_INITIATOR_SYN;
        out->handshake = (uint8_t)handshake(tracker, conn);
        teardown(tracker, conn, out);
        for (unsigned i = 0; i < 2; i++) {
                unsigned dir = i == 0 ? a : !a;

                out->addr[i] = tv_summary_address(&conn->key, dir, ipv6);
                out->port[i] = conn->key.port[dir];
                out->delay[i] = tv_timeline_delay(&conn->track, dir);
                direction(tracker, conn, dir, &out->dir[i]);
        }
        out->transitions = rows;
        first = tv_timeline(tracker, &conn->track, a, TV_A, &options, rows);
        out->transition_count = first + tv_timeline(tracker, &conn->track, !a, TV_B, &options, rows + first);
        out->state[TV_A] = out->state[TV_B] = TV_NO_STATE;
        for (size_t i = 0; i < out->transition_count; i++) {
                out->state[rows[i].end] = rows[i].to;
                if (rows[i].certainty == TV_TIMER && rows[i].from != TV_TIME_WAIT && out->teardown == TV_TEARDOWN_OPEN)
                        out->teardown = TV_TEARDOWN_ABANDONED;
        }
        out->turns = (conn->track.turns + 1) / 2;
        out->last_idle = out->dir[0].segments + out->dir[1].segments > 1 ? conn->idle : TV_NO_TIME;
        memcpy(out->zeek_conn_state, "", 1);
        strncat(out->zeek_conn_state, tv_zeek_conn_state(&conn->zeek), sizeof out->zeek_conn_state - 1);
        tv_zeek_history(&conn->zeek, out->zeek_history, sizeof out->zeek_history);
        tv_community_id(&conn->key, ipv6, out->community_id);
        out->time_handshake = out->time_a_app = out->time_b_app = TV_NO_TIME;
        out->time_network = out->time_recovery = out->time_teardown = TV_NO_TIME;
        icmp_errors(tv_track_icmp_notes(tracker, &conn->track), out);
        out->evicted = (conn->bits & TV_CONN_EVICTED) != 0;
        out->chosen = (conn->bits & TV_CONN_CHOSEN) != 0;
        out->findings = NULL;
        out->finding_count = 0;
}
