-- A script as one hopes for: text, tables, closures, coroutines, and the program's functions.
local count = {}
for word in ("to be or not to be that is the question"):gmatch("%a+") do
    count[word] = (count[word] or 0) + 1
end
local words = {}
for word, n in pairs(count) do words[#words + 1] = word .. "=" .. n end
table.sort(words)
host.log(table.concat(words, " "))
local squares = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end)
host.log(host.lookup("greeting") .. ", " .. squares() + squares() + squares())
assert(host.lookup("nothing") == nil)
assert(io == nil and os == nil and require == nil)
return string.format("%.6f %d", math.pi, #words)
