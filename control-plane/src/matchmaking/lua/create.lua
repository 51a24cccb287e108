-- One live ticket per account: the same wish again is the same ticket, with its place; another wish ends the older one.
-- ARGV: id, lease (ms), account, name, world, ask (JSON), how long an ended ticket is kept (ms), reason of the older one's end
-- Answers {view, whether it is new (1 or 0)}.
local id, lease, account, world, ask = ARGV[1], ARGV[2], ARGV[3], ARGV[5], ARGV[6]
local pointer = 'ow:ticket-of:' .. account
local older = redis.call('GET', pointer)
if older then
  local known = redis.call('HMGET', key_of(older), 'state', 'world', 'ask')
  if is_live(known[1]) and known[2] == world and known[3] == ask then
    redis.call('PEXPIRE', key_of(older), lease)
    redis.call('PEXPIRE', pointer, lease)
    return { view(older), 0 }
  end
  finish(older, ARGV[7], ARGV[8])
end
local order = text(clock[1] * 1000000 + clock[2])
redis.call('HSET', key_of(id), 'account', account, 'name', ARGV[4], 'world', world, 'ask', ask, 'state', 'waiting',
  'since', text(now), 'order', order)
redis.call('PEXPIRE', key_of(id), lease)
redis.call('SET', pointer, id, 'PX', lease)
redis.call('ZADD', 'ow:queue:' .. world, order, id)
redis.call('SADD', 'ow:queues', world)
return { tell(id), 1 }
