-- The queue of a world in its order, less those whom somebody is seating at this moment; tickets that have expired are
-- taken out of it. ARGV: world. Answers of each: id, account, name, state, since, order, ask, refused (JSON or '').
local queue, answer = 'ow:queue:' .. ARGV[1], {}
for _, id in ipairs(redis.call('ZRANGE', queue, 0, -1)) do
  local known = redis.call('HMGET', key_of(id), 'account', 'name', 'state', 'since', 'order', 'ask', 'claimed_until',
    'refused', 'refused_until')
  if not known[1] then
    redis.call('ZREM', queue, id)
  elseif tonumber(known[7] or '0') <= now then
    local refused = tonumber(known[9] or '0') > now and known[8] or ''
    table.insert(answer, { id, known[1], known[2], known[3], known[4], known[5], known[6], refused })
  end
end
if redis.call('EXISTS', queue) == 0 then redis.call('SREM', 'ow:queues', ARGV[1]) end
return answer
