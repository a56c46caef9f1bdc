#include "unit.h"

#include "base/error.h"
#include "pkg/inf.h"

#define VERSION "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\n"

static const char network[] =
    "; a network card\r\n"
    "[version]\r\n"
    "Signature = \"$Windows NT$\" ; comment\r\n"
    "Class=Net\r\nClassGuid={4d36e972-e325-11ce-bfc1-08002be10318}\r\nProvider=%Maker%\r\n"
    "[Manufacturer]\r\n%Maker%=Cards,NTx86,NTamd64.6.1,NTamd64.10.0...99999,NTamd64.10.0...16299\r\n"
    "[Cards.NTamd64.6.1]\r\n%Card%=old,PCI\\VEN_1AF4&DEV_1041\r\n"
    "[Cards.NTamd64.10.0...16299]\r\n"
    "%Card%=card,PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4,PCI\\VEN_1AF4&DEV_1041\r\n"
    "%Card2%=card,,PCI\\CC_0200\r\n"
    "[card.NT]\r\nAddReg=reg, reg2\r\nCharacteristics=0x84\r\n*IfType=6\r\n"
    "[card.NT.HW]\r\nAddReg=hw\r\n"
    "[card.NT.Services]\r\nAddService=card,2,service,events\r\n"
    "[reg]\r\n"
    "HKR,Ndi\\params\\*ReceiveBuffers,ParamDesc,,\"Receive; \"\"Buffers\"\"\"\r\n"
    "HKR,Ndi\\params\\*ReceiveBuffers,default,,\"256\"\r\n"
    "HKR,Ndi\\params\\NetworkAddress,Optional,,\"1\"\r\n"
    "HKR, Ndi\\Interfaces, UpperRange, 0, \"ndis5\"\r\n"
    "HKR,,*RSS,,\"0\"\r\nHKR,Ndi\\params\\*RSS,default,,\"1\"\r\n"
    "[reg2]\r\nHKR,,Depth,0x00010001,0x10\r\nHKR,,List,0x00010000,a,b\r\nHKR,,Raw,1,01,fF\r\nHKR,Key,,0x10\r\n"
    "[hw]\r\nHKR,\"Interrupt Management\\MessageSignaledInterruptProperties\",MSISupported,0x00010001,1\r\n"
    "[service]\r\nServiceType=1\r\nStartType=%DEMAND%\r\nErrorControl=1\r\nServiceBinary=%13%\\card.sys\r\nAddReg=parameters\r\n"
    "[parameters]\r\nHKR,Parameters,\"Path\",0x00020000,\"%%SystemRoot%%\\\\x\"\r\n"
    "[events]\r\n"
    "[Strings]\r\nMaker=\"Maker, Inc.\"\r\nCard=Card\r\nCard2=Another\r\nDEMAND=3\r\n";

static struct inf *parse(const char *text)
{
    return inf_parse("test.inf", (const uint8_t *)text, strlen(text));
}

static void check_refused(const char *text, const char *sentence)
{
    struct inf *inf = parse(text);

    CHECK(inf == NULL);
    CHECK_STR(error_text(), sentence);
}

static const struct inf_value *value_named(const struct inf_install *install, enum inf_root root, const char *subkey,
                                           const char *name)
{
    for (int i = 0; i < install->value_count; i++) {
        const struct inf_value *value = &install->value[i];

        if (value->root == root && strcmp(value->subkey, subkey) == 0 && strcmp(value->name, name) == 0)
            return value;
    }
    return NULL;
}

static bool is_text(const struct inf_value *value, const char *text)
{
    size_t length = strlen(text) + 1;

    if (value == NULL || value->size != length * 2)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (value->data[2 * i] != (uint8_t)text[i] || value->data[2 * i + 1] != 0)
            return false;
    }
    return true;
}

TEST(fields_are_cut_at_commas_outside_quotes_and_trimmed)
{
    struct inf *inf = parse(VERSION "[s]\n  key = a , \"b, c \" ,, d\"\"e , \n only, \"two=2\"\n");
    const struct inf_line *line;

    CHECK(inf != NULL);
    line = inf_line(inf_section(inf, "S"), "KEY", NULL);
    CHECK_EQ(line->count, 5);
    CHECK_STR(inf_field(line, 0), "a");
    CHECK_STR(inf_field(line, 1), "b, c ");
    CHECK_STR(inf_field(line, 2), "");
    CHECK_STR(inf_field(line, 3), "de");
    CHECK_STR(inf_field(line, 4), "");
    CHECK_STR(inf_field(line, 9), "");
    line++;
    CHECK(line->key == NULL);
    CHECK_STR(inf_field(line, 1), "two=2");
    CHECK_EQ(line->number, 6);
    inf_close(inf);
}

TEST(a_backslash_at_the_end_continues_the_line_and_a_quoted_one_does_not)
{
    struct inf *inf = parse(VERSION "[s]\na = x,\\ ; comment\n   y\nb = \"dir\\\"\nc = \"dir\\\"\\\n,z\n");
    const struct inf_section *section;

    CHECK(inf != NULL);
    section = inf_section(inf, "s");
    CHECK_STR(inf_field(inf_line(section, "a", NULL), 1), "y");
    CHECK_STR(inf_field(inf_line(section, "b", NULL), 0), "dir\\");
    CHECK_STR(inf_field(inf_line(section, "c", NULL), 1), "z");
    inf_close(inf);
}

TEST(sections_of_one_name_are_merged)
{
    struct inf *inf = parse("[a]\nx=1\n" VERSION "[A]\ny=2\n");

    CHECK(inf != NULL);
    CHECK_EQ(inf_section(inf, "a")->count, 2);
    inf_close(inf);
}

TEST(strings_are_expanded_and_directory_numbers_stay)
{
    struct inf *inf = parse(VERSION "[s]\na=%12%\\%name%.sys,100%%,\"%NAME% x\"\n[%name%.sec]\nk=1\n[Strings]\nname=\"foo\"\n");
    const struct inf_line *line;

    CHECK(inf != NULL);
    line = inf_line(inf_section(inf, "s"), "a", NULL);
    CHECK_STR(inf_field(line, 0), "%12%\\foo.sys");
    CHECK_STR(inf_field(line, 1), "100%");
    CHECK_STR(inf_field(line, 2), "foo x");
    CHECK(inf_section(inf, "foo.sec") != NULL);
    inf_close(inf);
}

TEST(utf16_in_both_byte_orders_reads_as_utf8)
{
    static const char text[] = VERSION "[s]\na=\xC3\xA9\n";
    uint8_t wide[512] = { 0xFF, 0xFE };
    size_t length = 2;
    struct inf *inf;

    for (const char *s = text; *s != 0; s++) {
        wide[length++] = *s == '\xC3' ? 0xE9 : (uint8_t)*s;
        wide[length++] = 0;
        s += *s == '\xC3';
    }
    for (int big = 0; big < 2; big++) {
        inf = inf_parse("wide.inf", wide, length);
        CHECK(inf != NULL);
        CHECK_STR(inf_field(inf_line(inf_section(inf, "s"), "a", NULL), 0), "\xC3\xA9");
        inf_close(inf);
        for (size_t i = 0; i < length; i += 2) {
            uint8_t first = wide[i];

            wide[i] = wide[i + 1];
            wide[i + 1] = first;
        }
    }
}

TEST(bad_syntax_is_refused_with_file_line_and_reason)
{
    check_refused("x=1\n", "test.inf:1: 'x=1' stands before the first [section]");
    check_refused(VERSION "[s\n", "test.inf:4: the section name '[s' has no closing ']'");
    check_refused(VERSION "[s] x\n", "test.inf:4: 'x' follows a section name");
    check_refused(VERSION "[s]\na=\"b\n", "test.inf:5: a quotation mark is not closed");
    check_refused(VERSION "[s]\na=%b%\n", "test.inf:5: %b% is not defined in [Strings]");
    check_refused("[s]\na=1\n", "test.inf: has no [Version] section, so it is not an INF file");
    check_refused("[Version]\nSignature=x\n", "test.inf:1: [Version] Signature is \"x\", not \"$Windows NT$\"");
    CHECK(inf_parse("t.inf", (const uint8_t *)"[\0]", 3) == NULL);
    CHECK_STR(error_text(), "t.inf: contains NUL bytes; UTF-16 needs a byte order mark");
}

TEST(the_closest_decoration_for_this_windows_is_taken)
{
    const struct inf_model *models;
    struct inf *inf = parse(network);

    CHECK(inf != NULL);
    CHECK_EQ(inf_models(inf, &models), 2);
    CHECK_STR(models[0].install_section, "card");
    CHECK_STR(models[0].manufacturer, "Maker, Inc.");
    CHECK_EQ(models[0].id_count, 2);
    CHECK_STR(inf_version(inf, "provider"), "Maker, Inc.");
    inf_close(inf);
}

TEST(hardware_ids_match_before_compatible_ids)
{
    const char *hardware[] = { "PCI\\VEN_1AF4&DEV_1041&REV_01", "pci\\ven_1af4&dev_1041", NULL };
    const char *other[] = { "PCI\\VEN_8086&DEV_100E", NULL }, *compatible[] = { "PCI\\CC_0200", NULL };
    struct inf *inf = parse(network);

    CHECK(inf != NULL);
    CHECK_STR(inf_match(inf, hardware, compatible)->description, "Card");
    CHECK_STR(inf_match(inf, other, compatible)->description, "Another");
    CHECK(inf_match(inf, other, NULL) == NULL);
    CHECK_STR(error_text(), "test.inf: serves no device with hardware ID PCI\\VEN_8086&DEV_100E");
    inf_close(inf);
}

TEST(an_install_has_its_service_and_registry_values)
{
    const struct inf_model *models;
    struct inf *inf = parse(network);
    struct inf_install *install;
    const struct inf_value *value;

    CHECK(inf != NULL);
    CHECK(inf_models(inf, &models) > 0);
    install = inf_install_of(inf, models);
    CHECK(install != NULL);
    CHECK_STR(install->section, "card.NT");
    CHECK_STR(install->service, "card");
    CHECK_STR(install->binary, "card.sys");
    CHECK_EQ(install->services[0].start, 3);
    CHECK(is_text(value_named(install, INF_DRIVER_KEY, "Ndi\\params\\*ReceiveBuffers", "ParamDesc"), "Receive; \"Buffers\""));
    CHECK(is_text(value_named(install, INF_DRIVER_KEY, "", "*ReceiveBuffers"), "256"));
    CHECK(is_text(value_named(install, INF_DRIVER_KEY, "", "*RSS"), "0"));
    CHECK(value_named(install, INF_DRIVER_KEY, "", "NetworkAddress") == NULL);
    value = value_named(install, INF_DRIVER_KEY, "", "Depth");
    CHECK(value != NULL && value->type == 4 && value->size == 4 && value->data[0] == 16);
    value = value_named(install, INF_DRIVER_KEY, "", "List");
    CHECK(value != NULL && value->type == 7 && value->size == 10 && memcmp(value->data, "a\0\0\0b\0\0\0\0\0", 10) == 0);
    value = value_named(install, INF_DRIVER_KEY, "", "Raw");
    CHECK(value != NULL && value->type == 3 && value->size == 2 && value->data[1] == 0xFF);
    value = value_named(install, INF_DRIVER_KEY, "", "*IfType");
    CHECK(value != NULL && value->type == 4 && value->data[0] == 6);
    value = value_named(install, INF_DRIVER_KEY, "Key", "");
    CHECK(value != NULL && value->key_only);
    CHECK(value_named(install, INF_DEVICE_KEY, "Interrupt Management\\MessageSignaledInterruptProperties", "MSISupported") != NULL);
    value = value_named(install, INF_SERVICE_KEY, "Parameters", "Path");
    CHECK(value != NULL && value->type == 2 && is_text(value, "%SystemRoot%\\\\x"));
    CHECK_STR(value->service, "card");
    inf_install_free(install);
    inf_close(inf);
}

TEST(a_section_that_is_referred_to_and_missing_is_named)
{
    const struct inf_model *models;
    struct inf *inf = parse(VERSION "[Manufacturer]\nM=M,NTamd64\n");

    CHECK(inf != NULL);
    CHECK_EQ(inf_models(inf, &models), -1);
    CHECK_STR(error_text(), "test.inf:5: there is no Models section [M.NTamd64]");
    inf_close(inf);
    inf = parse(VERSION "[Manufacturer]\nM=M,NTamd64\n[M.NTamd64]\nD=I,PCI\\X\n[I]\nAddReg=r\n");
    CHECK_EQ(inf_models(inf, &models), 1);
    CHECK(inf_install_of(inf, models) == NULL);
    CHECK_STR(error_text(), "test.inf:9: AddReg: there is no section [r]");
    inf_close(inf);
    inf = parse(VERSION "[Manufacturer]\nM=M\n[M]\nD=I,PCI\\X\n");
    CHECK(inf_match(inf, (const char *[]){ "PCI\\X", NULL }, NULL) == NULL);
    CHECK_STR(error_text(), "test.inf: [Manufacturer] names no models for NTamd64");
    inf_close(inf);
}

TEST(the_strings_of_the_language_count)
{
    static const char head[] = VERSION "[s]\na=%x%\n[Strings]\nx=plain\n";
    static const struct { const char *more, *value; } cases[] = {
        { "", "plain" },
        { "[Strings.0407]\nx=German\n", "plain" },
        { "[Strings.0809]\nx=British\n", "British" },
        { "[Strings.0809]\nx=British\n[Strings.0009]\nx=neutral\n", "neutral" },
        { "[Strings.0009]\nx=neutral\n[strings.0409]\nx=American\n", "American" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[400];
        struct inf *inf;

        snprintf(text, sizeof(text), "%s%s", head, cases[i].more);
        inf = parse(text);
        CHECK(inf != NULL);
        CHECK_STR(inf_field(inf_line(inf_section(inf, "s"), "a", NULL), 0), cases[i].value);
        inf_close(inf);
    }
    check_refused(VERSION "[s]\na=%x%\n[Strings]\nx=1\n[Strings.0409]\ny=1\n", "test.inf:5: %x% is not defined in [Strings]");
}

TEST(comments_end_at_quotes_and_tokens_and_a_heading_in_the_manner_of_c_is_passed_over)
{
    struct inf *inf = parse("/*\n text = here\n*/\n" VERSION "[s] ; comment\na = \"x;y\" ;z\nb = %p;q%\n[Strings]\np;q = no\n\"p;q\" = \"v\"\n");

    CHECK(inf != NULL);
    CHECK_STR(inf_field(inf_line(inf_section(inf, "s"), "a", NULL), 0), "x;y");
    CHECK_STR(inf_field(inf_line(inf_section(inf, "s"), "b", NULL), 0), "v");
    CHECK_EQ(inf_line(inf_section(inf, "s"), "b", NULL)->number, 9);
    inf_close(inf);
}

TEST(registry_changes_are_merged_by_their_flags)
{
    struct inf *inf = parse(VERSION "[Manufacturer]\nM=M,NTamd64\n[M.NTamd64]\nD=I,PCI\\X\n[I]\nAddReg=r\nDelReg=d\nNeeds=n\n[I.Interfaces]\n"
                            "AddInterface={g},ref,f\n[f]\nAddReg=fr\n[fr]\nHKR,,c,,1\n[n]\nAddReg=nr\n[nr]\nHKR,,one,,last\n"
                            "[r]\nHKR,,one,,a\nHKR,,one,2,b\nHKR,,list,0x10000,a,b\nHKR,,list,0x10008,b,c\nHKR,,gone,4\n[d]\nHKR,,x\nHKR,key\n");
    const struct inf_model *models;
    struct inf_install *install;
    const struct inf_value *value;

    CHECK(inf != NULL);
    CHECK_EQ(inf_models(inf, &models), 1);
    install = inf_install_of(inf, models);
    CHECK(install != NULL);
    CHECK_EQ(install->value_count, 6);
    CHECK(install->value[0].remove);
    CHECK(install->value[1].remove_key);
    CHECK_STR(install->value[1].subkey, "key");
    CHECK(is_text(value_named(install, INF_DRIVER_KEY, "", "one"), "last"));
    value = value_named(install, INF_DRIVER_KEY, "", "list");
    CHECK(value != NULL && value->size == 14 && memcmp(value->data, "a\0\0\0b\0\0\0c\0\0\0\0\0", 14) == 0);
    value = value_named(install, INF_DRIVER_KEY, "", "gone");
    CHECK(value != NULL && value->remove);
    CHECK_EQ(install->interface_count, 1);
    CHECK_STR(install->interface[0].reference, "ref");
    CHECK(is_text(value_named(install, INF_INTERFACE_KEY, "", "c"), "1"));
    inf_install_free(install);
    inf_close(inf);
}

TEST(the_inf_of_vionet_installs)
{
    const char *hardware[] = { "PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01", "PCI\\VEN_1AF4&DEV_1041", NULL };
    struct inf *inf = inf_open("drivers/vionet/vionet.inf");
    struct inf_install *install;

    if (inf == NULL && access("drivers/vionet", R_OK) != 0)
        SKIP("not run from the top of the sources");
    CHECK(inf != NULL);
    CHECK(inf_match(inf, hardware, NULL) != NULL);
    install = inf_install_of(inf, inf_match(inf, hardware, NULL));
    CHECK(install != NULL);
    CHECK_STR(install->binary, "vionet.sys");
    CHECK(is_text(value_named(install, INF_DRIVER_KEY, "", "*TransmitBuffers"), "256"));
    CHECK(value_named(install, INF_DRIVER_KEY, "", "*IfType") != NULL);
    inf_install_free(install);
    inf_close(inf);
}
