-- The second call gives another answer than the first.
local calls = 0

function to_platform(line)
  calls = calls + 1
  return line .. calls
end

function to_legacy(number)
  return number
end
