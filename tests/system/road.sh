#!/usr/bin/env bash
# docs/road: every command of every page, in its order, on a clean directory. The seconds of runs are cut to one.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null && command -v llvm-rc-19 >/dev/null && command -v gcab >/dev/null || exit 77
pages=$(cd "$(dirname "$0")/../../docs/road" && pwd)
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
mkdir "$TMP/bin" && ln -s "$RING3" "$TMP/bin/ring3"
PATH=$TMP/bin:$PATH
for page in "$pages"/*.md; do
    name=$(basename "$page" .md)
    [ "$name" = README ] && continue
    mkdir "$TMP/$name" && cd "$TMP/$name" || exit 1
    failed=
    while IFS= read -r command; do
        command=$(printf '%s' "$command" | sed "s/--for=[0-9]*s/--for=1s/; s/17007/$(free_ports 1)/; s/make test RING3=ring3/make -s test RING3='ring3'/")
        eval "$command" >"$TMP/out" 2>&1 || { failed=$command; break; }
    done < <(sed -n 's/^    //p' "$page")
    if [ -z "$failed" ]; then
        ok "$name: every step works"
    elif grep -q 'no sources to start from yet' "$TMP/out"; then
        echo "skip: $name"
    else
        bad "$name: this step does not work: $failed"; tail -5 "$TMP/out"
    fi
done
finish
