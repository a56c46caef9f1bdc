#include <stddef.h>
#include <strings.h>

#include "base/util.h"
#include "netio/services.h"

enum { TCP = 1, UDP = 2, BOTH = 3 };

/* Of IANA's registry of service names, those that a driver or its test may ask for; the first name of a port is the one
 * it is called by. */
static const struct service {
    const char *name;
    uint16_t port;
    uint8_t kinds;
} services[] = {
    { "echo", 7, BOTH },          { "discard", 9, BOTH },      { "daytime", 13, BOTH },      { "qotd", 17, BOTH },
    { "chargen", 19, BOTH },      { "ftp-data", 20, TCP },     { "ftp", 21, TCP },           { "ssh", 22, TCP },
    { "telnet", 23, TCP },        { "smtp", 25, TCP },         { "time", 37, BOTH },         { "nicname", 43, TCP },
    { "domain", 53, BOTH },       { "bootps", 67, UDP },       { "bootpc", 68, UDP },        { "tftp", 69, UDP },
    { "gopher", 70, TCP },        { "finger", 79, TCP },       { "http", 80, TCP },          { "kerberos", 88, BOTH },
    { "pop3", 110, TCP },         { "sunrpc", 111, BOTH },     { "nntp", 119, TCP },         { "ntp", 123, UDP },
    { "epmap", 135, BOTH },       { "netbios-ns", 137, BOTH }, { "netbios-dgm", 138, UDP },  { "netbios-ssn", 139, TCP },
    { "imap", 143, TCP },         { "snmp", 161, UDP },        { "snmptrap", 162, UDP },     { "bgp", 179, TCP },
    { "ldap", 389, TCP },         { "https", 443, BOTH },      { "microsoft-ds", 445, BOTH }, { "kpasswd", 464, BOTH },
    { "isakmp", 500, UDP },       { "syslog", 514, UDP },      { "rtsp", 554, BOTH },        { "ldaps", 636, TCP },
    { "iscsi-target", 860, TCP }, { "ftps", 990, TCP },        { "imaps", 993, TCP },        { "pop3s", 995, TCP },
    { "ms-sql-s", 1433, BOTH },   { "radius", 1812, UDP },     { "nfsd", 2049, BOTH },       { "iscsi", 3260, TCP },
    { "ms-wbt-server", 3389, BOTH },                           { "ipsec-msft", 4500, UDP },  { "sip", 5060, BOTH },
    { "llmnr", 5355, UDP },       { "wsman", 5985, TCP },      { "nbd", 10809, TCP },
};

uint16_t service_port(const char *name, bool datagram)
{
    for (size_t i = 0; i < countof(services); i++)
        if ((services[i].kinds & (datagram ? UDP : TCP)) && strcasecmp(services[i].name, name) == 0)
            return services[i].port;
    return 0;
}

const char *service_name(uint16_t port, bool datagram)
{
    for (size_t i = 0; i < countof(services); i++)
        if ((services[i].kinds & (datagram ? UDP : TCP)) && services[i].port == port)
            return services[i].name;
    return NULL;
}
