/* SPDX-License-Identifier: BSD-2-Clause */
/* The two-slot layout, and the load plan. */
#include "elf_fixture.h"

static struct twz_elf_plan plan;
static struct twz_elf_diag diag;

/* Without the dynamic section and what lies in it, for tests that move segments. */
static int bare(void **state)
{
    fresh(state);
    for (unsigned i = P_DYNAMIC; i < P_COUNT; i++)
        if (i != P_STACK)
            put_number(&image, F_PHDR(i, p_type), PT_NULL, 4);
    put_number(&image, F_EHDR(e_entry), 0, 8);
    return 0;
}

static enum twz_elf_error make_plan(void)
{
    diag = (struct twz_elf_diag){0};
    open_file(true);
    return twz_elf_plan_make(&plan, &file, NULL, EM_X86_64, &diag);
}

static void plans_the_good_file(void **state)
{
    static struct twz_elf_module module;
    (void)state;
    elf_bytes(&bytes, &image, true);
    assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_OK);
    const struct twz_elf_plan *p = &module.plan;
    assert_int_equal(p->kind, TWZ_ELF_KIND_LIBRARY);
    assert_int_equal(p->entry, 0x2000);
    assert_int_equal(p->range_count, 2);
    assert_int_equal(p->ranges[0].first_page, 1);
    assert_int_equal(p->ranges[0].page_count, 1);
    assert_int_equal(p->ranges[0].rights, PF_R);
    assert_int_equal(p->ranges[1].first_page, 2);
    assert_int_equal(p->ranges[1].page_count, 1);
    assert_int_equal(p->ranges[1].rights, PF_R | PF_X);
    assert_int_equal(p->text_end, 0x3000);
    assert_true(p->has_data);
    assert_int_equal(p->copy_source, O_DATA + 0x1000);
    assert_int_equal(p->copy_target, 0x1000);
    assert_int_equal(p->copy_length, 0x2000);
    assert_int_equal(p->zero_target, 0x1000 + O_DATA_END - O_DATA);
    assert_int_equal(p->zero_length, 0xf00);
    assert_int_equal(p->bss_target, 0x3000);
    assert_int_equal(p->bss_length, 0x3000);
    assert_int_equal(p->data_end, 0x6000);
    assert_int_equal(p->relro_target, 0x1000);
    assert_int_equal(p->relro_length, 0x1000);
    assert_int_equal(p->tls_image.vaddr, DATA_VADDR(O_WORDS + 0x400));
    assert_int_equal(p->tls_image.size, 0x10);
    assert_int_equal(p->tls_memsz, 0x20);
    assert_int_equal(p->tls_align, 8);
}

/* The arithmetic of copying and clearing, for every tail. */
static void plans_every_tail(void **state)
{
    (void)state;
    for (uint64_t filesz = 0; filesz <= 0x1200; filesz++)
        for (uint64_t extra = 0; extra <= 0x1001; extra += 0x1001) {
            put_number(&image, F_PHDR(P_DATA, p_filesz), filesz, 8);
            put_number(&image, F_PHDR(P_DATA, p_memsz), filesz + extra, 8);
            assert_int_equal(make_plan(), TWZ_ELF_OK);
            if (filesz + extra == 0) {
                assert_false(plan.has_data);
                continue;
            }
            assert_int_equal(plan.copy_length % TWZ_ELF_PAGE, 0);
            assert_true(plan.copy_length >= filesz && plan.copy_length < filesz + TWZ_ELF_PAGE);
            assert_int_equal(plan.zero_target, 0x1000 + filesz);
            assert_int_equal(plan.zero_target + plan.zero_length, 0x1000 + plan.copy_length);
            assert_int_equal(plan.bss_target, 0x1000 + plan.copy_length);
            assert_int_equal(plan.bss_target + plan.bss_length, plan.data_end);
            assert_int_equal(plan.data_end, 0x1000 + twz_elf_page_up(filesz + extra));
        }
}

static void three_kinds(void **state)
{
    static struct twz_elf_module module;
    (void)state;
    elf_bytes(&bytes, &image, true);
    put_number(&image, F_EHDR(e_type), ET_EXEC, 2);
    assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_OK);
    assert_int_equal(module.plan.kind, TWZ_ELF_KIND_EXEC);
    put_number(&image, F_EHDR(e_type), ET_DYN, 2);
    put_number(&image, F_DYN(D_FLAGS_1), DF_1_NOW | DF_1_PIE, 8);
    assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_OK);
    assert_int_equal(module.plan.kind, TWZ_ELF_KIND_PIE);
}

static void static_executable(void **state)
{
    static struct twz_elf_module module;
    (void)state;
    put_number(&image, F_PHDR(P_DYNAMIC, p_type), PT_NULL, 4);
    put_number(&image, F_EHDR(e_type), ET_EXEC, 2);
    elf_bytes(&bytes, &image, true);
    assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_OK);
    assert_false(module.has_dynamic);
    assert_true(module.has_abi);
}

static void move(unsigned phdr, uint64_t by)
{
    uint64_t vaddr = get_number(&image, F_PHDR(phdr, p_vaddr), 8);
    put_number(&image, F_PHDR(phdr, p_vaddr), vaddr + by, 8);
}

/* Code and data a slot later: constants are apart. */
static void three_slots(void **state)
{
    (void)state;
    move(P_CODE, TWZ_ELF_SLOT);
    move(P_DATA, TWZ_ELF_SLOT);
    assert_int_equal(make_plan(), TWZ_ELF_OK);
    assert_int_equal(plan.slots, 3);
    assert_int_equal(plan.constant_page, 1);
    assert_int_equal(plan.constant_count, 1);
    assert_int_equal(plan.range_count, 1);
    assert_int_equal(plan.ranges[0].first_page, 2);
    assert_int_equal(plan.ranges[0].rights, PF_R | PF_X);
    assert_int_equal(plan.copy_target, 0x1000);
    assert_int_equal(plan.text_end, TWZ_ELF_SLOT + 0x3000);
}

static void refused(enum twz_elf_error error, uint64_t phdr)
{
    assert_int_equal(make_plan(), error);
    assert_int_equal(diag.first.place, TWZ_ELF_AT_PHDR);
    assert_int_equal(diag.first.at, phdr);
}

static void refuses_misplaced_slots(void **state)
{
    move(P_CODE, TWZ_ELF_SLOT);
    move(P_DATA, 0x100000); /* in the slot of the code */
    refused(TWZ_ELF_LAYOUT_DATA_VADDR, P_DATA);
    bare(state);
    move(P_CODE, TWZ_ELF_SLOT + TWZ_ELF_PAGE);
    move(P_DATA, TWZ_ELF_SLOT);
    refused(TWZ_ELF_LAYOUT_TEXT_VADDR, P_CODE);
    bare(state);
    move(P_CODE, TWZ_ELF_SLOT);
    move(P_DATA, 2 * TWZ_ELF_SLOT);
    refused(TWZ_ELF_LAYOUT_DATA_END, P_DATA);
    bare(state);
    move(P_CODE, TWZ_ELF_SLOT);
    move(P_DATA, TWZ_ELF_SLOT);
    put_number(&image, F_EHDR(e_type), ET_EXEC, 2); /* has slots 0 and 1 */
    refused(TWZ_ELF_LAYOUT_TEXT_VADDR, P_CODE);
}

static void refuses_misplaced_segments(void **state)
{
    put_number(&image, F_PHDR(P_TEXT, p_vaddr), 0, 8);
    refused(TWZ_ELF_LAYOUT_FIRST, P_TEXT);
    bare(state);
    put_phdr(&image, P_TEXT, PT_LOAD, PF_R, 0x1000, 0x1000, 0x100, 0x100, 0x1000);
    refused(TWZ_ELF_LAYOUT_FIRST, P_TEXT);
    bare(state);
    put_number(&image, F_PHDR(P_CODE, p_vaddr), 0x3000, 8);
    refused(TWZ_ELF_LAYOUT_TEXT_VADDR, P_CODE);
    bare(state);
    put_number(&image, F_PHDR(P_DATA, p_vaddr), 0x4000, 8);
    refused(TWZ_ELF_LAYOUT_DATA_VADDR, P_DATA);
    put_number(&image, F_PHDR(P_DATA, p_vaddr), 0x40000000, 8); /* page 0 is never mapped */
    refused(TWZ_ELF_LAYOUT_DATA_VADDR, P_DATA);
    put_phdr(&image, P_DATA, PT_LOAD, PF_R | PF_W, 0x2040, 0x40001040, 16, 16, 0x1000);
    refused(TWZ_ELF_LAYOUT_DATA_VADDR, P_DATA);
    put_phdr(&image, P_DATA, PT_LOAD, PF_R | PF_W, 0x2040, 0x40001000, 16, 16, 1);
    refused(TWZ_ELF_LAYOUT_DATA_OFFSET, P_DATA);
    put_phdr(&image, P_DATA, PT_LOAD, PF_R | PF_W, 0x2000, 0x80000000, 16, 16, 0x1000);
    refused(TWZ_ELF_LAYOUT_DATA_END, P_DATA);
}

static void refuses_two_data_segments(void **state)
{
    (void)state;
    put_phdr(&image, P_DYNAMIC, PT_LOAD, PF_R | PF_W, 0, 0x50000000, 16, 16, 0x1000);
    refused(TWZ_ELF_LAYOUT_DATA_TWICE, P_DYNAMIC);
}

static void refuses_text_behind_data(void **state)
{
    (void)state;
    put_phdr(&image, P_DYNAMIC, PT_LOAD, PF_R, 0, 0x50000000, 16, 16, 0x1000);
    refused(TWZ_ELF_LAYOUT_TEXT_AFTER_DATA, P_DYNAMIC);
}

static void refuses_shared_pages(void **state)
{
    (void)state;
    put_phdr(&image, P_TEXT, PT_LOAD, PF_R | PF_X, 0, 0x1000, 0x100, 0x100, 0x1000);
    put_phdr(&image, P_CODE, PT_LOAD, PF_R, 0x800, 0x1800, 0x100, 0x100, 0x1000);
    refused(TWZ_ELF_LAYOUT_PAGE_SHARED, P_CODE);
    put_phdr(&image, P_TEXT, PT_LOAD, PF_R, 0, 0x1000, 0x100, 0x100, 0x1000);
    put_phdr(&image, P_CODE, PT_LOAD, PF_R | PF_X, 0x800, 0x1800, 0x100, 0x100, 0x1000);
    refused(TWZ_ELF_LAYOUT_CODE_ALIGN, P_CODE);
    /* The same rights may share a page: one range. */
    put_phdr(&image, P_CODE, PT_LOAD, PF_R, 0x800, 0x1800, 0xa00, 0xa00, 0x1000);
    assert_int_equal(make_plan(), TWZ_ELF_OK);
    assert_int_equal(plan.range_count, 1);
    assert_int_equal(plan.ranges[0].page_count, 2);
}

static void refuses_too_many_ranges(void **state)
{
    (void)state;
    put_number(&image, F_EHDR(e_phoff), O_DATA, 8);
    put_number(&image, F_EHDR(e_phnum), TWZ_ELF_RANGES_MAX + 2, 2);
    for (unsigned i = 0; i <= TWZ_ELF_RANGES_MAX; i++)
        PUT(&image, O_DATA + i * sizeof(Elf64_Phdr),
            Elf64_Phdr value = {PT_LOAD, i % 2 ? PF_R | PF_X : PF_R, 0, 0x1000 + i * 0x1000, 0, 0,
                                16, 0x1000});
    /* File bytes at vaddr - 0x1000 would need a longer file: an empty segment shows the same. */
    PUT(&image, O_DATA + (TWZ_ELF_RANGES_MAX + 1) * sizeof(Elf64_Phdr),
        Elf64_Phdr value = {PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16});
    struct twz_elf_bytes_room {
        uint8_t bytes[0x10000];
    };
    static struct twz_elf_bytes_room room;
    memcpy(room.bytes, image.bytes, FILE_SIZE);
    for (unsigned i = 0; i <= TWZ_ELF_RANGES_MAX; i++) {
        const uint64_t offset = i * UINT64_C(0x1000), size = 16;
        memcpy(room.bytes + O_DATA + i * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_offset),
               &offset, 8);
        memcpy(room.bytes + O_DATA + i * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_filesz), &size,
               8);
    }
    twz_elf_bytes_memory(&bytes, room.bytes, sizeof room.bytes);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_OK);
    assert_int_equal(twz_elf_plan_make(&plan, &file, NULL, EM_NONE, NULL), TWZ_ELF_LAYOUT_RANGES);
    assert_int_equal(plan.range_count, TWZ_ELF_RANGES_MAX);
}

static void refuses_another_machine(void **state)
{
    (void)state;
    put_number(&image, F_EHDR(e_machine), EM_AARCH64, 2);
    assert_int_equal(make_plan(), TWZ_ELF_LAYOUT_MACHINE);
    assert_int_equal(twz_elf_plan_make(&plan, &file, NULL, EM_NONE, NULL), TWZ_ELF_OK);
}

static void accepts_no_data(void **state)
{
    (void)state;
    put_number(&image, F_PHDR(P_DATA, p_type), PT_NULL, 4);
    assert_int_equal(make_plan(), TWZ_ELF_OK);
    assert_false(plan.has_data);
    assert_int_equal(plan.copy_length | plan.data_end | plan.bss_length, 0);
}

#define BARE(f, title) T_STATE(f, title, bare, NULL)

RUN_TESTS(FRESH(plans_the_good_file, "the plan of a good file, number by number"),
          BARE(plans_every_tail, "copied, cleared and zero parts for every size of data"),
          FRESH(three_kinds, "library, PIE and ET_EXEC"),
          FRESH(static_executable, "a static executable needs no dynamic section"),
          BARE(three_slots, "constants apart: three slots"),
          BARE(refuses_misplaced_slots, "segments in the wrong one of three slots"),
          BARE(refuses_misplaced_segments, "segments in the wrong place, each with its reason"),
          BARE(refuses_two_data_segments, "a second data segment is refused"),
          BARE(refuses_text_behind_data, "text behind data is refused"),
          BARE(refuses_shared_pages, "a page has one set of rights"),
          BARE(refuses_too_many_ranges, "more ranges than a slot takes are refused"),
          BARE(refuses_another_machine, "another machine is refused"),
          BARE(accepts_no_data, "a file without data has no data slot to fill"))
