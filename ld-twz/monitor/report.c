/* SPDX-License-Identifier: BSD-2-Clause */
/* The live table of compartments: what the kernel says about them, beside what the plan meant. */
#include "monitor.h"
#include <twz/rt/io.h>

static const char *rights_text(uint32_t rights)
{
    static const char *const texts[] = {"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"};
    return texts[rights & 7];
}

/* An ID as people write it. */
static void print_id(const char *before, struct twz_id id)
{
    mon_print("%s%016lx%016lx", before, id.hi, id.lo);
}

/* What the compartment may do with the pages of a slot now, RELRO sealed: the slot's ranges as the
 * kernel has them, cut down to what was granted. "r-- 1, rw- 4": one page, then four. */
static void format_ranges(const struct twz_slot_info *info, uint32_t granted_rights, char *text,
                          size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < info->range_count && i < TWZ_RANGES_MAX && used < size; i++)
        used += twz_rt_format(text + used, size - used, "%s%s %u", i > 0 ? ", " : "",
                              rights_text(info->ranges[i].rights & granted_rights),
                              info->ranges[i].page_count);
}

static void print_slot(uint32_t slot, const char *what)
{
    const struct mon_slot *view = mon_slot_at(mon_slot_address(slot));
    struct twz_slot_info info;
    if (view == NULL || twz_syscall2(TWZ_SYS_VIEW_INFO, slot, (uintptr_t)&info) < 0)
        return;
    char ranges[160];
    format_ranges(&info, view->rights, ranges, sizeof ranges);
    mon_print("  %-22s slot 0x%-5x object", what, slot);
    print_id(" ", info.object);
    mon_print("  pages %s\n", ranges);
}

/* Libraries, and the program of a compartment that has no instances: the loader's. */
static void print_libraries(uint32_t compartment)
{
    for (uint32_t i = 0; i < mon.view_count; i++) {
        const struct mon_slot *view = &mon.views[i];
        if (view->compartment == compartment && view->instance == LD_NONE && view->name != NULL)
            print_slot(view->slot, view->use == MON_SLOT_DATA ? "  its data" : view->name);
    }
    for (uint32_t i = 0; i < mon.instance_count; i++) {
        const struct mon_instance *instance = &mon.instances[i];
        if (!instance->used || instance->compartment != compartment)
            continue;
        if (instance->mapping.constants.page_count != 0)
            print_slot(instance->mapping.text_slot, mon_instance_name(i));
        print_slot(instance->mapping.data_slot - 1, instance->mapping.constants.page_count != 0
                                                        ? "  its text"
                                                        : mon_instance_name(i));
        print_slot(instance->mapping.data_slot, "  its data");
    }
}

static uint64_t calls_of(uint32_t number)
{
    struct twz_gate_info info;
    if (twz_syscall2(TWZ_SYS_GATE_INFO, number, (uintptr_t)&info) < 0)
        return 0;
    return info.calls;
}

static void print_gate(uint32_t number, const char *text)
{
    mon_print("  gate %-3u calls %-6lu %s", number, calls_of(number), text);
}

static void print_callers(uint32_t index)
{
    const char *before = " <- ";
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        if (mon_is_granted(i, index)) {
            mon_print("%s%s", before, mon.compartments[i].name);
            before = ", ";
        }
    mon_print("\n");
}

/* The gates that a compartment offers, with those who may call them. */
static void print_gates(uint32_t compartment)
{
    for (uint32_t i = 0; compartment == MON_OWN && i < mon_known_gate_count; i++) {
        print_gate(mon_known_gates[i].number, mon_known_gates[i].signature);
        print_callers(i);
    }
    for (uint32_t i = 0; i < mon.gate_count; i++) {
        const struct mon_gate *gate = &mon.gates[i];
        if (gate->used && gate->number != LD_NONE &&
            mon.instances[gate->instance].compartment == compartment) {
            print_gate(gate->number, gate->signature != NULL ? gate->signature : gate->name);
            print_callers(i);
        }
    }
    if (compartment == mon.compartment_room) {
        print_gate(mon_loader_gate()->number, mon_loader_gate()->signature);
        mon_print(" <- %s\n", LD_MONITOR);
    }
}

/* Pages of the compartment's data, heap, stack, thread-local storage and record that nobody else
 * has. */
static uint64_t private_pages(uint32_t index)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; i < mon.view_count; i++) {
        struct twz_slot_info slot;
        struct twz_object_info info;
        if (mon.views[i].compartment != index || mon.views[i].use == MON_SLOT_TEXT ||
            twz_syscall2(TWZ_SYS_VIEW_INFO, mon.views[i].slot, (uintptr_t)&slot) < 0 ||
            twz_syscall3(TWZ_SYS_OBJECT_INFO, slot.object.hi, slot.object.lo, (uintptr_t)&info) < 0)
            continue;
        pages += info.pages_resident - info.pages_shared;
    }
    return pages;
}

static void print_compartment(uint32_t index)
{
    const struct mon_compartment *c = &mon.compartments[index];
    struct twz_context_info info = {.status = TWZ_CONTEXT_LIVE};
    (void)twz_syscall3(TWZ_SYS_CONTEXT_INFO, c->context.hi, c->context.lo, (uintptr_t)&info);
    mon_print(
        "%s: %s, calls in %lu, faults %u, capabilities %u, page-table pages %lu, private pages %lu",
        c->name, info.status == TWZ_CONTEXT_LIVE ? "live" : "dead", info.gate_calls_in, c->faults,
        info.capability_count, info.table_pages, private_pages(index));
    mon_print(", threads %u", mon_threads_in(index));
    print_id(", context ", c->context);
    mon_print("\n");
    if (!c->builtin) {
        print_libraries(index);
        print_slot(c->heap_slot, "heap");
        print_slot(c->stack_slot, "stack");
        print_slot(c->record_slot, "record");
    }
    print_gates(index);
}

void mon_report(void)
{
    mon_print("--- compartments ---\n");
    for (uint32_t i = 0; i < mon.compartment_count; i++)
        print_compartment(i);
    print_compartment(mon.compartment_room); /* the loader */
    struct twz_system_info info;
    if (twz_syscall1(TWZ_SYS_SYSTEM_INFO, (uintptr_t)&info) == 0)
        mon_print("machine: frames free %lu of %lu, objects %lu, threads %lu, switches %lu\n",
                  info.frames_free, info.frames_total, info.objects, info.threads,
                  info.thread_switches);
    mon_print("--- end ---\n");
}
