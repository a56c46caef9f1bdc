#!/bin/sh
# What Winsock Kernel leaves undefined is a finding of the rule wsk-misuse, with the line of the call, and the computer goes on.
. tests/system/lib.sh
GUEST=$BUILD/tests/guest/wsk_misuse.sys
needs "$GUEST"
"$RING3" run "$GUEST" --clock=virtual --for=1ms >"$TMP/log" 2>&1
code=$?
if [ $code -eq 1 ]; then ok 'findings are exit code 1'; else bad "exit code $code"; fi
for text in 'on a socket that is closed' 'something that is not a socket' 'something that is not a client' 'no stack location left' \
    'without a capture' 'a registration that does not exist' 'after WskReleaseProviderNPI'; do
    if grep -q "finding.*wsk-misuse.*$text" "$TMP/log"; then ok "$text"; else bad "not found: $text"; fi
done
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\wsk_misuse\\Parameters]\r\n"Test"="data_that_is_kept_over_the_close_is_taken_back"\r\n' >"$TMP/one.reg"
expect 'kept data is told at the close' 1 'a socket is closed while its driver keeps received data' \
    "$RING3" run "$GUEST" --reg="$TMP/one.reg" --clock=virtual --for=1ms
if grep -q 'wsk_misuse.c:[0-9]' "$TMP/log"; then ok 'the line is told'; else bad 'no line is told'; fi
[ $wrong -eq 0 ] || cat "$TMP/log"
finish
