-- A dead process's people are not there any more: so many at a time, lest everybody else waits.
-- ARGV: process, how many. Answers how many are left.
local key = 'ow:gateway:' .. ARGV[1]
for _, account in ipairs(redis.call('SRANDMEMBER', key, ARGV[2])) do leave(ARGV[1], account) end
local left = redis.call('SCARD', key)
if left == 0 then redis.call('ZREM', 'ow:gateways', ARGV[1]) end
return left
