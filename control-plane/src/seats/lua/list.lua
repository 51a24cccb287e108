-- All instances that a process vouches for. ARGV: '1' for the seats too, then names, or none for all of them.
-- Answers for each: name, record, open, draining, taken, seats (a flat hash).
local names = {}
for i = 2, #ARGV do table.insert(names, ARGV[i]) end
if #names == 0 then names = redis.call('SMEMBERS', 'ow:instances') end
local answer = {}
for _, name in ipairs(names) do
  local known = redis.call('HMGET', 'ow:instance:' .. name, 'record', 'open', 'draining')
  if not known[1] then
    redis.call('SREM', 'ow:instances', name)
  else
    local count = redis.call('ZCOUNT', until_key(name), '(' .. text(now), '+inf')
    local seats = ARGV[1] == '1' and redis.call('HGETALL', 'ow:seats:' .. name) or {}
    table.insert(answer, { name, known[1], known[2], known[3], count, seats })
  end
end
return answer
