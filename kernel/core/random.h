/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fresh IDs. An ID is a name, never a proof, so what matters is that none is drawn twice: each
 * nonce is the hash of a state, a counter and what the processor gives as randomness.
 */
#ifndef K_RANDOM_H
#define K_RANDOM_H

#include "arch.h"

/* A nonce and the ID that obj_id_nonce() derives from it, the object's flags (enum
 * twz_object_flags), no key and no default permissions. No object has this ID. */
void k_random_id(uint32_t flags, struct twz_id *nonce, struct twz_id *id);

#endif
