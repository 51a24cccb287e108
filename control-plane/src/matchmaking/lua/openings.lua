-- ARGV: world. Answers {how often instances were opened for it, how many are coming now}.
local opened = redis.call('GET', 'ow:openings:' .. ARGV[1]) or '0'
return { opened, tonumber(redis.call('HGET', 'ow:opening:' .. ARGV[1], 'coming') or '-1') }
