-- A whole party or nobody. ARGV: claim, how long it holds (ms), ids. Answers 1 when all were free to be claimed.
for i = 3, #ARGV do
  local known = redis.call('HMGET', key_of(ARGV[i]), 'state', 'claimed_until')
  if not is_live(known[1]) or tonumber(known[2] or '0') > now then return 0 end
end
for i = 3, #ARGV do
  redis.call('HSET', key_of(ARGV[i]), 'claim', ARGV[1], 'claimed_until', text(now + tonumber(ARGV[2])))
end
return 1
