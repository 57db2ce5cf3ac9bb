-- Takes memory without end.
local all = {}
while true do all[#all + 1] = ("x"):rep(10000) .. #all end
