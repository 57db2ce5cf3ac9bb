# SPDX-License-Identifier: BSD-2-Clause
# Every allocation, read, write and rename of objtool fails in turn: it says so and ends with 3,
# leaves the old output whole, and no other file behind.
. tests/lib.sh
S=$SCRATCH
objtool=$B/bin/objtool
"${CC:-cc}" -shared -fPIC -O1 -o "$S/fault.so" tests/link/fault.c
head -c 1300 LICENSE >"$S/data"
"$objtool" pack --data --compress --point a@b "$S/data" -o "$S/a.obj"
"$objtool" pack --data --name b "$S/data" -o "$S/b.obj"
"$objtool" image -o "$S/good.img" "$S/a.obj" "$S/b.obj"
mkdir "$S/out"

# $1: title, then the command, which may write $S/out/file. A fault that makes no difference to
# report and output may go unmentioned.
survives() {
    survives_title=$1
    shift
    n=0 why=
    while [ -z "$why" ]; do
        n=$((n + 1))
        rm -f "$S/hit" "$S/out/"*
        echo old >"$S/out/file"
        status=0
        env FAULT=$n FAULT_LOG="$S/hit" LD_PRELOAD="$S/fault.so" "$@" >"$S/stdout" 2>"$S/stderr" || status=$?
        [ -e "$S/hit" ] || break
        if [ "$status" -ne 3 ] && [ "$status" -ne 0 ]; then
            why="fault $n: status $status"
        elif [ "$status" -eq 3 ] && ! grep -q '^objtool: .*cannot' "$S/stderr" "$S/stdout" &&
            ! grep -q '"expected": "cannot' "$S/stdout"; then
            why="fault $n: no reason given"
        elif [ "$status" -eq 3 ] && [ "$(cat "$S/out/file")" != old ]; then
            why="fault $n: the old file is gone"
        elif [ "$(ls -A "$S/out")" != file ]; then
            why="fault $n: left $(ls -A "$S/out")"
        elif [ "$status" -eq 0 ] && ! cmp -s "$S/stdout" "$S/want.stdout"; then
            why="fault $n: the report is another"
        elif [ "$status" -eq 0 ] && ! cmp -s "$S/out/file" "$S/want.file"; then
            why="fault $n: the output is another"
        fi
        [ "$n" -lt 2000 ] || why="more than 2000 calls"
    done
    if [ -z "$why" ] && [ "$n" -gt 3 ]; then
        result ok "$survives_title ($((n - 1)) faults)"
    else
        result 'not ok' "$survives_title"
        echo "# $why"
        sed 's/^/#   /' "$S/stderr" "$S/stdout"
    fi
}

# What the command gives when nothing fails.
wanted() {
    rm -f "$S/out/"*
    echo old >"$S/out/file"
    "$@" >"$S/want.stdout" 2>"$S/want.stderr" || true
    cp "$S/out/file" "$S/want.file"
}

faults() {
    title=$1
    shift
    wanted "$@"
    survives "$title" "$@"
}

faults "pack" "$objtool" pack --data --compress --point x@y "$S/data" -o "$S/out/file"
faults "pack of a library" "$objtool" pack "$B/lib/libtwzrt.so" -o "$S/out/file"
"$objtool" keygen -o "$S/key"
"$objtool" keygen -o "$S/friend"
"$objtool" sign "$S/a.obj" --key "$S/key" -o "$S/signed.obj"
context=00112233445566778899aabbccddeeff
"$objtool" grant "$S/signed.obj" --to $context --rights rx --delegate "$S/friend.pub" --key "$S/key" -o "$S/cap"
faults "pack with everything" "$objtool" pack "$B/lib/libtwzrt.so" --key "$S/key" --point x@y --compress \
    --extension $context=0x1000:1 -o "$S/out/file"
faults "pack with debug data apart" "$objtool" pack "$B/lib/libtwzrt.so" -o "$S/out/file" --split "$S/side.obj"
faults "sign" "$objtool" sign "$S/a.obj" --key "$S/key" -o "$S/out/file"
faults "grant" "$objtool" grant "$S/signed.obj" --to $context --rights r --from "$S/cap" --key "$S/friend" -o "$S/out/file"
faults "verify of a capability" "$objtool" verify --json "$S/cap" --object "$S/signed.obj"
faults "unpack" "$objtool" unpack "$S/good.img" data -o "$S/out/file"
faults "image" "$objtool" image -o "$S/out/file" "$S/a.obj" "$S/b.obj"
faults "image with a base" "$objtool" image -o "$S/out/file" --base "$S/good.img" "$S/b.obj"
faults "info" "$objtool" info "$S/a.obj"
faults "info --json" "$objtool" info --json "$S/a.obj"
faults "ls --json" "$objtool" ls --json "$S/good.img"
faults "verify --json" "$objtool" verify --json "$S/good.img"
faults "check --json" "$objtool" check --json "$B/lib/libtwzrt.so"
finish
