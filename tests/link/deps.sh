# SPDX-License-Identifier: BSD-2-Clause
# make deps, with an apt-get that only pretends: which sources it derives, and that it does nothing
# when nothing is missing.
. tests/lib.sh
S=$PWD/$SCRATCH
tree=$S/tree
mkdir -p "$tree/.ci" "$S/bin" "$S/etc"
cp .ci/deps "$tree/.ci/"

cat >"$S/etc/sources.list" <<'END'
# deb http://commented.invalid/debian bookworm main

deb [arch=amd64 signed-by=/k.gpg]	http://mirror.invalid/debian bookworm main contrib # all of it
deb http://third.invalid/apt stable main
deb-src http://mirror.invalid/debian bookworm main
END
cat >"$S/etc/x.sources" <<'END'
# Two stanzas, and one that is not Debian's.
Types: deb
# a comment inside
URIs: http://other.invalid/repo
Suites: stable
Components: main

# a comment between

Types: deb deb-src
URIs: http://mirror.invalid/security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEabc
 -----END PGP PUBLIC KEY BLOCK-----
END
cat >"$S/bin/apt-get" <<END
#!/bin/sh
echo "apt-get \$*" >>"$S/calls"
case "\$*" in
*indextargets*) printf '%s\n' "Debian $S/etc/sources.list:3" "Third $S/etc/sources.list:4" \
    "Other $S/etc/x.sources:1" "Debian $S/etc/x.sources:2" "Debian $S/etc/x.sources:2" ;;
*Dir::Etc*update*) cp -R "$tree/deps/apt/parts" "$S/derived" ;;
*source*)
    for last; do :; done
    case \$last in expat=2) exit 100 ;; esac # listed, but not in the pool
    : >"\${last%=*}_1.dsc" ;;
esac
END
printf '#!/bin/sh\nprintf "Version: 1\\nVersion: 2\\n"\n' >"$S/bin/apt-cache"
printf '#!/bin/sh\nfor last; do :; done\nmkdir "$last" && echo fetched >"$last/file"\n' >"$S/bin/dpkg-source"
printf '#!/bin/sh\nshift 3\nfor p; do echo "$p ${STATUS:-installed}"; done\n' >"$S/bin/dpkg-query"
printf '#!/bin/sh\nshift; exec "$@"\n' >"$S/bin/sudo"
chmod +x "$S/bin/"*
pretend() { env PATH="$S/bin:$PATH" "$@" sh "$tree/.ci/deps"; }

check "fetches what is missing" pretend
check "only the source packages, when all packages are there" sh -c "! grep ' install' $S/calls"
check "takes Debian's entries, with their options, as deb-src" sh -c "
    printf 'deb-src [arch=amd64 signed-by=/k.gpg]\thttp://mirror.invalid/debian bookworm main contrib # all of it\n' |
        cmp - $S/derived/debian.list"
check "takes Debian's stanzas, with their keys" sh -c "
    grep -qx 'Types: deb-src' $S/derived/debian.sources && grep -q 'mDMEabc' $S/derived/debian.sources"
check "and nobody else's" sh -c "! grep -rE 'third|other|commented' $S/derived"
check "the system's configuration is not touched" sh -c "
    grep source $S/calls | grep -v indextargets | grep -v 'Dir::Etc::sourcelist=/dev/null' | grep . && exit 1; true"
check "the sources are there" sh -c "for d in $tree/deps/*; do test -s \$d/file || exit 1; done"
check "the newest version first" grep -q 'source --download-only zlib=2$' "$S/calls"
check "and an older one when that cannot be had" grep -q 'source --download-only expat=1$' "$S/calls"
rm -f "$S/calls"
check "a second run succeeds" pretend
check "and calls nothing" test ! -e "$S/calls"
check "installs missing packages" pretend env STATUS=config-files
check "without questions" grep -q -- '-y install --no-install-recommends gcc' "$S/calls"
check "no host name stands in the project" sh -c "
    ! grep -nE '(https?|ftp)://' Makefile .ci/* */module.mk */*/module.mk linkscripts/*"
check "the real one has nothing to do on this machine, in a second" timeout 1 .ci/deps
finish
