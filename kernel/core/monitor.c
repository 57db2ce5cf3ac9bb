/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads the first program: the monitor, or in an image without one the program that the command
 * line names. The same checks and the same relocation engine as for every other ELF file, from
 * libtwzelf. Everything is final before its first instruction: RELRO is read-only, and nothing but
 * its own object is in its slots.
 */
#include "image.h"
#include "log.h"
#include "thread.h"
#include <string.h>
#include <twzelf/layout.h>
#include <twzelf/reloc.h>

/* Slots 0 and 1 are for programs at fixed addresses. */
#define TEXT_SLOT  16u
#define DATA_SLOT  (TEXT_SLOT + 1)
#define STACK_SLOT 18u
#define INDEX_SLOT 19u

/* In the stack's slot: the locator page, a gap, and the stack. */
#define LOCATOR_PAGE 1u
#define STACK_PAGE   256u
#define STACK_PAGES  128u

static const char *program; /* its name */
static struct k_view *view;
static int64_t tls_size; /* bytes below the thread pointer */

static void must(enum twz_error error, const char *what)
{
    if (error == TWZ_ENOMEM)
        k_panic(NULL, "no memory for the monitor's %s", what);
    if (error != TWZ_OK)
        k_panic(NULL, "the monitor's %s: error %d", what, (int)error);
}

static void check(enum twz_elf_error error, const struct twz_elf_diag *diag)
{
    char line[TWZ_ELF_LINE];
    if (error == TWZ_ELF_OK)
        return;
    twz_elf_format(&diag->first, line, sizeof line);
    k_image_refuse("%s: %s", program, line);
}

/* ---- Relocation, into the frames of the data object ---- */

/* It is linked with nothing: what it refers to, it defines. Its own TLS is module 1. */
static bool resolve(void *dynamic, const struct twz_elf_reloc *reloc, uint32_t symbol,
                    struct twz_elf_definition *definition)
{
    struct twz_elf_symbol found;
    (void)reloc;
    *definition = (struct twz_elf_definition){.tls_module = 1, .tls_offset = -tls_size};
    if (symbol == 0)
        return true;
    if (twz_elf_symbol(dynamic, symbol, &found) != TWZ_ELF_OK)
        return false;
    if (twz_elf_symbol_undefined(&found))
        return twz_elf_symbol_binding(&found) == STB_WEAK;
    bool tls = twz_elf_symbol_type(&found) == STT_TLS;
    definition->ifunc = twz_elf_symbol_type(&found) == STT_GNU_IFUNC; /* nobody calls it: refused */
    definition->value = found.sym.st_value + (tls ? 0 : TEXT_SLOT * TWZ_SLOT_SIZE);
    return true;
}

static bool write_data(void *context, uint64_t vaddr, uint64_t value, unsigned width)
{
    const char *bytes = (const char *)&value;
    for (unsigned i = 0; i < width; i++) { /* a value may straddle two pages */
        uint64_t offset = (vaddr + i) % TWZ_SLOT_SIZE;
        k_phys frame = k_object_demand(context, (uint32_t)(offset / TWZ_PAGE_SIZE), true);
        if (frame == 0)
            return false;
        ((char *)k_direct(frame))[offset % TWZ_PAGE_SIZE] = bytes[i];
    }
    return true;
}

static void relocate(struct twz_elf_dynamic *dynamic, struct k_object *data)
{
    struct twz_elf_diag diag = {0};
    struct twz_elf_resolver resolver = {.context = dynamic, .resolve = resolve};
    struct twz_elf_receiver receiver = {.context = data, .write = write_data};
    check(twz_elf_relocs_check(dynamic, TWZ_ELF_ACCEPT_TLS, &diag), &diag);
    check(twz_elf_relocs_emit(dynamic, TEXT_SLOT * TWZ_SLOT_SIZE, &resolver, &receiver, &diag),
          &diag);
}

/* ---- Slots ---- */

static void map_text(const struct twz_elf_plan *plan, struct k_object *object)
{
    struct twz_range ranges[TWZ_RANGES_MAX];
    uint32_t count = 0;
    for (; count < plan->range_count && count < TWZ_RANGES_MAX; count++) {
        const struct twz_elf_range *r = &plan->ranges[count];
        ranges[count] = (struct twz_range){
            .first_page = r->first_page,
            .page_count = r->page_count,
            .rights = TWZ_READ | (r->rights & PF_X ? (uint32_t)TWZ_EXECUTE : 0u),
        };
    }
    must(k_view_map(view, TEXT_SLOT, object, ranges, count), "text");
}

static uint32_t page_of(uint64_t offset)
{
    return (uint32_t)(offset / TWZ_PAGE_SIZE);
}

static void map_data(const struct twz_elf_plan *plan, struct k_object *data)
{
    struct twz_range all = {.first_page = page_of(plan->copy_target),
                            .page_count = page_of(plan->data_end - plan->copy_target),
                            .rights = TWZ_READ | TWZ_WRITE};
    must(k_view_map(view, DATA_SLOT, data, &all, 1), "data");
    if (plan->relro_length > 0)
        must(k_mapping_narrow(k_view_at(view, DATA_SLOT), page_of(plan->relro_target),
                              page_of(plan->relro_length), TWZ_READ, true),
             "RELRO");
}

static struct k_object *load(const struct obj *packed, struct k_object *object,
                             struct twz_elf_plan *plan)
{
    static struct twz_elf_file file;
    static struct twz_elf_dynamic dynamic;
    struct twz_elf_diag diag = {0};
    struct twz_elf_bytes bytes;
    twz_elf_bytes_memory(&bytes, packed->payload, packed->header->payload_length);
    check(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, &diag), &diag);
    check(twz_elf_dynamic_open(&dynamic, &file, &diag), &diag);
    check(twz_elf_plan_make(plan, &file, &dynamic, EM_X86_64, &diag), &diag);
    if (plan->slots != 2 || plan->kind == TWZ_ELF_KIND_EXEC || plan->entry == 0 ||
        dynamic.needed_count > 0)
        k_image_refuse("%s: expected a program for the minimal runtime: position independent, "
                       "needing no library (twz-cc --twz-runtime=minimal)",
                       program);
    if (plan->tls_memsz > 0)
        tls_size = (int64_t)((plan->tls_memsz + plan->tls_align - 1) & ~(plan->tls_align - 1));

    struct k_object *data = k_object_create(K_OBJECT_DATA, NULL);
    if (data == NULL)
        k_panic(NULL, "no memory for the monitor");
    if (plan->has_data) {
        must(k_object_copy(data, page_of(plan->copy_target), object, page_of(plan->copy_source),
                           page_of(plan->copy_length)),
             "data");
        for (uint64_t i = 0; i < plan->zero_length; i++)
            write_data(data, plan->zero_target + i, 0, 1);
        relocate(&dynamic, data);
        map_data(plan, data);
    }
    map_text(plan, object);
    return data;
}

/* ---- Context and thread ---- */

static uint64_t stack_high(void)
{
    return STACK_SLOT * TWZ_SLOT_SIZE + (STACK_PAGE + STACK_PAGES) * TWZ_PAGE_SIZE;
}

static void map_stack(void)
{
    static const struct twz_range ranges[] = {
        {.first_page = LOCATOR_PAGE, .page_count = 1, .rights = TWZ_READ},
        {.first_page = STACK_PAGE, .page_count = STACK_PAGES, .rights = TWZ_READ | TWZ_WRITE},
    };
    struct k_object *stack = k_object_create(K_OBJECT_DATA, NULL);
    if (stack == NULL)
        k_panic(NULL, "no memory for the monitor's stack");
    must(k_view_map(view, STACK_SLOT, stack, ranges, 2), "stack");
    must(k_context_grant(k_monitor, stack, TWZ_RIGHTS_ALL), "stack");
}

static void map_index(void)
{
    struct k_object *index = k_object_find(TWZ_ID_INDEX);
    struct twz_range range = {
        .first_page = 1, .page_count = page_of(k_image_index_length()), .rights = TWZ_READ};
    must(k_view_map(view, INDEX_SLOT, index, &range, 1), "index");
}

static void start(uint64_t entry, const char *command_line)
{
    struct k_thread *thread = k_thread_create(k_monitor, &(struct twz_thread_spec){.entry = entry});
    if (thread == NULL)
        k_panic(NULL, "no memory for the first thread");
    must(k_context_grant(k_monitor, thread->object, TWZ_RIGHTS_ALL), "thread");
    struct twz_bind_spec bind = {
        .stack_low = stack_high() - STACK_PAGES * TWZ_PAGE_SIZE,
        .stack_high = stack_high(),
        .locator = STACK_SLOT * TWZ_SLOT_SIZE + LOCATOR_PAGE * TWZ_PAGE_SIZE,
    };
    must(k_thread_bind(thread, k_monitor, &bind), "stack");

    struct twz_boot_info info = {
        .abi_major = TWZ_ABI_MAJOR,
        .abi_minor = TWZ_ABI_MINOR,
        .view = view->object->id,
        .context = k_monitor->object->id,
        .thread = thread->object->id,
        .text_slot = TEXT_SLOT,
        .stack_slot = STACK_SLOT,
        .index_slot = INDEX_SLOT,
        .index_length = k_image_index_length(),
    };
    for (size_t i = 0; i + 1 < sizeof info.command_line && command_line[i] != 0; i++)
        info.command_line[i] = command_line[i];
    uint64_t now = k_calendar();
    info.started = now == 0 ? 0 : now - k_clock();
    uint64_t at = (stack_high() - sizeof info) & ~15ull;
    if (!k_root_write(&k_monitor->root, at, &info, sizeof info))
        k_panic(NULL, "no memory for the monitor's stack");
    k_trap_start(k_thread_trap(thread), entry, at - 8, at);
}

void k_monitor_load(const char *command_line)
{
    struct obj packed;
    struct k_object *object;
    struct twz_elf_plan plan;
    char word[OBJ_NAME_SIZE] = "";
    for (size_t i = 0; i + 1 < sizeof word && (unsigned char)command_line[i] > ' '; i++)
        word[i] = command_line[i];
    if (!k_image_find("monitor", &packed, &object) && !k_image_find(word, &packed, &object))
        k_image_refuse("expected an object named `monitor`, or one named as the first word of the "
                       "command line; add it to the image");
    program = packed.header->name;
    view = k_view_create();
    k_monitor = view == NULL ? NULL : k_context_create(view);
    if (k_monitor == NULL)
        k_panic(NULL, "no memory for the first context");
    struct k_object *data = load(&packed, object, &plan);
    must(k_context_grant(k_monitor, data, TWZ_RIGHTS_ALL), "data");
    must(k_context_grant(k_monitor, k_monitor->object, TWZ_RIGHTS_ALL), "context");
    must(k_context_grant(k_monitor, view->object, TWZ_RIGHTS_ALL), "view");
    must(k_context_grant(k_monitor, k_object_find(TWZ_ID_SYSTEM), TWZ_RIGHTS_ALL), "system");
    must(k_image_grant(k_monitor), "image");
    map_stack();
    map_index();
    start(TEXT_SLOT * TWZ_SLOT_SIZE + plan.entry, command_line);
}
