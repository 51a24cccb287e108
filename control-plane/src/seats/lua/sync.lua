-- Writes an instance and its whole list of seats, as the instance itself has told it to the holder of its line: at
-- Register, after Redis has lost something, and every few seconds. Seats that the instance does not know are dropped,
-- but for reservations that are still on their way to it.
-- ARGV: instance, generation ('' claims one), lease of the record (ms), uid, open, closing, draining, capacity, record (JSON),
--       then for each seat: seat, state, lease (ms), account, name, role, at
-- Answers {'superseded'} when a newer line has written, else {generation, draining, and of each replaced seat:
-- instance, seat}. Draining is an order that outlives the line over which it came.
local name, generation = ARGV[1], ARGV[2]
local key = 'ow:instance:' .. name
local known = redis.call('HMGET', key, 'generation', 'uid', 'draining')
if generation == '' then
  generation = text(math.max(now, (tonumber(known[1]) or 0) + 1))
elseif known[1] and tonumber(known[1]) > tonumber(generation) then
  return { 'superseded' }
end
local is_same_process = known[2] == ARGV[4]
local draining, open = ARGV[7], ARGV[5]
if is_same_process and known[3] == '1' then draining, open = '1', '0' end

local told = {}
for i = 10, #ARGV, 7 do told[ARGV[i]] = true end
taken(name)
local seats, reserved_at = redis.call('HGETALL', 'ow:seats:' .. name), {}
for i = 1, #seats, 2 do
  local data = cjson.decode(seats[i + 1])
  reserved_at[seats[i]] = data.at
  local is_on_its_way = data.state == 'reserved' and (is_same_process or not known[2])
  if not told[seats[i]] and not is_on_its_way then drop(name, seats[i]) end
end
local answer = { generation, draining }
for i = 10, #ARGV, 7 do
  -- A line that was dialled anew does not say when a seat was reserved; Redis may still know.
  local at = math.max(tonumber(ARGV[i + 6]), reserved_at[ARGV[i]] or 0)
  vouch(answer, name, ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], at)
end
redis.call('HSET', key, 'generation', generation, 'uid', ARGV[4], 'open', open, 'closing', ARGV[6],
  'draining', draining, 'capacity', ARGV[8], 'record', ARGV[9])
redis.call('PEXPIRE', key, ARGV[3])
redis.call('SADD', 'ow:instances', name)
return answer
