# SPDX-License-Identifier: BSD-2-Clause
# Programs and libraries in Rust, by Debian's compiler and with the core and alloc that come with it:
# compiled as a static library, linked by twz-cc with the gates that a C header declares.
RUSTC ?= /usr/bin/rustc
RUSTFLAGS = --edition 2021 --crate-type staticlib -C panic=abort -C opt-level=2 -C relocation-model=pic \
            --remap-path-prefix $(CURDIR)=.
RU := $(B)/rust
RUST_OBJS := $(RU)/rusty.obj $(RU)/lone.obj $(RU)/libwords.so.obj $(I)/libtally.so.obj $(RU)/rusty.policy.obj \
             $(B)/lib/twz/monitor.obj $(B)/lib/twz/loader.obj $(B)/lib/twz/libtwzrt.obj
CHECK_NEEDS += $(B)/rust.img $(B)/rust-alone.img
INSTALL += ld-twz/runtime/rust/twz.rs:lib/twz/rust

$(RU)/flags: FORCE
	@$(call write-if-changed,$(RUSTC) $(RUSTFLAGS) $(CC) $(IMAGE_FLAGS) $(RUST_OBJS))
$(RU)/%.a: tests/programs/rust/%.rs ld-twz/runtime/rust/twz.rs $(RU)/flags
	@mkdir -p $(@D)
	$(call say,RUST)
	$(Q)MAKEFLAGS= $(RUSTC) $(RUSTFLAGS) --crate-name $* -o $@ $<
$(RU)/%.o: tests/programs/rust/%.c $(RU)/flags $(IMAGE_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(TWZ_CC) $(IMAGE_FLAGS) -MD -MP -c -o $@ $<
$(RU)/libwords.so: $(RU)/provide.o $(RU)/words.a
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -shared -Wl,--gc-sections,--exclude-libs,words.a -Wl,-soname,$(@F) -o $@ $^
$(RU)/rusty: $(RU)/import.o $(RU)/rusty.a $(I)/libtally.so $(RU)/libwords.so
	$(call say,LD)
	$(Q)$(TWZ_CC) -ffreestanding -Wl,--gc-sections -o $@ $^
$(RU)/lone: $(RU)/lone.a $(B)/lib/libtwzmin.a $(B)/lib/libtwzrt.a $(TWZ_CC_PARTS)
	$(call say,LD)
	$(Q)$(TWZ_CC) --twz-runtime=minimal -Wl,--gc-sections -o $@ $<
$(RU)/%.obj: $(RU)/% $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack $< -o $@
$(RU)/rusty.policy.bin: tests/programs/rust/rusty.policy $(B)/bin/ld-twz
	@mkdir -p $(@D)
	$(call say,PLCY)
	$(Q)$(B)/bin/ld-twz policy $< -o $@
$(RU)/rusty.policy.obj: $(RU)/rusty.policy.bin $(B)/bin/objtool
	$(call say,PACK)
	$(Q)$(B)/bin/objtool pack --data --name rusty.policy $< -o $@
$(B)/rust.img: $(RUST_OBJS) $(RU)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(RUST_OBJS)
$(B)/rust-alone.img: $(RU)/lone.obj $(RU)/flags $(B)/bin/objtool
	$(call say,IMG)
	$(Q)$(B)/bin/objtool image -o $@ $(RU)/lone.obj
