# SPDX-License-Identifier: BSD-2-Clause
# The house: formatting, licences, manual pages, and what must not stand in the tree.
. tests/lib.sh

# The project's own files whose names match the patterns; git knows which those are, and outside a
# repository (a release, a copy) everything but the build is.
files() {
    if [ -e .git ]; then
        git ls-files -- "$@" | while IFS= read -r f; do if [ -e "$f" ]; then echo "$f"; fi; done
    else
        for pattern; do
            find . \( -path "./$B" -o -path ./build -o -path ./deps \) -prune -o -name "$pattern" -type f -print
        done
    fi
}

files '*.c' '*.h' >"$SCRATCH/c"
files '*.c' '*.h' '*.S' '*.ld' '*.mk' '*.sh' '*.test' '*.bench' Makefile run deps twz-cc >"$SCRATCH/sources"
files '*.[1-9]' | grep '^\(\./\)*man/' >"$SCRATCH/man" || true

check "C files are formatted as .clang-format says" sh -c "
    xargs clang-format --dry-run -Werror <$SCRATCH/c"
check "every source file has its licence line on top" sh -c "
    ! xargs grep -L -m 1 'SPDX-License-Identifier: BSD-2-Clause' <$SCRATCH/sources | grep . "
check "no file ends without a newline, no trailing blanks, no carriage returns" sh -c '
    bad=0
    while read -r f; do
        if grep -nE "[[:blank:]]$|$(printf "\r")" "$f"; then echo "$f"; bad=1; fi
        if [ -s "$f" ] && [ -n "$(tail -c 1 "$f")" ]; then echo "$f: no newline at the end"; bad=1; fi
    done <'"$SCRATCH"'/sources
    exit $bad'
check "no source file is longer than 900 lines" sh -c "
    ! xargs wc -l <$SCRATCH/sources | awk '\$2 != \"total\" && \$1 > 900' | grep ."
# Comments, blank lines and all, assembly included: `make tcb`.
check "the kernel has less than 8000 lines" sh -c "
    lines=\$(find kernel/core kernel/arch -type f ! -name '*.lds' -exec cat {} + | wc -l)
    echo \"\$lines lines\"
    [ \"\$lines\" -lt 8000 ]"
# Whether they bite is for `make teeth` to say.
check "every patch of tests/teeth applies" sh -c '
    for patch in tests/teeth/*.patch; do
        GIT_DIR=/nonexistent git apply --check "$patch" || bad=1
    done
    exit "${bad:-0}"'
if [ -s "$SCRATCH/man" ]; then
    check "manual pages are clean for mandoc -Tlint" sh -c "xargs mandoc -Tlint -W warning <$SCRATCH/man"
    # Whether the pages that they refer to are installed here is another matter.
    check "and in good style" sh -c "
        ! { xargs mandoc -Tlint <$SCRATCH/man; } 2>/dev/null | grep -v 'referenced manual not found'"
fi
finish
