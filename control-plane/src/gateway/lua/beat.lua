-- A process lives. ARGV: process, lease (ms). Answers whether Redis knew it, then the processes that are dead.
local known = redis.call('ZSCORE', 'ow:gateways', ARGV[1]) and '1' or '0'
redis.call('ZADD', 'ow:gateways', text(now + ARGV[2]), ARGV[1])
local answer = redis.call('ZRANGEBYSCORE', 'ow:gateways', '-inf', text(now))
table.insert(answer, 1, known)
return answer
