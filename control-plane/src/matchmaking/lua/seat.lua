-- The instance has accepted their seats. ARGV: claim, instance, how long a seated ticket is kept (ms), after how long a
-- wait counts as one (ms), then id, seat in turn. Answers of each 1, or 0 for one that has been cancelled meanwhile or is
-- somebody else's to seat by now.
local answer = {}
for i = 5, #ARGV, 2 do
  local id = ARGV[i]
  local known = redis.call('HMGET', key_of(id), 'claim', 'world', 'since')
  local is_ours = known[1] == ARGV[1]
  local seated = is_ours and conclude(id, ARGV[3], 'seated', { 'instance', ARGV[2], 'seat', ARGV[i + 1] })
  if seated then
    if now - tonumber(known[3]) > tonumber(ARGV[4]) then
      local turns = 'ow:queue-turns:' .. known[2]
      redis.call('LPUSH', turns, text(now))
      redis.call('LTRIM', turns, 0, TURNS - 1)
      redis.call('EXPIRE', turns, 600)
    end
    tell(id)
  end
  table.insert(answer, seated and 1 or 0)
end
return answer
