-- ARGV: how long an ended ticket is kept (ms), reason (JSON), account. Answers 1 when it had a live ticket.
local id = redis.call('GET', 'ow:ticket-of:' .. ARGV[3])
if id and finish(id, ARGV[1], ARGV[2]) then return 1 end
return 0
