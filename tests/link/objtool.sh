# SPDX-License-Identifier: BSD-2-Clause
# objtool as a user runs it: what goes in comes out, the same inputs give the same bytes, and every
# wrong file is refused with file, place, expectation and cure.
. tests/lib.sh
S=$SCRATCH
objtool=$B/bin/objtool

# $1: file, $2: offset, $3: bytes for printf. Overwrites bytes of a file.
patch() {
    # shellcheck disable=SC2059
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# $1: title, $2: what the only line on standard error must be (after "objtool: "), then the status
# and the command.
refuses() {
    refuses_title=$1 refuses_line=$2
    shift 2
    check_status "$refuses_title" "$@"
    says "  with the reason" "^objtool: $refuses_line\$"
}

cat >"$S/lib.c" <<'END'
int answer(void) { return 42; }
static int value = 7;
int *where(void) { return &value; }
END
"$B/bin/twz-cc" -shared -nostdlib --twz-no-rt -o "$S/lib.so" "$S/lib.c"
cat LICENSE LICENSE LICENSE LICENSE | head -c 5000 >"$S/data"

# Round trips
check "pack takes a library" "$objtool" pack "$S/lib.so" -o "$S/lib.obj"
check "verify accepts it" "$objtool" verify "$S/lib.obj"
check "unpack gives a file" "$objtool" unpack "$S/lib.obj" -o "$S/lib.out"
check "P70 the payload is the ELF file, byte for byte" cmp "$S/lib.so" "$S/lib.out"
check_status "P70 the object is one ID" 0 "$objtool" info "$S/lib.obj"
says "P70 and holds one library" '^content +library$'
check "P70 the ELF file stands at 0x1000, where it will be mapped" sh -c \
    "tail -c +4097 $S/lib.obj | head -c \$(wc -c <$S/lib.so) | cmp - $S/lib.so"
check "pack takes data" "$objtool" pack --data "$S/data" -o "$S/data.obj"
check "pack compresses" "$objtool" pack --data --compress "$S/data" -o "$S/small.obj"
check "which makes it smaller" sh -c "[ \$(wc -c <$S/small.obj) -lt \$(wc -c <$S/data.obj) ]"
check "unpack expands" "$objtool" unpack "$S/small.obj" -o "$S/data.out"
check "to the same bytes" cmp "$S/data" "$S/data.out"
: >"$S/empty"
check "an empty file is packed" "$objtool" pack --data "$S/empty" -o "$S/empty.obj"
check "and unpacked" "$objtool" unpack "$S/empty.obj" -o "$S/empty.out"
check "to nothing" cmp "$S/empty" "$S/empty.out"

# IDs
id() { "$objtool" info "$@" | sed -n 's/^id  *//p'; }
check "pack again gives the same bytes" sh -c "
    mkdir -p $S/elsewhere && cp $S/data $S/elsewhere/data && touch -d 2001-01-01 $S/elsewhere/data &&
    $objtool pack --data $S/elsewhere/data -o $S/again.obj && cmp $S/again.obj $S/data.obj"
"$objtool" pack --data --name other "$S/data" -o "$S/other.obj"
check "the same content under two names has two IDs" [ "$(id "$S/other.obj")" != "$(id "$S/data.obj")" ]
"$objtool" pack --data --id content "$S/data" -o "$S/content.obj"
"$objtool" pack --data --id content --name other --compress "$S/data" -o "$S/content2.obj"
check "a content ID depends on the content alone" [ "$(id "$S/content.obj")" = "$(id "$S/content2.obj")" ]
check "IDs have 128 bits" sh -c "echo $(id "$S/content.obj") | grep -Eqx '[0-9a-f]{32}'"
check "compression changes no ID" [ "$(id "$S/small.obj")" = "$(id "$S/data.obj")" ]

# Images
check "image takes objects" "$objtool" image -o "$S/one.img" "$S/lib.obj" "$S/small.obj" "$S/other.obj"
check "verify accepts it" "$objtool" verify "$S/one.img"
check "the order of the objects does not matter" sh -c "
    $objtool image -o $S/two.img $S/other.obj $S/lib.obj $S/small.obj && cmp $S/one.img $S/two.img"
check "nor does compression" sh -c "
    $objtool image -o $S/two.img $S/other.obj $S/lib.obj $S/data.obj && cmp $S/one.img $S/two.img"
check_status "ls lists it" 0 "$objtool" ls "$S/one.img"
says "by name" '^[0-9a-f]{32} +[0-9]+ +[0-9]+  lib\.so$'
check "unpack takes an object out of it" sh -c "
    $objtool unpack $S/one.img data -o $S/data.out && cmp $S/data $S/data.out"
"$objtool" pack --data --name policy "$S/data" -o "$S/policy.obj"
check "--policy takes the object of that name" "$objtool" image -o "$S/policy.img" "$S/lib.obj" --policy "$S/policy.obj"
check_status "info sees the policy" 0 "$objtool" info "$S/policy.img"
says "  in it" '^policy +yes$'
refuses "--policy takes no other" \
    "$S/data.obj: offset 0xd0: expected an object named .policy., found data; .*--name policy.*" \
    3 "$objtool" image -o "$S/none.img" "$S/lib.obj" --policy "$S/data.obj"
refuses "two objects of one name are refused" \
    "$S/data.obj: offset 0xd0: expected every name once; rename an object with .*" \
    3 "$objtool" image -o "$S/none.img" "$S/small.obj" "$S/data.obj"
refuses "two objects of one ID are refused" \
    "$S/content2.obj: offset 0x10: expected every ID once; leave one of the two objects out" \
    3 "$objtool" image -o "$S/none.img" "$S/content.obj" "$S/content2.obj"
refuses "what is no object is refused" \
    "$S/data: offset 0x0: expected the magic number of a packed object; make one with .objtool pack." \
    3 "$objtool" image -o "$S/none.img" "$S/data"
check "a refused image leaves nothing" sh -c "! ls $S/none.img* 2>&1"

# Foreign objects
check "P17 100 pointers to one object" sh -c "
    set --; i=0; while [ \$i -lt 100 ]; do set -- \"\$@\" --point libz.so; i=\$((i + 1)); done
    $objtool pack --data \"\$@\" --point libz.so@dns $S/data -o $S/points.obj"
check_status "P17 share one entry" 0 "$objtool" info "$S/points.obj"
says "P17   the first" '^foreign 1 +name libz\.so$'
says "  and another resolver has the second" '^foreign 2 +name libz\.so resolver dns$'
check "P17 and there is no third" [ "$(grep -c '^foreign' "$S/check.out")" -eq 2 ]
# shellcheck disable=SC2016
points() { # $1: how many IDs, $2: the object
    sh -c 'ulimit -s 65536; exec "$1" pack --data "$2" -o "$3" $(seq -f --point=%032.0f "$4")' sh \
        "$objtool" "$S/data" "$2" "$1"
}
if sh -c 'ulimit -s 65536' 2>/dev/null; then # room for that many words
    check "65535 foreign objects fit into a table" points 65535 "$S/full.obj"
    check "  and are all there" sh -c "$objtool verify $S/full.obj &&
        $objtool info $S/full.obj | grep -qx 'foreign 65535 id 00000000000000000000000000065535'"
    check_status "one more is refused" 3 points 65536 "$S/fuller.obj"
    says "  for that reason" 'the foreign object table: expected at most 65535 .*; point to fewer objects'
fi
"$objtool" pack --data --point "$(printf 'a\033[31m\377')" "$S/data" -o "$S/odd.obj"
check "a name in an object cannot drive the terminal" sh -c "! $objtool info $S/odd.obj | grep \"\$(printf '\\033')\""
check_status "nor need it be UTF-8 for JSON" 0 "$objtool" info --json "$S/odd.obj"

# Damage: every byte of the header, and each kind of damage behind it
check "every damaged header byte is noticed" sh -c "
    at=0; while [ \$at -lt 4096 ]; do
        cp $S/data.obj $S/bad.obj
        printf '\\377\\376' | dd of=$S/bad.obj bs=1 seek=\$at conv=notrunc status=none
        if $objtool verify $S/bad.obj >/dev/null 2>&1; then echo \"byte \$at\"; exit 1; fi
        at=\$((at + 61))
    done"
damaged() { # $1: offset, $2: bytes
    cp "$S/data.obj" "$S/bad.obj"
    patch "$S/bad.obj" "$1" "$2"
}
damaged 0 'X'
refuses "a wrong magic number is no object" \
    "$S/bad.obj: offset 0x0: expected the magic number of a packed object; .*" 3 "$objtool" verify "$S/bad.obj"
damaged 8 '\002'
refuses "an unknown version is refused" \
    "$S/bad.obj: offset 0x8: expected object format version 1 \(0x1\), found 0x2; pack it again with this version of objtool" \
    3 "$objtool" verify "$S/bad.obj"
damaged 208 'X'
refuses "a changed name fails the checksum" \
    "$S/bad.obj: offset 0x80: expected a header that matches its checksum \(0x[0-9a-f]+\), found 0x[0-9a-f]+; .*" \
    1 "$objtool" verify "$S/bad.obj"
damaged 5000 '\000'
refuses "a changed payload fails the digest" \
    "$S/bad.obj: offset 0x90: expected the SHA-256 digest of its content \(0x[0-9a-f]+\), found 0x[0-9a-f]+; .*" \
    1 "$objtool" verify "$S/bad.obj"
refuses "which unpack notices as well" "$S/bad.obj: offset 0x90: .*" \
    3 "$objtool" unpack "$S/bad.obj" -o "$S/bad.out"
check "without writing anything" sh -c "! ls $S/bad.out* 2>&1"
refuses "and image" "$S/bad.obj: offset 0x90: .*" 3 "$objtool" image -o "$S/bad.img" "$S/bad.obj"
damaged 9999 '\001'
refuses "a byte in the padding is refused" \
    "$S/bad.obj: offset 0x270f: expected zero up to the next page \(0x0\), found 0x1; .*" \
    1 "$objtool" verify "$S/bad.obj"
cp "$S/data.obj" "$S/bad.obj"
printf x >>"$S/bad.obj"
refuses "a trailing byte is refused" \
    "$S/bad.obj: offset 0x3000: expected nothing after the object's last page \(0x3000\), found 0x3001; cut .*" \
    1 "$objtool" verify "$S/bad.obj"
head -c 8192 "$S/data.obj" >"$S/bad.obj"
refuses "a truncated object is refused" \
    "$S/bad.obj: offset 0x2000: expected all bytes that the header promises \(0x3000\), found 0x2000; .*" \
    1 "$objtool" verify "$S/bad.obj"
head -c 100 "$S/data.obj" >"$S/bad.obj"
refuses "a truncated header is refused" \
    "$S/bad.obj: offset 0x64: expected a header of 4096 bytes \(0x1000\), found 0x64; .*" \
    1 "$objtool" verify "$S/bad.obj"
cp "$S/content.obj" "$S/bad.obj"
patch "$S/bad.obj" 5000 '\000'
refuses "a changed payload fails the content ID" \
    "$S/bad.obj: offset 0x10: expected an ID that is the hash of what it names .*" 1 "$objtool" verify "$S/bad.obj"
cp "$S/small.obj" "$S/bad.obj"
patch "$S/bad.obj" 4200 '\377\377\377\377'
refuses "a broken zlib stream is refused" \
    "$S/bad.obj: offset 0x1000: expected a zlib stream of the length that the header promises .*" \
    1 "$objtool" verify "$S/bad.obj"
cp "$S/one.img" "$S/bad.img"
patch "$S/bad.img" 200 'X'
refuses "a changed index fails the checksum" \
    "$S/bad.img: offset 0x28: expected an index that matches its checksum .*" 1 "$objtool" verify "$S/bad.img"
cp "$S/one.img" "$S/bad.img"
patch "$S/bad.img" 4500 'X'
check_status "a changed object in an image is refused" 1 "$objtool" verify "$S/bad.img"
head -c 9000 "$S/one.img" >"$S/bad.img"
refuses "a truncated image is refused" \
    "$S/bad.img: offset 0x2328: expected all bytes that the image header promises .*" 1 "$objtool" verify "$S/bad.img"
refuses "ls refuses it as well" "$S/bad.img: offset 0x2328: .*" 3 "$objtool" ls "$S/bad.img"
refuses "an object is no image" \
    "$S/data.obj: offset 0x0: expected the magic number of an image; make one with .objtool image." \
    3 "$objtool" ls "$S/data.obj"

# ELF files that are not laid out for slots
check_status "check accepts the library" 0 "$objtool" check "$S/lib.so"
check_status "check looks into an object" 0 "$objtool" check "$S/lib.obj"
check_status "P75 an ordinary program is refused" 3 "$objtool" pack /bin/sh -o "$S/sh.obj"
says "P75 with place, expectation and cure" \
    '^objtool: /bin/sh: program header [0-9]+ in \.interp: .* instead of 0x1000.*; link with twz-cc or -T twz-lib\.ld$'
check "P75 nothing is left of it" sh -c "! ls $S/sh.obj* 2>&1"
# shellcheck disable=SC2016
check "P75 so are all of a corpus of others, each with a reason" sh -c '
    n=0
    for f in /bin/[a-d]* /lib/x86_64-linux-gnu/lib[x-z]*.so.* /usr/lib/gcc/x86_64-linux-gnu/*/*.o; do
        [ -f "$f" ] || continue
        n=$((n + 1))
        if "$1" pack "$f" -o "$2/other.elf.obj" 2>"$2/why"; then echo "packed $f"; exit 1; fi
        grep -q "^objtool: $f: .*; " "$2/why" || { echo "no reason for $f"; cat "$2/why"; exit 1; }
        [ "$n" -lt 150 ] || break
    done
    [ "$n" -ge 50 ] || { echo "only $n files"; exit 1; }' sh "$objtool" "$S"
check_status "check answers no for an ordinary program" 1 "$objtool" check /bin/sh
refuses "check of what is no ELF file is an error" \
    "$S/data: file offset 0x0: magic number .*; is this an ELF file\?" 3 "$objtool" check "$S/data"

# %fs operands
cat >"$S/tls.c" <<'END'
int peek(void) { int x; __asm__("mov %%fs:-4, %0" : "=r"(x)); return x; }
long self(void) { long x; __asm__("mov %%fs:0, %0" : "=r"(x)); return x; }
long canary(void) { long x; __asm__("mov %%fs:0x28, %0" : "=r"(x)); return x; }
END
"$B/bin/twz-cc" -shared -nostdlib --twz-no-rt --twz-no-check -o "$S/tls.so" "$S/tls.c"
refuses "another %fs operand is refused" \
    "$S/tls.so: address 0x[0-9a-f]+ in \.text: expected no %fs operand but %fs:0 and %fs:0x28, found .mov %fs:0xFFFFFFFFFFFFFFFC, %[a-z]+.; compile with -mno-tls-direct-seg-refs, as twz-cc does" \
    1 "$objtool" check "$S/tls.so"
check "and only that one" [ "$(wc -l <"$S/check.out")" -eq 1 ]

# All that is wrong in one go, each with its section and the flag that cures it.
cat >"$S/wrong.c" <<'END'
__thread int counter;
int next(void);
int last(void) { return counter += next(); }
__asm__(".pushsection .rodata; .quad elsewhere; .popsection");
END
"${CC:-cc}" -O1 -shared -fPIC -ftls-model=initial-exec -nostdlib -fuse-ld=lld -Wl,-T,linkscripts/twz-lib.ld \
    -Wl,-z,notext -x c "$S/wrong.c" -x none -o "$S/wrong.so" 2>"$S/wrong.log"
check_status "check tells all that is wrong with a library" 1 "$objtool" check "$S/wrong.so"
for finding in 'program header [0-9]+ in \.dynamic: the file does not ask for immediate binding; link with -z now' \
    'program header [0-9]+ in \.dynamic: the file asks for relocations in its text; compile with -fPIC; link with -z text' \
    'RELA entry [0-9]+ in \.rodata: target .* is in no writable segment; compile with -fPIC; link with -z text' \
    'address 0x[0-9a-f]+ in \.text: expected no %fs operand .*, found .*; compile with -mno-tls-direct-seg-refs, as twz-cc does'; do
    says "  $(echo "$finding" | sed 's/.*; //')" "^objtool: $S/wrong.so: $finding$"
done
check_status "in JSON as well" 1 "$objtool" check --json "$S/wrong.so"
says "  with the section" '"section": "\.rodata"'

sed 's/\.quad elsewhere;/.rept 2000; .quad elsewhere; .endr;/' "$S/wrong.c" >"$S/worse.c"
"${CC:-cc}" -O1 -shared -fPIC -ftls-model=initial-exec -nostdlib -fuse-ld=lld -Wl,-T,linkscripts/twz-lib.ld \
    -Wl,-z,notext -x c "$S/worse.c" -x none -o "$S/worse.so" 2>"$S/wrong.log"
check_status "thousands of findings are all told" 1 "$objtool" check "$S/worse.so"
cp "$S/check.out" "$S/worse.out"
check "  the first of them with their sections" sh -c "
    [ \$(grep -c 'RELA entry' $S/worse.out) -ge 2000 ] &&
    n=\$(grep -c 'RELA entry.* in .rodata' $S/worse.out) && [ \$n -gt 900 ] && [ \$n -le 1000 ]"

# What the two-slot layout allows is not complained of beside what is wrong.
cat >"$S/ifunc.c" <<'END'
static int one(void) { return 1; }
static int (*choose(void))(void) { return one; }
__attribute__((visibility("hidden"))) int pick(void) __attribute__((ifunc("choose")));
int call(void) { return pick(); }
END
"$B/bin/twz-cc" -ffreestanding -shared --twz-no-check -o "$S/ifunc.so" "$S/ifunc.c"
check_status "an IFUNC can be packed" 0 "$objtool" pack "$S/ifunc.so" -o "$S/ifunc.obj"
"${CC:-cc}" -shared -fPIC -nostdlib -Wl,-z,lazy -o "$S/plain.so" "$S/ifunc.c"
check_status "elsewhere only its layout is wrong" 1 "$objtool" check "$S/plain.so"
says "  all of it" 'does not ask for immediate binding'
cp "$S/check.out" "$S/plain.out"
check "  and not the IFUNC" sh -c "grep -q immediate $S/plain.out && ! grep 'relocation type' $S/plain.out"

# The command line
check_status "no command is a usage error" 2 "$objtool"
check_status "an unknown command is one" 2 "$objtool" frobnicate
says "  and says what to do" 'try .objtool --help.$'
check_status "an unknown option is one" 2 "$objtool" pack --frobnicate "$S/data" -o "$S/x"
says "  and names it" '^objtool pack: unknown option --frobnicate; try'
check_status "a missing value is one" 2 "$objtool" pack "$S/data" -o
says "  and names the option" '^objtool pack: option -o needs a value; try'
check_status "a missing -o is one" 2 "$objtool" pack "$S/data"
check_status "a name with a space is one" 2 "$objtool" pack --data --name 'a b' "$S/data" -o "$S/x"
check_status "a missing file is refused" 3 "$objtool" info "$S/missing"
says "  by name" "^objtool: $S/missing: cannot open it: No such file or directory; check the name, and that its folder is there$"
check_status "a directory is refused" 3 "$objtool" info "$S"
for command in pack unpack info ls verify check image sign keygen grant gates diff extension; do
    check_status "$command --help" 0 "$objtool" $command --help
    says "  has examples" "^  objtool $command "
done
check_status "--version" 0 "$objtool" --version
says "  is one line" '^objtool [0-9]+\.[0-9]+\.[0-9]+$'
check_status "a full disk is an error" 3 sh -c "$objtool ls $S/one.img >/dev/full"

# Outputs
echo old >"$S/keep"
chmod 640 "$S/keep"
check_status "a refused input leaves the old output" 3 "$objtool" unpack "$S/data" -o "$S/keep"
check "as it was" [ "$(cat "$S/keep")" = old ]
check "a good one replaces it" "$objtool" unpack "$S/data.obj" -o "$S/keep"
check "and keeps its mode" [ "$(stat -c %a "$S/keep")" = 640 ]
ln -sf keep "$S/link"
check "a symbolic link is followed" "$objtool" unpack "$S/other.obj" -o "$S/link"
check "not replaced" [ -L "$S/link" ]
check_status "a directory that is not there is an error" 3 "$objtool" pack --data "$S/data" -o "$S/no/x.obj"
check_status "a file size limit is an error" 3 sh -c "
    trap '' XFSZ; ulimit -f 8; $objtool pack --data --name big $B/bin/objtool -o $S/big.obj"
check "that leaves nothing" sh -c "! ls $S/big.obj* 2>&1"
check "unpack writes to a pipe" sh -c "$objtool unpack $S/data.obj -o /dev/stdout | cmp - $S/data"

# JSON
"$objtool" info --json "$S/lib.obj" >"$S/info.json"
"$objtool" keygen -o "$S/key"
for command in "pack --data $S/data" "unpack $S/data.obj" "image $S/data.obj" "keygen" "sign --key $S/key $S/data.obj" \
    "extension $S/lib.obj --add 000000000000000000000000000000aa=0x1000:1"; do
    # shellcheck disable=SC2086
    check_status "${command%% *} --json" 0 "$objtool" $command --json -o "$S/out.${command%% *}"
    says "  is ok" '"ok": true'
    says "  and says what was written" "\"output\": \"$S/out.${command%% *}\""
    # shellcheck disable=SC2086
    check_status "  refused" 3 "$objtool" $command --json -o "$S/none/out"
    says "  in JSON as well" '"file": "'"$S/none/out"'(\.pub)?"'
done
check "info --json has the ID" grep -q "\"id\": \"$(id "$S/lib.obj")\"" "$S/info.json"
check_status "a refusal in JSON" 3 "$objtool" ls --json "$S/data.obj"
says "  is a problem" '"error": "OBJ_E_IMAGE_MAGIC"'
says "  with a cure" '"cure": "make one with .objtool image."'
says "  and not ok" '"ok": false'
check_status "check --json" 1 "$objtool" check --json "$S/tls.so"
says "  has the place" '"place": "address 0x[0-9a-f]+"'
terminal() { env TERM=xterm NO_COLOR="$1" script -qec "$objtool verify $S/lib.obj" /dev/null </dev/null; }
check "colours on a terminal" [ "$(terminal '' | grep -c "$(printf '\033')")" -eq 1 ]
check "but not with NO_COLOR" [ "$(terminal 1 | grep -c "$(printf '\033')")" -eq 0 ]

# Progress, on a clock that runs fast. On the terminal it is written over by what comes after it.
"${CC:-cc}" -shared -fPIC -O1 -o "$S/hurry.so" tests/link/hurry.c
head -c 9000000 /dev/zero >"$S/long"
hurried() { # $1: NO_COLOR, then the command; what a terminal received
    no_color=$1
    shift
    env TERM=xterm NO_COLOR="$no_color" LD_PRELOAD="$PWD/$S/hurry.so" script -qec "$*" /dev/null </dev/null || true
}
seen() { tr -d '\033' | awk '{ sub(/\r+$/, ""); n = split($0, part, "\r"); print part[n] }'; }
hurried '' "$objtool" pack --data --compress "$S/long" -o "$S/long.obj" >"$S/pack.tty"
"$objtool" pack --data "$S/long" -o "$S/plain.obj"
hurried 1 "$objtool" verify "$S/plain.obj" >"$S/verify.tty"
hurried '' "$objtool" verify --json "$S/plain.obj" >"$S/json.tty"
hurried 1 "$objtool" image -o "$S/long.img" "$S/plain.obj" "$S/lib.obj" >"$S/image.tty"
hurried 1 "$objtool" check /bin/bash >"$S/check.tty"
check "work over a second says how far it is: reading and compressing" sh -c "
    grep -q 'objtool: reading long [0-9]*%' $S/pack.tty && grep -q 'objtool: compressing long [0-9]*%' $S/pack.tty"
check "  hashing" grep -q 'objtool: hashing long [0-9]*%' "$S/verify.tty"
check "  writing" grep -q 'objtool: writing long.img [0-9]*%' "$S/image.tty"
check "  looking at code" grep -q 'objtool: looking at the code of bash [0-9]*%' "$S/check.tty"
check "  and nothing of it stays" sh -c "[ -z '$(seen <"$S/pack.tty" | tr -d ' ')' ] &&
    [ '$(seen <"$S/verify.tty")' = '$("$objtool" verify "$S/plain.obj")' ]"
check "  without colours as with them" sh -c "! grep -q \"\$(printf '\\033')\" $S/verify.tty"
check "  not in JSON" sh -c "! grep -q hashing $S/json.tty"
check "  and not without a terminal" sh -c "
    [ -z \"\$(LD_PRELOAD=$PWD/$S/hurry.so $objtool pack --data $S/long -o $S/long.obj 2>&1)\" ]"
check "no colours without a terminal" sh -c "! $objtool verify $S/lib.obj | grep \"\$(printf '\\033')\""
finish
