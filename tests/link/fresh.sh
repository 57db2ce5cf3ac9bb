# SPDX-License-Identifier: BSD-2-Clause
# A clean copy of the tree, elsewhere and later, builds the same bytes with one command. Of the unit
# tests one is built there, which takes all that the others take; ALL=1: all of them.
# Time limit: 300 s
. tests/lib.sh
copy=$PWD/$SCRATCH/another/place
mkdir -p "$copy"
# In a copy of the tree below a repository, git would list what that says of the copy: nothing.
{ if [ -e .git ]; then git ls-files -co --exclude-standard; else
    find . \( -name build -o -name deps \) -prune -o -type f -print; fi; } |
    while IFS= read -r file; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done |
    tar -cf - -T - | tar -xf - -C "$copy"
ln -s "$PWD/deps" "$copy/deps"

check "P115 one command builds tools, kernel, programs and tests from a clean tree" \
    env MAKEFLAGS= make -s -j2 -C "$copy" all ${ALL:+unit} build/tests/elf_file
built() { for f; do [ -s "$copy/build/$f" ] || { echo "no $f" && return 1; }; done; }
check "P115 and they are there" built bin/objtool bin/ld-twz bin/twz-cc kernel.elf lib/libtwzrt.so twz.img
check "P115 and the test passes" sh -c "cd '$copy' && build/tests/elf_file >/dev/null"
for product in kernel.elf lib/libtwzrt.so twz.img; do
    check "P125 two builds of $product are equal" cmp "$B/$product" "$copy/build/$product"
done
finish
