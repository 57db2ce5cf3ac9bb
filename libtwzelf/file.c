/* SPDX-License-Identifier: BSD-2-Clause */
#include "internal.h"
#include <twzelf/reloc.h>

/* x86_64 reaches thread-local storage by 32-bit offsets. */
#define TLS_MAX ((uint64_t)1 << 31)

#define INTERP_MAX 4096u

static bool power_of_two(uint64_t value)
{
    return value && (value & (value - 1)) == 0;
}

static bool check_ident(struct check *check, const Elf64_Ehdr *ehdr)
{
    const uint8_t *ident = ehdr->e_ident;
    const uint32_t magic = load32(ELFMAG);
    if (load32(ident) != magic)
        return refuse(check, TWZ_ELF_EHDR_MAGIC, TWZ_ELF_AT_OFFSET, 0, load32(ident), magic, 0);
    if (ident[EI_CLASS] != ELFCLASS64)
        return refuse(check, TWZ_ELF_EHDR_CLASS, TWZ_ELF_AT_OFFSET, EI_CLASS, ident[EI_CLASS],
                      ELFCLASS64, 0);
    if (ident[EI_DATA] != ELFDATA2LSB)
        return refuse(check, TWZ_ELF_EHDR_DATA, TWZ_ELF_AT_OFFSET, EI_DATA, ident[EI_DATA],
                      ELFDATA2LSB, 0);
    if (ident[EI_VERSION] != EV_CURRENT)
        return refuse(check, TWZ_ELF_EHDR_VERSION, TWZ_ELF_AT_OFFSET, EI_VERSION, ident[EI_VERSION],
                      EV_CURRENT, 0);
    return true;
}

/* Everything behind e_ident; each field is judged by itself, so that a tool sees all of them. */
static bool check_header(struct check *check, const Elf64_Ehdr *ehdr)
{
    const unsigned osabi = ehdr->e_ident[EI_OSABI];
#define AT(field) TWZ_ELF_AT_OFFSET, offsetof(Elf64_Ehdr, field)
    if (ehdr->e_version != EV_CURRENT &&
        !refuse(check, TWZ_ELF_EHDR_VERSION, AT(e_version), ehdr->e_version, EV_CURRENT, 0))
        return false;
    if (osabi != ELFOSABI_SYSV && osabi != ELFOSABI_GNU &&
        !refuse(check, TWZ_ELF_EHDR_OSABI, TWZ_ELF_AT_OFFSET, EI_OSABI, osabi, 0, 0))
        return false;
    if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN &&
        !refuse(check, TWZ_ELF_EHDR_TYPE, AT(e_type), ehdr->e_type, 0, 0))
        return false;
    if (!twz_elf_arch(ehdr->e_machine) &&
        !refuse(check, TWZ_ELF_EHDR_MACHINE, AT(e_machine), ehdr->e_machine, 0, 0))
        return false;
    if (ehdr->e_ehsize != sizeof *ehdr &&
        !refuse(check, TWZ_ELF_EHDR_EHSIZE, AT(e_ehsize), ehdr->e_ehsize, sizeof *ehdr, 0))
        return false;
    if (ehdr->e_phentsize != sizeof(Elf64_Phdr) &&
        !refuse(check, TWZ_ELF_EHDR_PHENTSIZE, AT(e_phentsize), ehdr->e_phentsize,
                sizeof(Elf64_Phdr), 0))
        return false;
#undef AT
    return true;
}

/* How many program headers there are, and that the table is in the file. With 0xffff or more the
 * number stands in sh_info of the first section header (gABI 4, e_phnum). */
static bool find_phdrs(struct check *check, struct twz_elf_file *file, const Elf64_Ehdr *ehdr)
{
    const struct twz_elf_bytes *bytes = file->bytes;
    file->phoff = ehdr->e_phoff;
    file->phnum = ehdr->e_phnum;
    if (ehdr->e_phnum == PN_XNUM) {
        Elf64_Shdr first;
        if (ehdr->e_shentsize != sizeof first ||
            !twz_elf_read(bytes, ehdr->e_shoff, &first, sizeof first) || first.sh_info < PN_XNUM) {
            refuse(check, TWZ_ELF_EHDR_XNUM, TWZ_ELF_AT_OFFSET, offsetof(Elf64_Ehdr, e_phnum),
                   PN_XNUM, 0, 0);
            return false;
        }
        file->phnum = first.sh_info;
    }
    if (file->phnum == 0) {
        refuse(check, TWZ_ELF_EHDR_PHNUM, TWZ_ELF_AT_OFFSET, offsetof(Elf64_Ehdr, e_phnum), 0, 0,
               0);
        return false;
    }
    if (!twz_elf_within(file->phoff, (uint64_t)file->phnum * sizeof(Elf64_Phdr), 0, bytes->size)) {
        refuse(check, TWZ_ELF_EHDR_PHDRS, TWZ_ELF_AT_OFFSET, offsetof(Elf64_Ehdr, e_phoff),
               file->phoff, file->phnum, bytes->size);
        return false;
    }
    return true;
}

/* What holds for every program header whose bytes are used. */
static bool check_ranges(struct check *check, const struct twz_elf_file *file,
                         const struct twz_elf_segment *segment)
{
    const uint32_t at = segment->phdr;
    const uint64_t size = file->bytes->size;
    uint64_t end;
    if (file->view == TWZ_ELF_VIEW_FILE &&
        !twz_elf_within(segment->offset, segment->filesz, 0, size) &&
        !refuse(check, TWZ_ELF_SEGMENT_FILE, TWZ_ELF_AT_PHDR, at, segment->offset, segment->filesz,
                size))
        return false;
    if (__builtin_add_overflow(segment->vaddr, segment->memsz, &end) &&
        !refuse(check, TWZ_ELF_SEGMENT_MEMORY, TWZ_ELF_AT_PHDR, at, segment->vaddr, segment->memsz,
                0))
        return false;
    if (segment->filesz > segment->memsz && !refuse(check, TWZ_ELF_SEGMENT_SIZE, TWZ_ELF_AT_PHDR,
                                                    at, segment->filesz, segment->memsz, 0))
        return false;
    if (!power_of_two(segment->align))
        return refuse(check, TWZ_ELF_SEGMENT_ALIGN, TWZ_ELF_AT_PHDR, at, segment->align, 0, 0);
    return true;
}

static bool add_load(struct check *check, struct twz_elf_file *file,
                     const struct twz_elf_segment *load)
{
    const uint32_t at = load->phdr;
    const uint32_t before = check->count;
    if (!check_ranges(check, file, load))
        return false;
    if (check->count != before || load->memsz == 0)
        return true;
    if (((load->vaddr - load->offset) & (load->align - 1)) != 0 &&
        !refuse(check, TWZ_ELF_SEGMENT_CONGRUENCE, TWZ_ELF_AT_PHDR, at, load->vaddr, load->offset,
                load->align))
        return false;
    if (file->load_count == 0) {
        file->low = twz_elf_page_down(load->vaddr);
    } else {
        const struct twz_elf_segment *last = &file->loads[file->load_count - 1];
        const uint64_t end = last->vaddr + last->memsz;
        if (load->vaddr < last->vaddr)
            return refuse(check, TWZ_ELF_SEGMENT_ORDER, TWZ_ELF_AT_PHDR, at, load->vaddr,
                          last->vaddr, 0);
        if (load->vaddr < end)
            return refuse(check, TWZ_ELF_SEGMENT_OVERLAP, TWZ_ELF_AT_PHDR, at, load->vaddr, end, 0);
    }
    if (file->view == TWZ_ELF_VIEW_MEMORY &&
        !twz_elf_within(load->vaddr - file->low, load->filesz, 0, file->bytes->size))
        return refuse(check, TWZ_ELF_SEGMENT_FILE, TWZ_ELF_AT_PHDR, at, load->vaddr - file->low,
                      load->filesz, file->bytes->size);
    if (file->load_count == TWZ_ELF_LOADS_MAX) {
        refuse(check, TWZ_ELF_SEGMENT_COUNT, TWZ_ELF_AT_PHDR, at, TWZ_ELF_LOADS_MAX, 0, 0);
        return false;
    }
    file->loads[file->load_count++] = *load;
    file->high = load->vaddr + load->memsz;
    return true;
}

static struct twz_elf_segment *singleton(struct twz_elf_file *file, uint32_t type)
{
    switch (type) {
    case PT_DYNAMIC:
        return &file->dynamic;
    case PT_TLS:
        return &file->tls;
    case PT_INTERP:
        return &file->interp;
    case PT_GNU_RELRO:
        return &file->relro;
    case PT_GNU_EH_FRAME:
        return &file->eh_frame;
    case PT_GNU_STACK:
        return &file->stack;
    default:
        return NULL;
    }
}

static struct twz_elf_segment decode(const Elf64_Phdr *phdr, uint32_t index)
{
    return (struct twz_elf_segment){
        .vaddr = phdr->p_vaddr,
        .memsz = phdr->p_memsz,
        .offset = phdr->p_offset,
        .filesz = phdr->p_filesz,
        .align = phdr->p_align ? phdr->p_align : 1,
        .flags = phdr->p_flags & (PF_R | PF_W | PF_X),
        .phdr = index,
    };
}

static bool read_phdrs(struct check *check, struct twz_elf_file *file)
{
    for (uint32_t i = 0; i < file->phnum; i++) {
        Elf64_Phdr phdr;
        if (twz_elf_phdr(file, i, &phdr) != TWZ_ELF_OK) {
            refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_PHDR, i, file->phoff + i * sizeof phdr,
                   sizeof phdr, 0);
            return false;
        }
        const struct twz_elf_segment segment = decode(&phdr, i);
        if (phdr.p_type == PT_LOAD) {
            if (!add_load(check, file, &segment))
                return false;
            continue;
        }
        struct twz_elf_segment *one = singleton(file, phdr.p_type);
        if (!one)
            continue;
        if (twz_elf_has(one)) {
            if (!refuse(check, TWZ_ELF_SEGMENT_TWICE, TWZ_ELF_AT_PHDR, i, phdr.p_type, one->phdr,
                        0))
                return false;
            continue;
        }
        *one = segment;
    }
    if (file->load_count == 0 && check->count == 0)
        refuse(check, TWZ_ELF_SEGMENT_NONE, TWZ_ELF_AT_FILE, 0, 0, 0, 0);
    return file->load_count != 0;
}

/* A header that describes part of a loadable segment: `size` bytes of memory, of which filesz are
 * the segment's own file bytes. */
static bool check_inside(struct check *check, const struct twz_elf_file *file,
                         const struct twz_elf_segment *part, uint64_t size)
{
    if (!twz_elf_has(part) || part->memsz == 0)
        return true;
    const uint32_t before = check->count;
    if (!check_ranges(check, file, part))
        return false;
    if (check->count != before || size == 0) /* .tbss alone has an address, but no place */
        return true;
    const struct twz_elf_segment *load = twz_elf_segment_at(file, part->vaddr, size);
    if (!load || !twz_elf_within(part->vaddr, part->filesz, load->vaddr, load->filesz))
        return refuse(check, TWZ_ELF_SEGMENT_OUTSIDE, TWZ_ELF_AT_PHDR, part->phdr, part->vaddr,
                      size, 0);
    const uint64_t expected = load->offset + (part->vaddr - load->vaddr);
    if (part->filesz && part->offset != expected)
        return refuse(check, TWZ_ELF_SEGMENT_OFFSET, TWZ_ELF_AT_PHDR, part->phdr, part->offset,
                      expected, 0);
    return true;
}

/* RELRO may end in the padding up to the next page, which the linker leaves out of the segment. */
static bool check_relro(struct check *check, const struct twz_elf_file *file)
{
    const struct twz_elf_segment *relro = &file->relro;
    if (!twz_elf_has(relro) || relro->memsz == 0)
        return true;
    const uint32_t before = check->count;
    if (!check_ranges(check, file, relro))
        return false;
    if (check->count != before)
        return true;
    const struct twz_elf_segment *load = twz_elf_segment_at(file, relro->vaddr, 1);
    if (load) {
        const uint64_t room = load->memsz - (relro->vaddr - load->vaddr);
        const uint64_t padding = -(load->vaddr + load->memsz) & (TWZ_ELF_PAGE - 1);
        if (relro->memsz <= room || relro->memsz - room <= padding)
            return true;
    }
    return refuse(check, TWZ_ELF_SEGMENT_OUTSIDE, TWZ_ELF_AT_PHDR, relro->phdr, relro->vaddr,
                  relro->memsz, 0);
}

static bool check_tls(struct check *check, const struct twz_elf_file *file)
{
    const struct twz_elf_segment *tls = &file->tls;
    if (!twz_elf_has(tls))
        return true;
    if ((tls->memsz > TLS_MAX || tls->align > TLS_MAX) &&
        !refuse(check, TWZ_ELF_TLS_SIZE, TWZ_ELF_AT_PHDR, tls->phdr, tls->memsz, tls->align,
                TLS_MAX))
        return false;
    return check_inside(check, file, tls, tls->filesz);
}

/* Every loader takes the interpreter's name up to its NUL; so it must have one. */
static bool check_interp(struct check *check, const struct twz_elf_file *file)
{
    const struct twz_elf_segment *interp = &file->interp;
    if (!twz_elf_has(interp))
        return true;
    const uint32_t before = check->count;
    if (!check_inside(check, file, interp, interp->filesz))
        return false;
    if (check->count != before)
        return true;
    uint8_t first = 0, last = 1;
    uint64_t position;
    if (interp->filesz >= 2 && interp->filesz <= INTERP_MAX &&
        twz_elf_position(file, interp->vaddr, interp->filesz, &position) &&
        twz_elf_read(file->bytes, position, &first, 1) &&
        twz_elf_read(file->bytes, position + interp->filesz - 1, &last, 1) && first && !last)
        return true;
    return refuse(check, TWZ_ELF_INTERP_TEXT, TWZ_ELF_AT_PHDR, interp->phdr, 0, 0, 0);
}

static void open_file(struct check *check, struct twz_elf_file *file)
{
    const struct twz_elf_bytes *bytes = file->bytes;
    Elf64_Ehdr ehdr;
    if (bytes->size < sizeof ehdr) {
        refuse(check, TWZ_ELF_EHDR_SIZE, TWZ_ELF_AT_FILE, 0, bytes->size, sizeof ehdr, 0);
        return;
    }
    if (!twz_elf_read(bytes, 0, &ehdr, sizeof ehdr)) {
        refuse(check, TWZ_ELF_READ, TWZ_ELF_AT_OFFSET, 0, 0, sizeof ehdr, 0);
        return;
    }
    /* A file of another class or byte order has no field that could be judged. */
    if (!check_ident(check, &ehdr) || check->count)
        return;
    if (!check_header(check, &ehdr) || ehdr.e_phentsize != sizeof(Elf64_Phdr))
        return;
    file->arch = twz_elf_arch(ehdr.e_machine);
    file->type = ehdr.e_type;
    file->machine = ehdr.e_machine;
    file->osabi = ehdr.e_ident[EI_OSABI];
    file->entry = ehdr.e_entry;
    if (!find_phdrs(check, file, &ehdr) || !read_phdrs(check, file))
        return;
    const struct twz_elf_segment *eh_frame = &file->eh_frame;
    if (!check_inside(check, file, &file->dynamic, file->dynamic.memsz) ||
        !check_inside(check, file, eh_frame, eh_frame->memsz) || !check_tls(check, file) ||
        !check_relro(check, file) || !check_interp(check, file))
        return;
    if (file->entry && !twz_elf_is_code(file, file->entry))
        refuse(check, TWZ_ELF_EHDR_ENTRY, TWZ_ELF_AT_OFFSET, offsetof(Elf64_Ehdr, e_entry),
               file->entry, 0, 0);
}

enum twz_elf_error twz_elf_file_open(struct twz_elf_file *file, const struct twz_elf_bytes *bytes,
                                     enum twz_elf_view view, struct twz_elf_diag *diag)
{
    struct check check = {.diag = diag};
    memset(file, 0, sizeof *file);
    file->bytes = bytes;
    file->view = view;
    file->dynamic.phdr = file->tls.phdr = file->interp.phdr = TWZ_ELF_NONE;
    file->relro.phdr = file->eh_frame.phdr = file->stack.phdr = TWZ_ELF_NONE;
    open_file(&check, file);
    return check.result;
}

enum twz_elf_error twz_elf_phdr(const struct twz_elf_file *file, uint32_t index, Elf64_Phdr *phdr)
{
    if (index >= file->phnum ||
        !twz_elf_read(file->bytes, file->phoff + (uint64_t)index * sizeof *phdr, phdr,
                      sizeof *phdr))
        return TWZ_ELF_READ;
    return TWZ_ELF_OK;
}

const struct twz_elf_segment *twz_elf_segment_at(const struct twz_elf_file *file, uint64_t vaddr,
                                                 uint64_t size)
{
    for (uint32_t i = 0; i < file->load_count; i++)
        if (twz_elf_within(vaddr, size, file->loads[i].vaddr, file->loads[i].memsz))
            return &file->loads[i];
    return NULL;
}

bool twz_elf_position(const struct twz_elf_file *file, uint64_t vaddr, uint64_t size,
                      uint64_t *position)
{
    const struct twz_elf_segment *load = twz_elf_segment_at(file, vaddr, size);
    if (!load || !twz_elf_within(vaddr, size, load->vaddr, load->filesz))
        return false;
    *position =
        file->view == TWZ_ELF_VIEW_FILE ? load->offset + (vaddr - load->vaddr) : vaddr - file->low;
    return true;
}

bool twz_elf_vaddr(const struct twz_elf_file *file, uint64_t offset, uint64_t *vaddr)
{
    for (uint32_t i = 0; i < file->load_count; i++) {
        const struct twz_elf_segment *load = &file->loads[i];
        if (twz_elf_within(offset, 1, load->offset, load->filesz)) {
            *vaddr = load->vaddr + (offset - load->offset);
            return true;
        }
    }
    return false;
}

enum twz_elf_error twz_elf_read_vaddr(const struct twz_elf_file *file, uint64_t vaddr, void *buffer,
                                      size_t size)
{
    const struct twz_elf_segment *load = twz_elf_segment_at(file, vaddr, size);
    if (!load)
        return TWZ_ELF_READ;
    const uint64_t skip = vaddr - load->vaddr;
    const uint64_t stored = load->filesz > skip ? load->filesz - skip : 0;
    const size_t copied = stored < size ? (size_t)stored : size;
    if (copied) {
        uint64_t position;
        if (!twz_elf_position(file, vaddr, copied, &position) ||
            !twz_elf_read(file->bytes, position, buffer, copied))
            return TWZ_ELF_READ;
    }
    memset((uint8_t *)buffer + copied, 0, size - copied);
    return TWZ_ELF_OK;
}

const char *twz_elf_text_at(const struct twz_elf_file *file, uint64_t vaddr, char *buffer,
                            size_t size)
{
    const struct twz_elf_segment *load = twz_elf_segment_at(file, vaddr, 1);
    uint64_t position;
    if (!load || !twz_elf_position(file, vaddr, 1, &position))
        return NULL;
    const uint64_t stored = load->filesz - (vaddr - load->vaddr);
    const size_t limit = stored < size ? (size_t)stored : size;
    const char *text = twz_elf_direct(file->bytes, position, limit);
    if (!text) {
        if (!buffer || !twz_elf_read(file->bytes, position, buffer, limit))
            return NULL;
        text = buffer;
    }
    for (size_t i = 0; i < limit; i++)
        if (text[i] == 0)
            return text;
    return NULL;
}

bool twz_elf_is_code(const struct twz_elf_file *file, uint64_t vaddr)
{
    const struct twz_elf_segment *load = twz_elf_segment_at(file, vaddr, 1);
    return load && (load->flags & PF_X) && vaddr - load->vaddr < load->filesz;
}
