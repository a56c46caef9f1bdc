#!/usr/bin/env bash
# ring3 new: each kind of project builds from its sources and from its Visual Studio project, runs, and packages; one is tested whole.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null && command -v llvm-rc-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
export RING3

for kind in $("$RING3" new | awk '{ print $1 }'); do
    "$RING3" new "$kind" OurDriver --out="$kind" >new.log 2>&1
    if grep -q 'no sources to start from yet' new.log; then
        echo "skip: $kind"
        continue
    fi
    cd "$kind" || { bad "$kind: nothing was written"; continue; }
    make -s RING3="$RING3" >../make.log 2>&1 && ok "$kind builds" || { bad "$kind does not build"; tail -5 ../make.log; }
    run=$(sed -n 's/^    ring3 run /"$RING3" run /p' README.md | sed 's/--for=3s/--for=1s/; s/17007/'"$(free_ports 1)"'/')
    eval "$run" >../run.log 2>&1
    code=$?
    [ $code -eq 0 ] && grep -q 'findings 0' ../run.log && ok "$kind runs as its README says" || { bad "$kind: exit code $code from: $run"; tail -5 ../run.log; }
    make -s RING3="$RING3" package >../make.log 2>&1 && [ -s build/package/ourdriver.cat ] && ok "$kind packages" || { bad "$kind does not package"; tail -5 ../make.log; }
    "$RING3" build ourdriver.vcxproj --out=vs >../make.log 2>&1 && [ -s vs/ourdriver.sys ] && ok "$kind builds from its project" || { bad "$kind: the project does not build"; tail -5 ../make.log; }
    ! grep -rqiE "vhub|vlanmux|lwfcount|rawport|wskecho|warden|vioblk|ramlun|@[A-Z]+@|ring3_" --include='*.[ch]' --include='*.inx' --include='*.vcxproj' --include=Makefile . &&
        ok "$kind has no other driver's name" || { bad "$kind still has another driver's name"; grep -rniE "vhub|vlanmux|lwfcount|rawport|wskecho|warden|vioblk|ramlun|@[A-Z]+@|ring3_" --include='*.[ch]' --include='*.inx' . | head -5; }
    cd ..
done
cd ndis-filter && make -s RING3="$RING3" test >../make.log 2>&1 && ok 'a project passes its own test' || { bad 'a project fails its own test'; tail -5 ../make.log; }
cd "$TMP" || exit 1
expect 'an unknown kind is told' 2 'no kind of driver' "$RING3" new ndis-thing X
expect 'a name that is none is told' 4 'no name for a driver' "$RING3" new ndis-filter 'a b'
expect 'a directory that is there is left alone' 4 'it is there already' "$RING3" new ndis-filter Y --out=ndis-filter
expect 'a model there is not is told' 3 'no kmdf sources' "$RING3" new ndis-filter Z --model=kmdf
finish
