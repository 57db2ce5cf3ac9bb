/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How musl starts and ends here. The runtime has built the thread block and calls constructors in
 * the order of dependencies, so the one below runs before those of every library that needs libc;
 * likewise its destructor runs after theirs. This replaces __libc_start_main.c, __init_tls.c and
 * exit.c: there is no auxiliary vector, no crt1, and nothing writes %fs.
 */
#define SYSCALL_NO_TLS 1
#include "libc.h"
#include "pthread_impl.h"
#include "stdio_impl.h"
#include "syscall.h"
#include <elf.h>
#include <twz/rt/core.h>
#include <twz/rt/thread.h>
#include <unistd.h>

_Static_assert(sizeof(struct pthread) <= offsetof(struct twz_rt_thread, next),
               "a thread block holds one");
_Static_assert(offsetof(struct pthread, dtv) == offsetof(struct twz_rt_thread, dtv), "ABI");

hidden void __funcs_on_exit(void);
hidden void __stdio_exit(void);

volatile int __thread_list_lock;

/* Programs look here for what the kernel told them: the page size, and no program headers. */
static size_t auxiliary[] = {AT_PAGESZ, 4096, AT_SECURE, 0, AT_NULL, 0};

static FILE *volatile no_file;
weak_alias(no_file, __stdin_used);
weak_alias(no_file, __stdout_used);
weak_alias(no_file, __stderr_used);

int __init_tp(void *p)
{
    pthread_t td = p;
    td->detach_state = DT_JOINABLE;
    td->tid = __syscall(SYS_set_tid_address, &__thread_list_lock);
    td->locale = &libc.global_locale;
    td->robust_list.head = &td->robust_list.head;
    td->next = td->prev = td;
    return 0;
}

/* For pthread_create(): a thread block with its thread-local storage in libc.tls_size bytes. */
void *__copy_tls(unsigned char *mem)
{
    return twz_rt_thread_init(mem, libc.tls_size);
}

void __reset_tls(void)
{
    twz_rt_thread_reset(__pthread_self());
}

/* From here on several threads use the library, and none of them is the last one. */
static void become_threaded(void)
{
    FILE *standard[] = {__stdin_used, __stdout_used, __stderr_used};
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        if (standard[i] && standard[i]->lock < 0)
            standard[i]->lock = 0;
    libc.threaded = 1;
    libc.threads_minus_1++;
    libc.need_locks = 1;
}

/* A thread of another compartment is here for the first time. Its values of pthread_setspecific()
 * live in thread-local storage, which goes when it ends; destructors do not run for it. */
static void arrive(void)
{
    static __thread void *values[PTHREAD_KEYS_MAX];
    pthread_t self = __pthread_self();
    __init_tp(self);
    self->tsd = values;
}

static void name_program(char *name)
{
    __progname = __progname_full = name;
    for (char *at = name; *at; at++)
        if (*at == '/')
            __progname = at + 1;
}

static int threads_arrive;

__attribute__((constructor)) static void start(int argc, char **argv, char **envp)
{
    libc.auxv = auxiliary;
    libc.page_size = 4096;
    libc.tls_size = twz_rt_thread_bytes();
    libc.can_do_threads = 1;
    __environ = envp;
    name_program(argc > 0 ? argv[0] : "");
    __init_tp(__pthread_self());
    twz_rt_at_exit(__funcs_on_exit);
    if (argc == 0) { /* no program: threads come through gates */
        threads_arrive = 1;
        become_threaded();
        twz_rt_on_arrival(arrive);
    }
}

__attribute__((destructor)) static void end(void)
{
    __stdio_exit();
}

_Noreturn void exit(int code)
{
    if (threads_arrive)
        fflush(NULL); /* and they stay open: the compartment goes on */
    twz_rt_exit(code & 255);
}
