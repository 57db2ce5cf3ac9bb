# SPDX-License-Identifier: BSD-2-Clause
# The version of the runtime ABI: what was built for another one is refused when it is linked, and
# reported by objtool check. That it is not loaded either, image/broken shows.
. tests/lib.sh
S=$SCRATCH
twzcc=$B/bin/twz-cc

printf '#include <twz/rt/io.h>\nint f(void) { return 1; }\n' >"$S/f.c"
printf 'int f(void);\nint main(void) { return f(); }\n' >"$S/main.c"
headers=$(cd "$B/include" && pwd -P)

# $1: major, $2: minor, $3: what to make, then arguments: with headers of that version.
built_for() {
    rm -rf "$S/include"
    cp -rL "$headers" "$S/include"
    sed -i -e "s/^\(#define TWZ_RT_ABI_MAJOR\) .*/\1 $1/" -e "s/^\(#define TWZ_RT_ABI_MINOR\) .*/\1 $2/" \
        "$S/include/twz/rt/version.h"
    made=$3
    shift 3
    "$twzcc" -ffreestanding -I"$S/include" -c -o "$made" "$@"
}
# $1: file, $2: offset in its TWZ note's ABI, $3: octal byte
set_note() {
    note=$(grep -abo 'TWZ' "$1" | head -n 1 | cut -d: -f1)
    # shellcheck disable=SC2059
    printf "\\$3" | dd of="$1" bs=1 seek=$((note + 4 + $2)) conv=notrunc 2>/dev/null
}

built_for 1 0 "$S/same.o" "$S/f.c"
built_for 2 0 "$S/major.o" "$S/f.c"
built_for 1 1 "$S/minor.o" "$S/f.c"
check 'an object file says which version it was built for' sh -c "
    readelf -nW $S/major.o | grep -q 'TWZ.*02 00 00 00 00 00 00 00'"
check 'P86 an object of this version is linked' "$twzcc" -ffreestanding -o "$S/prog" "$S/main.c" "$S/same.o"
check 'and leaves no list of inputs behind' test ! -e "$S/prog.twz-inputs"
for kind in major minor; do
    rm -f "$S/prog" "$S/lib.a"
    ar rcs "$S/lib.a" "$S/$kind.o"
    check_status "P86 an object of another $kind version is not linked" 1 \
        "$twzcc" -ffreestanding -o "$S/prog" "$S/main.c" "$S/$kind.o"
    says "P86 $kind: it says which file was built for which version, and which is expected" \
        "$S/$kind.o: built for version [12]\.[01]$"
    says "P86 $kind: and which is expected" 'expected version 1\.0 of the runtime ABI'
    check "P86 $kind: nothing is left behind" test ! -e "$S/prog"
    check_status "P86 nor in an archive ($kind)" 1 \
        "$twzcc" -ffreestanding -o "$S/prog" "$S/main.c" "$S/lib.a"
    says "P86 $kind: the member is named" "lib.a\($kind.o\): built for version"
done

"$twzcc" -ffreestanding -shared -Wl,-soname,libf.so -o "$S/libf.so" "$S/same.o"
check 'P86 a library of this version is fine for objtool check' "$B/bin/objtool" check "$S/libf.so"
cp "$S/libf.so" "$S/libmajor.so" && set_note "$S/libmajor.so" 0 011
cp "$S/libf.so" "$S/libminor.so" && set_note "$S/libminor.so" 4 003
for library in libmajor libminor; do
    check_status "P86 $library: a library of another version is not linked" 1 \
        "$twzcc" -ffreestanding -o "$S/prog" "$S/main.c" "$S/$library.so"
    says "P86 $library: it is named with its version" "$library.so: built for version (9\.0|1\.3)$"
    check_status "P86 $library: objtool check reports it" 1 "$B/bin/objtool" check "$S/$library.so"
    says "P86 $library: with both versions" "$library.so: .*1\.0.*built for version (9\.0|1\.3)"
    check_status "P86 $library: ld-twz check reports it" 1 \
        "$B/bin/ld-twz" check --library-path "$S" --runtime none --preload "$library.so" "$S/libf.so"
    says "P86 $library: with both versions there too" "$library.so was built for version (9\.0|1\.3) of the runtime ABI; this is 1\.0"
done
check 'what the linker script writes is the version of the headers' sh -c "
    readelf -nW $S/libf.so | grep -q 'TWZ.*: 01 00 00 00 00 00 00 00 00 00' &&
    grep -qx '#define TWZ_RT_ABI_MAJOR 1' $headers/twz/rt/version.h &&
    grep -qx '#define TWZ_RT_ABI_MINOR 0' $headers/twz/rt/version.h"
finish
