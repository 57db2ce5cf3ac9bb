# SPDX-License-Identifier: BSD-2-Clause
# The build itself, on a copy of the tree: what changed is built again, nothing else is.
. tests/lib.sh
copy=$SCRATCH/copy
mkdir -p "$copy"
tar -cf - Makefile linkscripts libtwzelf kernel/include ld-twz/*/include ld-twz/core tests/images.mk |
    tar -xf - -C "$copy"
source=$(find libtwzelf -name '*.c' | sort | head -n 1)
object=build/host/${source%.c}.o

# Builds the object; $made is what make had to do for it.
build() {
    made=$(MAKEFLAGS='' make -C "$copy" --no-print-directory "$@" "$object" 2>&1) || made="failed: $made"
}
made_again() { [ "$made" = "CC   $object" ] || { echo "make said: $made" && return 1; }; }
made_nothing() { [ -z "$made" ] || { echo "make said: $made" && return 1; }; }

build
check "from clean" made_again
build
check "at once again: nothing" made_nothing
sleep 0.01
header=$(tr ' ' '\n' <"$copy/${object%.o}.d" | grep -m 1 '^libtwzelf/include/.*\.h$')
touch "$copy/$header"
build
check "after a change of a header it includes" made_again
touch "$copy/kernel/include/twz/unrelated.h"
build
check "after a new header that it does not include: nothing" made_nothing
build CFLAGS=-DSOMETHING="'a b'"
check "after a change of CFLAGS" made_again
build CFLAGS=-DSOMETHING="'a b'"
check "with the same CFLAGS: nothing" made_nothing
build
check "after CFLAGS went away" made_again
build OPT=-O0
check "after a change of OPT" made_again
build CC=clang
check "after a change of CC" made_again
echo '#error broken' >>"$copy/$source"
build CC=clang
check "a broken source fails" sh -c "case '$(printf '%s' "$made" | tr -d "'")' in failed*broken*) ;; *) false ;; esac"
check "and leaves no object behind" test ! -e "$copy/$object"

cp linkscripts/twz-cc "$copy/linkscripts/"
MAKEFLAGS='' make -C "$copy" build/bin/twz-cc build/lib/twz/twz-lib.ld build/include/.links >"$SCRATCH/parts.log" 2>&1
touch "$copy/linkscripts/twz-lib.ld"
check "after a change of the linker script" sh -c "
    MAKEFLAGS= make -C $copy build/lib/twz/twz-lib.ld | grep -q '^CP'"
echo '#define TWZ_NEW 1' >"$copy/kernel/include/twz/new.h"
MAKEFLAGS='' make -C "$copy" build/include/.links >"$SCRATCH/parts.log" 2>&1
check "a new public header is there for programs" grep -q TWZ_NEW "$copy/build/include/twz/new.h"
rm "$copy/kernel/include/twz/new.h"
MAKEFLAGS='' make -C "$copy" build/include/.links >"$SCRATCH/parts.log" 2>&1
check "and gone when it is removed" test ! -e "$copy/build/include/twz/new.h"

# An image of two packed objects, of one, and of two again; objtool as it was built.
mkdir -p "$copy/tests/programs/few" "$copy/build/bin" "$copy/build/few"
cp "$B/bin/objtool" "$copy/build/bin/"
cp "$B/image/hello.obj" "$B/image/libtally.so.obj" "$copy/build/few/"
echo '$(eval $(call image,few,$(call packed,$(B)/few,$(FEW))))' >"$copy/tests/programs/few/module.mk"
object=build/few.img
image_of() { build FEW="$1"; }
names() { "$B/bin/objtool" ls "$copy/$object" | tee "$SCRATCH/names" && [ "$(grep -c -e hello -e libtally "$SCRATCH/names")" = "$1" ]; }
image_made() { [ "$made" = "IMG  $object" ] || { echo "make said: $made" && return 1; }; }
image_of 'hello libtally.so'
check "an image" image_made
image_of 'hello libtally.so'
check "of the same objects: nothing" made_nothing
image_of hello
check "of one object less" image_made
check "which is not in it any more" names 1
image_of 'hello libtally.so'
check "of one more" image_made
check "which is in it" names 2
finish
