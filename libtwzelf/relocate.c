/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of relocations, and the two ways of writing them: into memory, or as a list of writes.
 *
 * Nothing here trusts an earlier check. Each target is compared with the region that may be written
 * before it is, which for the common cases (RELATIVE, RELR) is one subtraction and one comparison
 * per word, so that these run at the speed of memory.
 */
#include "reloc.h"

/* A run of writable memory: vaddrs [vaddr, vaddr + size) are at start, when there is a start. */
struct region {
    uint64_t vaddr;
    uint64_t size;
    uint8_t *start;
};

struct engine {
    struct check check;
    const struct twz_elf_dynamic *dynamic;
    uint64_t bias;
    const struct twz_elf_resolver *resolver;
    const struct twz_elf_memory *memory;     /* either this */
    const struct twz_elf_receiver *receiver; /* or this */
    struct region region;                    /* that the last target was in */
    bool last_pass;                          /* IFUNCs only */
    bool deferred;                           /* there is something for the last pass */
    bool ifunc_symbols;                      /* and not only IRELATIVE */
};

/* What is to be written for one relocation. */
struct result {
    uint64_t words[2];
    unsigned width; /* 16: both words */
    bool skip;
    bool copy; /* words[0] is the source, words[1] the size */
};

static bool in_region(const struct region *region, uint64_t target, uint64_t width)
{
    return target - region->vaddr < region->size && width <= region->size &&
           target - region->vaddr <= region->size - width;
}

/* Makes e->region hold the target: the writable segment around it, and of that what is in memory.
 * False: nothing that may be written is there. */
static bool find_region(struct engine *e, uint64_t target, uint64_t width)
{
    if (in_region(&e->region, target, width))
        return true;
    const struct twz_elf_segment *home = twz_elf_reloc_home(e->dynamic->file, target, width);
    if (!home)
        return false;
    struct region region = {home->vaddr, home->memsz, NULL};
    if (e->memory) {
        const struct twz_elf_memory *m = e->memory;
        const uint64_t low = m->vaddr > home->vaddr ? m->vaddr : home->vaddr;
        uint64_t end, high = home->vaddr + home->memsz;
        if (!__builtin_add_overflow(m->vaddr, m->size, &end) && end < high)
            high = end;
        if (low >= high)
            return false;
        region = (struct region){low, high - low, (uint8_t *)m->start + (low - m->vaddr)};
    }
    if (!in_region(&region, target, width))
        return false;
    e->region = region;
    return true;
}

/* The addend that REL and RELR keep at the target. The region holds the target. */
static bool load_addend(struct engine *e, uint64_t target, unsigned width, uint64_t *value)
{
    const size_t size = width < 8 ? width : 8;
    *value = 0;
    if (e->memory) {
        memcpy(value, e->region.start + (target - e->region.vaddr), size);
        return true;
    }
    return twz_elf_read_vaddr(e->dynamic->file, target, value, size) == TWZ_ELF_OK;
}

static bool store(struct engine *e, uint64_t target, uint64_t value, unsigned width)
{
    if (e->memory) {
        memcpy(e->region.start + (target - e->region.vaddr), &value, width);
        return true;
    }
    return e->receiver->write(e->receiver->context, target, value, width);
}

static bool fits(uint64_t value, const struct twz_elf_rule *rule)
{
    if (rule->flags & TWZ_ELF_RULE_SIGNED)
        return value == (uint64_t)(int64_t)(int32_t)(uint32_t)value;
    if (rule->flags & TWZ_ELF_RULE_UNSIGNED)
        return value <= UINT32_MAX;
    return true;
}

static bool fail(struct engine *e, enum twz_elf_error error, const struct twz_elf_reloc *reloc,
                 uint64_t v0, uint64_t v1)
{
    twz_elf_reloc_refuse(&e->check, error, reloc, v0, v1);
    return false;
}

static bool resolve(struct engine *e, const struct twz_elf_reloc *reloc,
                    struct twz_elf_definition *definition)
{
    *definition = (struct twz_elf_definition){0};
    if (reloc->symbol >= e->dynamic->symbol_count && reloc->symbol)
        return fail(e, TWZ_ELF_RELOC_SYMBOL, reloc, reloc->symbol, e->dynamic->symbol_count);
    if (!e->resolver || !e->resolver->resolve)
        return fail(e, TWZ_ELF_RELOC_KIND, reloc, reloc->type, 0);
    if (!e->resolver->resolve(e->resolver->context, reloc, reloc->symbol, definition))
        return fail(e, TWZ_ELF_RELOC_UNRESOLVED, reloc, reloc->symbol, 0);
    return true;
}

static bool call(struct engine *e, const struct twz_elf_reloc *reloc, uint64_t address,
                 uint64_t *value)
{
    if (!e->resolver || !e->resolver->call)
        return fail(e, TWZ_ELF_RELOC_KIND, reloc, reloc->type, 0);
    if (!e->resolver->call(e->resolver->context, address, value))
        return fail(e, TWZ_ELF_RELOC_UNRESOLVED, reloc, reloc->symbol, 0);
    return true;
}

/* COPY: as many bytes as both symbols have; the engine of the target has checked its own. */
static bool evaluate_copy(struct engine *e, const struct twz_elf_reloc *reloc,
                          const struct twz_elf_definition *definition, struct result *result)
{
    struct twz_elf_symbol symbol;
    if (twz_elf_symbol(e->dynamic, reloc->symbol, &symbol) != TWZ_ELF_OK)
        return fail(e, TWZ_ELF_RELOC_SYMBOL, reloc, reloc->symbol, e->dynamic->symbol_count);
    const uint64_t size =
        symbol.sym.st_size < definition->size ? symbol.sym.st_size : definition->size;
    result->copy = true;
    result->words[0] = definition->value;
    result->words[1] = size;
    result->skip = size == 0 || definition->value == 0;
    return true;
}

static bool evaluate_tlsdesc(struct engine *e, const struct twz_elf_reloc *reloc,
                             const struct twz_elf_definition *definition, int64_t addend,
                             struct result *result)
{
    if (!e->resolver->tlsdesc)
        return fail(e, TWZ_ELF_RELOC_KIND, reloc, reloc->type, 0);
    if (!e->resolver->tlsdesc(e->resolver->context, definition, addend, result->words))
        return fail(e, TWZ_ELF_RELOC_UNRESOLVED, reloc, reloc->symbol, 0);
    return true;
}

/* Computes what the rule says. All sums are modulo 2^64, as the psABI has them. */
static bool evaluate(struct engine *e, const struct twz_elf_reloc *reloc,
                     const struct twz_elf_rule *rule, struct result *result)
{
    const unsigned flags = rule->flags;
    struct twz_elf_definition definition = {0};
    const bool is_call = (flags & TWZ_ELF_RULE_CALL) != 0;
    *result = (struct result){.width = rule->width};
    if (is_call && !e->last_pass) {
        e->deferred = true;
        result->skip = true;
        return true;
    }
    if (e->last_pass && !is_call && !(e->ifunc_symbols && (flags & TWZ_ELF_RULE_S))) {
        result->skip = true;
        return true;
    }
    /* Symbol 0 is "no symbol": its address is 0, but thread-local references mean the file. */
    if ((flags & TWZ_ELF_RULE_TLS) || ((flags & TWZ_ELF_RULE_SYMBOL) && reloc->symbol))
        if (!resolve(e, reloc, &definition))
            return false;
    const bool is_ifunc = definition.ifunc && (flags & TWZ_ELF_RULE_S);
    if (is_ifunc != e->last_pass && !is_call) {
        e->deferred |= is_ifunc;
        e->ifunc_symbols |= is_ifunc;
        result->skip = true;
        return true;
    }
    if (flags & TWZ_ELF_RULE_COPY)
        return evaluate_copy(e, reloc, &definition, result);
    if (is_ifunc && !call(e, reloc, definition.value, &definition.value))
        return false;
    uint64_t addend = (uint64_t)reloc->addend;
    if (reloc->addend_in_place && (flags & TWZ_ELF_RULE_A)) {
        /* Of a descriptor, the second word. */
        const uint64_t place = reloc->target + (rule->width == 16 ? 8 : 0);
        if (!load_addend(e, place, rule->width, &addend))
            return fail(e, TWZ_ELF_READ, reloc, reloc->target, rule->width);
    }
    if (flags & TWZ_ELF_RULE_TLSDESC)
        return evaluate_tlsdesc(e, reloc, &definition, (int64_t)addend, result);
    uint64_t value = 0;
    if (flags & (TWZ_ELF_RULE_S | TWZ_ELF_RULE_DTPOFF | TWZ_ELF_RULE_TPOFF))
        value += definition.value;
    if (flags & TWZ_ELF_RULE_Z)
        value += definition.size;
    if (flags & TWZ_ELF_RULE_TPOFF)
        value += (uint64_t)definition.tls_offset;
    if (flags & TWZ_ELF_RULE_DTPMOD)
        value += definition.tls_module;
    if (flags & TWZ_ELF_RULE_A)
        value += addend;
    if (flags & TWZ_ELF_RULE_B)
        value += e->bias;
    if (flags & TWZ_ELF_RULE_P)
        value -= e->bias + reloc->target;
    if (is_call && !call(e, reloc, value, &value))
        return false;
    if (!fits(value, rule))
        return fail(e, TWZ_ELF_RELOC_OVERFLOW, reloc, value, rule->width);
    result->words[0] = value;
    return true;
}

static bool write_copy(struct engine *e, const struct twz_elf_reloc *reloc,
                       const struct result *result)
{
    const uint64_t source = result->words[0], size = result->words[1];
    if (!find_region(e, reloc->target, size))
        return fail(e, TWZ_ELF_RELOC_TARGET, reloc, reloc->target, size);
    if (e->memory) {
        memmove(e->region.start + (reloc->target - e->region.vaddr),
                (const void *)(uintptr_t)source, (size_t)size);
        return true;
    }
    if (!e->receiver->copy)
        return fail(e, TWZ_ELF_RELOC_KIND, reloc, reloc->type, 0);
    if (!e->receiver->copy(e->receiver->context, reloc->target, source, size))
        return fail(e, TWZ_ELF_RELOC_REFUSED, reloc, reloc->target, size);
    return true;
}

static bool apply(struct engine *e, const struct twz_elf_reloc *reloc)
{
    const struct twz_elf_arch *arch = e->dynamic->file->arch;
    const struct twz_elf_rule *rule = twz_elf_rule(arch, reloc->type);
    struct result result;
    if (!rule)
        return fail(e, TWZ_ELF_RELOC_TYPE, reloc, reloc->type, arch->machine);
    if (rule->flags & TWZ_ELF_RULE_NONE)
        return true;
    if (rule->width && !find_region(e, reloc->target, rule->width))
        return fail(e, TWZ_ELF_RELOC_TARGET, reloc, reloc->target, rule->width);
    if (!evaluate(e, reloc, rule, &result))
        return false;
    if (result.skip)
        return true;
    if (result.copy)
        return write_copy(e, reloc, &result);
    const bool two = result.width == 16;
    if (!store(e, reloc->target, result.words[0], two ? 8 : result.width) ||
        (two && !store(e, reloc->target + 8, result.words[1], 8)))
        return fail(e, TWZ_ELF_RELOC_REFUSED, reloc, reloc->target, result.width);
    return true;
}

/* A run of RELATIVE entries from entry `i` of RELA, where linkers sort them to the front. Returns
 * the first entry that was not applied. */
static uint64_t apply_relative(struct engine *e, const struct twz_elf_table *table, uint64_t i)
{
    const uint64_t relative = ELF64_R_INFO((uint64_t)0, e->dynamic->file->arch->relative);
    const uint64_t count = table->size / sizeof(Elf64_Rela), bias = e->bias;
    const uint8_t *entry = (const uint8_t *)table->direct + i * sizeof(Elf64_Rela);
    while (i < count) {
        if (load64(entry + 8) != relative || !find_region(e, load64(entry), 8))
            return i;
        const uint64_t low = e->region.vaddr, last = e->region.size - 8;
        uint8_t *const start = e->region.start;
        for (; i < count; i++, entry += sizeof(Elf64_Rela)) {
            const uint64_t offset = load64(entry) - low;
            if (offset > last || load64(entry + 8) != relative)
                break;
            store64(start + offset, load64(entry + 16) + bias);
        }
    }
    return i;
}

/* The words of one bitmap, all inside the region. */
static void apply_bitmap(uint8_t *at, uint64_t bitmap, uint64_t bias)
{
    if (bitmap == (UINT64_MAX >> 1)) {
        for (unsigned i = 0; i < 63; i++, at += 8)
            store64(at, load64(at) + bias);
        return;
    }
    for (; bitmap; bitmap &= bitmap - 1) {
        uint8_t *word = at + (unsigned)__builtin_ctzll(bitmap) * 8u;
        store64(word, load64(word) + bias);
    }
}

static bool apply_relr_word(struct engine *e, const struct twz_elf_reloc *reloc)
{
    if (!find_region(e, reloc->target, 8))
        return fail(e, TWZ_ELF_RELOC_TARGET, reloc, reloc->target, 8);
    uint64_t value;
    if (!load_addend(e, reloc->target, 8, &value))
        return fail(e, TWZ_ELF_READ, reloc, reloc->target, 8);
    if (!store(e, reloc->target, value + e->bias, 8))
        return fail(e, TWZ_ELF_RELOC_REFUSED, reloc, reloc->target, 8);
    return true;
}

/* Bitmaps whose words all lie in the region are applied at once; the rest word by word. */
static bool apply_relr(struct engine *e)
{
    struct window window;
    struct twz_elf_reloc_cursor cursor = {.table = TWZ_ELF_TABLE_RELR};
    struct twz_elf_reloc reloc = {.table = TWZ_ELF_TABLE_RELR, .addend_in_place = true};
    enum twz_elf_error error;
    window_open(&window, e->dynamic, &e->dynamic->relr);
    for (;;) {
        const void *p = NULL;
        if (e->memory && cursor.bitmap == 0 && cursor.started)
            p = window_at(&window, cursor.index * 8, 8);
        const uint64_t entry = p ? load64(p) : 0;
        if ((entry & 1) && in_region(&e->region, cursor.next, UINT64_C(63) * 8)) {
            apply_bitmap(e->region.start + (cursor.next - e->region.vaddr), entry >> 1, e->bias);
            cursor.next += UINT64_C(63) * 8;
            cursor.index++;
            continue;
        }
        error = twz_elf_relr_next(&window, &cursor, &reloc);
        if (error != TWZ_ELF_OK)
            break;
        if (!apply_relr_word(e, &reloc))
            return false;
    }
    if (error == TWZ_ELF_END)
        return true;
    return twz_elf_reloc_report_encoding(&e->check, error, e->dynamic, &reloc);
}

static bool apply_tables(struct engine *e)
{
    const struct twz_elf_dynamic *d = e->dynamic;
    struct reloc_reader reader;
    struct twz_elf_reloc reloc;
    enum twz_elf_error error;
    twz_elf_reloc_open(&reader, d);
    reader.cursor.table = d->rel.size ? TWZ_ELF_TABLE_REL : TWZ_ELF_TABLE_RELA;
    for (;;) {
        if (reader.cursor.table == TWZ_ELF_TABLE_RELA && d->rela.direct && e->memory &&
            !e->last_pass)
            reader.cursor.index = apply_relative(e, &d->rela, reader.cursor.index);
        error = twz_elf_reloc_step(&reader, &reloc);
        if (error != TWZ_ELF_OK)
            break;
        if (!apply(e, &reloc))
            return false;
    }
    if (error == TWZ_ELF_END)
        return true;
    return twz_elf_reloc_report_encoding(&e->check, error, d, &reloc);
}

static enum twz_elf_error run(struct engine *e)
{
    if (apply_relr(e) && apply_tables(e) && e->deferred) {
        e->last_pass = true;
        apply_tables(e);
    }
    return e->check.result;
}

enum twz_elf_error twz_elf_relocate(const struct twz_elf_dynamic *dynamic, uint64_t bias,
                                    const struct twz_elf_resolver *resolver,
                                    const struct twz_elf_memory *memory, struct twz_elf_diag *diag)
{
    struct engine e = {
        .check = {.diag = diag},
        .dynamic = dynamic,
        .bias = bias,
        .resolver = resolver,
        .memory = memory,
    };
    return run(&e);
}

enum twz_elf_error twz_elf_relocs_emit(const struct twz_elf_dynamic *dynamic, uint64_t bias,
                                       const struct twz_elf_resolver *resolver,
                                       const struct twz_elf_receiver *receiver,
                                       struct twz_elf_diag *diag)
{
    struct engine e = {
        .check = {.diag = diag},
        .dynamic = dynamic,
        .bias = bias,
        .resolver = resolver,
        .receiver = receiver,
    };
    return run(&e);
}
