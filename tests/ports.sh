# SPDX-License-Identifier: BSD-2-Clause
# For tests that compare a program of tests/programs/libc-ports in the image with itself on the host.
# shellcheck shell=sh
. tests/lib.sh
top=$PWD
S=$(cd "$SCRATCH" && pwd)
BOOT_SECONDS=60
mkdir -p "$S/host"
cp -R deps/cjson/tests/inputs deps/cjson/tests/json-patch-tests deps/duktape/mandel.js "$S/host"
cp deps/libpng1.6/pngtest.png /usr/share/doc/zlib1g/changelog.gz tests/programs/libc-ports/data/* "$S/host"

# $1: file with a serial log. What the program printed.
program_output() {
    sed -e '/^kernel: /d' -e '/^monitor: .* ended with status/,$d' "$1"
}

# Puts a newline behind the last line as well.
whole_lines() {
    sed -E -e "${FILTER:-}" "$1" | sed -e '$a\'
}

# $1: title, then the program and its arguments. FILTER is applied to both sides.
same() {
    title=$1
    shift
    program=$1 host_status=0
    shift
    (cd "$S/host" && timeout 60 stdbuf -oL "$top/$B/ports/host/$program" "$@") </dev/null >"$S/host.raw" 2>&1 ||
        host_status=$?
    boot "$B/ports.img" "$program $*"
    program_output "$log" >"$S/image.raw"
    tr -d '\r' <"$S/host.raw" >"$S/host.text"
    whole_lines "$S/host.text" >"$S/host.out"
    whole_lines "$S/image.raw" >"$S/image.out"
    if [ "$host_status" -eq "$boot_status" ] && [ -s "$S/host.out" ] && diff -u "$S/host.out" "$S/image.out" >"$S/diff"; then
        result ok "$title"
    else
        result 'not ok' "$title"
        echo "# $program $*: status $host_status on the host, $boot_status in the image"
        sed 's/^/#   /' "$S/diff" | head -n 40
    fi
}
