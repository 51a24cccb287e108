-- Numbers a chat message and publishes it, in one step: everybody hears the messages of an instance in one order. The number
-- grows by the clock, so that it does also when Redis has forgotten the last one.
-- ARGV: instance, how long the number is kept (ms), message (JSON). Answers the number.
local key = 'ow:chat:' .. ARGV[1]
local last = tonumber(redis.call('GET', key) or '0')
local number = text(math.max(last + 1, now * 1000))
redis.call('SET', key, number, 'PX', ARGV[2])
redis.call('PUBLISH', key, '{"number":"' .. number .. '","at":' .. text(now) .. ',"said":' .. ARGV[3] .. '}')
return number
