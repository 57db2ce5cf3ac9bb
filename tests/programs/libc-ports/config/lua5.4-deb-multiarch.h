/* SPDX-License-Identifier: BSD-2-Clause */
/* Debian's rules generate this for Lua. */
#define DEB_HOST_MULTIARCH "x86_64-linux-gnu"
