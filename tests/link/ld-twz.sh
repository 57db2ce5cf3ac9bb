# SPDX-License-Identifier: BSD-2-Clause
# The command line of ld-twz: reports, refusals, exit statuses, on files that twz-cc made, on
# ordinary programs, on packed objects and on images.
. tests/lib.sh
S=$SCRATCH
ld=$B/bin/ld-twz
unset LD_LIBRARY_PATH NO_COLOR || true

cat >"$S/vault.h" <<'END'
#include <twz/gate.h>
TWZ_GATE(int64_t, vault_open, TWZ_VAL(uint32_t, pin))
END
cat >"$S/vault.c" <<'END'
#define TWZ_GATE_PROVIDER
#define TWZ_GATE_ISOLATION 0 /* may be in its caller's compartment */
#include "vault.h"
#include <stddef.h>
void *malloc(size_t size) { return size ? NULL : (void *)1; }
int secret_key = 42;
int secret_function(void) { return secret_key; }
int64_t vault_open_impl(uint32_t pin) { return malloc(pin) != 0; }
END
cat >"$S/good.c" <<'END'
#include "vault.h"
int main(void) { return (int)vault_open(1234); }
END
cat >"$S/bad.c" <<'END'
extern int secret_key;
int secret_function(void);
int main(void) { return secret_key + secret_function(); }
END
sed 's/uint32_t, pin/uint64_t, pin/' "$S/vault.h" >"$S/old.h"
sed 's/vault.h/old.h/' "$S/good.c" >"$S/old.c"
cat >"$S/policy" <<'END'
compartment vault { libraries = { "libvault.so" } }
END
printf 'compartment vault { libraries = { "libvault.so" } }\ncompartment main { imports = { } }\n' >"$S/narrow"
printf 'compartment vault {\n    librarys = { "libvault.so" }\n}\n' >"$S/typo"
cc="$B/bin/twz-cc -O1 -ffreestanding -I$S"
$cc -shared -Wl,-soname,libvault.so -o "$S/libvault.so" "$S/vault.c"
for program in good bad old; do
    $cc -o "$S/$program" "$S/$program.c" "-L$S" -Wl,--no-as-needed -l:libvault.so
done
run() { "$ld" "$@" --library-path "$B/lib"; }

# check
"$ld" policy "$S/policy" -o "$S/policy.bin"
check_status "a program whose references are all gates is fine" 0 run check --policy "$S/policy" "$S/good"
check_status "P118 a function and data that are no gates are refused" 1 run check --policy "$S/policy" "$S/bad"
says "P80 P118 the message names symbol, definer, compartment and what is wrong" \
    '^refused: `secret_function` is defined by libvault.so in compartment vault, but it is no gate$'
says "P118 it names the referrer" '^  by +bad in compartment main'
says "P118 it names the rule" '^  rule +rule 3: only an imported gate binds across compartments$'
says "P118 it names the cure" '^  cure +declare it with TWZ_GATE in libvault.so, or move libvault.so into compartment main$'
says "P118 data has a cure of its own" '^  cure +data never binds across compartments: '
says "check counts" '^.*bad: refused: 2 compartments, 3 libraries, 2 refused, 0 warnings'
check_status "P80 in one compartment the same calls are direct" 0 run check "$S/bad"
check_status "P118 default deny: a gate that is not imported is refused" 1 run check --policy "$S/narrow" "$S/good"
says "P118 with the cure" '^  cure +add "vault:vault_open" to imports of compartment main$'
check_status "a caller that was built against another declaration is refused" 1 run check --policy "$S/policy" "$S/old"
says "both signatures are named" 'declared as `i64 vault_open\(u64\)` by old, but as `i64 vault_open\(u32\)` by libvault.so'
check_status "check --json" 1 run check --json --policy "$S/policy" "$S/bad"
says "P118 P120 refusals are there in JSON" '"message": "`secret_key` is defined by libvault.so in compartment vault, but it is no gate"'
says "P120 with their cure" '"cure": "data never binds'

sed 's/libvault/libvalut/' "$S/policy" >"$S/slip"
echo 'compartment far { libraries = { "libfar.so" } }' >>"$S/slip"
run check --policy "$S/slip" "$S/good" >"$S/check.out" 2>&1 || true
says "a policy that moves a library nobody has" '^warning: .*/slip:1: no library of the program is `libvalut.so` of compartment vault$'
says "  is asked about the nearest" '^  cure  did you mean `libvault.so`\?$'
says "  and one that is like nothing there is noted" '^note: .*/slip:[0-9]+: no library of the program is `libfar.so` of compartment far$'
check_status "P79 first dibs are told" 0 run check --policy "$S/policy" "$S/good"
says "P79 with the library that they replace" '^note: `malloc` comes from libtwzrt.so, which has first dibs, not from libvault.so$'

# bindings, why
check_status "P79 bindings" 0 run bindings --policy "$S/policy" "$S/good"
says "P79 malloc binds to the runtime of the same compartment" '^vault:libvault.so	malloc	vault:libtwzrt.so$'
says "P80 a gate binds across compartments" '^good	vault_open	vault:libvault.so$'
check_status "why of a refused symbol" 1 run why --policy "$S/policy" "$S/bad" secret_key
says "P120 why lists the steps in order" '^ +1  libtwzrt.so: not defined there$'
says "P118 why ends with the reason" '^refused: `secret_key` is defined by libvault.so in compartment vault, but it is no gate$'
says "why knows the cure" '^cure: '
check_status "why of a gate" 0 run why --policy "$S/policy" "$S/good" vault_open --from good
says "why names the gate" '^bound to gate vault_open of compartment vault, by rule 3: a gate of another compartment$'
check_status "P120 why on an ordinary program" 0 "$ld" why /bin/ls malloc
says "it names version and definer" '^bound to malloc@GLIBC_2.2.5 of .*/libc.so.6, by rule 2'
check_status "why --json" 0 "$ld" why --json /bin/ls malloc
says "P120 steps are there in JSON" '"outcome": "taken"'
check_status "why from a library that is not there" 2 "$ld" why /bin/ls malloc --from nosuch.so

# inspect, map, graph
check_status "P120 inspect an ordinary program" 0 "$ld" inspect /bin/ls
says "P120 with the provenance of its libraries" 'libc.so.6 => .*/libc.so.6  \[DT_NEEDED, '
says "and with what they take in memory" 'libc.so.6 => .*\]  text [0-9]+, data [0-9]+ KiB$'
check_status "P120 inspect a program with compartments" 0 run inspect --policy "$S/policy" "$S/good"
says "compartments" '^compartment vault$'
says "gates with signature and level" '^    i64 vault_open\(u32\)  \[level both, in use\]$'
says "slots" 'slots [0-9]+ r-x, [0-9]+ rw-'
says "first dibs" '^  first dibs  libtwzrt.so$'
says "what the policy moved" 'libvault.so  -> compartment vault  \[DT_NEEDED, moved by the policy, policy line 1\]'
check_status "inspect --json" 0 run inspect --json --policy "$S/policy" "$S/good"
says "P120 JSON has the gates" '"signature": "i64 vault_open\(u32\)"'
mv "$S/libvault.so" "$S/hidden"
check_status "a library that is not found" 1 run inspect --policy "$S/policy" "$S/good"
says "every place searched is shown" '/libvault.so: No such file or directory \(beside the program\)$'
mv "$S/hidden" "$S/libvault.so"
check_status "map" 0 run map --policy "$S/policy" "$S/good"
says "text is r-x" '  r-x$'
says "data is rw-, RELRO sealed later" 'rw-  read-only after relocation$'
for command in inspect check bindings map graph suggest; do
    run "$command" --policy "$S/policy" "$S/good" >"$S/printed" 2>&1 || true
    run "$command" -o "$S/written" --policy "$S/policy" "$S/good" >"$S/rest" 2>&1 || true
    check "$command -o writes what it would print" sh -c 'cmp "$1/printed" "$1/written" && [ ! -s "$1/rest" ]' sh "$S"
done
check_status "a program that is not there" 3 run inspect -o "$S/written" "$S/nobody"
check "  leaves the old file as it was" cmp "$S/printed" "$S/written"
check_status "a full disk" 3 run inspect -o /dev/full "$S/good"
check_status "an option of another command" 2 run bindings --svg "$S/good"
says "  is refused, where it was ignored" '^ld-twz: bindings has no --svg; try `ld-twz bindings --help`$'
check_status "map of an ordinary program" 0 "$ld" map /bin/ls
says "has no slots to show" '^no slots  ls  \(compartment main\)$'
says "and says so" '^Not laid out for two slots'
# What readelf says of its PT_LOADs, page aligned: start and rights.
readelf -lW /bin/ls | awk '$1 == "LOAD" { print $3, $7 $8 }' | while read -r start flags; do
    echo "$(printf %012x $((start & ~4095))) $(case $flags in RE*) echo r-x ;; RW*) echo rw- ;; *) echo r-- ;; esac)"
done >"$S/system-segments"
# What begins where RELRO ends belongs to the segment before it.
"$ld" map /bin/ls | awk '/^no slots/ { files++ } files == 1 && /^  / {
    if (!relro) print substr($1, 1, 12), $2
    relro = /read-only after/ }' >"$S/our-segments"
check "its ranges are the segments that readelf sees" diff "$S/system-segments" "$S/our-segments"
check_status "graph" 1 run graph --policy "$S/policy" "$S/bad"
says "refused references are red" 'color=red, fontcolor=red, label="secret_key, secret_function"'
if command -v dot >/dev/null; then
    check_status "graph --svg" 1 run graph --svg --policy "$S/policy" "$S/bad"
    says "is a picture" '^<svg width='
    says "with the compartments as boxes" '<title>cluster_1</title>'
    says "and what is refused in red" 'stroke="red"'
else
    skip "graph --svg" "graphviz is not installed"
fi

check_status "why: what is no gate" 1 run why --policy "$S/policy" "$S/bad" secret_key
cp "$S/check.out" "$S/why.out" # which every check begins anew
check "the steps are in the order of the rules" sh -c '
    sed -n "s/^  rule \\([1-4]\\):.*/\\1/p" "$1" >"$1.rules" && [ -s "$1.rules" ] && sort -c "$1.rules"' sh "$S/why.out"
check_status "why: a name that nobody refers to" 1 "$ld" why /bin/ls printff
says "it says so" '^.printff. looked up by ls, which has no reference to it, in compartment main$'

# suggest, diff
check_status "suggest" 0 run suggest "$S/bad"
says "functions and data are counted apart" '^ +no +1 +1 +0  libvault.so  \(secret_key\)$'
check_status "suggest --from" 0 run suggest "$S/bad" --from libvault.so
says "data stands in the way" '^data	bad	secret_key	libvault.so$'
check_status "diff of a policy with itself" 0 run diff "$S/good" "$S/policy" "$S/policy.bin"
check_status "diff of two policies" 1 run diff "$S/good" none "$S/policy"
says "what was a plain call" '^-good	vault_open	libvault.so$'
says "is a gate" '^\+good	vault_open	gate of vault$'

# a library of another layout
"${CC:-cc}" -shared -fPIC -nostdlib -Wl,-soname,libvault.so -o "$S/other.so" -x c - <<'END'
int secret_key; int secret_function(void) { return 0; }
END
mkdir -p "$S/other"
mv "$S/other.so" "$S/other/libvault.so"
check_status "P75 a library of another layout is refused" 1 "$ld" check --library-path "$S/other:$B/lib" "$S/bad"
says "P75 with the reason and the cure" '^refused: .*/other/libvault.so: '
says "P75 that names the linker script" 'twz-cc or -T twz-lib.ld'

# policy
check_status "policy" 0 "$ld" policy "$S/policy"
check_status "policy -o" 0 "$ld" policy "$S/policy" -o "$S/policy.bin"
check_status "a compiled policy is as good as its text" 1 run check --policy "$S/policy.bin" "$S/bad"
check_status "a policy with an error" 3 "$ld" policy "$S/typo" -o "$S/never.bin"
says "line, column and the nearest word" "typo:2:5: no such option 'librarys'; expected one of .*; did you mean \`libraries\`\?"
check "nothing was written" test ! -e "$S/never.bin"
check_status "policy --json" 3 "$ld" policy --json "$S/typo"
says "errors are there in JSON" '"nearest": "libraries"'

# objects and images
"$B/bin/objtool" pack "$S/good" -o "$S/good.obj"
check_status "a packed object" 0 run check --policy "$S/policy" "$S/good.obj"
check_status "P120 a program of an image" 0 "$ld" check "$B/twz.img:inflate"
says "with the image's policy" ': fine: 2 compartments'
check_status "bindings in an image" 0 "$ld" bindings --image "$B/twz.img" inflate
says "P79 in the image malloc is the compartment's own" '^codec:libcodec.so	malloc	codec:libtwzrt.so$'
says "P80 and codec_open a gate" '^inflate	codec_open	codec:libcodec.so$'
check_status "no such program in the image" 3 "$ld" check "$B/twz.img:nosuch"

# usage and bad input
check_status "--help" 0 "$ld" --help
check_status "--version" 0 "$ld" --version
for command in inspect check bindings why suggest diff map graph policy; do
    check_status "$command --help" 0 "$ld" "$command" --help
    says "$command has an example" "^  ld-twz $command "
done
check_status "no command" 2 "$ld"
check_status "a wrong command" 2 "$ld" inspcet /bin/ls
says "the nearest command" 'did you mean `inspect`\?'
check_status "a wrong option" 2 "$ld" inspect --jsn /bin/ls
check_status "a missing argument" 2 "$ld" why /bin/ls
check_status "a file that is not there" 3 "$ld" inspect "$S/nosuch"
check_status "a file that is no ELF file" 3 "$ld" inspect "$S/policy"
says "with the reason" 'ELF header|magic number'
check_status "a directory" 3 "$ld" inspect "$S"
head -c 3000 "$S/good" >"$S/cut"
check_status "a truncated program" 3 "$ld" check "$S/cut"
: >"$S/empty"
check_status "an empty file" 3 "$ld" inspect "$S/empty"
if command -v gdb >/dev/null; then
    cp "$S/good" "$S/short"
    cut_short() {
        timeout 60 gdb -q -nx -batch -ex 'handle SIGBUS nostop noprint pass' -ex 'break twz_elf_file_open' -ex run \
            -ex "shell truncate -s 0 $S/short" -ex continue --args "$ld" inspect "$S/short" </dev/null
    }
    check_status "a file that becomes shorter under its eyes" 0 cut_short
    says "  is said to be that" '^ld-twz: a file became shorter while it was read; try again$'
    says "  and is bad input" 'exited with code 03'
else
    skip "a file that becomes shorter under its eyes" "there is no gdb here"
fi
check_status "a wrong root" 3 "$ld" inspect --root "$S/nosuch" /bin/ls
check_status "output that cannot be written" 3 run graph "$S/good" -o "$S/nosuch/graph"
# A device of its own, which a wrong ld-twz may replace.
if mknod "$S/full" c 1 7 2>/dev/null && ! (: >"$S/full") 2>/dev/null; then
    rm -f "$S/full"
fi
if [ -c "$S/full" ]; then
    check_status "a device is written to" 3 run graph "$S/good" -o "$S/full"
    says "  and said to be full" 'ld-twz: .*/full: cannot write it: No space left on device'
    check "  it stays a device" [ -c "$S/full" ]
else
    skip "a device is written to" "no device can be made here"
fi
echo old >"$S/target" && chmod 600 "$S/target" && ln -s target "$S/link"
check_status "a link is written through" 0 run graph "$S/good" -o "$S/link"
check "  it stays a link, what it leads to is new and keeps its mode" sh -c "
    [ -L $S/link ] && grep -q digraph $S/target && [ \$(stat -c %a $S/target) = 600 ] && ! ls $S/*.??????"
check "a full disk is an error" sh -c '! "$1" inspect /bin/ls >/dev/full 2>/dev/null' sh "$ld"
check_status "graph has no JSON" 2 run graph --json "$S/good"
check_status "policy --json of a good one" 0 "$ld" policy --json "$S/policy"
says "  has words for words" '"after_fault": "stop"'
{
    for command in inspect check bindings map suggest 'suggest --from libvault.so'; do
        # shellcheck disable=SC2086
        run $command --json --policy "$S/policy" "$S/good" || true
        # shellcheck disable=SC2086
        "$ld" $command --json --policy "$S/policy" "$S/bad" || true
    done
    run why --json --policy "$S/policy" "$S/bad" secret_key || true
    run diff --json "$S/bad" none "$S/policy" || true
    "$ld" policy --json "$S/policy"
    "$ld" policy --json "$S/typo" || true
    "$ld" map --json /bin/ls
} >"$S/all.json" 2>/dev/null
check "each member of a JSON report is in ld-twz(1)" sh -c '
    jq -r "paths | map(strings) | .[]" "$1" | sort -u >"$2/members" && [ "$(wc -l <"$2/members")" -gt 60 ] &&
    while read -r member; do grep -qw -e "$member" man/ld-twz.1 || { echo "$member"; false; }; done <"$2/members"
' sh "$S/all.json" "$S"
mkdir -p "$S/root/lib" "$S/root/etc" "$S/root/bin"
cp -L /bin/ls "$S/root/bin/tool"
cp -L /lib/x86_64-linux-gnu/libc.so.6 "$S/root/lib/"
echo /lib >"$S/root/etc/ld.so.conf"
check_status "--root finds only what is below it" 1 "$ld" inspect --root "$S/root" /bin/tool
says "and finds that" 'libc.so.6 => /lib/libc.so.6  \[DT_NEEDED, /etc/ld.so.conf\]'
check_status "why, where a library is missing" 1 "$ld" why --root "$S/root" /bin/tool getfilecon
says "the cure names it" '^cure: find libselinux.so.1 first, which is missing and may define it$'
printf 'int preloaded;\n' >"$S/pre.c"
cc -shared -nostdlib -Wl,-soname,libpre.so -o "$S/root/lib/libpre.so" "$S/pre.c"
printf '# of the system\nlibpre.so:/lib/libnowhere.so # both\n' >"$S/root/etc/ld.so.preload"
check_status "ld.so.preload below the root" 1 "$ld" inspect --root "$S/root" /bin/tool
says "is read" 'libpre.so => /lib/libpre.so  \[preloaded, /etc/ld.so.conf\]'
says "what it names and is not there is a warning" '^warning: /lib/libnowhere.so \(preloaded\)'
finish
