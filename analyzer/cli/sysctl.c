#include "analyzer/cli/sysctl.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* More than sysctl -a prints anywhere: a device or a capture given by mistake ends here. */
#define OCTETS_MOST (8u << 20)

/* Names, limits and defaults as in Documentation/networking/ip-sysctl.rst of Linux. */
static const struct {
        const char *name;
        long long least, most;
        long long fallback; /* the default; -1: it depends on the host or its kernel */
} known[TV_SYSCTLS] = {
        [TV_SYSCTL_SYN_RETRIES] = {"net.ipv4.tcp_syn_retries", 1, 127, 6},
        [TV_SYSCTL_SYN_LINEAR_TIMEOUTS] = {"net.ipv4.tcp_syn_linear_timeouts", 0, 127, 4},
        [TV_SYSCTL_SYNACK_RETRIES] = {"net.ipv4.tcp_synack_retries", 0, 255, 5},
        [TV_SYSCTL_RETRIES2] = {"net.ipv4.tcp_retries2", 0, 255, 15},
        [TV_SYSCTL_ORPHAN_RETRIES] = {"net.ipv4.tcp_orphan_retries", 0, 255, 0},
        [TV_SYSCTL_FIN_TIMEOUT] = {"net.ipv4.tcp_fin_timeout", 0, 2147483, 60},
        [TV_SYSCTL_KEEPALIVE_TIME] = {"net.ipv4.tcp_keepalive_time", 0, INT32_MAX, 7200},
        [TV_SYSCTL_KEEPALIVE_INTVL] = {"net.ipv4.tcp_keepalive_intvl", 0, INT32_MAX, 75},
        [TV_SYSCTL_KEEPALIVE_PROBES] = {"net.ipv4.tcp_keepalive_probes", 0, 255, 9},
        [TV_SYSCTL_RTO_MIN_US] = {"net.ipv4.tcp_rto_min_us", 1, INT32_MAX, 200000},
        [TV_SYSCTL_RTO_MAX_MS] = {"net.ipv4.tcp_rto_max_ms", 1000, 120000, 120000},
        [TV_SYSCTL_MAX_SYN_BACKLOG] = {"net.ipv4.tcp_max_syn_backlog", 0, INT32_MAX, -1},
        [TV_SYSCTL_SOMAXCONN] = {"net.core.somaxconn", 0, INT32_MAX, 4096},
        [TV_SYSCTL_SYNCOOKIES] = {"net.ipv4.tcp_syncookies", 0, 2, 1},
        [TV_SYSCTL_ABORT_ON_OVERFLOW] = {"net.ipv4.tcp_abort_on_overflow", 0, 255, 0},
        [TV_SYSCTL_MAX_TW_BUCKETS] = {"net.ipv4.tcp_max_tw_buckets", 0, INT32_MAX, -1},
        [TV_SYSCTL_MAX_ORPHANS] = {"net.ipv4.tcp_max_orphans", 0, INT32_MAX, -1},
        [TV_SYSCTL_TW_REUSE] = {"net.ipv4.tcp_tw_reuse", 0, 2, 2},
        [TV_SYSCTL_PORT_LOW] = {"net.ipv4.ip_local_port_range", 1, 65535, 32768},
        [TV_SYSCTL_PORT_HIGH] = {NULL, 1, 65535, 60999}, /* the second number of the same line */
};

/* Which setting |line| is about, or TV_SYSCTLS; *value is what follows the "=". */
static enum tv_sysctl_id
find(const char *line, const char **value)
{
        size_t length = strcspn(line, " \t=\r\n");
        const char *p = line + length;
        p += strspn(p, " \t");
        if (*p != '=')
                return TV_SYSCTLS;
        *value = p + 1 + strspn(p + 1, " \t");
        for (int i = 0; i < TV_SYSCTLS; i++) {
                if (known[i].name != NULL && strlen(known[i].name) == length &&
                    memcmp(known[i].name, line, length) == 0)
                        return (enum tv_sysctl_id)i;
        }
        return TV_SYSCTLS;
}

/* Digits within the limits, and what blanks follow; *text is behind them. */
static bool
take_number(const char **text, long long least, long long most, long long *value)
{
        long long number = 0;
        const char *p = *text;
        for (; *p >= '0' && *p <= '9'; p++) {
                number = number * 10 + (*p - '0');
                if (number > most)
                        return false;
        }
        if (p == *text || number < least)
                return false;
        *text = p + strspn(p, " \t\r\n");
        *value = number;
        return true;
}

/* The value of setting |id| up to the end of the line. */
static bool
take(const char *text, enum tv_sysctl_id id, struct tv_sysctl *settings)
{
        if (!take_number(&text, known[id].least, known[id].most, &settings->value[id]))
                return false;
        if (id == TV_SYSCTL_PORT_LOW) {
                if (!take_number(&text, settings->value[id], known[TV_SYSCTL_PORT_HIGH].most,
                                 &settings->value[TV_SYSCTL_PORT_HIGH]))
                        return false;
                settings->given[TV_SYSCTL_PORT_HIGH] = true;
        }
        settings->given[id] = true;
        return *text == '\0';
}

bool
tv_sysctl_read(FILE *in, struct tv_sysctl *settings, char message[TV_SYSCTL_MESSAGE])
{
        *settings = (struct tv_sysctl){0};
        char line[256];
        size_t length = 0, octets = 0;
        unsigned long number = 1;
        bool any = false, too_long = false;
        message[0] = '\0';
        for (;;) {
                int c = getc(in);
                if (c != EOF && ++octets > OCTETS_MOST) {
                        snprintf(message, TV_SYSCTL_MESSAGE, "more than %u octets: no output of sysctl -a",
                                 OCTETS_MOST);
                        return false;
                }
                if (c != EOF && c != '\n') {
                        if (length + 1 < sizeof line)
                                line[length++] = c != '\0' ? (char)c : '?';
                        else
                                too_long = true;
                        continue;
                }
                line[length] = '\0';
                const char *value;
                enum tv_sysctl_id id = find(line + strspn(line, " \t"), &value);
                if (id < TV_SYSCTLS) {
                        if (too_long || !take(value, id, settings)) {
                                snprintf(message, TV_SYSCTL_MESSAGE, "line %lu: %s is %s from %lld to %lld, not %.60s",
                                         number, known[id].name, id == TV_SYSCTL_PORT_LOW ? "two numbers" : "a number",
                                         known[id].least, known[id].most, value);
                                return false;
                        }
                        any = true;
                }
                length = 0;
                too_long = false;
                number++;
                if (c == EOF)
                        break;
        }
        if (ferror(in))
                snprintf(message, TV_SYSCTL_MESSAGE, "%s", strerror(errno));
        else if (!any)
                snprintf(message, TV_SYSCTL_MESSAGE, "no setting of TCP in it: it is to be the output of sysctl -a");
        return message[0] == '\0';
}

static struct tv_setting
told(const struct tv_sysctl *s, enum tv_sysctl_id id)
{
        return (struct tv_setting){s->given[id], s->value[id]};
}

void
tv_sysctl_apply(const struct tv_sysctl *s, struct tv_profile *profile)
{
        static const tv_time second = INT64_C(1000000000);
        if (s->given[TV_SYSCTL_SYN_RETRIES])
                profile->syn_retries = (unsigned)s->value[TV_SYSCTL_SYN_RETRIES];
        if (s->given[TV_SYSCTL_SYN_LINEAR_TIMEOUTS])
                profile->syn_linear_retries = (unsigned)s->value[TV_SYSCTL_SYN_LINEAR_TIMEOUTS];
        if (s->given[TV_SYSCTL_SYNACK_RETRIES])
                profile->synack_retries = (unsigned)s->value[TV_SYSCTL_SYNACK_RETRIES];
        if (s->given[TV_SYSCTL_RETRIES2])
                profile->retries2 = (unsigned)s->value[TV_SYSCTL_RETRIES2];
        if (s->given[TV_SYSCTL_ORPHAN_RETRIES]) /* the kernel takes 0 for 8 */
                profile->orphan_retries =
                        s->value[TV_SYSCTL_ORPHAN_RETRIES] != 0 ? (unsigned)s->value[TV_SYSCTL_ORPHAN_RETRIES] : 8;
        if (s->given[TV_SYSCTL_RTO_MIN_US])
                profile->rto_min = s->value[TV_SYSCTL_RTO_MIN_US] * 1000;
        if (s->given[TV_SYSCTL_RTO_MAX_MS])
                profile->rto_max = s->value[TV_SYSCTL_RTO_MAX_MS] * 1000000;
        profile->somaxconn = told(s, TV_SYSCTL_SOMAXCONN);
        profile->max_syn_backlog = told(s, TV_SYSCTL_MAX_SYN_BACKLOG);
        profile->syncookies = told(s, TV_SYSCTL_SYNCOOKIES);
        profile->abort_on_overflow = told(s, TV_SYSCTL_ABORT_ON_OVERFLOW);
        profile->max_tw_buckets = told(s, TV_SYSCTL_MAX_TW_BUCKETS);
        profile->max_orphans = told(s, TV_SYSCTL_MAX_ORPHANS);
        profile->tw_reuse = told(s, TV_SYSCTL_TW_REUSE);
        profile->port_low = told(s, TV_SYSCTL_PORT_LOW);
        profile->port_high = told(s, TV_SYSCTL_PORT_HIGH);
        if (s->given[TV_SYSCTL_KEEPALIVE_TIME])
                profile->keepalive_time = s->value[TV_SYSCTL_KEEPALIVE_TIME] * second;
        if (s->given[TV_SYSCTL_KEEPALIVE_INTVL])
                profile->keepalive_interval = s->value[TV_SYSCTL_KEEPALIVE_INTVL] * second;
        if (s->given[TV_SYSCTL_KEEPALIVE_PROBES])
                profile->keepalive_probes = (unsigned)s->value[TV_SYSCTL_KEEPALIVE_PROBES];
        if (s->given[TV_SYSCTL_FIN_TIMEOUT]) {
                /* An orphan lives for 3.5 times its RTO at least. */
                tv_time least = profile->rto_min / 2 * 7, timeout = s->value[TV_SYSCTL_FIN_TIMEOUT] * second;
                profile->fin_wait_2 = timeout > least ? timeout : least;
        }
}

void
tv_sysctl_tell(const struct tv_sysctl *settings, char text[TV_SYSCTL_TEXT])
{
        size_t length = 0;
        text[0] = '\0';
        for (int i = 0; i < TV_SYSCTLS && length < TV_SYSCTL_TEXT; i++) {
                bool range = i == TV_SYSCTL_PORT_LOW;
                if (known[i].name == NULL || !settings->given[i] ||
                    (settings->value[i] == known[i].fallback &&
                     (!range || settings->value[i + 1] == known[i + 1].fallback)))
                        continue;
                length += (size_t)snprintf(text + length, TV_SYSCTL_TEXT - length, "%s%s %lld", length > 0 ? ", " : "",
                                           strrchr(known[i].name, '.') + 1, settings->value[i]);
                if (range && length < TV_SYSCTL_TEXT)
                        length += (size_t)snprintf(text + length, TV_SYSCTL_TEXT - length,
                                                   " to %lld (default %lld to %lld)", settings->value[i + 1],
                                                   known[i].fallback, known[i + 1].fallback);
                else if (known[i].fallback >= 0 && length < TV_SYSCTL_TEXT)
                        length += (size_t)snprintf(text + length, TV_SYSCTL_TEXT - length, " (default %lld)",
                                                   known[i].fallback);
        }
        if (length == 0)
                snprintf(text, TV_SYSCTL_TEXT, "all as by default");
}
