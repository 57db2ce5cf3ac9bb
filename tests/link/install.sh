# SPDX-License-Identifier: BSD-2-Clause
# What a new user does: install below a prefix, and in an empty folder elsewhere follow the README.
. tests/lib.sh
dest=$PWD/$SCRATCH/dest
away=$SCRATCH/away
mkdir -p "$away"
readme=$PWD/README.md

MAKEFLAGS='' make -s B="$B" PREFIX=/opt/twz DESTDIR="$dest" install >"$SCRATCH/installed"
root=$dest/opt/twz
for file in bin/objtool bin/ld-twz bin/twz-cc bin/twz-run bin/twz-iso lib/twz/twz-lib.ld lib/twz/libtwzrt.so \
    lib/twz/kernel.elf lib/twz/monitor.obj lib/twz/loader.obj lib/libtwzelf.a lib/twz/libtwzrt.a lib/pkgconfig/twz.pc \
    lib/pkgconfig/twzelf.pc include/twz/gate.h include/twz/sys/syscall.h include/twzelf/file.h \
    lib/twz/libtwzmin.a lib/twz/libtwzcli.a lib/twz/libtwznames.so lib/twz/twz-minimal.list lib/twz/rust/twz.rs \
    share/man/man1/twz-cc.1; do
    check "installed: $file" test -s "$root/$file"
done

for command in objtool ld-twz twz-run twz-iso; do
    check "$command --help has examples" sh -c "'$root/bin/$command' --help | grep -qi example"
done

# In the README, a block that begins with a comment of a file's name is that file.
awk '
    /^```/ { inside = !inside; first = inside; name = ""; next }
    first { first = 0; if (match($0, /^(\/\*|#) [a-zA-Z.]+( \*\/)?$/)) { name = $2; next } }
    inside && name != "" { print >("'"$away"'/" name) }' "$readme"
for file in tally.h tally.c hello.c hello.policy; do
    check "README has $file as it is tested" sh -c "
        grep -v SPDX-License tests/programs/$file | sed '/./,\$!d' | cmp - $away/$file"
done

# Nothing of the build tree is in reach: the folder is elsewhere, and so is everything it uses.
outside() { (cd "$away" && env -i HOME=/nonexistent PATH="$root/bin:/usr/bin:/bin" \
    PKG_CONFIG_PATH="$root/lib/pkgconfig" "$@"); }
check "README: the library" outside twz-cc -O2 -Wall -Werror -shared -Wl,-soname,libtally.so tally.c -o libtally.so
check "README: the program" outside twz-cc -O2 -Wall -Werror hello.c -L. -ltally -o hello
check "README: ld-twz check accepts them" outside ld-twz check --policy hello.policy hello
check "README: ld-twz inspect" outside ld-twz inspect --policy hello.policy hello
says "README: inspect shows the compartment" tally
rm -f "$away/libtally.so" "$away/hello"
check "README: make hello.img" outside make hello.img
check "README: boots" outside timeout 20 make -s run-hello.img RUN="hello mississippi"
says "README: and prints what the README says" "^$(sed -n 's/^ *\(there are .*\)$/\1/p' "$readme")"

sed -i 's/1 << 16/1 << 15/' "$away/tally.h"
outside make hello.img >"$SCRATCH/made" 2>&1
check "a changed header: make compiles both sides of the gate again" sh -c "
    grep -q ' tally.c' $SCRATCH/made && grep -q ' hello.c' $SCRATCH/made"
check "so that they agree" outside sh -c 'ld-twz why --policy hello.policy hello tally | grep "in 32768"'
check "make alone makes the first thing of the Makefile" outside sh -c 'rm hello && make && test -e hello'

check "make image knows the image as well" outside make image
check "made once, an image is not made again" outside sh -c 'make hello.img | tee again && ! grep -q "objtool image" again'
sed -i 's/,hello libtally.so,hello.policy/,hello libtally.so,hello.policy,tally.h/' "$away/Makefile"
check "but when its list changes" outside sh -c 'make hello.img && objtool ls hello.img | grep -q tally.h'
sed -i 's/,hello.policy,tally.h/,hello.policy/' "$away/Makefile"
check "or is shorter" outside sh -c 'make hello.img && ! objtool ls hello.img | grep -q tally.h'
check "make hello.iso makes a disc" outside make -s hello.iso RUN="hello mississippi"
check "which boots" outside twz-run -f bios -t 30 hello.iso
says "  the same" '^there are 4 s in mississippi'
"$root/bin/twz-cc" -O2 -ffreestanding -static -no-pie -DONE='"x"' -x c - -o "$away/one" <<'END'
#include <twz/rt/io.h>
int main(void) { twz_rt_print("one file\n"); return 0; }
END
check "a static program from elsewhere" outside sh -c "objtool pack one -o one.obj &&
    objtool image -o one.img one.obj $root/lib/twz/monitor.obj $root/lib/twz/loader.obj && twz-run -t 20 one.img one | grep -q '^one file'"

"$root/bin/twz-cc" --twz-runtime=minimal -O2 -x c - -o "$away/alone" <<'END'
#include <twz/rt/exec.h>
#include <twz/rt/io.h>
int cli_main(struct twz_rt_arguments arguments)
{
    twz_rt_print("alone: %s\n", arguments.list[1]);
    return 0;
}
END
check "a program for the minimal runtime, in an image of its own" outside sh -c "objtool pack alone -o alone.obj &&
    objtool image -o alone.img alone.obj && twz-run -t 20 alone.img alone enough | grep -q '^alone: enough'"

cat >"$away/elf.c" <<'END'
#include <twzelf/capability.h>
#include <twzelf/file.h>
#include <twzelf/image.h>
int main(void) { return obj_error_name(OBJ_OK)[0] != 'O'; }
END
check "libtwzelf builds and runs by pkg-config" outside sh -c 'gcc -std=c11 elf.c -o elf $(pkg-config --define-prefix --cflags --libs twzelf) && LD_LIBRARY_PATH=$(pkg-config --define-prefix --variable=libdir twzelf) ./elf'

if [ -e .git ]; then
    check "make dist packs what is committed" env MAKEFLAGS= make -s B="$SCRATCH/dist" dist
    git ls-tree -r --name-only HEAD | sort >"$SCRATCH/committed"
    check "  all of it, below one folder" sh -c "
        tar -tzf $SCRATCH/dist/twz-*.tar.gz | sed -n 's,^twz-[0-9.]*/\(.*[^/]\)\$,\1,p' | sort | cmp - $SCRATCH/committed"
    cp "$SCRATCH"/dist/twz-*.tar.gz "$SCRATCH/first.tar.gz"
    sleep 1
    MAKEFLAGS='' make -s B="$SCRATCH/dist" dist
    check "  and the same bytes again" sh -c "cmp $SCRATCH/first.tar.gz $SCRATCH/dist/twz-*.tar.gz"
fi

MAKEFLAGS='' make -s B="$B" PREFIX=/opt/twz DESTDIR="$dest" uninstall
check "uninstall leaves no file" sh -c "! find $dest -type f | grep ."
finish
