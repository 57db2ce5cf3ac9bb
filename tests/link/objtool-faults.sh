# SPDX-License-Identifier: BSD-2-Clause
# Every allocation, open, read, write and rename of objtool fails in turn: it says so and ends with
# 3, leaves the old output whole, and no other file behind. So does a signal at each of these calls.
. tests/lib.sh
S=$PWD/$SCRATCH
objtool=$B/bin/objtool
"${CC:-cc}" -shared -fPIC -O1 -o "$S/fault.so" tests/link/fault.c
head -c 1300 LICENSE >"$S/data"
"$objtool" pack --data --compress --point a@b "$S/data" -o "$S/a.obj"
"$objtool" pack --data --name b "$S/data" -o "$S/b.obj"
"$objtool" image -o "$S/good.img" "$S/a.obj" "$S/b.obj"
mkdir "$S/out"

# $1: title, then the command, which may write $S/out/file.
faults() {
    faults_title=$1
    shift
    check "$faults_title" env FAULT="${FAULT:-ERROR}" FAULT_DIRECTORY="$S/out" LD_PRELOAD="$S/fault.so" "$@"
}
signals() {
    signals_title=$1
    shift
    FAULT=TERM faults "$signals_title: SIGTERM at each call" "$@"
    FAULT=KILL faults "$signals_title: SIGKILL at each call" "$@"
}

faults "pack" "$objtool" pack --data --compress --point x@y "$S/data" -o "$S/out/file"
signals "pack" "$objtool" pack --data --compress --point x@y "$S/data" -o "$S/out/file"
faults "pack of a library" "$objtool" pack "$B/lib/libtwzrt.so" -o "$S/out/file"
"$objtool" keygen -o "$S/key"
"$objtool" keygen -o "$S/friend"
"$objtool" sign "$S/a.obj" --key "$S/key" -o "$S/signed.obj"
context=00112233445566778899aabbccddeeff
"$objtool" grant "$S/signed.obj" --to $context --rights rx --delegate "$S/friend.pub" --key "$S/key" -o "$S/cap"
faults "pack with everything" "$objtool" pack "$B/image/libtally.so" --key "$S/key" --point x@y --compress \
    --extension $context=0x1000:1 -o "$S/out/file"
faults "pack with debug data apart" "$objtool" pack "$B/image/libtally.so" -o "$S/out/file" --split "$S/side.obj"
faults "sign" "$objtool" sign "$S/a.obj" --key "$S/key" -o "$S/out/file"
faults "grant" "$objtool" grant "$S/signed.obj" --to $context --rights r --from "$S/cap" --key "$S/friend" -o "$S/out/file"
faults "verify of a capability" "$objtool" verify --json "$S/cap" --object "$S/signed.obj"
faults "unpack" "$objtool" unpack "$S/good.img" data -o "$S/out/file"
signals "unpack" "$objtool" unpack "$S/good.img" data -o "$S/out/file"
faults "image" "$objtool" image -o "$S/out/file" "$S/a.obj" "$S/b.obj"
faults "image with a base" "$objtool" image -o "$S/out/file" --base "$S/good.img" "$S/b.obj"
signals "image" "$objtool" image -o "$S/out/file" "$S/a.obj" "$S/b.obj"
faults "info" "$objtool" info "$S/a.obj"
faults "info --json" "$objtool" info --json "$S/a.obj"
faults "ls --json" "$objtool" ls --json "$S/good.img"
faults "verify --json" "$objtool" verify --json "$S/good.img"
faults "check --json" "$objtool" check --json "$B/lib/libtwzrt.so"
faults "extension" "$objtool" extension "$S/a.obj" --add $context=0x1000:1 -o "$S/out/file"
faults "gates" "$objtool" gates "$B/image/libtally.so"
faults "diff" "$objtool" diff "$S/a.obj" "$S/b.obj"

# A disk that is full, and one that cannot be written, in a mount namespace of our own.
if unshare -rm true 2>/dev/null; then
    in_namespace() { unshare -rm sh -euc "$1" sh "$objtool" "$S"; }
    # shellcheck disable=SC2016
    check "a full disk: status 3, and the old file is whole" in_namespace '
        mount -t tmpfs -o size=64k none "$2/out"
        cp "$2/data" "$2/out/file"
        status=0
        status=0
        "$1" pack --data --name big "$1" -o "$2/out/file" 2>"$2/why" || status=$?
        cat "$2/why"
        [ $status -eq 3 ] && grep -q "out/file: cannot write it: No space left on device" "$2/why"
        cmp "$2/data" "$2/out/file" && [ "$(ls -A "$2/out")" = file ]'
    # shellcheck disable=SC2016
    check "a read-only folder: status 3, and the old file is whole" in_namespace '
        cp "$2/data" "$2/out/file"
        mount --bind "$2/out" "$2/out" && mount -o remount,bind,ro "$2/out"
        status=0
        "$1" pack --data "$2/data" -o "$2/out/file" 2>"$2/why" || status=$?
        cat "$2/why"
        [ $status -eq 3 ] && grep -q "out/file: cannot make a file beside it: Read-only file system" "$2/why"
        cmp "$2/data" "$2/out/file" && [ "$(ls -A "$2/out")" = file ]'
else
    skip "a full disk" "no mount namespaces here"
    skip "a read-only folder" "no mount namespaces here"
fi
check_status "a folder that vanished: status 3" 3 "$objtool" pack --data "$S/data" -o "$S/gone/file"
says "  and the file is named" "gone/file: cannot make a file beside it: No such file or directory"
check_status "a file that vanished: status 3" 3 "$objtool" image -o "$S/out/file" "$S/a.obj" "$S/gone.obj"
says "  and named" "gone.obj: cannot open it: No such file or directory"
finish
