/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Declares gates: the only functions through which one compartment may call another. See
 * twz-gates(7). A gate is one line in a header that provider and callers share:
 *
 *     TWZ_GATE(int64_t, codec_inflate, TWZ_IN(src, 1 << 20), TWZ_OUT(dst, 1 << 20),
 *              TWZ_VAL(uint32_t, level))
 *
 * A caller includes the header and calls the function that it declares,
 *     int64_t codec_inflate(const void *src, size_t src_size, void *dst, size_t dst_size,
 *                           uint32_t level);
 * which the linker binds to a stub. The line also leaves an import record with the signature, so
 * that a caller and a provider that disagree are refused when they are linked.
 *
 * The provider defines TWZ_GATE_PROVIDER before it includes the header in one source file (and
 * undefines it before it includes headers of gates that it calls), and writes codec_inflate_impl()
 * with that same prototype. The line makes the gate's descriptor, its entry, and a wrapper that
 * copies the buffers: inside codec_inflate_impl, src and dst are private memory of the callee (dst
 * zeroed), whatever the caller does to its own meanwhile.
 *
 * Where library and caller share a compartment, the call is a plain one, and codec_inflate_impl
 * gets the caller's own buffers. That is possible for gates that demand nothing
 * (TWZ_GATE_ISOLATION 0); other libraries never come into their callers' compartments.
 *
 * The result is a scalar of at most 64 bits. Where a call fails it is the negated enum twz_error;
 * twz_rt_gate_status() tells that from a callee that returned such a value itself.
 *
 * Parameters, at most twelve. They share six integer argument registers; scalars that find none
 * left are passed on the stack, from which the kernel copies them once. TWZ_VAL(type, name)     a
 * scalar: integer, enum, bool, float or double; one register TWZ_IN(name, max)       const void
 * *name, size_t name_size;  size <= max; two registers TWZ_OUT(name, max)      void *name, size_t
 * name_size;  written back after the call TWZ_INOUT(name, max)    void *name, size_t name_size;
 * both TWZ_STRING(name, max)   const char *name, size_t name_size;  the size does not count the
 *                             terminator, which the callee's copy always has
 *     TWZ_HANDLE(name)        struct twz_id name; two registers
 *     TWZ_CALLBACK(type, name)  type *name, where type is a function type: a gate of the caller's
 * own that the policy lets the callee import, or null. The caller passes the gate's address;
 * anything else fails the call with TWZ_EINVAL A raw pointer is no parameter: it does not compile.
 * At most three are buffers or strings.
 *
 * An exception that leaves codec_inflate_impl() unwinds it and ends the call with TWZ_EEXITED.
 *
 * Works in C11 and in C++11, with gcc and clang.
 */
#ifndef TWZ_GATE_H
#define TWZ_GATE_H

#include <twz/gate_format.h>
#include <twz/sys/syscall.h>

/* What the gates of a provider demand by themselves: enum twz_isolation. No caller and no policy
 * can take that away. */
#ifndef TWZ_GATE_ISOLATION
#define TWZ_GATE_ISOLATION 3 /* TWZ_ISOLATE_BOTH */
#endif

/* Bytes of the caller's activation, from its stack pointer up, that its gates show at level
 * TWZ_ISOLATE_CALLEE: room for local variables whose addresses are passed as scalars. The callee
 * sees them as they were at its first touch, and keeps what it writes there to itself. A caller
 * says TWZ_LEND(); in the function whose variables it lends, so that it has a frame pointer: what
 * is above that is never shown. */
#define TWZ_LEND() __asm__ volatile("" ::"r"(__builtin_frame_address(0)))
#ifndef TWZ_GATE_FRAME
#define TWZ_GATE_FRAME 0
#endif

#define TWZ_VAL(type, name)      (VAL, type, name, 0)
#define TWZ_IN(name, max)        (IN, const void *, name, max)
#define TWZ_OUT(name, max)       (OUT, void *, name, max)
#define TWZ_INOUT(name, max)     (INOUT, void *, name, max)
#define TWZ_STRING(name, max)    (STRING, const char *, name, max)
#define TWZ_HANDLE(name)         (HANDLE, struct twz_id, name, 0)
#define TWZ_CALLBACK(type, name) (CALLBACK, type *, name, 0)

#ifdef __cplusplus
#define TWZ_GATE_EXTERN_C_ extern "C"
#else
#define TWZ_GATE_EXTERN_C_ extern
#endif
#define TWZ_GATE_RT_ TWZ_GATE_EXTERN_C_ __attribute__((visibility("default")))

/* Exported by the runtime for the wrappers below. */

/* First of all in a gate: prepares a thread that comes to the compartment for the first time.
 * Returns 0, the status that the gate begins with. */
TWZ_GATE_RT_ int64_t twz_rt_gate_enter(void);

/* `index` counts the buffers of the gate from 0;
 * the kernel kept the caller's registers, so a buffer is what the caller passed as that one. */

/* Memory for one buffer of the running gate, filled from the caller when the direction has
 * TWZ_BUFFER_IN and zeroed otherwise, with a zero byte after its end. Null on failure, with
 * *status set to a negated enum twz_error. Does nothing when *status is set already. */
TWZ_GATE_RT_ void *twz_rt_gate_buffer_open(uint32_t index, size_t size, int direction,
                                           int64_t *status);
/* Writes it back if the direction has TWZ_BUFFER_OUT and *status is 0, and frees it. */
TWZ_GATE_RT_ void twz_rt_gate_buffer_close(uint32_t index, void *buffer, size_t size, int direction,
                                           int64_t *status);

/* Ends the call that is running: its caller gets TWZ_EEXITED. */
TWZ_GATE_RT_ __attribute__((noreturn)) void twz_rt_thread_exit(void);

/* The outcome of the thread's last gate call: 0, or the negated enum twz_error that the kernel
 * ended it with. */
TWZ_GATE_RT_ int64_t twz_rt_gate_status(void);

/* ---- How it is done: one tuple (kind, type, name, max) per parameter, mapped several times ----
 */

#define TWZ_MAP_0_(m, sep)
#define TWZ_MAP_1_(m, sep, a)                m a
#define TWZ_MAP_2_(m, sep, a, b)             m a sep() m b
#define TWZ_MAP_3_(m, sep, a, b, c)          m a sep() m b sep() m c
#define TWZ_MAP_4_(m, sep, a, b, c, d)       m a sep() m b sep() m c sep() m d
#define TWZ_MAP_5_(m, sep, a, b, c, d, e)    m a sep() m b sep() m c sep() m d sep() m e
#define TWZ_MAP_6_(m, sep, a, b, c, d, e, f) m a sep() m b sep() m c sep() m d sep() m e sep() m f
#define TWZ_MAP_7_(m, sep, a, b, c, d, e, f, g)                                                    \
    TWZ_MAP_6_(m, sep, a, b, c, d, e, f) sep() TWZ_MAP_1_(m, sep, g)
#define TWZ_MAP_8_(m, sep, a, b, c, d, e, f, g, h)                                                 \
    TWZ_MAP_6_(m, sep, a, b, c, d, e, f) sep() TWZ_MAP_2_(m, sep, g, h)
#define TWZ_MAP_9_(m, sep, a, b, c, d, e, f, g, h, i)                                              \
    TWZ_MAP_6_(m, sep, a, b, c, d, e, f) sep() TWZ_MAP_3_(m, sep, g, h, i)
#define TWZ_MAP_10_(m, sep, a, b, c, d, e, f, g, h, i, j)                                          \
    TWZ_MAP_6_(m, sep, a, b, c, d, e, f) sep() TWZ_MAP_4_(m, sep, g, h, i, j)
#define TWZ_MAP_11_(m, sep, a, b, c, d, e, f, g, h, i, j, k)                                       \
    TWZ_MAP_6_(m, sep, a, b, c, d, e, f) sep() TWZ_MAP_5_(m, sep, g, h, i, j, k)
#define TWZ_MAP_12_(m, sep, a, b, c, d, e, f, g, h, i, j, k, l)                                    \
    TWZ_MAP_6_(m, sep, a, b, c, d, e, f) sep() TWZ_MAP_6_(m, sep, g, h, i, j, k, l)
#define TWZ_COMMA_() ,
#define TWZ_NONE_()

#define TWZ_STR_(x)  TWZ_STR2_(x)
#define TWZ_STR2_(x) #x

/* As parameters of a prototype. */
#define TWZ_PROTO_(kind, type, name, max) TWZ_PROTO_##kind##_(type, name)
#define TWZ_PROTO_VAL_(type, name)        type name
#define TWZ_PROTO_IN_(type, name)         type name, size_t name##_size
#define TWZ_PROTO_OUT_                    TWZ_PROTO_IN_
#define TWZ_PROTO_INOUT_                  TWZ_PROTO_IN_
#define TWZ_PROTO_STRING_                 TWZ_PROTO_IN_
#define TWZ_PROTO_HANDLE_                 TWZ_PROTO_VAL_
#define TWZ_PROTO_CALLBACK_               TWZ_PROTO_VAL_
#define TWZ_PROTOS_0_()                   void
#define TWZ_PROTOS_1_(...)                TWZ_MAP_1_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_2_(...)                TWZ_MAP_2_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_3_(...)                TWZ_MAP_3_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_4_(...)                TWZ_MAP_4_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_5_(...)                TWZ_MAP_5_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_6_(...)                TWZ_MAP_6_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_7_(...)                TWZ_MAP_7_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_8_(...)                TWZ_MAP_8_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_9_(...)                TWZ_MAP_9_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_10_(...)               TWZ_MAP_10_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_11_(...)               TWZ_MAP_11_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)
#define TWZ_PROTOS_12_(...)               TWZ_MAP_12_(TWZ_PROTO_, TWZ_COMMA_, __VA_ARGS__)

/* The type code of a scalar. A pointer or a struct is an error here. */
#define TWZ_TYPE_(type)                                                                            \
    ((int)(sizeof(type) + 0 * sizeof((type)0 * 1)) |                                               \
     (TWZ_IS_SIGNED_(type) ? TWZ_TYPE_SIGNED : 0) | (TWZ_IS_FLOAT_(type) ? TWZ_TYPE_FLOAT : 0))
#ifdef __cplusplus
#define TWZ_IS_FLOAT_(type) ((type)0.5 != (type)0 && sizeof(type) > 1)
#define TWZ_IS_BOOL_(value) twz_gate_bool_<__typeof__(value)>::is
template <class T> struct twz_gate_bool_ {
    static constexpr bool is = false;
};
template <> struct twz_gate_bool_<bool> {
    static constexpr bool is = true;
};
#define TWZ_IS_SIGNED_(type) (twz_gate_scalar_<type, __is_enum(type)>::is_signed)
template <class T, bool is_enum> struct twz_gate_scalar_ {
    static constexpr bool is_signed = T(-1) < T(1);
};
template <class T> struct twz_gate_scalar_<T, true> {
    typedef __underlying_type(T) integer;
    static constexpr bool is_signed = integer(-1) < integer(1);
};
#else
#define TWZ_IS_BOOL_(value)  _Generic((value), _Bool : 1, default : 0)
#define TWZ_IS_FLOAT_(type)  _Generic((type)0, float : 1, double : 1, default : 0)
#define TWZ_IS_SIGNED_(type) _Generic((type)0, float : 1, double : 1, default : (type)-1 < (type)1)
#endif

/* Registers and buffers that a parameter takes, to be summed. */
#define TWZ_INTEGERS_(kind, type, name, max) +TWZ_INTEGERS_##kind##_(type)
#define TWZ_INTEGERS_VAL_(type)              (TWZ_IS_FLOAT_(type) ? 0 : 1)
#define TWZ_INTEGERS_IN_(type)               2
#define TWZ_INTEGERS_OUT_(type)              2
#define TWZ_INTEGERS_INOUT_(type)            2
#define TWZ_INTEGERS_STRING_(type)           2
#define TWZ_INTEGERS_HANDLE_(type)           2
#define TWZ_INTEGERS_CALLBACK_(type)         1
#define TWZ_VECTORS_(kind, type, name, max)  +TWZ_VECTORS_##kind##_(type)
#define TWZ_VECTORS_VAL_(type)               (TWZ_IS_FLOAT_(type) ? 1 : 0)
#define TWZ_VECTORS_IN_(type)                0
#define TWZ_VECTORS_OUT_(type)               0
#define TWZ_VECTORS_INOUT_(type)             0
#define TWZ_VECTORS_STRING_(type)            0
#define TWZ_VECTORS_HANDLE_(type)            0
#define TWZ_VECTORS_CALLBACK_(type)          0
#define TWZ_BUFFERS_(kind, type, name, max)  +TWZ_BUFFERS_##kind##_
#define TWZ_BUFFERS_VAL_                     0
#define TWZ_BUFFERS_IN_                      1
#define TWZ_BUFFERS_OUT_                     1
#define TWZ_BUFFERS_INOUT_                   1
#define TWZ_BUFFERS_STRING_                  1
#define TWZ_BUFFERS_HANDLE_                  0
#define TWZ_BUFFERS_CALLBACK_                0
#define TWZ_FIRST_SIX_(n)                    ((n) < 6 ? (n) : 6)
#define TWZ_BEYOND_SIX_(n)                   ((n) < 6 ? 0 : (n)-6)
#define TWZ_TOO_BIG_(kind, type, name, max)  +((max) < 0 || (max) > 0x3fffe000 ? 1 : 0)

/* Operands of the assembly: numbers that only the compiler can work out. */
#define TWZ_OPERAND_(kind, type, name, max) TWZ_OPERAND_##kind##_(type, name, max)
#define TWZ_OPERAND_VAL_(type, name, max)   , [twz_param_##name] "i"(TWZ_TYPE_(type))
#define TWZ_OPERAND_IN_(type, name, max)    , [twz_param_##name] "i"((int64_t)(max))
#define TWZ_OPERAND_OUT_                    TWZ_OPERAND_IN_
#define TWZ_OPERAND_INOUT_                  TWZ_OPERAND_IN_
#define TWZ_OPERAND_STRING_                 TWZ_OPERAND_IN_
#define TWZ_OPERAND_HANDLE_(type, name, max)
#define TWZ_OPERAND_CALLBACK_(type, name, max)

/* The parts below are assembly text, a line each. */
/* clang-format off */

/* Signature text. A type code is written as its letter and its number of bits. */
#define TWZ_TEXT_TYPE_(operand)                                                                    \
    ".byte 'u' - ((%c[" operand "] >> 4) & 1) * 12 - (%c[" operand "] >> 5) * 3\n"                 \
    ".if (%c[" operand "] & 15) == 1\n.ascii \"8\"\n"                                              \
    ".elseif (%c[" operand "] & 15) == 2\n.ascii \"16\"\n"                                         \
    ".elseif (%c[" operand "] & 15) == 4\n.ascii \"32\"\n"                                         \
    ".else\n.ascii \"64\"\n.endif\n"
#define TWZ_TEXT_(kind, type, name, max) TWZ_TEXT_##kind##_(name)
#define TWZ_TEXT_VAL_(name)    TWZ_TEXT_TYPE_("twz_param_" #name)
#define TWZ_TEXT_IN_(name)     ".ascii \"in %c[twz_param_" #name "]\"\n"
#define TWZ_TEXT_OUT_(name)    ".ascii \"out %c[twz_param_" #name "]\"\n"
#define TWZ_TEXT_INOUT_(name)  ".ascii \"inout %c[twz_param_" #name "]\"\n"
#define TWZ_TEXT_STRING_(name) ".ascii \"string %c[twz_param_" #name "]\"\n"
#define TWZ_TEXT_HANDLE_(name) ".ascii \"handle\"\n"
#define TWZ_TEXT_CALLBACK_(name) ".ascii \"callback\"\n"
#define TWZ_TEXT_SEP_()        ".ascii \", \"\n"

/* Whether every parameter that needs registers gets them; counts the registers given out. */
#define TWZ_PLACE_(kind, type, name, max) TWZ_PLACE_##kind##_(name)
#define TWZ_PLACE_VAL_(name)                                                                       \
    ".if !(%c[twz_param_" #name "] & " TWZ_STR_(TWZ_TYPE_FLOAT) ")\n"                              \
    ".set .Ltwz_integer, .Ltwz_integer + 1\n"                                                      \
    ".endif\n"
#define TWZ_PLACE_REGISTERS_(count)                                                                \
    ".set .Ltwz_integer, .Ltwz_integer + " #count "\n"                                             \
    ".if .Ltwz_integer > 6\n"                                                                      \
    ".error \"no register is left for a buffer, string, handle or callback: put scalars last\"\n"  \
    ".endif\n"
#define TWZ_PLACE_IN_(name)       TWZ_PLACE_REGISTERS_(2)
#define TWZ_PLACE_OUT_(name)      TWZ_PLACE_REGISTERS_(2)
#define TWZ_PLACE_INOUT_(name)    TWZ_PLACE_REGISTERS_(2)
#define TWZ_PLACE_STRING_(name)   TWZ_PLACE_REGISTERS_(2)
#define TWZ_PLACE_HANDLE_(name)   TWZ_PLACE_REGISTERS_(2)
#define TWZ_PLACE_CALLBACK_(name) TWZ_PLACE_REGISTERS_(1)

/* Name and signature as local labels 1 and 2, in read-only data. */
#define TWZ_STRINGS_(name, n, group, ...)                                                          \
    ".set .Ltwz_integer, 0\n"                                                                      \
    TWZ_MAP_##n##_(TWZ_PLACE_, TWZ_NONE_, ##__VA_ARGS__)                                           \
    ".pushsection .rodata.twz,\"a" group "\n"                                                      \
    "1: .asciz \"" #name "\"\n"                                                                    \
    "2: " TWZ_TEXT_TYPE_("twz_result") ".ascii \" " #name "(\"\n"                                  \
    TWZ_MAP_##n##_(TWZ_TEXT_, TWZ_TEXT_SEP_, ##__VA_ARGS__)                                        \
    ".asciz \")\"\n"                                                                               \
    ".popsection\n"

/* An import record. The group makes the linker merge those of several files. */
#define TWZ_IMPORT_TEXT_(name, n, ...)                                                             \
    TWZ_STRINGS_(name, n, "G\",@progbits,twz.import." #name ",comdat", ##__VA_ARGS__)              \
    ".pushsection .twz.imports,\"aG\",@progbits,twz.import." #name ",comdat\n"                     \
    ".balign 4\n"                                                                                  \
    ".2byte 12\n"                                                                                  \
    ".byte " TWZ_STR_(TWZ_GATE_VERSION) ", 0\n"                                                    \
    ".long 1b - .\n"                                                                               \
    ".long 2b - .\n"                                                                               \
    ".popsection\n"

/* Parameters in the descriptor; the symbols count the registers given out so far. */
#define TWZ_PARAM_(kind, type, name, max) TWZ_PARAM_##kind##_(name)
#define TWZ_PARAM_VAL_(name)                                                                       \
    ".byte " TWZ_STR_(TWZ_PARAM_VAL) "\n"                                                          \
    ".if %c[twz_param_" #name "] & " TWZ_STR_(TWZ_TYPE_FLOAT) "\n"                                 \
    ".byte .Ltwz_vector\n.set .Ltwz_vector, .Ltwz_vector + 1\n"                                    \
    ".else\n"                                                                                      \
    ".byte .Ltwz_integer\n.set .Ltwz_integer, .Ltwz_integer + 1\n"                                 \
    ".endif\n"                                                                                     \
    ".byte %c[twz_param_" #name "], 0\n.long 0\n.quad 0\n"
#define TWZ_PARAM_PAIR_(kind, max)                                                                 \
    ".byte " TWZ_STR_(kind) ", .Ltwz_integer, 0, 0\n.long 0\n.quad " max "\n"                      \
    ".set .Ltwz_integer, .Ltwz_integer + 2\n"
#define TWZ_PARAM_IN_(name)     TWZ_PARAM_PAIR_(TWZ_PARAM_IN, "%c[twz_param_" #name "]")
#define TWZ_PARAM_OUT_(name)    TWZ_PARAM_PAIR_(TWZ_PARAM_OUT, "%c[twz_param_" #name "]")
#define TWZ_PARAM_INOUT_(name)  TWZ_PARAM_PAIR_(TWZ_PARAM_INOUT, "%c[twz_param_" #name "]")
#define TWZ_PARAM_STRING_(name) TWZ_PARAM_PAIR_(TWZ_PARAM_STRING, "%c[twz_param_" #name "]")
#define TWZ_PARAM_HANDLE_(name) TWZ_PARAM_PAIR_(TWZ_PARAM_HANDLE, "0")
#define TWZ_PARAM_CALLBACK_(name)                                                                  \
    ".byte " TWZ_STR_(TWZ_PARAM_CALLBACK) ", .Ltwz_integer, 0, 0\n.long 0\n.quad 0\n"              \
    ".set .Ltwz_integer, .Ltwz_integer + 1\n"

/* The result from rax to rdi, with nothing of the callee's in the bits that the type leaves open. */
#define TWZ_RESULT_TEXT_                                                                           \
    ".if %c[twz_result] == 0x38\nmovq %%xmm0, %%xmm0\nxor %%edi, %%edi\n"                          \
    ".elseif %c[twz_result] & 0x20\nmovd %%xmm0, %%edi\nmovd %%edi, %%xmm0\nxor %%edi, %%edi\n"    \
    ".elseif (%c[twz_result] & 15) == 8\nmov %%rax, %%rdi\n"                                       \
    ".elseif (%c[twz_result] & 15) == 4\nmov %%eax, %%edi\n"                                       \
    ".elseif (%c[twz_result] & 15) == 2\nmovzwl %%ax, %%edi\n"                                     \
    ".else\nmovzbl %%al, %%edi\n.endif\n"

/* Entry and descriptor.
 *
 * The kernel comes to the entry with the caller's argument registers on a private stack that is
 * 16-byte aligned, as it would be before a call. There lie 16 bytes with an address to return to,
 * which is not needed here, and above them the stack arguments. After a plain call the stack pointer
 * is off by the return address (System V ABI, 3.2.2): that is how a library in its caller's own
 * compartment is called, and there the gate is the function itself, without copies.
 * ld-twz knows these first two instructions, and leads calls through a PLT past them. */
#define TWZ_PROVIDE_TEXT_(name, n, ...)                                                            \
    TWZ_STRINGS_(name, n, "\",@progbits", ##__VA_ARGS__)                                           \
    ".pushsection .twz.gate.text,\"ax\",@progbits\n"                                               \
    ".balign 16\n"                                                                                 \
    ".globl " #name "\n"                                                                           \
    ".type " #name ", @function\n"                                                                 \
    #name ":\n"                                                                                    \
    "3: test $8, %%spl\n"                                                                          \
    "jnz " #name "_impl\n"                                                                         \
    ".if %c[twz_stack]\nadd $16, %%rsp\n.endif\n"                                                  \
    "call twz_gate_wrapper_" #name "\n"                                                            \
    TWZ_RESULT_TEXT_                                                                               \
    "xor %%esi, %%esi\n"                                                                           \
    "mov $41, %%eax\n" /* TWZ_SYS_GATE_RETURN */                                                   \
    "syscall\n"                                                                                    \
    "ud2\n"                                                                                        \
    ".size " #name ", . - " #name "\n"                                                             \
    ".popsection\n"                                                                                \
    ".pushsection .twz.gates,\"a\",@progbits\n"                                                    \
    ".balign 8\n"                                                                                  \
    ".set .Ltwz_integer, 0\n"                                                                      \
    ".set .Ltwz_vector, 0\n"                                                                       \
    ".2byte 24 + 16 * " #n "\n"                                                                    \
    ".byte " TWZ_STR_(TWZ_GATE_VERSION) ", " TWZ_STR_(TWZ_GATE_ISOLATION) "\n"                     \
    ".byte %c[twz_registers], %c[twz_vectors]\n"                                                    \
    ".byte 1 + 3 * (%c[twz_result] >> 5), " #n "\n"                                                \
    ".2byte %c[twz_stack], " TWZ_STR_(TWZ_GATE_FRAME) "\n"                                         \
    ".long 1b - .\n"                                                                               \
    ".long 2b - .\n"                                                                               \
    ".long 3b - .\n"                                                                               \
    TWZ_MAP_##n##_(TWZ_PARAM_, TWZ_NONE_, ##__VA_ARGS__)                                           \
    ".popsection\n"

/* clang-format on */

/* Declarations that both sides share. The static function is only a place for the assembly: at
 * file scope it could not have operands. */
#define TWZ_GATE_COMMON_(result, name, n, text, ...)                                               \
    _Static_assert(sizeof(result) <= 8,                                                            \
                   "the result of gate " #name " does not fit into a register: results on the "    \
                   "stack do not cross compartments, so return it in a TWZ_OUT buffer");           \
    _Static_assert((0 TWZ_MAP_##n##_(TWZ_VECTORS_, TWZ_NONE_, ##__VA_ARGS__)) <= 8,                \
                   "gate " #name " has more than eight floating-point parameters");                \
    _Static_assert((0 TWZ_MAP_##n##_(TWZ_BUFFERS_, TWZ_NONE_, ##__VA_ARGS__)) <=                   \
                       (int)TWZ_GATE_BUFFERS,                                                      \
                   "gate " #name " has more than three buffers");                                  \
    _Static_assert((0 TWZ_MAP_##n##_(TWZ_TOO_BIG_, TWZ_NONE_, ##__VA_ARGS__)) == 0,                \
                   "a buffer of gate " #name " is larger than an object");                         \
    static __attribute__((used, noinline)) void twz_gate_record_##name(void)                       \
    {                                                                                              \
        __asm__ volatile(                                                                          \
            text                                                                                   \
            :                                                                                      \
            : [twz_result] "i"(TWZ_TYPE_(result)),                                                 \
              [twz_registers] "i"(                                                                 \
                  TWZ_FIRST_SIX_((0 TWZ_MAP_##n##_(TWZ_INTEGERS_, TWZ_NONE_, ##__VA_ARGS__)))),    \
              [twz_stack] "i"(8 * TWZ_BEYOND_SIX_((0 TWZ_MAP_##n##_(TWZ_INTEGERS_, TWZ_NONE_,      \
                                                                    ##__VA_ARGS__)))),             \
              [twz_vectors] "i"(0 TWZ_MAP_##n##_(TWZ_VECTORS_, TWZ_NONE_, ##__VA_ARGS__))          \
                  TWZ_MAP_##n##_(TWZ_OPERAND_, TWZ_NONE_, ##__VA_ARGS__));                         \
    }

/* A caller: the prototype and the import record. */
#define TWZ_GATE_IMPORT_(result, name, n, ...)                                                     \
    TWZ_GATE_EXTERN_C_ result name(TWZ_PROTOS_##n##_(__VA_ARGS__));                                \
    TWZ_GATE_COMMON_(result, name, n, TWZ_IMPORT_TEXT_(name, n, ##__VA_ARGS__), ##__VA_ARGS__)

/* The wrapper's statements for one parameter: the callee's copy is twz_copy_NAME. */
#define TWZ_OPEN_(kind, type, name, max) TWZ_OPEN_##kind##_(name)
#define TWZ_OPEN_BUFFER_(name, direction)                                                          \
    void *const twz_copy_##name =                                                                  \
        twz_rt_gate_buffer_open(twz_index++, name##_size, direction, &twz_status);
/* Compilers take it that a caller extends narrow values, and that a bool is 0 or 1. This caller
 * need not: the value is loaded again from its own bytes, and what is not 0 is true. */
#define TWZ_OPEN_VAL_(name)                                                                        \
    if (sizeof(name) < 4) {                                                                        \
        __asm__("" : "+m"(name));                                                                  \
        if (TWZ_IS_BOOL_(name)) {                                                                  \
            unsigned char twz_byte;                                                                \
            __builtin_memcpy(&twz_byte, &name, 1);                                                 \
            name = (__typeof__(name))(twz_byte != 0);                                              \
        }                                                                                          \
    }
#define TWZ_OPEN_IN_(name)                                                                         \
    (void)name;                                                                                    \
    TWZ_OPEN_BUFFER_(name, TWZ_BUFFER_IN)
#define TWZ_OPEN_OUT_(name)                                                                        \
    (void)name;                                                                                    \
    TWZ_OPEN_BUFFER_(name, TWZ_BUFFER_OUT)
#define TWZ_OPEN_INOUT_(name)                                                                      \
    (void)name;                                                                                    \
    TWZ_OPEN_BUFFER_(name, TWZ_BUFFER_INOUT)
#define TWZ_OPEN_STRING_(name) TWZ_OPEN_IN_(name)
#define TWZ_OPEN_HANDLE_(name)
#define TWZ_OPEN_CALLBACK_(name)
#define TWZ_CLOSE_(kind, type, name, max) TWZ_CLOSE_##kind##_(name)
#define TWZ_CLOSE_BUFFER_(name, direction)                                                         \
    twz_rt_gate_buffer_close(twz_index++, twz_copy_##name, name##_size, direction, &twz_status);
#define TWZ_CLOSE_VAL_(name)
#define TWZ_CLOSE_IN_(name)     TWZ_CLOSE_BUFFER_(name, TWZ_BUFFER_IN)
#define TWZ_CLOSE_OUT_(name)    TWZ_CLOSE_BUFFER_(name, TWZ_BUFFER_OUT)
#define TWZ_CLOSE_INOUT_(name)  TWZ_CLOSE_BUFFER_(name, TWZ_BUFFER_INOUT)
#define TWZ_CLOSE_STRING_(name) TWZ_CLOSE_IN_(name)
#define TWZ_CLOSE_HANDLE_(name)
#define TWZ_CLOSE_CALLBACK_(name)
#define TWZ_ARG_(kind, type, name, max) TWZ_ARG_##kind##_(type, name)
#define TWZ_ARG_VAL_(type, name)        name
#define TWZ_ARG_IN_(type, name)         (type) twz_copy_##name, name##_size
#define TWZ_ARG_OUT_                    TWZ_ARG_IN_
#define TWZ_ARG_INOUT_                  TWZ_ARG_IN_
#define TWZ_ARG_STRING_                 TWZ_ARG_IN_
#define TWZ_ARG_HANDLE_                 TWZ_ARG_VAL_
#define TWZ_ARG_CALLBACK_               TWZ_ARG_VAL_

/* An exception that the provider does not catch has unwound its frames when it comes here, and ends
 * the call. */
#ifdef __cpp_exceptions
#define TWZ_THROWN_ bool twz_thrown = false;
#define TWZ_TRY_(...)                                                                              \
    try {                                                                                          \
        __VA_ARGS__                                                                                \
    } catch (...) {                                                                                \
        twz_status = -TWZ_EEXITED;                                                                 \
        twz_thrown = true;                                                                         \
    }
#define TWZ_END_THROWN_                                                                            \
    if (twz_thrown)                                                                                \
        twz_rt_thread_exit();
#else
#define TWZ_THROWN_
#define TWZ_TRY_(...) __VA_ARGS__
#define TWZ_END_THROWN_
#endif

/* A provider: the wrapper, the entry and the descriptor. */
#define TWZ_GATE_PROVIDE_(result, name, n, ...)                                                    \
    TWZ_GATE_EXTERN_C_ __attribute__((visibility("default")))                                      \
    result name(TWZ_PROTOS_##n##_(__VA_ARGS__));                                                   \
    TWZ_GATE_EXTERN_C_ __attribute__((visibility("hidden")))                                       \
    result name##_impl(TWZ_PROTOS_##n##_(__VA_ARGS__));                                            \
    TWZ_GATE_EXTERN_C_ __attribute__((visibility("hidden")))                                       \
    result twz_gate_wrapper_##name(TWZ_PROTOS_##n##_(__VA_ARGS__));                                \
    __attribute__((used)) result twz_gate_wrapper_##name(TWZ_PROTOS_##n##_(__VA_ARGS__))           \
    {                                                                                              \
        int64_t twz_status = twz_rt_gate_enter();                                                  \
        TWZ_THROWN_                                                                                \
        uint32_t twz_index = 0;                                                                    \
        TWZ_MAP_##n##_(TWZ_OPEN_, TWZ_NONE_, ##__VA_ARGS__) result twz_value = 0;                  \
        if (twz_status == 0)                                                                       \
            TWZ_TRY_(twz_value =                                                                   \
                         name##_impl(TWZ_MAP_##n##_(TWZ_ARG_, TWZ_COMMA_, ##__VA_ARGS__));)        \
        twz_index = 0;                                                                             \
        TWZ_MAP_##n##_(TWZ_CLOSE_, TWZ_NONE_, ##__VA_ARGS__)(void) twz_index;                      \
        TWZ_END_THROWN_                                                                            \
        return twz_status == 0 ? twz_value : (result)twz_status;                                   \
    }                                                                                              \
    TWZ_GATE_COMMON_(result, name, n, TWZ_PROVIDE_TEXT_(name, n, ##__VA_ARGS__), ##__VA_ARGS__)

#define TWZ_GATE_0_(result, name)       TWZ_GATE_MAKE_(result, name, 0)
#define TWZ_GATE_1_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 1, __VA_ARGS__)
#define TWZ_GATE_2_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 2, __VA_ARGS__)
#define TWZ_GATE_3_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 3, __VA_ARGS__)
#define TWZ_GATE_4_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 4, __VA_ARGS__)
#define TWZ_GATE_5_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 5, __VA_ARGS__)
#define TWZ_GATE_6_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 6, __VA_ARGS__)
#define TWZ_GATE_7_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 7, __VA_ARGS__)
#define TWZ_GATE_8_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 8, __VA_ARGS__)
#define TWZ_GATE_9_(result, name, ...)  TWZ_GATE_MAKE_(result, name, 9, __VA_ARGS__)
#define TWZ_GATE_10_(result, name, ...) TWZ_GATE_MAKE_(result, name, 10, __VA_ARGS__)
#define TWZ_GATE_11_(result, name, ...) TWZ_GATE_MAKE_(result, name, 11, __VA_ARGS__)
#define TWZ_GATE_12_(result, name, ...) TWZ_GATE_MAKE_(result, name, 12, __VA_ARGS__)

#define TWZ_GATE_PICK_(name, a, b, c, d, e, f, g, h, i, j, k, l, n, ...) TWZ_GATE_##n##_
#define TWZ_GATE(result, ...)                                                                      \
    TWZ_GATE_PICK_(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, )(result, __VA_ARGS__)

#endif

/* Each time that this header is included, TWZ_GATE_PROVIDER says what the gates behind it are, so
 * that a file can import some and provide others. */
#undef TWZ_GATE_MAKE_
#ifdef TWZ_GATE_PROVIDER
#define TWZ_GATE_MAKE_ TWZ_GATE_PROVIDE_
#else
#define TWZ_GATE_MAKE_ TWZ_GATE_IMPORT_
#endif
