local address = math.tointeger(host.lookup("address"))
local text = ""
for i = 0, 7 do text = text .. string.char(memory.read(address + i)) end
host.log("the secret begins with " .. text)
