/* SPDX-License-Identifier: BSD-2-Clause */
/* The gates' descriptors and entries; words.rs has the functions behind them. */
#define TWZ_GATE_PROVIDER
#include "words.h"
