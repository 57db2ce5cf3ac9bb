/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file's headers say about its slots, and whether a write lies in its data. Needs nothing
 * else of the core: the monitor asks the same questions about what the loader tells it. */
#include <ld/plan.h>
#include <twz/sys/types.h>
#include <twzelf/layout.h>

uint32_t ld_rights_of(uint32_t flags)
{
    return (flags & PF_R ? TWZ_READ : 0u) | (flags & PF_W ? TWZ_WRITE : 0u) |
           (flags & PF_X ? TWZ_EXECUTE : 0u);
}

static void map_text(const struct twz_elf_plan *plan, struct ld_mapping *mapping)
{
    _Static_assert(LD_RANGES_MAX >= TWZ_ELF_RANGES_MAX, "every range has room");
    mapping->constants = (struct ld_range){
        .first_page = plan->constant_page, .page_count = plan->constant_count, .rights = TWZ_READ};
    mapping->text_count = plan->range_count;
    for (uint32_t i = 0; i < plan->range_count; i++)
        mapping->text[i] = (struct ld_range){.first_page = plan->ranges[i].first_page,
                                             .page_count = plan->ranges[i].page_count,
                                             .rights = ld_rights_of(plan->ranges[i].rights)};
}

static void add_data_range(struct ld_mapping *mapping, uint64_t start, uint64_t end, bool relro)
{
    if (end > start)
        mapping->data[mapping->data_count++] =
            (struct ld_range){.first_page = (uint32_t)(start / TWZ_PAGE_SIZE),
                              .page_count = (uint32_t)((end - start) / TWZ_PAGE_SIZE),
                              .rights = TWZ_READ | TWZ_WRITE,
                              .relro = relro};
}

static void map_data(const struct twz_elf_plan *plan, struct ld_mapping *mapping)
{
    if (!plan->has_data)
        return;
    uint64_t end = twz_elf_page_up(plan->data_end);
    uint64_t relro = plan->relro_target, relro_end = relro + plan->relro_length;
    if (!plan->relro_length)
        relro = relro_end = plan->copy_target;
    add_data_range(mapping, plan->copy_target, relro, false);
    add_data_range(mapping, relro, relro_end, true);
    add_data_range(mapping, relro_end, end, false);
    mapping->copy_source = plan->copy_source;
    mapping->copy_target = plan->copy_target;
    mapping->copy_length = plan->copy_length;
    mapping->zero_from =
        plan->zero_length ? plan->zero_target : plan->copy_target + plan->copy_length;
    mapping->data_length = plan->data_end;
}

void ld_mapping_fill(struct ld_mapping *mapping, const struct twz_elf_plan *plan)
{
    map_text(plan, mapping);
    map_data(plan, mapping);
}

bool ld_check_write(const struct ld_mapping *mapping, const struct ld_write *write)
{
    uint64_t end;
    if (write->instance != mapping->instance || !write->width ||
        __builtin_add_overflow(write->offset, write->width, &end) || end > mapping->data_length)
        return false;
    if (write->kind > LD_WRITE_CALL || (write->kind == LD_WRITE_CALL && write->width != 8) ||
        (write->kind == LD_WRITE_VALUE && write->width != 4 && write->width != 8))
        return false;
    /* Inside one run of writable pages, or several that touch. */
    uint64_t at = write->offset;
    for (uint32_t i = 0; i < mapping->data_count; i++) {
        const struct ld_range *range = &mapping->data[i];
        uint64_t first = range->first_page * TWZ_PAGE_SIZE;
        uint64_t last = first + range->page_count * TWZ_PAGE_SIZE;
        if (range->rights & TWZ_WRITE && at >= first && at < last)
            at = last;
        if (at >= end)
            return true;
    }
    return false;
}
