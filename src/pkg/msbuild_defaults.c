/* What Visual Studio's and the WDK's property sheets set for a driver project of x64, as far as projects look at it.
 * docs: develop/ "WDK and Visual Studio build environment"; sdkddkver.h's version numbers */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/msbuild_internal.h"

struct version {
    const char *target;                 /* TargetVersion */
    const char *number;                 /* _NT_TARGET_VERSION */
};

static const struct version versions[] = {
    { "Windows7", "0x601" }, { "Win7", "0x601" }, { "Windows8", "0x602" }, { "WindowsV6.3", "0x603" }, { "Windows10", "0xA00" },
};

static void set(struct msbuild *project, const char *name, const char *text)
{
    if (!*msbuild_property(project, name))
        msbuild_set(project, &project->properties, name, msbuild_copy(project, text, strlen(text)));
}

static void set_paths(struct msbuild *project)
{
    char text[512];

    snprintf(text, sizeof text, "%.100s\\%.100s\\", msbuild_property(project, "Platform"), msbuild_property(project, "Configuration"));
    set(project, "IntDir", text);
    set(project, "OutDir", text);
    set(project, "TargetName", msbuild_property(project, "ProjectName"));
    set(project, "DDK_INC_PATH", "$sdk");
    set(project, "KM_IncludePath", "$sdk");
    set(project, "DDK_LIB_PATH", "$lib\\");
    set(project, "SDK_LIB_PATH", "$lib\\");
    set(project, "KIT_SHARED_INC_PATH", "$sdk");
}

static void set_versions(struct msbuild *project)
{
    const char *target = msbuild_property(project, "TargetVersion"), *number = "0xA00";

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (!strcasecmp(target, versions[i].target))
            number = versions[i].number;
    set(project, "_NT_TARGET_VERSION_WIN7", "0x601");
    set(project, "_NT_TARGET_VERSION_WIN8", "0x602");
    set(project, "_NT_TARGET_VERSION_WINBLUE", "0x603");
    set(project, "_NT_TARGET_VERSION_WIN10", "0xA00");
    if (*target)
        set(project, "_NT_TARGET_VERSION", number);
}

void msbuild_set_defaults(struct msbuild *project)
{
    set(project, "Configuration", "Debug");
    set(project, "Platform", "x64");
    set(project, "PlatformTarget", msbuild_property(project, "Platform"));
    set(project, "PlatformName", msbuild_property(project, "Platform"));
    set(project, "ConfigurationName", msbuild_property(project, "Configuration"));
    set(project, "InfArch", "amd64");
    set(project, "DDKPlatform", "x64");
    set(project, "VisualStudioVersion", "17.0");
    set_versions(project);
    set_paths(project);
}

void msbuild_set_results(struct msbuild *project)
{
    char text[512];

    set(project, "TargetExt", !strcasecmp(msbuild_property(project, "ConfigurationType"), "StaticLibrary") ? ".lib" : ".sys");
    snprintf(text, sizeof text, "%.120s%.120s", msbuild_property(project, "TargetName"), msbuild_property(project, "TargetExt"));
    set(project, "TargetFileName", text);
    snprintf(text, sizeof text, "%.250s%.250s", msbuild_property(project, "OutDir"), msbuild_property(project, "TargetFileName"));
    set(project, "TargetPath", text);
    set(project, "TargetDir", msbuild_property(project, "OutDir"));
}
