# SPDX-License-Identifier: BSD-2-Clause
# Time limit: 200 s
# twz-tutorial(7), done by someone who types what it says: its files, its commands, what they print.
. tests/lib.sh
dest=$PWD/$SCRATCH/dest
away=$SCRATCH/away
mkdir -p "$away"
MAKEFLAGS='' make -s B="$B" PREFIX=/opt/twz DESTDIR="$dest" install >"$SCRATCH/installed"
root=$dest/opt/twz

# The page's displays: a file, or a number of commands with the lines that each prints.
awk -v to="$away" -v commands="$SCRATCH/commands" '
    /^\.\\" file: / { name = to "/" $3; next }
    /^\.\\" commands/ { name = commands; next }
    /^\.Bd/ { inside = name != ""; next }
    /^\.Ed/ { if (inside) close(name); inside = 0; name = ""; next }
    inside { gsub(/\\e/, "\\"); print >>name }' man/twz-tutorial.7

outside() { (cd "$away" && env -i HOME=/nonexistent PATH="$root/bin:/usr/bin:/bin" \
    PKG_CONFIG_PATH="$root/lib/pkgconfig" "$@"); }

# Runs a command of the page and looks for what should have come of it, so far in $wanted.
finish_command() {
    [ -n "$command" ] || return 0
    check_title="tutorial: $command"
    outside sh -c "$command" >"$SCRATCH/output" 2>&1 </dev/null || echo "status $?" >>"$SCRATCH/output"
    tr -d '\r' <"$SCRATCH/output" >"$SCRATCH/output.text"
    good=ok
    while IFS= read -r expected; do
        grep -qxF -- "$expected" "$SCRATCH/output.text" || { good='not ok' && echo "# not printed: $expected"; }
    done <"$SCRATCH/wanted"
    if [ ! -s "$SCRATCH/wanted" ] && grep -q '^status ' "$SCRATCH/output.text"; then good='not ok'; fi
    result "$good" "$check_title"
    if [ "$good" != ok ]; then sed 's/^/#   /' "$SCRATCH/output.text"; fi
}

command=
: >"$SCRATCH/wanted"
while IFS= read -r line; do
    case $line in
    '$ '*)
        finish_command
        command=${line#"$ "}
        : >"$SCRATCH/wanted"
        ;;
    *) printf '%s\n' "$line" >>"$SCRATCH/wanted" ;;
    esac
done <"$SCRATCH/commands"
finish_command
check 'the tutorial has commands' test "$results" -ge 10
check_status 'contained, the program reads the prepared file and goes on' 0 \
    outside twz-run -t 20 safe.img reader evil.lz
says '  with other text than the password' '^evil\.lz: .......'
says '  from a call of the gate' 'gate .* calls 1 +i64 lz_expand\(in 4096, out 4096\) <- main'
check 'the program was not built again' sh -c "
    cd $away && [ reader -ot safe/liblz.so ]"
check 'the library was built from the same source' sh -c "! grep -q lz_expand_impl $away/lz.c"
finish
