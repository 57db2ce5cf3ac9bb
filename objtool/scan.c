/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <Zydis/Zydis.h>
#include <inttypes.h>

/*
 * %fs leads to a read-only locator page: word 0 is the address of the thread block, the canary is
 * at 0x28. Code that was compiled without -mno-tls-direct-seg-refs reads thread-local variables at
 * other offsets from %fs, where there is nothing of the kind.
 *
 * This is a linear sweep. Bytes that decode as nothing are skipped one at a time; where data stands
 * between functions a wrong instruction may be seen, which is why the message quotes it.
 */

static bool operand_allowed(const ZydisDecodedOperand *operand)
{
    return operand->type != ZYDIS_OPERAND_TYPE_MEMORY ||
           operand->mem.segment != ZYDIS_REGISTER_FS ||
           (operand->mem.base == ZYDIS_REGISTER_NONE && operand->mem.index == ZYDIS_REGISTER_NONE &&
            (operand->mem.disp.value == 0 || operand->mem.disp.value == 0x28));
}

static bool instruction_allowed(const ZydisDecodedInstruction *instruction,
                                const ZydisDecodedOperand *operands)
{
    /* nop and lea name an address, but touch no memory */
    if (instruction->mnemonic == ZYDIS_MNEMONIC_NOP || instruction->mnemonic == ZYDIS_MNEMONIC_LEA)
        return true;
    for (uint8_t i = 0; i < instruction->operand_count; i++) {
        if (!operand_allowed(&operands[i]))
            return false;
    }
    return true;
}

static void report_instruction(struct elf_findings *findings,
                               const ZydisDecodedInstruction *instruction,
                               const ZydisDecodedOperand *operands, uint64_t vaddr)
{
    const struct twz_elf_problem where = {.place = TWZ_ELF_AT_VADDR, .at = vaddr};
    ZydisFormatter formatter;
    char place[40], text[128], found[132];

    snprintf(place, sizeof(place), "address 0x%" PRIx64, vaddr);
    if (ZYAN_FAILED(ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_ATT)) ||
        ZYAN_FAILED(ZydisFormatterFormatInstruction(&formatter, instruction, operands,
                                                    instruction->operand_count_visible, text,
                                                    sizeof(text), vaddr, NULL)))
        snprintf(text, sizeof(text), "%s", ZydisMnemonicGetString(instruction->mnemonic));
    snprintf(found, sizeof(found), "`%s`", text);
    report_problem(
        &(struct problem){.file = findings->file,
                          .place = place,
                          .section = section_of(findings, &where),
                          .error = "E_SEGMENT_OPERAND",
                          .expected = "expected no %fs operand but %fs:0 and %fs:0x28",
                          .found = found,
                          .cure = "compile with -mno-tls-direct-seg-refs, as twz-cc does"});
}

void scan_segment_operands(struct elf_findings *findings, uint64_t offset, uint64_t size,
                           uint64_t vaddr)
{
    const uint8_t *code = findings->bytes + offset;
    ZydisDecoder decoder;
    ZydisDecoderContext context;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    uint64_t at = 0;

    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (uint64_t n = 0; at < size; n++) {
        if (n % 65536 == 0)
            progress("looking at the code of", findings->file, at, size);
        if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, &context, code + at, size - at,
                                                      &instruction))) {
            at++;
            continue;
        }
        if ((instruction.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS) &&
            ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, &instruction, operands,
                                                    instruction.operand_count)) &&
            !instruction_allowed(&instruction, operands)) {
            report_instruction(findings, &instruction, operands, vaddr + at);
            findings->count++;
        }
        at += instruction.length;
    }
}
