#include <arpa/nameser.h>
#include <ctype.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "host/dns_message.h"

#define ALIASES_MAX 16

/* --- questions ---------------------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    size_t label = 0, length = strlen(name);

    if (length && name[length - 1] == '.')
        length--;
    if (length == 0 || length > 253)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if ((!isalnum(c) && c != '-' && c != '_') || ++label > 63) {
            return false;
        }
    }
    return label > 0;
}

size_t dns_message_query(uint8_t message[DNS_QUERY_SIZE], uint16_t id, const char *name, enum dns_type type)
{
    static const uint8_t rest[] = { 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };     /* recursion desired; one question */
    uint8_t *at = message + NS_HFIXEDSZ;

    if (!is_name(name))
        return 0;
    ns_put16(id, message);
    memcpy(message + 2, rest, sizeof rest);
    int length = ns_name_compress(name, at, DNS_QUERY_SIZE - NS_HFIXEDSZ - NS_QFIXEDSZ, NULL, NULL);
    if (length < 0)
        return 0;
    at += length;
    ns_put16(type, at);
    ns_put16(ns_c_in, at + 2);
    return (size_t)(at + NS_QFIXEDSZ - message);
}

void dns_reverse_name(const uint8_t *address, size_t size, char name[DNS_NAME_SIZE])
{
    char *at = name;

    for (size_t i = size; i-- > 0;)
        at += size == 4 ? sprintf(at, "%u.", address[i]) : sprintf(at, "%x.%x.", address[i] & 15, address[i] >> 4);
    strcpy(at, size == 4 ? "in-addr.arpa" : "ip6.arpa");
}

/* --- answers ------------------------------------------------------------------------------------------------ */

/* Without regard to case (RFC 4343) and to a dot at the end. */
static bool same_name(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);

    n -= n && a[n - 1] == '.';
    m -= m && b[m - 1] == '.';
    return n == m && strncasecmp(a, b, n) == 0;
}

static bool is_ours(ns_msg *m, uint16_t id, const char *name, enum dns_type type)
{
    ns_rr question;

    return ns_msg_id(*m) == id && ns_msg_getflag(*m, ns_f_qr) && ns_msg_count(*m, ns_s_qd) == 1 &&
           ns_parserr(m, ns_s_qd, 0, &question) == 0 && ns_rr_type(question) == (ns_type)type &&
           ns_rr_class(question) == ns_c_in && same_name(ns_rr_name(question), name);
}

static bool find_alias(ns_msg *m, char name[DNS_NAME_SIZE])
{
    ns_rr record;

    for (int i = 0; i < ns_msg_count(*m, ns_s_an); i++)
        if (ns_parserr(m, ns_s_an, i, &record) == 0 && ns_rr_type(record) == ns_t_cname &&
            same_name(ns_rr_name(record), name)) {
            char target[NS_MAXDNAME];
            if (ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), ns_rr_rdata(record), target, sizeof target) < 0 ||
                strlen(target) >= DNS_NAME_SIZE)
                return false;
            strcpy(name, target);
            return true;
        }
    return false;
}

static bool take(ns_msg *m, const ns_rr *record, enum dns_type type, struct dns_answer *answer)
{
    size_t size = type == DNS_A ? 4 : 16;

    if (type == DNS_PTR) {
        char target[NS_MAXDNAME];
        if (ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), ns_rr_rdata(*record), target, sizeof target) < 0 ||
            strlen(target) >= DNS_NAME_SIZE)
            return false;
        strcpy(answer->name, target);
        answer->count = 1;
        return true;
    }
    if (ns_rr_rdlen(*record) != size || answer->count == countof(answer->address))
        return false;
    memcpy(answer->address[answer->count++], ns_rr_rdata(*record), size);
    return true;
}

enum dns_outcome dns_message_answer(const uint8_t *message, size_t size, uint16_t id, const char *name, enum dns_type type,
                                    struct dns_answer *answer)
{
    char owner[DNS_NAME_SIZE];
    ns_msg m;

    memset(answer, 0, sizeof *answer);
    if (size > 65535 || strlen(name) >= sizeof owner || ns_initparse(message, (int)size, &m) < 0 ||
        !is_ours(&m, id, name, type))
        return DNS_FOREIGN;
    if (ns_msg_getflag(m, ns_f_tc))
        return DNS_TRUNCATED;
    unsigned rcode = (unsigned)ns_msg_getflag(m, ns_f_rcode);
    if (rcode == ns_r_nxdomain)
        return DNS_NO_NAME;
    if (rcode != ns_r_noerror)
        return DNS_SERVER_FAILED;
    strcpy(owner, name);
    for (int n = 0; n < ALIASES_MAX && find_alias(&m, owner); n++)
        ;
    for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
        ns_rr record;
        if (ns_parserr(&m, ns_s_an, i, &record) == 0 && ns_rr_type(record) == (ns_type)type &&
            ns_rr_class(record) == ns_c_in && same_name(ns_rr_name(record), owner))
            take(&m, &record, type, answer);
    }
    if (!answer->count)
        return DNS_NO_DATA;
    if (type != DNS_PTR)
        strcpy(answer->name, owner);
    return DNS_FOUND;
}
