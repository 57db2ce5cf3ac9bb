/* SPDX-License-Identifier: BSD-2-Clause */
/* Dynamic relocations of aarch64: AAELF64, "Dynamic relocations" and "Static data relocations". The
 * thread pointer lies below the blocks, so tls_offset is positive; DTPREL is what others call
 * DTPOFF. */
#include <twzelf/reloc.h>

#define S   TWZ_ELF_RULE_S
#define A   TWZ_ELF_RULE_A
#define B   TWZ_ELF_RULE_B
#define P   TWZ_ELF_RULE_P
#define I32 TWZ_ELF_RULE_SIGNED

#define DATA(name, flags, width)    [R_AARCH64_##name - R_AARCH64_ABS64] = {flags, width, #name}
#define DYNAMIC(name, flags, width) [R_AARCH64_##name - R_AARCH64_COPY] = {flags, width, #name}

/* ABS32 and PREL32 may hold a signed or an unsigned number: the signed reading is the strict one
 * for addresses beyond 2 GiB, which have no business in 32 bits. */
static const struct twz_elf_rule data_rules[] = {
    DATA(ABS64, S | A, 8),
    DATA(ABS32, S | A | I32, 4),
    DATA(PREL64, S | A | P, 8),
    DATA(PREL32, S | A | P | I32, 4),
};

static const struct twz_elf_rule dynamic_rules[] = {
    DYNAMIC(COPY, TWZ_ELF_RULE_COPY, 0),
    DYNAMIC(GLOB_DAT, S | A, 8),
    DYNAMIC(JUMP_SLOT, S | A | TWZ_ELF_RULE_SLOT, 8),
    DYNAMIC(RELATIVE, B | A, 8),
    DYNAMIC(TLS_DTPMOD, TWZ_ELF_RULE_DTPMOD, 8),
    DYNAMIC(TLS_DTPREL, TWZ_ELF_RULE_DTPOFF | A, 8),
    DYNAMIC(TLS_TPREL, TWZ_ELF_RULE_TPOFF | A, 8),
    DYNAMIC(TLSDESC, TWZ_ELF_RULE_TLSDESC | A, 16),
    DYNAMIC(IRELATIVE, TWZ_ELF_RULE_CALL | B | A, 8),
};

static const struct twz_elf_rule none[] = {{TWZ_ELF_RULE_NONE, 0, "NONE"}};

const struct twz_elf_arch twz_elf_arch_aarch64 = {
    .machine = EM_AARCH64,
    .name = "aarch64",
    .prefix = "R_AARCH64_",
    .relative = R_AARCH64_RELATIVE,
    .spans = {{R_AARCH64_NONE, 1, none},
              {R_AARCH64_ABS64, sizeof data_rules / sizeof data_rules[0], data_rules},
              {R_AARCH64_COPY, sizeof dynamic_rules / sizeof dynamic_rules[0], dynamic_rules}},
};
