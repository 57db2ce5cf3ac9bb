# SPDX-License-Identifier: BSD-2-Clause
# <twz/gate.h>: both sides compile everywhere and say the same; what is no gate does not compile.
. tests/lib.sh
S=$SCRATCH
twzcc="$B/bin/twz-cc -ffreestanding -Wall -Wextra -Wshadow -Wconversion -Werror -c"

cat >"$S/gates.h" <<'END'
#include <twz/gate.h>
enum mode { FAST, BEST };
TWZ_GATE(int64_t, nothing)
TWZ_GATE(int64_t, codec, TWZ_IN(src, 1 << 20), TWZ_OUT(dst, 1 << 20), TWZ_VAL(uint32_t, level))
TWZ_GATE(double, mixed, TWZ_VAL(double, x), TWZ_VAL(int, y), TWZ_VAL(float, z), TWZ_STRING(name, 256),
         TWZ_HANDLE(object), TWZ_VAL(bool, flag))
TWZ_GATE(int64_t, long_one, TWZ_VAL(int, a), TWZ_VAL(int, b), TWZ_VAL(int, c), TWZ_VAL(int, d),
         TWZ_VAL(int, e), TWZ_VAL(int, f), TWZ_VAL(double, x), TWZ_VAL(short, g), TWZ_VAL(bool, h))
typedef int step(int);
TWZ_GATE(int64_t, called_back, TWZ_CALLBACK(step, function), TWZ_VAL(int, a))
TWZ_GATE(uint8_t, five, TWZ_VAL(short, a), TWZ_VAL(unsigned long, b), TWZ_VAL(char, c),
         TWZ_VAL(enum mode, d), TWZ_INOUT(result, sizeof(struct twz_id)))
END
cat >"$S/provider.c" <<'END'
#include <stdbool.h>
#define TWZ_GATE_PROVIDER
#include "gates.h"
int64_t nothing_impl(void) { return 0; }
int64_t codec_impl(const void *src, size_t src_size, void *dst, size_t dst_size, uint32_t level)
{
    return src != dst && src_size == dst_size && level == 3;
}
double mixed_impl(double x, int y, float z, const char *name, size_t name_size, struct twz_id object,
                  bool flag)
{
    return x + y + (double)z + (double)name[name_size] + (double)object.lo + flag;
}
int64_t long_one_impl(int a, int b, int c, int d, int e, int f, double x, short g, bool h)
{
    return a + b + c + d + e + f + (int64_t)x + g + h;
}
int64_t called_back_impl(step *function, int a) { return function(a); }
uint8_t five_impl(short a, unsigned long b, char c, enum mode d, void *result, size_t result_size)
{
    return a && b && c && d == BEST && result && result_size;
}
END
cat >"$S/caller.c" <<'END'
#include <stdbool.h>
#include "gates.h"
int64_t call(void *p) { return nothing() + codec(p, 1, p, 1, 3) + five(1, 2, 3, BEST, p, 16) +
    long_one(1, 2, 3, 4, 5, 6, 7.0, 8, true) + called_back(0, 1); }
END
sed 's/^int64_t call/extern "C" int64_t call(void *);\n&/' "$S/caller.c" >"$S/caller.cc"
cp "$S/provider.c" "$S/provider.cc"

for how in gcc clang 'gcc g++' 'clang clang++'; do
    compiler=${how#* } ext=c std=-std=c11
    case $compiler in *++) ext=cc std=-std=c++11 ;; esac
    for opt in -O0 -O2; do
        for side in provider caller; do
            # shellcheck disable=SC2086
            check "$side compiles with $compiler $opt" \
                $twzcc --twz-cc="$compiler" $std $opt "$S/$side.$ext" -o "$S/$side-$compiler$opt.o"
        done
        readelf -x .twz.gates -p .rodata.twz "$S/provider-$compiler$opt.o" | sed 1d >"$S/$compiler$opt.gates"
        readelf -x .twz.imports -p .rodata.twz "$S/caller-$compiler$opt.o" >"$S/$compiler$opt.imports"
        check "$compiler $opt describes the gates as gcc -O0 does" \
            cmp "$S/gcc-O0.gates" "$S/$compiler$opt.gates"
        check "$compiler $opt imports them as gcc -O0 does" \
            cmp "$S/gcc-O0.imports" "$S/$compiler$opt.imports"
    done
done
signature() { grep -Fq "$1" "$S/gcc-O0.gates" && grep -Fq "$1" "$S/gcc-O0.imports"; }
for text in 'i64 nothing()' 'i64 codec(in 1048576, out 1048576, u32)' \
    'i64 long_one(i32, i32, i32, i32, i32, i32, f64, i16, u8)' 'i64 called_back(callback, i32)' \
    'f64 mixed(f64, i32, f32, string 256, handle, u8)' 'u8 five(i16, u64, i8, u32, inout 16)'; do
    check "both sides have the signature $text" signature "$text"
done

# $1: what it is, $2: a declaration that must not compile
refused() {
    printf '#include <twz/gate.h>\n%s\n' "$2" >"$S/bad.c"
    for compiler in gcc clang; do
        check_status "$1 does not compile ($compiler)" 1 $twzcc --twz-cc=$compiler "$S/bad.c" -o "$S/bad.o"
    done
}
refused 'a raw pointer as parameter' 'TWZ_GATE(int64_t, bad, TWZ_VAL(char *, text))'
refused 'a struct as parameter' 'struct s { int a, b; }; TWZ_GATE(int64_t, bad, TWZ_VAL(struct s, s))'
refused 'a pointer as result' 'TWZ_GATE(char *, bad)'
refused 'a gate without a result' 'TWZ_GATE(void, bad)'
refused 'a buffer that no register is left for' \
    'TWZ_GATE(int, bad, TWZ_IN(a, 1), TWZ_IN(b, 1), TWZ_VAL(int, c), TWZ_IN(d, 1))'
refused 'a fourth buffer' \
    'TWZ_GATE(int, bad, TWZ_IN(a, 1), TWZ_IN(b, 1), TWZ_IN(c, 1), TWZ_IN(d, 1))'
refused 'P58 a large structure as result' \
    'struct s { long a, b, c; }; TWZ_GATE(struct s, bad, TWZ_VAL(int, a))'
says 'P58 and the message says what to do instead' 'results on the stack do not cross compartments, so return it in a TWZ_OUT'
refused 'a buffer larger than an object' 'TWZ_GATE(int, bad, TWZ_IN(a, 1ll << 31))'
refused 'a thirteenth parameter' "TWZ_GATE(int, bad, $(printf 'TWZ_VAL(int, a%d), ' 1 2 3 4 5 6 7 8 9 10 11 12)
    TWZ_VAL(int, a13))"
finish
