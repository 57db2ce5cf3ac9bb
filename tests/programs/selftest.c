/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of the runtime and of gates, from inside: a program and a peer in another compartment. */
#include <stdbool.h>

#include "peer.h" /* as a caller */
#define TWZ_GATE_PROVIDER
#include "selftest.h"

#include <twz/rt/alloc.h>
#include <twz/rt/core.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>
#include <twz/rt/time.h>

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

int64_t self_bounce_impl(uint32_t times)
{
    if (times == 0)
        return 0;
    int64_t below = peer_bounce(times - 1);
    return below < 0 ? below : below + 1;
}

static int constructed;
static __thread int tls_value = 5;
static volatile int zeroes[5000]; /* read from memory, whatever the compiler knows */
static int *volatile pointer;
static int data[3] = {1, 2, 3}; /* the last of .data */

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

static void test_start(int argc, char **argv)
{
    bool zero = true;
    for (unsigned i = 0; i < sizeof zeroes / sizeof zeroes[0]; i++)
        zero = zero && zeroes[i] == 0;
    /* Behind the last initialised byte, in the page that the file's bytes were copied to. */
    const volatile char *tail = (const volatile char *)&data[3];
    while ((uintptr_t)tail % 4096 != 0)
        zero = *tail++ == 0 && zero;
    check(zero && data[1] == 2 && *(pointer = &data[2]) == 3, "P74 data is copied, bss is zero");
    check(argc == 3 && strcmp(argv[1], "a") == 0 && strcmp(argv[2], "bc") == 0 && argv[3] == NULL,
          "main gets the command line");
    check(constructed == 1 && peer_constructed() == 1,
          "constructors ran once, in each compartment");
    check(++tls_value == 6 && peer_tls() == 42 && peer_tls() == 43,
          "thread-local data of both compartments");
    struct twz_rt_info info;
    twz_rt_info(&info);
    check(strcmp(info.compartment, "main") == 0 && info.abi_major == TWZ_RT_ABI_MAJOR,
          "the compartment knows its name and ABI");
    uint64_t before = twz_rt_clock();
    check(twz_rt_clock() >= before && before > 0, "the clock goes on");
}

static void test_heap(void)
{
    struct twz_rt_heap_info info;
    twz_rt_heap_info(&info);
    char *block = malloc(1000);
    memset(block, 1, 1000);
    uint64_t peers = peer_allocate(1000);
    check((uintptr_t)block >= info.low && (uintptr_t)block + 1000 <= info.high,
          "P81 malloc gives memory of the compartment's own heap");
    check(peers != 0 && (peers < info.low || peers >= info.high),
          "P81 the peer's malloc gives memory of the peer's heap");
    char *more = realloc(block, 100000);
    check(more != NULL && more[999] == 1, "realloc keeps what was there");
    free(more);
    unsigned char *zeroed = calloc(1000, 3);
    bool zero = zeroed != NULL;
    for (unsigned i = 0; zero && i < 3000; i++)
        zero = zeroed[i] == 0;
    check(zero, "calloc gives zeroes");
    free(zeroed);
    void *aligned = aligned_alloc(4096, 8192);
    check(((uintptr_t)aligned & 4095) == 0 && aligned != NULL, "memory is aligned as asked");
    free(aligned);
    check(malloc((size_t)1 << 40) == NULL && malloc(SIZE_MAX - 100) == NULL,
          "a heap that is used up says so");
    check(peer_dibs() == 1,
          "P79 the runtime has first dibs: the library's own realloc is not taken");
}

static void test_many_allocations(void)
{
    void *blocks[64] = {NULL};
    uint32_t random = 1;
    bool good = true;
    for (unsigned i = 0; i < 1000000; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned slot = random >> 26;
        free(blocks[slot]);
        blocks[slot] = malloc(16 + ((random >> 10) & 1023));
        good = good && blocks[slot] != NULL;
    }
    for (unsigned i = 0; i < 64; i++)
        free(blocks[i]);
    check(good, "a million allocations");
}

static void test_parameters(void)
{
    check(peer_add(-1, -2, -3, 1ll << 40, 250, true) == (1ll << 40) + 245,
          "scalars of every size arrive with their sign");
    /* volatile: a compiler that sees through the cast traps instead of calling */
    int64_t (*volatile raw)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t) =
        (int64_t(*)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t))(uintptr_t)peer_add;
    check(raw(0x1ff, 0x1fffe, -3, 1ll << 40, 0x1fa, 2) == (1ll << 40) + 245,
          "and nothing that a caller leaves beside them does, nor a bool that is neither 0 nor 1");
    check(peer_scale(1.5, 2.0f) == 3.0, "float and double go and come in vector registers");
    static char from[4096], to[4096];
    for (unsigned i = 0; i < sizeof from; i++)
        from[i] = (char)(i * 7 + 1);
    memset(to, 0x55, sizeof to);
    check(peer_copy(from, 4096, to, 4096) == 4096 && memcmp(from, to, 4096) == 0,
          "buffers go in and out");
    memset(to, 0x55, sizeof to);
    check(peer_copy(from, 3, to, 5) == 3 && memcmp(to, "\1\10\17\0\0\x55", 6) == 0,
          "no more than the declared bytes are written back");
    check(peer_copy(from, 0, to, 0) == 0, "empty buffers are fine");
    char text[] = "stressed";
    check(peer_reverse(text, 8) == 8 && strcmp(text, "desserts") == 0, "inout buffers do both");
    check(peer_length("hello", 5) == 5 && peer_length("hello", 2) == 2,
          "strings arrive terminated where the caller said");
    check(peer_id((struct twz_id){5, 7}) == 22, "object IDs arrive in two registers");
    struct twz_rt_info info;
    twz_rt_info(&info);
    struct twz_id caller = {0, 0};
    check(peer_caller(&caller, sizeof caller) == 0 && caller.hi == info.context.hi &&
              caller.lo == info.context.lo,
          "P124 the callee learns from the kernel who calls");
}

static void test_failures(void)
{
    char byte = 0;
    check(peer_copy(&byte, 4097, &byte, 1) == -TWZ_ETOOBIG && twz_rt_gate_status() == -TWZ_ETOOBIG,
          "a buffer above its bound fails the call");
    check(peer_copy(NULL, 10, &byte, 1) == -TWZ_EFAULT, "an in buffer that is nowhere fails it");
    check(peer_copy(&byte, 1, (void *)(uintptr_t)test_failures, 1) == -TWZ_EFAULT,
          "an out buffer in one's own code fails it");
    check(peer_copy((void *)(uintptr_t)peer_allocate(10), 1, &byte, 1) == -TWZ_EFAULT,
          "the callee's own memory is no buffer of the caller");
    check(peer_minus_one() == -1 && twz_rt_gate_status() == 0,
          "a negative result is told from a failure");
    check(peer_bounce(20) == 20, "P126 gates nest and call back into the caller's compartment");
    int64_t deep = peer_bounce(1000);
    check(deep == -TWZ_EDEPTH && peer_bounce(20) == 20,
          "P126 at the depth limit the last call fails, and the next one works");
    int64_t count = peer_count();
    check(peer_write((uintptr_t)&byte) == -TWZ_ECALLEE && twz_rt_gate_status() == -TWZ_ECALLEE &&
              byte == 0,
          "P92 a peer that writes the caller's stack is stopped");
    check(peer_count() == count + 1, "and its compartment goes on, as its policy says");
    void *block = malloc(100);
    check(peer_write((uintptr_t)block) == -TWZ_ECALLEE, "P92 nor does it reach the caller's heap");
    free(block);
}

/* Calls a gate with a secret in every register that is no parameter. Returns its result. */
static int64_t call_poisoned(int64_t (*gate)(void), uint64_t seen[8])
{
    register uint64_t *place __asm__("r15") = seen;
    int64_t result;
    __asm__ volatile(
        "push %%rbp\n"
        "mov $0x5ec2e75ec2e7, %%rbx\n"
        "mov %%rbx, %%rcx; mov %%rbx, %%rdx; mov %%rbx, %%rdi; mov %%rbx, %%r8; mov %%rbx, %%r9\n"
        "mov %%rbx, %%r10; mov %%rbx, %%r11; mov %%rbx, %%r12; mov %%rbx, %%r13; mov %%rbx, %%r14\n"
        "movq %%rbx, %%xmm0; movq %%rbx, %%xmm1; movq %%rbx, %%xmm2; movq %%rbx, %%xmm3\n"
        "movq %%rbx, %%xmm4; movq %%rbx, %%xmm5; movq %%rbx, %%xmm6; movq %%rbx, %%xmm7\n"
        "movq %%rbx, %%xmm8; movq %%rbx, %%xmm9; movq %%rbx, %%xmm10; movq %%rbx, %%xmm11\n"
        "movq %%rbx, %%xmm12; movq %%rbx, %%xmm13; movq %%rbx, %%xmm14; movq %%rbx, %%xmm15\n"
        "mov %%rbx, %%rbp\n"
        "push %%r15\n"
        "sub $8, %%rsp\n"
        "call *%%rsi\n"
        "add $8, %%rsp\n"
        "pop %%r15\n"
        /* Kept: rbx, rbp, r12 to r14. */
        "mov $0x5ec2e75ec2e7, %%rsi\n"
        "xor %%rsi, %%rbx; xor %%rsi, %%rbp; xor %%rsi, %%r12; xor %%rsi, %%r13; xor %%rsi, %%r14\n"
        "or %%rbp, %%rbx; or %%r12, %%rbx; or %%r13, %%rbx; or %%r14, %%rbx\n"
        "mov %%rbx, (%%r15)\n"
        "mov %%rdx, 8(%%r15); mov %%rdi, 16(%%r15); mov %%r8, 24(%%r15); mov %%r9, 32(%%r15)\n"
        "mov %%r10, 40(%%r15)\n"
        "por %%xmm1, %%xmm0; por %%xmm2, %%xmm0; por %%xmm3, %%xmm0; por %%xmm4, %%xmm0\n"
        "por %%xmm5, %%xmm0; por %%xmm6, %%xmm0; por %%xmm7, %%xmm0; por %%xmm8, %%xmm0\n"
        "por %%xmm9, %%xmm0; por %%xmm10, %%xmm0; por %%xmm11, %%xmm0; por %%xmm12, %%xmm0\n"
        "por %%xmm13, %%xmm0; por %%xmm14, %%xmm0; por %%xmm15, %%xmm0\n"
        "movq %%xmm0, 48(%%r15)\n"
        "mov %%r11, 56(%%r15)\n"
        "pop %%rbp\n"
        : "=a"(result), "+S"(gate)
        : "r"(place)
        : "rbx", "rcx", "rdx", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "xmm0", "xmm1",
          "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
          "xmm13", "xmm14", "xmm15", "memory", "cc");
    return result;
}

static void test_registers(void)
{
    uint64_t seen[8];
    check(call_poisoned(peer_registers, seen) == 0,
          "P122 the callee sees nothing of the caller's registers, vector registers included");
    check(seen[0] == 0, "P122 the caller's saved registers come back");
    int64_t result = call_poisoned(peer_poison, seen);
    bool clean = result == 0 && seen[0] == 0;
    for (unsigned i = 1; i < 8; i++)
        clean = clean && seen[i] != 0x5ec2e75ec2e7;
    check(clean, "P122 the caller sees nothing of the callee's registers");
}

static void test_objects(void)
{
    struct twz_rt_object object, again;
    check(twz_rt_object_open("selftest.policy", &object) == 0 && object.length > 8 &&
              memcmp(object.data, "TWZPOL", 6) == 0,
          "an object of the image opens by name");
    check(twz_rt_object_open("selftest.policy", &again) == 0 && again.data == object.data,
          "and again at the same address");
    check(twz_rt_object_open("nowhere", &again) == -TWZ_ENOENT, "one that is not there does not");
    char long_name[200];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    check(twz_rt_object_open(long_name, &again) == -TWZ_ETOOBIG,
          "a name that is too long does not");
}

static void at_exit(void)
{
    twz_rt_print("selftest: at exit\n");
}

__attribute__((destructor)) static void destruct(void)
{
    twz_rt_print("selftest: destructor\n");
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    test_heap();
    test_many_allocations();
    test_parameters();
    test_failures();
    test_registers();
    test_objects();
    twz_rt_print("1..%d\n", results);
    atexit(at_exit);
    exit(results > 0 ? 9 : 1);
}
