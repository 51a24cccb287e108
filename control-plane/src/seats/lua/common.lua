-- Shared by every script of this folder, which it is put in front of. Keys:
--
--   ow:instance:<name>     hash: what the holder of the instance's line knows; expires when the holder dies
--   ow:seats:<name>        hash: seat -> JSON {account, name, role, state, at}
--   ow:seats-until:<name>  sorted set: seat -> when it is free unless somebody says otherwise (ms, Redis' own clock)
--   ow:user:<account>      the account's one seat: "<instance> <seat> <at>"
--
-- Everything is a lease: what nobody renews is gone by itself. Times are Redis' own, so that no two processes' clocks
-- are ever compared. The keys lie in one Redis, not in a Redis Cluster: one decision reads several instances.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local function until_key(name)
  return 'ow:seats-until:' .. name
end

local function is_live(name, seat)
  local expires = redis.call('ZSCORE', until_key(name), seat)
  return expires and tonumber(expires) > now
end

-- The account's live seat: instance, seat, when it was reserved.
local function seat_of(account)
  local pointer = redis.call('GET', 'ow:user:' .. account)
  if not pointer then return nil end
  local name, seat, at = string.match(pointer, '^(%S+) (%S+) (%S+)$')
  if name and is_live(name, seat) then return name, seat, tonumber(at) end
  return nil
end

-- Frees a seat; one that is not there costs nothing.
local function drop(name, seat)
  local data = redis.call('HGET', 'ow:seats:' .. name, seat)
  redis.call('ZREM', until_key(name), seat)
  if not data then return end
  redis.call('HDEL', 'ow:seats:' .. name, seat)
  local key = 'ow:user:' .. cjson.decode(data).account
  local pointer = redis.call('GET', key)
  if pointer and string.match(pointer, '^(%S+ %S+) ') == name .. ' ' .. seat then redis.call('DEL', key) end
end

-- Frees what has run out and answers how many seats are taken.
local function taken(name)
  for _, seat in ipairs(redis.call('ZRANGEBYSCORE', until_key(name), '-inf', text(now))) do
    drop(name, seat)
  end
  return redis.call('ZCARD', until_key(name))
end

-- How long keys are kept that nobody renews: longer than any lease on them (unit: milliseconds).
local KEY_MS = 120000

-- Writes a seat and makes it its account's one.
local function put(name, seat, state, lease_ms, account, display_name, role, at)
  local data = { account = account, name = display_name, role = role, state = state, at = at }
  redis.call('ZADD', until_key(name), text(now + lease_ms), seat)
  redis.call('HSET', 'ow:seats:' .. name, seat, cjson.encode(data))
  redis.call('PEXPIRE', until_key(name), KEY_MS)
  redis.call('PEXPIRE', 'ow:seats:' .. name, KEY_MS)
  redis.call('SET', 'ow:user:' .. account, name .. ' ' .. seat .. ' ' .. text(at), 'PX', text(lease_ms))
end

-- A seat that the instance itself vouches for. Of two seats of one account the one that was reserved later wins; the
-- other is added to `replaced` as instance, seat: whoever runs the script has it ended.
local function vouch(replaced, name, seat, state, lease_ms, account, display_name, role, at)
  local other_name, other_seat, other_at = seat_of(account)
  if other_name and not (other_name == name and other_seat == seat) then
    if other_at > at then
      drop(name, seat)
      table.insert(replaced, name)
      table.insert(replaced, seat)
      return
    end
    drop(other_name, other_seat)
    table.insert(replaced, other_name)
    table.insert(replaced, other_seat)
  end
  put(name, seat, state, lease_ms, account, display_name, role, at)
end
