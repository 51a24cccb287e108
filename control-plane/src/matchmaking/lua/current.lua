-- ARGV: account. Answers the id of its live ticket, or of the one that was decided last.
return redis.call('GET', 'ow:ticket-of:' .. ARGV[1])
