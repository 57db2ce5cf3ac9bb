/* SPDX-License-Identifier: BSD-2-Clause */
/* Relocation entries: rules, decoding, and the pass that checks all of them. */
#include "reloc.h"
#include "internal.h"

const struct twz_elf_arch *twz_elf_arch(uint16_t machine)
{
    switch (machine) {
    case EM_X86_64:
        return &twz_elf_arch_x86_64;
    case EM_AARCH64:
        return &twz_elf_arch_aarch64;
    default:
        return NULL;
    }
}

const struct twz_elf_rule *twz_elf_rule(const struct twz_elf_arch *arch, uint32_t type)
{
    for (size_t i = 0; i < sizeof arch->spans / sizeof arch->spans[0]; i++) {
        const uint32_t index = type - arch->spans[i].first;
        if (type >= arch->spans[i].first && index < arch->spans[i].count) {
            const struct twz_elf_rule *rule = &arch->spans[i].rules[index];
            return rule->flags ? rule : NULL;
        }
    }
    return NULL;
}

const struct twz_elf_table *twz_elf_reloc_table(const struct twz_elf_dynamic *d,
                                                enum twz_elf_reloc_table table, bool *rela)
{
    switch (table) {
    case TWZ_ELF_TABLE_RELR:
        return &d->relr;
    case TWZ_ELF_TABLE_REL:
        *rela = false;
        return &d->rel;
    case TWZ_ELF_TABLE_RELA:
        *rela = true;
        return &d->rela;
    case TWZ_ELF_TABLE_JMPREL:
        *rela = d->jmprel_is_rela;
        return &d->jmprel;
    default:
        return NULL;
    }
}

/* RELR (gABI draft "Relative Relocation Table"): an even entry is the address of one word; an odd
 * one is a bitmap of which of the next 63 words follow. */
enum twz_elf_error twz_elf_relr_next(struct window *window, struct twz_elf_reloc_cursor *c,
                                     struct twz_elf_reloc *reloc)
{
    while (c->bitmap == 0) {
        if (c->index * 8 >= window->table->size)
            return TWZ_ELF_END;
        const void *p = window_at(window, c->index * 8, 8);
        if (!p)
            return TWZ_ELF_READ;
        const uint64_t entry = load64(p);
        reloc->index = c->index;
        reloc->target = entry;
        if ((entry & 1) == 0) {
            if (entry % 8)
                return TWZ_ELF_RELR_ALIGN;
            c->index++;
            c->next = entry + 8;
            c->started = true;
            return TWZ_ELF_OK;
        }
        if (!c->started)
            return TWZ_ELF_RELR_BITMAP;
        c->index++;
        c->bitmap = entry >> 1;
        c->where = c->next;
        c->next += UINT64_C(63) * 8;
    }
    const unsigned skip = (unsigned)__builtin_ctzll(c->bitmap);
    reloc->index = c->index - 1;
    reloc->target = c->where + skip * UINT64_C(8);
    c->bitmap &= c->bitmap - 1;
    return TWZ_ELF_OK;
}

static void decode(const void *p, bool rela, struct twz_elf_reloc_cursor *c,
                   struct twz_elf_reloc *reloc)
{
    const uint8_t *entry = p;
    const uint64_t info = load64(entry + offsetof(Elf64_Rela, r_info));
    reloc->table = c->table;
    reloc->index = c->index++;
    reloc->target = load64(entry);
    reloc->type = (uint32_t)ELF64_R_TYPE(info);
    reloc->symbol = (uint32_t)ELF64_R_SYM(info);
    reloc->addend = rela ? (int64_t)load64(entry + offsetof(Elf64_Rela, r_addend)) : 0;
    reloc->addend_in_place = !rela;
}

static size_t entry_size(bool rela)
{
    return rela ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
}

static enum twz_elf_error entry_next(struct window *window, struct twz_elf_reloc_cursor *c,
                                     bool rela, struct twz_elf_reloc *reloc)
{
    const size_t size = entry_size(rela);
    if (c->index * size >= window->table->size)
        return TWZ_ELF_END;
    const void *p = window_at(window, c->index * size, size);
    if (!p) {
        *reloc = (struct twz_elf_reloc){.table = c->table, .index = c->index};
        return TWZ_ELF_READ;
    }
    decode(p, rela, c, reloc);
    return TWZ_ELF_OK;
}

void twz_elf_reloc_open(struct reloc_reader *reader, const struct twz_elf_dynamic *dynamic)
{
    memset(&reader->cursor, 0, sizeof reader->cursor);
    reader->dynamic = dynamic;
    window_open(&reader->window, dynamic, &dynamic->relr);
}

enum twz_elf_error twz_elf_reloc_step(struct reloc_reader *reader, struct twz_elf_reloc *reloc)
{
    struct twz_elf_reloc_cursor *c = &reader->cursor;
    for (;;) {
        bool rela = false;
        const struct twz_elf_table *table = twz_elf_reloc_table(reader->dynamic, c->table, &rela);
        if (!table)
            return TWZ_ELF_END;
        if (reader->window.table != table)
            window_open(&reader->window, reader->dynamic, table);
        enum twz_elf_error error;
        if (c->table == TWZ_ELF_TABLE_RELR) {
            *reloc = (struct twz_elf_reloc){
                .table = c->table,
                .index = c->index,
                .type = reader->dynamic->file->arch->relative,
                .addend_in_place = true,
            };
            error = twz_elf_relr_next(&reader->window, c, reloc);
        } else {
            error = entry_next(&reader->window, c, rela, reloc);
        }
        if (error != TWZ_ELF_END)
            return error;
        c->table++;
        c->index = 0;
    }
}

enum twz_elf_error twz_elf_reloc_next(const struct twz_elf_dynamic *dynamic,
                                      struct twz_elf_reloc_cursor *cursor,
                                      struct twz_elf_reloc *reloc)
{
    struct reloc_reader reader;
    bool rela = false;
    const struct twz_elf_table *table = twz_elf_reloc_table(dynamic, cursor->table, &rela);
    const size_t size = entry_size(rela);
    if (table && table->direct && cursor->table != TWZ_ELF_TABLE_RELR &&
        cursor->index < table->size / size) {
        decode((const uint8_t *)table->direct + cursor->index * size, rela, cursor, reloc);
        return TWZ_ELF_OK;
    }
    twz_elf_reloc_open(&reader, dynamic);
    reader.cursor = *cursor;
    const enum twz_elf_error error = twz_elf_reloc_step(&reader, reloc);
    *cursor = reader.cursor;
    return error;
}

bool twz_elf_reloc_refuse(struct check *check, enum twz_elf_error error,
                          const struct twz_elf_reloc *reloc, uint64_t v0, uint64_t v1)
{
    static const enum twz_elf_place places[] = {
        [TWZ_ELF_TABLE_RELR] = TWZ_ELF_AT_RELR,
        [TWZ_ELF_TABLE_REL] = TWZ_ELF_AT_REL,
        [TWZ_ELF_TABLE_RELA] = TWZ_ELF_AT_RELA,
        [TWZ_ELF_TABLE_JMPREL] = TWZ_ELF_AT_JMPREL,
    };
    return refuse(check, error, places[reloc->table], reloc->index, v0, v1, 0);
}

bool twz_elf_reloc_report_encoding(struct check *check, enum twz_elf_error error,
                                   const struct twz_elf_dynamic *d,
                                   const struct twz_elf_reloc *reloc)
{
    bool rela;
    if (error == TWZ_ELF_READ)
        twz_elf_reloc_refuse(check, error, reloc,
                             twz_elf_reloc_table(d, reloc->table, &rela)->position, 0);
    else
        twz_elf_reloc_refuse(check, error, reloc, reloc->target, 8);
    return false;
}

const struct twz_elf_segment *twz_elf_reloc_home(const struct twz_elf_file *file, uint64_t target,
                                                 uint64_t width)
{
    for (uint32_t i = 0; i < file->load_count; i++) {
        const struct twz_elf_segment *load = &file->loads[i];
        if ((load->flags & PF_W) && twz_elf_within(target, width, load->vaddr, load->memsz))
            return load;
    }
    return NULL;
}

/* What the pass keeps from one entry to the next. */
struct pass {
    struct check check;
    const struct twz_elf_dynamic *dynamic;
    unsigned accept;
    const struct twz_elf_segment *home; /* of the last target */
};

static bool check_target(struct pass *pass, const struct twz_elf_reloc *reloc, uint64_t width)
{
    const struct twz_elf_file *file = pass->dynamic->file;
    const struct twz_elf_segment *home = pass->home;
    if (home && twz_elf_within(reloc->target, width, home->vaddr, home->memsz))
        return true;
    home = twz_elf_reloc_home(file, reloc->target, width);
    if (home) {
        pass->home = home;
        return true;
    }
    if ((pass->accept & TWZ_ELF_ACCEPT_TEXT) && (pass->dynamic->flags & TWZ_ELF_TEXTREL) &&
        twz_elf_segment_at(file, reloc->target, width))
        return true;
    return twz_elf_reloc_refuse(&pass->check, TWZ_ELF_RELOC_TARGET, reloc, reloc->target, width);
}

static bool accepted(unsigned accept, const struct twz_elf_rule *rule)
{
    if (rule->flags & TWZ_ELF_RULE_COPY)
        return accept & TWZ_ELF_ACCEPT_COPY;
    if (rule->flags & TWZ_ELF_RULE_CALL)
        return accept & TWZ_ELF_ACCEPT_IFUNC;
    if (rule->flags & TWZ_ELF_RULE_TLS)
        return accept & TWZ_ELF_ACCEPT_TLS;
    return true;
}

/* An entry with a symbol; *size becomes the symbol's size. */
static bool check_symbol(struct pass *pass, const struct twz_elf_reloc *reloc,
                         const struct twz_elf_rule *rule, uint64_t *size)
{
    const struct twz_elf_dynamic *d = pass->dynamic;
    struct twz_elf_symbol symbol;
    if (!(rule->flags & TWZ_ELF_RULE_SYMBOL))
        return twz_elf_reloc_refuse(&pass->check, TWZ_ELF_RELOC_SYMBOL_UNUSED, reloc, reloc->type,
                                    reloc->symbol);
    switch (twz_elf_symbol(d, reloc->symbol, &symbol)) {
    case TWZ_ELF_OK:
        *size = symbol.sym.st_size;
        break;
    case TWZ_ELF_READ:
        twz_elf_reloc_refuse(&pass->check, TWZ_ELF_READ, reloc, d->symtab.position,
                             sizeof symbol.sym);
        return false;
    default:
        return twz_elf_reloc_refuse(&pass->check, TWZ_ELF_RELOC_SYMBOL, reloc, reloc->symbol,
                                    d->symbol_count);
    }
    if (symbol.sym.st_name < d->strtab.size)
        return true;
    return twz_elf_reloc_refuse(&pass->check, TWZ_ELF_SYMBOL_NAME, reloc, symbol.sym.st_name,
                                d->strtab.size);
}

static bool check_entry(struct pass *pass, const struct twz_elf_reloc *reloc)
{
    const struct twz_elf_dynamic *d = pass->dynamic;
    const struct twz_elf_arch *arch = d->file->arch;
    if (reloc->type == arch->relative && reloc->symbol == 0)
        return check_target(pass, reloc, 8);
    const struct twz_elf_rule *rule = twz_elf_rule(arch, reloc->type);
    if (!rule)
        return twz_elf_reloc_refuse(&pass->check, TWZ_ELF_RELOC_TYPE, reloc, reloc->type,
                                    arch->machine);
    if (rule->flags & TWZ_ELF_RULE_NONE)
        return true;
    if (!accepted(pass->accept, rule))
        return twz_elf_reloc_refuse(&pass->check, TWZ_ELF_RELOC_KIND, reloc, reloc->type, 0);
    uint64_t size = 0;
    if (reloc->symbol && !check_symbol(pass, reloc, rule, &size))
        return false;
    if (!check_target(pass, reloc, (rule->flags & TWZ_ELF_RULE_COPY) ? size : rule->width))
        return false;
    uint64_t resolver = (uint64_t)reloc->addend;
    if (!(rule->flags & TWZ_ELF_RULE_CALL))
        return true;
    if (reloc->addend_in_place &&
        twz_elf_read_vaddr(d->file, reloc->target, &resolver, sizeof resolver) != TWZ_ELF_OK)
        return true; /* outside its segment: reported above */
    if (twz_elf_is_code(d->file, resolver))
        return true;
    return twz_elf_reloc_refuse(&pass->check, TWZ_ELF_RELOC_IFUNC, reloc, resolver, 0);
}

/* A run of RELATIVE entries from entry `i` of RELA with targets in the segment of the last one:
 * most of most files. Returns the first entry that still needs to be looked at. */
static uint64_t skip_relative(const struct pass *pass, uint64_t i)
{
    const struct twz_elf_table *table = &pass->dynamic->rela;
    const struct twz_elf_segment *home = pass->home;
    const uint64_t relative = ELF64_R_INFO((uint64_t)0, pass->dynamic->file->arch->relative);
    const uint64_t count = table->size / sizeof(Elf64_Rela);
    if (!table->direct || !home || home->memsz < 8)
        return i;
    const uint8_t *entry = (const uint8_t *)table->direct + i * sizeof(Elf64_Rela);
    while (i < count && load64(entry + 8) == relative &&
           load64(entry) - home->vaddr <= home->memsz - 8) {
        entry += sizeof(Elf64_Rela);
        i++;
    }
    return i;
}

enum twz_elf_error twz_elf_relocs_check(const struct twz_elf_dynamic *dynamic, unsigned accept,
                                        struct twz_elf_diag *diag)
{
    struct pass pass = {.check = {.diag = diag}, .dynamic = dynamic, .accept = accept};
    struct reloc_reader reader;
    struct twz_elf_reloc reloc;
    enum twz_elf_error error;
    twz_elf_reloc_open(&reader, dynamic);
    for (;;) {
        if (reader.cursor.table == TWZ_ELF_TABLE_RELA)
            reader.cursor.index = skip_relative(&pass, reader.cursor.index);
        error = twz_elf_reloc_step(&reader, &reloc);
        if (error != TWZ_ELF_OK)
            break;
        if (!check_entry(&pass, &reloc))
            return pass.check.result;
    }
    if (error != TWZ_ELF_END)
        twz_elf_reloc_report_encoding(&pass.check, error, dynamic, &reloc);
    return pass.check.result;
}
