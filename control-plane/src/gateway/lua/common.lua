-- Shared by every script of this folder, which it is put in front of. Keys, written by nobody else:
--
--   ow:gateways             sorted set: process -> when it counts as dead unless it beats again (ms, Redis' own clock)
--   ow:gateway:<process>    set: accounts that have sockets there
--   ow:presence:<account>   hash: process -> where it knows them to be, JSON {instance, world}
--   ow:chat:<instance>      number of the last message
--
-- The channels ow:presence:<account> and ow:chat:<instance> have the names of their keys.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local function leave(process, account)
  local key = 'ow:presence:' .. account
  redis.call('SREM', 'ow:gateway:' .. process, account)
  if redis.call('HDEL', key, process) == 0 then return end
  redis.call('PUBLISH', key, redis.call('HVALS', key)[1] or 'null')
end
