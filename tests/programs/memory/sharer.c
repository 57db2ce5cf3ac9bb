/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "sharer.h"
#undef TWZ_GATE_PROVIDER
#include <twz/monitor_gates.h>
#include <twz/sys/call.h>

int64_t sharer_read_impl(uint64_t address)
{
    return *(volatile unsigned char *)(uintptr_t)address;
}

int64_t sharer_write_impl(uint64_t address, uint64_t size, uint32_t byte)
{
    for (uint64_t i = 0; i < size; i++)
        ((volatile unsigned char *)(uintptr_t)address)[i] = (unsigned char)byte;
    return 1;
}

int64_t sharer_steal_impl(uint64_t heap)
{
    int64_t got = twz_mon_heap_share(heap, TWZ_READ | TWZ_WRITE, "sharer", 6) >= 0;
    got += twz_mon_heap_share(heap, 0, "main", 4) >= 0;
    got += twz_mon_heap_delete(heap) >= 0;
    got += twz_syscall4(TWZ_SYS_OBJECT_PAGES, heap, 1, 0, TWZ_PAGES_DROP) >= 0;
    got += twz_syscall4(TWZ_SYS_VIEW_NARROW, heap / TWZ_SLOT_SIZE, 1, 1, 0) >= 0;
    return got;
}
