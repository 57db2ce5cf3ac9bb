# SPDX-License-Identifier: BSD-2-Clause
"""gdb for an image: symbols of every loaded object at its slot, and `info compartments`.

    (gdb) source share/twz/gdb/twz.py
    (gdb) target remote :1234
    (gdb) twz-symbols SERIAL-LOG DIRECTORY...

The table of compartments comes from the serial log (`table=start PROGRAM` on the kernel's command
line prints it before the program runs); with `slots=SEED` an earlier run's log will do. The ELF
files are looked for in the directories, by the names that they have in the image. Of one that was
split (`objtool pack --split`), the debug data is looked for there as well, as BUILDID.debug.
"""
import os
import re
import struct

import gdb

SLOT_SIZE = 1 << 30
logs = []  # the serial log, once one is known
loaded = {}  # file and slot -> True


def last_table(path):
    """The lines of the last whole table in a serial log."""
    table, inside = [], None
    with open(path, errors="replace") as log:
        for line in log:
            line = line.rstrip("\r\n")
            if line == "--- compartments ---":
                inside = []
            elif line == "--- end ---" and inside is not None:
                table, inside = inside, None
            elif inside is not None:
                inside.append(line)
    if not table:
        raise gdb.GdbError(path + ": no table of compartments; boot with `table=start PROGRAM`")
    return table


def notes(data):
    """(owner, type, descriptor) of each note of an ELF file, by its program headers."""
    if data[:6] != b"\x7fELF\x02\x01":
        return
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, _, at, _, _, length, _, align = struct.unpack_from("<IIQQQQQQ", data, table + i * size)
        align = 8 if align == 8 else 4
        end = at + length if kind == 4 else at  # PT_NOTE
        while at + 12 <= end:
            owner, descriptor, note = struct.unpack_from("<III", data, at)
            start = at + 12 + owner + -owner % 4 if align == 4 else at + (12 + owner + 7) // 8 * 8
            yield data[at + 12:at + 12 + owner], note, data[start:start + descriptor]
            at = start + descriptor + -descriptor % align


def with_symbols(path, directories):
    """The file that has the symbols of this one."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        names = [text.hex() + ".debug" for owner, note, text in notes(data)
                 if owner == b"GNU\0" and note == 3]
    except struct.error:
        names = []
    for name in names[:1]:
        for directory in directories:
            if os.path.exists(os.path.join(directory, name)):
                return os.path.join(directory, name)
    return path


class Symbols(gdb.Command):
    """twz-symbols SERIAL-LOG DIRECTORY...: adds the symbols of every loaded object at its slot."""

    def __init__(self):
        super().__init__("twz-symbols", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) < 2:
            raise gdb.GdbError("usage: twz-symbols SERIAL-LOG DIRECTORY...")
        table = last_table(words[0])
        logs[:] = words[:1]
        for line in table:
            found = re.match(r"  (\S+) +slot 0x([0-9a-f]+) +object \S+ +pages ", line)
            if not found:
                continue
            name, slot = found.group(1), int(found.group(2), 16)
            for directory in words[1:]:
                path = os.path.join(directory, name)
                if os.path.exists(path) and (path, slot) not in loaded:
                    loaded[path, slot] = True
                    gdb.execute("add-symbol-file %s -o 0x%x"
                                % (with_symbols(path, words[1:]), slot * SLOT_SIZE),
                                from_tty, to_string=True)
                    print("%s at slot 0x%x" % (name, slot))
                    break


class Compartments(gdb.Command):
    """info compartments: compartments with their libraries, slots and gates: the last table that
    stands in the log by now. A program prints one with twz_rt_report()."""

    def __init__(self):
        super().__init__("info compartments", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        if not logs:
            raise gdb.GdbError("no table yet: twz-symbols SERIAL-LOG DIRECTORY...")
        for line in last_table(logs[0]):
            print(line)


Symbols()
Compartments()
