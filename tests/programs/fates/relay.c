/* SPDX-License-Identifier: BSD-2-Clause */
#define FATES_WORKER
#include "gates.h"
#undef FATES_WORKER
#define TWZ_GATE_PROVIDER
#define FATES_RELAY
#include "gates.h"

int64_t relay_work_impl(void)
{
    return worker_work();
}
