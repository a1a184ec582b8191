-- Two words in the other order; anything else stays as it is.
local function turned(text)
  if text == nil then return nil end
  local first, second = string.match(text, "^(%S+) (%S+)$")
  if first == nil then return text end
  return second .. " " .. first
end

function to_platform(line)
  return turned(line)
end

function to_legacy(number)
  return turned(number)
end
