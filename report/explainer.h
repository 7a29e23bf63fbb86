/* explainer.h - a finding of a host, and which findings of connections follow from it: those whose codes it names, of
 * connections to or from its address and port, in its time. */
#ifndef TV_EXPLAINER_H
#define TV_EXPLAINER_H

#include "analyzer/engine/result.h"

#include <stdbool.h>
#include <stddef.h>

/* What is needed of the finding. */
struct tv_explainer {
        const char *explains; /* static by contract; NULL: explains nothing */
        bool has_address;
        struct tv_address address;
        uint16_t port; /* 0: any */
        tv_time time, until;
};

void tv_explainer_take(struct tv_explainer *explainer, const struct tv_finding *finding);

/* Does it explain findings of this |code|, of |length| characters? */
bool tv_explains_code(const struct tv_explainer *explainer, const char *code, size_t length);

/* ... of connections one of whose ends is |address| and |port|? */
bool tv_explains_place(const struct tv_explainer *explainer, const struct tv_address *address, uint16_t port);

/* ... that began at |time| and ended at |until|?  What follows may come a little later.  Of several: when the last of
 * them began, and the first of them ended. */
bool tv_explains_moment(const struct tv_explainer *explainer, tv_time time, tv_time until);

#endif
