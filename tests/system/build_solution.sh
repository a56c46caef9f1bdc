#!/usr/bin/env bash
# ring3 build X.sln, and what projects of a solution share: Directory.Build.props, property sheets, conditions with functions.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
mkdir -p all/one all/two all/lib all/tool all/other

project() {     # DIR TYPE BODY
    cat >"all/$1/$1.vcxproj" <<X
<Project>
  <Import Project="\$(VCTargetsPath)\\Microsoft.Cpp.Default.props" />
  <PropertyGroup><ConfigurationType>$2</ConfigurationType>$3</PropertyGroup>
  <Import Project="\$(VCTargetsPath)\\Microsoft.Cpp.props" />
  <ImportGroup Label="PropertySheets"><Import Project="\$(SolutionDir)sheet.props" Condition="Exists('\$(SolutionDir)sheet.props')" /></ImportGroup>
  <ItemGroup><ClCompile Include="*.c" /></ItemGroup>
  $4
  <Import Project="\$(VCTargetsPath)\\Microsoft.Cpp.targets" />
</Project>
X
}

kernel='<DriverType>WDM</DriverType><PlatformToolset>WindowsKernelModeDriver10.0</PlatformToolset>'
project one Driver "$kernel" '<ItemGroup><ProjectReference Include="..\lib\lib.vcxproj" /></ItemGroup>'
project two Driver "$kernel" ''
project lib StaticLibrary "$kernel" ''
project tool Application '<PlatformToolset>v143</PlatformToolset>' ''
project other StaticLibrary '<PlatformToolset>v143</PlatformToolset>' ''
cat >all/Directory.Build.props <<'X'
<Project>
  <PropertyGroup><Shared>7</Shared><Kit>10.0.26100.0</Kit></PropertyGroup>
  <PropertyGroup Condition="'$(Kit)' &gt;= '10.0.9200.1' And '10.0.10240' &gt; '10.0.9200.1'"><Newer>1</Newer></PropertyGroup>
  <PropertyGroup Condition="$([MSBuild]::VersionGreaterThanOrEquals('$(Kit)', '10.0.19041')) And $(Kit.StartsWith('10.'))"><Newest>1</Newest></PropertyGroup>
</Project>
X
cat >all/Directory.Build.targets <<'X'
<Project><ItemDefinitionGroup><ClCompile><PreprocessorDefinitions>SHARED=$(Shared);NEWER=$(Newer);NEWEST=$(Newest);%(PreprocessorDefinitions)</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup></Project>
X
cat >all/sheet.props <<'X'
<Project><ItemDefinitionGroup><ClCompile><PreprocessorDefinitions>SHEET=3;%(PreprocessorDefinitions)</PreprocessorDefinitions></ClCompile></ItemDefinitionGroup></Project>
X
cat >all/one/one.c <<'C'
#include <ntddk.h>
int Helper(void);
static VOID Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = Unload;
    DbgPrint("shared %d newer %d newest %d sheet %d helper %d\n", SHARED, NEWER, NEWEST, SHEET, Helper());
    return STATUS_SUCCESS;
}
C
printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { return d && p ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; }\n' >all/two/two.c
echo 'int Helper(void); int Helper(void) { return 5; }' >all/lib/lib.c
echo '#error a program of user mode' | tee all/tool/tool.c >all/other/other.c

solution() {    # the projects' lines, then what configurations build
    printf '\xef\xbb\xbf\r\nMicrosoft Visual Studio Solution File, Format Version 12.00\r\n'
    n=1
    for name in two one lib tool other; do
        printf 'Project("{8BC9CEB8-8B4A-11D0-8D11-00A0C91BC942}") = "%s", "%s\\%s.vcxproj", "{0000000%d-0000-0000-0000-000000000000}"\r\n' $name $name $name $n
        [ $name = two ] && printf '\tProjectSection(ProjectDependencies) = postProject\r\n\t\t{00000002-0000-0000-0000-000000000000} = {00000002-0000-0000-0000-000000000000}\r\n\tEndProjectSection\r\n'
        printf 'EndProject\r\n'
        n=$((n + 1))
    done
    printf 'Project("{2150E333-8FDC-42A3-9474-1A3956D46DE8}") = "folder", "folder", "{00000009-0000-0000-0000-000000000000}"\r\nEndProject\r\nGlobal\r\n'
    for n in 1 2 3 4 5; do
        printf '\t\t{0000000%d-0000-0000-0000-000000000000}.Debug|x64.ActiveCfg = Debug|x64\r\n\t\t{0000000%d-0000-0000-0000-000000000000}.Debug|x64.Build.0 = Debug|x64\r\n' $n $n
        printf '\t\t{0000000%d-0000-0000-0000-000000000000}.Release|x64.ActiveCfg = Debug|x64\r\n' $n
    done
    printf '\t\t{00000001-0000-0000-0000-000000000000}.Release|x64.Build.0 = Debug|x64\r\nEndGlobal\r\n'
}
solution >all/all.sln

"$RING3" build all/all.sln --out=o >list 2>log
[ $? -eq 0 ] && [ "$(sed 's/.*\/o\///' list | paste -sd' ')" = 'one/one.sys two/two.sys lib/lib.lib' ] && ok 'a solution builds its drivers and libraries, what is needed first' ||
    { bad 'a solution does not build as it should'; cat list log; }
grep -q 'skipped tool.tool.vcxproj: a program' log && grep -q 'skipped other.other.vcxproj: a library of user mode' log && ok 'it says what it skips' || { bad 'it does not say what it skips'; cat log; }
expect 'what projects share is in the driver' 0 'shared 7 newer 1 newest 1 sheet 3 helper 5' "$RING3" run o/one/one.sys --for=1ms
"$RING3" build all/all.sln --configuration=Release --out=rel >list 2>log
[ "$(sed 's/.*\/rel\///' list)" = 'two/two.sys' ] && grep -q 'skipped one.one.vcxproj: its configuration does not build it' log && ok 'a configuration chooses the projects' || { bad 'a configuration does not choose the projects'; cat list log; }
expect 'a configuration there is not is told' 4 'no configuration Checked|x64' "$RING3" build all/all.sln --configuration=Checked

cat >all/all.slnx <<'X'
<Solution>
  <Configurations><BuildType Name="Debug" /><BuildType Name="Release" /><Platform Name="x64" /><Platform Name="ARM64" /></Configurations>
  <Folder Name="/drivers/">
    <File Path="readme.txt" />
    <Project Path="two\two.vcxproj"><BuildDependency Project="one/one.vcxproj" /></Project>
    <Project Path="one/one.vcxproj" Id="00000002-0000-0000-0000-000000000000">
      <BuildType Solution="Release|*" Project="Debug" /><Build Solution="Release|x64" Project="false" /><Build Solution="*|ARM64" Project="false" />
    </Project>
  </Folder>
  <Project Path="lib/lib.vcxproj"><Platform Solution="Release|*" Project="ARM64" /></Project>
  <Project Path="tool/tool.vcxproj" />
</Solution>
X
"$RING3" build all/all.slnx --out=x >list 2>log
[ $? -eq 0 ] && [ "$(sed 's/.*\/x\///' list | paste -sd' ')" = 'one/one.sys two/two.sys lib/lib.lib' ] && grep -q 'skipped tool.tool.vcxproj: a program' log && ok 'a solution in XML builds as well' ||
    { bad 'a solution in XML does not build as it should'; cat list log; }
"$RING3" build all/all.slnx --configuration=Release --out=xr >list 2>log
[ "$(sed 's/.*\/xr\///' list)" = 'two/two.sys' ] && grep -q 'skipped one.one.vcxproj: its configuration does not build it' log && grep -q 'skipped lib.lib.vcxproj' log && ok 'its rules choose the projects' || { bad 'its rules do not choose the projects'; cat list log; }
expect 'a configuration that it does not name is told' 4 'no configuration Checked|x64' "$RING3" build all/all.slnx --configuration=Checked
printf '<Project/>' >hello.slnx
expect 'another document is told' 4 'no solution: its root element is Project' "$RING3" build hello.slnx
printf '<Solution><Project' >hello.slnx
expect 'and one that is no XML, with its line' 4 'hello.slnx:1: ' "$RING3" build hello.slnx
printf 'hello\n' >hello.sln
expect 'a file that is no solution is told' 4 'no solution' "$RING3" build hello.sln
sed 's/one\\one.vcxproj/gone\\gone.vcxproj/' all/all.sln >all/gone.sln
expect 'a project that is not there is told' 4 'there is no project gone' "$RING3" build all/gone.sln --out=out2
sed 's/= "two"/= "..\\..\\two"/' all/all.sln >all/out.sln
expect 'a project cannot name itself out of the results' 4 'is no name for a project' "$RING3" build all/out.sln --out=out2
sed -i 's/{00000002-0000-0000-0000-000000000000} = {00000002-0000/{00000001-0000-0000-0000-000000000000} = {00000001-0000/' all/all.sln
expect 'a project that needs itself is told' 4 'needs itself' "$RING3" build all/all.sln --out=out2
sed -i 's/<PropertyGroup><ConfigurationType>/<PropertyGroup><ImportDirectoryBuildProps>false<\/ImportDirectoryBuildProps><\/PropertyGroup>&/; s/^<Project>$/<Project><PropertyGroup><ImportDirectoryBuildProps>false<\/ImportDirectoryBuildProps><\/PropertyGroup>/' all/two/two.vcxproj
expect 'a project can do without Directory.Build.props' 0 'two.sys' "$RING3" build all/two/two.vcxproj --out=out3
grep -q 'SHARED=$' out3/two.obj.args && ok 'and then has nothing of it' || { bad 'it has something of it'; grep SHARED out3/two.obj.args; }
finish
