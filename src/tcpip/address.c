#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tcpip/tcpip.h"

static bool parse_port(const char *text, const char *whole, uint16_t *port)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (end == text || *end || value == 0 || value > 65535 || text[0] == '-' || text[0] == '+')
        return error_set("'%s' in '%s' is not a port number (1 to 65535)", text, whole);
    *port = (uint16_t)value;
    return true;
}

static bool parse_bytes(const char *text, const char *whole, struct tcpip_address *address)
{
    if (inet_pton(AF_INET, text, address->bytes) == 1)
        address->family = 4;
    else if (inet_pton(AF_INET6, text, address->bytes) == 1)
        address->family = 6;
    else
        return error_set("'%s' is not an IPv4 or IPv6 address", whole);
    return true;
}

bool tcpip_parse_address(const char *text, struct tcpip_address *address)
{
    char copy[TCPIP_ADDRESS_TEXT], *port = NULL, *start = copy;

    memset(address, 0, sizeof *address);
    if (strlen(text) >= sizeof copy)
        return error_set("'%.40s...' is too long for an address", text);
    strcpy(copy, text);
    if (copy[0] == '[') {
        char *close = strchr(copy, ']');
        if (!close || (close[1] && close[1] != ':'))
            return error_set("'%s' is not an address: expected [IPv6]:port", text);
        port = close[1] ? close + 2 : NULL;
        *close = 0;
        start++;
    } else if (strchr(copy, ':') && strchr(copy, ':') == strrchr(copy, ':')) {
        port = strchr(copy, ':') + 1;
        port[-1] = 0;
    }
    if (port && !parse_port(port, text, &address->port))
        return false;
    return parse_bytes(start, text, address);
}

const char *tcpip_format_address(const struct tcpip_address *address, char text[static TCPIP_ADDRESS_TEXT])
{
    char bytes[INET6_ADDRSTRLEN] = "none";

    if (address->family)
        inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, bytes, sizeof bytes);
    if (!address->port)
        snprintf(text, TCPIP_ADDRESS_TEXT, "%s", bytes);
    else
        snprintf(text, TCPIP_ADDRESS_TEXT, address->family == 6 ? "[%s]:%u" : "%s:%u", bytes, address->port);
    return text;
}
