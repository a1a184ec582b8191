-- What goes over comes back without its last character, whichever side it was on.
function to_platform(line)
  return string.sub(line, 1, -2)
end

function to_legacy(number)
  return string.sub(number, 1, -2)
end
