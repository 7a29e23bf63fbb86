/* services.h - the busiest listening addresses and ports, of however many, in bounded memory. */
#ifndef TV_SERVICES_H
#define TV_SERVICES_H

#include "report/phrase.h"

struct tv_services;

/* NULL when memory runs out. */
struct tv_services *tv_services_new(void);
void tv_services_free(struct tv_services *services);

/* Counts the connection for its responder's address and port. */
void tv_services_add(struct tv_services *services, const struct tv_connection *connection);

/* The table of the ten with most connections, and a line about the rest. */
void tv_services_print(const struct tv_services *services, const struct tv_layout *layout);

#endif
