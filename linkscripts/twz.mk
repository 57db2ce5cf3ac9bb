# SPDX-License-Identifier: BSD-2-Clause
# For programs that live elsewhere. In their Makefile:
#
#     include $(shell pkg-config --variable=makefile twz)
#
#     hello: hello.o -ltally                    # make's own rules work: CC is twz-cc
#     $(call twz-image,hello.img,hello libtally.so,hello.policy)
#
# `make hello.img` packs the files, libraries they need and the policy into a bootable image;
# `make run-hello.img ARGS="hello world"` boots it.
TWZ_PREFIX := $(patsubst %/lib/twz/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
CC         := $(TWZ_PREFIX)/bin/twz-cc
CFLAGS     ?= -O2 -g
OBJTOOL    := $(TWZ_PREFIX)/bin/objtool
LD_TWZ     := $(TWZ_PREFIX)/bin/ld-twz
TWZ_RUN    := $(TWZ_PREFIX)/bin/twz-run

