/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses in words. The files are read again for this, with all checks: reports are rare. */
#include "monitor.h"
#include <twz/rt/io.h>
#include <twzelf/symbol.h>

/* The exported function nearest below `vaddr`: its name into `text`, the distance as result. */
static bool nearest(const struct ld_instance *instance, uint64_t vaddr, char *text, size_t size,
                    uint64_t *distance)
{
    const struct mon_file *source = &mon.files[mon.plan->mappings[instance->index].handle];
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic dynamic;
    twz_elf_bytes_memory(&bytes, source->bytes, source->length);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_dynamic_open(&dynamic, &file, NULL) != TWZ_ELF_OK)
        return false;
    struct twz_elf_symbol best = {.index = 0};
    for (uint32_t i = 1; i < dynamic.symbol_count; i++) {
        struct twz_elf_symbol symbol;
        if (twz_elf_symbol(&dynamic, i, &symbol) != TWZ_ELF_OK)
            break;
        if (twz_elf_symbol_undefined(&symbol) || twz_elf_symbol_type(&symbol) != STT_FUNC ||
            symbol.sym.st_value > vaddr)
            continue;
        if (best.index == 0 || symbol.sym.st_value > best.sym.st_value)
            best = symbol;
    }
    /* Code far behind the last exported function is some other function, without a name here. */
    if (best.index == 0 ||
        vaddr - best.sym.st_value >= (best.sym.st_size != 0 ? best.sym.st_size : TWZ_PAGE_SIZE))
        return false;
    const char *name = twz_elf_symbol_name(&dynamic, &best, NULL, 0);
    if (name == NULL)
        return false;
    twz_rt_format(text, size, "%s", name);
    *distance = vaddr - best.sym.st_value;
    return true;
}

void mon_describe_code(uint64_t address, char *text, size_t size)
{
    const struct mon_slot *view = mon_slot_at(address);
    uint64_t offset = address % TWZ_SLOT_SIZE;
    if (view == NULL || view->use != MON_SLOT_TEXT) {
        mon_describe_address(address, text, size);
        return;
    }
    const struct ld_instance *instance = mon.program->instances[view->instance];
    char name[128];
    uint64_t distance;
    if (nearest(instance, offset, name, sizeof name, &distance))
        twz_rt_format(text, size, "%s+0x%lx (%s+0x%lx)", name, distance, instance->name, offset);
    else
        twz_rt_format(text, size, "%s+0x%lx", instance->name, offset);
}

static const char *use_text(enum mon_slot_use use)
{
    static const char *const texts[] = {
        [MON_SLOT_TEXT] = "text",           [MON_SLOT_DATA] = "data",
        [MON_SLOT_HEAP] = "heap",           [MON_SLOT_STACK] = "stack",
        [MON_SLOT_RECORD] = "record",       [MON_SLOT_STUBS] = "gate stubs",
        [MON_SLOT_EXTRA] = "a heap",        [MON_SLOT_OPENED] = "object",
        [MON_SLOT_MONITOR] = "the monitor",
    };
    return texts[use];
}

void mon_describe_address(uint64_t address, char *text, size_t size)
{
    const struct mon_slot *view = mon_slot_at(address);
    if (view == NULL)
        twz_rt_format(text, size, "0x%lx (nothing there)", address);
    else if (view->instance != LD_NONE)
        twz_rt_format(text, size, "0x%lx (%s of %s in %s)", address, use_text(view->use),
                      mon.program->instances[view->instance]->name,
                      mon.compartments[view->compartment].name);
    else if (view->name != NULL)
        twz_rt_format(text, size, "0x%lx (%s %s)", address, use_text(view->use), view->name);
    else if (view->compartment != LD_NONE)
        twz_rt_format(text, size, "0x%lx (%s of %s)", address, use_text(view->use),
                      mon.compartments[view->compartment].name);
    else
        twz_rt_format(text, size, "0x%lx (%s)", address, use_text(view->use));
}
