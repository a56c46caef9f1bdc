#!/bin/sh
# ring3 build: property functions of project files, in values and in conditions.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
mkdir -p "$TMP/p/inc" && cd "$TMP/p" || exit 1
printf 'rule' >inc/Marker.txt
cat >values.props <<'X'
<Project><PropertyGroup><Here>$(MSBuildThisFileName)$([System.IO.Path]::GetExtension('$(MSBuildThisFile)'))</Here></PropertyGroup></Project>
X
cat >values.vcxproj <<'X'
<Project>
  <Import Project="values.props" />
  <PropertyGroup>
    <ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType><TargetName>values</TargetName>
    <Tools>10.0.22621.0</Tools>
    <List>one;two;three</List>
    <Empty></Empty>
    <A>$([MSBuild]::Add(40, 2))</A>
    <B>$(Tools.Split('.')[2])</B>
    <C>$(Tools.Substring(0, 4).Replace('.', '_').TrimEnd('_'))</C>
    <D>$([System.Version]::Parse('$(Tools)').Build)</D>
    <E>$([System.IO.Path]::GetFileNameWithoutExtension('a\b\name.txt').ToUpper())</E>
    <F>$([MSBuild]::ValueOrDefault('$(Empty)', 'default, with (comma)').Length)</F>
    <G>$([System.String]::Concat('x', $([MSBuild]::Multiply(6, 7)), "y"))</G>
    <H>$(List.IndexOf('three'))</H>
    <O>$([System.IO.Directory]::GetParent('$(MSBuildProjectDirectory)\inc').FullName.EndsWith('p'))$([System.IO.Path]::GetFileName($([System.IO.Directory]::GetParent('a/b/c'))))</O>
    <I>$([MSBuild]::GetDirectoryNameOfFileAbove('$(MSBuildProjectDirectory)\inc', 'marker.txt').EndsWith('inc'))</I>
  </PropertyGroup>
  <PropertyGroup Condition="$(Tools.StartsWith('10.')) and !$([System.String]::IsNullOrEmpty('$(Tools)'))"><J>yes</J></PropertyGroup>
  <PropertyGroup Condition="'$([System.String]::IsNullOrEmpty('$(Empty)'))' == 'True' And $([MSBuild]::VersionGreaterThanOrEquals($(Tools), '10.0.9'))"><K>yes</K></PropertyGroup>
  <PropertyGroup Condition="$([System.IO.File]::Exists('INC\marker.TXT')) and $(List.Contains('two'))"><L>yes</L></PropertyGroup>
  <PropertyGroup Condition="$([MSBuild]::IsOsPlatform('Linux'))"><L>no</L></PropertyGroup>
  <ItemDefinitionGroup><ClCompile><PreprocessorDefinitions>A=$(A);B=$(B);C=$(C);D=$(D);E=$(E);F=$(F);G=$(G);H=$(H);I=$(I);J=$(J);K=$(K);L=$(L);M=$(Here);O=$(O);N=[$(Registry:HKEY_LOCAL_MACHINE\SOFTWARE\Kits@Root)];%(PreprocessorDefinitions)</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup>
  <ItemGroup><ClCompile Include="values.c" /></ItemGroup>
</Project>
X
cat >values.c <<'C'
#include <ntddk.h>
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
static VOID Unload(PDRIVER_OBJECT DriverObject) { (void)DriverObject; }
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = Unload;
    DbgPrint("values: " TEXT(A) " " TEXT(B) " " TEXT(C) " " TEXT(D) " " TEXT(E) " " TEXT(F) " " TEXT(G) " " TEXT(H) " " TEXT(I) "\n");
    DbgPrint("values: " TEXT(J) " " TEXT(K) " " TEXT(L) " " TEXT(M) " " TEXT(N) " " TEXT(O) "\n");
    return STATUS_SUCCESS;
}
C
expect 'a project with property functions builds' 0 'values.sys' "$RING3" build values.vcxproj --out=out
expect 'values are what the functions say' 0 'values: 42 22621 10_0 22621 NAME 21 x42y 8 True' "$RING3" run out/values.sys --for=1ms
expect 'conditions, too' 0 'values: yes yes yes values.props [] Trueb' "$RING3" run out/values.sys --for=1ms
wrong() { printf '%s\n' "<Project><PropertyGroup><A>x</A>$1</PropertyGroup></Project>" >wrong.vcxproj; }
wrong '<B>$(A.Reverse(1))</B>'
expect 'an unknown method is refused by name, with its line' 4 'wrong.vcxproj:1: the property function Reverse with 1 arguments is not understood' "$RING3" build wrong.vcxproj
wrong '<B>$(A.Substring(0, 5))</B>'
expect 'a piece that is not there is told' 4 "'x' has only 1 characters" "$RING3" build wrong.vcxproj
wrong '<B>$(A.Split(",")[3])</B>'
expect 'so is a part' 4 'has no part 3' "$RING3" build wrong.vcxproj
wrong '<B>$(A.Replace("x", "y")</B>'
expect 'and a parenthesis that is open' 4 'has no closing parenthesis' "$RING3" build wrong.vcxproj
wrong '<B>$([MSBuild]Add(1))</B>'
expect 'and a type without a function' 4 'FUNCTION is expected' "$RING3" build wrong.vcxproj
finish
