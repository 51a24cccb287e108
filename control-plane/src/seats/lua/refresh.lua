-- Renews the record of an instance, whose seats are as they were.
-- ARGV: instance, generation, lease of the record (ms), open, draining, capacity, record (JSON)
-- Answers 'ok'; 'absent' when Redis has lost it, and only sync may write it again; 'superseded' when a newer line has it.
local key = 'ow:instance:' .. ARGV[1]
local known = redis.call('HMGET', key, 'generation', 'closing')
if not known[1] then return 'absent' end
if known[1] ~= ARGV[2] then return tonumber(known[1]) > tonumber(ARGV[2]) and 'superseded' or 'absent' end
local open = known[2] == '1' and '0' or ARGV[4]
redis.call('HSET', key, 'open', open, 'draining', ARGV[5], 'capacity', ARGV[6], 'record', ARGV[7])
redis.call('PEXPIRE', key, ARGV[3])
return 'ok'
