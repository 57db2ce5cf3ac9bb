/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the kernel's first instruction to twz_rt_start(): makes the record that elsewhere the
 * monitor makes (<twz/rt/state.h>), a heap, and the first thread's block. Compiled without stack
 * protector, because the canary is drawn here.
 */
#include "../runtime.h"
#include "minimal.h"
#include <elf.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

#define HEAP_SIZE      (TWZ_SLOT_SIZE / 2) /* pages come when they are touched */
#define LOCATOR_OFFSET TWZ_PAGE_SIZE       /* in the stack's slot */

const struct twz_boot_info *twz_min_boot;

static struct twz_rt_state state;
static struct twz_rt_calls init[3], fini[2];
static struct twz_rt_library program;
static struct twz_rt_tls tls;

TWZ_RT_API int64_t twz_rt_start(const struct twz_rt_state *state);
int main(int argc, char **argv, char **envp);

/* For whoever starts the program otherwise than by its entry: the monitor. */
TWZ_RT_API int twz_rt_main(int argc, char **argv, char **envp);
int twz_rt_main(int argc, char **argv, char **envp)
{
    return main(argc, argv, envp);
}

/* The kernel comes here with rdi = struct twz_boot_info, above the stack. */
__asm__(".pushsection .text.twz_rt_boot,\"ax\",@progbits\n"
        ".globl twz_rt_boot\n"
        ".hidden twz_rt_boot\n"
        ".type twz_rt_boot, @function\n"
        "twz_rt_boot:\n"
        "xor %ebp, %ebp\n"
        "and $-16, %rsp\n"
        "call twz_min_begin\n"
        "ud2\n"
        ".size twz_rt_boot, . - twz_rt_boot\n"
        ".popsection\n");

__attribute__((noreturn)) static void stop(uint64_t status, const char *message)
{
    if (message != NULL)
        (void)twz_syscall2(TWZ_SYS_LOG, (uintptr_t)message, strlen(message));
    for (;;)
        (void)twz_syscall1(TWZ_SYS_SHUTDOWN, status & 127);
}

void twz_min_locator_write(struct twz_min_locator *locator, const void *block)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    /* Against accidents alone: there is nobody here to guess it. Byte 0 stops string functions. */
    uint64_t canary = ((((uint64_t)high << 32) | low) * 0x9e3779b97f4a7c15ull) & ~0xffull;
    *locator = (struct twz_min_locator){
        .block = (uintptr_t)block, .state = (uintptr_t)&state, .canary = canary};
}

/* ---- The record ---- */

static void add_calls(struct twz_rt_calls *calls, uint64_t *count, uint64_t base, uint64_t vaddr,
                      uint64_t bytes, bool array)
{
    if (vaddr != 0 && (!array || bytes > 0))
        calls[(*count)++] = (struct twz_rt_calls){base + vaddr, bytes / sizeof(uint64_t)};
}

/* Constructors and destructors, as the dynamic section has them. */
static void list_calls(uint64_t base)
{
    extern const Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));
    uint64_t value[DT_PREINIT_ARRAYSZ + 1] = {0};
    for (const Elf64_Dyn *d = _DYNAMIC; d->d_tag != DT_NULL; d++)
        if (d->d_tag >= 0 && d->d_tag <= DT_PREINIT_ARRAYSZ)
            value[d->d_tag] = d->d_un.d_val;
    uint64_t inits = 0, finis = 0;
    add_calls(init, &inits, base, value[DT_PREINIT_ARRAY], value[DT_PREINIT_ARRAYSZ], true);
    add_calls(init, &inits, base, value[DT_INIT], 0, false);
    add_calls(init, &inits, base, value[DT_INIT_ARRAY], value[DT_INIT_ARRAYSZ], true);
    add_calls(fini, &finis, base, value[DT_FINI_ARRAY], value[DT_FINI_ARRAYSZ], true);
    add_calls(fini, &finis, base, value[DT_FINI], 0, false);
    state.init = (uintptr_t)init;
    state.init_count = inits;
    state.fini = (uintptr_t)fini;
    state.fini_count = finis;
}

/* Thread-local storage is module 1, right below the thread pointer, as the kernel relocated it. */
static void list_tls(uint64_t base)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(uintptr_t)(base + TWZ_OBJECT_BASE);
    const Elf64_Phdr *all = (const Elf64_Phdr *)((uintptr_t)header + header->e_phoff);
    program = (struct twz_rt_library){.base = base, .tls_align = 1};
    state.libraries = (uintptr_t)&program;
    state.library_count = 1;
    state.loads = 1;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (all[i].p_type != PT_TLS || all[i].p_memsz == 0)
            continue;
        uint64_t size = (all[i].p_memsz + all[i].p_align - 1) & ~(all[i].p_align - 1);
        tls = (struct twz_rt_tls){base + all[i].p_vaddr, all[i].p_filesz, size};
        state.tls = (uintptr_t)&tls;
        state.tls_count = 1;
        state.tls_size = size;
        state.tls_align = all[i].p_align;
        program.tls_module = 1;
        program.tls_image = tls.image;
        program.tls_image_size = tls.image_size;
        program.tls_size = all[i].p_memsz;
        program.tls_align = all[i].p_align > 0 ? all[i].p_align : 1;
    }
}

/* main's arguments are the words of the command line; the first is the program's own name. */
static void list_arguments(void)
{
    static char words[sizeof twz_min_boot->command_line];
    size_t length = 0;
    for (const char *at = twz_min_boot->command_line; *at != '\0'; at++) {
        bool blank = *at == ' ';
        if (blank && (length == 0 || words[length - 1] == '\0'))
            continue;
        state.argument_count += length == 0 || words[length - 1] == '\0';
        words[length++] = blank ? '\0' : *at;
    }
    if (length > 0 && words[length - 1] != '\0')
        words[length++] = '\0';
    state.arguments = (uintptr_t)words;
    state.argument_bytes = length;
}

static int64_t make_heap(void)
{
    struct twz_range range = twz_min_pages(TWZ_OBJECT_BASE, HEAP_SIZE, TWZ_READ | TWZ_WRITE);
    struct twz_id object;
    uint32_t slot;
    int64_t status = twz_min_create(&range, 1, &object, &slot);
    if (status < 0)
        return status;
    state.heap_low = twz_min_address(slot) + TWZ_OBJECT_BASE;
    state.heap_high = state.heap_low + HEAP_SIZE;
    return 0;
}

/* The kernel has made the stack and shows the page below it, the locator, read-only. The block has
 * an object of its own, because malloc wants to know who calls. */
static int64_t make_first_block(void)
{
    size_t size = twz_rt_thread_bytes();
    struct twz_range block = twz_min_pages(TWZ_OBJECT_BASE, size, TWZ_READ | TWZ_WRITE);
    struct twz_range page = twz_min_pages(LOCATOR_OFFSET, TWZ_PAGE_SIZE, TWZ_READ | TWZ_WRITE);
    struct twz_slot_info info;
    struct twz_id object;
    uint32_t slot, alias;
    int64_t status = twz_min_create(&block, 1, &object, &slot);
    if (status == 0)
        status = twz_syscall2(TWZ_SYS_VIEW_INFO, twz_min_boot->stack_slot, (uintptr_t)&info);
    if (status == 0)
        status = twz_min_map(info.object, &page, 1, &alias);
    if (status < 0)
        return status;
    void *memory = (void *)(uintptr_t)(twz_min_address(slot) + TWZ_OBJECT_BASE);
    twz_min_locator_write((void *)(uintptr_t)(twz_min_address(alias) + LOCATOR_OFFSET),
                          twz_rt_thread_init(memory, size));
    twz_min_give_slot(alias);
    return 0;
}

__attribute__((used, noreturn, visibility("hidden"))) void
twz_min_begin(const struct twz_boot_info *boot);
void twz_min_begin(const struct twz_boot_info *boot)
{
    if (boot->abi_major != TWZ_ABI_MAJOR)
        stop(127, "minimal runtime: the kernel's ABI is another one\n");
    twz_min_boot = boot;
    twz_rt_own_state = &state;
    uint64_t base = twz_min_address(boot->text_slot);
    state = (struct twz_rt_state){
        .abi_major = TWZ_RT_ABI_MAJOR,
        .abi_minor = TWZ_RT_ABI_MINOR,
        .size = sizeof state,
        .context = boot->context,
        .name = "main",
        .main = (uintptr_t)main,
        .started = boot->started,
    };
    list_calls(base);
    list_tls(base);
    list_arguments();
    if (make_heap() < 0 || make_first_block() < 0)
        stop(127, "minimal runtime: no memory to start with\n");
    int64_t status = twz_rt_start(&state);
    stop(status < 0 ? 127 : (uint64_t)status,
         status < 0 ? "minimal runtime: the program did not start\n" : NULL);
}
