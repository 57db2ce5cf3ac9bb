/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libtwzelf costs, beside a peer and a floor measured in the same run. Rows of four columns,
 * `name TAB ours TAB peer TAB floor`, nanoseconds, lower is better; a dash where there is none.
 * Each figure is the best of several rounds. Reading: the peer is elfutils on the same files, which
 * are in memory for both. Relocating: the peer is the plain loop of a dynamic linker that checks
 * nothing, the floor copies as many bytes as are read and written. Lookup: the peer is dlsym().
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <twzelf/load.h>
#include <unistd.h>

#define ROUNDS 7
#define BIAS   UINT64_C(0x7f0000000000)

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best time of `body`, which runs once per round behind `prepare`. */
#define BEST(result, prepare, body)                                                                \
    do {                                                                                           \
        (result) = 1e18;                                                                           \
        for (int round_ = 0; round_ < ROUNDS; round_++) {                                          \
            prepare;                                                                               \
            const double start_ = now();                                                           \
            body;                                                                                  \
            const double time_ = now() - start_;                                                   \
            if (time_ < (result))                                                                  \
                (result) = time_;                                                                  \
        }                                                                                          \
    } while (0)

static volatile uint64_t sink;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void row(const char *name, double ours, double peer, double floor)
{
    printf("%s\t%.2f\t", name, ours);
    if (peer > 0)
        printf("%.2f\t%.2f\n", peer, floor);
    else
        printf("-\t%.2f\n", floor);
}

/* ---- open and validate ---- */

struct input {
    void *map;
    size_t size;
};

static const char *const paths[] = {
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/lib/x86_64-linux-gnu/libz.so.1",
    "/lib/x86_64-linux-gnu/libelf.so.1",
    "/lib/x86_64-linux-gnu/libcrypto.so.3",
    "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    "/bin/ls",
    "/bin/bash",
};
enum { PATHS = sizeof paths / sizeof paths[0] };

static struct input map_file(const char *path)
{
    struct input input = {NULL, 0};
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0) {
        input.size = (size_t)status.st_size;
        input.map = mmap(NULL, input.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (input.map == MAP_FAILED)
            input.map = NULL;
    }
    if (fd >= 0)
        close(fd);
    return input;
}

static void our_open(const struct input *input, struct twz_elf_bytes *bytes,
                     struct twz_elf_file *file, struct twz_elf_dynamic *d)
{
    twz_elf_bytes_memory(bytes, input->map, input->size);
    if (twz_elf_file_open(file, bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_dynamic_open(d, file, NULL) != TWZ_ELF_OK)
        die("a library of this machine is refused");
}

/* Header and program headers, which we check as well. */
static void our_headers(const struct input *input)
{
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    twz_elf_bytes_memory(&bytes, input->map, input->size);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK)
        die("a library of this machine is refused");
    sink = file.high;
}

static void their_headers(const struct input *input)
{
    Elf *elf = elf_memory(input->map, input->size);
    uint64_t sum = 0;
    size_t count;
    GElf_Ehdr header;
    if (!elf || !gelf_getehdr(elf, &header) || elf_getphdrnum(elf, &count))
        die("elfutils");
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr phdr;
        if (!gelf_getphdr(elf, (int)i, &phdr))
            die("elfutils");
        sum += phdr.p_vaddr;
    }
    sink = sum;
    elf_end(elf);
}

/* elfutils' own check, a whole process for all files; 0 if it is not here. */
static double time_elflint(void)
{
    char *arguments[PATHS + 3] = {"eu-elflint", "-q"};
    posix_spawn_file_actions_t quiet;
    double best = 1e18;
    if (posix_spawn_file_actions_init(&quiet) != 0 ||
        posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
        return 0;
    for (unsigned i = 0; i < PATHS; i++)
        arguments[2 + i] = (char *)(uintptr_t)paths[i];
    for (unsigned round = 0; round < 3; round++) {
        const double start = now();
        pid_t child;
        int status;
        if (posix_spawnp(&child, arguments[0], &quiet, NULL, arguments, environ) != 0 ||
            waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
            return 0;
        const double time = now() - start;
        best = time < best ? time : best;
    }
    return best;
}

/* Every dynamic entry, symbol and relocation. */
static void our_read(const struct input *input)
{
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic d;
    struct twz_elf_reloc_cursor cursor = {0};
    struct twz_elf_reloc reloc;
    struct twz_elf_symbol symbol;
    Elf64_Dyn entry;
    uint64_t sum = 0;
    our_open(input, &bytes, &file, &d);
    for (uint32_t i = 0; twz_elf_dynamic_entry(&d, i, &entry) == TWZ_ELF_OK; i++)
        sum += (uint64_t)entry.d_tag;
    for (uint32_t i = 0; twz_elf_symbol(&d, i, &symbol) == TWZ_ELF_OK; i++)
        sum += symbol.sym.st_value;
    while (twz_elf_reloc_next(&d, &cursor, &reloc) == TWZ_ELF_OK)
        sum += reloc.target;
    sink = sum;
}

static void our_check(const struct input *input)
{
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic d;
    our_open(input, &bytes, &file, &d);
    if (twz_elf_symbols_check(&d, NULL) != TWZ_ELF_OK ||
        twz_elf_versions_check(&d, NULL) != TWZ_ELF_OK ||
        twz_elf_relocs_check(&d, TWZ_ELF_ACCEPT_ALL, NULL) != TWZ_ELF_OK)
        die("a library of this machine is refused");
}

/* elfutils over the same tables. */
static void their_read(const struct input *input)
{
    Elf *elf = elf_memory(input->map, input->size);
    Elf_Scn *section = NULL;
    size_t count;
    uint64_t sum = 0;
    if (!elf || elf_getphdrnum(elf, &count))
        die("elfutils");
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr phdr;
        gelf_getphdr(elf, (int)i, &phdr);
        sum += phdr.p_vaddr;
    }
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr shdr;
        gelf_getshdr(section, &shdr);
        if (shdr.sh_type != SHT_DYNAMIC && shdr.sh_type != SHT_DYNSYM &&
            (shdr.sh_type != SHT_RELA || !(shdr.sh_flags & SHF_ALLOC)))
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        const int entries = (int)(shdr.sh_size / shdr.sh_entsize);
        for (int i = 0; i < entries; i++) {
            GElf_Sym sym;
            GElf_Rela rela;
            GElf_Dyn dyn;
            if (shdr.sh_type == SHT_DYNSYM)
                sum += gelf_getsym(data, i, &sym)->st_value;
            else if (shdr.sh_type == SHT_RELA)
                sum += gelf_getrela(data, i, &rela)->r_offset;
            else
                sum += (uint64_t)gelf_getdyn(data, i, &dyn)->d_tag;
        }
    }
    sink = sum;
    elf_end(elf);
}

/* The bytes of the tables that both read. */
static uint64_t table_bytes(const struct input *input)
{
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic d;
    twz_elf_bytes_memory(&bytes, input->map, input->size);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_dynamic_open(&d, &file, NULL) != TWZ_ELF_OK)
        return 0;
    return d.symtab.size + d.rela.size + d.jmprel.size + d.relr.size + d.gnu_hash.size +
           d.versym.size + d.entries.size;
}

static void bench_open(void)
{
    struct input inputs[PATHS];
    unsigned count = 0;
    uint64_t total = 0;
    double ours, theirs, check, floor, lint = time_elflint();
    for (unsigned i = 0; i < PATHS; i++) {
        inputs[count] = map_file(paths[i]);
        if (inputs[count].map)
            total += table_bytes(&inputs[count++]);
    }
    if (count == 0)
        die("no library of this machine can be read");
    BEST(ours, (void)0, for (unsigned i = 0; i < count; i++) our_headers(&inputs[i]));
    BEST(theirs, (void)0, for (unsigned i = 0; i < count; i++) their_headers(&inputs[i]));
    BEST(floor, (void)0, for (unsigned i = 0; i < count; i++) sink = *(uint8_t *)inputs[i].map);
    row("elf open, ns per library", ours / count, theirs / count, floor / count);
    BEST(ours, (void)0, for (unsigned i = 0; i < count; i++) our_read(&inputs[i]));
    BEST(theirs, (void)0, for (unsigned i = 0; i < count; i++) their_read(&inputs[i]));
    BEST(check, (void)0, for (unsigned i = 0; i < count; i++) our_check(&inputs[i]));
    uint8_t *copy = malloc(total), *from = calloc(1, total);
    if (!copy || !from)
        die("out of memory");
    BEST(floor, (void)0, memcpy(copy, from, total); sink = copy[total / 2]);
    row("elf read every table, ns per library", ours / count, theirs / count, floor / count);
    row("elf check every table (peer: eu-elflint), ns per library", check / count, lint / count,
        floor / count);
    free(copy);
    free(from);
}

/* ---- relocate ---- */

enum { WORDS = 1 << 20 };

/* A file that is only what relocation needs, with its tables in memory. */
struct bed {
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic dynamic;
    struct twz_elf_memory memory;
    uint64_t *data, *initial;
    void *table;
};

static void make_bed(struct bed *bed, size_t table_size)
{
    memset(bed, 0, sizeof *bed);
    bed->data = aligned_alloc(4096, WORDS * 8u);
    bed->initial = aligned_alloc(4096, WORDS * 8u);
    bed->table = aligned_alloc(4096, (table_size + 4095) & ~(size_t)4095);
    if (!bed->data || !bed->initial || !bed->table)
        die("out of memory");
    for (size_t i = 0; i < WORDS; i++)
        bed->initial[i] = i * 16;
    memcpy(bed->data, bed->initial, WORDS * 8u);
    twz_elf_bytes_memory(&bed->bytes, bed->table, table_size);
    bed->file.bytes = &bed->bytes;
    bed->file.arch = twz_elf_arch(EM_X86_64);
    bed->file.load_count = 1;
    bed->file.loads[0] = (struct twz_elf_segment){
        .vaddr = TWZ_ELF_DATA_BASE, .memsz = WORDS * 8u, .flags = PF_R | PF_W, .align = 4096};
    bed->dynamic.file = &bed->file;
    bed->dynamic.jmprel_is_rela = true;
    bed->memory = (struct twz_elf_memory){bed->data, TWZ_ELF_DATA_BASE, WORDS * 8u};
}

static void free_bed(struct bed *bed)
{
    free(bed->data);
    free(bed->initial);
    free(bed->table);
}

static void our_relocate(struct bed *bed)
{
    if (twz_elf_relocate(&bed->dynamic, BIAS, NULL, &bed->memory, NULL) != TWZ_ELF_OK)
        die("relocation failed");
}

static void plain_rela(struct bed *bed)
{
    const Elf64_Rela *rela = bed->table;
    uint8_t *base = (uint8_t *)bed->data - TWZ_ELF_DATA_BASE;
    for (size_t i = 0; i < WORDS; i++) {
        if (ELF64_R_TYPE(rela[i].r_info) != R_X86_64_RELATIVE)
            die("unexpected");
        *(uint64_t *)(void *)(base + rela[i].r_offset) = BIAS + (uint64_t)rela[i].r_addend;
    }
}

/* Takes the pages of the data back. */
static void renew(struct bed *bed)
{
    if (madvise(bed->data, WORDS * 8u, MADV_DONTNEED) != 0)
        die("madvise");
}

static void touch(struct bed *bed)
{
    for (size_t i = 0; i < WORDS; i += 4096 / 8)
        bed->data[i] = 1;
}

static void bench_relative(void)
{
    struct bed bed;
    double ours, theirs, floor;
    make_bed(&bed, WORDS * sizeof(Elf64_Rela));
    Elf64_Rela *rela = bed.table;
    for (size_t i = 0; i < WORDS; i++)
        rela[i] = (Elf64_Rela){TWZ_ELF_DATA_BASE + i * 8, R_X86_64_RELATIVE, (int64_t)i};
    bed.dynamic.rela = (struct twz_elf_table){0, WORDS * sizeof *rela, 0, rela};
    BEST(ours, (void)0, our_relocate(&bed));
    BEST(theirs, (void)0, plain_rela(&bed));
    uint8_t *copy = malloc(WORDS * 16u);
    if (!copy)
        die("out of memory");
    memset(copy, 1, WORDS * 16u);
    /* 24 bytes read and 8 written: as much traffic as copying 16. */
    BEST(floor, (void)0, memcpy(copy, bed.table, WORDS * 16u); sink = copy[77]);
    row("elf RELATIVE, ns per entry", ours / WORDS, theirs / WORDS, floor / WORDS);
    /* As when a program starts: each page comes with a fault. The floor is the faults alone. */
    BEST(ours, renew(&bed), our_relocate(&bed));
    BEST(theirs, renew(&bed), plain_rela(&bed));
    BEST(floor, renew(&bed), touch(&bed));
    row("elf RELATIVE onto new pages, ns per entry", ours / WORDS, theirs / WORDS, floor / WORDS);
    free(copy);
    free_bed(&bed);
}

static void plain_relr(struct bed *bed, size_t count)
{
    const uint64_t *relr = bed->table;
    uint8_t *base = (uint8_t *)bed->data - TWZ_ELF_DATA_BASE;
    uint64_t *where = NULL;
    for (size_t i = 0; i < count; i++) {
        if ((relr[i] & 1) == 0) {
            where = (uint64_t *)(void *)(base + relr[i]);
            *where++ += BIAS;
            continue;
        }
        uint64_t *at = where;
        for (uint64_t bits = relr[i] >> 1; bits; bits >>= 1, at++)
            if (bits & 1)
                *at += BIAS;
        where += 63;
    }
}

/* density: bits set of the 63 of each bitmap. */
static void bench_relr(const char *name, unsigned density)
{
    struct bed bed;
    const size_t count = (WORDS - 1) / 63 + 1;
    double ours, theirs, floor;
    make_bed(&bed, count * 8);
    uint64_t *relr = bed.table, bits = 0;
    for (unsigned i = 0; i < density; i++)
        bits |= UINT64_C(1) << (i * 63 / density);
    relr[0] = TWZ_ELF_DATA_BASE;
    for (size_t i = 1; i < count; i++)
        relr[i] = bits << 1 | 1;
    const double words = 1 + (double)(count - 1) * density;
    bed.dynamic.relr = (struct twz_elf_table){0, count * 8, 0, relr};
    BEST(ours, memcpy(bed.data, bed.initial, WORDS * 8u), our_relocate(&bed));
    BEST(theirs, memcpy(bed.data, bed.initial, WORDS * 8u), plain_relr(&bed, count));
    BEST(floor, (void)0, memcpy(bed.data, bed.initial, WORDS * 8u); sink = bed.data[77]);
    row(name, ours / words, theirs / words, floor / words);
    free_bed(&bed);
}

/* ---- lookup ---- */

struct names {
    char text[4096][64];
    struct twz_elf_name name[4096];
    unsigned count;
};

static void collect_names(struct names *names, const struct twz_elf_dynamic *d)
{
    names->count = 0;
    for (uint32_t i = 1; i < d->symbol_count && names->count < 4096; i++) {
        struct twz_elf_symbol symbol;
        if (twz_elf_symbol(d, i, &symbol) != TWZ_ELF_OK || !twz_elf_symbol_exported(&symbol) ||
            symbol.sym.st_shndx == SHN_ABS || twz_elf_symbol_type(&symbol) == STT_TLS ||
            twz_elf_symbol_type(&symbol) == STT_GNU_IFUNC)
            continue;
        const char *text = twz_elf_symbol_name(d, &symbol, NULL, 0);
        if (strlen(text) < sizeof names->text[0])
            strcpy(names->text[names->count++], text);
    }
}

static unsigned our_lookups(struct names *names, const struct twz_elf_dynamic *d)
{
    unsigned found = 0;
    for (unsigned i = 0; i < names->count; i++) {
        struct twz_elf_symbol symbol;
        const struct twz_elf_name name = twz_elf_name(names->text[i], strlen(names->text[i]));
        found += twz_elf_lookup(d, &name, NULL, &symbol) == TWZ_ELF_OK;
    }
    return found;
}

static void hash_names(struct names *names)
{
    for (unsigned i = 0; i < names->count; i++)
        names->name[i] = twz_elf_name(names->text[i], strlen(names->text[i]));
    sink = names->name[0].gnu;
}

static void bench_lookup(void)
{
    static struct names names;
    void *handle = dlopen("libc.so.6", RTLD_NOW);
    struct link_map *map;
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic d;
    double ours, theirs, floor;
    if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map))
        die("libc");
    const struct input input = map_file(map->l_name);
    twz_elf_bytes_memory(&bytes, input.map, input.size);
    if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL) != TWZ_ELF_OK ||
        twz_elf_dynamic_open(&d, &file, NULL) != TWZ_ELF_OK)
        die("libc is refused");
    collect_names(&names, &d);
    BEST(ours, (void)0, sink = our_lookups(&names, &d));
    BEST(theirs, (void)0,
         for (unsigned i = 0; i < names.count; i++) sink = (uintptr_t)dlsym(handle, names.text[i]));
    BEST(floor, (void)0, hash_names(&names));
    row("elf lookup in libc, ns", ours / names.count, theirs / names.count, floor / names.count);
    for (unsigned i = 0; i < names.count; i++)
        names.text[i][0] ^= 0x40; /* names that are not there: the filter answers */
    BEST(ours, (void)0, sink = our_lookups(&names, &d));
    BEST(theirs, (void)0,
         for (unsigned i = 0; i < names.count; i++) sink = (uintptr_t)dlsym(handle, names.text[i]));
    row("elf lookup of a missing name, ns", ours / names.count, theirs / names.count,
        floor / names.count);
}

int main(void)
{
    elf_version(EV_CURRENT);
    bench_open();
    bench_relative();
    bench_relr("elf RELR dense, ns per word", 63);
    bench_relr("elf RELR half full, ns per word", 32);
    bench_relr("elf RELR sparse, ns per word", 4);
    bench_lookup();
    return 0;
}
