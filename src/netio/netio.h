/* netio.sys, for the computer: opened after TCP/IP, closed before it. Inside NT, PASSIVE_LEVEL. */
#ifndef NETIO_NETIO_H
#define NETIO_NETIO_H

#include <stdbool.h>
#include <stdint.h>

bool netio_open(void);
void netio_close(void);

/* The image in [base, base + size) goes: nothing of netio.sys calls it from now on. Modules of others that are attached to
 * what it left registered are detached. After the rules have looked. */
void netio_driver_gone(uint64_t base, uint64_t size);
/* False when netio_driver_gone would have nothing to do. */
bool netio_driver_has_left(uint64_t base, uint64_t size);

#endif
