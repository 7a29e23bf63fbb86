/* sysctl.h - a host's own settings, from the output of `sysctl -a`, in place of assumed defaults. */
#ifndef TV_SYSCTL_H
#define TV_SYSCTL_H

#include "analyzer/engine/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TV_SYSCTL_MESSAGE 200
#define TV_SYSCTL_TEXT    600

/* The settings that are read; sysctl.c has their names, limits and defaults. */
enum tv_sysctl_id {
        TV_SYSCTL_SYN_RETRIES,
        TV_SYSCTL_SYN_LINEAR_TIMEOUTS,
        TV_SYSCTL_SYNACK_RETRIES,
        TV_SYSCTL_RETRIES2,
        TV_SYSCTL_ORPHAN_RETRIES,
        TV_SYSCTL_FIN_TIMEOUT,
        TV_SYSCTL_KEEPALIVE_TIME,
        TV_SYSCTL_KEEPALIVE_INTVL,
        TV_SYSCTL_KEEPALIVE_PROBES,
        TV_SYSCTL_RTO_MIN_US,
        TV_SYSCTL_RTO_MAX_MS,
        TV_SYSCTL_MAX_SYN_BACKLOG,
        TV_SYSCTL_SOMAXCONN,
        TV_SYSCTL_SYNCOOKIES,
        TV_SYSCTL_ABORT_ON_OVERFLOW,
        TV_SYSCTL_MAX_TW_BUCKETS,
        TV_SYSCTL_MAX_ORPHANS,
        TV_SYSCTL_TW_REUSE,
        TV_SYSCTL_PORT_LOW, /* both of one line */
        TV_SYSCTL_PORT_HIGH,
        TV_SYSCTLS
};

struct tv_sysctl {
        bool given[TV_SYSCTLS];
        long long value[TV_SYSCTLS];
};

/* tv_sysctl_read reads lines "net.ipv4.tcp_syn_retries = 6" from |in|, up to a limit that no host's settings reach.
 * Lines that it does not know are passed over; of a setting that comes twice the last counts.
 * False, with one line in |message| (no newline), where a setting that it knows has a value that it cannot have, where
 * it finds no setting at all, or |in| cannot be read. */
bool tv_sysctl_read(FILE *in, struct tv_sysctl *settings, char message[TV_SYSCTL_MESSAGE]);

/* Replaces what |profile| assumes. */
void tv_sysctl_apply(const struct tv_sysctl *settings, struct tv_profile *profile);

/* What was read, for the report: those that are not as by default, with it: "tcp_syn_retries 3 (default 6), ..." */
void tv_sysctl_tell(const struct tv_sysctl *settings, char text[TV_SYSCTL_TEXT]);

#endif
