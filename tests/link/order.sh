# SPDX-License-Identifier: BSD-2-Clause
# Scope and order of constructors, against the system's linker. A case is one line: edges of the
# graph of dependencies, a>b for DT_NEEDED in order, a~b for DT_AUXILIARY, a=b for DT_FILTER; `m` is
# the program. Each library's constructor prints its name, and each file defines `who`, so that the
# first of the scope shows.
. tests/lib.sh
S=$SCRATCH

# $1: name. Its object and, so that cycles can be linked, a library that needs nothing.
compile_one() {
    printf 'static void say(const char *s, long n) { long r; __asm__ volatile("syscall" : "=a"(r)
        : "0"(1L), "D"(1L), "S"(s), "d"(n) : "rcx", "r11", "memory"); }
        __attribute__((constructor)) static void up(void) { say("%s ", 2); }
        int who(void) { return 0; }
        int ask_%s(void) { return who(); }
        void _start(void) { __asm__ volatile("syscall" :: "a"(231L), "D"(0L)); }' "$1" "$1" >"$S/$1.c"
    "${CC:-cc}" -O1 -fPIC -fno-stack-protector -c -o "$S/$1.o" "$S/$1.c"
    "${CC:-cc}" -nostdlib -shared "-Wl,-soname,$1" -o "$S/stubs/$1" "$S/$1.o"
}

# $1: name
link_one() {
    needs=
    for need in $(to "$1" '>'); do needs="$needs -l:$need"; done
    for need in $(to "$1" '~'); do needs="$needs -Wl,-f,$need"; done
    for need in $(to "$1" '='); do needs="$needs -Wl,-F,$need"; done
    kind="-shared -Wl,-soname,$1"
    if [ "$1" = m ]; then kind=-pie; fi
    # shellcheck disable=SC2086
    "${CC:-cc}" -nostdlib $kind -Wl,--no-as-needed,--allow-shlib-undefined -o "$D/$1" "$S/$1.o" \
        "-L$S/stubs" $needs
}

# $1: name, $2: kind of edge. Where they lead.
to() {
    for edge in $graph; do
        case $edge in "$1$2"*) printf '%s ' "${edge#*"$2"}" ;; esac
    done
}

build_graph() {
    nodes=$(printf '%s\n' "$graph" | tr ' >~=' '\n\n\n\n' | sort -u)
    for node in $nodes; do if [ "$node" != x ]; then link_one "$node"; fi; done
}

same_order() {
    env -i LD_LIBRARY_PATH="$D" "$D/m" | tr ' ' '\n' | grep . >"$D/system" || true
    "$B/bin/ld-twz" inspect --json --library-path "$D" "$D/m" |
        awk '/"init_order"/ { on = 1; next } /\]/ { on = 0 } on { gsub(/[", ]/, ""); print }' |
        grep -v '^m$' >"$D/ours" # its own constructors are the program's start code to run
    [ -s "$D/system" ] && diff "$D/system" "$D/ours"
}

same_scope() {
    rm -f "$D/debug".*
    env -i LD_LIBRARY_PATH="$D" LD_TRACE_LOADED_OBJECTS=1 LD_WARN=yes LD_BIND_NOW=1 LD_DEBUG=bindings \
        LD_DEBUG_OUTPUT="$D/debug" "$D/m" >/dev/null || true
    cat "$D/debug".* | sed -n "s/.*binding file \(.*\) \[0\] to \(.*\) \[0\]: .* symbol .who'.*/\1 \2/p" |
        sort >"$D/system"
    "$B/bin/ld-twz" bindings --paths --library-path "$D" "$D/m" |
        awk -F '\t' '$2 == "who" { print $1 " " $3 }' | sort >"$D/ours"
    [ -s "$D/system" ] && diff "$D/system" "$D/ours"
}

mkdir -p "$S/stubs"
for node in a b c d e f m; do compile_one "$node"; done
number=0
while read -r graph; do
    case $graph in '' | '#'*) continue ;; esac
    number=$((number + 1))
    D=$S/$number
    mkdir -p "$D"
    build_graph
    check "constructors: $graph" same_order
    check "scope: $graph" same_scope
done <<'CASES'
m>a
m>a m>b
m>a a>b b>c
m>c m>a a>b b>c
m>a m>b a>c b>c
m>a m>b b>a
m>b m>a b>a
m>a m>b a>d b>c c>d d>e
m>a m>b m>c c>b b>a
m>a m>b m>c m>d a>d d>c
# cycles
m>a a>b b>a
m>a m>b a>b b>a
m>a a>b b>c c>a
m>a m>c a>b b>c c>a
m>a a>b a>c b>d d>b c>d
m>a m>b a>c c>a b>d d>b a>b
m>a a>b b>c c>d d>b
m>a m>e a>b b>c c>a e>f f>e c>f
# filters; x is nowhere
m>a a~b
m>a a=b
m>a m>b a~b
m>b m>a a~b
m>a m>c a~b b>c
m>a a~b b>d a>c
m>a m>d a~b a~c
m>a a~b b~c
m>a a~x m>b
m>a m>b b~a a=c c>b
CASES
finish
