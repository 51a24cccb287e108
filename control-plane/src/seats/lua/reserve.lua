-- One decision: seats for all holders of a party, or for none.
-- ARGV: instance, lease (ms), then for each holder: seat, account, name, role
-- Answers {'gone'}, {'full'} or {'reserved', at, and of each seat that this replaces: instance, seat}.
local name, lease = ARGV[1], tonumber(ARGV[2])
local used = taken(name)
local instance = redis.call('HMGET', 'ow:instance:' .. name, 'open', 'capacity')
if instance[1] ~= '1' then return { 'gone' } end

local holders, older, freed = 0, {}, 0
for i = 3, #ARGV, 4 do
  local other_name, other_seat = seat_of(ARGV[i + 1])
  if other_name then
    table.insert(older, other_name)
    table.insert(older, other_seat)
    if other_name == name then freed = freed + 1 end
  end
  holders = holders + 1
end
if used - freed + holders > tonumber(instance[2]) then return { 'full' } end

local answer = { 'reserved', text(now) }
for i = 1, #older, 2 do
  drop(older[i], older[i + 1])
  table.insert(answer, older[i])
  table.insert(answer, older[i + 1])
end
for i = 3, #ARGV, 4 do
  put(name, ARGV[i], 'reserved', lease, ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], now)
end
return answer
