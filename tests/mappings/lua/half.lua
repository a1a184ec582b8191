-- One way only.
function to_platform(line)
  return line
end
