#include "unit.h"

#include "host/dns_message.h"

/* --- messages as a server writes them ------------------------------------------------------------------------- */

struct message {
    uint8_t bytes[1024];
    size_t size;
};

static void put16(struct message *m, unsigned value)
{
    m->bytes[m->size++] = (uint8_t)(value >> 8);
    m->bytes[m->size++] = (uint8_t)value;
}

static void put_name(struct message *m, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        m->bytes[m->size++] = (uint8_t)n;
        memcpy(m->bytes + m->size, name, n);
        m->size += n;
        name += n + (name[n] == '.');
    }
    m->bytes[m->size++] = 0;
}

static struct message reply(const char *name, enum dns_type type, unsigned flags, unsigned answers)
{
    struct message m = { .size = 0 };

    put16(&m, 7);
    put16(&m, 0x8180 | flags);
    put16(&m, 1);
    put16(&m, answers);
    put16(&m, 0);
    put16(&m, 0);
    put_name(&m, name);
    put16(&m, type);
    put16(&m, 1);
    return m;
}

static void put_record(struct message *m, const char *name, unsigned type, const void *data, unsigned size)
{
    put_name(m, name);
    put16(m, type);
    put16(m, 1);
    put16(m, 0);
    put16(m, 60);
    put16(m, size);
    memcpy(m->bytes + m->size, data, size);
    m->size += size;
}

/* --- */

TEST(a_question_is_written_as_rfc_1035_says)
{
    static const uint8_t expected[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 2, 'b', 'c', 0, 0, 28, 0, 1 };
    uint8_t query[DNS_QUERY_SIZE];

    CHECK_EQ(dns_message_query(query, 0x1234, "a.bc", DNS_AAAA), sizeof expected);
    CHECK(!memcmp(query, expected, sizeof expected));
    CHECK_EQ(dns_message_query(query, 0x1234, "a.bc.", DNS_AAAA), sizeof expected);
}

TEST(what_is_no_domain_name_is_not_asked_for)
{
    char label[66], name[300] = "";
    uint8_t query[DNS_QUERY_SIZE];

    memset(label, 'x', sizeof label);
    label[64] = 0;
    CHECK_EQ(dns_message_query(query, 1, label, DNS_A), 0);
    label[63] = 0;
    CHECK(dns_message_query(query, 1, label, DNS_A) > 0);
    for (int i = 0; i < 127; i++)
        strcat(name, i ? ".x" : "x");
    CHECK_EQ(strlen(name), 253);
    CHECK(dns_message_query(query, 1, name, DNS_A) > 0);
    CHECK_EQ(dns_message_query(query, 1, strcat(name, "y"), DNS_A), 0);
    CHECK_EQ(dns_message_query(query, 1, "", DNS_A), 0);
    CHECK_EQ(dns_message_query(query, 1, ".", DNS_A), 0);
    CHECK_EQ(dns_message_query(query, 1, "a..b", DNS_A), 0);
    CHECK_EQ(dns_message_query(query, 1, "a b", DNS_A), 0);
    CHECK_EQ(dns_message_query(query, 1, "a\\046b", DNS_A), 0);
}

TEST(every_address_of_the_name_is_taken)
{
    struct message m = reply("Host.Example", DNS_A, 0, 3);
    struct dns_answer answer;

    put_record(&m, "host.example", DNS_A, "\1\2\3\4", 4);
    put_record(&m, "other.example", DNS_A, "\5\5\5\5", 4);
    put_record(&m, "HOST.example", DNS_A, "\4\3\2\1", 4);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, "host.example", DNS_A, &answer), DNS_FOUND);
    CHECK_EQ(answer.count, 2);
    CHECK(!memcmp(answer.address[0], "\1\2\3\4", 4));
    CHECK(!memcmp(answer.address[1], "\4\3\2\1", 4));
}

TEST(an_alias_is_followed_inside_the_answer)
{
    struct message m = reply("www.example", DNS_AAAA, 0, 2);
    struct dns_answer answer;

    put_record(&m, "www.example", 5, "\4real\7example", 14);
    put_record(&m, "real.example", DNS_AAAA, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, "www.example", DNS_AAAA, &answer), DNS_FOUND);
    CHECK_EQ(answer.count, 1);
    CHECK_STR(answer.name, "real.example");
}

TEST(aliases_in_a_circle_end)
{
    struct message m = reply("a", DNS_A, 0, 2);
    struct dns_answer answer;

    put_record(&m, "a", 5, "\1b", 3);
    put_record(&m, "b", 5, "\1a", 3);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, "a", DNS_A, &answer), DNS_NO_DATA);
}

TEST(a_name_for_an_address_is_found)
{
    static const uint8_t address[4] = { 192, 0, 2, 1 };
    char name[DNS_NAME_SIZE];
    struct dns_answer answer;

    dns_reverse_name(address, 4, name);
    CHECK_STR(name, "1.2.0.192.in-addr.arpa");
    struct message m = reply(name, DNS_PTR, 0, 1);
    put_record(&m, name, DNS_PTR, "\4host\7example", 14);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, name, DNS_PTR, &answer), DNS_FOUND);
    CHECK_STR(answer.name, "host.example");
}

TEST(an_ipv6_address_is_reversed_by_its_digits)
{
    static const uint8_t address[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x1f };
    char name[DNS_NAME_SIZE];

    dns_reverse_name(address, 16, name);
    CHECK_STR(name, "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(the_reply_code_says_whether_to_ask_elsewhere)
{
    struct message none = reply("a", DNS_A, 3, 0), failed = reply("a", DNS_A, 2, 0), empty = reply("a", DNS_A, 0, 0),
                   cut = reply("a", DNS_A, 0x200, 0);
    struct dns_answer answer;

    CHECK_EQ(dns_message_answer(none.bytes, none.size, 7, "a", DNS_A, &answer), DNS_NO_NAME);
    CHECK_EQ(dns_message_answer(failed.bytes, failed.size, 7, "a", DNS_A, &answer), DNS_SERVER_FAILED);
    CHECK_EQ(dns_message_answer(empty.bytes, empty.size, 7, "a", DNS_A, &answer), DNS_NO_DATA);
    CHECK_EQ(dns_message_answer(cut.bytes, cut.size, 7, "a", DNS_A, &answer), DNS_TRUNCATED);
}

TEST(an_answer_to_another_question_is_nobodys)
{
    struct message m = reply("a", DNS_A, 0, 1);
    struct dns_answer answer;

    put_record(&m, "a", DNS_A, "\1\2\3\4", 4);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 8, "a", DNS_A, &answer), DNS_FOREIGN);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, "b", DNS_A, &answer), DNS_FOREIGN);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, "a", DNS_AAAA, &answer), DNS_FOREIGN);
    for (size_t size = 0; size < m.size; size++)
        CHECK_EQ(dns_message_answer(m.bytes, size, 7, "a", DNS_A, &answer), DNS_FOREIGN);
    m.bytes[2] &= 0x7f;                 /* a question, not a reply */
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, "a", DNS_A, &answer), DNS_FOREIGN);
}

TEST(a_record_of_the_wrong_length_is_skipped)
{
    struct message m = reply("a", DNS_A, 0, 1);
    struct dns_answer answer;

    put_record(&m, "a", DNS_A, "\1\2\3\4\5", 5);
    CHECK_EQ(dns_message_answer(m.bytes, m.size, 7, "a", DNS_A, &answer), DNS_NO_DATA);
}
