#!/usr/bin/env bash
# ring3 new: each kind of project builds from its sources and from its Visual Studio project, runs, and packages; one is tested whole.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null && command -v llvm-rc-19 >/dev/null || exit 77
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
export RING3

others='vhub|vlanmux|lwfcount|rawport|wskecho|warden|vioblk|ramlun|@[A-Z]+@|ring3_'

whole() {   # KIND MODEL: every command of the project's README, in its order
    local kind=$1 model=$2 what="$1 ($2)" port run code
    mkdir -p "$TMP/$kind-$model.place" && cd "$TMP/$kind-$model.place" && "$RING3" new "$kind" OurDriver --model="$model" --out="$kind-$model" >new.log 2>&1 && cd "$kind-$model" ||
        { bad "$what: nothing was written"; sed 's/^/    /' new.log; return; }
    port=$(free_ports 1)
    sed -i "s/--for=3s/--for=1s/; s/17007/$port/" README.md Makefile test.sh
    "$RING3" build . >../make.log 2>&1 && make -s RING3="$RING3" >>../make.log 2>&1 && ok "$what builds" || { bad "$what does not build"; tail -5 ../make.log; }
    grep -q 'warning' ../make.log && { bad "$what: the compiler warns"; grep -m3 warning ../make.log; }
    run=$(sed -n 's/^    ring3 run /"$RING3" run /p' README.md)
    eval "$run" >../run.log 2>&1
    code=$?
    [ $code -eq 0 ] && grep -q 'findings 0' ../run.log && ok "$what runs as its README says" || { bad "$what: exit code $code from: $run"; tail -5 ../run.log; }
    case $model in
    kmdf) grep -aq WdfVersionBind build/ourdriver.sys && grep -q 'KmdfLibraryVersion = 1.33' build/ourdriver.inf && ok "$what is of its model" || bad "$what is of another model" ;;
    wdm) ! grep -aq WdfVersionBind build/ourdriver.sys && ! grep -qi kmdf build/ourdriver.inf && ok "$what is of its model" || bad "$what is of another model" ;;
    esac
    make -s RING3="$RING3" test >../make.log 2>&1 && ok "$what passes its own test" || { bad "$what fails its own test"; tail -5 ../make.log; }
    "$RING3" audit build/ourdriver.sys >../make.log 2>&1 && ok "$what passes the audit" || { bad "$what fails the audit"; tail -5 ../make.log; }
    make -s RING3="$RING3" package >../make.log 2>&1 && [ -s build/package/ourdriver.cat ] && ok "$what packages" || { bad "$what does not package"; tail -5 ../make.log; }
    "$RING3" build ourdriver.vcxproj --out=vs >../make.log 2>&1 && [ -s vs/ourdriver.sys ] && ! grep -q "warning:" ../make.log && ok "$what builds from its project" || { bad "$what: the project does not build"; tail -5 ../make.log; }
    ! grep -rqiE "$others" --include='*.[ch]' --include='*.inx' --include='*.vcxproj' --include=Makefile . &&
        ok "$what has no other driver's name" || { bad "$what still has another driver's name"; grep -rniE "$others" --include='*.[ch]' --include='*.inx' . | head -5; }
}

for kind in $("$RING3" new | awk '{ print $1 }'); do
    for model in wdm kmdf; do
        if "$RING3" new "$kind" OurDriver --model="$model" --out="$TMP/probe" >/dev/null 2>"$TMP/why"; then
            while [ "$(jobs -rp | wc -l)" -ge 3 ]; do wait -n; done    # mostly they wait for their traffic
            whole "$kind" "$model" >"$TMP/$kind-$model.out" 2>&1 &
        elif grep -q 'is a WDM driver, never kmdf: ' "$TMP/why"; then
            ok "$kind: only one model, and it says why"
        else
            bad "$kind, $model: $(cat "$TMP/why")"
        fi
        rm -rf "$TMP/probe"
    done
done
wait
cat "$TMP"/*.out
! grep -q '^not ok' "$TMP"/*.out || wrong=1
[ "$(ls "$TMP"/*.out | wc -l)" -ge 13 ] || bad 'some projects were not tried'
mkdir "$TMP/ndis-filter-wdm"
cd "$TMP" || exit 1
expect 'an unknown kind is told' 2 'no kind of driver' "$RING3" new ndis-thing X
expect 'a name that is none is told' 4 'no name for a driver' "$RING3" new ndis-filter 'a b'
expect 'a directory that is there is left alone' 4 'it is there already' "$RING3" new ndis-filter Y --out=ndis-filter-wdm
expect 'a model there is not is told' 3 'Storport makes its devices' "$RING3" new storport-miniport Z --model=kmdf
expect 'a callout driver is a framework driver unless the other is asked for' 0 '' "$RING3" new wfp-callout Q
grep -q '<DriverType>KMDF' Q/q.vcxproj || bad 'its project says so'
expect 'a model that is none is told' 2 'wdm or kmdf' "$RING3" new ndis-filter Z --model=umdf
finish
