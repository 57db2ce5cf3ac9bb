-- SPDX-License-Identifier: BSD-2-Clause
-- What Lua's libraries ask of libc: formatting, strings, mathematics, files, time, errors.
print(_VERSION, #arg, arg[1])
print(string.format("%5.2f|%-8s|%q|%x|%g|%a", math.pi, "left", "a\nb", 48879, 1e100, 0.5))
print(("hello world"):gsub("o", "0"), ("x=1, y=2"):match("y=(%d)"))
for k in pairs { one = 1 } do print(k) end
local t = {}
for i = 1, 1000 do t[i] = (i * 7919) % 1009 end
table.sort(t)
print(t[1], t[500], t[1000], #table.concat(t, ","))
print(math.floor(-3.5), math.maxinteger, 7 // 2, -7 % 3, 2 ^ 53, math.type(1 / 1))
print(math.sin(1), math.exp(1), math.log(10), math.sqrt(2), math.fmod(-6, 4))
print(tostring(0 / 0):gsub("-", ""), 1 / 0, -1 / 0, 0x7fffffffffffffff + 1)
print(pcall(error, { code = 2 }) == false, select("#", pcall(error)))
print(pcall(function() local x = nil; return x.y end))
local co = coroutine.wrap(function(a) for i = 1, 3 do a = coroutine.yield(a * i) end end)
print(co(2), co(3), co(4))
-- files
local name = os.tmpname()
local f = assert(io.open(name, "w+"))
f:setvbuf("full", 100)
for i = 1, 300 do f:write("line ", i, "\n") end
f:seek("set", 0)
local n, last = 0, nil
for line in f:lines() do n = n + 1; last = line end
print(n, last, f:seek("end"))
f:close()
print(assert(os.rename(name, "renamed")), io.open(name))
for a, b in io.lines("renamed", 4, "n") do print(a, b) break end
print(os.remove("renamed"), os.remove("renamed"))
print(select(2, io.open("no/such/directory/file", "w")))
print(io.open("tests.lua", "r"):read("l"))
print(pcall(io.lines, "missing"))
-- time
print(os.date("!%Y-%m-%d %H:%M:%S", 1000000000), os.time { year = 2001, month = 9, day = 9, hour = 12 })
print(os.clock() >= 0, os.getenv("NOTHING_OF_THIS_NAME"), os.setlocale("C"))
print(string.pack("<i4z", 100, "abc"):byte(1, -1))
print(utf8.char(228, 8364, 128512), utf8.len("äöü"))
print(load("return 1 +")) 
print(#string.rep("abc", 100000), string.rep("ab", 3, "-"))
collectgarbage()
print(collectgarbage("count") > 10)
io.stderr:write("")
os.exit(3, true)
