-- ARGV: world, token. The openings are counted, so that nobody opens again on an older picture.
local lock, opened = 'ow:opening:' .. ARGV[1], 'ow:openings:' .. ARGV[1]
if redis.call('HGET', lock, 'token') ~= ARGV[2] then return 0 end
redis.call('DEL', lock)
redis.call('INCR', opened)
redis.call('EXPIRE', opened, 3600)
return 1
