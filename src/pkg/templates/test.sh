#!/bin/sh
# The driver under traffic, on one and on two processors, and with a seeded schedule: it must do its job, leave nothing behind
# and give no finding (exit code 0).
RING3=${RING3:-ring3}
for options in "" "--cpus=2" "--cpus=2 --seed=7"; do
    echo "test $options"
    @TESTRUN@ || exit 1
done
echo "all good"
