/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities as signed tokens: who (a context) may do what (rights, gates) with which object. The
 * first token of a chain is signed with the object's key, which the object's ID binds. A token may
 * name a key that is allowed to delegate: each further token is signed with the key that the one
 * before it names, holds that one's hash, and grants no more. The last token is what counts.
 *
 * The checks are freestanding. Ed25519 and SHA-256 come from the caller, so that whoever has them
 * in whatever form can use them. Nothing of a chain is believed before every signature was good.
 */
#ifndef TWZELF_CAPABILITY_H
#define TWZELF_CAPABILITY_H

#include <twzelf/object.h>

#pragma GCC visibility push(default)

#define OBJ_CAP_MAGIC     "\x89TWZCAP\n" /* 8 bytes, no NUL */
#define OBJ_CAP_VERSION   1u
#define OBJ_CAP_CHAIN_MAX 8u     /* tokens */
#define OBJ_CAP_GATES_MAX 65536u /* gates of an object that a token can tell apart */
#define OBJ_CAP_SIGNED    160u   /* bytes of a token that its signature covers */

struct obj_capability {
    uint8_t magic[8];     /* OBJ_CAP_MAGIC */
    uint32_t version;     /* OBJ_CAP_VERSION */
    uint32_t reserved;    /* 0 */
    struct twz_id object; /* what it is about */
    struct twz_id holder; /* the context that has it */
    uint32_t rights;      /* enum twz_rights, at least one */
    uint32_t gate_count;  /* gates that may be called, in the order of the object's descriptors */
    uint64_t gate_first;  /* the first of them; 0 if there are none */
    uint8_t parent[32];   /* SHA-256 of the token before, or zero */
    uint8_t delegate_key[32]; /* who may sign a token that narrows this one, or zero: nobody */
    uint8_t key[32];          /* Ed25519 public key of who signed this one */
    uint8_t signature[64];    /* of the OBJ_CAP_SIGNED bytes before it */
};
_Static_assert(offsetof(struct obj_capability, version) == 8, "format");
_Static_assert(offsetof(struct obj_capability, reserved) == 12, "format");
_Static_assert(offsetof(struct obj_capability, object) == 16, "format");
_Static_assert(offsetof(struct obj_capability, holder) == 32, "format");
_Static_assert(offsetof(struct obj_capability, rights) == 48, "format");
_Static_assert(offsetof(struct obj_capability, gate_count) == 52, "format");
_Static_assert(offsetof(struct obj_capability, gate_first) == 56, "format");
_Static_assert(offsetof(struct obj_capability, parent) == 64, "format");
_Static_assert(offsetof(struct obj_capability, delegate_key) == 96, "format");
_Static_assert(offsetof(struct obj_capability, key) == 128, "format");
_Static_assert(offsetof(struct obj_capability, signature) == OBJ_CAP_SIGNED, "format");
_Static_assert(sizeof(struct obj_capability) == 224, "format");

/* What the checks need from elsewhere. */
struct obj_crypto {
    void *context;
    /* Ed25519 (RFC 8032), pure; true if the signature is good. */
    bool (*verify)(void *context, const uint8_t key[32], const void *message, uint64_t length,
                   const uint8_t signature[64]);
    /* SHA-256 */
    void (*hash)(void *context, const void *bytes, uint64_t length, uint8_t hash[32]);
};

/* The object that a chain is to be about. */
struct obj_capability_root {
    struct twz_id object;
    uint8_t key[32]; /* the object's; an object without a key has no capabilities */
};

/* A chain in memory: `size` bytes at `base` (8-byte aligned) are 1 to 8 tokens in the right form.
 * Says nothing about keys and signatures. */
__attribute__((warn_unused_result)) enum obj_error
obj_capability_open(const void *base, uint64_t size, const struct obj_capability **chain,
                    uint32_t *count, struct obj_diag *diag);

/* Everything about an open chain: object, keys, hashes, narrowing, signatures. The last token says
 * who may do what. Places in `diag` are offsets in the chain. */
__attribute__((warn_unused_result)) enum obj_error
obj_capability_check(const struct obj_capability *chain, uint32_t count,
                     const struct obj_capability_root *root, const struct obj_crypto *crypto,
                     struct obj_diag *diag);

#pragma GCC visibility pop

#endif
