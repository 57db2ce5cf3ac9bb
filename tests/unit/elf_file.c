/* SPDX-License-Identifier: BSD-2-Clause */
/* Header, program headers, translation, the three sources, diagnostics. */
#define _GNU_SOURCE
#include "elf_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

static enum twz_elf_error open_image(struct twz_elf_diag *diag)
{
    elf_bytes(&bytes, &image, true);
    return twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, diag);
}

static void decodes_segments(void **state)
{
    (void)state;
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    assert_int_equal(file.type, ET_DYN);
    assert_int_equal(file.machine, EM_X86_64);
    assert_string_equal(file.arch->name, "x86_64");
    assert_int_equal(file.entry, TEXT_VADDR(O_CODE));
    assert_int_equal(file.load_count, 3);
    assert_int_equal(file.loads[2].vaddr, 0x40001000);
    assert_int_equal(file.loads[2].memsz, DATA_MEMSZ);
    assert_int_equal(file.loads[2].flags, PF_R | PF_W);
    assert_int_equal(file.loads[2].phdr, P_DATA);
    assert_int_equal(file.dynamic.phdr, P_DYNAMIC);
    assert_int_equal(file.tls.memsz, 0x20);
    assert_int_equal(file.relro.memsz, 0x1000);
    assert_int_equal(file.stack.flags, PF_R | PF_W);
    assert_int_equal(file.eh_frame.vaddr, TEXT_VADDR(O_TEXTS));
    assert_int_equal(file.interp.filesz, 5);
    assert_int_equal(file.low, 0x1000);
    assert_int_equal(file.high, 0x40001000 + DATA_MEMSZ);
}

static void translates_addresses(void **state)
{
    uint64_t value;
    (void)state;
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    assert_true(twz_elf_position(&file, 0x1000, 0xe00, &value));
    assert_int_equal(value, 0);
    assert_false(twz_elf_position(&file, 0x1000, 0xe01, &value));
    assert_true(twz_elf_position(&file, 0x40001000, O_DATA_END - O_DATA, &value));
    assert_int_equal(value, O_DATA);
    assert_false(twz_elf_position(&file, 0x40001000, O_DATA_END - O_DATA + 1, &value));
    assert_false(twz_elf_position(&file, UINT64_MAX - 3, 8, &value));
    assert_false(twz_elf_position(&file, 0x40001008, UINT64_MAX, &value));
    assert_true(twz_elf_vaddr(&file, O_CODE + 5, &value));
    assert_int_equal(value, 0x2005);
    assert_false(twz_elf_vaddr(&file, 0xe00, &value));
    assert_true(twz_elf_is_code(&file, 0x2000));
    assert_false(twz_elf_is_code(&file, 0x1fff));
    assert_false(twz_elf_is_code(&file, 0x3000));
    assert_ptr_equal(twz_elf_segment_at(&file, 0x40001000, DATA_MEMSZ), &file.loads[2]);
    assert_null(twz_elf_segment_at(&file, 0x40001000, DATA_MEMSZ + 1));
}

static void reads_bss_as_zero(void **state)
{
    uint8_t part[16];
    (void)state;
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    image.bytes[O_DATA_END - 1] = 0x77;
    memset(part, 0xff, sizeof part);
    assert_int_equal(twz_elf_read_vaddr(&file, DATA_VADDR(O_DATA_END) - 1, part, 16), TWZ_ELF_OK);
    assert_int_equal(part[0], 0x77);
    for (unsigned i = 1; i < 16; i++)
        assert_int_equal(part[i], 0);
    assert_int_equal(twz_elf_read_vaddr(&file, 0x40001000 + DATA_MEMSZ - 8, part, 9), TWZ_ELF_READ);
}

static void finds_texts(void **state)
{
    char buffer[16];
    (void)state;
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    assert_string_equal(twz_elf_text_at(&file, TEXT_VADDR(O_TEXTS), NULL, 6), "alpha");
    assert_null(twz_elf_text_at(&file, TEXT_VADDR(O_TEXTS), NULL, 5));
    memset(image.bytes + 0xdf8, 'x', 8); /* up to the end of the segment */
    assert_null(twz_elf_text_at(&file, TEXT_VADDR(0xdf8), NULL, 100));
    elf_bytes(&bytes, &image, false);
    assert_string_equal(twz_elf_text_at(&file, TEXT_VADDR(O_TEXTS), buffer, sizeof buffer),
                        "alpha");
    assert_null(twz_elf_text_at(&file, TEXT_VADDR(O_TEXTS), NULL, 6));
}

/* A prefix of the file is refused, until only what is never loaded is missing. */
static void refuses_every_truncation(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        for (image.size = 0; image.size < FILE_SIZE; image.size++) {
            elf_bytes(&bytes, &image, direct);
            const enum twz_elf_error error =
                twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL);
            if (image.size < sizeof(Elf64_Ehdr))
                assert_int_equal(error, TWZ_ELF_EHDR_SIZE);
            else if (image.size < O_PHDRS + P_COUNT * sizeof(Elf64_Phdr))
                assert_int_equal(error, TWZ_ELF_EHDR_PHDRS);
            else
                assert_int_equal(error,
                                 image.size < O_DATA_END ? TWZ_ELF_SEGMENT_FILE : TWZ_ELF_OK);
        }
    }
}

static unsigned reads_left;

static bool failing_read(const struct twz_elf_bytes *b, uint64_t offset, void *buffer,
                         size_t length)
{
    return reads_left-- && elf_image_read(b, offset, buffer, length);
}

/* Every read fails in turn: an error each time, never a wrong answer. */
static void survives_failing_reads(void **state)
{
    static struct twz_elf_module module;
    (void)state;
    twz_elf_bytes_callback(&bytes, 0, image.size, failing_read, &image);
    unsigned allowed = 0;
    for (;; allowed++) {
        struct twz_elf_diag diag = {0};
        reads_left = allowed;
        const enum twz_elf_error error = twz_elf_module_open(&module, &bytes, EM_NONE, &diag);
        if (error == TWZ_ELF_OK)
            break;
        assert_true(diag.count == 1);
        reads_left = 0;
    }
    assert_true(allowed > 50);
}

static void many_headers(struct elf_image *big, uint32_t count)
{
    static uint8_t room[FILE_SIZE + 0xffff * sizeof(Elf64_Phdr)];
    memcpy(room, big->bytes, FILE_SIZE);
    for (unsigned i = 0; i < P_COUNT; i++)
        memcpy(room + FILE_SIZE + i * sizeof(Elf64_Phdr), big->bytes + F_PHDR(i, p_type),
               sizeof(Elf64_Phdr));
    Elf64_Ehdr ehdr;
    memcpy(&ehdr, room, sizeof ehdr);
    ehdr.e_phoff = FILE_SIZE;
    ehdr.e_phnum = PN_XNUM;
    ehdr.e_shoff = O_TEXTS + 0x100 - 64;
    ehdr.e_shentsize = sizeof(Elf64_Shdr);
    memcpy(room, &ehdr, sizeof ehdr);
    const Elf64_Shdr first = {.sh_info = count};
    memcpy(room + ehdr.e_shoff, &first, sizeof first);
    twz_elf_bytes_memory(&bytes, room, FILE_SIZE + 0xffff * sizeof(Elf64_Phdr));
}

static void accepts_extended_numbering(void **state)
{
    (void)state;
    many_headers(&image, PN_XNUM);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_OK);
    assert_int_equal(file.phnum, PN_XNUM);
    assert_int_equal(file.load_count, 3);
    many_headers(&image, PN_XNUM + 1);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_EHDR_PHDRS);
    many_headers(&image, UINT32_MAX);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_EHDR_PHDRS);
}

static void refuses_too_many_segments(void **state)
{
    (void)state;
    struct twz_elf_diag diag = {0};
    put_number(&image, F_EHDR(e_phoff), O_DATA, 8);
    put_number(&image, F_EHDR(e_phnum), TWZ_ELF_LOADS_MAX + 1, 2);
    for (unsigned i = 0; i <= TWZ_ELF_LOADS_MAX; i++)
        PUT(&image, O_DATA + i * sizeof(Elf64_Phdr),
            Elf64_Phdr value = {PT_LOAD, PF_R, 0, i * 0x1000, 0, 16, 16, 0x1000});
    put_number(&image, F_EHDR(e_entry), 0, 8);
    assert_int_equal(open_image(&diag), TWZ_ELF_SEGMENT_COUNT);
    assert_int_equal(diag.first.at, TWZ_ELF_LOADS_MAX);
    put_number(&image, F_EHDR(e_phnum), TWZ_ELF_LOADS_MAX, 2);
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
}

static void refuses_no_segment(void **state)
{
    (void)state;
    for (unsigned i = P_TEXT; i <= P_DATA; i++)
        put_number(&image, F_PHDR(i, p_type), PT_NULL, 4);
    assert_int_equal(open_image(NULL), TWZ_ELF_SEGMENT_NONE);
}

/* As Linux programs have them. */
static void accepts_empty_headers(void **state)
{
    (void)state;
    for (unsigned i = P_DYNAMIC; i <= P_RELRO; i++) {
        put_phdr(&image, i,
                 i == P_DYNAMIC ? PT_DYNAMIC
                 : i == P_TLS   ? PT_TLS
                                : PT_GNU_RELRO,
                 PF_R, 0, 0, 0, 0, 0);
    }
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    assert_int_equal(file.tls.align, 1);
    struct twz_elf_dynamic dynamic;
    assert_int_equal(twz_elf_dynamic_open(&dynamic, &file, NULL), TWZ_ELF_DYNAMIC_NONE);
    /* .tbss alone may stand anywhere */
    put_phdr(&image, P_TLS, PT_TLS, PF_R, 0x123, 0x70000000, 0, 0x40, 16);
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    /* a PT_LOAD without memory is no segment */
    put_phdr(&image, P_RELRO, PT_LOAD, PF_R, 0, 0, 0, 0, 0x1000);
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    assert_int_equal(file.load_count, 3);
}

static void relro_may_end_in_padding(void **state)
{
    (void)state;
    put_number(&image, F_PHDR(P_DATA, p_memsz), 0x1f00, 8);
    put_number(&image, F_PHDR(P_RELRO, p_memsz), 0x2000, 8);
    assert_int_equal(open_image(NULL), TWZ_ELF_OK);
    put_number(&image, F_PHDR(P_RELRO, p_memsz), 0x2001, 8);
    assert_int_equal(open_image(NULL), TWZ_ELF_SEGMENT_OUTSIDE);
}

static bool go_on(struct twz_elf_diag *diag, const struct twz_elf_problem *problem)
{
    enum twz_elf_error *errors = diag->context;
    errors[diag->count - 1] = problem->error;
    return true;
}

static void lists_all_problems(void **state)
{
    enum twz_elf_error errors[32] = {0};
    struct twz_elf_diag diag = {.report = go_on, .context = errors};
    (void)state;
    put_number(&image, F_EHDR(e_version), 9, 4);
    put_number(&image, F_EHDR(e_ehsize), 1, 2);
    put_number(&image, F_PHDR(P_TEXT, p_align), 3, 8);
    put_number(&image, F_PHDR(P_CODE, p_offset), UINT64_MAX, 8);
    put_number(&image, F_EHDR(e_entry), 5, 8);
    assert_int_equal(open_image(&diag), TWZ_ELF_EHDR_VERSION);
    assert_int_equal(diag.first.error, TWZ_ELF_EHDR_VERSION);
    assert_true(diag.count >= 5);
    assert_int_equal(errors[0], TWZ_ELF_EHDR_VERSION);
    assert_int_equal(errors[1], TWZ_ELF_EHDR_EHSIZE);
    assert_int_equal(errors[2], TWZ_ELF_SEGMENT_ALIGN);
    assert_int_equal(errors[3], TWZ_ELF_SEGMENT_FILE);
    assert_int_equal(errors[diag.count - 1], TWZ_ELF_EHDR_ENTRY);
}

static void formats_problems(void **state)
{
    const struct twz_elf_problem problem = {
        TWZ_ELF_SEGMENT_FILE, TWZ_ELF_AT_PHDR, 3, {0x1000, 0x500, 0x1200}};
    static const char expected[] =
        "program header 3: file range 0x1000+0x500 ends past the end of the file (0x1200)";
    char line[TWZ_ELF_LINE];
    (void)state;
    assert_int_equal(twz_elf_format(&problem, line, sizeof line), strlen(expected));
    assert_string_equal(line, expected);
    for (size_t size = 0; size < sizeof expected + 2; size++) {
        memset(line, '#', sizeof line);
        assert_int_equal(twz_elf_format(&problem, line, size), strlen(expected));
        assert_int_equal(line[size], '#');
        if (size)
            assert_int_equal(strlen(line),
                             size - 1 < strlen(expected) ? size - 1 : strlen(expected));
    }
    const struct twz_elf_problem strange = {
        (enum twz_elf_error)9999, (enum twz_elf_place)99, 0, {0}};
    twz_elf_format(&strange, line, sizeof line);
    assert_string_equal(twz_elf_error_name(strange.error), "?");
    assert_string_equal(twz_elf_error_cure((enum twz_elf_error) - 1), "?");
    assert_string_equal(twz_elf_error_name(TWZ_ELF_RELR_ALIGN), "RELR_ALIGN");
}

/* The longest numbers in every text still fit into the line that the header promises. */
static void every_line_fits(void **state)
{
    char line[TWZ_ELF_LINE];
    (void)state;
    for (unsigned error = 0; error < TWZ_ELF_ERROR_COUNT; error++)
        for (unsigned place = 0; place < TWZ_ELF_PLACE_COUNT; place++) {
            const struct twz_elf_problem worst = {(enum twz_elf_error)error,
                                                  (enum twz_elf_place)place,
                                                  UINT64_MAX,
                                                  {UINT64_MAX, UINT64_MAX, UINT64_MAX}};
            assert_true(twz_elf_format(&worst, line, sizeof line) < sizeof line);
            assert_null(strchr(line, '{'));
            assert_null(strchr(line, '}'));
        }
}

static void reads_files(void **state)
{
    char name[] = "/tmp/twzelf.XXXXXX";
    static struct twz_elf_module module;
    (void)state;
    const int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(write(fd, image.bytes, image.size), image.size);
    assert_int_equal(twz_elf_bytes_file(&bytes, fd), 0);
    assert_int_equal(bytes.size, FILE_SIZE);
    assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_OK);
    /* The file shrinks behind our back. */
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_READ);
    close(fd);
    assert_int_equal(twz_elf_bytes_file(&bytes, fd), EBADF);
    const int directory = open("/tmp", O_RDONLY);
    assert_int_equal(twz_elf_bytes_file(&bytes, directory), EISDIR);
    close(directory);
    const int device = open("/dev/null", O_RDONLY);
    assert_int_equal(twz_elf_bytes_file(&bytes, device), EINVAL);
    close(device);
}

static void reads_another_address_space(void **state)
{
    static struct twz_elf_module module;
    (void)state;
    const uint64_t address = (uintptr_t)image.bytes;
    if (twz_elf_bytes_process(&bytes, getpid(), address, image.size) != 0)
        skip(); /* not allowed in this sandbox */
    assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, NULL), TWZ_ELF_OK);
    assert_true(twz_elf_bytes_process(&bytes, getpid(), 8, 8) != 0);
    assert_int_equal(twz_elf_bytes_process(&bytes, getpid(), UINT64_MAX, 2), EINVAL);
}

/* The kernel's vDSO is a loaded image: p_vaddr counts. */
static void reads_a_loaded_image(void **state)
{
    (void)state;
    const unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
    if (!vdso)
        skip();
    const Elf64_Phdr *phdr = (const Elf64_Phdr *)(vdso + sizeof(Elf64_Ehdr));
    while (phdr->p_type != PT_LOAD)
        phdr++;
    twz_elf_bytes_memory(&bytes, (const void *)vdso, phdr->p_memsz);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_MEMORY, NULL), TWZ_ELF_OK);
    struct twz_elf_dynamic dynamic;
    assert_int_equal(twz_elf_dynamic_open(&dynamic, &file, NULL), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, dynamic.soname, NULL, 0), "linux-vdso.so.1");
    struct twz_elf_symbol symbol;
    const struct twz_elf_name name = twz_elf_name("__vdso_clock_gettime", 20);
    assert_int_equal(twz_elf_lookup(&dynamic, &name, NULL, &symbol), TWZ_ELF_OK);
}

/* A loaded image whose dynamic section was relocated in place, as ld.so does. */
static void undoes_relocated_pointers(void **state)
{
    static uint8_t loaded[0x4000];
    struct twz_elf_dynamic dynamic;
    (void)state;
    /* The file without its data segment fits at 0x1000 behind its base. */
    put_phdr(&image, P_DATA, PT_LOAD, PF_R | PF_W, O_DATA, TEXT_VADDR(O_DATA), O_DATA_END - O_DATA,
             O_DATA_END - O_DATA, 0x1000);
    put_number(&image, F_PHDR(P_DYNAMIC, p_vaddr), TEXT_VADDR(O_DATA), 8);
    for (unsigned i = P_TLS; i <= P_RELRO; i++)
        put_number(&image, F_PHDR(i, p_type), PT_NULL, 4);
    put_number(&image, F_DYN(D_INIT_ARRAY), TEXT_VADDR(O_INIT_ARRAY), 8);
    const uint64_t base = (uintptr_t)loaded - 0x1000;
    static const unsigned pointers[] = {D_STRTAB, D_SYMTAB,  D_GNU_HASH,  D_HASH, D_VERSYM,
                                        D_VERDEF, D_VERNEED, D_RELA,      D_RELR, D_JMPREL,
                                        D_INIT,   D_FINI,    D_INIT_ARRAY};
    for (unsigned i = 0; i < sizeof pointers / sizeof pointers[0]; i++)
        put_number(&image, F_DYN(pointers[i]), get_number(&image, F_DYN(pointers[i]), 8) + base, 8);
    memcpy(loaded, image.bytes, FILE_SIZE);
    twz_elf_bytes_memory(&bytes, loaded, sizeof loaded);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_MEMORY, NULL), TWZ_ELF_OK);
    assert_int_equal(twz_elf_dynamic_open(&dynamic, &file, NULL), TWZ_ELF_OK);
    assert_int_equal(dynamic.strtab.vaddr, TEXT_VADDR(O_STRTAB));
    assert_string_equal(twz_elf_string(&dynamic, dynamic.soname, NULL, 0), "liba.so.1");
}

RUN_TESTS(FRESH(decodes_segments, "program headers become segments"),
          FRESH(translates_addresses, "addresses and offsets translate within bounds"),
          FRESH(reads_bss_as_zero, "initial contents: file bytes, then zero"),
          FRESH(finds_texts, "texts end inside their segment"),
          FRESH(refuses_every_truncation, "every truncation of the file is refused"),
          FRESH(survives_failing_reads, "each failing read is an error"),
          FRESH(accepts_extended_numbering, "PN_XNUM: more program headers than 16 bits count"),
          FRESH(refuses_too_many_segments, "too many loadable segments are refused"),
          FRESH(refuses_no_segment, "a file without loadable segments is refused"),
          FRESH(accepts_empty_headers, "empty PT_DYNAMIC, PT_TLS, PT_LOAD are accepted"),
          FRESH(relro_may_end_in_padding, "RELRO may end in the padding of its last page"),
          FRESH(lists_all_problems, "a diag that goes on hears of every problem"),
          FRESH(formats_problems, "problems become one line, cut where the buffer ends"),
          FRESH(every_line_fits, "no line is longer than TWZ_ELF_LINE"),
          FRESH(reads_files, "a file through pread, also one that shrinks"),
          FRESH(reads_another_address_space, "another address space"),
          FRESH(reads_a_loaded_image, "the vDSO, as it lies in memory"),
          FRESH(undoes_relocated_pointers, "a loaded image with relocated dynamic pointers"))
