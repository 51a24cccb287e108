-- Whether an instance is being opened for them. ARGV: "waiting" | "opening", ids.
for i = 2, #ARGV do
  local state = redis.call('HGET', key_of(ARGV[i]), 'state')
  if is_live(state) and state ~= ARGV[1] then
    redis.call('HSET', key_of(ARGV[i]), 'state', ARGV[1])
    tell(ARGV[i])
  end
end
return 1
