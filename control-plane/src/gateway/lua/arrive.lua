-- Somebody has sockets at a process, or has moved. ARGV: process, then of each: account, where (JSON).
for i = 2, #ARGV, 2 do
  local key = 'ow:presence:' .. ARGV[i]
  redis.call('SADD', 'ow:gateway:' .. ARGV[1], ARGV[i])
  redis.call('HSET', key, ARGV[1], ARGV[i + 1])
  redis.call('PUBLISH', key, ARGV[i + 1])
end
return #ARGV
