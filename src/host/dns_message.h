/* Questions and answers of the domain name system (RFC 1035, 3596) as bytes. The C library's name-server functions do
 * the parsing; nothing here sends, waits or remembers. */
#ifndef HOST_DNS_MESSAGE_H
#define HOST_DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_SIZE 256               /* a name in text, with its NUL */
#define DNS_QUERY_SIZE 272              /* the longest question */
#define DNS_ANSWERS 16

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28 };

enum dns_outcome {
    DNS_FOUND,
    DNS_NO_NAME,                        /* the name does not exist */
    DNS_NO_DATA,                        /* it exists, without records of this type */
    DNS_TRUNCATED,                      /* ask again by TCP */
    DNS_SERVER_FAILED,                  /* this server cannot or will not answer: ask another */
    DNS_FOREIGN                         /* not the answer to this question, or malformed */
};

struct dns_answer {
    unsigned count;
    uint8_t address[DNS_ANSWERS][16];   /* 4 bytes of each for DNS_A; none for DNS_PTR */
    char name[DNS_NAME_SIZE];           /* the canonical name; for DNS_PTR what the address is called */
};

/* Writes a recursive question; returns its length, or 0 when `name` is not a domain name (an empty or long label, a name
 * longer than 253 characters, a character that is neither ASCII letter, digit, hyphen nor underscore). */
size_t dns_message_query(uint8_t message[DNS_QUERY_SIZE], uint16_t id, const char *name, enum dns_type type);
/* Reads what came back for that question. Aliases are followed inside the message. */
enum dns_outcome dns_message_answer(const uint8_t *message, size_t size, uint16_t id, const char *name, enum dns_type type,
                                    struct dns_answer *answer);
/* The name under which an address is looked up: 4 or 16 bytes to "1.2.0.192.in-addr.arpa" and the like. */
void dns_reverse_name(const uint8_t *address, size_t size, char name[DNS_NAME_SIZE]);

#endif
