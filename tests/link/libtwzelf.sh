# SPDX-License-Identifier: BSD-2-Clause
# libtwzelf as others use it: what the archives need, what the library exports, the headers one by
# one, and the example of twzelf(3) built against an installed copy.
. tests/lib.sh

undefined() {
    ld -r --whole-archive "$1" -o "$SCRATCH/whole.o" && nm -u "$SCRATCH/whole.o" |
        awk '{ print $2 }' | grep -vxE 'memcpy|memmove|memset|memcmp' >"$SCRATCH/undefined"
    cat "$SCRATCH/undefined"
    [ ! -s "$SCRATCH/undefined" ]
}
exports() {
    nm -D --defined-only "$B/lib/libtwzelf.so.0" | awk '{ sub(/@.*/, "", $3); print $3 }' |
        sort >"$SCRATCH/exports"
    grep -ohE '\btwz_elf_[a-z0-9_]+\(' libtwzelf/include/twzelf/*.h | tr -d '(' | sort -u |
        while read -r f; do
            # Functions with the export attribute; inline ones and types are no symbols.
            if grep -qE "^static inline.*\b$f\(" libtwzelf/include/twzelf/*.h; then continue; fi
            if grep -qE "TWZ_ELF_(API|CHECKED).*\b$f\(" libtwzelf/include/twzelf/*.h ||
                grep -A1 -hE '^TWZ_ELF_(API|CHECKED)' libtwzelf/include/twzelf/*.h |
                grep -qE "\b$f\("; then
                grep -qx "$f" "$SCRATCH/exports" || echo "not exported: $f"
            fi
        done >"$SCRATCH/missing"
    grep -v '^twz_elf_\|^obj_\|^TWZELF_' "$SCRATCH/exports" >>"$SCRATCH/missing" || true
    for f in obj_open obj_check_id obj_image_open obj_fot_write obj_capability_check; do
        grep -qx $f "$SCRATCH/exports" || echo "not exported: $f"
    done >>"$SCRATCH/missing"
    cat "$SCRATCH/missing"
    [ ! -s "$SCRATCH/missing" ] && [ -s "$SCRATCH/exports" ]
}
headers() {
    for header in base bytes diag file dynamic symbol version hash note gate layout reloc load object image \
        fot capability; do
        for compile in "gcc -std=c11" "clang -std=c11" "gcc -std=c11 -ffreestanding -DTWZ_FREESTANDING"; do
            echo "#include <twzelf/$header.h>" | $compile -Wall -Wextra -Wconversion -Wshadow \
                -Werror -Ilibtwzelf/include -Ikernel/include -fsyntax-only -x c - || return 1
        done
    done
}
# The installed copy, in a folder that has nothing else.
install_copy() {
    mkdir -p "$SCRATCH/root/include/twzelf" "$SCRATCH/root/lib"
    cp libtwzelf/include/twzelf/*.h "$SCRATCH/root/include/twzelf/"
    cp -P "$B/lib/libtwzelf.a" "$B/lib/libtwzelf.so.0" "$B/lib/libtwzelf.so" "$SCRATCH/root/lib/"
    sed -e "s|@PREFIX@|$(cd "$SCRATCH/root" && pwd)|" -e 's|@VERSION@|0|' \
        libtwzelf/twzelf.pc.in >"$SCRATCH/twzelf.pc"
    sed -n '/^\.\\" example begins/,/^\.\\" example ends/p' man/twzelf.3 |
        sed -e '/^\./d' -e 's/\\e/\\/g' >"$SCRATCH/example.c"
}
build_example() { # $1: cc, $2: -static or nothing
    # shellcheck disable=SC2046,SC2086
    $1 -std=c11 -Wall -Wextra -Wconversion -Werror "$SCRATCH/example.c" -o "$SCRATCH/example" $2 \
        $(PKG_CONFIG_PATH=$SCRATCH pkg-config --cflags --libs twzelf)
}
run_example() {
    LD_LIBRARY_PATH=$SCRATCH/root/lib "$SCRATCH/example" "$@"
}
# What the example prints for zlib equals what nm says, but for the symbols that name versions.
same_as_nm() {
    lib=$(ldconfig -p | sed -n 's/.*libz\.so\.1 .*x86-64.* => //p' | head -n 1)
    run_example "$lib" | sed -n 's/^offers //p' | grep -v ^ZLIB | sort >"$SCRATCH/ours"
    nm -D --defined-only --with-symbol-versions "$lib" | awk '{ print $3 }' | grep -v ^ZLIB |
        sort >"$SCRATCH/theirs"
    diff "$SCRATCH/ours" "$SCRATCH/theirs" && [ -s "$SCRATCH/ours" ]
}

check "the freestanding archive needs four mem functions only" undefined "$B/free/libtwzelf.a"
check "the kernel's archive needs four mem functions only" undefined "$B/kernel/libtwzelf.a"
check "the shared library exports what its headers declare, and nothing else" exports
check "every header stands alone, hosted and freestanding, with gcc and clang" headers
install_copy
for cc in gcc clang; do
    check "the example of twzelf(3) builds with $cc and pkg-config" build_example "$cc" ''
    check "and reads zlib as nm does" same_as_nm
done
check "it links statically" build_example gcc -static
check_status "a text file is refused" 1 run_example Makefile
says "with the place and the cure" '^Makefile: file offset 0x0: magic number .* is this an ELF file'
head -c 3000 "$B/lib/libtwzelf.so.0" >"$SCRATCH/cut.so"
check_status "a truncated library is refused" 1 run_example "$SCRATCH/cut.so"
says "with the range that is missing" 'program header [0-9]+: file range 0x[0-9a-f]+\+0x[0-9a-f]+ ends past'
finish
