# SPDX-License-Identifier: BSD-2-Clause
# The test runner itself: what it must not let pass.
. tests/lib.sh
t=$SCRATCH/tests
mkdir -p "$t"

# $1: name of a test whose body is standard input; $2: status that tests/run must end with, then
# the expected last line.
verdict() {
    cat >"$t/$1.sh"
    got=0
    env -u TESTS -u V tests/run "$SCRATCH" "$t/$1.sh" >"$SCRATCH/$1.out" 2>&1 || got=$?
    tail -n 1 "$SCRATCH/$1.out" | grep -qx "$3" && [ "$got" -ne 0 ] && [ "$2" = fails ] ||
        { [ "$got" -eq 0 ] && [ "$2" = passes ] && tail -n 1 "$SCRATCH/$1.out" | grep -qx "$3"; } ||
        { cat "$SCRATCH/$1.out" && return 1; }
}
runner() {
    title=$1
    shift
    cat >"$SCRATCH/body"
    check "$title" sh -c '. "$0" && verdict "$@" <"$SCRATCH/body"' "$SCRATCH/verdict.sh" "$@"
}
{ echo "t=$t" && sed -n '/^verdict() {/,/^}/p' tests/link/runner.sh; } >"$SCRATCH/verdict.sh"
export SCRATCH

runner "results and a plan pass" good passes '2 passed, 0 failed' <<'END'
echo "1..2"; echo "ok 1 - P7 P8 one"; echo "ok 2 - two"
END
check "promises are counted and listed" sh -c "
    grep -q '^promises proven: 2/' $SCRATCH/good.out &&
    grep -q '^8	.*: P7 P8 one	pass\$' $SCRATCH/promises.tsv"
runner "a failure fails" failure fails '1 passed, 1 failed' <<'END'
echo "ok 1 - one"; echo "not ok 2 - P7 two"; echo "1..2"
END
runner "a crash after good results fails" crash fails '1 passed, 1 failed' <<'END'
echo "1..2"; echo "ok 1 - one"; kill -SEGV $$
END
runner "a test without a plan fails" planless fails '1 passed, 1 failed' <<'END'
echo "ok 1 - one"
END
runner "a missing result fails" missing fails '1 passed, 1 failed' <<'END'
echo "1..2"; echo "ok 1 - one"
END
runner "a bad status alone fails" status fails '1 passed, 1 failed' <<'END'
echo "1..1"; echo "ok 1 - one"; exit 3
END
runner "no test at all fails" nothing fails '0 passed, 0 failed' <<'END'
echo "1..0"
END
TEST_SECONDS=1
export TEST_SECONDS
runner "a test that hangs fails" hang fails '0 passed, 1 failed' <<'END'
sleep 20
END
runner "one promise refuted by one of its tests is not proven" refuted fails '1 passed, 1 failed' <<'END'
echo "1..2"; echo "ok 1 - P9 one"; echo "not ok 2 - P9 two"
END
check "and is not counted" grep -q '^promises proven: 0/' "$SCRATCH/refuted.out"
finish
