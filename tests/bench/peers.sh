# SPDX-License-Identifier: BSD-2-Clause
# For benchmarks: $peers is awk text with a function that looks a name up in the figures which
# `make bench-peers` left, or says "-".
# shellcheck shell=sh
peers='
    function peer(name) { return name != "" && name in figure ? figure[name] : "-" }
    BEGIN {
        while ((getline line <"'$B/bench-peers.tsv'") > 0) {
            split(line, field, "\t")
            figure[field[1]] = field[2]
        }
    }
'
