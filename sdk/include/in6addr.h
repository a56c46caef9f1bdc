/* An IPv6 address, in network byte order. docs: in6addr/ns-in6addr-in6_addr */
#ifndef RING3_IN6ADDR_H
#define RING3_IN6ADDR_H

#include <ntdef.h>

typedef struct in6_addr {
    union {
        UCHAR Byte[16];
        USHORT Word[8];
    } u;
} IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;
RING3_SIZE(IN6_ADDR, 16);

#define in_addr6 in6_addr
#define _S6_un u
#define _S6_u8 Byte
#define s6_addr _S6_un._S6_u8
#define s6_bytes u.Byte
#define s6_words u.Word

#endif
