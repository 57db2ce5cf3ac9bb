# SPDX-License-Identifier: BSD-2-Clause
# twz-syscalls(2) has the table of the header, call by call. `sh tests/link/syscalls.sh write` puts
# the header's table into the page.
. tests/lib.sh
page=man/twz-syscalls.2
cat >"$SCRATCH/table.c" <<'EOF'
#include <stdio.h>
#include <twz/sys/syscall.h>
static const char *or(const char *text, const char *otherwise) { return *text ? text : otherwise; }
int main(void)
{
#define X(name, number, arguments, rights, errors)                                                  \
    printf(".It Sy " #name " Pq %d\n%s.\n.br\nRights: %s.\n.br\nErrors: %s.\n", number,               \
           or(arguments, "no arguments"), rights, errors);
    TWZ_SYSCALLS(X)
}
EOF
"${HOSTCC:-cc}" -Ikernel/include -o "$SCRATCH/table" "$SCRATCH/table.c"
"$SCRATCH/table" >"$SCRATCH/header.table"
if [ "${1:-}" = write ]; then
    awk -v table="$SCRATCH/header.table" '
        /^\.\\" end of table/ { skip = 0 }
        !skip { print }
        /^\.\\" table/ { while ((getline line <table) > 0) print line; skip = 1 }' "$page" >"$SCRATCH/page"
    cp "$SCRATCH/page" "$page"
fi
sed -n '/^\.\\" table/,/^\.\\" end of table/p' "$page" | grep -v '^\.\\"' >"$SCRATCH/page.table"
check 'the manual has the table of the header' diff "$SCRATCH/header.table" "$SCRATCH/page.table"
check 'no number is taken twice' sh -c "
    ! sed -n 's/^\.It Sy [A-Z_]* Pq //p' '$SCRATCH/header.table' | sort | uniq -d | grep ."
for word in $(sed -n 's/^Errors: //p' "$SCRATCH/header.table" | tr -cs 'A-Z' '\n' | grep '^E[A-Z]' | sort -u); do
    grep -q "X(TWZ_$word," kernel/include/twz/sys/types.h || echo "$word"
done >"$SCRATCH/unknown"
check 'every error in it is one' test ! -s "$SCRATCH/unknown"
if command -v mandoc >/dev/null; then
    check 'mandoc has nothing to say against the page' mandoc -Tlint -Wwarning "$page"
else
    skip 'mandoc has nothing to say against the page' 'no mandoc here'
fi
finish
