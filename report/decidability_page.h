/* decidability_page.h - the table of analyzer/diagnose/decidability.h for people and for scripts. */
#ifndef TV_DECIDABILITY_PAGE_H
#define TV_DECIDABILITY_PAGE_H

#include "report/out.h"

/* tv_decidability_page writes docs/decidability.md. */
void tv_decidability_page(struct tv_out *out);

/* tv_decidability_csv writes the table as CSV (RFC 4180), a row per event and capture point, for the tests of accuracy:
 * id, family, field, value, otherwise, point, verdict, evidence, why, event. */
void tv_decidability_csv(struct tv_out *out);

#endif
