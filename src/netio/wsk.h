/* Winsock Kernel, for netio.c: opened after the Network Module Registrar, closed before it. Inside NT, PASSIVE_LEVEL. */
#ifndef NETIO_WSK_H
#define NETIO_WSK_H

#include <stdbool.h>
#include <stdint.h>

#include "netio/leaks.h"

/* Registers the provider of NPI_WSK_INTERFACE_ID. False with error_text(). */
bool wsk_open(void);
void wsk_close(void);

/* Parts of netio_leaks_walk, netio_driver_gone and netio_driver_has_left. */
void wsk_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct netio_leak *leak), void *context);
void wsk_driver_gone(uint64_t base, uint64_t size);
bool wsk_driver_has_left(uint64_t base, uint64_t size);

#endif
