# SPDX-License-Identifier: BSD-2-Clause
# The README's transcripts are real: every line of them is printed by what it names.
. tests/lib.sh

# What differs from machine to machine: addresses, and what the machine's changelog is like.
generic() { sed -E 's/\r$//; s/0x[0-9a-f]+/0x/g; s/[0-9]+ bytes/n bytes/; s/crc32 [0-9a-f]+/crc32 c/' "$1"; }

# $1: file of expected lines, $2: file of output. `...` stands for anything.
all_there() {
    generic "$2" >"$2.generic"
    generic "$1" >"$1.generic"
    while IFS= read -r line; do
        case $line in ... | '') continue ;; esac
        grep -qxF -- "$line" "$2.generic" || { echo "not printed: $line" && return 1; }
    done <"$1.generic"
}

awk '/^<!-- from make run -->/ { on = 1; next } on && /^```/ { if (started) exit; started = 1; next }
    started' README.md >"$SCRATCH/run.expected"
check "the README shows make run" test -s "$SCRATCH/run.expected"
MAKEFLAGS='' make -s B="$B" run >"$SCRATCH/run.log" 2>&1 || true
check "and shows what it prints" all_there "$SCRATCH/run.expected" "$SCRATCH/run.log"

awk '/^    \$ ld-twz/ { on = 1; next } /^[^ ]/ { on = 0 } on { sub(/^    /, ""); print }' README.md \
    >"$SCRATCH/ld-twz.expected"
cp tests/programs/hello.c tests/programs/hello.policy tests/programs/tally.[ch] "$SCRATCH/"
twz=$PWD/$B/bin
(
    cd "$SCRATCH"
    "$twz/twz-cc" -O2 -shared -Wl,-soname,libtally.so tally.c -o libtally.so
    "$twz/twz-cc" -O2 hello.c -L. -ltally -o hello
    "$twz/ld-twz" check --policy hello.policy hello
    "$twz/ld-twz" why --policy hello.policy hello tally
) >"$SCRATCH/ld-twz.log" 2>&1 || true
check "the README shows ld-twz" test -s "$SCRATCH/ld-twz.expected"
check "and shows what it prints about the example" all_there "$SCRATCH/ld-twz.expected" "$SCRATCH/ld-twz.log"
finish
