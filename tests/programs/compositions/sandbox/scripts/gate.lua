-- The gate by which the program enters this sandbox, say: it was not granted.
memory.gate(math.tointeger(host.lookup("gate")))
