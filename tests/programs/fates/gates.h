/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of the compartments that tests/programs/fates/fates.c calls. One source file each. */
#include <twz/gate.h>

#ifdef FATES_MAIN /* of the program itself */
TWZ_GATE(int64_t, fates_starts)
TWZ_GATE(int64_t, fates_tick)
#endif
#ifdef FATES_PARENT
TWZ_GATE(int64_t, parent_begin)
TWZ_GATE(int64_t, parent_crash)
#endif
#ifdef FATES_HOARDER
TWZ_GATE(int64_t, hoarder_churn)
TWZ_GATE(int64_t, hoarder_idle)
#endif
#ifdef FATES_PHOENIX
TWZ_GATE(int64_t, phoenix_crash)
TWZ_GATE(int64_t, phoenix_work)
#endif
#ifdef FATES_RELAY
TWZ_GATE(int64_t, relay_work)
#endif
#ifdef FATES_WORKER
TWZ_GATE(int64_t, worker_work)
TWZ_GATE(int64_t, worker_calls)
#endif
