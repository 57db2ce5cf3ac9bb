-- The gate by which the program enters this sandbox, or any other: none was granted.
for number = 6, 4095 do memory.gate(number) end
