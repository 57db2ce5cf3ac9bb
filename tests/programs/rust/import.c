/* SPDX-License-Identifier: BSD-2-Clause */
/* What rusty.rs calls, so that a provider who disagrees is refused. */
#include "../tally.h"
#include "words.h"
