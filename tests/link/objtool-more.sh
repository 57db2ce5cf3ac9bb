# SPDX-License-Identifier: BSD-2-Clause
# objtool: gates, diff, completions, and the manual page against --help.
. tests/lib.sh
S=$SCRATCH
objtool=$B/bin/objtool

cat >"$S/ext.c" <<'END'
#define TWZ_GATE_PROVIDER
#include <twz/gate.h>
struct point { int x, y; };
typedef const struct point *where;
enum colour { RED };
TWZ_GATE(int64_t, ext_read, TWZ_OUT(to, 4096), TWZ_VAL(uint32_t, count))
TWZ_GATE(int32_t, ext_seek, TWZ_VAL(int64_t, offset))
int64_t ext_read_impl(void *to, size_t to_size, uint32_t count) { (void)to; (void)to_size; return count; }
int32_t ext_seek_impl(int64_t offset) { return (int32_t)offset; }
const char *plain(where at, char *const *names, enum colour c) { return at && c == RED ? names[0] : 0; }
void nothing(void) {}
int many(const char *format, ...) { return format[0]; }
void hook(void (*function)(int)) { function(1); }
__attribute__((visibility("hidden"))) int inside(void) { return 1; }
END
"$B/bin/twz-cc" -g -O1 -ffreestanding -shared -o "$S/ext.so" "$S/ext.c"
check_status "gates of a library" 0 "$objtool" gates "$S/ext.so"
says "gates come from the descriptors, typed" '^gate +i64 ext_read\(out 4096, u32\)$'
says "  all of them" '^gate +i32 ext_seek\(i64\)$'
says "functions come from the debug information" '^function +const char \*plain\(where, char \*const ?\*, enum colour\)$'
says "  without parameters" '^function +void nothing\(void\)$'
says "  with any" '^function +int many\(const char \*, \.\.\.\)$'
says "  with a function" '^function +void hook\(\(function\) \*\)$'
cp "$S/check.out" "$S/gates.out" # which every check begins anew
check "hidden ones are not among them" sh -c "grep -q many $S/gates.out && ! grep inside $S/gates.out"
"$objtool" pack "$S/ext.so" -o "$S/ext.obj"
"$objtool" gates "$S/ext.so" >"$S/from.elf"
check "the same of an object" sh -c "$objtool gates $S/ext.obj | cmp - $S/from.elf"
"$objtool" image -o "$S/one.img" "$S/ext.obj"
check "and of an image" sh -c "$objtool gates $S/one.img ext.so | cmp - $S/from.elf"
strip -g -o "$S/bare.so" "$S/ext.so"
check_status "without debug information there are the gates" 0 "$objtool" gates "$S/bare.so"
check "  alone" [ "$(grep -c . "$S/check.out")" = 2 ]
"$B/bin/twz-cc" -g -O1 -ffreestanding -shared -Wl,--compress-debug-sections=zlib -o "$S/zipped.so" "$S/ext.c"
check "compressed debug information is read" sh -c "
    readelf -SW $S/zipped.so | grep -q 'debug_info.* C ' && $objtool gates $S/zipped.so | cmp - $S/from.elf"
# shellcheck disable=SC2016
check "damaged debug information is read or refused" sh -c '
    start=$(readelf -SW "$2/ext.so" | sed -n "s/.*\.debug_abbrev *PROGBITS *[0-9a-f]* \([0-9a-f]*\).*/\1/p")
    n=0
    while [ $n -lt 60 ]; do
        cp "$2/ext.so" "$2/damaged.so"
        printf "\\377\\$(printf %03o $n)" | dd of="$2/damaged.so" bs=1 seek=$((0x$start + n * 7)) conv=notrunc status=none
        status=0
        "$1" gates "$2/damaged.so" >"$2/damaged.out" 2>&1 || status=$?
        [ $status -eq 0 ] || { [ $status -eq 3 ] && grep -q "cannot read the debug information" "$2/damaged.out"; } ||
            { echo "byte $n: status $status"; cat "$2/damaged.out"; exit 1; }
        n=$((n + 1))
    done' sh "$objtool" "$S"
check_status "what is no library is refused" 3 "$objtool" gates LICENSE
check_status "gates --json" 0 "$objtool" gates --json "$S/ext.so"
says "  has the gates" '"i64 ext_read\(out 4096, u32\)"'

"$objtool" gates "$S/bare.so" >"$S/bare.gates"

# diff
head -c 5000 "$B/bin/objtool" >"$S/data"
cp "$S/data" "$S/other" && printf X | dd of="$S/other" bs=1 seek=4000 conv=notrunc status=none
"$objtool" pack --data "$S/data" -o "$S/a.obj"
"$objtool" pack --data --compress "$S/data" -o "$S/small.obj"
"$objtool" pack --data --name data "$S/other" -o "$S/b.obj"
"$objtool" pack --data --name data --point x --permissions ru "$S/other" -o "$S/c.obj"
check_status "diff of equal objects" 0 "$objtool" diff "$S/a.obj" "$S/small.obj"
check "says nothing" [ ! -s "$S/check.out" ]
check_status "diff of different ones" 1 "$objtool" diff "$S/a.obj" "$S/b.obj"
says "  says from where" '^changed +data: payload from offset 0x1fa0$'
check_status "diff of more" 1 "$objtool" diff "$S/b.obj" "$S/c.obj"
says "  permissions" '^changed +data: permissions, flags or medium$'
says "  foreign objects" '^changed +data: foreign objects, extensions or metadata$'
"$objtool" image -o "$S/two.img" "$S/ext.obj" "$S/a.obj"
"$objtool" image -o "$S/three.img" "$S/b.obj"
check_status "diff of images" 1 "$objtool" diff "$S/two.img" "$S/three.img"
says "  removed" '^removed +ext.so$'
says "  changed" '^changed +data: payload from offset 0x1fa0$'
check_status "  the other way" 1 "$objtool" diff "$S/three.img" "$S/two.img"
says "  added" '^added +ext.so$'
check_status "an object and an image are no pair" 3 "$objtool" diff "$S/a.obj" "$S/two.img"
check_status "diff --json" 1 "$objtool" diff --json "$S/two.img" "$S/three.img"
says "  has the changes" '"change": "removed"'

# Incremental images
"$objtool" pack --data --name third LICENSE -o "$S/d.obj"
"$objtool" image -o "$S/old.img" "$S/ext.obj" "$S/a.obj"
"$objtool" image -o "$S/want.img" "$S/ext.obj" "$S/b.obj" "$S/d.obj"
check "image --base replaces and adds" sh -c "
    $objtool image -o $S/new.img --base $S/old.img $S/d.obj $S/b.obj && cmp $S/new.img $S/want.img"
check "  in place as well" sh -c "
    $objtool image -o $S/old.img --base $S/old.img $S/b.obj $S/d.obj && cmp $S/old.img $S/want.img"
check "  and alone it changes nothing" sh -c "
    $objtool image -o $S/new.img --base $S/want.img && cmp $S/new.img $S/want.img"
check_status "a base that is no image is refused" 3 "$objtool" image -o "$S/new.img" --base "$S/a.obj" "$S/b.obj"
cp "$S/want.img" "$S/bad.img" && printf X | dd of="$S/bad.img" bs=1 seek=$(($(wc -c <"$S/bad.img") - 4600)) conv=notrunc status=none
check_status "so is one with a damaged object" 3 "$objtool" image -o "$S/new.img" --base "$S/bad.img" "$S/d.obj"

# Debug data apart
check "pack --split makes two objects" "$objtool" pack "$S/ext.so" -o "$S/split.obj" --split "$S/debug.obj"
check "both are good" sh -c "$objtool verify $S/split.obj && $objtool verify $S/debug.obj"
buildid=$(readelf -nW "$S/ext.so" | sed -n 's/.*Build ID: //p')
check "the one for debuggers is named after the build ID" sh -c "
    $objtool info $S/debug.obj | grep -qx 'name  *$buildid.debug'"
check "  and is the whole file" sh -c "$objtool unpack $S/debug.obj -o $S/whole && cmp $S/whole $S/ext.so"
check "the other is smaller" sh -c "
    $objtool unpack $S/split.obj -o $S/loaded && [ \$(wc -c <$S/loaded) -lt \$(wc -c <$S/ext.so) ]"
check "  has the same build ID and loads the same" sh -c "
    $objtool check $S/loaded && readelf -lW $S/ext.so | grep LOAD >$S/l1 && readelf -lW $S/loaded | grep LOAD | cmp - $S/l1 &&
    readelf -nW $S/loaded | grep -q $buildid"
check "  has the same gates" sh -c "$objtool gates $S/split.obj | cmp - $S/bare.gates"
"$objtool" image -o "$S/both.img" "$S/split.obj" "$S/debug.obj"
check "in an image, functions are found by the build ID" sh -c "
    $objtool gates $S/both.img ext.so | cmp - $S/from.elf"
check "  and no sections" sh -c "readelf -hW $S/loaded | grep -q 'Number of section headers: *0'"
# shellcheck disable=SC2016
check "  nothing else of it is changed" sh -c '
    cmp -l "$1" "$2" | awk "\$1 > 64 || (\$1 > 48 && \$1 <= 60) { print; bad = 1 } END { exit bad }"' sh "$S/ext.so" "$S/loaded"
check "  readelf has nothing to say against it" sh -c "
    readelf -aW $S/loaded 2>&1 >/dev/null | diff /dev/null - && ! readelf -lnW $S/loaded | grep -i 'warning\|error'"
if command -v eu-elflint >/dev/null; then
    # It knows no TWZ note.
    check "  nor eu-elflint" sh -c "
        ! eu-elflint --gnu-ld $S/loaded | grep -v \"unknown object file note type [0-9]* with owner name 'TWZ'\""
else
    skip "  nor eu-elflint" "there is no eu-elflint here"
fi
if command -v gdb >/dev/null; then
    check_status "  gdb takes it with its debug data" 0 timeout 60 gdb -q -nx -batch -s "$S/whole" -e "$S/loaded" -ex 'info line nothing'
    says "    and finds lines" 'Line 11 of ".*ext\.c" starts at address 0x[0-9a-f]+ <nothing>'
else
    skip "  gdb takes it with its debug data" "there is no gdb here"
fi
"$objtool" pack "$S/ext.so" -o "$S/again.obj" --split "$S/again-debug.obj"
check "split again, both are the same" sh -c "cmp $S/split.obj $S/again.obj && cmp $S/debug.obj $S/again-debug.obj"
# A file whose notes are behind all that is loaded.
echo 'int f(void) { return 1; }' >"$S/few.c"
"$B/bin/twz-cc" -g -ffreestanding -shared -o "$S/few.so" "$S/few.c"
# shellcheck disable=SC2046
set -- $(readelf -lW "$S/few.so" | awk '$1 ~ /^[A-Z]/ && $2 ~ /^0x/ { if ($1 == "NOTE") print n, $2, $5; n++ }')
dd if="$S/few.so" bs=1 skip=$(($2)) count=$(($3)) of="$S/notes" status=none
{ cat "$S/few.so" && head -c $((-$(wc -c <"$S/few.so") & 7)) /dev/zero && cat "$S/notes"; } >"$S/behind.so"
offset=$(($(wc -c <"$S/behind.so") - $3)) digits=
for _ in 1 2 3 4; do
    digits=$digits$(printf '\\%03o' $((offset & 255))) offset=$((offset >> 8))
done
printf '%b' "$(echo "$digits" | sed 's/\\/\\0/g')" | dd of="$S/behind.so" bs=1 seek=$((64 + 56 * $1 + 8)) conv=notrunc status=none
check_status "notes may stand behind what is loaded" 0 "$objtool" check "$S/behind.so"
check_status "  but not be split off" 3 "$objtool" pack "$S/behind.so" -o "$S/x" --split "$S/y"
check "  nothing is written" [ ! -e "$S/x" -a ! -e "$S/y" ]
check_status "two objects need two files" 2 "$objtool" pack "$S/ext.so" -o "$S/same" --split "$S/same"
check_status "  however they are spelled" 3 "$objtool" pack "$S/ext.so" -o "$S/same" --split "$S/./same"
check "  the debug data is not written over" sh -c "$objtool info $S/same | grep -q '^name  *$buildid.debug$'"
check_status "  nor when the file is there" 2 "$objtool" pack "$S/ext.so" -o "$S/same" --split "$S/./same"
check_status "data has none to split" 2 "$objtool" pack --data "$S/data" -o "$S/x" --split "$S/y"
"$objtool" pack --name hello "$B/image/hello" -o "$S/hello.obj" --split "$S/hello-debug.obj"
"$objtool" image -o "$S/split.img" --base "$B/twz.img" "$S/hello.obj"
boot "$S/split.img" 'hello mississippi'
expect 'a program without its debug data runs' '^there are 4 s in mississippi'

# Completions and the manual page know every command and every option of --help.
commands=$("$objtool" --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')
check "there are thirteen commands" [ "$(echo "$commands" | wc -w)" = 13 ]
for command in $commands; do
    options=$("$objtool" "$command" --help | grep -oE -- '--[a-z]+' | sort -u)
    for option in $options; do
        echo "$command $option"
    done
done >"$S/options"
mandoc -Tascii man/objtool.1 | sed 's/.\x08//g' >"$S/page"
missing() { # $1: what prints the completions of a command's options
    while read -r command option; do
        "$1" "$command" "$option" || echo "$command $option"
    done <"$S/options"
}
in_bash() {
    bash -c "source objtool/completions/bash/objtool; COMP_WORDS=(objtool $1 $2); COMP_CWORD=2; _objtool
        printf '%s\n' \"\${COMPREPLY[@]}\"" | grep -qx -- "$2"
}
in_fish() { grep -qE "__fish_seen_subcommand_from $1'.* -l ${2#--}( |\$)" objtool/completions/fish/objtool.fish; }
in_zsh() {
    awk -v c="$1" '/^case/ { on = 1 } on && /^[a-z |]+\)/ { hit = index(" " $0, " " c ")") || index($0, c " |") } hit' \
        objtool/completions/zsh/_objtool | grep -q -- "$2"
}
in_page() { grep -q -- "$2" "$S/page"; }
for where in bash fish zsh page; do
    check "every option of --help is in $where" sh -c "[ -z '$(missing in_$where)' ] || { echo '$(missing in_$where)'; false; }"
done
# And nothing else: what they offer is in --help.
offered() {
    for command in $commands; do
        {
            bash -c "source objtool/completions/bash/objtool; COMP_WORDS=(objtool $command --); COMP_CWORD=2; _objtool
                printf '%s\n' \"\${COMPREPLY[@]}\""
            sed -n "s/.*__fish_seen_subcommand_from $command'.* -l \([a-z]*\).*/--\1/p" objtool/completions/fish/objtool.fish
        } | sort -u | while read -r option; do
            [ "$option" = --help ] || grep -qx -- "$command $option" "$S/options" || echo "$command $option"
        done
    done
}
check "every option that bash and fish offer is in --help" sh -c "[ -z '$(offered)' ] || { echo '$(offered)'; false; }"
check "bash completes commands" sh -c "
    [ \"\$(bash -c 'source objtool/completions/bash/objtool; COMP_WORDS=(objtool \"\"); COMP_CWORD=1; _objtool
        printf \"%s\\n\" \"\${COMPREPLY[@]}\"' | grep -vc '^-')\" = 13 ]"
check "every command is in the manual page" sh -c "for c in $(echo $commands); do grep -qw \"\$c\" $S/page || exit 1; done"
for f in fish/objtool.fish zsh/_objtool; do
    check "every command is in $f" sh -c "for c in $(echo $commands); do grep -qw \"\$c\" objtool/completions/$f || exit 1; done"
done
finish
