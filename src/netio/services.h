/* Names of well-known ports, as \SystemRoot\System32\drivers\etc\services lists them on Windows. */
#ifndef NETIO_SERVICES_H
#define NETIO_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

/* The port of a service, or 0. `name` compares without regard to case. */
uint16_t service_port(const char *name, bool datagram);
/* The name of a port, or NULL. */
const char *service_name(uint16_t port, bool datagram);

#endif
