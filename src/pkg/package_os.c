/* Inf2Cat's Windows versions. docs: devtest/inf2cat (the identifiers). The attribute values are how catalogs name them. */
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/package.h"

#define X64(id, value) { id "_X64", "_v100_X64" value, "2:10.0", true, false }
#define OTHER(id, arch, value) { id "_" arch, "_v100_" arch value, "2:10.0", false, false }
#define THREE(id, value) X64(id, value), OTHER(id, "X86", value), OTHER(id, "ARM64", value)

static const struct package_os known[] = {
    THREE("10", ""),
    THREE("10_AU", "_RS1"),
    THREE("10_RS2", "_RS2"),
    THREE("10_RS3", "_RS3"),
    THREE("10_RS4", "_RS4"),
    THREE("10_RS5", "_RS5"),
    THREE("10_19H1", "_19H1"),
    THREE("10_VB", "_VB"),
    THREE("10_CO", "_CO"),
    THREE("10_NI", "_NI"),
    THREE("10_GE", "_GE"),
    THREE("10_25H2", "_25H2"),
    { "Server10_X64", "Server_v100_X64", "2:10.0", true, false },
    { "Server2016_X64", "Server_v100_X64_RS1", "2:10.0", true, false },
    { "ServerRS5_X64", "Server_v100_X64_RS5", "2:10.0", true, false },
    { "ServerFE_X64", "Server_v100_X64_FE", "2:10.0", true, false },
    { "Server2025_X64", "Server_v100_X64_24H2", "2:10.0", true, false },
    { "Server10_ARM64", "Server_v100_ARM64", "2:10.0", false, false },
    { "ServerRS5_ARM64", "Server_v100_ARM64_RS5", "2:10.0", false, false },
    { "ServerFE_ARM64", "Server_v100_ARM64_FE", "2:10.0", false, false },
    { "Server2025_ARM64", "Server_v100_ARM64_24H2", "2:10.0", false, false },
    { "6_3_X64", "_v63_X64", "2:6.3", true, false },
    { "8_X64", "8X64", "2:6.2", true, false },
    { "7_X64", "7X64", "2:6.1", true, true },
    { "Server8_X64", "Server8X64", "2:6.2", true, false },
    { "Server6_3_X64", "Server_v63_X64", "2:6.3", true, false },
    { "Server2008R2_X64", "Server2008R2X64", "2:6.1", true, true },
};

const struct package_os *package_os_find(const char *name, size_t length)
{
    for (size_t i = 0; i < countof(known); i++)
        if (strlen(known[i].name) == length && !strncasecmp(known[i].name, name, length))
            return &known[i];
    return NULL;
}

void package_os_list(void (*say)(const char *line))
{
    for (size_t i = 0; i < countof(known); i++)
        if (known[i].amd64)
            say(known[i].name);
}
