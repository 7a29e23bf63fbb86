#include "report/explainer.h"

#include <string.h>

#define SLACK INT64_C(1000000000)

void
tv_explainer_take(struct tv_explainer *explainer, const struct tv_finding *finding)
{
        *explainer = (struct tv_explainer){.explains = finding->explains,
                                           .has_address = finding->has_address,
                                           .address = finding->address,
                                           .port = finding->port,
                                           .time = finding->time,
                                           .until = finding->until};
}

bool
tv_explains_code(const struct tv_explainer *explainer, const char *code, size_t length)
{
        const char *p = explainer->explains;

        while (p != NULL && *p != '\0') {
                size_t word = strcspn(p, " ");

                if (word == length && memcmp(p, code, length) == 0)
                        return true;
                p += word + (p[word] == ' ');
        }
        return false;
}

bool
tv_explains_place(const struct tv_explainer *explainer, const struct tv_address *address, uint16_t port)
{
        return explainer->has_address && address->ipv6 == explainer->address.ipv6 &&
               memcmp(address->byte, explainer->address.byte, address->ipv6 ? 16 : 4) == 0 &&
               (explainer->port == 0 || explainer->port == port);
}

bool
tv_explains_moment(const struct tv_explainer *explainer, tv_time time, tv_time until)
{
        if (time == TV_NO_TIME || explainer->time == TV_NO_TIME || explainer->until == TV_NO_TIME)
                return false;
        return time <= explainer->until + SLACK && (until == TV_NO_TIME ? time : until) >= explainer->time - SLACK;
}
