memory.write(math.tointeger(host.lookup("address")), 0)
