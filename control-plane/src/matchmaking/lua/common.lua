-- Shared by every script of this folder, which it is put in front of. Keys:
--
--   ow:ticket:<id>         hash: a ticket; expires when nobody waits on it any more
--   ow:ticket-of:<account> the account's one live ticket, or the one that was decided last
--   ow:queue:<world>       sorted set: the world's live tickets, in the order in which they came
--   ow:queues              set: worlds that have a queue
--   ow:queue-turns:<world> list: when tickets that had to wait got their seats (ms), the newest first
--
-- A ticket is live while its state is "waiting" or "opening"; "seated" and "ended" are kept for a while for its owner to
-- read. Whoever seats a live ticket claims it first, for a time: what was left half done by a process that died is
-- done again by another one. Times are Redis' own. The keys lie in one Redis, not in a Redis Cluster.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local function key_of(id)
  return 'ow:ticket:' .. id
end

local function is_live(state)
  return state == 'waiting' or state == 'opening'
end

-- The turns that the estimate looks back on, and how many it needs to say anything.
local TURNS, TURNS_NEEDED = 20, 3

-- How long somebody at this position waits, if seats go on coming free as they did (unit: s); it grows while none does.
local function estimate(world, position)
  local turns = 'ow:queue-turns:' .. world
  local count = redis.call('LLEN', turns)
  if count < TURNS_NEEDED then return cjson.null end
  local since = now - tonumber(redis.call('LINDEX', turns, -1))
  return math.ceil(position * since / count / 1000)
end

-- A ticket as others may see it; nil when there is none of this id.
local function view(id)
  local known = redis.call('HMGET', key_of(id), 'account', 'world', 'state', 'reason', 'instance', 'seat', 'name')
  if not known[1] then return nil end
  local position, seconds = cjson.null, cjson.null
  if is_live(known[3]) then
    local rank = redis.call('ZRANK', 'ow:queue:' .. known[2], id)
    if rank then
      position = rank + 1
      seconds = estimate(known[2], position)
    end
  end
  local seen = {
    id = id,
    account = known[1],
    world = known[2],
    state = known[3],
    position = position,
    estimateSeconds = seconds,
    reason = known[4] and cjson.decode(known[4]) or cjson.null,
  }
  if known[5] then seen.place = { instance = known[5], seat = known[6], name = known[7] } end
  return cjson.encode(seen)
end

local function tell(id)
  local seen = view(id)
  if seen then redis.call('PUBLISH', 'ow:ticket', seen) end
  return seen
end

-- Takes a live ticket out of the queue; its owner can read for a while how it ended. False when it is not live.
local function conclude(id, kept_ms, state, fields)
  local known = redis.call('HMGET', key_of(id), 'state', 'world', 'account')
  if not is_live(known[1]) then return false end
  redis.call('HSET', key_of(id), 'state', state, unpack(fields))
  redis.call('HDEL', key_of(id), 'claim', 'claimed_until')
  redis.call('PEXPIRE', key_of(id), kept_ms)
  redis.call('ZREM', 'ow:queue:' .. known[2], id)
  redis.call('PEXPIRE', 'ow:ticket-of:' .. known[3], kept_ms)
  return true
end

local function finish(id, kept_ms, reason)
  local ended = conclude(id, kept_ms, 'ended', { 'reason', reason })
  if ended then tell(id) end
  return ended
end
