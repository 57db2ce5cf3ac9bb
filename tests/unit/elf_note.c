/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes, build ID, properties, the TWZ note, gates and imports. */
#include "elf_fixture.h"

#include <stdio.h>

static void iterates_notes(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        struct twz_elf_note_cursor cursor = {0};
        struct twz_elf_note note;
        uint8_t byte;
        open_file(direct);
        assert_int_equal(twz_elf_note_next(&file, &cursor, &note, NULL), TWZ_ELF_OK);
        assert_int_equal(note.index, 0);
        assert_int_equal(note.type, NT_GNU_BUILD_ID);
        assert_int_equal(note.desc_size, 20);
        assert_int_equal(note.vaddr, TEXT_VADDR(O_NOTES));
        assert_int_equal(note.desc_vaddr, TEXT_VADDR(O_NOTES) + 16);
        assert_true(note.loaded);
        assert_true(twz_elf_note_is(&file, &note, "GNU", NT_GNU_BUILD_ID));
        assert_false(twz_elf_note_is(&file, &note, "GN", NT_GNU_BUILD_ID));
        assert_false(twz_elf_note_is(&file, &note, "GNV", NT_GNU_BUILD_ID));
        assert_true(twz_elf_note_read(&file, &note, 19, &byte, 1));
        assert_int_equal(byte, 20);
        assert_false(twz_elf_note_read(&file, &note, 20, &byte, 1));
        assert_int_equal(twz_elf_note_next(&file, &cursor, &note, NULL), TWZ_ELF_OK);
        assert_true(twz_elf_note_is(&file, &note, "TWZ", 1));
        assert_int_equal(twz_elf_note_next(&file, &cursor, &note, NULL), TWZ_ELF_OK);
        assert_true(twz_elf_note_is(&file, &note, "GNU", NT_GNU_PROPERTY_TYPE_0));
        assert_int_equal(twz_elf_note_next(&file, &cursor, &note, NULL), TWZ_ELF_END);
        assert_int_equal(twz_elf_note_next(&file, &cursor, &note, NULL), TWZ_ELF_END);
    }
}

/* The same two notes with names and descriptors that need padding, aligned to 4 and to 8. */
static void pads_to_the_alignment(void **state)
{
    (void)state;
    for (uint64_t align = 4; align <= 8; align += 4) {
        const uint64_t first_desc = align == 8 ? 24 : 20,
                       second = first_desc + (align == 8 ? 8 : 4);
        struct twz_elf_note_cursor cursor = {0};
        struct twz_elf_note note;
        memset(image.bytes + O_NOTES, 0, 0x80);
        PUT(&image, O_NOTES, uint32_t value[5] = {6, 3, 9, 0x44434241, 0x45});
        put_bytes(&image, O_NOTES + first_desc, "xyz", 3);
        PUT(&image, O_NOTES + second, uint32_t value[3] = {0, 0, 7});
        put_number(&image, F_PHDR(P_NOTE, p_align), align, 8);
        put_number(&image, F_PHDR(P_NOTE, p_filesz), second + 12, 8);
        open_file(true);
        assert_int_equal(twz_elf_note_next(&file, &cursor, &note, NULL), TWZ_ELF_OK);
        assert_true(twz_elf_note_is(&file, &note, "ABCDE", 9));
        char text[3];
        assert_true(twz_elf_note_read(&file, &note, 0, text, 3));
        assert_memory_equal(text, "xyz", 3);
        assert_int_equal(twz_elf_note_next(&file, &cursor, &note, NULL), TWZ_ELF_OK);
        assert_int_equal(note.type, 7);
        assert_int_equal(note.owner_size, 0);
        assert_false(twz_elf_note_is(&file, &note, "", 7));
    }
}

static void finds_build_id(void **state)
{
    uint8_t id[32];
    size_t length = 0;
    (void)state;
    open_file(true);
    assert_int_equal(twz_elf_build_id(&file, id, sizeof id, &length, NULL), TWZ_ELF_OK);
    assert_int_equal(length, 20);
    assert_int_equal(id[0], 1);
    assert_int_equal(id[19], 20);
    assert_int_equal(twz_elf_build_id(&file, id, 19, &length, NULL), TWZ_ELF_NO_ROOM);
    assert_int_equal(length, 20);
    put_number(&image, F_PHDR(P_NOTE, p_type), PT_NULL, 4);
    open_file(true);
    assert_int_equal(twz_elf_build_id(&file, id, sizeof id, &length, NULL), TWZ_ELF_END);
}

static void reads_properties(void **state)
{
    uint32_t value;
    (void)state;
    open_file(true);
    assert_int_equal(twz_elf_property(&file, GNU_PROPERTY_X86_FEATURE_1_AND, &value, NULL),
                     TWZ_ELF_OK);
    assert_int_equal(value, 3);
    assert_int_equal(twz_elf_property(&file, 0x1234, &value, NULL), TWZ_ELF_END);
    put_number(&image, O_PROPERTIES + 20, 9, 4);
    struct twz_elf_diag diag = {0};
    assert_int_equal(twz_elf_property(&file, 0x1234, &value, &diag), TWZ_ELF_PROPERTY_SIZE);
    assert_int_equal(diag.first.place, TWZ_ELF_AT_NOTE);
    assert_int_equal(diag.first.at, 2);
    put_number(&image, O_PROPERTIES + 20, UINT32_MAX, 4);
    assert_int_equal(twz_elf_property(&file, 0x1234, &value, NULL), TWZ_ELF_PROPERTY_SIZE);
}

static void reads_property_segments(void **state)
{
    uint32_t value;
    (void)state;
    put_number(&image, F_PHDR(P_PROPERTIES, p_type), PT_GNU_PROPERTY, 4);
    open_file(true);
    assert_int_equal(twz_elf_property(&file, GNU_PROPERTY_X86_FEATURE_1_AND, &value, NULL),
                     TWZ_ELF_OK);
    assert_int_equal(value, 3);
    assert_int_equal(twz_elf_property(&file, 0x1234, &value, NULL), TWZ_ELF_END);
    put_number(&image, F_PHDR(P_PROPERTIES, p_offset), UINT32_MAX, 8);
    open_file(true);
    assert_int_equal(twz_elf_property(&file, GNU_PROPERTY_X86_FEATURE_1_AND, &value, NULL),
                     TWZ_ELF_SEGMENT_FILE);
}

/* Many headers, all of the same note, which is most of the file. */
static void bounds_shared_properties(void **state)
{
    enum { HEADERS = 400, AT = 0x6000, SIZE = 0x10000 };
    static union {
        uint8_t bytes[SIZE];
        Elf64_Ehdr ehdr;
    } shared;
    Elf64_Phdr *phdr = (void *)(shared.bytes + sizeof(Elf64_Ehdr));
    const Elf64_Nhdr note = {4, SIZE - AT - 16, NT_GNU_PROPERTY_TYPE_0};
    uint32_t value;
    (void)state;
    memcpy(shared.bytes, image.bytes, sizeof(Elf64_Ehdr));
    shared.ehdr.e_phoff = sizeof(Elf64_Ehdr);
    shared.ehdr.e_phnum = HEADERS + 1;
    shared.ehdr.e_entry = 0;
    phdr[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                           .p_flags = PF_R,
                           .p_vaddr = 0x1000,
                           .p_filesz = SIZE,
                           .p_memsz = SIZE,
                           .p_align = 0x1000};
    for (unsigned i = 1; i <= HEADERS; i++)
        phdr[i] = (Elf64_Phdr){.p_type = PT_NOTE,
                               .p_offset = AT,
                               .p_vaddr = AT + 0x1000,
                               .p_filesz = SIZE - AT,
                               .p_memsz = SIZE - AT,
                               .p_align = 8};
    memcpy(shared.bytes + AT, &note, sizeof note); /* its properties are empty ones of type 0 */
    memcpy(shared.bytes + AT + sizeof note, "GNU", 4);
    twz_elf_bytes_memory(&bytes, shared.bytes, SIZE);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_OK);
    assert_int_equal(twz_elf_property(&file, 0, &value, NULL), TWZ_ELF_NOTE_COUNT);
    shared.ehdr.e_phnum = 2; /* once is fine */
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_OK);
    assert_int_equal(twz_elf_property(&file, 0, &value, NULL), TWZ_ELF_END);
}

static void reads_abi(void **state)
{
    struct twz_elf_abi abi;
    (void)state;
    open_file(true);
    assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_OK);
    assert_int_equal(abi.major, 1);
    assert_int_equal(abi.minor, 2);
    assert_int_equal(abi.min_isolation, 3);
    assert_int_equal(abi.gates.vaddr, TEXT_VADDR(O_GATES));
    assert_int_equal(abi.gates.size, 56);
    assert_int_equal(abi.imports.vaddr, TEXT_VADDR(O_IMPORTS));
    assert_int_equal(abi.imports.size, 12);
    put_number(&image, O_TWZ_NOTE + 8, 2, 4); /* another type of note */
    assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_ABI_NONE);
}

/* A note outside the loadable segments has no address to count from. */
static void abi_needs_a_loaded_note(void **state)
{
    struct twz_elf_abi abi;
    (void)state;
    put_number(&image, F_PHDR(P_NOTE, p_vaddr), 0x10000000, 8);
    open_file(true);
    assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_ABI_RANGE);
    put_number(&image, F_ABI(gates_size), 0, 4);
    put_number(&image, F_ABI(imports_size), 0, 4);
    assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_OK);
    assert_int_equal(abi.gates.size, 0);
}

static void reads_gates(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        struct twz_elf_abi abi;
        struct twz_elf_gate_cursor cursor = {0};
        struct twz_elf_gate gate;
        struct twz_elf_gate_param param;
        char buffer[64];
        open_file(direct);
        assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_OK);
        assert_int_equal(twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL), TWZ_ELF_OK);
        assert_int_equal(gate.index, 0);
        assert_int_equal(gate.entry, TEXT_VADDR(O_CODE) + 0x10);
        assert_int_equal(gate.record.isolation, 3);
        assert_int_equal(gate.record.param_count, 2);
        assert_string_equal(twz_elf_text_at(&file, gate.name, buffer, sizeof buffer), "alpha");
        assert_string_equal(twz_elf_text_at(&file, gate.signature, buffer, sizeof buffer),
                            "i64 alpha(in 64, u32)");
        assert_int_equal(twz_elf_gate_param(&file, &gate, 0, &param), TWZ_ELF_OK);
        assert_int_equal(param.kind, TWZ_ELF_GATE_IN);
        assert_int_equal(param.max, 64);
        assert_int_equal(twz_elf_gate_param(&file, &gate, 1, &param), TWZ_ELF_OK);
        assert_int_equal(param.reg, 2);
        assert_int_equal(twz_elf_gate_param(&file, &gate, 2, &param), TWZ_ELF_END);
        assert_int_equal(twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL), TWZ_ELF_END);
    }
}

static void reads_imports(void **state)
{
    struct twz_elf_abi abi;
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_import import;
    (void)state;
    open_file(true);
    assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_OK);
    assert_int_equal(twz_elf_import_next(&file, &abi, &cursor, &import, NULL), TWZ_ELF_OK);
    assert_string_equal(twz_elf_text_at(&file, import.name, NULL, 100), "other");
    assert_string_equal(twz_elf_text_at(&file, import.signature, NULL, 100), "void other(void)");
    assert_int_equal(twz_elf_import_next(&file, &abi, &cursor, &import, NULL), TWZ_ELF_END);
}

/* Six registers, shared by every mix of parameters; floats have registers of their own. */
static void gate_registers(void **state)
{
    struct twz_elf_abi abi;
    struct twz_elf_gate gate;
    (void)state;
    put_number(&image, F_GATE(vector_args), 1, 1);
    put_number(&image, F_PARAM(1, type), TWZ_ELF_GATE_TYPE_FLOAT | 8, 1);
    put_number(&image, F_PARAM(1, reg), 0, 1);
    open_file(true);
    assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_OK);
    struct twz_elf_gate_cursor cursor = {0};
    assert_int_equal(twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL), TWZ_ELF_OK);
    put_number(&image, F_PARAM(0, kind), TWZ_ELF_GATE_VAL, 1);
    put_number(&image, F_PARAM(0, type), TWZ_ELF_GATE_TYPE_FLOAT | 4, 1);
    cursor = (struct twz_elf_gate_cursor){0};
    assert_int_equal(twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL), TWZ_ELF_GATE_PARAM);
    assert_int_equal(twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL), TWZ_ELF_END);
}

/* A name may fill its limit to the last byte, and cross the step in which it is read. */
static void long_names(void **state)
{
    struct twz_elf_abi abi;
    struct twz_elf_gate gate;
    (void)state;
    const uint32_t at = 0x900 + 0xf0; /* behind the relocations, before RELR */
    memset(image.bytes + at, 'n', TWZ_ELF_GATE_NAME_MAX);
    image.bytes[at + TWZ_ELF_GATE_NAME_MAX - 1] = 0;
    put_number(&image, F_GATE(name_rel), at - F_GATE(name_rel), 4);
    for (unsigned direct = 0; direct < 2; direct++) {
        struct twz_elf_gate_cursor cursor = {0};
        image.bytes[at + TWZ_ELF_GATE_NAME_MAX - 1] = 0;
        open_file(direct);
        assert_int_equal(twz_elf_abi_open(&abi, &file, NULL), TWZ_ELF_OK);
        assert_int_equal(twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL), TWZ_ELF_OK);
        image.bytes[at + TWZ_ELF_GATE_NAME_MAX - 1] = 'n';
        cursor = (struct twz_elf_gate_cursor){0};
        assert_int_equal(twz_elf_gate_next(&file, &abi, &cursor, &gate, NULL), TWZ_ELF_GATE_NAME);
    }
}

RUN_TESTS(FRESH(iterates_notes, "notes of all PT_NOTE segments"),
          FRESH(pads_to_the_alignment, "notes with 4- and 8-byte alignment"),
          FRESH(finds_build_id, "build ID"), FRESH(reads_properties, "GNU properties"),
          FRESH(reads_property_segments, "GNU properties of PT_GNU_PROPERTY alone"),
          FRESH(bounds_shared_properties, "properties are read in linear time"),
          FRESH(reads_abi, "the TWZ note"),
          FRESH(abi_needs_a_loaded_note, "a TWZ note that is not loaded has no ranges"),
          FRESH(reads_gates, "gate descriptors"), FRESH(reads_imports, "import records"),
          FRESH(gate_registers, "registers of a gate's parameters"),
          FRESH(long_names, "names up to the limit"))
