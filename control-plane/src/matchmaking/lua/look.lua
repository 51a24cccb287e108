-- ARGV: lease (ms) by which live tickets are renewed, or '0' only to look; ids. Answers the views, '' for those that are gone.
local lease, answer = tonumber(ARGV[1]), {}
for i = 2, #ARGV do
  local id = ARGV[i]
  if lease > 0 then
    local known = redis.call('HMGET', key_of(id), 'state', 'account')
    if is_live(known[1]) then
      redis.call('PEXPIRE', key_of(id), lease)
      redis.call('PEXPIRE', 'ow:ticket-of:' .. known[2], lease)
    end
  end
  table.insert(answer, view(id) or '')
end
return answer
