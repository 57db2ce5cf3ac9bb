# SPDX-License-Identifier: BSD-2-Clause
# objtool with keys: signed objects, capabilities that are passed on, and what else pack takes.
. tests/lib.sh
S=$SCRATCH
objtool=$B/bin/objtool
head -c 5000 "$B/bin/objtool" >"$S/data"

check "keygen makes a pair" "$objtool" keygen -o "$S/maker"
check "  of which the secret is its owner's alone" [ "$(stat -c %a "$S/maker")" = 600 ]
check "  and the public one is in a file of its own" grep -Eqx 'twz-public-ed25519 [0-9a-f]{64}' "$S/maker.pub"
check_status "keygen overwrites nothing" 3 "$objtool" keygen -o "$S/maker"
# What is there may not show itself before the last moment.
ln -s nowhere "$S/taken"
check_status "nor what comes in its way" 3 "$objtool" keygen -o "$S/taken"
says "  with the reason" 'taken: cannot give it its name: File exists; choose another name$'
check "  and leaves nothing else" sh -c "[ -L $S/taken ] && [ \"\$(cd $S && echo taken*)\" = taken ]"
"$objtool" keygen -o "$S/alice"
"$objtool" keygen -o "$S/bob"
check "two keys differ" sh -c "! cmp -s $S/maker $S/alice"

# Signed objects
check "pack --key signs" "$objtool" pack --data --key "$S/maker" "$S/data" -o "$S/a.obj"
"$objtool" pack --data "$S/data" -o "$S/plain.obj"
check "verify accepts it" "$objtool" verify "$S/a.obj"
check "verify --key as well" "$objtool" verify --key "$S/maker.pub" "$S/a.obj"
check_status "but not with another key" 1 "$objtool" verify --key "$S/alice.pub" "$S/a.obj"
says "  for that reason" 'offset 0xb0: expected the key that was asked for'
check_status "an unsigned object is not signed by it" 1 "$objtool" verify --key "$S/maker.pub" "$S/plain.obj"
check "sign makes the same of an unsigned object" sh -c "
    $objtool sign $S/plain.obj --key $S/maker -o $S/b.obj && cmp $S/a.obj $S/b.obj"
check "the same again gives the same bytes" sh -c "
    $objtool pack --data --key $S/maker $S/data -o $S/b.obj && cmp $S/a.obj $S/b.obj"
id() { "$objtool" info "$1" | sed -n 's/^id  *//p'; }
check "the key is part of the ID" [ "$(id "$S/a.obj")" != "$(id "$S/plain.obj")" ]
check "info shows the key" sh -c "$objtool info $S/a.obj | grep -q \"^key  *\$(cut -d' ' -f2 $S/maker.pub)\""
check "a content ID and compression go with a signature" sh -c "
    $objtool pack --data --id content --compress --key $S/maker $S/data -o $S/c.obj && $objtool verify --key $S/maker.pub $S/c.obj"
check "a signed object goes into an image" sh -c "
    $objtool image -o $S/i.img $S/a.obj && $objtool verify --key $S/maker.pub $S/i.img"
check_status "an image is signed by a key if all of it is" 1 sh -c "
    $objtool pack --data --name other $S/data -o $S/other.obj &&
    $objtool image -o $S/i.img $S/a.obj $S/other.obj && $objtool verify --key $S/maker.pub $S/i.img"

# A signature cannot be moved, nor can anything under it be changed: the checksum alone is easily made right.
cat >"$S/fix.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <twzelf/object.h>
/* fix FILE OFFSET: flips a bit there and makes checksum and, for nonce IDs, the ID right again. */
int main(int argc, char **argv)
{
    static _Alignas(8) unsigned char page[4096];
    FILE *f = fopen(argv[1], "r+b");
    struct obj_header *h = (struct obj_header *)page;
    if (argc < 3 || !f || fread(page, 1, sizeof page, f) != sizeof page) return 2;
    page[atoi(argv[2])] ^= 1;
    h->id = obj_id_nonce(h->nonce, h->key, h->flags, h->permissions);
    h->checksum = obj_checksum(h);
    rewind(f);
    return fwrite(page, 1, sizeof page, f) != sizeof page || fclose(f) != 0;
}
END
"${CC:-cc}" -std=c11 -Ilibtwzelf/include -Ikernel/include -o "$S/fix" "$S/fix.c" "$B/lib/libtwzelf.a"
for place in 32:nonce 176:key 208:name 336:signature 399:signature; do
    cp "$S/a.obj" "$S/bad.obj"
    "$S/fix" "$S/bad.obj" "${place%:*}"
    check_status "a changed ${place#*:} with a matching checksum fails the signature" 1 "$objtool" verify "$S/bad.obj"
    says "  and nothing before it" 'offset 0x150: expected a signature by the object.s key'
done
cp "$S/plain.obj" "$S/bad.obj"
"$S/fix" "$S/bad.obj" 340
check_status "a signature without a key is refused" 1 "$objtool" verify "$S/bad.obj"
says "  by the reader itself" 'expected no signature, because there is no key'

# Keys that are none
check_status "a public key is no secret one" 3 "$objtool" pack --data --key "$S/maker.pub" "$S/data" -o "$S/x"
says "  and it says so" 'expected a secret key; make one with .objtool keygen.'
check_status "a secret key is no public one" 3 "$objtool" verify --key "$S/maker" "$S/a.obj"
head -c 40 "$S/maker" >"$S/short"
check_status "a key cut short is none" 3 "$objtool" sign "$S/plain.obj" --key "$S/short" -o "$S/x"
check "nothing is written then" sh -c "! ls $S/x* 2>&1"

# Capabilities
first=00112233445566778899aabbccddeeff second=ffeeddccbbaa99887766554433221100
check "grant makes a capability" "$objtool" grant "$S/a.obj" --to $first --rights rx --gates 2-7 \
    --delegate "$S/alice.pub" --key "$S/maker" -o "$S/alice.cap"
check "verify accepts it" "$objtool" verify "$S/alice.cap" --object "$S/a.obj" --to $first
check_status "info shows it" 0 "$objtool" info "$S/alice.cap"
says "  the holder" "^holder +$first\$"
says "  the rights" '^rights +r-x--$'
says "  the gates" '^gates +2-7$'
check_status "it is none for another context" 1 "$objtool" verify "$S/alice.cap" --object "$S/a.obj" --to $second
"$objtool" pack --data --name b --key "$S/maker" "$S/data" -o "$S/b.obj"
check_status "nor for another object of the same maker" 1 "$objtool" verify "$S/alice.cap" --object "$S/b.obj"
says "  for that reason" 'expected a capability for this object'
check_status "only the maker's key makes a first one" 3 "$objtool" grant "$S/a.obj" --to $first --rights r \
    --key "$S/alice" -o "$S/x.cap"
check_status "an object without a key has none" 3 "$objtool" grant "$S/plain.obj" --to $first --rights r \
    --key "$S/maker" -o "$S/x.cap"
check "the delegate passes it on, narrowed" "$objtool" grant "$S/a.obj" --from "$S/alice.cap" --to $second \
    --rights r --gates 3-4 --delegate "$S/bob.pub" --key "$S/alice" -o "$S/bob.cap"
check "verify accepts the chain" "$objtool" verify "$S/bob.cap" --object "$S/a.obj" --to $second
check "a third can follow" "$objtool" grant "$S/a.obj" --from "$S/bob.cap" --to $first --rights r \
    --key "$S/bob" -o "$S/third.cap"
check_status "where it ends: nobody may pass that on" 3 "$objtool" grant "$S/a.obj" --from "$S/third.cap" --to $first \
    --rights r --key "$S/bob" -o "$S/x.cap"
check_status "a wider one is refused: rights" 3 "$objtool" grant "$S/a.obj" --from "$S/bob.cap" --to $first \
    --rights rx --key "$S/bob" -o "$S/x.cap"
says "  for that reason" 'expected no more than the token before allows'
check_status "a wider one is refused: gates" 3 "$objtool" grant "$S/a.obj" --from "$S/bob.cap" --to $first \
    --rights r --gates 2-3 --key "$S/bob" -o "$S/x.cap"
check_status "another key cannot" 3 "$objtool" grant "$S/a.obj" --from "$S/alice.cap" --to $first \
    --rights r --key "$S/bob" -o "$S/x.cap"
check "nothing is left of what was refused" sh -c "! ls $S/x* 2>&1"
# Every bit of a token, and of a chain of two.
cat >"$S/flip.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* flip CAP OBJTOOL OBJ: how many of all mutants of one bit `objtool verify` accepts. */
int main(int argc, char **argv)
{
    static unsigned char bytes[4096];
    char path[4096];
    FILE *f = argc == 4 ? fopen(argv[1], "rb") : NULL;
    size_t size = f ? fread(bytes, 1, sizeof bytes, f) : 0, accepted = 0;
    snprintf(path, sizeof path, "%s.flipped", argv[1]);
    for (size_t bit = 0; bit < size * 8; bit++) {
        int status = -1;
        bytes[bit / 8] ^= 1 << bit % 8;
        if (!(f = fopen(path, "wb")) || fwrite(bytes, 1, size, f) != size || fclose(f)) return 2;
        bytes[bit / 8] ^= 1 << bit % 8;
        pid_t child = vfork();
        if (child == 0) {
            execl(argv[2], argv[2], "verify", "--json", path, "--object", argv[3], (char *)0);
            _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 2;
        if (WEXITSTATUS(status) == 0) printf("bit %zu\n", bit);
        if (WEXITSTATUS(status) != 1 && WEXITSTATUS(status) != 3) accepted++;
    }
    fprintf(stderr, "%zu bits\n", size * 8);
    return size == 0 || accepted > 0;
}
END
"${CC:-cc}" -O1 -o "$S/flip" "$S/flip.c"
flips() { "$S/flip" "$1" "$objtool" "$S/a.obj" >/dev/null; }
check "every flipped bit of a capability is refused" flips "$S/alice.cap"
if [ -n "${ALL:-}" ]; then check "  and of a chain of two" flips "$S/bob.cap"; fi
check_status "a capability without its object is a usage error" 2 "$objtool" verify "$S/alice.cap"

# What else pack takes
check "--permissions and --medium" "$objtool" pack --data --permissions ru --medium persistent "$S/data" -o "$S/p.obj"
check_status "info shows them" 0 "$objtool" info "$S/p.obj"
says "  permissions" '^permissions +r--u-$'
says "  medium" '^medium +persistent$'
check_status "write is not among them" 2 "$objtool" pack --data --permissions rw "$S/data" -o "$S/x"
check_status "nor an unknown medium" 2 "$objtool" pack --data --medium paper "$S/data" -o "$S/x"
cat >"$S/ext.c" <<'END'
#include <twz/gate.h>
static int one(void) { return 1; }
static int two(void) { return 2; }
int (*const reader[])(void) = {one, two};
int (*const writer[])(void) = {two, one, two};
int bss[4];
END
printf '%s\n' '#define TWZ_GATE_PROVIDER' '#include <twz/gate.h>' \
    'TWZ_GATE(int64_t, ext_read, TWZ_OUT(to, 4096), TWZ_VAL(uint32_t, count))' \
    'TWZ_GATE(int32_t, ext_seek, TWZ_VAL(int64_t, offset))' \
    'int64_t ext_read_impl(void *to, size_t to_size, uint32_t count) { (void)to; (void)to_size; return count; }' \
    'int32_t ext_seek_impl(int64_t offset) { return (int32_t)offset; }' >"$S/gates.c"
"$B/bin/twz-cc" -O1 -ffreestanding -shared -o "$S/ext.so" "$S/ext.c" "$S/gates.c"
tag1=000000000000000000000000000000aa tag2=00000000000000000000000000000001
check "--extension by symbol and by place" "$objtool" pack "$S/ext.so" --extension $tag1=reader \
    --extension $tag2=0x1000:3 -o "$S/ext.obj"
check_status "info shows them" 0 "$objtool" info "$S/ext.obj"
says "the table of a symbol" "^extension +$tag1 table 0x[0-9a-f]+ functions 2\$"
says "  the table of a place" "^extension +$tag2 table 0x1000 functions 3\$"
says "info lists the typed gates of a library" '^gate +i64 ext_read\(out 4096, u32\)$'
says "  all of them" '^gate +i32 ext_seek\(i64\)$'
# An object is what a file is in memory, so a table holds addresses relative to the object.
check "the table's first entry is the function's offset" sh -c "
    at=\$($objtool info $S/ext.obj | sed -n 's/^extension .*aa table \\(0x[0-9a-f]*\\) .*/\\1/p')
    want=\$(nm $S/ext.so | awk '\$3 == \"one\" { print \$1 }')
    [ \"\$(od -An -tx8 -j\$((at)) -N8 $S/ext.obj | tr -d ' ')\" = \"\$want\" ]"
check_status "one tag twice is refused" 3 "$objtool" pack "$S/ext.so" --extension $tag1=reader --extension $tag1=writer -o "$S/x"
says "  with the reason" 'expected extensions sorted by tag, each tag once'
check_status "a symbol that is not there is refused" 3 "$objtool" pack "$S/ext.so" --extension $tag1=nobody -o "$S/x"
check_status "so is one without bytes" 3 "$objtool" pack "$S/ext.so" --extension $tag1=bss -o "$S/x"
check_status "so is a table outside the payload" 3 "$objtool" pack "$S/ext.so" --extension $tag1=0x100000:1 -o "$S/x"
check_status "so is a tag that is none" 3 "$objtool" pack "$S/ext.so" --extension aa=reader -o "$S/x"

# Extensions of an object that is there already
check_status "an extension is found by its tag" 0 "$objtool" extension "$S/ext.obj" $tag2
says "  alone" "^extension +$tag2 table 0x1000 functions 3\$"
check "  and no other" [ "$(wc -l <"$S/check.out")" -eq 1 ]
check_status "one that is not there is not found" 1 "$objtool" extension "$S/ext.obj" $first
says "  for that reason" "there is no extension of this tag, found $first; see .objtool info."
check "--remove takes it away" "$objtool" extension "$S/ext.obj" --remove $tag2 -o "$S/less.obj"
check_status "  so that it is not found" 1 "$objtool" extension "$S/less.obj" $tag2
check_status "  but the other is" 0 "$objtool" extension "$S/less.obj" $tag1
check "  and everything else is as it was" sh -c "
    $objtool verify $S/less.obj && $objtool unpack $S/less.obj -o $S/less.so && cmp $S/less.so $S/ext.so"
check "--add brings it back" "$objtool" extension "$S/less.obj" --add $tag2=0x1000:3 -o "$S/again.obj"
check "  to the same object" cmp "$S/again.obj" "$S/ext.obj"
check "  numbers are decimal whatever they begin with" sh -c "
    $objtool extension $S/less.obj --add $tag2=04096:03 -o $S/again.obj && cmp $S/again.obj $S/ext.obj"
check "  which is what pack makes without it" sh -c "
    $objtool pack $S/ext.so --extension $tag1=reader -o $S/one.obj && cmp $S/one.obj $S/less.obj"
check "--remove and --add replace" sh -c "
    $objtool extension $S/ext.obj --remove $tag1 --add $tag1=writer -o $S/other.obj &&
    $objtool extension $S/other.obj $tag1 | grep -q 'functions 3\$'"
check_status "two of one tag are refused" 3 "$objtool" extension "$S/ext.obj" --add $tag1=writer -o "$S/x"
check_status "what is not there cannot be removed" 1 "$objtool" extension "$S/ext.obj" --remove $first -o "$S/x"
"$objtool" pack "$S/ext.so" --extension $tag1=reader --point a@b --compress --key "$S/maker" -o "$S/signed.obj"
check_status "a signed object needs its key again" 3 "$objtool" extension "$S/signed.obj" --remove $tag1 -o "$S/x"
says "  for that reason" 'has to be signed again; give its maker.s key with --key'
check "  with which it is signed" sh -c "
    $objtool extension $S/signed.obj --remove $tag1 --key $S/maker -o $S/bare.obj && $objtool verify --key $S/maker.pub $S/bare.obj"
check "  and keeps its foreign objects" sh -c "$objtool info $S/bare.obj | grep -q 'foreign 1 .*name a resolver b'"
check_status "-o without a change is a usage error" 2 "$objtool" extension "$S/ext.obj" -o "$S/x"
check_status "a change without -o is one" 2 "$objtool" extension "$S/ext.obj" --remove $tag1
check "nothing is left of what was refused" sh -c "! ls $S/x* 2>&1"
finish
