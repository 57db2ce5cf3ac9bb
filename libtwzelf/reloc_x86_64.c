/* SPDX-License-Identifier: BSD-2-Clause */
/* Dynamic relocations of x86_64: x86-64 psABI 1.0, table 4.9. */
#include <twzelf/reloc.h>

#define S   TWZ_ELF_RULE_S
#define A   TWZ_ELF_RULE_A
#define B   TWZ_ELF_RULE_B
#define P   TWZ_ELF_RULE_P
#define Z   TWZ_ELF_RULE_Z
#define I32 TWZ_ELF_RULE_SIGNED
#define U32 TWZ_ELF_RULE_UNSIGNED

#define RULE(name, flags, width) [R_X86_64_##name] = {flags, width, #name}

static const struct twz_elf_rule rules[] = {
    RULE(NONE, TWZ_ELF_RULE_NONE, 0),
    RULE(64, S | A, 8),
    RULE(PC32, S | A | P | I32, 4),
    RULE(PLT32, S | A | P | I32 | TWZ_ELF_RULE_SLOT, 4),
    RULE(COPY, TWZ_ELF_RULE_COPY, 0),
    RULE(GLOB_DAT, S, 8),
    RULE(JUMP_SLOT, S | TWZ_ELF_RULE_SLOT, 8),
    RULE(RELATIVE, B | A, 8),
    RULE(32, S | A | U32, 4),
    RULE(32S, S | A | I32, 4),
    RULE(DTPMOD64, TWZ_ELF_RULE_DTPMOD, 8),
    RULE(DTPOFF64, TWZ_ELF_RULE_DTPOFF | A, 8),
    RULE(TPOFF64, TWZ_ELF_RULE_TPOFF | A, 8),
    RULE(DTPOFF32, TWZ_ELF_RULE_DTPOFF | A | I32, 4),
    RULE(TPOFF32, TWZ_ELF_RULE_TPOFF | A | I32, 4),
    RULE(PC64, S | A | P, 8),
    RULE(SIZE32, Z | A | U32, 4),
    RULE(SIZE64, Z | A, 8),
    RULE(TLSDESC, TWZ_ELF_RULE_TLSDESC | A, 16),
    RULE(IRELATIVE, TWZ_ELF_RULE_CALL | B | A, 8),
    RULE(RELATIVE64, B | A, 8),
};

const struct twz_elf_arch twz_elf_arch_x86_64 = {
    .machine = EM_X86_64,
    .name = "x86_64",
    .prefix = "R_X86_64_",
    .relative = R_X86_64_RELATIVE,
    .spans = {{0, sizeof rules / sizeof rules[0], rules}},
};
