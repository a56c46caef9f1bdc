/* The store's text: every kind of object and value survives it, and what is wrong in it is said with file, line and reason. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <string.h>

#include <fwpmk.h>
#include <fwpsk.h>

#include "base/error.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "fwp/store.h"
#include "machine/machine.h"
#include "ring3.h"
#include "unit.h"

#define A "{7b0d2f40-0000-0000-0000-00000000000a}"
#define B "{7b0d2f40-0000-0000-0000-00000000000b}"
#define LINE(text) text "\n"

static bool read_text(const char *text)
{
    struct fwp_session *session = fwp_session_begin();
    bool good = fwp_store_read(session, "f", text, strlen(text), FWP_RUNNING);

    session->loading = true;
    CHECK_EQ(fwp_session_end(session, good), STATUS_SUCCESS);
    return good;
}

static void run_inside(void (*run)(void *))
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    CHECK(machine_call(run, NULL));
    ring3_close(computer, NULL);
}

static const char everything[] =
    LINE(FWP_STORE_HEAD)
    LINE("provider " A)
    LINE("  name \"a \\\"quoted\\\" \\\\ name \\u00e9\\ud83d\\ude00\"")
    LINE("  description \"\"")
    LINE("  flags 0x1")
    LINE("  data 00ff10")
    LINE("  service \"svc\"")
    LINE("context " A)
    LINE("  name \"general\"")
    LINE("  flags 0x1")
    LINE("  provider " A)
    LINE("  general 0102")
    LINE("context " B)
    LINE("  name \"options\"")
    LINE("  flags 0x1")
    LINE("  option 0 UINT32 1")
    LINE("  option 2 UINT32 7")
    LINE("sublayer " A)
    LINE("  name \"sub\"")
    LINE("  flags 0x1")
    LINE("  provider " A)
    LINE("  weight UINT16 300")
    LINE("callout " A)
    LINE("  name \"call\"")
    LINE("  flags 0x30000")
    LINE("  layer ALE_AUTH_CONNECT_V6")
    LINE("filter " A)
    LINE("  name \"one\"")
    LINE("  flags 0xd")
    LINE("  provider " A)
    LINE("  layer ALE_AUTH_CONNECT_V6")
    LINE("  sublayer " A)
    LINE("  weight UINT64 0x123456789abcdef0")
    LINE("  action callout-terminating " A)
    LINE("  context " A)
    LINE("  condition ALE_APP_ID EQUAL BYTE_BLOB 61006200")
    LINE("  condition ALE_APP_ID EQUAL BYTE_BLOB -")
    LINE("  condition ALE_USER_ID EQUAL SECURITY_DESCRIPTOR 010004800000000000000000000000001400000002001c000100000000001400"
         "0100000001010000000000010000" "0000")
    LINE("  condition IP_REMOTE_ADDRESS NOT_EQUAL V6_ADDR_MASK 20010db8000000000000000000000000 32")
    LINE("  condition IP_REMOTE_ADDRESS EQUAL BYTE_ARRAY16 20010db8000000000000000000000001")
    LINE("  condition IP_REMOTE_PORT RANGE RANGE UINT16 1 UINT16 9")
    LINE("  condition IP_PROTOCOL GREATER UINT8 3")
    LINE("  condition FLAGS FLAGS_ALL_SET UINT32 1")
    LINE("filter " B)
    LINE("  name \"two\"")
    LINE("  flags 0x2")
    LINE("  layer ALE_AUTH_CONNECT_V4")
    LINE("  sublayer {eebecc03-ced4-4380-819a-2734397b2b74}")
    LINE("  weight UINT8 9")
    LINE("  action permit")
    LINE("  raw-context 0xfedcba9876543210")
    LINE("  condition IP_REMOTE_ADDRESS EQUAL V4_ADDR_MASK 0xa000200 0xffffff00");

static void round_trip(void *unused)
{
    struct writer w = { .format = WRITE_TEXT };

    bool good = read_text(everything);
    CHECK_STR(good ? "" : error_text(), "");
    fwp_store_write(&w);
    CHECK(!w.failed);
    CHECK_STR(w.text, everything);
    writer_free(&w);
}

TEST(every_kind_of_object_and_value_survives_the_text)
{
    run_inside(round_trip);
}

/* --- what is wrong ------------------------------------------------------------------------------------------------------------------- */

static void refuse(const char *text, const char *sentence)
{
    CHECK(!read_text(text));
    CHECK_STR(error_text(), sentence);
}

#define F LINE(FWP_STORE_HEAD) LINE("filter " A) LINE(" name \"n\"") LINE(" flags 1") LINE(" layer ALE_AUTH_CONNECT_V4")

static void mistakes(void *unused)
{
    refuse("something", "f, line 1: the first line is not 'ring3 filter engine store 1'");
    refuse(LINE(FWP_STORE_HEAD) " flags 1", "f, line 2: a property stands behind its object");
    refuse(LINE(FWP_STORE_HEAD) "filters", "f, line 2: 'filters' is not a kind of object; its properties are indented");
    refuse(LINE(FWP_STORE_HEAD) "filter {1}", "f, line 2: '{1}' is not a GUID in braces");
    refuse(F " action jump", "f, line 6: 'jump' is not an action");
    refuse(F, "f, line 2: a filter needs an action");
    refuse(F " name \"m\"", "f, line 6: a second 'name'");
    refuse(F " service \"m\"", "f, line 6: a filter has no 'service'");
    refuse(F " description \"m", "f, line 6: a string has no closing quote");
    refuse(F " description \"m\"x", "f, line 6: something follows a string's closing quote");
    refuse(F " description \"\\q\"", "f, line 6: a string has an escape that is not \\\", \\\\ or \\uXXXX");
    refuse(F " description \"\\u0000\"", "f, line 6: a string has the character \\u0000");
    refuse(F " data 012", "f, line 6: pairs of hexadecimal digits are missing");
    refuse(F " data 0g", "f, line 6: 'g' is not a hexadecimal digit");
    refuse(F " security 0102", "f, line 6: the bytes are no security descriptor");
    refuse(F " raw-context 99999999999999999999", "f, line 6: '99999999999999999999' is too large a number");
    refuse(F " raw-context 1 2", "f, line 6: something follows: '2'");
    refuse(F " weight UINT16", "f, line 6: a number is missing");
    refuse(F " condition IP_COLOR EQUAL UINT8 1", "f, line 6: layer ALE_AUTH_CONNECT_V4 has no field 'IP_COLOR'");
    refuse(F " condition IP_PROTOCOL LIKE UINT8 1", "f, line 6: 'LIKE' is not a type of match");
    refuse(F " condition IP_PROTOCOL EQUAL UINT9 1", "f, line 6: 'UINT9' is not a type of value");
    refuse(F " condition IP_PROTOCOL EQUAL UINT8 256", "f, line 6: 256 is more than 255");
    refuse(F " condition IP_PROTOCOL RANGE RANGE RANGE", "f, line 6: a range is of single values");
    refuse(F " condition ALE_USER_ID EQUAL SID 0102", "f, line 6: the bytes are no security identifier");
    refuse(LINE(FWP_STORE_HEAD) "filter " A "\n layer NOWHERE", "f, line 3: there is no layer 'NOWHERE'");
    refuse(LINE(FWP_STORE_HEAD) "context " A "\n name \"n\"\n flags 1", "f, line 2: a provider context needs 'general' or 'option'");
    refuse(F " action permit\n sublayer " A, "f, line 2: the filter is refused: STATUS_FWP_SUBLAYER_NOT_FOUND (0xC0220007): "
                                              "fwp sublayer not found");
    refuse(F " action permit\n condition IP_PROTOCOL EQUAL UINT16 1", "f, line 2: the filter is refused: STATUS_FWP_TYPE_MISMATCH "
                                                                      "(0xC0220027): fwp type mismatch");
}

TEST(a_mistake_is_said_with_file_line_and_reason)
{
    run_inside(mistakes);
}

static bool take_none(void *context, const struct fwp_stored *stored)
{
    ++*(unsigned *)context;
    return stored->kind < FWP_KINDS;
}

/* Whatever byte is another one, it is read or refused. */
TEST(no_changed_byte_is_a_crash)
{
    char text[sizeof everything];
    unsigned objects = 0, refused = 0;

    for (size_t i = 0; i < sizeof everything - 1; i++)
        for (unsigned k = 0; k < 6; k++) {
            memcpy(text, everything, sizeof text);
            text[i] = "\n \"\0\xff" "7"[k];
            refused += !fwp_store_parse("f", text, sizeof text - 1, take_none, &objects);
        }
    CHECK(refused > 1000);
    CHECK(objects > 1000);
}

TEST(a_store_that_ends_anywhere_is_read_or_refused)
{
    unsigned objects = 0;

    for (size_t size = 0; size < sizeof everything; size++)
        if (!fwp_store_parse("f", everything, size, take_none, &objects))
            CHECK(!strncmp(error_text(), "f, line ", 8));
    CHECK(objects > 100);
}
