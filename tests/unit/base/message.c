#include "unit.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/message.h"
#include "base/writer.h"

static bool parse(struct message *m, const char *line)
{
    return message_parse(m, line, strlen(line));
}

TEST(a_message_is_a_word_and_pairs)
{
    struct message m;
    uint64_t n;

    CHECK(parse(&m, "read handle=3 length=0x10 data=7"));
    CHECK_STR(m.word, "read");
    CHECK_EQ(m.count, 3);
    CHECK_STR(message_value(&m, "handle"), "3");
    CHECK(!message_value(&m, "hand"));
    CHECK(message_number(&m, "length", 0, 100, &n));
    CHECK_EQ(n, 16);
    CHECK(message_number(&m, "offset", 5, 100, &n));
    CHECK_EQ(n, 5);
    CHECK_EQ(m.size, 7);
}

TEST(what_was_written_is_read_back)
{
    struct message_line line;
    struct message m;

    message_begin(&line, "open");
    message_add(&line, "name", "\\\\.\\A device = 100% \x7f\n\xc3\xa4");
    message_add(&line, "empty", "");
    message_add_number(&line, "n", UINT64_MAX);
    CHECK(message_end(&line, 12));
    CHECK_EQ(line.text[line.length - 1], '\n');
    CHECK(message_parse(&m, line.text, line.length - 1));
    CHECK_STR(message_value(&m, "name"), "\\\\.\\A device = 100% \x7f\n\xc3\xa4");
    CHECK_STR(message_value(&m, "empty"), "");
    CHECK_STR(message_value(&m, "n"), "18446744073709551615");
    CHECK_EQ(m.size, 12);
}

TEST(a_malformed_line_is_refused_with_a_sentence)
{
    static const char *const bad[] = { "", "  ", "a b", "a =b", "a b=%", "a b=%4", "a b=%g0", "a b=%00", "a data=x", "a data=-1",
                                       "a data=16777217", "a b=\tc", "a data=1 data" };
    struct message m;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error_set("nothing");
        CHECK(!parse(&m, bad[i]));
        CHECK(strcmp(error_text(), "nothing"));
    }
}

TEST(too_many_keys_and_too_long_lines_are_refused)
{
    char line[MESSAGE_LINE + 1] = "a";
    struct message_line out;
    struct message m;

    for (unsigned i = 0; i <= MESSAGE_KEYS; i++)
        strcat(line, " k=v");
    CHECK(!parse(&m, line));
    CHECK_CONTAINS(error_text(), "keys");
    memset(line, 'a', MESSAGE_LINE);
    CHECK(!message_parse(&m, line, MESSAGE_LINE));
    line[MESSAGE_LINE - 1] = 0;
    message_begin(&out, "x");
    message_add(&out, "k", line);
    CHECK(!message_end(&out, 0));
}

TEST(text_grows_and_JSON_is_escaped)
{
    struct writer w = { 0 };

    for (int i = 0; i < 1000; i++)
        write_text(&w, "%d,", i);
    CHECK_EQ(w.size, 3890);
    CHECK_EQ(strlen(w.text), w.size);
    writer_free(&w);
    write_json_field(&w, "a", "\"\\\n");
    CHECK_STR(w.text, "\"a\":\"\\\"\\\\\\u000a\",");
    writer_free(&w);
}
