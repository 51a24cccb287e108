-- What an instance has said about one of its seats, written by the process that heard it.
-- ARGV: instance, generation of the line, seat, "held" | "connected" | "left", lease (ms), account, name, role, at
-- Answers {'absent'} when this line's picture is not the one in Redis (flushed, or a newer line's), else {'ok'} and of
-- each seat that has lost its account to a newer one: instance, seat.
local name, seat, state = ARGV[1], ARGV[3], ARGV[4]
if redis.call('HGET', 'ow:instance:' .. name, 'generation') ~= ARGV[2] then return { 'absent' } end
local answer = { 'ok' }
if state == 'left' then
  drop(name, seat)
else
  vouch(answer, name, seat, state, tonumber(ARGV[5]), ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9]))
end
return answer
