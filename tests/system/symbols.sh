#!/bin/sh
# No function of the program stands in the place of one of the libraries it is linked with, but for those of lwIP that it replaces: an
# export of Windows' with the name of a C function would be called by everybody in the process.
. tests/system/lib.sh
for tool in nm ldd; do command -v $tool >/dev/null || skip "$tool is not installed"; done
case $(nm -D "$RING3" 2>/dev/null) in *__asan_*) skip 'a sanitized build stands in for the C library' ;; esac
nm -D --defined-only "$RING3" | awk '$2 == "T" { print $3 }' | sort >"$TMP/ours"
ldd "$RING3" | awk '$3 ~ /^\// && $3 !~ /lwip/ { print $3 }' | while read -r library; do
    nm -D --defined-only "$library" | sed 's/@.*//' | awk '$2 ~ /[TWi]/ { print $3 }' | sort | comm -12 - "$TMP/ours" | grep -v '^_init$\|^_fini$' |
        sed "s|^|$library: |"
done >"$TMP/shadowed"
if [ -s "$TMP/shadowed" ]; then bad 'these functions are ours:'; sed 's/^/    /' "$TMP/shadowed"; else ok 'no function of a library is shadowed'; fi
if [ "$(wc -l <"$TMP/ours")" -gt 1000 ]; then ok 'and there was something to compare'; else bad 'no symbols in the program'; fi
finish
