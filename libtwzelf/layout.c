/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/layout.h>

struct planner {
    struct check check;
    const struct twz_elf_file *file;
    struct twz_elf_plan *plan;
};

static bool refuse_segment(struct planner *p, enum twz_elf_error error,
                           const struct twz_elf_segment *segment, uint64_t v0, uint64_t v1)
{
    return refuse(&p->check, error, TWZ_ELF_AT_PHDR, segment->phdr, v0, v1, 0);
}

/* Adds the pages of a read-only segment, joining them with the pages before where rights agree. */
static bool add_range(struct planner *p, const struct twz_elf_segment *load)
{
    struct twz_elf_plan *plan = p->plan;
    const uint64_t base = load->vaddr - load->vaddr % TWZ_ELF_SLOT;
    const uint64_t first = (load->vaddr - base) / TWZ_ELF_PAGE;
    const uint64_t end = twz_elf_page_up(load->vaddr - base + load->memsz) / TWZ_ELF_PAGE;
    const uint32_t rights = load->flags & (PF_R | PF_X);
    if (plan->range_count) {
        struct twz_elf_range *last = &plan->ranges[plan->range_count - 1];
        const uint64_t last_end = (uint64_t)last->first_page + last->page_count;
        if (first < last_end && rights != last->rights)
            return refuse_segment(p, TWZ_ELF_LAYOUT_PAGE_SHARED, load, load->vaddr, 0);
        if (first <= last_end && rights == last->rights) {
            last->page_count = (uint32_t)(end - last->first_page);
            return true;
        }
    }
    if (plan->range_count == TWZ_ELF_RANGES_MAX)
        return refuse_segment(p, TWZ_ELF_LAYOUT_RANGES, load, TWZ_ELF_RANGES_MAX, 0);
    plan->ranges[plan->range_count++] =
        (struct twz_elf_range){(uint32_t)first, (uint32_t)(end - first), rights};
    return true;
}

/* Code, or a table beside it, where constants are apart. */
static bool is_apart(const struct twz_elf_plan *plan, const struct twz_elf_segment *load)
{
    return plan->slots == 3 && load->vaddr >= TWZ_ELF_SLOT;
}

/* What the first of three slots has: nothing of it is executed. */
static bool plan_constants(struct planner *p, const struct twz_elf_segment *load)
{
    struct twz_elf_plan *plan = p->plan;
    if (load->flags & PF_X)
        return refuse_segment(p, TWZ_ELF_LAYOUT_TEXT_VADDR, load, load->vaddr, load->offset);
    plan->constant_page = 1;
    plan->constant_count =
        (uint32_t)(twz_elf_page_up(load->vaddr + load->memsz) / TWZ_ELF_PAGE) - 1;
    return true;
}

/* Constants are apart in files whose code is in the second slot. */
static uint32_t count_slots(const struct twz_elf_file *file)
{
    for (uint32_t i = 0; i < file->load_count && file->type == ET_DYN; i++)
        if (file->loads[i].flags & PF_X)
            return file->loads[i].vaddr >= TWZ_ELF_SLOT ? 3 : 2;
    return 2;
}

static bool plan_text(struct planner *p, const struct twz_elf_segment *load)
{
    const uint64_t slot = is_apart(p->plan, load) ? TWZ_ELF_SLOT : 0;
    const uint64_t end = load->vaddr + load->memsz;
    if (p->plan->has_data)
        return refuse_segment(p, TWZ_ELF_LAYOUT_TEXT_AFTER_DATA, load, 0, 0);
    if (load->vaddr != load->offset + TWZ_ELF_TEXT_BASE + slot)
        return refuse_segment(p, TWZ_ELF_LAYOUT_TEXT_VADDR, load, load->vaddr, load->offset);
    if (end > TWZ_ELF_TEXT_END + slot)
        return refuse_segment(p, TWZ_ELF_LAYOUT_TEXT_END, load, end, TWZ_ELF_TEXT_END + slot);
    if (load->filesz != load->memsz &&
        !refuse_segment(p, TWZ_ELF_LAYOUT_TEXT_BSS, load, load->filesz, load->memsz))
        return false;
    if ((load->flags & PF_X) && load->vaddr % TWZ_ELF_PAGE &&
        !refuse_segment(p, TWZ_ELF_LAYOUT_CODE_ALIGN, load, load->vaddr, 0))
        return false;
    if (p->plan->slots == 3 && !slot)
        return plan_constants(p, load);
    p->plan->text_end = end;
    return add_range(p, load);
}

static bool plan_data(struct planner *p, const struct twz_elf_segment *load)
{
    struct twz_elf_plan *plan = p->plan;
    const uint64_t end = load->vaddr + load->memsz, slot = (plan->slots - 2) * TWZ_ELF_SLOT;
    if (plan->has_data)
        return refuse_segment(p, TWZ_ELF_LAYOUT_DATA_TWICE, load, 0, 0);
    plan->has_data = true;
    if (load->vaddr < TWZ_ELF_DATA_BASE + slot || load->vaddr % TWZ_ELF_PAGE)
        return refuse_segment(p, TWZ_ELF_LAYOUT_DATA_VADDR, load, load->vaddr,
                              TWZ_ELF_DATA_BASE + slot);
    if (end > TWZ_ELF_DATA_END + slot)
        return refuse_segment(p, TWZ_ELF_LAYOUT_DATA_END, load, end, TWZ_ELF_DATA_END + slot);
    if (load->filesz && load->offset % TWZ_ELF_PAGE)
        return refuse_segment(p, TWZ_ELF_LAYOUT_DATA_OFFSET, load, load->offset, 0);
    const uint64_t start = load->vaddr % TWZ_ELF_SLOT;
    plan->copy_target = start;
    plan->copy_length = twz_elf_page_up(load->filesz);
    if (load->filesz)
        plan->copy_source = load->offset + TWZ_ELF_TEXT_BASE;
    plan->zero_target = start + load->filesz;
    plan->zero_length = plan->copy_length - load->filesz;
    plan->bss_target = start + plan->copy_length;
    plan->data_end = start + twz_elf_page_up(load->memsz);
    plan->bss_length = plan->data_end - plan->bss_target;
    return true;
}

static bool plan_segments(struct planner *p)
{
    const struct twz_elf_file *file = p->file;
    const struct twz_elf_segment *first = &file->loads[0];
    if ((first->vaddr != TWZ_ELF_TEXT_BASE || first->offset != 0 || (first->flags & PF_W)) &&
        !refuse_segment(p, TWZ_ELF_LAYOUT_FIRST, first, first->vaddr, first->offset))
        return false;
    for (uint32_t i = 0; i < file->load_count; i++) {
        const struct twz_elf_segment *load = &file->loads[i];
        const bool writable = (load->flags & PF_W) != 0;
        if (writable && (load->flags & PF_X)) {
            if (!refuse_segment(p, TWZ_ELF_LAYOUT_WX, load, load->flags, 0))
                return false;
            continue;
        }
        if (!(load->flags & PF_R) &&
            !refuse_segment(p, TWZ_ELF_LAYOUT_RIGHTS, load, load->flags, 0))
            return false;
        if (writable ? !plan_data(p, load) : !plan_text(p, load))
            return false;
    }
    return true;
}

/* RELRO becomes read-only page by page: so it has to be whole pages of the data segment. */
static bool plan_relro(struct planner *p)
{
    const struct twz_elf_segment *relro = &p->file->relro;
    struct twz_elf_plan *plan = p->plan;
    if (!twz_elf_has(relro) || relro->memsz == 0)
        return true;
    const uint64_t data = (plan->slots - 1) * TWZ_ELF_SLOT + plan->copy_target;
    if (!plan->has_data || relro->vaddr % TWZ_ELF_PAGE || relro->memsz % TWZ_ELF_PAGE ||
        !twz_elf_within(relro->vaddr, relro->memsz, data, plan->data_end - plan->copy_target))
        return refuse_segment(p, TWZ_ELF_LAYOUT_RELRO, relro, relro->vaddr, relro->memsz);
    plan->relro_target = relro->vaddr % TWZ_ELF_SLOT;
    plan->relro_length = relro->memsz;
    return true;
}

static void plan_tls(struct planner *p)
{
    const struct twz_elf_segment *tls = &p->file->tls;
    p->plan->tls_align = 1;
    if (!twz_elf_has(tls) || tls->memsz == 0)
        return;
    p->plan->tls_image = (struct twz_elf_span){tls->vaddr, tls->filesz};
    p->plan->tls_memsz = tls->memsz;
    p->plan->tls_align = tls->align;
}

/* Tables that the loader reads must be immutable: it reads some of them more than once. */
static bool check_tables(struct planner *p, const struct twz_elf_dynamic *d)
{
    const struct twz_elf_table *tables[] = {
        &d->strtab,  &d->symtab, &d->hash, &d->gnu_hash, &d->versym, &d->verdef,
        &d->verneed, &d->rela,   &d->rel,  &d->relr,     &d->jmprel,
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const struct twz_elf_table *table = tables[i];
        const struct twz_elf_segment *load = twz_elf_segment_at(p->file, table->vaddr, table->size);
        if (table->size && load && (load->flags & PF_W) &&
            !refuse(&p->check, TWZ_ELF_LAYOUT_TABLE, TWZ_ELF_AT_VADDR, table->vaddr, table->vaddr,
                    table->size, 0))
            return false;
    }
    return true;
}

static bool check_dynamic(struct planner *p, const struct twz_elf_dynamic *d)
{
    const uint32_t phdr = p->file->dynamic.phdr;
    if ((d->flags & TWZ_ELF_TEXTREL) &&
        !refuse(&p->check, TWZ_ELF_LAYOUT_TEXTREL, TWZ_ELF_AT_PHDR, phdr, 0, 0, 0))
        return false;
    if (d->jmprel.size && !(d->flags & TWZ_ELF_NOW) &&
        !refuse(&p->check, TWZ_ELF_LAYOUT_LAZY, TWZ_ELF_AT_PHDR, phdr, 0, 0, 0))
        return false;
    return check_tables(p, d);
}

static enum twz_elf_kind kind_of(const struct twz_elf_file *file, const struct twz_elf_dynamic *d)
{
    if (file->type == ET_EXEC)
        return TWZ_ELF_KIND_EXEC;
    return d && (d->flags & TWZ_ELF_PIE) ? TWZ_ELF_KIND_PIE : TWZ_ELF_KIND_LIBRARY;
}

static void make(struct planner *p, const struct twz_elf_dynamic *dynamic, uint16_t machine)
{
    const struct twz_elf_file *file = p->file;
    struct twz_elf_plan *plan = p->plan;
    plan->kind = kind_of(file, dynamic);
    plan->slots = count_slots(file);
    plan->entry = file->entry;
    if (machine != EM_NONE && file->machine != machine &&
        !refuse(&p->check, TWZ_ELF_LAYOUT_MACHINE, TWZ_ELF_AT_OFFSET,
                offsetof(Elf64_Ehdr, e_machine), file->machine, machine, 0))
        return;
    if (!plan_segments(p) || !plan_relro(p))
        return;
    plan_tls(p);
    if ((!twz_elf_has(&file->stack) || (file->stack.flags & PF_X)) &&
        !refuse(&p->check, TWZ_ELF_LAYOUT_STACK, TWZ_ELF_AT_FILE, 0, 0, 0, 0))
        return;
    if (plan->kind != TWZ_ELF_KIND_LIBRARY && file->entry == 0 &&
        !refuse(&p->check, TWZ_ELF_LAYOUT_ENTRY, TWZ_ELF_AT_OFFSET, offsetof(Elf64_Ehdr, e_entry),
                0, 0, 0))
        return;
    if (dynamic)
        check_dynamic(p, dynamic);
}

enum twz_elf_error twz_elf_plan_make(struct twz_elf_plan *plan, const struct twz_elf_file *file,
                                     const struct twz_elf_dynamic *dynamic, uint16_t machine,
                                     struct twz_elf_diag *diag)
{
    struct planner planner = {.check = {.diag = diag}, .file = file, .plan = plan};
    memset(plan, 0, sizeof *plan);
    make(&planner, dynamic, machine);
    return planner.check.result;
}
