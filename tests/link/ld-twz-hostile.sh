# SPDX-License-Identifier: BSD-2-Clause
# ld-twz on files that were made to harm whoever looks at them: names that would steer a terminal or
# break a report, and search rules without end.
. tests/lib.sh
S=$SCRATCH
ld=$B/bin/ld-twz
unset LD_LIBRARY_PATH NO_COLOR || true
escape=$(printf '\033') csi=$(printf '\302\233') turn=$(printf '\342\200\256')

# $1: title: the output of the last command has no escape.
no_escape() {
    cp "$S/check.out" "$S/said"
    check "$1" sh -c '[ -s "$1" ] && ! grep -qF -e "$2" -e "$3" -e "$4" "$1"' sh "$S/said" "$escape" \
        "$csi" "$turn"
}

printf 'compartment a {\n  %s[31mred = 1\n}\n' "$escape" >"$S/policy"
check_status "a policy with a control byte in a word" 3 "$ld" policy "$S/policy"
says "is refused where it stands" ':2:3: no such option .\\x1b\[31mred'
no_escape "  and the terminal sees none"
check_status "a name with one" 3 "$ld" inspect "$S/no${escape}such"
no_escape "  is shown without it"

# A library whose name has a quote, a backslash, an entity, a control byte, half a character, and
# two that are controls in UTF-8: CSI, and one that turns the direction of writing.
bad=$(printf 'lib"\\N&lt;%s[2J\303%s%s.so' "$escape" "$csi" "$turn")
echo 'int needed;' >"$S/bad.c"
echo 'extern int needed; int _start(void) { return needed; }' >"$S/app.c"
cc -shared -nostdlib -fPIC -o "$S/$bad" "$S/bad.c" "-Wl,-soname,$bad"
cc -shared -nostdlib -fPIC -o "$S/app" "$S/app.c" "$S/$bad"
for command in inspect check bindings map graph 'why needed' suggest; do
    name=${command%% *} symbol=${command#"$name"}
    # shellcheck disable=SC2086
    check_status "$name: such a name" 0 "$ld" "$name" --library-path "$S" "$S/app" $symbol
    no_escape "  is shown without control bytes"
    [ "$name" != graph ] || continue
    # shellcheck disable=SC2086
    check "  and is JSON" sh -c '"$@" >"$0" && jq -e . "$0"' "$S/report.json" "$ld" "$name" --json \
        --library-path "$S" "$S/app" $symbol
done
check "suggest --from and --json: references as JSON" sh -c '
    "$1" suggest --json --library-path "$2" --from "$3" "$2/app" >"$2/report.json" &&
    [ "$(jq -r ".references[0].symbol" "$2/report.json")" = needed ]' sh "$ld" "$S" "$bad"
if command -v dot >/dev/null; then
    check "graph --svg: a picture with that name in it" sh -c '
        "$1" graph --svg --library-path "$2" -o "$2/graph.svg" "$2/app" &&
        grep -qF "lib&quot;\N&amp;lt;\x1b[2J" "$2/graph.svg"' sh "$ld" "$S"
else
    skip "graph --svg" "no dot"
fi

# 60,000 directories for each of the libraries of ls: more paths than anybody has.
paths=$(awk 'BEGIN { for (i = 0; i < 60000; i++) printf "x:" }')
check_status "lists of directories without end" 1 "$ld" inspect --library-path "$paths" /bin/ls
says "  end" 'more than 100,000 paths were tried'

# Directories that hold themselves, four times, and a pattern that asks for all ways through them.
mkdir -p "$S/root*/etc/conf" "$S/root*/bin" "$S/root*/lib"
cp -L /bin/ls "$S/root*/bin/tool"
cp -L /lib/x86_64-linux-gnu/libc.so.6 "$S/root*/lib/"
for name in a b c d; do
    ln -s . "$S/root*/etc/conf/$name"
done
printf 'include conf/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*.conf\n' >"$S/root*/etc/conf/again.conf"
printf 'include conf/*.conf\ninclude ld.so.conf\n/lib\n' >"$S/root*/etc/ld.so.conf"
check_status "ld.so.conf that includes itself and patterns without end" 1 \
    timeout 20 "$ld" inspect --root "$S/root*" /bin/tool
says "  what it says besides is heard, below a root whose name is a pattern" \
    'libc.so.6 => /lib/libc.so.6  \[DT_NEEDED, /etc/ld.so.conf\]'
finish
