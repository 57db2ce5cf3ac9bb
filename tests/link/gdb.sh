# SPDX-License-Identifier: BSD-2-Clause
# A debugger on a running image: symbols at their slots, through a gate into the callee and back.
. tests/lib.sh
S=$SCRATCH
if ! command -v gdb >/dev/null; then
    skip 'P129 a debugger steps through a gate into the callee and back' 'there is no gdb here'
    finish
    exit 0
fi
boot "$B/twz.img" 'slots=7 table=start hello'
expect_status 'a run whose table is printed before the program runs' 0
cat >"$S/commands" <<EOF
set pagination off
set confirm off
set architecture i386:x86-64
source ld-twz/gdb/twz.py
twz-symbols $log $B/image $B/lib
target remote $S/gdb.sock
tbreak main
continue
echo \n== in main\n
info compartments
tbreak tally_impl
continue
echo \n== in the callee\n
backtrace 1
finish
echo \n== leaving the callee\n
tbreak twz_rt_print
continue
echo \n== back in main\n
backtrace 3
kill
quit
EOF
socket=$(printf '%s' "$S/gdb.sock")
"$B/bin/twz-run" -t 60 -q "-S -gdb unix:$socket,server=on,wait=off" "$B/twz.img" 'slots=7 table=start hello' \
    >"$S/run.log" 2>&1 </dev/null &
runner=$!
tries=0
while [ ! -S "$socket" ] && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
timeout 60 gdb -q -nx -batch -x "$S/commands" >"$S/transcript" 2>&1 </dev/null || true
kill "$runner" 2>/dev/null || true
wait "$runner" 2>/dev/null || true
cp "$S/transcript" "$S/check.out"
says 'symbols of a library are added at its slot' '^libtally.so at slot 0x'
says 'info compartments shows the table' '^tally: live, calls in'
says 'P113 and in it the loader, with its gate' '^loader: live, calls in 2, .* threads 1,'
says 'and its memory' '^  gate [0-9]+ +calls 2 +i64 twz_loader_run\(u64\) <- monitor'
says 'P129 a breakpoint in the callee is hit through the gate' '^Temporary breakpoint [0-9.]+, .*tally_impl'
says 'P129 the debugger sees its arguments' 'text_size=11, letter=115'
says 'P129 and is back in the caller, with its frames' '^#1 .* in main \('

# The debug data of a library that was split is found by its build ID.
mkdir "$S/split"
"$B/bin/objtool" pack "$B/image/libtally.so" -o "$S/tally.obj" --split "$S/debug.obj"
"$B/bin/objtool" unpack "$S/tally.obj" -o "$S/split/libtally.so"
cat >"$S/commands" <<EOF
source ld-twz/gdb/twz.py
twz-symbols $log $S/split
info line tally_impl
EOF
check_status 'gdb on a split library' 1 timeout 60 gdb -q -nx -batch -x "$S/commands"
says '  has no symbols of it' 'No symbol table is loaded|No symbol "tally_impl"|Function "tally_impl" not defined'
"$B/bin/objtool" unpack "$S/debug.obj" -o "$S/split/$("$B/bin/objtool" info "$S/debug.obj" | sed -n 's/^name *//p')"
check_status '  with its debug data beside it' 0 timeout 60 gdb -q -nx -batch -x "$S/commands"
says '  has its lines' '^Line [0-9]+ of "tests/programs/tally\.c" starts at address 0x[0-9a-f]+ <tally_impl'
finish
