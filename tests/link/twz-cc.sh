# SPDX-License-Identifier: BSD-2-Clause
# twz-cc and the linker script: every kind of output, from inputs that have everything and inputs
# that have nothing, with gcc and clang. The system's own ld.so loads and runs the result.
. tests/lib.sh
S=$SCRATCH
twzcc=$B/bin/twz-cc

cat >"$S/full.c" <<'END'
__thread int tls = 5;
__thread int tbss[100];
int data[3] = {1, 2, 3};
int bss[100000];
const int ro[4] = {1, 2, 3, 4};
const char *const names[] = {"a", "b"};
int *pointers[] = {data, bss};
__attribute__((section("custom"))) int in_custom = 4;
extern int __start_custom[];
extern int missing(int) __attribute__((weak));
__attribute__((constructor)) static void init(void) { data[0] = 42; }
int f(int x)
{
    volatile char copy[64];
    for (int i = 0; i <= x; i++)
        copy[i] = (char)data[0];
    return copy[0] + tls + tbss[3] + ro[2] + *pointers[0] + __start_custom[0] +
           (missing ? missing(1) : 0);
}
END
echo 'int f(int x) { return 3 * x; }' >"$S/text.c"
echo 'const int only = 3;' >"$S/rodata.c"
echo 'int only = 3;' >"$S/data.c"
echo 'int only[10];' >"$S/bss.c"
: >"$S/empty.c"
cat >"$S/main.c" <<'END'
int f(int);
int main(void) { return f(1); }
END
cat >"$S/canary.c" <<'END'
void __stack_chk_fail(void) { __builtin_trap(); }
END
cat >"$S/dl.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        void *library = dlopen(argv[i], RTLD_NOW);
        if (!library) {
            puts(dlerror());
            return 1;
        }
        int (*f)(int) = (int (*)(int))dlsym(library, "f");
        printf("%s %d\n", argv[i], f ? f(1) : 0);
    }
    return 0;
}
END
gcc -o "$S/dl" "$S/dl.c"

# $1: file. Fails, with the reason, if it is not laid out as twz-linkscripts(7) says.
laid_out() {
    readelf -lW "$1" | awk '
        function number(text,    i, value) { # mawk has no strtonum
            value = 0
            text = tolower(substr(text, 3))
            for (i = 1; i <= length(text); i++)
                value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
            return value
        }
        function wrong(why) { print why ": " $0; bad = 1 }
        $1 == "LOAD" || $1 == "GNU_RELRO" {
            offset = number($2); address = number($3); size = number($6); flags = ""
            for (i = 7; i < NF; i++) flags = flags $i
        }
        $1 == "LOAD" {
            if (flags ~ /W/ && flags ~ /E/) wrong("writable and executable")
            else if (flags ~ /W/) {
                data++
                if (address != 1073745920) wrong("the data slot does not start at 0x40001000")
                if (offset % 4096) wrong("data is not page aligned in the file")
            } else {
                text++
                if (address != offset + 4096) wrong("address is not offset + 0x1000")
                if (address + size > 1073741824) wrong("outside the text slot")
            }
            if (flags ~ /E/ && address % 4096) wrong("text is not page aligned")
            if (size == 0) wrong("empty segment")
        }
        $1 == "GNU_RELRO" && (address != 1073745920 || size % 4096) { wrong("RELRO is not in whole pages") }
        $1 == "GNU_STACK" && $0 ~ /RWE/ { wrong("executable stack") }
        $1 == "INTERP" { wrong("has an interpreter") }
        END { if (text < 1 || data != 1) wrong("text segments: " text ", data segments: " data); exit bad }
    ' || return 1
    readelf -nW "$1" | grep -q 'TWZ  *0x00000020' || { echo "no TWZ note" && return 1; }
    readelf -nW "$1" | grep -q 'Build ID' || { echo "no build ID" && return 1; }
    readelf -dW "$1" | awk '
        /\(TEXTREL\)|\(HASH\)|\(INIT\)/ { print; bad = 1 }
        /FLAGS_1.*NOW/ { now = 1 } /\(GNU_HASH\)/ { hash = 1 }
        END { exit bad || !now || !hash }' || { echo "dynamic section: not -z now, GNU hash only" && return 1; }
}

# $1: file, $2: symbol. Its value, from the symbol table.
value() { readelf -sW "$1" | awk -v s="$2" '$8 == s { print $2; exit }'; }

for cc in gcc clang; do
    d=$S/$cc
    mkdir -p "$d"
    for input in full text rodata data bss empty; do
        check "$cc: -shared, $input: builds" $twzcc --twz-cc=$cc --twz-no-rt -g -O2 -shared "$S/$input.c" \
            "$S/canary.c" -o "$d/$input.so"
        check "$cc: -shared, $input: layout" laid_out "$d/$input.so"
    done
    $twzcc --twz-cc=$cc --twz-no-rt -shared "$S/text.c" -o "$d/libtext.so" -Wl,-soname,libtext.so
    check "$cc: the system's ld.so loads them all" "$S/dl" "$d"/*.so
    says "$cc: and the code works" "full.so 96$"

    check "$cc: PIE from sources" $twzcc --twz-cc=$cc --twz-no-rt "$S/main.c" "$S/full.c" "$S/canary.c" -o "$d/pie"
    check "$cc: PIE: layout" laid_out "$d/pie"
    check "$cc: PIE: main is a dynamic symbol" sh -c "readelf --dyn-syms -W $d/pie | grep -q ' main$'"
    check "$cc: -static gives a static PIE" $twzcc --twz-cc=$cc --twz-no-rt -static "$S/main.c" "$S/full.c" \
        "$S/canary.c" -o "$d/static"
    check "$cc: static PIE: layout" laid_out "$d/static"
    check "$cc: static PIE: no dependency" sh -c "! readelf -dW $d/static | grep NEEDED"
    check "$cc: -static -no-pie" $twzcc --twz-cc=$cc -ffreestanding -static -no-pie "$S/main.c" "$S/full.c" \
        -o "$d/static-exec"
    check "$cc: -static -no-pie: layout" laid_out "$d/static-exec"
    check "$cc: -static -no-pie: ET_EXEC, no dependency, a runtime" sh -c "
        readelf -hdW $d/static-exec >$d/read && grep -q 'EXEC ' $d/read && ! grep NEEDED $d/read &&
        readelf --dyn-syms -W $d/static-exec | grep -q ' twz_rt_start$'"
    check "$cc: -no-pie with -L and -l" $twzcc --twz-cc=$cc --twz-no-rt -no-pie "$S/main.c" -L "$d" -l text \
        -o "$d/exec"
    check "$cc: -no-pie: slots 0 and 1" laid_out "$d/exec"
    check "$cc: -no-pie: ET_EXEC" sh -c "readelf -hW $d/exec | grep -q 'EXEC '"
    check "$cc: -c" $twzcc --twz-cc=$cc -c -O2 "$S/full.c" -o "$d/a file.o"
    echo "-shared '$d/a file.o' $S/canary.c -o $d/response.so" >"$d/response"
    check "$cc: @file" $twzcc --twz-cc=$cc --twz-no-rt "@$d/response"
    check "$cc: @file: layout" laid_out "$d/response.so"
    check "$cc: -S" $twzcc --twz-cc=$cc -S "$S/text.c" -o "$d/text.s"
    check "$cc: -E -x c -" sh -c "echo 'int x;' | $twzcc --twz-cc=$cc -E -x c - | grep -q 'int x'"
    check "$cc: -###: builds nothing" $twzcc --twz-cc=$cc '-###' "$S/main.c" -o "$d/nothing"
    says "$cc: -###: shows the script" 'twz-lib.ld'
    check "$cc: and leaves no output" test ! -e "$d/nothing"
    check "$cc: --version" $twzcc --twz-cc=$cc --version
    check "$cc: minimum isolation in the note" sh -c "$twzcc --twz-cc=$cc --twz-no-rt --twz-isolation=both \
        -shared $S/text.c -o $d/isolated.so && readelf -nW $d/isolated.so |
        grep -q 'description data: 01 00 00 00 00 00 00 00 03 00 00 00'"

    $cc -fPIC -ftls-model=local-exec -O2 -c "$S/full.c" -o "$d/direct.o"
    check_status "$cc: thread-local access past %fs:0 is refused" 1 \
        $twzcc --twz-cc=$cc --twz-no-rt "$S/main.c" "$d/direct.o" "$S/canary.c" -o "$d/refused"
    says "$cc: with function and cure" '^  f: .*%fs:'
    check "$cc: and leaves no output behind" test ! -e "$d/refused"
    $cc -c -fPIC -mno-tls-direct-seg-refs -O2 "$S/full.c" -o "$d/plain.o"
    check "$cc: the script alone, without twz-cc" $cc -fuse-ld=lld -nostdlib -shared -Wl,-z,now \
        -Wl,--hash-style=gnu,--build-id,-T,linkscripts/twz-lib.ld "$d/plain.o" -o "$d/alone.so"
    check "$cc: the script alone: layout" laid_out "$d/alone.so"
done

cat >"$S/gates.c" <<'END'
__attribute__((section(".twz.gates"), used)) static const int descriptor[4] = {1, 2, 3, 4};
__attribute__((section(".twz.imports"), used)) static const int import[2] = {1, 2};
__asm__(".pushsection .twz.gate.text,\"ax\",@progbits\n\t.globl entry\n\t.type entry,@function\n"
        "entry:\n\tret\n\t.size entry,.-entry\n\t.popsection");
int plain(void) { return 1; }
END
$twzcc --twz-no-rt -shared -Wl,--gc-sections "$S/gates.c" -o "$S/gates.so"
check "gates: layout" laid_out "$S/gates.so"
check "gates: entries have pages of their own" sh -c "
    [ $((0x$(value "$S/gates.so" entry) / 4096)) -ne $((0x$(value "$S/gates.so" plain) / 4096)) ]"
check "gates: descriptors survive --gc-sections" sh -c "
    readelf -SW $S/gates.so | grep -q '\.twz\.gates .* 000010 '"
note=0x$(value "$S/gates.so" __twz_note)
check "gates: the note leads to them" sh -c "
    od -An -tx4 -j $((note - 0x1000 + 32)) -N 16 $S/gates.so | tr -s ' ' | grep -qx \" $(printf '%08x %08x %08x %08x' \
    $((0x$(value "$S/gates.so" __twz_gates_start) - note - 32)) 16 \
    $((0x$(value "$S/gates.so" __twz_imports_start) - note - 40)) 8)\""
check "gates: boundary symbols are not exported" sh -c "! readelf --dyn-syms -W $S/gates.so | grep __twz"

check_status "an unknown --twz- option is a usage error" 2 $twzcc --twz-nonsense "$S/main.c"
check_status "as is an unknown isolation" 2 $twzcc --twz-isolation=some "$S/main.c"
ln -s "$PWD/$twzcc" "$S/elsewhere"
check "found through a symbolic link" "$S/elsewhere" --twz-no-rt -shared "$S/text.c" -o "$S/elsewhere.so"
check "found in PATH" env PATH="$PWD/$B/bin:$PATH" twz-cc --twz-no-rt -shared "$S/text.c" -o "$S/path.so"
check "found from its own directory" sh -c "
    cd $B/bin && ./twz-cc --twz-no-rt -shared $PWD/$S/text.c -o $PWD/$S/here.so"
check "two builds of a library are equal" cmp "$S/path.so" "$S/here.so"
finish
