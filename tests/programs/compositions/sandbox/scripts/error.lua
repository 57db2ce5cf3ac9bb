local function deep(n) if n == 0 then error("by itself") end deep(n - 1) end
deep(10)
