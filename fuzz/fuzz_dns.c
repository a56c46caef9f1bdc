/* Answers of name servers: the first byte chooses the question's type and name, the rest is the message; the transaction
 * number is written into it, so that the fuzzer gets past it. */
#include <stdlib.h>
#include <string.h>

#include "host/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_PTR };
    static const char *const names[] = { "a", "www.example", "1.2.0.192.in-addr.arpa" };
    struct dns_answer answer;

    if (size < 3)
        return 0;
    uint8_t *message = malloc(size - 1);
    memcpy(message, data + 1, size - 1);
    message[0] = 0;
    message[1] = 7;
    enum dns_outcome outcome =
        dns_message_answer(message, size - 1, 7, names[data[0] / 3 % 3], types[data[0] % 3], &answer);
    if ((outcome == DNS_FOUND) != (answer.count > 0) || answer.count > DNS_ANSWERS || !memchr(answer.name, 0, DNS_NAME_SIZE))
        abort();
    free(message);
    return 0;
}
