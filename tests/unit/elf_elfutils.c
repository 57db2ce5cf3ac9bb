/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real files: what libtwzelf reads equals what elfutils reads, and relocating them in memory and by
 * emitted writes gives the same bytes.
 *
 * Run on a sample of /usr/lib and /usr/bin; with ALL=1 in the environment on every file, and with
 * arguments on these files.
 */
#define _GNU_SOURCE
#include "real_file.h"

#include <ftw.h>
#include <stdlib.h>

#define SAMPLE 10000u /* files, one in 25 of which is ELF */

static char **files;
static size_t file_count, file_room;

static int add_file(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)walk;
    if (type != FTW_F || status->st_size < 64)
        return 0;
    if (file_count == file_room) {
        file_room = file_room ? file_room * 2 : 1024;
        files = realloc(files, file_room * sizeof *files);
        assert_non_null(files);
    }
    files[file_count++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void same_segments(const struct both *both)
{
    size_t count;
    uint32_t loads = 0;
    CHECK(both, elf_getphdrnum(both->elf, &count) == 0);
    CHECK(both, count == both->file.phnum);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr phdr;
        CHECK(both, gelf_getphdr(both->elf, (int)i, &phdr) != NULL);
        if (phdr.p_type == PT_LOAD && phdr.p_memsz) {
            const struct twz_elf_segment *load = &both->file.loads[loads++];
            CHECK(both, load->phdr == i);
            CHECK(both, load->vaddr == phdr.p_vaddr && load->memsz == phdr.p_memsz);
            CHECK(both, load->offset == phdr.p_offset && load->filesz == phdr.p_filesz);
            CHECK(both, load->flags == phdr.p_flags);
        }
        if (phdr.p_type == PT_TLS)
            CHECK(both, both->file.tls.memsz == phdr.p_memsz);
        if (phdr.p_type == PT_GNU_STACK)
            CHECK(both, both->file.stack.flags == phdr.p_flags);
    }
    CHECK(both, loads == both->file.load_count);
}

static Elf_Scn *section_of_type(const struct both *both, uint32_t type, GElf_Shdr *shdr)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(both->elf, section)))
        if (gelf_getshdr(section, shdr) && shdr->sh_type == type)
            return section;
    return NULL;
}

static void same_dynamic(const struct both *both)
{
    const struct twz_elf_dynamic *d = &both->dynamic;
    GElf_Shdr shdr;
    Elf_Scn *section = section_of_type(both, SHT_DYNAMIC, &shdr);
    if (!section)
        return;
    Elf_Data *data = elf_getdata(section, NULL);
    uint32_t needed = 0, cursor = 0;
    for (uint32_t i = 0;; i++) {
        GElf_Dyn theirs;
        Elf64_Dyn ours;
        CHECK(both, gelf_getdyn(data, (int)i, &theirs) != NULL);
        if (theirs.d_tag == DT_NULL) {
            CHECK(both, twz_elf_dynamic_entry(d, i, &ours) == TWZ_ELF_END);
            break;
        }
        CHECK(both, twz_elf_dynamic_entry(d, i, &ours) == TWZ_ELF_OK);
        CHECK(both, ours.d_tag == theirs.d_tag && ours.d_un.d_val == theirs.d_un.d_val);
        const char *text = elf_strptr(both->elf, shdr.sh_link, theirs.d_un.d_val);
        if (theirs.d_tag == DT_SONAME)
            CHECK(both, strcmp(twz_elf_string(d, d->soname, NULL, 0), text) == 0);
        if (theirs.d_tag == DT_NEEDED) {
            uint32_t name;
            needed++;
            CHECK(both, twz_elf_needed_next(d, &cursor, &name) == TWZ_ELF_OK);
            CHECK(both, strcmp(twz_elf_string(d, name, NULL, 0), text) == 0);
        }
    }
    CHECK(both, needed == d->needed_count);
}

/* Names of version indices, as elfutils walks the records. */
struct versions {
    const char *name[0x8000];
    bool base[0x8000];
};

static void their_versions(const struct both *both, struct versions *versions)
{
    GElf_Shdr shdr;
    memset(versions, 0, sizeof *versions);
    Elf_Scn *section = section_of_type(both, SHT_GNU_verdef, &shdr);
    if (section) {
        Elf_Data *data = elf_getdata(section, NULL);
        int offset = 0;
        for (unsigned i = 0; i < shdr.sh_info; i++) {
            GElf_Verdef def;
            GElf_Verdaux aux;
            CHECK(both, gelf_getverdef(data, offset, &def) != NULL);
            CHECK(both, gelf_getverdaux(data, offset + (int)def.vd_aux, &aux) != NULL);
            versions->name[def.vd_ndx] = elf_strptr(both->elf, shdr.sh_link, aux.vda_name);
            versions->base[def.vd_ndx] = (def.vd_flags & VER_FLG_BASE) != 0;
            offset += (int)def.vd_next;
        }
    }
    section = section_of_type(both, SHT_GNU_verneed, &shdr);
    if (section) {
        Elf_Data *data = elf_getdata(section, NULL);
        int offset = 0;
        for (unsigned i = 0; i < shdr.sh_info; i++) {
            GElf_Verneed need;
            CHECK(both, gelf_getverneed(data, offset, &need) != NULL);
            int at = offset + (int)need.vn_aux;
            for (unsigned j = 0; j < need.vn_cnt; j++) {
                GElf_Vernaux aux;
                CHECK(both, gelf_getvernaux(data, at, &aux) != NULL);
                versions->name[aux.vna_other & 0x7fff] =
                    elf_strptr(both->elf, shdr.sh_link, aux.vna_name);
                at += (int)aux.vna_next;
            }
            offset += (int)need.vn_next;
        }
    }
}

/* Each exported symbol is found by its name and version, and it is itself or its equal. */
static void finds_itself(const struct both *both, const struct twz_elf_symbol *symbol,
                         const char *name, const char *version)
{
    const struct twz_elf_name hashed = twz_elf_name(name, strlen(name));
    const struct twz_elf_want want = {
        .version = version,
        .version_length = version ? strlen(version) : 0,
        .version_hash = version ? twz_elf_hash_sysv(version, strlen(version)) : 0,
        .hidden = version != NULL, /* this very one, not a base definition */
    };
    const struct twz_elf_name whole = twz_elf_name_of(name);
    CHECK(both, whole.gnu == hashed.gnu && whole.length == hashed.length);
    struct twz_elf_symbol found;
    struct twz_elf_search search = {.dynamic = &both->dynamic, .name = &whole, .want = &want};
    CHECK(both, twz_elf_search_try(&search, symbol->index, &found) == TWZ_ELF_OK ||
                    twz_elf_search_end(&search, &found) == TWZ_ELF_OK || !version);
    CHECK(both, twz_elf_lookup(&both->dynamic, &hashed, &want, &found) == TWZ_ELF_OK);
    if (version) /* without one, any base version will do, as in glibc */
        CHECK(both, found.index == symbol->index || found.sym.st_value == symbol->sym.st_value);
}

/* The version from the kept table is the one from the records. */
static void keeps_version(const struct both *both, const struct twz_elf_dynamic *kept,
                          const struct twz_elf_symbol *symbol)
{
    struct twz_elf_version version = {0}, other = {0};
    const enum twz_elf_error error = twz_elf_symbol_version(&both->dynamic, symbol, &version);
    CHECK(both, twz_elf_symbol_version(kept, symbol, &other) == error);
    if (error == TWZ_ELF_OK)
        CHECK(both, version.name == other.name && version.hash == other.hash &&
                        version.index == other.index && version.flags == other.flags &&
                        version.file == other.file && version.hidden == other.hidden);
}

static void same_symbols(const struct both *both)
{
    static struct versions versions;
    static struct twz_elf_version table[0x8000];
    struct twz_elf_dynamic kept = both->dynamic;
    twz_elf_versions_keep(&kept, table, twz_elf_versions_count(&kept));
    const struct twz_elf_dynamic *d = &both->dynamic;
    GElf_Shdr shdr, versym_shdr;
    Elf_Scn *section = section_of_type(both, SHT_DYNSYM, &shdr);
    if (!section)
        return;
    Elf_Data *data = elf_getdata(section, NULL);
    Elf_Scn *versym_section = section_of_type(both, SHT_GNU_versym, &versym_shdr);
    Elf_Data *versym_data = versym_section ? elf_getdata(versym_section, NULL) : NULL;
    const uint64_t count = shdr.sh_size / sizeof(Elf64_Sym);
    CHECK(both, d->symbol_count_exact ? count == d->symbol_count : count <= d->symbol_count);
    their_versions(both, &versions);
    for (uint32_t i = 0; i < count; i++) {
        GElf_Sym theirs;
        struct twz_elf_symbol ours;
        CHECK(both, gelf_getsym(data, (int)i, &theirs) != NULL);
        CHECK(both, twz_elf_symbol(d, i, &ours) == TWZ_ELF_OK);
        CHECK(both, memcmp(&theirs, &ours.sym, sizeof theirs) == 0);
        const char *name = elf_strptr(both->elf, shdr.sh_link, theirs.st_name);
        CHECK(both, strcmp(twz_elf_symbol_name(d, &ours, NULL, 0), name) == 0);
        const char *version = NULL;
        GElf_Versym their_versym = 1;
        uint16_t versym;
        if (versym_data)
            CHECK(both, gelf_getversym(versym_data, (int)i, &their_versym) != NULL);
        CHECK(both, twz_elf_versym(d, i, &versym) == TWZ_ELF_OK && versym == their_versym);
        struct twz_elf_version record;
        const enum twz_elf_error error = twz_elf_symbol_version(d, &ours, &record);
        if ((versym & 0x7fff) > 1 && !versions.base[versym & 0x7fff]) {
            CHECK(both, error == TWZ_ELF_OK);
            version = versions.name[versym & 0x7fff];
            CHECK(both, strcmp(twz_elf_string(d, record.name, NULL, 0), version) == 0);
        } else if ((versym & 0x7fff) <= 1) {
            CHECK(both, error == TWZ_ELF_END);
        }
        keeps_version(both, &kept, &ours);
        if (twz_elf_symbol_exported(&ours) && (d->gnu_hash.size || d->hash.size) && i)
            finds_itself(both, &ours, name, version);
    }
}

/* A sum over entries, whatever their order. */
static uint64_t mix(uint64_t offset, uint64_t info, int64_t addend)
{
    uint64_t h = offset * UINT64_C(0x9e3779b97f4a7c15) ^ info * UINT64_C(0xc2b2ae3d27d4eb4f) ^
                 (uint64_t)addend;
    h ^= h >> 29;
    return h * UINT64_C(0xbf58476d1ce4e5b9);
}

static void same_relocations(const struct both *both)
{
    const struct twz_elf_dynamic *d = &both->dynamic;
    uint64_t their_sum = 0, their_count = 0, our_sum = 0, our_count = 0, relr = 0;
    Elf_Scn *section = NULL;
    size_t total;
    if (elf_getshdrnum(both->elf, &total) || total == 0)
        return;
    while ((section = elf_nextscn(both->elf, section))) {
        GElf_Shdr shdr;
        CHECK(both, gelf_getshdr(section, &shdr) != NULL);
        if (shdr.sh_type != SHT_RELA || !(shdr.sh_flags & SHF_ALLOC))
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        for (uint64_t i = 0; i < shdr.sh_size / sizeof(Elf64_Rela); i++) {
            GElf_Rela rela;
            CHECK(both, gelf_getrela(data, (int)i, &rela) != NULL);
            their_sum += mix(rela.r_offset, rela.r_info, rela.r_addend);
            their_count++;
        }
    }
    struct twz_elf_reloc_cursor cursor = {0};
    struct twz_elf_reloc reloc;
    enum twz_elf_error error;
    while ((error = twz_elf_reloc_next(d, &cursor, &reloc)) == TWZ_ELF_OK) {
        if (reloc.table == TWZ_ELF_TABLE_RELR) {
            relr++;
            continue;
        }
        our_sum +=
            mix(reloc.target, ELF64_R_INFO((uint64_t)reloc.symbol, reloc.type), reloc.addend);
        our_count++;
    }
    CHECK(both, error == TWZ_ELF_END);
    CHECK(both, d->relr.size == 0 || relr >= d->relr.size / 8 / 2);
    CHECK(both, our_count == their_count);
    CHECK(both, our_sum == their_sum);
}

static void same_notes(const struct both *both)
{
    struct twz_elf_note_cursor cursor = {0};
    struct twz_elf_note note;
    for (uint32_t i = 0; i < both->file.phnum; i++) {
        GElf_Phdr phdr;
        CHECK(both, gelf_getphdr(both->elf, (int)i, &phdr) != NULL);
        if (phdr.p_type != PT_NOTE)
            continue;
        Elf_Data *data = elf_getdata_rawchunk(both->elf, (int64_t)phdr.p_offset, phdr.p_filesz,
                                              phdr.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
        GElf_Nhdr header;
        size_t name, desc, at = 0;
        while (data && (at = gelf_getnote(data, at, &header, &name, &desc)) > 0) {
            CHECK(both, twz_elf_note_next(&both->file, &cursor, &note, NULL) == TWZ_ELF_OK);
            CHECK(both, note.type == header.n_type && note.owner_size == header.n_namesz);
            CHECK(both, note.desc_size == header.n_descsz);
            CHECK(both, note.owner_position == phdr.p_offset + name);
            CHECK(both, note.desc_size == 0 || note.desc_position == phdr.p_offset + desc);
        }
    }
    CHECK(both, twz_elf_note_next(&both->file, &cursor, &note, NULL) == TWZ_ELF_END);
}

/* Fake addresses for symbols, so that the result of relocating can be computed twice. */
static bool fake_resolve(void *context, const struct twz_elf_reloc *reloc, uint32_t symbol,
                         struct twz_elf_definition *definition)
{
    (void)context, (void)reloc;
    *definition = (struct twz_elf_definition){
        .value = 0x10000 + symbol * 16u, .tls_module = 5, .tls_offset = 0x100};
    return true;
}

static bool fake_call(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    *value = address ^ 1;
    return true;
}

struct target {
    uint8_t *image;
    uint64_t low, size;
};

static bool emit_write(void *context, uint64_t vaddr, uint64_t value, unsigned width)
{
    const struct target *target = context;
    assert_true(twz_elf_within(vaddr, width, target->low, target->size));
    memcpy(target->image + (vaddr - target->low), &value, width);
    return true;
}

static bool emit_copy(void *context, uint64_t vaddr, uint64_t source, uint64_t size)
{
    (void)source;
    const struct target *target = context;
    assert_true(twz_elf_within(vaddr, size, target->low, target->size));
    return true;
}

/* Relocating in memory and by emitted writes give the same bytes. */
static void relocates_alike(const struct both *both)
{
    const uint64_t bias = UINT64_C(0x7f1234560000);
    const uint64_t low = both->file.low, size = twz_elf_page_up(both->file.high) - low;
    const struct twz_elf_resolver resolver = {NULL, fake_resolve, fake_call, fake_tlsdesc};
    struct twz_elf_diag diag = {.report = complain, .context = (void *)(uintptr_t)both->path};
    if ((both->dynamic.flags & TWZ_ELF_TEXTREL) || size > UINT64_C(1) << 30)
        return;
    uint8_t *memory = load_image(both, size), *other = load_image(both, size);
    const struct twz_elf_memory where = {memory, low, size};
    struct target target = {other, low, size};
    const struct twz_elf_receiver receiver = {&target, emit_write, emit_copy};
    CHECK(both, twz_elf_relocs_emit(&both->dynamic, bias, &resolver, &receiver, &diag) == 0);
    /* COPY would read from the fake addresses; only non-PIC executables have it. */
    bool has_copy = false;
    struct twz_elf_reloc_cursor cursor = {0};
    struct twz_elf_reloc reloc;
    while (twz_elf_reloc_next(&both->dynamic, &cursor, &reloc) == TWZ_ELF_OK) {
        const struct twz_elf_rule *rule = twz_elf_rule(both->file.arch, reloc.type);
        has_copy |= (rule->flags & TWZ_ELF_RULE_COPY) != 0;
        if (reloc.type == both->file.arch->relative && reloc.table == TWZ_ELF_TABLE_RELA) {
            uint64_t value;
            memcpy(&value, other + (reloc.target - low), sizeof value);
            CHECK(both, value == (uint64_t)reloc.addend + bias);
        }
    }
    if (!has_copy) {
        CHECK(both, twz_elf_relocate(&both->dynamic, bias, &resolver, &where, &diag) == 0);
        for (uint32_t i = 0; i < both->file.load_count; i++) {
            const struct twz_elf_segment *load = &both->file.loads[i];
            if (load->flags & PF_W)
                CHECK(both, memcmp(memory + (load->vaddr - low), other + (load->vaddr - low),
                                   load->memsz) == 0);
        }
    }
    munmap(memory, size);
    munmap(other, size);
}

static bool for_aarch64(const char *path)
{
    return strstr(path, "aarch64") != NULL;
}

/* Compares every step-th file of this machine's, or of Debian's arm64 cross packages. */
static size_t compare_files(bool aarch64, size_t step)
{
    size_t compared = 0;
    for (size_t i = 0; i < file_count; i++) {
        struct both both;
        if (for_aarch64(files[i]) != aarch64 || i % step || !open_both(&both, files[i]))
            continue;
        accept(&both);
        same_segments(&both);
        same_notes(&both);
        if (both.has_dynamic) {
            same_dynamic(&both);
            same_symbols(&both);
            same_relocations(&both);
            relocates_alike(&both);
        }
        compared++;
        close_both(&both);
    }
    print_message("# compared %zu files\n", compared);
    return compared;
}

static void equals_elfutils(void **state)
{
    (void)state;
    if (compare_files(false, getenv("ALL") ? 1 : file_count / SAMPLE + 1) == 0)
        skip();
}

static void equals_elfutils_on_aarch64(void **state)
{
    (void)state;
    if (compare_files(true, 1) == 0)
        skip(); /* make deps installs libc6-arm64-cross */
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        T(equals_elfutils, "segments, dynamic, symbols, versions, relocations: as elfutils"),
        T(equals_elfutils_on_aarch64, "and on libraries for aarch64, relocated in memory"),
    };
    static const char *const roots[] = {"/usr/bin", "/usr/lib", "/usr/aarch64-linux-gnu/lib"};
    elf_version(EV_CURRENT);
    for (int i = 1; i < argc; i++)
        nftw(argv[i], add_file, 32, FTW_PHYS);
    for (size_t i = 0; argc < 2 && i < sizeof roots / sizeof roots[0]; i++)
        nftw(roots[i], add_file, 32, FTW_PHYS);
    qsort(files, file_count, sizeof *files, by_name);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const int result = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < file_count; i++)
        free(files[i]);
    free(files);
    return result;
}
