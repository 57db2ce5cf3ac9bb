/* SPDX-License-Identifier: BSD-2-Clause */
/* Of no use, but to be loaded and closed. */
#include <twz/rt/abi.h>

TWZ_RT_API int spare_value;
int spare_value;
