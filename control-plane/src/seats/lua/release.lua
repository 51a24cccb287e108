-- ARGV: instance, then seats: free, whatever their state.
for i = 2, #ARGV do drop(ARGV[1], ARGV[i]) end
return #ARGV - 1
