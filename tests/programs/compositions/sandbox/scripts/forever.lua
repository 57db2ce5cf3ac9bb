-- Never comes back, and does not let itself be stopped by errors.
while true do pcall(function() while true do end end) end
