-- Where an account is. ARGV: account. Answers {instance, seat, JSON of the seat} or nothing.
local name, seat = seat_of(ARGV[1])
if not name then return nil end
return { name, seat, redis.call('HGET', 'ow:seats:' .. name, seat) }
