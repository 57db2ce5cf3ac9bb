# SPDX-License-Identifier: BSD-2-Clause
# For tests in sh: TAP, and QEMU. A test is a file that begins with `. tests/lib.sh`, makes checks,
# and ends with `finish`; it is run from the top of the tree with B (the build directory) and
# SCRATCH (an empty directory of its own) set. A title may begin with the promises that the check
# proves: `check "P125 two builds are equal" cmp a b`.
# shellcheck shell=sh
set -eu
: "${B:=build}" "${SCRATCH:=$B/scratch/by-hand}"
mkdir -p "$SCRATCH"
results=0

# $1: ok or not ok, $2: title
result() {
    results=$((results + 1))
    echo "$1 $results - $2"
}

# $1: title, then a command that succeeds if the check holds.
check() {
    check_title=$1
    shift
    if "$@" >"$SCRATCH/check.out" 2>&1; then
        result ok "$check_title"
    else
        result 'not ok' "$check_title"
        echo "# failed: $*"
        sed 's/^/#   /' "$SCRATCH/check.out"
    fi
}

# $1: title, $2: status that the command has to end with, then the command. Its output stays in
# $SCRATCH/check.out, for `says`.
check_status() {
    check_title=$1 want=$2 got=0
    shift 2
    "$@" >"$SCRATCH/check.out" 2>&1 || got=$?
    if [ "$got" -eq "$want" ]; then
        result ok "$check_title"
    else
        result 'not ok' "$check_title"
        echo "# status $got, expected $want: $*"
        sed 's/^/#   /' "$SCRATCH/check.out"
    fi
}

# $1: title, $2: extended regular expression that a line of the last command's output matches.
says() {
    if grep -Eq -- "$2" "$SCRATCH/check.out"; then
        result ok "$1"
    else
        result 'not ok' "$1"
        echo "# no line matches: $2"
        sed 's/^/#   /' "$SCRATCH/check.out"
    fi
}

# $1: title, $2: why it cannot run here
skip() {
    results=$((results + 1))
    echo "ok $results - $1 # SKIP $2"
}

finish() {
    echo "1..$results"
}

# $1: image, $2: command line (program and arguments), then further arguments for QEMU. The time limit
# is for what hangs: a busy host makes everything ten times slower. Sets
# boot_status (the guest's; 124 when the time is up, 125 when QEMU itself failed) and leaves the
# serial log in $log.
boot() {
    boot_image=$1 boot_line=$2
    shift 2
    log=$SCRATCH/serial.log
    boot_status=0
    "$B/bin/twz-run" -t "${BOOT_SECONDS:-60}" ${KERNEL:+-k "$KERNEL"} ${1:+-q "$*"} \
        "$boot_image" "$boot_line" >"$log.raw" 2>&1 </dev/null || boot_status=$?
    tr -d '\r' <"$log.raw" >"$log"
}

show_log() {
    echo "# guest status $boot_status ($boot_image: $boot_line); its serial log:"
    sed 's/^/#   /' "$log"
}

# $1: title, $2: extended regular expression that a line of the serial log has to match.
expect() {
    if grep -Eq -- "$2" "$log"; then
        result ok "$1"
    else
        result 'not ok' "$1"
        echo "# no line matches: $2"
        show_log
    fi
}

# $1: title, $2: extended regular expression that no line may match.
expect_not() {
    if grep -Eq -- "$2" "$log"; then
        result 'not ok' "$1"
        echo "# matches: $2"
        show_log
    else
        result ok "$1"
    fi
}

# $1: title, $2: the status that the guest has to end with.
expect_status() {
    if [ "$boot_status" -eq "$2" ]; then
        result ok "$1"
    else
        result 'not ok' "$1"
        echo "# expected guest status $2"
        show_log
    fi
}

# The TAP that a program in the image printed becomes part of this test. The program prints a plan
# as well; a missing result, or no plan, is a failure.
pass_through() {
    grep -E '^(not )?ok( |$)' "$log" >"$SCRATCH/tap" || true
    while read -r line; do
        case $line in
        ok*) word=ok ;;
        *) word='not ok' ;;
        esac
        result "$word" "$(printf '%s\n' "$line" | sed -E 's/^(not )?ok *[0-9]* *(- )?//')"
    done <"$SCRATCH/tap"
    plan=$(sed -n 's/^1\.\.\([0-9][0-9]*\).*/\1/p' "$log" | tail -n 1)
    ran=$(wc -l <"$SCRATCH/tap")
    if [ "${plan:-none}" != "$ran" ] || grep -q '^not ok' "$SCRATCH/tap"; then
        if [ "${plan:-none}" != "$ran" ]; then
            result 'not ok' "all results arrived (planned ${plan:-none}, got $ran): $boot_line"
        fi
        show_log
    fi
}
