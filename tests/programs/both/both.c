/* SPDX-License-Identifier: BSD-2-Clause */
/* One source for both runtimes: everything here has to come out the same, whichever answers. The
 * arguments say which one that should be. */
#include <stdbool.h>
#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/debug.h>
#include <twz/rt/fd.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/random.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/rt/time.h>

#define THREADS 300 /* more than there may be at a time: what has ended is given back */

static unsigned tests;

static void ok(bool good, const char *title)
{
    twz_rt_print("%sok %u - %s\n", good ? "" : "not ", ++tests, title);
}

static int constructed;
static __thread int counter = 42;
static __thread char zero[100];

__attribute__((constructor)) static void construct(void)
{
    constructed = 7;
}

__attribute__((destructor)) static void destruct(void)
{
    twz_rt_print("# the destructor runs last\n");
}

static void leave(void)
{
    twz_rt_print("# what was registered runs first\n");
}

static bool heap_works(void)
{
    char *blocks[64];
    bool good = true;
    for (unsigned i = 0; i < 64; i++) {
        blocks[i] = twz_rt_alloc(1000 * i + 1, 64);
        good &= blocks[i] != NULL && (uintptr_t)blocks[i] % 64 == 0;
        if (good)
            memset(blocks[i], (int)i, 1000 * i + 1);
    }
    for (unsigned i = 0; i < 64 && good; i++) {
        good = blocks[i][1000 * i] == (char)i;
        twz_rt_free(blocks[i]);
    }
    return good;
}

static int64_t work(void *argument)
{
    counter += *(int *)argument;
    zero[99]++;
    return counter + zero[99];
}

static bool threads_work(void)
{
    int five = 5;
    struct twz_rt_task task = {.function = work, .argument = &five};
    for (unsigned i = 0; i < THREADS; i++)
        if (twz_rt_thread_start(&task) < 0 || twz_rt_thread_join(&task) != 48)
            return false;
    return counter == 42 && zero[99] == 0;
}

static bool object_opens(void)
{
    struct twz_rt_object object, again, none;
    return twz_rt_object_open("both.data", &object) == 0 && object.length == 12 &&
           memcmp(object.data, "of the image", 12) == 0 &&
           twz_rt_object_open("both.data", &again) == 0 && again.data == object.data &&
           twz_rt_object_open("nothing", &none) == -TWZ_ENOENT;
}

/* A file: written, read at a position, in pieces, resized, renamed, removed. */
static bool files_work(void)
{
    char a[4] = "", b[8] = "";
    const struct twz_rt_piece out[] = {{"of ", 3}, {"pieces", 6}}, in[] = {{a, 3}, {b, 6}};
    struct twz_rt_file_info info;
    int32_t fd = (int32_t)twz_rt_fd_open("/tmp/file", TWZ_RT_OPEN_READ | TWZ_RT_OPEN_WRITE |
                                                          TWZ_RT_OPEN_CREATE | TWZ_RT_OPEN_NEW);
    bool good =
        fd > 2 && twz_rt_fd_write(fd, "made ", 5) == 5 &&
        twz_rt_fd_write_pieces(fd, out, 2, TWZ_RT_HERE) == 9 &&
        twz_rt_fd_seek(fd, 0, TWZ_RT_FROM_HERE) == 14 && twz_rt_fd_read_pieces(fd, in, 2, 5) == 9 &&
        memcmp(a, "of ", 3) == 0 && memcmp(b, "pieces", 6) == 0 &&
        twz_rt_fd_write_at(fd, "M", 1, 0) == 1 && twz_rt_fd_read_at(fd, a, 4, 0) == 4 &&
        memcmp(a, "Made", 4) == 0 && twz_rt_fd_seek(fd, 0, TWZ_RT_FROM_END) == 14 &&
        twz_rt_fd_read(fd, a, 4) == 0 && twz_rt_fd_resize(fd, 5) == 0 &&
        twz_rt_fd_info(fd, &info) == 0 && info.kind == TWZ_RT_FILE_REGULAR && info.size == 5 &&
        twz_rt_fd_duplicate(fd, 9) == 9 && twz_rt_fd_close(9) == 0 && twz_rt_fd_close(fd) == 0;
    int64_t again =
        twz_rt_fd_open("/tmp/file", TWZ_RT_OPEN_WRITE | TWZ_RT_OPEN_CREATE | TWZ_RT_OPEN_NEW);
    return good && twz_rt_error_category(again) == TWZ_RT_FILES &&
           twz_rt_error_number(again) == 17 /* EEXIST */ &&
           twz_rt_file_rename("/tmp/file", "/tmp/other") == 0 &&
           twz_rt_file_info("/tmp/file", &info) < 0 && twz_rt_file_remove("/tmp/other") == 0 &&
           twz_rt_fd_close(fd) < 0;
}

static bool directories_work(void)
{
    static const char *const names[] = {"/tmp/d/one", "/tmp/d/two", "/tmp/d/three"};
    struct twz_rt_file_entry entry;
    unsigned seen = 0, others = 0;
    bool good = twz_rt_file_directory("/tmp/d") == 0;
    for (unsigned i = 0; i < 3; i++) {
        int64_t fd = twz_rt_fd_open(names[i], TWZ_RT_OPEN_WRITE | TWZ_RT_OPEN_CREATE);
        good &= fd >= 0 && twz_rt_fd_close((int32_t)fd) == 0;
    }
    int64_t fd = twz_rt_fd_open("/tmp/d", TWZ_RT_OPEN_READ | TWZ_RT_OPEN_DIRECTORY);
    while (fd >= 0 && twz_rt_fd_next((int32_t)fd, &entry) == 1) {
        bool dot = entry.name[0] == '.';
        for (unsigned i = 0; i < 3 && !dot; i++)
            if (strcmp(entry.name, names[i] + 7) == 0 && entry.kind == TWZ_RT_FILE_REGULAR)
                seen |= 1u << i;
        others += !dot;
    }
    good &= twz_rt_fd_close((int32_t)fd) == 0 && seen == 7 && others == 3;
    good &= twz_rt_error_number(twz_rt_file_remove("/tmp/d")) == 39; /* ENOTEMPTY */
    for (unsigned i = 0; i < 3; i++)
        good &= twz_rt_file_remove(names[i]) == 0;
    return good && twz_rt_file_remove("/tmp/d") == 0;
}

static bool polling_works(void)
{
    int32_t ends[2];
    char byte;
    if (twz_rt_fd_pipe(ends) < 0)
        return false;
    struct twz_rt_poll list[] = {{.fd = ends[0], .wanted = TWZ_RT_READY_READ},
                                 {.fd = ends[1], .wanted = TWZ_RT_READY_WRITE}};
    bool good = twz_rt_fd_poll(list, 1, twz_rt_clock() + 1000000) == 0 && list[0].ready == 0 &&
                twz_rt_fd_poll(list, 2, UINT64_MAX) == 1 && list[1].ready == TWZ_RT_READY_WRITE &&
                twz_rt_fd_write(ends[1], "x", 1) == 1 && twz_rt_fd_poll(list, 1, 0) == 1 &&
                list[0].ready == TWZ_RT_READY_READ && twz_rt_fd_read(ends[0], &byte, 1) == 1 &&
                byte == 'x' && twz_rt_fd_close(ends[1]) == 0 &&
                twz_rt_fd_poll(list, 1, UINT64_MAX) == 1 && list[0].ready & TWZ_RT_READY_CLOSED;
    return good && twz_rt_fd_close(ends[0]) == 0;
}

static bool image_is_found(const char *runtime)
{
    struct twz_rt_image image, own;
    unsigned count = 0;
    for (uint64_t cursor = 0; twz_rt_image_next(&cursor, &image) == 0;)
        count++;
    if (twz_rt_image_of((const void *)(uintptr_t)image_is_found, &own) < 0)
        return false;
    /* Program headers begin with a segment that is loaded where the file begins. */
    const uint32_t *first = own.headers;
    return own.header_count > 4 && first[0] == 1 /* PT_LOAD */ && own.tls_module == 1 &&
           count == (strcmp(runtime, "minimal") == 0 ? 1 : 2) &&
           twz_rt_image_of((const void *)16, &image) == -TWZ_ENOENT;
}

static bool randomness_is_there(void)
{
    uint64_t words[4] = {0};
    if (twz_rt_random(words, sizeof words) < 0)
        return false;
    return words[0] != words[1] && words[1] != words[2] && words[3] != 0;
}

static bool time_passes(void)
{
    uint64_t start = twz_rt_clock();
    twz_rt_sleep_until(start + 2 * twz_rt_clock_tick());
    uint64_t slept = twz_rt_clock() - start;
    return slept >= 2 * twz_rt_clock_tick() && twz_rt_calendar() > 1000000000ull;
}

int main(int argc, char **argv)
{
    struct twz_rt_info info;
    twz_rt_info(&info);
    const char *wanted = argc > 1 ? argv[1] : "";
    ok(strcmp(info.runtime, wanted) == 0, "the runtime is the one that was meant");
    ok(argc == 3 && strcmp(argv[2], "last") == 0 && argv[3] == NULL, "arguments arrive");
    ok(constructed == 7, "constructors have run");
    ok(heap_works(), "the heap gives what was asked for");
    ok(threads_work(), "threads, each with its thread-local storage");
    ok(object_opens(), "objects of the image open by name");
    ok(files_work(), "files, positional and vectored input and output");
    ok(directories_work(), "directories");
    ok(polling_works(), "pipes, and waiting for them");
    ok(image_is_found(wanted), "what is loaded, with its program headers");
    ok(randomness_is_there(), "randomness");
    ok(time_passes(), "clocks and sleep");
    struct twz_rt_system system;
    twz_rt_system(&system);
    ok(system.page_size == 4096 && system.processors == 1 && info.page_size == 4096 &&
           info.abi_major == TWZ_RT_ABI_MAJOR,
       "information about the system");
    ok(twz_rt_at_exit(leave) == 0, "something can be registered for the end");
    twz_rt_print("1..%u\n", tests);
    return 5;
}
