-- Who opens instances for a world: one process at a time, and only on a picture of the world that is not older than the
-- last opening. ARGV: world, token, lease (ms), openings counted when the picture was taken, how many are to be opened.
-- Answers 1 when the lock is the caller's.
local lock, opened = 'ow:opening:' .. ARGV[1], 'ow:openings:' .. ARGV[1]
if redis.call('EXISTS', lock) == 1 or (redis.call('GET', opened) or '0') ~= ARGV[4] then return 0 end
redis.call('HSET', lock, 'token', ARGV[2], 'coming', ARGV[5])
redis.call('PEXPIRE', lock, ARGV[3])
return 1
