/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul

static unsigned char *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int is_zero(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i])
            return 0;
    return 1;
}

static void check_mmap(void)
{
    unsigned char *a = map(100 * PAGE), *b = map(PAGE + 1);
    ok(a != MAP_FAILED && b != MAP_FAILED && ((uintptr_t)a | (uintptr_t)b) % PAGE == 0,
       "mmap: page aligned");
    ok(is_zero(a, 100 * PAGE) && is_zero(b, 2 * PAGE), "mmap: zero, to the end of the last page");
    memset(a, 1, 100 * PAGE);
    memset(b, 2, 2 * PAGE);
    ok(a[0] == 1 && a[100 * PAGE - 1] == 1, "mmap: two mappings do not overlap");
    ok(munmap(a + 10 * PAGE, 80 * PAGE) == 0, "munmap: the middle of a mapping");
    ok(a[10 * PAGE - 1] == 1 && a[90 * PAGE] == 1, "munmap: its ends stay");
    int clean = 1;
    unsigned char *parts[8];
    for (int i = 0; i < 8; i++) {
        parts[i] = map(10 * PAGE);
        clean = clean && parts[i] != MAP_FAILED && is_zero(parts[i], 10 * PAGE);
        memset(parts[i], 3 + i, 10 * PAGE);
    }
    ok(clean, "mmap: what was given back reads as zeros");
    for (int i = 0; i < 8; i++)
        clean = clean && parts[i][0] == 3 + i && parts[i][10 * PAGE - 1] == 3 + i;
    ok(clean && a[0] == 1 && b[0] == 2, "mmap: no two mappings share a page");
    for (int i = 0; i < 8; i += 2)
        munmap(parts[i], 10 * PAGE);
    for (int i = 1; i < 8; i += 2)
        clean = clean && parts[i][5 * PAGE] == 3 + i;
    ok(clean, "munmap: every other one");
    unsigned char *fixed = mmap(a + PAGE, PAGE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    ok(fixed == a + PAGE && fixed[0] == 0 && a[0] == 1 && a[2 * PAGE] == 1,
       "mmap: MAP_FIXED replaces one page");
    fails(mmap(a, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
          EEXIST, "mmap: MAP_FIXED_NOREPLACE does not");
    fails(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL, "mmap: no length");
    fails(mmap(NULL, SIZE_MAX, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM,
          "mmap: all of the address space");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 77, 0), EBADF, "mmap: no such descriptor");
    fails(munmap(a + 1, PAGE), EINVAL, "munmap: not on a page");
}

static void check_mremap(void)
{
    unsigned char *a = map(4 * PAGE);
    memset(a, 7, 4 * PAGE);
    unsigned char *b = mremap(a, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    ok(b != MAP_FAILED && b[0] == 7 && b[4 * PAGE - 1] == 7 && is_zero(b + 4 * PAGE, 60 * PAGE),
       "mremap: grows, old bytes and zeros");
    memset(b, 8, 64 * PAGE);
    unsigned char *c = mremap(b, 64 * PAGE, 2 * PAGE, 0);
    ok(c == b && c[2 * PAGE - 1] == 8, "mremap: shrinks in place");
    c = mremap(c, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    ok(c != MAP_FAILED && c[0] == 8 && is_zero(c + 2 * PAGE, 6 * PAGE),
       "mremap: what was cut off comes back as zeros");
    ok(madvise(c, 8 * PAGE, MADV_DONTNEED) == 0 && is_zero(c, 8 * PAGE), "madvise: MADV_DONTNEED");
    ok(mprotect(c, 8 * PAGE, PROT_READ) == 0 && mprotect(c, PAGE, PROT_READ | PROT_WRITE) == 0,
       "mprotect: there and back");
    munmap(c, 8 * PAGE);
}

static void check_file_mapping(void)
{
    char text[6000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    int fd = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ok(write(fd, text, sizeof text) == (ssize_t)sizeof text, "a file to map");
    char *m = mmap(NULL, sizeof text, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    ok(m != MAP_FAILED && memcmp(m, text, sizeof text) == 0 &&
           is_zero((unsigned char *)m + sizeof text, 2 * PAGE - sizeof text),
       "mmap: a file, zeros behind its end");
    m[0] = '!';
    char first;
    ok(pread(fd, &first, 1, 0) == 1 && first == 'a', "mmap: private changes stay private");
    char *n = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)PAGE);
    ok(n != MAP_FAILED && n[0] == text[PAGE], "mmap: a file from its second page");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1), EINVAL, "mmap: offset not on a page");
    munmap(m, sizeof text);
    munmap(n, PAGE);
    close(fd);
    unlink("/tmp/mapped");
}

/* A file that comes with the image, in an archive with others; Linux has none. */
static void check_image_mapping(void)
{
    struct stat status;
    int fd = open("/edge/page", O_RDONLY);
    if (fd < 0)
        fd = open("/proc/self/exe", O_RDONLY);
    ok(fd >= 0 && fstat(fd, &status) == 0, "a file that nobody writes");
    size_t size = (size_t)status.st_size, end = (size + PAGE - 1) / PAGE * PAGE;
    unsigned char *m = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    ok(m != MAP_FAILED && m[0] != 0 && is_zero(m + size, end - size),
       "mmap: it has zeros behind its end, and no other file");
    munmap(m, size);
    close(fd);
}

static void check_break(void)
{
    char *start = sbrk(0);
    long end = syscall(SYS_brk, start + 10 * PAGE);
    ok(end == (long)(start + 10 * PAGE), "brk: up");
    memset(start, 9, 10 * PAGE);
    syscall(SYS_brk, start + PAGE);
    syscall(SYS_brk, start + 10 * PAGE);
    ok(start[0] == 9 && is_zero((unsigned char *)start + PAGE, 9 * PAGE),
       "brk: down and up again gives zeros");
    syscall(SYS_brk, start);
}

static void check_malloc(void)
{
    void *blocks[200];
    int good = 1;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 200; i++) {
            blocks[i] = malloc(i * i + 1);
            good = good && blocks[i] && (uintptr_t)blocks[i] % 16 == 0;
            memset(blocks[i], (int)i, i * i + 1);
        }
        for (size_t i = 0; i < 200; i++) {
            good = good && *(unsigned char *)blocks[i] == i % 256;
            free(blocks[i]);
        }
    }
    ok(good, "malloc: 600 blocks");
    void *aligned = NULL;
    ok(posix_memalign(&aligned, 4096, 100) == 0 && (uintptr_t)aligned % 4096 == 0,
       "posix_memalign");
    free(aligned);
    volatile size_t most = SIZE_MAX;
    ok(aligned_alloc(most, 1) == NULL && aligned_alloc(most / 2 + 2, 1) == NULL,
       "aligned_alloc: no power of two is as large");
    char *line = NULL;
    ok(asprintf(&line, "%d %s", 42, "words") == 8 && strcmp(line, "42 words") == 0, "asprintf");
    free(line);
}

void check_memory(void)
{
    check_mmap();
    check_mremap();
    check_file_mapping();
    check_image_mapping();
    check_break();
    check_malloc();
}
