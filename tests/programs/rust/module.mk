# SPDX-License-Identifier: BSD-2-Clause
# Programs and libraries in Rust, by Debian's compiler and with the core and alloc that come with it:
# compiled as a static library, linked by twz-cc with the gates that a C header declares.
RUSTC ?= /usr/bin/rustc
RUSTFLAGS = --edition 2021 --crate-type staticlib -C panic=abort -C opt-level=2 -C relocation-model=pic \
            --remap-path-prefix $(CURDIR)=.
RU := $(B)/rust
INSTALL += ld-twz/runtime/rust/twz.rs:lib/twz/rust

$(RU)/flags: FORCE
	@$(call write-if-changed,$(RUSTC) $(RUSTFLAGS))
$(RU)/%.a: tests/programs/rust/%.rs ld-twz/runtime/rust/twz.rs $(RU)/flags
	@mkdir -p $(@D)
	$(call say,RUST)
	$(Q)MAKEFLAGS= $(RUSTC) $(RUSTFLAGS) --crate-name $* -o $@ $<
$(RU)/libwords.so: $(RU)/provide.o $(RU)/words.a
$(RU)/libwords.so: private LINK_FLAGS = -Wl,--gc-sections,--exclude-libs,words.a
$(RU)/rusty: $(RU)/import.o $(RU)/rusty.a $(I)/libtally.so $(RU)/libwords.so
$(RU)/rusty: private LINK_FLAGS = -Wl,--gc-sections
$(RU)/lone: $(RU)/lone.a $(B)/lib/libtwzmin.a $(B)/lib/libtwzrt.a
$(RU)/lone: private LINK_FLAGS = --twz-runtime=minimal -Wl,--gc-sections
$(eval $(call linked,$(RU)/libwords.so $(RU)/rusty $(RU)/lone))
$(eval $(call image,rust,$(call packed,$(RU),rusty lone libwords.so rusty.policy) $(I)/libtally.so.obj $(TWZ_BASE)))
$(eval $(call image,rust-alone,$(RU)/lone.obj))
