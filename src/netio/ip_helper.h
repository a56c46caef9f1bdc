/* The IP Helper's beginning and end, for the machine. */
#ifndef NETIO_IP_HELPER_H
#define NETIO_IP_HELPER_H

#include <stdbool.h>
#include <stdint.h>

/* After TCP/IP. PASSIVE_LEVEL, inside. */
bool ip_helper_open(void);
/* Every notification callback that was on its way has returned. What drivers left registered is forgotten; the leak rule has
 * named it by its pool block. */
void ip_helper_close(void);

/* The image in [base, base + size) goes: the notifications that it left registered are ended. */
void ip_driver_gone(uint64_t base, uint64_t size);
bool ip_driver_has_left(uint64_t base, uint64_t size);

#endif
