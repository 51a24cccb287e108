-- Shuts the door of an empty instance for good: in the same step in which it is seen to be empty, so that nobody can
-- have reserved in between.
-- ARGV: instance, generation. Answers 1 when the door is shut, 0 when somebody holds a seat or a newer line has it.
local key = 'ow:instance:' .. ARGV[1]
if redis.call('HGET', key, 'generation') ~= ARGV[2] or taken(ARGV[1]) > 0 then return 0 end
redis.call('HSET', key, 'open', '0', 'closing', '1')
return 1
