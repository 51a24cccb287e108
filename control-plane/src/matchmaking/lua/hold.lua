-- Renews the lock. ARGV: world, token, lease (ms), how many instances are coming. Answers 0 when it is another's by now.
local lock = 'ow:opening:' .. ARGV[1]
if redis.call('HGET', lock, 'token') ~= ARGV[2] then return 0 end
redis.call('HSET', lock, 'coming', ARGV[4])
redis.call('PEXPIRE', lock, ARGV[3])
return 1
