# SPDX-License-Identifier: BSD-2-Clause
# The system's linker is the oracle: what it binds with LD_BIND_NOW=1, symbol by symbol, is what
# `ld-twz bindings` says: referrer, symbol, version, definer. LD_TRACE_LOADED_OBJECTS makes it bind
# without starting the program. A sample for every change; with ALL=1 every program of /usr/bin.
. tests/lib.sh
S=$SCRATCH

# $1: program. What ld.so binds, as `ld-twz bindings --paths` prints it. It binds its own symbols by
# itself, and the kernel's vdso is no file.
system_says() {
    rm -f "$S/debug".*
    env -i LD_TRACE_LOADED_OBJECTS=1 LD_WARN=yes LD_BIND_NOW=1 LD_DEBUG=bindings \
        LD_DEBUG_OUTPUT="$S/debug" "$1" >/dev/null 2>&1 || true
    cat "$S/debug".* 2>/dev/null | awk '
        /\tbinding file / {
            line = $0
            sub(/^.*\tbinding file /, "", line)
            referrer = line; sub(/ \[[0-9]+\] to .*/, "", referrer)
            definer = line; sub(/^.* \[[0-9]+\] to /, "", definer); sub(/ \[[0-9]+\]: .*/, "", definer)
            symbol = line; sub(/^[^`]*`/, "", symbol)
            version = ""
            if (match(symbol, /. \[[^]]*\]$/)) {
                version = "@" substr(symbol, RSTART + 3, RLENGTH - 4)
            }
            sub(/\047.*/, "", symbol)
            if (referrer !~ /(vdso|ld-linux)/) print referrer "\t" symbol version "\t" definer
        }' | sort -u
}

ours_says() {
    env -i "$B/bin/ld-twz" bindings --paths "$1" |
        awk -F '\t' '$3 != "0" && $1 !~ /ld-linux/' | sort -u
}

same_bindings() {
    system_says "$1" >"$S/system"
    ours_says "$1" >"$S/ours"
    [ -s "$S/system" ] || return 1
    diff "$S/system" "$S/ours"
}

is_elf() {
    [ -f "$1" ] && [ -x "$1" ] && [ ! -u "$1" ] && [ ! -g "$1" ] &&
        [ "$(head -c 4 "$1" | tail -c 3)" = ELF ] && readelf -d "$1" 2>/dev/null | grep -q NEEDED
}

sample="ls cat bash sed gawk tar make git gdb clang-14 gcc as ld.bfd ld.lld openssl perl python3 curl
    ssh vim perf qemu-system-x86_64 cmake apt-get dpkg systemctl grep find xargs sort awk file
    readelf objdump nm strip gzip xz m4 bison ip cp mv rm ln date df du head tail cut tr wc od stat
    tee touch uniq join sha256sum ps mount dd install locale iconv localedef infocmp dpkg-deb ar
    ranlib cpp size strings addr2line gpg tclsh valgrind dot man"
for name in $sample; do
    program=/usr/bin/$name # the system's, whatever stands before it in PATH
    [ -e "$program" ] || program=$(command -v "$name" 2>/dev/null) || continue
    program=$(readlink -f "$program")
    if is_elf "$program"; then
        check "P120 $name binds as the system's linker binds it" same_bindings "$program"
    fi
done
check "the sample has at least 60 programs" test "$results" -ge 60

if [ -n "${ALL:-}" ]; then
    for program in /usr/bin/* /usr/sbin/*; do
        if [ ! -L "$program" ] && is_elf "$program"; then
            check "P120 $program binds as the system's linker binds it" same_bindings "$program"
        fi
    done
fi
finish
