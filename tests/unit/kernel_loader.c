/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own loader, kernel/core/monitor.c itself, with mutants of the monitor and of a small
 * program. Around it stand objects, slots and frames that only note down what it does with them.
 * Whatever it accepts shows nothing but the file in the text slot, nothing of it writable, and has
 * written nothing but what is then mapped in its own data slot.
 */
#define _GNU_SOURCE
#include "test.h"

#include "elf_builder.h"
#include "elf_mutator.h"

/* The machine's own is inline, for memory that is not here. */
#define k_direct k_direct_of_the_machine
#include "arch.h"
#undef k_direct
static void *k_direct(k_phys address);

#include "kernel/core/monitor.c"

#define PAGES ((uint32_t)(TWZ_SLOT_SIZE / TWZ_PAGE_SIZE))

/* What the machine is like during one load. Frame numbers are 1 + an index of `frames`. */
static struct machine {
    struct obj packed;
    struct obj_header header;
    struct k_object image, data, stack, others;
    struct k_mapping mapping[4]; /* of the four slots from TEXT_SLOT on */
    struct twz_range relro;
    uint32_t frame_of[PAGES]; /* of the data object */
    uint32_t touched[4096];
    uint32_t touched_count, copy_first, copy_count, made;
    uint64_t entry;
    jmp_buf refused;
} m;

static uint8_t frames[4096][TWZ_PAGE_SIZE];
static char why[TWZ_ELF_LINE + 64];

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "the kernel's loader: %s\n", what);
        abort();
    }
}

/* ---- The kernel around it ---- */

struct k_context *k_monitor;
static struct k_view a_view;

void k_image_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    longjmp(m.refused, 1);
}

void k_panic(const struct k_trap *trap, const char *format, ...)
{
    (void)trap;
    require(false, format);
    abort();
}

bool k_image_find(const char *name, struct obj *packed, struct k_object **object)
{
    require(strcmp(name, "monitor") == 0, "another object is looked for");
    *packed = m.packed;
    *object = &m.image;
    return true;
}

uint64_t k_image_index_length(void)
{
    return TWZ_PAGE_SIZE;
}

struct k_object *k_object_create(enum k_object_kind kind, void *state)
{
    require(kind == K_OBJECT_DATA && state == NULL, "an object of another kind");
    return m.made++ == 0 ? &m.data : &m.stack;
}

struct k_object *k_object_find(struct twz_id id)
{
    (void)id;
    return &m.others;
}

/* The frames stay the image's until they are written. */
enum twz_error k_object_copy(struct k_object *target, uint32_t target_page, struct k_object *source,
                             uint32_t source_page, uint32_t count)
{
    const uint64_t end = 1 + (m.header.payload_length + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE;
    require(target == &m.data && source == &m.image, "a copy of another object");
    require(source_page >= 1 && source_page <= end && count <= end - source_page,
            "a copy of what is not the file");
    require(target_page >= 1 && target_page < PAGES && count < PAGES - target_page,
            "a copy to outside of the data slot");
    m.copy_first = target_page;
    m.copy_count = count;
    return TWZ_OK;
}

k_phys k_object_demand(struct k_object *object, uint32_t page, bool write)
{
    require(object == &m.data && write && page < PAGES, "a page of another object");
    if (m.frame_of[page] == 0) {
        if (m.touched_count == sizeof m.touched / sizeof m.touched[0])
            k_image_refuse("monitor: no memory");
        m.touched[m.touched_count++] = page;
        m.frame_of[page] = m.touched_count;
    }
    return m.frame_of[page] * TWZ_PAGE_SIZE;
}

static void *k_direct(k_phys address)
{
    const uint64_t frame = address / TWZ_PAGE_SIZE;
    require(frame >= 1 && frame <= m.touched_count && address % TWZ_PAGE_SIZE == 0, "a wild frame");
    return frames[frame - 1];
}

enum twz_error k_view_map(struct k_view *where, uint32_t slot, struct k_object *object,
                          const struct twz_range *ranges, uint32_t count)
{
    require(where == &a_view && slot >= TEXT_SLOT && slot <= INDEX_SLOT, "another slot");
    struct k_mapping *mapping = &m.mapping[slot - TEXT_SLOT];
    require(mapping->object == NULL, "a slot that is taken");
    require(count <= TWZ_RANGES_MAX, "too many ranges");
    mapping->object = object;
    mapping->ranges.count = count;
    memcpy(mapping->ranges.list, ranges, count * sizeof *ranges);
    return TWZ_OK;
}

struct k_mapping *k_view_at(const struct k_view *where, uint32_t slot)
{
    (void)where;
    return &m.mapping[slot - TEXT_SLOT];
}

enum twz_error k_mapping_narrow(struct k_mapping *mapping, uint32_t first, uint32_t count,
                                uint32_t keep, bool given)
{
    require(mapping == &m.mapping[DATA_SLOT - TEXT_SLOT] && keep == TWZ_READ && given,
            "RELRO of something else");
    m.relro = (struct twz_range){.first_page = first, .page_count = count, .rights = keep};
    return TWZ_OK;
}

struct k_view *k_view_create(void)
{
    a_view.object = &m.others;
    return &a_view;
}

struct k_context *k_context_create(struct k_view *where)
{
    static struct k_context context;
    (void)where;
    context.object = &m.others;
    return &context;
}

enum twz_error k_context_grant(struct k_context *context, struct k_object *object, uint32_t rights)
{
    (void)context, (void)object, (void)rights;
    return TWZ_OK;
}

enum twz_error k_image_grant(struct k_context *context)
{
    (void)context;
    return TWZ_OK;
}

struct k_thread *k_thread_create(struct k_context *home, const struct twz_thread_spec *spec)
{
    static struct k_thread thread;
    (void)home, (void)spec;
    thread.object = &m.others;
    return &thread;
}

enum twz_error k_thread_bind(struct k_thread *thread, struct k_context *context,
                             const struct twz_bind_spec *spec)
{
    (void)thread, (void)context, (void)spec;
    return TWZ_OK;
}

bool k_root_write(struct k_root *root, uint64_t to, const void *from, size_t length)
{
    (void)root, (void)to, (void)from, (void)length;
    return true;
}

uint64_t k_clock(void)
{
    return 0;
}

uint64_t k_calendar(void)
{
    return 0;
}

struct k_trap *k_thread_trap(struct k_thread *thread)
{
    (void)thread;
    return NULL;
}

void k_trap_start(struct k_trap *trap, uint64_t entry, uint64_t stack, uint64_t argument)
{
    (void)trap, (void)stack, (void)argument;
    m.entry = entry;
}

/* ---- One load, and what must be true of it ---- */

static bool in_range(const struct twz_range *range, uint64_t page)
{
    return page >= range->first_page && page - range->first_page < range->page_count;
}

static void check_text(void)
{
    const struct k_mapping *text = &m.mapping[0];
    const uint64_t end = 1 + (m.header.payload_length + TWZ_PAGE_SIZE - 1) / TWZ_PAGE_SIZE;
    uint64_t last = 1, entry_page = (m.entry - TEXT_SLOT * TWZ_SLOT_SIZE) / TWZ_PAGE_SIZE;
    bool entry_found = false;
    require(text->object == &m.image && text->ranges.count > 0, "no text");
    for (uint32_t i = 0; i < text->ranges.count; i++) {
        const struct twz_range *range = &text->ranges.list[i];
        require(range->first_page >= last && range->page_count > 0, "text ranges out of order");
        last = (uint64_t)range->first_page + range->page_count;
        require(last <= end, "text beyond the file");
        require(range->rights == TWZ_READ || range->rights == (TWZ_READ | TWZ_EXECUTE),
                "text with other rights");
        entry_found |= (range->rights & TWZ_EXECUTE) && in_range(range, entry_page);
    }
    require(entry_found, "an entry that is no text");
}

static void check_data(void)
{
    const struct k_mapping *data = &m.mapping[DATA_SLOT - TEXT_SLOT];
    const struct twz_range *range = &data->ranges.list[0];
    if (data->object == NULL) {
        require(m.touched_count == 0 && m.copy_count == 0, "writes, but no data");
        return;
    }
    require(data->object == &m.data && data->ranges.count == 1, "other data");
    require(range->rights == (TWZ_READ | TWZ_WRITE), "data with other rights");
    require(range->first_page >= 1 && range->page_count > 0 &&
                (uint64_t)range->first_page + range->page_count < PAGES,
            "data beyond its slot");
    require(m.copy_count == 0 ||
                (in_range(range, m.copy_first) && in_range(range, m.copy_first + m.copy_count - 1)),
            "a copy beyond the data");
    for (uint32_t i = 0; i < m.touched_count; i++)
        require(in_range(range, m.touched[i]), "a write beyond the data");
    require(m.relro.page_count == 0 ||
                (in_range(range, m.relro.first_page) &&
                 in_range(range, (uint64_t)m.relro.first_page + m.relro.page_count - 1)),
            "RELRO beyond the data");
}

/* Whether the kernel starts it. */
static bool load_one(const uint8_t *file, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); /* for the address sanitizer */
    volatile bool accepted = false;
    require(exact != NULL, "no memory for the test");
    memcpy(exact, file, size);
    for (uint32_t i = 0; i < m.touched_count; i++)
        m.frame_of[m.touched[i]] = 0;
    m.touched_count = m.copy_first = m.copy_count = m.made = 0;
    m.entry = 0;
    m.relro = (struct twz_range){.page_count = 0};
    memset(m.mapping, 0, sizeof m.mapping);
    m.header.payload_length = size;
    strcpy(m.header.name, "monitor");
    m.packed = (struct obj){.header = &m.header, .payload = exact};
    m.image.kind = K_OBJECT_IMAGE;
    if (setjmp(m.refused) == 0) {
        k_monitor_load("");
        check_text();
        check_data();
        accepted = true;
    } else {
        require(strncmp(why, "monitor: ", 9) == 0 && strlen(why) > 15, "no reason given");
    }
    free(exact);
    return accepted;
}

static void try_mutants(uint64_t start, const uint8_t *seed, size_t size, unsigned long count)
{
    struct mutator mutator = {.state = start};
    struct parts parts;
    unsigned long accepted = 0;
    uint8_t *mutant = malloc(size);
    assert_non_null(mutant);
    find_parts(&parts, seed, size);
    assert_true(load_one(seed, size));
    for (unsigned long i = 0; i < count; i++) {
        const size_t length = make_mutant(&mutator, &parts, mutant, seed, size);
        mutant_begin();
        accepted += load_one(mutant, length);
    }
    mutants_end();
    print_message("# %lu accepted, %lu refused\n", accepted, count - accepted);
    assert_true(accepted > count / 100 && count - accepted > count / 10);
    free(mutant);
}

/* Only what is loaded: the rest of the file is for debuggers. */
static void mutants_of_the_monitor(void **state)
{
    const char *build = getenv("B");
    char path[256];
    size_t size = 0, loaded = 0;
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    (void)state;
    snprintf(path, sizeof path, "%s/monitor.elf", build ? build : "build");
    uint8_t *file = load_file(path, &size);
    assert_non_null(file);
    memcpy(&header, file, sizeof header);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        memcpy(&segment, file + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_LOAD && segment.p_offset + segment.p_filesz > loaded)
            loaded = segment.p_offset + segment.p_filesz;
    }
    header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
    memcpy(file, &header, sizeof header);
    try_mutants(1, file, loaded, mutant_count(10000));
    free(file);
}

/* It has RELA besides. Nothing is needed, and no symbol is referred to. */
static void make_static(struct elf_image *image)
{
    build_elf(image, EM_X86_64);
    put_number(image, F_DYN_TAG(D_NEEDED), DT_DEBUG, 8);
    put_number(image, F_DYN_TAG(D_NEEDED2), DT_DEBUG, 8);
    for (unsigned i = 0; i < R_COUNT; i++)
        put_rela(image, F_RELA(i, r_offset), DATA_VADDR(O_WORDS + i * 8), R_X86_64_RELATIVE, 0,
                 (int64_t)TEXT_VADDR(O_CODE));
    put_rela(image, O_JMPREL, DATA_VADDR(O_WORDS + R_COUNT * 8), R_X86_64_RELATIVE, 0, 0);
}

static void mutants_of_a_program(void **state)
{
    static struct elf_image image;
    (void)state;
    make_static(&image);
    try_mutants(2, image.bytes, image.size, mutant_count(20000));
}

/* Nobody stands by who could call a resolver, and there is no other file to copy from. */
static void refuses_resolvers_and_copies(void **state)
{
    static const struct {
        uint32_t type, symbol;
        uint8_t symbol_type; /* of beta */
        const char *found;
    } rows[] = {
        {R_X86_64_IRELATIVE, 0, STT_OBJECT, "relocation type 37 is not allowed here"},
        {R_X86_64_COPY, S_BETA, STT_OBJECT, "relocation type 5 is not allowed here"},
        {R_X86_64_GLOB_DAT, S_BETA, STT_GNU_IFUNC, "relocation type 6 is not allowed here"},
        {R_X86_64_64, S_BETA, STT_GNU_IFUNC, "relocation type 1 is not allowed here"},
        {R_X86_64_GLOB_DAT, S_BETA, STT_OBJECT, NULL}, /* all else about these is fine */
    };
    static struct twz_elf_module module;
    static struct elf_image image;
    struct twz_elf_bytes bytes;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make_static(&image);
        put_rela(&image, F_RELA(R_RELATIVE, r_offset), DATA_VADDR(O_WORDS), rows[i].type,
                 rows[i].symbol, (int64_t)TEXT_VADDR(O_CODE));
        put_number(&image, F_SYM(S_BETA, st_info), ELF64_ST_INFO(STB_GLOBAL, rows[i].symbol_type),
                   1);
        put_number(&image, F_SYM(S_BETA, st_value), TEXT_VADDR(O_CODE), 8);
        elf_bytes(&bytes, &image, true);
        assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_OK);
        assert_int_equal(load_one(image.bytes, image.size), rows[i].found == NULL);
        if (rows[i].found)
            assert_non_null(strstr(why, rows[i].found));
    }
}

RUN_TESTS(T(refuses_resolvers_and_copies, "COPY, IRELATIVE and IFUNC symbols are refused"),
          T(mutants_of_the_monitor, "mutants of the monitor are refused or stay in their slots"),
          T(mutants_of_a_program, "so are mutants of a small program"))
