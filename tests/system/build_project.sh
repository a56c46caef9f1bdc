#!/usr/bin/env bash
# ring3 build X.vcxproj: properties, conditions, definitions, wildcards, imports, libraries of other projects, resources, stamped INFs, C++.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null && command -v llvm-rc-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
mkdir -p drv/src drv/inc lib
cat >drv/drv.vcxproj <<'X'
<?xml version="1.0" encoding="utf-8"?>
<Project DefaultTargets="Build" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <PropertyGroup Label="Globals">
    <Configuration Condition="'$(Configuration)' == ''">Debug</Configuration>
    <Platform Condition="'$(Platform)' == ''">x64</Platform>
  </PropertyGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.Default.props" />
  <PropertyGroup Label="Configuration" Condition="'$(Configuration)|$(Platform)'=='Release|x64'">
    <TargetVersion>Windows10</TargetVersion><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType>
    <UseDebugLibraries>false</UseDebugLibraries>
  </PropertyGroup>
  <PropertyGroup Label="Configuration" Condition="'$(Configuration)|$(Platform)'=='Debug|x64'">
    <TargetVersion>Windows10</TargetVersion><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType>
    <UseDebugLibraries>true</UseDebugLibraries>
  </PropertyGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.props" />
  <Import Project="Common.PROPS" />
  <ImportGroup Condition="Exists('nowhere.props') And !('$(Platform)'!='x64')"><Import Project="nowhere.props" /></ImportGroup>
  <PropertyGroup><TargetName>mydrv</TargetName></PropertyGroup>
  <ItemDefinitionGroup>
    <ClCompile>
      <PreprocessorDefinitions>%(PreprocessorDefinitions);FROM_PROJECT=2</PreprocessorDefinitions>
      <PreprocessorDefinitions Condition="$(_NT_TARGET_VERSION)&gt;=$(_NT_TARGET_VERSION_WIN8)">%(PreprocessorDefinitions);NEW_WINDOWS=1</PreprocessorDefinitions>
      <AdditionalIncludeDirectories>..\drv\INC;$(DDK_INC_PATH)</AdditionalIncludeDirectories>
    </ClCompile>
    <Link><AdditionalDependencies>%(AdditionalDependencies);$(DDK_LIB_PATH)\ndis.lib;..\lib\$(IntDir)\helper.lib</AdditionalDependencies></Link>
  </ItemDefinitionGroup>
  <ItemGroup>
    <ClCompile Include="src\*.c" Exclude="src\unused.c" />
    <ClCompile Include="src\plus.cpp"><PreprocessorDefinitions>ONLY_PLUS=1;%(PreprocessorDefinitions)</PreprocessorDefinitions></ClCompile>
    <ResourceCompile Include="drv.rc" />
    <Inf Include="drv.inx"><DateStamp>02/03/2024</DateStamp><TimeStamp>1.2.3.4</TimeStamp><CatalogFileName>drv.cat</CatalogFileName></Inf>
    <Inf Include="bare.inx"><SpecifyArchitecture>false</SpecifyArchitecture><TimeStamp>4.3.2.1</TimeStamp></Inf>
  </ItemGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.targets" />
</Project>
X
cat >drv/common.props <<'X'
<Project><ItemDefinitionGroup><ClCompile><PreprocessorDefinitions>FROM_PROPS=1</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup></Project>
X
cat >drv/src/main.c <<'C'
#include <ntddk.h>
#include "Drv.h"
#if FROM_PROPS != 1 || FROM_PROJECT != 2 || NEW_WINDOWS != 1 || defined(ONLY_PLUS)
#error definitions
#endif
#if DBG
#define KIND "checked"
#else
#define KIND "free"
#endif
NTSTATUS Take(struct _ONLY_HERE *Thing);
struct _ONLY_HERE { int x; };
NTSTATUS Take(struct _ONLY_HERE *Thing) { return Thing->x ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }
static VOID Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    struct _ONLY_HERE thing = { 1 };
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = Unload;
    DbgPrint("%s build, helper %d, plus %d\n", KIND, Helper(40), Plus(1));
    return Take(&thing);
}
C
echo '#error not part of it' >drv/src/unused.c
cat >drv/src/plus.cpp <<'C'
#include <ntddk.h>
extern "C" {
#include "drv.h"
}
template <typename T> static T twice(T value) { return value + value; }
extern "C" int Plus(int value) { return twice(value) + ONLY_PLUS; }
C
printf 'int Helper(int value);\nint Plus(int value);\n' >drv/inc/drv.h
cat >drv/drv.rc <<'C'
#include <windows.h>
#include <ntverp.h>
#define VER_FILETYPE VFT_DRV
#define VER_FILESUBTYPE VFT2_DRV_NETWORK
#define VER_FILEDESCRIPTION_STR "a driver of tests"
#define VER_INTERNALNAME_STR "mydrv.sys"
#include "common.ver"
C
cat >drv/drv.inx <<'I'
[Version]
Signature = "$Windows NT$"
Class = System
DriverVer = 01/01/2001,9.9.9.9
[Manufacturer]
%M% = Models,NT$ARCH$
[Models.NT$ARCH$]
[Strings]
M = "x"
I
cp drv/drv.inx drv/bare.inx
cat >lib/helper.vcxproj <<'X'
<Project><PropertyGroup><ConfigurationType>StaticLibrary</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>
<ItemGroup><ClCompile Include="helper.c" /></ItemGroup></Project>
X
echo 'int Helper(int value); int Helper(int value) { return value + 2; }' >lib/helper.c

expect 'the project builds, with its library and its imports' 0 'o1/mydrv.sys' "$RING3" build drv/drv.vcxproj --out=o1
expect 'it is a debug build, as the project says' 0 'checked build, helper 42, plus 3' "$RING3" run o1/mydrv.sys --for=1s
expect 'a configuration can be chosen' 0 'free/mydrv.sys' "$RING3" build drv/drv.vcxproj --configuration=Release --out=free
expect 'it is that one' 0 'free build, helper 42, plus 3' "$RING3" run free/mydrv.sys --for=1s
grep -q 'DriverVer = 02/03/2024,1.2.3.4' free/drv.inf && grep -q 'CatalogFile = drv.cat' free/drv.inf && grep -q 'Models,NTamd64' free/drv.inf &&
    ok 'the INX is stamped' || { bad 'the INX is not stamped'; cat free/drv.inf; }
grep -q 'Models,NT$' free/bare.inf && grep -q '^.Models.NT.$' free/bare.inf && ok 'without an architecture its variable is removed' || { bad 'the variable of the architecture stays'; cat free/bare.inf; }
strings -el free/mydrv.sys | grep -q 'a driver of tests' && ok 'the version resource is in the image' || bad 'the image has no version resource'
before=$(stat -c %Y%y free/mydrv.sys)
"$RING3" build drv/drv.vcxproj --configuration=Release --out=free >/dev/null
[ "$(stat -c %Y%y free/mydrv.sys)" = "$before" ] && ok 'nothing is made again without need' || bad 'an unchanged project is linked again'
echo 'int Helper(int value); int Helper(int value) { return value + 3; }' >lib/helper.c
expect 'a changed library is linked again' 0 'o1/mydrv.sys' "$RING3" build drv/drv.vcxproj --out=o1
expect 'and shows' 0 'helper 43' "$RING3" run o1/mydrv.sys --for=1s
expect 'a property of the command line wins' 0 'o1/other.sys' "$RING3" build drv/drv.vcxproj --property=TargetName=other --out=o1
expect 'a define of the command line reaches the sources' 4 'failed' "$RING3" build drv/drv.vcxproj --define=ONLY_PLUS=1 --out=again

wrong() { printf '%s\n' "<Project>$1</Project>" >wrong.vcxproj; }
wrong '<PropertyGroup><A Condition="'"'"'x'"'"'==">1</A></PropertyGroup>'
expect 'a condition that is not understood is told with its line' 4 'wrong.vcxproj:1: the condition' "$RING3" build wrong.vcxproj
wrong '<PropertyGroup><A>$([System.Guid]::NewGuid())</A></PropertyGroup>'
expect 'a property function that has another value each time is refused' 4 'the property function [System.Guid]::NewGuid with 0 arguments is not understood' "$RING3" build wrong.vcxproj
wrong '<Import Project="missing.props" />'
expect 'a missing import is told' 4 "no file 'missing.props' to import" "$RING3" build wrong.vcxproj
wrong '<Import Project="wrong.vcxproj" />'
expect 'an import of itself ends' 4 'nested' "$RING3" build wrong.vcxproj
wrong '<PropertyGroup><ConfigurationType>Application</ConfigurationType></PropertyGroup>'
expect 'a program is no driver' 4 'no kernel driver' "$RING3" build wrong.vcxproj
wrong '<PropertyGroup><ConfigurationType>Driver</ConfigurationType></PropertyGroup><ItemGroup><ClCompile Include="gone.c" /></ItemGroup>'
expect 'a missing source is told with its line' 4 'wrong.vcxproj:1: there is no file gone.c' "$RING3" build wrong.vcxproj
wrong '<PropertyGroup><ConfigurationType>Driver</ConfigurationType></PropertyGroup><ItemGroup><ClCompile Include="drv/src/*.c" /></ItemGroup><ItemDefinitionGroup><Link><AdditionalDependencies>strange.lib</AdditionalDependencies></Link></ItemDefinitionGroup>'
expect 'a library from nowhere is told' 4 'strange.lib' "$RING3" build wrong.vcxproj
printf '<Project><Pro' >wrong.vcxproj
expect 'broken XML is told with its line' 4 'wrong.vcxproj:1' "$RING3" build wrong.vcxproj
echo '<html/>' >wrong.vcxproj
expect 'another document is told' 4 'root element is html' "$RING3" build wrong.vcxproj

# A directory with a manifest.
mkdir -p plain/deep
cp drv/src/plus.cpp plain/
printf '# what it is\nname = made\nsources = plus.cpp deep/entry.c\ndefines = ONLY_PLUS=5 NAMED="x"\ninclude = ../drv/inc\n' >plain/ring3.build
cat >plain/deep/entry.c <<'C'
#include <ntddk.h>
#include <drv.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    DbgPrint("plus %d\n", Plus(1));
    return driver && path ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
C
expect 'a manifest names sources, definitions and headers' 0 'p/made.sys' "$RING3" build plain --out=p
echo 'colour = red' >>plain/ring3.build
expect 'an unknown key is told with its line' 4 'ring3.build:6: colour' "$RING3" build plain --out=p

# StampInf's options.
expect 'an INX becomes an INF' 0 'stamped drv/drv.inf' "$RING3" inf stamp drv/drv.inx -d 5/6/2025 -v 7.8.9.10 -a x64 -k 1.15
grep -q 'DriverVer = 05/06/2025,7.8.9.10' drv/drv.inf && ok 'date and version are written' || bad 'date and version are not written'
iconv -f utf-8 -t utf-16le drv/drv.inx >u.raw && { printf '\xff\xfe'; cat u.raw; } >u.inx
SOURCE_DATE_EPOCH=86400 "$RING3" inf stamp u.inx -d '*' -a amd64 >/dev/null
iconv -f utf-16 -t utf-8 u.inf | grep -q 'DriverVer = 01/02/1970,9.9.9.9' && ok 'UTF-16 stays UTF-16, the version stays' || bad 'a UTF-16 INX is not stamped'
expect 'a wrong version is told' 4 'no version' "$RING3" inf stamp drv/drv.inx -v 1.2
expect 'a missing section is told' 4 'no section [Nothing]' "$RING3" inf stamp drv/drv.inx -d '*' -s Nothing
finish
