#!/bin/sh
# ring3 build: items of project files, lists of them, wildcards, imports from beside the project, what the linker is told, and what is not run.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
mkdir -p "$TMP/p/a" "$TMP/p/b/c/d" "$TMP/p/props" "$TMP/p/libs" && cd "$TMP/p" || exit 1
cat >items.vcxproj <<'X'
<Project ToolsVersion="Current" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <ItemGroup Label="ProjectConfigurations">
    <ProjectConfiguration Include="Debug|x64"><Configuration>Debug</Configuration><Platform>x64</Platform></ProjectConfiguration>
    <ProjectConfiguration Include="Release|ARM64"><Configuration>Release</Configuration><Platform>ARM64</Platform></ProjectConfiguration>
  </ItemGroup>
  <PropertyGroup Label="Globals"><WindowsTargetPlatformVersion>$([Microsoft.Build.Utilities.ToolLocationHelper]::GetLatestSDKTargetPlatformVersion('Windows', '10.0'))</WindowsTargetPlatformVersion></PropertyGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.Default.props" />
  <PropertyGroup Label="Configuration">
    <ConfigurationType>Driver</ConfigurationType>
    <DriverType>WDM</DriverType>
    <OutDir>out\$(Configuration)\</OutDir>
    <Day>$([System.DateTime]::Now.ToString(`yyyy'y'MM'm'dd`))</Day>
    <Year>$([System.DateTime]::UtcNow.Year)</Year>
  </PropertyGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.props" />
  <Import Project="$(MSBuildThisFileDirectory)props\*.props" />
  <Import Project="$(MSBuildThisFileDirectory)none.props" Condition="Exists('$(MSBuildThisFileDirectory)none.props')" />
  <ItemDefinitionGroup>
    <ClCompile><PreprocessorDefinitions>DAY=$(Day);YEAR=$(Year);%(PreprocessorDefinitions)</PreprocessorDefinitions><ControlFlowGuard>Guard</ControlFlowGuard></ClCompile>
    <Link>
      <AdditionalLibraryDirectories>libs;%(AdditionalLibraryDirectories)</AdditionalLibraryDirectories>
      <AdditionalDependencies>$(DDK_LIB_PATH)wdmsec.lib;other.lib;%(AdditionalDependencies)</AdditionalDependencies>
      <AdditionalOptions>/INTEGRITYCHECK %(AdditionalOptions)</AdditionalOptions>
    </Link>
    <PostBuildEvent><Command>copy "$(TargetPath)" elsewhere</Command></PostBuildEvent>
    <PreBuildEvent><Command></Command></PreBuildEvent>
    <PreLinkEvent><Command>never</Command></PreLinkEvent>
  </ItemDefinitionGroup>
  <PropertyGroup><PreLinkEventUseInBuild>false</PreLinkEventUseInBuild></PropertyGroup>
  <ItemGroup>
    <Kept Include="b\**\*.c" Exclude="b\**\no*.c;.\b\c\d\*.c"><PreprocessorDefinitions>KEPT=1;%(PreprocessorDefinitions)</PreprocessorDefinitions></Kept>
    <ClCompile Include="@(Kept);a\main.c">
      <PreprocessorDefinitions>ME=%(Filename)%(Extension);DIR="%(RecursiveDir)";LIST="@(Kept->'%(Filename)', '+')";%(PreprocessorDefinitions)</PreprocessorDefinitions>
    </ClCompile>
    <ClCompile Include="a\second.cpp" PreprocessorDefinitions="ATTR=1;SEMI=4%3B" Condition="'@(Kept)' == 'b/b.c;b/c/c.c'" />
    <ClCompile Include="a\second.c" />
    <CustomBuild Include="x.txt"><Command>type x.txt
more</Command></CustomBuild>
    <Object Include="libs\third.obj" />
    <MofComp Include="a.mof" />
    <PackageReference Include="Microsoft.Windows.WDK.x64" Version="10.0.26100.1882" />
    <MessageCompile Include="log.mc" />
    <ResourceCompile Include="items.rc" />
  </ItemGroup>
  <Target Name="Never" BeforeTargets="Build"><Error Text="not run" /></Target>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.targets" />
</Project>
X
echo '<Project><PropertyGroup><FromProps>7</FromProps></PropertyGroup><ItemDefinitionGroup><ClCompile><PreprocessorDefinitions>FROM_PROPS=$(FromProps);WHERE=$(MSBuildThisFileName)</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup></Project>' >props/one.props
cat >log.mc <<'M'
MessageIdTypedef=NTSTATUS

MessageId=1
Severity=Error
SymbolicName=ITEMS_HELLO
Language=English
Hello
.
M
printf '#include "log.rc"\n' >items.rc
cat >a/main.c <<'C'
#include <ntddk.h>
#include "log.h"
#include "own.h"
#define WORDS_(x) #x
#define WORDS(x) WORDS_(x)
static VOID Unload(PDRIVER_OBJECT DriverObject) { (void)DriverObject; }
int b(void); int c(void); int second(void); int second_cpp(void); int other(void); int third(void);
static int (*volatile through)(void) = b;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = Unload;
    DbgPrint("items: " WORDS(ME) " [" DIR "] " LIST " " WORDS(FROM_PROPS) WORDS(WHERE) " " WORDS(DAY) " " WORDS(YEAR) " %d %d%d%d%d%d%d %d\n",
             ITEMS_HELLO & OWN, through(), c(), second(), second_cpp(), other(), third(), (int)sizeof DIR);
    return STATUS_SUCCESS;
}
C
echo '#define OWN 1' >a/OWN.H
echo 'int b(void){return KEPT;}' >b/b.c
echo 'int c(void){return sizeof DIR;}' >b/c/c.c
echo 'bad' >b/c/not.c
echo 'bad' >b/c/d/d.c
echo 'int second(void){return 4;}' >a/second.c
echo 'extern "C" int second_cpp(void) { return ATTR + SEMI }' >a/second.cpp
for n in other third; do
    echo "int $n(void){return 6;}" >$n.c
    clang-19 --target=x86_64-pc-windows-msvc -c $n.c -o libs/$n.obj || exit 1
done
llvm-lib-19 /out:libs/Other.lib libs/other.obj || exit 1
SOURCE_DATE_EPOCH=86400 "$RING3" build items.vcxproj --out=out >"$TMP/built" 2>&1 && ok 'a project of lists, wildcards and imports builds' || { bad 'a project of lists, wildcards and imports builds'; cat "$TMP/built"; }
expect 'items have what lists, attributes and definitions say' 0 'items: main.c [] b+c 7one 1970y01m02 1970 1 134566 1' "$RING3" run out/items.sys --for=1ms
expect 'a command after the build is told and not run' 0 'note: PostBuildEvent is not run: copy "out\Debug\items.sys" elsewhere' cat "$TMP/built"
expect 'so is a custom build step, with its line' 0 'items.vcxproj:37: note: the custom build of x.txt is not run: type x.txt ...' cat "$TMP/built"
if grep -q 'PreLinkEvent\|PreBuildEvent' "$TMP/built"; then bad 'an event that is off or empty is not told'; else ok 'an event that is off or empty is not told'; fi
expect 'and a tool that is not here' 0 'items.vcxproj:40: note: MofComp of a.mof is not run' cat "$TMP/built"
expect 'a guarded driver has its table' 0 'CF_FUNCTION_TABLE_PRESENT' llvm-readobj-19 --coff-load-config out/items.sys
expect 'the linker option arrives' 0 'IMAGE_DLL_CHARACTERISTICS_FORCE_INTEGRITY' llvm-readobj-19 --file-headers out/items.sys
expect 'a configuration that the project does not list is refused' 4 'it has no configuration Release|x64; it has Debug|x64, Release|ARM64' "$RING3" build items.vcxproj --out=none --configuration=Release
wrong() { printf '%s\n' "<Project><ItemGroup><A Include=\"x\" />$1</ItemGroup></Project>" >wrong.vcxproj; }
printf '<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup><ItemGroup><MessageCompile Include="e.man" /></ItemGroup></Project>' >wrong.vcxproj
touch e.man
expect 'an event manifest is refused, with what to do' 4 'e.man is an event manifest' "$RING3" build wrong.vcxproj --out=none
wrong "<B Include=\"@(A->Count())\" />"
expect 'a function of a list is refused with its line' 4 'wrong.vcxproj:1: @(A->Count()) is not understood' "$RING3" build wrong.vcxproj
wrong "<B Include=\"@(A\" />"
expect 'a list that is open is told' 4 'has no closing parenthesis' "$RING3" build wrong.vcxproj
finish
