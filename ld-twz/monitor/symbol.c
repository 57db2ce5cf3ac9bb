/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses in words. The loader knows the names of functions; it is asked unless it is what the
 * report is about. */
#include "monitor.h"
#include <twz/rt/io.h>

/* The exported function nearest below `vaddr`: its name into `text`, the distance as result. */
static bool nearest(uint32_t number, uint64_t vaddr, char *text, size_t size, uint64_t *distance)
{
    struct loader_answer answer;
    const struct mon_file *file = &mon.files[number];
    if (!mon_loader_may_ask())
        return false;
    struct loader_request *r = mon_loader_request(LOADER_DESCRIBE);
    r->file = number;
    r->address = vaddr;
    if (mon_loader_ask(&answer) < 0 || answer.name >= file->length || answer.value > vaddr)
        return false;
    twz_rt_format(text, size, "%.*s",
                  (int)strnlen((const char *)file->bytes + answer.name, file->length - answer.name),
                  (const char *)file->bytes + answer.name);
    *distance = vaddr - answer.value;
    return true;
}

void mon_describe_code(uint64_t address, char *text, size_t size)
{
    const struct mon_slot *view = mon_slot_at(address);
    uint64_t offset = address % TWZ_SLOT_SIZE, distance;
    char name[128];
    if (view != NULL && view->instance != LD_NONE && view->use == MON_SLOT_TEXT)
        offset = address - mon_instance_address(&mon.instances[view->instance], 0);
    if (view == NULL || view->use != MON_SLOT_TEXT)
        mon_describe_address(address, text, size);
    else if (view->instance != LD_NONE &&
             nearest(mon.instances[view->instance].file, offset, name, sizeof name, &distance))
        twz_rt_format(text, size, "%s+0x%lx (%s+0x%lx)", name, distance, view->name, offset);
    else
        twz_rt_format(text, size, "%s+0x%lx", view->name, offset);
}

uint64_t mon_function_of(uint64_t address)
{
    const struct mon_slot *view = mon_slot_at(address);
    char name[128];
    uint64_t distance;
    return view != NULL && view->use == MON_SLOT_TEXT && view->instance != LD_NONE &&
                   nearest(mon.instances[view->instance].file, address % TWZ_SLOT_SIZE, name,
                           sizeof name, &distance)
               ? address - distance
               : 0;
}

static const char *use_text(enum mon_slot_use use)
{
    static const char *const texts[] = {
        [MON_SLOT_TEXT] = "text",           [MON_SLOT_DATA] = "data",
        [MON_SLOT_HEAP] = "heap",           [MON_SLOT_STACK] = "stack",
        [MON_SLOT_RECORD] = "record",       [MON_SLOT_STUBS] = "gate stubs",
        [MON_SLOT_EXTRA] = "a heap",        [MON_SLOT_OPENED] = "object",
        [MON_SLOT_MONITOR] = "the monitor", [MON_SLOT_CONSTANTS] = "constants",
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
                      view->name, mon.compartments[view->compartment].name);
    else if (view->name != NULL)
        twz_rt_format(text, size, "0x%lx (%s %s)", address, use_text(view->use), view->name);
    else if (view->compartment != LD_NONE)
        twz_rt_format(text, size, "0x%lx (%s of %s)", address, use_text(view->use),
                      mon.compartments[view->compartment].name);
    else
        twz_rt_format(text, size, "0x%lx (%s)", address, use_text(view->use));
}
