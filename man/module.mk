# SPDX-License-Identifier: BSD-2-Clause
INSTALL += $(foreach m,$(wildcard man/*.[1-9]),$(m):share/man/man$(patsubst .%,%,$(suffix $(m))))
