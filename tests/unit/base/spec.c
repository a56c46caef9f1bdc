#include "unit.h"

#include "base/error.h"
#include "base/list.h"
#include "base/random.h"
#include "base/spec.h"

TEST(a_spec_is_kind_argument_and_pairs)
{
    struct spec spec;

    CHECK(spec_parse(&spec, "slirp:net,hostfwd=tcp:127.0.0.1:7:7,hostfwd=udp:x,mtu=9k"));
    CHECK_STR(spec.kind, "slirp");
    CHECK_STR(spec.argument, "net");
    CHECK_STR(spec_value(&spec, "hostfwd", 0), "tcp:127.0.0.1:7:7");
    CHECK_STR(spec_value(&spec, "hostfwd", 1), "udp:x");
    CHECK(!spec_value(&spec, "hostfwd", 2));
    uint64_t mtu;
    CHECK(spec_number(&spec, "mtu", 0, &mtu));
    CHECK_EQ(mtu, 9216);
    CHECK(spec_finish(&spec));
}

TEST(a_key_nobody_asked_for_is_named)
{
    struct spec spec;

    CHECK(spec_parse(&spec, "null,colour=red"));
    CHECK(!spec_finish(&spec));
    CHECK_CONTAINS(error_text(), "colour");
}

TEST(malformed_specs_get_a_sentence)
{
    struct spec spec;
    char text[700];
    uint64_t value;

    CHECK(!spec_parse(&spec, ""));
    CHECK(!spec_parse(&spec, "null,source"));
    CHECK_CONTAINS(error_text(), "key=value");
    CHECK(!spec_parse(&spec, "null,=5"));
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    CHECK(!spec_parse(&spec, text));
    CHECK(spec_parse(&spec, "null,n=-1,m=12x,big=99999999999999999999G"));
    CHECK(!spec_number(&spec, "n", 0, &value));
    CHECK(!spec_number(&spec, "m", 0, &value));
    CHECK(!spec_number(&spec, "big", 0, &value));
    CHECK(spec_number(&spec, "absent", 5, &value));
    CHECK_EQ(value, 5);
}

TEST(an_error_can_be_given_its_place)
{
    CHECK(!error_set("reason %d", 5));
    CHECK(!error_prefix("%s:%d", "file.inf", 12));
    CHECK_STR(error_text(), "file.inf:12: reason 5");
}

TEST(equal_seeds_give_equal_numbers_and_others_do_not)
{
    struct random a, b, c;
    int same = 0;

    random_seed(&a, 7);
    random_seed(&b, 7);
    random_seed(&c, 8);
    for (int i = 0; i < 100; i++) {
        uint64_t x = random_next(&a);
        CHECK_EQ(x, random_next(&b));
        same += x == random_next(&c);
        CHECK(random_below(&a, 10) < 10);
        random_next(&b);
    }
    CHECK(same < 2);
}

TEST(removing_a_list_node_twice_is_harmless)
{
    struct list head, node;

    list_init(&head);
    list_push_back(&head, &node);
    list_remove(&node);
    list_remove(&node);
    CHECK(list_empty(&head));
    CHECK(!list_pop_front(&head));
}
