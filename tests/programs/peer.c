/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>

#include "selftest.h" /* as a caller */
#define TWZ_GATE_PROVIDER
#include "peer.h"

#include <twz/rt/alloc.h>
#include <twz/rt/string.h>
#include <twz/sys/call.h>

static int64_t constructed;
static int64_t count;
static __thread int64_t tls_value = 41;
static __thread int64_t tls_zero[100];

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

/* Not a gate, though exported: see denied.c. */
__attribute__((visibility("default"))) int peer_plain(void);
int peer_plain(void)
{
    return 7;
}
__attribute__((visibility("default"))) int peer_data = 7;

uint64_t peer_allocate_impl(uint32_t size)
{
    return (uintptr_t)malloc(size);
}

int64_t peer_write_impl(uint64_t address)
{
    *(volatile char *)address = 1;
    return 0;
}

int64_t peer_constructed_impl(void)
{
    return constructed;
}

int64_t peer_count_impl(void)
{
    return ++count;
}

int64_t peer_tls_impl(void)
{
    return ++tls_value + tls_zero[99];
}

int64_t peer_add_impl(int8_t a, int16_t b, int32_t c, int64_t d, uint8_t e, bool f)
{
    return a + b + c + d + e + f;
}

double peer_scale_impl(double x, float y)
{
    return x * (double)y;
}

int64_t peer_copy_impl(const void *from, size_t from_size, void *to, size_t to_size)
{
    size_t size = from_size < to_size ? from_size : to_size;
    for (size_t i = 0; i < to_size; i++)
        if (((const char *)to)[i] != 0)
            return -1; /* an out buffer is zero at first */
    memcpy(to, from, size);
    return (int64_t)size;
}

int64_t peer_reverse_impl(void *bytes, size_t bytes_size)
{
    char *at = bytes;
    for (size_t i = 0; i < bytes_size / 2; i++) {
        char byte = at[i];
        at[i] = at[bytes_size - 1 - i];
        at[bytes_size - 1 - i] = byte;
    }
    return (int64_t)bytes_size;
}

int64_t peer_length_impl(const char *text, size_t text_size)
{
    return text[text_size] == '\0' ? (int64_t)strlen(text) : -1;
}

int64_t peer_id_impl(struct twz_id id)
{
    return (int64_t)(id.hi * 3 + id.lo);
}

int64_t peer_caller_impl(void *id, size_t id_size)
{
    return id_size == sizeof(struct twz_id) ? twz_syscall1(TWZ_SYS_GATE_CALLER, (uintptr_t)id) : -1;
}

int32_t peer_minus_one_impl(void)
{
    return -1;
}

int64_t peer_bounce_impl(uint32_t times)
{
    if (times == 0)
        return 0;
    int64_t below = self_bounce(times - 1);
    return below < 0 ? below : below + 1;
}

/* A malloc of the library's own, which nobody but the library itself would take: the runtime has
 * first dibs. */
__attribute__((visibility("default"))) void *realloc(void *block, size_t size)
{
    (void)block, (void)size;
    return (void *)(uintptr_t)0xbad;
}

int64_t peer_dibs_impl(void)
{
    void *(*volatile bound)(void *, size_t) = realloc;
    void *block = bound(NULL, 10);
    if (block == (void *)(uintptr_t)0xbad)
        return 0;
    free(block);
    return 1;
}

/* The bits that are set in any register on entry, rsp aside. rcx and r11 hold this function's own
 * address and flags: SYSRET takes them from there. */
__asm__(".pushsection .text\n"
        ".globl peer_registers_impl\n"
        ".hidden peer_registers_impl\n"
        ".type peer_registers_impl, @function\n"
        "peer_registers_impl:\n"
        "or %rbx, %rax; or %rdx, %rax; or %rsi, %rax; or %rdi, %rax\n"
        "or %rbp, %rax; or %r8, %rax; or %r9, %rax; or %r10, %rax\n"
        "or %r12, %rax; or %r13, %rax; or %r14, %rax; or %r15, %rax\n"
        "por %xmm1, %xmm0; por %xmm2, %xmm0; por %xmm3, %xmm0; por %xmm4, %xmm0\n"
        "por %xmm5, %xmm0; por %xmm6, %xmm0; por %xmm7, %xmm0; por %xmm8, %xmm0\n"
        "por %xmm9, %xmm0; por %xmm10, %xmm0; por %xmm11, %xmm0; por %xmm12, %xmm0\n"
        "por %xmm13, %xmm0; por %xmm14, %xmm0; por %xmm15, %xmm0\n"
        "movq %xmm0, %rcx\n"
        "or %rcx, %rax\n"
        "psrldq $8, %xmm0\n"
        "movq %xmm0, %rcx\n"
        "or %rcx, %rax\n"
        "ret\n"
        ".size peer_registers_impl, . - peer_registers_impl\n"

        /* Returns 0 with a secret in every register, past the wrapper that would restore some. */
        ".globl peer_poison_impl\n"
        ".hidden peer_poison_impl\n"
        ".type peer_poison_impl, @function\n"
        "peer_poison_impl:\n"
        "mov $0x5ec2e75ec2e7, %rbx\n"
        "mov %rbx, %rcx; mov %rbx, %rdx; mov %rbx, %rsi; mov %rbx, %rbp\n"
        "mov %rbx, %r8; mov %rbx, %r9; mov %rbx, %r10; mov %rbx, %r11\n"
        "mov %rbx, %r12; mov %rbx, %r13; mov %rbx, %r14; mov %rbx, %r15\n"
        "movq %rbx, %xmm0; movq %rbx, %xmm1; movq %rbx, %xmm2; movq %rbx, %xmm3\n"
        "movq %rbx, %xmm4; movq %rbx, %xmm5; movq %rbx, %xmm6; movq %rbx, %xmm7\n"
        "movq %rbx, %xmm8; movq %rbx, %xmm9; movq %rbx, %xmm10; movq %rbx, %xmm11\n"
        "movq %rbx, %xmm12; movq %rbx, %xmm13; movq %rbx, %xmm14; movq %rbx, %xmm15\n"
        "xor %edi, %edi\n"
        "xor %esi, %esi\n"
        "mov $41, %eax\n" /* TWZ_SYS_GATE_RETURN */
        "syscall\n"
        "ud2\n"
        ".size peer_poison_impl, . - peer_poison_impl\n"
        ".popsection\n");
