-- ARGV: how long an ended ticket is kept (ms), reason (JSON), ids. Answers how many of them were live.
local ended = 0
for i = 3, #ARGV do
  if finish(ARGV[i], ARGV[1], ARGV[2]) then ended = ended + 1 end
end
return ended
