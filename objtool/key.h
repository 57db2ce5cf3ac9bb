/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ed25519 keys in files, and what is signed with them. A key file is one line of text:
 *
 *     twz-secret-ed25519 SEED       64 hexadecimal digits; readable for its owner alone
 *     twz-public-ed25519 KEY
 */
#ifndef OBJTOOL_KEY_H
#define OBJTOOL_KEY_H

#include "tool.h"

#include <twzelf/capability.h>

#define KEY_TEXT 86 /* bytes of a key file, and a NUL */

struct secret_key {
    uint8_t seed[32];
    uint8_t public_key[32];
    uint8_t secret[64]; /* as libsodium has it */
};

/* Read key files; failures are reported. A secret has to be wiped with secret_wipe(). */
__attribute__((warn_unused_result)) int secret_read(struct secret_key *key, const char *path);
__attribute__((warn_unused_result)) int public_read(uint8_t key[32], const char *path);
void secret_wipe(struct secret_key *key);

/* A new key; STATUS_INPUT if the system has no randomness. */
__attribute__((warn_unused_result)) int secret_make(struct secret_key *key);
void secret_text(const struct secret_key *key, char text[KEY_TEXT]);
void public_text(const uint8_t key[32], char text[KEY_TEXT]);

/* Signs an object's header, which is complete but for its signature and checksum. */
void object_sign(struct obj_header *header, const struct secret_key *key);

/* Whether the object has no key, or is signed with it. `offset` is added to places. */
__attribute__((warn_unused_result)) enum obj_error
object_check_signature(const struct obj_header *header, uint64_t offset, struct obj_diag *diag);

/* Signs a token with everything else in place. */
void token_sign(struct obj_capability *token, const struct secret_key *key);

/* Ed25519 and SHA-256 of libsodium. */
extern const struct obj_crypto crypto;

/* grant.c: info and verify of a capability. */
int capability_describe(const struct input *input);
int capability_verify(const struct input *input, const char *object, const char *holder);

#endif
