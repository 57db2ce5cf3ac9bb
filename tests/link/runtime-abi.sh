# SPDX-License-Identifier: BSD-2-Clause
# The headers of the runtime ABI: each stands alone, in C and in C++, with both compilers; what they
# declare is there, and nothing else; what differs from them does not compile.
. tests/lib.sh
S=$SCRATCH
twzcc=$B/bin/twz-cc
strict='-Wall -Wextra -Wconversion -Werror -ffreestanding' # and -Wshadow in C: stat() and struct stat are old friends

headers=$(cd "$B/include" && find twz/rt twz/extension.h -name '*.h' | sort)
check 'every group has its header' sh -c "
    for group in alloc core thread object fd io debug exec info random time; do
        echo '$headers' | grep -qx twz/rt/\$group.h || exit 1
    done"
for header in $headers; do
    printf '#include <%s>\n#include <%s>\nint unit;\n' "$header" "$header" >"$S/alone.c"
    cp "$S/alone.c" "$S/alone.cc"
    check "P83 <$header> stands alone in C11 and C++11, with gcc and clang" sh -ec "
        gcc -std=c11 -Wpedantic -Wshadow $strict -I$B/include -c -o $S/alone.o $S/alone.c
        clang -std=c11 -Wshadow $strict -I$B/include -c -o $S/alone.o $S/alone.c
        g++ -std=c++11 $strict -I$B/include -c -o $S/alone.o $S/alone.cc
        clang++ -std=c++11 $strict -I$B/include -c -o $S/alone.o $S/alone.cc"
done

# Names of the functions that the headers declare. linux.h and state.h are for libraries of the
# system, gate.h has what wrappers of gates call.
for header in $headers; do echo "#include <$header>"; done >"$S/all.c"
gcc -std=c11 -ffreestanding -I"$B/include" -E -P "$S/all.c" | tr '\n' ' ' | tr ';{}' '\n\n\n' |
    grep '^ *extern' | sed -n 's/^[^(]*__attribute__ *(([^)]*)*) *)//; s/__attribute__ *(([^()]*))//g; s/^[^(]*[ *]\([a-z_A-Z0-9]*\)(.*/\1/p' |
    sort -u >"$S/declared"
readelf -W --dyn-syms "$B/lib/libtwzrt.so" | awk '$7 != "UND" && $4 == "FUNC" && $5 == "GLOBAL" { print $8 }' |
    sort -u >"$S/exported"
nm --defined-only "$B/lib/libtwzc.a" | awk '$2 == "T" { print $3 }' | sort -u >"$S/beside"
check 'the headers declare many functions' sh -c "test \$(wc -l <$S/declared) -gt 90"
check 'P83 what they declare is exported by the runtime, or stands in libtwzc.a' sh -c "
    sort -u $S/exported $S/beside >$S/there
    ! comm -23 $S/declared $S/there | grep -v '^cli_main\$' | grep ."
check 'P83 every twz_rt_ function that the runtime exports is declared' sh -c "
    grep '^twz_rt_' $S/exported | comm -23 - $S/declared |
        grep -vx 'twz_rt_start\|twz_rt_library_start\|twz_rt_tlsdesc_[a-z]*' >$S/extra
    ! grep . $S/extra"
check 'the minimal runtime leaves all of them open to another' sh -c "
    grep -q 'twz_rt_\*;' $B/lib/twz/twz-minimal.list
    grep -v '^twz_rt_' $S/exported | while read -r name; do
        grep -Eq \"(^|[ ;])\$name;\" $B/lib/twz/twz-minimal.list || echo \$name
    done >$S/closed
    ! grep . $S/closed"

# $1: title, $2: a definition
differs() {
    printf '#include <twz/rt/alloc.h>\n#include <twz/rt/fd.h>\n%s\n' "$2" >"$S/differs.c"
    check_status "P83 $1 does not compile" 1 "$twzcc" -ffreestanding -c -o "$S/differs.o" "$S/differs.c"
    says "$1: the compiler names it" 'error: conflicting'
}
differs 'a definition with another parameter' 'void *twz_rt_alloc(unsigned size, size_t align) { return size + align ? 0 : 0; }'
differs 'a definition with another result' 'int twz_rt_fd_close(int32_t fd) { return fd; }'
check 'P83 no source of the runtime defines what no header declares' sh -ec "
    for f in ld-twz/runtime/*.c ld-twz/runtime/minimal/*.c; do
        $twzcc -std=c11 -Ilibtwzelf/include -Ideps/libffi/src -ffreestanding -fvisibility=hidden -Wmissing-prototypes \
            -Werror=missing-prototypes -c -o $S/x.o \$f 2>$S/x.err || { grep -q missing-prototypes $S/x.err && exit 1; }
    done"

# A consumer in C++.
cat >"$S/use.cc" <<'END'
#include <twz/rt/alloc.h>
#include <twz/rt/fd.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/thread.h>
static int64_t work(void *argument) { return *static_cast<int *>(argument); }
extern "C" int main(int, char **)
{
    int seven = 7;
    twz_rt_task task = {};
    task.function = work;
    task.argument = &seven;
    twz_rt_object object;
    return twz_rt_thread_start(&task) == 0 && twz_rt_thread_join(&task) == 7 &&
           twz_rt_object_create(100, &object) == 0 && twz_rt_fd_close(7) < 0 &&
           twz_rt_print("%s\n", "C++") > 0 ? 0 : 1;
}
END
check 'P83 a program in C++ builds with them' sh -ec "
    $twzcc --twz-cc=g++ -std=c++11 $strict -fno-exceptions -o $S/use $S/use.cc
    $B/bin/objtool check $S/use"
finish
