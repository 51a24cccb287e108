-- Somebody's last socket at a process is gone. ARGV: process, account.
leave(ARGV[1], ARGV[2])
return 1
