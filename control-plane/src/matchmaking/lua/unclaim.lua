-- They wait on, in the place that they had. ARGV: claim, instance that refused them or '', how long it is left aside
-- for that (ms), ids.
for i = 4, #ARGV do
  local key = key_of(ARGV[i])
  local known = redis.call('HMGET', key, 'claim', 'refused', 'refused_until')
  if known[1] == ARGV[1] then
    redis.call('HDEL', key, 'claim', 'claimed_until')
    if ARGV[2] ~= '' then
      local refused = tonumber(known[3] or '0') > now and cjson.decode(known[2]) or {}
      table.insert(refused, ARGV[2])
      redis.call('HSET', key, 'refused', cjson.encode(refused), 'refused_until', text(now + tonumber(ARGV[3])))
    end
  end
end
return 1
