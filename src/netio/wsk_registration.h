/* Registrations of drivers that go, for wsk_client.c. PASSIVE_LEVEL. */
#ifndef NETIO_WSK_REGISTRATION_H
#define NETIO_WSK_REGISTRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "netio/leaks.h"

void wsk_registrations_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct netio_leak *leak),
                            void *context);
bool wsk_registrations_left(uint64_t base, uint64_t size);
/* Deregisters them on behalf of a driver that will not; its sockets are gone already. */
void wsk_registrations_end(uint64_t base, uint64_t size);
/* After the registrar has forgotten everything. */
void wsk_registrations_free(void);

#endif
