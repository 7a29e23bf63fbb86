/* diag_host.h - what is wrong with a host, a listener or a path: concluded in the end from the tables of
 * analyzer/host; one file per theme. */
#ifndef TV_DIAG_HOST_H
#define TV_DIAG_HOST_H

#include "analyzer/diagnose/diagnose.h"
#include "analyzer/host/series.h"

#define TV_HOST_FINDINGS 96

/* Digests of one service, or of one client, in the order of their start. */
struct tv_digests {
        const struct tv_digest **at;
        size_t count;
};

struct tv_host_findings {
        struct tv_finding at[TV_HOST_FINDINGS];
        unsigned cause[TV_HOST_FINDINGS]; /* index + 1 of what a finding follows from, 0: nothing here */
        size_t count;
        uint64_t left_out;
};

struct tv_host_view {
        const struct tv_host_case *subject;
        const struct tv_hosts *hosts;
        const struct tv_series *series;
        const struct tv_digest **by_service[2], **by_client[2]; /* by enum tv_digest_kind */
        tv_time end;
        struct tv_host_findings *findings;
};

/* The digests of |kind| whose service or client is |number|. */
struct tv_digests tv_host_of_service(const struct tv_host_view *view, enum tv_digest_kind kind, uint32_t number);
struct tv_digests tv_host_of_client(const struct tv_host_view *view, enum tv_digest_kind kind, uint32_t number);

/* A new finding about subject |number|; NULL when there are too many. */
struct tv_finding *tv_host_finding(struct tv_host_view *view, uint32_t number, const char *code,
                                   enum tv_confidence confidence, enum tv_blame blame);
/* The finding of |code| about subject |number|, or NULL. */
struct tv_finding *tv_host_found(const struct tv_host_view *view, uint32_t number, const char *code);
/* The finding of |code| about the host |address| as a whole, or NULL. */
struct tv_finding *tv_host_found_at(const struct tv_host_view *view, const struct tv_address *address,
                                    const char *code);
/* |effect| follows from |cause|; both are of this view. */
void tv_host_caused_by(struct tv_host_view *view, const struct tv_finding *effect, const struct tv_finding *cause);

/* "192.0.2.1:80", "[2001:db8::1]:80"; without a port where |port| is 0. */
#define TV_PLACE_TEXT 56
const char *tv_place_text(const struct tv_address *address, uint16_t port, char text[TV_PLACE_TEXT]);
const char *tv_subject_text(const struct tv_host_view *view, uint32_t number, char text[TV_PLACE_TEXT]);

static inline double
tv_in_seconds(tv_time time)
{
        return (double)time / 1e9;
}

/* "net.core.somaxconn (128)", as told by the host; else "net.core.somaxconn (4096 by default)", or without a |fallback|
 * only the name. */
#define TV_SETTING_TEXT 80
const char *tv_setting_text(const struct tv_setting *setting, const char *name, const char *fallback,
                            char text[TV_SETTING_TEXT]);

/* The |percent|-th percentile of |times| (nearest rank), which it sorts; 0 without any. */
tv_time tv_time_percentile(tv_time *times, size_t count, unsigned percent);

/* Were the packets captured at the host |address|? */
bool tv_host_is_here(const struct tv_host_view *view, const struct tv_address *address);

void tv_diagnose_host_opening(struct tv_host_view *view); /* floods, backlogs, accept queues, scans */
void tv_diagnose_host_piles(struct tv_host_view *view);   /* states that pile up, who closes first, ports */
void tv_diagnose_host_outage(struct tv_host_view *view);  /* services and hosts that are down, shut down, come back */
void tv_diagnose_host_answers(struct tv_host_view *view); /* SYN-ACKs that are poorer than others: cookies, options */
void tv_diagnose_host_idle(struct tv_host_view *view);    /* who forgets idle connections */

#endif
