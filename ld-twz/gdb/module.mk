# SPDX-License-Identifier: BSD-2-Clause
INSTALL += ld-twz/gdb/twz.py:share/twz/gdb
